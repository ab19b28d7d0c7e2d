"""From a file or a DataFrame to a Table."""

import csv
import importlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from tenfold.config import ReadOptions
from tenfold.data.arrow import ArrowTable, as_source, frame_of
from tenfold.data.cells import is_text
from tenfold.data.dtypes import Found, Missing, take_frame, take_texts
from tenfold.data.likeness import as_needed, layout_of_training, other_separator
from tenfold.data.reading import Known
from tenfold.data.signs import decide_signs, looked_at, missing_told
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
    read_text,
    records,
)
from tenfold.data.workbook import check_workbook
from tenfold.errors import ReadError
from tenfold.extras import require
from tenfold.machine import memory_bytes

MOST_COLUMNS: Final = 100_000
SHOWN: Final = 10
IN_MEMORY: Final = "DataFrame"  # what a source is called that is no file
# Encodings that need not be remembered: a file shows them, or is taken for one of them again.
GUESSED: Final = frozenset({"utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"})
BYTES_PER_NUMBER: Final = 8
NOT_READ: Final = frozenset({".xls", ".ods", ".zip", ".json", ".feather", ".sqlite", ".pdf"})


InMemory = Table | pd.DataFrame | ArrowTable
"""Rows that are no file: a table of ours, of pandas, or one that speaks Arrow's language."""


def read_table(
    source: str | Path | pd.DataFrame | ArrowTable,
    options: ReadOptions | None = None,
    *,
    like: Known | None = None,
) -> Table:
    """Read a table from a file or take it from a DataFrame.

    Separated text (plain or gzip), ``.parquet`` (extra ``parquet``) and
    ``.xlsx`` (extra ``excel``) are read. Nothing is ever written beside them.

    Parameters
    ----------
    source : str, Path, DataFrame, or table of pyarrow or polars
    options : ReadOptions, optional
        How to read text; what is not given is that of training, or detected.
    like : Known, optional
        What is known of the table, as training read another one: it is read as that one was
        where it does not show itself otherwise, and may have a single column.

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
    options = options or ReadOptions(missing=None)
    given = as_source(source)
    if isinstance(given, pd.DataFrame):
        table = from_frame(given, options, like=like)
    else:
        path = Path(given)
        _check_readable(path)
        suffix = path.suffix.lower()
        if suffix in {".parquet", ".pq"}:
            table = from_frame(_read_parquet(path), options, like=like, source=str(path))
        elif suffix in {".xlsx", ".xlsm"}:
            table = from_frame(
                _read_excel(path), options, like=like, source=str(path), first_line=2
            )
        else:
            table = _read_text_table(path, options, like)
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


def from_frame(
    frame: pd.DataFrame,
    options: ReadOptions | None = None,
    *,
    like: Known | None = None,
    source: str = IN_MEMORY,
    first_line: int = 1,
) -> Table:
    """Take a table from a DataFrame, with rows or without; see ``read_table``.

    Parameters
    ----------
    frame : DataFrame
    options : ReadOptions, optional
    like : Known, optional
    source : str
        Where it comes from.
    first_line : int
        Line of its first row there.
    """
    options = options or ReadOptions(missing=None)
    names = as_needed([_name(label) for label in frame.columns], like)
    _check_names(names, source, like)
    frame = frame.set_axis(names, axis=1).reset_index(drop=True)
    objects = [at for at, dtype in enumerate(frame.dtypes) if dtype.kind == "O"]
    some = frame.iloc[looked_at(len(frame)), objects]
    # Text beside numbers that are stored as such does not say how numbers are written; nor
    # does that of new rows in memory, whoever made them, if training had none.
    silent = like is not None and like.reading.decimal is None and source == IN_MEMORY
    texts = {
        str(name): cells.dropna()
        for name, cells in some.items()
        if is_text(cells) and not silent
    }
    signs = decide_signs(texts, options, like)
    frame, found = take_frame(frame, signs.missing)
    return Table(
        frame=frame,
        lines=np.arange(first_line, first_line + len(frame), dtype=np.int64),
        source=source,
        reading=signs.reading,
        decisions=(*signs.decisions, *missing_told(found, frame)),
        notices=signs.notices,
    )


def as_table(rows: Table | pd.DataFrame, like: Known, decimal: str | None = None) -> Table:
    """Return new rows as a table, a DataFrame read as training was; see ``from_frame``."""
    if isinstance(rows, Table):
        return rows
    return from_frame(rows, ReadOptions(missing=None, decimal=decimal), like=like)


def _name(label: object) -> str:
    """Return a column's name as text; levels of a MultiIndex are joined."""
    return " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _check_names(names: Sequence[str], source: str, like: Known | None) -> None:
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
    if len(names) < (2 if like is None else 1):
        raise ReadError(
            "D04",
            f"the table has {len(names)} column(s)",
            place={"file": source},
            fix=["name the separator, if it was read wrongly: --separator ';'"],
        )


def _read_parquet(path: Path) -> pd.DataFrame:
    require("pyarrow", extra="parquet", to="read .parquet files")
    parquet = importlib.import_module("pyarrow.parquet")
    try:
        found = parquet.read_metadata(path)
        rows, columns = found.num_rows, found.num_columns
        # One value again and again takes hardly a byte of the file.
        fits = BYTES_PER_NUMBER * rows * columns <= memory_bytes() // 2
        frame = frame_of(parquet.read_table(path)) if fits else None
    except Exception as error:
        # A damaged file makes the libraries below fail in ways of their own.
        raise _damaged(path, "Parquet", error) from error
    if frame is None:
        fact = f"the Parquet file has {rows:,} rows and {columns:,} columns"
        raise ReadError("D10", fact, place={"file": str(path)}, fix=["split it"])
    return frame


def _read_excel(path: Path) -> pd.DataFrame:
    require("openpyxl", extra="excel", to="read .xlsx files")
    try:
        check_workbook(path)
        # Which words are empty cells is not for pandas to say.
        frame = pd.read_excel(path, header=None, dtype=object, na_filter=False)
    except ReadError:
        raise
    except Exception as error:
        raise _damaged(path, "Excel", error) from error
    if len(frame) == 0:
        raise ReadError("D02", "the first sheet is empty", place={"file": str(path)})
    first = frame.iloc[0]
    names = [
        f"column {j + 1}" if pd.isna(name) or name == "" else name
        for j, name in enumerate(first)
    ]
    return frame[1:].set_axis(names, axis=1)


def _damaged(path: Path, kind: str, error: Exception) -> ReadError:
    return ReadError(
        "D08",
        f"the {kind} file cannot be read: {str(error).rstrip('.')}",
        place={"file": str(path)},
        fix=["write or copy it again"],
    )


def _read_text_table(path: Path, options: ReadOptions, like: Known | None) -> Table:
    known = None if like is None else like.reading.encoding
    text, encoding, how = read_text(path, options.encoding, known)
    try:
        asked = options if like is None else layout_of_training(text, options, like)
        layout = detect_format(text, asked)
        check_room(text, layout.separator)
        rows = records(text, layout.separator)
        first = next(rows)
        if first.fault and layout.header:
            raise quotation_error(first)
        names = as_needed(_column_names(first, layout), like)
        _check_names(names, str(path), like)
        good, rejected = _sort(rows if layout.header else chain([first], rows), len(names))
    except ReadError as error:
        error.place = {"file": str(path), **error.place}
        raise
    some = [good[at].cells for at in looked_at(len(good)).tolist()]
    texts = {name: [cells[j].strip() for cells in some] for j, name in enumerate(names)}
    signs = decide_signs(texts, options, like)
    frame, found = _to_frame(names, good, signs.missing)
    other = other_separator(layout.separator, asked, like)
    return Table(
        frame=frame,
        lines=np.array([record.line for record in good], dtype=np.int64),
        source=str(path),
        reading=replace(
            signs.reading,
            separator=layout.separator,
            header=layout.header,
            encoding=encoding if options.encoding or encoding not in GUESSED else None,
        ),
        rejected=tuple(rejected),
        decisions=(how, *layout.decisions, *signs.decisions, *missing_told(found, frame)),
        notices=(*other, *signs.notices),
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
    names: Sequence[str], rows: Sequence[Record], missing: Missing
) -> tuple[pd.DataFrame, Found]:
    found = Found()
    columns = {}
    for j, name in enumerate(names):
        words: set[str] = set()
        cells = take_texts([record.cells[j].strip() for record in rows], missing, words)
        found.add(name, words)
        columns[name] = np.array(cells, dtype=object)
    return pd.DataFrame(columns, dtype=object), found
