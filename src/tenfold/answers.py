"""What a model says of rows, laid out as a table, with intervals or sets."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.folds.split import Labelled
from tenfold.errors import PredictError
from tenfold.evaluate.coverage import PROMISED, sets_of
from tenfold.evaluate.label_scores import label_text
from tenfold.learning import Progress
from tenfold.model import Model


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
    schema = model.schema
    if not schema.classes and (coverage is not None or model.conformal is not None):
        share = PROMISED if coverage is None else coverage
        said = model.intervals(data, share, progress=progress)
        return answer_table(schema, said[:, :1], ends=said[:, 1:])
    if coverage is not None and schema.task == "multilabel":
        raise not_of("sets of classes", "predicts several labels", "run.predict(DATA)")
    answers = model.answers(data, progress=progress)
    if coverage is None:
        return answer_table(schema, answers)
    return answer_table(schema, answers, inside=sets_of(model.conformal, answers, coverage))


def not_of(what: str, model: str, fix: str) -> PredictError:
    """Return P09: what is asked for is not what a model says."""
    return PredictError("P09", f"{what} were asked for, and the run {model}", fix=[fix])


def answer_table(
    schema: Labelled,
    answers: NDArray[np.float64],
    *,
    ends: NDArray[np.float64] | None = None,
    inside: NDArray[np.bool_] | None = None,
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

    Returns
    -------
    DataFrame of N rows
        Column ``prediction``, in which several labels are parted by `` | ``; in regression
        ``low`` and ``high`` if there are intervals; in classification ``set``, its classes
        parted by `` | ``, if there are sets; and ``probability CLASS`` for each class or label.
    """
    if schema.task == "regression":
        found = {"prediction": answers[:, 0]}
        if ends is not None:
            found |= {"low": ends[:, 0], "high": ends[:, 1]}
        return pd.DataFrame(found)
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
    return table
