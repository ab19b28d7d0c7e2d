"""From what pandas, Arrow and polars hold to the few forms that cells are read from.

The columns of a ``Table`` are one of these, whatever they came as:

    int64, float64, ...     numbers; Int64 where whole numbers that float would round have gaps
    bool                    truth values without gaps
    datetime64              moments, in UTC
    timedelta64             durations
    category, of words      what was declared to be a category
    object                  text without spaces around it, None where a cell is empty; in
                            columns that mix them also int, float, Decimal, bool, Timestamp

What a dtype adds that text cannot say is kept (category, truth value, moment, duration);
otherwise a column means what the same cells mean in a CSV file.
"""

import datetime
import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.cells.amounts import plain_unit, read_amount
from tenfold.data.cells.words import number_word, tidy, word_of
from tenfold.data.tables.table import with_columns

NUMBERS: Final = (bool, int, float, Decimal)
EXACT: Final = 2**53  # whole numbers up to it are floats without rounding
# Digits with which decimals of so many bits come back: at least and at most.
DIGITS: Final = {np.dtype(np.float16): (3, 5), np.dtype(np.float32): (6, 9)}
AMOUNTS: Final = 0.5  # share of the words of a column that shows that it holds amounts
TENS: Final = 22  # powers of ten up to this one are floats without rounding


@dataclass(frozen=True, slots=True)
class Missing:
    """The words that mean an empty cell, and the numbers among them.

    Examples
    --------
    >>> missing = Missing.of(["?", "-999"], ".")
    >>> missing.has("?"), missing.has("-999.0"), missing.has("None"), missing.has("")
    (True, True, False, True)
    """

    words: frozenset[str]
    decimal: str
    numbers: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, words: Iterable[str], decimal: str) -> Self:
        """Return them for cells of a decimal sign; a cell without text is always empty."""
        known = frozenset(map(tidy, words)) | {""}
        numbers = (number_word(word, decimal) for word in known)
        return cls(known, decimal, frozenset(word for word in numbers if word is not None))

    def has(self, text: str) -> bool:
        """Tell whether a stripped text means an empty cell."""
        if text in self.words:
            return True
        return bool(self.numbers) and number_word(text, self.decimal) in self.numbers

    def has_amount(self, text: str) -> bool:
        """Tell whether a text is an amount whose number means an empty cell."""
        amount = read_amount(text, self.decimal) if self.numbers else None
        return amount is not None and word_of(amount.number) in self.numbers

    def has_number(self, number: Any) -> bool:
        """Tell whether a number, or a truth value, means an empty cell."""
        among = self.words if isinstance(number, bool) else self.numbers
        return bool(among) and word_of(number) in among


@dataclass(slots=True)
class Found:
    """The words of each column that were read as empty."""

    words: dict[str, set[str]] = field(default_factory=dict)

    def add(self, column: str, words: Iterable[str]) -> None:
        """Keep words of a column; a cell without text says nothing."""
        filled = set(words) - {""}
        if filled:
            self.words.setdefault(column, set()).update(filled)


def take_frame(frame: pd.DataFrame, missing: Missing) -> tuple[pd.DataFrame, Found]:
    """Return a DataFrame in the forms of this module, and which words are empty cells.

    Parameters
    ----------
    frame : DataFrame
        Of distinct names, which are text.
    missing : Missing

    Examples
    --------
    >>> numbers = pd.array([1, None, 3], dtype="Int8")
    >>> frame = pd.DataFrame({"a": [" x", "NA", None], "b": numbers})
    >>> taken, found = take_frame(frame, Missing.of(["NA"], "."))
    >>> taken["a"].tolist(), taken["b"].tolist(), found.words
    (['x', None, None], [1.0, nan, 3.0], {'a': {'NA'}})
    """
    found = Found()
    columns: dict[str, pd.Series[Any]] = {}
    for name, dtype in zip(map(str, frame.columns), frame.dtypes, strict=True):
        if _is_as_it_should_be(dtype, missing):
            continue
        cells = frame[name]
        words: set[str] = set()
        taken = _take(cells, missing, words)
        if taken is not cells:
            # Said, as pandas would take text for a dtype of its own.
            columns[name] = pd.Series(taken, index=frame.index, dtype=taken.dtype)
        found.add(name, words)
    return with_columns(frame, columns), found


def _is_as_it_should_be(dtype: Any, missing: Missing) -> bool:
    """Tell whether columns of a dtype stay as they are; looked at first, as most tables do."""
    if not isinstance(dtype, np.dtype):
        return False
    if dtype.kind in "iu" or dtype == np.float64:
        return not missing.numbers
    if dtype.kind == "b":
        return not missing.words & {"True", "False"}
    return dtype.kind in "mM"


def _take(cells: "pd.Series[Any]", missing: Missing, words: set[str]) -> Any:
    cells = _plain_dtype(cells)
    dtype: Any = cells.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _take_category(cells, missing, words)
    if isinstance(dtype, pd.DatetimeTZDtype):
        return cells.dt.tz_convert(None)
    if dtype.kind in "iuf":
        return _take_numbers(cells, missing, words)
    if _is_as_it_should_be(dtype, missing):
        return cells
    truth = dtype.kind == "b" and not missing.words & {"True", "False"}
    if truth and not cells.isna().any():
        return cells.to_numpy(dtype=bool)
    return take_objects(cells.to_numpy(dtype=object), missing, words)


def _plain_dtype(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column of a dtype that is another one in disguise as of that one."""
    plain: Any = cells
    if isinstance(cells.dtype, pd.SparseDtype):
        plain = plain.sparse.to_dense()
    elif isinstance(cells.dtype, pd.ArrowDtype):
        plain = _from_arrow(plain)
    elif isinstance(cells.dtype, pd.PeriodDtype):
        plain = plain.dt.to_timestamp()
    elif isinstance(cells.dtype, pd.IntervalDtype):
        plain = plain.astype("category")
    return plain  # type: ignore[no-any-return]


def _from_arrow(cells: Any) -> Any:
    """Return a column of Arrow as one of NumPy; whole numbers with gaps stay exact."""
    arrow = importlib.import_module("pyarrow")
    held = cells.array.__arrow_array__()
    held = arrow.chunked_array([held]) if isinstance(held, arrow.Array) else held
    if arrow.types.is_integer(held.type) and held.null_count:
        kind = "UInt64" if arrow.types.is_unsigned_integer(held.type) else "Int64"
        return cells.astype(kind)
    return held.to_pandas(date_as_object=False).set_axis(cells.index)


def _take_numbers(cells: "pd.Series[Any]", missing: Missing, words: set[str]) -> Any:
    dtype: Any = cells.dtype
    taken: Any = cells
    if not isinstance(dtype, np.dtype):
        gaps = bool(cells.isna().any())
        if dtype.kind == "f":
            taken = cells.to_numpy(dtype=dtype.numpy_dtype, na_value=np.nan)
        elif not gaps:
            taken = cells.to_numpy(dtype=dtype.numpy_dtype)
        elif cells.isna().all() or cells.abs().max() <= EXACT:
            taken = cells.to_numpy(dtype=np.float64, na_value=np.nan)
    kind = taken.dtype
    if isinstance(kind, np.dtype) and kind.kind == "f" and kind != np.float64:
        taken = shortest_doubles(np.asarray(taken))
    if missing.numbers:
        return _without_missing(pd.Series(taken, index=cells.index), missing, words)
    return taken


def _without_missing(
    cells: "pd.Series[Any]", missing: Missing, words: set[str]
) -> "pd.Series[Any]":
    """Return numbers, those that mean an empty cell emptied."""
    gone = cells.isin([float(word) for word in missing.numbers]).to_numpy(dtype=bool)
    if not gone.any():
        return cells
    words.update(word_of(cell) for cell in cells[gone].unique())
    if cells.dtype.kind != "f" and cells.abs().max() > EXACT:
        return cells.astype("UInt64" if cells.dtype.kind == "u" else "Int64").mask(gone)
    return cells.astype(np.float64).mask(gone)


def shortest_doubles(numbers: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Return floats of 16 or 32 bits as the decimals that they are written as.

    0.1 of 32 bits is 0.100000001 of 64; whoever writes it to a file writes 0.1.

    Examples
    --------
    >>> shortest_doubles(np.array([0.1, 19.99, np.nan], dtype=np.float32))
    array([ 0.1 , 19.99,   nan])
    """
    with np.errstate(all="ignore"):
        out = numbers.astype(np.float64)
    if numbers.dtype not in DIGITS:
        return out
    least, most = DIGITS[numbers.dtype]
    about = np.finfo(numbers.dtype)
    size = np.abs(out)
    whole = (out == np.rint(out)) & (size <= 2 ** (about.nmant + 1))
    left = np.flatnonzero(np.isfinite(out) & ~whole)
    power = np.floor(np.log10(size[left])).astype(np.int64)
    # Subnormal numbers have fewer digits, below a power of two floats are denser, and larger
    # powers of ten are not exact.
    easy = (size[left] >= about.tiny) & (np.frexp(size[left])[0] != 0.5)
    easy &= (most - power <= TENS) & (power - least < TENS)
    hard, left, power = left[~easy], left[easy], power[easy]
    for digits in range(least, most + 1):
        shift = digits - 1 - power
        ten = np.power(10.0, np.abs(shift))
        scaled = np.where(shift >= 0, size[left] * ten, size[left] / ten)
        cut = np.rint(scaled)
        tried = np.copysign(np.where(shift >= 0, cut / ten, cut * ten), out[left])
        with np.errstate(over="ignore"):
            fits = tried.astype(numbers.dtype) == numbers[left]
        out[left[fits]] = tried[fits]
        left, power = left[~fits], power[~fits]
    left = np.concatenate([left, hard])
    out[left] = [float(str(number)) for number in numbers[left]]
    return out


def _take_category(cells: "pd.Series[Any]", missing: Missing, words: set[str]) -> Any:
    """Return a declared category as one of words; equal words are one."""
    held: Any = cells.cat.categories
    if isinstance(held.dtype, pd.ArrowDtype):
        held = pd.Index(_from_arrow(pd.Series(held)))
    categories: dict[str, int] = {}
    place = []
    for cell in held.tolist():
        taken = take_cell(cell)
        word = "" if taken is None else word_of(taken, missing.decimal)
        empty = missing.has(word) or (isinstance(taken, bool) and missing.has_number(taken))
        if empty:
            words.add(word)
        place.append(-1 if empty else categories.setdefault(word, len(categories)))
    codes = np.array([*place, -1])[cells.cat.codes.to_numpy()]
    dtype = pd.CategoricalDtype(
        pd.Index(list(categories), dtype=object), ordered=cells.cat.ordered
    )
    return pd.Categorical.from_codes(codes, dtype=dtype)


def take_objects(cells: NDArray[np.object_], missing: Missing, words: set[str]) -> Any:
    """Return cells that are Python objects in one of the forms of this module.

    Parameters
    ----------
    cells : ndarray of object
    missing : Missing
    words : set of str
        Gets the words that were read as empty.
    """
    empty = pd.isna(cells)
    gaps = bool(empty.any())
    filled: list[Any] = (cells[~empty] if gaps else cells).tolist()
    kinds = set(map(type, filled))
    if kinds <= {int, float} and not missing.numbers:
        return cells
    if kinds != {str}:
        return _take_mixed(cells, ~empty, missing, words)
    texts = take_texts([*map(str.strip, filled)], missing, words)
    if not gaps and texts == filled:
        return cells
    out = np.full(len(cells), None, dtype=object)
    out[~empty] = texts
    return out


def take_texts(texts: Sequence[str], missing: Missing, words: set[str]) -> Sequence[str | None]:
    """Return stripped texts, None where one means an empty cell.

    Parameters
    ----------
    texts : sequence of str
    missing : Missing
    words : set of str
        Gets the words that were read as empty.
    """
    joined = "".join(texts)
    # Signs that nobody sees may be all that a cell holds, or an empty text of a spreadsheet.
    if not joined.isascii() or '=""' in joined:
        texts = [text if tidy(text) else "" for text in texts]
    gone = missing.words.intersection(texts)
    if missing.numbers:
        gone |= {text for text in set(texts) if missing.has(text)}
        gone |= _missing_amounts(set(texts) - gone, missing)
    words.update(gone)
    return [None if text in gone else text for text in texts] if gone else texts


def _missing_amounts(texts: set[str], missing: Missing) -> set[str]:
    """Return the amounts of a column of amounts whose number means an empty cell."""
    gone = {text for text in texts if missing.has_amount(text)}
    if not gone:
        return gone
    amounts = [read_amount(text, missing.decimal) for text in sorted(texts - gone)]
    units = [plain_unit(amount.unit) for amount in amounts if amount is not None]
    enough = AMOUNTS * len(amounts)
    return {
        text
        for text in gone
        if (amount := read_amount(text, missing.decimal))
        and units.count(plain_unit(amount.unit)) >= enough
    }


def _take_mixed(
    cells: NDArray[np.object_], filled: NDArray[np.bool_], missing: Missing, words: set[str]
) -> Any:
    out = np.full(len(cells), None, dtype=object)
    same = True
    for at in np.flatnonzero(filled).tolist():
        cell = cells[at]
        taken = take_cell(cell)
        if isinstance(taken, str):
            gone = missing.has(taken)
        else:
            gone = isinstance(taken, NUMBERS) and missing.has_number(taken)
        if gone:
            words.add(word_of(taken))
        elif taken is not None:
            out[at] = taken
        same &= not gone and isinstance(cell, type(taken)) and bool(taken == cell)
    kinds = {type(taken) for taken in out} - {type(None)}
    if kinds == {pd.Timestamp}:
        return pd.to_datetime(pd.Series(out)).to_numpy()
    if kinds == {pd.Timedelta}:
        return pd.to_timedelta(pd.Series(out)).to_numpy()
    return cells if same else out


def take_cell(cell: Any) -> Any:  # noqa: C901, PLR0911 - one line for each type
    """Return a filled cell as text, bool, int, float, Decimal, Timestamp or Timedelta.

    Returns None for a float or a Decimal that is no number. What is no single value is its
    text.

    Examples
    --------
    >>> take_cell(np.int8(5)), take_cell(np.float32(0.1)), take_cell(b" x"), take_cell([1, "a"])
    (5, 0.1, 'x', "[1, 'a']")
    >>> take_cell(datetime.time(14, 30)), take_cell(np.array(["a", "b"]))
    ('14:30:00', "['a', 'b']")
    """
    if isinstance(cell, str):
        return cell.strip() if tidy(cell) else ""
    if isinstance(cell, (bool, np.bool_)):
        return bool(cell)
    if isinstance(cell, (int, np.integer)):
        return int(cell)
    if isinstance(cell, (float, np.floating)):
        number = float(cell) if isinstance(cell, float) else float(str(cell))
        return None if np.isnan(number) else number
    if isinstance(cell, Decimal):
        return None if cell.is_nan() else cell
    if isinstance(cell, Fraction):
        return float(cell)
    if isinstance(cell, pd.Period):
        cell = cell.start_time
    if isinstance(cell, (datetime.date, np.datetime64)):
        moment = pd.Timestamp(cell)
        return moment if moment.tz is None else moment.tz_convert(None)
    if isinstance(cell, (datetime.timedelta, np.timedelta64)):
        return pd.Timedelta(cell)
    if isinstance(cell, (bytes, bytearray)):
        return take_cell(bytes(cell).decode(errors="replace"))
    if isinstance(cell, np.ndarray):
        return take_cell(cell.item() if cell.ndim == 0 else str(cell.tolist()))
    if isinstance(cell, (set, frozenset)):  # in an order of its own in each process
        return take_cell(str(sorted(cell, key=str)))
    return str(cell).strip()
