"""An exported file of images: the names of its inputs and outputs, and how it is asked.

Shape letters in this file:
    N  images    H, W  height and width of an image    O  classes
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.exported import PROBABILITIES, Answering

PIXELS: Final = "pixels"
HEATMAP: Final = "heat"


def answers_to(file: Answering, pixels_NHW3: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return what the model says of images of one size, shape (N, O)."""
    found = file.ask({PIXELS: pixels_NHW3}, [PROBABILITIES])
    return found[PROBABILITIES].astype(np.float64)
