"""From a file or a DataFrame to a Table."""

import importlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from tenfold.config import Decision
from tenfold.data.cells.parse import is_text
from tenfold.data.files.beside import own_columns
from tenfold.data.files.encoding import read_text
from tenfold.data.files.likeness import as_needed, layout_of_training, other_separator
from tenfold.data.files.quotes import Quotes, find_quotes
from tenfold.data.files.rows import FoundRows, find_rows
from tenfold.data.files.separator import SAMPLE_RECORDS, find_separator, sample_records
from tenfold.data.files.sheet_rows import merged_decisions, sheet_records
from tenfold.data.files.text import (
    MOST_COLUMNS,
    ONE_COLUMN,
    Record,
    check_room,
    records,
    too_many_columns,
)
from tenfold.data.files.workbook import choose_sheet, look_into, unsolved_decisions
from tenfold.data.tables.arrow import ArrowTable, as_source, frame_of
from tenfold.data.tables.dtypes import take_frame
from tenfold.data.tables.own_signs import with_one_sign
from tenfold.data.tables.reading import Known, Reading
from tenfold.data.tables.signs import decide_signs, looked_at, missing_decisions, missing_words
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError
from tenfold.extras import require
from tenfold.machine import memory_bytes
from tenfold.read_options import ReadOptions

SHOWN: Final = 10
IN_MEMORY: Final = "DataFrame"  # what a source is called that is no file
# Encodings that need not be remembered: a file shows them, or is taken for one of them again.
GUESSED: Final = frozenset({"utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"})
BYTES_PER_NUMBER: Final = 8
NOT_READ: Final = frozenset(
    {".xls", ".ods", ".json", ".jsonl", ".ndjson", ".feather", ".sqlite", ".pdf"}
)


InMemory = Table | pd.DataFrame | ArrowTable
"""Rows that are no file: a table of ours, of pandas, or one that speaks Arrow's language."""


def read_table(
    source: str | Path | pd.DataFrame | ArrowTable,
    options: ReadOptions | None = None,
    *,
    like: Known | None = None,
) -> Table:
    """Read a table from a file or take it from a DataFrame.

    Separated text (plain, or packed by gzip, bzip2, xz or zip), ``.parquet`` (extra
    ``parquet``) and ``.xlsx`` (extra ``excel``) are read. Nothing is ever written beside them.

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
    plain = as_source(source)
    if isinstance(plain, pd.DataFrame):
        table = from_frame(plain, options, like=like)
    else:
        path = Path(plain)
        _check_readable(path)
        suffix = path.suffix.lower()
        options = replace(options, missing=missing_words(options, like))
        if suffix in {".parquet", ".pq"}:
            table = from_frame(_read_parquet(path), options, like=like, source=str(path))
        elif suffix in {".xlsx", ".xlsm"}:
            table = _read_excel(path, options, like)
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
        raise ReadError("D01", "this is a folder, but a table is a single file", place=place)
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
            f"{path.suffix} files are not supported",
            place=place,
            fix=["save the table as .csv, .parquet or .xlsx"],
        )


def from_frame(
    frame: pd.DataFrame,
    options: ReadOptions | None = None,
    *,
    like: Known | None = None,
    source: str = IN_MEMORY,
) -> Table:
    """Take a table from a DataFrame, with rows or without; see ``read_table``.

    Parameters
    ----------
    frame : DataFrame
    options : ReadOptions, optional
    like : Known, optional
    source : str
        Where it comes from.
    """
    options = options or ReadOptions(missing=None)
    names = as_needed([_name(label) for label in frame.columns], like)
    check_names(names, source)
    table = Table(
        frame=frame.set_axis(names, axis=1).reset_index(drop=True),
        lines=np.arange(1, len(frame) + 1, dtype=np.int64),
        source=source,
    )
    return _taken(table, options, like)


def _taken(table: Table, options: ReadOptions, like: Known | None) -> Table:
    """Return a table with its cells in the forms that all else builds on."""
    objects = [at for at, dtype in enumerate(table.frame.dtypes) if dtype.kind == "O"]
    some = table.frame.iloc[looked_at(len(table)), objects]
    # Text beside numbers that are stored as such does not say how numbers are written; nor
    # does that of new rows in memory, whoever made them, if training had none.
    silent = like is not None and like.reading.decimal is None and table.source == IN_MEMORY
    texts = {
        str(name): cells.dropna()
        for name, cells in some.items()
        if is_text(cells) and not silent
    }
    signs = decide_signs(texts, options, like)
    frame = with_one_sign(table.frame, signs.reading)
    frame, found = take_frame(frame, signs.missing)
    layout = table.reading
    reading = replace(
        signs.reading,
        separator=layout.separator,
        encoding=layout.encoding,
        header=layout.header,
    )
    return replace(
        table,
        frame=frame,
        reading=reading,
        emptied=found.words,
        decisions=(*table.decisions, *signs.decisions, *missing_decisions(found, frame)),
        notices=(*table.notices, *signs.notices),
    )


def as_table(rows: Table | pd.DataFrame, like: Known, decimal: str | None = None) -> Table:
    """Return new rows as a table, a DataFrame read as training was; see ``from_frame``."""
    if isinstance(rows, Table):
        return rows
    return from_frame(rows, ReadOptions(missing=None, decimal=decimal), like=like)


def _name(label: object) -> str:
    """Return a column's name as text; levels of a MultiIndex are joined."""
    return " / ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def check_names(names: Sequence[str], source: str) -> None:
    """Refuse names of columns of which there are none, too many, or two alike.

    Raises
    ------
    ReadError
        D04, D06 or D11.
    """
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


def _read_excel(path: Path, options: ReadOptions, like: Known | None) -> Table:
    require("openpyxl", extra="excel", to="read .xlsx files")
    try:
        sheet, chosen = choose_sheet(path, look_into(path), options.sheet)
        every, columns, merged = sheet_records(path, sheet)
    except ReadError:
        raise
    except Exception as error:
        raise _damaged(path, "Excel", error) from error
    every = [row for row in every if row.line > (options.skip_rows or 0)]
    filled = [row for row in every if any(cell is not None for cell in row.cells)]
    if not filled:
        raise ReadError("D02", f"sheet {sheet.name!r} is empty", place={"file": str(path)})
    found = _placed(path, filled[:SAMPLE_RECORDS], columns, filled, options)
    if found.rows:
        # An empty row between others is one all of whose cells are missing.
        first, last = found.rows[0].line, found.rows[-1].line
        known = {row.line for row in filled}
        empty = [r for r in every if first < r.line < last and r.line not in known]
        found.rows.extend(empty)
        found.rows.sort(key=attrgetter("line"))
    unsolved = unsolved_decisions(sheet)
    decisions = (*chosen, *merged_decisions(merged, sheet), *unsolved)
    table = _to_table(path, found, options, like, decisions)
    return _taken(replace(table, notices=unsolved), options, like)


def _damaged(path: Path, kind: str, error: Exception) -> ReadError:
    return ReadError(
        "D08",
        f"the {kind} file cannot be read: {str(error).rstrip('.')}",
        place={"file": str(path)},
        fix=["save or copy it again"],
    )


def _read_text_table(path: Path, options: ReadOptions, like: Known | None) -> Table:
    known = None if like is None else like.reading.encoding
    text, encoding, how = read_text(path, options.encoding, known)
    try:
        quotes, skip = Quotes(text=text), options.skip_rows or 0
        if options.separator is None:
            quotes = find_quotes(text, skip=skip)
        text, mark = quotes.text, quotes.mark
        asked = options if like is None else layout_of_training(text, options, like, mark)
        found = find_separator(text, asked=asked.separator, skip=skip, quote=mark)
        check_room(text, found.separator)
    except ReadError as error:
        error.place = {"file": str(path), **error.place}
        raise
    first = sample_records(text, found.separator, skip=found.skip, quote=mark)
    every = records(text, found.separator, skip=found.skip, quote=mark)
    rows = _placed(path, first, found.columns, every, asked)
    decisions = [how, *quotes.decisions]
    if asked.separator is None:
        what = f"separator {found.name}" if found.separator != ONE_COLUMN else "one column"
        decisions.append(Decision(what=what, why=found.why, change_with="--separator"))
    reading = Reading(
        separator=found.separator,
        header=rows.header,
        encoding=encoding if options.encoding or encoding not in GUESSED else None,
    )
    table = replace(
        _to_table(path, rows, options, like, decisions),
        reading=reading,
        notices=other_separator(found.separator, asked, like),
    )
    return _taken(table, options, like)


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
    path: Path,
    found: FoundRows,
    options: ReadOptions,
    like: Known | None,
    decisions: Sequence[Decision],
) -> Table:
    """Return a table of the rows that were found, their cells as they came."""
    needed = () if like is None else like.names
    own = own_columns(found, needed, keep=options.keep_empty)
    known = as_needed(list(own.names.values()), like)
    columns = {
        name: np.array([row.cells[j] for row in own.rows], dtype=object)
        for j, name in zip(own.names, known, strict=True)
    }
    return Table(
        frame=pd.DataFrame(columns, dtype=object, index=range(len(own.rows))),
        lines=np.array([record.line for record in own.rows], dtype=np.int64),
        source=str(path),
        rejected=found.rejected,
        aside=tuple(sorted([*found.aside, *own.aside], key=attrgetter("line"))),
        decisions=(*decisions, *found.decisions, *own.decisions),
    )
