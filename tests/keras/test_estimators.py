"""Keras models behind scikit-learn's contract."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_regression
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.model_selection import cross_val_score as of_sklearn
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from tenfold import TenfoldError
from tenfold.keras import KerasClassifier, KerasRegressor, cross_val_score
from tests.keras.models import keras, layers


def network(inputs: Any, outputs: int, units: int = 16) -> Any:
    shape = inputs if isinstance(inputs, tuple) else (inputs,)
    own = [layers.Dense(units, activation="relu"), layers.Dense(outputs)]
    model = keras.Sequential([keras.Input(shape), *own])
    loss: Any = "mean_squared_error"
    if outputs > 1:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.02), loss)
    return model


class Named:
    """The function with a name that is the same in each process that collects tests."""

    def __call__(self, inputs: Any, outputs: int) -> Any:
        return network(inputs, outputs)

    def __repr__(self) -> str:
        return "network"


CHECKED = {"model": Named(), "epochs": 60, "folds": None, "batch_size": 8, "random_state": 0}
# A row of weight 2 is not the same as two rows to a network that learns in batches.
KNOWN = {"check_sample_weight_equivalence_on_dense_data": "batches are dealt out by rows"}


def known_failures(_estimator: Any) -> Mapping[str, str]:
    return KNOWN


@pytest.mark.slow
@parametrize_with_checks(
    [KerasRegressor(**CHECKED), KerasClassifier(**CHECKED)],
    expected_failed_checks=known_failures,
)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::sklearn.exceptions.SkipTestWarning")
def test_the_contract_of_scikit_learn_is_kept(estimator: Any, check: Any) -> None:
    check(estimator)


def test_folds_are_scored_beside_the_model_of_all_rows() -> None:
    X, y = make_regression(120, 5, random_state=0)
    estimator = KerasRegressor(network, epochs=4, folds=4, random_state=0).fit(X, y)
    assert len(estimator.fold_scores_["rmse"]) == 4
    assert len(estimator.out_of_fold_) == 120
    assert np.isfinite(estimator.out_of_fold_).all()
    assert not np.allclose(estimator.predict(X), estimator.out_of_fold_)


def test_parameters_are_routed_to_the_function() -> None:
    X, y = make_regression(60, 3, random_state=0)
    for given in ({"units": 3}, {"model__units": 3}):
        estimator = KerasRegressor(network, epochs=1, folds=None, **given).fit(X, y)
        assert estimator.get_params()[next(iter(given))] == 3
        assert units_of(estimator) == 3
    assert units_of(estimator.set_params(model__units=5).fit(X, y)) == 5


def test_scores_are_those_of_scikit_learns_own_function() -> None:
    X, y = load_iris(return_X_y=True)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    estimator = make_pipeline(
        StandardScaler(), KerasClassifier(network, epochs=20, folds=None, random_state=0)
    )
    ours = cross_val_score(estimator, X, y, cv=folds, scoring="neg_log_loss")
    theirs = of_sklearn(estimator, X, y, cv=folds, scoring="neg_log_loss")
    others = [
        of_sklearn(
            estimator.set_params(kerasclassifier__random_state=seed),
            X,
            y,
            cv=folds,
            scoring="neg_log_loss",
        )
        for seed in (1, 2, 3)
    ]
    spread = np.std([theirs, *others], axis=0).max()
    assert np.abs(ours - theirs).max() < 4 * spread
    assert np.corrcoef(ours, np.mean([theirs, *others], axis=0))[0, 1] > 0.5


def test_each_fold_is_prepared_by_its_own_rows() -> None:
    X, y = make_regression(60, 3, random_state=0)
    folds = KFold(3)
    estimator = make_pipeline(
        StandardScaler(), KerasRegressor(network, epochs=2, random_state=0)
    )
    before = cross_val_score(estimator, X, y, cv=folds)
    X[folds_of(folds, X)[0]] *= 1000  # what the first fold holds out
    after = cross_val_score(estimator, X, y, cv=folds)
    # The first fold never saw these rows, and is asked about others; the rest saw them.
    assert before[0] != after[0]
    assert np.isfinite(after).all()


def test_another_estimator_is_refused_with_a_code() -> None:
    X, y = make_regression(30, 3, random_state=0)
    with pytest.raises(TenfoldError, match="U01"):
        cross_val_score(StandardScaler(), X, y)
    with pytest.raises(TenfoldError, match="N01"):
        KerasRegressor(None).fit(X, y)


def units_of(estimator: Any) -> int:
    return int(next(iter(estimator._network.trained)).shape[-1])


def folds_of(folds: KFold, X: Any) -> list[Any]:
    return [test for _, test in folds.split(X)]
