"""What cells that are text mean: which decimal sign they have, which words are empty cells."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.cells.amounts import digits_of
from tenfold.data.cells.looks import is_address
from tenfold.data.cells.placeholders import LIKE_EMPTY
from tenfold.data.tables.dtypes import Found, Missing
from tenfold.data.tables.own_signs import NAMES, parts_thousands, signs_of_columns
from tenfold.data.tables.reading import Known, Reading
from tenfold.read_options import MISSING, ReadOptions

FIRST_ROWS: Final = 200  # that show the decimal sign
SPREAD_ROWS: Final = 800  # more of them, from all over the table
MOST_NAMED: Final = 5

_POINT: Final = re.compile(r"[+-]?(\d*|\d{1,3}(,\d{3})+)\.\d+(e[+-]?\d+)?", re.IGNORECASE)
_COMMA: Final = re.compile(r"[+-]?(\d*|\d{1,3}(\.\d{3})+),\d+(e[+-]?\d+)?", re.IGNORECASE)
# With either sign these may be thousands.
_EITHER: Final = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(\1\d{3})*")


class Signs(NamedTuple):
    """What cells that are text mean, and how that was decided."""

    reading: Reading
    missing: Missing
    decisions: tuple[Decision, ...]
    notices: tuple[Decision, ...]


def decide_signs(
    texts: Mapping[str, Iterable[str]], options: ReadOptions, like: Known | None
) -> Signs:
    """Decide it from some texts of each column, what is asked for, and what training had."""
    known = None if like is None else like.reading
    numbers = None if like is None else like.numbers
    texts = {name: cells for name, cells in texts.items() if numbers is None or name in numbers}
    apart = () if known is None else known.apart
    shown = shown_in([cells for name, cells in texts.items() if name not in apart])
    decimal, decisions, news = decide_decimal(shown, options.decimal, known)
    apart = ()
    if options.decimal is None:
        apart, of_columns = signs_of_columns(texts, decimal or ".", known)
        decisions = (*decisions, *of_columns)
    words = missing_words(options, like)
    return Signs(
        Reading(decimal=decimal, thousands=shown.thousands, apart=apart, missing=words),
        Missing.of(words, decimal or "."),
        decisions,
        decisions if news else (),
    )


def missing_words(options: ReadOptions, like: Known | None) -> tuple[str, ...]:
    """Return the words that mean an empty cell: those asked for, or those of training."""
    if options.missing is not None:
        return options.missing
    return MISSING if like is None else like.reading.missing


def looked_at(rows: int) -> NDArray[np.int64]:
    """Return the rows that show the decimal sign: the first ones, and some of all others."""
    return np.unique(np.r_[: min(rows, FIRST_ROWS), 0 : rows : max(1, rows // SPREAD_ROWS)])


def missing_decisions(found: Found, frame: pd.DataFrame) -> tuple[Decision, ...]:
    """Return what is to be said of words that were read as empty cells of a table."""
    kept = {name: frame[name].dropna().unique().tolist() for name in found.words}
    return missing_decision(found.words, kept)


class Shown(NamedTuple):
    """The decimal sign that cells show, what parts their thousands, and an example of each."""

    decimal: str | None
    thousands: str | None
    example: str
    either: str


def shown_in(columns: Sequence[Iterable[str]]) -> Shown:
    """Return which decimal sign some columns show, together or one by what it holds.

    Examples
    --------
    >>> shown_in([["2.491", "531", "1.250", "84", "3.003"], ["red", "blue"]])[:3]
    (',', '.', '2.491')
    >>> shown_in([["2.491", "5.310", "1.250"]]).decimal
    """
    shown = shown_by(chain.from_iterable(columns))
    if shown.decimal is None and any(
        parts_thousands(digits_of(cell.strip()) for cell in cells) == "." for cells in columns
    ):
        return shown._replace(decimal=",", thousands=".", example=shown.either)
    return shown


def shown_by(cells: Iterable[str]) -> Shown:
    """Return which decimal sign most cells show, if any does.

    A cell such as ``1.250`` shows none: it may be a little more than one, or a thousand.

    Examples
    --------
    >>> shown_by(["1.250,5", "3,25", "red"]).decimal, shown_by(["1.250", "12"]).decimal
    (',', None)
    """
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    parted: set[str] = set()
    for cell in (digits_of(cell.strip()) for cell in cells if not is_address(cell.strip())):
        found = _EITHER.fullmatch(cell)
        if found:
            first.setdefault("either", cell)
            if found[2]:  # two signs of one kind are no decimal signs
                parted.add(found[1])
            continue
        for sign, form in ((".", _POINT), (",", _COMMA)):
            if match := form.fullmatch(cell):
                counts[sign] += 1
                first.setdefault(sign, cell)
                parted.update({",", "."} - {sign} if match[2] else ())
    decimal = None
    if counts["."] != counts[","]:
        decimal = max(counts, key=lambda sign: counts[sign])
    elif not counts and len(parted) == 1:
        decimal = "," if parted == {"."} else "."
    thousands = {".": ",", ",": "."}.get(decimal or "")
    either = first.get("either", "")
    return Shown(
        decimal,
        thousands if thousands in parted else None,
        first.get(decimal or "", either),
        either,
    )


def decide_decimal(
    shown: Shown, asked: str | None, known: Reading | None
) -> tuple[str | None, tuple[Decision, ...], bool]:
    """Return the decimal sign of a table, the decision about it, and whether it is news.

    What the user asks for counts first, then what the cells show, then what training had.

    Parameters
    ----------
    shown : Shown
    asked : str or None
        The option.
    known : Reading or None
        How training was read.
    """
    if asked is not None:
        return asked, (), False
    before = None if known is None else known.decimal
    if shown.decimal is None:
        if before is None or not shown.either:
            return before, (), False
        why = f"the training data had one, so a cell such as {shown.either} is read with it"
        return before, (_decision(before, why),), False
    news = before is not None and before != shown.decimal
    if shown.decimal == "." and not news:
        return ".", (), False
    why = f"cells such as {shown.example} are numbers"
    if shown.example == shown.either:
        why = f"points separate the thousands in cells such as {shown.example}"
    if news and before is not None:
        why += f"; the training data had a {NAMES[before]}"
    return shown.decimal, (_decision(shown.decimal, why),), news


def _decision(sign: str, why: str) -> Decision:
    return Decision(what=NAMES[sign], why=why, change_with="--decimal")


def missing_decision(
    found: Mapping[str, set[str]], kept: Mapping[str, Sequence[Any]]
) -> tuple[Decision, ...]:
    """Say which words were read as empty cells, and where they may be words all the same.

    Parameters
    ----------
    found : mapping of str to set of str
        By column, the words that were read as empty.
    kept : mapping of str to sequence
        By column, the distinct words that were not.

    Examples
    --------
    >>> (said,) = missing_decision({"continent": {"NA"}}, {"continent": ["EU", "AS"]})
    >>> said.what, said.why
    ("cells 'NA' are treated as missing", "they commonly mark a missing value; \
ambiguous: 'continent' also holds 'EU', so 'NA' may be a category there")
    """
    if not found:
        return ()
    doubts = [
        f"{column!r} also holds {like!r}, so {word!r} may be a category there"
        for column, gone in found.items()
        for word in sorted(gone)
        if (like := next((other for other in kept[column] if is_alike(word, other)), None))
    ]
    why = "they commonly mark a missing value"
    if doubts:
        why += "; ambiguous: " + "; ".join(doubts[:MOST_NAMED])
    cells = ", ".join(map(repr, sorted(set().union(*found.values()))))
    return (
        Decision(
            what=f"cells {cells} are treated as missing", why=why, change_with="--missing"
        ),
    )


def kept_decisions(levels: Mapping[str, Sequence[str]]) -> tuple[Decision, ...]:
    """Say which words of columns stand for an empty cell elsewhere, and are words here.

    Examples
    --------
    >>> [one.what for one in kept_decisions({"veneer": ("Brick", "None")})]
    ["categories, not missing values: 'None'"]
    """
    kept = {
        column: held
        for column, words in levels.items()
        if (held := [word for word in words if word.lower() in LIKE_EMPTY])
    }
    if not kept:
        return ()
    categories = ", ".join(map(repr, sorted({word for held in kept.values() for word in held})))
    names = ", ".join(map(repr, list(kept)[:MOST_NAMED]))
    why = f"they occur in {names}, and --missing does not name them"
    what = f"categories, not missing values: {categories}"
    return (Decision(what=what, why=why, change_with="--missing"),)


def is_alike(word: str, other: Any) -> bool:
    """Tell whether a word for an empty cell is written as a code of its column is.

    Examples
    --------
    >>> is_alike("NA", "EU"), is_alike("NA", "Europe"), is_alike("?", "E")
    (True, False, False)
    """
    return (
        isinstance(other, str)
        and word.isalpha()
        and word.isupper()
        and other.isupper()
        and len(word) == len(other)
    )
