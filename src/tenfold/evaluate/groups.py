"""For whom a network works, and for whom it does not.

Shape letters in this file:
    N  rows    O  outputs
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tenfold.config import Task
from tenfold.data.groups import Group
from tenfold.evaluate.metrics import SMALLEST

LEVEL: Final = 0.95
MOST: Final = 12  # groups of each end that are told


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupScore:
    """How far the network errs on a group's rows, which it never saw.

    Attributes
    ----------
    column, value : str
        What the rows have in common.
    rows : int
    error : float
        RMSE in regression, log-loss for classes.
    low, high : float
        Interval of ``error`` that holds for all groups at once with 95 %.
    constant : float
        The same error of the constant guess.
    accuracy : float or None
        Share of rows whose most probable class is theirs.
    works : bool or None
        Whether the network is shown to err less than the constant guess; None for rows that
        have the truth in common, for a guess that happens to be close to it errs little.
    stands_out : int
        1 if the error is shown to be above that of all rows, -1 below, 0 neither.
    """

    column: str
    value: str
    rows: int
    error: float
    low: float
    high: float
    constant: float
    accuracy: float | None
    works: bool | None
    stands_out: int


def score_groups(
    groups: Iterable[Group],
    truth: NDArray[np.float64] | NDArray[np.int64],
    answers: NDArray[np.float64],
    guesses: NDArray[np.float64],
    weights: NDArray[np.float64],
    task: Task,
) -> tuple[GroupScore, ...]:
    """Score groups of rows; return those with the largest errors and with the smallest.

    Intervals are normal, of the mean of the rows' errors; with G groups each has the level
    1 - 0.05 / G (Bonferroni), so that a group that stands out by chance among many is told
    in one run of twenty. Whether it stands out is asked of as many rows drawn from all.

    Parameters
    ----------
    groups : iterable of Group
    truth : ndarray of shape (N,)
        Values, or class numbers.
    answers, guesses : ndarray of shape (N, O)
        Of networks that never saw the row and of the constant guess of the same rows; NaN
        where no fold holds the row out.
    weights : ndarray of shape (N,)
    task : {"regression", "classification"}

    Returns
    -------
    tuple of GroupScore
        Worst first.
    """
    losses, guessed = row_losses(truth, answers, task), row_losses(truth, guesses, task)
    known = np.isfinite(losses) & np.isfinite(guessed) & (weights > 0)
    rows = _Rows(
        losses=losses[known],
        guessed=guessed[known],
        weights=weights[known],
        right=(answers.argmax(axis=1) == truth)[known] if task == "classification" else None,
    )
    asked = [(group, group.member[known]) for group in groups]
    asked = [(group, member) for group, member in asked if member.sum() > 1]
    if not asked:
        return ()
    wide = float(stats.norm.ppf(1 - (1 - LEVEL) / len(asked) / 2))
    found = [_score(group, member, rows, wide) for group, member in asked]
    if task == "regression":
        found = [_rooted(score) for score in found]
    found.sort(key=lambda score: -score.error)
    return tuple(found if len(found) <= 2 * MOST else found[:MOST] + found[-MOST:])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rows:
    """Errors of the network and of the constant guess, row by row."""

    losses: NDArray[np.float64]
    guessed: NDArray[np.float64]
    weights: NDArray[np.float64]
    right: NDArray[np.bool_] | None

    def stands_out(self, member: NDArray[np.bool_], wide: float) -> int:
        """Tell whether the mean error of some rows is further off than that of any so many.

        Their own spread would not do: rows that happen to err little also spread little.
        """
        share = self.weights / self.weights.sum()
        mean = share @ self.losses
        variance = share @ (self.losses - mean) ** 2
        own = self.weights[member] / self.weights[member].sum()
        error = np.sqrt(variance * max(0.0, own @ own - share @ share))
        off = own @ self.losses[member] - mean
        return int(off > wide * error) - int(off < -wide * error)


def row_losses(
    truth: NDArray[np.float64] | NDArray[np.int64], answers: NDArray[np.float64], task: Task
) -> NDArray[np.float64]:
    """Return each row's squared error, or minus the logarithm of its class's probability.

    Examples
    --------
    >>> row_losses(np.array([1.0, 3.0]), np.array([[2.0], [3.0]]), "regression").tolist()
    [1.0, 0.0]
    """
    if task == "regression":
        return np.asarray((answers[:, 0] - truth) ** 2)
    own = answers[np.arange(len(truth)), truth.astype(np.int64)]
    return np.asarray(-np.log(np.maximum(own, SMALLEST)))


def _score(group: Group, member: NDArray[np.bool_], rows: _Rows, wide: float) -> GroupScore:
    own, weights = rows.losses[member], rows.weights[member]
    error, half = _mean(own, weights, wide)
    gain, gain_half = _mean(rows.guessed[member] - own, weights, wide)
    right = None if rows.right is None else np.average(rows.right[member], weights=weights)
    return GroupScore(
        column=group.column,
        value=group.value,
        rows=int(member.sum()),
        error=error,
        low=max(0.0, error - half),
        high=error + half,
        constant=float(np.average(rows.guessed[member], weights=weights)),
        accuracy=None if right is None else float(right),
        works=None if group.by_truth else gain - gain_half > 0,
        stands_out=rows.stands_out(member, wide),
    )


def _mean(
    values: NDArray[np.float64], weights: NDArray[np.float64], wide: float
) -> tuple[float, float]:
    """Return a weighted mean and half its interval, ``wide`` standard errors."""
    share = weights / weights.sum()
    mean = float(share @ values)
    variance = float(share**2 @ (values - mean) ** 2) * len(values) / (len(values) - 1)
    return mean, wide * float(np.sqrt(variance))


def _rooted(score: GroupScore) -> GroupScore:
    """Return a score of mean squares as one of their roots."""
    error, low, high, constant = np.sqrt([score.error, score.low, score.high, score.constant])
    return replace(
        score, error=float(error), low=float(low), high=float(high), constant=float(constant)
    )
