"""Numbers with something beside them: money, percent, units, thousands, magnitudes.

A cell is a number and its unit: ``$1,234.56`` is 1234.56 in $, ``(12.50)`` is -12.5 as in
accounts, ``1.3M`` is 1300000, ``69.5 %`` is 69.5 in %, ``5'7`` is 5.583 in ft. The cells of a
column have one unit; a number in another unit is another number, so it is none there. What a
cell leaves open, such as whether m is metres or millions, all cells of the column decide.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from tenfold.data.cells.currencies import MONEY, WITH_SYMBOL
from tenfold.data.cells.glyphs import plain_signs
from tenfold.data.cells.magnitudes import SIZES, size_of, times
from tenfold.data.cells.words import pointed, tidy

NO_UNIT: Final = ""

_MONEY: Final = rf"(?:{MONEY}|(?:CR|DR|Cr|Dr)(?![^\W\d_])\.?)"
_DIGITS: Final = (
    r"(?:[0-9][0-9.,' _\u00b7\u2019\u02bc`\u00b4\u066c]*+|[.,][0-9]++)"
    r"(?:(?<=[0-9])[eE][+-]?[0-9]{1,3})?"
)
# A unit begins with a letter of any script or one of a few signs, and is no sentence. Marks
# belong to the letters of some scripts; fractions and raised digits are no letters.
_LETTER: Final = (
    r"(?:[^\W\d_\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209f\u2150-\u218b\u2460-\u249b]"
    r"|[\u0300-\u036f\u0900-\u0dff\u0e31-\u0e4e])"
)
_UNIT: Final = rf"(?:{_LETTER}|[%‰°\"\u2033])(?:{_LETTER}|[%‰°\"\u2033²³./*·^ -]){{0,14}}[23]?"
_AFTER: Final = rf"{WITH_SYMBOL}(?: ?/ ?{_UNIT})?|(?(before)/ ?{_UNIT}|(?!))|{_UNIT}"
_AMOUNT: Final = re.compile(
    r"(?P<about>(?:[<>≤≥~≈]=?|(?:[Cc]a|[Aa]pprox|[Cc]irca)\.?(?=[ 0-9])) ?)?(?P<sign>[+-] ?)?"
    rf"(?P<before>{_MONEY})? ?(?P<inner>[+-])?"
    rf"(?P<digits>{_DIGITS})\+?(?P<behind>-(?= |{WITH_SYMBOL}))?"
    rf"(?: ?(?P<size>(?=[^\W\d_])(?:{SIZES})))?(?: ?(?P<after>{_AFTER}))?(?P<trailing> ?-)?"
)
_GROUPED: Final = re.compile(
    r"[1-9]\d{0,2}([ '_\u00b7\u2019\u02bc`\u00b4\u066c])\d{3}(?:\1\d{3})*(?:[.,]\d*)?"
)
_BETWEEN: Final = re.compile(r"[ '_\u00b7\u2019\u02bc`\u00b4\u066c]")
_LAKHS: Final = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d*)?")  # as in India
# No cents: a dash in their place, or behind a whole number.
_NO_CENTS: Final = re.compile(
    r"((?:\d{1,3}(?:[.,' _\u2019]\d{3})+|\d+))([.,])[-\u2014]{1,2}(?![\d-])"
)
_ONLY: Final = re.compile(r"(?<=\d)(?: ?/ ?[-=]|:-)(?=\W|$)")
_DASH: Final = re.compile("[-\u2014=]")  # without it nothing stands in the place of cents
_DIGIT: Final = re.compile(r"\d")
_NUMBER: Final = re.compile(r"[+-]?[0-9.,]*[0-9](?:e[+-]?[0-9]{1,3})?")
_LOSS: Final = re.compile(r"(?P<before>[^()\d]*)\((?P<inner>[^()]+)\)(?P<after>[^()\d]*)")
_BESIDE: Final = re.compile(rf"\.?|{WITH_SYMBOL}|{SIZES}|%|{_LETTER}{{1,4}}\.?")
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What an amount is written of.

    Attributes
    ----------
    number : float
        Without its magnitude.
    size : str
        What is a magnitude behind it, or may be one.
    before, after : str
        What else stands beside the number.
    tail : str
        All that stands behind the number.
    """

    number: float
    size: str
    before: str
    after: str
    tail: str

    @property
    def unit(self) -> str:
        """What stands beside the number and its magnitude."""
        return _beside(self.before, self.after)

    @property
    def whole_unit(self) -> str:
        """The unit, if what may be a magnitude is a part of it."""
        return _beside(self.before, self.tail)


def _beside(before: str, after: str) -> str:
    between = "" if after.startswith("/") else " "
    return f"{before}{between}{after}".strip(" .")


def read_amount(text: str, decimal: str = ".") -> Amount | None:
    """Return what a text says as an amount by itself, None if it is none.

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
    >>> read_amount("69,5 %", ","), read_amount("5'6"), read_amount("CHF 85.-")
    (Amount(number=69.5, unit='%'), Amount(number=5.5, unit='ft'), \
Amount(number=85.0, unit='CHF'))
    >>> read_amount("A12"), read_amount("8.7.3"), read_amount("60-69")
    (None, None, None)
    """
    if feet := _FEET.fullmatch(tidy(text)):
        inches = float(feet[2] or 0)
        return Amount(int(feet[1]) + inches / _INCHES, "ft") if inches < _INCHES else None
    parts = parts_of_amount(text, decimal)
    if parts is None:
        return None
    if not parts.size:
        return Amount(parts.number, parts.unit)
    size = size_of(parts.size)
    if size is None:
        return Amount(parts.number, parts.whole_unit)
    return Amount(times(parts.number, size), parts.unit)


def parts_of_amount(text: str, decimal: str) -> Parts | None:
    """Return what an amount is written of, None if a text is none.

    Examples
    --------
    >>> parts = parts_of_amount("$ (1.2m)", ".")
    >>> parts.number, parts.size, parts.unit, parts.whole_unit
    (-1.2, 'm', '$', '$ m')
    """
    text = plain_signs(tidy(text), decimal)
    if _DASH.search(text):
        text = _ONLY.sub("", _NO_CENTS.sub(_whole, text))
    if "(" in text and (loss := _LOSS.fullmatch(text)):
        inner = loss["inner"].strip()
        beside = loss["before"].strip(), loss["after"].strip()
        if inner[:1] in {"+", "-"} or inner[-1:] == "-" or not _may_be_beside(*beside):
            return None
        found = _AMOUNT.fullmatch(f"{beside[0]} {inner} {beside[1]}".strip())
        marks = "-"
    else:
        found, marks = _AMOUNT.fullmatch(text), ""
    if found is None:
        return None
    signs = [found[name] for name in ("sign", "inner", "behind", "trailing") if found[name]]
    number = _number(found["digits"], decimal)
    if len(signs) + len(marks) > 1 or math.isnan(number):
        return None
    after, size = (found["after"] or "").strip(), found["size"] or ""
    if found["behind"] and not _BESIDE.fullmatch(after):
        return None
    if size == "T" and after.startswith(("\u20ac", "EUR", "CHF")):
        size = "Tsd"  # as German accounts write thousands
    return Parts(
        number=-number if marks or any("-" in sign for sign in signs) else number,
        size=size.rstrip("."),
        before=found["before"] or "",
        after=after,
        tail=text[found.start("size") : found.end("after")]
        if size and found["after"]
        else size or after,
    )


def _whole(found: re.Match[str]) -> str:
    return re.sub(r"\D", "", found[1])


def _may_be_beside(before: str, after: str) -> bool:
    """Tell whether texts may stand before and behind a number in brackets."""
    money = not before or re.fullmatch(_MONEY, before) is not None
    return money and _BESIDE.fullmatch(after) is not None


def _number(digits: str, decimal: str) -> float:
    digits = _together(digits)
    if decimal == "." and _LAKHS.fullmatch(digits):
        digits = digits.replace(",", "")
    try:
        plain = not set(" _") & set(digits)
        return float(pointed(digits, decimal)) if plain else math.nan
    except ValueError:
        return math.nan


def _together(digits: str) -> str:
    """Return digits without the spaces or apostrophes between their thousands."""
    digits = digits.rstrip(" '\u2019")
    return _BETWEEN.sub("", digits) if _GROUPED.fullmatch(digits) else digits


def digits_of(text: str) -> str:
    """Return the number of an amount without what stands beside it; other texts as they are.

    Examples
    --------
    >>> digits_of("$1 234,50"), digits_of("12.5 kg"), digits_of("(7.25)"), digits_of("red")
    ('1234,50', '12.5', '7.25', 'red')
    >>> digits_of("1.234,- \u20ac")
    '1234,0'
    """
    if _NUMBER.fullmatch(text) or not _DIGIT.search(text):  # as most texts are
        return text
    plain = plain_signs(tidy(text), "\u066b")  # of Arabic: it is no point and no comma
    if _DASH.search(plain):
        plain = _NO_CENTS.sub(lambda found: f"{_whole(found)}{found[2]}0", plain)
        plain = _ONLY.sub("", plain)
    if "(" in plain and (loss := _LOSS.fullmatch(plain)):
        plain = f"{loss['before']}{loss['inner']}{loss['after']}"
    found = _AMOUNT.fullmatch(plain)
    return text if found is None else _together(found["digits"])


def plain_unit(unit: str) -> str:
    """Return a unit as it is compared with others: years are year.

    Examples
    --------
    >>> plain_unit("Years"), plain_unit("kg"), plain_unit("ms")
    ('year', 'kg', 'ms')
    """
    return unit.lower().removesuffix("s") if len(unit) > _LONG_UNIT else unit


def is_in_unit(written: str, unit: str) -> bool:
    """Tell whether the unit of a cell is that of its column, or none."""
    return plain_unit(written) in {NO_UNIT, plain_unit(unit)}
