"""From a table that names files of pictures to these files, and what each shows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from tenfold.config import Decision, Task
from tenfold.data.files.read import read_table
from tenfold.data.pictures import folders
from tenfold.data.pictures.found import PICTURE_SUFFIXES, Label, Listing, RejectedFile
from tenfold.data.pictures.list_labels import ListLabels, read_labels
from tenfold.data.tables.table import Table, find_column
from tenfold.errors import PictureError
from tenfold.read_options import PictureOptions

UNLABELLED: Final = "it has no label"
UNNAMED: Final = "it does not name a file"


def list_in_table(
    path: Path, options: PictureOptions, task: Task | None, column: str = ""
) -> Listing:
    """Find the pictures that a table names, with their classes, numbers or sets of labels.

    Parameters
    ----------
    path : Path
    options : PictureOptions
        ``file_column``, ``target`` and ``group_column``.
    task : {"regression", "classification", "multilabel"} or None
        None is what the labels look like.
    column : str
        Where labels stood before; taken if the table has it and none is named.

    Raises
    ------
    PictureError
        I01 or I02, if no column names files, or no row a file and a label.
    ReadError, SchemaError
        If the table cannot be read, lacks a column that was named, or a label is no number
        where numbers are asked for.
    """
    table = read_table(path)
    decisions = list(table.decisions)
    file_column = _file_column(table, options, decisions)
    group_column = options.group_column
    if group_column is not None:
        group_column = find_column(table, group_column, option="--group-column")
    others = [name for name in table.frame.columns if name not in (file_column, group_column)]
    labels = read_labels(table, options, others, task, column)
    decisions += labels.decisions
    decisions += _unused([name for name in others if name not in labels.columns])
    rows = _Rows.of(table, file_column, group_column, labels)
    if not rows.good:
        raise PictureError("I02", "no row has a file and a label", place={"source": str(path)})
    names, found, groups = zip(*rows.good, strict=True)
    plain = _as_files(names, path.parent)
    return Listing(
        source=str(path),
        files=tuple(path.parent / name for name in plain),
        names=tuple(plain),
        labels=found,
        groups=None if group_column is None else groups,
        column=labels.column,
        rejected=tuple(rows.rejected),
        unlabelled=tuple(rows.unlabelled),
        decisions=tuple(decisions),
    )


def files_in_table(path: Path, options: PictureOptions) -> Listing:
    """Find the pictures that a table names, whatever else it holds.

    Raises
    ------
    PictureError
        I01, if no column names files.
    ReadError, SchemaError
        If the table cannot be read, or lacks a column that was named.
    """
    table = read_table(path)
    cells = table.frame[_file_column(table, options, [])]
    rejected = [
        RejectedFile(file=f"line {line}", reason=UNNAMED)
        for line in np.asarray(table.lines)[cells.isna().to_numpy()]
    ]
    plain = _as_files([str(cell) for cell in cells.dropna()], path.parent)
    return Listing(
        source=str(path),
        files=tuple(path.parent / name for name in plain),
        names=tuple(plain),
        rejected=tuple(rejected),
    )


@dataclass(kw_only=True, slots=True)
class _Rows:
    """Rows with their file, label and group, and those that are left out."""

    good: list[tuple[str, Label, str]] = field(default_factory=list)
    rejected: list[RejectedFile] = field(default_factory=list)
    unlabelled: list[RejectedFile] = field(default_factory=list)

    @classmethod
    def of(
        cls, table: Table, file_column: str, group_column: str | None, labels: ListLabels
    ) -> "_Rows":
        """Look at each row of a table."""
        found = cls()
        for row in table.rejected:
            found.reject(f"line {row.line}", row.reason)
        names = file_column, labels.columns[0], group_column or file_column
        columns = [table.frame[name] for name in names]
        for line, *cells in zip(table.lines, *columns, strict=True):
            file, label, group = (None if pd.isna(cell) else str(cell) for cell in cells)
            if file is None:
                found.reject(f"line {line}", UNNAMED)
            elif line in labels.silent:
                found.unlabelled.append(RejectedFile(file=file, reason=UNLABELLED))
            elif line not in labels.of_line:
                found.reject(file, f"its label {label!r} is not a number")
            else:
                found.good.append((file, labels.of_line[line], group or file))
        return found

    def reject(self, file: str, reason: str) -> None:
        """Leave a row out."""
        self.rejected.append(RejectedFile(file=file, reason=reason))


def _unused(columns: Sequence[str]) -> Iterator[Decision]:
    """Yield which columns say nothing here."""
    if columns:
        what = f"not used: {folders.few([repr(name) for name in columns])}"
        why = "of images, a file, labels and a group are read"
        yield Decision(what=what, why=why, change_with="--target, --group-column")


def _as_files(named: Iterable[str], home: Path) -> list[str]:
    """Return names of files; ids without a suffix become those of pictures called so.

    An id that several pictures below the folder have stays as it is, and names no file.
    """
    # Windows writes paths with the other slash, which names of files hardly ever hold.
    names = [name.replace("\\", "/") for name in named]
    if any(folders.suffix(name) in PICTURE_SUFFIXES for name in names):
        return names
    found: dict[str, list[str]] = {}
    for picture in folders.walk(home, PICTURE_SUFFIXES).pictures:
        stem = picture[: -len(folders.suffix(picture))]
        for known in {stem, stem.rpartition("/")[2]}:
            found.setdefault(known, []).append(picture)
    alone = {known: pictures[0] for known, pictures in found.items() if len(pictures) == 1}
    return [alone.get(name, name) for name in names]


def _file_column(table: Table, options: PictureOptions, decisions: list[Decision]) -> str:
    if options.file_column is not None:
        return find_column(table, options.file_column, option="--file-column")
    for name, cells in table.frame.items():
        if names_pictures(cells.dropna().astype(str)):
            what, why = (
                f"column {name!r} holds the image files",
                "its cells end in image suffixes",
            )
            decisions.append(Decision(what=what, why=why, change_with="--file-column"))
            return str(name)
    raise PictureError(
        "I01",
        "no column of the table holds image files",
        place={"source": table.source, "columns": ", ".join(map(repr, table.frame.columns))},
        fix=["name the column of the files: --file-column NAME"],
    )


def names_pictures(cells: Iterable[str]) -> bool:
    """Tell whether most cells end like the names of pictures."""
    ends = [folders.suffix(cell.strip()) in PICTURE_SUFFIXES for cell in cells]
    return sum(ends) > len(ends) / 2
