"""Words: which cells are the same word, however they are written.

A word is a text without the spaces around it, in composed Unicode letters. A number is the
word that it is written as in the shortest way, so that 20, 20.0 and the text "20.0" are one.
"""

import datetime
import math
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, final

import numpy as np

# Spreadsheets write truth values in the language of their user.
_TRUE: Final = (
    "true yes y t on enabled ja j wahr w oui o vrai v si s sí sì verdadero vero sim verdadeiro "
    "waar tak prawda ano pravda áno da igen igaz kyllä tosi sant jah evet "
    "doğru \u03bd\u03b1\u03b9 да так истина はい 是 예 네 ✓ ✔ ☑ ✅ √ [x]"
)
_FALSE: Final = (
    "false no n f off disabled nein falsch non faux falso não nee onwaar nie fałsz ne "
    "nepravda nem hamis ei epätosi nej falskt hayir hay\u0131r "
    "yanl\u0131\u015f \u03cc\u03c7\u03b9 нет ні ложь いいえ 否 아니오 "
    "☐ ✗ ✘ ❌ ✖"
)
TRUE_WORDS: Final = frozenset(_TRUE.split())
FALSE_WORDS: Final = frozenset(_FALSE.split()) | {"[ ]", "[]"}
MEANINGS: Final = {
    **dict.fromkeys(sorted(TRUE_WORDS | {"1"}), 1.0),
    **dict.fromkeys(sorted(FALSE_WORDS | {"0"}), 0.0),
}

# What stands in a box that is ticked, beside the words for true.
TICKS: Final = frozenset(
    ("x", "*", "+", "•", "●", "■", "○", "◯", "☒", "(x)", "checked", "ticked")
)

MOST_DIGITS: Final = 22  # of a whole number that is written out, as all floats below 1e22 are
# Signs that take no room, or only say how the text beside them runs: nobody sees them.
_UNSEEN: Final = "\u200b\u200e\u200f\u2060\ufeff"
_AROUND: Final = _UNSEEN + "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_SPACES: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# How a spreadsheet is told that a cell is text, though it looks like a number.
_WRAPPED: Final = re.compile('="([^"]*)"|\'([+-]?[0-9][0-9.,]*)')
# No zero stands before the digits of a number: with one it is a code.
_WHOLE: Final = {
    sign: re.compile(rf"(-?(?:0|[1-9]\d*)){re.escape(sign)}0*") for sign in (".", ",")
}
_FRACTION: Final = re.compile(r"-?(?:0|[1-9]\d*),\d*[1-9]")
_NUMBER: Final = re.compile(
    r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?", re.IGNORECASE
)
# A fraction that ends in 0 is a version or a price as well as a number: it stays as it is.
_VERSION: Final = re.compile(r"[^e]*\.0*[1-9]\d*0", re.IGNORECASE)
_PARTED: Final = {
    ".": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"),
    ",": re.compile(r"[+-]?\d{1,3}(\.\d{3})+"),
}
_COMMA: Final = re.compile(r"[+-]?(\d*|\d{1,3}(\.\d{3})+),\d*(e[+-]?\d+)?", re.IGNORECASE)


def tidy(text: str) -> str:
    r"""Return a text as it is compared with others.

    Spaces around it never count, and no space differs from another; letters are composed
    (Unicode's normal form C). What tells a spreadsheet that a cell is text is no part of it.

    Examples
    --------
    >>> tidy("  word "), tidy("New\u00a0York"), tidy("Zu\u0308rich") == "Z\u00fcrich"
    ('word', 'New York', True)
    >>> tidy('="0012"'), tidy("'12"), tidy("'tis")
    ('0012', '12', "'tis")
    """
    if text.isascii():
        return _unwrapped(text.strip())
    # Half of a pair of surrogates is no text that a file or a model can hold.
    whole = text.encode(errors="replace").decode()
    return _unwrapped(_SPACES.sub(" ", unicodedata.normalize("NFC", whole)).strip(_AROUND))


def _unwrapped(text: str) -> str:
    """Return a text without what tells a spreadsheet that a cell is text."""
    found = _WRAPPED.fullmatch(text) if text.startswith(("=", "'")) else None
    return text if found is None else (found[1] or found[2] or "").strip()


def pointed(text: str, decimal: str) -> str:
    """Return the text of a number with a decimal point, and nothing between thousands.

    Other texts come back as they are.

    Examples
    --------
    >>> pointed("1,250", "."), pointed("1.250,5", ","), pointed("1.250", ",")
    ('1250', '1250.5', '1250')
    >>> pointed("a,b", ",")
    'a,b'
    """
    if decimal == "," and "," in text:
        found = _COMMA.fullmatch(text)
        return text.replace(".", "").replace(",", ".") if found else text
    parts = "." if decimal == "," else ","
    if parts in text and _PARTED[decimal].fullmatch(text):
        return text.replace(parts, "")
    return text


def word_of(cell: Any, decimal: str = ".") -> str:
    """Return a filled cell as a word.

    Parameters
    ----------
    cell : object
    decimal : {".", ","}
        Decimal sign of cells that are text.

    Examples
    --------
    >>> [word_of(cell) for cell in (20, 20.0, Decimal("20.00"), "20.0", np.float32(1.1))]
    ['20', '20', '20', '20', '1.1']
    >>> [word_of(cell) for cell in ("1.10", "01296", "+5", True)]
    ['1.10', '01296', '+5', 'True']
    """
    if isinstance(cell, str):
        return _plainest(tidy(cell), decimal)
    if isinstance(cell, (bool, np.bool_)):
        return str(bool(cell))
    if isinstance(cell, (int, np.integer)):
        return str(int(cell))
    if isinstance(cell, (float, np.floating, Decimal)):
        return _shortest(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(cell)


def _plainest(text: str, decimal: str) -> str:
    """Return the text of a whole number without decimals, others with a decimal point.

    What is no number, or ends in a zero, as versions do, comes back as it is.
    """
    if decimal in text:
        whole = _WHOLE[decimal].fullmatch(text)
        if whole is None and decimal == "," and _FRACTION.fullmatch(text):
            return text.replace(",", ".")
    elif "." in text and not _PARTED[","].fullmatch(text):  # a point that parts no thousands
        whole = _WHOLE["."].fullmatch(text)
    else:
        return text
    return text if whole is None else "0" if whole[1] == "-0" else whole[1]


def _shortest(number: Any) -> str:
    if isinstance(number, Decimal):
        whole = number == number.to_integral_value() and number.adjusted() < MOST_DIGITS
        return str(int(number)) if whole else _shortest(float(number))
    # By its own precision: 1.1 of 32 bits is 1.1, and not 1.10000002384.
    value = float(number) if isinstance(number, float) else float(str(number))
    return str(int(value)) if value.is_integer() and abs(value) < 1e22 else repr(value)


def number_word(text: str, decimal: str) -> str | None:
    """Return the word of a number that is written as text; None if it may be a code.

    Examples
    --------
    >>> [number_word(text, ".") for text in ("+5", "1e3", "2.50", "01296", "x", "1,250")]
    ['5', '1000', None, None, None, '1250']
    """
    text = tidy(text)
    if text.isdecimal() and text.isascii() and (text[0] != "0" or text == "0"):
        return text
    plain = _plainest(pointed(text, decimal), ".")
    if not _NUMBER.fullmatch(plain) or _VERSION.fullmatch(plain):
        return None
    value = float(plain)
    if not math.isfinite(value):
        return None
    return str(int(plain)) if plain.lstrip("+-").isdecimal() else _shortest(value)


@final
class Vocabulary:
    """The words of a category, or the names of classes, and which cells mean each of them.

    A cell is the word that it is written as. Where all words are numbers, every way to write
    a number means it; where they are two words of truth, every word of truth does.

    Parameters
    ----------
    levels : sequence of str
    """

    def __init__(self, levels: Sequence[str]) -> None:
        self.levels = levels
        self._place = {word_of(word): at for at, word in enumerate(levels)}
        self._place |= {word: at for at, word in enumerate(levels)}
        self._numbers = all(number_word(word, ".") == word for word in levels)
        self._truth: dict[float, int] = {}
        meant = [MEANINGS.get(word.lower()) for word in levels]
        if len(levels) == 2 and set(meant) == {0.0, 1.0}:
            self._truth = {value: at for at, value in enumerate(meant) if value is not None}
        self._value = {} if self._numbers else _alone(levels)

    def place(self, cell: Any, decimal: str = ".") -> int:
        """Return where the word of a filled cell stands among the levels; -1 if it does not.

        Examples
        --------
        >>> numbers, codes = Vocabulary(["10", "20"]), Vocabulary(["01296", "1.10", "a"])
        >>> [numbers.place(cell) for cell in (20, "20.0", "2e1", "+10", "11")]
        [1, 1, 1, 0, -1]
        >>> [codes.place(cell) for cell in ("01296", 1296, "1.1", 1.1, "a")]
        [0, -1, -1, 1, 2]
        """
        word = word_of(cell, decimal)
        at = self._place.get(word)
        if at is None and isinstance(cell, str):
            at = self._place.get(tidy(cell))
            if at is None and self._numbers:
                at = self._place.get(number_word(cell, decimal) or "")
        elif at is None and isinstance(cell, (bool, np.bool_)):
            at = self._place.get(word.lower(), self._place.get(word.upper()))
        elif at is None:
            at = self._value.get(word)
        if at is None and self._truth:
            at = self._truth.get(MEANINGS.get(word.lower(), -1.0))
        return -1 if at is None else at

    def spelling(self, cell: Any, decimal: str = ".") -> str:
        """Return a filled cell as the levels spell its word, or the word if it is none.

        Examples
        --------
        >>> Vocabulary(["no", "yes"]).spelling(True), Vocabulary(["a"]).spelling(2.0)
        ('yes', '2')
        """
        at = self.place(cell, decimal)
        return word_of(cell, decimal) if at < 0 else self.levels[at]


def _alone(levels: Sequence[str]) -> dict[str, int]:
    """Return the words of numbers that only one level has the value of, and where it stands.

    A number that is no text has lost the zeros at its end, which no code has at its start.
    """
    found: dict[str, list[int]] = {}
    for at, level in enumerate(levels):
        if _NUMBER.fullmatch(level):
            found.setdefault(_shortest(float(level)), []).append(at)
    return {word: places[0] for word, places in found.items() if len(places) == 1}


@lru_cache(maxsize=1_024)
def vocabulary_of(levels: tuple[str, ...]) -> Vocabulary:
    """Return the vocabulary of some levels, made once."""
    return Vocabulary(levels)
