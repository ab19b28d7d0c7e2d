"""Cells of a column that are equal but for rounding.

A table that was copied through another program comes back with other last digits: computed
in another order, kept as float32, or written with seven digits. What counts as rounding is
told by the column. Whole numbers are exact, however large: identifiers and seconds differ by
one where a float32 sees none. Of other numbers the scale is what the column spans around the
cell, not the size of the cell: beside 1,000,000,000.25 a column may hold 1,000,000,000.75,
which is another value. Nor is it what the whole column spans: beside 1e-9 it may hold 2e-9,
though others are near 1, and some may be -9,999 where nothing was measured.

Shape letters in this file:
    N  cells    U  distinct values    C  values that a float32 can tell apart
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

# Of what the tenth of a column's values around a cell spans, or of a fifth of what its middle
# half spans and the cell is away from the median, if that is less: about a millionth of the
# column, if its values lie evenly. Seven digits of numbers around zero, or a float32, are ten
# times as sharp, and a network on standardised columns hardly sees a millionth.
SHARE: Final = 1e-5
AROUND: Final = 20  # as many parts of the values are looked at on each side
LEAST: Final = 4  # values on each side, at least
# Of the distance that values have on average: in a long column they must not all hang together.
OF_DISTANCE: Final = 0.1
UNITS: Final = 2  # in the last place, that an operation more or less makes


def without_rounding(cells_N: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return the cells of a column of numbers, those equal but for rounding as one value.

    Two neighbouring values are equal but for rounding if they are nearer than about a
    millionth of what the column spans, and than that much of their neighbourhood if values lie
    closer there. The time that it takes is that of sorting.

    Parameters
    ----------
    cells_N : ndarray of shape (N,)
        NaN where a cell is empty.

    Returns
    -------
    ndarray of shape (N,), float64
        The least of the values that are equal but for rounding.

    Examples
    --------
    >>> without_rounding(np.array([0.1, 0.1 + 1e-12, 0.7, np.nan])).tolist()
    [0.1, 0.1, 0.7, nan]
    >>> seconds = np.array([1.7e9, 1.7e9 + 1, 1.7e9 + 2])
    >>> np.array_equal(without_rounding(seconds), seconds)
    True
    """
    cells_N = cells_N.astype(np.float64) + 0.0  # which turns -0.0 into 0.0
    finite_N = np.isfinite(cells_N)
    value_U, place = np.unique(cells_N[finite_N], return_inverse=True)
    if len(value_U) < 2 or (value_U == np.round(value_U)).all():
        return cells_N
    limit_U = np.maximum(_scale(value_U), UNITS * np.spacing(np.abs(value_U)))
    separate = np.diff(value_U) > np.maximum(limit_U[1:], limit_U[:-1])
    first = np.flatnonzero(np.r_[True, separate])
    same_U = value_U[first][np.cumsum(np.r_[False, separate])]
    cells_N[finite_N] = same_U[place]
    return cells_N


def _scale(value_U: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what is rounding beside each of a column's values, in rising order.

    The tenth of the values around the last ones before a gap reaches over it; the distance
    from the middle does not.
    """
    quarters = np.quantile(value_U, (0.25, 0.5, 0.75))
    reach_U = (quarters[2] - quarters[0] + np.abs(value_U - quarters[1])) / 5
    # Noise makes many values of one; a float32 does not see it.
    limit = float(np.finfo(np.float32).max)
    value_C = np.unique(np.clip(value_U, -limit, limit).astype(np.float32)).astype(np.float64)
    count = len(value_C)
    around = max(LEAST, count // AROUND)
    at = np.searchsorted(value_C, value_U)
    low, high = np.maximum(at - around, 0), np.minimum(at + around, count - 1)
    span_U = value_C[high] - value_C[np.minimum(low, count - 1)]
    return np.asarray(np.minimum(span_U, reach_U) * min(SHARE, OF_DISTANCE / (2 * around)))
