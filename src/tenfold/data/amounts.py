"""Numbers with something beside them: money, percent, units, thousands, magnitudes.

A cell is a number and its unit: ``$1,234.56`` is 1234.56 in $, ``(12.50)`` is -12.5 as in
accounts, ``1.3M`` is 1300000, ``69.5 %`` is 69.5 in %, ``5'7`` is 5.583 in ft. The cells of a
column have one unit; a number in another unit is another number, so it is none there.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

import pandas as pd

from tenfold.data.words import pointed, tidy

NO_UNIT: Final = ""
TRIED: Final = 200  # words that a unit is first looked for in
LIKELY: Final = 0.5  # share of them that have to be amounts

_SIGNS: Final = "$€£¥₹₽₩₺₫₪฿₴₦₱₡₲₵₸₮₭₼₾₿"
# Before a number, as in US$ 5; an R or an A alone may begin a code.
_PREFIXED: Final = rf"(?:US|A|C|CA|AU|NZ|HK|S|R|NT|MX)?[{_SIGNS}]"
_CODES: Final = (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY "
    "KES KRW KZT MAD MXN MYR NGN NOK NZD PEN PHP PKR PLN RON RSD RUB SAR SEK SGD THB TRY TWD "
    "UAH USD VND ZAR"
).replace(" ", "|")
_MONEY: Final = rf"(?:{_PREFIXED}|(?:{_CODES}|Rs\.?|Fr\.|kr\.?)(?![A-Za-z]))"
_DIGITS: Final = r"(?:[0-9][0-9.,' \u2019]*|[.,][0-9]+)(?:(?<=[0-9])e[+-]?[0-9]{1,3})?"
_MAGNITUDES: Final = {
    "k": 1e3, "K": 1e3, "thousand": 1e3,
    "M": 1e6, "MM": 1e6, "mn": 1e6, "mln": 1e6, "Mio": 1e6, "million": 1e6,
    "B": 1e9, "bn": 1e9, "Bn": 1e9, "bln": 1e9, "Mrd": 1e9, "billion": 1e9,
    "T": 1e12, "tn": 1e12, "trn": 1e12, "trillion": 1e12,
}  # fmt: skip
_MAGNITUDE: Final = "|".join(sorted(_MAGNITUDES, key=len, reverse=True))
# A unit begins with a letter or one of a few signs, and is no sentence.
_LETTERS: Final = r"%‰°µμΩ\"\u2033A-Za-zÀ-ÿ"
_UNIT: Final = rf"[{_LETTERS}][{_LETTERS}²³./*·^ -]{{0,14}}[23]?"
_AMOUNT: Final = re.compile(
    r"(?P<about>[<>≤≥~≈]=? ?)?(?P<sign>[+\-\u2212\u2013] ?)?"
    rf"(?P<before>{_MONEY})? ?(?P<inner>[+\-\u2212\u2013])?"
    rf"(?P<digits>{_DIGITS})\+?(?: ?(?P<size>{_MAGNITUDE})\.?(?![A-Za-zÀ-ÿ]))?"
    rf"(?: ?(?P<after>{_PREFIXED}|{_UNIT}))?(?P<trailing>-)?",
)
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}([ '\u2019])\d{3}(?:\1\d{3})*(?:[.,]\d*)?")
_LAKHS: Final = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d*)?")  # as in India
_FEET: Final = re.compile(
    r"(\d{1,3}) ?(?:'|\u2032|\u2019|ft\.?|feet|foot) ?"
    r"(?:(\d{1,2}(?:\.\d+)?) ?(?:\"|\u2033|''|\u2019\u2019|\u201d|in\.?|inch(?:es)?)?)?"
)
_LONG_UNIT: Final = 3  # letters of a unit that may be a word, and so have a plural
_INCHES: Final = 12


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with what stands beside it.

    Attributes
    ----------
    number : float
    unit : str
        As it is written, ``""`` for none.
    """

    number: float
    unit: str


def read_amount(text: str, decimal: str = ".") -> Amount | None:
    """Return what a text says as an amount, None if it is none.

    Parameters
    ----------
    text : str
    decimal : {".", ","}
        Decimal sign.

    Examples
    --------
    >>> read_amount("$1,234.56"), read_amount("(12.50)")
    (Amount(number=1234.56, unit='$'), Amount(number=-12.5, unit=''))
    >>> read_amount("1.3M"), read_amount("126 870"), read_amount("<70")
    (Amount(number=1300000.0, unit=''), Amount(number=126870.0, unit=''), \
Amount(number=70.0, unit=''))
    >>> read_amount("69,5 %", ","), read_amount("5'6")
    (Amount(number=69.5, unit='%'), Amount(number=5.5, unit='ft'))
    >>> read_amount("A12"), read_amount("8.7.3"), read_amount("60-69")
    (None, None, None)
    """
    text = tidy(text)
    if text.startswith("(") and text.endswith(")"):
        inner = read_amount(text[1:-1], decimal)
        if inner is None or inner.number < 0 or text[1:2] in "(+":
            return None
        return Amount(-inner.number, inner.unit)
    if feet := _FEET.fullmatch(text):
        inches = float(feet[2] or 0)
        return Amount(int(feet[1]) + inches / _INCHES, "ft") if inches < _INCHES else None
    found = _AMOUNT.fullmatch(text)
    if found is None or sum(map(bool, (found["sign"], found["inner"], found["trailing"]))) > 1:
        return None
    if found["before"] and found["after"]:
        unit = f"{found['before']} {found['after'].strip()}"
    else:
        unit = found["before"] or found["after"] or NO_UNIT
    number = _number(found["digits"], decimal)
    if math.isnan(number):
        return None
    number *= _MAGNITUDES.get(found["size"] or "", 1.0)
    signs = (found["sign"] or "") + (found["inner"] or "") + (found["trailing"] or "")
    negative = any(sign in signs for sign in "-\u2212\u2013")
    return Amount(-number if negative else number, unit.strip(" ."))


def _number(digits: str, decimal: str) -> float:
    digits = _together(digits)
    if decimal == "." and _LAKHS.fullmatch(digits):
        digits = digits.replace(",", "")
    try:
        return float(pointed(digits, decimal)) if " " not in digits else math.nan
    except ValueError:
        return math.nan


def _together(digits: str) -> str:
    """Return digits without the spaces or apostrophes between their thousands."""
    digits = digits.rstrip(" '\u2019")
    return re.sub(r"[ '\u2019]", "", digits) if _GROUPED.fullmatch(digits) else digits


def digits_of(text: str) -> str:
    """Return the number of an amount without what stands beside it; other texts as they are.

    Examples
    --------
    >>> digits_of("$1 234,50"), digits_of("12.5 kg"), digits_of("(7.25)"), digits_of("red")
    ('1234,50', '12.5', '7.25', 'red')
    """
    found = _AMOUNT.fullmatch(tidy(text).removeprefix("(").removesuffix(")"))
    return text if found is None else _together(found["digits"])


def plain_unit(unit: str) -> str:
    """Return a unit as it is compared with others: years are year.

    Examples
    --------
    >>> plain_unit("Years"), plain_unit("kg"), plain_unit("ms")
    ('year', 'kg', 'ms')
    """
    return unit.lower().removesuffix("s") if len(unit) > _LONG_UNIT else unit


def find_unit(words: "pd.Series[int]", decimal: str, enough: float) -> str | None:
    """Return the unit of a column's amounts, ``""`` if they have none, None if they are none.

    Parameters
    ----------
    words : Series of int
        How often each word occurs.
    decimal : {".", ","}
    enough : float
        Share of the cells that have to be amounts in one unit, or in none.

    Examples
    --------
    >>> find_unit(pd.Series({"12 kg": 3, "7.5 kg": 2, "8": 1}), ".", 0.95)
    'kg'
    >>> find_unit(pd.Series({"$5": 3, "€5": 2}), ".", 0.95) is None
    True
    """
    # A glance at the first ones spares columns of texts the whole look.
    first = [read_amount(str(word), decimal) for word in words.index[:TRIED]]
    if sum(one is not None for one in first) < LIKELY * len(first):
        return None
    found: Counter[str] = Counter()
    spelt: dict[str, Counter[str]] = {}
    for word, count in words.items():
        amount = read_amount(str(word), decimal)
        if amount is not None:
            unit = plain_unit(amount.unit)
            found[unit] += int(count)
            spelt.setdefault(unit, Counter())[amount.unit] += int(count)
    plain = found.pop(NO_UNIT, 0)
    unit = max(found, key=lambda one: found[one], default=NO_UNIT)
    if found[unit] + plain < enough * words.sum():
        return None
    return spelt[unit].most_common(1)[0][0] if unit else NO_UNIT


def amount_in(text: str, unit: str, decimal: str) -> float:
    """Return a text as a number in a unit; NaN if it is no amount, or one in another unit.

    Examples
    --------
    >>> amount_in("12 kg", "kg", "."), amount_in("7,5", "kg", ","), amount_in("1 lb", "kg", ".")
    (12.0, 7.5, nan)
    """
    found = read_amount(text, decimal)
    if found is None or plain_unit(found.unit) not in {NO_UNIT, plain_unit(unit)}:
        return math.nan
    return found.number
