"""An order of rows that does not depend on the file's, and rows that are equal kept together.

Two promises rest on this module. Rows in another order give the same networks,
because rows are put in the order of a hash of their cells before anything is
drawn. And rows with equal inputs do not stand on both sides of a fold, whatever
their targets are: one of them would give the answer of the other away. So would rows that
are equal but for rounding. Where equal inputs always have equal targets, they are copies,
and become one row with the sum of their weights: a weight of two is a row that stands
there twice. Rows that are rounded stay rows of their own.

Where so many rows are equal that a fold could not hold them, they are no copies but
repeated observations, as in a table of three categories; these are dealt out one by one.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.cells.rounding import without_rounding
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.together import joined_within

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
    what = "row that is a duplicate" if copies == 1 else "rows that are duplicates"
    decision = Decision(
        what=f"{copies:,} {what} of another add to the weight of that row",
        why="a duplicate on the other side of a fold would leak its answer",
        change_with="--keep-copies",
    )
    return joined, np.cumsum(new_N) - 1, (decision,)


def keep_together(
    rows: Encoded, folds: int, *, lenient: bool = False
) -> tuple[Encoded, tuple[Decision, ...]]:
    """Return rows of which those with inputs equal but for rounding stay in one fold.

    In time nothing need be kept together: what is learnt from is earlier, equal or not.

    Parameters
    ----------
    rows : Encoded
    folds : int
        More equal rows than two of so many folds hold are dealt out one by one; so are all
        if fewer rows differ than there are folds. Of groups that equal rows would hold
        together in more than that, as many stay together as can.
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
    key_N = hash_rows(plain, target=False, rounding=True)
    _, set_N, size = np.unique(key_N, return_inverse=True, return_counts=True)
    if len(size) == len(rows) or rows.times is not None:
        return rows, ()
    large_N = size[set_N] > max(2, 2 * len(rows) // folds)
    least = 2 if lenient and len(rows) < 2 * folds else folds
    if rows.groups is None and len(size) < least:
        large_N = size[set_N] > 1
    part_N = np.where(large_N, len(size) + np.arange(len(rows)), set_N)
    if rows.groups is not None:
        part_N = joined_within(part_N, rows.groups, folds, least)
    exact_N = np.unique(hash_rows(plain, target=False), return_inverse=True)[1]
    found = _decisions(part_N, set_N, exact_N, large_N)
    if rows.groups is not None:
        return replace(rows, groups=part_N), found
    return replace(rows, sets=part_N) if len(np.unique(part_N)) < len(rows) else rows, found


def _decisions(
    part_N: NDArray[np.int64],
    set_N: NDArray[np.int64],
    exact_N: NDArray[np.int64],
    large_N: NDArray[np.bool_],
) -> tuple[Decision, ...]:
    """Say how many rows share a part with their copies, and how many may not."""
    found = []
    pairs = np.unique(np.stack([set_N, part_N]), axis=1)
    kept = len(set_N) - pairs.shape[1]
    exact = len(set_N) - np.unique(np.stack([exact_N, part_N]), axis=1).shape[1]
    if kept:
        found.append(_together(kept, kept - exact))
    split_N = np.bincount(pairs[0])[set_N] > 1
    reasons = (
        (split_N & ~large_N, "they would keep groups together that are larger than a fold"),
        (split_N & large_N, "a fold could not hold this many equal rows"),
    )
    found += [_split(int(which.sum()), why) for which, why in reasons if which.any()]
    return tuple(found)


def _together(copies: int, rounded: int) -> Decision:
    what = f"{copies:,} {'row has' if copies == 1 else 'rows have'} the same inputs as another"
    if rounded == copies:
        what += " except for rounding"
    elif rounded:
        what += f", {rounded:,} of them except for rounding"
    return Decision(
        what=f"{what}, and {'shares' if copies == 1 else 'share'} its fold",
        why="on the other side of a fold it would leak the answer",
        change_with="--keep-copies",
    )


def _split(count: int, why: str) -> Decision:
    what = f"{count:,} rows with the same inputs as another may be in different folds"
    return Decision(what=what, why=why, change_with="--group-column")


def hash_rows(
    rows: Encoded, *, target: bool, groups: bool = True, rounding: bool = False
) -> NDArray[np.uint64]:
    """Return a number for the cells of each row and its time, and target and group if asked.

    Rows have equal numbers if they are equal, whatever their weights. The number of a row does
    not depend on what other rows hold, as long as groups and rounding are left out.

    Parameters
    ----------
    rows : Encoded
    target, groups : bool
    rounding : bool
        Whether measured cells that are equal but for rounding count as equal.
    """
    columns = [*(_without_rounding(rows) if rounding else rows.numbers).T]
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
        total = total * _MIX + _hashed(column)
    return total


def _hashed(column: NDArray[Any]) -> NDArray[np.uint64]:
    # Adding 0.0 turns -0.0 into 0.0, and every NaN is given one bit pattern.
    plain = np.where(np.isnan(column), np.nan, column + 0.0)
    return np.asarray(pd.util.hash_array(np.ascontiguousarray(plain)))


def _without_rounding(rows: Encoded) -> NDArray[np.floating[Any]]:
    """Return numbers that are the same where they are equal but for rounding.

    Once all rows differ by the columns seen, the others are left as they are.
    """
    numbers = rows.numbers.copy()
    total = np.zeros(len(rows), dtype=np.uint64)
    for place in rows.measured:
        numbers[:, place] = without_rounding(numbers[:, place])
        total = total * _MIX + _hashed(numbers[:, place])
        if len(np.unique(total)) == len(rows):
            break
    return numbers
