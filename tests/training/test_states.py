"""The average and the best state, each against its definition."""

import numpy as np
import pytest
import torch
from torch import Tensor

from tenfold.training.states import Average, Best


def states(count: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(2, 3, generator=generator) for _ in range(count)]


@pytest.mark.parametrize("power", [0.0, 8.0])
def test_the_average_is_the_polynomial_decay_average_of_all_states(power: float) -> None:
    """Power 0 is the plain mean; power 8 weighs the t-th state like t to the 8th, about."""
    live = torch.zeros(2, 3)
    average = Average([live], power)
    seen = states(30)
    shares = np.zeros(0)
    for t, state in enumerate(seen, start=1):
        live.copy_(state)
        average.update()
        share = (power + 1) / (t + power)
        shares = np.append(shares * (1 - share), share)
    average.swap()
    expected = sum(float(share) * state for share, state in zip(shares, seen, strict=True))
    torch.testing.assert_close(live, expected)
    assert shares.sum() == pytest.approx(1)
    if power == 0:
        torch.testing.assert_close(live, torch.stack(seen).mean(dim=0))
    else:
        assert shares[-6:].sum() > 0.8


def test_a_second_swap_undoes_the_first_and_updates_go_on_from_the_live_state() -> None:
    live = torch.zeros(2, 3)
    average = Average([live], 8.0)
    one, other = states(2)
    live.copy_(one)
    average.update()
    live.copy_(other)
    average.swap()
    assert torch.equal(live, one)
    average.swap()
    assert torch.equal(live, other)


def offers(best: Best, live: Tensor, losses: list[list[float]]) -> None:
    """Offer states 1, 2, ... with the losses of two folds."""
    for epoch, loss in enumerate(losses, start=1):
        live.fill_(float(epoch))
        best.offer(np.array(loss), epoch)


def test_each_fold_keeps_the_state_of_its_own_best_epoch() -> None:
    """Networks 0 and 1 are members of fold 0, network 2 is fold 1."""
    live = torch.zeros(3, 2)
    best = Best([live], np.array([0, 0, 1]), patience=9.0)
    offers(best, live, [[3.0, 1.0], [1.0, 2.0], [2.0, 0.5], [1.0, 0.7]])
    best.restore()
    assert live[:, 0].tolist() == [2.0, 2.0, 3.0]
    assert best.epoch_G.tolist() == [2, 3]
    assert best.loss_G.tolist() == [1.0, 0.5]
    assert best.open_G.all()


def test_a_fold_closes_when_its_best_epoch_lies_far_back_and_keeps_nothing_later() -> None:
    """What fold 0 keeps must not depend on how long fold 1 goes on."""
    live = torch.zeros(2, 2)
    best = Best([live], np.array([0, 1]), patience=2.0)
    losses = [[1.0, 9.0]] + [[2.0, 9.0 - epoch] for epoch in range(2, 8)] + [[0.1, 0.1]]
    opened = []
    for epoch, loss in enumerate(losses, start=1):
        live.fill_(float(epoch))
        best.offer(np.array(loss), epoch)
        opened.append(bool(best.open_G[0]))
    # Best epoch 1: closed once more than 2 * (1 + 1) epochs have passed.
    assert opened == [True, True, True, True, False, False, False, False]
    assert best.epoch_G.tolist() == [1, 8]
    best.restore()
    assert live[:, 0].tolist() == [1.0, 8.0]


def test_a_loss_that_is_no_number_is_never_the_best() -> None:
    live = torch.zeros(2, 2)
    best = Best([live], np.array([0, 1]), patience=9.0)
    offers(best, live, [[1.0, np.nan], [np.nan, 2.0], [3.0, np.nan]])
    best.restore()
    assert live[:, 0].tolist() == [1.0, 2.0]


def test_keep_takes_the_networks_marked_and_no_others() -> None:
    live = torch.zeros(3, 2)
    best = Best([live], np.array([0, 1, 2]), patience=9.0)
    live.fill_(1.0)
    best.keep(np.array([True, False, True]))
    best.keep(np.zeros(3, dtype=bool))
    live.fill_(5.0)
    best.restore()
    assert live[:, 0].tolist() == [1.0, 0.0, 1.0]
