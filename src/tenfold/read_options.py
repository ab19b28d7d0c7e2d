"""How data are read from files: the options of tables, and those of pictures."""

import re
from dataclasses import dataclass
from typing import Final

from tenfold.option import Options, Values, number, one_of, option, whole

MAX_PIXELS: Final = 100_000_000  # of a picture; more is a scan by mistake, or a trap
MOST_WHITE: Final = 2**32 - 1  # of the deepest pictures that are read

# Cells that mean "nothing here"; the words that pandas and the tables of UCI use.
MISSING: Final = ("", "NA", "N/A", "#N/A", "NaN", "nan", "<NA>", "NaT", "null", "NULL", "?")

PARQUET: Final = frozenset({".parquet", ".pq"})  # what its files are called

LINES: Final = whole(0, named="a whole number of lines, 0 or more")
MAX_BAD: Final = number(lambda share: 0 <= share <= 1, "a fraction from 0 to 1")


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return False
    return bool(text)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions(Options):
    """How a table is read from a file; ``None`` is detected.

    Parameters
    ----------
    separator : str, optional
        One character, or ``"whitespace"`` for any run of spaces and tabs.
    header : bool, optional
        Whether the first row names the columns.
    encoding : str, optional
        Any codec of Python.
    decimal : {".", ","}, optional
        The decimal sign.
    missing : tuple of str, optional
        Words that are read as empty cells; those of training by default, where there was one.
    skip_rows : int, optional
        Lines above the row of names, or above the first row, that are left out.
    skip_footer : int, optional
        Lines at the end, empty ones not counted, that are left out.
    comment : str, optional
        What comments begin with; ``""`` if there are none.
    units_row : bool, optional
        Whether the row below the names is left out, as it holds units.
    keep_empty : bool
        Whether columns stay that have neither a name nor a cell, and what stands beside the
        table, behind such a column.
    sheet : str, optional
        Sheet of an Excel file: its name, or its number from 1 on.
    max_bad : float
        Share of the rows with a target that may be rejected, 0 to 1.

    Examples
    --------
    >>> ReadOptions(separator=";", decimal=",", skip_rows=2).separator
    ';'
    """

    separator: str | None = option(
        None,
        "Column separator, or 'whitespace'. [default: detected]",
        "CHAR",
        of="table",
        values=Values(
            hold=lambda sign: sign == "whitespace" or len(sign) == 1,
            named="one character or 'whitespace'",
        ),
    )
    header: bool | None = option(
        None, "Whether the first row names the columns. [default: detected]", of="table"
    )
    encoding: str | None = option(
        None, "Text encoding. [default: detected]", "CODEC", of="table"
    )
    decimal: str | None = option(
        None,
        "Decimal sign, '.' or ','. [default: detected]",
        "SIGN",
        of="table",
        values=one_of((".", ","), " or "),
    )
    missing: tuple[str, ...] | None = option(
        MISSING,
        "A value that means missing; may be repeated. [default: NA, ?, ...]",
        "CELL",
        of="table",
    )
    skip_rows: int | None = option(
        None,
        "Number of lines to skip above the header, or above the first row. [default: detected]",
        "N",
        of="table",
        values=LINES,
    )
    skip_footer: int | None = option(
        None,
        "Number of lines to skip below the last row. [default: detected]",
        "N",
        of="table",
        values=LINES,
    )
    comment: str | None = option(
        None,
        "Marker that begins a comment, or '' for none. [default: detected]",
        "MARK",
        of="table",
    )
    units_row: bool | None = option(
        None,
        "Whether the row below the header holds units. [default: detected]",
        of="table",
    )
    keep_empty: bool = option(
        False,
        "Keep columns that have neither a name nor values, and cells beside the table.",
        of="table",
    )
    sheet: str | None = option(
        None,
        "Name or number of the sheet in an Excel file. [default: the first with a table]",
        "NAME",
        of="table",
    )
    max_bad: float = option(
        0.01,
        "Maximum fraction of damaged rows or images to leave out; those without a "
        "target do not count.",
        "SHARE",
        values=MAX_BAD,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureOptions(Options):
    """How pictures are found and read; ``None`` is decided.

    Parameters
    ----------
    max_bad : float
        Share of the labelled pictures that may be rejected, 0 to 1.
    max_pixels : int
        A file whose header claims more is rejected unread.
    white : int, optional
        What means white in pictures of 16 or 32 bits, and in those of numbers with a
        fraction: 4,095 if they hold 12 bits.
    memory_bytes : int, optional
        Bytes of memory that the reduced pictures may take before they are kept in a
        temporary file; a quarter of the machine's memory by default.
    workers : int, optional
        Threads that decode; one for each usable core by default.
    file_column : str, optional
        Column of a CSV that names the pictures' files.
    target : str, optional
        Column of a CSV that holds their classes.
    group_column : str, optional
        Column of a CSV whose equal values stay in one fold.
    group_pattern : str, optional
        Regular expression: pictures stay in one fold if it matches the same part of their
        file names, or, if it has a slash, of their paths.
    group_block : int, optional
        How many pictures in a row, by name within a folder, stay in one fold.

    Examples
    --------
    >>> PictureOptions(file_column="file", white=4095).white
    4095
    """

    max_bad: float = option(0.01, values=MAX_BAD)
    max_pixels: int = option(
        MAX_PIXELS,
        "Skip images with more pixels than this, without decoding them.",
        "N",
        of="images",
        values=whole(1, named="a whole number of pixels, 1 or more"),
    )
    white: int | None = option(
        None,
        "Value of white in 16-bit, 32-bit or floating-point images, such as 4095 for "
        "12-bit data. [default: detected from the training images]",
        "N",
        of="images",
        values=whole(1, MOST_WHITE),
    )
    memory_bytes: int | None = option(
        None,
        "Memory for images; beyond it they are stored in a temporary file. [default: a "
        "quarter of the machine's memory]",
        "GB",
        flag="memory",
        of="images",
        values=number(lambda memory: memory >= 0, "a number of bytes, 0 or more"),
    )
    workers: int | None = option(
        None,
        "Threads that decode images. [default: one per core]",
        "N",
        of="images",
        values=whole(1),
    )
    file_column: str | None = option(
        None, "Column of the CSV that holds the image files.", "COLUMN", of="images"
    )
    target: str | None = option(None)
    group_column: str | None = option(None)
    group_pattern: str | None = option(
        None,
        "Regular expression; images stay in one fold if it matches the same part of their "
        "file names: 'S[0-9]+' for S058_006.png.",
        "REGEX",
        of="images",
        values=Values(hold=_is_pattern, named="a regular expression"),
    )
    group_block: int | None = option(
        None,
        "Number of images in a row, in the order of their names, that stay in one fold.",
        "N",
        of="images",
        values=whole(2),
    )
