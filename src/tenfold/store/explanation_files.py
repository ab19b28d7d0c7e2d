"""The folder ``explain/`` of a run: what the network looks at, in numbers and pictures."""

import json
import shutil
from pathlib import Path
from typing import Final

from tenfold.kinds.registry import kind_named
from tenfold.learning import Explained
from tenfold.store.files import reading, write_json, writing

FOLDER: Final = "explain"
EXPLANATION: Final = "explain.json"


def write_explanation(found: Explained, run: Path) -> Path:
    """Write an explanation into the folder of its run, in place of an earlier one.

    Parameters
    ----------
    found : Explained
    run : Path

    Returns
    -------
    Path
        Of the folder ``explain`` in it.

    Raises
    ------
    StoreError
        M06, if it cannot be written.
    """
    folder, aside = run / FOLDER, run / f"{FOLDER}.part"
    with writing("explanation", folder, "free some disk space there"):
        try:
            shutil.rmtree(aside, ignore_errors=True)  # of a program that was cut off
            aside.mkdir()
            write_json(aside / EXPLANATION, found.to_dict())
            for name, png in found.pngs().items():
                (aside / f"{name}.png").write_bytes(png)
            if folder.is_dir():
                shutil.rmtree(folder)
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return folder


def read_explanation(run: Path) -> Explained | None:
    """Return what ``write_explanation`` wrote; None if it wrote nothing.

    Raises
    ------
    StoreError
        M04, if it is damaged.
    """
    path = run / FOLDER / EXPLANATION
    if not path.is_file():
        return None
    with reading(path):
        found = json.loads(path.read_text(encoding="utf-8"))
        return kind_named(found["kind"]).read_explanation(
            found, lambda name: (path.parent / f"{Path(name).name}.png").read_bytes()
        )
