"""Classical models of tables, each with its preprocessing, as scikit-learn's pipelines.

Whatever they learn about columns they learn in ``fit``, from the rows of the fold. Their
settings are what their libraries' guides recommend for a table that nobody has tuned for.
"""

from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from tenfold.contest.problem import Problem
from tenfold.data.tables.table import with_columns
from tenfold.extras import require

MANY_CATEGORIES: Final = 50  # of a column get columns of their own; the rarer share one
PENALTIES: Final = np.logspace(-3, 4, 15)
NEIGHBOURS: Final = 10
TREES: Final = 100  # at random
BOOSTED, STEP = 500, 0.05  # trees of LightGBM, and how far each goes
EXTREME, EXTREME_STEP = 300, 0.1  # the same of XGBoost
EMPTY: Final = "empty"  # CatBoost takes no missing categories


def baseline_guess(problem: Problem) -> Any:
    """Return the guess that looks at no column: the mean, or the shares of the classes."""
    if problem.task == "regression":
        return DummyRegressor()
    return DummyClassifier(strategy="prior")


def linear_model(problem: Problem) -> Pipeline:
    """Return ridge regression whose penalty is chosen in the fold, or logistic regression."""
    if problem.task == "regression":
        last: Any = RidgeCV(alphas=PENALTIES)
    else:
        last = LogisticRegression(max_iter=2_000)
    return Pipeline([("columns", _scaled(problem)), ("model", last)])


def nearest_neighbours(problem: Problem) -> Pipeline:
    """Return the mean of the ten nearest rows, the nearer the more."""
    regression = problem.task == "regression"
    kind = KNeighborsRegressor if regression else KNeighborsClassifier
    last = kind(NEIGHBOURS, weights="distance")
    return Pipeline([("columns", _scaled(problem)), ("model", last)])


def random_trees(problem: Problem) -> Pipeline:
    """Return extremely randomised trees (Geurts, Ernst and Wehenkel, 2006)."""
    regression = problem.task == "regression"
    kind = ExtraTreesRegressor if regression else ExtraTreesClassifier
    last = kind(TREES, random_state=_seed(problem))
    return Pipeline([("columns", _filled(problem)), ("model", last)])


def boosted_trees(problem: Problem) -> Pipeline:
    """Return LightGBM (Ke and others, 2017); it takes categories and empty cells."""
    kind = LGBMRegressor if problem.task == "regression" else LGBMClassifier
    last = kind(
        n_estimators=BOOSTED,
        learning_rate=STEP,
        random_state=_seed(problem),
        deterministic=True,
        force_col_wise=True,
        verbosity=-1,
    )
    if not isinstance(problem.X, pd.DataFrame):  # features have no names
        return Pipeline([("model", last)])
    return Pipeline([("names", FunctionTransformer(plain_names)), ("model", last)])


def extreme_boosting(problem: Problem) -> Pipeline:
    """Return XGBoost (Chen and Guestrin, 2016)."""
    library = require("xgboost", extra="boost", to="compare with XGBoost")
    regression = problem.task == "regression"
    last = (library.XGBRegressor if regression else library.XGBClassifier)(
        n_estimators=EXTREME,
        learning_rate=EXTREME_STEP,
        enable_categorical=True,
        random_state=_seed(problem),
    )
    return Pipeline([("names", FunctionTransformer(plain_names)), ("model", last)])


def cat_boost(problem: Problem) -> Pipeline:
    """Return CatBoost (Prokhorenkova and others, 2018) as it comes."""
    library = require("catboost", extra="boost", to="compare with CatBoost")
    regression = problem.task == "regression"
    categorical = problem.categorical
    last = (library.CatBoostRegressor if regression else library.CatBoostClassifier)(
        cat_features=tuple(categorical),  # a list would not survive scikit-learn's clone
        random_seed=_seed(problem),
        allow_writing_files=False,
        verbose=False,
    )
    fill = FunctionTransformer(partial(fill_categorical, categorical=tuple(categorical)))
    return Pipeline([("empty categories", fill), ("model", last)])


def plain_names(X: pd.DataFrame) -> pd.DataFrame:
    """Return the columns under names that every library takes."""
    return X.set_axis([f"c{i}" for i in range(X.shape[1])], axis=1)


def fill_categorical(X: pd.DataFrame, *, categorical: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows with a category where a cell of categories is empty."""
    return with_columns(X, {name: X[name].astype(object).fillna(EMPTY) for name in categorical})


def _seed(problem: Problem) -> int:
    return problem.options.train.seed % 2**31


def _scaled(problem: Problem) -> ColumnTransformer:
    """Fill and scale numbers, make a column of each frequent category."""
    numbers = Pipeline(
        [
            ("fill", SimpleImputer(strategy="median", add_indicator=True)),
            ("scale", StandardScaler()),
        ]
    )
    categorical = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=MANY_CATEGORIES,
        sparse_output=False,
    )
    return _by_kind(problem, numbers, categorical)


def _filled(problem: Problem) -> ColumnTransformer:
    """Fill numbers, number the categories."""
    numbers = SimpleImputer(strategy="median", add_indicator=True)
    categorical = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    )
    return _by_kind(problem, numbers, categorical)


def _by_kind(problem: Problem, numbers: Any, categorical: Any) -> ColumnTransformer:
    parts = [
        ("numbers", numbers, problem.numbers),
        ("categories", categorical, problem.categorical),
    ]
    return ColumnTransformer([part for part in parts if part[2]])
