"""Which columns of words are free text, or lists of words, as their cells show."""

import re
from collections import Counter
from itertools import chain
from typing import Final

import numpy as np
import pandas as pd

from tenfold.data.cells.bags import parts_of, words_in

SIGNS: Final = (";", "|", "\n", ",", "/", "+", "&")
"""What parts the words of a list; the first that the cells show."""
SEVERAL: Final = 0.1  # of the cells, that hold more than one word of a list
COME_BACK: Final = 5  # times that a word of a list occurs, on average
ONE_PLACE: Final = 0.9  # of the words stand where they always stand: the parts of a record

OWN_WORDS: Final = 0.5  # of the cells of text are different
FEW_WORDS: Final = 3  # in a cell of text, at least, in the middle of all
SMALL: Final = 0.5  # of the words of text begin with a small letter, unlike those of names
WITH_DIGITS: Final = 0.2  # of the words of text at most, unlike those of addresses and codes
SHARED: Final = 0.25  # of the words of text occur in other cells, too

_DIGIT: Final = re.compile(r"\d")


def sign_of_lists(counts: "pd.Series[int]") -> str:
    """Return what parts words if cells are lists of them, "" if they are none.

    Their words come back in other combinations: there are fewer words than different cells.
    Parts of a record, such as a surname and a first name or a town and its country, stand each
    in its place and are no list.

    Parameters
    ----------
    counts : Series of int
        How often each cell occurs.

    Examples
    --------
    >>> tags = pd.Series({"red": 9, "red; blue": 9, "green; red": 9, "blue; green": 9})
    >>> sign_of_lists(tags)
    ';'
    >>> names = pd.Series({f"{last}, {first}": 5 for last in "abcd" for first in "xyz"})
    >>> sign_of_lists(names)
    ''
    """
    return next((sign for sign in SIGNS if _are_lists(counts, sign)), "")


def _are_lists(counts: "pd.Series[int]", sign: str) -> bool:
    if not any(sign in cell for cell in counts.index):
        return False
    lists = [
        tuple(dict.fromkeys(p.casefold() for p in parts_of(c, sign))) for c in counts.index
    ]
    times = counts.to_numpy()
    several = np.array([len(one) > 1 for one in lists])
    if times[several].sum() < SEVERAL * times.sum():
        return False
    held: Counter[str] = Counter()
    standing: dict[str, Counter[int]] = {}
    for parts, count in zip(lists, times.tolist(), strict=True):
        for place, part in enumerate(parts):
            held[part] += count
            standing.setdefault(part, Counter())[place] += count
    if held.total() < COME_BACK * len(held) or len({*map(frozenset, lists)}) <= len(held):
        return False
    if sign == "/" and all(_DIGIT.search(part) for part in held):
        return False  # fractions and ratios
    at_home = sum(max(places.values()) for places in standing.values())
    return at_home < ONE_PLACE * held.total()


def likeliest_sign(counts: "pd.Series[int]") -> str:
    """Return the sign that most cells hold, of a column that a user says is one of lists.

    Examples
    --------
    >>> likeliest_sign(pd.Series({"a": 5, "a|b": 2, "a, c": 1}))
    '|'
    """
    found = sign_of_lists(counts)
    return found or max(SIGNS, key=lambda s: sum(counts[[s in cell for cell in counts.index]]))


def is_prose(counts: "pd.Series[int]") -> bool:
    """Tell whether cells are free text: different, of several words, most of them small.

    Names, titles and addresses are written with capitals or digits; what nobody else writes
    says nothing of other rows.

    Parameters
    ----------
    counts : Series of int
        How often each cell occurs.

    Examples
    --------
    >>> is_prose(pd.Series({f"it was {how}, and came {when}": 1
    ...                     for how in ("good", "bad") for when in ("late", "soon", "then")}))
    True
    >>> is_prose(pd.Series({f"Braund, Mr. Owen {n}": 1 for n in ("Harris", "James", "Hill")}))
    False
    """
    if len(counts) < OWN_WORDS * counts.sum():
        return False
    texts = [words_in(cell, "") for cell in counts.index]
    if np.median([len(words) for words in texts]) < FEW_WORDS:
        return False
    held = Counter(chain.from_iterable(texts))
    total = held.total()
    digits = sum(count for word, count in held.items() if _DIGIT.search(word))
    shared = sum(count for count in held.values() if count > 1)
    if digits > WITH_DIGITS * total or shared < SHARED * total:
        return False
    first = [word[0] for cell in counts.index for word in str(cell).split()]
    return sum(letter.islower() for letter in first) >= SMALL * len(first)
