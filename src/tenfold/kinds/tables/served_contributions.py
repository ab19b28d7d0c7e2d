"""What each column of a row adds to the answer of an exported file.

Shape letters in this file:
    C  columns    K  walks    B  rows of the background    W  numbers of a cell
    S  steps of a walk
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from tenfold.exported import Feeds
from tenfold.kinds.tables.table_file import Background, Cell, TableFile

MOST_ROWS: Final = 4_096  # that the model is asked about for one row
WALKS: Final = 16  # from each row of the background at most


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """An answer explained, as a file explains it.

    Attributes
    ----------
    base : float
        The mean answer to the background.
    answer : float
        Base and all shares together.
    shares : dict of str to float
        By column, the largest first.
    """

    base: float
    answer: float
    shares: dict[str, float]


@final
class Contributions:
    """Shapley values with the background of an exported file.

    On a walk from a row of the background to the one that is explained, column after column
    takes its value here; what the answer moves by is the column's share. The mean over walks,
    each row of the background by its weight, is the Shapley value (Strumbelj and Kononenko,
    2014). Each order of the columns is walked backwards, too.

    Parameters
    ----------
    file : TableFile
    background : Background
    """

    def __init__(self, file: TableFile, background: Background) -> None:
        self._file = file.file
        self._names = [one.name for one in file.inputs]
        columns, starts = len(self._names), len(background.rows)
        each = max(2, min(WALKS, MOST_ROWS // (starts * (columns + 1))) // 2 * 2)
        rng = np.random.default_rng(0)  # the same question gets the same answer
        half = [rng.permutation(columns) for _ in range(starts * each // 2)]
        self._order_KC = np.array([order for one in half for order in (one, one[::-1])])
        self._start_K = np.repeat(np.arange(starts), each)
        self._weight_K = np.repeat(background.weights, each) / each
        kinds = {"float": np.float32, "double": np.float64, "string": object}
        self._columns: list[NDArray[Any]] = []
        for at, one in enumerate(file.inputs):
            cells = [_filled(row[at]) for row in background.rows]
            column = np.array(cells, dtype=kinds[one.tensor])
            self._columns.append(column.reshape(len(cells), -1))
        # Whether a column has its value already, step after step of every walk.
        place_KC = np.argsort(self._order_KC, axis=1)
        self._taken_KSC = place_KC[:, None] < np.arange(columns + 1)[:, None]

    def of(self, row: Feeds, output: int) -> Shares:
        """Return the shares of a row's columns in one of the model's outputs.

        Parameters
        ----------
        row : dict of str to ndarray of shape (1, W)
        output : int
            Which class; 0 in regression.
        """
        feeds = {}
        for at, (name, column_BW) in enumerate(zip(self._names, self._columns, strict=True)):
            start_K1W = column_BW[self._start_K][:, None]
            cells_KSW = np.where(self._taken_KSC[:, :, at, None], row[name], start_K1W)
            feeds[name] = cells_KSW.astype(column_BW.dtype).reshape(-1, column_BW.shape[1])
        answer = self._file.label.answer
        said = self._file.ask(feeds, [answer])[answer][:, output].astype(np.float64)
        path_KS = said.reshape(len(self._order_KC), -1)
        share_KC = np.empty(self._order_KC.shape)
        np.put_along_axis(share_KC, self._order_KC, np.diff(path_KS, axis=1), axis=1)
        share_C = self._weight_K @ share_KC
        ranked: Sequence[int] = np.argsort(-np.abs(share_C), kind="stable").tolist()
        return Shares(
            base=float(self._weight_K @ path_KS[:, 0]),
            answer=float(path_KS[0, -1]),
            shares={self._names[at]: float(share_C[at]) for at in ranked},
        )


def _filled(cell: Cell) -> Any:
    """Return a cell of the background with NaN in place of None."""
    if isinstance(cell, (list, tuple)):  # JSON has no tuples
        return [_filled(one) for one in cell]
    return np.nan if cell is None else cell
