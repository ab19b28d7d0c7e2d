"""Metrics of labels, of which a row may have several.

Truth and answers have shape (N, L): 1 or 0, and the probability of each label.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tenfold.evaluate.metric import SMALLEST, Answers, Truth, Weights, metric
from tenfold.evaluate.ranks import precision_of_ranks, ranked


@metric(
    "mean average precision",
    task="multilabel",
    better="higher",
    bounds=(0.0, 1.0),
    unit="share",
    needs="probabilities",
    mean_of_rows=False,
    scorers=("", ""),
)
def mean_average_precision(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean over labels of the precision at each row that has the label, by probability, 0 to 1.

    Of the labels that some rows have, as scikit-learn's macro average of average precision.
    """
    return _mean_of_labels(precision_of_ranks, truth, answers, weights)


@metric(
    "ROC AUC of labels",
    task="multilabel",
    better="higher",
    bounds=(0.0, 1.0),
    unit="share",
    needs="probabilities",
    mean_of_rows=False,
    scorers=("", ""),
)
def label_roc_auc(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean over labels of the area under the ROC curve, 0.5 for a guess.

    Of the labels that some rows have and others do not.
    """
    return _mean_of_labels(ranked, truth, answers, weights)


@metric(
    "log-loss of labels",
    task="multilabel",
    better="lower",
    bounds=(0.0, np.inf),
    unit="nats",
    needs="probabilities",
    mean_of_rows=True,
    scorers=("", ""),
)
def label_log_loss(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean over labels and rows of minus the logarithm of what was given to the truth, in nats.

    That is the probability of the label if the row has it, and 1 minus it otherwise.
    """
    return float(np.average(label_losses(truth, answers), weights=weights))


@metric(
    "Brier score of labels",
    task="multilabel",
    better="lower",
    bounds=(0.0, 1.0),
    unit="probability squared",
    needs="probabilities",
    mean_of_rows=True,
    scorers=("", ""),
)
def label_brier(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean squared error of the probabilities over labels and rows, 0 to 1."""
    return float(np.average(((answers - truth) ** 2).mean(axis=1), weights=weights))


def label_losses(truth: Truth, answers: Answers) -> NDArray[np.float64]:
    """Return the log-loss of each row, the mean over its labels, shape (N,)."""
    own = np.where(truth == 1, answers, 1 - answers)
    return np.asarray(-np.log(np.maximum(own, SMALLEST)).mean(axis=1))


def _mean_of_labels(
    value: Callable[[NDArray[np.bool_], Answers, Weights], float],
    truth: Truth,
    answers: Answers,
    weights: Weights,
) -> float:
    """Return the mean over labels of what ranks tell of each; NaN where they tell of none."""
    positive = truth == 1
    with_L = positive.T @ weights
    told = np.flatnonzero((with_L > 0) & ((~positive).T @ weights > 0))
    if not len(told):
        return float("nan")
    return float(np.mean([value(positive[:, at], answers[:, at], weights) for at in told]))
