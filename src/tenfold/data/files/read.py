"""From a file or a DataFrame to a Table."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tenfold.data.files.rows import RowFinder
from tenfold.data.files.separator import SAMPLE_RECORDS
from tenfold.data.files.sheet_rows import merged_decisions, sheet_records
from tenfold.data.files.taken import from_frame, taken
from tenfold.data.files.text_table import naming, own_of, read_text_table, to_table
from tenfold.data.files.workbook import choose_sheet, look_into, unsolved_decisions
from tenfold.data.tables.arrow import ArrowTable, as_source, frame_of
from tenfold.data.tables.reading import Known
from tenfold.data.tables.signs import missing_words
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError
from tenfold.extras import require
from tenfold.machine import memory_bytes
from tenfold.read_options import PARQUET, ReadOptions

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
        check_readable(path)
        suffix = path.suffix.lower()
        options = replace(options, missing=missing_words(options, like))
        if suffix in PARQUET:
            table = from_frame(_read_parquet(path), options, like=like, source=str(path))
        elif suffix in {".xlsx", ".xlsm"}:
            table = _read_excel(path, options, like)
        else:
            table = read_text_table(path, options, like)
    if len(table) == 0 and not table.rejected:
        raise ReadError("D02", "the table has no rows", place={"file": table.source})
    return table


def check_readable(path: Path) -> None:
    """Refuse a file that is not there, is empty, or is of a kind that is not read.

    Raises
    ------
    ReadError
        D01, D02 or D07.
    """
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


@contextmanager
def opened_parquet(path: Path) -> Iterator[Any]:
    """Lend a Parquet file, and say that it is damaged if reading it fails within."""
    require("pyarrow", extra="parquet", to="read .parquet files")
    parquet = importlib.import_module("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except ReadError:
        raise
    except Exception as error:
        # A damaged file makes the libraries below fail in ways of their own.
        raise damaged(path, "Parquet", error) from error


def _read_parquet(path: Path) -> pd.DataFrame:
    with opened_parquet(path) as file:
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        # One value again and again takes hardly a byte of the file.
        if BYTES_PER_NUMBER * rows * columns <= memory_bytes() // 2:
            return frame_of(file.read())
    fact = f"the Parquet file has {rows:,} rows and {columns:,} columns"
    raise ReadError("D10", fact, place={"file": str(path)}, fix=["split it"])


def _read_excel(path: Path, options: ReadOptions, like: Known | None) -> Table:
    require("openpyxl", extra="excel", to="read .xlsx files")
    try:
        sheet, chosen = choose_sheet(path, look_into(path), options.sheet)
        every, columns, merged = sheet_records(path, sheet)
    except ReadError:
        raise
    except Exception as error:
        raise damaged(path, "Excel", error) from error
    every = [row for row in every if row.line > (options.skip_rows or 0)]
    filled = [row for row in every if any(cell is not None for cell in row.cells)]
    if not filled:
        raise ReadError("D02", f"sheet {sheet.name!r} is empty", place={"file": str(path)})
    with naming(path):
        finder = RowFinder.of(filled[:SAMPLE_RECORDS], columns, options)
        found = finder.find(filled)
    if found.rows:
        # An empty row between others is one all of whose cells are missing.
        first, last = found.rows[0].line, found.rows[-1].line
        known = {row.line for row in filled}
        empty = [r for r in every if first < r.line < last and r.line not in known]
        found.rows.extend(empty)
        found.rows.sort(key=attrgetter("line"))
    unsolved = unsolved_decisions(sheet)
    decisions = (*chosen, *merged_decisions(merged, sheet), *unsolved)
    own = own_of(found, options, like)
    table = to_table(path, found, own, like, decisions)
    return taken(replace(table, notices=unsolved), options, like)


def damaged(path: Path, kind: str, error: Exception) -> ReadError:
    """Return D08: what a library says of a file that it cannot read."""
    return ReadError(
        "D08",
        f"the {kind} file cannot be read: {str(error).rstrip('.')}",
        place={"file": str(path)},
        fix=["save or copy it again"],
    )
