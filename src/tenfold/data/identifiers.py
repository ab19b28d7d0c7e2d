"""Columns that only name or count the rows, as their names and their cells show."""

import math
import re
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DENSE: Final = 0.5  # share of the numbers between its ends that a counter with gaps holds
FIRST: Final = (0, 1)  # where most counters begin
CHANCE: Final = 1e-6  # that numbers all differ, below which they were made to
FEW_WORDS: Final = 20  # addresses or telephone numbers that may be a category
YEARS: Final = (1800, 2100)

_NAMED: Final = re.compile(
    r"(^|[^a-z])(id|uuid|guid|key|index|nr|no|rowid|row[ _.]?(names?|num(ber)?|no|nr|index))"
    r"([^a-z]|$)|^unnamed: ?\d+$|^level_\d+$|^\.\.\.\d+$|^#$",
    re.IGNORECASE,
)
_CAMEL: Final = re.compile(r"[a-z0-9](Id|ID|Nr|No|Key|Uuid|UUID)([^a-z]|$)")
_OF_SOMEONE: Final = re.compile(
    r"(account|booking|case|client|customer|cust|device|driver|employee|emp|invoice|item|listing"
    r"|loan|member|movie|obs|observation|order|participant|passenger|patient|person|player"
    r"|product|record|respondent|sample|session|store|student|subject|ticket|trans|transaction"
    r"|trip|user|vendor|visit)[ _.-]?(id|nr|no|num|number|key)([^a-z]|$)",
    re.IGNORECASE,
)
_TIME: Final = re.compile(
    r"year|yr|jahr|month|week|day|hour|minute|second|time|date|age([^a-z]|$)|epoch|period|quarter"
    r"|distance|depth|height|dose|step|lag",
    re.IGNORECASE,
)
_TELEPHONE_NAME: Final = re.compile(
    r"(^|[^a-z])(tele)?(phone|fax|mobile|tel)([ _.-]?(number|num|no|nr))?([^a-z]|$)",
    re.IGNORECASE,
)
_BYTE: Final = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_ADDRESS: Final = re.compile(
    rf"{_BYTE}(?:\.{_BYTE}){{3}}(?::\d+|/\d+)?|(?:[0-9A-Fa-f]{{0,4}}:){{3,7}}[0-9A-Fa-f]{{1,4}}"
    r"|(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}"
)
_TELEPHONE: Final = re.compile(
    r"(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,5}\) ?|\d{3}[ .-])\d{3,4}[ .-]\d{4}(?: ?x\d+)?"
    r"|(?:\+\d{1,3}[ ./-]?|00\d{1,3}[ ./-])(?:\(?\d{1,5}\)?[ ./-]?){2,6}"
    r"|0\d{1,4}[ /-]\d{3,}(?:[ -]\d{2,})*"
)


def is_named_identifier(name: str) -> bool:
    """Tell whether a column's name says that its cells only name the rows.

    Examples
    --------
    >>> [is_named_identifier(name) for name in ("id", "customerId", "userid", "Unnamed: 0")]
    [True, True, True, True]
    >>> [is_named_identifier(name) for name in ("paid", "humid", "index_of_price", "No")]
    [False, False, True, True]
    """
    return any(named.search(name) for named in (_NAMED, _CAMEL, _OF_SOMEONE))


def why_identifier(name: str, numbers: NDArray[np.float64]) -> str | None:
    """Return what shows that distinct whole numbers only count or name the rows, or None.

    The order of the rows counts for nothing, so that another order gives the same networks.
    A column whose name is empty, where others have one, is an index.

    Examples
    --------
    >>> why_identifier("n", np.arange(30.0)), why_identifier("year", np.arange(1990.0, 2020))
    ('it counts the rows', None)
    >>> why_identifier("n", np.delete(np.arange(1.0, 40), [5, 9, 17]))
    'it counts rows, of which some are gone'
    """
    low, high = numbers.min(), numbers.max()
    if not name or is_named_identifier(name):
        if high - low == len(numbers) - 1:
            return "it counts the rows"
        named = "its name says so" if name else "it has no name, as an index,"
        return f"{named} and no value occurs twice"
    if _TIME.search(name) or (low >= YEARS[0] and high <= YEARS[1]):
        return None
    if high - low == len(numbers) - 1:
        return "it counts the rows"
    span = int(high - low) + 1
    if len(numbers) >= DENSE * span and (low in FIRST or _differ(len(numbers), span) < CHANCE):
        return "it counts rows, of which some are gone"
    return None


def _differ(drawn: int, span: int) -> float:
    """Return the chance that numbers drawn from a span of as many all differ, as birthdays."""
    log = math.lgamma(span + 1) - math.lgamma(span - drawn + 1) - drawn * math.log(span)
    return math.exp(log)


def is_telephone_name(name: str) -> bool:
    """Tell whether a column's name says that it holds telephone numbers."""
    return _TELEPHONE_NAME.search(name) is not None


def is_address(text: str) -> bool:
    """Tell whether a text is the address of a computer.

    Examples
    --------
    >>> is_address("10.235.160.114"), is_address("fe80::1:2:3"), is_address("8.7.3")
    (True, True, False)
    """
    return _ADDRESS.fullmatch(text) is not None


def contact_of(words: "pd.Series[int]", enough: float) -> str | None:
    """Return what words are if they are addresses of computers or telephone numbers, or None.

    Parameters
    ----------
    words : Series of int
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
    if len(words) <= FEW_WORDS:
        return None
    for shape, what in ((_ADDRESS, "network addresses"), (_TELEPHONE, "telephone numbers")):
        if shape.fullmatch(str(words.index[0])) or shape.fullmatch(str(words.index[-1])):
            fits = [shape.fullmatch(str(word)) is not None for word in words.index]
            if words[fits].sum() >= enough * words.sum():
                return f"its cells are {what}"
    return None
