"""From cells to numbers and codes. Nothing is learnt from rows here.

What a coded cell is depends on that cell and the schema alone: no mean, no
scale, no frequency. Those are estimated inside each fold's network, from the
rows that the fold may learn from.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.cells.bags import PLACES, counts_grams, to_bags, width_of
from tenfold.data.cells.moments import days_of, to_moments
from tenfold.data.cells.parse import (
    NO_CELL,
    NOWHERE,
    places,
    read_truth,
    to_categories,
    to_numbers,
    to_text,
)
from tenfold.data.columns.column import Column
from tenfold.data.columns.column_kind import find_kind
from tenfold.data.columns.schema import Schema
from tenfold.data.tables.table import Table
from tenfold.errors import SchemaError, SplitError

UNSEEN: Final = 0  # a category that is not in the schema
EMPTY: Final = 1  # an empty cell
FIRST_LEVEL: Final = 2


DATE_PARTS: Final = ("day", "month", "weekday", "hour")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Encoded:
    """N rows as numbers and codes.

    Attributes
    ----------
    numbers : ndarray of shape (N, P), float64
        In the units of the file; NaN where a cell is empty. Of pictures their features,
        float32.
    codes : ndarray of shape (N, Q), int64
        A category's place in its column's levels plus 2; 1 for empty, 0 for unseen.
    levels : tuple of Q ints
        Number of codes of each column.
    countable : tuple of int
        Columns of numbers, by place among the P, whose values may be categories, too.
    measured : tuple of int
        Columns of numbers, by place among the P, whose cells may have been rounded; those of
        dates and truth values are exact.
    marks : int
        How many of the P are places of text and lists.
    texts : tuple of (int, int)
        Where the counted parts of each text begin and end among the P.
    target : ndarray of shape (N,) or (N, L)
        float64 in regression, int64 class numbers in classification; where rows may have
        several labels, 1 or 0 for each.
    weights : ndarray of shape (N,), float64
        Weight of each row.
    groups : ndarray of shape (N,), int64, or None
        Rows with equal numbers stay in one fold; a user says so.
    sets : ndarray of shape (N,), int64, or None
        Rows with equal numbers stay in one fold, because their inputs are equal.
    times : ndarray of shape (N,), float64, or None
    rows : ndarray of shape (N,), int64
        Where each row stands in its table.
    hashes : tuple of Q ndarray of shape (codes of the column,), uint64, or None
        Of each code a number that goes by its category alone, whatever others there are.
        None if the codes themselves are as good.
    """

    numbers: NDArray[np.floating[Any]]
    codes: NDArray[np.int64]
    levels: tuple[int, ...]
    target: NDArray[np.float64] | NDArray[np.int64]
    weights: NDArray[np.float64]
    groups: NDArray[np.int64] | None
    times: NDArray[np.float64] | None
    rows: NDArray[np.int64]
    countable: tuple[int, ...] = ()
    measured: tuple[int, ...] = ()
    marks: int = 0
    texts: tuple[tuple[int, int], ...] = ()
    sets: NDArray[np.int64] | None = None
    hashes: tuple[NDArray[np.uint64], ...] | None = None

    @classmethod
    def of_numbers(
        cls,
        numbers: NDArray[np.floating[Any]],
        target: NDArray[np.float64] | NDArray[np.int64],
        groups: NDArray[np.int64] | None = None,
        sets: NDArray[np.int64] | None = None,
    ) -> Self:
        """Return rows of numbers alone, in the order of their data, all of the same weight."""
        count = len(numbers)
        return cls(
            numbers=numbers,
            codes=np.zeros((count, 0), dtype=np.int64),
            levels=(),
            target=target,
            weights=np.ones(count),
            groups=groups,
            times=None,
            rows=np.arange(count, dtype=np.int64),
            sets=sets,
        )

    def __len__(self) -> int:
        return len(self.numbers)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Encoded":
        """Return the given rows, by position or by mark."""
        arrays: dict[str, Any] = {
            f.name: value[rows]
            for f in fields(self)
            if isinstance(value := getattr(self, f.name), np.ndarray)
        }
        return replace(self, **arrays)


def encode_inputs(
    frame: pd.DataFrame, schema: Schema, decimal: str = "."
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Code the columns that the network learns from.

    Returns
    -------
    numbers : ndarray of shape (N, P), float64
    codes : ndarray of shape (N, Q), int64
    """
    numbers: list[NDArray[np.float64]] = []
    codes: list[NDArray[np.int64]] = []
    for column in schema.used:
        cells = frame[column.name]
        if column.kind == "number":
            numbers.append(to_numbers(cells, decimal, column.form, column.unit))
        elif column.kind == "boolean":
            numbers.append(read_truth(cells, decimal, column.tick))
        elif column.kind == "date":
            numbers.extend(_date_parts(cells, column))
        elif column.kind in PLACES:
            bags = to_bags(cells, column.kind, column.sign, decimal, column.places)
            numbers.extend(bags.T)
        else:
            codes.append(_codes(cells, column, decimal))
    rows = len(frame)
    return (
        np.stack(numbers, axis=1) if numbers else np.zeros((rows, 0)),
        np.stack(codes, axis=1) if codes else np.zeros((rows, 0), dtype=np.int64),
    )


def number_names(schema: Schema) -> tuple[str, ...]:
    """Return the names of the P columns of numbers, in their order."""
    return tuple(name for column in schema.used for name in names_of(column))


def names_of(column: Column) -> list[str]:
    """Return the names of the numbers of a column that is learnt from.

    Examples
    --------
    >>> names_of(Column(name="size", kind="number"))
    ['size']
    >>> names_of(Column(name="tags", kind="list", sign=";"))[:3]
    ['tags (number of words)', 'tags (words 1)', 'tags (words 2)']
    """
    parts: Iterable[str] = ()
    if column.kind == "date":
        parts = DATE_PARTS
    elif column.kind in PLACES:
        marks = range(1, width_of(column.kind, column.places))
        parts = ("number of words", *(f"words {at}" for at in marks))
    elif column.kind != "category":
        return [column.name]
    return [f"{column.name} ({part})" for part in parts]


def places_of(schema: Schema) -> dict[str, tuple[list[int], list[int]]]:
    """Return where each column that is learnt from stands among the P numbers and Q codes."""
    places: dict[str, tuple[list[int], list[int]]] = {c.name: ([], []) for c in schema.used}
    place = 0
    for column in schema.used:
        count = len(names_of(column))
        places[column.name][0].extend(range(place, place + count))
        place += count
    for at, column in enumerate(schema.categories):
        places[column.name][1].append(at)
    return places


def countable(schema: Schema) -> tuple[int, ...]:
    """Return the columns of numbers, by place among the P, whose values may be categories, too.

    A column that a user calls a number is a number and no more.
    """
    places = places_of(schema)
    numbers = (column for column in schema.used if column.kind == "number" and not column.asked)
    return tuple(places[column.name][0][0] for column in numbers)


def measured(schema: Schema) -> tuple[int, ...]:
    """Return the columns of numbers, by place among the P, whose cells may be rounded."""
    places = places_of(schema)
    return tuple(places[c.name][0][0] for c in schema.used if c.kind == "number")


def texts_of(schema: Schema) -> tuple[tuple[int, int], ...]:
    """Return where the counted parts of each text begin and end among the P."""
    places = places_of(schema)
    return tuple(
        (places[c.name][0][1], places[c.name][0][-1] + 1)
        for c in schema.used
        if counts_grams(c.kind, c.places)
    )


def level_counts(schema: Schema) -> tuple[int, ...]:
    """Return the number of codes of each of the Q columns."""
    return tuple(len(column.levels) + FIRST_LEVEL for column in schema.categories)


def _hashes(column: Column) -> NDArray[np.uint64]:
    """Return a number for each code of a column that goes by its category alone."""
    levels = np.array([*column.levels, ""], dtype=object)[:-1]
    others = np.arange(FIRST_LEVEL, dtype=np.uint64)  # unseen, and empty
    return np.concatenate([others, pd.util.hash_array(levels, categorize=False)])


def _codes(cells: "pd.Series[Any]", column: Column, decimal: str) -> NDArray[np.int64]:
    place_N = places(cells, column.levels, decimal)
    codes_N = np.where(place_N == NOWHERE, UNSEEN, place_N + FIRST_LEVEL)
    return np.where(place_N == NO_CELL, EMPTY, codes_N)


def _date_parts(cells: "pd.Series[Any]", column: Column) -> list[NDArray[np.float64]]:
    times = pd.Series(to_moments(cells, column.date_format))
    parts = [days_of(times), times.dt.month, times.dt.day_of_week, times.dt.hour]
    return [part.to_numpy(dtype=np.float64, na_value=np.nan) for part in parts]


def as_numbers(
    cells: "pd.Series[Any]", column: Column, decimal: str
) -> NDArray[np.float64] | None:
    """Return a column of numbers, or of dates as days since 1970; None of any other."""
    if column.kind == "number":
        return to_numbers(cells, decimal, column.form, column.unit)
    if column.kind == "date":
        dates = pd.Series(to_moments(cells, column.date_format))
        return days_of(dates).to_numpy().astype(np.float64)
    return None


def encode_target(table: Table, schema: Schema) -> NDArray[np.float64] | NDArray[np.int64]:
    """Code the target: numbers in regression, class numbers in classification.

    A class that the schema does not know becomes -1.
    """
    cells = table.frame[schema.target]
    if schema.task == "regression":
        return to_numbers(cells, table.decimal, schema.target_form, schema.target_unit)
    return np.maximum(places(cells, schema.classes, table.decimal), NOWHERE)


def encode(table: Table, schema: Schema) -> Encoded:
    """Code a table whose rows all have a target.

    Raises
    ------
    SchemaError
        S08, if a weight is missing or negative, or all are zero.
    SplitError
        F05, if a cell of the time column is no time.
    """
    numbers, codes = encode_inputs(table.frame, schema, table.decimal)
    groups = times = None
    if schema.group_column is not None:
        groups = read_groups(table, schema.group_column)
    if schema.time_column is not None:
        times = read_times(table, schema.time_column)
    return Encoded(
        numbers=numbers,
        codes=codes,
        levels=level_counts(schema),
        hashes=tuple(_hashes(column) for column in schema.categories),
        countable=countable(schema),
        measured=measured(schema),
        marks=sum(width_of(c.kind, c.places) - 1 for c in schema.used if c.kind in PLACES),
        texts=texts_of(schema),
        target=encode_target(table, schema),
        weights=read_weights(table, schema.weight_column),
        groups=groups,
        times=times,
        rows=np.arange(len(table), dtype=np.int64),
    )


def read_groups(table: Table, name: str) -> NDArray[np.int64]:
    """Return the number of each row's group; a row whose cell is empty is one by itself."""
    texts = to_categories(table.frame[name], table.decimal)
    empty = np.array([text is None for text in texts], dtype=bool)
    groups = np.zeros(len(table), dtype=np.int64)
    names, groups[~empty] = np.unique(texts[~empty].astype(str), return_inverse=True)
    groups[empty] = len(names) + np.arange(empty.sum())
    return groups


def read_weights(table: Table, name: str | None) -> NDArray[np.float64]:
    """Return the weights of the rows: those of a column, or ones.

    Raises
    ------
    SchemaError
        S08, if a weight is missing or negative, or all are zero.
    """
    if name is None:
        return np.ones(len(table))
    weights = to_numbers(table.frame[name], table.decimal)
    bad = np.flatnonzero(~(weights >= 0))
    if len(bad):
        raise SchemaError(
            "S08",
            f"{len(bad):,} cells of the weight column {name!r} are not valid weights",
            place={"file": table.source, "lines": ", ".join(map(str, table.lines[bad[:5]]))},
            fix=["correct these cells"],
        )
    if not weights.any():
        raise SchemaError(
            "S08",
            f"the weights in column {name!r} are all zero",
            place={"file": table.source},
            fix=["choose another column, or none"],
        )
    return weights


def read_times(table: Table, name: str) -> NDArray[np.float64]:
    """Return the moments of the rows: seconds for dates, numbers as they are.

    Raises
    ------
    SplitError
        F05, if a cell is neither.
    """
    times = _moments(table, name)
    bad = np.flatnonzero(np.isnan(times))
    if len(bad):
        raise SplitError(
            "F05",
            f"{len(bad):,} cells of the time column {name!r} are not times",
            place={"file": table.source, "lines": ", ".join(map(str, table.lines[bad[:5]]))},
            fix=["correct these cells", "choose another column: --time-column NAME"],
        )
    return times


def _moments(table: Table, name: str) -> NDArray[np.float64]:
    """Return the moments of the rows, NaN where a cell is no time."""
    cells = table.frame[name]
    found = find_kind(name, cells, table.decimal)
    if found.date_format is None:
        return to_numbers(cells, table.decimal, found.form, found.unit)
    dates = to_moments(cells, found.date_format)
    return np.where(np.isnat(dates), np.nan, dates.astype(np.float64))


def with_times(
    table: Table, name: str | None, max_bad: float
) -> tuple[Table, tuple[Decision, ...]]:
    """Return a table without the few rows that have no time, which join ``rejected``.

    More of them than ``max_bad`` allows stay, and ``read_times`` refuses them.
    """
    if name is None or name not in table.frame.columns:
        return table, ()
    cells, bad = table.frame[name], np.isnan(_moments(table, name))
    every = len(table) + len(table.rejected)
    if not bad.any() or len(table.rejected) + bad.sum() > max_bad * every:
        return table, ()
    reasons = np.full(len(table), f"its time {name!r} is empty", dtype=object)
    filled = bad & cells.notna().to_numpy()
    texts = to_text(cells[filled], table.decimal)
    reasons[filled] = [f"its time {name!r} is {text!r}, which is not a time" for text in texts]
    what = f"{bad.sum():,} rows without a time are left out"
    if bad.sum() == 1:
        what = "one row without a time is left out"
    why = f"line {table.lines[bad][0]}: {reasons[bad][0]}"
    decision = Decision(what=what, why=why, change_with="--time-column")
    return table.reject(bad, reasons), (decision,)
