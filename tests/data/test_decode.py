"""A picture of any kind becomes the square that a person sees, or it is said why it cannot."""

import io
import os
import random
import struct
import threading
import warnings
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tenfold.data.pictures.decode import Framing, Unreadable, decode, read_square
from tenfold.errors import UsageError
from tenfold.silence import SILENT_PILLOW

LIMIT: Final = 100_000_000
WHOLE: Final = Framing(size=32, crop=0.0)


def scene(width: int = 96, height: int = 64) -> NDArray[np.uint8]:
    """Return four plain quarters, so that scaling and compression change little."""
    picture = np.empty((height, width, 3), dtype=np.uint8)
    top, left = np.arange(height)[:, None] * 2 < height, np.arange(width) * 2 < width
    for where, colour in (
        (top & left, (200, 40, 30)),
        (top & ~left, (40, 180, 60)),
        (~top & left, (30, 60, 190)),
        (~top & ~left, (230, 220, 90)),
    ):
        picture[where] = colour
    return picture


def image(width: int = 96, height: int = 64) -> Image.Image:
    return Image.fromarray(scene(width, height))


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def whole(source: Any, limit: int = LIMIT) -> NDArray[np.int64]:
    return decode(source, WHOLE, limit).astype(np.int64)


def quarters(square: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean colours of the quarters, edges left out."""
    rows, columns = (
        [slice(side // 8, 3 * side // 8), slice(5 * side // 8, 7 * side // 8)]
        for side in square.shape[:2]
    )
    return np.array([square[y, x].mean(axis=(0, 1)) for y in rows for x in columns])


def reason(source: Any, limit: int = LIMIT) -> str:
    with pytest.raises(Unreadable) as caught:
        decode(source, WHOLE, limit)
    return caught.value.reason


def grey(picture: Image.Image) -> Image.Image:
    return picture.convert("L")


def heic(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    pillow_heif.from_pillow(picture).save(stream, quality=95)
    return stream.getvalue()


def written(shades: NDArray[np.uint8]) -> bytes:
    return b" ".join(str(shade).encode() for shade in shades.flatten().tolist())


def twelve(shades: NDArray[np.uint8]) -> bytes:
    return bytes(np.rint(shades * (4095 / 255)).astype(">u2").tobytes())


# How a picture is saved, and how far a quarter's colour may be from the truth.
COLOURED: Final[dict[str, tuple[bytes, float]]] = {
    "JPEG": (saved(image(), "JPEG", quality=95), 5),
    "JPEG, progressive": (saved(image(), "JPEG", quality=95, progressive=True), 5),
    "JPEG, full colours": (saved(image(), "JPEG", quality=95, subsampling=0), 5),
    "JPEG, CMYK": (saved(image().convert("CMYK"), "JPEG", quality=95), 5),
    "PNG": (saved(image(), "PNG"), 0),
    "PNG, palette": (saved(image().quantize(8), "PNG"), 2),
    "PNG, opaque alpha": (saved(image().convert("RGBA"), "PNG"), 0),
    "WebP": (saved(image(), "WEBP", quality=95), 6),
    "WebP, lossless": (saved(image(), "WEBP", lossless=True), 0),
    "WebP, alpha": (saved(image().convert("RGBA"), "WEBP", lossless=True), 0),
    "BMP": (saved(image(), "BMP"), 0),
    "BMP, palette": (saved(image().quantize(8), "BMP"), 2),
    "TIFF": (saved(image(), "TIFF"), 0),
    "TIFF, LZW": (saved(image(), "TIFF", compression="tiff_lzw"), 0),
    "TIFF, deflate": (saved(image(), "TIFF", compression="tiff_deflate"), 0),
    "TIFF, JPEG": (saved(image(), "TIFF", compression="jpeg", quality=95), 6),
    "TIFF, CMYK": (saved(image().convert("CMYK"), "TIFF"), 2),
    "TIFF, palette": (saved(image().quantize(8), "TIFF"), 2),
    "TIFF, YCbCr": (saved(image().convert("YCbCr"), "TIFF"), 3),
    "GIF": (saved(image(), "GIF"), 2),
    "PPM": (saved(image(), "PPM"), 0),
    "AVIF": (saved(image(), "AVIF", quality=95), 6),
    "HEIC": (heic(image()), 6),
    "JPEG 2000": (saved(image(), "JPEG2000"), 0),
    "Targa": (saved(image(), "TGA"), 0),
    "Targa, run lengths": (saved(image(), "TGA", compression="tga_rle"), 0),
    "Targa, palette": (saved(image().quantize(8), "TGA"), 2),
}
SHADES: Final[dict[str, tuple[bytes, float]]] = {
    "JPEG, grey": (saved(grey(image()), "JPEG", quality=95), 2),
    "PNG, grey": (saved(grey(image()), "PNG"), 0),
    "PNG, grey and alpha": (saved(grey(image()).convert("LA"), "PNG"), 0),
    "BMP, grey": (saved(grey(image()), "BMP"), 0),
    "TIFF, grey": (saved(grey(image()), "TIFF"), 0),
    "GIF, grey": (saved(grey(image()), "GIF"), 0),
    "PGM": (saved(grey(image()), "PPM"), 0),
    "PGM, letters": (b"P2 96 64 255 " + written(np.asarray(grey(image()))), 0),
    "PGM, 12 bits": (b"P5 96 64 4095 " + twelve(np.asarray(grey(image()))), 1),
    "Targa, grey": (saved(grey(image()), "TGA"), 0),
}


@pytest.mark.parametrize("name", COLOURED)
def test_a_picture_of_any_format_has_its_colours(name: str) -> None:
    data, tolerance = COLOURED[name]
    found = whole(data)
    assert found.shape == (32, 32, 3)
    np.testing.assert_allclose(quarters(found), quarters(scene()), atol=tolerance + 0.01)


@pytest.mark.parametrize("name", SHADES)
def test_a_picture_of_any_format_has_its_shades(name: str) -> None:
    data, tolerance = SHADES[name]
    found = whole(data)
    assert (found == found[:, :, :1]).all()
    wanted = quarters(np.asarray(grey(image()))[:, :, None])
    np.testing.assert_allclose(quarters(found), wanted.repeat(3, axis=1), atol=tolerance)


def test_black_and_white_are_black_and_white() -> None:
    dots = Image.fromarray(scene()[:, :, 0] > 100)
    assert dots.mode == "1"
    for kind in ("PNG", "BMP", "TIFF"):
        wanted = [[255] * 3, [0] * 3, [0] * 3, [255] * 3]
        np.testing.assert_allclose(quarters(whole(saved(dots, kind))), wanted)


@pytest.mark.parametrize("order", ["<u2", ">u2"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_by_their_range(kind: str, order: str) -> None:
    shades = np.array([[0, 10 * 257], [100 * 257, 65535]], dtype=np.uint16)
    deep = shades.repeat(16, axis=0).repeat(16, axis=1)
    data = saved(Image.fromarray(deep.astype(order)), kind)
    assert Image.open(io.BytesIO(data)).mode.startswith("I;16")
    wanted = [[0] * 3, [10] * 3, [100] * 3, [255] * 3]
    np.testing.assert_array_equal(quarters(whole(data)), wanted)


@pytest.mark.parametrize("mode", ["I", "F"])
def test_numbers_of_no_known_unit_go_from_their_least_to_their_largest(mode: str) -> None:
    shades = np.array([[-1000, 1000], [0, 4000]]).repeat(16, axis=0).repeat(16, axis=1)
    kind = np.int32 if mode == "I" else np.float32
    data = saved(Image.fromarray(shades.astype(kind)), "TIFF")
    assert Image.open(io.BytesIO(data)).mode == mode
    wanted = [[0] * 3, [102] * 3, [51] * 3, [255] * 3]
    np.testing.assert_array_equal(quarters(whole(data)), wanted)
    flat = saved(Image.fromarray(np.full((9, 9), 5, kind)), "TIFF")
    assert (whole(flat) == 5).all()  # of 255, as in 8 bits


def test_numbers_that_are_none_are_black() -> None:
    shades = np.full((32, 32), 2.0, np.float32)
    shades[:16] = np.nan
    shades[16:, 16:] = 4
    found = whole(saved(Image.fromarray(shades), "TIFF"))
    np.testing.assert_array_equal(quarters(found)[:, 0], [0, 0, 2, 4])
    shades[:16, :16] = np.inf
    found = whole(saved(Image.fromarray(shades), "TIFF"))
    np.testing.assert_array_equal(quarters(found)[:, 0], [255, 0, 2, 4])


HOLED: Final[list[tuple[str, str]]] = [
    ("RGBA", "PNG"),
    ("LA", "PNG"),
    ("RGBA", "WEBP"),
    ("RGBA", "TIFF"),
    ("P", "PNG"),
    ("P", "GIF"),
    ("L", "PNG"),
    ("RGB", "PNG"),
]


@pytest.mark.parametrize(("mode", "kind"), HOLED)
def test_transparent_parts_are_white(mode: str, kind: str) -> None:
    pixels, options = scene(), {}
    pixels[32:, 48:] = 1  # nearly black below the hole
    if mode in {"RGBA", "LA"}:
        opaque = np.full((64, 96, 1), 255, np.uint8)
        opaque[32:, 48:] = 0
        picture = Image.fromarray(np.concatenate([pixels, opaque], axis=2)).convert(mode)
    else:
        picture = Image.fromarray(pixels)
        picture = picture.quantize(8) if mode == "P" else picture.convert(mode)
        options["transparency"] = picture.getpixel((90, 60))
    if kind == "WEBP":
        options["lossless"] = True
    found = quarters(whole(saved(picture, kind, **options)))
    np.testing.assert_array_equal(found[3], [255] * 3)
    assert (found[:3] < 205).all()


def test_what_is_half_transparent_is_half_white() -> None:
    layer = Image.new("RGBA", (20, 20), (100, 0, 0, 128))
    found = whole(saved(layer, "PNG"))
    np.testing.assert_allclose(found, np.broadcast_to([177, 127, 127], found.shape), atol=1)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_several_frames_the_first_is_taken(kind: str) -> None:
    others = [Image.new("RGB", (96, 64), colour) for colour in ("white", "black")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(image(), kind, save_all=True, append_images=others, **options)
    assert getattr(Image.open(io.BytesIO(data)), "n_frames", 1) == 3
    np.testing.assert_allclose(quarters(whole(data)), quarters(scene()), atol=2)


# How a camera stores a picture so that a viewer who reads its notes sees it upright.
STORED: Final = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
KEPT: Final[list[tuple[str, dict[str, Any]]]] = [
    ("JPEG", {"quality": 95, "subsampling": 0}),
    ("PNG", {}),
    ("WEBP", {"lossless": True}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
]


@pytest.mark.parametrize("crop", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("kind", "options"), KEPT, ids=[str(kept) for kept in KEPT])
def test_pictures_are_turned_upright_as_their_notes_say(
    kind: str, options: dict[str, Any], crop: float
) -> None:
    upright, framing = image(300, 200), Framing(size=32, crop=crop)
    wanted = decode(saved(upright, kind, **options), framing, LIMIT).astype(int)
    for orientation, turn in STORED.items():
        stored = upright if turn is None else upright.transpose(turn)
        exif = Image.Exif()
        exif[0x0112] = orientation
        data = saved(stored, kind, exif=exif, **options)
        found = decode(data, framing, LIMIT).astype(int)
        # Along rows and along columns, Pillow rounds otherwise.
        assert abs(found - wanted).max() <= 4, orientation
        if orientation > 1:  # the control: without the notes it is another picture
            plain = decode(saved(stored, kind, **options), framing, LIMIT).astype(int)
            assert abs(plain - wanted).max() > 100, orientation


@pytest.mark.parametrize("orientation", [0, 9, 200])
def test_an_orientation_that_does_not_exist_changes_nothing(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(whole(saved(image(), "PNG", exif=exif)), whole(scene()))


def test_notes_that_cannot_be_read_are_no_reason_to_reject_nor_to_warn(
    capfd: pytest.CaptureFixture[str],
) -> None:
    notes = b"Exif\0\0II*\0\x08\0\0\0\x40\0" + bytes(range(40))
    data = saved(image(), "JPEG", quality=95, exif=notes)
    np.testing.assert_allclose(quarters(whole(data)), quarters(scene()), atol=5)
    assert capfd.readouterr() == ("", "")
    with pytest.warns(UserWarning, match="Corrupt EXIF"):  # the control
        Image.open(io.BytesIO(data)).getexif()


def test_warnings_are_as_they_were_after_many_threads_have_read() -> None:
    before = list(warnings.filters)
    data = saved(image(), "PNG")
    threads = [
        threading.Thread(target=lambda: [whole(data) for _ in range(30)]) for _ in range(6)
    ]
    with SILENT_PILLOW:
        with SILENT_PILLOW:
            assert len(warnings.filters) == len(before) + 1
        assert len(warnings.filters) == len(before) + 1
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


def test_filters_that_another_changes_meanwhile_stay_as_it_left_them() -> None:
    """Python's own catch_warnings, the control, puts back what it found."""
    entry = ("ignore", None, UserWarning, None, 7)
    for silence, kept in ((SILENT_PILLOW, True), (warnings.catch_warnings(), False)):
        with warnings.catch_warnings():
            with silence:
                warnings.simplefilter("ignore", UserWarning, lineno=7)
            assert (entry in warnings.filters) == kept
    # Whoever began before and ends in between takes nothing of it along.
    outer = warnings.catch_warnings()
    before = list(warnings.filters)
    with SILENT_PILLOW:
        outer.__enter__()
    outer.__exit__(None, None, None)
    assert list(warnings.filters) == before


@given(
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    crop=st.floats(0, 1),
)
def test_a_frame_lies_in_the_middle_and_has_the_shape_that_was_asked_for(
    width: int, height: int, crop: float
) -> None:
    left, top, right, bottom = Framing(size=8, crop=crop).box(width, height)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert left == pytest.approx(width - right, abs=1e-6)
    assert top == pytest.approx(height - bottom, abs=1e-6)
    kept, whole_shape = sorted([right - left, bottom - top]), sorted([width, height])
    assert kept[0] == pytest.approx(whole_shape[0])
    aspect = (whole_shape[1] / whole_shape[0]) ** (1 - crop)
    assert kept[1] / kept[0] == pytest.approx(aspect, rel=1e-6)


@pytest.mark.parametrize(("width", "height"), [(300, 100), (100, 300)])
def test_a_crop_cuts_the_ends_of_the_longer_side(width: int, height: int) -> None:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 3 if height > width else height, : width // 3] = 255
    assert decode(picture, Framing(size=30, crop=0), LIMIT).max() == 255
    assert decode(picture, Framing(size=30, crop=1), LIMIT)[2:, 2:].max() == 0


@pytest.mark.parametrize("crop", [-0.1, 1.1])
def test_a_crop_is_a_share_and_a_size_some_pixels(crop: float) -> None:
    with pytest.raises(UsageError, match="crop must be a number from 0 to 1"):
        Framing(size=8, crop=crop)
    with pytest.raises(UsageError, match="img_size must be a whole number of pixels"):
        Framing(size=0)


def smooth(width: int, height: int) -> Image.Image:
    """Return a picture with detail at every scale, not quite at the finest."""
    rng = np.random.default_rng(3)
    total = np.zeros((height, width, 3))
    for cells in (3, 6, 12, 24):
        small = rng.normal(size=(cells, cells, 3)) * 60 / cells**0.5
        for j in range(3):
            layer = Image.fromarray(small[:, :, j].astype(np.float32))
            total[:, :, j] += np.asarray(
                layer.resize((width, height), Image.Resampling.BICUBIC)
            )
    return Image.fromarray(np.clip(total + 128, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("size", [(411, 358), (1500, 1100), (200, 170), (70, 50)])
@pytest.mark.parametrize("crop", [0.0, 0.5, 1.0])
def test_a_jpeg_decoded_at_reduced_scale_is_the_picture_resized_in_full(
    size: tuple[int, int], crop: float
) -> None:
    framing = Framing(size=64, crop=crop)
    picture = smooth(*size)
    data = saved(picture, "JPEG", quality=95)
    full = Image.open(io.BytesIO(data)).convert("RGB")
    wanted = full.resize((64, 64), Image.Resampling.BICUBIC, box=framing.box(*size))
    found = decode(data, framing, LIMIT).astype(float)
    assert np.sqrt(((found - np.asarray(wanted)) ** 2).mean()) < 2.5


def test_a_file_its_bytes_and_its_picture_in_memory_are_one_picture(tmp_path: Path) -> None:
    data = saved(smooth(120, 90), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    square = whole(path)
    opened = Image.open(path)
    for other in (data, opened, np.asarray(smooth(120, 90))):
        np.testing.assert_array_equal(whole(other), square)
    opened.close()


def test_a_file_too_large_to_be_read_at_once_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(saved(smooth(120, 90), "PNG"))
    square = whole(path)
    monkeypatch.setattr("tenfold.data.pictures.decode.WHOLE_BYTES", 100)
    np.testing.assert_array_equal(whole(path), square)


def test_a_picture_in_memory_stays_as_it_is() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = Image.open(io.BytesIO(saved(image(400, 300), "JPEG", exif=exif)))
    decode(picture, Framing(size=16), LIMIT)
    assert (picture.size, picture.getexif()[0x0112]) == ((400, 300), 6)


@pytest.mark.parametrize(
    ("array", "wanted"),
    [
        (scene(), "colours"),
        (np.concatenate([scene(), np.full((64, 96, 1), 255, np.uint8)], axis=2), "colours"),
        (scene() / 255, "colours"),
        ((scene() / 255).astype(np.float32), "colours"),
        (scene().astype(float), "colours"),
        (scene().astype(np.int64), "colours"),
        (scene().astype(np.uint16) * 257, "colours"),
        (scene()[:, :, 0], "reds"),
        (scene()[:, :, :1], "reds"),
        (scene()[:, :, 0] / 255, "reds"),
        (scene()[:, :, 0] > 100, "bits"),
        (np.asfortranarray(scene()), "colours"),
    ],
)
def test_an_array_is_a_picture_in_any_type_of_number(array: Any, wanted: str) -> None:
    reds = scene()[:, :, :1].repeat(3, axis=2)
    truth = {"colours": scene(), "reds": reds, "bits": (reds > 100) * 255}[wanted]
    np.testing.assert_allclose(quarters(whole(array)), quarters(truth), atol=0.51)


@pytest.mark.parametrize(
    ("array", "why"),
    [
        (
            np.zeros(5),
            "its shape is (5,), but it must be (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)",
        ),
        (np.zeros((3, 8, 8)), "its shape is (3, 8, 8), but"),
        (np.zeros((2, 8, 8, 3)), "its shape is (2, 8, 8, 3), but"),
        (np.zeros((0, 8)), "it holds no numbers"),
        (np.array([["a"]]), "it holds no numbers"),
        (
            np.array([[-1.0, 2.0]]),
            ("its numbers go from -1 to 2, but they must be from 0 to 255"),
        ),
        (
            np.array([[0.0, 300.0]]),
            ("its numbers go from 0 to 300, but they must be from 0 to 255"),
        ),
        (np.array([[0, 256]]), "its numbers go from 0 to 256, but they must be from 0 to 255"),
        (np.array([[-5, 5]]), "its numbers go from -5 to 5, but they must be from 0 to 255"),
        (
            np.array([[0.5, np.nan]]),
            ("its numbers go from nan to nan, but they must be from 0 to 255"),
        ),
    ],
)
def test_an_array_that_is_no_picture_is_refused(array: Any, why: str) -> None:
    assert reason(array).startswith(why)


def test_a_thumbnail_is_the_square_in_few_shades_of_grey() -> None:
    square = read_square(smooth(300, 200), Framing(size=160), LIMIT)
    shades = np.asarray(Image.fromarray(square.pixels).convert("L"), dtype=float)
    wanted = shades.reshape(16, 10, 16, 10).mean(axis=(1, 3)).reshape(-1)
    assert square.thumb.shape == (256,)
    np.testing.assert_allclose(square.thumb, wanted, atol=1)
    assert read_square(smooth(30, 20), Framing(size=7), LIMIT).thumb.shape == (256,)


def test_a_format_is_known_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(image(), "PNG"))
    square = read_square(path, WHOLE, LIMIT)
    assert square.format == "PNG"
    np.testing.assert_array_equal(square.pixels, whole(scene()))
    assert read_square(scene(), WHOLE, LIMIT).format == ""


def png_header(width: int, height: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    check = struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + check + b"\0\0\0\x10IDAT"


def claiming(data: bytes, at: int, code: str, *size: int) -> bytes:
    """Put other numbers into a header."""
    numbers = struct.pack(code, *size)
    return data[:at] + numbers + data[at + len(numbers) :]


def jpeg_claiming(width: int, height: int) -> bytes:
    data = saved(image(), "JPEG")
    return claiming(data, data.index(b"\xff\xc0") + 5, ">HH", height, width)


@pytest.mark.parametrize(
    ("data", "claim"),
    [
        (png_header(60_000, 60_000), "60,000 x 60,000"),
        (png_header(10_001, 10_000), "10,001 x 10,000"),
        (jpeg_claiming(65_000, 65_000), "65,000 x 65,000"),
        (claiming(saved(image(), "GIF"), 6, "<HH", 65_535, 65_535), "65,535 x 65,535"),
        (claiming(saved(image(), "BMP"), 18, "<ii", 50_000, 40_000), "50,000 x 40,000"),
    ],
    ids=["PNG", "PNG, just above", "JPEG", "GIF", "BMP"],
)
def test_a_picture_whose_header_claims_too_much_is_not_decoded(data: bytes, claim: str) -> None:
    assert reason(data) == f"its header claims {claim} pixels, more than 100,000,000"


def test_a_webp_that_claims_too_much_is_not_decoded() -> None:
    data = saved(image(), "WEBP", lossless=True)
    bits = struct.unpack("<I", data[21:25])[0] >> 28 << 28
    spoiled = claiming(data, 21, "<I", bits | 16_382 << 14 | 16_382)
    assert reason(spoiled).startswith("its header claims ")


def test_the_limit_is_the_users_own_and_not_pillows(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(image(), "PNG")
    assert reason(data, 6143) == "its header claims 96 x 64 pixels, more than 6,143"
    assert reason(image(), 6143) == "its header claims 96 x 64 pixels, more than 6,143"
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    np.testing.assert_array_equal(whole(data, 6144), whole(scene()))
    with pytest.raises(Image.DecompressionBombError):  # the control
        Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is empty (0 bytes)"),
        (b"x", "it is not an image"),
        (b"<html>not found</html>", "it is not an image"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(30), "it is not an image"),
        (b"%PDF-1.7\n" + bytes(99), "it is not an image"),
        (bytes(5000), "it is not an image"),
        (random.Random(1).randbytes(5000), "it is not an image"),
        (
            b"\0\0\0\x18ftypisom" + bytes(99),
            "it is a video or another file of boxes, which is not supported",
        ),
        (b"\xff\xd8\xff", "it ends too early"),
        (png_header(8, 8), "it ends too early"),
        (saved(image(), "PNG")[:50] + bytes(500), "it is damaged: broken data stream"),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_its_reason(data: bytes, why: str) -> None:
    assert reason(data).startswith(why)


CUT: Final = {
    name: data
    for name, (data, _) in (COLOURED | SHADES).items()
    # libtiff prints what it misses at its start; half a number in letters is a number.
    if name not in {"TIFF, JPEG", "PGM, letters"}
}
# What else is said of some that were cut.
CUT_REASONS: Final = {
    # The list of colours stands behind the picture there.
    "TIFF, palette": "it is damaged: an entry is missing or unknown (320)",
    "JPEG 2000": "it is damaged: broken data stream when reading image file",
    # Less than its header is like nothing.
    **dict.fromkeys(
        [name for name in COLOURED | SHADES if "Targa" in name], "it is not an image"
    ),
}


@pytest.mark.parametrize("name", CUT)
def test_a_picture_that_was_cut_is_refused_and_never_half_read(name: str) -> None:
    """Some formats end with bytes that no pixel needs: without them, it still is whole."""
    data, wanted = CUT[name], whole(CUT[name])
    reasons = set()
    for length in {*range(12, len(data), len(data) // 20), *range(len(data) - 12, len(data))}:
        try:
            found = whole(data[:length])
        except Unreadable as error:
            reasons.add(error.reason)
        else:
            np.testing.assert_array_equal(found, wanted)
            assert length > 0.75 * len(data)
    assert reasons - {CUT_REASONS.get(name)} == {"it ends too early"}


@pytest.mark.parametrize("name", [n for n in CUT if n not in {"TIFF, LZW", "TIFF, deflate"}])
def test_spoiled_bytes_give_a_picture_or_a_reason_and_nothing_else(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data, draw, reasons = CUT[name], random.Random(4), set()
    for _ in range(25):
        spoiled = bytearray(data)
        for _ in range(draw.choice([1, 3, 20])):
            spoiled[draw.randrange(8, len(data))] = draw.randrange(256)
        try:
            assert whole(bytes(spoiled)).shape == (32, 32, 3)
        except Unreadable as error:
            reasons.add(error.reason)
    assert all(why.startswith("it") for why in reasons)
    assert capfd.readouterr() == ("", "")


def test_colours_that_are_not_known_are_named() -> None:
    lab = Image.new("LAB", (9, 9))
    assert reason(lab) == "its colours are stored as LAB, which is not supported"
    assert reason(saved(lab, "TIFF")) == "its colours are stored as LAB, which is not supported"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert reason(tmp_path / "absent.jpg") == "there is no such file"
    assert reason(tmp_path) == "it is a folder"
    assert reason(Path("a\0.jpg")).startswith("it cannot be opened: ")
    assert reason(tmp_path / ("n" * 300)) == "it cannot be opened: File name too long"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    assert reason(tmp_path / "a.jpg") == "it is not a file"


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(saved(image(), "PNG"))
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read anything")
    assert reason(path) == "it cannot be opened: Permission denied"
