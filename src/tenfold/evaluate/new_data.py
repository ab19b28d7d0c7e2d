"""What labelled rows show of a model that never saw them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


def show(
    model: Model[Any, Any], data: Any, streams: Streams, progress: Progress | None = None
) -> Shown:
    """Score a model on labelled rows, and see what its intervals or sets hold of them.

    Raises
    ------
    PredictError
        P01 to P04, if the rows do not fit the model or lack answers.
    """
    truth, weights = model.kind.truth(data, model.schema)  # a fault is told before the work
    task = model.schema.task
    if task != "regression" or model.conformal is None:
        answers = model.answers(data, progress=progress)
        scores = score_test(truth, answers, weights, task, streams)
        if model.conformal is None:
            return Shown(answers=answers, scores=scores)
        inside = sets_of(model.conformal, answers, PROMISED)
        return Shown(
            answers=answers,
            scores=scores,
            held=own_class(inside, truth.astype(np.int64)),
            sizes=inside.sum(axis=1),
        )
    said = model.intervals(data, PROMISED, progress=progress)
    return Shown(
        answers=said[:, :1],
        scores=score_test(truth, said[:, :1], weights, "regression", streams),
        held=(said[:, 1] <= truth) & (truth <= said[:, 2]),
        sizes=said[:, 2] - said[:, 1],
    )
