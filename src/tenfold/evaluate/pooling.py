"""Scores of all held-out rows together, where the scores of single folds mean little.

R2 divides by the variance of a fold's few targets, RMSE is the root of a mean of a few squares,
and a fold that lacks a class has a ROC AUC of the others, or none at all. The mean over folds
is then far from what the networks are worth: of 20 rows in ten folds a mean R2 was -132 where
new rows gave 0.86.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Task
from tenfold.evaluate.metric import Metric
from tenfold.evaluate.metrics import METRICS

FEWEST_ROWS: Final = 10  # of a fold whose scores are averaged with those of others


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Said:
    """What a fold's networks said of the rows that it holds out.

    Attributes
    ----------
    truth : ndarray of shape (N,), or (N, O) for labels
    answers : ndarray of shape (N, O)
    weights : ndarray of shape (N,)
    """

    truth: NDArray[Any]
    answers: NDArray[np.float64]
    weights: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pooled:
    """A metric of the rows of all folds together.

    Attributes
    ----------
    value : float
    without_fold : tuple of float
        The same without the rows of each fold.
    """

    value: float
    without_fold: tuple[float, ...]

    def __sub__(self, other: "Pooled") -> "Pooled":
        """Return the difference to the same metric of other answers to these rows."""
        sides = zip(self.without_fold, other.without_fold, strict=True)
        return Pooled(
            value=self.value - other.value, without_fold=tuple(a - b for a, b in sides)
        )

    def parts(self) -> NDArray[np.float64]:
        """Return what each fold contributes: the jackknife's pseudo-values (Tukey, 1958).

        Of a mean over rows in folds of equal size these are the scores of the folds.

        Examples
        --------
        >>> Pooled(value=2.0, without_fold=(2.5, 2.0, 1.5)).parts().tolist()
        [1.0, 2.0, 3.0]
        """
        folds = len(self.without_fold)
        return np.asarray(folds * self.value - (folds - 1) * np.array(self.without_fold))


def metrics_to_pool(
    truths: Sequence[NDArray[Any]], weights: Sequence[NDArray[np.float64]], task: Task
) -> tuple[str, ...]:
    """Return the metrics of which the mean over folds would mislead.

    All, if a fold holds out fewer than ten rows. If a fold lacks a class or a label that others
    hold out, those that count class by class: balanced accuracy, ROC AUC, average precision.

    Parameters
    ----------
    truths : sequence of F ndarray of shape (rows held out,), or (rows held out, O) for labels
    weights : sequence of F ndarray of shape (rows held out,)
    task : {"regression", "classification", "multilabel"}

    Examples
    --------
    >>> folds, ones = [np.zeros(12, int), np.arange(12) % 2], [np.ones(12)] * 2
    >>> metrics_to_pool(folds, ones, "classification")
    ('balanced_accuracy', 'roc_auc')
    """
    if len(truths) < 2:
        return ()
    if min(map(len, truths)) < FEWEST_ROWS:
        return tuple(METRICS[task])
    if task == "regression":
        return ()
    known = [truth[held > 0] for truth, held in zip(truths, weights, strict=True)]
    present = [
        set((truth if task == "classification" else np.argwhere(truth)[:, 1]).tolist())
        for truth in known
    ]
    if all(one == present[0] for one in present):
        return ()
    return tuple(name for name, metric in METRICS[task].items() if not metric.mean_of_rows)


def pool(metric: Metric, said: Sequence[Said]) -> Pooled:
    """Score the rows of all folds together, and without those of each fold."""
    truth, answers, weights = (
        np.concatenate([getattr(one, name) for one in said])
        for name in ("truth", "answers", "weights")
    )
    fold = np.repeat(np.arange(len(said)), [len(one.truth) for one in said])
    without = [
        metric(truth[fold != one], answers[fold != one], weights[fold != one])
        for one in range(len(said))
    ]
    return Pooled(value=metric(truth, answers, weights), without_fold=tuple(without))
