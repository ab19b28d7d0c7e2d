"""What an Excel file would take to read, looked at before it is read.

An archive says how large its sheets are, and a sheet where its cells lie: a single cell in the
last row and column makes a table of 17,000 million cells.
"""

import zipfile
from pathlib import Path
from typing import Any, Final
from xml.parsers import expat

from tenfold.errors import ReadError
from tenfold.machine import memory_bytes

SHEETS: Final = "xl/worksheets/"
BYTES_PER_BYTE: Final = 40  # of memory, for a byte of the sheets
BYTES_PER_CELL: Final = 200  # of memory, a table's, filled or not, with all its copies
MOST_ROWS: Final = 2**20  # of a sheet; one that claims more would be filled up with empty rows
PIECE: Final = 2**20


def check_workbook(path: Path) -> None:
    """Refuse a workbook that would fill the memory.

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
        for name in archive.namelist():
            if name.startswith(SHEETS) and name.endswith(".xml"):
                rows, columns = _extent(archive, name)
                if rows > MOST_ROWS or rows * columns > memory_bytes() // BYTES_PER_CELL:
                    raise _too_large(path, f"a sheet has {rows:,} rows and {columns:,} columns")


def _too_large(path: Path, fact: str) -> ReadError:
    fix = ["save the table as .csv or .parquet"]
    return ReadError("D10", fact, place={"file": str(path)}, fix=fix)


def _extent(archive: zipfile.ZipFile, name: str) -> tuple[int, int]:
    """Return the last row and the last column in which a sheet has a cell."""
    last = [0, 0]

    def begin(tag: str, attributes: dict[str, Any]) -> None:
        place = attributes.get("r", "")
        if tag.endswith("row"):
            last[0] = max(last[0], row_number(place))
        elif tag.endswith("c"):
            last[1] = max(last[1], column_number(place))

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    with archive.open(name) as sheet:
        while piece := sheet.read(PIECE):
            parser.Parse(piece)
    return last[0], last[1]


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
