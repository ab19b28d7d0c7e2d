"""Colours and shades of grey of any kind, and arrays, as 8 bits each.

Shape letters in this file:
    H, W  height and width of a picture
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROUNDING: Final = 0.01  # by how much numbers with a fraction may leave their range
EIGHT_BITS, FOURTEEN_BITS, SIXTEEN_BITS = 8, 14, 16


class Unreadable(Exception):
    """One picture cannot be read; ``reason`` says why, as a clause about "it"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooLarge(Unreadable):
    """A picture has more pixels than are decoded."""


def plain(picture: Image.Image, deep_white: int | None = None) -> Image.Image:
    """Return a picture that can be resized and then turned into red, green and blue.

    ``deep_white`` is what means white in a picture of 16 bits; by default, the picture itself
    tells it.
    """
    if picture.has_transparency_data:
        # White, because pictures with holes are mostly drawn for a white page; the colours
        # that are stored below a hole are arbitrary.
        layer = picture.convert("RGBA")
        page = Image.new("RGB", picture.size, "white")
        page.paste(layer, mask=layer.getchannel("A"))
        return page
    if picture.mode.startswith("I;16"):
        return picture_of(np.asarray(picture).astype(np.uint16), 0, deep_white)
    if picture.mode in {"I", "F"}:
        return _stretched(np.asarray(picture, dtype=np.float64))
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode in {"L", "RGB", "CMYK", "YCbCr"}:
        return picture
    if picture.mode in {"P", "HSV", "RGBX"}:
        return picture.convert("RGB")
    raise Unreadable(f"its colours are kept as {picture.mode}, which is not read")


def _stretched(tones_HW: NDArray[np.float64]) -> Image.Image:
    """Return a picture from black, its least number, to white, its largest."""
    finite = tones_HW[np.isfinite(tones_HW)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    filled = np.clip(np.nan_to_num(tones_HW, nan=low, posinf=high, neginf=low), low, high)
    return picture_of((filled - low) / ((high - low) or 1.0), 1.0)


def white_of(arrays: Iterable[NDArray[Any]]) -> float:
    """Return what means white among numbers with a fraction: 1 if none is larger, or 255.

    Examples
    --------
    >>> white_of([np.array([[0.5, 1.0]])]), white_of([np.array([[0.5, 9.0]])])
    (1.0, 255.0)
    """
    largest = (array.max() for array in arrays if array.dtype.kind == "f" and array.size)
    return 1.0 if all(high <= 1 + ROUNDING for high in largest) else 255.0


def deepest_of(picture: Image.Image | NDArray[Any]) -> int:
    """Return the largest number of a picture of 16 bits, 0 for any other."""
    if isinstance(picture, Image.Image) and not picture.mode.startswith("I;16"):
        return 0
    numbers = np.asarray(picture)
    return int(numbers.max()) if numbers.dtype.itemsize == 2 and numbers.size else 0


def check_cut(picture: Image.Image) -> None:
    """Refuse colours of 16 bits of which nearly nothing is left when they are cut to 8.

    Of colours Pillow reads the highest 8 bits alone, and cameras may use 10, 12 or 14 of 16.
    Greys keep theirs (see ``deep_white_of``).

    Raises
    ------
    Unreadable
    """
    if picture.mode.startswith("I;16"):
        return
    largest = int(np.asarray(picture.convert("RGB")).max())
    bits = EIGHT_BITS + largest.bit_length()
    if bits <= FOURTEEN_BITS:
        raise Unreadable(
            f"its colours have 16 bits and use at most {bits} of them, and only the highest 8 "
            "are read: save it with 8 bits, its largest number as white"
        )


def deep_white_of(deepest: int) -> int:
    """Return what means white among numbers of 16 bits: the largest of 8 bits, or 9, ... or 16.

    Scanners, cameras and microscopes keep pictures of 10, 12 or 14 bits in 16. Were 65,535
    white in them, all would be nearly black.

    Parameters
    ----------
    deepest : int
        The largest number of all pictures.

    Examples
    --------
    >>> deep_white_of(3_900), deep_white_of(4_096), deep_white_of(0)
    (4095, 8191, 255)
    """
    bits = min(max(int(deepest).bit_length(), EIGHT_BITS), SIXTEEN_BITS)
    return int(2**bits - 1)


def picture_of(array: NDArray[Any], white: float, deep_white: int | None = None) -> Image.Image:
    """Return an array as a picture of 8 bits; ``check_array`` tells what it may be.

    Parameters
    ----------
    array : ndarray
    white : float
        What means white among numbers with a fraction.
    deep_white : int, optional
        What means white among whole numbers of 16 bits; by default, they tell it themselves.

    Raises
    ------
    Unreadable
        If it is something else.
    """
    top = check_array(array, white)
    if array.dtype == np.uint16:
        top = float(deep_white or deep_white_of(deepest_of(array)))
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.dtype != np.uint8:
        array = np.clip(np.rint(array * (255 / top)), 0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(array))


def check_array(array: NDArray[Any], white: float) -> float:
    """Return the number that means white in an array, if it is a picture.

    Parameters
    ----------
    array : ndarray of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
        Grey, colours, or colours and opacity, of any type of number. Whole numbers of
        16 bits without a sign end at 65,535, other whole numbers at 255.
    white : float
        The largest value of numbers with a fraction.

    Raises
    ------
    Unreadable
        If its shape, type or numbers are others.
    """
    shapes = "(H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
    if array.ndim not in {2, 3} or (array.ndim == 3 and array.shape[2] not in {1, 3, 4}):
        raise Unreadable(f"its shape is {array.shape}, and {shapes} is read")
    if array.dtype.kind not in "biuf" or array.size == 0:
        raise Unreadable("it holds no numbers")
    if array.dtype == np.uint8:
        return 255.0
    whole = 65535.0 if array.dtype == np.uint16 else 255.0
    top = {"b": 1.0, "f": white}.get(array.dtype.kind, whole)
    low, high = float(array.min()), float(array.max())
    beyond = ROUNDING if array.dtype.kind == "f" else 0.0
    # Turned around, so that a NaN is refused too.
    if not (-beyond <= low and high <= top + beyond):
        raise Unreadable(f"its numbers go from {low:g} to {high:g}, and 0 to {top:g} is read")
    return top
