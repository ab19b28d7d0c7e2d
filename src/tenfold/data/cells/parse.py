"""Cells of one column as numbers, as words and as truth values.

Whatever a cell is written as, what it means is decided here, for one cell and for a column.
"""

import math
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.cells.amount_columns import amount_in
from tenfold.data.cells.amounts import NO_UNIT
from tenfold.data.cells.spans import AMOUNTS, Form, count_spans, read_span
from tenfold.data.cells.words import (
    MEANINGS,
    number_word,
    pointed,
    tidy,
    vocabulary_of,
    word_of,
)

# Before pandas 3 numbers of text were the nearest float but one, now and then.
ROUNDS_RIGHT: Final = bool(
    pd.to_numeric(pd.Series(["0.07927158272213865"]))[0] > 0.0792715827221386
)
TIDY: Final = re.compile(r"[\x00-&(-<>-\x7f]*")  # ASCII without what tells a sheet of text
# Places of words that are no level, and of empty cells.
NOWHERE: Final = -1
NO_CELL: Final = -2


def is_numeric(cells: "pd.Series[Any]") -> bool:
    """Tell whether a column is stored as numbers (truth values are not)."""
    return pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)


def is_text(cells: "pd.Series[Any]") -> bool:
    """Tell whether all filled cells of a column are text."""
    return _held_in(cells) == "string"


def _held_in(cells: "pd.Series[Any]") -> str:
    """Return what the filled cells of a column of Python objects are, as pandas calls it."""
    return pd.api.types.infer_dtype(cells, skipna=True) if cells.dtype.kind == "O" else ""


def to_numbers(
    cells: "pd.Series[Any]", decimal: str = ".", form: Form = "number", unit: str = NO_UNIT
) -> NDArray[np.float64]:
    """Return the cells as numbers; NaN where a cell is empty, infinite or no number.

    Parameters
    ----------
    cells : Series
    decimal : {".", ","}
        Decimal sign of cells that are text.
    form : Form
        Durations count in days, clock times in hours since midnight.
    unit : str
        Of amounts; a cell in another unit is no number.

    Examples
    --------
    >>> to_numbers(pd.Series(["1.5", "1,250", "x", None], dtype=object))
    array([   1.5, 1250. ,    nan,    nan])
    >>> to_numbers(pd.Series(["1.250,5"], dtype=object), decimal=",")
    array([1250.5])
    >>> to_numbers(pd.Series(["06:30", "7"], dtype=object), form="clock")
    array([6.5, 7. ])
    >>> to_numbers(pd.Series(["$1,250", "7", "€7"], dtype=object), form="amount", unit="$")
    array([1250.,    7.,   nan])
    """
    if isinstance(cells.dtype, pd.CategoricalDtype):
        known = to_numbers(pd.Series(cells.cat.categories, dtype=object), decimal, form, unit)
        return np.append(known, np.nan)[cells.cat.codes.to_numpy()]
    if cells.dtype.kind == "m":
        return count_spans(cells, form)
    if is_numeric(cells):
        numbers = _parsed(cells)
    elif (held := _held_in(cells)) == "string":
        numbers = _of_text(cells, decimal, form, unit)
    elif held == "floating":  # objects, all of them floats
        numbers = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        found = [number_of(cell, decimal, form, unit) for cell in cells.tolist()]
        numbers = np.array(found, dtype=np.float64)
    # A zero is a zero: minus nothing would be another number to those who compare bits.
    return np.where(np.isfinite(numbers), numbers, np.nan) + 0.0


def _parsed(cells: "pd.Series[Any]") -> NDArray[np.float64]:
    numbers = pd.to_numeric(cells, errors="coerce")
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan)


def _of_text(
    cells: "pd.Series[Any]", decimal: str, form: Form, unit: str
) -> NDArray[np.float64]:
    """Return texts as numbers: all at once, then those that are written in another way."""
    if decimal == ",":  # a point in them may part thousands
        plain = [pointed(text, ",") if isinstance(text, str) else text for text in cells]
        cells = pd.Series(plain, dtype=object)  # said, as pandas' text holds no lone surrogate
    numbers = _parsed(cells)
    if not ROUNDS_RIGHT:
        read = np.flatnonzero(np.isfinite(numbers))
        numbers = numbers.copy()
        numbers[read] = cells.iloc[read].to_numpy(dtype=object).astype(np.float64)
    left = np.flatnonzero(np.isnan(numbers) & cells.notna().to_numpy())
    if len(left):
        codes, words = pd.factorize(cells.iloc[left])
        numbers = numbers.copy()
        found = [_number_of_text(word, decimal, form, unit) for word in words]
        numbers[left] = np.array(found)[codes]
    return numbers


def number_of(
    cell: Any, decimal: str = ".", form: Form = "number", unit: str = NO_UNIT
) -> float:
    """Return one cell as a number; NaN if it is none, or none that is finite.

    Examples
    --------
    >>> number_of("1,250"), number_of(Decimal("1.5")), number_of("PT36H", form="duration")
    (1250.0, 1.5, 1.5)
    >>> number_of(True), number_of("x"), number_of(None)
    (nan, nan, nan)
    """
    if isinstance(cell, str):
        return _number_of_text(cell, decimal, form, unit)
    if isinstance(cell, pd.Timedelta):
        return float(count_spans(pd.Series([cell]), form)[0])
    # Dates would become nanoseconds and truth values 0 and 1 if they were let through.
    if isinstance(cell, (bool, np.bool_)) or not isinstance(
        cell, (int, float, np.number, Decimal)
    ):
        return math.nan
    try:
        number = float(cell)
    except (OverflowError, ValueError):
        return math.nan
    return number + 0.0 if math.isfinite(number) else math.nan


def _number_of_text(text: str, decimal: str, form: Form, unit: str) -> float:
    text = tidy(text)
    plain = pointed(text, decimal)
    try:
        # Python's own numbers may hold "_" and digits of other scripts, those of files not.
        number = float(plain) if plain.isascii() and "_" not in plain else math.nan
    except ValueError:
        number = math.nan
    if math.isnan(number) and form in AMOUNTS:
        number = amount_in(text, unit, decimal, form)
    elif math.isnan(number) and form != "number":
        return read_span(text, form)
    return number + 0.0 if math.isfinite(number) else math.nan


def distinct(cells: "pd.Series[Any]") -> tuple[NDArray[np.int64], list[Any]]:
    """Return for each cell its place among others that mean the same, -1 if it is empty.

    What Python takes for equal, such as 1 and True, need not mean the same.

    Examples
    --------
    >>> distinct(pd.Series(["a", None, "a", "b"], dtype=object))
    (array([ 0, -1,  0,  1]), ['a', 'b'])
    """
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.cat.codes.to_numpy().astype(np.int64), cells.cat.categories.tolist()
    if cells.dtype == object and not is_text(cells):
        return np.where(cells.isna(), -1, np.arange(len(cells))), cells.tolist()
    codes, held = pd.factorize(cells)
    return codes.astype(np.int64), held.tolist()


def to_text(cells: "pd.Series[Any]", decimal: str = ".") -> NDArray[np.object_]:
    """Return the cells as words, None where empty; whole numbers without a point.

    Examples
    --------
    >>> to_text(pd.Series([1.0, 2.5, None])).tolist()
    ['1', '2.5', None]
    >>> to_text(pd.Series(["1.0", "1.10", "red"], dtype=object)).tolist()
    ['1', '1.10', 'red']
    """
    codes, held = distinct(cells)
    return _at(codes, [word_of(cell, decimal) if at else "" for at, cell in _used(codes, held)])


def to_categories(cells: "pd.Series[Any]", decimal: str = ".") -> NDArray[np.object_]:
    """Return the cells as categories, None where empty.

    Where all of them are numbers, each is spelt as the number is, however it is written.

    Examples
    --------
    >>> to_categories(pd.Series(["+5", "5.0", "1e1"], dtype=object)).tolist()
    ['5', '5', '10']
    >>> to_categories(pd.Series(["+5", "5.0", "x"], dtype=object)).tolist()
    ['+5', '5', 'x']
    """
    codes, held = distinct(cells)
    words, numbers = [], []
    for used, cell in _used(codes, held):
        word = word_of(cell, decimal) if used else ""
        words.append(word)
        if isinstance(cell, str):
            numbers.append(number_word(cell, decimal) if used else "")
        else:
            numbers.append(None if used and isinstance(cell, (bool, np.bool_)) else word)
    return _at(codes, words if None in numbers else numbers)


def places(
    cells: "pd.Series[Any]", levels: tuple[str, ...], decimal: str = "."
) -> NDArray[np.int64]:
    """Return where the cells stand among some levels: -1 for other words, -2 where empty.

    Examples
    --------
    >>> places(pd.Series([20.0, None, 5]), ("10", "20")).tolist()
    [1, -2, -1]
    """
    codes, held = distinct(cells)
    known = vocabulary_of(levels)
    at = [known.place(cell, decimal) if used else NO_CELL for used, cell in _used(codes, held)]
    return np.array([*at, NO_CELL], dtype=np.int64)[codes]


def to_spelling(
    cells: "pd.Series[Any]", levels: tuple[str, ...], decimal: str = "."
) -> NDArray[np.object_]:
    """Return the cells as the levels spell them, other words as they are, "" where empty.

    Examples
    --------
    >>> to_spelling(pd.Series([20.0, None, 5]), ("10", "20")).tolist()
    ['20', '', '5']
    """
    codes, held = distinct(cells)
    known = vocabulary_of(levels)
    spelt = [known.spelling(cell, decimal) if used else "" for used, cell in _used(codes, held)]
    return np.array([*spelt, ""], dtype=object)[codes]


def _used(codes: NDArray[np.int64], held: list[Any]) -> Iterator[tuple[bool, Any]]:
    """Yield each distinct cell, and whether a cell that is not empty has it."""
    used = np.zeros(len(held) + 1, dtype=bool)
    used[codes] = True
    return zip(used[:-1].tolist(), held, strict=True)


def _at(codes: NDArray[np.int64], words: Sequence[str | None]) -> NDArray[np.object_]:
    return np.array([*words, None], dtype=object)[codes]


def count_values(texts: NDArray[np.object_]) -> "pd.Series[int]":
    """Return how often each value occurs, the most frequent first, then in order of text.

    So which values come first does not depend on the order of the rows.

    Examples
    --------
    >>> count_values(np.array(["b", "c", "b", "a"], dtype=object)).to_dict()
    {'b': 2, 'a': 1, 'c': 1}
    """
    counts = pd.Series(texts, dtype=object).value_counts(sort=False).sort_index()
    return counts.sort_values(ascending=False, kind="stable")


def to_truth(texts: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return 1 for true, 0 for false, NaN for empty cells and other words.

    Examples
    --------
    >>> to_truth(np.array(["Yes", "no", "0", None], dtype=object))
    array([ 1.,  0.,  0., nan])
    """
    found = [math.nan if text is None else truth_of(text) for text in texts]
    return np.array(found, dtype=np.float64)


def read_truth(
    cells: "pd.Series[Any]", decimal: str = ".", tick: str = ""
) -> NDArray[np.float64]:
    """Return the cells of a column of truth values: 1, 0, or NaN.

    Parameters
    ----------
    cells : Series
    decimal : {".", ","}
    tick : str
        What stands in a box that is ticked, in small letters, if the column is one of boxes:
        then an empty cell is 0, as is one that says nothing else.

    Examples
    --------
    >>> read_truth(pd.Series(["x", None, "no", "maybe"], dtype=object), tick="x")
    array([1., 0., 0., 0.])
    """
    found = _truth(cells, decimal, tick)
    return np.nan_to_num(found) if tick else found


def is_truth(cells: "pd.Series[Any]", decimal: str = ".", tick: str = "") -> NDArray[np.bool_]:
    """Tell which cells say a truth value; the parameters are those of ``read_truth``.

    Examples
    --------
    >>> is_truth(pd.Series(["x", None, "no", "maybe"], dtype=object), tick="x").tolist()
    [True, False, True, False]
    """
    return np.isfinite(_truth(cells, decimal, tick))


def _truth(cells: "pd.Series[Any]", decimal: str, tick: str) -> NDArray[np.float64]:
    texts = to_text(cells, decimal)
    found = to_truth(texts)
    if tick:
        found[[text is not None and text.lower() == tick for text in texts]] = 1.0
    return found


def truth_of(cell: Any, decimal: str = ".") -> float:
    """Return one filled cell as a truth value: 1, 0, or NaN if it is none.

    Examples
    --------
    >>> truth_of(True), truth_of("1.0"), truth_of(0), truth_of("maybe")
    (1.0, 1.0, 0.0, nan)
    """
    return MEANINGS.get(word_of(cell, decimal).lower(), math.nan)
