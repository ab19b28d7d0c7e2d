"""An exported file of images: the names of its inputs and outputs, and how it is asked.

Shape letters in this file:
    N  images    H, W  height and width of an image    O  classes
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.exported import Answering

PIXELS: Final = "pixels"
HEATMAP: Final = "heat"


def answers_to(
    file: Answering, pixels_NHW3: NDArray[np.uint8], outputs: Sequence[str] | None = None
) -> NDArray[np.float64]:
    """Return what the model says of images of one size, outputs side by side.

    By default that is the answer alone: (N, O) probabilities, or (N, 1) values.
    """
    found = file.ask({PIXELS: pixels_NHW3}, outputs or [file.label.answer])
    return np.concatenate(list(found.values()), axis=1).astype(np.float64)
