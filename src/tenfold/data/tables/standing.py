"""Where rows stand among all that a user gave, some of which were left out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Standing:
    """Where N rows stand among the M that a user gave.

    Positions that a user names count all M: rows without a weight or an answer, and rows that
    could not be read, are left out of a table without moving the others.

    Attributes
    ----------
    at : ndarray of shape (N,), int64
        Position of each row among all, from 0 on, each another.
    count : int
        M.
    """

    at: NDArray[np.int64]
    count: int

    def order(self, rows_N: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each of the M which of some of the rows it is, -1 for none.

        Examples
        --------
        >>> standing = Standing(at=np.array([0, 2, 5]), count=6)
        >>> standing.order(np.array([2, 0])).tolist()
        [1, -1, -1, -1, -1, 0]
        """
        order_M = np.full(self.count, -1, dtype=np.int64)
        order_M[self.at[rows_N]] = np.arange(len(rows_N))
        return order_M
