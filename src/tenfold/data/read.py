"""From a file or a DataFrame to a Table."""

import csv
import importlib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from tenfold.config import Decision, ReadOptions
from tenfold.data.encoding import read_text
from tenfold.data.table import RejectedRow, Table
from tenfold.data.text import (
    LEFT_OPEN,
    NEVER_CLOSED,
    TOO_LONG,
    Record,
    TextFormat,
    check_room,
    detect_format,
    quotation_error,
    records,
)
from tenfold.data.workbook import check_workbook
from tenfold.errors import ReadError
from tenfold.extras import require
from tenfold.machine import memory_bytes

MOST_COLUMNS: Final = 100_000
SHOWN: Final = 10
BYTES_PER_NUMBER: Final = 8
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
            table = _read_excel(path)
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
    if len(names) > MOST_COLUMNS:
        fact = f"the table has {len(names):,} columns"
        raise ReadError(
            "D11", fact, place={"file": source}, fix=["name its separator, or turn it"]
        )
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ReadError(
            "D06",
            f"{len(twice)} column name(s) occur more than once",
            place={"file": source, "columns": ", ".join(map(repr, twice[:SHOWN]))},
            fix=["rename the columns", "if the first row holds data, say so: --no-header"],
        )
    if len(names) < 2:
        raise ReadError(
            "D04",
            f"the table has {len(names)} column(s)",
            place={"file": source},
            fix=["name the separator, if it was read wrongly: --separator ';'"],
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


def _read_excel(path: Path) -> Table:
    require("openpyxl", extra="excel", to="read .xlsx files")
    try:
        check_workbook(path)
        frame = pd.read_excel(path, header=None, dtype=object)
    except ReadError:
        raise
    except Exception as error:
        raise _damaged(path, "Excel", error) from error
    if len(frame) == 0:
        raise ReadError("D02", "the first sheet is empty", place={"file": str(path)})
    first = frame.iloc[0]
    names = [f"column {j + 1}" if pd.isna(name) else name for j, name in enumerate(first)]
    return _from_frame(frame[1:].set_axis(names, axis=1), str(path), first_line=2)


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
        layout = detect_format(text, options)
        check_room(text, layout.separator)
        rows = records(text, layout.separator)
        first = next(rows)
        if first.fault and layout.header:
            raise quotation_error(first)
        names = _column_names(first, layout)
        _check_names(names, str(path))
        good, rejected = _sort(rows if layout.header else chain([first], rows), len(names))
    except ReadError as error:
        error.place = {"file": str(path), **error.place}
        raise
    frame, found = _to_frame(names, good, frozenset(options.missing))
    decisions = [encoding, *layout.decisions]
    if found:
        decisions.append(
            Decision(
                what=f"cells {', '.join(map(repr, sorted(found)))} are read as empty",
                why="tables write them for a missing value",
                change_with="--missing",
            )
        )
    return Table(
        frame=frame,
        lines=np.array([record.line for record in good], dtype=np.int64),
        source=str(path),
        decimal=layout.decimal,
        rejected=tuple(rejected),
        decisions=tuple(decisions),
    )


def _column_names(first: Record, layout: TextFormat) -> list[str]:
    if not layout.header:
        return [f"column {j + 1}" for j in range(layout.columns)]
    names = [cell.strip() or f"column {j + 1}" for j, cell in enumerate(first.cells)]
    # R writes the names of rows in a column without a name of its own.
    return ["row", *names] if len(names) == layout.columns - 1 else names


def _sort(rows: Iterable[Record], columns: int) -> tuple[list[Record], list[RejectedRow]]:
    good, rejected = [], []
    for record in rows:
        if record.fault in {NEVER_CLOSED, LEFT_OPEN}:
            raise quotation_error(record)
        if record.fault is not None:
            reason = f"its quotation marks are wrong: {record.fault}"
            if record.fault.startswith(TOO_LONG):
                reason = f"a cell has more than {csv.field_size_limit():,} characters"
        elif len(record.cells) != columns:
            reason = f"it has {len(record.cells)} cells, and the table has {columns} columns"
            if record.lines > 1:
                reason += f"; it goes to line {record.line + record.lines - 1}, by its marks"
        else:
            good.append(record)
            continue
        rejected.append(RejectedRow(line=record.line, reason=reason))
    return good, rejected


def _to_frame(
    names: Sequence[str], rows: Sequence[Record], missing: frozenset[str]
) -> tuple[pd.DataFrame, set[str]]:
    found: set[str] = set()
    columns = {}
    for j, name in enumerate(names):
        cells = [record.cells[j].strip() for record in rows]
        found.update(missing.intersection(cells))
        filled = [None if cell in missing else cell for cell in cells]
        columns[name] = np.array(filled, dtype=object)
    return pd.DataFrame(columns, dtype=object), found - {""}
