"""Separated text: its encoding, separator and header, and its records."""

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from tenfold.config import Decision, ReadOptions
from tenfold.errors import ReadError
from tenfold.machine import memory_bytes

SAMPLE_CHARACTERS: Final = 200_000
SAMPLE_RECORDS: Final = 200
# Tried in this order: a file with decimal commas splits evenly at commas too.
SEPARATORS: Final = ("\t", ";", "|", ",", "whitespace")
SEPARATOR_NAMES: Final = {"\t": "tab", ";": "semicolon", "|": "bar", ",": "comma", " ": "space"}

GZIP: Final = b"\x1f\x8b"
MEMORY_PART: Final = 16  # of the machine's memory, one part, that packed text may take
# Of memory, about, until a table is made; of one character, text is kept once for all cells.
BYTES_PER_CHARACTER, BYTES_PER_ROW = 5, 200
BYTES_PER_CELL, BYTES_PER_LONG_CELL = 16, 64
# In the words of the csv module.
NEVER_CLOSED: Final = "unexpected end of data"
TOO_LONG: Final = "field larger than field limit"
LEFT_OPEN: Final = "left open"  # ours: a cell that is too long and goes over several lines

_NUMBER: Final = re.compile(r"[+-]?(\d+([.,]\d*)*|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record of a text table.

    ``line`` is the 1-based line of the file on which it starts; ``fault`` says
    what is wrong with its quotation marks, if anything. ``lines`` is how many lines it takes.
    """

    line: int
    cells: list[str]
    fault: str | None = None
    lines: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class TextFormat:
    """How a text table is written, and how that was decided."""

    separator: str
    columns: int
    header: bool
    decisions: tuple[Decision, ...]


def read_text(
    path: Path, encoding: str | None, known: str | None = None
) -> tuple[str, str, Decision]:
    """Read a file as text, unpacked if it is gzip.

    Parameters
    ----------
    path : Path
    encoding : str or None
        What the user says.
    known : str, optional
        The encoding of training, for a file that does not show its own.

    Returns
    -------
    text, encoding, decision

    Raises
    ------
    ReadError
        D03 if the bytes are not text, D08 if a gzip file is damaged, D10 if it holds too much.
    """
    data = _unpack(path, path.read_bytes())
    if encoding is not None:
        codec, why = encoding, "as asked"
    elif data.startswith(b"\xef\xbb\xbf"):
        codec, why = "utf-8-sig", "the file starts with a byte order mark"
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec, why = "utf-16", "the file starts with a byte order mark"
    else:
        codec, why = _guess(data, known)
    try:
        text = data.decode(codec)
    except (ValueError, LookupError) as error:  # of UnicodeError, and of odd names
        raise ReadError(
            "D03",
            f"the file cannot be read as {codec}: {error}",
            place={"file": str(path)},
            fix=["save it as UTF-8, or name its encoding: --encoding cp1250"],
        ) from error
    if "\0" in text:
        raise ReadError(
            "D03",
            "the file holds zero bytes, so it is not text",
            place={"file": str(path), "byte": f"{data.index(0):,}"},
            fix=["export it again as CSV"],
        )
    text = text.removeprefix("\ufeff")
    decision = Decision(what=f"encoding {codec}", why=why, change_with="--encoding")
    return text, codec, decision


def _guess(data: bytes, known: str | None) -> tuple[str, str]:
    """Return an encoding for bytes that do not name theirs, and why it is taken."""
    if known is not None and _fits(data, known):
        return known, "training had it, and the bytes are not valid UTF-8"
    if _is_utf8(data):
        return "utf-8", "all bytes are valid UTF-8"
    if re.search(rb"[\x80-\x9f]", data):
        return "cp1252", "the bytes are not valid UTF-8 and use Windows' letters"
    return "latin-1", "the bytes are not valid UTF-8"


def _unpack(path: Path, data: bytes) -> bytes:
    if not data.startswith(GZIP):
        return data
    most = memory_bytes() // MEMORY_PART
    try:
        with gzip.open(io.BytesIO(data)) as file:
            found = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ReadError(
            "D08",
            f"the gzip file cannot be unpacked: {error}",
            place={"file": str(path)},
            fix=["copy or download it again"],
        ) from error
    if len(found) > most:
        fact = f"the gzip file unpacks to more than {most / 1e9:.1f} GB"
        raise ReadError("D10", fact, place={"file": str(path)}, fix=["split it"])
    return found


def check_room(text: str, separator: str) -> None:
    """Refuse a text whose rows would fill the memory; short ones take much more than a file.

    Raises
    ------
    ReadError
        D10.
    """
    rows = max(text.count("\n"), text.count("\r"))
    cells = rows + text.count(" " if separator == "whitespace" else separator)
    each = BYTES_PER_LONG_CELL if len(text) > 3 * cells else BYTES_PER_CELL
    needed = BYTES_PER_CHARACTER * len(text) + BYTES_PER_ROW * rows + each * cells
    if needed > memory_bytes() // 2:  # learning takes as much again
        fact = f"its {rows:,} rows would take some {needed / 1e9:.1f} GB, over half the memory"
        raise ReadError("D10", fact, fix=["split it", "save the table as .parquet"])


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _fits(data: bytes, codec: str) -> bool:
    """Tell whether bytes that show no encoding, or none but zero bytes, can be read by one."""
    zeros = b"\0" in data  # as only the wide encodings have them
    if (_is_utf8(data) and not zeros) or (codec.lower().startswith("utf") and not zeros):
        return False
    try:
        data.decode(codec)
    except (ValueError, LookupError):
        return False
    return True


def records(text: str, separator: str) -> Iterator[Record]:
    r"""Yield the records of a text, blank lines left out.

    A quoted cell may hold separators and line breaks. A record whose quotation
    marks are wrong comes with a ``fault`` and no cells; so does each further line that they
    swallowed, which may have been a row.

    Examples
    --------
    >>> [r.cells for r in records('a,b\n"1,5",2\n', ",")]
    [['a', 'b'], ['1,5', '2']]
    >>> [r.cells for r in records("  1   2\n", "whitespace")]
    [['1', '2']]
    """
    lines: Iterator[str] = io.StringIO(text, newline="")
    if separator == "whitespace":
        lines = (" ".join(line.split()) for line in lines)
        reader = csv.reader(lines, delimiter=" ", strict=True)
    else:
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    previous = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield from _faulty(previous + 1, reader.line_num, str(error))
        else:
            if any(cell.strip() for cell in cells):
                taken = reader.line_num - previous
                yield Record(line=previous + 1, cells=cells, lines=taken)
        previous = reader.line_num


def _faulty(first: int, last: int, fault: str) -> Iterator[Record]:
    if fault.startswith(TOO_LONG) and last > first:
        fault = LEFT_OPEN
    yield Record(line=first, cells=[], fault=fault)
    for line in range(first + 1, last + 1):
        yield Record(line=line, cells=[], fault=f"{fault}, from line {first} on")


def quotation_error(record: Record) -> ReadError:
    """Return the error that a record with wrong quotation marks is."""
    fact = f"the quotation marks of line {record.line} are wrong: {record.fault}"
    opens = f"the quotation mark that opens on line {record.line} is"
    if record.fault == NEVER_CLOSED:
        fact = f"{opens} never closed"
    elif record.fault == LEFT_OPEN:
        fact = f"{opens} not closed within {csv.field_size_limit():,} characters"
    fix = ["close it, or take it out"]
    return ReadError("D09", fact, place={"line": str(record.line)}, fix=fix)


def detect_format(text: str, options: ReadOptions) -> TextFormat:
    """Detect how a text table is written, where ``options`` does not say it.

    Raises
    ------
    ReadError
        D02 if there is no record, D04 if no separator gives two columns.
    """
    sample = text[:SAMPLE_CHARACTERS]
    whole = len(sample) == len(text)
    decisions = []
    if options.separator is None:
        separator, why = _detect_separator(sample, whole=whole)
        name = SEPARATOR_NAMES.get(separator, separator)
        decisions.append(Decision(what=f"separator {name}", why=why, change_with="--separator"))
    else:
        separator = options.separator
    rows = _sample_rows(sample, separator, whole=whole)
    if not rows:
        raise ReadError("D02", "the file has no rows")
    header, why = (options.header, "") if options.header is not None else _detect_header(rows)
    if options.header is None:
        what = "the first row names the columns" if header else "no header"
        change = "--no-header" if header else "--header"
        decisions.append(Decision(what=what, why=why, change_with=change))
    return TextFormat(
        separator=separator,
        columns=Counter(map(len, rows)).most_common(1)[0][0],
        header=header,
        decisions=tuple(decisions),
    )


def _sample_rows(sample: str, separator: str, *, whole: bool) -> list[list[str]]:
    rows = [r.cells for r in islice(records(sample, separator), SAMPLE_RECORDS + 1) if r.cells]
    # The last record of a cut sample may be cut itself.
    return rows if whole or len(rows) <= 1 else rows[:-1]


def _detect_separator(sample: str, *, whole: bool) -> tuple[str, str]:
    best = (0.0, "", 0)
    for separator in SEPARATORS:
        counts = Counter(len(row) for row in _sample_rows(sample, separator, whole=whole))
        if not counts:
            continue
        cells, rows = counts.most_common(1)[0]
        share = rows / counts.total()
        if cells > 1 and share > max(0.5, best[0] + 0.1):
            best = (share, separator, cells)
    share, separator, cells = best
    if not separator:
        firsts = [next(records(sample, s), None) for s in SEPARATORS]
        if None in firsts:
            raise ReadError("D02", "the file has no rows")
        faults = [first for first in firsts if first is not None and first.fault]
        if len(faults) == len(firsts):
            raise quotation_error(faults[0])
        raise ReadError(
            "D04",
            "no comma, semicolon, tab, bar or space splits the rows into columns",
            fix=["name the separator: --separator ':'"],
        )
    return separator, f"it splits {share:.0%} of the first rows into {cells} cells"


def _detect_header(rows: Sequence[Sequence[str]]) -> tuple[bool, str]:
    first, body = rows[0], rows[1:]
    names = [cell.strip() for cell in first]
    for name in names:
        if _NUMBER.fullmatch(name):
            return False, f"the first row holds a number, {name}"
    if not body:
        return True, "the first row holds no number"
    for j, name in enumerate(names):
        column = [row[j].strip() for row in body if len(row) > j and row[j].strip()]
        numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in column)
        if name and column and numbers > len(column) / 2:
            return True, f"{name!r} stands above numbers"
    again = [
        n for j, n in enumerate(names) if any(len(r) > j and r[j].strip() == n for r in body)
    ]
    if again:
        return False, f"{again[0]!r} stands in the first row and below it"
    return True, "the cells of the first row do not occur below it"
