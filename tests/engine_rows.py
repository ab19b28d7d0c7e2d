"""Coded rows and folds, made by hand."""

import numpy as np
from numpy.typing import NDArray

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits


def encoded(
    target: NDArray[np.float64] | NDArray[np.int64], cells: NDArray[np.float64] | None = None
) -> Encoded:
    """Return rows with such answers, and cells that are numbers, if any."""
    rows = len(target)
    return Encoded(
        numbers=np.zeros((rows, 0)) if cells is None else cells,
        codes=np.zeros((rows, 0), dtype=np.int64),
        levels=(),
        target=target,
        weights=np.ones(rows),
        groups=None,
        times=None,
        rows=np.arange(rows),
    )


def in_turn(rows: int, folds: int) -> Splits:
    """Return folds that hold rows out in turn."""
    held_out = np.arange(rows) % folds == np.arange(folds)[:, None]
    return Splits(learn=~held_out, held_out=held_out, numbers=tuple(range(folds)))
