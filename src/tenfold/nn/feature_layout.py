"""Which features the networks of each fold get, from the rows that the fold learns from alone.

A row that a fold holds out must not even change the shape of its networks. So whether a column
has empty cells, how many values it takes, which categories occur in it and whether its numbers
come back is found for each fold by itself. Folds whose rows hold the same share a layout, and
then their features are computed in one go.

Shape letters in this file:
    G  folds    N  rows of the table    P  columns of numbers    Q  columns of codes
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from tenfold.data.columns.encode import EMPTY, FIRST_LEVEL, UNSEEN, Encoded

# Limits of ``recurring_values``: how many values, how often each, and what share of
# the grid that would hold them all. Fewer than FEW are told apart by bins.
FEW: Final = 34
MANY: Final = 256
COMES_BACK: Final = 20
SCATTERED: Final = 0.5

Bools = NDArray[np.bool_]
Style = Literal["raw", "standard", "binned"]
Linear = Literal["plain", "clipped"]
LINEARS: Final[tuple[Linear, ...]] = get_args(Linear)
STYLES: Final[tuple[Style, ...]] = get_args(Style)
Same = TypeVar("Same")


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
        Columns of up to this many categories get a feature each; larger ones are
        left to the network's own tables.
    recurring : bool
        Whether numbers whose values come back are categories, too.
    linear : {None, "plain", "clipped"}
        Whether there are inputs for a linear model besides: numbers without the smooth
        clip or with it, and what else is not of bins or tables.
    """

    style: Style = "binned"
    bins: tuple[tuple[int, float], ...] = ()
    one_hot: int = 8
    recurring: bool = False
    linear: Linear | None = None

    @property
    def most_bins(self) -> int:
        """The bins of the finest code; 0 without codes."""
        return max((bins for bins, _ in self.bins), default=0)


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The features of the networks of a fold, in their order.

    Attributes
    ----------
    distinct : tuple of P int
        Distinct values of each column of numbers, which needs no more bins than they part:
        0 for up to two of them, and never more than parts the finest code.
    flags : tuple of int
        Columns of numbers that have an empty cell, and get a feature for it.
    categories : tuple of (int, tuple of int)
        Columns of codes with few categories, by place among the Q, and those of their codes
        that get a feature.
    tables : tuple of int
        Columns of codes with many categories: left to the network's own tables.
    """

    distinct: tuple[int, ...]
    flags: tuple[int, ...] = ()
    categories: tuple[tuple[int, tuple[int, ...]], ...] = ()
    tables: tuple[int, ...] = ()

    def groups(self, options: FeatureOptions) -> list[CodeGroup]:
        """Give each column of numbers its codes: no more bins than its values part."""
        found: dict[tuple[tuple[int, float], ...], list[int]] = {}
        for p, values in enumerate(self.distinct):
            # Two values need no bin: a line through both says it all.
            most = values - 1 if values > 2 else 0
            codes: list[tuple[int, float]] = []
            for bins, height in options.bins:
                if min(bins, most) > (codes[-1][0] if codes else 0):
                    codes.append((min(bins, most), height))
            if codes:
                found.setdefault(tuple(codes), []).append(p)
        return [CodeGroup(columns=columns, codes=codes) for codes, columns in found.items()]

    def width(self, options: FeatureOptions) -> int:
        """Return the number of features."""
        return self.linear_width + sum(group.width for group in self.groups(options))

    @property
    def linear_width(self) -> int:
        """The number of features that are not bins, which a linear model takes."""
        categories = sum(len(codes) for _, codes in self.categories)
        return len(self.distinct) + len(self.flags) + categories


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Found:
    """What the rows of each fold hold.

    Attributes
    ----------
    layouts : tuple of G Layout
    values : tuple of (int, tuple of float)
        Columns of numbers whose values come back in some fold, and these values, rising. Each
        is one more column of codes, after those of categories.
    seen : tuple of ndarray of shape (G, codes of the column), bool
        Which codes of each of the Q columns occur in each fold's rows.
    """

    layouts: tuple[Layout, ...]
    values: tuple[tuple[int, tuple[float, ...]], ...]
    seen: tuple[Bools, ...]


def find_layouts(
    rows: Encoded,
    learn_GN: Bools,
    options: FeatureOptions,
    own_G: Sequence[NDArray[np.floating[Any]]],
    plain: int = 0,
) -> Found:
    """Look at the rows that each fold learns from.

    Parameters
    ----------
    rows : Encoded
    learn_GN : ndarray of shape (G, N), bool
        No other row of a fold is read.
    options : FeatureOptions
    own_G : sequence of G ndarray of shape (rows of the fold, P)
        Numbers of the rows that each fold learns from, as its networks see them.
    plain : int
        How many of these columns, the last ones, get no bins.
    """
    values, seen_values = _find_values(rows, learn_GN) if options.recurring else ((), [])
    seen = [
        _seen(codes, count, learn_GN)
        for codes, count in zip(rows.codes.T, rows.levels, strict=True)
    ]
    seen += seen_values
    layouts = []
    for g, numbers in enumerate(own_G):
        missing = np.isnan(numbers)
        categories, tables = [], []
        for q, seen_GL in enumerate(seen):
            codes = np.flatnonzero(seen_GL[g])
            of_values = q >= rows.codes.shape[1]
            if (codes >= FIRST_LEVEL).sum() > (0 if of_values else options.one_hot):
                tables.append(q)
            elif len(codes):
                categories.append((q, tuple(codes.tolist())))
        layouts.append(
            Layout(
                distinct=tuple(
                    0 if p >= numbers.shape[1] - plain else _count(column, options)
                    for p, column in enumerate(numbers.T)
                ),
                flags=tuple(np.flatnonzero(missing.any(axis=0)).tolist()),
                categories=tuple(categories),
                tables=tuple(tables),
            )
        )
    return Found(layouts=tuple(layouts), values=values, seen=tuple(seen))


def _count(column: NDArray[np.floating[Any]], options: FeatureOptions) -> int:
    """Count distinct values as far as they matter: up to two need no bins."""
    if not options.bins:
        return 0
    found = len(np.unique(column[~np.isnan(column)]))
    return min(found, options.most_bins + 1) if found > 2 else 0


def _seen(codes: NDArray[np.int64], count: int, learn_GN: Bools) -> Bools:
    """Return which codes of a column of categories occur among the rows of each fold."""
    seen_GL = np.zeros((len(learn_GN), count), dtype=bool)
    for seen_L, learn in zip(seen_GL, learn_GN, strict=True):
        seen_L[codes[learn]] = True
    seen_GL[:, UNSEEN] = False
    return seen_GL


def _find_values(
    rows: Encoded, learn_GN: Bools
) -> tuple[tuple[tuple[int, tuple[float, ...]], ...], list[Bools]]:
    """Return the columns whose values come back for a fold, and which codes each fold knows."""
    values, seen = [], []
    for p in rows.countable:
        own_G = [recurring_values(rows.numbers[learn, p]) for learn in learn_GN]
        every = np.unique(np.concatenate(own_G))
        if len(every) == 0:
            continue
        seen_GL = np.zeros((len(learn_GN), len(every) + FIRST_LEVEL), dtype=bool)
        for seen_L, own, learn in zip(seen_GL, own_G, learn_GN, strict=True):
            seen_L[FIRST_LEVEL + np.searchsorted(every, own)] = True
            seen_L[EMPTY] = len(own) > 0 and bool(np.isnan(rows.numbers[learn, p]).any())
        values.append((p, tuple(every.tolist())))
        seen.append(seen_GL)
    return tuple(values), seen


def recurring_values(numbers: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the distinct values of a column if they are few, scattered, and come back.

    Prices, tariffs, amounts in round figures and codes are like that: the rows of
    one value have more in common than the values in between can tell. A grid of
    numbers, such as an age or a rounded measurement, is not: there a value is best
    told from its neighbours.

    Returns
    -------
    ndarray of shape (V,), rising
        Nothing, if the values are a grid, or fewer than FEW, or more than MANY, or
        occur less than COMES_BACK times each on average.

    Examples
    --------
    >>> amounts = np.repeat(np.arange(40.0) ** 2, 20)
    >>> recurring_values(amounts)[:4]
    array([0., 1., 4., 9.])
    >>> recurring_values(np.repeat(np.arange(40.0), 20))
    array([], dtype=float64)
    """
    found = numbers[np.isfinite(numbers)].astype(np.float64)
    values = np.unique(found)
    if not FEW <= len(values) <= min(MANY, len(found) / COMES_BACK):
        return np.zeros(0)
    places = np.ptp(values) / np.diff(values).min() + 1
    return values if len(values) / places < SCATTERED else np.zeros(0)


def value_codes(
    numbers_NP: NDArray[np.floating[Any]], values: Sequence[tuple[int, tuple[float, ...]]]
) -> NDArray[np.int64]:
    """Return the codes of numbers whose values come back, a column for each of ``values``.

    Examples
    --------
    >>> value_codes(np.array([[7.0], [8.0], [np.nan]]), [(0, (5.0, 7.0))]).tolist()
    [[3], [0], [1]]
    """
    codes_NV = np.full((len(numbers_NP), len(values)), UNSEEN, dtype=np.int64)
    for code_N, (p, known) in zip(codes_NV.T, values, strict=True):
        numbers_N = numbers_NP[:, p]
        place_N = np.searchsorted(known, numbers_N).clip(max=len(known) - 1)
        same_N = np.array(known)[place_N] == numbers_N
        code_N[same_N] = place_N[same_N] + FIRST_LEVEL
        code_N[np.isnan(numbers_N)] = EMPTY
    return codes_NV


def spans_of(found: Sequence[Same]) -> tuple[tuple[slice, Same], ...]:
    """Return the networks beside each other of which the same was found.

    Examples
    --------
    >>> spans_of([(1,), (1,), ()])
    ((slice(0, 2, None), (1,)), (slice(2, 3, None), ()))
    """
    spans: list[tuple[slice, Same]] = []
    for f, one in enumerate(found):
        if spans and spans[-1][1] == one:
            spans[-1] = (slice(spans[-1][0].start, f + 1), one)
        else:
            spans.append((slice(f, f + 1), one))
    return tuple(spans)
