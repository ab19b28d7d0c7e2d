"""Partial dependence: what the networks say on average if a column held a value in every row.

Shape letters in this file:
    F  networks side by side    G  folds    N  rows    O  outputs
"""

from itertools import chain
from typing import Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from tenfold.data.cells.bags import PLACES, words_of_each
from tenfold.data.cells.parse import count_values, to_categories
from tenfold.data.columns.column import Column
from tenfold.data.columns.encode import as_numbers, encode_inputs
from tenfold.data.tables.table import Table
from tenfold.kinds.tables.explain.parts import Dependence
from tenfold.kinds.tables.table_model import TableModel, coded_rows
from tenfold.nn.network import answer
from tenfold.seeds import Streams

ROWS: Final = 300  # that the mean is taken over, drawn from all
VALUES: Final = 20  # of a column of numbers or dates
MOST_VALUES: Final = 12
ENDS: Final = (0.01, 0.99)  # quantiles beyond which there are too few rows to tell


def dependence_of(
    model: TableModel, table: Table, column: Column, output: int, streams: Streams
) -> Dependence:
    """Return what the networks say as a column changes and all others stay (Friedman, 2001).

    Parameters
    ----------
    model : TableModel
    table : Table
    column : Column
    output : int
        Which of the O.
    streams : Streams
        ``dependence`` is drawn from.
    """
    cells, values = _grid(table, column)
    generator = streams.generator("dependence")
    drawn = generator.permutation(len(table))[:ROWS]
    frame = table.frame.iloc[np.tile(drawn, len(cells))].reset_index(drop=True)
    # Words of a text or a list need not be cells of the table.
    dtype = object if column.kind in PLACES else table.frame[column.name].dtype
    frame[column.name] = pd.Series([cell for cell in cells for _ in drawn], dtype=dtype)
    said_GN = answers_by_fold(model, frame, table.decimal)[..., output]
    means_GV = said_GN.reshape(model.folds, len(cells), len(drawn)).mean(axis=2)
    return Dependence(
        column=column.name,
        cells=tuple(map(str, cells)),
        values=None if values is None else tuple(values.tolist()),
        mean=tuple(means_GV.mean(axis=0).tolist()),
        low=tuple(means_GV.min(axis=0).tolist()),
        high=tuple(means_GV.max(axis=0).tolist()),
    )


def answers_by_fold(
    model: TableModel, frame: pd.DataFrame, decimal: str
) -> NDArray[np.float64]:
    """Return what the networks of each fold say of the same rows, shape (G, N, O)."""
    return coded_by_fold(model, *encode_inputs(frame, model.schema, decimal))


def coded_by_fold(
    model: TableModel, numbers: NDArray[np.float64], codes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return what the networks of each fold say of the same coded rows, shape (G, N, O)."""
    mean_F, inputs = model.target.mean_F, coded_rows(model.network, numbers, codes).inputs
    rows_FN = torch.arange(len(numbers), device=mean_F.device).expand(len(mean_F), -1)
    said_FNO = torch.cat(list(answer(model.network, model.target, inputs, rows_FN)), dim=1)
    return np.asarray(said_FNO.unflatten(0, (model.folds, -1)).mean(dim=1).cpu().numpy())


def _grid(table: Table, column: Column) -> tuple[list[object], NDArray[np.float64] | None]:
    """Return cells of the table that span a column, and their numbers if they have any.

    Of text and lists they are the most frequent words.
    """
    cells = table.frame[column.name]
    numbers = as_numbers(cells, column, table.decimal)
    if column.kind in PLACES:
        held = words_of_each(cells, column.sign, table.decimal)
        words = count_values(np.array([*chain.from_iterable(held)], dtype=object))
        return [*words.index[:MOST_VALUES]], None
    if numbers is None:
        texts = to_categories(cells, table.decimal)
        first = {text: cells.iloc[i] for i, text in reversed(list(enumerate(texts))) if text}
        return [first[word] for word in count_values(texts).index[:MOST_VALUES]], None
    known = np.flatnonzero(np.isfinite(numbers))
    order = known[np.argsort(numbers[known], kind="stable")]
    at = np.quantile(np.arange(len(order)), np.linspace(*ENDS, VALUES)).round().astype(int)
    values, first_at = np.unique(numbers[order[at]], return_index=True)
    return cells.iloc[order[at][first_at]].tolist(), values
