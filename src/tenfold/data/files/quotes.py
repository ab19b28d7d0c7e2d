"""Which quotation marks a text uses, if not the usual ones, and the text as it is read then.

The usual mark is ``"``, doubled within a cell. Other marks are taken for such only if all of
the first lines show them: each splits into equally many cells, and holds one that begins and
ends with the mark.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from tenfold.config import Decision
from tenfold.data.cells.looks import is_value
from tenfold.data.files.separator import Separation, find_separator, sample_records
from tenfold.data.files.text import ONE_COLUMN, USUAL_QUOTE, WHITESPACE, Record, records
from tenfold.errors import ReadError

# What opens a cell, and what may close it.
MARKS: Final = {"'": "'", "\u201c": "\u201d", "\u201e": "\u201c\u201d", "\u00ab": "\u00bb"}
LEAST: Final = 2  # lines that show a mark: names and a row
_WHOLE: Final = re.compile(r'^"((?:[^"\r\n]|"")*)"[ \t]*(?=\r?$)', re.MULTILINE)
_LINE: Final = re.compile(r"[^\r\n]*[^\s][^\r\n]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Quotes:
    """Which marks quote the cells of a text, and what was decided.

    ``rewrite`` returns the text, or one of its lines, as it is read.
    """

    mark: str = USUAL_QUOTE
    rewrite: Callable[[str], str] = str
    decisions: tuple[Decision, ...] = ()


def find_quotes(text: str, *, skip: int = 0) -> Quotes:
    r"""Find the quotation marks of a text, below its first ``skip`` lines.

    Examples
    --------
    >>> find_quotes("'a','b'\n'x,y','1'\n'z','2'\n").mark
    "'"
    >>> text = '"a,b"\n"1,x"\n"2,y"\n'
    >>> find_quotes(text).rewrite(text)
    'a,b\n1,x\n2,y\n'
    """
    found = _escaped(text, skip) or _whole_lines(text, skip)
    if found is not None:
        return found
    for mark in MARKS:
        if mark in text:
            found = _marked(text, mark, skip)
            if found is not None:
                return found
    return Quotes()


def _decisions(what: str, why: str) -> tuple[Decision, ...]:
    return (Decision(what=what, why=why, change_with="--separator"),)


def _split(text: str, skip: int, mark: str = USUAL_QUOTE) -> tuple[Separation, list[Record]]:
    """Return what separates a text, and its first rows; none if they do not split alike."""
    try:
        found = find_separator(text, skip=skip, quote=mark)
    except ReadError:
        return Separation(separator=ONE_COLUMN, columns=1, why=""), []
    rows = sample_records(text, found.separator, skip=found.skip, quote=mark)
    alike = all(row.fault is None and len(row.cells) == found.columns for row in rows)
    parted = found.separator not in {ONE_COLUMN, WHITESPACE} and alike and len(rows) >= LEAST
    return found, rows if parted else []


def _escaped(text: str, skip: int) -> Quotes | None:
    r"""Read ``\"`` within a cell as a mark of it, if lines are torn otherwise."""
    if '\\"' not in text:
        return None
    try:
        separator = find_separator(text, skip=skip).separator
    except ReadError:
        separator = ","
    plain = _doubled(text)
    found, rows = _split(plain, skip)
    if not rows or not _torn(text, separator, skip) or _torn(plain, found.separator, skip):
        return None
    why = "this keeps every line intact, while a mark that closes there breaks some"
    return Quotes(
        rewrite=_doubled, decisions=_decisions(r"\" is a quotation mark within a cell", why)
    )


def _doubled(text: str) -> str:
    return text.replace('\\"', '""')


def _torn(text: str, separator: str, skip: int) -> bool:
    return any(row.fault is not None for row in records(text, separator, skip=skip))


def _whole_lines(text: str, skip: int) -> Quotes | None:
    """Take away the marks around lines, if all below the names have them."""
    lines = [line.group() for line in islice(_LINE.finditer(text), skip, skip + 50)]
    if len(lines) < LEAST or not all(map(_WHOLE.fullmatch, lines[1:])):
        return None
    lines = _LINE.findall(text)[skip + 1 :]
    if not all(map(_WHOLE.fullmatch, lines)):
        return None
    plain = _bare(text)
    _, rows = _split(plain, skip)
    columns = zip(*(row.cells for row in rows[1:]), strict=True)
    if not any(all(is_value(cell.strip()) for cell in column) for column in columns):
        return None  # sentences with equally many commas
    why = f"all {len(lines):,} lines below the first have them, and split the same way without"
    return Quotes(
        rewrite=_bare, decisions=_decisions("quotation marks around lines left out", why)
    )


def _bare(text: str) -> str:
    """Return a text without the marks around its lines."""
    return _WHOLE.sub(lambda line: line[1].replace('""', '"'), text)


def _marked(text: str, mark: str, skip: int) -> Quotes | None:
    """Read a text by another mark, if all of its first lines show it."""
    rewrite = partial(_closed_by, mark)
    plain = rewrite(text)
    found, rows = _split(plain, skip, mark)
    if not rows:
        return None
    sign, m = re.escape(found.separator), re.escape(mark)
    begin, end = rf"(?:^|(?<={sign}))[ ]*", rf"[ ]*(?={sign}|\r?$)"
    wrapped = re.compile(rf"{begin}{m}(?:[^{m}\r\n]|{m}{m})*{m}{end}", re.MULTILINE)
    usual = re.compile(rf'{begin}"', re.MULTILINE)
    every = islice(_LINE.finditer(plain), found.skip, found.skip + len(rows))
    lines = [line.group() for line in every]
    shown = [len(wrapped.findall(line)) for line in lines]
    if any(map(usual.search, lines)) or not (shown[0] == found.columns or all(shown[1:])):
        return None
    if plain != text and plain.count(mark) != 2 * len(wrapped.findall(plain)):
        return None  # they stand within cells, too
    where = "the names" if not all(shown[1:]) else f"all of the first {len(rows):,} lines"
    why = f"{where} have cells that begin and end with it, and split the same way"
    return Quotes(
        mark=mark,
        rewrite=rewrite,
        decisions=_decisions(f"{mark} is the quotation mark", why),
    )


def _closed_by(mark: str, text: str) -> str:
    """Return a text in which a mark closes what it opens."""
    for closing in MARKS[mark]:
        text = text.replace(closing, mark)
    return text
