"""Cells of free text and of lists as numbers: which words occur in them.

Every word of a list sets two of a fixed number of places to 1, which a hash of the word picks
(feature hashing, Weinberger and others, arXiv 0902.2206; two places for each word, so that few
words share both, as in a Bloom filter). Text is counted in words and parts of words instead
(``grams``); that of older models as lists are. So what a cell becomes depends on that cell
alone: no vocabulary is learnt from rows, and a word that is new is one like any other.

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
from tenfold.data.cells.grams import count_grams, count_symbols
from tenfold.data.cells.parse import distinct
from tenfold.data.cells.words import tidy, word_of

PLACES: Final[dict[Kind, int]] = {"text": 1024, "list": 32}
"""Places that the words of a cell set, by the kind of its column."""
FORMER_PLACES: Final[dict[Kind, int]] = {"text": 128, "list": 32}
"""Those of models that do not say it, and of long tables: their text is coded as lists are."""
MOST_ROWS: Final = 50_000  # of text that is counted; it takes 8 kB a row
SPOTS: Final = 2  # places that each word sets
KNOWN: Final = 100_000  # words whose places are kept at hand

_WORD: Final = re.compile(r"[^\W_]+")
_BRACKETS: Final = {"[": "]", "(": ")", "{": "}"}
_QUOTES: Final = "\"'"


def width_of(kind: Kind, places: int = 0) -> int:
    """Return W, the numbers that a cell of text or a list becomes; 1 of other kinds.

    Examples
    --------
    >>> width_of("text"), width_of("list"), width_of("number"), width_of("text", 128)
    (1025, 33, 1, 129)
    """
    return 1 + (places or PLACES.get(kind, 0))


def places_for(kind: Kind, rows: int) -> int:
    """Return the places of a column's cells, fewer for text of very many rows.

    0 of kinds that have none.

    Examples
    --------
    >>> places_for("text", 1_000), places_for("text", 1_000_000), places_for("number", 9)
    (1024, 128, 0)
    """
    places = PLACES if rows <= MOST_ROWS else FORMER_PLACES
    return places.get(kind, 0)


def counts_grams(kind: Kind, places: int = 0) -> bool:
    """Tell whether the cells of a column are counted in parts of words.

    Examples
    --------
    >>> counts_grams("text"), counts_grams("text", 128), counts_grams("list")
    (True, False, False)
    """
    return kind == "text" and places in {0, PLACES["text"]}


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
    cells: "pd.Series[Any]", kind: Kind, sign: str, decimal: str = ".", places: int = 0
) -> NDArray[np.float64]:
    """Return the cells of a column of text or lists as numbers.

    Parameters
    ----------
    cells : Series
    kind : {"text", "list"}
    sign, decimal : str
        See ``words_in``.
    places : int
        W - 1; 0 for that of today.

    Returns
    -------
    ndarray of shape (N, W)
        How many words a cell has, NaN where it is empty; then of lists 1 at each place that
        one of its words sets, and 0 at the others; of text what ``count_grams`` says.

    Examples
    --------
    >>> bags = to_bags(pd.Series(["red;blue", "Blue; red", None, "red"]), "list", ";")
    >>> bags.shape, bags[:, 0], bool((bags[0] == bags[1]).all())
    ((4, 33), array([ 2.,  2., nan,  1.]), True)
    """
    codes_N, held = distinct(cells)
    bags_NW = np.tile(no_bag(kind, places), (len(codes_N), 1))
    order_N = np.argsort(codes_N, kind="stable")
    numbers, starts = np.unique(codes_N[order_N], return_index=True)
    ends = np.append(starts, len(codes_N))[1:]
    for number, start, end in zip(numbers, starts, ends, strict=True):
        if number >= 0:
            bags_NW[order_N[start:end]] = bag_of(held[number], kind, sign, decimal, places)
    return bags_NW


def bag_of(
    cell: Any, kind: Kind, sign: str, decimal: str = ".", places: int = 0
) -> NDArray[np.float64]:
    """Return a filled cell as numbers, shape (W,); one without a word is as an empty one."""
    bag_W = no_bag(kind, places)
    words = words_in(cell, sign, decimal)
    if counts_grams(kind, places):
        text = " ".join(words) if isinstance(cell, list) else word_of(cell, decimal)
        if found := len(words) or count_symbols(text):
            bag_W[0] = found
            bag_W[1:] = count_grams(text, len(bag_W) - 1)
        return bag_W
    if words:
        bag_W[0] = len(words)
    spots = [1 + at for word in words for at in places_of_word(word, len(bag_W) - 1)]
    bag_W[spots] = 1
    return bag_W


def no_bag(kind: Kind, places: int = 0) -> NDArray[np.float64]:
    """Return an empty cell as numbers, shape (W,)."""
    return np.array([math.nan] + [0.0] * (places or PLACES[kind]))


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
