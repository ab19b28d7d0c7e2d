"""What labelled rows show of a model that never saw them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Task
from tenfold.evaluate.coverage import PROMISED, own_class, sets_of
from tenfold.evaluate.fifths import share_of
from tenfold.evaluate.scores import TestScore, score_test
from tenfold.learning import Progress
from tenfold.model import Model
from tenfold.seeds import Streams

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shown:
    """What labelled rows show of a model.

    Attributes
    ----------
    answers : ndarray of shape (N, O)
        What it says of them.
    scores : dict of str to TestScore
        By metric.
    held : ndarray of shape (N,), bool, or None
        Whether the truth of each lies in its 90 % interval, or set of classes; None for a model
        without any.
    sizes : ndarray of shape (N,) or None
        Widths of the intervals, or numbers of classes in the sets.
    """

    answers: Numbers
    scores: dict[str, TestScore]
    held: NDArray[np.bool_] | None = None
    sizes: NDArray[Any] | None = None

    def with_coverage(self) -> dict[str, TestScore]:
        """Return the scores, and as ``coverage`` which share is held."""
        if self.held is None:
            return self.scores
        return self.scores | {"coverage": share_of(self.held)}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Judged:
    """Labelled rows beside what a model says of them.

    Attributes
    ----------
    truth : ndarray of shape (N,) or (N, O)
    weights : ndarray of shape (N,)
    answers : ndarray of shape (N, O)
    held : ndarray of shape (N,), bool, or None
        As of ``Shown``.
    sizes : ndarray of shape (N,) or None
    """

    truth: Numbers | NDArray[np.int64]
    weights: Numbers
    answers: Numbers
    held: NDArray[np.bool_] | None = None
    sizes: NDArray[Any] | None = None

    def show(self, task: Task, streams: Streams) -> Shown:
        """Return what the rows show."""
        scores = score_test(self.truth, self.answers, self.weights, task, streams)
        return Shown(answers=self.answers, scores=scores, held=self.held, sizes=self.sizes)


def judge(model: Model[Any, Any], data: Any, progress: Progress | None = None) -> Judged:
    """Ask a model about labelled rows, and see what its intervals or sets hold of them.

    Raises
    ------
    PredictError
        P01 to P04, if the rows do not fit the model or lack answers.
    """
    truth, weights = model.kind.truth(data, model.schema)  # a fault is told before the work
    if model.conformal is None:
        answers = model.answers(data, progress=progress)
        return Judged(truth=truth, weights=weights, answers=answers)
    if model.schema.task != "regression":
        answers = model.answers(data, progress=progress)
        inside = sets_of(model.conformal, answers, PROMISED)
        return Judged(
            truth=truth,
            weights=weights,
            answers=answers,
            held=own_class(inside, truth.astype(np.int64)),
            sizes=inside.sum(axis=1),
        )
    said = model.intervals(data, PROMISED, progress=progress)
    return Judged(
        truth=truth,
        weights=weights,
        answers=said[:, :1],
        held=(said[:, 1] <= truth) & (truth <= said[:, 2]),
        sizes=said[:, 2] - said[:, 1],
    )


def show(
    model: Model[Any, Any], data: Any, streams: Streams, progress: Progress | None = None
) -> Shown:
    """Score a model on labelled rows; see ``judge``."""
    return judge(model, data, progress).show(model.schema.task, streams)
