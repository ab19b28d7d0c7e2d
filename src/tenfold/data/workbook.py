"""An Excel file: what it would take to read, which of its sheets holds the table, and its rows.

An archive says how large its sheets are, and a sheet where its cells lie: a single cell in the
last row and column makes a table of 17,000 million cells. So they are looked at before they
are read.
"""

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from xml.parsers import expat

import numpy as np
import pandas as pd

from tenfold.config import Decision
from tenfold.data.text import Record
from tenfold.errors import ReadError
from tenfold.machine import memory_bytes

BOOK: Final = "xl/workbook.xml"
LINKS: Final = "xl/_rels/workbook.xml.rels"
SHEETS: Final = "xl/worksheets/"
BYTES_PER_BYTE: Final = 40  # of memory, for a byte of the sheets
BYTES_PER_CELL: Final = 200  # of memory, a table's, filled or not, with all its copies
MOST_ROWS: Final = 2**20  # of a sheet; one that claims more would be filled up with empty rows
PIECE: Final = 2**20
# A sheet with less than this part of the cells of the largest is a note on it.
LEAST_PART: Final = 0.2
SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A sheet: its name, whether it is shown, and how many of its cells are filled."""

    name: str
    shown: bool
    cells: int


def look_into(path: Path) -> list[Sheet]:
    """Return the sheets of a workbook in their order, if it does not fill the memory.

    Raises
    ------
    ReadError
        D10.
    Exception
        Of any kind, if the file is no workbook.
    """
    with zipfile.ZipFile(path) as archive:
        claimed = sum(info.file_size for info in archive.infolist())
        most = memory_bytes() // BYTES_PER_BYTE
        if claimed > most:
            fact = f"the Excel file unpacks to {claimed / 1e9:.1f} GB, over {most / 1e9:.1f}"
            raise _too_large(path, fact)
        filled = {}
        for name in archive.namelist():
            if name.startswith(SHEETS) and name.endswith(".xml"):
                rows, columns, filled[name] = _extent(archive, name)
                if rows > MOST_ROWS or rows * columns > memory_bytes() // BYTES_PER_CELL:
                    raise _too_large(path, f"a sheet has {rows:,} rows and {columns:,} columns")
        return _sheets(archive, filled)


def _too_large(path: Path, fact: str) -> ReadError:
    fix = ["save the table as .csv or .parquet"]
    return ReadError("D10", fact, place={"file": str(path)}, fix=fix)


def _tags(archive: zipfile.ZipFile, part: str) -> list[tuple[str, dict[str, str]]]:
    """Return the tags of a small part of the archive, with their attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, about: found.append(
        (tag.rpartition(":")[2], about)
    )
    parser.Parse(archive.read(part), True)  # noqa: FBT003 - expat's way to say: it ends here
    return found


def _sheets(archive: zipfile.ZipFile, filled: Mapping[str, int]) -> list[Sheet]:
    parts = {
        about.get("Id"): PurePosixPath("/xl", about.get("Target", "")).as_posix()[1:]
        for tag, about in _tags(archive, LINKS)
        if tag == "Relationship"
    }
    return [
        Sheet(
            name=about["name"],
            shown=about.get("state", "visible") == "visible",
            cells=filled.get(parts.get(_link(about), ""), 0),
        )
        for tag, about in _tags(archive, BOOK)
        if tag == "sheet"
    ]


def _link(about: Mapping[str, str]) -> str:
    return next((value for name, value in about.items() if name.endswith(":id")), "")


def _extent(archive: zipfile.ZipFile, name: str) -> tuple[int, int, int]:
    """Return the last row and column in which a sheet has a cell, and how many are filled."""
    last = [0, 0, 0]

    def begin(tag: str, attributes: dict[str, Any]) -> None:
        place = attributes.get("r", "")
        if tag.endswith("row"):
            last[0] = max(last[0], row_number(place))
        elif tag.endswith("c"):
            last[1] = max(last[1], column_number(place))
        elif tag in {"v", "is"} or tag.endswith((":v", ":is")):
            last[2] += 1

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    with archive.open(name) as sheet:
        while piece := sheet.read(PIECE):
            parser.Parse(piece)
    return last[0], last[1], last[2]


def choose_sheet(
    path: Path, sheets: Sequence[Sheet], asked: str | None
) -> tuple[str, tuple[Decision, ...]]:
    """Return the name of the sheet that holds the table.

    It is the first that is shown and holds more than a small part of what the largest does.

    Raises
    ------
    ReadError
        D02 if none holds a cell, D12 if there is none of the name that was asked for.

    Examples
    --------
    >>> notes = Sheet(name="README", shown=True, cells=3)
    >>> data = Sheet(name="data", shown=True, cells=600)
    >>> choose_sheet(Path("a.xlsx"), [notes, data], None)[0]
    'data'
    """
    names = [sheet.name for sheet in sheets]
    if asked is not None:
        numbers = {str(number): name for number, name in enumerate(names, start=1)}
        if asked not in names and asked not in numbers:
            raise ReadError(
                "D12",
                f"there is no sheet {asked!r}",
                place={"file": str(path), "sheets": ", ".join(map(repr, names))},
                fix=["name one of them, or its number: --sheet 1"],
            )
        return asked if asked in names else numbers[asked], ()
    shown = [sheet for sheet in sheets if sheet.shown and sheet.cells] or [
        sheet for sheet in sheets if sheet.cells
    ]
    if not shown:
        fact = "the sheets are empty" if len(sheets) > 1 else "the sheet is empty"
        raise ReadError("D02", fact, place={"file": str(path)})
    largest = max(sheet.cells for sheet in shown)
    found = next(sheet for sheet in shown if sheet.cells >= LEAST_PART * largest)
    if len(sheets) == 1:
        return found.name, ()
    others = [sheet.name for sheet in sheets if sheet is not found]
    more = f" and {len(others) - SHOWN:,} more" if len(others) > SHOWN else ""
    left = f"{', '.join(map(repr, others[:SHOWN]))}{more}"
    first = sheets[0] is found
    why = f"it is the first, before {left}" if first else f"it holds the table, and not {left}"
    what = f"sheet {found.name!r} is read"
    return found.name, (Decision(what=what, why=why, change_with="--sheet"),)


def sheet_records(path: Path, sheet: str) -> tuple[list[Record], int]:
    """Return the rows of a sheet, empty ones too, and how many columns it has."""
    frame = pd.read_excel(
        path, sheet_name=sheet, header=None, dtype=object, keep_default_na=False, na_values=[]
    )
    rows = frame.to_numpy(dtype=object, copy=True)
    rows[(rows == "") | frame.isna().to_numpy(dtype=bool)] = None
    return [
        Record(line=line, cells=cells) for line, cells in enumerate(rows.tolist(), start=1)
    ], np.shape(rows)[1]


def row_number(place: str) -> int:
    """Return the number of a row, which openpyxl takes in any form of a number.

    Examples
    --------
    >>> row_number("17"), row_number("1e9"), row_number("x")
    (17, 1000000000, 0)
    """
    try:
        return int(float(place))
    except (ValueError, OverflowError):
        return 0


def column_number(place: str) -> int:
    """Return the number of the column of a cell.

    Examples
    --------
    >>> column_number("A1"), column_number("AB17"), column_number("XFD1048576")
    (1, 28, 16384)
    """
    number = 0
    for letter in place[:9]:
        if not "A" <= letter <= "Z":
            break
        number = 26 * number + ord(letter) - 64
    return number
