"""Learning curves: what more rows bring, where two contenders cross, what twice as many would.

Errors of a model that learns from n rows often follow ``a + b * n ** -c`` (Hestness and
others, "Deep learning scaling is predictable, empirically", 2017). That law is fitted to what
was measured at a sixteenth to all of the rows; what it says of more rows is a forecast, given
with an interval, or not at all where the folds disagree too much.

Shape letters in this file:
    P  powers that are tried    K  points of a curve
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.comparison.entry import Entry
from tenfold.comparison.verdict import Difference, paired_difference
from tenfold.evaluate.metrics import NAMED
from tenfold.evaluate.scores import LEVEL
from tenfold.seeds import Streams

SHARES: Final = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
POWERS: Final = np.geomspace(0.05, 2.0, 40)
RESAMPLES: Final = 500
FARTHEST: Final = 16.0  # times the rows, up to which a crossing is looked for
FEW_ROWS: Final = 20  # at the smallest share; fewer say nothing about a law


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """Scores of a contender at growing shares of the rows.

    Attributes
    ----------
    name : str
    rows : tuple of float
        That a fold learnt from, at each share.
    mean, low, high : tuple of float
        Over folds, and a 95 % interval of the mean (``Entry.score``).
    """

    name: str
    rows: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Law:
    """Errors ``a + b * n ** -c``."""

    a: float
    b: float
    c: float

    def error(self, rows: float) -> float:
        """Return the error that the law gives for so many rows."""
        return float(self.a + self.b * rows**-self.c)


def curve_of(entries: Sequence[Entry], metric: str, test_share: float) -> Curve:
    """Return the curve of a contender's entries at growing shares.

    Parameters
    ----------
    entries : sequence of Entry
    metric : str
    test_share : float
        Rows tested on over rows learnt from, with all rows.
    """
    scores = [entry.score(metric, test_share) for entry in entries]
    return Curve(
        name=entries[0].name,
        rows=tuple(entry.learnt for entry in entries),
        mean=tuple(score.mean for score in scores),
        low=tuple(score.low for score in scores),
        high=tuple(score.high for score in scores),
    )


def fit_law(rows: NDArray[np.float64], errors: NDArray[np.float64]) -> Law:
    """Fit the law to errors at growing numbers of rows; neither a nor b is below zero.

    Examples
    --------
    >>> rows = np.array([100.0, 200, 400, 800, 1600])
    >>> law = fit_law(rows, 0.1 + 2 * rows**-0.5)
    >>> round(law.error(3200), 3), round(0.1 + 2 * 3200**-0.5, 3)
    (0.135, 0.135)
    """
    weights = np.sqrt(rows / rows.max())  # what lies nearest to the forecast counts most
    weights /= weights.sum()
    x_PK = rows ** -POWERS[:, None]  # a row a power, a column a number of rows
    mean_P1, mean_error = (x_PK @ weights)[:, None], errors @ weights
    spread_P = (x_PK - mean_P1) ** 2 @ weights
    b_P = ((x_PK - mean_P1) * (errors - mean_error)) @ weights / spread_P
    a_P = mean_error - b_P * mean_P1[:, 0]
    through_zero_P = (x_PK * errors) @ weights / (x_PK**2 @ weights)
    a_P, b_P = np.where(a_P < 0, 0.0, a_P), np.where(a_P < 0, through_zero_P, b_P)
    a_P, b_P = np.where(b_P < 0, mean_error, a_P), np.where(b_P < 0, 0.0, b_P)
    misses_P = (errors - a_P[:, None] - b_P[:, None] * x_PK) ** 2 @ weights
    best = int(misses_P.argmin())
    return Law(float(a_P[best]), float(b_P[best]), float(POWERS[best]))


def forecast_doubling(
    entries: Sequence[Entry], metric: str, test_share: float, streams: Streams
) -> Difference | None:
    """Return what twice the rows would bring: how much better the score would be.

    The law is fitted to means over folds drawn with replacement, 500 times; the interval
    holds the middle 95 % of what it then says, and is widened as ``fold_interval`` is.

    Returns
    -------
    Difference or None
        None, if too few rows were learnt from to tell.
    """
    rows = np.array([entry.learnt for entry in entries])
    if rows[0] < FEW_ROWS or len(rows) < 4:
        return None
    errors = np.array([_errors(entry, metric) for entry in entries])
    folds = errors.shape[1]
    if not np.isfinite(errors).all():
        return None
    generator = streams.generator("doubling")
    drawn = generator.integers(folds, size=(RESAMPLES, folds))
    gains = np.array([_gain(rows, errors[:, picked].mean(axis=1)) for picked in drawn])
    middle = _gain(rows, errors.mean(axis=1))
    low, high = np.quantile(gains, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    wider = math.sqrt(1 + folds * test_share)
    return Difference(
        mean=middle,
        low=max(0.0, middle - wider * (middle - min(low, middle))),
        high=middle + wider * (max(high, middle) - middle),
    )


def _errors(entry: Entry, metric: str) -> NDArray[np.float64]:
    return np.abs(NAMED[metric].perfect - entry.parts(metric))


def _gain(rows: NDArray[np.float64], errors: NDArray[np.float64]) -> float:
    law = fit_law(rows, errors)
    return law.error(rows[-1]) - law.error(2 * rows[-1])


@dataclass(frozen=True, kw_only=True, slots=True)
class Crossing:
    """Where the network becomes the better one, or the worse one.

    Attributes
    ----------
    rows : float
        Rows learnt from.
    better : str
        Who is the better one beyond.
    measured : bool
        Whether it lies within the rows that there are, and both sides are shown.
    """

    rows: float
    better: str
    measured: bool


def find_crossing(
    network: Sequence[Entry], classical: Sequence[Entry], metric: str, test_share: float
) -> Crossing | None:
    """Find where two learning curves cross, or would.

    A crossing that was measured has a shown difference on either side. One that is forecast
    lies at no more than sixteen times the rows, and starts from a shown difference.
    """
    shown: list[tuple[float, float]] = []
    for one, other in zip(network, classical, strict=True):
        found = paired_difference(one, other, metric, test_share)
        if found is not None and (found.low > 0 or found.high < 0):
            shown.append((one.learnt, found.mean))
    for (rows, before), (more, after) in pairwise(shown):
        if before * after < 0:
            better = (network if after > 0 else classical)[0].name
            return Crossing(rows=math.sqrt(rows * more), better=better, measured=True)
    if not shown or shown[-1][0] < network[-1].learnt:
        return None
    return _forecast_crossing(network, classical, metric, shown[-1][1])


def _forecast_crossing(
    network: Sequence[Entry], classical: Sequence[Entry], metric: str, now: float
) -> Crossing | None:
    laws = []
    for entries in (network, classical):
        rows = np.array([entry.learnt for entry in entries])
        errors = np.array([_errors(entry, metric).mean() for entry in entries])
        if rows[0] < FEW_ROWS or not np.isfinite(errors).all():
            return None
        laws.append(fit_law(rows, errors))
    last = network[-1].learnt
    for rows_then in np.geomspace(last, FARTHEST * last, 200):
        gain = laws[1].error(rows_then) - laws[0].error(rows_then)
        if gain * now < 0:
            better = (network if gain > 0 else classical)[0].name
            return Crossing(rows=float(rows_then), better=better, measured=False)
    return None


def share_name(share: float) -> str:
    """Return the name of the round that learns from a share of the rows.

    Examples
    --------
    >>> share_name(1 / 16)
    'share 1/16'
    """
    return f"share 1/{round(1 / share)}"


def along(reached: Mapping[str, Entry], whole: Entry) -> list[Entry]:
    """Return a contender's entries at growing shares, the whole last, all on the same folds.

    Parameters
    ----------
    reached : dict of str to Entry
        By the name of the round.
    whole : Entry
        With all rows, perhaps on more folds than the others.
    """
    names = [share_name(share) for share in SHARES[:-1]]
    found = [reached[name] for name in names if name in reached and reached[name].folds]
    folds = max((entry.folds for entry in found), default=whole.folds)
    return [*(entry for entry in found if entry.folds == folds), whole.first(folds)]
