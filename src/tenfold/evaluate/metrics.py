"""Metrics: truth, answers and weights in, one number out.

Each is scikit-learn's in value, so that a score means what its name means elsewhere.
Answers have shape (N, O): one column of values in regression, a column of
probabilities a class in classification, or a label where rows may have several; then truth
has that shape, too.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from tenfold.config import TASKS, Task
from tenfold.evaluate import label_metrics  # noqa: F401 - enters those of labels
from tenfold.evaluate.metric import ENTERED, SMALLEST, Answers, Metric, Truth, Weights, metric
from tenfold.evaluate.ranks import ranked


@metric(
    "MSE",
    task="regression",
    better="lower",
    bounds=(0.0, np.inf),
    unit="target squared",
    needs="values",
    mean_of_rows=True,
    scorers=("neg_mean_squared_error",) * 2,
)
def mse(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean squared error, in squared units of the target."""
    return float(np.average((truth - answers[:, 0]) ** 2, weights=weights))


@metric(
    "RMSE",
    task="regression",
    better="lower",
    bounds=(0.0, np.inf),
    unit="target",
    needs="values",
    mean_of_rows=False,
    scorers=("neg_root_mean_squared_error",) * 2,
)
def rmse(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Root of the mean squared error, in units of the target."""
    return float(np.sqrt(mse(truth, answers, weights)))


@metric(
    "MAE",
    task="regression",
    better="lower",
    bounds=(0.0, np.inf),
    unit="target",
    needs="values",
    mean_of_rows=True,
    scorers=("neg_mean_absolute_error",) * 2,
)
def mae(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean absolute error, in units of the target."""
    return float(np.average(np.abs(truth - answers[:, 0]), weights=weights))


@metric(
    "R2",
    task="regression",
    better="higher",
    bounds=(-np.inf, 1.0),
    unit="share",
    needs="values",
    mean_of_rows=False,
    scorers=("r2", "r2"),
)
def r2(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Share of the target's variance that is explained, at most 1; NaN for one row."""
    if len(truth) < 2:
        return float("nan")
    return float(metrics.r2_score(truth, answers[:, 0], sample_weight=weights))


@metric(
    "accuracy",
    task="classification",
    better="higher",
    bounds=(0.0, 1.0),
    unit="share",
    needs="classes",
    mean_of_rows=True,
    scorers=("accuracy", "accuracy"),
)
def accuracy(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Share of rows whose most probable class is theirs, 0 to 1."""
    return float(np.average(answers.argmax(axis=1) == truth, weights=weights))


@metric(
    "balanced accuracy",
    task="classification",
    better="higher",
    bounds=(0.0, 1.0),
    unit="share",
    needs="classes",
    mean_of_rows=False,
    scorers=("balanced_accuracy",) * 2,
)
def balanced_accuracy(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean over the classes present of the share of their rows found, 0 to 1."""
    found = answers.argmax(axis=1) == truth
    whole = np.bincount(truth, weights)
    present = whole > 0
    return float(np.mean(np.bincount(truth, weights * found)[present] / whole[present]))


@metric(
    "log-loss",
    task="classification",
    better="lower",
    bounds=(0.0, np.inf),
    unit="nats",
    needs="probabilities",
    mean_of_rows=True,
    scorers=("neg_log_loss", "neg_log_loss"),
)
def log_loss(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean of minus the logarithm of the true class's probability, in nats."""
    own = answers[np.arange(len(truth)), truth]
    return float(np.average(-np.log(np.maximum(own, SMALLEST)), weights=weights))


@metric(
    "ROC AUC",
    task="classification",
    better="higher",
    bounds=(0.0, 1.0),
    unit="share",
    needs="probabilities",
    mean_of_rows=False,
    scorers=("roc_auc", "roc_auc_ovr"),
)
def roc_auc(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Area under the ROC curve, 0.5 for a guess; mean of each class against the rest.

    Of two classes it is that of the second; of more the unweighted mean (scikit-learn's macro
    average, one versus rest) over the classes that are present. NaN where fewer than two are.
    """
    classes = answers.shape[1]
    present = np.flatnonzero(np.bincount(truth, weights, minlength=classes))
    if len(present) < 2:
        return float("nan")
    if classes == 2:
        return ranked(truth == 1, answers[:, 1], weights)
    # Pairs of classes have no weights in scikit-learn; each class against the rest has.
    return float(np.mean([ranked(truth == c, answers[:, c], weights) for c in present]))


# scikit-learn's scorer halves it for two classes.
@metric(
    "Brier score",
    task="classification",
    better="lower",
    bounds=(0.0, 2.0),
    unit="probability squared",
    needs="probabilities",
    mean_of_rows=True,
    scorers=("", ""),
)
def brier(truth: Truth, answers: Answers, weights: Weights) -> float:
    """Mean squared error of the probabilities, summed over the classes, 0 to 2."""
    errors = answers.copy()
    errors[np.arange(len(truth)), truth] -= 1
    return float(np.average((errors**2).sum(axis=1), weights=weights))


NAMED: Final[Mapping[str, Metric]] = dict(ENTERED)
METRICS: Final[Mapping[Task, Mapping[str, Metric]]] = {
    task: {n: m for n, m in NAMED.items() if m.task == task} for task in TASKS
}
# What tells whether a network beats the baseline; lower is better for all. Accuracy
# would not do: where one class is rare, a good network and a guess are equally often right.
HEADLINE: Final[Mapping[Task, str]] = {
    "regression": "rmse",
    "classification": "log_loss",
    "multilabel": "label_log_loss",
}

# What ``score`` returns, as scikit-learn's estimators do; of labels its scorer would need
# thresholds.
SCORE: Final[Mapping[Task, str]] = {
    "regression": "r2",
    "classification": "accuracy",
    "multilabel": "mean_average_precision",
}


def baseline_guess(
    truth: Truth, weights: Weights, task: Task, outputs: int
) -> NDArray[np.float64]:
    """Return the answer that uses no column: the mean, or the shares of classes or labels.

    Returns
    -------
    ndarray of shape (O,)
    """
    if task == "regression":
        return np.array([np.average(truth, weights=weights)])
    if task == "multilabel":
        return np.asarray(np.average(truth, axis=0, weights=weights))
    return np.asarray(np.bincount(truth, weights, minlength=outputs) / weights.sum())
