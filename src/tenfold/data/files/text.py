"""Separated text: its records, each with the line on which it starts."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from tenfold.errors import ReadError
from tenfold.machine import memory_bytes

MOST_COLUMNS: Final = 100_000
WHITESPACE: Final = "whitespace"  # any run of spaces and tabs
USUAL_QUOTE: Final = '"'
ONE_COLUMN: Final = "\x1f"  # a separator that a text of one column does not hold
# Of memory, about, until a table is made; of one character, text is kept once for all cells.
BYTES_PER_CHARACTER, BYTES_PER_ROW = 5, 200
BYTES_PER_CELL, BYTES_PER_LONG_CELL = 16, 64
# In the words of the csv module.
NEVER_CLOSED: Final = "unexpected end of data"
TOO_LONG: Final = "field larger than field limit"
LEFT_OPEN: Final = "left open"  # ours: a cell that is too long and goes over several lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record of a file.

    ``line`` is the 1-based line of the file on which it starts, or the row of a sheet;
    ``cells`` are text in a text file, and of any type in a sheet, None where empty. ``fault``
    says what is wrong with its quotation marks, if anything. ``lines`` is how many lines it
    takes.
    """

    line: int
    cells: list[Any]
    fault: str | None = None
    lines: int = 1


def check_room(text: str, separator: str) -> None:
    """Refuse a text whose rows would fill the memory; short ones take much more than a file.

    Raises
    ------
    ReadError
        D10.
    """
    rows = max(text.count("\n"), text.count("\r"))
    cells = rows + text.count(" " if separator == WHITESPACE else separator)
    each = BYTES_PER_LONG_CELL if len(text) > 3 * cells else BYTES_PER_CELL
    needed = BYTES_PER_CHARACTER * len(text) + BYTES_PER_ROW * rows + each * cells
    if needed > memory_bytes() // 2:  # learning takes as much again
        fact = (
            f"its {rows:,} rows would take about {needed / 1e9:.1f} GB, more than half of "
            "the memory"
        )
        raise ReadError("D10", fact, fix=["split it", "save the table as .parquet"])


def records(
    text: str, separator: str, *, skip: int = 0, quote: str = USUAL_QUOTE
) -> Iterator[Record]:
    r"""Yield the records of a text; see ``records_of``.

    Examples
    --------
    >>> [r.cells for r in records('a,b\n"1,5",2\n', ",")]
    [['a', 'b'], ['1,5', '2']]
    >>> [(r.line, r.cells) for r in records("title\n\n  1   2\n", "whitespace", skip=1)]
    [(3, ['1', '2'])]
    """
    return records_of(io.StringIO(text, newline=""), separator, skip=skip, quote=quote)


def records_of(
    lines: Iterable[str],
    separator: str,
    *,
    skip: int = 0,
    quote: str = USUAL_QUOTE,
    above: int = 0,
) -> Iterator[Record]:
    """Yield the records of lines below the first ``skip`` of them, blank lines left out.

    ``above`` is how many lines of the file came before these.

    A cell between two marks ``quote`` may hold separators and line breaks. A record whose
    quotation marks are wrong comes with a ``fault`` and no cells; so does each further line
    that they swallowed, which may have been a row.
    """
    lines, skip = islice(lines, skip, None), above + skip
    if separator == WHITESPACE:
        lines = (" ".join(line.split()) for line in lines)
        reader = csv.reader(lines, delimiter=" ", quotechar=quote, strict=True)
    else:
        reader = csv.reader(
            lines, delimiter=separator, quotechar=quote, skipinitialspace=True, strict=True
        )
    previous = skip
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield from _faulty(previous + 1, skip + reader.line_num, str(error))
        else:
            if any(map(str.strip, cells)):
                taken = skip + reader.line_num - previous
                yield Record(line=previous + 1, cells=cells, lines=taken)
        previous = skip + reader.line_num


def _faulty(first: int, last: int, fault: str) -> Iterator[Record]:
    if fault.startswith(TOO_LONG) and last > first:
        fault = LEFT_OPEN
    yield Record(line=first, cells=[], fault=fault)
    for line in range(first + 1, last + 1):
        yield Record(line=line, cells=[], fault=f"{fault}, from line {first} on")


def too_many_columns(columns: int) -> ReadError:
    """Return the error that a table of so many columns is."""
    fix = ["name its separator, or transpose it"]
    return ReadError("D11", f"the table has {columns:,} columns", fix=fix)


def quotation_error(record: Record) -> ReadError:
    """Return the error that a record with wrong quotation marks is."""
    fact = f"the quotation marks of line {record.line} are wrong: {record.fault}"
    opens = f"the quotation mark that opens on line {record.line} is"
    if record.fault == NEVER_CLOSED:
        fact = f"{opens} never closed"
    elif record.fault == LEFT_OPEN:
        fact = f"{opens} not closed within {csv.field_size_limit():,} characters"
    fix = ["close it, or remove it"]
    return ReadError("D09", fact, place={"line": str(record.line)}, fix=fix)
