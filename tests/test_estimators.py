"""The estimators keep scikit-learn's contract and tell the same story as the command."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    ShuffleSplit,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import tenfold
from tenfold import TabularClassifier, TabularRegressor, TrainOptions
from tenfold.errors import PredictError, SchemaError, SplitError, UsageError
from tests.engine_tables import houses

QUICK: dict[str, Any] = {"quality": "fast", "folds": 3, "epochs": 2}


@parametrize_with_checks([TabularRegressor(quality="fast"), TabularClassifier(quality="fast")])
def test_the_estimators_pass_every_check_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.fixture(scope="module", name="houses")
def ninety_houses() -> pd.DataFrame:
    return houses(90)


def split_target(frame: pd.DataFrame) -> tuple[pd.DataFrame, "pd.Series[Any]"]:
    return frame.drop(columns="price"), frame["price"]


def test_an_estimator_and_train_give_the_same_out_of_fold_answers(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    model = TabularRegressor(**QUICK, random_state=5).fit(X, y)
    run = tenfold.train(
        houses, folds=3, quality="fast", training=TrainOptions(epochs=2), seed=5, out=None
    )
    assert run.study is not None
    np.testing.assert_array_equal(model.out_of_fold_, run.study.out_of_fold()[:, 0])
    assert model.fold_scores_["rmse"].tolist() == run.metrics["scores"]["rmse"]["per_fold"]


def test_out_of_fold_answers_lie_beside_their_rows(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    model = TabularRegressor(**QUICK).fit(X, y)
    backwards = TabularRegressor(**QUICK).fit(X[::-1], y[::-1])
    np.testing.assert_array_equal(model.out_of_fold_, backwards.out_of_fold_[::-1])


def test_words_dates_and_empty_cells_are_normal_input(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    X = X.assign(built=pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(90), "D"))
    X.loc[::7, "town"] = None
    X.loc[::5, "rooms"] = np.nan
    X["sold"] = X.index % 2 == 0
    model = TabularRegressor(**QUICK).fit(X, y)
    new = X.assign(town="held-out a town")
    assert np.isfinite(model.predict(new)).all()
    assert list(model.feature_names_in_) == list(X.columns)
    assert model.n_features_in_ == X.shape[1]


def test_clone_keeps_parameters_and_nothing_learnt(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    model = TabularRegressor(**QUICK, lr=0.01, standardize=True).fit(X, y)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "model_")
    np.testing.assert_array_equal(twin.fit(X, y).predict(X), model.predict(X))


def test_a_grid_search_chooses_among_parameters(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    search = GridSearchCV(TabularRegressor(**QUICK), {"network": ["tutorial", "auto"]}, cv=2)
    search.fit(X, y)
    assert search.best_params_ == {"network": "auto"}
    assert np.isfinite(search.predict(X)).all()


def test_a_pipeline_may_stand_before_an_estimator(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["town"]),
        (StandardScaler(), ["rooms", "area"]),
    ).set_output(transform="pandas")
    pipeline = make_pipeline(columns, TabularRegressor(**QUICK)).fit(X, y)
    assert pipeline.predict(X).shape == (90,)
    assert "standardscaler__rooms" in pipeline[-1].feature_names_in_


def test_cross_val_score_scores_an_estimator(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    scores = cross_val_score(TabularClassifier(**QUICK), X, y > y.median(), cv=3)
    assert scores.shape == (3,)
    assert ((scores >= 0) & (scores <= 1)).all()


def test_a_weight_of_two_is_a_row_that_stands_there_twice(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    weights = np.where(np.arange(90) % 3 == 0, 2, 1)
    twice = np.repeat(np.arange(90), weights)
    weighed = TabularRegressor(**QUICK).fit(X, y, sample_weight=weights)
    repeated = TabularRegressor(**QUICK).fit(X.iloc[twice], y.iloc[twice])
    np.testing.assert_allclose(weighed.predict(X), repeated.predict(X), rtol=1e-6)


def test_a_weight_of_nothing_is_a_row_that_is_not_there(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    wild = y.where(y.index < 60, 1e9)
    model = TabularRegressor(**QUICK).fit(X, wild, sample_weight=(y.index < 60).astype(float))
    without = TabularRegressor(**QUICK).fit(X[:60], y[:60])
    np.testing.assert_array_equal(model.predict(X), without.predict(X))
    assert np.isnan(model.out_of_fold_[60:]).all()
    np.testing.assert_array_equal(model.out_of_fold_[:60], without.out_of_fold_)


def test_rows_of_a_group_stay_in_one_fold(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    groups = np.arange(90) % 9
    together = TabularRegressor(**QUICK).fit(X, y, groups=groups)
    changed = y.where(groups != 4, y.max() + y)
    after = TabularRegressor(**QUICK).fit(X, changed, groups=groups)
    moved = together.out_of_fold_ != after.out_of_fold_
    # Group 4 is held out as a whole: its fold's networks, which answer for it, saw none of it.
    assert not moved[groups == 4].any()
    assert moved.any()


@pytest.mark.parametrize(
    "splitter",
    [
        KFold(4, shuffle=True, random_state=7),
        ShuffleSplit(2, test_size=10, random_state=1),
        TimeSeriesSplit(3),
        [(range(50), range(50, 90)), (range(50, 90), range(50))],
    ],
)
def test_a_splitter_is_followed_to_the_row(houses: pd.DataFrame, splitter: Any) -> None:
    X, y = split_target(houses)
    model = TabularRegressor(**QUICK | {"folds": splitter}).fit(X, y)
    pairs = list(splitter.split(X)) if hasattr(splitter, "split") else splitter
    assert len(model.fold_scores_["mse"]) == len(pairs)
    times = np.bincount(np.concatenate([test for _, test in pairs]), minlength=90)
    np.testing.assert_array_equal(np.isfinite(model.out_of_fold_), times > 0)
    if times.max() == 1:
        for fold, (_, test) in enumerate(pairs):
            error = (model.out_of_fold_ - y)[test]
            assert model.fold_scores_["mse"][fold] == pytest.approx(np.mean(error**2))


@pytest.mark.parametrize(
    "labels",
    [["a", "b"], [True, False], [10, 20], [2.0, 3.0], ["10", "9"], [-1, 1]],
    ids=repr,
)
def test_classes_come_back_as_they_were_given(labels: list[Any]) -> None:
    x = np.linspace(-1, 1, 60)[:, None]
    y = np.array(labels)[(x[:, 0] > 0).astype(int)]
    model = TabularClassifier(quality="fast", folds=3).fit(x, y)
    assert model.classes_.tolist() == sorted(labels)
    assert model.classes_.dtype == y.dtype
    assert model.predict([[-0.9], [0.9]]).tolist() == labels
    chances = model.predict_proba(x)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(model.classes_[chances.argmax(axis=1)], model.predict(x))
    assert model.out_of_fold_.shape == (60, 2)
    assert model.score(x, y) > 0.9


def test_classes_of_few_rows_are_tested_where_they_can_be_and_it_is_said() -> None:
    x = np.arange(12.0)[:, None] ** 1.5
    y = np.array(["a"] * 7 + ["b"] * 4 + ["c"])
    model = TabularClassifier(quality="fast", epochs=2).fit(x, y)
    assert len(model.fold_scores_["accuracy"]) == 10
    said = [decision.what for decision in model.decisions_]
    assert "class 'c' (1) is in the training rows of every fold and tested in none" in said
    assert any(what.endswith("is tested in only as many folds as it has rows") for what in said)
    # Nothing is held out of the class of one row, so nothing can be said of it honestly.
    assert np.isnan(model.out_of_fold_[-1]).all()
    assert np.isfinite(model.out_of_fold_[:-1]).all()
    assert model.predict(x).shape == (12,)


def test_few_rows_get_few_folds_and_more_are_refused() -> None:
    x = np.arange(7.0)[:, None] ** 1.5
    model = TabularRegressor(quality="fast", epochs=2).fit(x, x[:, 0])
    assert len(model.fold_scores_["rmse"]) == 7
    assert "7 folds | there are 7 rows" in [f"{d.what} | {d.why}" for d in model.decisions_]
    with pytest.raises(SplitError, match="F02: there are only 7 rows for 8 folds"):
        TabularRegressor(folds=8).fit(x, x[:, 0])


def test_whole_numbers_that_count_the_rows_are_learnt_from() -> None:
    x = np.arange(100)[:, None]
    model = TabularRegressor(quality="fast").fit(x, x[:, 0] * 2.0)
    assert model.score(x, x[:, 0] * 2.0) > 0.9


def test_a_network_of_ones_own_is_scored_like_any(houses: pd.DataFrame) -> None:
    def line(inputs: int, outputs: int) -> torch.nn.Module:
        return torch.nn.Linear(inputs, outputs)

    X, y = split_target(houses)
    model = TabularRegressor(network=line, folds=3, epochs=60).fit(X, y)
    assert model.score(X, y) > 0.5
    tutorial = TabularRegressor(network="tutorial", folds=3, epochs=3).fit(X[["rooms"]], y)
    assert tutorial.predict(X[["rooms"]]).shape == (90,)


def test_a_fitted_estimator_survives_a_copy_to_another_process(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    model = TabularRegressor(**QUICK).fit(X, y)
    twin = pickle.loads(pickle.dumps(model))  # noqa: S301 - written one line above
    np.testing.assert_array_equal(twin.predict(X), model.predict(X))


def test_wrong_input_is_refused_with_a_code(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    with pytest.raises(SchemaError, match=r"^S06"):
        TabularRegressor().fit(X, np.ones(90))
    with pytest.raises(UsageError, match=r"^U01: quality"):
        TabularRegressor(quality="great").fit(X, y)
    with pytest.raises(UsageError, match=r"^U01: folds"):
        TabularRegressor(folds=0).fit(X, y)
    with pytest.raises(SplitError, match=r"^F03"):
        TabularRegressor(folds=3).fit(X, y, groups=np.arange(90) % 2)
    model = TabularRegressor(**QUICK).fit(X, y)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(X.drop(columns="rooms"))
    with pytest.raises(PredictError, match=r"^P02"):
        model.predict(X.assign(rooms="many"))


def test_the_frame_that_was_given_is_not_changed(houses: pd.DataFrame) -> None:
    X, y = split_target(houses)
    before, answers = X.copy(), y.copy()
    TabularRegressor(**QUICK).fit(X, y, sample_weight=np.ones(90))
    pd.testing.assert_frame_equal(X, before)
    pd.testing.assert_series_equal(y, answers)


@pytest.mark.parametrize("kind", [TabularRegressor, TabularClassifier])
def test_a_fitted_estimator_shows_in_a_notebook_what_training_found(kind: Any) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 2))
    y = X[:, 0] if kind is TabularRegressor else (X[:, 0] > 0).astype(int)
    model = kind(folds=3, quality="fast", random_state=0)
    before = model._repr_mimebundle_()["text/html"]
    assert "<svg role" not in before
    model.fit(X, y)
    for shown in (model._repr_mimebundle_()["text/html"], model._repr_html_()):
        assert shown.count("<svg role") == 2  # the score and the losses of each fold
        assert "held-out" in shown
        assert "decisions</summary>" in shown
    again = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own
    assert again._repr_html_().count("<svg role") == 2


def test_intervals_and_sets_hold_more_of_the_truth_the_more_is_asked_for() -> None:
    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, (900, 2))
    y = x[:, 0] + (0.1 + (x[:, 1] > 0)) * 0.3 * generator.normal(size=900)
    learn, test = slice(0, 600), slice(600, 900)
    model = TabularRegressor(folds=5, quality="fast").fit(x[learn], y[learn])
    held, wide = [], []
    for coverage in (0.5, 0.9, 0.99):
        low, high = model.predict_interval(x[test], coverage).T
        held.append(np.mean((low <= y[test]) & (y[test] <= high)))
        wide.append(np.mean(high - low))
        assert held[-1] == pytest.approx(coverage, abs=0.06)
        np.testing.assert_allclose((low + high) / 2, model.predict(x[test]))
    assert wide == sorted(wide)
    low, high = model.predict_interval(x[test]).T
    noisy = x[test, 1] > 0
    assert (high - low)[noisy].mean() > 1.3 * (high - low)[~noisy].mean()
    with pytest.raises(PredictError, match="P07"):
        model.predict_interval(x[test], coverage=0.9999)

    classes = np.where(y > 0.3, "high", np.where(y < -0.3, "low", "middle"))
    sorter = TabularClassifier(folds=5, quality="fast").fit(x[learn], classes[learn])
    few, many = (sorter.predict_set(x[test], coverage) for coverage in (0.6, 0.95))
    assert (few <= many).all()
    assert few.any(axis=1).all()
    truth = np.searchsorted(sorter.classes_, classes[test])
    assert many[np.arange(300), truth].mean() > 0.92


def test_probabilities_of_a_fitted_classifier_mean_what_they_say() -> None:
    """Rows of pure noise: no network can be surer of a class than its share."""
    generator = np.random.default_rng(1)
    x, y = generator.normal(size=(400, 20)), generator.integers(0, 2, 400)
    model = TabularClassifier(folds=5, quality="fast").fit(x, y)
    said = model.predict_proba(generator.normal(size=(500, 20)))
    assert np.abs(said - 0.5).mean() < 0.06
    plain = model.out_of_fold_  # as the networks learnt to give them
    assert np.abs(plain - 0.5).mean() > 2 * np.abs(said - 0.5).mean()
