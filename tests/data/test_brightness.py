"""Equal numbers are equally bright, in whatever form and whatever company they come."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tenfold.data.pictures.decode import Unreadable, decode
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.pictures import Pictures, pictures_of, read_pictures, read_unlabelled
from tenfold.read_options import PictureOptions
from tests.data.test_pictures import png_of

AUTO: Final = PictureOptions()
SMALL: Final = Framing(size=24)
LIMIT: Final = AUTO.max_pixels


def greys(seed: int, top: int, kind: Any = np.uint8) -> NDArray[Any]:
    return np.random.default_rng(seed).integers(0, top, (30, 30), endpoint=True).astype(kind)


def learnt(X: Any) -> Pictures:
    return pictures_of(X, ["a", "b"] * (len(X) // 2), SMALL, AUTO)


def read(X: Any, framing: Framing, **options: Any) -> NDArray[np.uint8]:
    pictures = read_unlabelled(X, framing, PictureOptions(**options))
    return pictures.cache[pictures.at]


def tiff(picture: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, "TIFF", **options)
    return file.getvalue()


def forms_of(bytes_HW: NDArray[np.uint8]) -> dict[str, Any]:
    """Return the same numbers from 0 to 255 in all forms in which they may come."""
    grey = Image.fromarray(bytes_HW)
    floats = Image.fromarray(bytes_HW.astype(np.float32))
    forms: dict[str, Any] = {
        "I": grey.convert("I"),
        "F": grey.convert("F"),
        "I;16": Image.fromarray(bytes_HW.astype(np.uint16)),
        "I;16B": Image.fromarray(bytes_HW.astype(">u2")),
        "TIFF of floats": tiff(floats),
        "TIFF of 32 bits": tiff(grey.convert("I")),
        "LA": Image.merge("LA", [grey, Image.new("L", grey.size, 255)]),
        "La": Image.merge("LA", [grey, Image.new("L", grey.size, 255)]).convert("La"),
    }
    types = ("f2", "f4", "f8", ">f4", "u2", ">u2", "i2", "i4", "u4", ">i4", "i8", "u8")
    return forms | {name: bytes_HW.astype(name) for name in types}


@pytest.mark.parametrize("form", forms_of(greys(0, 255)))
@pytest.mark.parametrize("training", ["8 bits", "the form itself"])
def test_equal_numbers_are_equally_bright_in_any_form(form: str, training: str) -> None:
    """A dark picture in 32 bits or as floats was stretched to be as bright as any other."""
    bytes_ = [greys(0, 255), greys(1, 200), greys(2, 60), greys(3, 7)]
    bytes_[0][0, :2] = 0, 255
    plain = learnt([Image.fromarray(grey) for grey in bytes_])
    others = [forms_of(grey)[form] for grey in bytes_]
    known = plain if training == "8 bits" else learnt(others)
    np.testing.assert_array_equal(known.cache, plain.cache)
    # 255 of 16 bits and 255 of 8 are one number where the network has seen no deeper ones.
    np.testing.assert_array_equal(read(others, known.framing), plain.cache)
    for other, square in zip(others, plain.cache, strict=True):
        np.testing.assert_array_equal(read([other], known.framing)[0], square)
        np.testing.assert_array_equal(decode(other, known.framing, LIMIT), square)


MEASURED: Final = {
    "kelvin": (250.0, 320.0, np.float32),
    "height": (-120, 4_300, np.int32),
    "share": (0.0, 0.8, np.float32),
    "of 255": (0.0, 190.0, np.float32),
    "of 20 bits": (0, 2**20 - 1, np.int32),
    "of 12 bits": (0, 4_000, np.uint16),
}


@pytest.mark.parametrize("name", MEASURED)
@pytest.mark.parametrize("form", ["picture", "file"])
def test_a_picture_has_one_answer_alone_and_among_others(name: str, form: str) -> None:
    low, high, kind = MEASURED[name]
    rng = np.random.default_rng(0)
    numbers = [rng.uniform(low, high, (30, 30)).astype(kind) for _ in range(4)]
    numbers[0][0, :2] = low, high
    # As bright as before, at a tenth of the range: it must not be stretched.
    numbers[3] = (low + (numbers[3].astype(float) - low) / 10).astype(kind)
    X: list[Any] = [Image.fromarray(one) for one in numbers]
    if form == "file":
        X = [tiff(one) for one in X]
    known = learnt(X)
    assert known.cache[0].max() > 170
    assert known.cache[3].max() < 40
    assert [one.change_with for one in known.decisions] == ["--white"]
    for one, square in zip(X, known.cache, strict=True):
        np.testing.assert_array_equal(decode(one, known.framing, LIMIT), square)
        np.testing.assert_array_equal(read([one], known.framing)[0], square)
    np.testing.assert_array_equal(read(X[::-1], known.framing), known.cache[::-1])
    if low >= 0 or kind == np.float32:
        np.testing.assert_array_equal(read(numbers, known.framing), known.cache)
    assert not read_unlabelled(X, known.framing, AUTO).decisions


@pytest.mark.parametrize(
    ("numbers", "what", "why"),
    [
        (
            np.clip(greys(0, 9_000, np.int32), 900, 3_900),
            "4,095 is white in images of 32 bits",
            "3,900 is",
        ),
        (
            greys(0, 90, np.float32) / 100,
            "1 is white in images of floating-point numbers",
            "0.9 is",
        ),
        (
            greys(0, 90, np.float32) / 2,
            "255 is white in images of floating-point numbers",
            "45 is",
        ),
        (
            greys(0, 90, np.float32) - 9,
            "-9 is black and 81 is white in",
            "they are the smallest",
        ),
        (greys(0, 90, np.int32) - 9, "-9 is black and 81 is white in", "they are the smallest"),
    ],
)
def test_what_means_white_is_said_with_the_option_that_changes_it(
    numbers: NDArray[Any], what: str, why: str
) -> None:
    (decision,) = learnt([Image.fromarray(numbers)] * 2).decisions
    assert decision.what.startswith(what)
    assert decision.why.startswith(why)
    assert decision.change_with == "--white"
    asked = read([Image.fromarray(numbers)], SMALL, white=1_000)
    wanted = np.clip(np.rint(numbers.astype(float) * 0.255), 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(asked[0], decode(wanted, SMALL, LIMIT))


@settings(max_examples=30, derandomize=True, deadline=None)
@given(
    tops=st.lists(st.integers(1, 2**16 - 1), min_size=2, max_size=5),
    fraction=st.booleans(),
    training=st.sampled_from(["8 bits", "deep"]),
)
def test_what_is_asked_along_with_a_picture_changes_nothing(
    tops: list[int], fraction: bool, training: str
) -> None:
    """Of networks of 8 bits, white was seen from all pictures of one question."""
    seen: list[NDArray[Any]] = [greys(7, 255), greys(8, 255)]
    if training == "deep":
        seen = [greys(9, 1_023, np.uint16), greys(8, 255)]
    X = [greys(i, top, np.uint16) for i, top in enumerate(tops)]
    if fraction:
        X = [one / 2**16 * (1 if i % 2 else 255) for i, one in enumerate(X)]
    known = learnt(seen).framing
    together = read(X, known)
    for one, square in zip(X, together, strict=True):
        np.testing.assert_array_equal(read([one], known)[0], square)
        np.testing.assert_array_equal(decode(one, known, LIMIT), square)


def test_a_network_of_eight_bits_says_that_it_learnt_no_white_for_deeper_pictures() -> None:
    known = learnt([greys(0, 255), greys(1, 255)]).framing
    X = [np.clip(greys(2, 2_047, np.uint16), 0, 2_047), greys(3, 4_095, np.uint16)]
    X[0][0, 0], X[1][0, 0] = 2_047, 4_095
    pictures = read_unlabelled(X, known, AUTO)
    (doubt,) = pictures.doubts
    assert doubt.what == (
        "2,047 or 4,095 is white in 2 images of 16 bits, as stated in each file"
    )
    assert doubt.change_with == "--white"
    said = read_unlabelled(X, known, PictureOptions(white=4_095))
    assert not said.doubts
    assert said.cache[0].max() <= 128
    np.testing.assert_array_equal(said.cache[1], pictures.cache[1])


def test_numbers_beyond_what_was_learnt_are_cut_off_with_a_word_or_refused() -> None:
    deep = learnt([greys(0, 4_095, np.uint16), greys(1, 4_095, np.uint16)]).framing
    (doubt,) = read_unlabelled([np.full((9, 9), 60_000, np.uint16)], deep, AUTO).doubts
    assert doubt.what == "numbers beyond 0 to 4,095 are cut off in 1 images of 16 bits"
    assert doubt.why == "they go from 60,000 to 60,000"
    shares = [Image.fromarray(greys(i, 100, np.float32) / 100) for i in range(2)]
    of_one = learnt(shares).framing
    bytes_ = Image.fromarray(greys(3, 255, np.float32))
    with pytest.raises(Unreadable, match="from 0 to 255, but they must be from 0 to 1"):
        decode(bytes_, of_one, LIMIT)
    read_so = decode(bytes_, of_one.with_white(255), LIMIT)
    np.testing.assert_array_equal(read_so, decode(greys(3, 255), SMALL, LIMIT))
    warm = Image.fromarray(greys(3, 9, np.float32) + 290)
    of_bytes = learnt([greys(0, 255), greys(1, 255)]).framing
    with pytest.raises(Unreadable, match="from 290 to 299, but they must be from 0 to 255"):
        decode(warm, of_bytes, LIMIT)


def test_test_pictures_do_not_say_what_is_white_in_training(tmp_path: Path) -> None:
    for part, top in (("train", 1_000), ("test", 60_000)):
        for i in range(4):
            path = tmp_path / part / "ab"[i % 2] / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(greys(i, top, np.uint16)).save(path)
    training, test = read_pictures(tmp_path, SMALL, AUTO)
    assert training.framing.deep_white == 1_023
    alone = read_unlabelled([tmp_path / "test/a/0.png"], training.framing, AUTO)
    assert test is not None
    np.testing.assert_array_equal(test.cache[test.at[0]], alone.cache[0])
    decided = " ".join(one.what for one in training.decisions)
    assert "numbers beyond 0 to 1,023 are cut off in 4 images of 16 bits" in decided


def test_a_test_picture_that_training_cannot_place_is_left_out_and_the_rest_stay(
    tmp_path: Path,
) -> None:
    for part in ("train", "test"):
        for i in range(4):
            path = tmp_path / part / "ab"[i % 2] / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(greys(i, 255)).save(path)
    warm = tmp_path / "test/a/0.tif"
    Image.fromarray(greys(0, 9, np.float32) + 290).save(warm)
    for memory in (None, 0):
        options = PictureOptions(memory_bytes=memory)
        _, test = read_pictures(tmp_path, SMALL, options)
        assert test is not None
        assert [one.file for one in test.rejected] == ["test/a/0.tif"]
        assert len(test) == 4
        for name, at in zip(test.files, test.at, strict=True):
            np.testing.assert_array_equal(test.cache[at], decode(tmp_path / name, SMALL, LIMIT))


def test_whole_numbers_of_32_bits_without_a_sign_do_not_turn_negative() -> None:
    """The control: with a sign, the same bits are negative."""
    numbers = np.array([[0, 2**32 - 1], [2**31, 2**30]], np.uint32).repeat(12, 0).repeat(12, 1)
    signed = tiff(Image.fromarray(numbers.view(np.int32)))
    entry = struct.pack("<HHI", 339, 3, 1)  # of what format the numbers are
    assert signed.count(entry + b"\2") == 1
    file = signed.replace(entry + b"\2", entry + b"\1")
    found = decode(file, SMALL, LIMIT)
    np.testing.assert_array_equal(found, decode(numbers, SMALL, LIMIT))
    assert found[0, -1, 0] == 255
    assert decode(signed, SMALL, LIMIT)[0, -1, 0] < 255


@pytest.mark.parametrize("kind", ["PNG of 16 bits", "I;16 with a hole"])
def test_a_hole_in_sixteen_bits_is_white_and_says_nothing_about_white(kind: str) -> None:
    """All of a picture of 16 bits with a hole was read as nearly white."""
    numbers = greys(0, 1_000, np.uint16)
    numbers[0, 0] = 1_023
    without = numbers.copy()
    numbers[15:] = 50_000
    if kind == "PNG of 16 bits":
        whole = png_of(numbers[..., None])
        hole = b"tRNS" + (50_000).to_bytes(2, "big")
        chunk = (2).to_bytes(4, "big") + hole + zlib.crc32(hole).to_bytes(4, "big")
        at = whole.index(b"IDAT") - 4
        source: Any = whole[:at] + chunk + whole[at:]
    else:
        source = Image.fromarray(numbers)
        source.info["transparency"] = 50_000
    found = decode(source, Framing(size=30), LIMIT)
    assert (found[15:] == 255).all()
    np.testing.assert_array_equal(found[:15], decode(without, Framing(size=30), LIMIT)[:15])


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_places_without_data_are_black_and_say_nothing_about_black(kind: Any) -> None:
    heights = greys(0, 2_000, kind) + kind(300)
    mark = "-9999" if kind is np.int32 else "-3.4028235e+38"
    heights[0], heights[1, 1] = kind(float(mark)), -50
    picture = tiff(Image.fromarray(heights), tiffinfo={42113: mark})
    pictures = learnt([picture, picture])
    assert pictures.decisions[0].what.startswith("-50 is black and 2,")
    assert (decode(picture, Framing(size=30), LIMIT)[0] == 0).all()


def test_a_tiff_whose_zero_is_white_is_turned_around_in_any_depth() -> None:
    eight = greys(0, 255)
    eight[0, 0] = 255
    files = [
        tiff(Image.fromarray(eight.astype(kind)), tiffinfo={262: 0})
        for kind in (np.uint16, np.float32)
    ]
    for file in files:
        with Image.open(io.BytesIO(file)) as picture:
            if picture.tag_v2[262] != 0:  # type: ignore[attr-defined]
                pytest.skip("Pillow writes another tag")
        np.testing.assert_array_equal(
            decode(file, SMALL, LIMIT), decode(255 - eight, SMALL, LIMIT)
        )
