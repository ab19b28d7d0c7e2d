"""What a metric is: truth, answers and weights in, one number out.

All that is said of a metric anywhere, its label, its direction, where it ends, stands in
front of its function: a new one is written in ``metrics.py`` or ``label_metrics.py`` and
nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

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
    task : {"regression", "classification", "multilabel"}
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
        numbers or two classes, and for more classes. Empty where none has the same value, and
        for labels, which are not compared.
    value : callable
        From truth, answers and weights to the metric.

    Examples
    --------
    >>> from tenfold.evaluate.metrics import METRICS
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
        truth : ndarray of shape (N,) or (N, O)
            Values, class numbers, or 1 and 0 for each label.
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


ENTERED: Final[dict[str, Metric]] = {}


def metric(
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
        ENTERED[name] = Metric(
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
        return ENTERED[name]

    return enter
