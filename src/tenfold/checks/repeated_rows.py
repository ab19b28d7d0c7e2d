"""Rows that are copies of others, or nearly, and would stand on both sides of a fold.

Shape letters in this file:
    N  rows    P  columns    Q  columns of categories    R  rows asked about    S  steps
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from tenfold.checks.column_readings import FEWEST, spread
from tenfold.checks.finding import Finding
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.equal_rows import hash_rows

# Equal rows that training does not join, as some of equal cells have several targets.
SOME: Final = 0.02  # of the rows
MANY: Final = 0.05
MIXED: Final = 0.05  # sets of equal cells with several targets; repeated observations have more
VARIED: Final = 0.2  # of the rows are different, or few categories make them equal by chance
BY_CHANCE: Final = 0.5  # of the pairs of equal rows
MOST_COLUMNS: Final = (
    60  # that are left out, one after the other, to see what chance makes equal
)

# Near copies: steps are shares of what eight of ten rows of a column span.
STEPS: Final = (0.001, 0.003, 0.01, 0.03)
ASKED: Final = 1_000
WORK: Final = 200_000_000  # numbers that are compared
# EVIDENCE: benchmarks/audit. Of phoneme's rows 7 % equal another but for the last digit.
NEAR: Final = 0.04  # of the rows have a near copy
OFTEN: Final = 0.1
WIDER: Final = 3.0  # steps as wide, in which chance finds three times as many, or more
WIDEST: Final = WIDER * STEPS[-1]
MOST_OF_THEM: Final = 0.8  # that the narrowest step is to show
LEAST_COLUMNS: Final = 3  # of numbers, each fine and none in the order of another
MANY_VALUES: Final = 50  # that a fine column has at least
TIMES_ROOT: Final = (
    2.0  # of the rows: as many values, too; those of a school recur in its pupils
)
ROWS_RANKED: Final = 2_000
SAME_ORDER: Final = 0.98  # correlation of ranks, as numbers of pupils and of their schools have


def check_copies(rows: Encoded, kind_N: NDArray[np.uint64]) -> Iterator[Finding]:
    """Yield whether many rows are copies that may stand on both sides of a fold: A06.

    Parameters
    ----------
    rows : Encoded
        All rows of the table. Copies that training joins are only good to know.
    kind_N : ndarray of shape (N,), uint64
        Equal for equal rows with equal targets: ``hash_rows``.
    """
    if len(rows) < FEWEST:
        return
    yield from _check_rounded(rows)
    kinds, first, count = np.unique(kind_N, return_index=True, return_counts=True)
    copies = len(rows) - len(kinds)
    if not copies:
        return
    share = copies / len(rows)
    inputs, sets = np.unique(hash_rows(rows.take(first), target=False), return_counts=True)
    joined = len(inputs) == len(kinds)
    contradicted = int((sets > 1).sum())
    repeated = contradicted + int((count > 1).sum())
    observed = contradicted > max(1, MIXED * repeated)
    if joined or share < SOME or observed or _is_chance(rows, len(kinds)):
        what = "are duplicates of another row, which adds to the weight of that row"
        if not joined:
            what = "equal another row, as can happen by chance"
        yield Finding(
            code="A06",
            severity="info",
            fact=f"{copies:,} of {len(rows):,} rows {what}",
            fix=("remove them, if each should count once",),
        )
        return
    yield Finding(
        code="A06",
        severity="error" if share >= MANY else "warning",
        fact=f"{copies:,} of {len(rows):,} rows are duplicates of another",
        place={
            "evidence": f"{100 * share:.1f} % have the same cells and target as an earlier row"
        },
        fix=(
            "keep one of each",
            "name the column that says what they are copies of: --group-column NAME",
        ),
    )


def _check_rounded(rows: Encoded) -> Iterator[Finding]:
    """Yield how many rows equal another but for rounding, which is only good to know."""
    rows = replace(rows, groups=None)
    exact, alike = (
        len(np.unique(hash_rows(rows, target=False, rounding=on))) for on in (False, True)
    )
    if exact == alike:
        return
    count = exact - alike
    equal = "equals" if count == 1 else "equal"
    yield Finding(
        code="A06",
        severity="info",
        fact=f"{count:,} of {len(rows):,} rows {equal} another except for rounding",
        place={
            "evidence": "each number differs by at most a millionth of the range of its column"
        },
        fix=(
            "keep one of each",
            "nothing, if they share a fold: the score does not depend on them",
        ),
    )


def _is_chance(rows: Encoded, kinds: int) -> bool:
    """Tell whether rows are equal as few columns of few values make them by chance.

    If chance makes rows equal, it makes more of them equal but for one column; copies are equal
    in that one, too. Of pairs that are equal in all other columns, by chance as many are equal
    in this one as of all pairs. The column that shows most of it counts.
    """
    if kinds < VARIED * len(rows):
        return True
    columns_PN = _hashed(rows)
    whole_N = np.asarray(np.sum(columns_PN, axis=0, dtype=np.uint64))
    equal, chance = _equal_pairs(whole_N), 0.0
    every, pairs = len(columns_PN), len(rows) * (len(rows) - 1) / 2
    for place in spread(every, MOST_COLUMNS):
        usual = _equal_pairs(columns_PN[place]) / pairs
        if usual < 1:
            but_for_one = _equal_pairs(whole_N - columns_PN[place])
            chance = max(chance, (but_for_one - equal) * usual / (1 - usual))
    return chance >= BY_CHANCE * equal


def _hashed(rows: Encoded) -> list[NDArray[np.uint64]]:
    """Return numbers of each column's cells that add up to a number of the row."""
    columns: list[NDArray[Any]] = [
        *rows.numbers.T,
        *rows.codes.T,
        *(extra for extra in (rows.groups, rows.times) if extra is not None),
        rows.target,
    ]
    mixed = []
    for salt, column in zip(pd.util.hash_array(np.arange(len(columns))), columns, strict=True):
        plain = np.where(np.isnan(column), np.nan, column + 0.0)
        key = pd.util.hash_array(np.ascontiguousarray(plain))
        # Hashed once more: cells that change their columns must not leave the sum as it is.
        mixed.append(pd.util.hash_array(key + salt))
    return mixed


def _equal_pairs(key_N: NDArray[np.uint64]) -> float:
    count = np.unique(key_N, return_counts=True)[1].astype(np.float64)
    return float((count * (count - 1)).sum() / 2)


def check_near_copies(
    rows: Encoded,
    kind_N: NDArray[np.uint64],
    lines: NDArray[np.int64],
    generator: np.random.Generator,
) -> Iterator[Finding]:
    """Yield whether rows are other rows with a little noise: A06.

    Near copies lie in a narrow step around a row, and no more of them in one three times as
    wide. What lies there by chance grows, at least by as much as the step: in a single column
    by three, in several by a power of it. So what grows tells how much chance there is in the
    narrow step, and what is left are copies. Rows whose cells are equal but for rounding are
    none: in coarse columns they are frequent, and they share a fold. Where fewer than three
    columns are fine, nothing is said: pupils of a school share all that is known of it, and
    their numbers follow each other.

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
    if len(rows) < 5 * FEWEST or not _can_be_near(rows.numbers):
        return
    count = max(ASKED // 10, min(ASKED, WORK // rows.numbers.size))
    ask = generator.permutation(len(rows))[:count]
    near = _Near.of(rows, ask)
    shares = [near.share(place) for place in range(len(STEPS))]
    if max(shares) < NEAR:
        return
    best = next(place for place, one in enumerate(shares) if one >= MOST_OF_THEM * max(shares))
    closest = int(np.argmin(near.nearest_R))
    pair = sorted(lines[rows.rows[[ask[closest], near.other_R[closest]]]])
    found = float((near.within_SR[best] > 0).mean())
    yield Finding(
        code="A06",
        severity="warning" if shares[best] >= OFTEN else "info",
        fact=f"about {100 * found:.0f} % of the rows are near duplicates of another",
        place={
            "evidence": f"no cell differs by more than {100 * STEPS[best]:g} % of the range "
            f"of its column; for {100 * shares[best]:.0f} % this is not due to "
            "chance",
            "examples": f"lines {pair[0]} and {pair[1]}",
        },
        fix=(
            "keep one of each",
            "name the column that says what they are copies of: --group-column NAME",
        ),
    )


def _can_be_near(x_NP: NDArray[Any]) -> bool:
    """Tell whether enough columns tell rows apart, each by more than the others do."""
    few = max(MANY_VALUES, TIMES_ROOT * np.sqrt(len(x_NP)))
    pick = spread(len(x_NP), ROWS_RANKED)
    ranks: list[NDArray[np.float64]] = []
    for column in _scaled(x_NP):
        if len(np.unique(column)) <= few:
            continue
        rank = rankdata(column[pick])
        rank -= rank.mean()
        rank /= np.linalg.norm(rank) or 1.0
        if all(abs(float(rank @ other)) < SAME_ORDER for other in ranks):
            ranks.append(rank)
        if len(ranks) == LEAST_COLUMNS:
            return True
    return False


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """What lies near rows, in their worst column, and is not equal but for rounding in all.

    Attributes
    ----------
    nearest_R : ndarray of shape (R,), float32
        How far the nearest row is.
    other_R : ndarray of shape (R,), int64
        Which it is.
    within_SR, wider_SR : ndarray of shape (S, R), int64
        How many rows lie within each step, and within one three times as wide.
    """

    nearest_R: NDArray[np.float32]
    other_R: NDArray[np.int64]
    within_SR: NDArray[np.int64]
    wider_SR: NDArray[np.int64]

    def share(self, step: int) -> float:
        """Return the share of the rows with another in a step that is not there by chance."""
        within, wider = float(self.within_SR[step].sum()), float(self.wider_SR[step].sum())
        copies = within - (wider - within) / (WIDER - 1)
        return float((self.within_SR[step] > 0).mean()) * max(copies, 0.0) / max(within, 1.0)

    @classmethod
    def of(cls, rows: Encoded, ask: NDArray[np.int64]) -> "_Near":
        """Look around some rows: within the widest step in the column that varies most."""
        x_PN = _scaled(rows.numbers)
        codes_NQ = rows.codes
        cells = replace(rows, groups=None, times=None)
        equal_N = hash_rows(cells, target=False, rounding=True)
        varied = int(np.argmax([len(np.unique(column)) for column in x_PN]))
        order = np.argsort(x_PN[varied], kind="stable")
        x_PN, codes_NQ = np.ascontiguousarray(x_PN[:, order]), codes_NQ[order]
        equal_N = equal_N[order]
        key, steps = x_PN[varied], np.array(STEPS)
        nearest = np.full(len(ask), np.inf, dtype=np.float32)
        other = np.zeros(len(ask), dtype=np.int64)
        within, wider = (np.zeros((len(STEPS), len(ask)), dtype=np.int64) for _ in range(2))
        for place, row in enumerate(np.argsort(order)[ask]):
            limits = key[row] - WIDEST, key[row] + WIDEST
            first, last = np.searchsorted(key, limits, side="left")
            far = np.abs(x_PN[:, first:last] - x_PN[:, [row]]).max(axis=0)
            others = (codes_NQ[first:last] != codes_NQ[row]).any(axis=1)
            far[others | (equal_N[first:last] == equal_N[row])] = np.inf
            at, near = int(far.argmin()), np.sort(far[far <= WIDEST])
            nearest[place], other[place] = far[at], order[first + at]
            within[:, place] = np.searchsorted(near, steps, side="right")
            wider[:, place] = np.searchsorted(near, WIDER * steps, side="right")
        return cls(nearest, other, within, wider)


def _scaled(x_NP: NDArray[Any]) -> NDArray[np.float32]:
    """Return numbers in units of their column's spread, shape (P, N).

    That is what eight of ten rows span, or two standard deviations, if that is more. They
    count from the least one, or a float32 would not tell large numbers apart. Empty cells are
    equal to each other, and far from all others.
    """
    x_NP = x_NP.astype(np.float64)
    scaled = np.empty(x_NP.T.shape, dtype=np.float32)
    for place, cells in enumerate(x_NP.T):
        filled = np.isfinite(cells)
        known = cells[filled] if filled.any() else np.zeros(1)
        low, high = np.quantile(known, (0.1, 0.9))
        span = max(float(high - low), 2 * float(known.std())) or 1.0
        scaled[place] = np.where(filled, (cells - known.min()) / span, -100)
    return scaled
