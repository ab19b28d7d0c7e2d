"""Scores of a contender on rows that it never saw, by scikit-learn's own scorers.

So that they equal those of ``cross_validate`` to the last digit, whatever the contender.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import check_scoring

from tenfold.config import Task
from tenfold.contest.problem import Problem
from tenfold.evaluate.metrics import METRICS, NAMED
from tenfold.evaluate.pooling import Said, metrics_to_pool


def scorers(task: Task, classes: int) -> dict[str, str]:
    """Return scikit-learn's name of each metric that it has a scorer for.

    Examples
    --------
    >>> scorers("classification", 3)["roc_auc"], scorers("regression", 0)["rmse"]
    ('roc_auc_ovr', 'neg_root_mean_squared_error')
    """
    several = classes > 2
    return {
        name: metric.scorers[several]
        for name, metric in METRICS[task].items()
        if all(metric.scorers)
    }


def pooled_metrics(problem: Problem) -> tuple[str, ...]:
    """Return the metrics that are scored on the rows of all folds together."""
    weights = np.ones(len(problem)) if problem.weights is None else problem.weights
    tested = [test for _, test in problem.splits]
    truths, held = [problem.y[test] for test in tested], [weights[test] for test in tested]
    return metrics_to_pool(truths, held, problem.task)


def score(
    estimator: Any,
    X: Any,
    y: NDArray[Any],
    weights: NDArray[np.float64] | None,
    names: Mapping[str, str],
) -> dict[str, float]:
    """Score a fitted estimator; NaN where it cannot give what a metric asks for.

    Parameters
    ----------
    estimator : estimator of scikit-learn, fitted
    X, y, weights
        Rows that it never saw, their answers, their weights.
    names : mapping of str to str
        What ``scorers`` returned.
    """
    asked = [names[name] for name in given_by(estimator, names)]
    weighted = {} if weights is None else {"sample_weight": weights}
    found = check_scoring(estimator, scoring=asked, raise_exc=False)(
        estimator, X, y, **weighted
    )
    scores = {}
    for name, scorer in names.items():
        value = found.get(scorer, float("nan"))
        number = float("nan") if isinstance(value, str) else float(value)
        scores[name] = NAMED[name].direction * number
    return scores


def said_by(
    fitted: Any,
    X: Any,
    y: NDArray[Any],
    weights: NDArray[np.float64] | None,
    classes: int,
) -> Said:
    """Return what an estimator says of rows that it never saw, beside their truth.

    An order of the classes is told as if it were their probabilities; a class alone as certain.

    Parameters
    ----------
    fitted : estimator of scikit-learn, fitted
    X, y, weights
        Rows that it never saw, their answers, their weights.
    classes : int
        How many there are; 0 in regression.
    """
    held = np.ones(len(y)) if weights is None else weights
    if not classes:
        return Said(truth=y, answers=np.asarray(fitted.predict(X))[:, None], weights=held)
    answers = np.zeros((len(y), classes))
    if hasattr(fitted, "predict_proba"):
        answers[:, fitted.classes_] = fitted.predict_proba(X)
    elif hasattr(fitted, "decision_function"):
        far = np.asarray(fitted.decision_function(X), dtype=np.float64)
        far = np.stack([-far / 2, far / 2], axis=1) if far.ndim == 1 else far
        answers[:, fitted.classes_] = softmax(far, axis=1)
    else:
        answers[np.arange(len(y)), fitted.predict(X)] = 1
    return Said(truth=y, answers=answers, weights=held)


def given_by(estimator: Any, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return the metrics that an estimator says what they ask for: probabilities, or an order.

    Parameters
    ----------
    estimator : estimator of scikit-learn, fitted
    names : mapping of str to str
        What ``scorers`` returned.
    """
    if hasattr(estimator, "predict_proba"):
        return tuple(names)
    ordered = hasattr(estimator, "decision_function")
    return tuple(
        name
        for name, scorer in names.items()
        if NAMED[name].needs != "probabilities" or (scorer == "roc_auc" and ordered)
    )


class Answered(BaseEstimator):  # type: ignore[misc]
    """An estimator that has answered already: what networks said of rows of a fold.

    Parameters
    ----------
    answers : ndarray of shape (rows, O), float64
    """

    def __init__(self, answers: NDArray[np.float64]) -> None:
        self.answers = answers

    def fit(self, X: Any, y: Any) -> Self:  # noqa: ARG002
        """Return itself: there is nothing left to fit."""
        return self


class AnsweredNumbers(RegressorMixin, Answered):  # type: ignore[misc]
    """Answers that are values."""

    def predict(self, X: Any) -> NDArray[np.float64]:  # noqa: ARG002
        """Return the values."""
        return self.answers[:, 0]


class AnsweredClasses(ClassifierMixin, Answered):  # type: ignore[misc]
    """Answers that are probabilities."""

    @property
    def classes_(self) -> NDArray[np.int64]:
        """The class numbers."""
        return np.arange(self.answers.shape[1])

    def predict_proba(self, X: Any) -> NDArray[np.float64]:  # noqa: ARG002
        """Return the probabilities."""
        return self.answers

    def predict(self, X: Any) -> NDArray[np.int64]:  # noqa: ARG002
        """Return the most probable classes."""
        return np.asarray(self.answers.argmax(axis=1))


def answered(answers: NDArray[np.float64], task: Task) -> Answered:
    """Return what the scorers take for a fitted estimator."""
    return AnsweredNumbers(answers) if task == "regression" else AnsweredClasses(answers)
