"""Columns whose decimal sign is not that of their table.

A table may hold thousands as ``312.450`` beside degrees as ``48.3712``, or a quoted ``"12,34"``
beside points. Where a column shows its own sign, its cells are rewritten with that of the
table, so that all that reads them later needs to know one sign only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import pandas as pd

from tenfold.config import Decision
from tenfold.data.cells.amounts import digits_of
from tenfold.data.cells.placeholders import is_placeholder
from tenfold.data.tables.reading import Reading
from tenfold.data.tables.table import with_columns

NAMES: Final = {".": "decimal point", ",": "decimal comma"}
OTHER: Final = {".": ",", ",": "."}
ENOUGH: Final = 0.95  # of the filled cells of a column that have to be numbers
SOME: Final = 3  # numbers that show that a sign parts thousands
SHOWN: Final = 8

_TAIL: Final = r"(?:e[+-]?\d+)?"
_WITH: Final = {
    sign: re.compile(
        rf"[+-]?(?:\d*|\d{{1,3}}(?:{re.escape(OTHER[sign])}\d{{3}})+){re.escape(sign)}\d+{_TAIL}",
        re.IGNORECASE,
    )
    for sign in OTHER
}
_ONE_GROUP: Final = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}")
_GROUPS: Final = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})+")
_WHOLE: Final = re.compile(rf"[+-]?\d+{_TAIL}", re.IGNORECASE)
_BELOW_THOUSAND: Final = re.compile(r"[+-]?[1-9]\d{0,2}")
# Between digits, and not behind a letter, as in "Rs.500".
_SIGN: Final = re.compile(r"(?<![^\W\d_])[.,](?=[\d-])")


def parts_thousands(texts: Iterable[str]) -> str | None:
    """Return what can only part the thousands of whole numbers, None if nothing has to.

    Beside numbers below a thousand without a sign stand others with three digits behind it.
    As decimals, those that end in a zero would have been written to three places, and so
    would the whole ones.

    Examples
    --------
    >>> parts_thousands(["2.491", "531", "1.250", "84", "3.003"])
    '.'
    >>> parts_thousands(["2.491", "5.310", "1.250"]) is None
    True
    """
    texts = [text for text in texts if text]
    found = [(text, match[1]) for text in texts if (match := _groups(text))]
    whole = [text for text in texts if _WHOLE.fullmatch(text)]
    below = sum(_BELOW_THOUSAND.fullmatch(text) is not None for text in whole)
    small = all(len(text.lstrip("+-")) <= SOME for text in whole)
    zero = any(text.endswith("0") for text, _ in found)
    signs = {sign for _, sign in found}
    if not (small and zero and below and len(found) >= SOME and len(signs) == 1):
        return None
    return signs.pop() if len(found) + len(whole) == len(texts) else None


def _groups(text: str) -> re.Match[str] | None:
    return _ONE_GROUP.fullmatch(text) or _GROUPS.fullmatch(text)


def own_sign(texts: Iterable[str]) -> tuple[str | None, str]:
    """Return the decimal sign that a column of numbers shows by itself, and a cell like it.

    Parameters
    ----------
    texts : iterable of str
        The numbers of its filled cells.

    Returns
    -------
    sign : {".", ","} or None
        None if no cell shows one, or they show both.
    cell : str
        One that shows it; if none does, one that would with either, ``""`` without such.

    Examples
    --------
    >>> own_sign(["4.975", "84", "312.450", "1.200"]), own_sign(["12,34", "1,234"])
    ((',', '4.975'), (',', '12,34'))
    >>> own_sign(["4.975", "312.450"]), own_sign(["12,5", "1.5"]), own_sign(["red", "1.5"])
    ((None, '4.975'), (None, ''), (None, ''))
    """
    texts = [text for text in texts if text and not is_placeholder(text)]
    shown: dict[str, str] = {}
    either, numbers = "", 0
    for text in texts:
        if _ONE_GROUP.fullmatch(text):
            either = either or text
        elif groups := _GROUPS.fullmatch(text):
            shown.setdefault(OTHER[groups[1]], text)
        elif sign := next((s for s in OTHER if _WITH[s].fullmatch(text)), None):
            shown.setdefault(sign, text)
        elif not _WHOLE.fullmatch(text):
            continue
        numbers += 1
    if not texts or numbers < ENOUGH * len(texts) or len(shown) > 1:
        return None, ""
    if shown:
        return next(iter(shown.items()))
    parts = parts_thousands(texts)
    return (OTHER[parts], either) if parts else (None, either)


def signs_of_columns(
    texts: Mapping[str, Iterable[str]], decimal: str, known: Reading | None
) -> tuple[tuple[str, ...], tuple[Decision, ...]]:
    """Return the columns whose decimal sign is not that of their table, and what is said.

    Parameters
    ----------
    texts : mapping of str to iterable of str
        Some cells of each column that is text.
    decimal : {".", ","}
        The sign of the table.
    known : Reading or None
        How training was read; its sign of a column counts where the column shows none.

    Examples
    --------
    >>> columns = {"people": ["4.975", "84", "312.450", "1.200"], "north": ["48.3712", "9.5"]}
    >>> apart, (decision,) = signs_of_columns(columns, ".", None)
    >>> apart, decision.what
    (('people',), "decimal comma in 'people'")
    """
    found = {
        name: own_sign(digits_of(cell.strip()) for cell in cells)
        for name, cells in texts.items()
    }
    asked = {} if known is None else dict.fromkeys(known.apart, OTHER[known.decimal or "."])
    signs = {name: sign or asked.get(name) for name, (sign, _) in found.items()}
    signs = {**asked, **signs}
    apart = tuple(sorted(name for name, sign in signs.items() if sign and sign != decimal))
    decisions = [] if known is not None else [*_decisions(apart, found, decimal)]
    return apart, tuple(decisions)


def _decisions(
    apart: tuple[str, ...], found: Mapping[str, tuple[str | None, str]], decimal: str
) -> Iterator[Decision]:
    """Say which columns have a sign of their own, and which may have."""
    for name in apart:
        why = f"cells such as {found[name][1]} can only be read this way; other columns have a "
        what = f"{NAMES[OTHER[decimal]]} in {name!r}"
        yield Decision(what=what, why=why + NAMES[decimal], change_with="--decimal")
    open_ = {name: cell for name, (sign, cell) in found.items() if sign is None and cell}
    # As a rule a sign that is not the decimal one parts thousands.
    doubtful = [
        name for name, cell in open_.items() if apart or (decimal == "." and "." in cell)
    ]
    if doubtful:
        names = ", ".join(map(repr, doubtful[:SHOWN]))
        names += f" and {len(doubtful) - SHOWN} more" if len(doubtful) > SHOWN else ""
        cell = open_[doubtful[0]]
        what = f"{NAMES[decimal]} in {names}, too"
        why = (
            f"ambiguous: no cell there shows whether the sign in numbers such as {cell} is a "
            "decimal or a thousands separator"
        )
        yield Decision(what=what, why=why, change_with="--decimal")


def with_one_sign(frame: pd.DataFrame, reading: Reading) -> pd.DataFrame:
    """Return a table, points and commas changing places in columns with a sign of their own.

    Examples
    --------
    >>> frame = pd.DataFrame({"people": ["4.975", "84", None]}, dtype=object)
    >>> with_one_sign(frame, Reading(apart=("people",)))["people"].tolist()
    ['4,975', '84', None]
    """
    columns = {
        name: pd.Series(
            [_exchanged(cell, reading.sign_of(name)) for cell in frame[name]],
            index=frame.index,
            dtype=object,
        )
        for name in reading.apart
        if name in frame.columns and frame[name].dtype.kind == "O"
    }
    return with_columns(frame, columns)


def _exchanged(cell: Any, own: str) -> Any:
    """Return a cell whose points and commas have changed places, if it would be misread."""
    if not isinstance(cell, str):
        return cell
    if own == "." and "," not in cell and not _ONE_GROUP.fullmatch(digits_of(cell)):
        return cell  # a number with a point is one in every table
    return _SIGN.sub(lambda found: OTHER[found[0]], cell)
