"""The contenders: each learns from some rows and answers for others, as it comes.

Nothing is tuned. Where a library cannot read a text column or an empty cell, it
gets what its documentation asks for, estimated from the rows it learns from.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

REALMLP_CV: Final = 5  # networks of RealMLP that are trained side by side
Answers = NDArray[np.float64]
Frame = pd.DataFrame


def words(frame: pd.DataFrame) -> list[str]:
    """Return the columns that are not numbers."""
    return [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]


def say(model: Any, task: str, columns: pd.DataFrame) -> Answers:
    """Return values or probabilities."""
    asked = model.predict_proba if task == "classification" else model.predict
    return np.asarray(asked(columns), dtype=np.float64)


def catboost(task: str, x: Frame, y: Any, new: Frame, seed: int, n: int) -> Answers:
    """Answer with CatBoost's defaults, text columns named as categories."""
    from catboost import CatBoostClassifier, CatBoostRegressor  # noqa: PLC0415

    kind = CatBoostClassifier if task == "classification" else CatBoostRegressor
    text = words(x)
    fill = dict.fromkeys(text, "missing")
    model = kind(
        random_seed=seed,
        thread_count=n,
        cat_features=text,
        verbose=False,
        allow_writing_files=False,
    )
    model.fit(x.fillna(fill), y)
    return say(model, task, new.fillna(fill))


def lightgbm(task: str, x: Frame, y: Any, new: Frame, seed: int, n: int) -> Answers:
    """Answer with LightGBM's defaults, text columns as pandas' categories."""
    from lightgbm import LGBMClassifier, LGBMRegressor  # noqa: PLC0415

    kind = LGBMClassifier if task == "classification" else LGBMRegressor
    kinds = {name: pd.CategoricalDtype(sorted(x[name].dropna().unique())) for name in words(x)}
    model = kind(random_state=seed, n_jobs=n, verbose=-1)
    model.fit(x.astype(kinds), y)
    return say(model, task, new.astype(kinds))


def extra_trees(task: str, x: Frame, y: Any, new: Frame, seed: int, n: int) -> Answers:
    """Answer with scikit-learn's extra trees, words one-hot, empty cells the median."""
    from sklearn.compose import make_column_transformer  # noqa: PLC0415
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor  # noqa: PLC0415
    from sklearn.impute import SimpleImputer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import OneHotEncoder  # noqa: PLC0415

    kind = ExtraTreesClassifier if task == "classification" else ExtraTreesRegressor
    text = words(x)
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), text),
        remainder=SimpleImputer(strategy="median"),
    )
    model = make_pipeline(columns, kind(random_state=seed, n_jobs=n))
    model.fit(x, y)
    return say(model, task, new)


def realmlp(task: str, x: Frame, y: Any, new: Frame, seed: int, n: int) -> Answers:
    """Answer with pytabkit's RealMLP-TD, several networks side by side (``n_cv``)."""
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor  # noqa: PLC0415

    kind = RealMLP_TD_Classifier if task == "classification" else RealMLP_TD_Regressor
    text = words(x)
    fill = x.drop(columns=text).median().to_dict() | dict.fromkeys(text, "missing")
    model = kind(n_cv=REALMLP_CV, random_state=seed, n_threads=n, device="cpu", verbosity=0)
    model.fit(x.fillna(fill), y, cat_col_names=text)
    return say(model, task, new.fillna(fill))


Peer = Callable[[str, pd.DataFrame, Any, pd.DataFrame, int, int], Answers]
PEERS: Final[dict[str, Peer]] = {
    "catboost": catboost,
    "lightgbm": lightgbm,
    "extra_trees": extra_trees,
    "realmlp": realmlp,
}
PACKAGES: Final = {
    "tenfold": ("tenfold", "torch"),
    "catboost": ("catboost",),
    "lightgbm": ("lightgbm",),
    "extra_trees": ("scikit-learn",),
    "realmlp": ("pytabkit", "torch"),
}
