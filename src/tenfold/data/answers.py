"""What a model says of rows, laid out as a table."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.split import Labelled


def answer_table(
    schema: Labelled,
    answers: NDArray[np.float64],
    *,
    ends: NDArray[np.float64] | None = None,
    inside: NDArray[np.bool_] | None = None,
) -> pd.DataFrame:
    """Lay answers out as a table: ``prediction``, and each class's probability.

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
        Column ``prediction``; in regression ``low`` and ``high`` if there are intervals; in
        classification ``set``, its classes parted by `` | ``, if there are sets, and
        ``probability CLASS`` for each class.
    """
    if schema.task == "regression":
        found = {"prediction": answers[:, 0]}
        if ends is not None:
            found |= {"low": ends[:, 0], "high": ends[:, 1]}
        return pd.DataFrame(found)
    known = np.isfinite(answers).all(axis=1)
    labels = np.full(len(answers), None, dtype=object)
    labels[known] = np.array(schema.classes, dtype=object)[answers[known].argmax(axis=1)]
    columns = [f"probability {name}" for name in schema.classes]
    table = pd.DataFrame(answers, columns=columns)
    table.insert(0, "prediction", labels)
    if inside is not None:
        names = np.array(schema.classes, dtype=object)
        table.insert(1, "set", [" | ".join(names[row]) for row in inside])
    return table
