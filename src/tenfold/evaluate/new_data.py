"""What labelled rows or pictures show of a model that never saw them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenfold.data.pictures import Pictures
from tenfold.data.table import Table
from tenfold.evaluate.coverage import PROMISED, own_class, sets_of, share_of
from tenfold.evaluate.picture_scores import read_classes
from tenfold.evaluate.scores import TestScore, read_answers, score_test
from tenfold.model import Model, Progress
from tenfold.picture_model import PictureModel
from tenfold.seeds import Streams

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shown:
    """What labelled rows or pictures show of a model.

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


def show_table(
    model: Model, table: Table, streams: Streams, progress: Progress | None = None
) -> Shown:
    """Score a model on labelled rows, and see what its intervals or sets hold of them.

    Raises
    ------
    PredictError
        P01 to P04, if the table does not fit the model or lacks answers.
    """
    truth, weights = read_answers(table, model.schema)
    if model.schema.task == "classification":
        answers = model.answers(table, progress=progress)
        return _show_classes(model, truth.astype(np.int64), weights, answers, streams)
    if model.conformal is None:
        answers = model.answers(table, progress=progress)
        scores = score_test(truth, answers, weights, "regression", streams)
        return Shown(answers=answers, scores=scores)
    said = model.intervals(table, PROMISED, progress=progress)
    return Shown(
        answers=said[:, :1],
        scores=score_test(truth, said[:, :1], weights, "regression", streams),
        held=(said[:, 1] <= truth) & (truth <= said[:, 2]),
        sizes=said[:, 2] - said[:, 1],
    )


def show_pictures(
    model: PictureModel, pictures: Pictures, streams: Streams, progress: Progress | None = None
) -> Shown:
    """Score a model on labelled pictures, and see what its sets hold of them.

    Raises
    ------
    PredictError
        P03 or P04, if the pictures lack classes or are of others.
    """
    truth = read_classes(pictures, model.schema)  # a fault is told before the work
    answers = model.answers(pictures, progress=progress)
    return _show_classes(model, truth, np.ones(len(truth)), answers, streams)


def _show_classes(
    model: Model | PictureModel,
    truth: NDArray[np.int64],
    weights: Numbers,
    answers: Numbers,
    streams: Streams,
) -> Shown:
    scores = score_test(truth, answers, weights, "classification", streams)
    if model.conformal is None:
        return Shown(answers=answers, scores=scores)
    inside = sets_of(model.conformal, answers, PROMISED)
    return Shown(
        answers=answers,
        scores=scores,
        held=own_class(inside, truth),
        sizes=inside.sum(axis=1),
    )
