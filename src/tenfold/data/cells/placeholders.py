"""Words that stand where nothing is known.

In a column of words ``unknown`` may be a word like others. Beside numbers it can only mean
that there is none; and so, beside many numbers, does any word that comes back. A few, such
as ``n/a``, are hardly ever a word of their own.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.cells.parse import count_values, distinct, to_numbers
from tenfold.data.cells.words import number_word, tidy
from tenfold.read_options import MISSING

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
    # Of spreadsheets, in the language of their user.
    | frozenset(("#nv", "#wert!", "#bezug!", "#n/d", "#valeur!", "#valor!", "#valore!"))
    | frozenset(("#\u00a1div/0!", "#\u00a1valor!", "#\u00a1ref!", "#\u00bfnombre?", "#nom?"))
    | frozenset(("#rif!", "#nome?", "#zahl!", "#nombre!", "#\u00a1num!", "#nul!", "#nulo!"))
    | frozenset(
        ("#waarde!", "#verw!", "#naam?", "#getal!", "#deel/0!", "#arg!", "#adr!", "#spill!")
    )
    | frozenset(("#calc!", "#field!", "#getting_data", "#blocked!", "#connect!", "#busy!"))
    # Of people and statistical offices.
    | frozenset(
        ("k.a.", "k. a.", "ka", "keine angabe", "n.v.", "nv", "s/d", "s.d.", "nd", "nc")
    )
    | frozenset(
        ("sin dato", "sin datos", "sem dados", "n.c.", "n.s.", "nr", "n.r.", "dk", "nm")
    )
    | frozenset(
        ("unbekannt", "entf\u00e4llt", "keine", "inconnu", "non disponible", "desconocido")
    )
    | frozenset(("not measured", "not tested", "not done", "not provided", "not recorded"))
    | frozenset(("no value", "no response", "no answer", "refused", "don't know", "pending"))
    | frozenset(
        ("leer", "fehlt", "nodata", "no_data", ":", "::", "!", "~", "....", "(x)", "(na)")
    )
    | frozenset(
        ("----", "-----", "------", "--.-", "****", "*****", "\u2212", "\u2010", "\u2011")
    )
    | frozenset(("\u2012", "\u2015", "\u2043", "\u221e", "-\u221e", "{}", "()", "&nbsp;"))
    | frozenset(('""', "''", '"', "'", "`", "<na>", "&ndash;", "&mdash;", "&#8211;"))
    # Of laboratories and of instruments.
    | frozenset(
        ("bdl", "<lod", "lod", "<loq", "loq", "bql", "<mdl", "trace", "traces", "tr", "tr.")
    )
    | frozenset(("below detection limit", "below lod", "non-detect", "non detect", "n.n."))
    | frozenset(("bad input", "bad", "i/o timeout", "timeout", "offline", "no sample", "fault"))
    | frozenset(("-nan", "+nan", "nan(ind)", "-nan(ind)", "1.#qnan", "-1.#qnan", "1.#ind"))
    | frozenset(("-1.#ind", "1.#inf", "-1.#inf", "1.#snan", "err", "loading...", "#error"))
    | frozenset(("not available", "not applicable", "not known", "not reported", "no data"))
)
# Those of them that hardly ever name a class: ``none``, ``unknown`` or ``empty`` may well do.
MARKS: Final = (
    frozenset(("n/a", "n.a.", "n.a", "na", "n/d", "#n/a", "#na", "<na>", "nan", "nat", "null"))
    | frozenset(("(null)", "<null>", "[null]", "\\n", "(blank)", "(empty)", "(missing)"))
    | frozenset(("<missing>", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!"))
    | frozenset(("#error!", "?", "??", "???", "-", "--", "---", "\u2013", "\u2014", "."))
    | frozenset(("..", "...", "\u2026", "/"))
    | frozenset(word for word in PLACEHOLDERS if word.startswith("#"))  # errors of spreadsheets
)
ENDLESS: Final = frozenset({"inf", "infinity"})  # numbers, though no network learns from them
MOST: Final = 4  # of them in one column; with more they are a code
SHARE: Final = 0.9  # of the filled cells that hold something, or
MANY: Final = 20  # distinct things, if they are half of the cells at least
# Any other word is one, beside so many distinct things and in at most this share of the cells.
ANY_WORD: Final = 0.3
OFTEN: Final = 5  # times that whole numbers come back, on average, which may be codes


def is_placeholder(cell: Any, words: Collection[str] = PLACEHOLDERS) -> bool:
    """Tell whether a cell is a word for nothing, or one of some of them, in small letters.

    Examples
    --------
    >>> is_placeholder("N/A"), is_placeholder(" - "), is_placeholder("red"), is_placeholder(0)
    (True, True, False, False)
    """
    return isinstance(cell, str) and tidy(cell).lower() in words


def find_placeholders(
    cells: "pd.Series[Any]", words: Collection[str] = PLACEHOLDERS
) -> NDArray[np.bool_]:
    """Return which cells of a column are words for nothing, or some of them."""
    if cells.dtype != object:
        return np.zeros(len(cells), dtype=bool)
    codes, held = distinct(cells)
    return np.array([*(is_placeholder(cell, words) for cell in held), False])[codes]


def marks_beside(others: Collection[str]) -> frozenset[str]:
    """Return the words, in small letters, that can only mean that there is none beside others.

    Beside numbers alone these are all words for nothing. Beside words a sign such as ``-`` is
    none if another has neither a letter nor a digit, as ``+`` has, and ``na`` is none if most
    others are as long, as the codes of continents are.

    Parameters
    ----------
    others : collection of str
        The words of a target that are not for nothing.

    Examples
    --------
    >>> "unknown" in marks_beside({"1", "2"}), "unknown" in marks_beside({"red", "blue"})
    (True, False)
    >>> "-" in marks_beside({"red", "blue"}), "-" in marks_beside({"+", "0"})
    (True, False)
    >>> "na" in marks_beside({"yes", "no"}), "na" in marks_beside({"eu", "as", "af"})
    (True, False)
    """
    if others and all(number_word(word, ".") is not None for word in others):
        return PLACEHOLDERS
    gone = set()
    if any(not any(map(str.isalnum, word)) for word in others):
        gone = {mark for mark in MARKS if not any(map(str.isalnum, mark))}
    codes = Counter(len(word) for word in others if word.isalpha())
    gone |= {mark for mark in MARKS if mark.isalpha() and 2 * codes[len(mark)] > len(others)}
    return MARKS - gone


def strange_words(texts: NDArray[np.object_]) -> set[str]:
    """Return the words of a column that may mean that there is nothing, whatever they say.

    They hold no digit, as a code beside numbers may, each comes back, there are few of them,
    and many distinct cells beside them.

    Examples
    --------
    >>> numbers = list(map(str, range(40)))
    >>> sorted(strange_words(np.array([*numbers, *["lost", "-"] * 4], dtype=object)))
    ['-', 'lost']
    >>> strange_words(np.array([*numbers, *["A12", "lost"] * 4, "x"], dtype=object))
    set()
    """
    counts = count_values(texts)
    found = counts[[not any(map(str.isdigit, word)) for word in counts.index]]
    few = 0 < len(found) <= MOST and len(counts) - len(found) > MANY
    if not few or found.min() < 2 or found.sum() > ANY_WORD * len(texts):
        return set()
    return {str(word) for word in found.index if word.lower().lstrip("+-") not in ENDLESS}


def may_be_codes(cells: "pd.Series[Any]", decimal: str) -> bool:
    """Tell whether numbers may be codes: whole ones that come back often.

    Examples
    --------
    >>> may_be_codes(pd.Series([101, 102] * 9), "."), may_be_codes(pd.Series([1.5] * 9), ".")
    (True, False)
    """
    numbers = to_numbers(cells, decimal)
    numbers = numbers[np.isfinite(numbers)]
    whole = bool(np.all(numbers == np.round(numbers)))
    return whole and len(numbers) >= OFTEN * len(np.unique(numbers))


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
    gone = [is_placeholder(cell, words) for cell in held]
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
