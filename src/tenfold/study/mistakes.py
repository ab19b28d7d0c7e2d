"""Pictures that a network got wrong, or of which it was not sure, small enough to be kept."""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tenfold.data.pictures import Pictures
from tenfold.evaluate.mistakes import least_certain, worst_mistakes
from tenfold.evaluate.picture_scores import read_classes
from tenfold.study.study import PictureStudy, TableStudy

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


def mistakes_of_study(study: TableStudy | PictureStudy) -> tuple[Mistake, ...]:
    """Return the worst mistakes among pictures never seen, and the least certain pictures.

    A table has none.
    """
    if not isinstance(study.data, Pictures):
        return ()
    pictures, answers = study.unseen()
    truth, names = read_classes(pictures, study.schema), study.schema.classes
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


def _jpeg(square_SS3: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(square_SS3))
    picture.thumbnail((SIDE, SIDE))
    picture.save(out, format="JPEG", quality=JPEG_QUALITY)
    return out.getvalue()
