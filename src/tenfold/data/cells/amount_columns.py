"""What the amounts of a column are together: one unit, one way to write magnitudes and losses.

One cell by itself may leave open what it says: ``1.2m`` may be metres or millions, ``6100 CR``
may be credit, and ``29'05"`` minutes and seconds as well as feet and inches.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from tenfold.data.cells.amounts import (
    NO_UNIT,
    Parts,
    is_in_unit,
    parts_of_amount,
    plain_unit,
    read_amount,
)
from tenfold.data.cells.magnitudes import (
    LADDERS,
    describe_sizes,
    explain,
    size_in,
    size_of,
    times,
)
from tenfold.data.cells.spans import Form
from tenfold.data.cells.words import tidy

TRIED: Final = 200  # words that a unit is first looked for in
LIKELY: Final = 0.5  # share of them that have to be amounts

_MINUTES: Final = re.compile(
    r"(\d{1,3}) ?['\u2032\u2019]"
    r"(?: ?(\d{1,2}(?:\.\d+)?) ?(?:\"|\u2033|''|\u2019\u2019|\u201d)?)?"
)
_INCHES, _SECONDS = 12, 60  # of a foot, of a minute
_SIDE: Final = re.compile(r"(.*?) ?\b(CR|DR|Cr|Dr|cr|dr)")
_BAND: Final = re.compile(r"\s*([<>\u2264\u2265])=?\s*(.*?)\s*")
_SMALL, _LARGE = 1e3, 1e5  # numbers of crores, and numbers that are written out
_SIGNS: Final[dict[Form, str]] = {"credits": "CR", "debits": "DR"}  # the side below zero


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundAmounts:
    """What the amounts of a column are.

    Attributes
    ----------
    form : Form
    unit : str
        As most cells write it, ``""`` for none.
    note : str
        What is read otherwise than each cell by itself would be, ``""`` if nothing is.
    """

    form: Form
    unit: str
    note: str = ""


def find_amounts(words: "pd.Series[int]", decimal: str, enough: float) -> FoundAmounts | None:
    """Return what the amounts of a column are, None if they are none.

    Parameters
    ----------
    words : Series of int
        How often each word occurs.
    decimal : {".", ","}
    enough : float
        Share of the cells that have to be amounts in one unit, or in none.

    Examples
    --------
    >>> find_amounts(pd.Series({"12 kg": 3, "7.5 kg": 2, "8": 1}), ".", 0.95).unit
    'kg'
    >>> find_amounts(pd.Series({"$5": 3, "\u20ac5": 2}), ".", 0.95) is None
    True
    >>> find_amounts(pd.Series({"500k": 3, "1.2m": 2}), ".", 0.95).note
    "'k' stands for 1,000, 'm' for 1,000,000"
    """
    if found := _as_minutes(words, enough):
        return found
    # A glance at the first ones spares columns of texts the whole look.
    first = [read_amount(str(word), decimal) for word in words.index[:TRIED]]
    if sum(one is not None for one in first) < LIKELY * len(first) or _are_bands(words):
        return None
    counts = {str(word): int(count) for word, count in words.items()}
    read = ((word, parts_of_amount(word, decimal)) for word in counts)
    parts = {word: one for word, one in read if one is not None}
    needed = enough * sum(counts.values())
    sides = {_side(one) for one in parts.values()}
    if {"CR", "DR"} & sides and len(sides) > 1 and not _are_crores(parts.values()):
        return _as_sides(parts, sides, counts, needed)
    sizes = {one.size for one in parts.values() if one.size}
    ladder = explain(sizes, money=all(one.before for one in parts.values() if one.size))
    if ladder is not None and ladder in LADDERS:
        unit = _unit_of([(one.unit, counts[word]) for word, one in parts.items()], needed)
        note = describe_sizes(sizes, ladder)
        return None if unit is None else FoundAmounts(form=ladder, unit=unit, note=note)
    unclear = {word for word, one in parts.items() if not _is_clear(one)}
    if ladder is None and not unclear:
        return None
    # A letter that the other magnitudes do not explain is no unit beside them.
    left_out = unclear if ladder is None else set()
    amounts = ((read_amount(word, decimal), counts[word]) for word in counts.keys() - left_out)
    unit = _unit_of([(one.unit, count) for one, count in amounts if one is not None], needed)
    return None if unit is None else FoundAmounts(form="amount", unit=unit)


def _are_bands(words: "pd.Series[int]") -> bool:
    """Tell whether two cells lie on both sides of one number, as ``<=50K`` and ``>50K`` do.

    As numbers they would be the same.
    """
    marked = [found.groups() for word in words.index if (found := _BAND.fullmatch(str(word)))]
    below, above = (
        {limit for sign, limit in marked if sign in signs} for signs in ("<\u2264", ">\u2265")
    )
    return not below.isdisjoint(above)


def _is_clear(parts: Parts) -> bool:
    return not parts.size or size_of(parts.size) is not None


def _unit_of(units: Iterable[tuple[str, int]], needed: float) -> str | None:
    """Return the unit of enough cells, as most write it; None if there is no such."""
    found: Counter[str] = Counter()
    spelt: dict[str, Counter[str]] = {}
    for written, count in sorted(units):
        unit = plain_unit(written)
        found[unit] += count
        spelt.setdefault(unit, Counter())[written] += count
    plain = found.pop(NO_UNIT, 0)
    unit = max(found, key=lambda one: found[one], default=NO_UNIT)
    if found[unit] + plain < needed:
        return None
    return spelt[unit].most_common(1)[0][0] if unit else NO_UNIT


def _as_minutes(words: "pd.Series[int]", enough: float) -> FoundAmounts | None:
    """Return that cells are minutes and seconds, None if they may be feet and inches."""
    first = [_MINUTES.fullmatch(tidy(str(word))) for word in words.index[:TRIED]]
    if sum(found is not None for found in first) < LIKELY * len(first):
        return None
    read = [_MINUTES.fullmatch(tidy(str(word))) for word in words.index]
    parts = [float(found[2] or 0) if found else math.inf for found in read]
    fits = [part < _SECONDS for part in parts]
    if words[fits].sum() < enough * words.sum():
        return None
    if all(part < _INCHES for part, fit in zip(parts, fits, strict=True) if fit):
        return None
    note = "minutes and seconds, because some cells hold 12 or more of them"
    return FoundAmounts(form="minutes", unit="min", note=note)


def _side(parts: Parts) -> str:
    """Return the side of an account that an amount stands on: CR, DR, or none."""
    found = _SIDE.fullmatch(parts.whole_unit)
    return found[2].upper() if found else NO_UNIT


def _are_crores(parts: Iterable[Parts]) -> bool:
    """Tell whether Cr stands beside other magnitudes, or all other numbers are far larger."""
    parts = list(parts)
    if {one.size.upper() for one in parts if one.size} - {"CR"}:
        return True
    sided = [abs(one.number) for one in parts if _side(one) == "CR"]
    others = [abs(one.number) for one in parts if not _side(one)]
    small = bool(sided) and max(sided) < _SMALL and all("." in f"{x}" for x in sided)
    return small and bool(others) and min(others) >= _LARGE


def _as_sides(
    parts: dict[str, Parts], sides: set[str], counts: dict[str, int], needed: float
) -> FoundAmounts | None:
    """Return that cells are the two sides of an account."""
    form: Form = "credits" if "CR" in sides else "debits"
    units = [(_without_side(one), counts[word]) for word, one in parts.items()]
    unit = _unit_of(units, needed)
    note = f"those with {_SIGNS[form]} are negative"
    return None if unit is None else FoundAmounts(form=form, unit=unit, note=note)


def _without_side(parts: Parts) -> str:
    found = _SIDE.fullmatch(parts.whole_unit)
    return found[1].strip(" .") if found else parts.whole_unit


def amount_in(text: str, unit: str, decimal: str, form: Form = "amount") -> float:
    r"""Return a text as a number in a unit; NaN if it is no amount, or one in another unit.

    Parameters
    ----------
    text : str
    unit : str
        Of the column.
    decimal : {".", ","}
    form : Form
        As ``find_amounts`` found it.

    Examples
    --------
    >>> amount_in("12 kg", "kg", "."), amount_in("7,5", "kg", ","), amount_in("1 lb", "kg", ".")
    (12.0, 7.5, nan)
    >>> amount_in("1.2m", "", ".", "english sizes"), amount_in("5 CR", "", ".", "credits")
    (1200000.0, -5.0)
    >>> amount_in("29'30\"", "min", ".", "minutes")
    29.5
    """
    if form == "minutes" and (marks := _MINUTES.fullmatch(tidy(text))):
        seconds = float(marks[2] or 0)
        return int(marks[1]) + seconds / _SECONDS if seconds < _SECONDS else math.nan
    if form in LADDERS or form in _SIGNS:
        parts = parts_of_amount(text, decimal)
        if parts is None:
            return math.nan
        if form in _SIGNS:
            number, written = parts.number, _without_side(parts)
            number = -number if _side(parts) == _SIGNS[form] else number
        else:
            size = size_in(parts.size, form)
            number = math.nan if size is None else times(parts.number, size)
            written = parts.unit
        return number if is_in_unit(written, unit) else math.nan
    found = read_amount(text, decimal)
    if found is None or not is_in_unit(found.unit, unit):
        return math.nan
    return found.number
