"""Where a table begins in the rows of a file, and what its columns are called.

Above a table may stand titles and comments, and between its names and its first row their
units. They are told from rows by what cannot be a row: another number of cells, or words
where all rows below have numbers. What may as well be a row is left as one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tenfold.config import Decision
from tenfold.data.cells.looks import comment_mark
from tenfold.data.files.header import FirstRows, Row, distinct
from tenfold.data.files.text import Record, quotation_error
from tenfold.data.tables.table import RejectedRow
from tenfold.read_options import ReadOptions

ABOVE: Final = "it is above the table"
COMMENT: Final = "it is a comment"
UNITS: Final = "it is between the header and the rows"
SHOWN: Final = 3
SHOWN_CHARACTERS: Final = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Where a table begins, and what its columns are called.

    Attributes
    ----------
    names : tuple of str
    unnamed : frozenset of int
        Positions of the columns with no name in the file.
    begin : int
        Line of the first row.
    ends_empty : bool
        Whether rows end with a separator behind which nothing stands.
    header : list or None
        The cells of the row of names, if there is one.
    mark : str
        With what comments begin; ``""`` if there are none.
    aside : tuple of RejectedRow
        What stands above the first row, without the names.
    decisions : tuple of Decision
    """

    names: tuple[str, ...]
    unnamed: frozenset[int]
    begin: int
    ends_empty: bool
    header: list[Any] | None
    mark: str
    aside: tuple[RejectedRow, ...]
    decisions: tuple[Decision, ...]


def as_text(cell: Any) -> str:
    """Return a cell as text, empty where it is missing.

    Examples
    --------
    >>> as_text(None), as_text(" x "), as_text(datetime(2024, 2, 29)), as_text(float("nan"))
    ('', 'x', '2024-02-29', '')
    """
    if isinstance(cell, str):
        return cell.strip()
    if cell is None or cell != cell:  # noqa: PLR0124 - what differs from itself is NaN
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(" ").removesuffix(" 00:00:00")
    return str(cell)


def find_layout(rows: Sequence[Record], columns: int, options: ReadOptions) -> Layout:
    """Find where a table begins.

    Parameters
    ----------
    rows : sequence of Record
        The first of a file, without the comments that were named; there must be one whose
        quotation marks are right.
    columns : int
        How many cells most rows have.
    options : ReadOptions

    Raises
    ------
    ReadError
        D09, if the quotation marks of the names are wrong.
    """
    texts = [[as_text(cell) for cell in row.cells] for row in rows]
    top = FirstRows(
        rows=texts,
        columns=columns,
        missing=frozenset(options.missing or ()),
        comments=options.comment is None,
    )
    first, last, header, why = _names_and_units(top, options)
    if rows[first].fault and header:
        raise quotation_error(rows[first])
    joined = header and options.skip_rows is None and top.joins(first)
    above = [(row, _above(top, text)) for row, text in zip(rows, texts, strict=True)]
    above = above[: first - joined]
    between = [(row, UNITS) for row in rows[first + 1 : last + 1]]
    begin = last + 1 if header else first
    raw = _names(top, first, begin, joined=joined) if header else [""] * columns
    names, twice = distinct(raw)
    return Layout(
        names=tuple(names),
        unnamed=frozenset(j for j, name in enumerate(raw) if not name),
        begin=rows[begin].line if begin < len(rows) else rows[-1].line + rows[-1].lines,
        ends_empty=not raw[-1] and _ends_empty(top, begin),
        header=rows[first].cells if header else None,
        mark=_mark(top, first),
        aside=tuple(RejectedRow(line=row.line, reason=why) for row, why in above + between),
        decisions=(
            *_of_above(above, rows[first].line),
            *_of_header(options, header=header, why=why),
            *_of_joined(names, joined=joined),
            *_of_units(between, asked=options.units_row is not None),
            *twice,
        ),
    )


def _names_and_units(top: FirstRows, options: ReadOptions) -> tuple[int, int, bool, str]:
    """Return where names and units stand, whether there are names, and what shows it."""
    asked = options.skip_rows is not None
    first, why = (top.behind_comments(), "") if asked else top.find_names()
    header = options.header
    if header is None:
        header, why = (True, why) if why else top.look_like_names(first)
    last = first
    if header and options.units_row is None:
        while last + 1 < len(top.rows) and top.is_between(last + 1, first):
            last += 1
    elif header and options.units_row:
        last = min(first + 1, len(top.rows) - 1)
    return first, last, header, why


def _above(top: FirstRows, row: Row) -> str:
    return COMMENT if top.is_comment(row) else ABOVE


def _names(top: FirstRows, first: int, begin: int, *, joined: bool) -> list[str]:
    """Return the names of the columns, empty where there is none."""
    names = top.joined(first) if joined else top.names(first)
    if len(names) != top.columns - 1:
        return names
    # R writes the names of rows in a column without a name of its own.
    return [*names, ""] if _ends_empty(top, begin) else ["row", *names]


def _ends_empty(top: FirstRows, begin: int) -> bool:
    """Tell whether nothing stands behind the last separator of any row."""
    whole = [row for row in top.rows[begin:] if len(row) == top.columns]
    return bool(whole) and not any(row[-1] for row in whole)


def _mark(top: FirstRows, first: int) -> str:
    """Return with what the comments above the table begin."""
    marks = [comment_mark(row[0]) for row in top.rows[:first] if top.is_comment(row)]
    return marks[0] if marks else ""


def describe_rows(rows: Sequence[Record]) -> str:
    """Say what stands in rows that are left out, the first few of them.

    Examples
    --------
    >>> title, years = ["Sales report"], ["2024", "EUR"]
    >>> describe_rows([Record(line=1, cells=title), Record(line=2, cells=years)])
    "line 1: 'Sales report', line 2: '2024, EUR'"
    """
    found = []
    for row in rows[:SHOWN]:
        text = ", ".join(filter(None, map(as_text, row.cells)))
        short = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
        found.append(f"line {row.line}: {short!r}")
    more = [f"and {len(rows) - SHOWN:,} more"] if len(rows) > SHOWN else []
    return ", ".join(found + more)


def counted(rows: Sequence[Record]) -> str:
    """Return how many lines rows are: ``1 line``, ``2 lines``."""
    return f"{len(rows):,} line{'s' * (len(rows) > 1)}"


def comments_left_out(rows: Sequence[tuple[Record, str]], where: str) -> list[Decision]:
    """Say which of the rows that are none of the table's are comments."""
    comments = [row for row, reason in rows if reason == COMMENT]
    if not comments:
        return []
    what = f"{counted(comments)} {where} left out as comments"
    return [Decision(what=what, why=describe_rows(comments), change_with="--comment")]


def _of_above(above: Sequence[tuple[Record, str]], line: int) -> list[Decision]:
    """Say what stands above the names."""
    titles = [row for row, reason in above if reason == ABOVE]
    decisions = comments_left_out(above, "above the table")
    if titles:
        why = f"the lines above do not belong to it: {describe_rows(titles)}"
        what = f"the table begins on line {line}"
        decisions.append(Decision(what=what, why=why, change_with="--skip-rows"))
    return decisions


def _of_header(options: ReadOptions, *, header: bool, why: str) -> list[Decision]:
    if options.header is not None:
        return []
    what = "the first row is the header" if header else "no header"
    change = "--no-header" if header else "--header"
    return [Decision(what=what, why=why, change_with=change)]


def _of_joined(names: Sequence[str], *, joined: bool) -> list[Decision]:
    if not joined:
        return []
    example = next(name for name in names if " / " in name)
    why = "the row above the header names groups of columns"
    what = f"the header has two rows, as in {example!r}"
    return [Decision(what=what, why=why, change_with="--skip-rows")]


def _of_units(between: Sequence[tuple[Record, str]], *, asked: bool) -> list[Decision]:
    if asked or not between:
        return []
    rows = [row for row, _ in between]
    what = f"{counted(rows)} below the header left out as units"
    return [Decision(what=what, why=describe_rows(rows), change_with="--no-units-row")]
