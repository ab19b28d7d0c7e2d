"""The edges of the bins that numbers are coded over."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Edges nearer than this are one: float32 hardly parts them, and on which side of such a bin a
# value lies would be up to the processor. A quantile among equal values may be a last bit off.
NARROW: Final = 1e-6


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
