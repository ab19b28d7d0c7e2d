"""Schema drift: columns and cells of new rows that are not like those of training.

What a network makes of such rows nobody has measured. So they are told: a column that is
missing, or that training did not have; a cell of another kind, a word or a number never
seen, an empty cell where none was. What becomes of them is said in ``admit``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.data.cells.bags import PLACES
from tenfold.data.cells.moments import days_of, to_moments
from tenfold.data.cells.parse import NOWHERE, is_truth, places, to_numbers, to_text
from tenfold.data.cells.placeholders import without_words
from tenfold.data.columns.column import Column
from tenfold.data.columns.schema import Schema
from tenfold.data.columns.spelling import nearest, other_form
from tenfold.data.tables.table import Table

What = Literal[
    "missing column",
    "extra column",
    "unexpected type",
    "perhaps a fraction",
    "unseen category",
    "below the training range",
    "above the training range",
    "empty",
]
"""In the order in which they are told of a column."""
LOOKED_UP: Final = 100  # distinct words of a column whose nearest known word is looked for

PLURALS: Final = {
    "category": "words",
    "boolean": "truth values",
    "text": "text",
    "list": "lists of words",
}

Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Drift:
    """One way in which a column is not as it was in training.

    Attributes
    ----------
    what : What
    column : str
    rows : ndarray of int64
        Where the cells stand in the table, 0-based; none if it is the whole column.
    cells : tuple of str
        What they hold; "" for an empty one.
    training : str
        What the column held in training.
    meant : mapping of str to str
        What a cell, or the name of a column, probably stands for.
    """

    what: What
    column: str
    rows: NDArray[np.int64]
    cells: tuple[str, ...]
    training: str
    meant: dict[str, str]

    @property
    def is_column(self) -> bool:
        """Whether it is about a whole column and not about cells."""
        return self.what in {"missing column", "extra column"}


def like_training(table: Table, schema: Schema) -> tuple[Table, tuple[Drift, ...]]:
    """Find where rows are not like those of training.

    Parameters
    ----------
    table : Table
    schema : Schema

    Returns
    -------
    table : Table
        The rows as a model reads them: numbers and dates are parsed, and cells that are not,
        and columns that are missing, are empty.
    drift : tuple of Drift
        Missing columns first, then extra ones, then cells, column by column.
    """
    frame = table.frame
    columns: dict[str, Any] = {}
    found: list[Drift] = []
    for column in schema.used:
        if column.name not in frame.columns:
            columns[column.name] = np.full(len(frame), None, dtype=object)
            continue
        columns[column.name], of_column = _read(frame[column.name], column, table.decimal)
        found += of_column
    others = {name: frame[name] for name in frame.columns if name not in columns}
    fitted = pd.DataFrame(others | columns, index=frame.index)
    return replace(table, frame=fitted), (*_whole_columns(frame, schema), *found)


def _whole_columns(frame: pd.DataFrame, schema: Schema) -> Iterator[Drift]:
    """Yield the columns that are missing, then those that are too many."""
    not_inputs = {schema.target, schema.weight_column, schema.group_column, schema.time_column}
    known = {column.name for column in schema.columns} | not_inputs
    extra = [name for name in frame.columns if name not in known]
    none = np.zeros(0, dtype=np.int64)
    for column in schema.used:
        if column.name not in frame.columns:
            near = nearest(column.name, extra)
            meant = {} if near is None else {column.name: near}
            yield Drift(
                what="missing column",
                column=column.name,
                rows=none,
                cells=(),
                training=_plural(column),
                meant=meant,
            )
    for name in extra:
        yield Drift(
            what="extra column", column=name, rows=none, cells=(), training="no", meant={}
        )


def _read(cells: "pd.Series[Any]", column: Column, decimal: str) -> tuple[Any, list[Drift]]:
    """Return the cells of a column as a model reads them, and what is odd about them."""
    empty = cells.isna().to_numpy()
    marks: dict[What, Bools] = {}
    held: Any = cells
    if column.kind == "category":
        marks["unseen category"] = places(cells, column.levels, decimal) == NOWHERE
    elif column.kind == "boolean":
        marks["unexpected type"] = ~is_truth(cells, decimal, column.tick) & ~empty
    elif column.kind not in PLACES:  # of text and lists no word is unseen
        cells = without_words(cells, column.empties)
        empty = cells.isna().to_numpy()
        held, numbers = _numbers(cells, column, decimal)
        marks["unexpected type"] = np.isnan(numbers) & ~empty
        if _perhaps_fractions(cells, numbers, column):
            marks["perhaps a fraction"] = np.isfinite(numbers)
        elif column.low is not None and column.high is not None:
            marks["below the training range"] = numbers < column.low
            marks["above the training range"] = numbers > column.high
    marks["empty"] = empty if not column.has_missing else np.zeros_like(empty)
    return held, [
        _drift(what, cells, np.flatnonzero(mark), column, decimal)
        for what, mark in marks.items()
        if mark.any()
    ]


def _perhaps_fractions(
    cells: "pd.Series[Any]", numbers: NDArray[np.floating[Any]], column: Column
) -> bool:
    """Tell whether cells may be fractions of one, where training had numbers in percent.

    Spreadsheets keep 12 % as 0.12, and what reads them often hands that on.
    """
    if column.unit != "%" or column.high is None or column.high <= 1:
        return False
    said = any(isinstance(cell, str) and "%" in cell for cell in cells)
    finite = numbers[np.isfinite(numbers)]
    return not said and finite.size > 0 and bool(np.abs(finite).max() <= 1)


def _numbers(
    cells: "pd.Series[Any]", column: Column, decimal: str
) -> tuple[Any, NDArray[np.floating[Any]]]:
    """Return numbers or dates as they are read, and both as numbers."""
    if column.kind == "number":
        numbers = to_numbers(cells, decimal, column.form, column.unit)
        return numbers, numbers
    dates = pd.Series(to_moments(cells, column.date_format))
    return dates.to_numpy(), days_of(dates).to_numpy(dtype=np.float64)


def _drift(
    what: What, cells: "pd.Series[Any]", rows: NDArray[np.int64], column: Column, decimal: str
) -> Drift:
    found = cells.iloc[rows]
    texts = tuple("" if text is None else text for text in to_text(found, decimal))
    meant: dict[str, str] = {}
    if what == "unexpected type" and column.kind in {"number", "date"}:
        form = other_form(found, column.kind, column.date_format, decimal)
        meant = dict.fromkeys(texts, form) if form else {}
    elif what == "unseen category":
        distinct = list(dict.fromkeys(texts))[:LOOKED_UP]
        near = {text: nearest(text, column.levels) for text in distinct}
        meant = {text: word for text, word in near.items() if word is not None}
    return Drift(
        what=what,
        column=column.name,
        rows=rows,
        cells=texts,
        training=_held(what, column),
        meant=meant,
    )


def _held(what: What, column: Column) -> str:
    """Say what the cells of a column were in training, as far as it matters."""
    if what in {"perhaps a fraction", "below the training range", "above the training range"}:
        return f"{bound(column, column.low)} to {bound(column, column.high)}"
    if what == "unseen category":
        return f"{len(column.levels):,} words"
    return "no empty cell" if what == "empty" else _plural(column)


def _plural(column: Column) -> str:
    kind = PLURALS.get(column.kind, f"{column.kind}s")
    if column.kind == "number":
        kind = column.measure
    return f"{kind} as {column.date_format}" if _has_layout(column) else kind


def _has_layout(column: Column) -> bool:
    return column.kind == "date" and column.date_format not in {None, "ISO8601"}


def bound(column: Column, number: float | None) -> str:
    """Return the smallest or largest cell of a column as text."""
    if number is None:
        return ""
    if column.kind != "date":
        return f"{number:.10g}"
    moment = pd.Timestamp(round(number * 86_400), unit="s")
    return moment.isoformat(sep=" ").removesuffix(" 00:00:00")
