"""Rows that are copies of others, or nearly, and would stand on both sides of a fold.

Shape letters in this file:
    N  rows    P  columns of numbers    Q  columns of words    R  rows that are asked about
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.columns import FEWEST
from tenfold.checks.finding import Finding
from tenfold.data.copies import hash_rows
from tenfold.data.encode import Encoded

# Equal rows that training does not join, as some of equal cells have several targets.
SOME: Final = 0.02  # of the rows
MANY: Final = 0.05
MIXED: Final = 0.05  # sets of equal cells with several targets; repeated observations have more
VARIED: Final = 0.2  # of the rows are different, or few words make them equal by chance

# Near copies: steps are shares of what eight of ten rows of a column span.
STEPS: Final = (0.001, 0.003, 0.01, 0.03)
ASKED: Final = 1_000
WORK: Final = 200_000_000  # numbers that are compared
# EVIDENCE: benchmarks/audit. Of phoneme's rows 7 % equal another but for the last digit.
NEAR: Final = 0.04  # of the rows have a near copy
OFTEN: Final = 0.1
WIDER: Final = 3.0  # steps as wide, in which chance would find many more
WIDEST: Final = WIDER * STEPS[-1]
MORE: Final = 1.5
LEAST_COLUMNS: Final = 3  # of numbers with more than these values
MANY_VALUES: Final = 50


def check_copies(rows: Encoded, kind_N: NDArray[np.uint64]) -> Iterator[Finding]:
    """Yield whether many rows are copies that may stand on both sides of a fold: A06.

    Parameters
    ----------
    rows : Encoded
        All rows of the table. Copies that training joins are only good to know.
    kind_N : ndarray of shape (N,), uint64
        Equal for equal rows with equal targets: ``hash_rows``.
    """
    kinds, first, count = np.unique(kind_N, return_index=True, return_counts=True)
    copies = len(rows) - len(kinds)
    if not copies or len(rows) < FEWEST:
        return
    inputs, sets = np.unique(hash_rows(rows.take(first), target=False), return_counts=True)
    share = copies / len(rows)
    joined = len(inputs) == len(kinds)
    repeated = (sets > 1).sum() + (count > 1).sum()
    chance = len(kinds) < VARIED * len(rows) or (sets > 1).sum() > MIXED * repeated
    if joined or share < SOME or chance:
        what = "count as more weight of that row" if joined else "are left as they are"
        yield Finding(
            code="A06",
            severity="notes",
            fact=f"{copies:,} of {len(rows):,} rows are copies of another, and {what}",
            fix=("remove them, if each should count once",),
        )
        return
    yield Finding(
        code="A06",
        severity="stops" if share >= MANY else "warns",
        fact=f"{copies:,} of {len(rows):,} rows are copies of another",
        place={"shown by": f"{100 * share:.1f} % have cells and a target that stood before"},
        fix=("keep one of each", "name what they are copies of: --group-column NAME"),
    )


def check_near_copies(
    rows: Encoded,
    kind_N: NDArray[np.uint64],
    lines: NDArray[np.int64],
    generator: np.random.Generator,
) -> Iterator[Finding]:
    """Yield whether rows are other rows with a little noise: A06.

    Near copies lie in a narrow step around a row, and hardly any more in one three times as
    wide, where chance would find them by the power of the number of columns.

    Parameters
    ----------
    rows : Encoded
        All rows of the table.
    kind_N : ndarray of shape (N,), uint64
        See ``check_copies``.
    lines : ndarray of shape (N,), int64
        Where each stands in its file.
    generator : numpy.random.Generator
    """
    rows = rows.take(np.sort(np.unique(kind_N, return_index=True)[1]))
    many = [len(np.unique(column)) > MANY_VALUES for column in rows.numbers.T]
    if sum(many) < LEAST_COLUMNS or len(rows) < 5 * FEWEST:
        return
    count = max(ASKED // 10, min(ASKED, WORK // rows.numbers.size))
    ask = generator.permutation(len(rows))[:count]
    nearest_R, other_R = _nearest(rows, ask)
    for step in STEPS:
        near, wide = (nearest_R <= step).mean(), (nearest_R <= WIDER * step).mean()
        if near >= NEAR and wide < MORE * near:
            closest = int(np.argmin(nearest_R))
            pair = sorted(lines[rows.rows[[ask[closest], other_R[closest]]]])
            yield Finding(
                code="A06",
                severity="warns" if near >= OFTEN else "notes",
                fact=f"about {100 * near:.0f} % of the rows are nearly equal to another",
                place={
                    "shown by": f"no cell is further away than {100 * step:g} % of what the "
                    "column spans, and three times as far away there are hardly more",
                    "such as": f"lines {pair[0]} and {pair[1]}",
                },
                fix=(
                    "keep one of each",
                    "name what they are copies of: --group-column NAME",
                ),
            )
            return


def _nearest(
    rows: Encoded, ask: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return how far the nearest row is from each, in its worst column, and which it is.

    Only rows within the widest step in the column that varies most are looked at.
    """
    x_PN = _scaled(rows.numbers)
    codes_NQ = rows.codes
    varied = int(np.argmax([len(np.unique(column)) for column in x_PN]))
    order = np.argsort(x_PN[varied], kind="stable")
    x_PN, codes_NQ = np.ascontiguousarray(x_PN[:, order]), codes_NQ[order]
    key = x_PN[varied]
    nearest = np.full(len(ask), np.inf, dtype=np.float32)
    other = np.zeros(len(ask), dtype=np.int64)
    for place, row in enumerate(np.argsort(order)[ask]):
        limits = key[row] - WIDEST, key[row] + WIDEST
        first, last = np.searchsorted(key, limits, side="left")
        far = np.abs(x_PN[:, first:last] - x_PN[:, [row]]).max(axis=0)
        far[(codes_NQ[first:last] != codes_NQ[row]).any(axis=1)] = np.inf
        far[row - first] = np.inf
        at = int(far.argmin())
        nearest[place], other[place] = far[at], order[first + at]
    return nearest, other


def _scaled(x_NP: NDArray[Any]) -> NDArray[np.float32]:
    """Return numbers in units of their column's spread, shape (P, N).

    That is what eight of ten rows span, or two standard deviations, if that is more. Empty
    cells are equal to each other, and far from all others.
    """
    x_NP = x_NP.astype(np.float64)
    scaled = np.empty(x_NP.T.shape, dtype=np.float32)
    for place, cells in enumerate(x_NP.T):
        filled = np.isfinite(cells)
        known = cells[filled] if filled.any() else np.zeros(1)
        low, high = np.quantile(known, (0.1, 0.9))
        span = max(float(high - low), 2 * float(known.std())) or 1.0
        scaled[place] = np.where(filled, cells / span, known.min() / span - 100)
    return scaled
