"""A few made-up rows that stand for all: from them contributions are walked.

Shape letters in this file:
    N  rows    C  columns    W  numbers of a cell    G  groups of rows alike
    V  numbers that tell rows apart
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.cluster import KMeans

from tenfold.data.cells.parse import count_values
from tenfold.kinds.tables.table_file import Background, Cell

GROUPS: Final = 32
LEAST: Final = 5  # rows behind each made-up one, so that none of them is a row of the user's
MOST_CATEGORIES: Final = 16  # of a column, the most frequent, that tell rows apart


def background_of(cells: Sequence[NDArray[Any]], seed: int) -> Background:
    """Group rows that are alike, and return the middle of each group.

    A middle holds the median of each number and the most frequent category; a cell is empty if
    most cells of its group are. Of text and lists it holds the median of each of their numbers.
    Groups are those of k-means on the ranks of numbers, on categories, one feature each, and
    on the places that words of text and lists set.

    Parameters
    ----------
    cells : sequence of C ndarray of shape (N, W)
        As the file takes them.
    seed : int
        What the first guess at the groups is drawn from.
    """
    rows = len(cells[0])
    group_N = np.zeros(rows, dtype=np.int64)
    if rows >= 2 * LEAST:
        features_NV = np.concatenate([_features(column) for column in cells], axis=1)
        groups = min(GROUPS, rows // LEAST, len(np.unique(features_NV, axis=0)))
        means = KMeans(n_clusters=groups, n_init=1, random_state=seed)
        group_N = means.fit_predict(features_NV)
    numbers, counts = np.unique(group_N, return_counts=True)
    kept = counts >= min(LEAST, counts.max())
    return Background(
        rows=tuple(
            tuple(_middle_of(column[group_N == number]) for column in cells)
            for number in numbers[kept]
        ),
        weights=tuple(float(count) for count in counts[kept] / counts[kept].sum()),
    )


def _features(column_NW: NDArray[Any]) -> NDArray[np.float64]:
    """Return a column as numbers from 0 to 1 whose distances tell rows apart, (N, V)."""
    if column_NW.shape[1] > 1:
        marks_NV = column_NW[:, 1:].astype(np.float64)
        # Two cells with no word in common are as far apart as two other words.
        scale_N1 = np.sqrt(2 * np.maximum(marks_NV.sum(axis=1, keepdims=True), 1))
        return np.asarray(marks_NV / scale_N1)
    column_N = column_NW[:, 0]
    if column_N.dtype != object:
        filled_N = np.isfinite(column_N)
        rank_N = np.full(len(column_N), 0.5)
        rank_N[filled_N] = rankdata(column_N[filled_N]) / max(filled_N.sum(), 1)
        return np.stack([rank_N, filled_N], axis=1)
    categories = count_values(column_N).index[:MOST_CATEGORIES]
    # Two rows of other categories are as far apart as the ends of a column of numbers.
    return np.stack([(column_N == category) / np.sqrt(2) for category in categories], axis=1)


def _middle_of(column_NW: NDArray[Any]) -> Cell:
    if column_NW.dtype == object:
        return str(count_values(column_NW[:, 0]).index[0])
    middles = [_middle(column_N) for column_N in column_NW.T]
    return middles[0] if len(middles) == 1 else tuple(middles)


def _middle(column_N: NDArray[Any]) -> float | None:
    filled_N = np.isfinite(column_N)
    return float(np.median(column_N[filled_N])) if 2 * filled_N.sum() >= len(filled_N) else None
