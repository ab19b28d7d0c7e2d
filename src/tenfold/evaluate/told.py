"""What a model says of new rows, with intervals or sets, as a table."""

from typing import Any

import pandas as pd

from tenfold.data.answers import answer_table
from tenfold.errors import PredictError
from tenfold.evaluate.coverage import PROMISED, sets_of
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
        be promised.
    """
    schema = model.schema
    if not schema.classes and (coverage is not None or model.conformal is not None):
        share = PROMISED if coverage is None else coverage
        said = model.intervals(data, share, progress=progress)
        return answer_table(schema, said[:, :1], ends=said[:, 1:])
    answers = model.answers(data, progress=progress)
    if coverage is None:
        return answer_table(schema, answers)
    return answer_table(schema, answers, inside=sets_of(model.conformal, answers, coverage))


def not_of(what: str, model: str, fix: str) -> PredictError:
    """Return P09: what is asked for is not what a model says."""
    return PredictError("P09", f"{what} were asked for, and the run {model}", fix=[fix])
