"""Training that is cut off goes on, and ends with the same bits; what cannot go on says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.errors import StoreError
from tenfold.training.checkpoints import (
    NEWEST,
    OLDER,
    Checkpoints,
    Pace,
    State,
    is_unfinished,
)
from tenfold.training.fit import FoldFits
from tenfold.training.loop import Training
from tests import engine_pictures as pictures
from tests.engine_cuts import Snapshots, kept_in
from tests.engine_tables import (
    NETWORKS,
    coded,
    fit,
    fold_state,
    mixed_frame,
    same_bits,
    small_plan,
    splits_at,
    three_folds,
)


def trained(
    network: str, checkpoints: Checkpoints | None, epochs: int = 12, **changes: Any
) -> FoldFits:
    rows, task = coded(mixed_frame("regression", 90))
    splits = splits_at(rows, three_folds(len(rows)))
    changes = {"epochs": epochs, "patience": 100.0, "batch_size": 16} | changes
    plan = small_plan(network, rows, 3, task, **changes)
    return fit(rows, splits, task, plan, checkpoints=checkpoints)


def wide_rows(network: str) -> tuple[Encoded, Splits]:
    """Return rows of so many numbers that a round is cut into chunks, the last one shorter."""
    columns = {"auto": 60, "tutorial": 5_000}.get(network, 3_000)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, columns))
    rows = Encoded(
        numbers=x,
        codes=np.zeros((500, 0), dtype=np.int64),
        levels=(),
        target=x[:, 0] * x[:, 1] + rng.normal(0, 0.1, 500),
        weights=np.ones(500),
        groups=None,
        times=None,
        rows=np.arange(500),
    )
    return rows, splits_at(rows, three_folds(500))


def same_fits(one: FoldFits, other: FoldFits) -> bool:
    """Tell whether two trainings ended with the same bits, and tell the same of the way."""
    folds = range(len(one.answers))
    lines = [
        [(line.epoch, line.loss, line.validation_loss, line.lr) for line in fits.history.lines]
        for fits in (one, other)
    ]
    return (
        all(same_bits(fold_state(one, fold), fold_state(other, fold)) for fold in folds)
        and all((a == b).all() for a, b in zip(one.answers, other.answers, strict=True))
        and one.history.best_epoch_G.tolist() == other.history.best_epoch_G.tolist()
        and one.history.rollbacks == other.history.rollbacks
        and lines[0] == lines[1]
    )


@pytest.mark.slow
@pytest.mark.parametrize("network", NETWORKS)
def test_training_that_is_cut_off_after_any_checkpoint_ends_with_the_same_bits(
    network: str, tmp_path: Path
) -> None:
    rows, splits = wide_rows(network)
    plan = small_plan(network, rows, 3, "regression", epochs=2, patience=100.0)
    whole = fit(rows, splits, "regression", plan)
    snapshots = Snapshots(tmp_path)
    kept = fit(rows, splits, "regression", plan, checkpoints=snapshots.checkpoints)
    assert same_fits(whole, kept)
    cuts = snapshots.all_cuts()
    steps = {kept_in(cut).read().facts["now"]["course"]["step"] for cut in cuts}
    chunks = np.diff([0, *sorted(steps)]).reshape(2, -1)
    # The control: each epoch has several chunks, and the last one is shorter.
    assert chunks.shape[1] > 1
    assert (chunks[:, -1] < chunks[:, 0]).all()
    for cut in cuts:
        again = fit(rows, splits, "regression", plan, checkpoints=kept_in(cut))
        assert same_fits(whole, again), cut


@pytest.mark.slow
@pytest.mark.parametrize("network", [n for n in pictures.NETWORKS if n != "pretrained"])
def test_training_on_pictures_that_is_cut_off_ends_with_the_same_bits(
    network: str, tmp_path: Path
) -> None:
    large = network in {
        "blend",
        "fine-tuned",
        "scratch",
        "tutorial",
    }  # a fold is 90 MB on the disk
    count = 30 if large else 210
    pixels, labels = pictures.stripes(count)
    asked: dict[str, Any] = {"batch_size": 64, "epochs": 2}
    asked["folds"] = three_folds(count)[:1] if large else three_folds(count)

    def trained_on(checkpoints: Checkpoints | None) -> FoldFits:
        fits: FoldFits = pictures.quick_study(
            pixels, labels, network, checkpoints=checkpoints, **asked
        ).fits
        return fits

    snapshots = Snapshots(tmp_path)
    whole = trained_on(snapshots.checkpoints)
    cuts = snapshots.all_cuts()
    # There are two chunks of steps where three folds learn side by side, and a last state.
    assert len(cuts) == 1 + (2 if large else 4)
    for cut in cuts:
        assert same_fits(whole, trained_on(kept_in(cut))), cut


def test_a_run_that_goes_on_goes_back_to_where_it_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Epoch 14 fails once; the last good state is that of epoch 12, before some cuts."""
    step = Training._step

    def failing(own: Training, *given: Tensor) -> Tensor:
        loss_F = step(own, *given)
        course = own._moving.course
        fails = course.step == 14 * own._plan.steps and not course.rollbacks
        return loss_F * (torch.nan if fails else 1.0)

    monkeypatch.setattr(Training, "_step", failing)
    whole = trained("auto", None, epochs=18)
    assert [rollback.back_to for rollback in whole.history.rollbacks] == [12]
    snapshots = Snapshots(tmp_path)
    trained("auto", snapshots.checkpoints, epochs=18)
    for cut in snapshots.all_cuts()[10:16]:
        assert same_fits(whole, trained("auto", kept_in(cut), epochs=18))


def test_training_that_had_ended_only_restores_what_it_kept(tmp_path: Path) -> None:
    whole = trained("auto", kept_in(tmp_path))
    again = trained("auto", kept_in(tmp_path))
    assert all(same_bits(fold_state(whole, f), fold_state(again, f)) for f in range(3))
    assert whole.history.lines == again.history.lines  # seconds too: no epoch was done anew


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [cut, flip, empty, Path.unlink])
def test_of_two_generations_the_older_one_stands_in_for_a_damaged_one(
    damage: Callable[[Path], object], tmp_path: Path
) -> None:
    kept = kept_in(tmp_path)
    for epoch in (1, 2):
        kept.write(State(facts={"epoch": epoch}))
    assert kept_in(tmp_path).read().facts == {"epoch": 2}
    damage(tmp_path / NEWEST)
    warnings: list[str] = []
    assert kept_in(tmp_path, warnings).read().facts == {"epoch": 1}
    assert warnings == (
        []
        if damage is Path.unlink
        else [f"{NEWEST} is damaged, so the previous state is used."]
    )
    empty(tmp_path / OLDER)
    assert kept_in(tmp_path).read() is None
    assert is_unfinished(tmp_path)


@pytest.mark.parametrize("change", [{"lr": 0.02}, {"batch_size": 8}])
def test_a_checkpoint_of_another_training_is_refused(
    change: dict[str, Any], tmp_path: Path
) -> None:
    trained("auto", kept_in(tmp_path))
    with pytest.raises(StoreError) as caught:
        trained("auto", kept_in(tmp_path), **change)
    assert caught.value.code == "M12"


def test_a_full_disk_ends_no_training_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    warnings: list[str] = []
    whole = trained("auto", None)
    monkeypatch.setattr("os.fsync", full)
    fits = trained("auto", kept_in(tmp_path, warnings))
    assert same_bits(fold_state(whole, 0), fold_state(fits, 0))
    assert len(warnings) == 1
    assert "No space left on device" in warnings[0]
    assert list(tmp_path.iterdir()) == []  # no part of a file takes room


def test_features_are_kept_once_they_took_a_while(tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    kept_in(tmp_path).keep_features(features)
    assert (kept_in(tmp_path).features(5) == features).all()
    warnings: list[str] = []
    assert kept_in(tmp_path, warnings).features(4) is None
    assert len(warnings) == 1
    other = tmp_path / "other"
    other.mkdir()
    Checkpoints(lambda: other, print, Pace(seconds=60)).keep_features(features)
    assert kept_in(other).features(5) is None
