"""The formats in which dates are read, and which of them some cells may have."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from itertools import product
from typing import Final

ISO: Final = "ISO8601"
# The day comes first where a dot or a dash parts it, the month where a slash does, unless a
# value shows otherwise: kinds.py tries these in turn on all cells.
_DAYS: Final = (
    *("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%d-%m-%Y", "%m-%d-%Y", "%Y.%m.%d"),
    *("%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d-%m-%y", "%m-%d-%y", "%y-%m-%d", "%y/%m/%d"),
    *("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y"),
    *("%d-%b-%Y", "%d-%B-%Y", "%d-%b-%y", "%d %b %y", "%d/%b/%Y", "%d. %B %Y", "%Y-%b-%d"),
    *("%d%b%Y", "%b. %d, %Y", "%d %B, %Y", "%d. %b %Y", "%d.%b.%Y", "%Y_%m_%d"),
    *("%a, %b %d, %Y", "%a, %d %b %Y", "%A, %B %d, %Y", "%A, %d %B %Y"),
    *("%a %d %b %Y", "%a %d.%m.%Y", "%a %m/%d/%Y", "%a %d/%m/%Y"),
)
_NUMERIC: Final = ("%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y")  # with the clock before them
_CLOCKS: Final = (
    *("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", ", %H:%M", ", %H:%M:%S"),
    *(" %I:%M %p", " %I:%M:%S %p", " %I:%M%p", ", %I:%M %p", ", %I:%M:%S %p"),
    *(" %H:%M:%S %z", " %H:%M %z", " %H:%M:%S UTC", " - %H:%M", " - %H:%M:%S", ":%H:%M:%S"),
    *(" %H:%M Uhr", " um %H:%M", " um %H:%M Uhr"),
)
_MONTHS: Final = (
    *("%b-%y", "%b-%Y", "%b %Y", "%B-%Y", "%B %Y", "%b %y", "%B %y", "%m/%Y", "%m-%Y", "%m.%Y"),
    *("%Y-%b", "%Y %b", "%Y %B"),
)
# Without a year: strptime takes 1900 for it.
_MONTH_DAYS: Final = (
    *("%b %d", "%B %d", "%b. %d", "%b-%d", "%d %b", "%d %B", "%d-%b", "%d. %b", "%d. %B"),
    *("%d.%b", "%d/%b"),
)
DIGITS: Final = ("%Y%m%d", "%m%d%Y", "%d%m%Y")
"""Eight digits, which may be a number as well."""
_OTHERS: Final = (
    *("%a %b %d %H:%M:%S %z %Y", "%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S %Z"),
    *("%Y-%m-%d %I:%M %p", "%Y-%m-%d %I:%M:%S %p", "%d/%b/%Y:%H:%M:%S %z"),
    *(
        "%Y-%m-%d %H:%M:%S UTC",
        "%Y-%m-%d %H:%M:%S.%f UTC",
        "%Y-%m-%d_%H-%M-%S",
        "%Y-%m-%d (%a)",
    ),
    *(f"{clock} {day}" for day in _NUMERIC for clock in ("%H:%M", "%H:%M:%S")),
)
DATE_FORMATS: Final = (
    ISO,
    *(day + clock for day, clock in product(_DAYS, _CLOCKS)),
    *_MONTHS,
    *_MONTH_DAYS,
    *DIGITS,
    *_OTHERS,
)
FIRST_YEAR, LAST_YEAR = 1900, 2100  # of dates that are written as eight digits

_PARTS: Final = {
    **dict.fromkeys(("%d", "%m", "%H", "%I", "%M", "%S"), r"\d{1,2}"),
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%f": r"\d{1,9}",
    "%p": "[AaPp][Mm]",
    "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]{3,9}",
    "%a": "[A-Za-z]{3}",
    "%A": "[A-Za-z]{6,9}",
    "%z": r"(?:Z|[+-]\d\d:?\d\d)",
    "%Z": "[A-Z]{3}",
}


_ALL_MONTH: Final = (3, 28, 8)  # the first and the last day, and how many there are at least


def by_day(layout: str, cells: Iterable[str]) -> tuple[str, bool] | None:
    """Return how the year of two digits in a month's format may be a day instead.

    ``Nov 20`` is November 2020, or the 20th of any November.

    Parameters
    ----------
    layout : str
    cells : iterable of str
        Distinct ones of that format.

    Returns
    -------
    tuple of (str, bool), or None
        The format with the day, and whether the numbers run through the days of a month, as
        years hardly do. None if a number cannot be a day.

    Examples
    --------
    >>> by_day("%b %y", ["Nov 20", "Jan 31", "Feb 29"])
    ('%b %d', False)
    >>> by_day("%b %y", [f"Jan {day:02}" for day in range(1, 32)])
    ('%b %d', True)
    >>> by_day("%b %y", ["Nov 99"]), by_day("%b %y", ["Feb 30"]), by_day("%d %b %y", [])
    (None, None, None)
    """
    if "%y" not in layout or "%d" in layout or "%m" in layout:
        return None
    days = layout.replace("%y", "%d")
    numbers = set()
    for cell in cells:
        try:  # of a leap year, so that the last of February is one
            read = datetime.strptime(f"2000 {cell}", f"%Y {days}")  # noqa: DTZ007
            numbers.add(read.day)
        except ValueError:
            return None
    first, last, most = _ALL_MONTH
    full = bool(numbers) and min(numbers) <= first and max(numbers) >= last
    return days, full and len(numbers) >= most


@cache
def _shape(layout: str) -> re.Pattern[str]:
    parts = re.split(r"(%[A-Za-z])", layout)
    return re.compile("".join(_PARTS.get(part) or re.escape(part) for part in parts))


def likely(cells: Iterable[str]) -> Iterator[str]:
    """Yield the formats that some of the cells have the shape of, in their order.

    ISO 8601 and what pandas takes for it is always among them.

    Examples
    --------
    >>> list(likely(["19-Feb-05"])), list(likely(["2/19/05", "red"]))
    (['ISO8601', '%d-%b-%y'], ['ISO8601', '%m/%d/%y', '%d/%m/%y'])
    """
    cells = list(cells)
    # Digits are as good as one another here, so that few shapes are left to be looked at.
    shapes = {re.sub(r"\d", "0", cell): cell for cell in cells}
    for layout in DATE_FORMATS:
        if layout == ISO or any(map(_shape(layout).fullmatch, shapes.values())):
            yield layout
