"""Cells of one column as numbers, as text, as truth values and as dates."""

import re
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TRUE_WORDS: Final = frozenset({"true", "yes", "y", "t"})
FALSE_WORDS: Final = frozenset({"false", "no", "n", "f"})
# The day comes first where a dot parts it, the month where a slash does, unless
# a value shows otherwise: kinds.py tries these in turn on all cells.
DATE_FORMATS: Final = (
    "ISO8601",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%d-%m-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
)

_THOUSANDS: Final = {
    ".": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"),
    ",": re.compile(r"[+-]?\d{1,3}(\.\d{3})+"),
}


def is_numeric(cells: "pd.Series[Any]") -> bool:
    """Tell whether a column is stored as numbers (truth values are not)."""
    return pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)


def to_numbers(cells: "pd.Series[Any]", decimal: str = ".") -> NDArray[np.float64]:
    """Return the cells as numbers; NaN where a cell is empty, infinite or no number.

    Examples
    --------
    >>> to_numbers(pd.Series(["1.5", "1,250", "x", None], dtype=object))
    array([   1.5, 1250. ,    nan,    nan])
    >>> to_numbers(pd.Series(["1.250,5"], dtype=object), decimal=",")
    array([1250.5])
    """
    if not is_numeric(cells):
        cells = cells.map(lambda cell: _plain(cell, decimal), na_action="ignore")
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _plain(cell: object, decimal: str) -> object:
    if not isinstance(cell, str):
        # Dates would become nanoseconds and truth values 0 and 1 if they were let through.
        if isinstance(cell, Decimal):
            return float(cell)
        known = isinstance(cell, (int, float, np.number)) and not isinstance(cell, bool)
        return cell if known else None
    if decimal == "," and "," in cell:
        return cell.replace(".", "").replace(",", ".")
    parts = "." if decimal == "," else ","
    if parts in cell and _THOUSANDS[decimal].fullmatch(cell):
        return cell.replace(parts, "")
    return cell


def to_text(cells: "pd.Series[Any]") -> NDArray[np.object_]:
    """Return the cells as text, None where empty; whole numbers without a point.

    Examples
    --------
    >>> to_text(pd.Series([1.0, 2.5, None])).tolist()
    ['1', '2.5', None]
    """
    out = np.full(len(cells), None, dtype=object)
    filled = cells.notna().to_numpy()
    out[filled] = [_word(cell) for cell in cells[filled]]
    return out


def _word(cell: object) -> str:
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    return str(cell)


def count_words(texts: NDArray[np.object_]) -> "pd.Series[int]":
    """Return how often each word occurs, the most frequent first, then in order of text.

    So which words come first does not depend on the order of the rows.

    Examples
    --------
    >>> count_words(np.array(["b", "c", "b", "a"], dtype=object)).to_dict()
    {'b': 2, 'a': 1, 'c': 1}
    """
    counts = pd.Series(texts, dtype=object).value_counts(sort=False).sort_index()
    return counts.sort_values(ascending=False, kind="stable")


def to_truth(texts: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return 1 for true, 0 for false, NaN for empty cells and other words.

    Examples
    --------
    >>> to_truth(np.array(["Yes", "no", "0", None], dtype=object))
    array([ 1.,  0.,  0., nan])
    """
    words = {
        **dict.fromkeys(TRUE_WORDS | {"1"}, 1.0),
        **dict.fromkeys(FALSE_WORDS | {"0"}, 0.0),
    }
    found = [words.get(text.lower(), np.nan) if text is not None else np.nan for text in texts]
    return np.array(found, dtype=np.float64)


def to_dates(cells: "pd.Series[Any]", layout: str) -> NDArray[np.datetime64]:
    """Return the cells as UTC times, NaT where a cell is empty or not of the format.

    Examples
    --------
    >>> to_dates(pd.Series(["2024-02-29", "30 Feb"], dtype=object), "ISO8601").tolist()
    [datetime.datetime(2024, 2, 29, 0, 0), None]
    """
    if isinstance(cells.dtype, pd.PeriodDtype):
        cells = cells.dt.to_timestamp()
    times = pd.to_datetime(cells, format=layout, errors="coerce", utc=True)
    return times.dt.tz_localize(None).to_numpy(dtype="datetime64[s]")


def days_of(times: "pd.Series[Any]") -> "pd.Series[float]":
    """Return moments as days since 1970, with fractions.

    Examples
    --------
    >>> days_of(pd.Series(pd.to_datetime(["1970-01-02 12:00"]))).tolist()
    [1.5]
    """
    # In nanoseconds, as pandas counts by default, there is no year after 2262.
    return (times - pd.Timestamp(0).as_unit("s")).dt.total_seconds() / 86_400
