"""Durations and clock times as numbers: days, and hours since midnight.

A duration counts in days, as spreadsheets count it and as moments are counted here. It is
written ``1 days 02:00:00``, ``26:00:00``, ``1d 2h`` or, by ISO 8601, ``P1DT2H``; a clock time
``14:30``, ``14:30:05``, ``14h30`` or ``2:30 PM``. What lies below a microsecond is cut off.
"""

import re
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

AmountForm = Literal[
    "amount",
    "european sizes",
    "spanish sizes",
    "english sizes",
    "indian sizes",
    "metric sizes",
    "byte sizes",
    "credits",
    "debits",
    "minutes",
]
Form = Literal["number", "duration", "clock"] | AmountForm
"""How the cells of a column of numbers are written when they are text.

Amounts are read each by itself, by one way to write magnitudes (``magnitudes.LADDERS``), with
the credits or the debits of an account below zero, or as minutes and seconds.
"""
AMOUNTS: Final[tuple[AmountForm, ...]] = get_args(AmountForm)
FORMS: Final[tuple[Form, ...]] = ("number", "duration", "clock", *AMOUNTS)
SECONDS: Final[dict[Form, float]] = {**dict.fromkeys(FORMS, 86_400), "clock": 3_600}
"""In one unit of the numbers."""
UNITS: Final[dict[Form, str]] = {
    "number": "numbers",
    **dict.fromkeys(AMOUNTS, "amounts"),
    "duration": "durations, in days",
    "clock": "clock times, in hours since midnight",
}

_MICRO: Final = 1_000_000
_CLOCK: Final = re.compile(
    r"(\d{1,2})[:h]([0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?(?: ?(?:([ap])\.?m\.?|Uhr))?",
    re.IGNORECASE,
)
_DAYS: Final = re.compile(
    r"([+-]?\d{1,9}) days?(?:,? ([+-]?)(\d{1,2}):([0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?)?"
)
_HOURS: Final = re.compile(r"([+-]?)(\d{1,9}):([0-5]\d)(?::([0-5]\d)(?:\.(\d+))?)?")
_WORDS: Final = re.compile(
    r"(?=\d)(?:(\d{1,9}) ?d(?:ays?)?,?(?: |$))?(?:(\d{1,9}) ?h(?:(?:ou)?rs?)?(?: |(?=\d)|$))?"
    r"(?:(\d{1,9}) ?m(?:in(?:ute)?s?)?\.?(?: |(?=\d)|$))?"
    r"(?:(\d{1,9}) ?s(?:ec|ecs|econds?)?\.?)?",
    re.IGNORECASE,
)
_PART: Final = re.compile(r"\d+ ?[dhms]", re.IGNORECASE)
_ISO: Final = re.compile(
    r"([+-]?)P(?=.*\d)(?:(\d{1,9})W)?(?:(\d{1,9})D)?"
    r"(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d+))?S)?)?"
)


def units_of(form: Form, unit: str = "") -> str:
    """Say what the numbers of a column are.

    Examples
    --------
    >>> units_of("number"), units_of("clock"), units_of("amount", "kg")
    ('numbers', 'clock times, in hours since midnight', 'amounts in kg')
    """
    return f"{UNITS[form]} in {unit}" if unit else UNITS[form]


def clock_hours(text: str) -> float:
    """Return a clock time as hours since midnight, NaN if the text is none.

    Examples
    --------
    >>> clock_hours("14:30"), clock_hours("02:30:36 PM"), clock_hours("26:00")
    (14.5, 14.51, nan)
    """
    found = _CLOCK.fullmatch(text)
    if found is None:
        return np.nan
    hour = int(found[1])
    if found[5]:
        if not 1 <= hour <= 12:
            return np.nan
        hour = hour % 12 + (12 if found[5] in "pP" else 0)
    micros = _micros(0, hour, found[2], found[3], found[4])
    return _count(micros, "clock") if micros <= 24 * 3_600 * _MICRO else np.nan


def duration_days(text: str) -> float:
    """Return a duration as days, NaN if the text is none.

    Examples
    --------
    >>> duration_days("1 days 06:00:00"), duration_days("36:00"), duration_days("-PT12H")
    (1.25, 1.5, -0.5)
    >>> duration_days("-1 days +18:00:00"), duration_days("P1M")
    (-0.25, nan)
    """
    if found := _DAYS.fullmatch(text):
        days, sign, *clock = found.groups()
        rest = _micros(0, *clock)
        return _count(_micros(days) + (-rest if sign == "-" else rest), "duration")
    if found := _HOURS.fullmatch(text):
        sign, *clock = found.groups()
        micros = _micros(0, *clock)
    elif found := _ISO.fullmatch(text):
        sign, weeks, *parts = found.groups()
        micros = 7 * _micros(weeks) + _micros(*parts)
    elif found := _WORDS.fullmatch(text):
        sign, micros = "", _micros(*found.groups())
    else:
        return np.nan
    return _count(-micros if sign == "-" else micros, "duration")


def _micros(
    days: Any, hours: Any = 0, minutes: Any = 0, seconds: Any = 0, fraction: str | None = None
) -> int:
    whole = 86_400 * int(days or 0) + 3_600 * int(hours or 0) + 60 * int(minutes or 0)
    return (whole + int(seconds or 0)) * _MICRO + int((fraction or "0")[:6].ljust(6, "0"))


def _count(micros: int, form: Form) -> float:
    # In two steps, as Timedelta.total_seconds and Excel divide, so that all give the same bits.
    return micros / _MICRO / SECONDS[form]


def count_spans(spans: "pd.Series[Any]", form: Form) -> NDArray[np.float64]:
    """Return durations of pandas as numbers, NaN where there is none.

    Examples
    --------
    >>> count_spans(pd.Series(pd.to_timedelta(["36h", None])), "duration")
    array([1.5, nan])
    """
    micros = spans.to_numpy(dtype="timedelta64[us]")
    whole = micros.astype(np.int64) / _MICRO / SECONDS[form]
    return np.where(np.isnat(micros), np.nan, whole)


def read_span(text: str, form: Form) -> float:
    """Return a text of a column's form as a number, NaN if it is none.

    Examples
    --------
    >>> read_span("06:00", "clock"), read_span("06:00", "duration"), read_span("6", "number")
    (6.0, 0.25, nan)
    """
    if form == "clock":
        return clock_hours(text)
    return duration_days(text) if form == "duration" else np.nan


def may_be_span(word: str) -> bool:
    """Tell at a glance whether a word may be a duration or a clock time."""
    return ":" in word or "P" in word[:2] or _PART.match(word.lstrip("+-")) is not None


def _is_amount(word: str) -> bool:
    """Tell whether a duration is one number and its unit; "3 days" is what pandas writes."""
    return len(_PART.findall(word)) == 1 and " day" not in word and ":" not in word


def find_form(words: "pd.Series[int]", enough: float) -> Form | None:
    """Return whether words are clock times or durations, or None.

    They are clock times if none of them can be a duration only.

    Parameters
    ----------
    words : Series of int
        How often each word occurs.
    enough : float
        Share of the cells that have to be of the form.

    Examples
    --------
    >>> find_form(pd.Series({"12:30": 1, "08:00": 2}), 0.95)
    'clock'
    >>> find_form(pd.Series({"12:30": 1, "31:00": 2}), 0.95)
    'duration'
    """
    shaped = words[[may_be_span(str(word)) for word in words.index]]
    if shaped.sum() < enough * words.sum():
        return None
    clocks = np.array([np.isfinite(clock_hours(word)) for word in shaped.index], dtype=bool)
    spans = np.array([np.isfinite(duration_days(word)) for word in shaped.index], dtype=bool)
    if shaped[clocks | spans].sum() < enough * words.sum():
        return None
    if all(_is_amount(str(word)) for word in shaped.index[spans]) and not clocks.any():
        return None
    return "duration" if (spans & ~clocks).any() else "clock"
