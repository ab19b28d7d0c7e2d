"""Convolutions of each channel by itself, with gradients that are quick on a processor.

oneDNN has fast kernels for the gradients of 3 x 3 filters, and slow ones for those of
5 x 5 filters and, in bfloat16, of maps that are seen at every second pixel: up to a hundred
times as long as the convolution itself. Both follow from the fast ones. Forward and
back, torch's own take 1.5 to 6.7 times as long in bfloat16, and 1.5 times in float32 with
5 x 5 filters; in float32 at every second pixel they take 0.6 to 0.9 times as long
(benchmarks/by_hand).

Shape letters in this file:
    B  pictures in a batch    C  channels    H, W  height and width    K  side of a filter
"""

from typing import Any, Final

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from tenfold.nn.kernels import depthwise_gradient

FAST: Final = 3  # side of filters whose gradients are quick


def depthwise(
    x_BCHW: Tensor, weight_C1KK: Tensor, bias_C: Tensor | None, stride: int
) -> Tensor:
    """Return the convolution of each channel with its own filter, without margins.

    Parameters
    ----------
    x_BCHW : Tensor
        On the processor.
    weight_C1KK : Tensor
    bias_C : Tensor or None
    stride : int

    Examples
    --------
    >>> x = torch.arange(5.0).view(1, 1, 1, 5).expand(1, 1, 5, 5)
    >>> depthwise(x, torch.ones(1, 1, 3, 3), None, 1)[0, 0, 0]
    tensor([ 9., 18., 27.])
    """
    if torch.is_autocast_enabled("cpu"):
        dtype = torch.get_autocast_dtype("cpu")
        x_BCHW, weight_C1KK = x_BCHW.to(dtype), weight_C1KK.to(dtype)
        bias_C = None if bias_C is None else bias_C.to(dtype)
    out: Tensor = _Depthwise.apply(x_BCHW, weight_C1KK, bias_C, stride)  # type: ignore[no-untyped-call]
    return out


class _Depthwise(torch.autograd.Function):
    """``conv2d`` with as many groups as channels."""

    @staticmethod
    def forward(
        context: Any, x_BCHW: Tensor, weight_C1KK: Tensor, bias_C: Tensor | None, stride: int
    ) -> Tensor:
        context.save_for_backward(x_BCHW, weight_C1KK)
        context.biased, context.stride = bias_C is not None, stride
        return functional.conv2d(
            x_BCHW, weight_C1KK, bias_C, stride, groups=weight_C1KK.shape[0]
        )

    @staticmethod
    @once_differentiable
    def backward(
        context: Any, gradient_BCHW: Tensor
    ) -> tuple[Tensor, Tensor, Tensor | None, None]:
        x_BCHW, weight_C1KK = context.saved_tensors
        stride = context.stride
        gradient_BCHW = gradient_BCHW.contiguous(memory_format=torch.channels_last)
        return (
            input_gradient(x_BCHW, weight_C1KK, gradient_BCHW, stride),
            weight_gradient(x_BCHW, weight_C1KK, gradient_BCHW, stride),
            gradient_BCHW.sum(dim=(0, 2, 3)) if context.biased else None,
            None,
        )


def input_gradient(
    x_BCHW: Tensor, weight_C1KK: Tensor, gradient_BCHW: Tensor, stride: int
) -> Tensor:
    """Return the gradient at the input."""
    if stride == 1:
        margin = weight_C1KK.shape[-1] - 1
        turned = weight_C1KK.flip(2, 3)
        return functional.conv2d(gradient_BCHW, turned, None, 1, margin, 1, len(turned))
    shape_BCHW = torch.empty_like(x_BCHW, dtype=torch.float32)  # its numbers do not count
    wide = depthwise_gradient(shape_BCHW, weight_C1KK.float(), gradient_BCHW.float(), stride, 0)
    return wide.to(x_BCHW.dtype)


def weight_gradient(
    x_BCHW: Tensor, weight_C1KK: Tensor, gradient_BCHW: Tensor, stride: int
) -> Tensor:
    """Return the gradient at the filters, put together from those of smaller filters."""
    side = weight_C1KK.shape[-1]
    starts = sorted({*range(0, side - FAST, FAST - 1), max(0, side - FAST)})
    found = torch.empty_like(weight_C1KK)
    high, wide = ((length - 1) * stride for length in gradient_BCHW.shape[2:])
    for top in starts:
        for left in starts:
            part = found[:, :, top : top + FAST, left : left + FAST]
            rows, columns = part.shape[2:]
            seen = x_BCHW[:, :, top : top + high + rows, left : left + wide + columns]
            seen = seen.contiguous(memory_format=torch.channels_last)
            part.copy_(depthwise_gradient(seen, part, gradient_BCHW, stride, 1))
    return found
