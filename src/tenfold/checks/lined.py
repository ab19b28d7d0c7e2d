"""Trees that see what linear models say, beside the columns themselves.

Shape letters in this file:
    N  rows    P  columns    D  inputs of a linear model    C  classes
    L  linear scores: one for each class, of two for the second
"""

from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.quick import make_trees

WIDEST: Final = 256  # inputs of a linear model; of more it would take longer than the trees
CATEGORIES: Final = 20  # of a column, that have an input of their own
RAREST_CATEGORY: Final = 10  # rows
FARTHEST: Final = 5.0  # standard deviations; no cell outweighs all others
PENALTY: Final = 10.0
PARTS: Final = 3  # of the rows, whose scores are learnt from the others
# Half as many trees that learn twice as fast: they are as good, and pay for the scores. A leaf
# speaks as if it held five undecided rows more, so that a few sure rows do not run away.
FEW_TREES: Final = {"n_estimators": 30, "learning_rate": 0.2, "reg_lambda": 5.0}


class LinedTrees:
    """Boosted trees whose last columns are the scores of ridge regressions on the classes.

    Trees cut at right angles, so that along a slanting boundary they are wrong about many rows.
    With a linear score one cut follows it. As in stacking (Wolpert, Neural Networks 5, 1992),
    the trees learn from scores of rows that the regression did not learn from: what it says of
    its own rows would tell their classes. Each part of the rows has its even share of every
    class, since otherwise the level of a part's scores would tell them too.

    Parameters
    ----------
    categorical : list of int
        Which of the P columns are codes of categories.
    """

    def __init__(self, categorical: list[int]) -> None:
        self._categorical = categorical

    def fit(self, x_NP: NDArray[np.floating[Any]], target_N: NDArray[np.int64]) -> Self:
        """Learn from rows and their classes."""
        from sklearn.linear_model import Ridge  # noqa: PLC0415 - only an audit waits
        from sklearn.model_selection import PredefinedSplit, cross_val_predict  # noqa: PLC0415

        self._linear: tuple[Any, Any] | None = None
        scores_NL = np.zeros((len(x_NP), 0))
        columns = x_NP.shape[1]
        if columns + (CATEGORIES - 1) * len(self._categorical) <= WIDEST:
            inputs, ridge = _inputs(columns, self._categorical), Ridge(alpha=PENALTY)
            x_ND = inputs.fit_transform(x_NP)
            known, place_N = np.unique(target_N, return_inverse=True)
            is_class_NL = np.eye(len(known))[place_N]
            if len(known) == 2:
                is_class_NL = is_class_NL[:, 1:]  # the other column mirrors it
            part_N = np.empty(len(place_N), dtype=np.int64)
            part_N[np.argsort(place_N, kind="stable")] = np.arange(len(place_N)) % PARTS
            parts = PredefinedSplit(part_N)
            # Workers that joblib may have are not worth their start here.
            scores_NL = _table(cross_val_predict(ridge, x_ND, is_class_NL, cv=parts, n_jobs=1))
            self._linear = inputs, ridge.fit(x_ND, is_class_NL)
        seen = np.concatenate([x_NP, scores_NL], axis=1)
        trees = make_trees("classification", seen.shape[1]).set_params(**FEW_TREES)
        self._trees = trees.fit(seen, target_N, categorical_feature=self._categorical)
        return self

    def predict_proba(self, x_NP: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the probability of each class that was learnt from, shape (N, C)."""
        if self._linear is not None:
            inputs, ridge = self._linear
            scores_NL = _table(ridge.predict(inputs.transform(x_NP)))
            x_NP = np.concatenate([x_NP, scores_NL], axis=1)
        return np.asarray(self._trees.predict_proba(x_NP))


def _table(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores as a table where there is one of each row, too."""
    return scores.reshape(len(scores), -1)


def _inputs(columns: int, categorical: list[int]) -> Any:
    """Return what makes numbers alike in scale and categories columns of 0 and 1."""
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415
    from sklearn.impute import SimpleImputer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import (  # noqa: PLC0415
        FunctionTransformer,
        OneHotEncoder,
        StandardScaler,
    )

    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        FunctionTransformer(np.clip, kw_args={"a_min": -FARTHEST, "a_max": FARTHEST}),
    )
    of_categories = OneHotEncoder(
        min_frequency=RAREST_CATEGORY,
        max_categories=CATEGORIES,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )
    places = [i for i in range(columns) if i not in set(categorical)]
    return ColumnTransformer(
        [("numbers", numbers, places), ("categories", of_categories, categorical)], n_jobs=1
    )
