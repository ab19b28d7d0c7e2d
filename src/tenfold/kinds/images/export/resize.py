"""Pictures of any size to squares in steps of a graph, as ``data.pictures.decode`` does it.

Pillow's ``Image.resize`` with a reducing gap, step by step: whole blocks of pixels are
averaged first where a picture is large, then columns are weighed, then rows, and after each
step values are rounded to whole greys. (Pillow, ``Image.py``, ``Resample.c``, ``Reduce.c``.)

Shape letters in this file:
    N  pictures of one size    H, W  their height and width    S  side of the square
    A, B  height and width where blocks were averaged          E  ends of blocks
    K  pixels that one of the square is made of
"""

import math
from dataclasses import dataclass
from typing import Final, Self, final

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from tenfold.data.pictures.framing import Framing

GAP: Final = 2.0  # the reducing gap of ``decode``
# Reaches of the two filters, in pixels of the square.
HAMMING, BICUBIC = 1.0, 2.0
STEPS: Final = 2.0**22  # Pillow's weights are whole numbers of these
FRACTION: Final = 2**24  # and its means of blocks products with whole numbers of these
# A side is averaged down to less than four squares; the filter may look past either end.
MOST_SQUARES, MARGIN = 4, 16
NEIGHBOURS: Final = 2 * MOST_SQUARES * math.ceil(BICUBIC) + 2  # at most, of both filters
LARGEST_INT16: Final = 2**15
MOST_BITS: Final = 22


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a picture: which part of it is seen, and how it is averaged.

    All are tensors of no dimension, as they depend on the picture.

    Attributes
    ----------
    start, end : Tensor, float64
        What is seen, in pixels.
    first, last : Tensor, float64
        What is averaged: what is seen, and what the filter looks at past it.
    factor : Tensor, float64
        How many pixels are averaged into one.
    """

    start: Tensor
    end: Tensor
    first: Tensor
    last: Tensor
    factor: Tensor

    @property
    def pixels(self) -> Tensor:
        """How many are left where blocks of them were averaged."""
        return torch.ceil((self.last - self.first) / self.factor)


@dataclass(frozen=True, slots=True)
class Frame:
    """Both sides of a picture, and whether one is enlarged."""

    x: Side
    y: Side
    enlarged: Tensor

    @property
    def packed(self) -> Tensor:
        """All numbers in a row, shape (11,)."""
        x, y = self.x, self.y
        sides = [
            number for s in (x, y) for number in (s.start, s.end, s.first, s.last, s.factor)
        ]
        return torch.stack([*sides, self.enlarged.double()])

    @classmethod
    def of(cls, packed: Tensor) -> Self:
        """Return what a row of numbers tells."""
        numbers = packed.unbind()
        return cls(Side(*numbers[:5]), Side(*numbers[5:10]), numbers[10] > 0)


def frame_of(high: Tensor, wide: Tensor, framing: Framing) -> Frame:
    """Return what is seen of pictures of a size, as ``Framing.box`` and Pillow decide it."""
    short, long = torch.minimum(high, wide), torch.maximum(high, wide)
    kept = short * (long / short) ** (1 - framing.crop)
    margin = ((long - kept) / 2).clamp_min(0.0)
    none = torch.zeros_like(margin)
    cuts = torch.where(wide > high, margin, none), torch.where(wide > high, none, margin)
    seen = [(cut, whole - cut, whole) for cut, whole in zip(cuts, (wide, high), strict=True)]
    enlarged = torch.minimum(seen[0][1] - seen[0][0], seen[1][1] - seen[1][0]) < framing.size
    reach = torch.where(enlarged, BICUBIC - 0.5, HAMMING - 0.5)
    factors = [
        torch.floor((end - start) / framing.size / GAP).clamp_min(1.0) for start, end, _ in seen
    ]
    many = torch.maximum(*factors) > 1
    sides = []
    for (start, end, whole), factor in zip(seen, factors, strict=True):
        past = reach * (end - start) / framing.size
        first = torch.where(many, torch.floor((start - past).clamp_min(0.0)), none)
        last = torch.where(many, torch.minimum(torch.ceil(end + past), whole), whole)
        sides.append(Side(start, end, first, last, factor))
    return Frame(sides[0], sides[1], enlarged)


@final
class Framed(nn.Module):
    """Pictures as squares of whole greys.

    Parameters
    ----------
    framing : Framing
    """

    def __init__(self, framing: Framing) -> None:
        super().__init__()
        self.framing = framing
        self.turns = pillow_takes_rows_first()

    def forward(self, pixels_NHW3: Tensor) -> Tensor:
        """Return whole greys, shape (N, 3, S, S), float32."""
        size = self.framing.size
        high, wide = (
            torch.full((), side, dtype=torch.float64) for side in pixels_NHW3.shape[1:3]
        )
        frame = frame_of(high, wide, self.framing)
        large = torch.maximum(frame.x.factor, frame.y.factor) > 1
        done = (high == size) & (wide == size)
        left = frame.y.pixels + size
        rows_first = (frame.y.pixels > size) & (2 * frame.x.pixels < left) & self.turns
        ways = (
            (done, self._as_it_is),
            (~done & ~large & rows_first, self._rows_first),
            (~done & ~large & ~rows_first, self._columns_first),
            (large & rows_first, self._averaged_rows_first),
            (large & ~rows_first, self._averaged_columns_first),
        )
        found = torch.zeros((pixels_NHW3.shape[0], 3, size, size))
        for holds, way in ways:  # a graph with branches inside of branches takes long to write
            found = torch.cond(holds, way, _kept, (pixels_NHW3, frame.packed, found))
        return found

    def _as_it_is(self, greys: Tensor, _packed: Tensor, _found: Tensor) -> Tensor:
        at = torch.arange(self.framing.size)  # all pixels, in words that fix the shape
        high, wide = (torch.minimum(at, torch.full_like(at, n - 1)) for n in greys.shape[1:3])
        square = greys.index_select(1, high).index_select(2, wide)
        return square.permute(0, 3, 1, 2).float().contiguous()

    def _columns_first(self, greys: Tensor, packed: Tensor, _found: Tensor) -> Tensor:
        wide_SB, high_SA = self._weights(packed, greys)
        return _whole(high_SA @ _whole(greys.permute(0, 3, 1, 2).float() @ wide_SB.T))

    def _rows_first(self, greys: Tensor, packed: Tensor, _found: Tensor) -> Tensor:
        wide_SB, high_SA = self._weights(packed, greys)
        return _whole(_whole(high_SA @ greys.permute(0, 3, 1, 2).float()) @ wide_SB.T)

    def _averaged_columns_first(self, greys: Tensor, packed: Tensor, found: Tensor) -> Tensor:
        return self._columns_first(self._averaged(greys, packed), packed, found)

    def _averaged_rows_first(self, greys: Tensor, packed: Tensor, found: Tensor) -> Tensor:
        return self._rows_first(self._averaged(greys, packed), packed, found)

    def _averaged(self, pixels_NHW3: Tensor, packed: Tensor) -> Tensor:
        """Average whole blocks of pixels, as ``Image.reduce`` does.

        What is left has one size, whatever the picture's: columns and rows at its end stand
        for nothing.
        """
        frame = Frame.of(packed)
        most = MOST_SQUARES * self.framing.size + MARGIN
        wide_E, high_E = _ends(frame.x, most), _ends(frame.y, most)
        sums_NHB3 = _sums(pixels_NHW3.to(torch.int32), wide_E, 2)
        sums_NAB3 = _sums(sums_NHB3, high_E, 1).to(torch.int64)
        count_AB = (high_E.diff()[:, None] * wide_E.diff()[None]).clamp_min(1)
        part_AB = torch.full_like(count_AB, FRACTION) // count_AB
        mean_NAB3 = (sums_NAB3 + (count_AB // 2)[..., None]) * part_AB[..., None]
        return (mean_NAB3 // FRACTION).to(torch.uint8)

    def _weights(self, packed: Tensor, greys_NAB3: Tensor) -> tuple[Tensor, Tensor]:
        """Return how much each pixel adds to each of the square, (S, B) and (S, A)."""
        frame, size, (high, wide) = Frame.of(packed), self.framing.size, greys_NAB3.shape[1:3]
        return (
            _weights(frame.x, frame.enlarged, size, wide),
            _weights(frame.y, frame.enlarged, size, high),
        )


def _kept(greys: Tensor, _packed: Tensor, found: Tensor) -> Tensor:
    return found.view(greys.shape[0], *found.shape[1:]).clone()  # so that both count alike


def _ends(side: Side, most: int) -> Tensor:
    """Return where blocks end, and the first begins, shape (E,), int64."""
    steps_E = torch.arange(most + 1, dtype=torch.float64) * side.factor
    return torch.minimum(side.first + steps_E, side.last).to(torch.int64)


def _sums(x: Tensor, ends_E: Tensor, dim: int) -> Tensor:
    """Return sums between ends along a dimension, which takes the place of E - 1."""
    before = torch.zeros_like(x.narrow(dim, 0, 1))
    running = torch.cat([before, torch.cumsum(x, dim, dtype=torch.int32)], dim=dim)
    return running.index_select(dim, ends_E).diff(dim=dim)


def _weights(side: Side, enlarged: Tensor, size: int, pixels: int) -> Tensor:
    """Return how much each pixel of a side adds to each of the square, (S, pixels)."""
    # Pillow takes its box in single precision.
    start = ((side.start - side.first) / side.factor).float()
    end = ((side.end - side.first) / side.factor).float()
    scale = (end - start).double() / size
    middle_S1 = (
        start.double() + (torch.arange(size, dtype=torch.float64) + 0.5)[:, None] * scale
    )
    reach = torch.where(enlarged, BICUBIC, HAMMING) * scale.clamp_min(1.0)
    at_SK = torch.floor(middle_S1 - reach) + torch.arange(NEIGHBOURS)
    off_SK = ((at_SK + 0.5 - middle_S1) / scale.clamp_min(1.0)).abs()
    weight_SK = torch.where(enlarged, _bicubic(off_SK), _hamming(off_SK))
    there_SK = (at_SK >= 0) & (at_SK < side.pixels)
    weight_SK = torch.where(there_SK, weight_SK, 0.0)
    weight_SK = weight_SK / weight_SK.sum(dim=1, keepdim=True)
    rounded_SK = torch.trunc(weight_SK * STEPS + torch.where(weight_SK < 0, -0.5, 0.5)) / STEPS
    # Neighbours past either end share a place of their own, which is cut off.
    at_SK = torch.where(there_SK, at_SK, torch.full_like(at_SK, pixels)).to(torch.int64)
    none = torch.zeros((size, pixels + 1), dtype=torch.float32)
    return none.scatter(1, at_SK, rounded_SK.float())[:, :pixels]


def pillow_takes_rows_first() -> bool:
    """Tell whether Pillow weighs rows before columns where a picture is high.

    Since version 13 it takes the order in which it has less to do; before, columns first.
    """
    rng = np.random.default_rng(0)
    greys = Image.fromarray(rng.integers(0, 256, (90, 20), dtype=np.uint8))
    filter_ = Image.Resampling.HAMMING
    rows_first = greys.resize((20, 40), filter_).resize((40, 40), filter_)
    return greys.resize((40, 40), filter_).tobytes() == rows_first.tobytes()


def _hamming(off: Tensor) -> Tensor:
    angle = off.clamp(1e-12, 1.0) * math.pi
    bell = torch.sin(angle) / angle * (0.54 + 0.46 * torch.cos(angle))
    return torch.where(off < HAMMING, bell, 0.0)


def _bicubic(off: Tensor) -> Tensor:
    near = (1.5 * off - 2.5) * off * off + 1
    far = ((-0.5 * off + 2.5) * off - 4) * off + 2
    return torch.where(off < 1, near, torch.where(off < BICUBIC, far, 0.0))


def _whole(greys: Tensor) -> Tensor:
    return torch.floor(greys + 0.5).clamp(0.0, 255.0)


@final
class Resized(nn.Module):
    """Squares of another size, as ``nn.pixels.resized`` makes them on a processor.

    A triangle as wide as a pixel of the smaller square weighs; weights are whole numbers
    of a fraction that 16 bits hold (PyTorch, ``UpSampleKernel.cpp``).

    Parameters
    ----------
    given, size : int
        Sides before and after.
    """

    weight_SA: Tensor

    def __init__(self, given: int, size: int) -> None:
        super().__init__()
        self.same = given == size
        scale = given / size
        center_S1 = (torch.arange(size, dtype=torch.float64)[:, None] + 0.5) * scale
        off = (torch.arange(given, dtype=torch.float64) + 0.5 - center_S1).abs()
        weight = (1 - off / max(scale, 1.0)).clamp_min(0.0)
        weight = weight / weight.sum(dim=1, keepdim=True)
        largest = float(weight.max())
        bits = next(
            bits
            for bits in range(MOST_BITS + 1)
            if bits == MOST_BITS or int(0.5 + largest * 2 ** (bits + 1)) >= LARGEST_INT16
        )
        rounded = torch.floor(weight * 2.0**bits + 0.5) / 2.0**bits
        self.register_buffer("weight_SA", rounded.float())

    def forward(self, greys_N3AA: Tensor) -> Tensor:
        """Return whole greys, shape (N, 3, S, S), float32."""
        if self.same:
            return greys_N3AA
        return _whole(self.weight_SA @ _whole(greys_N3AA @ self.weight_SA.T))
