"""Words and letters that multiply a number: thousand, Mio., k, and what may be a unit as well.

``1.2m`` is 1.2 metres, or 1.2 million beside ``500k``. What a letter means is seen in the
whole column: its cells are one series of magnitudes, or what looks like one is a unit.
"""

import math
from collections.abc import Collection, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Final

from tenfold.data.cells.spans import Form

_LETTERS: Final = {"k": 1e3, "K": 1e3, "M": 1e6, "MM": 1e6, "B": 1e9, "T": 1e12}
# In small letters; no unit is called so.
_WORDS: Final = {
    1e3: (
        "thousand tsd tausend tys tis mila ribu rb nghin ngh\u00ecn milliers "
        "\u0442\u044b\u0441 \u0442\u0438\u0441 \u0445\u0438\u043b"
    ),
    1e5: "lac lacs lakh lakhs",
    1e6: (
        "million millions millionen mn mln mio millones mill\u00f3n milioni milh\u00e3o "
        "milh\u00f5es milyon juta jt tri\u1ec7u \u043c\u043b\u043d"
    ),
    1e7: "crore crores",
    1e9: (
        "billion billions bn bln mrd mld mlrd mia milliarde milliarden milliard milliards "
        "miliardi milyar miliar t\u1ef7 \u043c\u043b\u0440\u0434"
    ),
    1e12: "trillion trillions tn trn trln billionen \u0442\u0440\u043b\u043d",
}
_FAR_EAST: Final = {
    "\u5343": 1e3, "\u4e07": 1e4, "\u842c": 1e4, "\ub9cc": 1e4, "\ucc9c": 1e3,
    "\u4ebf": 1e8, "\u5104": 1e8, "\uc5b5": 1e8, "\u5146": 1e12, "\uc870": 1e12,
}  # fmt: skip
_AS_WRITTEN: Final = _LETTERS | _FAR_EAST
_KNOWN: Final = {word: size for size, words in _WORDS.items() for word in words.split()}
_BYTES: Final = {
    f"{letter}{end}": base**power
    for power, letter in enumerate("kmgtp", start=1)
    for end, base in (("", 1e3), ("b", 1e3), ("o", 1e3), ("i", 1024.0), ("ib", 1024.0))
}


def _ladder(words: Mapping[float, str]) -> dict[str, float]:
    return {word: size for size, held in words.items() for word in held.split()}


_THOUSANDS: Final = {word: size for word, size in _KNOWN.items() if size not in {1e5, 1e7}}
LADDERS: Final[Mapping[Form, Mapping[str, float]]] = {
    "european sizes": _THOUSANDS
    | _ladder({1e3: "k t tkr", 1e6: "m mkr mil mill mm", 1e9: "b md mdkr", 1e12: "bio"}),
    "spanish sizes": _ladder(
        {
            1e3: "mil k",
            1e6: "m mm mi mill mills millones mill\u00f3n milh\u00e3o milh\u00f5es milioni",
            1e9: "bi",
        }
    ),
    "english sizes": _ladder(
        {
            1e3: "k thousand",
            1e6: "m mm mn mln mil mill million millions",
            1e9: "b bn bln bil bill billion billions",
            1e12: "t tn trn tril trillion trillions",
        }
    ),
    "indian sizes": _ladder(
        {
            1e3: "k thousand",
            1e5: "l lac lacs lakh lakhs",
            1e6: "m mn million",
            1e7: "cr crs crore crores",
            1e9: "b bn",
        }
    ),
    "metric sizes": _ladder({1e3: "k", 1e6: "m", 1e9: "g", 1e12: "t", 1e15: "p"}),
    "byte sizes": {"b": 1.0} | _BYTES,
}
"""By the way to write magnitudes, what each word of it multiplies, in small letters."""
# Words of which one shows that way to write magnitudes.
_SHOWS: Final[Mapping[Form, str]] = {
    "european sizes": (
        "tsd tausend tys tis mio mrd mld mlrd mia mln md tkr mkr mdkr milliarde milliarden "
        "milliard milliards \u0442\u044b\u0441 \u043c\u043b\u043d \u043c\u043b\u0440\u0434"
    ),
    "spanish sizes": (
        "mi mm mill mills millones mill\u00f3n milh\u00e3o milh\u00f5es milioni bi"
    ),
    "indian sizes": "lac lacs lakh lakhs cr crs crore crores",
}
_PERHAPS: Final = (
    "m g G b t p P l L cr Cr CR crs Crs md Md MD mil Mil mill Mill mi mills bi bil Bil bill "
    "tril bio Bio tkr mkr mdkr kB KB kb Kb MB mb Mb GB gb Gb TB tb Tb PB Ko Mo Go To "
    "KiB MiB GiB TiB PiB kiB Kib Mib Gib Ki Mi Gi Ti"
)
"""What may be a magnitude or a unit, as it is written."""
_MI_BESIDE: Final = frozenset({"mil", "ki", "gi", "ti"})
_LONGEST: Final = 6  # powers of ten between two magnitudes that follow one another
# Two that are magnitudes beside one another, though each may be a unit.
_PAIRS: Final = (
    *({"m", "b"}, {"m", "g"}, {"g", "t"}, {"g", "p"}, {"m", "md"}, {"mil", "mi"}),
    *({"mil", "mill"}, {"l", "cr"}, {"tkr", "mkr"}, {"mkr", "mdkr"}),
)


def _longest_first(words: Collection[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


_LETTER: Final = r"[^\W\d_]"
SIZES: Final = (
    r"(?:[TkKMmB]|(?i:mio|mrd|tsd))(?=(?:EUR|USD|CHF|GBP)(?!\w))"
    rf"|(?:{_longest_first(_FAR_EAST)})"
    rf"|(?:{_longest_first([*_LETTERS, *_PERHAPS.split()])}"
    rf"|(?i:{_longest_first(_KNOWN)}))"
    rf"\.?(?!{_LETTER})"
)
"""A regular expression of all that is, or may be, a magnitude."""


def size_of(word: str) -> float | None:
    """Return what a word multiplies, None if by itself it is a unit.

    Examples
    --------
    >>> size_of("k"), size_of("Mio."), size_of("m"), size_of("")
    (1000.0, 1000000.0, None, None)
    """
    word = word.rstrip(".")
    return _AS_WRITTEN.get(word) or _KNOWN.get(word.lower())


def size_in(word: str, ladder: Form) -> float | None:
    """Return what a word multiplies in one way to write magnitudes, None if it has no such.

    Examples
    --------
    >>> size_in("m", "english sizes"), size_in("T", "european sizes"), size_in("", "byte sizes")
    (1000000.0, 1000.0, 1.0)
    """
    return LADDERS[ladder].get(word.rstrip(".").lower()) if word else 1.0


def times(number: float, size: float) -> float:
    """Return a number times a magnitude as it would be read if it were written out.

    Examples
    --------
    >>> times(2.3, 1e5), 2.3 * 1e5
    (230000.0, 229999.99999999997)
    """
    if size == 1 or not math.isfinite(number):
        return number
    return float(Decimal(repr(number)) * int(size))


def explain(words: Collection[str], *, money: bool) -> Form | None:
    """Return what a column's words for magnitudes are together.

    Parameters
    ----------
    words : collection of str
        All that are or may be magnitudes, as they are written.
    money : bool
        Whether they stand beside a currency, so that a small m is no thousandth.

    Returns
    -------
    Form or None
        ``"amount"`` if each is what it is by itself, one of ``LADDERS`` if they are read as
        that, None if no way to write magnitudes has all of them.

    Examples
    --------
    >>> explain({"k", "m"}, money=False), explain({"m"}, money=False)
    ('english sizes', 'amount')
    >>> explain({"M", "G"}, money=False), explain({"k", "M"}, money=False)
    ('metric sizes', 'amount')
    >>> explain({"M", "m"}, money=False) is None
    True
    """
    written = {word.rstrip(".") for word in words}
    plain = {word.lower() for word in written}
    if len(written) < 2 or plain == {"k"}:
        return "amount"
    if {"M", "m"} <= written and not money:
        return None
    if {"M", "MM"} <= written:  # thousands and millions, as Romans would write them
        return None
    for ladder, sizes in LADDERS.items():
        if plain <= set(sizes) and _is_series(written, plain, ladder):
            alike = all(size_of(word) == sizes[word.lower()] for word in written)
            return "amount" if alike else ladder
    certain = any(size_of(word) is not None for word in written)
    unclear = any(size_of(word) is None for word in written)
    return None if certain and unclear else "amount"


def _is_series(written: set[str], plain: set[str], ladder: Form) -> bool:
    """Tell whether magnitudes of one way to write them follow one another, and are some."""
    shows = _SHOWS.get(ladder)
    if shows is not None and not plain.intersection(shows.split()):
        return False
    if "mi" in plain and not _MI_BESIDE & plain:  # miles
        return False
    certain = {word for word in written if size_of(word) is not None}
    bytes_ = ladder == "byte sizes" and any(len(word) > 1 for word in plain)
    if not certain and not bytes_ and not any(pair <= plain for pair in _PAIRS):
        return False
    if {"g", "t"} <= written:  # grams and tonnes, unless written large
        return False
    powers = sorted({len(f"{LADDERS[ladder][word]:.0f}") for word in plain})
    longest = _LONGEST // 2 if "g" in written else _LONGEST
    return all(after - before <= longest for before, after in pairwise(powers))


def describe_sizes(words: Collection[str], ladder: Form) -> str:
    """Say what each magnitude of a column multiplies.

    Examples
    --------
    >>> describe_sizes(["m", "k"], "english sizes")
    "'k' stands for 1,000, 'm' for 1,000,000"
    """
    sizes = LADDERS[ladder]
    known = sorted((sizes[word.rstrip(".").lower()], word) for word in words)
    first, *others = (f"{word!r} for {size:,.0f}" for size, word in known)
    return ", ".join([first.replace(" for ", " stands for "), *others])
