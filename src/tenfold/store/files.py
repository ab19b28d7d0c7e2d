"""Files of a run read and written, failures told in the voice of ``errors``."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tenfold.documents import document
from tenfold.errors import StoreError
from tenfold.replacing import replacing

ELSEWHERE: Final = "free some disk space, or choose another place: --out FOLDER"
FROM_A_COPY: Final = "restore it from a copy of the run, or train again"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON document, whole or not at all."""
    write_text(path, document(content) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    with replacing(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as CSV, whole or not at all."""
    with replacing(path) as aside:
        table.to_csv(aside, index=False)


def bring_to_disk(place: Path) -> None:
    """Bring a file, or the files of a folder, to the disk, where the system can."""
    for path in (*(p for p in place.rglob("*") if p.is_file()), place):
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


@contextmanager
def writing(what: str, folder: Path, fix: str = ELSEWHERE) -> Iterator[None]:
    """Turn a failure to write into a message that names the folder, and ``fix``.

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
            fix=[fix],
        ) from error


def writing_page(folder: Path) -> AbstractContextManager[None]:
    """Return ``writing`` of a page, which can be written later from the files beside it."""
    return writing(
        "page", folder, f"free some disk space, then write it: tenfold report {folder}"
    )


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
