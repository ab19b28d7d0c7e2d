"""The rows of a sheet of an Excel file, its merged cells filled.

Cells that are merged hold their value in the first of them, and the others are empty: a town
that stands over its sixty rows would be known in one of them.
"""

import datetime
import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tenfold.config import Decision
from tenfold.data.files.text import Record
from tenfold.data.files.workbook import Sheet, column_number

_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.')  # of a number format: shown as it stands
_THREE_DECIMALS: Final = re.compile(r"\.\d{3}$")
_RANGE: Final = re.compile(r"([A-Z]+)(\d+):([A-Z]+)(\d+)")


def sheet_records(path: Path, sheet: Sheet) -> tuple[list[Record], int, int]:
    """Return the rows of a sheet, empty ones too, and how many columns it has.

    A number that the sheet shows as a percentage is the text of what is shown: ``12.5%`` for
    0.125, as the same sheet has it when it is saved as text. The last value is how many cells
    are filled because they are merged with one above.
    """
    rows = _cells(path, sheet.name)
    lengths = [
        max((at + 1 for at, cell in enumerate(row) if cell is not None), default=0)
        for row in rows
    ]
    columns = max(lengths, default=0)
    last = max((at + 1 for at, length in enumerate(lengths) if length), default=0)
    rows = [(row + [None] * columns)[:columns] for row in rows[:last]]
    filled, covered = _fill(rows, sheet.merged)
    return (
        [
            Record(line=line, cells=row)
            for line, row in enumerate(rows, start=1)
            if line - 1 not in covered
        ],
        columns,
        filled,
    )


def _cells(path: Path, sheet: str) -> list[list[Any]]:
    """Return the cells of a sheet, row by row; nothing if it holds a chart and no cells."""
    book = open_book(path, known_reader())
    try:
        page = next((page for page in book.worksheets if page.title == sheet), None)
        if page is None:
            return []
        page.reset_dimensions()  # what a sheet says of its size need not be true
        return [[_held(cell) for cell in row] for row in page.rows]
    finally:
        book.close()


def known_reader() -> Any:
    """Return openpyxl's reader if it is as expected, None if it is another one.

    It is no documented part of openpyxl.
    """
    found = getattr(importlib.import_module("openpyxl.reader.excel"), "ExcelReader", None)
    return found if all(hasattr(found, name) for name in ("read", "read_chartsheet")) else None


def open_book(path: Path, reader_type: Any) -> Any:
    """Return an open workbook.

    Parameters
    ----------
    path : Path
    reader_type : type or None
        With a reader of openpyxl's, charts are passed over: they may be damaged, and hold no
        rows. With None everything is read.
    """
    asked = {"read_only": True, "data_only": True, "keep_links": False}
    if reader_type is None:
        return importlib.import_module("openpyxl").load_workbook(path, **asked)

    class Reader(reader_type):  # type: ignore[misc]
        """Reads the sheets that hold cells."""

        def read_chartsheet(self, sheet: Any, rel: Any) -> None:
            pass

    reader = Reader(path, **asked)
    reader.read()
    return reader.wb


def _fill(rows: list[list[Any]], merged: Sequence[str]) -> tuple[int, set[int]]:
    """Fill cells that are merged with one above, in rows that hold something of their own.

    Cells that are merged with one on their left stay empty: one value of two columns is none
    of the second, and a title that is merged across the sheet names no column.

    Returns
    -------
    filled : int
        How many cells.
    covered : set of int
        Rows that are none: each of their cells is merged with one of the row above.
    """
    own = [any(cell is not None for cell in row) for row in rows]
    below: dict[int, set[int]] = {}
    filled, room = 0, sum(map(len, rows))
    for columns, top, bottom in _downwards(merged, rows):
        room -= len(columns) * (bottom - top)
        if room < 0:
            break  # ranges of a sound sheet do not overlap, and have room in it
        value = rows[top][columns[0]]
        for at in range(top + 1, bottom):
            if not own[at]:
                below.setdefault(at, set()).update(columns)
            elif value is not None and rows[at][columns[0]] is None:
                rows[at][columns[0]] = value
                filled += 1
    return filled, _covered(rows, own, below)


def _covered(
    rows: Sequence[Sequence[Any]], own: Sequence[bool], below: Mapping[int, set[int]]
) -> set[int]:
    """Return the rows without a cell of their own whose columns all are merged with a row."""
    covered, above = set(), frozenset[int]()
    for at, row in enumerate(rows):
        if own[at]:
            above = frozenset(j for j, cell in enumerate(row) if cell is not None)
        elif at in below and above <= below[at]:
            covered.add(at)
    return covered


def _downwards(
    merged: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Iterator[tuple[range, int, int]]:
    """Yield the columns, the first row and the end of the ranges of several rows."""
    for place in merged:
        found = _RANGE.fullmatch(place)
        if found is None:
            continue
        left, right = column_number(found[1]) - 1, column_number(found[3])
        top, bottom = int(found[2]) - 1, min(int(found[4]), len(rows))
        if 0 <= top < bottom - 1 and left < min(right, len(rows[top])):
            yield range(left, min(right, len(rows[top]))), top, bottom


def merged_decisions(filled: int, sheet: Sheet) -> tuple[Decision, ...]:
    """Say that merged cells are filled, if so.

    Examples
    --------
    >>> merged_decisions(236, Sheet(name="data", shown=True, cells=960))[0].what
    "236 merged cells of sheet 'data' are read as the cell above them"
    """
    if not filled:
        return ()
    count = "one merged cell" if filled == 1 else f"{filled:,} merged cells"
    is_read, above = ("is", "it") if filled == 1 else ("are", "them")
    what = f"{count} of sheet {sheet.name!r} {is_read} read as the cell above {above}"
    why = "a merged range shows one value for all of its rows"
    return (Decision(what=what, why=why, change_with="--sheet"),)


def _held(cell: Any) -> Any:
    """Return what a cell of a sheet holds; None if that is nothing, or an error."""
    value = cell.value
    if value is None or value == "" or cell.data_type == "e":
        return None
    if cell.data_type != "n" or isinstance(value, (bool, datetime.time)):
        return value
    if is_percent(cell.number_format):
        return as_percent(value)
    return int(value) if float(value).is_integer() else float(value)


def is_percent(layout: str) -> bool:
    """Tell whether the number format of a cell shows a number times a hundred.

    Examples
    --------
    >>> is_percent("0.0%"), is_percent('0" % of all"'), is_percent("General")
    (True, False, False)
    """
    return "%" in _LITERAL.sub("", layout)


def as_percent(fraction: float) -> str:
    """Return a fraction as text, in percent.

    It never has three decimals, which might be thousands elsewhere.

    Examples
    --------
    >>> as_percent(0.125), as_percent(0.07), as_percent(0.12345)
    ('12.5%', '7%', '12.3450%')
    """
    text = f"{100 * fraction:.15g}"
    return f"{text}0%" if _THREE_DECIMALS.search(text) else f"{text}%"
