"""Metrics: truth, answers and weights in, one number out.

Each is scikit-learn's in value, so that a score means what its name means elsewhere.
Answers have shape (N, O): one column of values in regression, a column of
probabilities a class in classification.

All that is said of a metric anywhere, its label, its direction, where it ends, stands in
front of its function: a new one is written here and nowhere else.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from tenfold.config import Task

Truth = NDArray[Any]
Answers = NDArray[np.float64]
Weights = NDArray[np.float64]
Value = Callable[[Truth, Answers, Weights], float]
Better = Literal["lower", "higher"]
Unit = Literal["target", "target squared", "share", "nats", "probability squared"]
Needs = Literal["values", "classes", "probabilities"]

SMALLEST: Final = 1e-15  # probability, so that one sure mistake is not infinitely bad


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """What a metric is; calling it scores answers.

    Attributes
    ----------
    name : str
        In files and options.
    label : str
        For people.
    task : {"regression", "classification"}
    better : {"lower", "higher"}
    bounds : tuple of two float
        The least and the largest value that it can have.
    unit : {"target", "target squared", "share", "nats", "probability squared"}
        What it is measured in; shares are of variance, rows or pairs of rows.
    needs : {"values", "classes", "probabilities"}
        What has to be predicted.
    mean_of_rows : bool
        Whether it is a mean over rows, so that means over parts of the rows add up to it.
    scorers : tuple of two str
        scikit-learn's scorers of the same value, or of its negative if lower is better: for
        numbers or two classes, and for more classes. Empty where none has the same value.
    value : callable
        From truth, answers and weights to the metric.

    Examples
    --------
    >>> METRICS["regression"]["r2"].better, METRICS["regression"]["rmse"].direction
    ('higher', -1)
    """

    name: str
    label: str
    task: Task
    better: Better
    bounds: tuple[float, float]
    unit: Unit
    needs: Needs
    mean_of_rows: bool
    scorers: tuple[str, str]
    value: Value

    def __call__(self, truth: Truth, answers: Answers, weights: Weights) -> float:
        """Return the metric of some rows; NaN where it is not defined for them.

        Parameters
        ----------
        truth : ndarray of shape (N,)
            Values, or class numbers.
        answers : ndarray of shape (N, O)
        weights : ndarray of shape (N,)
        """
        return self.value(truth, answers, weights)

    @property
    def direction(self) -> int:
        """1 if higher is better, -1 if lower is."""
        return 1 if self.better == "higher" else -1

    @property
    def perfect(self) -> float:
        """What it is of answers that are all right."""
        return self.bounds[1] if self.better == "higher" else self.bounds[0]

    @property
    def meaning(self) -> str:
        """What it is, in a sentence."""
        return (self.value.__doc__ or "").partition("\n")[0]


NAMED: Final[dict[str, Metric]] = {}


def _metric(
    label: str,
    *,
    task: Task,
    better: Better,
    bounds: tuple[float, float],
    unit: Unit,
    needs: Needs,
    mean_of_rows: bool,
    scorers: tuple[str, str],
) -> Callable[[Value], Metric]:
    """Make a metric of a function and enter it under the function's name."""

    def enter(value: Value) -> Metric:
        name = value.__name__
        NAMED[name] = Metric(
            name=name,
            label=label,
            task=task,
            better=better,
            bounds=bounds,
            unit=unit,
            needs=needs,
            mean_of_rows=mean_of_rows,
            scorers=scorers,
            value=value,
        )
        return NAMED[name]

    return enter


@_metric(
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


@_metric(
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


@_metric(
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


@_metric(
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


@_metric(
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


@_metric(
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


@_metric(
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


@_metric(
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


# scikit-learn's scorer halves it for two classes.
@_metric(
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


METRICS: Final[Mapping[Task, Mapping[str, Metric]]] = {
    "regression": {n: m for n, m in NAMED.items() if m.task == "regression"},
    "classification": {n: m for n, m in NAMED.items() if m.task == "classification"},
}
# What tells whether a network beats the baseline; lower is better for both. Accuracy
# would not do: where one class is rare, a good network and a guess are equally often right.
HEADLINE: Final[Mapping[Task, str]] = {"regression": "rmse", "classification": "log_loss"}


def baseline_guess(
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
