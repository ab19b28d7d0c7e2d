"""What people are shown of images: how they were read, and the images made small."""

import io
from typing import Final

import numpy as np
from PIL import Image

from tenfold.config import Decision
from tenfold.data.columns.labelled import describe_unlabelled
from tenfold.data.pictures.pictures import Pictures

SIDE: Final = 160  # pixels
JPEG_QUALITY: Final = 80


def of_test(pictures: Pictures) -> tuple[Decision, ...]:
    """Return what is to be said of test images: which have no label, and what is a guess."""
    gone = len(pictures.unlabelled)
    if not gone:
        return pictures.doubts
    what = describe_unlabelled(gone, gone + len(pictures), "test images")
    why = "an image without a label cannot be scored"
    return (Decision(what=what, why=why, change_with="their labels"), *pictures.doubts)


def reading_lines(pictures: Pictures, column: str = "") -> list[str]:
    """Return which images are left out, and what of them is a guess.

    Labels of another column than that of training are told.
    """
    lines = [f"{file.file} is left out: {file.reason}" for file in pictures.rejected]
    if gone := len(pictures.unlabelled):
        sentence = describe_unlabelled(gone, gone + len(pictures), "images")
        lines.append(f"{pictures.source}: {sentence}")
    if column and pictures.column and pictures.column != column:
        lines.append(
            f"{pictures.source}: scored against column {pictures.column!r}, as there is no "
            f"column {column!r}"
        )
    return lines + [f"{one.what} ({one.why}); {one.change_with}" for one in pictures.doubts]


def shown_small(pictures: Pictures, row: int) -> bytes:
    """Return an image, as the network sees it, as a small JPEG file."""
    out = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(pictures.cache[pictures.at[row]]))
    picture.thumbnail((SIDE, SIDE))
    picture.save(out, format="JPEG", quality=JPEG_QUALITY)
    return out.getvalue()
