"""How good a model is on labelled rows or pictures that it never saw."""

import numpy as np

from tenfold.data.pictures import Pictures
from tenfold.data.table import Table
from tenfold.evaluate.coverage import PROMISED, in_set, share_of
from tenfold.evaluate.picture_scores import read_classes
from tenfold.evaluate.scores import TestScore, read_answers, score_test
from tenfold.model import Model, Progress
from tenfold.picture_model import PictureModel
from tenfold.seeds import Streams


def evaluate_table(
    model: Model, table: Table, streams: Streams, progress: Progress | None = None
) -> dict[str, TestScore]:
    """Score a model on rows, and say how many of them lie in their 90 % interval or set.

    Raises
    ------
    PredictError
        P01 to P04, if the table does not fit the model or lacks answers.
    """
    truth, weights = read_answers(table, model.schema)
    task, conformal = model.schema.task, model.conformal
    frame, decimal = table.frame, table.decimal
    if task == "regression" and conformal is not None:
        said = model.intervals(frame, PROMISED, decimal=decimal, progress=progress)
        held = (said[:, 1] <= truth) & (truth <= said[:, 2])
        scores = score_test(truth, said[:, :1], weights, task, streams)
        return scores | {"coverage": share_of(held)}
    answers = model.answers(frame, decimal=decimal, progress=progress)
    scores = score_test(truth, answers, weights, task, streams)
    if conformal is None:
        return scores
    inside = in_set(answers, conformal.score(PROMISED))
    return scores | {"coverage": share_of(inside[np.arange(len(truth)), truth])}


def evaluate_pictures(
    model: PictureModel, pictures: Pictures, streams: Streams, progress: Progress | None = None
) -> dict[str, TestScore]:
    """Score a model on pictures, and say how many of them lie in their 90 % set.

    Raises
    ------
    PredictError
        P03 or P04, if the pictures lack classes or are of others.
    """
    truth = read_classes(pictures, model.schema)  # a fault is told before the work
    answers = model.answers(pictures, progress=progress)
    weights = np.ones(len(truth))
    scores = score_test(truth, answers, weights, model.schema.task, streams)
    if model.conformal is None:
        return scores
    inside = in_set(answers, model.conformal.score(PROMISED))
    return scores | {"coverage": share_of(inside[np.arange(len(truth)), truth])}
