"""What saves training: smaller steps after numbers that are not finite, batches in parts."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tenfold.errors import NetworkError
from tenfold.nn.mlp import FoldMLP
from tenfold.nn.targets import FoldTarget
from tenfold.training.fit import FoldFits
from tests.engine_tables import (
    coded,
    fit,
    fold_state,
    mixed_frame,
    same_bits,
    small_plan,
    splits_at,
    three_folds,
)


def trained(epochs: int = 12) -> FoldFits:
    rows, task = coded(mixed_frame("regression", 90))
    splits = splits_at(rows, three_folds(len(rows)))
    changes = {"epochs": epochs, "patience": 100.0, "batch_size": 16}
    return fit(rows, splits, task, small_plan("auto", rows, 3, task, **changes))


class Injected:
    """Losses that are not numbers at chosen calls; nor are the gradients of these calls."""

    def __init__(self, at: set[int], monkeypatch: pytest.MonkeyPatch) -> None:
        loss = FoldTarget.loss
        self.calls = 0

        def spoiled(own: FoldTarget, *given: Tensor) -> tuple[Tensor, Tensor]:
            loss_F, gradient_FBO = loss(own, *given)
            self.calls += 1
            if self.calls in at:
                loss_F = loss_F.clone()
                loss_F[0] = torch.nan
                gradient_FBO = gradient_FBO * torch.nan
            return loss_F, gradient_FBO

        monkeypatch.setattr(FoldTarget, "loss", spoiled)


def steps_of_an_epoch(monkeypatch: pytest.MonkeyPatch) -> int:
    with monkeypatch.context() as patch:
        counted = Injected(set(), patch)
        trained(epochs=1)
    return counted.calls


@pytest.mark.parametrize("times", [1, 2, 3])
def test_training_goes_back_and_takes_smaller_steps(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = steps_of_an_epoch(monkeypatch)
    # In epoch 5; the rounds after it begin anew after epoch 4, so each is an epoch later.
    at = {4 * steps + 2 + k * steps for k in range(times)}
    Injected(at, monkeypatch)
    fits = trained()
    history = fits.history
    assert [one.epoch for one in history.rollbacks] == [5] * times
    assert [one.back_to for one in history.rollbacks] == [4] * times
    assert [one.lr_factor for one in history.rollbacks] == [0.25, 0.0625, 0.015625][:times]
    assert [line.epoch for line in history.lines] == list(range(1, 13))
    assert all(np.isfinite(line.loss) for line in history.lines)
    assert history.lines[4].lr < 0.3 * history.lines[3].lr
    assert all(tensor.isfinite().all() for tensor in fold_state(fits, 0).values())
    said = [(d.what, d.why, d.change_with) for d in fits.decisions]
    assert (
        "training rolled back to epoch 4, with 0.25 times the learning rate",
        "the loss of folds 1, 2, 3 stopped being finite in epoch 5",
        "--lr",
    ) in said


def test_a_fourth_time_is_n05(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = steps_of_an_epoch(monkeypatch)
    Injected({4 * steps + 2 + k * steps for k in range(4)}, monkeypatch)
    with pytest.raises(NetworkError) as caught:
        trained()
    assert caught.value.code == "N05"


class SmallMemory:
    """A memory that holds so many rows of a step."""

    def __init__(self, rows: int, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
        forward = FoldMLP.train_forward

        def short(own: FoldMLP, x: Tensor, codes: Tensor) -> Tensor:
            if x.shape[1] > rows:
                raise error
            return forward(own, x, codes)

        monkeypatch.setattr(FoldMLP, "train_forward", short)


ERRORS: list[Any] = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
    MemoryError(),
]


@pytest.mark.parametrize("error", ERRORS)
def test_a_batch_that_memory_cannot_hold_is_learnt_in_parts(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(epochs=3)
    SmallMemory(3, error, monkeypatch)
    fits = trained(epochs=3)
    assert fits.history.pieces == 4
    for name, tensor in fold_state(whole, 0).items():
        torch.testing.assert_close(tensor, fold_state(fits, 0)[name], rtol=2e-3, atol=2e-4)
    assert not same_bits(fold_state(whole, 0), fold_state(fits, 0))  # it was added up otherwise
    what = "each batch was split into 4 parts, and their gradients were added"
    assert what in [d.what for d in fits.decisions]
    assert what not in [d.what for d in whole.decisions]


def test_a_memory_too_small_for_a_row_is_n08(monkeypatch: pytest.MonkeyPatch) -> None:
    SmallMemory(0, MemoryError(), monkeypatch)
    with pytest.raises(NetworkError) as caught:
        trained(epochs=1)
    assert caught.value.code == "N08"


def test_other_errors_of_a_network_are_not_taken_for_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    SmallMemory(0, RuntimeError("shapes cannot be multiplied"), monkeypatch)
    with pytest.raises(RuntimeError, match="shapes"):
        trained(epochs=1)
