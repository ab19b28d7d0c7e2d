"""What a column is: a number, a category, a date, ... and why."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Kind
from tenfold.data.cells.amount_columns import find_amounts
from tenfold.data.cells.amounts import NO_UNIT
from tenfold.data.cells.date_formats import DIGITS, FIRST_YEAR, LAST_YEAR, by_day, likely
from tenfold.data.cells.moments import to_dates
from tenfold.data.cells.parse import count_values, is_numeric, to_numbers, to_text
from tenfold.data.cells.placeholders import (
    are_stray,
    is_placeholder,
    may_be_codes,
    strange_words,
)
from tenfold.data.cells.spans import UNITS, Form, find_form, may_be_span, units_of
from tenfold.data.cells.words import MEANINGS, TICKS, word_of
from tenfold.data.columns.identifiers import contact_of, is_telephone_name, why_identifier
from tenfold.data.columns.naming import said_by
from tenfold.data.columns.prose import is_prose, sign_of_lists

# A few stray cells do not turn a column of numbers or dates into words.
ENOUGH: Final = 0.95
# Below this many rows, distinct values say nothing about what a column is.
FEW_ROWS: Final = 20
ENDLESS: Final = ("inf", "-inf", "+inf", "Inf", "-Inf", "Infinity", "-Infinity", "INF", "-INF")
DISTINCT: Final = "cells are different values"  # the same where nearly no cell comes back
EMPTIED: Final = "are treated as missing"  # ends the reason where some cells are
EIGHT: Final = 8  # digits of a date without signs between its parts
LEAST_TELEPHONE: Final = 1_000_000
CODE: Final = 3  # digits, at least, of a code that begins with 0
# Cells that a date format is tried on before it is tried on all.
TRIED_CELLS: Final = 100

_DATE_SHAPE: Final = re.compile(r"(?=.*\d)[\w.,/: ()+-]{5,35}")


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundKind:
    """The kind of a column, what in its cells shows it, and how they are written.

    ``empties`` are words, in small letters, that stand where there is no number or date.
    ``rivals`` are formats in which all dates could be read just as well, as others.
    ``tick`` is what stands in boxes that are ticked, where an empty cell means no.
    ``sign`` is what parts the words of a list.
    ``declared`` says that not the cells but the column's dtype showed it.
    """

    kind: Kind
    why: str
    date_format: str | None = None
    form: Form = "number"
    unit: str = NO_UNIT
    empties: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    tick: str = ""
    sign: str = ""
    declared: bool = False


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
    if found := _as_box(filled, len(cells), decimal) or _as_mark(filled, len(cells), decimal):
        return found
    typed = is_numeric(filled) or filled.dtype.kind in "mM"
    found = _of_typed(name, filled) if typed else None
    return found or _of_texts(name, filled, decimal)


def _of_texts(name: str, filled: "pd.Series[Any]", decimal: str) -> FoundKind:
    """Return the kind of cells that are text, or of several types."""
    texts = to_text(filled, decimal)
    distinct = pd.unique(texts)
    if len(distinct) == 1:
        return FoundKind(kind="constant", why=f"every filled cell is {distinct[0]!r}")
    if is_truth(distinct):
        return FoundKind(kind="boolean", why=f"its cells are {' and '.join(sorted(distinct))}")
    if isinstance(filled.dtype, pd.CategoricalDtype):
        return _as_category(texts, len(distinct), declared=True)
    return (
        _as_digits(texts)
        or _as_contact(texts)
        or _as_codes(distinct, texts)
        or _as_all_but_nothing(name, filled, texts, decimal)
        or _as_text_number(name, filled, texts, decimal)
        or _as_span(texts, distinct)
        or _as_date(texts)
        or _as_amount(texts, decimal)
        or _as_several(texts)
        or _as_category(texts, len(distinct))
    )


def _as_all_but_nothing(
    name: str, filled: "pd.Series[Any]", texts: NDArray[np.object_], decimal: str
) -> FoundKind | None:
    """Return that cells are numbers or dates but for words that say there is none, or None."""
    known, strange = set(filter(is_placeholder, pd.unique(texts))), strange_words(texts)
    # So few that they need no explanation are left to what reads numbers and dates.
    if not strange <= known and np.isin(texts, list(strange)).mean() > 1 - ENOUGH:
        found = _but_for(strange, name, filled, texts, decimal)
        rest = filled[~np.isin(texts, list(strange))]
        plain = found is not None and found.form == "number" and found.kind == "number"
        if not plain or said_by(name) == "measures" or not may_be_codes(rest, decimal):
            return found
    return _but_for(known, name, filled, texts, decimal) if are_stray(known, texts) else None


def _but_for(
    nothing: Set[str],
    name: str,
    filled: "pd.Series[Any]",
    texts: NDArray[np.object_],
    decimal: str,
) -> FoundKind | None:
    """Return that cells are numbers or dates but for some words, or None."""
    gone = np.isin(texts, list(nothing))
    found = find_kind(name, filled[~gone], decimal)
    if found.kind not in {"number", "date"}:
        return None
    return replace(
        found,
        why=f"{found.why}; {_emptied(texts[gone])}",
        empties=tuple(sorted({*found.empties, *(word.lower() for word in nothing)})),
    )


def _emptied(nothing: NDArray[np.object_]) -> str:
    """Say which words for nothing a column holds, and how often."""
    cells = [f"{word!r} ({count:,})" for word, count in count_values(nothing).items()]
    return f"cells {', '.join(cells)} {EMPTIED}"


def is_truth(words: Iterable[str]) -> bool:
    """Tell whether words are truth values: 1 and 0, or one word for true and one for false.

    Its first letter means what a word does.

    Examples
    --------
    >>> is_truth(["yes", "No"]), is_truth(["1", "0"]), is_truth(["True", "False", "1"])
    (True, True, True)
    >>> is_truth(["yes", "y", "No", "N"])
    True
    >>> is_truth(["y", "n", "t"]), is_truth(["1", "2"]), is_truth(["yes"])
    (False, False, False)
    """
    words = list(words)
    if not all(word.lower() in MEANINGS for word in words):
        return False
    lower = {word.lower() for word in words}
    initials = {word[0] for word in lower if len(word) > 1}
    spelt = [MEANINGS[word] for word in lower - initials - {"0", "1"}]
    return len(spelt) == len(set(spelt)) and {MEANINGS[word] for word in lower} == {0.0, 1.0}


def _as_box(filled: "pd.Series[Any]", cells: int, decimal: str) -> FoundKind | None:
    """Return that cells are boxes that are ticked or empty, or None."""
    gaps = cells - len(filled)
    first = word_of(filled.iloc[0], decimal)
    tick = first.lower()
    if not (tick in TICKS or MEANINGS.get(tick) == 1) or gaps < (1 - ENOUGH) * cells:
        return None
    if not gaps or {word.lower() for word in pd.unique(to_text(filled, decimal))} != {tick}:
        return None
    why = f"{len(filled):,} cells are {first!r} and {gaps:,} are empty"
    return FoundKind(kind="boolean", why=why, tick=tick)


def _as_mark(filled: "pd.Series[Any]", cells: int, decimal: str) -> FoundKind | None:
    """Return that cells hold one word or nothing, each in enough rows to tell them apart."""
    rare = min(len(filled), cells - len(filled))
    if cells < FEW_ROWS or rare < (1 - ENOUGH) * cells:
        return None
    first = set(to_text(filled.iloc[:FEW_ROWS], decimal))  # most columns show it at once
    if len(first) > 1 or set(to_text(filled, decimal)) != first:
        return None
    gaps = cells - len(filled)
    why = f"{len(filled):,} cells are {first.pop()!r} and {gaps:,} are empty"
    return FoundKind(kind="category", why=why)


def _of_typed(name: str, filled: "pd.Series[Any]") -> FoundKind | None:
    """Return the kind of numbers, moments or durations that are stored as such.

    None if no number is finite: then they are words.
    """
    values = pd.unique(filled)
    if len(values) == 1:
        return FoundKind(
            kind="constant", why=f"every filled cell is {word_of(filled.iloc[0])!r}"
        )
    if filled.dtype.kind == "M":
        return FoundKind(kind="date", why="its cells are dates", date_format="ISO8601")
    if filled.dtype.kind == "m":
        return FoundKind(
            kind="number", why=f"its cells are {UNITS['duration']}", form="duration"
        )
    if len(values) == 2 and set(values.tolist()) == {0, 1}:
        return FoundKind(kind="boolean", why="its cells are 0 and 1")
    eight = _are_eight(to_text(filled.iloc[:TRIED_CELLS]))
    digits = _as_digits(to_text(filled)) if eight else None
    return digits or _as_number(name, filled, to_numbers(filled))


def _as_contact(texts: NDArray[np.object_]) -> FoundKind | None:
    why = contact_of(count_values(texts), ENOUGH)
    return None if why is None else FoundKind(kind="identifier", why=why)


def _as_codes(distinct: NDArray[np.object_], texts: NDArray[np.object_]) -> FoundKind | None:
    """Return that words are digits with a zero before them, which numbers have not, or None.

    Two digits, as in 01 to 12, may be a month or a minute, and so a number.
    """
    codes = any(w[:1] == "0" and len(w) >= CODE and w.isdecimal() for w in distinct)
    digits = all(map(str.isdecimal, distinct))
    return _as_category(texts, len(distinct)) if codes and digits else None


def _as_number(
    name: str, filled: "pd.Series[Any]", numbers: NDArray[np.float64]
) -> FoundKind | None:
    found = numbers[np.isfinite(numbers)]
    stray = filled[~np.isfinite(numbers)]
    if len(found) == 0:
        return None
    if len(stray) > (1 - ENOUGH) * len(numbers) and not is_numeric(filled):
        endless = pd.Series(to_text(stray)).isin(ENDLESS).sum()  # they are numbers, too
        if len(stray) - endless > (1 - ENOUGH) * len(numbers):
            return None
    if len(found) >= FEW_ROWS and bool(np.all(found == np.round(found))):
        if why := why_identifier(name, found):
            return FoundKind(kind="identifier", why=why)
        distinct = len(np.unique(found)) == len(found)
        if distinct and is_telephone_name(name) and found.min() >= LEAST_TELEPHONE:
            return FoundKind(kind="identifier", why="its cells are telephone numbers")
    return FoundKind(kind="number", why=_all_but(stray.tolist(), len(numbers), "numbers"))


def _as_text_number(
    name: str, filled: "pd.Series[Any]", texts: NDArray[np.object_], decimal: str
) -> FoundKind | None:
    """Return that cells are numbers, or amounts without a unit if more of them are, or None.

    A few losses in brackets, or prices without cents, are written as no other number is.
    """
    numbers = to_numbers(filled, decimal)
    found = _as_number(name, filled, numbers)
    if found is None or found.kind != "number" or np.isfinite(numbers).all():
        return found
    amounts = _as_amount(texts, decimal)
    if amounts is None or amounts.unit:
        return found
    read = np.isfinite(to_numbers(filled, decimal, amounts.form))
    return amounts if read.sum() > np.isfinite(numbers).sum() else found


def _all_but(stray: Sequence[object], cells: int, what: str) -> str:
    """Say what the cells of a column are, and which are not."""
    if not len(stray):
        return f"its cells are {what}"
    shown = repr(stray[0]) if isinstance(stray[0], str) else str(stray[0])
    return (
        f"all but {len(stray):,} of its {cells:,} filled cells are {what}; "
        f"cells such as {shown} {EMPTIED}"
    )


def _as_span(texts: NDArray[np.object_], distinct: NDArray[np.object_]) -> FoundKind | None:
    """Return that words are durations or clock times, or None."""
    if not any(may_be_span(word) for word in distinct):
        return None
    form = find_form(count_values(texts), ENOUGH)
    if form is None:
        return None
    stray = texts[~np.isfinite(to_numbers(pd.Series(texts, dtype=object), form=form))].tolist()
    return FoundKind(kind="number", why=_all_but(stray, len(texts), UNITS[form]), form=form)


def _as_amount(texts: NDArray[np.object_], decimal: str) -> FoundKind | None:
    """Return that words are numbers with something beside them, or None."""
    found = find_amounts(count_values(texts), decimal, ENOUGH)
    if found is None:
        return None
    numbers = to_numbers(pd.Series(texts, dtype=object), decimal, found.form, found.unit)
    what = units_of(found.form, found.unit)
    if found.note:
        what += f" ({found.note})"
    why = _all_but(texts[np.isnan(numbers)].tolist(), len(texts), what)
    return FoundKind(kind="number", why=why, form=found.form, unit=found.unit)


def _as_date(texts: NDArray[np.object_]) -> FoundKind | None:
    counts = count_values(texts)
    shaped = counts[[_DATE_SHAPE.fullmatch(word) is not None for word in counts.index]]
    if shaped.sum() < ENOUGH * len(texts):
        return None
    tried = pd.Series(shaped.index[:TRIED_CELLS], dtype=object)
    cells = pd.Series(texts, dtype=object)
    read = {
        layout: to_dates(cells, layout)
        for layout in likely(tried)
        if not np.isnat(to_dates(tried, layout)).all()
    }
    shares = {layout: float((~np.isnat(found)).mean()) for layout, found in read.items()}
    if not shares or max(shares.values()) < ENOUGH:
        return None
    best = max(shares, key=lambda layout: shares[layout])
    fitting = [f for f in shares if shares[f] == shares[best]]
    day = by_day(best, pd.unique(texts[~np.isnat(read[best])]))
    if day is not None and day[0] in read:
        fitting = [best, *day[:1]]
        best = day[0] if day[1] else best
    return _date_of(texts, best, read, fitting)


def _date_of(
    texts: NDArray[np.object_],
    best: str,
    read: Mapping[str, NDArray[np.datetime64]],
    fitting: Iterable[str],
) -> FoundKind:
    """Return that cells are dates of a format, and which other one would fit as well."""
    example = texts[~np.isnat(read[best])][0]
    rivals = [f for f in fitting if not np.array_equal(read[f], read[best], equal_nan=True)]
    why = f"cells such as {example} are dates"
    if rivals:
        why += f" ({best}; {rivals[0]} would also fit)"
    stray = int(np.isnat(read[best]).sum())
    if stray:
        cell = texts[np.isnat(read[best])][0]
        why += f"; {stray:,} of {len(texts):,} cells, such as {cell!r}, {EMPTIED}"
    return FoundKind(kind="date", why=why, date_format=best, rivals=tuple(rivals))


def _are_eight(texts: NDArray[np.object_]) -> bool:
    return all(len(text) == EIGHT and text.isdecimal() for text in texts)


def _as_digits(texts: NDArray[np.object_]) -> FoundKind | None:
    """Return that cells are dates of eight digits, all in years of our time, or None."""
    if not (_are_eight(texts[:TRIED_CELLS]) and _are_eight(texts)):
        return None
    cells = pd.Series(texts, dtype=object)
    read = {}
    for layout in DIGITS:
        found = to_dates(cells, layout)
        years = pd.Series(found).dt.year
        if years.between(FIRST_YEAR, LAST_YEAR).all():
            read[layout] = found
    return _date_of(texts, next(iter(read)), read, read) if read else None


def _as_several(texts: NDArray[np.object_]) -> FoundKind | None:
    """Return that cells are lists of words, or free text, or None."""
    if len(texts) < FEW_ROWS:
        return None
    counts = count_values(texts)
    if sign := sign_of_lists(counts):
        example = next(cell for cell in counts.index if sign in cell)
        why = f"cells such as {example!r} are lists of recurring categories"
        return FoundKind(kind="list", why=why, sign=sign)
    if is_prose(counts):
        why = (
            f"its cells hold several words each, and {len(counts):,} of {len(texts):,} are "
            "different"
        )
        return FoundKind(kind="text", why=why)
    return None


def _as_category(
    texts: NDArray[np.object_], distinct: int, *, declared: bool = False
) -> FoundKind:
    if distinct >= ENOUGH * len(texts) and len(texts) >= FEW_ROWS:
        return FoundKind(kind="identifier", why=f"{distinct:,} of {len(texts):,} {DISTINCT}")
    why = f"its cells hold {distinct:,} different categories"
    return FoundKind(kind="category", why=why, declared=declared)
