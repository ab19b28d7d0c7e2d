"""Seconds that a model is expected to take, by rows, columns and classes.

Fitted to what each contender took on data of many shapes (benchmarks/LOG.md).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of a fold: ``factor * (rows / 1000) ** a * columns ** b * classes ** c * w``.

    ``w`` is ``exp(categorical * their share of columns)``; of two classes the factor is 1.
    For networks that train all folds at once it is the seconds of all folds, and ``rows`` those
    of all folds together.

    Attributes
    ----------
    factor : float
    rows, columns, classes : float
        The powers a, b and c.
    categorical : float
    once : float
        Seconds for a thousand rows that are spent once for all folds, on their features.
    """

    factor: float
    rows: float
    columns: float = 0.0
    classes: float = 0.0
    categorical: float = 0.0
    once: float = 0.0

    def seconds(self, rows: float, columns: int, classes: int, categorical: float) -> float:
        """Return the seconds for so many rows to learn from.

        Examples
        --------
        >>> Cost(0.5, 1.0).seconds(2_000, columns=8, classes=2, categorical=0.0)
        1.0
        """
        return float(
            self.factor
            * (rows / 1000) ** self.rows
            * columns**self.columns
            * max(1, classes - 1) ** self.classes
            * np.exp(self.categorical * categorical)
        )
