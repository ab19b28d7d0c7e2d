"""Which pictures a network gets wrong, and of which it is least sure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

MOST: Final = 12  # of each


def worst_mistakes(
    truth: NDArray[np.int64], answers: NDArray[np.float64], most: int = MOST
) -> NDArray[np.int64]:
    """Return the rows whose wrong class was most probable, the surest mistake first.

    Parameters
    ----------
    truth : ndarray of shape (N,)
        Class numbers.
    answers : ndarray of shape (N, O)
        Probabilities; NaN where nothing was said.

    Examples
    --------
    >>> said = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    >>> worst_mistakes(np.array([1, 1, 1]), said).tolist()
    [0, 1]
    """
    sure = answers.max(axis=1)
    wrong = np.flatnonzero(np.isfinite(sure) & (answers.argmax(axis=1) != truth))
    return wrong[np.argsort(-sure[wrong], kind="stable")][:most]


def least_certain(answers: NDArray[np.float64], most: int = MOST) -> NDArray[np.int64]:
    """Return the rows whose two most probable classes are closest, the closest first.

    Examples
    --------
    >>> least_certain(np.array([[0.9, 0.1], [0.55, 0.45], [0.2, 0.8]]), most=2).tolist()
    [1, 2]
    """
    first, second = np.sort(answers, axis=1)[:, [-1, -2]].T
    known = np.flatnonzero(np.isfinite(first - second))
    return known[np.argsort((first - second)[known], kind="stable")][:most]
