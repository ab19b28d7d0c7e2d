"""Words that stand where nothing is known, in columns that otherwise hold numbers or dates.

In a column of words ``unknown`` may be a word like others. Beside numbers it can only mean
that there is none.
"""

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import MISSING
from tenfold.data.cells import distinct
from tenfold.data.words import tidy

# Words that tables hold for an empty cell, in small letters.
LIKE_EMPTY: Final = frozenset(
    ("none", "n/a", "na", "n.a.", "nil", "-", "--", ".", "missing", "(null)", "<null>")
)
PLACEHOLDERS: Final = (
    LIKE_EMPTY
    | frozenset(word.lower() for word in MISSING if word)
    | frozenset(
        ("---", "\u2013", "\u2014", "..", "...", "\u2026", "*", "**", "***", "??", "???")
    )
    | frozenset(("_", "/", "//", "n.a", "n/d", "n.d.", "#na", "#div/0!", "#value!", "#ref!"))
    | frozenset(
        ("#name?", "#num!", "#null!", "#error!", "error", "unknown", "unk", "undefined")
    )
    | frozenset(("unavailable", "blank", "empty", "void", "tba", "tbd", "\\n", "[null]"))
    | frozenset(("(blank)", "(none)", "(empty)", "(missing)", "<none>", "<missing>"))
    | frozenset(("not available", "not applicable", "not known", "not reported", "no data"))
)
MOST: Final = 4  # of them in one column; with more they are a code
SHARE: Final = 0.9  # of the filled cells that hold something, or
MANY: Final = 20  # distinct things, if they are half of the cells at least


def is_placeholder(cell: Any) -> bool:
    """Tell whether a cell is a word for nothing.

    Examples
    --------
    >>> is_placeholder("N/A"), is_placeholder(" - "), is_placeholder("red"), is_placeholder(0)
    (True, True, False, False)
    """
    return isinstance(cell, str) and tidy(cell).lower() in PLACEHOLDERS


def find_placeholders(cells: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Return which cells of a column are words for nothing."""
    if cells.dtype != object:
        return np.zeros(len(cells), dtype=bool)
    codes, held = distinct(cells)
    return np.array([*map(is_placeholder, held), False])[codes]


def without_words(cells: "pd.Series[Any]", words: Collection[str]) -> "pd.Series[Any]":
    """Return a column, empty where one of some words stands, in small or large letters.

    Examples
    --------
    >>> without_words(pd.Series(["1.5", "N/A", "-"], dtype=object), ["n/a"]).tolist()
    ['1.5', None, '-']
    """
    if not words or cells.dtype != object:
        return cells
    codes, held = distinct(cells)
    gone = [isinstance(cell, str) and tidy(cell).lower() in words for cell in held]
    return cells.where(~np.array([*gone, False])[codes], None)


def are_stray(words: Collection[str], texts: NDArray[np.object_]) -> bool:
    """Tell whether words for nothing are few enough among texts to be no words of their own.

    Examples
    --------
    >>> are_stray({"-"}, np.array([*map(str, range(30)), "-", "-", "-", "-"], dtype=object))
    True
    >>> are_stray({"-"}, np.array(["1", "2", "3", "-"], dtype=object))
    False
    """
    gone = np.isin(texts, list(words))
    if not gone.any() or len({word.lower() for word in words}) > MOST:
        return False
    held = 1 - gone.mean()
    return held >= SHARE or (held >= 0.5 and len(pd.unique(texts[~gone])) > MANY)
