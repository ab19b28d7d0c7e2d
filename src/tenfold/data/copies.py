"""An order of rows that does not depend on the file's, and rows that are equal kept together.

Two promises rest on this module. Rows in another order give the same networks,
because rows are put in the order of a hash of their cells before anything is
drawn. And rows with equal inputs do not stand on both sides of a fold, whatever
their targets are: one of them would give the answer of the other away. Where equal
inputs always have equal targets, they are copies, and become one row with the sum of
their weights: a weight of two is a row that stands there twice.

Where so many rows are equal that a fold could not hold them, they are no copies but
repeated observations, as in a table of three categories; these are dealt out one by one.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tenfold.config import Decision
from tenfold.data.encode import Encoded

_MIX = np.uint64(0x9E3779B97F4A7C15)


def in_order(rows: Encoded) -> Encoded:
    """Return the rows in the order of a hash of their cells, zero weights left out.

    Rows with equal cells keep their order; nothing can tell them apart.
    """
    rows = rows.take(rows.weights > 0)
    cells_N = hash_rows(rows, target=True, groups=False)
    if rows.groups is None:
        return rows.take(np.argsort(cells_N, kind="stable"))
    # One more group gives the others new numbers, and leaves them in their order.
    return rows.take(np.lexsort([rows.groups, cells_N]))


def join_copies(rows: Encoded) -> tuple[Encoded, NDArray[np.int64], tuple[Decision, ...]]:
    """Join copies among rows that ``in_order`` returned, where all equal inputs are copies.

    Returns
    -------
    joined : Encoded
        One row of each kind.
    place : ndarray of shape (N,), int64
        Where each of ``rows`` went among the joined.
    decisions : tuple of Decision
        Empty if nothing was joined.
    """
    kind_N = hash_rows(rows, target=True)
    new_N = np.r_[True, kind_N[1:] != kind_N[:-1]]
    first = np.flatnonzero(new_N)
    copies = len(rows) - len(first)
    inputs = len(np.unique(hash_rows(rows, target=False)))
    # Fewer distinct inputs than distinct rows: somewhere equal inputs have two targets.
    if copies == 0 or inputs < len(first):
        return rows, np.arange(len(rows)), ()
    joined = replace(rows.take(first), weights=np.add.reduceat(rows.weights, first))
    what = "row that is a copy" if copies == 1 else "rows that are copies"
    decision = Decision(
        what=f"{copies:,} {what} of another count as more weight of that row",
        why="a copy on the other side of a fold would give its answer away",
        change_with="--keep-copies",
    )
    return joined, np.cumsum(new_N) - 1, (decision,)


def keep_together(
    rows: Encoded, folds: int, *, lenient: bool = False
) -> tuple[Encoded, tuple[Decision, ...]]:
    """Return rows of which those with equal inputs stay in one fold.

    In time nothing need be kept together: what is learnt from is earlier, equal or not.

    Parameters
    ----------
    rows : Encoded
    folds : int
        More equal rows than two of so many folds hold are dealt out one by one; so are all
        if fewer rows differ than there are folds. Groups that equal rows would hold together
        in more than a fold stay apart.
    lenient : bool
        Whether a table with few rows gets as many folds as rows differ.

    Returns
    -------
    rows : Encoded
        With ``sets``, or with ``groups`` that hang together.
    decisions : tuple of Decision
        Empty if all inputs differ.
    """
    plain = replace(rows, groups=None)
    _, set_N, size = np.unique(
        hash_rows(plain, target=False), return_inverse=True, return_counts=True
    )
    copies = len(rows) - len(size)
    if copies == 0 or rows.times is not None:
        return rows, ()
    most = max(2, 2 * len(rows) // folds)
    if rows.groups is not None:
        joint_N = joined(set_N, rows.groups)
        own = np.bincount(np.unique(rows.groups, return_inverse=True)[1]).max()
        if np.bincount(joint_N).max() > max(most, own):
            why = "they would hold groups together that fill more than a fold"
            return rows, (_apart(size[set_N] > 1, why),)
        return replace(rows, groups=joint_N), (_together(copies),)
    large_N = size[set_N] > most
    if len(size) < (2 if lenient and len(rows) < 2 * folds else folds):
        large_N = size[set_N] > 1
    sets_N = np.where(large_N, len(size) + np.arange(len(rows)), set_N)
    left = len(rows) - len(np.unique(sets_N))
    found = (_together(left),) if left else ()
    if large_N.any():
        why = "a fold could not hold so many equal rows"
        found = (*found, _apart(large_N, why))
    return replace(rows, sets=sets_N) if left else rows, found


def _together(copies: int) -> Decision:
    what = "row has" if copies == 1 else "rows have"
    return Decision(
        what=f"{copies:,} {what} the same inputs as another, and share its fold",
        why="on the other side of a fold it would give the answer away",
        change_with="--keep-copies",
    )


def _apart(which: NDArray[np.bool_], why: str) -> Decision:
    what = f"{which.sum():,} rows with the same inputs as another may stand in different folds"
    return Decision(what=what, why=why, change_with="--group-column")


def joined(sets_N: NDArray[np.int64], groups_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of what hangs together by copies or by the user's groups.

    Examples
    --------
    >>> joined(np.array([0, 1, 1, 3]), np.array([7, 7, 8, 9])).tolist()
    [0, 0, 0, 1]
    """
    sets = np.unique(sets_N, return_inverse=True)[1]
    groups = np.unique(groups_N, return_inverse=True)[1] + sets.max() + 1
    size = int(groups.max()) + 1
    links = coo_array((np.ones(len(sets)), (sets, groups)), shape=(size, size))
    parts = connected_components(links, directed=False)[1]
    return np.asarray(parts[sets], dtype=np.int64)


def hash_rows(rows: Encoded, *, target: bool, groups: bool = True) -> NDArray[np.uint64]:
    """Return a number for the cells of each row and its time, and target and group if asked.

    Rows have equal numbers if they are equal, whatever their weights. The number of a row does
    not depend on what other rows hold, as long as groups are left out.
    """
    columns = [*rows.numbers.T]
    if rows.hashes is None:
        columns += [*rows.codes.T]
    else:
        columns += [
            hash_L[codes_N] for hash_L, codes_N in zip(rows.hashes, rows.codes.T, strict=True)
        ]
    others = (rows.groups if groups else None, rows.times, rows.target if target else None)
    columns += [extra for extra in others if extra is not None]
    total = np.zeros(len(rows), dtype=np.uint64)
    for column in columns:
        # Adding 0.0 turns -0.0 into 0.0, and every NaN is given one bit pattern.
        plain = np.where(np.isnan(column), np.nan, column + 0.0)
        total = total * _MIX + pd.util.hash_array(np.ascontiguousarray(plain))
    return total
