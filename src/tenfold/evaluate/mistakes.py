"""Which pictures a network gets wrong, and of which it is least sure."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tenfold.data.pictures import Pictures

MOST: Final = 12  # of each
SIDE: Final = 160  # of a picture that is kept, in pixels
JPEG_QUALITY: Final = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistake:
    """A picture that the network got wrong, or of which it was not sure.

    Attributes
    ----------
    kind : {"worst", "least certain"}
    file, truth, prediction : str
    probability : float
        Of the class that was predicted.
    jpeg : bytes
        The picture as the network sees it, made small.
    """

    kind: str
    file: str
    truth: str
    prediction: str
    probability: float
    jpeg: bytes


def mistakes_of(
    pictures: Pictures,
    truth: NDArray[np.int64],
    names: Sequence[str],
    answers: NDArray[np.float64],
) -> tuple[Mistake, ...]:
    """Return the worst mistakes among pictures never seen, and the least certain pictures."""
    found = []
    for kind, rows in (
        ("worst", worst_mistakes(truth, answers)),
        ("least certain", least_certain(answers)),
    ):
        for row in rows:
            said = int(answers[row].argmax())
            found.append(
                Mistake(
                    kind=kind,
                    file=pictures.files[row],
                    truth=names[truth[row]],
                    prediction=names[said],
                    probability=float(answers[row, said]),
                    jpeg=_jpeg(pictures.cache[pictures.at[row]]),
                )
            )
    return tuple(found)


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


def _jpeg(square_SS3: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(square_SS3))
    picture.thumbnail((SIDE, SIDE))
    picture.save(out, format="JPEG", quality=JPEG_QUALITY)
    return out.getvalue()
