"""Optimizers take the very steps of torch's, and share memory with parameters."""

import pytest
import torch
from torch import nn

from tenfold.nn.network import ParameterGroup
from tenfold.training.optimizers import Adam, Muon, Sgd

SHAPES = ((3, 4, 5), (3, 1, 5), (3, 7))
BETAS = (0.9, 0.95)


def parameters() -> list[nn.Parameter]:
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES]


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_steps_are_those_of_torch_optim(decay: float) -> None:
    ours, theirs = parameters(), parameters()
    adam = Adam(
        [
            ParameterGroup(parameters=ours[:2], lr_factor=2.0),
            ParameterGroup(parameters=ours[2:], decay_factor=0.5),
        ],
        betas=BETAS,
        epsilon=1e-6,
        decay=decay,
    )
    groups = [
        {"params": theirs[:2], "lr": 0.02, "weight_decay": decay},
        {"params": theirs[2:], "lr": 0.01, "weight_decay": decay / 2},
    ]
    reference = torch.optim.AdamW(groups, betas=BETAS, eps=1e-6)
    generator = torch.Generator().manual_seed(1)
    for _ in range(20):
        for one, other in zip(ours, theirs, strict=True):
            gradient = torch.randn(one.shape, generator=generator)
            one.grad.copy_(gradient)
            other.grad = gradient
        adam.step(0.01)
        reference.step()
    for one, other, before in zip(ours, theirs, parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
        assert (one - before).abs().max() > 0.05


def test_flat_numbers_and_parameters_are_the_same_memory() -> None:
    ours = parameters()
    adam = Adam([ParameterGroup(parameters=ours)])
    for parameter, before in zip(ours, parameters(), strict=True):
        assert torch.equal(parameter, before)
    assert adam.flat[0].shape == (sum(p.numel() for p in ours),)
    adam.flat[0].fill_(7.0)
    assert all((p == 7).all() for p in ours)
    ours[1].data.zero_()
    assert int((adam.flat[0] == 0).sum()) == ours[1].numel()


def test_nesterovs_steps_are_those_of_torch() -> None:
    one, other = (nn.Parameter(torch.tensor([1.0, -2.0, 3.0])) for _ in range(2))
    sgd = Sgd([ParameterGroup(parameters=[one])], momentum=0.9, decay=0.1)
    reference = torch.optim.SGD([other], lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1)
    for step in range(5):
        gradient = torch.tensor([0.5, -1.0, 0.1]) * (step + 1)
        one.grad.copy_(gradient)
        other.grad = gradient.clone()
        sgd.step(0.05)
        reference.step()
        torch.testing.assert_close(one, other)


def test_muon_moves_each_network_by_an_orthogonal_matrix_of_its_own() -> None:
    generator = torch.Generator().manual_seed(0)
    weight = nn.Parameter(torch.randn(2, 4, 3, 2, 2, generator=generator))
    group = ParameterGroup(parameters=[weight], orthogonal=torch.float32)
    muon = Muon([group, ParameterGroup(parameters=[nn.Parameter(torch.ones(2, 3))])],
                momentums=(0.9, 0.6))  # fmt: skip
    weight.grad = torch.randn(weight.shape, generator=generator)
    before = weight.detach().clone()
    muon.step(0.1)
    length = before.flatten(1).norm(dim=1)[:, None, None]
    start = before.flatten(2) * (4**0.5 / length)
    step = (start - weight.detach().flatten(2)) / 0.1
    singular = torch.linalg.svdvals(step)
    assert singular.min() > 0.3
    assert singular.max() < 1.4


def test_what_muon_does_to_one_network_does_not_depend_on_those_beside_it() -> None:
    generator = torch.Generator().manual_seed(0)
    values, gradients = torch.randn(2, 3, 4, 5, generator=generator)
    ends = []
    for pick in (slice(0, 3), slice(1, 2)):
        weight = nn.Parameter(values[pick].clone())
        muon = Muon([ParameterGroup(parameters=[weight], orthogonal=torch.float32),
                     ParameterGroup(parameters=[nn.Parameter(torch.ones(1))])],
                    momentums=(0.9, 0.6))  # fmt: skip
        for _ in range(3):
            weight.grad = gradients[pick].clone()
            muon.step(0.1)
        ends.append(weight.detach())
    torch.testing.assert_close(ends[0][1:2], ends[1])
