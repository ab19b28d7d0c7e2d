"""Columns that an expert would add to a table, made row by row and without the target.

Ratios and products of measurements, logarithms of what spreads over sizes, dates taken
apart. A tree has to build a ratio from many cuts, and a line cannot; a network can learn
it. How much each gains by being given them is the third of the tutorial's differences.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.contest.contest import MANY_ROWS
from tenfold.contest.problem import numbers_of

# Columns of numbers that are combined, those with most values; fewer of many rows, where
# each column that is added costs every contender more.
CHOSEN, CHOSEN_OF_MANY = 5, 3
FEW: Final = 10  # a column of fewer values is a mark rather than a measurement
SPREAD: Final = 20.0  # largest over middle value, from which a logarithm tells more
DATE_PARTS: Final = ("year", "month", "day", "day_of_week", "hour")


def expert_columns(
    X: pd.DataFrame, dates: Mapping[str, NDArray[np.datetime64]]
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Yield each column that an expert would add, with its name.

    Examples
    --------
    >>> X = pd.DataFrame({"cost": np.arange(1.0, 21.0), "area": np.arange(20.0, 0.0, -1.0)})
    >>> [name for name, _ in expert_columns(X, {})]
    ['area / cost', 'area x cost']
    """
    chosen = _measurements(X, set(dates))
    for name in chosen:
        cells = X[name].to_numpy()
        middle = np.nanmedian(cells)
        if np.nanmin(cells) >= 0 and np.nanmax(cells) > SPREAD * max(middle, 1e-300):
            yield f"log {name}", np.log1p(cells)
    for one, other in combinations(chosen, 2):
        a, b = X[one].to_numpy(), X[other].to_numpy()
        divided, by = (one, other) if _has_no_zero(b) else (other, one)
        if _has_no_zero(X[by].to_numpy()):
            yield f"{divided} / {by}", X[divided].to_numpy() / X[by].to_numpy()
        yield f"{one} x {other}", a * b
    for name, moments in dates.items():
        parts = pd.Series(moments).dt
        for part in DATE_PARTS:
            found = getattr(parts, part).to_numpy(np.float64, na_value=np.nan)
            if len(np.unique(found[~np.isnan(found)])) > 1:
                yield f"{name} ({part})", found


def _measurements(X: pd.DataFrame, dates: set[str]) -> list[str]:
    """Return the columns of numbers with most values, those first."""
    counts = {name: X[name].nunique() for name in numbers_of(X) if name not in dates}
    several = [name for name, count in counts.items() if count >= FEW]
    chosen = CHOSEN if len(X) <= MANY_ROWS else CHOSEN_OF_MANY
    return sorted(several, key=lambda name: (-counts[name], name))[:chosen]


def _has_no_zero(cells: NDArray[Any]) -> bool:
    """Tell whether a column can be divided by: all its cells have one sign."""
    low, high = np.nanmin(cells), np.nanmax(cells)
    return bool(low > 0 or high < 0)
