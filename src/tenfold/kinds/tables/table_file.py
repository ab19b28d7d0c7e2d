"""An exported file of a table: its columns, and rows as it takes them; no torch is needed.

Shape letters in this file:
    N  rows    M  numbers of a cell    O  outputs: 1 in regression, one a class
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Kind
from tenfold.data.cells.bags import PLACES, to_bags
from tenfold.data.cells.moments import to_moments
from tenfold.data.cells.parse import read_truth, to_numbers, to_spelling
from tenfold.data.columns.column import Column
from tenfold.data.columns.required import check_columns
from tenfold.data.columns.schema import Schema
from tenfold.data.files.taken import as_table
from tenfold.data.tables.table import Table
from tenfold.exported import Answering, Feeds

Tensor = Literal["float", "double", "string"]
Cell = float | str | tuple[float | None, ...] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """A column as the file takes it: a tensor of shape (N, M) under the column's name.

    Attributes
    ----------
    name : str
    kind : Kind
    tensor : {"float", "double", "string"}
        Numbers are float, or double where float would round what the networks tell apart;
        an empty one is NaN. Words are strings, an empty one is "". Dates are seconds since
        1970-01-01 00:00 UTC, double. Truth values are 1 and 0, float, or words if they
        were words in training. Text and lists are float, M numbers as of ``to_bags``; M is
        1 of all others.
    words : tuple of str
        The two words of truth values that are strings.
    typical : float, str or None
        The median, or the most frequent word; of dates in ISO 8601. None if no cell is
        filled.
    low, high : float, str or None
        Between which most values lie: 1 in 100 is below, 1 in 100 above.
    """

    name: str
    kind: Kind
    tensor: Tensor
    words: tuple[str, ...] = ()
    typical: Cell = None
    low: Cell = None
    high: Cell = None

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Read what a label holds."""
        return cls(**dict(found) | {"words": tuple(found["words"])})


@dataclass(frozen=True, kw_only=True, slots=True)
class Background:
    """Made-up rows that stand for those of training: middles of groups of them.

    Attributes
    ----------
    rows : tuple of tuples
        One cell for each input: a number, None if empty; a word, "" if empty; or M numbers.
    weights : tuple of float
        Which share of the rows each stands for; they sum to 1.
    """

    rows: tuple[tuple[Cell, ...], ...]
    weights: tuple[float, ...]

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Read what a label holds."""
        rows = tuple(map(tuple, found["rows"]))
        return cls(rows=rows, weights=tuple(found["weights"]))


@final
class TableFile:
    """An exported file of a table.

    Parameters
    ----------
    file : Answering

    Attributes
    ----------
    schema : Schema
    inputs : tuple of Input
        Each column that is learnt from.
    columns : dict of str to Column
        The same as the schema has them.
    background : Background or None
    """

    def __init__(self, file: Answering) -> None:
        label = file.label
        self.file = file
        self.schema = Schema.from_dict(label.schema)
        self.inputs = tuple(map(Input.from_dict, label.inputs))
        self.columns = {column.name: column for column in self.schema.used}
        self.background: Background | None = None
        if label.background is not None:
            self.background = Background.from_dict(label.background)

    def feeds(self, rows: Table | pd.DataFrame, decimal: str | None = None) -> Feeds:
        """Return the columns of a table as the file takes them; see ``answers``."""
        return feeds_of(self.schema, self.inputs, rows, decimal)

    def answers(
        self, rows: Table | pd.DataFrame, *, decimal: str | None = None, most: int = 4096
    ) -> NDArray[np.float64]:
        """Return what the model says of rows, as ``Model.answers`` does.

        Parameters
        ----------
        rows : Table or DataFrame of N rows
        decimal : {".", ","}, optional
            Decimal sign of a DataFrame's cells that are text; that of training by default.
        most : int
            Rows that are asked about at a time.

        Returns
        -------
        ndarray of shape (N, O)

        Raises
        ------
        PredictError
            P01, if a column is missing; P02, if a column is not what it was.
        """
        feeds, answer = self.feeds(rows, decimal), self.file.label.answer
        parts = [
            self.file.ask({k: v[at : at + most] for k, v in feeds.items()}, [answer])
            for at in range(0, max(len(rows), 1), most)
        ]
        return np.concatenate([part[answer] for part in parts]).astype(np.float64)


def feeds_of(
    schema: Schema,
    inputs: Sequence[Input],
    rows: Table | pd.DataFrame,
    decimal: str | None = None,
) -> Feeds:
    """Return the columns of a table as a file with such inputs takes them.

    Raises
    ------
    PredictError
        P01, if a column is missing; P02, if a column is not what it was.
    """
    table = as_table(rows, schema.known, decimal)
    check_columns(table.frame, schema, table.decimal)
    columns = {column.name: column for column in schema.used}
    return {
        one.name: feed(table.frame[one.name], one, columns[one.name], table.decimal)
        for one in inputs
    }


def feed(
    cells: "pd.Series[Any]", one: Input, column: Column, decimal: str = "."
) -> NDArray[Any]:
    """Return the cells of a column as the file takes them, shape (N, M).

    Examples
    --------
    >>> colour = Column(name="colour", kind="category", levels=("blue", "red"))
    >>> taken = Input(name="colour", kind="category", tensor="string")
    >>> feed(pd.Series([" red", None], dtype=object), taken, colour).tolist()
    [['red'], ['']]
    >>> day = Column(name="day", kind="date", date_format="ISO8601")
    >>> taken = Input(name="day", kind="date", tensor="double")
    >>> feed(pd.Series(["1970-01-02", None], dtype=object), taken, day).tolist()
    [[86400.0], [nan]]
    """
    if column.kind == "category":
        return to_spelling(cells, column.levels, decimal)[:, None]
    if column.kind in PLACES:
        return to_bags(cells, column.kind, column.sign, decimal, column.places).astype(
            np.float32
        )
    if column.kind == "boolean":
        numbers = read_truth(cells, decimal, column.tick)
        if one.tensor == "string":
            no, yes = one.words
            words = np.where(numbers == 1, yes, np.where(numbers == 0, no, ""))
            return words.astype(object)[:, None]
    elif column.kind == "date":
        numbers = seconds_of(to_moments(cells, column.date_format))
    else:
        numbers = to_numbers(cells, decimal, column.form, column.unit)
    with np.errstate(over="ignore"):  # what is too large for float is infinite
        return numbers.astype(np.float32 if one.tensor == "float" else np.float64)[:, None]


def seconds_of(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Return moments as seconds since 1970, NaN where there is none.

    Examples
    --------
    >>> seconds_of(np.array(["1970-01-01T00:01", "NaT"], dtype="datetime64[s]"))
    array([60., nan])
    """
    seconds = times.astype("datetime64[s]").astype(np.float64)
    return np.where(np.isnat(times), np.nan, seconds)
