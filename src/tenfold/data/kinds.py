"""What a column is: a number, a category, a date, ... and why."""

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Kind
from tenfold.data.cells import (
    DATE_FORMATS,
    FALSE_WORDS,
    TRUE_WORDS,
    count_words,
    is_numeric,
    to_dates,
    to_numbers,
    to_text,
)

# A few stray cells do not turn a column of numbers or dates into words.
ENOUGH: Final = 0.95
# Below this many rows, distinct values say nothing about what a column is.
FEW_ROWS: Final = 20
# Cells that a date format is tried on before it is tried on all.
TRIED_CELLS: Final = 100

_ID_NAME: Final = re.compile(
    r"(^|[^a-z])(id|uuid|guid|key|index|nr|no)([^a-z]|$)", re.IGNORECASE
)
_DATE_SHAPE: Final = re.compile(r"(?=.*\d)[\w.,/: +-]{6,35}")


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundKind:
    """The kind of a column, what in its cells shows it, and its date format."""

    kind: Kind
    why: str
    date_format: str | None = None


def find_kind(name: str, cells: "pd.Series[Any]", decimal: str = ".") -> FoundKind:
    """Decide what the cells of a column are.

    Examples
    --------
    >>> find_kind("size", pd.Series([0.5, 2.0, 3.5])).kind
    'number'
    >>> find_kind("colour", pd.Series(["red", "blue", "red"])).kind
    'category'
    """
    filled = cells[cells.notna()]
    if len(filled) == 0:
        return FoundKind(kind="constant", why="all its cells are empty")
    if pd.api.types.is_datetime64_any_dtype(cells):
        return FoundKind(kind="date", why="its cells are dates", date_format="ISO8601")
    texts = to_text(filled)
    distinct = len(set(texts))
    if distinct == 1:
        return FoundKind(kind="constant", why=f"every filled cell is {texts[0]!r}")
    if _is_truth(texts):
        return FoundKind(
            kind="boolean", why=f"its cells are {' and '.join(sorted(set(texts)))}"
        )
    return (
        _as_number(name, filled, decimal)
        or _as_date(filled, texts)
        or _as_words(texts, distinct)
    )


def _is_truth(texts: NDArray[np.object_]) -> bool:
    words = {text.lower() for text in texts}
    return len(words) == 2 and (
        words == {"0", "1"} or (len(words & TRUE_WORDS) == 1 and len(words & FALSE_WORDS) == 1)
    )


def _as_number(name: str, filled: "pd.Series[Any]", decimal: str) -> FoundKind | None:
    numbers = to_numbers(filled, decimal)
    found = numbers[np.isfinite(numbers)]
    share = len(found) / len(numbers)
    if share < ENOUGH and not is_numeric(filled):
        return None
    distinct = len(np.unique(found))
    whole = bool(np.all(found == np.round(found)))
    if whole and distinct == len(found) >= FEW_ROWS:
        if found.max() - found.min() == len(found) - 1:
            return FoundKind(kind="identifier", why="it counts the rows")
        if _ID_NAME.search(name):
            return FoundKind(
                kind="identifier", why="its name says so and no value occurs twice"
            )
    stray = len(numbers) - len(found)
    if stray:
        example = filled[~np.isfinite(numbers)].iloc[0]
        why = f"all but {stray:,} of its {len(numbers):,} filled cells are numbers"
        shown = repr(example) if isinstance(example, str) else str(example)
        return FoundKind(kind="number", why=f"{why}; cells such as {shown} are read as empty")
    return FoundKind(kind="number", why="its cells are numbers")


def _as_date(filled: "pd.Series[Any]", texts: NDArray[np.object_]) -> FoundKind | None:
    if is_numeric(filled):
        return None
    counts = count_words(texts)
    shaped = counts[[_DATE_SHAPE.fullmatch(word) is not None for word in counts.index]]
    if shaped.sum() < ENOUGH * len(texts):
        return None
    tried = pd.Series(shaped.index[:TRIED_CELLS], dtype=object)
    cells = pd.Series(texts, dtype=object)
    fits = {
        layout: ~np.isnat(to_dates(cells, layout))
        for layout in DATE_FORMATS
        if not np.isnat(to_dates(tried, layout)).all()
    }
    shares = {layout: float(found.mean()) for layout, found in fits.items()}
    if not shares or max(shares.values()) < ENOUGH:
        return None
    best = max(shares, key=lambda layout: shares[layout])
    example = texts[fits[best]][0]
    rivals = [f for f, share in shares.items() if share == shares[best] and f != best]
    why = f"cells such as {example} are dates"
    if rivals:
        why += f" ({best}; {rivals[0]} would fit too)"
    return FoundKind(kind="date", why=why, date_format=best)


def _as_words(texts: NDArray[np.object_], distinct: int) -> FoundKind:
    if distinct >= ENOUGH * len(texts) and len(texts) >= FEW_ROWS:
        return FoundKind(
            kind="identifier", why=f"{distinct:,} of {len(texts):,} cells are distinct words"
        )
    return FoundKind(kind="category", why=f"its cells are {distinct:,} words")
