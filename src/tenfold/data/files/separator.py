"""What separates the cells of a text table: the character that explains all its lines best.

A separator explains a text if it splits the lines into equally many cells, and if the cells
that come out are whole: a semicolon that splits each line of ``1957,War;Love,672`` in two
leaves cells such as ``Love,672``, and the comma leaves numbers and words.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from tenfold.data.cells.looks import comment_mark, is_number, is_value
from tenfold.data.files.text import (
    MOST_COLUMNS,
    ONE_COLUMN,
    USUAL_QUOTE,
    WHITESPACE,
    Record,
    quotation_error,
    records,
    too_many_columns,
)
from tenfold.errors import ReadError

SAMPLE_CHARACTERS: Final = 200_000
SAMPLE_RECORDS: Final = 1_000
SAMPLE_LINES: Final = 10  # at least, if they are not longer than that
MOST_CHARACTERS: Final = 10_000_000
SAMPLE_CELLS: Final = 10_000  # looked at one by one
# In this order, where two explain a text equally well.
USUAL: Final = ("\t", ";", "|", ",", WHITESPACE)
# Tried if none of those splits the lines, and taken if all lines agree.
RARE: Final = ("\x01", "\x1f", "\x1e", "^", "~", "\u00a6", ":")
NAMES: Final = {
    WHITESPACE: WHITESPACE,
    "\t": "tab",
    ";": "semicolon",
    "|": "bar",
    ",": "comma",
    " ": "space",
    ":": "colon",
}
HALF: Final = 0.5
# Of the lines below a title, where title and table are about equally long.
NEARLY_ALL: Final = 0.8
FEW: Final = 3  # rows that a separator must split alike if no names stand above them
# What whole cells count for, against equally many cells in each line.
WHOLE: Final = 0.7
SPACES: Final = 0.8  # a handicap: spaces part words, too

_SAID: Final = re.compile(r'\ufeff?"?sep=(.)"?[ \t]*(?:\r\n|\r|\n|$)', re.IGNORECASE)
# A comma before a space is one of a sentence.
_OTHER: Final = re.compile(r"[\t;|]|,(?! )")


@dataclass(frozen=True, kw_only=True, slots=True)
class Separation:
    """What separates the cells of a text, and what shows it.

    ``columns`` is how many cells most of its lines have, ``skip`` how many lines at its
    beginning only say what separates the others.
    """

    separator: str
    columns: int
    why: str
    skip: int = 0

    @property
    def name(self) -> str:
        """What the separator is called."""
        return NAMES.get(self.separator, repr(self.separator))


def sample_records(
    text: str, separator: str, *, skip: int = 0, quote: str = USUAL_QUOTE
) -> list[Record]:
    """Return the first records of a text, without one that the sample may have cut."""
    lines = _end_of_lines(text[:MOST_CHARACTERS], skip + SAMPLE_LINES)
    sample = text[: max(SAMPLE_CHARACTERS, lines)]
    found = list(islice(records(sample, separator, skip=skip, quote=quote), SAMPLE_RECORDS + 1))
    return found if len(sample) == len(text) or len(found) <= 1 else found[:-1]


def _end_of_lines(text: str, lines: int) -> int:
    """Return where the first lines of a text end: those of a wide table are long."""
    end, mark = 0, "\n" if "\n" in text[:SAMPLE_CHARACTERS] else "\r"
    for _ in range(lines):
        end = text.find(mark, end) + 1
        if not end:
            return len(text)
    return end


def find_separator(
    text: str, *, asked: str | None = None, skip: int = 0, quote: str = USUAL_QUOTE
) -> Separation:
    r"""Find what separates the cells of a text, below its first ``skip`` lines.

    Examples
    --------
    >>> find_separator("a,b\n1,x;y\n2,z;w\n").name, find_separator("a;b\n1,5;2\n").name
    ('comma', 'semicolon')
    >>> find_separator("sep=;\na;b,c\n").why
    'its first line states it'

    Raises
    ------
    ReadError
        D02 if there is no record, D04 if its lines are split, but not alike, D09 if none can be
        read, D11 if the first has too many cells.
    """
    said = _SAID.match(text)
    begin = max(skip, 1 if said else 0)
    separator = asked or (said.group(1) if said else None)
    if separator is not None:
        rows = sample_records(text, separator, skip=begin, quote=quote)
        widths = Counter(len(row.cells) for row in rows if row.fault is None)
        columns = widths.most_common(1)[0][0] if widths else 1
        why = "as asked" if asked else "its first line states it"
        return Separation(separator=separator, columns=columns, why=why, skip=begin)
    best, separation = (False, 0.0), None
    for candidate in USUAL:
        if candidate == WHITESPACE and separation and separation.separator == "\t":
            continue  # a tab is one, and spaces may stand in cells
        rows = sample_records(text, candidate, skip=begin, quote=quote)
        if candidate != WHITESPACE and rows and len(rows[0].cells) > MOST_COLUMNS:
            raise too_many_columns(len(rows[0].cells))
        score, columns, share = _explains(rows, candidate)
        if score > best and (candidate != WHITESPACE or _is_aligned(rows, columns)):
            why = f"it splits {share:.0%} of the first rows into {columns} cells"
            best = score
            separation = Separation(separator=candidate, columns=columns, why=why, skip=begin)
    return separation or _rare(text, begin, quote) or _one_column(text, begin, quote)


def _explains(rows: Sequence[Record], separator: str) -> tuple[tuple[bool, float], int, float]:
    """Say how well a separator explains rows.

    Returns
    -------
    score : tuple of (bool, float)
        Whether it explains the first row, too, and how whole and how many the others are.
    columns : int
    share : float
        Of the rows, those with so many cells.
    """
    rows = [row for row in rows if row.fault is None and not _is_comment(row)]
    widths = Counter(len(row.cells) for row in rows)
    best = ((False, 0.0), 0, 0.0)
    for width, _ in widths.most_common(3):
        alike = [row.cells for row in rows if len(row.cells) == width]
        first = first_of_table(rows, width)
        if width < 2 or (separator == "," and _are_decimals(rows[:first], alike)):
            continue
        matched, shorter = len(alike), widths[width - 1]
        if sum(not cells[-1] for cells in alike) > HALF * matched >= HALF * shorter:
            matched += shorter  # lines without the separator that ends the others
        share = matched / (len(rows) - first)
        begins = _begins(rows[first:], width)
        few = matched <= HALF * len(rows)
        if (few and share < NEARLY_ALL) or ((few or first) and matched < FEW and not begins):
            continue
        whole = 1 - WHOLE + WHOLE * _whole_cells(alike)
        handicap = SPACES if separator == WHITESPACE else 1.0
        score = (first == 0 and share > NEARLY_ALL, handicap * share * whole)
        best = max(best, (score, width, share))
    return best


def _is_comment(row: Record) -> bool:
    return len(row.cells) == 1 and comment_mark(row.cells[0]) != ""


def _are_decimals(above: Sequence[Record], rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether commas stand in the numbers of a single column below its name."""
    if not above or len(above[-1].cells) != 1 or len(rows[0]) != 2:
        return False
    return all(is_number(f"{whole},{part}") and part.isdigit() for whole, part in rows)


def first_of_table(rows: Sequence[Record], width: int) -> int:
    """Return the position of the first row that may be one of a table of so many columns."""
    for at, row in enumerate(rows):
        cells = len(row.cells)
        if cells == width or (cells > width and not any(map(str.strip, row.cells[width:]))):
            return at
        # The names of a table with names of rows, as R writes it, are one less.
        if cells == width - 1 > 1 and len(rows) > at + 1 and len(rows[at + 1].cells) == width:
            return at
    return len(rows)


def _begins(rows: Sequence[Record], width: int) -> bool:
    """Tell whether rows begin with names above values."""
    names, below = rows[0].cells, [row.cells for row in rows[1:] if len(row.cells) == width]
    if any(not name.strip() or is_value(name.strip()) for name in names) or not below:
        return False
    return any(is_value(cell.strip()) for cells in below[:1] for cell in cells)


def _whole_cells(rows: Sequence[Sequence[str]]) -> float:
    """Return the share of cells that hold no other separator."""
    cells = [cell.strip() for row in rows for cell in row][:SAMPLE_CELLS]
    return sum(is_value(cell) or not _OTHER.search(cell) for cell in cells) / len(cells)


def _is_aligned(rows: Sequence[Record], width: int) -> bool:
    """Tell whether spaces part columns, and not the words of a sentence."""
    first = first_of_table(rows, width)
    table = [row.cells for row in rows[first:] if len(row.cells) == width]
    names = rows[first].cells if first < len(rows) else []
    body = table[1:] if len(names) == width and len(table) > 1 else table
    counted = len(names) == width or (len(names) == width - 1 and len(body) > 1)
    numbers = [sum(map(is_number, column)) for column in zip(*body, strict=True)]
    return counted and max(numbers, default=0) >= NEARLY_ALL * len(body)


def _rare(text: str, skip: int, quote: str) -> Separation | None:
    for candidate in RARE:
        if candidate not in text:
            continue
        rows = [row.cells for row in sample_records(text, candidate, skip=skip, quote=quote)]
        width = len(rows[0]) if rows else 0
        if width < 2 or any(len(row) != width for row in rows):
            continue
        body = rows[1:] or rows
        values = [
            all(map(is_value, map(str.strip, column))) for column in zip(*body, strict=True)
        ]
        moments = (
            candidate == ":" and width < 4 and all(is_value(":".join(row)) for row in body)
        )
        if any(values) and not moments:
            why = f"it splits all of the first rows into {width} cells"
            return Separation(separator=candidate, columns=width, why=why, skip=skip)
    return None


def _one_column(text: str, skip: int, quote: str) -> Separation:
    found = sample_records(text, ONE_COLUMN, skip=skip, quote=quote)
    if not found:
        raise ReadError("D02", "the file has no rows")
    if all(row.fault for row in found):
        raise quotation_error(found[0])
    lines = [row.cells[0] for row in found if row.cells]
    parted = sum(_OTHER.search(line) is not None for line in lines)
    if found[0].cells and _OTHER.search(found[0].cells[0]) and parted >= HALF * len(lines):
        raise ReadError(
            "D04",
            "no comma, semicolon, tab, bar or space splits all rows into the same number of "
            "columns",
            fix=[
                "name the separator: --separator ','",
                (
                    "if there is only one column, name a character that does not occur: "
                    "--separator '^'"
                ),
            ],
        )
    why = "no comma, semicolon, tab, bar or space splits all of its lines in the same way"
    return Separation(separator=ONE_COLUMN, columns=1, why=why, skip=skip)
