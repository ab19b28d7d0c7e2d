"""Which of the first rows of a file names the columns, and which only say their units.

A row of names has words where the rows below it have numbers, dates or times. Where there are
only words, the first row is taken for names if it does not come again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tenfold.config import Decision
from tenfold.data.cells.looks import (
    COMMENTS,
    DASHES,
    comment_mark,
    is_number,
    is_rule,
    is_unit,
    is_value,
)
from tenfold.data.cells.placeholders import is_placeholder

MOST_ABOVE: Final = 500  # rows above the names
ROWS_BELOW: Final = 100  # rows that show what a column holds
MOSTLY: Final = 0.8
FEW: Final = 3  # rows of words that show that what stands above them is a title
MOST_UNIT: Final = 20  # letters of a unit that is not known
YEARS: Final = range(1500, 2200)

Row = list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstRows:
    """The first rows of a file, as text.

    Attributes
    ----------
    rows : list of Row
        Empty where the quotation marks of a row are wrong.
    columns : int
        How many cells most rows have.
    missing : frozenset of str
        Cells that are read as empty.
    comments : bool
        Whether rows may be comments by their first letter.
    """

    rows: list[Row]
    columns: int
    missing: frozenset[str]
    comments: bool = True

    def is_comment(self, row: Row) -> bool:
        """Tell whether a row begins as comments do; some of their marks are cells, too."""
        own = self.comments and row and row[0] not in self.missing
        mark = comment_mark(row[0]) if own else ""
        return mark in COMMENTS[:2] or (mark != "" and len(row) != self.columns)

    def find_names(self) -> tuple[int, str]:
        """Return the position of the row of names, or else of the first row, and what shows it.

        What shows it is empty if there are no values below, which is no proof of either.
        """
        found, why = 0, ""
        for at, row in enumerate(self.rows[:MOST_ABOVE]):
            shows = self.stands_above_values(at) or self._numbers_name(at)
            if shows and (at == 0 or not self._is_units(at, 0)):
                found, why = at, shows
            if self._may_be_row(row):
                if not why:
                    found, why = self._behind(at)
                break
        if why and self._goes_on(found):
            return found + 1, why
        while self._names_groups(found):
            group = next(filter(None, self.rows[found]))
            found, why = found + 1, f"{group!r} is above the names of its columns"
        return found, why

    def _behind(self, at: int) -> tuple[int, str]:
        """Return the position of names behind a row that may be one, but not of their table."""
        if at == 0 and self.joins(1):
            return 1, f"{self.rows[1][0]!r} is below the name of its group"
        for names in range(at + 1, min(at + FEW, len(self.rows))):
            shows = self.stands_above_values(names)
            others = all(
                any(map(is_value, row)) and self._is_other(row, names)
                for row in self.rows[at:names]
            )
            if shows and others and not self._is_units(names, at):
                return names, shows
        return self._below_titles(at), ""

    def _is_other(self, row: Row, names: int) -> bool:
        """Tell whether a row has a word where the rows below the names have values."""
        below = self._columns_below(names, self.columns)
        return any(
            cell
            and cell not in self.missing
            and not is_value(cell)
            and all(map(is_value, cells))
            for cell, cells in zip(row, below, strict=False)
            if cells
        )

    def _goes_on(self, at: int) -> bool:
        """Tell whether names that are not in one row are in the next, as of merged cells."""
        if at + 1 >= len(self.rows) or self._is_units(at + 1, at):
            return False
        names, more = self.rows[at], self.rows[at + 1]
        more = ["" if cell in self.missing else cell for cell in more]
        if len(more) != len(names) or any(map(is_value, more)) or all(names) or all(more):
            return False
        named = all(name or cell for name, cell in zip(names, more, strict=True))
        return named and self._is_other(more, at + 1)

    def _names_groups(self, at: int) -> bool:
        """Tell whether a row names groups of columns, whose own names stand in the next row.

        A group has several columns, so that its name comes again or has empty cells behind it.
        """
        if at + 1 >= len(self.rows) or self.is_comment(self.rows[at]):
            return False
        groups, names = self.rows[at], self.rows[at + 1]
        if not len(groups) == len(names) == self.columns or self._is_units(at + 1, at):
            return False
        several = any(group and after in {"", group} for group, after in pairwise(groups))
        if not several or len(set(self.joined(at + 1))) < len(names):
            return False
        first = next(j for j, group in enumerate(groups) if group)
        named = all(name and not is_placeholder(name) for name in names[first:])
        numbers = any(map(is_value, names))
        return named and self._is_no_row(at + 1) and (not numbers or self._are_years(at + 1))

    def _is_no_row(self, at: int) -> bool:
        """Tell whether words in a row, full or not, show that it is none of those below.

        They stand in several columns of values, or of words that come again, and never below.
        """
        found = self._words_of(at)
        return found is not None and (found[0] > 1 or found[0] + found[1] >= FEW)

    def _words_of(self, at: int) -> tuple[int, int, int] | None:
        """Return how many words of a row stand in columns of values, of words, and of names.

        Words come again, names do not. It is None if a word of the row stands below it, too.
        """
        values = again = others = 0
        row = self.rows[at]
        for cell, column in zip(row, self._columns_below(at, len(row)), strict=False):
            if not cell or cell in self.missing:
                continue
            if cell in column:
                return None
            valued = bool(column) and sum(map(is_value, column)) >= MOSTLY * len(column)
            often = len(column) >= 2 * max(len(set(column)), 2)
            values, again = values + valued, again + (not valued and often)
            others += not valued and not often
        return values, again, others

    def _describes(self, at: int, names: int) -> bool:
        """Tell whether a row says once more what the columns are, as in another language."""
        row, found = self.rows[at], self._words_of(at)
        words = [cell for cell in row if cell]
        if found is None or any(is_value(word) or is_placeholder(word) for word in words):
            return False
        if len(row) != len(self.rows[names]) or len(set(words)) < len(words):
            return False
        return all(self.rows[names]) and found[0] >= FEW and found[2] == 0

    def _goes_on_with_units(self, at: int, names: int) -> bool:
        """Tell whether a row below one of units says more of them, or of the cells' types."""
        row, found = self.rows[at], self._words_of(at)
        if at - 1 <= names or len(row) != self.columns or found is None:
            return False
        words = [cell for cell in row if cell not in DASHES and cell not in self.missing]
        if not words or any(is_value(word) or is_placeholder(word) for word in words):
            return False
        known = sum(map(is_unit, words))
        return known == len(words) or (found[0] > 1 and known + found[0] >= len(words))

    def _are_years(self, at: int) -> bool:
        """Tell whether the numbers of a row are years, above what is none."""
        row = self.rows[at]
        numbers = [j for j, cell in enumerate(row) if is_value(cell)]
        below = self._columns_below(at, len(row))
        return all(_is_year(row[j]) and not any(map(_is_year, below[j])) for j in numbers)

    def behind_comments(self) -> int:
        """Return the position of the first row that is no comment, or may be one of names."""
        rows = enumerate(self.rows)
        own = (at for at, row in rows if len(row) == self.columns or not self.is_comment(row))
        return next(own, 0)

    def stands_above_values(self, at: int) -> str | None:
        """Say which name of a row stands above which values; None if none does."""
        row = self.names(at)
        blank = [cell in self.missing or is_rule(cell) for cell in row]
        if (
            any(map(is_number, row))
            or all(blank)
            or not self.columns - 1 <= len(row) <= self.columns
        ):
            return None
        below = self._columns_below(at, len(row))
        for looks, what in ((is_number, "numbers"), (is_value, "dates or amounts")):
            for name, column in zip(row, below, strict=False):
                count = sum(map(looks, column))
                if name and not is_value(name) and count and count >= MOSTLY * len(column):
                    return f"{name!r} is above {what}"
        return None

    def names(self, at: int) -> Row:
        """Return the names that a row holds, without what stands before and behind them."""
        row = self.rows[at]
        if len(row) == self.columns + 1 and self.is_comment(row) and row[0] in COMMENTS:
            return row[1:]
        return row[: self.columns] if not any(row[self.columns :]) else row

    def _columns_below(self, at: int, count: int) -> list[Row]:
        """Return the filled cells below a row of so many names, a list for each of them."""
        rows = self.rows[at + 1 : at + 1 + ROWS_BELOW]
        below = [row for row in rows if len(row) == self.columns and not _is_ruled(row)]
        columns = [
            [cell for cell in column if cell not in self.missing]
            for column in zip(*below, strict=True)
        ]
        # Names of rows have no name themselves, and a last separator has nothing behind it.
        return columns[1:] if count < self.columns and columns and columns[-1] else columns

    def _may_be_row(self, row: Row) -> bool:
        if len(row) != self.columns or self.is_comment(row):
            return False
        return 2 * sum(map(bool, row)) > self._filled_columns() or self.columns == 1

    def _filled_columns(self) -> int:
        """Return how many columns have a filled cell."""
        rows = [row for row in self.rows if len(row) == self.columns]
        return sum(any(column) for column in zip(*rows, strict=True))

    def _below_titles(self, at: int) -> int:
        """Return the position of the first row that may be one, if all above are titles."""
        rows = sum(len(row) == self.columns for row in self.rows)
        for row in self.rows[:at]:
            alone = len(row) == 1 or (sum(map(bool, row)) == 1 and self._is_no_row(at))
            title = alone and not any(map(is_value, row)) and rows >= FEW
            if not title and not (self.is_comment(row) and len(row) != self.columns):
                return 0
        return at

    def look_like_names(self, at: int) -> tuple[bool, str]:
        """Tell whether a row names the columns, and what shows it."""
        rows = [row for row in self.rows[at:] if row]
        first, body = self.names(at) or rows[0], rows[1:]
        shows = self.stands_above_values(at)
        if shows is not None:
            return True, shows
        numbers = [cell for cell in first if is_number(cell)]
        if numbers:
            why = self._are_names(first, body)
            return bool(why), why or f"the first row holds a number, {numbers[0]}"
        if not body:
            return True, "the first row holds no number"
        for j, name in enumerate(first):
            column = [row[j] for row in body if len(row) > j and row[j]]
            if name and column and sum(map(is_number, column)) > len(column) / 2:
                return True, f"{name!r} is above numbers"
        for j, name in enumerate(first):
            if name and any(len(row) > j and row[j] == name for row in body):
                return False, f"{name!r} occurs in the first row and below it"
        return True, "the cells of the first row do not occur below it"

    def _numbers_name(self, at: int) -> str:
        """Say why numbers in a row with as many cells as the table has are names."""
        row = self.names(at)
        return self._are_names(row, self.rows[at + 1 :]) if len(row) == self.columns else ""

    def _are_names(self, first: Row, body: Sequence[Row]) -> str:
        """Say why numbers in a row are names all the same; nothing if they are values.

        They are years that rise, above what is none, or they stand behind an empty cell above
        the names of rows, as R and pandas write tables of two directions.
        """
        numbers = {j: cell for j, cell in enumerate(first) if is_number(cell)}
        words = [cell for cell in first if not is_number(cell)]
        below = [row for row in body if len(row) == len(first)]
        shown = ", ".join(list(numbers.values())[:2])
        if len(numbers) < 2 or not words or not below or len(set(first)) < len(first):
            return ""
        if all(map(_is_year, numbers.values())):
            years = list(map(int, numbers.values()))
            again = sum(_is_year(row[j]) for row in below for j in numbers)
            rising = all(a < b for a, b in pairwise(years))
            if rising and 2 * again < len(numbers) * len(below):
                return f"{shown}, ... are consecutive years"
        rows = [row[0] for row in below]
        if words == [first[0]] == [""] and "" not in rows and len(set(rows)) == len(rows) > 1:
            return f"{shown}, ... follow an empty cell above the row names"
        return ""

    def is_between(self, at: int, names: int) -> bool:
        """Tell whether a row below the names is none: it holds units, or is drawn of dashes."""
        ruled = _is_ruled(self.rows[at])
        units = self._is_units(at, names) or self._goes_on_with_units(at, names)
        return ruled or units or self._describes(at, names)

    def _is_units(self, at: int, names: int) -> bool:
        """Tell whether a row holds the units of the columns, or says what cells they have."""
        row = self.rows[at]
        if not row or len(row) != len(self.rows[names]):
            return False
        units, known, others = [], 0, 0
        for cell, column in zip(row, self._columns_below(at, len(row)), strict=False):
            blank = cell in DASHES or cell in self.missing
            values = sum(map(is_value, column))
            if values and values >= MOSTLY * len(column):
                if is_value(cell):
                    return False
                units += [] if blank else [cell]
                known += not blank and is_unit(cell)
            elif not blank and (not is_unit(cell) or cell in column):
                return False
            else:
                others += not blank
        if known:
            return 2 * known >= len(units) and len(row) > 1
        # Words that are not known as units may be, if they differ and nothing else is there.
        odd = len(set(units)) == len(units) >= FEW and max(map(len, units)) <= MOST_UNIT
        return odd and not others and len(units) == len(row)

    def joins(self, at: int) -> bool:
        """Tell whether the row above the names holds the names of groups of columns."""
        if not 0 < at < len(self.rows) or self.is_comment(self.rows[at - 1]):
            return False
        if self.stands_above_values(at - 1) and self._goes_on(at - 1):
            return True
        above, names = self.rows[at - 1], [name for name in self.rows[at] if name]
        if self._names_groups(at - 1):
            both = any(a == b != "" for a, b in zip(above, self.rows[at], strict=True))
            return both or len(set(names)) < len(names)
        several = sum(map(bool, above)) > 1 and len(above) == len(self.rows[at])
        groups = len(set(above)) < len(above) or any(map(is_number, above))
        twice = len(set(names)) < len(names) and self.missing.isdisjoint(names)
        return several and groups and twice and self.stands_above_values(at) is not None

    def joined(self, at: int) -> Row:
        """Return the names of a row, each behind the name of its group in the row above."""
        found, group = [], ""
        for above, name in zip(self.rows[at - 1], self.rows[at], strict=True):
            group = above or group
            found.append(" / ".join(dict.fromkeys(filter(None, [group, name]))))
        return found


def _is_ruled(row: Row) -> bool:
    """Tell whether a row is a line that is drawn with dashes."""
    return any(row) and all(is_rule(cell) for cell in row if cell)


def _is_year(cell: str) -> bool:
    return cell.isdigit() and int(cell) in YEARS


def distinct(names: Sequence[str]) -> tuple[list[str], tuple[Decision, ...]]:
    """Return names that differ: those that are empty or come again get a number.

    Examples
    --------
    >>> distinct(["size", "", "size"])[0]
    ['size', 'column 2', 'size (2)']
    """
    taken, given = set(names), set()
    found: list[str] = []
    for j, name in enumerate(names, start=1):
        new, number = name or f"column {j}", 2
        while new in given or (new != name and new in taken):
            new, number = f"{name or f'column {j}'} ({number})", number + 1
        given.add(new)
        found.append(new)
    twice = [name for name, count in Counter(filter(None, names)).items() if count > 1]
    if not twice:
        return found, ()
    called = [name for name, old in zip(found, names, strict=True) if old and name != old]
    why = f"{', '.join(map(repr, twice))} name{'s' * (len(twice) == 1)} more than one column"
    what = f"columns are called {', '.join(map(repr, called))}"
    return found, (Decision(what=what, why=why, change_with="--no-header"),)
