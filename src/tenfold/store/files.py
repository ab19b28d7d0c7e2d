"""Files of a run read and written, failures told in the voice of ``errors``."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tenfold.errors import StoreError

FROM_A_COPY: Final = "take it from a copy of the run, or train anew"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON document."""
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


@contextmanager
def writing(what: str, folder: Path) -> Iterator[None]:
    """Turn a failure to write into a message that names the folder.

    Raises
    ------
    StoreError
        M06.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(
            "M06",
            f"the {what} cannot be written: {error.strerror}",
            place={"folder": str(folder)},
            fix=["make room, or name another place: --out FOLDER"],
        ) from error


@contextmanager
def reading(path: Path, fix: str = FROM_A_COPY) -> Iterator[None]:
    """Turn a failure to read a file beside the model into a message that names it.

    Raises
    ------
    StoreError
        M04.
    """
    try:
        yield
    except (OSError, LookupError, ValueError, TypeError, RecursionError) as error:
        gone = isinstance(error, FileNotFoundError)
        fact = f"{path.name} {'is missing' if gone else 'cannot be read'}"
        raise StoreError("M04", fact, place={"file": str(path)}, fix=[fix]) from error
