"""Metrics: truth, answers and weights in, one number out.

Each is scikit-learn's in value, so that a score means what its name means elsewhere.
Answers have shape (N, O): one column of values in regression, a column of
probabilities a class in classification.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from tenfold.config import Task

Truth = NDArray[Any]
Answers = NDArray[np.float64]
Weights = NDArray[np.float64]
Metric = Callable[[Truth, Answers, Weights], float]

SMALLEST: Final = 1e-15  # probability, so that one sure mistake is not infinitely bad


def mse(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean squared error, in squared units of the target; lower is better."""
    return float(np.average((truth - answers[:, 0]) ** 2, weights=weights))


def rmse(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Root of the mean squared error, in units of the target; lower is better."""
    return float(np.sqrt(mse(truth, answers, weights)))


def mae(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean absolute error, in units of the target; lower is better."""
    return float(np.average(np.abs(truth - answers[:, 0]), weights=weights))


def r2(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Share of the target's variance that is explained, at most 1; NaN for one row."""
    if len(truth) < 2:
        return float("nan")
    return float(metrics.r2_score(truth, answers[:, 0], sample_weight=weights))


def accuracy(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Share of rows whose most probable class is theirs, 0 to 1."""
    return float(np.average(answers.argmax(axis=1) == truth, weights=weights))


def balanced_accuracy(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean over the classes present of the share of their rows found, 0 to 1."""
    found = answers.argmax(axis=1) == truth
    shares = [
        np.average(found[truth == c], weights=weights[truth == c]) for c in np.unique(truth)
    ]
    return float(np.mean(shares))


def log_loss(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean of minus the logarithm of the true class's probability, in nats; lower is better."""
    own = answers[np.arange(len(truth)), truth]
    return float(np.average(-np.log(np.maximum(own, SMALLEST)), weights=weights))


def roc_auc(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Area under the ROC curve, 0.5 for a guess; over pairs of classes if there are more.

    NaN where a class is absent from the rows.
    """
    classes = answers.shape[1]
    if len(np.unique(truth)) < classes:
        return float("nan")
    if classes == 2:
        return ranked(truth == 1, answers[:, 1], weights)
    # Pairs of classes have no weights in scikit-learn; each class against the rest has.
    return float(np.mean([ranked(truth == c, answers[:, c], weights) for c in range(classes)]))


def ranked(positive: NDArray[np.bool_], scores: NDArray[np.float64], weights: Weights) -> float:
    """Return the share of pairs whose positive row has the higher score; ties count half.

    What ``sklearn.metrics.roc_auc_score`` returns, without its checks of each call: an interval
    over many classes asks for thousands.
    """
    order = np.argsort(scores, kind="stable")
    _, first = np.unique(scores[order], return_index=True)
    won = np.add.reduceat(np.where(positive, weights, 0.0)[order], first)
    lost = np.add.reduceat(np.where(positive, 0.0, weights)[order], first)
    below = np.cumsum(lost) - lost / 2
    return float(won @ below / (won.sum() * lost.sum()))


def brier(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean squared error of the probabilities, summed over classes, 0 to 2; lower is better."""
    errors = answers.copy()
    errors[np.arange(len(truth)), truth] -= 1
    return float(np.average((errors**2).sum(axis=1), weights=weights))


METRICS: Final[Mapping[Task, Mapping[str, Metric]]] = {
    "regression": {"mse": mse, "rmse": rmse, "mae": mae, "r2": r2},
    "classification": {
        "accuracy": accuracy,
        "balanced_accuracy": balanced_accuracy,
        "log_loss": log_loss,
        "roc_auc": roc_auc,
        "brier": brier,
    },
}
# What tells whether a network beats the constant guess; lower is better for both. Accuracy
# would not do: where one class is rare, a good network and a guess are equally often right.
HEADLINE: Final[Mapping[Task, str]] = {"regression": "rmse", "classification": "log_loss"}
# Where a metric ends; an interval is cut there.
BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "mse": (0.0, np.inf),
    "rmse": (0.0, np.inf),
    "mae": (0.0, np.inf),
    "r2": (-np.inf, 1.0),
    "accuracy": (0.0, 1.0),
    "balanced_accuracy": (0.0, 1.0),
    "log_loss": (0.0, np.inf),
    "roc_auc": (0.0, 1.0),
    "brier": (0.0, 2.0),
}


def constant_guess(
    truth: Truth, weights: Weights, task: Task, outputs: int
) -> NDArray[np.float64]:
    """Return the answer that uses no column: the mean, or the shares of the classes.

    Returns
    -------
    ndarray of shape (O,)
    """
    if task == "regression":
        return np.array([np.average(truth, weights=weights)])
    return np.asarray(np.bincount(truth, weights, minlength=outputs) / weights.sum())
