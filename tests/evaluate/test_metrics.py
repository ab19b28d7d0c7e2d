"""A score means what its name means in scikit-learn, weights and odd folds included."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from tenfold.cli.options import MetricName
from tenfold.comparison.scoring import answered, scorers
from tenfold.comparison.verdict import format_value, margin_of
from tenfold.evaluate.metric import SMALLEST
from tenfold.evaluate.metrics import HEADLINE, METRICS, NAMED, baseline_guess
from tenfold.report.summary_text import NAMES

Floats = NDArray[np.float64]
Drawn = tuple[NDArray[np.int64], Floats, Floats]

REGRESSION = METRICS["regression"]
CLASSES = METRICS["classification"]
ALL = {**REGRESSION, **CLASSES}
WEIGHTS = ("ones", "real", "some zero")


def draw_weights(rng: np.random.Generator, kind: str, rows: int) -> Floats:
    if kind == "ones":
        return np.ones(rows)
    drawn = rng.integers(0, 3, rows).astype(np.float64)
    return drawn if kind == "some zero" else drawn + rng.random(rows) + 0.1


def draw_classes(seed: int, classes: int, weights: str, rows: int = 60) -> Drawn:
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.arange(rows) % classes)
    answers = rng.dirichlet(np.ones(classes), rows).round(2)  # rounded, so that some are tied
    answers /= answers.sum(axis=1, keepdims=True)
    return truth, answers, draw_weights(rng, weights, rows)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("seed", range(5))
def test_scores_of_values_are_scikit_learns(seed: int, weights: str) -> None:
    rng = np.random.default_rng(seed)
    truth, answers = rng.normal(50, 20, 40), rng.normal(50, 20, (40, 1))
    w = draw_weights(rng, weights, 40)
    wanted = {
        "mse": sk.mean_squared_error(truth, answers, sample_weight=w),
        "rmse": sk.root_mean_squared_error(truth, answers, sample_weight=w),
        "mae": sk.mean_absolute_error(truth, answers, sample_weight=w),
        "r2": sk.r2_score(truth, answers, sample_weight=w),
    }
    found = {name: metric(truth, answers, w) for name, metric in REGRESSION.items()}
    assert found == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("seed", range(3))
def test_scores_of_classes_are_scikit_learns(seed: int, classes: int, weights: str) -> None:
    truth, answers, w = draw_classes(seed, classes, weights)
    picked, every = answers.argmax(axis=1), np.arange(classes)
    sure = np.clip(answers, SMALLEST, None)
    one_hot = np.eye(classes)[truth]
    wanted = {
        "accuracy": sk.accuracy_score(truth, picked, sample_weight=w),
        "balanced_accuracy": sk.balanced_accuracy_score(truth, picked, sample_weight=w),
        "log_loss": sk.log_loss(truth, sure, sample_weight=w, labels=every),
        "roc_auc": sk.roc_auc_score(one_hot, answers, sample_weight=w)
        if classes > 2
        else sk.roc_auc_score(truth, answers[:, 1], sample_weight=w),
        "brier": sk.mean_squared_error(one_hot, answers, sample_weight=w) * classes,
    }
    found = {name: metric(truth, answers, w) for name, metric in CLASSES.items()}
    assert found == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("name", ALL)
def test_a_weight_of_two_scores_like_a_row_that_stands_there_twice(name: str) -> None:
    truth, answers, _ = draw_classes(4, 2, "ones")
    twice = np.repeat(np.arange(60), np.arange(60) % 3)
    weights = np.arange(60) % 3 * 1.0
    metric = ALL[name]
    found = metric(truth, answers, weights)
    assert found == pytest.approx(metric(truth[twice], answers[twice], np.ones(len(twice))))
    assert found != pytest.approx(metric(truth, answers, np.ones(60)))


@pytest.mark.parametrize("name", ALL)
def test_scores_lie_within_the_bounds_that_intervals_are_cut_to(name: str) -> None:
    low, high = NAMED[name].bounds
    metric = ALL[name]
    best, worst = np.eye(2)[[0, 1, 0, 1]], np.eye(2)[[1, 0, 1, 0]]
    truth = np.array([0, 1, 0, 1])
    right = best if name in CLASSES else truth[:, None] * 1.0
    wrong = worst if name in CLASSES else right + 99
    for answers in (right, wrong):
        assert low <= metric(truth, answers, np.ones(4)) <= high
    ends = {metric(truth, right, np.ones(4)), metric(truth, wrong, np.ones(4))}
    assert ends & {low, high}


def test_a_fold_of_one_class_has_scores_but_no_ranking() -> None:
    truth = np.zeros(4, dtype=np.int64)
    answers = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [1.0, 0.0]])
    found = {name: metric(truth, answers, np.ones(4)) for name, metric in CLASSES.items()}
    assert np.isnan(found.pop("roc_auc"))
    assert found["accuracy"] == found["balanced_accuracy"] == 0.75
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.4, 1.0]).mean())
    assert found["brier"] == pytest.approx(2 * np.mean([0.01, 0.04, 0.36, 0]))


def test_the_ranking_is_that_of_the_classes_that_are_present() -> None:
    truth, answers = drawn("roc_auc", 6, 3)
    four = np.insert(answers, 2, 0.0, axis=1)  # a class that no row is of
    moved = np.where(truth == 2, 3, truth)
    auc = CLASSES["roc_auc"]
    assert auc(moved, four, np.ones(50)) == auc(truth, answers, np.ones(50))
    without = (truth != 2) * 1.0  # rows without weight are not there
    kept = truth != 2
    wanted = np.mean([sk.roc_auc_score(truth[kept] == c, answers[kept, c]) for c in (0, 1)])
    assert auc(truth, answers, without) == pytest.approx(wanted)
    assert np.isnan(auc(truth, answers, (truth == 1) * 1.0))


def test_one_row_has_an_error_but_no_share_of_variance() -> None:
    found = [metric(np.ones(1), np.zeros((1, 1)), np.ones(1)) for metric in REGRESSION.values()]
    assert found[:3] == [1, 1, 1]
    assert np.isnan(found[3])


def test_a_sure_mistake_costs_much_and_not_everything() -> None:
    loss = CLASSES["log_loss"](np.array([1]), np.array([[1.0, 0.0]]), np.ones(1))
    assert loss == pytest.approx(-np.log(SMALLEST))


def test_the_class_of_a_tie_is_the_first() -> None:
    """As ``predict`` says it, so that the accuracy is that of the answers given."""
    tie = np.full((1, 3), 1 / 3)
    assert CLASSES["accuracy"](np.array([0]), tie, np.ones(1)) == 1
    assert CLASSES["accuracy"](np.array([2]), tie, np.ones(1)) == 0


def test_balanced_accuracy_does_not_reward_the_common_class() -> None:
    truth = np.array([0] * 9 + [1])
    always = np.tile([0.9, 0.1], (10, 1))
    assert CLASSES["accuracy"](truth, always, np.ones(10)) == 0.9
    assert CLASSES["balanced_accuracy"](truth, always, np.ones(10)) == 0.5


def test_the_constant_guess_is_the_mean_or_the_shares_weighted() -> None:
    weights = np.array([1.0, 3.0])
    assert baseline_guess(np.array([0.0, 4.0]), weights, "regression", 1).tolist() == [3.0]
    shares = baseline_guess(np.array([0, 2]), weights, "classification", 4)
    assert shares.tolist() == [0.25, 0, 0.75, 0]


def test_the_constant_guess_has_the_best_headline_of_all_constants() -> None:
    """Otherwise the verdict would be won against a straw man."""
    rng = np.random.default_rng(0)
    truth, weights = rng.integers(0, 3, 50), rng.random(50)
    for task, outputs in (("regression", 1), ("classification", 3)):
        metric = METRICS[task][HEADLINE[task]]
        guess = baseline_guess(truth, weights, task, outputs)
        least = metric(truth, np.tile(guess, (50, 1)), weights)
        for _ in range(20):
            other = np.abs(guess + rng.normal(0, 0.1, outputs))
            other = other if task == "regression" else other / other.sum()
            assert least <= metric(truth, np.tile(other, (50, 1)), weights)


def drawn(name: str, seed: int, classes: int) -> tuple[Any, Any]:
    """Return truth and answers that tell something of it."""
    rng = np.random.default_rng(seed)
    if NAMED[name].task == "regression":
        truth = rng.normal(5, 2, 50)
        return truth, (truth + rng.normal(size=50))[:, None]
    if NAMED[name].task == "multilabel":
        marks = rng.integers(0, 2, (50, classes))
        return marks, 0.4 * marks + 0.6 * rng.random((50, classes))
    truth = rng.permutation(np.arange(50) % classes)
    answers = rng.dirichlet(np.ones(classes), 50) + np.eye(classes)[truth] * 0.5
    return truth, answers / answers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("name", NAMED)
def test_value_and_direction_are_those_of_the_scorer_that_is_named(
    name: str, classes: int
) -> None:
    metric = NAMED[name]
    truth, answers = drawn(name, 3, classes)
    chosen = metric.scorers[classes > 2]
    if not chosen:  # scikit-learn halves it for two classes; its direction is the same
        if metric.task == "multilabel":  # these are in tests/evaluate/test_labels.py
            return
        assert name == "brier"
        assert sk.get_scorer("neg_brier_score")._sign == metric.direction
        return
    scorer = sk.get_scorer(chosen)
    found = scorer(answered(answers, metric.task), np.zeros((50, 1)), truth)
    assert metric(truth, answers, np.ones(50)) == pytest.approx(metric.direction * found)
    assert scorer._sign == metric.direction


@pytest.mark.parametrize("name", NAMED)
def test_better_answers_have_the_better_score_and_right_ones_the_perfect(name: str) -> None:
    metric = NAMED[name]
    truth, answers = drawn(name, 4, 3)
    right = {
        "regression": lambda: truth[:, None],
        "classification": lambda: np.eye(3)[truth],
        "multilabel": lambda: truth,
    }[metric.task]()
    found = [
        metric(truth, share * right + (1 - share) * answers, np.ones(50))
        for share in (0.0, 0.7, 1.0)
    ]
    assert metric.direction * found[0] <= metric.direction * found[1]
    assert metric.direction * found[0] < metric.direction * found[2]
    assert found[2] == pytest.approx(metric.perfect)


@pytest.mark.parametrize("name", NAMED)
def test_what_is_needed_is_all_that_a_score_depends_on(name: str) -> None:
    metric = NAMED[name]
    truth, answers = drawn(name, 5, 3)
    flat = answers**0.5
    flat /= flat.sum(axis=1, keepdims=True)  # the same classes, other probabilities
    same = metric(truth, answers, np.ones(50)) == metric(truth, flat, np.ones(50))
    assert same == (metric.needs == "classes")


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.data())
def test_no_answers_take_a_score_beyond_its_bounds(data: st.DataObject) -> None:
    rows, classes = data.draw(st.integers(1, 12)), data.draw(st.integers(2, 4))
    numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
    weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=rows, max_size=rows)))
    weights = weights.astype(np.float64)
    weights[0] = 1.0
    for metric in NAMED.values():
        if metric.task == "regression":
            truth, said = (
                np.array(data.draw(st.lists(numbers, min_size=rows, max_size=rows)))
                for _ in range(2)
            )
            value = metric(truth, said[:, None], weights)
        elif metric.task == "multilabel":
            pairs = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=2, max_size=2)
            several = np.array(data.draw(st.lists(pairs, min_size=rows, max_size=rows)), float)
            value = metric(several[..., 0].astype(np.int64), several[..., 1], weights)
        else:
            some = st.integers(0, classes - 1)
            truth = np.array(data.draw(st.lists(some, min_size=rows, max_size=rows)))
            parts = st.lists(st.integers(1, 9), min_size=classes, max_size=classes)
            said = np.array(data.draw(st.lists(parts, min_size=rows, max_size=rows)), float)
            value = metric(truth, said / said.sum(axis=1, keepdims=True), weights)
        low, high = metric.bounds
        assert np.isnan(value) or low <= value <= high + 1e-12, metric.name


@pytest.mark.parametrize("name", [name for name, one in NAMED.items() if one.mean_of_rows])
def test_a_mean_of_rows_is_the_mean_of_its_parts(name: str) -> None:
    truth, answers = drawn(name, 6, 3)
    parts = [
        NAMED[name](truth[at], answers[at], np.ones(10)) for at in np.arange(50).reshape(5, 10)
    ]
    assert np.mean(parts) == pytest.approx(NAMED[name](truth, answers, np.ones(50)))


def test_what_is_said_of_a_metric_anywhere_is_what_is_said_where_it_is_made() -> None:
    docs = Path(__file__).parents[2] / "docs" / "reference"
    table = dict(
        re.findall(
            r"^\| `(\w+)` \| .* \| (.*) \|$", (docs / "metrics.md").read_text("utf-8"), re.M
        )
    )
    compared = {**scorers("regression", 0), **scorers("classification", 2)}
    offered = MetricName.__metadata__[0].help  # type: ignore[attr-defined]
    for name, metric in NAMED.items():
        assert NAMES[name] == metric.label
        assert table[name].startswith(metric.better)
        assert (name in offered) == (name in compared) == bool(metric.scorers[0])
        assert metric.meaning.endswith(".")
        assert len(format_value(0.12345, name)) == (5 if metric.unit == "share" else 6)
        whole = 1.0 if metric.better == "higher" else 7.0
        assert margin_of(name, 50.0, 7.0) == pytest.approx(0.02 * whole)
    assert {name for name in table if name in NAMED} == set(NAMED)
    for task, name in HEADLINE.items():
        assert (NAMED[name].task, NAMED[name].better) == (task, "lower")
