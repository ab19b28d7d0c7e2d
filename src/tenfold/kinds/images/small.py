"""Images made small, to be kept beside what was said of them."""

import io
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE: Final = 160  # pixels
JPEG_QUALITY: Final = 80


def small_jpeg(square_SS3: NDArray[np.uint8]) -> bytes:
    """Return a square of S pixels a side as a small JPEG file."""
    out = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(square_SS3))
    picture.thumbnail((SIDE, SIDE))
    picture.save(out, format="JPEG", quality=JPEG_QUALITY)
    return out.getvalue()
