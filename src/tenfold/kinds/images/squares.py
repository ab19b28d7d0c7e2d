"""Pictures of a request as a model takes them.

Shape letters in this file:
    N  pictures    S  side of a square
"""

import base64
import io
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tenfold.data.pictures.decode import Square, TooLarge, Unreadable, read_square
from tenfold.data.pictures.framing import Framing
from tenfold.errors import ServeError

HEATMAP_COLOUR: Final = (255, 64, 0)
THICK: Final = 0.75  # of a place that says the most


def squares_of(
    files: Sequence[tuple[str, bytes]], framing: Framing, most_pixels: int
) -> list[Square | ServeError]:
    """Return each file as a square, or what is wrong with it.

    Parameters
    ----------
    files : sequence of (str, bytes)
        Names and contents.
    framing : Framing
    most_pixels : int
        Of a picture.

    Raises
    ------
    ServeError
        V13, if a picture has more pixels.
    """
    found: list[Square | ServeError] = []
    for name, content in files:
        try:
            found.append(read_square(content, framing, most_pixels))
        except Unreadable as error:
            place = {"file": name[:200]} if name else {}
            if isinstance(error, TooLarge):
                raise ServeError("V13", error.reason, place=place) from error
            found.append(ServeError("V08", error.reason, place=place))
    return found


def heatmap_picture(heatmap_HW: NDArray[np.floating[Any]], side: int) -> str:
    """Return a heat map as the address of a PNG picture to be laid over the square.

    Parameters
    ----------
    heatmap_HW : ndarray
        From 0 to 1.
    side : int
        S.
    """
    thick = Image.fromarray((255 * THICK * heatmap_HW).clip(0, 255).astype(np.uint8))
    layer = Image.new("RGBA", (side, side), (*HEATMAP_COLOUR, 0))
    layer.putalpha(thick.resize((side, side), Image.Resampling.BICUBIC))
    out = io.BytesIO()
    layer.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")
