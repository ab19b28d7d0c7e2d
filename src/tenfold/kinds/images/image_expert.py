"""What experts measured in pictures before networks learnt to: colour, texture, edges.

Every function turns squares of shape (N, S, S, 3), uint8, into N rows of numbers, each
picture by itself.

Shape letters in this file:
    N  pictures    S  side of a square
"""

from importlib.util import find_spec
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.extras import require

Squares = NDArray[np.uint8]
Numbers = NDArray[np.float32]

LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # of ITU-R BT.601
SHADES: Final = 16  # of each colour by itself
JOINT: Final = 4  # shades of each colour, counted together
FINE, COARSE = 8, 48  # side of a cell of edges, in pixels
PIXEL_SIDE: Final = 12


def colours(squares_NSS3: Squares) -> Numbers:
    """Count colours: 16 shades of each, 64 of all together, and their mean in each quarter.

    Returns
    -------
    ndarray of shape (N, 124), float32

    Examples
    --------
    >>> colours(np.zeros((2, 8, 8, 3), np.uint8)).shape
    (2, 124)
    """
    return np.stack([_colours(square) for square in squares_NSS3])


def _colours(square_SS3: Squares) -> Numbers:
    pixels = square_SS3.reshape(-1, 3)
    shades = pixels // (256 // SHADES)
    alone = [np.bincount(shades[:, c], minlength=SHADES) for c in range(3)]
    joint = pixels // (256 // JOINT) @ np.array([JOINT**2, JOINT, 1])
    counts = np.concatenate([*alone, np.bincount(joint, minlength=JOINT**3)]) / len(pixels)
    half = len(square_SS3) // 2
    quarters = square_SS3[: 2 * half, : 2 * half].reshape(2, half, 2, half, 3)
    means = quarters.mean(axis=(1, 3)).ravel() / 255
    return np.concatenate([counts, means]).astype(np.float32)


def edges(squares_NSS3: Squares, *, cell: int = FINE) -> Numbers:
    """Return histograms of oriented gradients (Dalal and Triggs, 2005).

    Parameters
    ----------
    squares_NSS3 : ndarray of shape (N, S, S, 3), uint8
    cell : int
        Side of a cell, in pixels.

    Raises
    ------
    MissingExtraError
        E01, if scikit-image is not installed.
    """
    feature = require("skimage.feature", extra="hog", to="measure edges in images")
    grey_NSS = squares_NSS3.astype(np.float32) @ LUMA / 255
    found = [
        feature.hog(grey, orientations=9, pixels_per_cell=(cell, cell), cells_per_block=(2, 2))
        for grey in grey_NSS
    ]
    return np.array(found, dtype=np.float32)


def texture(squares_NSS3: Squares) -> Numbers:
    """Count uniform local binary patterns of eight neighbours (Ojala and others, 2002).

    Raises
    ------
    MissingExtraError
        E01, if scikit-image is not installed.
    """
    feature = require("skimage.feature", extra="hog", to="measure texture in images")
    grey_NSS = (squares_NSS3.astype(np.float32) @ LUMA).astype(np.uint8)
    counts = [
        np.bincount(
            feature.local_binary_pattern(grey, 8, 1, method="uniform").astype(np.int64).ravel(),
            minlength=10,
        )
        for grey in grey_NSS
    ]
    return np.asarray(np.array(counts) / grey_NSS[0].size, dtype=np.float32)


def pixels(squares_NSS3: Squares) -> Numbers:
    """Return the pixels themselves, of pictures made small: 12 x 12, red, green and blue.

    Examples
    --------
    >>> pixels(np.zeros((2, 96, 96, 3), np.uint8)).shape
    (2, 432)
    """
    count, side = squares_NSS3.shape[:2]
    step = side // PIXEL_SIDE
    cut = squares_NSS3[:, : step * PIXEL_SIDE, : step * PIXEL_SIDE]
    blocks = cut.reshape(count, PIXEL_SIDE, step, PIXEL_SIDE, step, 3)
    return np.asarray(blocks.mean(axis=(2, 4)).reshape(count, -1) / 255, dtype=np.float32)


def expert_features(squares_NSS3: Squares) -> pd.DataFrame:
    """Return what a network for tables can be given in place of pictures.

    Colour, and texture and coarse edges where scikit-image is installed: they show what a
    network gains or loses by not seeing the pixels.
    """
    parts = [colours(squares_NSS3)]
    if has_edges():
        parts += [texture(squares_NSS3), edges(squares_NSS3, cell=COARSE)]
    X = pd.DataFrame(np.concatenate(parts, axis=1).astype(np.float64))
    return X.set_axis([f"feature {i}" for i in range(X.shape[1])], axis=1)


def has_edges() -> bool:
    """Tell whether scikit-image is installed."""
    return find_spec("skimage") is not None
