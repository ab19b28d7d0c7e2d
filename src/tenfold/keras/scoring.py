"""``cross_val_score`` for Keras estimators: one training for all folds."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.pipeline import Pipeline

from tenfold.data.folds.split import Splitter
from tenfold.errors import UsageError
from tenfold.keras.estimators import KerasEstimator, splits_by

Pairs = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


def cross_val_score(
    estimator: Any,
    X: Any,
    y: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    scoring: Any = None,
    cv: "int | Splitter | Iterable[Any] | None" = None,
    params: Mapping[str, Any] | None = None,
) -> NDArray[np.float64]:
    """Return the score of each fold, as scikit-learn's function does; all folds train at once.

    Parameters
    ----------
    estimator : KerasRegressor, KerasClassifier, or a Pipeline that ends with one
        The steps before it are fitted to each fold's own rows.
    X : array-like of shape (N, ...)
    y : array-like of shape (N,)
    groups : array-like of shape (N,), optional
        What ``cv`` keeps together.
    scoring : str or callable, optional
        As scikit-learn takes it; by default R2, or accuracy.
    cv : int, splitter or iterable of (train, test), optional
        As scikit-learn takes it; by default 5 folds.
    params : mapping, optional
        ``sample_weight`` of the rows.

    Returns
    -------
    ndarray of shape (folds,)

    Raises
    ------
    UsageError
        U01, if the estimator is not one of Keras.

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_iris
    >>> from tenfold.keras import KerasClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> def network(inputs, outputs):
    ...     layers = [keras.Input((inputs,)), keras.layers.Dense(outputs, "softmax")]
    ...     return keras.Sequential(layers)
    >>> estimator = KerasClassifier(network, epochs=2, random_state=0)
    >>> cross_val_score(estimator, X, y, cv=3).shape
    (3,)
    """
    *before, last = (
        [step for _, step in estimator.steps] if _is_pipeline(estimator) else [estimator]
    )
    if not isinstance(last, KerasEstimator):
        fact = f"the estimator is a {type(last).__name__}"
        fix = ["KerasRegressor, KerasClassifier, or a Pipeline that ends with one"]
        raise UsageError("U01", fact, fix=fix)
    X, y = (one if hasattr(one, "iloc") else np.asarray(one) for one in (X, y))
    splitter = check_cv(cv, y, classifier=is_classifier(last))
    pairs: Pairs = list(splitter.split(X, y, groups))
    prepared = [_prepared(before, X, y, train) for train, _ in pairs] if before else []
    single = clone(last)
    weight = (params or {}).get("sample_weight")
    arrays = single.arrays_of(prepared[0][1] if prepared else X, y, weight)
    if prepared:
        each = [np.asarray(x, dtype=np.float32) for _, x in prepared]
        arrays = replace(arrays, x_GNX=np.stack(each))
    fits = single.train(arrays, splits_by(pairs, len(arrays.y_N), refit=False))
    scorer = check_scoring(estimator, scoring=scoring)
    scores = []
    for fold, (_, test) in enumerate(pairs):
        own = clone(last)
        vars(own).update({k: v for k, v in vars(single).items() if k.endswith("_")})
        own.know(fits.network, fits.target, fold)
        if prepared:
            names = [name for name, _ in estimator.steps]
            own = Pipeline(list(zip(names, [*prepared[fold][0], own], strict=True)))
        scores.append(scorer(own, _at(X, test), _at(y, test)))
    return np.array(scores)


def _is_pipeline(estimator: Any) -> bool:
    return isinstance(estimator, Pipeline)


def _prepared(
    steps: list[Any], X: Any, y: Any, train: NDArray[np.int64]
) -> tuple[list[Any], Any]:
    """Fit steps to a fold's rows; return them, and what they make of all rows."""
    fitted = []
    learnt, every = _at(X, train), X
    for step in steps:
        if step in (None, "passthrough"):
            fitted.append(step)
            continue
        own = clone(step)
        learnt = own.fit_transform(learnt, _at(y, train))
        every = own.transform(every)
        fitted.append(own)
    return fitted, every


def _at(rows: Any, at: NDArray[np.int64]) -> Any:
    return rows.iloc[at] if hasattr(rows, "iloc") else rows[at]
