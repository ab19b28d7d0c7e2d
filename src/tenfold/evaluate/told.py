"""What a model says of new rows or pictures, with intervals or sets, as a table."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.answers import answer_table
from tenfold.data.pictures import Pictures
from tenfold.data.table import Table
from tenfold.errors import PredictError
from tenfold.evaluate.coverage import PROMISED, sets_of
from tenfold.model import Model, Progress
from tenfold.picture_model import PictureModel


def tell_rows(
    model: Model, table: Table, coverage: float | None, progress: Progress | None = None
) -> pd.DataFrame:
    """Return what a model says of rows.

    Parameters
    ----------
    model : Model
    table : Table
    coverage : float, optional
        Of intervals, 0.9 by default where the model has any; of sets, if they are wanted.
    progress : callable, optional

    Raises
    ------
    PredictError
        P01 or P02, if the columns are not those of training; P07, if so much coverage cannot
        be promised.
    """
    if model.schema.classes or (coverage is None and model.conformal is None):
        answers = model.answers(table, progress=progress)
        return _with_sets(model, answers, coverage)
    share = PROMISED if coverage is None else coverage
    said = model.intervals(table, share, progress=progress)
    return answer_table(model.schema, said[:, :1], ends=said[:, 1:])


def tell_pictures(
    model: PictureModel,
    pictures: Pictures,
    coverage: float | None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return what a model says of pictures, a row for each file that could be read.

    Parameters
    ----------
    model : PictureModel
    pictures : Pictures
    coverage : float, optional
        Of sets of classes, if they are wanted.
    progress : callable, optional

    Raises
    ------
    PictureError
        If none could be read.
    PredictError
        P07, if so much coverage cannot be promised.
    """
    pictures.check_rejected(max_bad=1.0)
    answers = model.answers(pictures, progress=progress)
    return _with_sets(model, answers, coverage).set_axis(list(pictures.files), axis=0)


def _with_sets(
    model: Model | PictureModel, answers: NDArray[np.float64], coverage: float | None
) -> pd.DataFrame:
    if coverage is None:
        return answer_table(model.schema, answers)
    inside = sets_of(model.conformal, answers, coverage)
    return answer_table(model.schema, answers, inside=inside)


def another_kind(learnt: str, given: str) -> PredictError:
    """Return P05: what is given is not of the kind that a model learnt."""
    fact = f"the model was trained on {learnt}, and {given} was given"
    return PredictError("P05", fact, fix=[f"give it {learnt}"])


def not_of(what: str, model: str, fix: str) -> PredictError:
    """Return P09: what is asked for is not what a model says."""
    return PredictError("P09", f"{what} were asked for, and the run {model}", fix=[fix])
