"""The words of free text, and the parts of words: what its hashed numbers count.

A text is counted in words, in pairs of words that follow each other, and in runs of three and
four characters within a word, its ends marked (fastText's subwords, arXiv 1607.04606). So a
word that is spelt otherwise, or never seen, still shares most of its parts with others. Where
letters are written without spaces, as in Chinese, Japanese or Thai, single characters and
pairs of them stand for words. A sign such as an emoji is a word by itself.
"""

import math
import re
import unicodedata
import zlib
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

LENGTHS: Final = (3, 4)  # of runs of characters
KNOWN: Final = 20_000  # words whose places are kept at hand
LONG: Final = 64  # characters; a longer word is not kept
SIGN_BIT: Final = 20  # of a hash; the places are its lower bits

# Vowel signs and accents that are characters of their own belong to the word around them.
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff"
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
)
_WORD: Final = re.compile(rf"(?:[^\W_]|[{_MARKS}])+|[^\w\s\ufe0f\u200d]")
_NO_SPACES: Final = re.compile(
    "[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"
    "\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)

Places = tuple[NDArray[np.int64], NDArray[np.float64]]


def words_of_text(text: str) -> list[str]:
    """Return the words and signs of a text, in small letters, as often as they occur.

    Examples
    --------
    >>> words_of_text("It's LATE, Zoë!")
    ['it', "'", 's', 'late', ',', 'zoë', '!']
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _WORD.findall(plain.casefold())


def count_grams(text: str, places: int) -> NDArray[np.float64]:
    """Return the hashed counts of a text, shape (places,).

    Each part adds 1 + log(times its word occurs) at its place, or takes as much away: which of
    both, a hash says, so that parts that share a place do not add up (Weinberger and others,
    arXiv 0902.2206). Rounded to float32, which files hold.

    Examples
    --------
    >>> count_grams("", 8).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    >>> bool((count_grams("Late!", 64) == count_grams("late !", 64)).all())
    True
    """
    words = words_of_text(text)
    counts_K = np.zeros(places)
    for word, count in Counter(words).items():
        found = places_of_parts(word) if len(word) <= LONG else _places_of_parts(word)
        _add(counts_K, found, count)
    pairs = Counter(pairwise(words))
    if pairs:
        _add_each(counts_K, _hashed([f"p{a} {b}" for a, b in pairs]), list(pairs.values()))
    return counts_K.astype(np.float32).astype(np.float64)


def count_symbols(text: str) -> int:
    """Return how many symbols, such as emoji, a text has that are no punctuation.

    Examples
    --------
    >>> count_symbols("..."), count_symbols("😡😡!")
    (0, 2)
    """
    return sum(unicodedata.category(letter)[0] == "S" for letter in text)


def parts_of_word(word: str) -> list[str]:
    """Return a word and the runs of characters in it.

    Examples
    --------
    >>> parts_of_word("late")
    ['wlate', 'c la', 'clat', 'cate', 'cte ', 'c lat', 'clate', 'cate ']
    >>> parts_of_word("好吃")
    ['w好吃', 'x好', 'x吃', 'x好吃']
    """
    parts = [f"w{word}"]
    if writes_no_spaces(word):
        return parts + [f"x{one}" for one in word] + [f"x{a}{b}" for a, b in pairwise(word)]
    ended = f" {word} "
    for length in LENGTHS:
        parts += [f"c{ended[i : i + length]}" for i in range(len(ended) - length + 1)]
    return parts


def writes_no_spaces(word: str) -> bool:
    """Tell whether a run of letters may be several words, as in Chinese, Japanese or Thai.

    Examples
    --------
    >>> writes_no_spaces("好吃"), writes_no_spaces("tasty")
    (True, False)
    """
    return _NO_SPACES.search(word) is not None


def _places_of_parts(word: str) -> Places:
    return _hashed(parts_of_word(word))


places_of_parts = lru_cache(maxsize=KNOWN)(_places_of_parts)


def _hashed(parts: list[str]) -> Places:
    """Return the hash of each part, and 1 or -1; the same on every machine."""
    hashes = np.array([zlib.crc32(part.encode(errors="replace")) for part in parts])
    return hashes, np.where(hashes >> SIGN_BIT & 1, 1.0, -1.0)


def _add(counts_K: NDArray[np.float64], found: Places, count: int) -> None:
    hashes, signs = found
    np.add.at(counts_K, hashes % len(counts_K), signs * (1 + math.log(count)))


def _add_each(counts_K: NDArray[np.float64], found: Places, counts: list[int]) -> None:
    hashes, signs = found
    np.add.at(counts_K, hashes % len(counts_K), signs * (1 + np.log(counts)))
