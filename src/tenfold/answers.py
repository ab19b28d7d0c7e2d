"""What a model says of rows, laid out as a table, with intervals or sets."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.folds.split import Labelled
from tenfold.errors import PredictError
from tenfold.evaluate.coverage import PROMISED, sets_of
from tenfold.evaluate.label_scores import label_text
from tenfold.exported import NOVELTY
from tenfold.learning import Progress
from tenfold.model import Model, known_scores


def tell(
    model: Model[Any, Any],
    data: Any,
    coverage: float | None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return what a model says of rows.

    Parameters
    ----------
    model : Model
    data : Table or Pictures
    coverage : float, optional
        Of intervals, 0.9 by default where the model has any; of sets, if they are wanted.
    progress : callable, optional

    Raises
    ------
    PredictError
        P01 or P02, if the columns are not those of training; P07, if so much coverage cannot
        be promised; P09, if sets are asked for where rows may have several labels.
    """
    schema, conformal = model.schema, model.conformal
    in_band = not schema.classes and (coverage is not None or conformal is not None)
    share = PROMISED if coverage is None else coverage
    if in_band:
        known_scores(conformal).limits(share)  # a fault is told before the work
    if coverage is not None and schema.task == "multilabel":
        raise not_of("sets of classes", "predicts several labels", "run.predict(DATA)")
    rows = model.coded(data, progress)
    if in_band:
        said = model.intervals_coded(rows, share, progress)
        return answer_table(schema, said[:, :1], ends=said[:, 1:], novelty=rows.novelty)
    answers = model.answers_coded(rows, progress)
    inside = None if coverage is None else sets_of(conformal, answers, coverage)
    return answer_table(schema, answers, inside=inside, novelty=rows.novelty)


def not_of(what: str, model: str, fix: str) -> PredictError:
    """Return P09: what is asked for is not what a model says."""
    return PredictError("P09", f"{what} were asked for, and the run {model}", fix=[fix])


def answer_table(
    schema: Labelled,
    answers: NDArray[np.float64],
    *,
    ends: NDArray[np.float64] | None = None,
    inside: NDArray[np.bool_] | None = None,
    novelty: NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """Lay answers out as a table: ``prediction``, and the probability of each class or label.

    Parameters
    ----------
    schema : Schema or PictureSchema
        Of the model that answered.
    answers : ndarray of shape (N, O)
        Values or probabilities; rows of NaN become empty cells.
    ends : ndarray of shape (N, 2), optional
        Of regression: lower and upper ends of intervals.
    inside : ndarray of shape (N, O), optional
        Which classes are in the set of each row.
    novelty : ndarray of shape (N,), optional
        How far each row is from those of training.

    Returns
    -------
    DataFrame of N rows
        Column ``prediction``, in which several labels are parted by `` | ``; in regression
        ``low`` and ``high`` if there are intervals; in classification ``set``, its classes
        parted by `` | ``, if there are sets; ``probability CLASS`` for each class or label; and
        ``novelty`` of pictures, above 1 if they are farther from those of training than 99 %
        of the held-out ones were.
    """
    if schema.task == "regression":
        found = {"prediction": answers[:, 0]}
        if ends is not None:
            found |= {"low": ends[:, 0], "high": ends[:, 1]}
        return pd.DataFrame(found | ({} if novelty is None else {NOVELTY: novelty}))
    known = np.isfinite(answers).all(axis=1)
    labels = np.full(len(answers), None, dtype=object)
    if schema.task == "multilabel":
        predicted = answers[known] >= np.array(schema.thresholds)
        labels[known] = [label_text(row, schema.classes) for row in predicted]
    else:
        labels[known] = np.array(schema.classes, dtype=object)[answers[known].argmax(axis=1)]
    columns = [f"probability {name}" for name in schema.classes]
    table = pd.DataFrame(answers, columns=columns)
    table.insert(0, "prediction", labels)
    if inside is not None:
        names = np.array(schema.classes, dtype=object)
        table.insert(1, "set", [" | ".join(names[row]) for row in inside])
    if novelty is not None:
        table[NOVELTY] = novelty
    return table
