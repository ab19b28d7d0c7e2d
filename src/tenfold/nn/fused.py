# ruff: noqa: SLF001 - torch has no public name for its fused kernels
"""A frozen EfficientNet on the processor, each convolution one fused kernel.

Running a backbone over all pictures is nearly all that a pretrained run costs. Here
batch norms are folded into the convolutions, the bend and the sum of a block are
done by the convolution's own kernel, and weights lie in the kernel's own order
(benchmarks/LOG.md has the gains). tests/nn/test_fused.py compares it with the plain network.

Shape letters in this file:
    B  pictures in a batch    C  channels    H, W  height and width    D  features
"""

from dataclasses import dataclass
from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from tenfold.nn.efficientnet import CENTER, SCALE, EfficientNetLite0, SameConv

onednn = torch.ops.mkldnn

BATCH: Final = 32  # pictures that are run at once; more no longer fit the cache


def has_fused_kernels() -> bool:
    """Tell whether this build of torch has the kernels: those for processors do."""
    return torch.backends.mkldnn.is_available() and hasattr(onednn, "_convolution_pointwise")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _FusedConv:
    """A convolution with its norm folded in, its bend after it."""

    weight: Tensor
    bias: Tensor
    conv: SameConv
    bends: bool

    @classmethod
    def of(
        cls, conv: SameConv, norm: nn.BatchNorm2d, dtype: torch.dtype, *, bends: bool
    ) -> "_FusedConv":
        mean, variance = norm.running_mean, norm.running_var
        if mean is None or variance is None:
            raise ValueError("a norm without running statistics cannot be folded")
        scale_C = norm.weight / torch.sqrt(variance + norm.eps)
        weight = (conv.weight * scale_C[:, None, None, None]).to(dtype)
        packed: Tensor = onednn._reorder_convolution_weight(
            weight.contiguous(memory_format=torch.channels_last),
            [0, 0],
            list(conv.stride),
            [1, 1],
            conv.groups,
            [BATCH, conv.in_channels, 32, 32],  # any height and width give the same order
        )
        bias_C = (norm.bias - mean * scale_C).to(dtype)
        return cls(weight=packed, bias=bias_C, conv=conv, bends=bends)

    def __call__(self, x_BCHW: Tensor, added: Tensor | None = None) -> Tensor:
        conv = self.conv
        (left, right), (top, bottom) = map(conv.margins, (x_BCHW.shape[3], x_BCHW.shape[2]))
        padding = [top, left]
        if left != right or top != bottom:
            x_BCHW, padding = functional.pad(x_BCHW, (left, right, top, bottom)), [0, 0]
        place = (padding, list(conv.stride), [1, 1], conv.groups)
        if added is not None:
            summed: Tensor = onednn._convolution_pointwise_.binary(
                added, x_BCHW, self.weight, self.bias, *place, "add", None, None, [], None
            )
            return summed
        bend, limits = ("hardtanh", [0.0, 6.0]) if self.bends else ("none", [])
        out: Tensor = onednn._convolution_pointwise(
            x_BCHW, self.weight, self.bias, *place, bend, limits, ""
        )
        return out


@final
class FusedEfficientNet:
    """The same features as an ``EfficientNetLite0`` in evaluation, several times as fast.

    Parameters
    ----------
    network : EfficientNetLite0
        On the processor; later changes of its weights do not count.
    dtype : torch.dtype
        ``torch.float32``, or ``torch.bfloat16`` where the processor has it.
    """

    @torch.no_grad()
    def __init__(self, network: EfficientNetLite0, dtype: torch.dtype) -> None:
        self._dtype = dtype
        first, last = network.ends
        self._first = _FusedConv.of(*first, dtype, bends=True)
        self._last = _FusedConv.of(*last, dtype, bends=True)
        self._blocks = []
        for block in network.blocks:
            *bent, project = block.layers()
            layers = [_FusedConv.of(*layer, dtype, bends=True) for layer in bent]
            narrow = _FusedConv.of(*project, dtype, bends=False)
            self._blocks.append((layers, narrow, block.adds))

    @torch.no_grad()
    def __call__(self, x_B3HW: Tensor) -> Tensor:
        """Return features, shape (B, D), float32, of pictures with values from 0 to 1."""
        h_BCHW = self.front(x_B3HW, len(self._blocks))
        return self._last(h_BCHW).mean(dim=(2, 3), dtype=torch.float32)

    @torch.no_grad()
    def front(self, x_B3HW: Tensor, blocks: int) -> Tensor:
        """Return the maps behind the first blocks, shape (B, C, H, W)."""
        h_BCHW = ((x_B3HW - CENTER) * SCALE).to(self._dtype)
        h_BCHW = self._first(h_BCHW.contiguous(memory_format=torch.channels_last))
        for layers, narrow, adds in self._blocks[:blocks]:
            wide_BCHW = h_BCHW
            for layer in layers:
                wide_BCHW = layer(wide_BCHW)
            h_BCHW = narrow(wide_BCHW, h_BCHW if adds else None)
        return h_BCHW
