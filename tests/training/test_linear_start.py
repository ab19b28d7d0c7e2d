"""A perceptron for a small table starts as ridge regression on its own rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tenfold
from tenfold.nn.mlp import FoldMLP, MLPOptions
from tenfold.training.linear_start import PENALTIES, fit_ridge
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
    np.testing.assert_allclose(wide @ coefficients + intercept, expected.predict(x))


@pytest.mark.parametrize("rows", [1, 2])
def test_too_few_rows_for_a_line_are_answered_by_their_mean(rows: int) -> None:
    coefficients, intercept = fit_ridge(np.eye(rows, 2), np.arange(rows) + 1.0, np.ones(rows))
    assert coefficients.tolist() == [0, 0]
    assert intercept == (rows + 1) / 2


def test_a_network_without_features_starts_from_the_mean() -> None:
    coefficients, intercept = fit_ridge(np.zeros((9, 0)), np.arange(9.0), np.ones(9))
    assert len(coefficients) == 0
    assert intercept == 4.0


def test_a_line_is_found_where_a_network_alone_would_need_many_rows() -> None:
    """The control: without the linear model, the error is several times as large."""
    rows, task = coded(line_table(60, noise=0.1), weights=False)
    splits = splits_at(rows, three_folds(len(rows)))
    plan = small_plan("auto", rows, 3, task)
    assert isinstance(plan.body, MLPOptions)
    assert plan.body.linear
    errors = {}
    for linear in (True, False):
        own = replace(plan, body=replace(plan.body, linear=linear))
        answers = fit(rows, splits, task, own).answers
        held_out = zip(answers, splits.held_out, strict=True)
        errors[linear] = np.mean(
            [np.mean((said[:, 0] - rows.target[rest]) ** 2) for said, rest in held_out]
        )
    assert errors[True] < 0.2 * errors[False]


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
    ("rows", "target", "linear"), [(60, "y", True), (2_000, "y", False), (60, "town", False)]
)
def test_only_networks_for_numbers_in_small_tables_start_linear(
    rows: int, target: str, linear: bool
) -> None:
    table = line_table(rows, noise=1.0)
    table["y"] = table.pop(target)
    made, task = coded(table, weights=False)
    assert small_plan("auto", made, 3, task).body.linear is linear


def test_a_run_says_that_it_starts_from_ridge_regression() -> None:
    run = tenfold.train(line_table(40, noise=1.0), "y", folds=3, out=None, verbose=False)
    assert any("on top of ridge regression" in one.what for one in run.study.decisions)
