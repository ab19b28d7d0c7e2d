"""Answers on their way to a file: written part by part, so that what is done stays done.

Beside the file lies a folder until all is written: a part for each batch of rows, and for what
is told of it. A command that was cut off finds there what it has done.
"""

import importlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tenfold.data.new_rows.admit import drift_table
from tenfold.errors import InputError, StoreError, UsageError
from tenfold.extras import require
from tenfold.read_options import PARQUET
from tenfold.replacing import replacing, require_place, writable
from tenfold.store.files import bring_to_disk, write_json
from tenfold.store.held import LOCK, Held
from tenfold.streaming.told import Told

STATE: Final = "begun.json"
ODD: Final = ".departures.csv"
ROUNDED: Final = "%.7g"  # as all answers are written as text


@dataclass(frozen=True, slots=True)
class Parts:
    """A folder with the parts of a file of answers.

    Attributes
    ----------
    folder : Path
    suffix : str
        Of the file: a Parquet file is made of Parquet, any other of CSV.
    """

    folder: Path
    suffix: str

    @property
    def in_parquet(self) -> bool:
        """Whether the answers become a Parquet file."""
        return self.suffix in PARQUET

    def told(self, number: int) -> Told | None:
        """Return what was told of a part, None if it is not done, or damaged."""
        try:
            found = json.loads(self._path(number, ".json").read_text(encoding="utf-8"))
            sizes = {suffix: self._size(number, suffix) for suffix in found["bytes"]}
            return Told.from_dict(found["told"]) if sizes == found["bytes"] else None
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return None

    def _size(self, number: int, suffix: str) -> int:
        return self._path(number, suffix).stat().st_size

    def write(self, number: int, answers: pd.DataFrame, odd: pd.DataFrame, told: Told) -> None:
        """Write a part; it is done once what is told of it is written.

        Raises
        ------
        StoreError
            M15, if it cannot be written.
        """
        suffix = ".parquet" if self.in_parquet else ".csv"
        with keeping(self.folder):
            if self.in_parquet:
                # Of a column without a single word, pandas would not know the type.
                words = [name for name, dtype in answers.dtypes.items() if dtype.kind == "O"]
                table = answers.astype(dict.fromkeys(words, "string"))
                with replacing(self._path(number, suffix)) as aside:
                    table.to_parquet(aside, index=False)
            else:
                with replacing(self._path(number, suffix)) as aside:
                    answers.to_csv(aside, index=False, header=False, float_format=ROUNDED)
            with replacing(self._path(number, ODD)) as aside:
                odd.to_csv(aside, index=False, header=False)
            sizes = {one: self._size(number, one) for one in (suffix, ODD)}
            for one in sizes:
                bring_to_disk(self._path(number, one))
            done = {"told": told.to_dict(), "bytes": sizes}
            write_json(self._path(number, ".json"), done)

    def take(self, number: int) -> str:
        """Return the answers of a part as CSV, without their header, and take them away."""
        path = self._path(number, ".csv")
        text = path.read_text(encoding="utf-8")
        path.unlink()
        return text

    def join(self, count: int, columns: tuple[str, ...], out: Path) -> None:
        """Write the parts as one file, whole or not at all.

        Raises
        ------
        StoreError
            M15.
        """
        with keeping(self.folder), replacing(out) as aside:
            if self.in_parquet:
                self._join_parquet(count, aside)
            else:
                self._join_text(count, ".csv", columns, aside)

    def join_odd(self, count: int, out: Path, *, several: bool) -> None:
        """Write where rows, of ``several`` files or one, are not like those of training."""
        columns = ("file",) * several + tuple(drift_table((), ()).columns)
        with keeping(self.folder), replacing(out) as aside:
            self._join_text(count, ODD, columns, aside)

    def _join_text(self, count: int, suffix: str, columns: tuple[str, ...], to: Path) -> None:
        header = pd.DataFrame(columns=list(columns)).to_csv(index=False)
        with to.open("wb") as file:
            file.write(header.encode())
            for number in range(count):
                with self._path(number, suffix).open("rb") as part:
                    shutil.copyfileobj(part, file)

    def _join_parquet(self, count: int, to: Path) -> None:
        parquet: Any = importlib.import_module("pyarrow.parquet")
        schema = parquet.read_schema(self._path(0, ".parquet"))
        with parquet.ParquetWriter(to, schema) as writer:
            for number in range(count):
                part = parquet.read_table(self._path(number, ".parquet"))
                writer.write_table(part.cast(schema))

    def _path(self, number: int, suffix: str) -> Path:
        return self.folder / f"{number:07d}{suffix}"


@contextmanager
def keeping(folder: Path) -> Iterator[None]:
    """Say of a failure to write that what is done is kept, and how to go on."""
    try:
        yield
    except OSError as error:
        fix = ["free some disk space, and run the same command again: it goes on from there"]
        fact = f"the answers cannot be written: {error.strerror}"
        raise StoreError("M15", fact, place={"done so far": str(folder)}, fix=fix) from error


@contextmanager
def parts_beside(out: Path, about: Mapping[str, Any]) -> Iterator[Parts]:
    """Lend the folder of the parts of a file, with what was done of the same work before.

    It is taken away once the work within is done, or cannot be, and stays if it is cut off.

    Parameters
    ----------
    out : Path
        The file of answers.
    about : mapping
        What tells the work from any other.

    Raises
    ------
    UsageError
        U01, if the folder cannot be made.
    StoreError
        M14, if another program works there.
    """
    if out.suffix.lower() in PARQUET:
        require("pyarrow", extra="parquet", to="write .parquet files")
    require_place(out, "out")
    folder = out.with_name(f"{out.name}.parts").absolute()  # other machines know it, too
    with writable(out, "out"):
        folder.mkdir(exist_ok=True)
    held = Held(folder)
    try:
        with writable(out, "out"):
            if _read_state(folder) != dict(about):
                _clear(folder)
                write_json(folder / STATE, about)
        try:
            yield Parts(folder, out.suffix.lower())
        except InputError:  # the same work would fail once more
            shutil.rmtree(folder, ignore_errors=True)
            raise
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        held.release()
        with suppress(OSError):
            folder.rmdir()  # where the lock is a file in it


def _read_state(folder: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found


def _clear(folder: Path) -> None:
    """Take away the parts of other work; what is no part stays, and then nothing is written.

    Raises
    ------
    UsageError
        U01, if there is something else.
    """
    names = [path.name for path in folder.iterdir() if path.name != LOCK]
    ours = re.compile(r"\.?(\d{7}|begun)\b")  # those that were being written, too
    others = [name for name in names if not ours.match(name)]
    if others:
        raise UsageError(
            "U01",
            f"parts of the answers are written to {str(folder)!r}, which holds {others[0]!r}",
            fix=["move it away", "choose another file: --out FILE"],
        )
    for name in names:
        (folder / name).unlink()
