"""The rows of a table among the records of a file: each is one, is rejected, or is no data."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile
from operator import attrgetter
from typing import Final, Self

from tenfold.config import Decision
from tenfold.data.files.footer import TOTAL, Found, find_footer
from tenfold.data.files.layout import (
    COMMENT,
    Layout,
    as_text,
    comments_left_out,
    counted,
    describe_rows,
    find_layout,
)
from tenfold.data.files.text import (
    LEFT_OPEN,
    MOST_COLUMNS,
    NEVER_CLOSED,
    TOO_LONG,
    Record,
    quotation_error,
    too_many_columns,
)
from tenfold.data.tables.signs import shown_by
from tenfold.data.tables.table import RejectedRow
from tenfold.errors import ReadError
from tenfold.read_options import ReadOptions

REPEATED: Final = "it repeats the column names"
ASKED: Final = "it is below the table, as requested"


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundRows:
    """The rows of a table, and what else stands in its file.

    ``unnamed`` are the positions of columns with no name in the file; ``aside`` is what
    was seen to be no data, ``rejected`` what should have been; ``totals`` tells whether there
    are totals among it.
    """

    names: tuple[str, ...]
    unnamed: frozenset[int]
    header: bool
    rows: list[Record]
    rejected: tuple[RejectedRow, ...]
    aside: tuple[RejectedRow, ...]
    decisions: tuple[Decision, ...]
    totals: bool = False


@dataclass(slots=True)
class _Sorted:
    whole: list[Record] = field(default_factory=list)
    odd: list[Found] = field(default_factory=list)
    aside: list[Found] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFinder:
    """Finds the rows of a table whose file has shown by its first records how it lies there.

    Attributes
    ----------
    layout : Layout
    comments : tuple of Found
        Among the first records.
    decimal : {".", ","}
        That the first rows show.
    options : ReadOptions
    """

    layout: Layout
    comments: tuple[Found, ...]
    decimal: str
    options: ReadOptions

    @classmethod
    def of(cls, first: Sequence[Record], columns: int, options: ReadOptions) -> Self:
        """Return what finds the rows.

        Parameters
        ----------
        first : sequence of Record
            The first of a file.
        columns : int
            How many cells most of them have.
        options : ReadOptions

        Raises
        ------
        ReadError
            D02 if there is no record, D09 if quotation marks hide the names or all rows, D11
            if there are too many columns.
        """
        mark = options.comment
        comments = [(row, COMMENT) for row in first if mark and _begins(row, mark)]
        first = [row for row in first if not mark or not _begins(row, mark)]
        if not first:
            raise ReadError("D02", "the file has no rows")
        if all(row.fault for row in first):
            raise quotation_error(first[0])
        if columns > MOST_COLUMNS:
            raise too_many_columns(columns)
        layout = find_layout(first, columns, options)
        rows = (row for row in first if row.line >= layout.begin)
        cells = (cell for row in rows for cell in row.cells if isinstance(cell, str))
        return cls(
            layout=layout,
            comments=tuple(found for found in comments if found[0].line < layout.begin),
            decimal=options.decimal or shown_by(cells).decimal or ".",
            options=options,
        )

    def find(
        self,
        records: Iterable[Record],
        *,
        begins: bool = True,
        ends: bool = True,
        totals: bool | None = None,
    ) -> FoundRows:
        """Find the rows among the records of a file, or of a part of it.

        Parameters
        ----------
        records : iterable of Record
        begins, ends : bool
            Whether they are the first of the file, and the last: a table has one footer.
        totals : bool or None
            Whether there are totals among its first rows, if others come before these.

        Raises
        ------
        ReadError
            D09, if quotation marks hide all that follows.
        """
        layout, options = self.layout, self.options
        rows = dropwhile(lambda record: record.line < layout.begin, records)
        found = _sort(rows, layout, options.comment)
        if begins:
            found.aside[:0] = self.comments
        decisions = [*(layout.decisions if begins else ()), *_of_aside(found.aside)]
        below = _take_footer(found, self.decimal, options, ends=ends, totals=totals)
        if below and options.skip_footer is None:
            decisions.append(_of_footer(below, found))
        aside = [RejectedRow(line=row.line, reason=why) for row, why in found.aside + below]
        rejected = [RejectedRow(line=row.line, reason=why) for row, why in found.odd]
        above = layout.aside if begins else ()
        return FoundRows(
            names=layout.names,
            unnamed=layout.unnamed,
            header=layout.header is not None,
            rows=found.whole,
            rejected=tuple(rejected),
            aside=tuple(sorted([*above, *aside], key=attrgetter("line"))),
            decisions=tuple(decisions),
            totals=any(why == TOTAL for _, why in below),
        )


def _of_footer(below: Sequence[Found], found: _Sorted) -> Decision:
    """Say what was left out below a table."""
    rows = [row for row, _ in below]
    where = "below the table" if _are_last(below, found) else "in and below the table"
    what = f"{counted(rows)} {where} left out"
    return Decision(what=what, why=describe_rows(rows), change_with="--skip-footer")


def _sort(records: Iterable[Record], layout: Layout, mark: str | None) -> _Sorted:
    """Sort the records below the names into rows, rejected ones, and what is no data."""
    found, columns, header = _Sorted(), len(layout.names), layout.header
    for record in records:
        cells = record.cells
        if mark and _begins(record, mark):
            found.aside.append((record, COMMENT))
        elif len(cells) == columns and record.fault is None:
            if cells == header:
                found.aside.append((record, REPEATED))
            else:
                found.whole.append(record)
        elif layout.ends_empty and len(cells) == columns - 1 and record.fault is None:
            cells.append("")
            found.whole.append(record)
        elif layout.mark and _begins(record, layout.mark):
            found.aside.append((record, COMMENT))
        else:
            found.odd.append((record, _reason(record, columns)))
    return found


def _begins(record: Record, mark: str) -> bool:
    """Tell whether a record begins with the mark of a comment."""
    return bool(record.cells) and as_text(record.cells[0]).startswith(mark)


def _reason(record: Record, columns: int) -> str:
    """Say why a record cannot be a row.

    Raises
    ------
    ReadError
        D09, if its quotation marks hide all that follows.
    """
    if record.fault in {NEVER_CLOSED, LEFT_OPEN}:
        raise quotation_error(record)
    if record.fault is None:
        reason = f"it has {len(record.cells)} cells, but the table has {columns} columns"
        if record.lines > 1:
            reason += (
                f"; by its quotation marks, it extends to line {record.line + record.lines - 1}"
            )
        return reason
    if record.fault.startswith(TOO_LONG):
        return f"a cell has more than {csv.field_size_limit():,} characters"
    return f"its quotation marks are wrong: {record.fault}"


def _are_last(below: Sequence[Found], found: _Sorted) -> bool:
    return not found.whole or below[0][0].line > found.whole[-1].line


def _take_footer(
    found: _Sorted, decimal: str, options: ReadOptions, *, ends: bool, totals: bool | None
) -> list[Found]:
    """Take away what stands below the table, and its subtotals, and return them."""
    odd = [row for row, _ in found.odd]
    if options.skip_footer is not None:
        if not ends:
            return []
        every = sorted([*found.whole, *odd], key=attrgetter("line"))
        below = [(row, ASKED) for row in every[len(every) - options.skip_footer :]]
    else:
        missing = frozenset(options.missing or ())
        below = find_footer(found.whole, odd, decimal, missing, ends=ends, totals=totals)
    if below:
        lines = {row.line for row, _ in below}
        found.whole = [row for row in found.whole if row.line not in lines]
        found.odd = [(row, why) for row, why in found.odd if row.line not in lines]
    return below


def _of_aside(aside: Sequence[Found]) -> list[Decision]:
    """Say what among the rows was seen to be none."""
    repeated = [row for row, reason in aside if reason == REPEATED]
    decisions = comments_left_out(aside, "among the rows")
    if repeated:
        what = f"{counted(repeated)} that repeat the column names left out"
        decisions.append(
            Decision(what=what, why=describe_rows(repeated), change_with="--no-header")
        )
    return decisions
