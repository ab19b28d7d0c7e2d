"""Separated text of any size, batch by batch."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from tenfold.data.files.batch import Batch, require_signs, rows_at_a_time, told_once
from tenfold.data.files.beside import OwnColumns
from tenfold.data.files.long_text import LongText
from tenfold.data.files.plain_rows import plain_columns
from tenfold.data.files.taken import signs_of, with_signs
from tenfold.data.files.text_table import TextPlan, naming, of_columns, own_of, to_table
from tenfold.data.tables.reading import Known
from tenfold.data.tables.signs import Signs
from tenfold.data.tables.table import Table
from tenfold.read_options import ReadOptions


class _Settled(NamedTuple):
    """What the first rows of a text decide for all others."""

    names: dict[int, str]
    totals: bool
    signs: Signs
    options: ReadOptions
    like: Known


@dataclass(frozen=True, kw_only=True, slots=True)
class TextBatch(Batch):
    """Lines of a text.

    Attributes
    ----------
    plan : TextPlan
    settled : _Settled
    text : str
    above : int
        How many lines of the file came before these.
    ends : bool
        Whether none comes after.
    """

    plan: TextPlan
    settled: _Settled
    text: str
    above: int
    ends: bool

    def table(self) -> Table:
        """Return the rows as a table."""
        plan, begins = self.plan, self.above == 0
        found = None if begins or self.ends else self._plain()
        if found is None:
            found = self._one_by_one()
        notices = (*plan.notices, *self.settled.signs.notices) if begins else ()
        table = replace(found, reading=plan.reading, notices=notices)
        if not begins:
            require_signs(table, self.settled.signs, self.settled.options, self.settled.like)
        read = with_signs(table, self.settled.signs)
        return told_once(read, begins=begins, also=table.decisions)

    def _plain(self) -> Table | None:
        """Return the rows as they came, if no line is anything but a row."""
        plan, settled = self.plan, self.settled
        if plan.finder.options.comment:
            return None
        sign, mark = plan.found.separator, plan.quotes.mark
        columns = plain_columns(self.text, sign, mark, plan.finder.layout)
        if columns is None:
            return None
        lines = np.arange(len(columns[0]), dtype=np.int64) + self.above + 1
        return of_columns(plan.path, columns, lines, settled.names, settled.like)

    def _one_by_one(self) -> Table:
        """Return the rows as they came, whatever else stands among the lines."""
        plan, begins, settled = self.plan, self.above == 0, self.settled
        lines = io.StringIO(self.text, newline="")
        with naming(plan.path):
            records = plan.records(lines, None if begins else self.above)
            totals = None if begins else settled.totals
            found = plan.finder.find(records, begins=begins, ends=self.ends, totals=totals)
        own = OwnColumns(names=settled.names, rows=found.rows)
        decisions = plan.decisions if begins else ()
        return to_table(plan.path, found, own, settled.like, decisions)


class _Lines(NamedTuple):
    """Whole lines of a text: how many, and how many stand above them."""

    text: str
    size: int
    above: int


def batches_of_text(text: LongText, options: ReadOptions, like: Known) -> Iterator[TextBatch]:
    """Yield the lines of a text, in their order, cut between two records."""
    head = text.head()
    plan = TextPlan.of(text.path, head, text.opened, options, like)
    length = len(head) / max(head.count("\n"), head.count("\r"), 1)
    size = rows_at_a_time(plan.found.columns, length)
    settled: _Settled | None = None
    for part, ends in _with_end(_cut(text.lines(), plan, size), size // 2):
        if settled is None:
            settled = _settle(plan, part, options, like, ends=ends)
        yield TextBatch(plan=plan, settled=settled, text=part.text, above=part.above, ends=ends)


def _settle(
    plan: TextPlan, part: _Lines, options: ReadOptions, like: Known, *, ends: bool
) -> _Settled:
    """Return what the first lines of a text decide for all others."""
    with naming(plan.path):
        found = plan.finder.find(plan.records(io.StringIO(part.text, newline="")), ends=ends)
    own = own_of(found, options, like)
    signs = signs_of(to_table(plan.path, found, own, like, ()), options, like)
    return _Settled(own.names, found.totals, signs, options, like)


def _cut(lines: Iterator[str], plan: TextPlan, size: int) -> Iterator[_Lines]:
    """Cut lines into parts between two records: a cell in quotation marks may hold several."""
    above = 0
    lines = map(plan.quotes.rewrite, lines)
    while part := list(islice(lines, size)):
        text = "".join(part)
        if plan.quotes.mark in text:
            part = _whole_records(part, lines, plan)
            text = "".join(part)
        yield _Lines(text, len(part), above)
        above += len(part)


def _whole_records(part: list[str], more: Iterator[str], plan: TextPlan) -> list[str]:
    """Return lines with as many more as the last record of them takes."""
    taken: list[str] = []

    def drawn() -> Iterator[str]:
        for line in chain(part, more):
            taken.append(line)
            yield line

    for _ in plan.records(drawn(), 0):
        if len(taken) >= len(part):
            break
    return taken


def _with_end(parts: Iterator[_Lines], least: int) -> Iterator[tuple[_Lines, bool]]:
    """Yield parts, and whether each is the last, to which a rest below ``least`` is joined.

    What stands below a table is told from its rows by the rows above it.
    """
    before: _Lines | None = None
    for part in parts:
        if before is not None and part.size < least:
            part = _Lines(  # noqa: PLW2901 - only the last one is so short
                before.text + part.text, before.size + part.size, before.above
            )
        elif before is not None:
            yield before, False
        before = part
    if before is not None:
        yield before, True
