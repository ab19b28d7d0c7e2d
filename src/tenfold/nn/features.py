"""From numbers and codes to what a network sees, with each fold's own scales.

Everything here that is estimated from rows is a buffer with a leading F,
computed from the rows that its fold learns from. Rows are stored once.

Shape letters in this file:
    F  networks side by side      G  folds                  N  rows of the table
    B  rows in a batch            P  columns of numbers     Q  columns of codes
    J  bins of all columns        L  codes of a column      I  inputs of a network
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tenfold.data.columns.encode import FIRST_LEVEL, Encoded
from tenfold.nn.bins import bin_edges
from tenfold.nn.feature_layout import (
    CodeGroup,
    FeatureOptions,
    Layout,
    find_layouts,
    spans_of,
    value_codes,
)
from tenfold.nn.texts import FoldTexts

# Beyond a few standard steps a value moves on ever more slowly, up to this many:
# x / sqrt(1 + (x/3)^2), the smooth clip of RealMLP (arXiv 2407.04491).
CLIP: Final = 3.0
# A linear model of numbers takes them without that clip, up to this many steps: one row further
# out would otherwise decide its own answer, and those of others (benchmarks/LOG.md).
REACH: Final = 30.0
# Nothing is further away than this many steps: its square still is a number in float32.
FAR: Final = 1e9
# The inputs of a network are filled up with zeros to a multiple of this, the numbers of the
# widest registers. Then a product of matrices adds up the same numbers in the same order,
# however many inputs the networks beside have.
ALIGNED: Final = 16


class FoldFeatures(nn.Module):
    """Turn rows into features, each network by statistics of its fold's rows.

    Parameters
    ----------
    numbers : int
        P.
    levels : tuple of Q int
        L of each column of codes: those of categories, then those of ``values``.
    layouts : sequence of F Layout
        Of each network.
    values : tuple of (int, tuple of float)
        Columns of numbers whose values are categories, too; see ``Found``.
    options : FeatureOptions
    embedding_size : int or None
        E, the numbers that a category of a large column becomes: ahead of a network's features
        there is room for those of its tables, and behind them for zeros up to a multiple of
        ALIGNED. None leaves no room for either.
    texts : FoldTexts, optional
        Of tables with columns of text: what stands for their counts among the P, behind the
        other columns of numbers.
    at_least : tuple of (int, int)
        What ``width`` and ``linear_width`` are at least.

    Attributes
    ----------
    inputs_F : tuple of F int
        Numbers that enter each network, tables included.
    width : int
        Numbers of each row for the networks: the most of ``inputs_F``, and zeros.
    linear_width : int
        Numbers of each row for linear models, behind them: the most of a network, and zeros; 0
        if there are no such models.
    spans : tuple of (slice, Layout)
        Networks beside each other that have the same layout.
    tables : tuple of int
        Columns of codes that any network has a table for.
    table_spans : tuple of (slice, tuple of int)
        Networks beside each other that have the same tables, and which of ``tables``.
    """

    center_FP: Tensor
    scale_FP: Tensor
    slope_FJ: Tensor
    shift_FJ: Tensor

    def __init__(
        self,
        numbers: int,
        levels: tuple[int, ...],
        layouts: Sequence[Layout],
        values: tuple[tuple[int, tuple[float, ...]], ...],
        options: FeatureOptions,
        embedding_size: int | None,
        texts: FoldTexts | None = None,
        at_least: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__()
        networks, self.numbers = len(layouts), numbers
        self.texts = texts
        if texts is not None:
            numbers = len(texts.kept(numbers)) + texts.width
        self.levels, self.values, self.options = levels, values, options
        self.layouts, self.embedding_size = tuple(layouts), embedding_size
        self.spans = spans_of(layouts)
        self.tables = tuple(sorted({q for layout in layouts for q in layout.tables}))
        self.table_spans = tuple(
            (at, tuple(self.tables.index(q) for q in tables))
            for at, tables in spans_of([layout.tables for layout in layouts])
        )
        self.inputs_F = tuple(self._room(one) + one.width(options) for one in layouts)
        self.width = max(self.inputs_F)
        if embedding_size is not None:
            self.width += -self.width % ALIGNED
        most = max(one.linear_width for one in layouts) if options.linear else 0
        self.width = max(self.width, at_least[0])
        self.linear_width = max(most + -most % ALIGNED, at_least[1])
        self._groups = [layout.groups(options) for _, layout in self.spans]
        bins = max(sum(group.width for group in groups) for groups in self._groups)
        self.register_buffer("center_FP", torch.zeros(networks, numbers, dtype=torch.float64))
        self.register_buffer("scale_FP", torch.ones(networks, numbers))
        for name in ("slope_FJ", "shift_FJ"):
            self.register_buffer(name, torch.zeros(networks, bins))
        for q, count in enumerate(levels):
            self.register_buffer(f"seen{q}_FL", torch.zeros(networks, count, dtype=torch.bool))

    @property
    def all_width(self) -> int:
        """Numbers of each row, for networks and linear models."""
        return self.width + self.linear_width

    @classmethod
    def of(
        cls,
        rows: Encoded,
        learn_GN: NDArray[np.bool_],
        members: int,
        options: FeatureOptions,
        embedding_size: int | None = None,
    ) -> Self:
        """Make the features of networks from the rows that each fold may learn from.

        Parameters
        ----------
        rows : Encoded
        learn_GN : ndarray of shape (G, N), bool
            No other row of a fold is read.
        members : int
            Networks of each fold, which share its statistics.
        options : FeatureOptions
        embedding_size : int, optional
            E.
        """
        texts = FoldTexts.of(rows, learn_GN, members) if rows.texts else None
        own_G = [_numbers_of(rows, texts, g, learn) for g, learn in enumerate(learn_GN)]
        found = find_layouts(
            rows, learn_GN, options, own_G, 0 if texts is None else texts.width
        )
        levels = (*rows.levels, *(len(known) + FIRST_LEVEL for _, known in found.values))
        layouts = [layout for layout in found.layouts for _ in range(members)]
        made = cls(
            rows.numbers.shape[1], levels, layouts, found.values, options, embedding_size, texts
        )
        for g, layout in enumerate(found.layouts):
            at = slice(g * members, (g + 1) * members)
            scales = _estimate(own_G[g], options.style, layout.groups(options))
            bins = len(scales.slope_J)
            made.center_FP[at] = torch.from_numpy(scales.center_P)
            made.scale_FP[at] = torch.from_numpy(scales.scale_P).float()
            made.slope_FJ[at, :bins] = torch.from_numpy(scales.slope_J).float()
            made.shift_FJ[at, :bins] = torch.from_numpy(scales.shift_J).float()
            for q, seen_GL in enumerate(found.seen):
                getattr(made, f"seen{q}_FL")[at] = torch.from_numpy(seen_GL[g])
        return made

    def only(self, at_F: NDArray[np.int64]) -> "FoldFeatures":
        """Return the features of some of the networks, by position."""
        return self._some(at_F, None if self.texts is None else self.texts.only(at_F))

    def shard(self, at_F: NDArray[np.int64]) -> "FoldFeatures":
        """Return those of some of the networks, which learn from them as beside the others."""
        texts = None if self.texts is None else self.texts.shard(at_F)
        return self._some(at_F, texts, (self.width, self.linear_width))

    def _some(
        self,
        at_F: NDArray[np.int64],
        texts: FoldTexts | None,
        at_least: tuple[int, int] = (0, 0),
    ) -> "FoldFeatures":
        made = FoldFeatures(
            self.numbers,
            self.levels,
            [self.layouts[f] for f in at_F],
            self.values,
            self.options,
            self.embedding_size,
            texts,
            at_least,
        )
        for name, buffer in self.named_buffers(recurse=False):
            own = buffer[torch.from_numpy(at_F).to(buffer.device)]
            if name in {"slope_FJ", "shift_FJ"}:
                own = own[:, : made.slope_FJ.shape[1]]
            setattr(made, name, own)
        return made

    def _room(self, layout: Layout) -> int:
        return 0 if self.embedding_size is None else self.embedding_size * len(layout.tables)

    def with_values(
        self, numbers: NDArray[np.floating[Any]], codes: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return the codes of rows with those of numbers whose values come back, (N, Q).

        Parameters
        ----------
        numbers : ndarray of shape (N, P)
        codes : ndarray of shape (N, columns of categories)
            If it has the others already, it is returned as it is.
        """
        if codes.shape[1] == len(self.levels):
            return codes
        return np.concatenate([codes, value_codes(numbers, self.values)], axis=1)

    def forward(
        self, numbers_FBP: Tensor, codes_FBQ: Tensor, out_FBI: Tensor | None = None
    ) -> Tensor:
        """Return the features of rows, each network's own.

        Parameters
        ----------
        numbers_FBP : Tensor of shape (..., F, B, P), float64
            In the units of the file; NaN where a cell is empty.
        codes_FBQ : Tensor of shape (..., F, B, Q), int64
        out_FBI : Tensor of shape (..., F, B, all_width), float32, optional
            Where to write. Fresh memory costs more than the features themselves. What is no
            feature of a network is left as it is, and has to be 0.

        Returns
        -------
        Tensor of shape (..., F, B, all_width), float32
        """
        # Centred in double precision: a year keeps its seconds, a large number its last digits.
        x_FBP = (numbers_FBP - self.center_FP[:, None]).float() * self.scale_FP[:, None]
        missing_FBP = torch.isnan(x_FBP)
        x_FBP = x_FBP.masked_fill_(missing_FBP, 0.0)
        columns = x_FBP.shape[-1]
        if out_FBI is None:
            out_FBI = x_FBP.new_zeros((*x_FBP.shape[:-1], self.all_width))
        x_FBP = self._clipped(x_FBP, out_FBI[..., self.width : self.width + columns])
        for (at, layout), groups in zip(self.spans, self._groups, strict=True):
            first = self._room(layout)
            own, x = out_FBI[..., at, :, :], x_FBP[..., at, :, :]
            own[..., first : first + columns] = x
            first += columns
            bins = 0
            for group in groups:
                out = own[..., first : first + group.width]
                self._bins(x, group, out, at, slice(bins, bins + group.width))
                first, bins = first + group.width, bins + group.width
            others = first
            if layout.flags:
                empty = missing_FBP[..., at, :, list(layout.flags)]
                own[..., first : first + len(layout.flags)] = empty
                first += len(layout.flags)
            for q, codes in layout.categories:
                # Any other category, such as an unseen one, has no feature: the row gets zeros.
                hot = codes_FBQ[..., at, :, q, None] == torch.tensor(codes, device=x.device)
                known = getattr(self, f"seen{q}_FL")[at, None, list(codes)]
                torch.mul(hot, known, out=own[..., first : first + len(codes)])
                first += len(codes)
            if self.linear_width:
                at_line = self.width + columns
                own[..., at_line : at_line + first - others] = own[..., others:first]
        return out_FBI

    def _clipped(self, x_FBP: Tensor, of_line_FBP: Tensor) -> Tensor:
        """Return numbers as networks take them; write them as linear models do, if any."""
        plain_FBP = x_FBP
        if self.options.style == "binned":
            plain_FBP = plain_FBP.clamp_(-FAR, FAR)
            x_FBP = plain_FBP * torch.rsqrt(1 + (plain_FBP / CLIP).square())
        if self.options.linear == "plain":
            of_line_FBP.copy_(plain_FBP.clamp(-REACH, REACH))
        elif self.options.linear == "clipped":
            of_line_FBP.copy_(x_FBP)
        return x_FBP

    def _bins(
        self, x_FBP: Tensor, group: CodeGroup, out_FBJ: Tensor, at: slice, of: slice
    ) -> None:
        """Write the codes of a group of columns; whole blocks at once, as rows are many."""
        columns = len(group.columns)
        slope = self.slope_FJ[at, None, of].unflatten(-1, (columns, -1))
        shift = self.shift_FJ[at, None, of].unflatten(-1, (columns, -1))
        out = out_FBJ.unflatten(-1, (columns, -1))
        torch.addcmul(shift, x_FBP[..., group.columns, None], slope, out=out)
        start = 0
        for bins, height in group.codes:
            out[..., start : start + bins].clamp_(-height, height)
            start += bins

    def known(self, codes_FBQ: Tensor, column: int) -> Tensor:
        """Return a column's codes, 0 where a network's fold never held the category.

        Returns
        -------
        Tensor of shape (F, B), int64
        """
        codes_FB = codes_FBQ[..., column]
        seen_FL: Tensor = getattr(self, f"seen{column}_FL")
        return codes_FB * seen_FL.gather(1, codes_FB).long()


def _numbers_of(
    rows: Encoded, texts: FoldTexts | None, fold: int, learn: NDArray[np.bool_]
) -> NDArray[np.floating[Any]]:
    """Return the numbers of the rows that a fold learns from, as its networks see them."""
    if texts is None or texts.learnt_TNC is None:
        return rows.numbers[learn]
    plain = rows.numbers[:, texts.kept(rows.numbers.shape[1])][learn]
    return np.hstack([plain, texts.learnt_TNC[fold].numpy()[learn]])


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
    numbers_NP: NDArray[np.floating[Any]], style: str, groups: Sequence[CodeGroup]
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
