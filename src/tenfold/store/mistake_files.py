"""The folder ``mistakes/`` of a run: small pictures, and what was said of each."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import pandas as pd

from tenfold.evaluate.mistakes import Mistake
from tenfold.store.files import reading, write_table

FOLDER: Final = "mistakes"
INDEX: Final = "index.csv"


def write_mistakes(mistakes: Sequence[Mistake], run: Path) -> None:
    """Write pictures into the folder of a run, and a list of them, if there are any."""
    if not mistakes:
        return
    folder = run / FOLDER
    folder.mkdir(exist_ok=True)  # of a run that was cut off here before
    rows = []
    for number, mistake in enumerate(mistakes, start=1):
        name = f"{number:02}.jpg"
        (folder / name).write_bytes(mistake.jpeg)
        rows.append({"picture": name} | asdict(mistake))
    write_table(folder / INDEX, pd.DataFrame(rows).drop(columns="jpeg"))


def read_mistakes(run: Path) -> tuple[Mistake, ...]:
    """Return what ``write_mistakes`` wrote; nothing if it wrote nothing.

    Raises
    ------
    StoreError
        M04, if something in the folder was changed.
    """
    folder = run / FOLDER
    if not (folder / INDEX).is_file():
        return ()
    with reading(folder / INDEX):
        table = pd.read_csv(folder / INDEX, dtype=str, keep_default_na=False)
        return tuple(
            Mistake(
                kind=row["kind"],
                file=row["file"],
                truth=row["truth"],
                prediction=row["prediction"],
                probability=float(row["probability"]) if row["probability"] else None,
                jpeg=(folder / Path(row["picture"]).name).read_bytes(),
            )
            for row in table.to_dict("records")
        )
