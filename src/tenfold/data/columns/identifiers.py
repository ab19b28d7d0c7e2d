"""Columns that only name or count the rows, as their names and their cells show."""

import math
import re
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.cells.looks import ADDRESS
from tenfold.data.columns.naming import may_count, said_by

DENSE: Final = 0.5  # share of the numbers between its ends that a counter with gaps holds
DENSER: Final = 0.9  # the same, if the column has a name that may be that of a measure
FIRST: Final = (0, 1)  # where most counters begin
STEPS: Final = (2, 5, 10, 20, 50, 100, 1_000)  # of counters that leave room for more rows
DIFFERENT: Final = 0.95  # of the values of a column whose name says that they name the rows
CHANCE: Final = 1e-6  # that numbers all differ, below which they were made to
FEW_VALUES: Final = 20  # addresses or telephone numbers that may be a category
YEARS: Final = (1800, 2100)

_TELEPHONE_NAME: Final = re.compile(
    r"(^|[^a-z])(tele)?(phone|fax|mobile|tel)([ _.-]?(number|num|no|nr))?([^a-z]|$)",
    re.IGNORECASE,
)
_TELEPHONE: Final = re.compile(
    r"(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\) ?|\d{3}[ .-])\d{3,4}[ .-]\d{4}(?: ?x\d+)?"
    r"|(?:\+\d{1,3}[ ./-]?|00\d{1,3}[ ./-])(?:\(?\d{1,5}\)?[ ./-]?){2,6}"
    r"|0\d{1,4}[ /-]\d{3,}(?:[ -]\d{2,})*"
)


def why_identifier(name: str, numbers: NDArray[np.float64]) -> str | None:
    """Return what shows that whole numbers only count or name the rows, or None.

    The order of the rows counts for nothing, so that another order gives the same networks.
    A column whose name is empty, where others have one, is an index. A column whose name says
    that it measures something is none, whatever its numbers: to lose a column that predicts
    costs more than to learn from one that does not.

    Examples
    --------
    >>> why_identifier("n", np.arange(30.0)), why_identifier("year", np.arange(1990.0, 2020))
    ('it counts the rows', None)
    >>> why_identifier("n", np.delete(np.arange(1.0, 40), [5, 9, 17]))
    'it counts rows, some of which are missing'
    >>> why_identifier("population", np.arange(3000.0, 3350))
    """
    says, values = said_by(name), np.unique(numbers)
    differ = len(values) == len(numbers)
    if says == "names" and len(values) >= (DIFFERENT if name else 1) * len(numbers):
        if differ and values[-1] - values[0] == len(values) - 1:
            return "it counts the rows"
        named = "its name says so" if name else "it has no name, as an index,"
        many = f"{len(values):,} of {len(numbers):,} values are different"
        return f"{named} and {'no value occurs twice' if differ else many}"
    if says == "measures" or not differ:
        return None
    if values[0] >= YEARS[0] and values[-1] <= YEARS[1]:
        return None
    return _why_counter(values, sure=may_count(name))


def _why_counter(values: NDArray[np.float64], *, sure: bool) -> str | None:
    """Return what shows that distinct numbers, in their order, count rows, or None.

    Parameters
    ----------
    values : ndarray of shape (N,)
    sure : bool
        Whether the name speaks for a counter, or not against it. If it may be that of a
        measure, a counter begins where counters do, and has few gaps.
    """
    low = values[0]
    steps = np.diff(values)
    if np.all(steps == 1) and (sure or low in FIRST):
        return "it counts the rows"
    if steps[0] in STEPS and np.all(steps == steps[0]) and low in {0, steps[0]}:
        return f"it counts the rows in steps of {int(steps[0]):,}"
    span = int(values[-1] - low) + 1
    dense = len(values) >= (DENSE if sure else DENSER) * span
    chance = _differ(len(values), span) < CHANCE if dense else False
    if dense and ((low in FIRST or chance) if sure else (low in FIRST and chance)):
        return "it counts rows, some of which are missing"
    return None


def _differ(drawn: int, span: int) -> float:
    """Return the chance that numbers drawn from a span of as many all differ, as birthdays."""
    log = math.lgamma(span + 1) - math.lgamma(span - drawn + 1) - drawn * math.log(span)
    return math.exp(log)


def is_telephone_name(name: str) -> bool:
    """Tell whether a column's name says that it holds telephone numbers."""
    return _TELEPHONE_NAME.search(name) is not None


def contact_of(counts: "pd.Series[int]", enough: float) -> str | None:
    """Return what words are if they are addresses of computers or telephone numbers, or None.

    Parameters
    ----------
    counts : Series of int
        How often each word occurs.
    enough : float
        Share of the cells that have to be.

    Examples
    --------
    >>> contact_of(pd.Series({f"(320) 555-{n}": 1 for n in range(1000, 1040)}), 0.95)
    'its cells are telephone numbers'
    >>> contact_of(pd.Series({"red": 3, "blue": 4}), 0.95) is None
    True
    """
    if len(counts) <= FEW_VALUES:
        return None
    for shape, what in ((ADDRESS, "network addresses"), (_TELEPHONE, "telephone numbers")):
        if shape.fullmatch(str(counts.index[0])) or shape.fullmatch(str(counts.index[-1])):
            fits = [shape.fullmatch(str(value)) is not None for value in counts.index]
            if counts[fits].sum() >= enough * counts.sum():
                return f"its cells are {what}"
    return None
