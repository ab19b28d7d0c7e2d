"""From a file or a DataFrame to a Table."""

import importlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from tenfold.config import Decision, ReadOptions
from tenfold.data.encoding import read_text
from tenfold.data.rows import FoundRows, find_rows
from tenfold.data.separator import SAMPLE_RECORDS, find_separator, sample_records
from tenfold.data.table import Table
from tenfold.data.text import (
    MOST_COLUMNS,
    ONE_COLUMN,
    Record,
    check_room,
    records,
    too_many_columns,
)
from tenfold.data.workbook import choose_sheet, look_into, sheet_records
from tenfold.errors import ReadError
from tenfold.extras import require
from tenfold.machine import memory_bytes

SHOWN: Final = 10
BYTES_PER_NUMBER: Final = 8
ENOUGH_ROWS: Final = 3  # that show that a column without a name holds nothing
NOT_READ: Final = frozenset({".xls", ".ods", ".zip", ".json", ".feather", ".sqlite", ".pdf"})


def read_table(source: str | Path | pd.DataFrame, options: ReadOptions | None = None) -> Table:
    """Read a table from a file or take it from a DataFrame.

    Separated text (plain or gzip), ``.parquet`` (extra ``parquet``) and
    ``.xlsx`` (extra ``excel``) are read. Nothing is ever written beside them.

    Parameters
    ----------
    source : str, Path or DataFrame
    options : ReadOptions, optional
        How to read text; what is not given is detected.

    Raises
    ------
    ReadError
        D01 to D11, if the file is absent, damaged, empty or no table.
    MissingExtraError
        E01, if the format needs a library that is not installed.

    Examples
    --------
    >>> table = read_table(pd.DataFrame({"a": [1, 2], "b": ["x", None]}))
    >>> len(table), table.source
    (2, 'DataFrame')
    """
    if isinstance(source, pd.DataFrame):
        table = _from_frame(source, "DataFrame", first_line=1)
    else:
        path = Path(source)
        _check_readable(path)
        suffix = path.suffix.lower()
        if suffix in {".parquet", ".pq"}:
            table = _read_parquet(path)
        elif suffix in {".xlsx", ".xlsm"}:
            table = _read_excel(path, options or ReadOptions())
        else:
            table = _read_text_table(path, options or ReadOptions())
    if len(table) == 0 and not table.rejected:
        raise ReadError("D02", "the table has no rows", place={"file": table.source})
    return table


def _check_readable(path: Path) -> None:
    place = {"file": str(path)}
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError as error:
        raise ReadError(
            "D01", f"there is no such file: {error.strerror}", place=place
        ) from error
    if folder:
        raise ReadError("D01", "this is a folder, and a table is one file", place=place)
    if not file:
        near = sorted(p.name for p in path.parent.glob(f"*{path.suffix}"))[:5]
        holds = f"; its folder holds {', '.join(near)}" if near else ""
        fix = [f"check the name{holds}"]
        raise ReadError("D01", "there is no such file", place=place, fix=fix)
    try:
        empty = path.stat().st_size == 0
        path.open("rb").close()
    except OSError as error:
        fact = f"the file cannot be read: {error.strerror}"
        raise ReadError("D01", fact, place=place) from error
    if empty:
        raise ReadError("D02", "the file is empty", place=place)
    if path.suffix.lower() in NOT_READ:
        raise ReadError(
            "D07",
            f"{path.suffix} files are not read",
            place=place,
            fix=["save the table as .csv, .parquet or .xlsx"],
        )


def _from_frame(frame: pd.DataFrame, source: str, *, first_line: int) -> Table:
    names = [_name(label) for label in frame.columns]
    _check_names(names, source)
    return Table(
        frame=frame.set_axis(names, axis=1).reset_index(drop=True),
        lines=np.arange(first_line, first_line + len(frame), dtype=np.int64),
        source=source,
    )


def _name(label: object) -> str:
    """Return a column's name as text; levels of a MultiIndex are joined."""
    return " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _check_names(names: Sequence[str], source: str) -> None:
    if not names:
        raise ReadError("D04", "the table has no columns", place={"file": source})
    if len(names) > MOST_COLUMNS:
        error = too_many_columns(len(names))
        error.place = {"file": source}
        raise error
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ReadError(
            "D06",
            f"{len(twice)} column name(s) occur more than once",
            place={"file": source, "columns": ", ".join(map(repr, twice[:SHOWN]))},
            fix=["rename the columns"],
        )


def _read_parquet(path: Path) -> Table:
    require("pyarrow", extra="parquet", to="read .parquet files")
    parquet = importlib.import_module("pyarrow.parquet")
    try:
        found = parquet.read_metadata(path)
        rows, columns = found.num_rows, found.num_columns
        # One value again and again takes hardly a byte of the file.
        fits = BYTES_PER_NUMBER * rows * columns <= memory_bytes() // 2
        frame = pd.read_parquet(path) if fits else None
    except Exception as error:
        # A damaged file makes the libraries below fail in ways of their own.
        raise _damaged(path, "Parquet", error) from error
    if frame is None:
        fact = f"the Parquet file has {rows:,} rows and {columns:,} columns"
        raise ReadError("D10", fact, place={"file": str(path)}, fix=["split it"])
    return _from_frame(frame, str(path), first_line=1)


def _read_excel(path: Path, options: ReadOptions) -> Table:
    require("openpyxl", extra="excel", to="read .xlsx files")
    try:
        name, chosen = choose_sheet(path, look_into(path), options.sheet)
        every, columns = sheet_records(path, name)
    except ReadError:
        raise
    except Exception as error:
        raise _damaged(path, "Excel", error) from error
    every = every[options.skip_rows or 0 :]
    filled = [row for row in every if any(cell is not None for cell in row.cells)]
    if not filled:
        raise ReadError("D02", f"sheet {name!r} is empty", place={"file": str(path)})
    found = _placed(path, filled[:SAMPLE_RECORDS], columns, filled, options)
    if found.rows:
        # An empty row between others is one all of whose cells are missing.
        first, last = found.rows[0].line, found.rows[-1].line
        known = {row.line for row in filled}
        empty = [r for r in every if first < r.line < last and r.line not in known]
        found.rows.extend(empty)
        found.rows.sort(key=attrgetter("line"))
    return _to_table(path, found, options, chosen)


def _damaged(path: Path, kind: str, error: Exception) -> ReadError:
    return ReadError(
        "D08",
        f"the {kind} file cannot be read: {str(error).rstrip('.')}",
        place={"file": str(path)},
        fix=["write or copy it again"],
    )


def _read_text_table(path: Path, options: ReadOptions) -> Table:
    text, encoding = read_text(path, options.encoding)
    try:
        found = find_separator(text, asked=options.separator, skip=options.skip_rows or 0)
        check_room(text, found.separator)
    except ReadError as error:
        error.place = {"file": str(path), **error.place}
        raise
    first = sample_records(text, found.separator, skip=found.skip)
    every = records(text, found.separator, skip=found.skip)
    rows = _placed(path, first, found.columns, every, options)
    decisions = [encoding]
    if options.separator is None:
        what = f"separator {found.name}" if found.separator != ONE_COLUMN else "one column"
        decisions.append(Decision(what=what, why=found.why, change_with="--separator"))
    return _to_table(path, rows, options, decisions)


def _placed(
    path: Path,
    first: Sequence[Record],
    columns: int,
    every: Iterable[Record],
    options: ReadOptions,
) -> FoundRows:
    """Return the rows of a table, and name its file if there are none."""
    try:
        return find_rows(first, columns, every, options)
    except ReadError as error:
        error.place = {"file": str(path), **error.place}
        raise


def _to_table(
    path: Path, found: FoundRows, options: ReadOptions, decisions: Sequence[Decision]
) -> Table:
    """Return a table of the rows that were found."""
    names, without = _without_empty(found, options)
    frame, missing = _to_frame(names, found.rows, frozenset(options.missing))
    made = [*decisions, *found.decisions, *without]
    if missing:
        what = f"cells {', '.join(map(repr, sorted(missing)))} are read as empty"
        why = "tables write them for a missing value"
        made.append(Decision(what=what, why=why, change_with="--missing"))
    return Table(
        frame=frame,
        lines=np.array([record.line for record in found.rows], dtype=np.int64),
        source=str(path),
        decimal=found.decimal,
        rejected=found.rejected,
        aside=found.aside,
        decisions=tuple(made),
    )


def _without_empty(
    found: FoundRows, options: ReadOptions
) -> tuple[dict[int, str], tuple[Decision, ...]]:
    """Return the names of columns by their positions, without those that hold nothing at all.

    A separator at the end of each line makes a column that has neither a name nor a cell.
    """
    names = dict(enumerate(found.names))
    if options.keep_empty or (not found.header and len(found.rows) < ENOUGH_ROWS):
        return names, ()
    empty = [
        j for j in found.unnamed if not any(map(_filled, (r.cells[j] for r in found.rows)))
    ]
    if not found.header:  # a column in between may be filled in the next file
        empty = _at_the_edges(empty, len(names))
    if not empty or len(empty) == len(names):
        return names, ()
    kept = {j: name for j, name in names.items() if j not in set(empty)}
    count = "one column that has" if len(empty) == 1 else f"{len(empty):,} columns that have"
    what = f"{count} neither a name nor a cell left out"
    why = "a separator at the end of lines, or at their beginning, makes no column"
    return kept, (Decision(what=what, why=why, change_with="--keep-empty"),)


def _filled(cell: object) -> bool:
    return cell is not None and str(cell).strip() != ""


def _at_the_edges(positions: Sequence[int], count: int) -> list[int]:
    held, first, last = set(positions), 0, count - 1
    while first in held:
        first += 1
    while last in held:
        last -= 1
    return [j for j in positions if j < first or j > last]


def _to_frame(
    names: Mapping[int, str], rows: Sequence[Record], missing: frozenset[str]
) -> tuple[pd.DataFrame, set[str]]:
    """Return the cells of rows as they came, and which of them are read as empty."""
    found: set[str] = set()
    columns = {}
    for j, name in names.items():
        cells = [row.cells[j] for row in rows]
        try:
            cells = [cell.strip() for cell in cells]
        except AttributeError:  # of a sheet, whose cells are not all text
            cells = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
        found.update(missing.intersection(cells))
        filled = [None if cell in missing else cell for cell in cells]
        columns[name] = np.array(filled, dtype=object)
    return pd.DataFrame(columns, dtype=object, index=range(len(rows))), found - {""}
