"""Between which values a target lies, as far as its rows show.

Shape letters in this file:
    N  rows
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.nn.conformal import BEYOND

# The last stretch of values before the largest: that of one row in 10, or of 20.
STRETCH_SHARE: Final = 10
STRETCH_ROWS: Final = 20
MISSED: Final = 4.0  # rows beyond the largest value: fewer may be missing by chance
# Where shares, percentages and what lies below 0 end, though no row may reach it; correlations
# and the like end below at the same with a minus.
USUAL_ENDS: Final = (0.0, 1.0, 100.0)


def bounds_of(target: NDArray[Any], *, in_time: bool = False) -> tuple[float, float]:
    """Return the least and the most that a target can be, as far as its rows show.

    A target ends at a wall if its values pile up before it, as ratings do at five stars and
    percentages at 100. The wall is a value that many rows share, or a usual end that the
    largest values come close to. Where rows only become rarer nothing ends: the largest value
    of a normal target is no bound. Besides, the bound is 0 where no row is beyond it.

    Parameters
    ----------
    target : ndarray of shape (N,)
    in_time : bool
        Whether rows to come may be unlike these. A usual end that no row reaches is then no
        bound: a rising target comes close to 100 before it passes it.

    Returns
    -------
    (float, float)
        ``-BEYOND`` and ``BEYOND`` where there is no bound.

    Examples
    --------
    >>> bounds_of(np.array([3.0, 0.0]))[0], bounds_of(np.array([3.0, -1.0]))[0] < -1e300
    (0.0, True)
    >>> stars = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    >>> bounds_of(np.repeat(stars, [20, 60, 120, 70, 30]))
    (1.0, 5.0)
    >>> bounds_of(np.repeat(stars - 3, [3, 72, 150, 72, 3])) == (-BEYOND, BEYOND)
    True
    """
    rising_N = np.sort(target.astype(np.float64))
    low = max(-_end(-rising_N[::-1], in_time=in_time), 0.0 if rising_N[0] >= 0 else -BEYOND)
    high = min(_end(rising_N, in_time=in_time), 0.0 if rising_N[-1] <= 0 else BEYOND)
    return low + 0.0, high + 0.0  # never -0.0


def _end(rising_N: NDArray[np.float64], *, in_time: bool) -> float:
    """Return where values end above; BEYOND if nothing shows that they do."""
    most = float(rising_N[-1])
    rows = max(STRETCH_ROWS, len(rising_N) // STRETCH_SHARE)
    if len(rising_N) < 3 * rows:
        return BEYOND
    length, missed = _beyond(rising_N, rows)
    # Half as long a stretch must show it too: in a long one, a narrow hill ends like a wall.
    if missed < MISSED or 2 * _beyond(rising_N, rows // 2)[1] < MISSED:
        return BEYOND
    reach = 0.0 if in_time else length / 2
    usual = [end for end in USUAL_ENDS if end == most or most < end < most + reach]
    shared = 4 * np.sum(rising_N == most) >= rows
    return min(usual, default=most if shared else BEYOND)


def _beyond(rising_N: NDArray[np.float64], rows: int) -> tuple[float, float]:
    """Return how long the stretch of the last rows is, and how many should lie beyond it.

    Two stretches as long lie before it. The logarithms of the three numbers of rows are carried
    on along a parabola, as those of a normal density lie on one, and those of counts and of
    waiting times nearly do; if numbers rise towards the end, the last is taken to come again.
    """
    most = rising_N[-1]
    before_N = rising_N[rising_N < most]
    if len(before_N) == 0:
        return 0.0, 0.0
    length = float(most - before_N[: len(rising_N) - rows][-1])
    edges = np.searchsorted(rising_N, most - length * np.arange(4)[::-1], side="right")
    first, second, last = np.maximum(np.diff(edges), 0.5)
    ratio = last / second
    curvature = min(1.0, ratio * first / second)
    return length, float(last if ratio >= 1 else last * ratio * curvature)
