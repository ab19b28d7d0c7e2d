"""Cells of free text and of lists as numbers: which words occur in them.

Every word sets two of a fixed number of places to 1, which a hash of the word picks (feature
hashing, Weinberger and others, arXiv 0902.2206; two places for each word, so that few words
share both, as in a Bloom filter). So what a cell becomes depends on that cell alone: no
vocabulary is learnt from rows, and a word that is new is one like any other.

Shape letters in this file:
    N  rows    W  numbers of a cell
"""

import hashlib
import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Kind
from tenfold.data.cells.parse import distinct
from tenfold.data.cells.words import tidy, word_of

PLACES: Final[dict[Kind, int]] = {"text": 128, "list": 32}
"""Places that the words of a cell set, by the kind of its column."""
SPOTS: Final = 2  # places that each word sets
KNOWN: Final = 100_000  # words whose places are kept at hand

_WORD: Final = re.compile(r"[^\W_]+")
_BRACKETS: Final = {"[": "]", "(": ")", "{": "}"}
_QUOTES: Final = "\"'"


def width_of(kind: Kind) -> int:
    """Return W, the numbers that a cell of text or a list becomes; 1 of other kinds.

    Examples
    --------
    >>> width_of("text"), width_of("list"), width_of("number")
    (129, 33, 1)
    """
    return 1 + PLACES.get(kind, 0)


def words_in(cell: Any, sign: str, decimal: str = ".") -> list[str]:
    r"""Return the distinct words of a filled cell, in small letters, in their order.

    Parameters
    ----------
    cell : object
    sign : str
        What parts the words of a list; "" in free text, where each run of letters and digits
        is a word.
    decimal : {".", ","}
        Decimal sign of cells that are text.

    Examples
    --------
    >>> words_in("Late, but well packed. WELL packed!", "")
    ['late', 'but', 'well', 'packed']
    >>> words_in("Red; dark blue;red", ";"), words_in("['red', 'dark blue']", ",")
    (['red', 'dark blue'], ['red', 'dark blue'])
    >>> words_in(["red", "dark blue"], ";"), words_in(5.0, ";")
    (['red', 'dark blue'], ['5'])
    """
    if isinstance(cell, list):  # of JSON
        parts = [word_of(part, decimal) for part in cell]
    elif not sign:
        parts = _WORD.findall(word_of(cell, decimal))
    elif isinstance(cell, str):
        parts = list(parts_of(cell, sign, decimal))
    else:
        parts = [word_of(cell, decimal)]
    return list(dict.fromkeys(part.casefold() for part in parts if part))


def parts_of(text: str, sign: str, decimal: str = ".") -> Iterator[str]:
    """Yield the parts of a list that is written out, without brackets and quotes around them.

    Examples
    --------
    >>> list(parts_of("a; b;;c", ";")), list(parts_of('["a", "b"]', ","))
    (['a', 'b', 'c'], ['a', 'b'])
    """
    text = tidy(text)
    if _BRACKETS.get(text[:1]) == text[-1:]:
        text, sign = text[1:-1], ","
    for part in text.split(sign):
        plain = part.strip()
        if len(plain) > 1 and plain[0] in _QUOTES and plain[-1] == plain[0]:
            plain = plain[1:-1]
        if word := word_of(plain, decimal):
            yield word


def words_of_each(cells: "pd.Series[Any]", sign: str, decimal: str = ".") -> list[list[str]]:
    """Return the words of each cell, none of an empty one; see ``words_in``.

    Examples
    --------
    >>> words_of_each(pd.Series(["red;blue", None], dtype=object), ";")
    [['red', 'blue'], []]
    """
    codes, held = distinct(cells)
    used = set(codes.tolist())
    words = [
        words_in(cell, sign, decimal) if at in used else [] for at, cell in enumerate(held)
    ]
    return [words[code] if code >= 0 else [] for code in codes.tolist()]


def to_bags(
    cells: "pd.Series[Any]", kind: Kind, sign: str, decimal: str = "."
) -> NDArray[np.float64]:
    """Return the cells of a column of text or lists as numbers.

    Returns
    -------
    ndarray of shape (N, W)
        How many words a cell has, NaN where it is empty; then 1 at each place that one of its
        words sets, and 0 at the others.

    Examples
    --------
    >>> bags = to_bags(pd.Series(["red;blue", "Blue; red", None, "red"]), "list", ";")
    >>> bags.shape, bags[:, 0], bool((bags[0] == bags[1]).all())
    ((4, 33), array([ 2.,  2., nan,  1.]), True)
    """
    codes_N, held = distinct(cells)
    bags_NW = np.tile(no_bag(kind), (len(codes_N), 1))
    order_N = np.argsort(codes_N, kind="stable")
    numbers, starts = np.unique(codes_N[order_N], return_index=True)
    ends = np.append(starts[1:], len(codes_N))
    for number, start, end in zip(numbers, starts, ends, strict=True):
        if number >= 0:
            bags_NW[order_N[start:end]] = bag_of(held[number], kind, sign, decimal)
    return bags_NW


def bag_of(cell: Any, kind: Kind, sign: str, decimal: str = ".") -> NDArray[np.float64]:
    """Return a filled cell as numbers, shape (W,); one without a word is as an empty one."""
    bag_W = no_bag(kind)
    words = words_in(cell, sign, decimal)
    if words:
        bag_W[0] = len(words)
    bag_W[[1 + place for word in words for place in places_of_word(word, PLACES[kind])]] = 1
    return bag_W


def no_bag(kind: Kind) -> NDArray[np.float64]:
    """Return an empty cell as numbers, shape (W,)."""
    return np.array([math.nan] + [0.0] * PLACES[kind])


@lru_cache(maxsize=KNOWN)
def places_of_word(word: str, count: int) -> tuple[int, ...]:
    """Return the places that a word sets, the same on every machine.

    Examples
    --------
    >>> places_of_word("red", 32) == places_of_word("red", 32)
    True
    """
    drawn = hashlib.blake2b(word.encode(errors="replace"), digest_size=4 * SPOTS).digest()
    return tuple(int(place) % count for place in np.frombuffer(drawn, dtype="<u4"))
