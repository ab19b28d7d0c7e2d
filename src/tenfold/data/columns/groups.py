"""Groups of rows that a user can name: those of a category, or of some numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.cells.bags import PLACES, words_of_each
from tenfold.data.cells.parse import count_values, to_categories
from tenfold.data.columns.column import Column
from tenfold.data.columns.encode import as_numbers, encode_target
from tenfold.data.columns.schema import Schema
from tenfold.data.tables.table import Table

QUARTERS: Final = 4
FEW_VALUES: Final = 5  # a column with no more numbers has a group for each
MOST_VALUES: Final = 12  # of a column, the most frequent
LEAST_ROWS: Final = 30  # of a group


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Group:
    """Some rows, and what they have in common.

    Attributes
    ----------
    column : str
    value : str
        What the column holds in all of these rows.
    member : ndarray of shape (N,), bool
        Which rows they are.
    by_truth : bool
        Whether it is the truth that they have in common, which nobody knows beforehand.
    """

    column: str
    value: str
    member: NDArray[np.bool_]
    by_truth: bool = False


def groups_of_table(table: Table, schema: Schema) -> Iterator[Group]:
    """Yield groups of at least 30 rows, by each column learnt from and by the target."""
    for column in schema.used:
        cells = table.frame[column.name]
        numbers = as_numbers(cells, column, table.decimal)
        if column.kind in PLACES:
            yield from by_part(column, cells, table.decimal)
        elif numbers is None:
            yield from by_category(column.name, to_categories(cells, table.decimal))
        else:
            yield from by_range(column.name, numbers, dates=column.kind == "date")
    truth = encode_target(table, schema)
    if schema.task == "regression":
        of_truth = by_range(schema.target, truth.astype(np.float64))
    else:
        of_truth = by_category(schema.target, np.array(schema.classes, dtype=object)[truth])
    yield from (replace(group, by_truth=True) for group in of_truth)


def by_category(column: str, texts: NDArray[np.object_]) -> Iterator[Group]:
    """Yield the rows of each of the most frequent categories, and those without.

    Examples
    --------
    >>> letters = np.array(["a"] * 35 + ["b"] * 40 + ["c"], dtype=object)
    >>> [(group.value, int(group.member.sum())) for group in by_category("letter", letters)]
    [('b', 40), ('a', 35)]
    """
    frequent = count_values(texts)
    for category in frequent.index[:MOST_VALUES]:
        if frequent[category] >= LEAST_ROWS:
            yield Group(column=column, value=str(category), member=texts == category)
    yield from _missing(column, pd.isna(texts))


def by_part(column: Column, cells: "pd.Series[Any]", decimal: str) -> Iterator[Group]:
    """Yield the rows that hold each of the most frequent words of a list, and those without.

    Free text has no groups but that of empty cells: what it is about is no single word.

    Examples
    --------
    >>> column = Column(name="tags", kind="list", sign=";")
    >>> cells = pd.Series(["a;b"] * 35 + ["b"] * 5, dtype=object)
    >>> [(group.value, int(group.member.sum())) for group in by_part(column, cells, ".")]
    [('b', 40), ('a', 35)]
    """
    empty = cells.isna().to_numpy()
    if column.kind == "list":
        held = words_of_each(cells, column.sign, decimal)
        frequent = count_values(np.array([*chain.from_iterable(held)], dtype=object))
        for word in frequent.index[:MOST_VALUES]:
            if frequent[word] >= LEAST_ROWS:
                member = np.array([word in words for words in held])
                yield Group(column=column.name, value=word, member=member)
    yield from _missing(column.name, empty)


def by_range(
    column: str, numbers: NDArray[np.float64], *, dates: bool = False
) -> Iterator[Group]:
    """Yield the rows of each quarter of a column's numbers, and those without.

    Parameters
    ----------
    column : str
    numbers : ndarray of shape (N,)
        NaN where there is none; days since 1970 if they are dates.
    dates : bool

    Examples
    --------
    >>> [group.value for group in by_range("x", np.arange(200.0))]
    ['below 49.75', '49.75 to 99.5', '99.5 to 149.2', '149.2 or more']
    """
    known = np.isfinite(numbers)
    values = np.unique(numbers[known])
    if len(values) <= FEW_VALUES:
        for value in values:
            member = numbers == value
            if member.sum() >= LEAST_ROWS:
                yield Group(column=column, value=_named(value, dates=dates), member=member)
    else:
        edges = np.unique(np.quantile(numbers[known], np.arange(1, QUARTERS) / QUARTERS))
        place = np.searchsorted(edges, numbers, side="right")
        for number in range(len(edges) + 1):
            member = known & (place == number)
            if member.sum() >= LEAST_ROWS:
                name = _range(edges, number, dates=dates)
                yield Group(column=column, value=name, member=member)
    yield from _missing(column, ~known)


def _missing(column: str, member: NDArray[np.bool_]) -> Iterator[Group]:
    if member.sum() >= LEAST_ROWS:
        yield Group(column=column, value="missing", member=member)


def _range(edges: NDArray[np.float64], number: int, *, dates: bool) -> str:
    if number == 0:
        return f"below {_named(edges[0], dates=dates)}"
    low = _named(edges[number - 1], dates=dates)
    if number == len(edges):
        return f"{low} or more"
    return f"{low} to {_named(edges[number], dates=dates)}"


def _named(value: float, *, dates: bool) -> str:
    if dates:
        return str(np.datetime64(round(value), "D"))
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
