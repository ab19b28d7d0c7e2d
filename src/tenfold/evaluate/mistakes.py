"""Which rows a network gets wrong, and of which it is least sure, where rows can be seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.evaluate.label_metrics import label_losses
from tenfold.evaluate.label_scores import label_text

MOST: Final = 12  # of each


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """A row that the network got wrong, or of which it was not sure.

    Attributes
    ----------
    kind : {"worst", "least certain", "largest error", "wrongest labels"}
    file, truth, prediction : str
    probability : float or None
        Of the class that was predicted; None where that is a number, or several labels.
    jpeg : bytes
        What the network sees, made small.
    """

    kind: str
    file: str
    truth: str
    prediction: str
    probability: float | None
    jpeg: bytes


def mistakes_of(
    files: Sequence[str],
    truth: NDArray[np.int64],
    names: Sequence[str],
    answers: NDArray[np.float64],
    jpeg_of: Callable[[int], bytes],
) -> tuple[Mistake, ...]:
    """Return the worst mistakes among rows never seen, and the least certain rows.

    Parameters
    ----------
    files : sequence of N str
        Where each row came from.
    truth : ndarray of shape (N,)
        Class numbers.
    names : sequence of O str
        Of the classes.
    answers : ndarray of shape (N, O)
        Probabilities; NaN where nothing was said.
    jpeg_of : callable
        Shows a row as a small picture.
    """
    found = []
    for kind, rows in (
        ("worst", worst_mistakes(truth, answers)),
        ("least certain", least_certain(answers)),
    ):
        for row in rows.tolist():
            said = int(answers[row].argmax())
            found.append(
                Mistake(
                    kind=kind,
                    file=files[row],
                    truth=names[truth[row]],
                    prediction=names[said],
                    probability=float(answers[row, said]),
                    jpeg=jpeg_of(row),
                )
            )
    return tuple(found)


def largest_errors(
    files: Sequence[str],
    truth: NDArray[np.float64],
    answers: NDArray[np.float64],
    jpeg_of: Callable[[int], bytes],
) -> tuple[Mistake, ...]:
    """Return the rows never seen whose numbers were farthest from the truth.

    Parameters
    ----------
    files : sequence of N str
        Where each row came from.
    truth : ndarray of shape (N,)
    answers : ndarray of shape (N, 1)
        NaN where nothing was said.
    jpeg_of : callable
        Shows a row as a small picture.

    Examples
    --------
    >>> said, truth = np.array([[1.5], [4.0], [np.nan]]), np.array([1.0, 2.0, 3.0])
    >>> [one.file for one in largest_errors("abc", truth, said, lambda row: b"")]
    ['b', 'a']
    """
    error = np.abs(answers[:, 0] - truth)
    known = np.flatnonzero(np.isfinite(error))
    rows = _largest(error, known, MOST)
    return tuple(
        Mistake(
            kind="largest error",
            file=files[row],
            truth=f"{truth[row]:.4g}",
            prediction=f"{answers[row, 0]:.4g}",
            probability=None,
            jpeg=jpeg_of(row),
        )
        for row in rows.tolist()
    )


def wrongest_labels(
    files: Sequence[str],
    truth: NDArray[np.bool_],
    predicted: NDArray[np.bool_],
    names: Sequence[str],
    answers: NDArray[np.float64],
    jpeg_of: Callable[[int], bytes],
) -> tuple[Mistake, ...]:
    """Return the rows never seen with wrong labels whose log-loss is largest.

    Parameters
    ----------
    files : sequence of N str
        Where each row came from.
    truth, predicted : ndarray of shape (N, O), bool
        Which labels each row has.
    names : sequence of O str
    answers : ndarray of shape (N, O)
        Probabilities; NaN where nothing was said.
    jpeg_of : callable
        Shows a row as a small picture.

    Examples
    --------
    >>> truth, said = np.array([[True, False]] * 3), np.array([[0.9, 0.6], [0.1, 0.9], [1, 0]])
    >>> found = wrongest_labels("abc", truth, said > 0.5, ["x", "y"], said, lambda row: b"")
    >>> [(one.file, one.truth, one.prediction) for one in found]
    [('b', 'x', 'y'), ('a', 'x', 'x | y')]
    """
    loss = label_losses(truth, answers)
    wrong = np.flatnonzero(np.isfinite(loss) & (truth != predicted).any(axis=1))
    return tuple(
        Mistake(
            kind="wrongest labels",
            file=files[row],
            truth=label_text(truth[row], names),
            prediction=label_text(predicted[row], names),
            probability=None,
            jpeg=jpeg_of(row),
        )
        for row in _largest(loss, wrong, MOST).tolist()
    )


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
    return _largest(sure, wrong, most)


def least_certain(answers: NDArray[np.float64], most: int = MOST) -> NDArray[np.int64]:
    """Return the rows whose two most probable classes are closest, the closest first.

    Examples
    --------
    >>> least_certain(np.array([[0.9, 0.1], [0.55, 0.45], [0.2, 0.8]]), most=2).tolist()
    [1, 2]
    """
    first, second = np.sort(answers, axis=1)[:, [-1, -2]].T
    known = np.flatnonzero(np.isfinite(first - second))
    return _largest(second - first, known, most)


def _largest(
    values: NDArray[np.float64], rows: NDArray[np.int64], most: int
) -> NDArray[np.int64]:
    """Return those of some rows whose values are largest, the largest first."""
    return rows[np.argsort(-values[rows], kind="stable")][:most]
