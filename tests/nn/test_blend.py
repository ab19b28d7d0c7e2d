"""Heads and networks beside them answer as one."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tenfold.nn.blend import Blend
from tenfold.nn.head import FoldHead
from tenfold.nn.modules import ModuleNetwork
from tenfold.training.mixing import best_weights

FOLDS, FEATURES, CLASSES, SIDE, PICTURES = 5, 6, 3, 4, 7
BESIDE = (0, 0, 0, 1, 1)


def pooled() -> nn.Module:
    return nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, CLASSES))


@pytest.fixture
def blended() -> Blend:
    torch.manual_seed(0)
    heads = FoldHead(networks=FOLDS, inputs=FEATURES, outputs=CLASSES)
    for f in range(FOLDS):
        heads.fill(f, torch.randn(FEATURES, CLASSES), torch.randn(CLASSES))
    made = Blend(heads, ModuleNetwork([pooled(), pooled()], [1, 2], turns="so"), SIDE, BESIDE)
    made.weight_F2.copy_(torch.rand(FOLDS, 2))
    return made


def asked(*, alike: bool) -> tuple[Tensor, Tensor]:
    """Return features and pixels, the same for all folds or others for each."""
    generator = torch.Generator().manual_seed(3)
    width = FEATURES + 3 * SIDE**2
    x = torch.rand(1 if alike else FOLDS, PICTURES, width, generator=generator)
    return x.expand(FOLDS, -1, -1), torch.zeros(FOLDS, PICTURES, 0)


def by_hand(network: Blend, x: Tensor, codes: Tensor) -> Tensor:
    """Return each fold's answer, computed for itself."""
    said = []
    headed = network.heads(x[..., :FEATURES], codes)
    for f, m in enumerate(BESIDE):
        pictures = x[f, :, FEATURES:].unflatten(-1, (3, SIDE, SIDE))
        first, second = network.weight_F2[f]
        said.append(first * headed[f] + second * network.seeing.alone(m)(pictures))
    return torch.stack(said)


@pytest.mark.parametrize("alike", [True, False])
@torch.no_grad()
def test_each_head_is_weighed_with_the_network_beside_it(blended: Blend, alike: bool) -> None:
    x, codes = asked(alike=alike)
    torch.testing.assert_close(blended(x, codes), by_hand(blended, x, codes))


@torch.no_grad()
def test_a_shared_network_is_asked_once_where_all_ask_the_same(
    blended: Blend, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    forward = ModuleNetwork.forward

    def counted(own: ModuleNetwork, x: Tensor, codes: Tensor) -> Any:
        calls.append(len(x))
        return forward(own, x, codes)

    monkeypatch.setattr(ModuleNetwork, "forward", counted)
    blended(*asked(alike=True))
    assert calls == [2]
    blended(*asked(alike=False))
    assert calls == [2, 2, 2, 2]  # as often as the network of three folds


@pytest.mark.parametrize("kept", [[4], [1, 3], [0, 1, 2]])
@torch.no_grad()
def test_some_of_the_networks_answer_as_before(blended: Blend, kept: list[int]) -> None:
    x, codes = asked(alike=False)
    some = blended.only(np.array(kept))
    torch.testing.assert_close(some(x[kept], codes[kept]), blended(x, codes)[kept])
    assert max(some.beside_F) + 1 == len({BESIDE[f] for f in kept})


def test_shares_are_those_of_the_weights(blended: Blend) -> None:
    blended.weight_F2.copy_(torch.tensor([[3.0, 1.0]] * FOLDS))
    assert blended.shares == (0.75, 0.25)


def test_weights_are_those_of_the_least_log_loss() -> None:
    """The control is a grid: no pair of weights on it is better, the pull to 1 included."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 60)
    said = [rng.dirichlet(np.ones(3), 60) + sure * np.eye(3)[truth] for sure in (0.8, 0.3)]
    first, second = (one / one.sum(axis=1, keepdims=True) for one in said)

    def loss(a: float, b: float) -> float:
        sums = first**a * second**b
        own = sums[np.arange(60), truth] / sums.sum(axis=1)
        return float(-np.log(own).sum() + ((a - 1) ** 2 + (b - 1) ** 2) / 2)

    found = best_weights(first, second, truth)
    around = [loss(a, b) for a in np.linspace(0, 4, 41) for b in np.linspace(0, 4, 41)]
    assert loss(*found) <= min(around)
    assert loss(*found) < loss(1, 1) - 0.1


def test_answers_that_are_all_right_get_weights_with_an_end() -> None:
    truth = np.array([0, 1, 2, 1])
    sure = np.eye(3)[truth] * 0.9 + 0.1 / 3
    first, second = best_weights(sure, sure, truth)
    assert first == pytest.approx(second)
    assert 1 < first < 1.1  # of four pictures; of fifty times as many it may be more
    many = np.tile(sure, (50, 1))
    assert 1.2 < best_weights(many, many, np.tile(truth, 50))[0] < 3


def test_answers_that_mislead_weigh_next_to_nothing() -> None:
    truth = np.arange(90) % 3
    good, bad = np.eye(3)[truth] * 0.7 + 0.1, np.eye(3)[(truth + 1) % 3] * 0.7 + 0.1
    first, second = best_weights(good, bad, truth)
    assert first > 2
    assert second < 0.1
