"""For whom a network works, and for whom it does not.

Shape letters in this file:
    N  rows    G  groups    O  outputs
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tenfold.config import Task
from tenfold.data.columns.groups import LEAST_ROWS, Group
from tenfold.evaluate.label_metrics import label_losses
from tenfold.evaluate.metric import SMALLEST
from tenfold.evaluate.standing_out import stand_out
from tenfold.seeds import Streams

LEVEL: Final = 0.95
MOST: Final = 12  # groups of each end that are told
Numbers = NDArray[np.float64]


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
        Interval of ``error`` that holds for all groups at once with 95 %; of errors a few of
        which are many times as large as the others, with less (benchmarks/groups).
    baseline : float
        The same error of the baseline.
    accuracy : float or None
        Share of rows whose most probable class is theirs.
    works : bool or None
        Whether the network is shown to err less than the baseline; None for rows that
        have the truth in common, for a guess that happens to be close to it errs little.
    stands_out : int
        1 if the network is shown to err more on these rows than on others, -1 if less, else 0.
    by_truth : bool
        Whether it is the truth that the rows have in common. Rows of large targets have large
        errors in most tables, and nobody knows beforehand which rows these are.
    """

    column: str
    value: str
    rows: int
    error: float
    low: float
    high: float
    baseline: float
    accuracy: float | None
    works: bool | None
    stands_out: int
    by_truth: bool = False


def score_groups(
    groups: Iterable[Group],
    truth: NDArray[np.float64] | NDArray[np.int64],
    answers: Numbers,
    guesses: Numbers,
    weights: Numbers,
    task: Task,
    streams: Streams | None = None,
    clusters: NDArray[np.int64] | None = None,
) -> tuple[GroupScore, ...]:
    """Score groups of rows; return those with the largest errors and with the smallest.

    Which groups stand out is asked by a permutation (``stand_out``), of groups by columns and
    of groups by the truth apart: each names a group by chance in one table of twenty at most.
    Of G groups each has an interval of the level 1 - 0.05 / G (Bonferroni): that of a count of
    losses of one size, which is the variance of losses over their mean, in the group or in all
    rows, whichever is larger. A group in which no row happens to be far off is not for that
    reason better known than others.

    Parameters
    ----------
    groups : iterable of Group
        Those of fewer than 30 rows with an answer and a weight are left out.
    truth : ndarray of shape (N,)
        Values, or class numbers.
    answers, guesses : ndarray of shape (N, O)
        Of networks that never saw the row and of the baseline of the same rows; NaN
        where no fold holds the row out.
    weights : ndarray of shape (N,)
    task : {"regression", "classification"}
    streams : Streams, optional
        ``groups`` is drawn from; those of seed 0 by default.
    clusters : ndarray of shape (N,), int64, optional
        Equal for rows that depend on each other: of one group, or copies.

    Returns
    -------
    tuple of GroupScore
        Those by columns first, then those by the truth; of each the worst first.
    """
    losses, guessed = row_losses(truth, answers, task), row_losses(truth, guesses, task)
    known = np.isfinite(losses) & np.isfinite(guessed) & (weights > 0)
    rows = _Rows(
        losses=losses[known],
        guessed=guessed[known],
        weights=weights[known],
        right=(answers.argmax(axis=1) == truth)[known] if task == "classification" else None,
        clusters=None if clusters is None else clusters[known],
    )
    asked = [(group, group.member[known]) for group in groups]
    asked = [(group, member) for group, member in asked if member.sum() >= LEAST_ROWS]
    tail = (1 - LEVEL) / max(len(asked), 1) / 2
    streams = streams or Streams(0)
    scores: list[GroupScore] = []
    for by_truth in (False, True):
        family = [one for one in asked if one[0].by_truth is by_truth]
        found = _score_family(family, rows, tail, streams.generator("groups", int(by_truth)))
        scores += _ends([_rooted(one) for one in found] if task == "regression" else found)
    return tuple(scores)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Rows:
    """Errors of the network and of the baseline, row by row."""

    losses: Numbers
    guessed: Numbers
    weights: Numbers
    right: NDArray[np.bool_] | None
    clusters: NDArray[np.int64] | None

    def take(self, member: NDArray[np.bool_]) -> "_Rows":
        """Return some of the rows."""
        return _Rows(
            losses=self.losses[member],
            guessed=self.guessed[member],
            weights=self.weights[member],
            right=None if self.right is None else self.right[member],
            clusters=None if self.clusters is None else self.clusters[member],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mean:
    """A weighted mean of some rows, and how far it may be off.

    Attributes
    ----------
    mean, variance : float
        Of the rows.
    rows : float
        How many rows of equal weight would tell as much (Kish, Survey Sampling, 1965).
    together : float
        How many times as much the mean varies as if rows of a cluster were independent.
    degrees : int
        Of freedom: rows or clusters, less one.
    """

    mean: float
    variance: float
    rows: float
    together: float
    degrees: int

    @classmethod
    def of(cls, values: Numbers, rows: _Rows) -> "_Mean":
        share = rows.weights / rows.weights.sum()
        mean = float(share @ values)
        off, alone = share * (values - mean), float(share @ share)
        units = off if rows.clusters is None else _by_cluster(off, rows.clusters)
        spread = float(off @ off)
        together = max(1.0, float(units @ units) / spread) if spread else 1.0
        variance = float(share @ (values - mean) ** 2) / max(1 - alone, 1e-12)
        return cls(
            mean=mean,
            variance=variance,
            rows=1 / alone,
            together=together,
            degrees=max(1, len(units) - 1),
        )

    def wide(self, tail: float) -> float:
        """Return how many standard errors an interval reaches (Student's)."""
        return float(stats.t.isf(tail, self.degrees))


def _by_cluster(values: Numbers, clusters: NDArray[np.int64]) -> Numbers:
    number = np.unique(clusters, return_inverse=True)[1]
    return np.bincount(number, values).astype(np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Means:
    """Mean losses of some rows, mean gains over the baseline, and that guess's error."""

    losses: _Mean
    gains: _Mean
    baseline: float

    @classmethod
    def of(cls, rows: _Rows) -> "_Means":
        return cls(
            losses=_Mean.of(rows.losses, rows),
            gains=_Mean.of(rows.guessed - rows.losses, rows),
            baseline=float(np.average(rows.guessed, weights=rows.weights)),
        )


def row_losses(
    truth: NDArray[np.float64] | NDArray[np.int64], answers: NDArray[np.float64], task: Task
) -> NDArray[np.float64]:
    """Return each row's squared error, or minus the logarithm of what was given to the truth.

    That is the probability of its class; of labels it is the mean over all.

    Examples
    --------
    >>> row_losses(np.array([1.0, 3.0]), np.array([[2.0], [3.0]]), "regression").tolist()
    [1.0, 0.0]
    """
    if task == "regression":
        return np.asarray((answers[:, 0] - truth) ** 2)
    if task == "multilabel":
        return label_losses(truth, answers)
    own = answers[np.arange(len(truth)), truth.astype(np.int64)]
    return np.asarray(-np.log(np.maximum(own, SMALLEST)))


def _score_family(
    family: Sequence[tuple[Group, NDArray[np.bool_]]],
    rows: _Rows,
    tail: float,
    generator: np.random.Generator,
) -> list[GroupScore]:
    """Score groups that are compared with each other."""
    if not family:
        return []
    member_GN = np.stack([member for _, member in family])
    signs = stand_out(member_GN, rows.losses, rows.weights, rows.clusters, generator)
    whole = _Means.of(rows)
    found = []
    for (group, member), sign in zip(family, signs.tolist(), strict=True):
        score = _score(group, rows.take(member), whole, tail)
        # Roots of losses may say otherwise than their mean, which is what is told.
        agreed = sign * (score.error - whole.losses.mean) > 0
        found.append(replace(score, stands_out=sign if agreed else 0))
    return found


def _score(group: Group, rows: _Rows, whole: _Means, tail: float) -> GroupScore:
    own = _Means.of(rows)
    low, high = _interval(own.losses, whole.losses, tail)
    right = None if rows.right is None else np.average(rows.right, weights=rows.weights)
    return GroupScore(
        column=group.column,
        value=group.value,
        rows=len(rows.losses),
        error=own.losses.mean,
        low=low,
        high=high,
        baseline=own.baseline,
        accuracy=None if right is None else float(right),
        works=None if group.by_truth else _is_gain(own, whole, tail),
        stands_out=0,
        by_truth=group.by_truth,
    )


def _interval(own: _Mean, whole: _Mean, tail: float) -> tuple[float, float]:
    """Return the interval of a mean loss, as of a count of losses of one size (Garwood, 1936).

    Of squared normal errors, and of rows that are right or wrong, that is nearly exact. The
    size is estimated, from so many rows, as a variance is: hence Student's tail.
    """
    size = max(one.variance / one.mean if one.mean else 0.0 for one in (own, whole))
    if size == 0:
        return own.mean, own.mean
    unit = size * max(own.together, whole.together) / own.rows
    count, tail = own.mean / unit, float(stats.norm.sf(own.wide(tail)))
    low = float(stats.gamma.ppf(tail, count)) if count else 0.0
    return unit * low, unit * float(stats.gamma.isf(tail, count + 1))


def _is_gain(own: _Means, whole: _Means, tail: float) -> bool:
    """Tell whether a group's mean gain is shown to be above zero.

    Where the baseline errs less, less is to be gained, and gains vary less.
    """
    level = own.baseline / whole.baseline if whole.baseline else 0.0
    variance = max(own.gains.variance, level * whole.gains.variance)
    rows = own.gains.rows / max(own.gains.together, whole.gains.together)
    return own.gains.mean > own.gains.wide(tail) * float(np.sqrt(variance / rows))


def _ends(found: list[GroupScore]) -> list[GroupScore]:
    """Return the groups of the largest errors and the smallest, and those that stand out."""
    found = sorted(found, key=lambda one: -one.error)
    worse = [one for one in found if one.stands_out > 0][:MOST]
    better = [one for one in found if one.stands_out < 0][-MOST:]
    kept = {id(one) for one in (*found[:MOST], *worse, *better, *found[-MOST:])}
    return [one for one in found if id(one) in kept]


def _rooted(score: GroupScore) -> GroupScore:
    """Return a score of mean squares as one of their roots."""
    error, low, high, baseline = np.sqrt([score.error, score.low, score.high, score.baseline])
    return replace(
        score, error=float(error), low=float(low), high=float(high), baseline=float(baseline)
    )
