"""Classes that few units hold, so that a fold might test all of their rows and learn none.

A unit is what stays in one fold: a group, rows with equal inputs, or a single row.

Shape letters in this file:
    C  classes    F  folds    N  rows    U  units    P  pairs of a class and a unit with it
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def of_one_unit(class_N: NDArray[Any], unit_N: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows are of a unit that holds all rows of some class.

    Parameters
    ----------
    class_N, unit_N : ndarray of shape (N,), int64

    Examples
    --------
    >>> of_one_unit(np.array([0, 0, 1, 0, 1, 2]), np.array([7, 8, 8, 9, 9, 9])).tolist()
    [False, False, False, True, True, True]
    """
    of_class_P, of_unit_P = np.unique(np.stack([class_N, unit_N]), axis=1)
    alone_P = np.bincount(of_class_P)[of_class_P] == 1
    return np.isin(unit_N, of_unit_P[alone_P])


def spread_classes(
    fold_N: NDArray[np.int64], unit_N: NDArray[np.int64], class_N: NDArray[Any]
) -> NDArray[np.int64]:
    """Return the fold of each row, so that no fold tests all rows of a class of several units.

    Where one does, the smallest unit that helps goes to the fold with fewest rows.

    Parameters
    ----------
    fold_N, unit_N, class_N : ndarray of shape (N,), int64
        The rows of a unit are of one fold.

    Examples
    --------
    >>> fold, unit = np.array([0, 0, 0, 1, 1]), np.array([5, 6, 7, 8, 8])
    >>> spread_classes(fold, unit, np.array([0, 1, 1, 0, 0])).tolist()
    [0, 1, 0, 1, 1]
    """
    _, first_U, unit_N, size_U = np.unique(
        unit_N, return_index=True, return_inverse=True, return_counts=True
    )
    fold_U = fold_N[first_U]
    of_class_P, of_unit_P = np.unique(np.stack([class_N, unit_N]), axis=1)
    while len(stuck_C := _of_one_fold(of_class_P, fold_U[of_unit_P])):
        moved_U = _moved(fold_U, size_U, of_class_P, of_unit_P, stuck_C)
        if moved_U is None:
            break
        fold_U = moved_U
    return fold_U[unit_N]


def _of_one_fold(of_class_P: NDArray[np.int64], fold_P: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the classes all of whose units are of one fold."""
    folds_C = np.bincount(np.unique(np.stack([of_class_P, fold_P]), axis=1)[0])
    return np.flatnonzero(folds_C == 1)


def _moved(
    fold_U: NDArray[np.int64],
    size_U: NDArray[np.int64],
    of_class_P: NDArray[np.int64],
    of_unit_P: NDArray[np.int64],
    stuck_C: NDArray[np.int64],
) -> NDArray[np.int64] | None:
    """Return the folds of units after a move that leaves fewer classes stuck, if one does."""
    units = np.unique(of_unit_P[np.isin(of_class_P, stuck_C)])
    rows_F = np.bincount(fold_U, weights=size_U)
    for unit in units[np.argsort(size_U[units], kind="stable")]:
        if (fold_U == fold_U[unit]).sum() == 1:
            continue  # its fold would be left with nothing to test
        for fold in np.argsort(rows_F, kind="stable"):
            moved_U = fold_U.copy()
            moved_U[unit] = fold
            if len(_of_one_fold(of_class_P, moved_U[of_unit_P])) < len(stuck_C):
                return moved_U
    return None
