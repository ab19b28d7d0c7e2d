"""Digits and signs of all scripts as a keyboard of ASCII writes them."""

import re
import unicodedata
from typing import Final

_MINUS: Final = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
_PLAIN: Final = {**dict.fromkeys(_MINUS, "-"), "\u066a": "%"}
_DECIMAL, _THOUSANDS = "\u066b", "\u066c"  # of Arabic
# Blocks of signs that are others in another width, or several in one: a wide yen, kg, degrees.
_DISGUISED: Final = re.compile(
    "[\u2100-\u214f\u3300-\u33ff\ufe50-\ufe6b\uff01-\uff5e\uffe0-\uffe6]"
)


def plain_signs(text: str, decimal: str) -> str:
    """Return a text with its digits, minus signs and wide letters as ASCII writes them.

    Parameters
    ----------
    text : str
    decimal : {".", ","}
        What takes the place of the decimal sign of Arabic.

    Examples
    --------
    >>> plain_signs("\uff11\uff12\uffe5", "."), plain_signs("\u0661\u0662\u066b\u0665", ",")
    ('12\u00a5', '12,5')
    >>> plain_signs("\u22125 \u2103", ".")
    '-5 \u00b0C'
    """
    if text.isascii():
        return text
    marks = _PLAIN | {_DECIMAL: decimal, _THOUSANDS: "." if decimal == "," else ","}
    return "".join(marks.get(letter) or _plain(letter) for letter in text)


def _plain(letter: str) -> str:
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    return unicodedata.normalize("NFKC", letter) if _DISGUISED.fullmatch(letter) else letter
