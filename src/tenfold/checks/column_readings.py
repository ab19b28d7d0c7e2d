"""The columns of coded rows, one at a time, and how much of the target one alone tells.

Shape letters in this file:
    N  rows    V  distinct values or bins of a column    C  classes
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Task
from tenfold.data.cells.bags import PLACES
from tenfold.data.columns.encode import EMPTY, Encoded, number_names, places_of
from tenfold.data.columns.schema import Schema

BINS: Final = 64
ROWS_A_BIN: Final = 8
FEWEST: Final = 20  # rows below which nothing is said of a column
NOISE: Final = 1e-12  # of the largest number, by which floating point is off


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reading:
    """One column: its numbers, or the codes of its categories.

    Attributes
    ----------
    name : str
        The column's; of a part of it with the part in brackets.
    values : ndarray of shape (N,), float64
        NaN where a cell is empty.
    categorical : bool
        Whether the values have no order.
    part_of : str
        Of a part of a date, a text or a list, the column that it is a part of.
    mark : bool
        Whether it is 1 where a cell of a text or a list has some word, and 0 elsewhere.
    """

    name: str
    values: NDArray[np.float64]
    categorical: bool
    part_of: str = ""
    mark: bool = False

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which cells hold something."""
        return np.isfinite(self.values)

    @property
    def without(self) -> str:
        """The cure that leaves the column out."""
        return f"leave the column out: --kind {self.part_of or self.name!r}=constant"


def read_columns(rows: Encoded, schema: Schema) -> list[Reading]:
    """Return the columns that a network learns from; dates, text and lists have several."""
    places = places_of(schema)
    numbers = {at: column for column in schema.used for at in places[column.name][0]}
    found = []
    for i, name in enumerate(number_names(schema)):
        whole = numbers[i].name
        mark = numbers[i].kind in PLACES and i > places[whole][0][0]
        found.append(
            Reading(
                name=whole if mark else name,
                values=rows.numbers[:, i].astype(np.float64),
                categorical=False,
                part_of="" if name == whole else whole,
                mark=mark,
            )
        )
    for i, column in enumerate(schema.categories):
        codes = rows.codes[:, i].astype(np.float64)
        codes[rows.codes[:, i] == EMPTY] = np.nan
        found.append(Reading(name=column.name, values=codes, categorical=True))
    return found


def step_of(values: NDArray[np.float64]) -> float:
    """Return the least difference between numbers, what floating point adds put aside.

    Of rounded numbers it is what they are rounded to; of others next to nothing.

    Examples
    --------
    >>> step_of(np.array([0.1 + 0.2, 0.3, 0.7, 0.55])), step_of(np.array([20.0, 5, 35]))
    (0.15, 15.0)
    """
    largest = float(np.abs(values).max()) or 1.0
    steps = np.diff(np.sort(values))
    real = steps[steps > NOISE * largest]
    return float(f"{real.min():.12g}") if len(real) else 0.0


def spread(rows: int, most: int) -> NDArray[np.int64]:
    """Return the positions of so many rows at most, evenly spread.

    Examples
    --------
    >>> spread(9, 3).tolist(), spread(2, 3).tolist()
    ([0, 4, 8], [0, 1])
    """
    return np.linspace(0, rows - 1, min(most, rows)).astype(np.int64)


def explained_alone(column: Reading, target: NDArray[Any], task: Task) -> float:
    """Return the share of the guess's error that a column alone takes away, 1 at most.

    Each row is answered by the other rows of its value, or of its bin, so nothing is gained
    by values that occur once.

    Examples
    --------
    >>> x = np.arange(100.0)
    >>> column = Reading(name="x", values=x, categorical=False)
    >>> bool(explained_alone(column, 2 * x, "regression") > 0.98)
    True
    """
    return explained_by_bins(bins_of(column), target, task)


def bins_of(column: Reading) -> NDArray[np.int64]:
    """Return the number of each row's value, or of its bin if there are many; empty is one."""
    filled = column.filled
    bins = np.zeros(len(filled), dtype=np.int64)
    if not filled.any():
        return bins
    values = column.values[filled]
    distinct = np.unique(values)
    most = max(2, min(BINS, len(values) // ROWS_A_BIN))
    if column.categorical or len(distinct) <= most:
        bins[filled] = np.searchsorted(distinct, values) + 1
        return bins
    edges = np.unique(np.quantile(values, np.arange(1, most) / most))
    bins[filled] = np.searchsorted(edges, values, side="right") + 1
    return bins


def explained_by_bins(bins: NDArray[np.int64], target: NDArray[Any], task: Task) -> float:
    """Return the share of the guess's error that a grouping of the rows takes away.

    The error is the squared one, or the number of wrong classes.
    """
    size = np.bincount(bins)
    if task == "regression":
        spread = target - target.mean()
        total = np.bincount(bins, spread)
        others = (total[bins] - spread) / np.maximum(size[bins] - 1, 1)
        guess = float((spread**2).sum())
        return 1 - float(((spread - others) ** 2).sum()) / guess if guess else 0.0
    whole = np.bincount(target)
    count = np.zeros((len(size), len(whole)))
    np.add.at(count, (bins, target), 1)
    left = count[bins]
    left[np.arange(len(target)), target] -= 1
    left += 1e-3 * whole / len(target)  # a value seen once is answered by the frequent class
    wrong = int((left.argmax(axis=1) != target).sum())
    guess_wrong = len(target) - int(whole.max())
    return 1 - wrong / guess_wrong if guess_wrong else 0.0


def explained_by_neighbours(column: Reading, target: NDArray[Any], task: Task) -> float:
    """Return the share of the guess's error that the rows of the nearest values take away."""
    filled = column.filled
    if (
        column.categorical
        or filled.sum() < FEWEST
        or len(np.unique(column.values[filled])) < FEWEST
    ):
        return 0.0
    # Rows of equal values stand in an order that their place in the file does not give.
    chance = np.random.default_rng(0).permutation(int(filled.sum()))
    y = target[filled][np.lexsort((chance, column.values[filled]))]
    if task == "regression":
        miss = y[1:-1] - (y[:-2] + y[2:]) / 2
        variance = float(y.var())
        return 1 - float((miss**2).mean()) / (1.5 * variance) if variance else 0.0
    wrong = float((y[1:] != y[:-1]).mean())
    guess_wrong = 1 - float(np.bincount(y).max()) / len(y)
    return 1 - wrong / guess_wrong if guess_wrong else 0.0


def explained_by_line(column: Reading, target: NDArray[np.float64]) -> float:
    """Return the share of a number's variance that a straight line through a column tells."""
    x, y = column.values[column.filled], target[column.filled]
    if column.categorical or x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1] ** 2)
