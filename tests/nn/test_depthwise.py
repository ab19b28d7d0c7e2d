"""Depthwise convolutions have the gradients that torch's own have."""

import pytest
import torch
from torch.nn import functional

from tenfold.nn.depthwise import depthwise
from tenfold.nn.efficientnet import SameConv

CHANNELS = 16


def drawn(*shape: int) -> torch.Tensor:
    numbers = torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))
    return numbers.requires_grad_()


@pytest.mark.parametrize("kernel", [3, 5, 7])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("shape", [(9, 9), (12, 17)])
def test_gradients_equal_those_of_a_convolution(
    kernel: int, stride: int, shape: tuple[int, int]
) -> None:
    x, weight = drawn(3, CHANNELS, *shape), drawn(CHANNELS, 1, kernel, kernel)
    bias = drawn(CHANNELS)
    ours = depthwise(x, weight, bias, stride)
    plain = functional.conv2d(x, weight, bias, stride, groups=CHANNELS)
    torch.testing.assert_close(ours, plain)
    gradient = torch.randn(ours.shape, generator=torch.Generator().manual_seed(1))
    for found, expected in zip(
        torch.autograd.grad(ours, (x, weight, bias), gradient),
        torch.autograd.grad(plain, (x, weight, bias), gradient),
        strict=True,
    ):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_autocast_gives_gradients_of_the_inputs_types() -> None:
    """The sums are taken in bfloat16, so they agree to two digits."""
    x, weight = drawn(4, CHANNELS, 14, 14), drawn(CHANNELS, 1, 5, 5)
    with torch.autocast("cpu", torch.bfloat16):
        ours = depthwise(x, weight, None, 1)
    assert ours.dtype == torch.bfloat16
    found = torch.autograd.grad(ours.float().square().sum(), (x, weight))
    plain = functional.conv2d(x, weight, None, groups=CHANNELS)
    expected = torch.autograd.grad(plain.square().sum(), (x, weight))
    for gradient, true in zip(found, expected, strict=True):
        assert gradient.dtype == torch.float32
        assert (gradient - true).norm() < 0.02 * true.norm()


@pytest.mark.parametrize("side", [14, 15])
def test_a_convolution_is_the_same_with_and_without_gradients(side: int) -> None:
    layer = SameConv(CHANNELS, CHANNELS, 5, 2, groups=CHANNELS, bias=False)
    x = drawn(2, CHANNELS, side, side)
    with torch.no_grad():
        plain = layer(x)
    assert plain.shape == (2, CHANNELS, -(-side // 2), -(-side // 2))
    torch.testing.assert_close(layer(x).detach(), plain)
