"""Columns that hold the target: copied, in other units, renamed, or by their gaps."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from tenfold.checks.column_readings import (
    FEWEST,
    Reading,
    explained_alone,
    explained_by_bins,
    explained_by_line,
    explained_by_neighbours,
)
from tenfold.checks.finding import Finding
from tenfold.config import Task

# EVIDENCE: benchmarks/audit. Of the clean tables' columns the best alone tells 0.988 of
# yacht's target, which is a power of it, and no other tells 0.91 of a number.
NEARLY_ALL: Final = 0.993
BY_A_LINE: Final = 0.99
SAME_LINE: Final = 0.999  # of another unit, rounded
# Of classes: iris' petal width alone takes 0.94 of the guess's mistakes away.
NEARLY_ALL_CLASSES: Final = 0.97
RENAMED: Final = 0.9  # of a column with as many values as there are classes
REPEATED: Final = 5  # rows of each value that show a rule, on average
GAPS: Final = 0.8  # of the target, told by whether a cell is filled
ONE_SIDED: Final = 1e-6  # chance of one class alone among filled cells


def check_columns(
    columns: Sequence[Reading], target: NDArray[Any], task: Task, name: str
) -> Iterator[Finding]:
    """Yield what columns alone tell of the target: A01, A02 and A03.

    Parameters
    ----------
    columns : sequence of Reading
    target : ndarray of shape (N,)
        Numbers, or class numbers from 0 on.
    task : {"regression", "classification"}
    name : str
        Of the target.

    Examples
    --------
    >>> x = np.arange(100.0)
    >>> copy = Reading(name="total", values=x, categorical=False)
    >>> other = Reading(name="size", values=np.sin(x), categorical=False)
    >>> [str(f.fact) for f in check_columns([copy, other], x, "regression", "price")]
    ["column 'total' contains the target 'price'"]
    """
    if len(target) < FEWEST:
        return
    for column in columns:
        if column.filled.sum() < FEWEST:
            continue
        # A column that is alone is all that there is to learn from.
        alone = len({c.part_of or c.name for c in columns}) == 1
        found = None if alone else _held(column, target, task, name)
        found = found or _gaps(column, target, task, name)
        if found is None and not alone:
            found = _nearly(column, target, task, name)
        if found is not None:
            yield found


def _held(column: Reading, target: NDArray[Any], task: Task, name: str) -> Finding | None:
    """Return that each value of a column has one target, as a copy's or a mean's has."""
    at = column.filled
    x, y = column.values[at], target[at]
    if at.mean() < 0.5 or len(np.unique(x)) < 2:
        return None
    if task == "regression":
        how = _copied(column, target) or _mean_of(column, target)
    else:
        how = _renamed(x, y)
        if not how and int(target.max()) == 1:
            how = _mean_of(column, target.astype(np.float64))
    if not how:
        return None
    return Finding(
        code="A01",
        severity="error",
        fact=f"column {column.name!r} contains the target {name!r}",
        place={"column": column.name, "evidence": f"{how}, in {at.sum():,} rows"},
        fix=(column.without,),
    )


def _copied(column: Reading, target: NDArray[np.float64]) -> str:
    """Say how a number is copied: equal, in step, in other units, or by a category for each."""
    at = column.filled
    x, y = column.values[at], target[at]
    if column.categorical:
        return _named(x, y)
    if np.array_equal(x, y):
        return "its cells equal the target"
    return (_in_step(x, y) if len(np.unique(y)) >= FEWEST / 2 else "") or _named(x, y)


def _in_step(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """Say how a number goes with the target, if it goes with it everywhere."""
    order = np.lexsort((y, x))
    dx, dy = np.diff(x[order]), np.diff(y[order])
    if np.array_equal(dx == 0, dy == 0):
        if (dy >= 0).all():
            return "it always rises with the target"
        if (dy <= 0).all():
            return "it always falls as the target rises"
    if _rounded(x, y):
        return "it is the target in other units, except for rounding"
    if _never_falls(x, y) or _never_falls(-x, y):
        return "it is the target, rounded or divided into ranges"
    return ""


def _rounded(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    """Tell whether a straight line misses by no more than the last digits of the two."""
    x, y = x - x.mean(), y - y.mean()
    x, y = x / (x.std() or 1), y / (y.std() or 1)
    slope = float(x @ y) / len(x)
    miss = np.abs(slope * x - y)
    digits = [float(np.diff(np.unique(part)).min()) for part in (x, y)]
    return bool(miss.max() <= abs(slope) * digits[0] + digits[1]) and bool(
        (miss**2).mean() <= 1 - SAME_LINE
    )


def _never_falls(x: NDArray[np.float64], y: NDArray[np.float64]) -> bool:
    """Tell whether, of any two rows, the one of the larger number has no smaller target.

    One of the two is then the other, rounded. Of values that few rows have that can be chance,
    which as many orders of the rows would have to bring about as there are.
    """
    order = np.lexsort((y, x))
    if (np.diff(y[order]) < 0).any():
        return False
    orders = [
        gammaln(len(x) + 1) - gammaln(np.unique(part, return_counts=True)[1] + 1).sum()
        for part in (x, y)
    ]
    return bool(min(orders) > -np.log(ONE_SIDED))


def _named(x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """Say whether each value of a column stands for one number of the target."""
    values, inverse, count = np.unique(x, return_inverse=True, return_counts=True)
    if len(y) < FEWEST * len(values) or (count > 1).mean() <= 0.5:
        return ""
    low = np.full(len(values), np.inf)
    high = np.full(len(values), -np.inf)
    np.minimum.at(low, inverse, y)
    np.maximum.at(high, inverse, y)
    one_each = bool((low == high).all()) and len(np.unique(low)) == len(values)
    return "each of its values corresponds to one value of the target" if one_each else ""


def _mean_of(column: Reading, target: NDArray[np.float64]) -> str:
    """Say whether each value of a column is the mean target of the rows that have it."""
    if column.categorical:
        return ""
    y = target[column.filled] - target.mean()
    value, group, size = np.unique(
        column.values[column.filled], return_inverse=True, return_counts=True
    )
    several = size > 1
    if several.sum() < FEWEST / 2 or size[several].sum() < 0.5 * len(target):
        return ""
    mean = np.bincount(group, y) / size
    inside = np.sqrt(np.maximum(np.bincount(group, y**2) / size - mean**2, 0))[several].mean()
    off = np.abs(value - target.mean() - mean)[several].max()
    if inside > 1e-6 * target.std() and off <= 1e-3 * target.std():
        return "each of its values is the mean target of its rows"
    return ""


def _renamed(x: NDArray[np.float64], y: NDArray[np.int64]) -> str:
    """Say whether a column names classes in other words."""
    values, inverse = np.unique(x, return_inverse=True)
    classes = np.unique(y)
    if len(values) > 2 * len(classes) or len(y) < REPEATED * len(values):
        return ""
    count = np.zeros((len(values), int(y.max()) + 1), dtype=np.int64)
    np.add.at(count, (inverse, y), 1)
    # A class of few rows can be told apart by chance.
    sure = (count.sum(axis=0)[classes] >= REPEATED).all()
    one_each = ((count > 0).sum(axis=1) == 1).all()
    return f"each of its {len(values)} values belongs to one class" if sure and one_each else ""


def _nearly(column: Reading, target: NDArray[Any], task: Task, name: str) -> Finding | None:
    """Return that one column tells far more of the target than columns usually do."""
    explained = max(
        explained_alone(column, target, task), explained_by_neighbours(column, target, task)
    )
    if task == "regression":
        if column.categorical and len(target) < REPEATED * len(np.unique(column.values)):
            return None  # categories of few rows each are groups, not answers
        enough = NEARLY_ALL
        line = explained_by_line(column, target) if column.filled.mean() > 0.5 else 0.0
        if line >= BY_A_LINE:
            explained, enough = max(explained, line), BY_A_LINE
        shown = "fraction of the variance explained by rows with similar values"
    else:
        values, classes = np.unique(column.values[column.filled]), np.unique(target)
        enough = RENAMED if len(values) == len(classes) else NEARLY_ALL_CLASSES
        shown = "fraction of the baseline's mistakes avoided by its value alone"
    if explained < enough:
        return None
    return Finding(
        code="A02",
        severity="warning",
        fact=(
            f"column {column.name!r} alone explains {100 * explained:.1f} % of the target "
            f"{name!r}"
        ),
        place={"column": column.name, "evidence": shown},
        fix=(column.without, "keep it, if it is known before the target"),
    )


def _gaps(column: Reading, target: NDArray[Any], task: Task, name: str) -> Finding | None:
    """Return that a column is filled where the target is something."""
    at = column.filled
    if min(at.sum(), (~at).sum()) < FEWEST:
        return None
    explained = explained_by_bins(at.astype(np.int64), target, task)
    shown = f"whether a cell is filled explains {100 * explained:.0f} % of the target"
    one_sided = False
    for side, where in (("filled", at), ("empty", ~at)):
        values, count = np.unique(target[where], return_counts=True)
        share = float((target == values[count.argmax()]).mean())
        if len(values) == 1 and share ** where.sum() < ONE_SIDED and share < 0.95:
            shown = f"all {where.sum():,} rows where it is {side} have the same target"
            one_sided = True
    if explained < GAPS and not one_sided:
        return None
    return Finding(
        code="A03",
        severity="error" if explained > 0.995 else "warning",
        fact=f"whether column {column.name!r} is filled depends on the target {name!r}",
        place={"column": column.name, "evidence": shown},
        fix=(column.without, "fill its cells for all rows, as they will be for new ones"),
    )
