"""Where a table ends: totals, notes and other tables below it are no rows of it.

A row that is called a total is taken for one only if it shows it: its numbers are the sums of
the rows above, or it lacks what every other row has. A row of a group that is called Total has
all its cells, and is kept. Whatever it is called, a last row is a summary if all its numbers
are exactly the sums, means or counts of those above, and it says nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import attrgetter
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.cells.looks import is_average, is_note, is_statistic, is_total, is_value
from tenfold.data.cells.parse import to_numbers
from tenfold.data.files.layout import as_text
from tenfold.data.files.text import Record

NOTE: Final = "it is a note below the table"
TOTAL: Final = "it is a total of the rows above"
SUMMARY: Final = "it only holds the sums of the rows above"
BELOW: Final = "it is below the table, after an empty line"
MOST_BELOW: Final = 50  # lines below a table
# What a row below a column may say of its numbers.
STATISTICS: Final[Mapping[str, Callable[[NDArray[np.float64]], float]]] = {
    "sum": lambda numbers: float(numbers.sum()),
    "mean": lambda numbers: float(numbers.mean()),
    "count": lambda numbers: float(len(numbers)),
    "deviation": lambda numbers: float(numbers.std(ddof=1)),
    "deviation of all": lambda numbers: float(numbers.std()),
    "median": lambda numbers: float(np.median(numbers)),
    "least": lambda numbers: float(numbers.min()),
    "greatest": lambda numbers: float(numbers.max()),
}
VARIED: Final = 6  # distinct cells of a column whose sum is told by its number alone
MAY_BE_ROWS: Final = frozenset({"median", "least", "greatest"})  # some row has these numbers
CLOSE: Final = 1e-3  # of a sum, what rounding may make of it
LEAST: Final = 2  # rows that are added up
LEAST_UNNAMED: Final = 10  # the same, above a row that is not called a total
EXACT: Final = 1e-9  # of a number that is written out
DIGITS: Final = frozenset("0123456789+-.")  # what most numbers begin with, and no name does
MOST_TABLES: Final = 5  # in one file, one below the other
ROWS_LOOKED_AT: Final = 100  # above a row that may name the columns of another table
TOGETHER: Final = 5  # last rows that show that no empty lines stand between rows

Found = tuple[Record, str]


def find_footer(
    whole: Sequence[Record],
    odd: Sequence[Record],
    decimal: str,
    missing: frozenset[str],
    *,
    ends: bool = True,
    totals: bool | None = None,
) -> list[Found]:
    """Return what stands below a table, or is a subtotal in it, and what shows it.

    Parameters
    ----------
    whole : sequence of Record
        Those that have as many cells as the table has columns.
    odd : sequence of Record
        Those that have not.
    decimal : {".", ","}
    missing : frozenset of str
        Cells that are read as empty.
    ends : bool
        Whether the table ends with these rows; only subtotals are looked for if not.
    totals : bool or None
        Of rows that others, which are not here, stand above: whether there are subtotals among
        those.
    """
    rows = _Rows(
        whole=whole, odd=odd, decimal=decimal, missing=missing, is_part=totals is not None
    )
    if totals is None:
        return rows.find_footer() if ends else [(row, TOTAL) for row in rows.find_subtotals()]
    second = rows.second_table() if ends else None
    if second is not None:
        return rows.below(second)
    called = [row for row in whole if totals and may_be_total(as_text(row.cells[0]))]
    return rows.without(called, ends=ends)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rows:
    whole: Sequence[Record]
    odd: Sequence[Record]
    decimal: str
    missing: frozenset[str]
    is_part: bool

    def find_footer(self) -> list[Found]:
        second = self.second_table()
        if second is not None:
            return self.below(second)
        return self.without(self.find_subtotals(), ends=True)

    def without(self, subtotals: Sequence[Record], *, ends: bool) -> list[Found]:
        """Return subtotals, and what stands at the end of the other rows, if they end."""
        lines = {row.line for row in subtotals}
        whole = [row for row in self.whole if row.line not in lines]
        found = [(row, TOTAL) for row in subtotals]
        found += replace(self, whole=whole).ends() if ends else []
        return sorted(found, key=lambda found: found[0].line)

    def below(self, at: int) -> list[Found]:
        """Return the rows from another table on."""
        rest = [row for row in self.odd if row.line > self.whole[at].line]
        rest += self.whole[at:]
        return [(row, BELOW) for row in sorted(rest, key=attrgetter("line"))]

    def second_table(self) -> int | None:
        """Return where another table with names of its own begins, behind an empty line."""
        whole = self.whole
        if not whole or whole[-1].line - whole[0].line < len(whole):
            return None  # no empty line
        odd = {row.line for row in self.odd}
        empty = [
            at
            for at, (a, b) in enumerate(pairwise(whole), start=1)
            if b.line > a.line + a.lines and odd.isdisjoint(range(a.line + a.lines, b.line))
        ]
        for at in empty if len(empty) <= MOST_TABLES else []:
            above = whole[max(at - ROWS_LOOKED_AT, 0) : at]
            columns = list(
                zip(*([as_text(c) for c in row.cells] for row in above), strict=True)
            )
            valued = [j for j, cells in enumerate(columns) if all(map(is_value, cells))]
            names = [as_text(cell) for cell in whole[at].cells]
            words = all(names) and not any(map(is_value, names))
            if valued and words and len(above) >= LEAST < len(whole) - at:
                return at
        return None

    def find_subtotals(self) -> list[Record]:
        """Return the rows that are called totals in the first column, and show it.

        They lack a cell that all others have, or are the sums of the rows above them.
        """
        texts = {as_text(row.cells[0]) for row in self.whole}
        names = set(filter(may_be_total, texts))
        called = [row for row in self.whole if as_text(row.cells[0]) in names] if names else []
        if not called or len(called) > len(self.whole) // 2:
            return []
        lines = {row.line for row in called}
        others = [row.cells for row in self.whole if row.line not in lines]
        columns = range(len(called[0].cells))
        full = [j for j in columns if all(self._is_filled(cells[j]) for cells in others)]
        lacking = [
            row
            for row in called
            if any(not self._is_filled(row.cells[j]) for j in full)
            and any(is_value(as_text(cell)) for cell in row.cells)
        ]
        return lacking or self._sums_among(lines, others)

    def _sums_among(self, called: set[int], others: Sequence[Sequence[object]]) -> list[Record]:
        """Return the rows, of some lines, whose numbers all are sums of the rows above them.

        Of those behind the last such line, or, right below another, of all ``others``.
        """
        found, block = [], list[Sequence[object]]()
        for row in self.whole:
            if row.line not in called:
                block.append(row.cells)
                continue
            texts = [as_text(cell) for cell in row.cells]
            columns = list(zip(*(block or others), strict=True))
            numbers = [j for j, text in enumerate(texts) if is_value(text)]
            if numbers and all(
                self._is_sum(texts[j], columns[j], means=False) for j in numbers
            ):
                found.append(row)
                block = []
        return found if len(found) == len(called) else []

    def ends(self) -> list[Found]:
        """Return what stands at the end."""
        end, odd, below = len(self.whole), list(self.odd), list[Found]()
        while len(below) < MOST_BELOW and end:
            last = self.whole[end - 1]
            block = [row for row in odd[-MOST_BELOW:] if row.line > last.line]
            if block:
                found = self._of_block(block, end)
                odd = odd[: len(odd) - len(found)]
            else:
                reason = self._of_row(end)
                found = [] if reason is None else [(last, reason)]
                end -= len(found)
            if not found:
                break
            below += found
        return sorted(below, key=lambda found: found[0].line)

    def _is_apart(self, row: Record, end: int) -> bool:
        """Tell whether a row stands behind an empty line, and the rows above do not."""
        above = self.whole[max(end - TOGETHER, 0) : end]
        close = all(b.line == a.line + a.lines for a, b in pairwise(above))
        return close and row.line > above[-1].line + above[-1].lines

    def _of_block(self, block: Sequence[Record], end: int) -> list[Found]:
        """Say what rows with another number of cells are, from the first that is a note on."""
        texts = [[text for text in map(as_text, row.cells) if text] for row in block]
        words = all(texts) and not any(map(is_value, texts[0]))
        if words and len(block) < end and self._is_apart(block[0], end):
            return [
                (row, _reason(found) or BELOW) for row, found in zip(block, texts, strict=True)
            ]
        for at, (row, found) in enumerate(zip(block, texts, strict=True)):
            lines = all(len(later) == 1 or _reason(later) for later in texts[at:])
            if row.fault is None and _reason(found) and lines:
                below = zip(block[at:], texts[at:], strict=True)
                return [(row, _reason(found) or NOTE) for row, found in below]
        return []

    def _of_row(self, end: int) -> str | None:
        """Say what the last whole row is, None if it is a row of the table."""
        row = self.whole[end - 1]
        texts = [as_text(cell) for cell in row.cells]
        filled = [text for text in texts if text and text not in self.missing]
        if not filled or end <= LEAST:
            return None
        if len(filled) == 1 < len(texts) and not is_value(filled[0]):
            if is_note(filled[0]):
                return NOTE
            return BELOW if self._is_apart(row, end - 1) else None
        label = next((j for j, text in enumerate(texts) if _is_named(text)), None)
        bare = label is None and (texts[0] or not all(map(is_value, filled)))
        if not self.is_part and label is None and self._summarises(end, texts):
            return SUMMARY
        adds_up = self._is_likely_total if self.is_part else self._adds_up
        if bare or not adds_up(end, texts, label):
            return None
        return SUMMARY if self.is_part and label is None else TOTAL

    def _is_likely_total(self, end: int, texts: Sequence[str], label: int | None) -> bool:
        """Tell whether a row is a total of rows most of which are not here.

        It is if no row here has its name; one without a name, if it lacks what all others have,
        and its numbers are beyond all of theirs.
        """
        if label is not None:
            above = self._column(label, end - 1)
            return texts[label] not in set(map(as_text, above))
        gaps = [j for j, text in enumerate(texts) if not text]
        numbers = [j for j, text in enumerate(texts) if text]
        lacks = any(all(map(self._is_filled, self._column(j, end - 1))) for j in gaps)
        return lacks and all(
            self._is_beyond(texts[j], self._column(j, end - 1)) for j in numbers
        )

    def _is_beyond(self, text: str, column: Sequence[object]) -> bool:
        (number,) = self._numbers([text])
        above = self._numbers(column)
        return bool(np.abs(number) > np.nanmax(np.abs(above), initial=0.0))

    def _adds_up(self, end: int, texts: Sequence[str], label: int | None) -> bool:
        """Tell whether a row is the total of those above it, by its numbers or its gaps."""
        first = end - 1
        while first > LEAST and any(map(_is_named, map(as_text, self.whole[first - 1].cells))):
            first -= 1  # a row of means stands below one of sums
        columns = list(zip(*(row.cells for row in self.whole[:first]), strict=True))
        if label is not None and texts[label] in set(map(as_text, columns[label])):
            return False
        numbers = [j for j, text in enumerate(texts) if is_value(text)]
        means = label is not None or len(numbers) > 1  # one number may be like a mean by chance
        sums = [self._is_sum(texts[j], columns[j], means=means) for j in numbers]
        gaps = [j for j, text in enumerate(texts) if not text]
        lacks = any(all(map(self._is_filled, columns[j])) for j in gaps)
        if label is not None:
            return bool(sums) and (any(sums) or lacks)
        return lacks and bool(sums) and all(sums)

    def _summarises(self, end: int, texts: Sequence[str]) -> bool:
        """Tell whether all numbers of a row are one statistic of those above, written exactly.

        It may have one word, which no other row has, and some of its numbers are none of
        those above, as they would be in a row of the table.
        """
        words = [j for j, t in enumerate(texts) if self._is_filled(t) and not is_value(t)]
        numbers = [j for j, text in enumerate(texts) if is_value(text)]
        gaps = set(range(len(texts))) - {*words, *numbers}
        first = end - 1
        while first > LEAST and any(map(_sums_up, map(as_text, self.whole[first - 1].cells))):
            first -= 1
        if first < LEAST_UNNAMED or len(words) > 1 or not numbers or not (words or gaps):
            return False
        named = any(is_statistic(texts[j]) for j in words)
        shared, new = {*STATISTICS} if named else {*STATISTICS} - MAY_BE_ROWS, 0
        for j in numbers:  # of most rows the first number tells
            above = self._column(j, first)
            known, fresh = self._statistics(texts[j], above)
            # Of a few small numbers, such as 0 and 1, another is easily the sum by chance.
            shared, new = shared & known, new + (fresh and len(set(above)) >= VARIED)
            if not shared:
                return False
        if any(texts[j] in set(map(as_text, self._column(j, first))) for j in words):
            return False
        lacks = any(all(map(self._is_filled, self._column(j, first))) for j in gaps)
        return new >= (1 if lacks else 2) or (named and len(numbers) > 1)

    def _column(self, j: int, first: int) -> list[object]:
        return [row.cells[j] for row in self.whole[:first]]

    def _statistics(self, text: str, column: Sequence[object]) -> tuple[set[str], bool]:
        """Return which statistics of a column a number is, and whether the column lacks it."""
        (number,) = self._numbers([text])
        above = self._numbers(column)
        above = above[np.isfinite(above)]
        if not np.isfinite(number) or len(above) < LEAST or np.ptp(above) == 0:
            return set(), False
        places = len(text.rpartition(self.decimal)[2]) if self.decimal in text else 0
        room = 0.5 * 10.0**-places if places else 0.0
        few = len(np.unique(above)) <= 2
        with np.errstate(over="ignore", invalid="ignore"):  # squares may have no number
            found = {name: statistic(above) for name, statistic in STATISTICS.items()}
        known = {
            name
            for name, value in found.items()
            if not (few and name in MAY_BE_ROWS)
            and np.isfinite(value)
            and abs(value - number) <= room * (1 + EXACT) + EXACT * abs(value)
        }
        return known, bool(np.all(above != number))

    def _is_filled(self, cell: object) -> bool:
        text = as_text(cell)
        return text != "" and text not in self.missing

    def _is_sum(self, text: str, column: Sequence[object], *, means: bool) -> bool:
        """Tell whether a number is the sum of a column, or its mean."""
        (number,) = self._numbers([text])
        above = self._numbers(column)
        above = above[np.isfinite(above)]
        if not np.isfinite(number) or len(above) < LEAST or not above.any():
            return False
        wanted = np.array([above.sum(), above.mean()][: 1 + means])
        return bool(np.any(np.abs(wanted - number) <= CLOSE * np.abs(wanted)))

    def _numbers(self, cells: Sequence[object]) -> NDArray[np.float64]:
        return to_numbers(pd.Series(list(cells), dtype=object), self.decimal)


def may_be_total(text: str) -> bool:
    """Tell whether the first cell of a row calls it a total."""
    return text[:1] not in DIGITS and is_total(text)


def _sums_up(text: str) -> bool:
    return _is_named(text) or is_statistic(text)


def _is_named(text: str) -> bool:
    return is_total(text) or is_average(text)


def _reason(texts: Sequence[str]) -> str | None:
    """Say what the filled cells of a row are that has another number of them."""
    if not texts:
        return None
    if _is_named(texts[0]):
        return TOTAL
    return NOTE if len(texts) == 1 and is_note(texts[0]) else None
