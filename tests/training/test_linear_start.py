"""A perceptron for a small table starts as ridge regression on its own rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tenfold
from tenfold.nn.mlp import FoldMLP
from tenfold.training.linear_start import PENALTIES, _Path, fit_classes, fit_ridge
from tests.engine_tables import coded, fit, small_plan, splits_at, three_folds


def line_table(rows: int, *, noise: float, seed: int = 0) -> pd.DataFrame:
    """Return numbers with one far outlier, a column of many categories, and a linear target."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=rows), rng.exponential(size=rows)
    a[0] = 12.0
    town = rng.integers(0, 12, rows)
    target = 3 * a - 2 * b + 0.5 * town + noise * rng.normal(size=rows)
    return pd.DataFrame({"a": a, "b": b, "town": [f"t{n}" for n in town], "y": target})


def test_coefficients_are_those_of_ridge_regression_on_standardised_features() -> None:
    rng = np.random.default_rng(0)
    x, weights = rng.normal(3.0, [1, 20, 0.1], (50, 3)), rng.uniform(0.5, 2, 50)
    weights /= weights.mean()
    y = x @ [1.0, 0.2, -5.0] + rng.normal(size=50)
    expected = make_pipeline(StandardScaler(), RidgeCV(50 * PENALTIES)).fit(
        x, y, standardscaler__sample_weight=weights, ridgecv__sample_weight=weights
    )
    wide = np.insert(x, 1, 4.0, axis=1)  # a feature that never changes
    coefficients, intercept = fit_ridge(wide, y, 4 * weights)  # their unit means nothing
    assert coefficients[1] == 0
    np.testing.assert_allclose((wide @ coefficients + intercept)[:, 0], expected.predict(x))


@pytest.mark.parametrize("rows", [1, 2])
def test_too_few_rows_for_a_line_are_answered_by_their_mean(rows: int) -> None:
    coefficients, intercept = fit_ridge(np.eye(rows, 2), np.arange(rows) + 1.0, np.ones(rows))
    assert coefficients.tolist() == [[0], [0]]
    assert intercept.tolist() == [(rows + 1) / 2]


def test_a_network_without_features_starts_from_the_mean() -> None:
    coefficients, intercept = fit_ridge(np.zeros((9, 0)), np.arange(9.0), np.ones(9))
    assert len(coefficients) == 0
    assert intercept.tolist() == [4.0]


def classes(rows: int, wide: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return many columns, the first two of which tell three classes apart, and the classes."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, wide))
    scores = np.stack([2 * x[:, 0], 2 * x[:, 1], np.zeros(rows)], axis=1)
    return x, (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)


def test_a_class_left_out_is_judged_as_if_the_model_had_never_seen_it() -> None:
    """What is found for all penalties at once equals as many fits without one row each."""
    x, truth = classes(40, 5)
    weights = np.random.default_rng(1).uniform(0.5, 2, 40)
    y = np.eye(3)[truth]
    share = weights / weights.sum()
    path = _Path.of(x, y - share @ y, share)
    assert path is not None
    penalty = 0.1
    z = (x - path.center_D) / path.scale_D
    for row in (0, 17):
        rest = np.arange(40) != row
        # The same penalty as before: for each row of all, whose weights have mean 1.
        ridge = Ridge(alpha=40 * penalty).fit(z[rest], y[rest], 40 * share[rest])
        left_out = path.left_out(np.array([penalty]))[0, row] + share @ y
        np.testing.assert_allclose(left_out, ridge.predict(z[[row]])[0], atol=1e-9)


def test_probabilities_of_many_columns_are_those_of_a_good_linear_model() -> None:
    """The control: logistic regression as it comes learns the rows by heart."""
    (x, truth), (new, expected) = classes(90, 400), classes(2_000, 400, seed=1)
    coefficients, intercept = fit_classes(x, truth, 3, np.ones(90))
    said = log_softmax(new @ coefficients + intercept, axis=1)
    own = -np.take_along_axis(said, expected[:, None], axis=1).mean()
    logistic = LogisticRegression(C=100).fit(x, truth)
    assert own < np.log(3) < log_loss(expected, logistic.predict_proba(new))


def test_where_nothing_can_be_learnt_each_class_gets_its_share() -> None:
    x, truth = np.zeros((30, 2)), np.repeat([0, 1], [10, 20])
    coefficients, intercept = fit_classes(x, truth, 2, np.ones(30))
    assert not coefficients.any()
    np.testing.assert_allclose(np.exp(intercept), [1 / 3, 2 / 3])
    noise = np.random.default_rng(0).normal(size=(300, 2))
    coefficients, _ = fit_classes(noise, np.arange(300) % 2, 2, np.ones(300))
    assert abs(coefficients).max() < 0.2


def test_a_class_without_a_row_is_hardly_probable() -> None:
    x = np.random.default_rng(0).normal(size=(30, 2))
    coefficients, intercept = fit_classes(x, (x[:, 0] > 0).astype(int), 3, np.ones(30))
    assert softmax(x @ coefficients + intercept, axis=1)[:, 2].max() < 1e-6


def test_a_line_is_found_where_a_network_alone_would_need_many_rows() -> None:
    """The control: without the linear model, the error is several times as large."""
    rows, task = coded(line_table(60, noise=0.1), weights=False)
    splits = splits_at(rows, three_folds(len(rows)))
    plan = small_plan("auto", rows, 3, task)
    assert plan.features.linear
    errors = {}
    for linear in ("plain", None):
        own = replace(plan, features=replace(plan.features, linear=linear))
        answers = fit(rows, splits, task, own).answers
        held_out = zip(answers, splits.held_out, strict=True)
        errors[linear] = np.mean(
            [np.mean((said[:, 0] - rows.target[rest]) ** 2) for said, rest in held_out]
        )
    assert errors["plain"] < 0.2 * errors[None]


def test_a_fold_that_gains_nothing_keeps_the_linear_model_and_says_so() -> None:
    rows, task = coded(line_table(40, noise=3.0), weights=False)
    plan = small_plan("auto", rows, 3, task, lr=30.0)  # no step of this size helps
    fits = fit(rows, splits_at(rows, three_folds(len(rows))), task, plan)
    assert fits.history.best_epoch_G.tolist() == [0, 0, 0]
    assert any("which 3 of them kept" in one.what for one in fits.decisions)
    assert isinstance(fits.network, FoldMLP)
    assert not fits.network.weights[-1].any()


def test_predictions_leave_the_range_of_the_targets_as_far_as_the_linear_model() -> None:
    a = np.random.default_rng(0).permutation(40.0 * np.linspace(0, 1, 40) ** 1.1)
    table = pd.DataFrame({"a": a, "y": 3 * a + 1})
    far = pd.DataFrame({"a": [45.0, 60.0, 1e6, -1e6]})
    run = tenfold.train(table, "y", folds=3, out=None, verbose=False)
    said = run.predict(far)["prediction"].to_numpy()
    np.testing.assert_allclose(said[:2], [136, 181], rtol=0.03)
    # No further than the range is wide, and not below zero, as no target is.
    assert 181 < said[2] < 2 * 121 + 1
    assert said[3] == 0


def test_predictions_of_shares_stay_between_their_ends() -> None:
    """The control: numbers without ends are predicted beyond what was learnt from."""
    rng = np.random.default_rng(0)
    a = rng.normal(size=200)
    table = pd.DataFrame({"a": a, "b": rng.normal(size=200)})
    far = pd.DataFrame({"a": [9.0, -9.0], "b": [0.0, 0.0]})
    share, free = (
        tenfold.train(table.assign(y=y), "y", folds=3, audit="off", out=None, verbose=False)
        for y in (np.clip(0.5 + 0.4 * a, 0, 1), 0.5 + 0.4 * a)
    )
    assert share.predict(far)["prediction"].tolist() == [1, 0]
    said = free.predict(far)["prediction"]
    assert said[0] > 1.5
    assert said[1] < -0.5


def test_training_leaves_the_linear_model_as_it_is() -> None:
    rows, task = coded(line_table(60, noise=1.0), weights=False)
    splits = splits_at(rows, three_folds(len(rows)))
    lines = [
        fit(rows, splits, task, small_plan("auto", rows, 3, task, epochs=epochs)).network
        for epochs in (1, 6)
    ]
    assert all(isinstance(one, FoldMLP) for one in lines)
    assert torch.equal(lines[0].linear_FDO, lines[1].linear_FDO)
    assert torch.equal(lines[0].intercept_F1O, lines[1].intercept_F1O)


@pytest.mark.parametrize(
    ("rows", "target", "linear"),
    [(60, "y", "plain"), (60, "town", "clipped"), (2_000, "y", None), (2_000, "town", None)],
)
def test_only_networks_for_small_tables_start_linear(
    rows: int, target: str, linear: str | None
) -> None:
    table = line_table(rows, noise=1.0)
    table["y"] = table.pop(target)
    made, task = coded(table, weights=False)
    assert small_plan("auto", made, 3, task).features.linear is linear


def test_probabilities_of_few_rows_are_better_than_those_of_a_network_alone() -> None:
    """The control: without the linear model, the cross-entropy is larger."""
    x, truth = classes(60, 30)
    table = pd.DataFrame(x).add_prefix("x").assign(y=np.array(["a", "b", "c"])[truth])
    rows, task = coded(table, weights=False)
    splits = splits_at(rows, three_folds(len(rows)))
    plan = small_plan("auto", rows, 3, task, epochs=20)
    losses = {}
    for linear in ("clipped", None):
        own = replace(plan, features=replace(plan.features, linear=linear))
        answers = fit(rows, splits, task, own).answers
        held_out = zip(answers, splits.held_out, strict=True)
        losses[linear] = np.mean([log_loss(rows.target[rest], said) for said, rest in held_out])
    assert losses["clipped"] < 0.97 * losses[None]


@pytest.mark.parametrize(("rows", "keeps"), [(40, True), (200, False)])
def test_only_wide_tables_of_classes_may_keep_the_linear_model(rows: int, keeps: bool) -> None:
    x, truth = classes(rows, 20)
    names = np.array(["a", "b", "c"])[truth]
    made, task = coded(pd.DataFrame(x).add_prefix("x").assign(y=names), weights=False)
    plan = small_plan("auto", made, 3, task, epochs=1)
    assert plan.recipe.keep_start is keeps
    network = fit(made, splits_at(made, three_folds(rows)), task, plan).network
    assert isinstance(network, FoldMLP)
    assert network.linear_FDO.any()


def test_a_run_says_that_it_starts_from_ridge_regression() -> None:
    run = tenfold.train(line_table(40, noise=1.0), "y", folds=3, out=None, verbose=False)
    assert any("on top of ridge regression" in one.what for one in run.study.decisions)
