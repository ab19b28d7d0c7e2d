"""From a table that names files of pictures to these files, and what each shows."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from tenfold.config import Decision, Task
from tenfold.data.columns.labelled import with_targets
from tenfold.data.files.read import read_table
from tenfold.data.pictures import folders
from tenfold.data.pictures.found import PICTURE_SUFFIXES, Listing, RejectedFile
from tenfold.data.pictures.numbers import numbers_of_column
from tenfold.data.tables.table import Table, find_column
from tenfold.errors import PictureError
from tenfold.read_options import PictureOptions

UNLABELLED: Final = "it has no label"
UNNAMED: Final = "it does not name a file"
LABEL_NAMES: Final = ("label", "class", "target", "category")


def list_in_table(
    path: Path, options: PictureOptions, task: Task | None, column: str = ""
) -> Listing:
    """Find the pictures that a table names, with their classes or numbers.

    Parameters
    ----------
    path : Path
    options : PictureOptions
        ``file_column``, ``target`` and ``group_column``.
    task : {"regression", "classification"} or None
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
    label_column = _label_column(table, options, file_column, column, decisions)
    columns = [table.frame[file_column], table.frame[label_column]]
    if options.group_column is not None:
        name = find_column(table, options.group_column, option="--group-column")
        columns.append(table.frame[name])
    decisions += _unused(table, {file_column, label_column, options.group_column})
    kept, left_out = with_targets(table, label_column, task, 1.0)
    numbers, asked_for = numbers_of_column(kept, label_column, task)
    if numbers is None and task is None:
        kept, left_out = with_targets(table, label_column, "classification", 1.0)
    number_of = None if numbers is None else dict(zip(kept.lines, numbers, strict=True))
    rows = _Rows.of(table, columns, {row.line for row in kept.unlabelled}, number_of)
    if not rows.good:
        raise PictureError("I02", "no row has a file and a label", place={"source": str(path)})
    lines, names, labels, *groups = zip(*rows.good, strict=True)
    plain = _as_files(names, path.parent)
    return Listing(
        source=str(path),
        files=tuple(path.parent / name for name in plain),
        names=tuple(plain),
        labels=tuple(map(folders.class_name, labels)),
        groups=groups[0] if groups else None,
        numbers=None if number_of is None else tuple(float(number_of[line]) for line in lines),
        column=label_column,
        rejected=tuple(rows.rejected),
        unlabelled=tuple(rows.unlabelled),
        decisions=(*decisions, *asked_for, *map(_of_list, left_out)),
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


def _of_list(told: Decision) -> Decision:
    """Say of labels what was said of a table, whose options lists do not have."""
    change = told.change_with.replace(", --missing", "").replace("--missing", "these cells")
    return replace(told, change_with=change)


@dataclass(kw_only=True, slots=True)
class _Rows:
    """Rows with their line, file, label and perhaps group, and those that are left out."""

    good: list[tuple[Any, ...]] = field(default_factory=list)
    rejected: list[RejectedFile] = field(default_factory=list)
    unlabelled: list[RejectedFile] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        table: Table,
        columns: Sequence["pd.Series[Any]"],
        silent: Collection[int],
        number_of: Mapping[int, float] | None,
    ) -> "_Rows":
        """Look at each row of a table; those of silent lines have no label."""
        found = cls()
        for row in table.rejected:
            found.reject(f"line {row.line}", row.reason)
        for line, *cells in zip(table.lines, *columns, strict=True):
            file, label, *group = (None if pd.isna(cell) else str(cell) for cell in cells)
            if file is None:
                found.reject(f"line {line}", UNNAMED)
            elif line in silent:
                found.unlabelled.append(RejectedFile(file=file, reason=UNLABELLED))
            elif label is None:
                found.reject(file, UNLABELLED)
            elif number_of is not None and line not in number_of:
                found.reject(file, f"its label {label!r} is not a number")
            else:
                found.good.append((line, file, label, *(name or file for name in group)))
        return found

    def reject(self, file: str, reason: str) -> None:
        """Leave a row out."""
        self.rejected.append(RejectedFile(file=file, reason=reason))


def _unused(table: Table, used: Collection[str | None]) -> Iterator[Decision]:
    """Yield which columns say nothing here."""
    if unused := [repr(name) for name in table.frame.columns if name not in used]:
        what = f"not used: {folders.few(unused)}"
        why = "of images, a file, a label and a group are read"
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


def _label_column(
    table: Table,
    options: PictureOptions,
    file_column: str,
    before: str,
    decisions: list[Decision],
) -> str:
    if options.target is not None:
        return find_column(table, options.target, option="--target")
    others = [
        name for name in table.frame.columns if name not in (file_column, options.group_column)
    ]
    if before in others:
        return before
    known = [name for word in LABEL_NAMES for name in others if name.lower() == word]
    varied = [name for name in others if table.frame[name].nunique() > 1]
    if not others:
        fact = "the table has no column for the label"
        raise PictureError("I01", fact, place={"source": table.source})
    last = (varied or others)[-1]
    where = (
        "it is the last column" if last == others[-1] else "it is the last column that varies"
    )
    name, why = (known[0], "of its name") if known else (last, where)
    what = f"the label is column {name!r}"
    decisions.append(Decision(what=what, why=why, change_with="--target"))
    return name


def names_pictures(cells: Iterable[str]) -> bool:
    """Tell whether most cells end like the names of pictures."""
    ends = [folders.suffix(cell.strip()) in PICTURE_SUFFIXES for cell in cells]
    return sum(ends) > len(ends) / 2
