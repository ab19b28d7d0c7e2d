"""Cells of one column as moments: dates, and days since 1970."""

import datetime
import re
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.cells.date_formats import ISO
from tenfold.data.cells.parse import TIDY, is_text
from tenfold.data.cells.words import tidy, word_of

_ISO_DAY: Final = re.compile(r"\s*\d{4}-\d\d-\d\d")
DATES: Final = (str, datetime.date, np.datetime64)


def to_dates(cells: "pd.Series[Any]", layout: str) -> NDArray[np.datetime64]:
    """Return the cells as UTC times, NaT where a cell is empty or not of the format.

    Examples
    --------
    >>> to_dates(pd.Series(["2024-02-29", "30 Feb"], dtype=object), "ISO8601").tolist()
    [datetime.datetime(2024, 2, 29, 0, 0), None]
    """
    if isinstance(cells.dtype, pd.CategoricalDtype):
        known = to_dates(pd.Series(cells.cat.categories, dtype=object), layout)
        return np.append(known, np.datetime64("NaT"))[cells.cat.codes.to_numpy()]
    if isinstance(cells.dtype, pd.PeriodDtype):
        cells = cells.dt.to_timestamp()
    elif cells.dtype.kind not in "MO" or (cells.dtype == object and not is_text(cells)):
        # pandas would take a number for nanoseconds; here it is what its digits say.
        held = cells.astype(object).where(cells.notna(), None)
        read = [
            cell if isinstance(cell, DATES) or cell is None else word_of(cell) for cell in held
        ]
        cells = pd.Series(read, dtype=object)
    elif is_text(cells) and not TIDY.fullmatch("".join(cells.dropna())):
        cells = cells.map(tidy, na_action="ignore")
    times = pd.to_datetime(cells, format=layout, errors="coerce", utc=True)
    return times.dt.tz_localize(None).to_numpy(dtype="datetime64[s]")


def to_moments(cells: "pd.Series[Any]", layout: str | None) -> NDArray[np.datetime64]:
    """Return the cells of a column of dates as UTC times, NaT where there is none.

    Text in ISO 8601 is read beside the format of the column: it can mean one day only.

    Examples
    --------
    >>> days = pd.Series(["29.02.2024", "2024-03-01", "3/1/24"], dtype=object)
    >>> to_moments(days, "%d.%m.%Y").astype("datetime64[D]").tolist()
    [datetime.date(2024, 2, 29), datetime.date(2024, 3, 1), None]
    """
    times = to_dates(cells, layout or ISO)
    if layout in {None, ISO} or not is_text(cells):
        return times
    left = np.flatnonzero(np.isnat(times) & cells.notna().to_numpy())
    plain = left[[_ISO_DAY.match(cell) is not None for cell in cells.iloc[left]]]
    if len(plain):
        times = times.copy()
        times[plain] = to_dates(cells.iloc[plain], ISO)
    return times


def days_of(times: "pd.Series[Any]") -> "pd.Series[float]":
    """Return moments as days since 1970, with fractions.

    Examples
    --------
    >>> days_of(pd.Series(pd.to_datetime(["1970-01-02 12:00"]))).tolist()
    [1.5]
    """
    # In nanoseconds, as pandas counts by default, there is no year after 2262.
    return (times - pd.Timestamp(0).as_unit("s")).dt.total_seconds() / 86_400
