"""From numbers and codes to what a network sees, with each fold's own scales.

Everything here that is estimated from rows is a buffer with a leading F,
computed from the rows that its fold learns from. Rows are stored once.

Shape letters in this file:
    F  networks side by side      G  folds                  N  rows of the table
    B  rows in a batch            P  columns of numbers     Q  columns of words
    J  bins of all columns        L  codes of a column      D  features
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tenfold.data.encode import EMPTY, FIRST_LEVEL, Encoded

# Beyond a few standard steps a value moves on ever more slowly, up to this many:
# x / sqrt(1 + (x/3)^2), the smooth clip of RealMLP (arXiv 2407.04491).
CLIP: Final = 3.0
# Nothing is further away than this many steps: its square still is a number in float32.
FAR: Final = 1e9
# Edges nearer than this are one: float32 hardly parts them, and on which side of such a bin a
# value lies would be up to the processor. A quantile among equal values may be a last bit off.
NARROW: Final = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureOptions:
    """How columns become features.

    Parameters
    ----------
    style : {"raw", "standard", "binned"}
        Numbers as they are; with mean 0 and deviation 1; or scaled by quartiles,
        clipped smoothly, and coded piecewise linearly over bins of the column
        besides (arXiv 2203.05556).
    bins : tuple of (int, float)
        For ``"binned"``: the codes of a column, each with its number of bins and
        half the range of a bin's code. A small range is learnt slowly, so fine
        bins with a small range add detail where training lasts long enough.
    one_hot : int
        Columns of up to this many words get a feature a word; larger ones are
        left to the network's own tables.
    recurring : bool
        Whether numbers whose values come back are words besides.
    """

    style: Literal["raw", "standard", "binned"] = "binned"
    bins: tuple[tuple[int, float], ...] = ()
    one_hot: int = 8
    recurring: bool = False


class FoldFeatures(nn.Module):
    """Turn rows into features, each network by statistics of its fold's rows.

    Parameters
    ----------
    networks : int
        F.
    distinct : tuple of P int
        Distinct values of each column of numbers; one of few values needs few bins.
    levels : tuple of Q int
        L of each column of words.
    flags : tuple of int
        Columns of numbers that get a feature for being empty.
    options : FeatureOptions

    Attributes
    ----------
    tables : tuple of int
        The columns of words, by place among the Q, that are not among the
        features because they have too many words.
    """

    center_FP: Tensor
    scale_FP: Tensor
    slope_FJ: Tensor
    shift_FJ: Tensor

    def __init__(
        self,
        networks: int,
        distinct: tuple[int, ...],
        levels: tuple[int, ...],
        flags: tuple[int, ...],
        options: FeatureOptions,
    ) -> None:
        super().__init__()
        small = [count - FIRST_LEVEL <= options.one_hot for count in levels]
        self.one_hot = tuple(q for q, yes in enumerate(small) if yes)
        self.tables = tuple(q for q, yes in enumerate(small) if not yes)
        self.distinct, self.levels, self.flags, self.options = distinct, levels, flags, options
        numbers = len(distinct)
        self.groups = _choose_codes(distinct, options)
        bins = sum(group.width for group in self.groups)
        self.register_buffer("center_FP", torch.zeros(networks, numbers, dtype=torch.float64))
        self.register_buffer("scale_FP", torch.ones(networks, numbers))
        for name in ("slope_FJ", "shift_FJ"):
            self.register_buffer(name, torch.zeros(networks, bins))
        for q, count in enumerate(levels):
            self.register_buffer(f"seen{q}_FL", torch.zeros(networks, count, dtype=torch.bool))

    def estimate(self, rows: Encoded, learn_GN: NDArray[np.bool_]) -> None:
        """Set the statistics of each fold from the rows that it may learn from.

        Parameters
        ----------
        rows : Encoded
        learn_GN : ndarray of shape (G, N), bool
            No other row of a fold is read. The networks of a fold, F / G of them,
            share its statistics.
        """
        found = [
            _estimate(rows.numbers[learn], self.options.style, self.groups)
            for learn in learn_GN
        ]
        for name, buffer in self.named_buffers():
            if name.startswith("seen"):
                arrays = [_seen(rows, int(name[4:-3]), learn) for learn in learn_GN]
            else:
                arrays = [getattr(scales, name.replace("_F", "_")) for scales in found]
            array = np.repeat(np.stack(arrays), len(buffer) // len(learn_GN), axis=0)
            buffer.copy_(torch.from_numpy(array))

    @property
    def width(self) -> int:
        """D, the number of features."""
        words = sum(self.levels[q] - EMPTY for q in self.one_hot)
        return self.scale_FP.shape[1] + self.slope_FJ.shape[1] + len(self.flags) + words

    def forward(
        self, numbers_FBP: Tensor, codes_FBQ: Tensor, out_FBD: Tensor | None = None
    ) -> Tensor:
        """Return the features of rows, each network's own.

        Parameters
        ----------
        numbers_FBP : Tensor of shape (..., F, B, P), float64
            In the units of the file; NaN where a cell is empty.
        codes_FBQ : Tensor of shape (..., F, B, Q), int64
        out_FBD : Tensor of shape (..., F, B, D), float32, optional
            Where to write. Fresh memory costs more than the features themselves.

        Returns
        -------
        Tensor of shape (..., F, B, D), float32
        """
        # Centred in double precision: a year keeps its seconds, a large number its last digits.
        x_FBP = (numbers_FBP - self.center_FP[:, None]).float() * self.scale_FP[:, None]
        missing_FBP = torch.isnan(x_FBP)
        x_FBP = x_FBP.masked_fill_(missing_FBP, 0.0)
        if self.options.style == "binned":
            x_FBP = x_FBP.clamp_(-FAR, FAR)
            x_FBP = x_FBP * torch.rsqrt(1 + (x_FBP / CLIP).square())
        columns = x_FBP.shape[-1]
        if out_FBD is None:
            out_FBD = x_FBP.new_empty((*x_FBP.shape[:-1], self.width))
        out_FBD[..., :columns] = x_FBP
        first = columns
        for group in self.groups:
            self._bins(x_FBP, group, out_FBD[..., first : first + group.width], first - columns)
            first += group.width
        if self.flags:
            out_FBD[..., first : first + len(self.flags)] = missing_FBP[..., list(self.flags)]
            first += len(self.flags)
        for q in self.one_hot:
            # The code for unseen words has no feature: such a row gets zeros.
            hot_FBL = functional.one_hot(codes_FBQ[..., q], self.levels[q])[..., EMPTY:]
            words = out_FBD[..., first : first + self.levels[q] - EMPTY]
            torch.mul(hot_FBL, getattr(self, f"seen{q}_FL")[:, None, EMPTY:], out=words)
            first += self.levels[q] - EMPTY
        return out_FBD

    def _bins(self, x_FBP: Tensor, group: "CodeGroup", out_FBJ: Tensor, first: int) -> None:
        """Write the codes of a group of columns; whole blocks at once, as rows are many."""
        columns = len(group.columns)
        at = slice(first, first + group.width)
        slope = self.slope_FJ[:, None, at].unflatten(-1, (columns, -1))
        shift = self.shift_FJ[:, None, at].unflatten(-1, (columns, -1))
        out = out_FBJ.unflatten(-1, (columns, -1))
        torch.addcmul(shift, x_FBP[..., group.columns, None], slope, out=out)
        start = 0
        for bins, height in group.codes:
            out[..., start : start + bins].clamp_(-height, height)
            start += bins

    def known(self, codes_FBQ: Tensor, column: int) -> Tensor:
        """Return a column's codes, 0 where a network's fold never held the word.

        Returns
        -------
        Tensor of shape (F, B), int64
        """
        codes_FB = codes_FBQ[..., column]
        seen_FL: Tensor = getattr(self, f"seen{column}_FL")
        return codes_FB * seen_FL.gather(1, codes_FB).long()


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeGroup:
    """Columns of numbers that are coded alike.

    Attributes
    ----------
    columns : list of int
        Their places among the P.
    codes : tuple of (int, float)
        Each code's number of bins and half its range.
    """

    columns: list[int]
    codes: tuple[tuple[int, float], ...]

    @property
    def width(self) -> int:
        """Features of all columns together."""
        return len(self.columns) * sum(bins for bins, _ in self.codes)


def _choose_codes(distinct: tuple[int, ...], options: FeatureOptions) -> list[CodeGroup]:
    """Give each column its codes: no more bins than its values part, no code twice."""
    groups: dict[tuple[tuple[int, float], ...], list[int]] = {}
    for p, values in enumerate(distinct):
        # Two values need no bin: a line through both says it all.
        most = values - 1 if values > 2 else 0
        codes: list[tuple[int, float]] = []
        for bins, height in options.bins:
            if min(bins, most) > (codes[-1][0] if codes else 0):
                codes.append((min(bins, most), height))
        if codes:
            groups.setdefault(tuple(codes), []).append(p)
    return [CodeGroup(columns=columns, codes=codes) for codes, columns in groups.items()]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scales:
    """What one fold estimates from the numbers of its own rows.

    A bin's code rises over the bin from minus to plus its height, ``slope * x +
    shift``, and is clamped there; both are 0 for a bin without width.
    """

    center_P: NDArray[np.float64]
    scale_P: NDArray[np.float64]
    slope_J: NDArray[np.float64]
    shift_J: NDArray[np.float64]


def _estimate(
    numbers_NP: NDArray[np.float64], style: str, groups: Sequence[CodeGroup]
) -> _Scales:
    center_P, scale_P = np.zeros(numbers_NP.shape[1]), np.ones(numbers_NP.shape[1])
    columns = [column[~np.isnan(column)] for column in numbers_NP.T]
    for p, x in enumerate(columns):
        if len(x) == 0 or style == "raw":
            continue
        if style == "standard":
            center_P[p], scale_P[p] = x.mean(), _inverse(x.std())
        else:
            low, center_P[p], high = np.quantile(x, [0.25, 0.5, 0.75])
            scale_P[p] = _inverse(high - low) or 2 * _inverse(np.ptp(x))
    slopes, shifts = [np.zeros(0)], [np.zeros(0)]
    for group in groups:
        for p in group.columns:
            z = np.clip((columns[p] - center_P[p]) * scale_P[p], -FAR, FAR)
            z /= np.sqrt(1 + (z / CLIP) ** 2)
            for bins, height in group.codes:
                edges = bin_edges(z, bins)
                width = np.diff(edges)
                slope = np.divide(2 * height, width, out=np.zeros(bins), where=width > 0)
                slopes.append(slope)
                shifts.append(np.where(width > 0, -edges[:-1] * slope - height, 0.0))
    return _Scales(
        center_P=center_P,
        scale_P=scale_P,
        slope_J=np.concatenate(slopes),
        shift_J=np.concatenate(shifts),
    )


def _inverse(spread: float) -> float:
    return 1 / spread if spread > 0 else 0.0


def bin_edges(values: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """Return the edges of a column's bins: quantiles, each value once.

    Where many rows share a value, quantiles fall together; the edges lost so are
    set between the other distinct values instead. A column of few distinct values
    has one edge at each, and the rest repeat the last.

    Returns
    -------
    ndarray of shape (bins + 1,), rising

    Examples
    --------
    >>> bin_edges(np.array([0.0, 1.0, 2.0, 3.0, 4.0]), 2)
    array([0., 2., 4.])
    >>> bin_edges(np.array([0.0] * 98 + [1.0, 2.0]), 3)
    array([0., 1., 2., 2.])
    """
    distinct = _parted(np.unique(values)) if len(values) else np.zeros(1)
    if len(distinct) <= bins + 1:
        edges = distinct
    else:
        edges = _parted(np.quantile(values, np.linspace(0, 1, bins + 1)))
        lost = bins + 1 - len(edges)
        if lost:
            more = np.quantile(distinct, np.linspace(0, 1, lost + 2)[1:-1])
            edges = _parted(np.union1d(edges, more))
    return np.pad(edges, (0, bins + 1 - len(edges)), mode="edge")


def _parted(rising: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values without those that lie too near to the one before."""
    return rising[np.diff(rising, prepend=-np.inf) > NARROW]


def _seen(rows: Encoded, column: int, learn_N: NDArray[np.bool_]) -> NDArray[np.bool_]:
    seen = np.zeros(rows.levels[column], dtype=bool)
    seen[rows.codes[learn_N, column]] = True
    return seen
