"""What a model says of rows, laid out as a table."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.split import Labelled


def answer_table(schema: Labelled, answers: NDArray[np.float64]) -> pd.DataFrame:
    """Lay answers out as a table: ``prediction``, and each class's probability.

    Parameters
    ----------
    schema : Schema or PictureSchema
        Of the model that answered.
    answers : ndarray of shape (N, O)
        Values or probabilities; rows of NaN become empty cells.

    Returns
    -------
    DataFrame of N rows
        Column ``prediction``; in classification also ``probability CLASS`` for each class.
    """
    if schema.task == "regression":
        return pd.DataFrame({"prediction": answers[:, 0]})
    known = np.isfinite(answers).all(axis=1)
    labels = np.full(len(answers), None, dtype=object)
    labels[known] = np.array(schema.classes, dtype=object)[answers[known].argmax(axis=1)]
    columns = [f"probability {name}" for name in schema.classes]
    table = pd.DataFrame(answers, columns=columns)
    table.insert(0, "prediction", labels)
    return table
