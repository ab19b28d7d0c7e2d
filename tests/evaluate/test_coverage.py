"""Intervals and sets: what they promise holds, and they are those of the reference."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from mapie.classification import SplitConformalClassifier
from mapie.regression import CrossConformalRegressor, SplitConformalRegressor
from numpy.typing import NDArray
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import KFold

import tenfold
from tenfold.errors import PredictError, UsageError
from tenfold.evaluate.coverage import in_set, promise_intervals, promise_sets, with_test
from tenfold.evaluate.scale import find_scale
from tenfold.nn.conformal import BEYOND, MOST_SCORES, Conformal, half_width
from tests.engine_rows import encoded, in_turn

FOLDS = 5


def funnel(count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return cells and a target whose noise grows with the first cell."""
    generator = np.random.default_rng(seed)
    cells = generator.uniform(0, 1, (count, 2))
    return cells, cells[:, 1] + (0.05 + cells[:, 0]) * generator.normal(size=count)


def test_a_score_is_the_quantile_that_mapie_takes() -> None:
    generator = np.random.default_rng(0)
    truth = generator.normal(size=137)
    model = DummyRegressor(strategy="constant", constant=0.0).fit(np.zeros((2, 1)), [0, 1])
    reference = SplitConformalRegressor(model, confidence_level=0.9, prefit=True)
    reference.conformalize(np.zeros((137, 1)), truth)
    high = reference.predict_interval(np.zeros((1, 1)))[1][0, 1, 0]
    own = Conformal.of(np.abs(truth), np.ones(137)).score(0.9)
    assert own == pytest.approx(high, rel=1e-12)


def test_sets_are_those_of_mapie() -> None:
    generator = np.random.default_rng(1)
    cells = generator.normal(size=(900, 3))
    truth = (cells + generator.normal(size=(900, 3))).argmax(axis=1)
    model = LogisticRegression().fit(cells[:300], truth[:300])
    reference = SplitConformalClassifier(
        model, confidence_level=0.9, prefit=True, conformity_score="lac"
    )
    reference.conformalize(cells[300:600], truth[300:600])
    known = reference.predict_set(cells[600:])[1][..., 0]
    said = model.predict_proba(cells[300:600])
    doubts = 1 - said[np.arange(300), truth[300:600]]
    score = Conformal.of(doubts, np.ones(300)).score(0.9)
    own = in_set(model.predict_proba(cells[600:]), score)
    whole = known.any(axis=1)  # ours always hold the most probable class
    np.testing.assert_array_equal(own[whole], known[whole])


def test_intervals_are_narrower_than_those_of_cv_plus_and_hold_as_much() -> None:
    cells, target = funnel(1_500, 0)
    rows, splits = encoded(target, cells), in_turn(1_500, FOLDS)
    answers = np.empty(1_500)
    for learn, held_out in zip(splits.learn, splits.held_out, strict=True):
        fitted = LinearRegression().fit(cells[learn], target[learn])
        answers[held_out] = fitted.predict(cells[held_out])
    promise = promise_intervals(rows, splits, answers)
    assert promise is not None
    assert promise.coverage.adaptive
    assert promise.coverage.measured.mean == pytest.approx(0.9, abs=0.01)
    reference = CrossConformalRegressor(
        LinearRegression(), confidence_level=0.9, method="plus", cv=KFold(FOLDS)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference.fit_conformalize(cells, target)
        ends = reference.predict_interval(cells)[1][..., 0]
    assert promise.coverage.size.mean < 0.95 * np.mean(ends[:, 1] - ends[:, 0])
    # Where noise is small intervals are narrow, and hold no less.
    calm = cells[:, 0] < 0.2
    held = np.abs(target - answers) <= promise.sizes
    assert promise.sizes[calm].mean() < 0.7 * promise.sizes[~calm].mean()
    assert held[calm].mean() > 0.85
    assert held[~calm].mean() > 0.85


def test_rows_that_are_all_alike_get_one_width() -> None:
    generator = np.random.default_rng(2)
    cells, target = generator.uniform(size=(600, 2)), generator.normal(size=600)
    promise = promise_intervals(encoded(target, cells), in_turn(600, FOLDS), np.zeros(600))
    assert promise is not None
    assert not promise.coverage.adaptive
    assert len(promise.conformal.feature_TI) == 0


def test_a_fold_does_not_decide_about_its_own_intervals() -> None:
    cells, target = funnel(600, 3)
    fold, errors = np.arange(600) % FOLDS, np.abs(target)
    own = fold == 0
    moved = np.where(own, 3 * errors, errors)
    before, after = (find_scale(cells, one, np.ones(600), fold)[1] for one in (errors, moved))
    usual = errors.mean() - moved.mean()  # each scale ends in the mean error of all
    np.testing.assert_allclose(before[own], after[own] + usual, rtol=1e-9)
    assert (np.abs(before[~own] - after[~own] - usual) > 0.01).any()

    # Where all rows are alike, what a fold's rows are scored by is the others' alone.
    rows, splits, alike = encoded(target, cells), in_turn(600, FOLDS), np.zeros((600, 0))
    rows = replace(rows, numbers=alike)
    else_where = replace(rows, target=np.where(own, 3 * target, target))
    plain, changed = (promise_intervals(one, splits, cells[:, 1]) for one in (rows, else_where))
    assert plain is not None
    assert changed is not None
    np.testing.assert_array_equal(plain.sizes[own], changed.sizes[own])
    assert (plain.sizes[~own] != changed.sizes[~own]).all()


def test_the_trees_of_a_model_say_what_lightgbm_says() -> None:
    cells, target = funnel(500, 4)
    cells[::7, 1] = np.nan
    fold = np.arange(500) % FOLDS
    errors = np.abs(target - cells[:, 0])
    errors = np.where(np.isnan(errors), 1.0, errors)
    trees, expected = find_scale(cells, errors, np.ones(500), fold)
    scores = Conformal.of(errors, np.ones(500)).with_trees(
        trees.feature[fold_trees(trees.feature, 0)],
        trees.threshold[fold_trees(trees.feature, 0)],
        trees.value[fold_trees(trees.feature, 0)] * FOLDS,
        trees.usual,
    )
    no_codes = torch.zeros((500, 0), dtype=torch.int64)
    said = scores.scale(torch.from_numpy(cells), no_codes, torch.zeros(500).double())
    np.testing.assert_allclose(said.numpy()[fold == 0], expected[fold == 0], rtol=1e-9)


def fold_trees(features: NDArray[np.int64], fold: int) -> slice:
    """Return which trees are those of a fold."""
    each = len(features) // FOLDS
    return slice(fold * each, (fold + 1) * each)


@pytest.mark.parametrize("count", [12, 700, 5_000])
def test_intervals_hold_what_they_promise(count: int) -> None:
    held = []
    for seed in range(400 if count < 100 else 60):
        generator = np.random.default_rng(seed)
        scores = np.abs(generator.standard_t(3, size=count))
        kept = Conformal.of(scores, np.ones(count))
        assert len(kept.scores_S) == min(count, MOST_SCORES)
        held.append((np.abs(generator.standard_t(3, size=500)) <= kept.score(0.9)).mean())
    assert np.mean(held) == pytest.approx(0.9, abs=0.01 if count > 100 else 0.03)


def test_rows_that_weigh_more_count_more() -> None:
    scores = np.arange(1.0, 101.0)
    heavy = Conformal.of(scores, np.where(scores > 50, 3.0, 1.0))
    assert heavy.score(0.5) > Conformal.of(scores, np.ones(100)).score(0.5) + 10


def test_what_few_rows_cannot_promise_is_refused() -> None:
    few = Conformal.of(np.arange(1.0, 10.0), np.ones(9))
    assert few.score(0.9) == 9
    with pytest.raises(PredictError, match="P07"):
        few.score(0.91)
    for coverage in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(UsageError, match="U01"):
            few.score(coverage)


def test_too_few_held_out_rows_promise_nothing() -> None:
    cells, target = funnel(9, 0)
    assert promise_intervals(encoded(target, cells), in_turn(9, FOLDS), target) is None


def test_sets_of_classes_hold_what_they_promise() -> None:
    generator = np.random.default_rng(5)
    odds = generator.normal(size=(3_000, 4)) * 1.5
    said = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
    truth = (said.cumsum(axis=1) > generator.uniform(size=(3_000, 1))).argmax(axis=1)
    rows = encoded(truth, odds)
    promise = promise_sets(rows, in_turn(3_000, FOLDS), said)
    assert promise is not None
    assert promise.coverage.measured.mean == pytest.approx(0.9, abs=0.015)
    assert 1 < promise.coverage.size.mean < 4
    few = with_test(promise.coverage, np.array([True] * 9 + [False]), np.ones(10))
    assert few.test is not None
    assert few.test.value == 0.9
    assert few.test.low == pytest.approx(0.555, abs=0.001)  # Clopper and Pearson's table
    assert few.test.high == pytest.approx(0.9975, abs=0.0001)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_new_rows_are_scored_with_what_their_intervals_or_sets_hold(task: str) -> None:
    cells, target = funnel(500, 7)
    frame = pd.DataFrame(cells, columns=["a", "b"])
    frame["y"] = target if task == "regression" else np.where(target > 0.5, "yes", "no")
    run = tenfold.train(frame.iloc[:300], folds=4, quality="fast", out=None)
    new = frame.iloc[300:]
    said = run.predict(new, coverage=0.9)
    if task == "regression":
        held = (said["low"] <= new["y"]) & (new["y"] <= said["high"])
    else:
        held = pd.Series(
            [
                truth in sets.split(" | ")
                for truth, sets in zip(new["y"], said["set"], strict=True)
            ]
        )
    found = run.evaluate(new)["coverage"]
    assert found.value == pytest.approx(held.mean())
    assert found.low < found.value < found.high


def test_the_mean_of_folds_is_nearer_by_what_they_differ() -> None:
    """Errors that folds share stay, errors of their own are evened out."""
    generator = np.random.default_rng(8)
    truth = generator.normal(size=20_000)
    shared, own = generator.normal(size=20_000), generator.normal(size=(5, 20_000))
    folds = torch.from_numpy(truth + shared + own)
    scores = np.abs(folds[0].numpy() - truth)
    kept = Conformal.of(scores, np.ones(len(scores)))
    one = torch.ones(len(truth), dtype=torch.float64)
    limits = kept.limits(0.9)
    alone = half_width(one, 0 * one, limits).numpy()
    together = half_width(one, folds.var(dim=0, correction=0).mean() * one, limits).numpy()
    error = np.abs(folds.mean(dim=0).numpy() - truth)
    assert np.mean(error <= alone) > 0.96
    assert np.mean(error <= together) == pytest.approx(0.9, abs=0.01)


def test_no_tree_parts_what_an_exported_file_cannot() -> None:
    cells = np.repeat([[9.8], [9.8 + 8e-15]], 150, axis=0)
    errors = np.repeat([1.0, 9.0], 150) + np.random.default_rng(9).uniform(size=300)
    _, expected = find_scale(cells, errors, np.ones(300), np.arange(300) % FOLDS)
    assert np.ptp(expected) < 1


def skewed(count: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what is said of prices, and prices whose noise grows with them."""
    generator = np.random.default_rng(seed)
    said = np.exp(generator.normal(6, 1, count))
    return said, said * np.exp(generator.normal(-0.08, 0.4, count))


def test_intervals_of_a_skewed_target_hold_as_much_where_it_is_small_as_where_it_is_large() -> (
    None
):
    """Errors that grow with the answer: one width would hold all small prices and few large."""
    said, price = skewed(2_000, 0)
    rows, splits = encoded(price, np.zeros((2_000, 0))), in_turn(2_000, FOLDS)
    promise = promise_intervals(rows, splits, said)
    assert promise is not None
    assert promise.coverage.adaptive
    fifth = np.argsort(np.argsort(said)) * 5 // 2_000

    def held(half: NDArray[np.float64]) -> list[float]:
        return [float((np.abs(price - said) <= half)[fifth == k].mean()) for k in range(5)]

    assert min(held(promise.sizes)) > 0.85
    assert max(held(promise.sizes)) < 0.95
    one_width = np.full(2_000, np.quantile(np.abs(price - said), 0.9))
    assert min(held(one_width)) < 0.7
    new, truth = skewed(2_000, 1)
    no_cells = torch.zeros((2_000, 0)), torch.zeros((2_000, 0), dtype=torch.int64)
    scale = promise.conformal.scale(*no_cells, torch.from_numpy(new)).numpy()
    inside = np.abs(truth - new) <= promise.conformal.score(0.9) * scale
    assert inside.mean() == pytest.approx(0.9, abs=0.02)


def test_few_rows_tell_small_errors_from_large_ones_as_well() -> None:
    """Held to the mean of all, small errors would be overstated and large ones understated."""
    shares = []
    for seed in range(20):
        said, price = skewed(300, seed)
        rows, splits = encoded(price, np.zeros((300, 0))), in_turn(300, FOLDS)
        promise = promise_intervals(rows, splits, said)
        assert promise is not None
        new, truth = skewed(2_000, 100 + seed)
        no_cells = torch.zeros((2_000, 0)), torch.zeros((2_000, 0), dtype=torch.int64)
        scale = promise.conformal.scale(*no_cells, torch.from_numpy(new)).numpy()
        inside = np.abs(truth - new) <= promise.conformal.score(0.9) * scale
        fifth = np.argsort(np.argsort(new)) * 5 // 2_000
        shares.append([inside[fifth == k].mean() for k in range(5)])
    held = np.mean(shares, axis=0)
    assert held == pytest.approx(0.9, abs=0.045)


@pytest.mark.parametrize("astray", [0.0, 2.0, 3.0])
def test_a_fold_that_goes_astray_makes_no_interval_too_narrow(astray: float) -> None:
    """Then folds differ most where their mean is wrong, too: no sign that it knows more."""
    generator = np.random.default_rng(8)
    rows = 20_000
    truth, noise, by = generator.normal(size=(3, rows))
    own = 0.3 * generator.normal(size=(5, rows))
    own[4] += astray * by
    folds = truth + noise + own
    at = np.arange(rows)
    kept = Conformal.of(np.abs(folds[at % 5, at] - truth), np.ones(rows))
    one = torch.ones(rows, dtype=torch.float64)
    half = half_width(one, torch.from_numpy(folds.var(axis=0)), kept.limits(0.9)).numpy()
    held = np.mean(np.abs(folds.mean(axis=0) - truth) <= half)
    assert 0.89 < held < 0.92


def test_no_interval_goes_where_the_target_cannot_be() -> None:
    said, price = skewed(400, 2)
    rows, splits = encoded(price, np.zeros((400, 0))), in_turn(400, FOLDS)
    kept = promise_intervals(rows, splits, np.full(400, said.mean()))
    assert kept is not None
    assert kept.conformal.bounds.tolist() == [0, BEYOND]
    low, high = kept.conformal.ends(torch.tensor([1.0, -1.0]), torch.tensor([3.0, 0.5]))
    assert (low.tolist(), high.tolist()) == ([0, 0], [4, 0])
    # What is cut off is no part of the width that is printed.
    assert kept.coverage.size.mean < 2 * kept.sizes.mean()
    both = promise_intervals(encoded(price - 500, np.zeros((400, 0))), splits, said - 500)
    assert both is not None
    assert both.conformal.bounds.tolist() == [-BEYOND, BEYOND]


def test_in_time_what_was_held_is_measured_with_scores_of_the_past() -> None:
    """Errors double from fold to fold; each fold is measured by those before it alone."""
    generator = np.random.default_rng(3)
    fold = np.repeat(np.arange(4), 300)
    target = generator.normal(size=1_200) * 2.0**fold
    rows, splits = encoded(target, np.zeros((1_200, 0))), in_turn(1_200, 4)
    held_out = fold == np.arange(4)[:, None]
    splits = replace(splits, held_out=held_out, learn=~held_out, in_time=True, refit=True)
    promise = promise_intervals(rows, splits, np.zeros(1_200))
    assert promise is not None
    shares = promise.coverage.measured.per_fold
    assert np.isnan(shares[0])
    assert all(share < 0.75 for share in shares[1:])
    assert np.isnan(promise.sizes[fold == 0]).all()
    later = replace(rows, target=np.where(fold == 3, 100 * target, target))
    again = promise_intervals(later, splits, np.zeros(1_200))
    assert again is not None
    np.testing.assert_array_equal(again.sizes, promise.sizes)
    # What the model keeps is of all, the last too.
    assert again.conformal.score(0.9) > promise.conformal.score(0.9)
