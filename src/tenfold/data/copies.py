"""An order of rows that does not depend on the file's, and copies of rows joined.

Two promises rest on this module. Rows in another order give the same networks,
because rows are put in the order of a hash of their cells before anything is
drawn. And a row that stands in the table twice does not end up on both sides of
a fold: exact copies become one row with the sum of their weights.

Copies are joined only where equal inputs always have equal targets. In a table
of, say, three categories, equal rows are no copies but repeated observations;
joining them would put all rows of one answer into one fold.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.encode import Encoded

_MIX = np.uint64(0x9E3779B97F4A7C15)


def in_order(rows: Encoded) -> Encoded:
    """Return the rows in the order of a hash of their cells, zero weights left out.

    Rows with equal cells keep their order; nothing can tell them apart.
    """
    rows = rows.take(rows.weights > 0)
    return rows.take(np.argsort(hash_rows(rows, target=True), kind="stable"))


def join_copies(rows: Encoded) -> tuple[Encoded, NDArray[np.int64], tuple[Decision, ...]]:
    """Join the exact copies among rows that ``in_order`` returned.

    Returns
    -------
    joined : Encoded
        One row of each kind.
    place : ndarray of shape (N,), int64
        Where each of ``rows`` went among the joined.
    decisions : tuple of Decision
        Empty if nothing was joined.
    """
    full = hash_rows(rows, target=True)
    new = np.r_[True, full[1:] != full[:-1]]
    first = np.flatnonzero(new)
    copies = len(rows) - len(first)
    inputs = len(np.unique(hash_rows(rows, target=False)))
    # Fewer distinct inputs than distinct rows: somewhere equal inputs have two targets.
    if copies == 0 or inputs < len(first):
        return rows, np.arange(len(rows)), ()
    joined = replace(rows.take(first), weights=np.add.reduceat(rows.weights, first))
    decision = Decision(
        what=f"{copies:,} rows that are copies of another count as more weight of that row",
        why="a copy on the other side of a fold would give its answer away",
        change_with="--keep-copies",
    )
    return joined, np.cumsum(new) - 1, (decision,)


def hash_rows(rows: Encoded, *, target: bool) -> NDArray[np.uint64]:
    """Return a number for the cells of each row, groups and times, and its target if asked.

    Rows have equal numbers if they are equal, whatever their weights.
    """
    columns = [*rows.numbers.T, *rows.codes.T]
    columns += [extra for extra in (rows.groups, rows.times) if extra is not None]
    if target:
        columns.append(rows.target)
    total = np.zeros(len(rows), dtype=np.uint64)
    for column in columns:
        # Adding 0.0 turns -0.0 into 0.0, and every NaN is given one bit pattern.
        plain = np.where(np.isnan(column), np.nan, column + 0.0)
        total = total * _MIX + pd.util.hash_array(np.ascontiguousarray(plain))
    return total
