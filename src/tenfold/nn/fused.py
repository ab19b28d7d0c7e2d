"""A frozen EfficientNet on the processor, each convolution one fused kernel.

Running a backbone over all pictures is nearly all that a pretrained run costs. Here
batch norms are folded into the convolutions, the activation and the sum of a block are
done by the convolution's own kernel, and weights lie in the kernel's own order
(benchmarks/LOG.md). The plain network takes 1.5 times as long in float32, and 1.3 times in
bfloat16 (benchmarks/by_hand). tests/nn/test_fused.py compares the two.

Shape letters in this file:
    B  pictures in a batch    C  channels    H, W  height and width    D  features
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from tenfold.nn.efficientnet import (
    CENTER,
    SCALE,
    EfficientNetLite,
    SameConv,
    fold,
    in_grid,
)
from tenfold.nn.kernels import (
    CLIPPED_AT_6,
    NO_ACTIVATION,
    FusedActivation,
    fused_conv,
    fused_matrix,
    packed,
)

BATCH: Final = 16  # pictures that are run at once: more no longer fit the cache
# Pointwise convolutions of so many channels are products of matrices. As convolutions they
# would be as fast, but weights in the order of one size of maps are turned anew, at ten
# times the cost, in each call for another size.
MATRIX_CHANNELS: Final = 192


Layer = Callable[..., Tensor]
"""Takes maps, (B, C, H, W), and maps to be added to what comes out."""


def fuse(conv: SameConv, norm: nn.BatchNorm2d, dtype: torch.dtype, *, activated: bool) -> Layer:
    """Return a convolution with its norm folded in and its activation after it."""
    weight, bias_C = (numbers.to(dtype) for numbers in fold(conv, norm))
    activation = CLIPPED_AT_6 if activated else NO_ACTIVATION
    if conv.kernel_size == (1, 1) and conv.in_channels >= MATRIX_CHANNELS:
        return _FusedMatrix(
            weight=weight[:, :, 0, 0].contiguous(), bias=bias_C, activation=activation
        )
    wide = None
    if conv.groups > 1 and conv.stride[0] > 1:
        wide = _packed(functional.pad(weight, (1, 0, 1, 0)), conv)
    return _FusedConv(
        weight=_packed(weight, conv), wide=wide, bias=bias_C, conv=conv, activation=activation
    )


def _packed(weight: Tensor, conv: SameConv) -> Tensor:
    """Return weights in the order of the kernel."""
    shape = (BATCH, conv.in_channels, 32, 32)
    return packed(weight, conv.stride, conv.groups, shape)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _FusedMatrix:
    """A convolution of single pixels, as a product of matrices."""

    weight: Tensor
    bias: Tensor
    activation: FusedActivation

    def __call__(self, x_BCHW: Tensor, added: Tensor | None = None) -> Tensor:
        batch, _, high, wide = x_BCHW.shape
        rows = _rows(x_BCHW)
        more = None if added is None else _rows(added)
        out = fused_matrix(rows, self.weight, self.bias, self.activation, more)
        maps: Tensor = out.view(batch, high, wide, len(self.bias)).permute(0, 3, 1, 2)
        return maps


def _rows(x_BCHW: Tensor) -> Tensor:
    """Return a row of channels for each pixel; nothing moves where channels are last."""
    return x_BCHW.permute(0, 2, 3, 1).flatten(0, 2)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _FusedConv:
    """Any other convolution.

    ``wide`` holds the same filters with a first row and column of zeros: where a margin is
    a pixel wider behind than before, they spare a copy of the maps.
    """

    weight: Tensor
    wide: Tensor | None
    bias: Tensor
    conv: SameConv
    activation: FusedActivation

    def __call__(self, x_BCHW: Tensor, added: Tensor | None = None) -> Tensor:
        conv, weight = self.conv, self.weight
        (left, right), (top, bottom) = map(conv.margins, (x_BCHW.shape[3], x_BCHW.shape[2]))
        padding = [top, left]
        if left != right and top != bottom and self.wide is not None:
            weight, padding = self.wide, [bottom, right]
        elif left != right or top != bottom:
            x_BCHW, padding = functional.pad(x_BCHW, (left, right, top, bottom)), [0, 0]
        place = (weight, self.bias, padding, list(conv.stride), [1, 1], conv.groups)
        return fused_conv(x_BCHW, place, self.activation, added)


@final
class FusedEfficientNet:
    """The same features as an ``EfficientNetLite`` in evaluation, several times as fast.

    Parameters
    ----------
    network : EfficientNetLite
        On the processor; later changes of its weights do not count.
    dtype : torch.dtype
        ``torch.float32``, or ``torch.bfloat16`` where the processor has it.
    """

    @torch.no_grad()
    def __init__(self, network: EfficientNetLite, dtype: torch.dtype) -> None:
        self._dtype = dtype
        self._gridded = network.gridded
        first, last = network.ends
        self._first = fuse(*first, dtype, activated=True)
        self._last = fuse(*last, dtype, activated=True)
        self._blocks = []
        for block in network.blocks:
            *activated, project = block.layers()
            layers = [fuse(*layer, dtype, activated=True) for layer in activated]
            narrow = fuse(*project, dtype, activated=False)
            self._blocks.append((layers, narrow, block.adds))

    @torch.no_grad()
    def __call__(self, x_B3HW: Tensor) -> Tensor:
        """Return features, shape (B, D), float32, of pictures with values from 0 to 1."""
        return self._mean(self.front(x_B3HW, len(self._blocks)))

    @torch.no_grad()
    def with_grids(self, x_B3HW: Tensor) -> tuple[Tensor, Tensor]:
        """Return features, (B, D), and means over the cells of grids, (B, grid_features)."""
        h_BCHW, done, grids = self.front(x_B3HW, 0), 0, []
        for blocks in self._gridded:
            h_BCHW = self._through(h_BCHW, done, blocks)
            grids.append(in_grid(h_BCHW))
            done = blocks
        last_BCHW = self._through(h_BCHW, done, len(self._blocks))
        return self._mean(last_BCHW), torch.cat(grids, dim=1)

    @torch.no_grad()
    def front(self, x_B3HW: Tensor, blocks: int) -> Tensor:
        """Return the maps behind the first blocks, shape (B, C, H, W)."""
        h_BCHW = ((x_B3HW - CENTER) * SCALE).to(self._dtype)
        h_BCHW = self._first(h_BCHW.contiguous(memory_format=torch.channels_last))
        return self._through(h_BCHW, 0, blocks)

    def _mean(self, h_BCHW: Tensor) -> Tensor:
        return self._last(h_BCHW).mean(dim=(2, 3), dtype=torch.float32)

    def _through(self, h_BCHW: Tensor, first: int, end: int) -> Tensor:
        """Return maps behind some blocks, given those before them."""
        for layers, narrow, adds in self._blocks[first:end]:
            wide_BCHW = h_BCHW
            for layer in layers:
                wide_BCHW = layer(wide_BCHW)
            h_BCHW = narrow(wide_BCHW, h_BCHW if adds else None)
        return h_BCHW
