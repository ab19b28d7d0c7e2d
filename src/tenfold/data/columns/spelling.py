"""What was probably meant: names, words, numbers and dates that are spelt otherwise."""

import difflib
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from tenfold.data.cells.date_formats import likely
from tenfold.data.cells.moments import to_dates
from tenfold.data.cells.parse import to_numbers
from tenfold.data.columns.column_kind import ENOUGH

ALIKE: Final = 0.8  # share of letters that two names have in common to be called alike
FEW_WORDS: Final = 1_000  # more are not searched letter by letter
TRIED: Final = 100  # cells that other spellings are tried on


def plain(text: str) -> str:
    """Return a text without capitals, accents, spaces and punctuation.

    Examples
    --------
    >>> plain("Median_Income") == plain("median income"), plain("Größe (m²)")
    (True, 'grossem2')
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if letter.isalnum())


def nearest(text: str, known: Sequence[str]) -> str | None:
    """Return the known text that is spelt most alike, or None.

    Examples
    --------
    >>> nearest("Median Income", ["households", "median_income"])
    'median_income'
    >>> nearest("inland ", ["INLAND", "ISLAND"]), nearest("price", ["rooms"])
    ('INLAND', None)
    """
    form = plain(text)
    same = next((other for other in known if form and plain(other) == form), None)
    if same is not None or len(known) > FEW_WORDS:
        return same
    forms = {plain(other): other for other in reversed(known)}
    near = difflib.get_close_matches(form, [f for f in forms if f], n=1, cutoff=ALIKE)
    return forms[near[0]] if near else None


def other_form(cells: "pd.Series[Any]", kind: str, layout: str | None, decimal: str) -> str:
    """Return how cells that cannot be read as their column's kind can be read, or "".

    Parameters
    ----------
    cells : Series
        Filled cells of a column of numbers or dates.
    kind : {"number", "date"}
    layout : str or None
        The format that dates had in training.
    decimal : {".", ","}
        The decimal sign that was tried.

    Examples
    --------
    >>> other_form(pd.Series(["3,5", "12,25"], dtype=object), "number", None, ".")
    'numbers with a decimal comma'
    >>> other_form(pd.Series(["27.11.2026"], dtype=object), "date", "ISO8601", ".")
    'dates as %d.%m.%Y'
    """
    texts = pd.Series([cell for cell in cells[:TRIED] if isinstance(cell, str)], dtype=object)
    if not len(texts):
        return ""
    if kind == "number":
        other = "." if decimal == "," else ","
        if np.isfinite(to_numbers(texts, other)).mean() >= ENOUGH:
            return f"numbers with a decimal {'comma' if other == ',' else 'point'}"
        return ""
    for tried in likely(texts):
        if tried != layout and (~np.isnat(to_dates(texts, tried))).mean() >= ENOUGH:
            return f"dates as {'YYYY-MM-DD' if tried == 'ISO8601' else tried}"
    return ""
