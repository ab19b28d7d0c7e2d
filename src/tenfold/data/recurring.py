"""Numbers of which each is learnt by itself, as words are."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Limits of ``recurring_values``: how many values, how often each, and what share of
# the grid that would hold them all. Fewer than FEW are told apart by bins.
FEW: Final = 34
MANY: Final = 256
COMES_BACK: Final = 20
SCATTERED: Final = 0.5


def recurring_values(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
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
    found = numbers[np.isfinite(numbers)]
    values = np.unique(found)
    if not FEW <= len(values) <= min(MANY, len(found) / COMES_BACK):
        return np.zeros(0)
    places = np.ptp(values) / np.diff(values).min() + 1
    return values if len(values) / places < SCATTERED else np.zeros(0)
