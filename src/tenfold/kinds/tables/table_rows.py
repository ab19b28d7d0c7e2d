"""Rows of JSON and CSV as a model takes them, and a table with its answers as CSV."""

import datetime
import json
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.cells.bags import PLACES, bag_of, no_bag, width_of
from tenfold.data.cells.date_formats import ISO
from tenfold.data.cells.moments import to_moments
from tenfold.data.cells.parse import number_of, truth_of
from tenfold.data.cells.spans import AMOUNTS
from tenfold.data.cells.words import vocabulary_of
from tenfold.data.columns.column import Column
from tenfold.data.files.encoding import GZIP
from tenfold.data.files.read import read_table
from tenfold.data.tables.dtypes import Missing
from tenfold.data.tables.reading import Reading
from tenfold.data.tables.table import Table
from tenfold.errors import PredictError, ReadError, ServeError
from tenfold.exported import Feeds
from tenfold.kinds.service import check_count, rows_of
from tenfold.kinds.tables.table_file import Input, TableFile, seconds_of

LIKE: Final = '{"rows": [{"COLUMN": VALUE, ...}, ...]}; GET /schema names the columns'
NOT_A_NUMBER: Final = float("nan")
EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
TAKES: Final = {
    "number": "a number, also as text, or null",
    "boolean": "true, false, text that means either, or null",
    "date": "a date as text, or null",
    "category": "text, a number, true, false or null",
    "text": "text, a number, true, false or null",
    "list": "text, a list of categories, or null",
}

Cell = Callable[[Any], Any]
"""Turns a value of JSON into a cell; raises ValueError for one that it does not take."""


@final
class Rows:
    """Rows on their way to a model and back.

    Parameters
    ----------
    file : TableFile
    most : int
        Rows of one request.
    """

    def __init__(self, file: TableFile, most: int) -> None:
        self._file, self._most = file, most
        reading = file.schema.reading
        self._columns: list[tuple[Input, Cell, type]] = [
            (one, _cell_of(one, file.columns[one.name], reading), _KINDS[one.tensor])
            for one in file.inputs
        ]

    def of_json(self, body: bytes) -> tuple[Feeds, int]:
        """Return rows as the model takes them, and their number.

        Parameters
        ----------
        body : bytes
            ``{"rows": [{COLUMN: VALUE, ...}, ...]}``; columns that the model does not know
            are left aside.

        Raises
        ------
        ServeError
            V07, if it is something else; V02, if there are too many rows.
        PredictError
            P01, if a row lacks a column; P02, if a value is not what its column takes.
        """
        rows = rows_of(body, self._most, of=dict, like=LIKE)
        feeds: Feeds = {}
        for column, cell, kind in self._columns:
            name = column.name
            try:
                cells = [cell(row[name]) for row in rows]
            except (KeyError, TypeError, ValueError):
                raise self._unfit(rows, column, cell) from None
            with np.errstate(over="ignore"):  # what is too large is infinite, as in a file
                width = width_of(column.kind, self._file.columns[name].places)
                feeds[name] = np.array(cells, dtype=kind).reshape(len(cells), width)
        return feeds, len(rows)

    def _unfit(self, rows: Sequence[Mapping[str, Any]], column: Input, cell: Cell) -> Exception:
        """Say which row lacks a column, or holds what the column does not take."""
        name = column.name
        for number, row in enumerate(rows, start=1):
            place = {"row": str(number)}
            if name not in row:
                known = {one.name for one, _, _ in self._columns}
                extra = [other for other in row if other not in known]
                if extra:
                    place["not known"] = ", ".join(extra[:5])
                fix = ["null, if the value is unknown"]
                return PredictError("P01", f"a row has no {name!r}", place=place, fix=fix)
            try:
                cell(row[name])
            except (TypeError, ValueError):
                value = json.dumps(row[name])[:60]
                fact = f"{name!r} takes {self._takes(name)}, but it is {value}"
                return PredictError("P02", fact, place=place)
        return RuntimeError("every row fits")

    def of_csv(self, body: bytes) -> tuple[Feeds, Table]:
        """Return the rows of a CSV file as the model takes them, and the table.

        Raises
        ------
        ReadError
            If the bytes are no table.
        ServeError
            V02, if there are too many rows; V06, if they are packed.
        PredictError
            P01, if a column is missing; P02, if a column is not what it was.
        """
        if body.startswith(GZIP):
            # What it unpacks to is not bounded by the size of the body.
            fix = ["send the table as it is"]
            raise ServeError("V06", "the body is packed with gzip", fix=fix)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.csv"
            path.write_bytes(body)
            try:
                table = read_table(path, like=self._file.schema.known)
            except ReadError as error:
                error.place.pop("file", None)  # it was ours
                raise
        check_count(len(table) + len(table.rejected), self._most)
        return self._file.feeds(table), table

    def _takes(self, name: str) -> str:
        column = self._file.columns[name]
        if column.form == "number":
            return TAKES[column.kind]
        return f"a number or text, as of {column.measure}, or null"


def csv_of(table: Table, answers: Sequence[Mapping[str, Any]]) -> str:
    """Return a table with its answers beside it, as CSV."""
    flat = [
        {
            f"probability {inner}" if outer == "probabilities" else outer: value
            for outer, found in one.items()
            for inner, value in (found.items() if isinstance(found, Mapping) else [("", found)])
        }
        for one in answers
    ]
    predictions = pd.DataFrame(flat, index=table.frame.index)
    taken = {
        name: f"{name} (given)" for name in table.frame.columns if name in predictions.columns
    }
    return str(
        pd.concat([predictions, table.frame.rename(columns=taken)], axis=1).to_csv(index=False)
    )


def _cell_of(one: Input, column: Column, reading: Reading) -> Cell:
    """Return what turns a value of JSON into a cell of a column."""
    sign = reading.sign_of(column.name)
    missing = Missing.of(reading.missing, sign)

    def filled(value: Any) -> bool:
        """Tell whether a value is no empty cell; of lists and objects there are no cells."""
        if value is None or value != value:  # JSON as Python writes it has NaN  # noqa: PLR0124
            return False
        if isinstance(value, str):
            amount = column.form in AMOUNTS and missing.has_amount(value)
            return not amount and not missing.has(value.strip())
        if column.kind == "list" and isinstance(value, list):
            if not all(isinstance(word, (str, bool, int, float)) for word in value):
                raise TypeError
            return bool(value)
        if not isinstance(value, (bool, int, float)):
            raise TypeError
        return not missing.has_number(value)

    return _Cells(one, column, sign, filled).cell


@final
class _Cells:
    """Values of JSON as cells of a column.

    Parameters
    ----------
    one : Input
    column : Column
    sign : {".", ","}
        Decimal sign of text.
    filled : callable
        Tells whether a value is no empty cell.
    """

    def __init__(
        self, one: Input, column: Column, sign: str, filled: Callable[[Any], bool]
    ) -> None:
        self._sign, self._filled = sign, filled
        if column.empties:
            self._filled = lambda value: (
                filled(value) and str(value).strip().lower() not in column.empties
            )
        self._form, self._unit = column.form, column.unit
        self._tick = column.tick
        self._layout = column.date_format or ISO
        self._words = vocabulary_of(column.levels)
        self._known = frozenset(column.levels) - {""}
        self._spelt = {1.0: one.words[1], 0.0: one.words[0]} if one.words else {}
        as_words = one.tensor == "string"
        truth = self._truth_word if as_words else self._truth
        self._column = column
        kinds: dict[str, Cell] = {"number": self._number, "date": self._date, "boolean": truth}
        kinds |= dict.fromkeys(PLACES, self._bag)
        self.cell: Cell = kinds.get(column.kind, self._word)

    def _number(self, value: Any) -> float:
        if isinstance(value, bool):
            raise TypeError
        if not self._filled(value):
            return NOT_A_NUMBER
        number = number_of(value, self._sign, self._form, self._unit)
        if isinstance(value, str) and not math.isfinite(number):
            raise ValueError
        return number  # what is larger than any number is empty, as in a file

    def _truth(self, value: Any) -> float:
        if not self._filled(value):
            return 0.0 if self._tick else NOT_A_NUMBER
        if self._tick and isinstance(value, str) and value.strip().lower() == self._tick:
            return 1.0
        found = truth_of(value, self._sign)
        if math.isnan(found):
            raise ValueError
        return found

    def _truth_word(self, value: Any) -> str:
        return self._spelt.get(self._truth(value), "")

    def _date(self, value: Any) -> float:
        if value is None:
            return NOT_A_NUMBER
        if not isinstance(value, str):
            raise TypeError
        return _moment(value.strip(), self._layout) if self._filled(value) else NOT_A_NUMBER

    def _bag(self, value: Any) -> NDArray[np.float64]:
        column = self._column
        if self._filled(value):
            return bag_of(value, column.kind, column.sign, self._sign, column.places)
        return no_bag(column.kind, column.places)

    def _word(self, value: Any) -> str:
        if type(value) is str and value in self._known:
            return value  # as most are
        return self._words.spelling(value, self._sign) if self._filled(value) else ""


def _moment(text: str, layout: str) -> float:
    if layout == ISO:
        try:
            moment = datetime.datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
            return float((aware - EPOCH) // datetime.timedelta(seconds=1))  # no rounding
    found: NDArray[np.float64] = seconds_of(to_moments(pd.Series([text], dtype=object), layout))
    if not np.isfinite(found[0]):
        raise ValueError
    return float(found[0])


_KINDS: Final[dict[str, type]] = {"float": np.float32, "double": np.float64, "string": object}
