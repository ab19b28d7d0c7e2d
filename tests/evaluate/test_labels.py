"""Scores of labels are scikit-learn's; thresholds are chosen where they are not scored."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from tenfold.evaluate.calibration import calibration_error
from tenfold.evaluate.label_scores import (
    choose_thresholds,
    label_text,
    labels_in_text,
    score_labels,
)
from tenfold.evaluate.metrics import HEADLINE, METRICS, baseline_guess
from tenfold.evaluate.pooling import metrics_to_pool
from tenfold.evaluate.temperature import Temperature, find_temperature

Floats = NDArray[np.float64]
Marks = NDArray[np.int64]
LABELS = METRICS["multilabel"]


def drawn(seed: int, rows: int = 60, labels: int = 4) -> tuple[Marks, Floats, Floats]:
    """Return truth, answers with ties, and weights; the last label is rare."""
    rng = np.random.default_rng(seed)
    share = np.append(np.full(labels - 1, 0.4), 0.1)
    truth = (rng.random((rows, labels)) < share).astype(np.int64)
    truth[:2] = [[0] * labels, [1] * labels]
    said = (0.3 * truth + 0.7 * rng.random((rows, labels))).round(1).clip(0.01, 0.99)
    return truth, said, rng.integers(1, 4, rows).astype(np.float64)


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_scikit_learns(seed: int) -> None:
    truth, said, w = drawn(seed)
    columns = range(truth.shape[1])
    wanted = {
        "mean_average_precision": sk.average_precision_score(truth, said, sample_weight=w),
        "label_roc_auc": sk.roc_auc_score(truth, said, sample_weight=w),
        "label_log_loss": np.mean(
            [sk.log_loss(truth[:, at], said[:, at], sample_weight=w) for at in columns]
        ),
        "label_brier": np.mean(
            [sk.brier_score_loss(truth[:, at], said[:, at], sample_weight=w) for at in columns]
        ),
    }
    assert {n: m(truth, said, w) for n, m in LABELS.items()} == pytest.approx(wanted, rel=1e-9)


def test_labels_that_tell_nothing_are_left_out_of_means() -> None:
    truth, said, w = drawn(0)
    some = [0, 2]
    odd = truth.copy()
    odd[:, 1], odd[:, 3] = 0, 1
    for name in ("mean_average_precision", "label_roc_auc"):
        found = LABELS[name](odd, said, w)
        assert found == pytest.approx(LABELS[name](truth[:, some], said[:, some], w))
        assert np.isnan(LABELS[name](odd[:, [1, 3]], said[:, [1, 3]], w))


def test_nothing_constant_beats_the_baseline() -> None:
    truth, _, w = drawn(1)
    guess = np.tile(baseline_guess(truth, w, "multilabel", 4), (60, 1))
    metric = LABELS[HEADLINE["multilabel"]]
    assert metric(truth, guess, w) < metric(truth, guess * 0.9, w)
    assert metric(truth, guess, w) < metric(truth, 0.9 * guess + 0.1, w)


def test_folds_without_a_label_are_scored_together() -> None:
    truth, _, w = drawn(2)
    folds = [truth[:30].copy(), truth[30:]]
    assert metrics_to_pool(folds, [w[:30], w[30:]], "multilabel") == ()
    folds[0][:, 3] = 0
    pooled = metrics_to_pool(folds, [w[:30], w[30:]], "multilabel")
    assert set(pooled) == {"mean_average_precision", "label_roc_auc"}


@pytest.mark.parametrize("share", [0.03, 0.2, 0.5])
def test_thresholds_are_near_the_best_there_are(share: float) -> None:
    """Half of the best F1: on many new rows no other threshold is much better."""
    rng = np.random.default_rng(0)
    said = rng.beta(0.5, 0.5 * (1 - share) / share, (40_000, 1))
    truth = (rng.random(said.shape) < said).astype(np.int64)
    few, ones = slice(0, 2_000), np.ones(2_000)
    (found,) = choose_thresholds(truth[few], said[few], ones)
    f1 = [sk.f1_score(truth[2_000:], said[2_000:] >= at) for at in np.linspace(0.02, 0.9, 45)]
    assert sk.f1_score(truth[2_000:], said[2_000:] >= found) > max(f1) - 0.01


def test_scores_of_labels_are_scikit_learns() -> None:
    truth, said, w = drawn(3, rows=200)
    part = np.arange(200) % 3
    found = score_labels(truth, said, w, part, list("abcd"))
    predicted = np.zeros_like(truth)
    for own in range(3):
        others = part != own
        limits = choose_thresholds(truth[others], said[others], w[others])
        predicted[part == own] = said[part == own] >= limits
    for at, one in enumerate(found.each):
        pair = truth[:, at], predicted[:, at]
        assert one.precision == pytest.approx(sk.precision_score(*pair, sample_weight=w))
        assert one.recall == pytest.approx(sk.recall_score(*pair, sample_weight=w))
        assert one.f1 == pytest.approx(sk.f1_score(*pair, sample_weight=w))
    means = {"macro": found.macro_f1, "micro": found.micro_f1}
    for average, value in means.items():
        wanted = sk.f1_score(truth, predicted, average=average, sample_weight=w)
        assert value == pytest.approx(wanted)
    assert found.exact == pytest.approx(sk.accuracy_score(truth, predicted, sample_weight=w))
    assert found.thresholds == tuple(choose_thresholds(truth, said, w).tolist())


def test_what_is_predicted_of_a_part_does_not_depend_on_its_labels() -> None:
    """Other labels of one part change thresholds of all other parts, and not its own."""
    truth, said, w = drawn(4, rows=120)
    part = np.arange(120) % 2
    own = part == 0
    other = truth.copy()
    other[own] = 1 - truth[own]
    before, after = (
        choose_thresholds(one[~own], said[~own], w[~own]) for one in (truth, other)
    )
    assert np.array_equal(before, after)
    found = [score_labels(one, said, w, part, list("abcd")) for one in (truth, other)]
    assert found[0].each[0].threshold != found[1].each[0].threshold


@pytest.mark.parametrize("kind", ["never", "always", "one row", "a single part"])
def test_odd_labels_are_scored_without_a_warning(kind: str) -> None:
    truth, said, w = drawn(5, rows=20)
    part = np.arange(20) % 5
    if kind == "one row":
        truth, said, w, part = truth[1:2], said[1:2], w[1:2], part[1:2]
    elif kind == "a single part":
        part[:] = 0
    else:
        truth[:, 2] = int(kind == "always")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = score_labels(truth, said, w, part, list("abcd"))
    third = found.each[2]
    assert third.rows == truth[:, 2].sum()
    if kind == "never":
        assert third.threshold == 0.5
        assert np.isnan([third.recall, third.average_precision, third.roc_auc]).all()
    if kind == "always":
        assert third.recall == pytest.approx((w @ (said[:, 2] >= 0.5)) / w.sum())


def test_labels_are_calibrated_one_by_one() -> None:
    """Outputs twice as large as they should be, and one label three times too probable."""
    rng = np.random.default_rng(0)
    logs = rng.normal(-0.5, 1.5, (1, 4_000, 3))
    truth = (rng.random((4_000, 3)) < 1 / (1 + np.exp(-logs[0]))).astype(np.int64)
    moved = logs + np.array([0, 0, np.log(3)])
    said = 1 / (1 + np.exp(-2 * moved))
    members, half = [said[:, :2_000], said[:, 2_000:]], [truth[:2_000], truth[2_000:]]
    ones, sources = [np.ones(2_000)] * 2, [np.array([1]), np.array([0])]
    found, _ = find_temperature(members, half, ones, sources)
    assert found.temperature_G == pytest.approx([2, 2], abs=0.25)
    assert found.bias_GO[:, 2] == pytest.approx([-np.log(3)] * 2, abs=0.25)
    assert found.bias_GO[:, :2] == pytest.approx(np.zeros((2, 2)), abs=0.2)
    after = np.concatenate(found.of(members))
    assert calibration_error(truth, after) < 0.02 < calibration_error(truth, said[0])


def test_a_label_that_no_row_has_is_calibrated_without_a_number_that_is_not_finite() -> None:
    truth = np.zeros((50, 2), dtype=np.int64)
    truth[::2, 1] = 1
    said = np.stack([np.full(50, 1e-9), np.linspace(0.2, 0.8, 50)], axis=1)[None]
    others = [np.array([1]), np.array([0])]
    found, whole = find_temperature([said, said], [truth] * 2, [np.ones(50)] * 2, others)
    for one in (found, whole):
        assert np.isfinite(one.temperature_G).all()
        assert np.isfinite(one.bias_GO).all()
    assert isinstance(found, Temperature)
    assert np.isfinite(found.of([said, said])[0]).all()


@given(st.data())
def test_labels_are_read_back_from_their_text(data: st.DataObject) -> None:
    names = sorted(data.draw(st.sets(st.text("ab |", min_size=1, max_size=4), min_size=1)))
    names = [name for name in names if " | " not in f"{name} "]
    own = data.draw(st.lists(st.booleans(), min_size=len(names), max_size=len(names)))
    assert labels_in_text(label_text(own, names), names) == own


def test_other_words_are_no_labels() -> None:
    for text in ("c", "b | a", "a | c", "a |", "ab"):
        with pytest.raises(ValueError, match="not labels"):
            labels_in_text(text, ["a", "b"])
