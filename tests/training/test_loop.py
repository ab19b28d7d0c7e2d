"""The training loop: its history, its schedule, its looks, and what ends it."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.training.recipe import Plan
from tenfold.training.schedule import look_epochs
from tenfold.training.watch import Deadline
from tests.engine_tables import (
    coded,
    fit,
    fold_answers,
    fold_state,
    mixed_frame,
    same_bits,
    small_plan,
    splits_at,
    three_folds,
)


def setting(
    network: str = "auto", *, linear: bool = True, **changes: object
) -> tuple[Encoded, Splits, Plan]:
    rows, task = coded(mixed_frame("regression", 90))
    splits = splits_at(rows, three_folds(len(rows)))
    plan = small_plan(network, rows, 3, task, **changes)
    if not linear:  # what starts at random has something to lose
        recipe = replace(plan.recipe, keep_start=False)
        plan = replace(plan, features=replace(plan.features, linear=None), recipe=recipe)
    return rows, splits, plan


@pytest.mark.parametrize("last", [1, 2, 5, 9, 31, 100, 257, 1000])
def test_looks_begin_dense_grow_sparse_and_end_with_the_last_epoch(last: int) -> None:
    epochs = look_epochs(last)
    assert epochs[0] == 1
    assert epochs[-1] == last
    gaps = np.diff(epochs)
    assert (gaps >= 1).all()
    assert all(gap <= max(1, epoch // 5) for gap, epoch in zip(gaps, epochs, strict=False))
    assert len(epochs) <= 10 + 6 * math.log(last + 1)


def test_a_deadline_passes_once_its_seconds_are_over() -> None:
    soon = Deadline(0.01)
    time.sleep(0.02)
    assert soon.passed() == "the time limit of 0.01 s"
    assert Deadline(3600).passed() is None
    assert Deadline(None).passed() is None


def test_the_history_has_a_line_an_epoch_and_a_validation_loss_at_every_look() -> None:
    rows, splits, plan = setting(epochs=20, patience=100.0)
    lines = fit(rows, splits, "regression", plan).history.lines
    assert [line.epoch for line in lines] == list(range(1, 21))
    looked = [line.epoch for line in lines if line.validation_loss is not None]
    assert looked == look_epochs(20)
    assert all(np.isfinite(line.loss) for line in lines)
    assert lines[-1].loss < lines[0].loss
    seconds = [line.seconds for line in lines]
    assert seconds == sorted(seconds)


def test_a_network_without_validation_rows_trains_to_the_last_epoch_and_keeps_it() -> None:
    rows, splits, plan = setting("tutorial", epochs=7)
    fits = fit(rows, splits, "regression", plan)
    assert len(fits.history.lines) == 7
    assert fits.history.best_epoch_G.tolist() == [7, 7, 7]
    assert all(line.validation_loss is None for line in fits.history.lines)


def test_a_fold_keeps_the_epoch_whose_validation_rows_it_predicts_best() -> None:
    """The validation loss is computed anew from the answers of the networks that were kept."""
    rows, splits, plan = setting(linear=False, epochs=120, patience=100.0, lr=0.5, decay=0.0)
    np.random.default_rng(0).shuffle(rows.target)  # nothing to learn, much to learn by heart
    fits = fit(rows, splits.only(0), "regression", plan)
    validation = {
        line.epoch: line.validation_loss
        for line in fits.history.lines
        if line.validation_loss is not None
    }
    best = min(validation, key=lambda epoch: validation[epoch])
    assert fits.history.best_epoch_G.tolist() == [best]
    assert best < 120

    said = fold_answers(fits, 0, rows.numbers, rows.codes)
    truth = torch.from_numpy(rows.target).expand(len(said), -1)
    errors = fits.target.squared_error(said, truth).numpy()
    weights = fits.stack.validation_FN * rows.weights
    assert (errors * weights).sum() / weights.sum() == pytest.approx(validation[best], rel=1e-5)
    assert validation[120] > 1.0001 * validation[best]


def test_training_ends_once_every_fold_has_lost_patience() -> None:
    rows, splits, plan = setting(
        linear=False, epochs=2000, patience=2.0, lr=0.5, least_epochs=0
    )
    np.random.default_rng(0).shuffle(rows.target)
    fits = fit(rows, splits, "regression", plan)
    last = fits.history.lines[-1].epoch
    best = int(fits.history.best_epoch_G.max())
    assert last < 2000
    assert last > 2.0 * (best + 1)
    assert fits.history.stopped_by is None


@pytest.mark.parametrize("schedule", ["constant", "root"])
def test_the_step_size_follows_its_schedule(schedule: str) -> None:
    rows, splits, plan = setting(epochs=10, schedule=schedule, lr=0.01, patience=100.0)
    lines = fit(rows, splits, "regression", plan).history.lines
    steps = -(-len(rows) // plan.recipe.batch_size)
    for line in lines:
        done = (line.epoch * steps - 1) / (10 * steps)
        expected = 0.01 / math.sqrt(1 + 15 * done) if schedule == "root" else 0.01
        assert line.lr == pytest.approx(expected)


def test_decay_shrinks_weights_by_its_share_of_the_step_size_in_each_step() -> None:
    """In a table of zeros nothing has a gradient, so that only the shrinking moves weights."""
    rows, splits, _ = setting()
    rows.target[:], rows.numbers[:], rows.codes[:] = 0.0, 0.0, 0
    first = []
    for decay in (0.0, 0.1):
        changes = {"epochs": 4, "lr": 1e-2, "cut": "even", "batch_size": 10}
        plan = setting("tutorial", decay=decay, **changes)[2]
        first.append(fit(rows, splits, "regression", plan).network.state_dict()["weights.0"])
    steps = 4 * 9
    own = first[0] != 0  # the rest is what fills the inputs up
    ratio = first[1][own] / first[0][own]
    expected = (1 - 1e-2 * 0.1) ** steps
    torch.testing.assert_close(ratio, torch.full_like(ratio, expected), rtol=1e-4, atol=0)


def test_features_made_in_small_chunks_train_to_the_same_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How many steps' features are made at once is a matter of memory alone."""
    rows, splits, plan = setting(batch_size=16)
    whole = fit(rows, splits, "regression", plan)
    monkeypatch.setattr("tenfold.training.feed.CHUNK_NUMBERS", 1)
    pieces = fit(rows, splits, "regression", plan)
    for fold in range(3):
        assert same_bits(fold_state(whole, fold), fold_state(pieces, fold))


@pytest.mark.parametrize("linear", [True, False])
def test_features_that_are_kept_train_to_the_same_bits_as_those_made_anew(
    linear: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, splits, plan = setting(linear=linear, batch_size=16)
    kept = fit(rows, splits, "regression", plan)
    monkeypatch.setattr("tenfold.training.feed.KEPT_NUMBERS", 0)
    made = fit(rows, splits, "regression", plan)
    for fold in range(3):
        assert same_bits(fold_state(kept, fold), fold_state(made, fold))
