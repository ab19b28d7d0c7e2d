"""Means, intervals and the baseline, against their formulas and against chance."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn import metrics as sk
from sklearn.linear_model import Ridge

import tenfold
from tenfold import TrainOptions
from tenfold.evaluate.scores import (
    LEVEL,
    fold_interval,
    score_baseline,
    score_folds,
    score_gain,
    score_test,
)
from tenfold.seeds import Streams
from tests.engine_rows import encoded, in_turn


def test_the_interval_is_that_of_nadeau_and_bengio() -> None:
    scores, share = np.array([3.0, 4.5, 1.0, 2.5, 6.0]), 0.25
    variance = scores.var(ddof=1) * (1 / 5 + share)
    wanted = stats.t.interval(LEVEL, df=4, loc=scores.mean(), scale=np.sqrt(variance))
    assert fold_interval(scores, share) == pytest.approx(wanted)


def test_folds_without_a_score_are_left_out_of_the_interval() -> None:
    with_gap = np.array([1.0, np.nan, 2.0, 4.0])
    assert fold_interval(with_gap, 0.5) == fold_interval(with_gap[[0, 2, 3]], 0.5)
    assert np.isnan(fold_interval(np.array([1.0, np.nan]), 0.5)).all()


def test_mean_and_deviation_are_over_folds_and_the_tutorials() -> None:
    rng = np.random.default_rng(1)
    rows, splits = encoded(rng.normal(size=40)), in_turn(40, 3)
    answers = [rng.normal(size=(int(h.sum()), 1)) for h in splits.held_out]
    score = score_folds(rows, splits, answers, "regression")["mse"]
    errors = [
        np.mean((rows.target[h] - a[:, 0]) ** 2)
        for h, a in zip(splits.held_out, answers, strict=True)
    ]
    assert score.per_fold == pytest.approx(errors)
    assert (score.mean, score.std) == pytest.approx((np.mean(errors), np.std(errors)))
    share = np.mean([14 / 26, 13 / 27, 13 / 27])
    low, high = fold_interval(np.array(errors), share)
    assert (score.low, score.high) == pytest.approx((max(low, 0), high))


def test_an_interval_ends_where_the_metric_ends() -> None:
    rows, splits = encoded(np.array([0, 1] * 6)), in_turn(12, 3)
    answers = [np.tile([[0.9, 0.1], [0.4, 0.6]], (2, 1))] * 3
    answers[1] = np.full((4, 2), 0.5)
    found = score_folds(rows, splits, answers, "classification")
    assert all(0 <= s.low <= s.mean <= s.high for s in found.values())
    assert found["accuracy"].high == 1
    assert found["roc_auc"].high == 1
    assert found["accuracy"].low == 0


def test_a_fold_that_lacks_a_class_is_ranked_with_the_rows_of_the_others() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 60)
    truth[::3] = 0  # the first fold's
    rows, splits = encoded(truth), in_turn(60, 3)
    answers = [rng.dirichlet([1, 1], 20) for _ in range(3)]
    said = np.empty((60, 2))
    for fold, one in enumerate(answers):
        said[fold::3] = one
    found = score_folds(rows, splits, answers, "classification")
    assert [bool(score.without_fold) for score in found.values()] == [
        name in {"roc_auc", "balanced_accuracy"} for name in found
    ]
    assert found["roc_auc"].mean == pytest.approx(sk.roc_auc_score(truth, said[:, 1]))
    assert np.isnan(found["roc_auc"].per_fold[0])
    assert found["roc_auc"].low < found["roc_auc"].mean < found["roc_auc"].high
    balanced = sk.balanced_accuracy_score(truth, said.argmax(axis=1))
    assert found["balanced_accuracy"].mean == pytest.approx(balanced)
    assert found["accuracy"].mean == np.mean(found["accuracy"].per_fold)


@pytest.mark.parametrize("weight", [1.0, 0.0])
def test_a_class_of_a_single_row_takes_no_ranking_away(weight: float) -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, 120)
    truth[7] = 2
    rows, splits = encoded(truth), in_turn(120, 5)
    rows = replace(rows, weights=np.where(truth == 2, weight, 1.0))
    answers = [rng.dirichlet(np.ones(3), 24) for _ in range(5)]
    found = score_folds(rows, splits, answers, "classification")["roc_auc"]
    assert np.isfinite([*found.per_fold, found.mean, found.std, found.low, found.high]).all()
    assert found.low < found.mean < found.high
    said = np.empty((120, 3))
    for fold, one in enumerate(answers):
        said[fold::5] = one
    kept = (truth != 2) | (weight > 0)
    ranked = [
        sk.roc_auc_score(truth[kept] == one, said[kept, one]) for one in np.unique(truth[kept])
    ]
    wanted = np.mean(ranked) if weight else np.mean(found.per_fold)
    assert found.mean == pytest.approx(wanted)


def tiny(rows: int, folds: int, seed: int, noise: float = 1.0) -> tuple[Any, Any, Any, Any]:
    """Return targets in folds, and what lines fitted to the other folds say of them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 4))
    target = x @ np.array([1, 0.7, 0.4, 0]) + noise * rng.normal(size=rows)
    splits = in_turn(rows, folds)
    new = rng.normal(size=(2_000, 4))
    truth = new @ np.array([1, 0.7, 0.4, 0]) + noise * rng.normal(size=2_000)
    answers, reached = [], []
    for learn, held_out in zip(splits.learn, splits.held_out, strict=True):
        line = Ridge().fit(x[learn], target[learn])
        answers.append(line.predict(x[held_out])[:, None])
        reached.append(sk.r2_score(truth, line.predict(new)))
    return encoded(target), splits, answers, float(np.mean(reached))


@pytest.mark.parametrize(("rows", "folds"), [(20, 10), (40, 10), (99, 10), (24, 24)])
def test_tiny_folds_are_scored_together(rows: int, folds: int) -> None:
    known, splits, answers, _ = tiny(rows, folds, 0)
    found = score_folds(known, splits, answers, "regression")
    said = np.empty(rows)
    for held_out, one in zip(splits.held_out, answers, strict=True):
        said[held_out] = one[:, 0]
    wanted = {
        "mse": sk.mean_squared_error(known.target, said),
        "rmse": sk.root_mean_squared_error(known.target, said),
        "mae": sk.mean_absolute_error(known.target, said),
        "r2": sk.r2_score(known.target, said),
    }
    assert {name: score.mean for name, score in found.items()} == pytest.approx(wanted)
    assert all(len(score.per_fold) == folds for score in found.values())
    without = splits.held_out[0] == 0
    left = sk.r2_score(known.target[without], said[without])
    assert found["r2"].without_fold[0] == pytest.approx(left)
    if folds < rows:  # one row alone has no R2
        assert found["r2"].mean - np.mean(found["r2"].per_fold) > 0.01
    guess = score_baseline(known, splits, "regression", 1)
    gain = score_gain(found["rmse"], guess["rmse"], splits)
    assert gain.mean == pytest.approx(guess["rmse"].mean - found["rmse"].mean)
    assert gain.low < gain.mean < gain.high


def test_folds_of_ten_rows_are_scored_one_by_one() -> None:
    known, splits, answers, _ = tiny(100, 10, 0)
    for score in score_folds(known, splits, answers, "regression").values():
        assert score.without_fold == ()
        assert score.mean == pytest.approx(np.mean(score.per_fold))


def test_of_a_mean_over_rows_nothing_changes_where_folds_are_equally_large() -> None:
    known, splits, answers, _ = tiny(40, 10, 1)
    score = score_folds(known, splits, answers, "regression")["mae"]
    assert score.mean == pytest.approx(np.mean(score.per_fold))
    low, high = fold_interval(np.array(score.per_fold), 4 / 36)
    assert (score.low, score.high) == pytest.approx((low, high))


@pytest.mark.parametrize(("rows", "folds", "noise"), [(20, 10, 1), (40, 10, 3), (24, 24, 1)])
def test_pooled_scores_are_near_those_of_new_rows_and_so_is_their_interval(
    rows: int, folds: int, noise: float
) -> None:
    off, over_folds, held = [], [], 0
    for seed in range(60):
        known, splits, answers, reached = tiny(rows, folds, seed, noise)
        score = score_folds(known, splits, answers, "regression")["r2"]
        off.append(score.mean - reached)
        over_folds.append(np.mean(score.per_fold) - reached)
        held += score.low <= reached <= score.high
    assert abs(np.median(off)) < 0.12
    assert held >= 60 * 0.95 - 6
    assert folds == rows or np.median(over_folds) < -0.5  # the control


def test_the_constant_guess_is_learnt_from_the_learning_rows_of_each_fold() -> None:
    rng = np.random.default_rng(2)
    target = rng.normal(size=12)
    rows, splits = encoded(target), in_turn(12, 3)
    found = score_baseline(rows, splits, "regression", 1)
    wanted = [
        np.mean((target[h] - target[n].mean()) ** 2)
        for n, h in zip(splits.learn, splits.held_out, strict=True)
    ]
    assert found["mse"].mean == pytest.approx(np.mean(wanted))
    assert found["mse"].per_fold == pytest.approx(wanted)
    assert found["mse"].mean != pytest.approx(target.var())  # control: the mean of all rows
    assert found["r2"].mean < 0


def test_held_out_answers_do_not_move_the_constant_guess() -> None:
    """One fold: its held-out targets grow by 10, and each error changes by just that."""
    target = np.random.default_rng(3).normal(size=12)
    splits = in_turn(12, 3).only(0)
    before = encoded(target)
    after = replace(before, target=target + 10 * splits.held_out[0])
    guess = target[splits.learn[0]].mean()
    errors = [target[splits.held_out[0]] + move - guess for move in (0, 10)]
    for rows, error in zip((before, after), errors, strict=True):
        score = score_baseline(rows, splits, "regression", 1)
        assert score["mse"].mean == pytest.approx(np.mean(error**2))


def test_weights_count_in_scores_and_in_the_guess() -> None:
    target, splits = np.arange(9.0), in_turn(9, 3)
    weights = np.where(np.arange(9) < 6, 1.0, 0.0)
    found = score_baseline(replace(encoded(target), weights=weights), splits, "regression", 1)
    wanted = []
    for fold in range(3):
        mine, others = target[fold:6:3], np.delete(target[:6], [fold, fold + 3])
        wanted.append(np.mean((mine - others.mean()) ** 2))
    assert found["mse"].mean == pytest.approx(np.mean(wanted))


def test_a_bootstrap_interval_comes_from_the_seed_and_holds_the_value() -> None:
    rng = np.random.default_rng(4)
    truth, answers, weights = rng.normal(size=50), rng.normal(size=(50, 1)), np.ones(50)
    one, same, other = (
        score_test(truth, answers, weights, "regression", Streams(seed)) for seed in (1, 1, 2)
    )
    assert one == same
    assert one["mae"] != other["mae"]
    for score in one.values():
        assert score.low < score.value < score.high


def test_a_bootstrap_interval_is_as_wide_as_the_theory_says() -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(size=400)
    answers = np.zeros((400, 1))
    score = score_test(truth, answers, np.ones(400), "regression", Streams(0))["mae"]
    wanted = 2 * 1.96 * np.abs(truth).std() / np.sqrt(400)
    assert score.high - score.low == pytest.approx(wanted, rel=0.15)


def test_intervals_of_many_rows_are_as_wide_as_if_whole_samples_were_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = np.random.default_rng(0)
    truth = draw.normal(size=20_000)
    answers = (truth + draw.standard_t(5, size=len(truth)))[:, None]
    weights = draw.uniform(0.5, 2, size=len(truth))
    whole = score_test(truth, answers, weights, "regression", Streams(0))
    monkeypatch.setattr("tenfold.evaluate.scores.MOST_SAMPLED", 2_000)
    drawn = score_test(truth, answers, weights, "regression", Streams(0))
    for name, score in drawn.items():
        assert score.value == whole[name].value
        assert score.low < score.value < score.high
        share = (score.high - score.low) / (whole[name].high - whole[name].low)
        assert 0.8 < share < 1.25


def test_test_rows_without_weight_are_not_there() -> None:
    truth, answers = np.array([1.0, 2.0, 3.0, 1e9]), np.zeros((4, 1))
    weights = np.array([1.0, 1.0, 1.0, 0.0])
    with_row = score_test(truth, answers, weights, "regression", Streams(0))
    assert with_row == score_test(truth[:3], answers[:3], weights[:3], "regression", Streams(0))


def test_the_scores_of_a_run_are_those_of_its_out_of_fold_answers() -> None:
    rng = np.random.default_rng(6)
    x = rng.normal(size=60)
    frame = pd.DataFrame({"x": x, "kind": np.where(x + rng.normal(size=60) > 0, "a", "b")})
    run = tenfold.train(
        frame, folds=3, training=TrainOptions(epochs=2), quality="fast", out=None
    )
    assert run.study is not None
    answers, study = run.study.out_of_fold(), run.study
    truth = (frame["kind"] == "b").to_numpy()
    wanted = [
        np.mean((answers[:, 1] > answers[:, 0])[at] == truth[at])
        for at in (held_out[study.place] for held_out in study.splits.held_out)
    ]
    assert run.metrics["scores"]["accuracy"]["per_fold"] == pytest.approx(wanted)


def test_the_gain_is_the_difference_of_each_fold_and_its_interval() -> None:
    rng = np.random.default_rng(7)
    rows, splits = encoded(np.arange(36.0)), in_turn(36, 3)
    answers = [rows.target[h][:, None] + rng.normal(size=(12, 1)) for h in splits.held_out]
    score = score_folds(rows, splits, answers, "regression")["rmse"]
    constant = score_baseline(rows, splits, "regression", 1)["rmse"]
    gain = score_gain(score, constant, splits)
    difference = np.subtract(constant.per_fold, score.per_fold)
    assert gain.per_fold == pytest.approx(difference)
    assert gain.mean == pytest.approx(constant.mean - score.mean)
    assert (gain.low, gain.high) == pytest.approx(fold_interval(difference, 12 / 24))
    assert gain.low > 0
    assert score_gain(constant, score, splits).high == -gain.low


@pytest.mark.parametrize("seed", range(3))
def test_no_gain_is_shown_where_there_is_nothing_to_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=60), "y": rng.normal(size=60)})
    run = tenfold.train(
        frame, folds=3, training=TrainOptions(epochs=2), quality="fast", out=None, seed=seed
    )
    assert run.metrics["gain"]["low"] <= 0
