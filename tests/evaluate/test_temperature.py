"""Calibration: it mends what it should, leaves the rest alone, and sees no held-out row."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.evaluate.calibration import calibrate
from tenfold.evaluate.temperature import Temperature, find_temperature
from tenfold.nn.targets import FoldTarget

FOLDS, MEMBERS, ROWS, CLASSES = 4, 2, 800, 3


def said_of(
    seed: int, sureness: float, bias: NDArray[np.float64] | None = None
) -> tuple[list[NDArray[np.float64]], list[NDArray[np.int64]]]:
    """Return members' probabilities whose outputs are too large, or too high for a class."""
    generator = np.random.default_rng(seed)
    members, truth = [], []
    for _ in range(FOLDS):
        odds = generator.normal(size=(ROWS, CLASSES)) * 1.5
        right = np.exp(odds) / np.exp(odds).sum(axis=1, keepdims=True)
        truth.append((right.cumsum(axis=1) > generator.uniform(size=(ROWS, 1))).argmax(axis=1))
        wrong = odds * sureness + (0 if bias is None else bias)
        one = np.exp(wrong) / np.exp(wrong).sum(axis=1, keepdims=True)
        members.append(np.stack([one] * MEMBERS))
    return members, truth


def log_loss(answers: tuple[NDArray[np.float64], ...], truth: list[NDArray[np.int64]]) -> float:
    own = [said[np.arange(ROWS), one] for said, one in zip(answers, truth, strict=True)]
    return float(-np.log(np.concatenate(own)).mean())


ONES = [np.ones(ROWS)] * FOLDS


def temperature_of(
    members: list[NDArray[np.float64]],
    truth: list[NDArray[np.int64]],
    weights: list[NDArray[np.float64]],
) -> Temperature:
    """Return what is found for each fold on the rows of the others."""
    folds = np.arange(len(members))
    return find_temperature(members, truth, weights, [folds[folds != fold] for fold in folds])[
        0
    ]


@pytest.mark.parametrize("sureness", [0.5, 2.0, 4.0])
def test_outputs_that_are_too_large_or_small_are_set_right(sureness: float) -> None:
    members, truth = said_of(0, sureness)
    temperature = temperature_of(members, truth, ONES)
    assert temperature.temperature_G == pytest.approx(np.full(FOLDS, sureness), rel=0.15)
    before = log_loss(Temperature.none(FOLDS, CLASSES).of(members), truth)
    assert log_loss(temperature.of(members), truth) < before - 0.02


def test_a_class_that_is_too_probable_is_set_right() -> None:
    members, truth = said_of(1, 1.0, np.array([1.0, 0.0, -1.0]))
    temperature = temperature_of(members, truth, ONES)
    off = temperature.bias_GO - temperature.bias_GO.mean(axis=1, keepdims=True)
    assert off == pytest.approx(np.tile([-1.0, 0.0, 1.0], (FOLDS, 1)), abs=0.2)


def test_probabilities_that_are_right_are_hardly_moved() -> None:
    members, truth = said_of(2, 1.0)
    temperature = temperature_of(members, truth, ONES)
    before = Temperature.none(FOLDS, CLASSES).of(members)
    moved = np.concatenate(temperature.of(members)) - np.concatenate(before)
    assert np.abs(moved).mean() < 0.02
    assert log_loss(temperature.of(members), truth) <= log_loss(before, truth)


def test_a_fold_is_calibrated_by_the_others_alone() -> None:
    members, truth = said_of(3, 3.0)
    before = temperature_of(members, truth, ONES)
    truth[0] = (truth[0] + 1) % CLASSES
    after = temperature_of(members, truth, ONES)
    assert before.changes
    assert after.changes
    assert after.temperature_G[0] == pytest.approx(before.temperature_G[0], rel=1e-6)
    assert (after.temperature_G[1:] > before.temperature_G[1:] * 1.05).all()


def test_a_single_fold_is_left_as_it_is() -> None:
    members, truth = said_of(4, 4.0)
    assert not temperature_of(members[:1], truth[:1], ONES[:1]).changes


def test_networks_that_are_never_wrong_stay_finite() -> None:
    sure = np.zeros((MEMBERS, ROWS, CLASSES))
    sure[..., 0] = 1.0
    temperature = temperature_of([sure] * FOLDS, [np.zeros(ROWS, dtype=np.int64)] * FOLDS, ONES)
    answers = np.concatenate(temperature.of([sure] * FOLDS))
    assert np.isfinite(answers).all()
    assert answers[:, 0] == pytest.approx(np.ones(FOLDS * ROWS))


def test_rows_without_a_mistake_do_not_show_that_there_is_none() -> None:
    """Nobody may be a million times surer of a class than so many rows can show."""
    generator = np.random.default_rng(6)
    truth = [generator.integers(0, CLASSES, ROWS) for _ in range(FOLDS)]
    right = [np.full((MEMBERS, ROWS, CLASSES), 0.1) for _ in range(FOLDS)]
    for said, one in zip(right, truth, strict=True):
        said[:, np.arange(ROWS), one] = 0.8
    temperature = temperature_of(right, truth, ONES)
    doubt = 1 - np.concatenate(temperature.of(right)).max(axis=1)
    seen = (FOLDS - 1) * ROWS
    assert doubt.mean() == pytest.approx(1 / (seen + 2), rel=0.1)


def test_a_target_answers_as_what_was_found_on_its_outputs() -> None:
    outputs = torch.randn(FOLDS * MEMBERS, 50, CLASSES, generator=torch.manual_seed(0))
    target = FoldTarget(FOLDS * MEMBERS, "classification", CLASSES)
    plain = target.answers(outputs).numpy().reshape(FOLDS, MEMBERS, 50, CLASSES)
    generator = np.random.default_rng(5)
    temperature = Temperature(
        temperature_G=generator.uniform(0.5, 2, FOLDS),
        bias_GO=generator.normal(size=(FOLDS, CLASSES)),
    )
    calibrated = target.calibrated(temperature.temperature_G, temperature.bias_GO)
    said = calibrated.answers(outputs).numpy().reshape(plain.shape).mean(axis=1)
    np.testing.assert_allclose(said, np.stack(temperature.of(list(plain))), rtol=1e-12)
    again = calibrated.plain().answers(outputs).numpy().reshape(plain.shape)
    np.testing.assert_array_equal(again, plain)


def test_in_time_a_fold_is_calibrated_by_the_past_and_what_answers_by_all() -> None:
    """Networks become ever more sure of themselves; only the past is known to a fold."""
    members, truth = said_of(6, 1.0)
    sureness = np.array([1.0, 2.0, 4.0, 8.0])
    members = [
        (said**sure) / (said**sure).sum(axis=-1, keepdims=True)
        for said, sure in zip(members, sureness, strict=True)
    ]
    past = [np.arange(fold) for fold in range(FOLDS)]
    temperature, whole = find_temperature(members, truth, ONES, past)
    assert temperature.temperature_G[0] == 1
    assert temperature.temperature_G[1] == pytest.approx(1, rel=0.15)
    assert (np.diff(temperature.temperature_G) > 0).all()
    assert whole.temperature_G.shape == (1,)
    assert whole.temperature_G[0] > temperature.temperature_G[-1]
    changed = [*members[:3], members[3][:, ::-1]]
    again, _ = find_temperature(changed, truth, ONES, past)
    np.testing.assert_array_equal(again.temperature_G, temperature.temperature_G)


def test_the_rows_of_an_only_fold_are_calibrated_by_each_others_parts() -> None:
    """What a part says of itself decides nothing, and all of them decide what answers."""
    rng = np.random.default_rng(0)
    truth, sets = rng.integers(0, 2, 400), np.arange(400) // 2
    right = rng.random(400) < 0.75
    said = np.where((truth == 1) == right, 0.99, 0.01)
    members = [np.stack([1 - said, said], axis=-1)[None]]
    rows = Encoded.of_numbers(np.zeros((400, 1)), truth, sets=sets)
    none = np.zeros((1, 400), dtype=bool)
    temperature, (answers,), found = calibrate(
        rows, Splits(learn=none, held_out=~none, numbers=(0,)), members
    )
    assert found is not None
    assert found.error_before > 0.2
    assert found.error_after < 0.05
    assert (answers.argmax(axis=1) == members[0][0].argmax(axis=1)).all()  # in their order
    assert len(temperature.temperature_G) == 1
    nothing = Splits(learn=~none, held_out=none, numbers=(0,))
    assert calibrate(rows, nothing, [members[0][:, :0]])[2] is None
    # Copies are in one part, and each part has a temperature of its own.
    sure = answers.max(axis=1)
    assert (sure[::2] == sure[1::2]).all()
    assert 1 < len(set(sure.round(9))) <= 5
