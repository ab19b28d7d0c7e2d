"""What intervals hold where predictions are small, and where they are large.

Coverage is promised on average over all rows. Errors of skewed targets, such as prices, grow
with the prediction, so intervals may hold too much of small ones and too little of large ones.

Shape letters in this file:
    N  held-out rows    K  parts, five at most
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tenfold.evaluate.scores import LEVEL, TestScore

PARTS: Final = 5
# Fewer rows in a part say little: 90 % of 50 rows has a standard error of 4 points.
LEAST_ROWS: Final = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Fifth:
    """A fifth of the held-out rows, those with predictions from ``smallest`` to ``largest``.

    Attributes
    ----------
    rows : int
    smallest, largest : float
        Of the predictions.
    held : TestScore
        Share of these rows whose truth lay within their intervals.
    """

    rows: int
    smallest: float
    largest: float
    held: TestScore

    def falls_short(self, promised: float) -> bool:
        """Tell whether it holds less than was promised, by more than chance.

        The worst of five parts is a little below the promise even if nothing is wrong, so each
        is tested at a fifth of 5 % (Bonferroni; exact binomial test, one-sided).

        Examples
        --------
        >>> found = [by_fifths(np.arange(500), np.arange(500) >= n)[0] for n in (16, 25)]
        >>> [one.falls_short(0.9) for one in found]
        [False, True]
        """
        inside = round(self.held.value * self.rows)
        chance = stats.binom.cdf(inside, self.rows, promised)
        return bool(chance < (1 - LEVEL) / PARTS)


def by_fifths(answers: NDArray[Any], held: NDArray[np.bool_]) -> tuple[Fifth, ...]:
    """Return what intervals hold in each fifth of the predictions, smallest first.

    Parameters
    ----------
    answers : ndarray of shape (N,)
        Predictions. Rows that share one stay together.
    held : ndarray of shape (N,), bool
        Whether the truth of a row lay within its interval.

    Returns
    -------
    tuple of K Fifth
        None if a part would have fewer than LEAST_ROWS rows, or if all predictions are alike.

    Examples
    --------
    >>> parts = by_fifths(np.arange(300), np.arange(300) % 10 > 0)
    >>> [(part.rows, part.held.value) for part in parts]
    [(60, 0.9), (60, 0.9), (60, 0.9), (60, 0.9), (60, 0.9)]
    >>> parts[-1].smallest, parts[-1].largest, by_fifths(np.arange(60), np.ones(60, dtype=bool))
    (240.0, 299.0, ())
    """
    count = len(answers)
    if count < PARTS * LEAST_ROWS:
        return ()
    edges = np.unique(np.sort(answers)[count * np.arange(PARTS) // PARTS])
    place = np.searchsorted(edges, answers, side="right") - 1
    parts = [place == part for part in range(len(edges))]
    if len(parts) < 2 or min(part.sum() for part in parts) < LEAST_ROWS:
        return ()
    return tuple(
        Fifth(
            rows=int(part.sum()),
            smallest=float(answers[part].min()),
            largest=float(answers[part].max()),
            held=share_of(held[part]),
        )
        for part in parts
    )


def worst_of(fifths: Sequence[Fifth]) -> Fifth:
    """Return the part that holds least."""
    return min(fifths, key=lambda part: part.held.value)


def share_of(held: NDArray[np.bool_]) -> TestScore:
    """Return which share of rows is true, with the 95 % interval of Clopper and Pearson.

    Examples
    --------
    >>> found = share_of(np.array([True] * 9 + [False]))
    >>> found.value, round(found.low, 3), round(found.high, 4)
    (0.9, 0.555, 0.9975)
    """
    inside, rows = int(held.sum()), len(held)
    tail = (1 - LEVEL) / 2
    low = stats.beta.ppf(tail, inside, rows - inside + 1) if inside else 0.0
    high = stats.beta.ppf(1 - tail, inside + 1, rows - inside) if inside < rows else 1.0
    return TestScore(value=inside / rows, low=float(low), high=float(high))
