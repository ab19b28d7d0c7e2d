"""An Excel file: what it would take to read, and which of its sheets holds the table.

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

from tenfold.config import Decision
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
    """A sheet: its name, whether it is shown, and how many of its cells are filled.

    ``unsolved`` is how many hold a formula without its result, as programs write them that
    do not calculate; ``merged`` are the ranges of cells that are shown as one, ``A2:A61``.
    """

    name: str
    shown: bool
    cells: int
    unsolved: int = 0
    merged: tuple[str, ...] = ()


class _Extent:
    """Up to where a sheet has cells, how many are filled or lack their result, and are one."""

    def __init__(self) -> None:
        self.rows = self.columns = self.filled = self.unsolved = 0
        self.merged: list[str] = []
        self._open: set[str] = set()  # what the present cell holds so far

    def begin(self, tag: str, attributes: dict[str, Any]) -> None:
        """Take the beginning of a tag."""
        place, tag = attributes.get("r", ""), tag.rpartition(":")[2]
        if tag == "row":
            self.rows = max(self.rows, row_number(place))
        elif tag == "c":
            self.columns = max(self.columns, column_number(place))
            # A formula whose result is a text may well have an empty one.
            self._open = {"result"} if attributes.get("t") == "str" else set()
        elif tag in {"v", "is"}:
            self.filled += 1
        elif tag == "mergeCell":
            self.merged.append(attributes.get("ref", ""))
        self._open.add(tag)

    def read(self, text: str) -> None:
        """Take the text within a tag."""
        if "v" in self._open and text:
            self._open.add("result")

    def end(self, tag: str) -> None:
        """Take the end of a tag."""
        if tag.rpartition(":")[2] == "c":
            self.unsolved += "f" in self._open and "result" not in self._open


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
            fact = (
                f"the Excel file decompresses to {claimed / 1e9:.1f} GB, more than "
                f"{most / 1e9:.1f}"
            )
            raise _too_large(path, fact)
        extents = {}
        for name in archive.namelist():
            if name.startswith(SHEETS) and name.endswith(".xml"):
                extents[name] = found = _extent(archive, name)
                cells = found.rows * found.columns
                if found.rows > MOST_ROWS or cells > memory_bytes() // BYTES_PER_CELL:
                    fact = f"a sheet has {found.rows:,} rows and {found.columns:,} columns"
                    raise _too_large(path, fact)
        return _sheets(archive, extents)


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


def _sheets(archive: zipfile.ZipFile, extents: Mapping[str, _Extent]) -> list[Sheet]:
    parts = {
        about.get("Id"): PurePosixPath("/xl", about.get("Target", "")).as_posix()[1:]
        for tag, about in _tags(archive, LINKS)
        if tag == "Relationship"
    }
    sheets = []
    for tag, about in _tags(archive, BOOK):
        if tag == "sheet":
            found = extents.get(parts.get(_link(about), ""), _Extent())
            sheet = Sheet(
                name=about["name"],
                shown=about.get("state", "visible") == "visible",
                cells=found.filled,
                unsolved=found.unsolved,
                merged=tuple(found.merged),
            )
            sheets.append(sheet)
    return sheets


def _link(about: Mapping[str, str]) -> str:
    return next((value for name, value in about.items() if name.endswith(":id")), "")


def _extent(archive: zipfile.ZipFile, name: str) -> _Extent:
    found, parser = _Extent(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = found.begin, found.end
    parser.CharacterDataHandler = found.read
    with archive.open(name) as sheet:
        while piece := sheet.read(PIECE):
            parser.Parse(piece)
    return found


def choose_sheet(
    path: Path, sheets: Sequence[Sheet], asked: str | None
) -> tuple[Sheet, tuple[Decision, ...]]:
    """Return the sheet that holds the table.

    It is the first that is shown and holds more than a small part of what the largest does.

    Raises
    ------
    ReadError
        D02 if none holds a cell, D12 if there is none of the name that was asked for.

    Examples
    --------
    >>> notes = Sheet(name="README", shown=True, cells=3)
    >>> data = Sheet(name="data", shown=True, cells=600)
    >>> choose_sheet(Path("a.xlsx"), [notes, data], None)[0].name
    'data'
    """
    if asked is not None:
        named = {sheet.name: sheet for sheet in sheets}
        known = {str(number): sheet for number, sheet in enumerate(sheets, start=1)} | named
        if asked not in known:
            raise ReadError(
                "D12",
                f"there is no sheet {asked!r}",
                place={"file": str(path), "sheets": ", ".join(map(repr, named))},
                fix=["name one of them, or its number: --sheet 1"],
            )
        return known[asked], ()
    shown = [sheet for sheet in sheets if sheet.shown and sheet.cells] or [
        sheet for sheet in sheets if sheet.cells
    ]
    if not shown:
        fact = "the sheets are empty" if len(sheets) > 1 else "the sheet is empty"
        raise ReadError("D02", fact, place={"file": str(path)})
    largest = max(sheet.cells for sheet in shown)
    found = next(sheet for sheet in shown if sheet.cells >= LEAST_PART * largest)
    if len(sheets) == 1:
        return found, ()
    others = [sheet.name for sheet in sheets if sheet is not found]
    more = f" and {len(others) - SHOWN:,} more" if len(others) > SHOWN else ""
    left = f"{', '.join(map(repr, others[:SHOWN]))}{more}"
    first = sheets[0] is found
    why = (
        f"it is the first, before {left}"
        if first
        else (f"it contains the table, and {left} does not")
    )
    what = f"sheet {found.name!r} is read"
    return found, (Decision(what=what, why=why, change_with="--sheet"),)


def unsolved_decisions(sheet: Sheet) -> tuple[Decision, ...]:
    """Say that formulas of a sheet have no results, if so.

    Examples
    --------
    >>> unsolved_decisions(Sheet(name="data", shown=True, cells=60, unsolved=20))[0].what
    "20 formulas in sheet 'data' have no stored result and are treated as missing"
    """
    if not sheet.unsolved:
        return ()
    count = "one formula" if sheet.unsolved == 1 else f"{sheet.unsolved:,} formulas"
    has, is_read = ("has", "is") if sheet.unsolved == 1 else ("have", "are")
    what = (
        f"{count} in sheet {sheet.name!r} {has} no stored result and {is_read} treated as "
        "missing"
    )
    why = (
        "the program that wrote the file did not compute them; open and save the file in a "
        "spreadsheet to do so"
    )
    return (Decision(what=what, why=why, change_with="--sheet"),)


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
