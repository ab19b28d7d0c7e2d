"""One picture, in whatever form it comes, to a square of red, green and blue.

Training and prediction both come through here, so a picture is turned, cut and
scaled alike in both. Nothing is printed, and no file is changed.

Shape letters in this file:
    S  side of the square, in pixels
    H, W  height and width of a picture as it came
"""

import io
import re
import stat
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TgaImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
    features,
)

from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.tones import (
    Reach,
    TooLarge,
    Unreadable,
    check_array,
    check_cut,
    picture_of,
    plain,
    reach_of,
)
from tenfold.errors import MissingExtraError
from tenfold.extras import require
from tenfold.silence import SILENT_PILLOW

__all__ = ["Framing", "Source", "Square", "TooLarge", "Unreadable", "decode", "read_square"]

THUMB_SIDE: Final = 16
WHOLE_BYTES: Final = 16_000_000  # a larger file is read in pieces
_SIXTEEN: Final = ";16"  # in what Pillow calls the numbers of a file
_TOO_EARLY: Final = "it ends too early"

# A file's first bytes say what it is; its name may be wrong.
_READERS: Final[tuple[tuple[bytes, type[ImageFile.ImageFile]], ...]] = (
    (b"\xff\xd8\xff", JpegImagePlugin.JpegImageFile),
    (b"\x89PNG\r\n\x1a\n", PngImagePlugin.PngImageFile),
    (b"RIFF....WEBP", WebPImagePlugin.WebPImageFile),
    (b"GIF8[79]a", GifImagePlugin.GifImageFile),
    (b"BM", BmpImagePlugin.BmpImageFile),
    (rb"II[*+]\0|MM\0[*+]", TiffImagePlugin.TiffImageFile),
    (rb"P[1-6]\s", PpmImagePlugin.PpmImageFile),
    (rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", Jpeg2KImagePlugin.Jpeg2KImageFile),
    # Targa files begin with numbers: a map of colours or none, a kind, its map, bits a pixel.
    (rb".[\0\1][\1-\3\x09-\x0b].{13}[\1\x08\x10\x18\x20]", TgaImagePlugin.TgaImageFile),
)
_HEAD_BYTES: Final = 20

# How a picture is turned upright, for each value of EXIF's orientation.
_ORIENTATION: Final = 0x0112
_NOTES: Final = frozenset({"exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"})
_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_HEIC_BRANDS: Final = frozenset(b"heic heix heim heis hevc hevx mif1 msf1".split())
# Words of Pillow that mean that something was expected after the last byte.
_CUT: Final = re.compile(
    r"truncated|not enough|expected to read|cannot load this image|"
    r"unexpected end of file|parsing failed|too small|insufficient|meta.? box|"
    r"missing dimensions|unknown data organization|"
    r"not identified by this driver|\(chunk b'.{0,3}'\)",
    re.IGNORECASE,
)

# Where the parts of a TIFF are, and how long they are.
_STRIP_STARTS, _STRIP_BYTES, _TILE_STARTS, _TILE_BYTES = 273, 279, 324, 325

Source = Path | bytes | Image.Image | NDArray[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Square:
    """A picture that was read.

    Attributes
    ----------
    pixels : ndarray of shape (S, S, 3), uint8
    thumb : ndarray of shape (256,), uint8
        The square in 16 x 16 shades of grey, row by row.
    format : str
        What the bytes of a file were, such as ``"JPEG"``; empty for a picture in memory.
    extent : tuple of int
        Width and height of the picture as it came.
    reach : Reach or None
        The least and the largest of its numbers, if they may mean more than 8 bits.
    several : bool
        Whether its file has more pages or frames; it is the first.
    """

    pixels: NDArray[np.uint8]
    thumb: NDArray[np.uint8]
    format: str
    extent: tuple[int, int]
    reach: Reach | None = None
    several: bool = False


def decode(source: Source, framing: Framing, max_pixels: int) -> NDArray[np.uint8]:
    """Return a picture as a square of red, green and blue.

    Parameters
    ----------
    source : Path, bytes, PIL image or ndarray
        A file, the bytes of one, or a picture in memory; an array has the shape
        (H, W), (H, W, 1), (H, W, 3) or (H, W, 4).
    framing : Framing
    max_pixels : int
        A picture whose header claims more is not decoded.

    Returns
    -------
    ndarray of shape (S, S, 3), uint8
        Upright, as the picture's EXIF notes say; of several frames the first;
        transparent parts are white.

    Raises
    ------
    Unreadable
        If it cannot be read, with the reason in plain words.

    Examples
    --------
    >>> decode(np.full((2, 3), 7, np.uint8), Framing(size=1), 100).tolist()
    [[[7, 7, 7]]]
    """
    return read_square(source, framing, max_pixels).pixels


def read_square(source: Source, framing: Framing, max_pixels: int) -> Square:
    """Return a picture's square, its thumbnail and its format; see ``decode``.

    Where the framing does not say what means white, the picture itself does.

    Raises
    ------
    Unreadable
        If it cannot be read, with the reason in plain words.
    """
    if isinstance(source, np.ndarray):
        reach = reach_of(source)
        check_array(source, None if reach is None else framing.known(reach))
        picture = picture_of(source, None if reach is None else framing.scale(reach))
        return replace(_read_picture(picture, framing, max_pixels), reach=reach)
    with SILENT_PILLOW:
        if isinstance(source, Image.Image):
            return _read_picture(source, framing, max_pixels)
        if isinstance(source, bytes):
            return _read_file(io.BytesIO(source), len(source), framing, max_pixels)
        try:
            size = _file_bytes(source)
            with source.open("rb", buffering=0) as file:
                # In one piece is faster than in the many that Pillow asks for.
                whole = size <= WHOLE_BYTES
                stream = io.BytesIO(file.read()) if whole else io.BufferedReader(file)
                return _read_file(stream, size, framing, max_pixels)
        except FileNotFoundError as error:
            raise Unreadable("there is no such file") from error
        except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
            why = getattr(error, "strerror", None) or str(error)
            raise Unreadable(f"it cannot be opened: {why}") from error


def _file_bytes(path: Path) -> int:
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise Unreadable("it is a folder")
    # Something else, such as a pipe, might be waited for without an end.
    if not stat.S_ISREG(found.st_mode):
        raise Unreadable("it is not a file")
    return found.st_size


def _read_file(file: IO[bytes], size: int, framing: Framing, max_pixels: int) -> Square:
    if size == 0:
        raise Unreadable("it is empty (0 bytes)")
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    reader = _reader(head)
    try:
        # Not Image.open, which warns of a size, or refuses it, by a limit of its own.
        picture = reader(file, "")
        _check_size(picture, max_pixels)
        _check_end(picture, size)
        came = picture.size
        # Of a JPEG, an eighth, a quarter or half of each side is decoded if that is enough.
        drafted = picture.draft("RGB", (framing.size, framing.size))
        several = bool(getattr(picture, "is_animated", False))
        deep = any(_SIXTEEN in str(tile) for tile in picture.tile)
        picture.load()
        if deep:
            check_cut(picture)
        extent = drafted[1][2:] if drafted else came
        return replace(_square(picture, came, extent, framing), several=several)
    except Unreadable:
        raise
    except Exception as error:
        # A damaged file makes Pillow fail in many ways.
        raise Unreadable(_reason(error, head, size)) from error


def _read_picture(picture: Image.Image, framing: Framing, max_pixels: int) -> Square:
    _check_size(picture, max_pixels)
    try:
        picture.load()
        return _square(picture, picture.size, picture.size, framing)
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(_reason(error, b"", 0)) from error


def _reader(head: bytes) -> type[ImageFile.ImageFile]:
    for magic, reader in _READERS:
        if re.match(magic, head, re.DOTALL):
            return reader
    if head[4:8] == b"ftyp":
        return _boxed_reader(head[8:12], head[16:20])
    raise Unreadable("it is not an image")


def _boxed_reader(brand: bytes, also: bytes) -> type[ImageFile.ImageFile]:
    """Return what reads files that are made of boxes, as videos are."""
    if b"avif" in (brand, also) or brand == b"avis":
        if features.check("avif"):
            return AvifImagePlugin.AvifImageFile
        raise Unreadable("it is an AVIF file, which this Pillow was built without")
    if brand not in _HEIC_BRANDS:
        raise Unreadable("it is a video or another file of boxes, which is not supported")
    try:
        pillow_heif = require("pillow_heif", extra="heic", to="read HEIC files")
    except MissingExtraError as error:
        raise Unreadable("it is a HEIC file: pip install 'tenfold[heic]'") from error
    reader: type[ImageFile.ImageFile] = pillow_heif.HeifImageFile
    return reader


def _check_size(picture: Image.Image, max_pixels: int) -> None:
    width, height = picture.size
    if width * height > max_pixels:
        claim = f"its header claims {width:,} x {height:,} pixels"
        raise TooLarge(f"{claim}, more than {max_pixels:,}")


def _check_end(picture: ImageFile.ImageFile, size: int) -> None:
    """Refuse a TIFF whose parts go beyond its end; libtiff would print that it is cut."""
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        return
    tags = picture.tag_v2
    starts = tags.get(_STRIP_STARTS) or tags.get(_TILE_STARTS) or ()
    lengths = tags.get(_STRIP_BYTES) or tags.get(_TILE_BYTES) or ()
    if any(start + length > size for start, length in zip(starts, lengths, strict=False)):
        raise Unreadable(_TOO_EARLY)


def _reason(error: Exception, head: bytes, size: int) -> str:
    """Say in plain words why Pillow gave up."""
    text = str(error) or type(error).__name__
    if isinstance(error, Image.DecompressionBombError):
        claimed, limit = (f"{int(number):,}" for number in re.findall(r"\d+", text)[:2])
        return f"its header claims {claimed} pixels, more than {limit}"
    cut = isinstance(error.__cause__ or error, (EOFError, IndexError, struct.error))
    # A WebP's header says how long the rest is.
    cut |= head[:4] == b"RIFF" and int.from_bytes(head[4:8], "little") + 8 > size
    if cut or _CUT.search(text):
        return _TOO_EARLY
    if isinstance(error.__cause__ or error, KeyError):
        text = f"an entry is missing or unknown ({text})"
    return f"it is damaged: {' '.join(text.split()).rstrip('.')}"


def _square(
    picture: Image.Image, came: tuple[int, int], extent: Sequence[float], framing: Framing
) -> Square:
    """Return the square of a loaded picture, ``extent`` of which (W, H) is what came."""
    side, name = framing.size, getattr(picture, "format", None) or ""
    upright = _UPRIGHT.get(_orientation(picture))
    reach = reach_of(picture)
    picture = plain(picture, None if reach is None else framing.scale(reach))
    box = framing.box(*extent)
    # Enlarged, Hamming's filter shows steps; reduced, it is nearly as sharp as the bicubic
    # one, in two thirds of its time (benchmarks/decode).
    enlarged = box[2] - box[0] < side or box[3] - box[1] < side
    filter_ = Image.Resampling.BICUBIC if enlarged else Image.Resampling.HAMMING
    picture = picture.resize((side, side), filter_, box=box, reducing_gap=2.0)
    # Cut in the middle and square: turned afterwards, it is the same with fewer pixels.
    if upright is not None:
        picture = picture.transpose(upright)
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    thumb_size = (THUMB_SIDE, THUMB_SIDE)
    thumb = picture.convert("L").resize(thumb_size, Image.Resampling.BOX, reducing_gap=1.0)
    return Square(
        pixels=np.asarray(picture),
        thumb=np.asarray(thumb).reshape(-1),
        format=name,
        extent=came,
        reach=reach,
    )


def _orientation(picture: Image.Image) -> int:
    if _NOTES.isdisjoint(picture.info):
        return 1
    try:
        return int(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - notes that cannot be read leave a picture as it is
        return 1
