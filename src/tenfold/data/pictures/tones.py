"""Colours and shades of grey of any kind, and arrays, as 8 bits each.

Shape letters in this file:
    H, W  height and width of a picture
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROUNDING: Final = 0.01  # by how much numbers with a fraction may leave their range
EIGHT_BITS, FOURTEEN_BITS, THIRTY_TWO_BITS = 8, 14, 32
NUMBERS: Final = frozenset({"I", "F"})  # modes of Pillow: whole numbers, and with a fraction

_HOLE: Final = "transparency"  # in Pillow's notes about a PNG: the number of a hole
# Tags of a TIFF: the number of places without data, what 0 means, the format of numbers.
_NO_DATA, _MEANING, _FORMAT = 42_113, 262, 339
_WHITE_IS_ZERO: Final = 0
_UNSIGNED: Final = (1,)


class Unreadable(Exception):
    """One picture cannot be read; ``reason`` says why, as a clause about "it"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooLarge(Unreadable):
    """A picture has more pixels than are decoded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """The numbers that mean black and white.

    Examples
    --------
    >>> Scale(white=4095).shades_of(np.array([0, 819, 4095, 5000])).tolist()
    [0, 51, 255, 255]
    """

    white: float
    black: float = 0.0

    def shades_of(self, numbers: NDArray[Any]) -> NDArray[np.uint8]:
        """Return numbers as shades from 0, black, to 255, white; a NaN is black."""
        # In double precision, so that equal numbers of any type become equal shades.
        exact = np.nan_to_num(
            numbers.astype(np.float64), nan=self.black, posinf=self.white, neginf=self.black
        )
        exact -= self.black
        exact *= 255 / ((self.white - self.black) or 1.0)
        return np.clip(np.rint(exact), 0, 255).astype(np.uint8)

    def cuts(self, reach: "Reach") -> bool:
        """Tell whether some numbers lie beyond black or white."""
        beyond = 0.0 if reach.whole else ROUNDING
        return reach.low < self.black - beyond or reach.high > self.white + beyond


UNITS: Final = (Scale(white=1.0), Scale(white=255.0))  # what a fraction is of, if it is of one


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """The least and the largest number of a picture whose numbers may mean more than 8 bits.

    Parameters
    ----------
    whole : bool
        Whether they are whole numbers of 16 or 32 bits, or else numbers with a fraction.
    low, high : float
        0, if there is no finite number.
    bits : int
        In which each is kept.
    """

    whole: bool
    low: float
    high: float
    bits: int


def scale_of(reaches: Iterable[Reach]) -> Scale | None:
    """Return what means black and white in pictures of one kind, None if there are none.

    Whole numbers are of as many bits as the largest needs, numbers with a fraction of 1 or of
    255. Where neither can be, as of temperatures or heights, the least number of all is
    black, and the largest is white.

    Examples
    --------
    >>> dark = Reach(whole=True, low=3, high=900, bits=16)
    >>> scale_of([dark, Reach(whole=True, low=0, high=3_900, bits=16)])
    Scale(white=4095.0, black=0.0)
    >>> scale_of([Reach(whole=False, low=251.5, high=320.0, bits=32)])
    Scale(white=320.0, black=251.5)
    """
    found = list(reaches)
    if not found:
        return None
    whole = found[0].whole
    low, high = min(reach.low for reach in found), max(reach.high for reach in found)
    if whole and low >= 0:
        return Scale(white=float(deep_white_of(int(high))))
    everything = Reach(whole=whole, low=low, high=high, bits=0)
    units = () if whole else UNITS
    measured = Scale(white=high, black=low)
    return next((scale for scale in units if not scale.cuts(everything)), measured)


def is_measured(scale: Scale, *, whole: bool) -> bool:
    """Tell whether a scale is of numbers that are no share of a known white.

    Examples
    --------
    >>> is_measured(Scale(white=4095), whole=True), is_measured(Scale(white=320), whole=False)
    (False, True)
    """
    return scale.black != 0 or not (whole or scale in UNITS)


def reach_of(source: Image.Image | NDArray[Any]) -> Reach | None:
    """Return the reach of a picture's numbers, None if they have 8 bits."""
    numbers = numbers_of(source)
    if numbers is None:
        return None
    whole = numbers.dtype.kind != "f"
    absent = _absent(source, numbers)
    found = numbers if absent is None else numbers[~absent]
    found = found if whole else found[np.isfinite(found)]
    low, high = (float(found.min()), float(found.max())) if found.size else (0.0, 0.0)
    return Reach(whole=whole, low=low, high=high, bits=8 * numbers.dtype.itemsize)


def numbers_of(source: Image.Image | NDArray[Any]) -> NDArray[Any] | None:
    """Return the numbers of a picture if what means white among them has to be found out.

    That is so of whole numbers of 16 or 32 bits and of numbers with a fraction; all others
    end at 255.
    """
    if isinstance(source, np.ndarray):
        deep = source.dtype.kind in "iu" and source.dtype.itemsize in {2, 4}
        return source if deep or source.dtype.kind == "f" else None
    if not (source.mode.startswith("I;16") or source.mode in NUMBERS):
        return None
    numbers = np.asarray(source)
    tags = getattr(source, "tag_v2", {})
    # Pillow keeps whole numbers of 32 bits without a sign as if they had one.
    if source.mode == "I" and tags and tags.get(_FORMAT, _UNSIGNED) == _UNSIGNED:
        return numbers.view(np.uint32)
    return numbers


def _absent(
    source: Image.Image | NDArray[Any], numbers: NDArray[Any]
) -> NDArray[np.bool_] | None:
    """Return where a file says that nothing is: a hole of a PNG, or no data of a GeoTIFF."""
    if not isinstance(source, Image.Image):
        return None
    mark = source.info.get(_HOLE, getattr(source, "tag_v2", {}).get(_NO_DATA))
    if mark is None:
        return None
    try:
        number = float(mark)
    except (TypeError, ValueError):
        return None
    if numbers.dtype.kind == "f":
        # As exact as the numbers are: -3.4028235e+38 is written with fewer digits than it has.
        with np.errstate(over="ignore"):
            number = float(np.float64(number).astype(numbers.dtype))
    return np.asarray(numbers == number)


def plain(picture: Image.Image, scale: Scale | None = None) -> Image.Image:
    """Return a picture that can be resized and then turned into red, green and blue.

    Parameters
    ----------
    picture : PIL image
    scale : Scale, optional
        What means black and white if its numbers have more than 8 bits.
    """
    numbers = numbers_of(picture)
    if numbers is not None:
        return _shaded(picture, numbers, scale or Scale(white=255.0))
    if picture.mode == "La":
        picture = picture.convert("LA")
    if picture.has_transparency_data:
        # White, because pictures with holes are mostly drawn for a white page; the colours
        # that are stored below a hole are arbitrary.
        layer = picture.convert("RGBA")
        page = Image.new("RGB", picture.size, "white")
        page.paste(layer, mask=layer.getchannel("A"))
        return page
    if picture.mode == "1":
        return picture.convert("L")
    if picture.mode in {"L", "RGB", "CMYK", "YCbCr"}:
        return picture
    if picture.mode in {"P", "HSV", "RGBX"}:
        return picture.convert("RGB")
    raise Unreadable(f"its colours are stored as {picture.mode}, which is not supported")


def _shaded(picture: Image.Image, numbers_HW: NDArray[Any], scale: Scale) -> Image.Image:
    """Return numbers as shades of grey: holes white as a page, places without data black."""
    shades = scale.shades_of(numbers_HW)
    # Pillow turns such a TIFF around if it has 8 bits, and leaves it if it has more.
    if getattr(picture, "tag_v2", {}).get(_MEANING) == _WHITE_IS_ZERO:
        shades = 255 - shades
    absent = _absent(picture, numbers_HW)
    if absent is not None:
        shades[absent] = 255 if _HOLE in picture.info else 0
    return Image.fromarray(shades)


def white_of(arrays: Iterable[NDArray[Any]]) -> float:
    """Return what means white among numbers with a fraction: 1 if none is larger, or 255.

    Examples
    --------
    >>> white_of([np.array([[0.5, 1.0]])]), white_of([np.array([[0.5, 9.0]])])
    (1.0, 255.0)
    """
    largest = (array.max() for array in arrays if array.dtype.kind == "f" and array.size)
    return 1.0 if all(high <= 1 + ROUNDING for high in largest) else 255.0


def check_cut(picture: Image.Image) -> None:
    """Refuse colours of 16 bits of which nearly nothing is left when they are cut to 8.

    Of colours Pillow reads the highest 8 bits alone, and cameras may use 10, 12 or 14 of 16.
    Greys keep theirs (see ``deep_white_of``).

    Raises
    ------
    Unreadable
    """
    if numbers_of(picture) is not None:
        return
    largest = int(np.asarray(picture.convert("RGB")).max())
    bits = EIGHT_BITS + largest.bit_length()
    if bits <= FOURTEEN_BITS:
        raise Unreadable(
            f"its colours have 16 bits but use at most {bits} of them, and only the highest 8 "
            "are read: save it with 8 bits, with its largest number as white"
        )


def deep_white_of(deepest: int) -> int:
    """Return what means white among whole numbers: the largest of 8 bits, or 9, ... or 32.

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
    bits = min(max(int(deepest).bit_length(), EIGHT_BITS), THIRTY_TWO_BITS)
    return int(2**bits - 1)


def picture_of(array: NDArray[Any], scale: Scale | None) -> Image.Image:
    """Return an array that ``check_array`` has let pass as a picture of 8 bits.

    Parameters
    ----------
    array : ndarray
    scale : Scale or None
        What means black and white, if the type of the numbers does not say it.
    """
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.dtype != np.uint8:
        top = 1.0 if array.dtype.kind == "b" else 255.0
        array = (scale or Scale(white=top)).shades_of(array)
    return Image.fromarray(np.ascontiguousarray(array))


def check_array(array: NDArray[Any], scale: Scale | None) -> None:
    """Refuse an array that is no picture.

    Parameters
    ----------
    array : ndarray of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
        Grey, colours, or colours and opacity, of any type of number. Whole numbers of 16 or
        32 bits end where their type does, other whole numbers at 255, numbers with a fraction
        at 1 or 255.
    scale : Scale or None
        What means black and white among such numbers, if that is known.

    Raises
    ------
    Unreadable
        If its shape, type or numbers are others.
    """
    shapes = "(H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
    if array.ndim not in {2, 3} or (array.ndim == 3 and array.shape[2] not in {1, 3, 4}):
        raise Unreadable(f"its shape is {array.shape}, but it must be {shapes}")
    if array.dtype.kind not in "biuf" or array.size == 0:
        raise Unreadable("it holds no numbers")
    if array.dtype == np.uint8:
        return
    fraction, deep = array.dtype.kind == "f", numbers_of(array) is not None
    top = 1.0 if array.dtype.kind == "b" else 255.0
    if fraction:
        top = white_of([array]) if scale is None else scale.white
    elif deep:
        top = float(np.iinfo(array.dtype).max)
    low, high = float(array.min()), float(array.max())
    anything = deep and scale is not None and is_measured(scale, whole=not fraction)
    least, most = (-np.inf, np.inf) if anything else (0.0, top)
    beyond = ROUNDING if fraction else 0.0
    # Turned around, so that a NaN is refused too.
    if not (least - beyond <= low and high <= most + beyond):
        raise Unreadable(
            f"its numbers go from {low:g} to {high:g}, but they must be from 0 to {top:g}"
        )
