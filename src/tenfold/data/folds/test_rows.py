"""Test rows, taken away from a table before anything else looks at it."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.cells.parse import to_categories, to_numbers
from tenfold.data.cells.rounding import without_rounding
from tenfold.data.columns.encode import read_groups, read_times
from tenfold.data.columns.target import MAX_CLASSES
from tenfold.data.folds.hold_out import PARTS
from tenfold.data.tables.table import Table, find_column
from tenfold.errors import SplitError
from tenfold.seeds import Streams


def hold_out_test_rows(
    table: Table, target: str, schema: SchemaOptions, options: SplitOptions, streams: Streams
) -> tuple[Table, Table]:
    """Take test rows away from a table before anything else looks at it.

    The last rows by time, whole groups, the last rows of some groups if there are both, or a
    share of each class or of all rows; rows with inputs equal but for rounding stay on one
    side. Which ones are taken does not depend on the order of the file.

    Returns
    -------
    rest, test : Table
        With groups and times, rows that are neither earlier nor of other groups are in none.

    Raises
    ------
    SplitError
        F02 or F03, if one of the two would be empty.
    """
    share = options.test_size or 0.0
    cells = pd.DataFrame(
        {
            name: to_categories(table.frame[name], table.decimal)
            for name in sorted(table.frame.columns)
        }
    ).astype(str)
    order = np.argsort(_hashed(cells), kind="stable")
    generator = streams.generator("test rows")
    groups = times = None
    if options.group_column is not None:
        find_column(table, options.group_column, option="--group-column")
        groups = read_groups(table, options.group_column)
    if options.time_column is not None:
        find_column(table, options.time_column, option="--time-column")
        times = read_times(table, options.time_column)
    if times is not None:
        # Rows of one moment may not stand on both sides.
        count = round(share * len(table))
        first = np.sort(times)[-count] if count else np.inf
        rest, test = times < first, times >= first
        if groups is not None:
            own = _some_groups(groups, 1 / PARTS, generator)
            rest, test = rest & ~own, test & own
    elif groups is not None:
        test = _some_groups(groups, share, generator)
        rest, test = _parted(table, target, test, groups)
    else:
        inputs = cells.columns.difference([target, schema.weight_column or target])
        alike = cells[inputs].apply(lambda texts: _without_rounding(texts, table))
        sets = np.unique(_hashed(alike), return_inverse=True)[1]
        test = np.zeros(len(table), dtype=bool)
        test[order] = _some_rows(table, target, order, sets[order], share, generator)
        rest, test = _parted(table, target, test, sets)
    if not rest.any() or not test.any():
        raise SplitError(
            "F02",
            f"--test-size {share:g} would hold out {test.sum():,} of {len(table):,} rows",
            fix=["choose another fraction, or use more rows"],
        )
    return table.take(rest), table.take(test)


def _parted(
    table: Table, target: str, test: NDArray[np.bool_], units: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the rows to learn from and those to test on, without units of a class to lose.

    A unit that holds all rows of a class is learnt from.
    """
    names, key = np.unique(
        to_categories(table.frame[target], table.decimal).astype(str), return_inverse=True
    )
    if _are_numbers(names, table):
        return ~test, test
    lost = np.setdiff1d(key[test], key[~test])
    kept = test & ~np.isin(units, units[np.isin(key, lost)])
    return ~kept, kept


def _are_numbers(names: NDArray[Any], table: Table) -> bool:
    """Tell whether the values of a target are too many to be classes."""
    return len(names) > MAX_CLASSES or len(names) > len(table) / 10


def _without_rounding(texts: "pd.Series[Any]", table: Table) -> "pd.Series[Any]":
    """Return the words of a column of numbers, equal where they are but for rounding."""
    cells = table.frame[texts.name]
    if cells.dtype.kind in "mM":
        return texts
    numbers = to_numbers(cells, table.decimal)
    if np.isnan(numbers[cells.notna()]).any():
        return texts
    return pd.Series(without_rounding(numbers).astype(str), index=texts.index)


def _hashed(cells: pd.DataFrame) -> NDArray[Any]:
    return pd.util.hash_pandas_object(cells, index=False).to_numpy()


def _some_groups(
    groups: NDArray[np.int64], share: float, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Return which rows are of a share of the groups."""
    names, group = np.unique(groups, return_inverse=True)
    chosen = generator.permutation(len(names))[: round(share * len(names))]
    return np.isin(group, chosen)


def _some_rows(
    table: Table,
    target: str,
    order: NDArray[np.int64],
    sets: NDArray[np.int64],
    share: float,
    generator: np.random.Generator,
) -> NDArray[np.bool_]:
    """Return which rows, in an order, are a share of each class, sets of equal ones whole.

    A set that is larger than the share is no copy but repeated observations, and is shared out.
    """
    texts = to_categories(table.frame[target], table.decimal).astype(str)[order]
    names, key = np.unique(texts, return_inverse=True)
    if _are_numbers(names, table):
        key = np.zeros(len(table), dtype=np.int64)
    large = np.bincount(sets)[sets] > max(1, share * len(table))
    sets = np.where(large, len(table) + np.arange(len(table)), sets)
    _, first, back = np.unique(sets, return_index=True, return_inverse=True)
    first, back = np.sort(first), np.argsort(np.argsort(first))[back]
    # Sorted by class, then at random: every k-th is a share of each class.
    lined = np.lexsort((generator.random(len(first)), key[first]))
    at = np.floor(np.arange(len(first)) * share)
    chosen = np.zeros(len(first), dtype=bool)
    chosen[lined[np.diff(at, append=np.floor(len(first) * share)) > 0]] = True
    return np.asarray(chosen[back])
