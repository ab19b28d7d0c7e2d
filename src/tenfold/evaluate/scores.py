"""Scores over folds and over test rows, with intervals that say how far to trust them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from tenfold.config import Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.evaluate.metric import Metric
from tenfold.evaluate.metrics import METRICS, baseline_guess
from tenfold.evaluate.pooling import Pooled, Said, metrics_to_pool, pool
from tenfold.seeds import Streams

LEVEL: Final = 0.95
RESAMPLES: Final = 400
MOST_SAMPLED: Final = 50_000  # rows of a sample
SHARES: Final = frozenset({"accuracy", "balanced_accuracy"})  # of rows that are right


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldScore:
    """One metric over the folds.

    Attributes
    ----------
    mean, std : float
        Over the folds that count (``Splits.first``); ``std`` is the standard deviation with
        their number as divisor, as ``numpy.std`` and the tutorial compute it.
    low, high : float
        95 % interval of the mean (``fold_interval``); in time, of the score of the next
        stretch (``next_interval``).
    per_fold : tuple of float
        Of all folds.
    without_fold : tuple of float
        Empty, unless folds are so small that their scores mean little, or lack a class
        (``metrics_to_pool``). Then ``mean`` is the score of all held-out rows together, these
        are the same without the rows of each fold, and the interval is theirs.

    Examples
    --------
    >>> found = FoldScore(mean=0.8, std=0.1, low=0.6, high=1.0, per_fold=(0.7, 0.9))
    >>> found.pooled is None
    True
    """

    mean: float
    std: float
    low: float
    high: float
    per_fold: tuple[float, ...]
    without_fold: tuple[float, ...] = ()

    @property
    def pooled(self) -> Pooled | None:
        """The score of all held-out rows together, if ``mean`` is that."""
        if not self.without_fold:
            return None
        return Pooled(value=self.mean, without_fold=self.without_fold)


@dataclass(frozen=True, kw_only=True, slots=True)
class TestScore:
    """One metric on test rows, with a 95 % interval (``bootstrap_interval``).

    Examples
    --------
    >>> TestScore(value=0.8, low=0.7, high=0.9).value
    0.8
    """

    __test__: ClassVar[bool] = False  # for pytest: it is no class of tests

    value: float
    low: float
    high: float


def fold_interval(per_fold: NDArray[np.float64], tested_share: float) -> tuple[float, float]:
    """Return a 95 % interval for the mean of a metric over folds.

    Folds share most of the rows they learn from, so their scores vary less than
    independent ones would. Nadeau and Bengio (Machine Learning 52, 2003) widen
    the variance of the mean from ``s2 / F`` to ``s2 * (1 / F + test / learn)``; the
    interval is Student's with F - 1 degrees of freedom.

    Parameters
    ----------
    per_fold : ndarray of shape (F,)
    tested_share : float
        Rows tested on over rows learnt from, mean over folds.

    Examples
    --------
    >>> low, high = fold_interval(np.array([1.0, 2.0, 3.0]), 0.5)
    >>> round(low, 2), round(high, 2)
    (-1.93, 5.93)
    """
    found = per_fold[np.isfinite(per_fold)]
    if len(found) < 2:
        return float("nan"), float("nan")
    spread = np.sqrt(found.var(ddof=1) * (1 / len(found) + tested_share))
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(found) - 1) * spread)
    return float(found.mean()) - half, float(found.mean()) + half


def next_interval(per_fold: NDArray[np.float64], lowest: float) -> tuple[float, float]:
    """Return where the score of the next stretch of time is expected, with 95 %.

    Scores of stretches differ by more than their rows do: the world changes. The interval is
    that of one more draw from the same normal distribution (Student's t with F - 1 degrees of
    freedom times the root of 1 + 1/F; Hahn and Meeker, "Statistical Intervals", 1991), taken
    of logarithms where a score cannot be below 0.

    Parameters
    ----------
    per_fold : ndarray of shape (F,)
    lowest : float
        The least that the score can be.

    Examples
    --------
    >>> low, high = next_interval(np.array([1.0, 2.0, 4.0]), 0.0)
    >>> round(low, 3), round(high, 1)
    (0.064, 62.6)
    """
    found = per_fold[np.isfinite(per_fold)]
    if len(found) < 2:
        return float("nan"), float("nan")
    rooted = lowest == 0 and bool((found > 0).all())
    draws = np.log(found) if rooted else found
    spread = np.sqrt(draws.var(ddof=1) * (1 + 1 / len(draws)))
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(draws) - 1) * spread)
    ends = np.array([draws.mean() - half, draws.mean() + half])
    low, high = np.exp(ends) if rooted else ends
    return float(low), float(high)


def score_folds(
    rows: Encoded, splits: Splits, answers: Sequence[NDArray[np.float64]], task: Task
) -> dict[str, FoldScore]:
    """Score each fold on the rows that it holds out.

    A single fold that counts has no other to vary from; its intervals are those of its
    held-out rows (``score_test``).

    Parameters
    ----------
    rows : Encoded
    splits : Splits
    answers : sequence of F ndarray of shape (rows held out, O)
        What each fold says of the rows that it holds out, in their order.
    task : {"regression", "classification"}
    """
    said = [
        Said(truth=rows.target[held_out], answers=given, weights=rows.weights[held_out])
        for held_out, given in zip(splits.held_out, answers, strict=True)
    ]
    counted, share = said[splits.first :], tested_share(splits)
    if len(counted) == 1:
        (last,) = counted
        scores = as_one_fold(
            score_test(last.truth, last.answers, last.weights, task, Streams(0))
        )
    else:
        scores = {
            name: score_said(counted, metric, share, in_time=splits.in_time)
            for name, metric in METRICS[task].items()
        }
    early = said[: splits.first]
    return {
        name: replace(score, per_fold=_each(early, METRICS[task][name]) + score.per_fold)
        for name, score in scores.items()
    }


def score_said(
    said: Sequence[Said], metric: Metric, share: float, *, in_time: bool = False
) -> FoldScore:
    """Score by one metric what folds said of the rows that they hold out.

    Parameters
    ----------
    said : sequence of Said
    metric : Metric
    share : float
        Rows tested on over rows learnt from, mean over folds.
    in_time : bool
        Whether the interval is that of the next stretch of time.
    """
    truths, weights = [one.truth for one in said], [one.weights for one in said]
    chosen = metric.name in metrics_to_pool(truths, weights, metric.task)
    pooled = pool(metric, said) if chosen else None
    per_fold = np.array(_each(said, metric))
    found = fold_score(per_fold, share, *metric.bounds, pooled, in_time=in_time)
    rows = sum(map(len, truths))
    low, high = share_interval(metric.name, found.mean, (found.low, found.high), rows)
    return replace(found, low=low, high=high)


def share_interval(
    name: str, share: float, interval: tuple[float, float], rows: int
) -> tuple[float, float]:
    """Return the interval of a metric; that of a share is never without width.

    Folds or samples that are all equally often right, such as always, vary by nothing, and yet
    the next row may be wrong. Then it is the interval of a share of so many rows (Wilson,
    JASA 22, 1927).

    Examples
    --------
    >>> low, high = share_interval("accuracy", 1.0, (1.0, 1.0), 40)
    >>> round(low, 3), high
    (0.912, 1.0)
    >>> share_interval("roc_auc", 1.0, (1.0, 1.0), 40)
    (1.0, 1.0)
    """
    low, high = interval
    if name not in SHARES or low != high:
        return interval
    right = round(min(1.0, share) * rows)
    found = stats.binomtest(right, rows).proportion_ci(LEVEL, method="wilson")
    return float(found.low), float(found.high)


def _each(said: Sequence[Said], metric: Metric) -> tuple[float, ...]:
    return tuple(metric(one.truth, one.answers, one.weights) for one in said)


def as_one_fold(scores: Mapping[str, TestScore]) -> dict[str, FoldScore]:
    """Return scores of rows that one network never saw as those of a single fold."""
    return {
        name: FoldScore(
            mean=score.value, std=0.0, low=score.low, high=score.high, per_fold=(score.value,)
        )
        for name, score in scores.items()
    }


def tested_share(splits: Splits) -> float:
    """Return rows tested on over rows learnt from, mean over the folds that count."""
    counted = splits.scored()
    return float(np.mean(counted.held_out.sum(axis=1) / counted.learn.sum(axis=1)))


def fold_score(
    per_fold: NDArray[np.float64],
    share: float,
    lowest: float,
    highest: float,
    pooled: Pooled | None = None,
    *,
    in_time: bool = False,
) -> FoldScore:
    """Return what a metric of each fold comes to, its interval cut where the metric ends.

    Parameters
    ----------
    per_fold : ndarray of shape (F,)
    share : float
        Rows tested on over rows learnt from, mean over folds.
    lowest, highest : float
    pooled : Pooled, optional
        Takes the place of the mean over folds.
    in_time : bool
        Whether the interval is that of the next stretch of time, not of the mean.
    """
    found = per_fold[np.isfinite(per_fold)]
    mean = float(found.mean()) if len(found) else float("nan")
    draws, least = (per_fold, lowest) if pooled is None else (pooled.parts(), -np.inf)
    interval = next_interval(draws, least) if in_time else fold_interval(draws, share)
    if pooled is not None:
        known = draws[np.isfinite(draws)]
        moved = pooled.value - known.mean() if len(known) else np.nan
        interval = interval[0] + moved, interval[1] + moved
    low, high = np.clip(interval, lowest, highest)
    return FoldScore(
        mean=mean if pooled is None else pooled.value,
        std=float(found.std()) if len(found) else float("nan"),
        low=float(low),
        high=float(high),
        per_fold=tuple(per_fold.tolist()),
        without_fold=() if pooled is None else pooled.without_fold,
    )


def score_baseline(
    rows: Encoded, splits: Splits, task: Task, outputs: int
) -> dict[str, FoldScore]:
    """Score the baseline of each fold."""
    return score_folds(rows, splits, baseline_answers(rows, splits, task, outputs), task)


def baseline_answers(
    rows: Encoded, splits: Splits, task: Task, outputs: int
) -> tuple[NDArray[np.float64], ...]:
    """Return what the baseline of the rows that each fold learns from says of others.

    Returns
    -------
    tuple of F ndarray of shape (rows held out, O)
    """
    answers = []
    for learn, held_out in zip(splits.learn, splits.held_out, strict=True):
        guess = baseline_guess(rows.target[learn], rows.weights[learn], task, outputs)
        answers.append(np.tile(guess, (int(held_out.sum()), 1)))
    return tuple(answers)


def score_gain(score: FoldScore, baseline: FoldScore, splits: Splits) -> FoldScore:
    """Score by how much a network's error is below the baseline's, fold by fold.

    Both meet the same rows, so what makes a fold hard for both cancels out, and the
    interval of the difference is narrower than that of either. Where both are scored on all
    held-out rows together, so is the difference.
    """
    per_fold = np.array(baseline.per_fold) - np.array(score.per_fold)
    if len(splits) - splits.first == 1:  # the guess's error is taken as known
        gain = baseline.mean - score.mean
        low, high = baseline.mean - score.high, baseline.mean - score.low
        gains = tuple(per_fold.tolist())
        return FoldScore(mean=gain, std=0.0, low=low, high=high, per_fold=gains)
    pooled = None
    if score.pooled is not None and baseline.pooled is not None:
        pooled = baseline.pooled - score.pooled
    # In time, too, it is the mean that tells whether there is a gain, not the next stretch.
    counted = per_fold[splits.first :]
    found = fold_score(counted, tested_share(splits), -np.inf, np.inf, pooled)
    return replace(found, per_fold=tuple(per_fold.tolist()))


def score_test(
    truth: NDArray[np.float64] | NDArray[np.int64],
    answers: NDArray[np.float64],
    weights: NDArray[np.float64],
    task: Task,
    streams: Streams,
) -> dict[str, TestScore]:
    """Score rows that no choice ever touched, with bootstrap intervals.

    The interval holds the middle 95 % of the metric over 400 samples of the rows,
    drawn with replacement from the stream ``bootstrap``. Of more than 50,000 rows samples are
    so large, and what they show is drawn towards the metric by the root of their share of the
    rows (Bickel, Goetze and van Zwet 1997, "Resampling fewer than n observations").
    """
    known = weights > 0  # a sample of rows without weight would have no score
    truth, answers, weights = truth[known], answers[known], weights[known]
    generator = streams.generator("bootstrap")
    sampled: dict[str, list[float]] = {name: [] for name in METRICS[task]}
    rows = len(truth)
    size = min(rows, MOST_SAMPLED)
    for _ in range(RESAMPLES):
        at = generator.integers(rows, size=size)
        for name, metric in METRICS[task].items():
            sampled[name].append(metric(truth[at], answers[at], weights[at]))
    scores = {}
    for name, metric in METRICS[task].items():
        found = np.array(sampled[name])
        found = found[np.isfinite(found)]
        edges = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
        ends = np.quantile(found, edges) if len(found) else np.full(2, np.nan)
        value = metric(truth, answers, weights)
        if size < rows:
            ends = value + (ends - value) * np.sqrt(size / rows)
        low, high = share_interval(name, value, tuple(ends.tolist()), rows)
        scores[name] = TestScore(value=value, low=low, high=high)
    return scores
