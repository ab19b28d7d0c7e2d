"""Adam takes the very steps of torch.optim.AdamW, and shares its memory with parameters."""

import pytest
import torch
from torch import nn

from tenfold.nn.network import ParameterGroup
from tenfold.training.adam import Adam

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
            slope = torch.randn(one.shape, generator=generator)
            one.grad.copy_(slope)
            other.grad = slope
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
