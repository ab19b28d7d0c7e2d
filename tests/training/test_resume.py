"""Training that is cut off goes on, and ends with the same bits; what cannot go on says so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tenfold.errors import StoreError
from tenfold.seeds import Streams
from tenfold.training import checkpoints as module
from tenfold.training.checkpoints import NEWEST, OLDER, Checkpoints, State, is_unfinished
from tenfold.training.fit import FoldFits
from tenfold.training.loop import Training
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


class CutOffError(Exception):
    """Stands for the end of the program."""


@pytest.fixture(autouse=True)
def _write_after_every_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.0)
    monkeypatch.setattr(module, "SHARE", 0)


def kept_in(folder: Path, told: list[str] | None = None) -> Checkpoints:
    return Checkpoints(lambda: folder, (told if told is not None else []).append)


class CutOff:
    """Checkpoints of a program that ends in the middle of one of its writes."""

    def __init__(self, folder: Path, writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
        write = Checkpoints.write

        def counted(own: Checkpoints, state: State) -> None:
            self.writes += 1
            if self.writes == writes:
                (folder / (NEWEST + ".part")).write_bytes(b"half a st")
                raise CutOffError
            write(own, state)

        self.writes = 0
        monkeypatch.setattr(Checkpoints, "write", counted)


def trained(
    network: str, checkpoints: Checkpoints | None, epochs: int = 12, **changes: Any
) -> FoldFits:
    rows, task = coded(mixed_frame("regression", 90))
    splits = splits_at(rows, three_folds(len(rows)))
    changes = {"epochs": epochs, "patience": 100.0, "batch_size": 16} | changes
    plan = small_plan(network, rows, 3, task, **changes)
    return fit(rows, splits, task, plan, checkpoints=checkpoints)


def count_of_writes(network: str, folder: Path) -> int:
    counted: list[int] = []
    write = Checkpoints.write

    def count(own: Checkpoints, state: State) -> None:
        counted.append(1)
        write(own, state)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "write", count)
        trained(network, kept_in(folder))
    return len(counted)


@pytest.mark.parametrize("network", NETWORKS)
def test_training_that_is_cut_off_ends_with_the_same_bits(network: str, tmp_path: Path) -> None:
    whole = trained(network, None)
    (tmp_path / "all").mkdir()
    writes = count_of_writes(network, tmp_path / "all")
    assert writes >= 12
    for at in Streams(5).generator("cuts").integers(1, writes + 1, 3).tolist():
        folder = tmp_path / str(at)
        folder.mkdir(exist_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            CutOff(folder, at, patch)
            with pytest.raises(CutOffError):
                trained(network, kept_in(folder))
        told: list[str] = []
        again = trained(network, kept_in(folder, told))
        for fold in range(3):
            assert same_bits(fold_state(whole, fold), fold_state(again, fold))
            assert (whole.answers[fold] == again.answers[fold]).all()
        lines, other = whole.history.lines, again.history.lines
        assert [(one.epoch, one.loss, one.watched, one.lr) for one in lines] == [
            (one.epoch, one.loss, one.watched, one.lr) for one in other
        ]
        assert whole.history.best_epoch_G.tolist() == again.history.best_epoch_G.tolist()


def test_a_run_that_goes_on_goes_back_to_where_it_would_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Epoch 14 fails once; the last good state is that of epoch 12, before the cut."""
    step = Training._step

    def failing(own: Training, *given: Tensor) -> Tensor:
        loss_F = step(own, *given)
        course = own._moving.course
        fails = course.step == 14 * own._plan.steps and not course.setbacks
        return loss_F * (torch.nan if fails else 1.0)

    monkeypatch.setattr(Training, "_step", failing)
    whole = trained("auto", None, epochs=18)
    assert [setback.back_to for setback in whole.history.setbacks] == [12]
    with pytest.MonkeyPatch.context() as patch:
        CutOff(tmp_path, 14, patch)
        with pytest.raises(CutOffError):
            trained("auto", kept_in(tmp_path), epochs=18)
    again = trained("auto", kept_in(tmp_path), epochs=18)
    assert again.history.setbacks == whole.history.setbacks
    assert all(same_bits(fold_state(whole, f), fold_state(again, f)) for f in range(3))


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
    told: list[str] = []
    assert kept_in(tmp_path, told).read().facts == {"epoch": 1}
    assert told == (
        []
        if damage is Path.unlink
        else [f"{NEWEST} is damaged, and the state before it is taken."]
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

    told: list[str] = []
    whole = trained("auto", None)
    monkeypatch.setattr("os.fsync", full)
    fits = trained("auto", kept_in(tmp_path, told))
    assert same_bits(fold_state(whole, 0), fold_state(fits, 0))
    assert len(told) == 1
    assert "No space left on device" in told[0]
    assert list(tmp_path.iterdir()) == []  # no part of a file takes room


def test_features_are_kept_once_they_took_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    kept_in(tmp_path).keep_features(features)
    assert (kept_in(tmp_path).features(5) == features).all()
    told: list[str] = []
    assert kept_in(tmp_path, told).features(4) is None
    assert len(told) == 1
    monkeypatch.setattr(module, "SECONDS", 60.0)
    other = tmp_path / "other"
    other.mkdir()
    kept_in(other).keep_features(features)
    assert kept_in(other).features(5) is None
