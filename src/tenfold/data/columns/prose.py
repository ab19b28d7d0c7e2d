"""Which columns of words are free text, or lists of words, as their cells show."""

import re
from collections import Counter
from itertools import chain
from typing import Final

import numpy as np
import pandas as pd

from tenfold.data.cells.bags import parts_of
from tenfold.data.cells.grams import words_of_text, writes_no_spaces

SIGNS: Final = (";", "|", "\n", ",", "/", "+", "&")
"""What parts the words of a list; the first that the cells show."""
SEVERAL: Final = 0.1  # of the cells, that hold more than one word of a list
COME_BACK: Final = 5  # times that a word of a list occurs, on average
ONE_PLACE: Final = 0.9  # of the words stand where they always stand: the parts of a record

OWN_WORDS: Final = 0.25  # of the cells of text are different
MOSTLY_NEW: Final = 0.5  # of the cells are different
FEW_WORDS: Final = 2  # in a cell of text that is mostly new, at least, in the middle of all
FEW_THAT_COME_BACK: Final = 3  # the same where cells come back, as names of people may
SHARED: Final = 0.4  # of the words of text occur in other cells, too
COMMON: Final = 0.1  # of the different words of text occur in several cells
MOST_LETTERS: Final = 1_000  # of a cell, which show what it is

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
    """Tell whether cells are free text: different, of several words that other cells hold, too.

    Sentences are, and titles, addresses and names of jobs. Words with digits, of which codes
    are made, do not count, and what nobody else writes says nothing of other rows.

    Parameters
    ----------
    counts : Series of int
        How often each cell occurs.

    Examples
    --------
    >>> is_prose(pd.Series({f"it was {how}, and came {when}": 1
    ...                     for how in ("good", "bad") for when in ("late", "soon", "then")}))
    True
    >>> is_prose(pd.Series({f"味道{one} 送餐{two}": 1 for one in "好差" for two in "快慢"}))
    True
    >>> is_prose(pd.Series({"Owen Harris": 1, "James Moran": 1, "Ann Hill": 1}))
    False
    """
    if len(counts) < OWN_WORDS * counts.sum():
        return False
    texts = [_letters(cell) for cell in map(str, counts.index)]
    mostly_new = len(counts) >= MOSTLY_NEW * counts.sum()
    fewest = FEW_WORDS if mostly_new else FEW_THAT_COME_BACK
    if np.median([len(words) for words in texts]) < fewest:
        return False
    held = Counter(chain.from_iterable(set(words) for words in texts))
    several = [count for count in held.values() if count > 1]
    # A few words in all cells, such as Street, do not make text of what is new in each.
    return sum(several) >= SHARED * held.total() and len(several) >= COMMON * len(held)


def _letters(cell: str) -> list[str]:
    """Return the words of a cell without digits; where there are no spaces, its characters."""
    found: list[str] = []
    for word in words_of_text(cell[:MOST_LETTERS]):
        if any(map(str.isalpha, word)) and not _DIGIT.search(word):
            found += word if writes_no_spaces(word) else [word]
    return found
