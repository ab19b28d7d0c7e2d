"""The same photograph twice is found however it was saved; different ones stay apart."""

import io
import tracemalloc
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps
from sklearn.datasets import load_digits

from tenfold.data.pictures import near_copies
from tenfold.data.pictures.decode import Framing
from tenfold.data.pictures.near_copies import copy_sets, upright
from tenfold.data.pictures.pictures import pictures_of
from tenfold.read_options import PictureOptions

FRAMING: Final = Framing(size=96)


def photograph(seed: int, width: int = 240, height: int = 180) -> Image.Image:
    """Return a picture with large shapes and small ones, unlike any other seed's."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for cells in (2, 4, 8, 16, 32):
        small = rng.normal(size=(cells, cells, 3)).astype(np.float32) * 70 / cells**0.5
        for j in range(3):
            layer = Image.fromarray(small[:, :, j])
            total[:, :, j] += np.asarray(
                layer.resize((width, height), Image.Resampling.BICUBIC)
            )
    return Image.fromarray(np.clip(total + 128, 0, 255).astype(np.uint8))


def as_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream)


def cut(picture: Image.Image, left: int, top: int, right: int, bottom: int) -> Image.Image:
    width, height = picture.size
    return picture.crop((left, top, width - right, height - bottom))


WAYS: Final[dict[str, Callable[[Image.Image], Image.Image]]] = {
    "the very same": lambda p: p.copy(),
    "JPEG of quality 50": lambda p: as_jpeg(p, 50),
    "half the size": lambda p: p.resize((p.width // 2, p.height // 2)),
    "half the size and back": lambda p: p.resize((p.width // 2, p.height // 2)).resize(p.size),
    "brighter by a tenth": lambda p: ImageEnhance.Brightness(p).enhance(1.1),
    "less contrast": lambda p: ImageEnhance.Contrast(p).enhance(0.8),
    "without colours": lambda p: p.convert("L"),
    "2 % cut off": lambda p: cut(p, 2, 2, 3, 2),
    "2 pixels cut off": lambda p: cut(p, 2, 2, 0, 0),
    "all together": lambda p: as_jpeg(
        ImageEnhance.Brightness(cut(p, 2, 2, 2, 2).resize((160, 120))).enhance(1.05), 60
    ),
}


def thumbs(pictures: list[Any]) -> NDArray[np.uint8]:
    return pictures_of(pictures, None, FRAMING, PictureOptions()).thumbs


@pytest.fixture(scope="module")
def originals() -> list[Image.Image]:
    return [photograph(seed) for seed in range(40)]


@pytest.mark.parametrize("way", WAYS)
def test_a_photograph_and_its_copy_are_one_set(originals: list[Image.Image], way: str) -> None:
    """Copies stand in the middle and at the end, so that they would fall into other folds."""
    copies = [WAYS[way](originals[i]) for i in (0, 7, 39)]
    found = copy_sets(thumbs([*originals[:20], *copies, *originals[20:]]))
    wanted = np.arange(43)
    wanted[[20, 21, 42]] = [0, 7, 22]
    np.testing.assert_array_equal(found, wanted)


def test_different_photographs_are_all_apart(originals: list[Image.Image]) -> None:
    np.testing.assert_array_equal(copy_sets(thumbs(list(originals))), np.arange(40))


def test_what_only_resembles_a_photograph_is_no_copy(originals: list[Image.Image]) -> None:
    """Half of another picture on top is much more than a way of saving."""
    half = [Image.blend(originals[0], originals[1], 0.5), originals[0].rotate(20)]
    half += [cut(originals[0], 60, 0, 0, 0), Image.eval(originals[0], lambda v: 255 - v)]
    found = copy_sets(thumbs([*originals, *half]))
    np.testing.assert_array_equal(found, np.arange(44))
    np.testing.assert_array_equal(copy_sets(thumbs([originals[0], *half])), np.arange(5))


@pytest.mark.parametrize("turn", range(1, 8))
def test_mirror_images_and_quarter_turns_are_one_set_once_upright(
    originals: list[Image.Image], turn: int
) -> None:
    """As augmentation writes them: saved anew, brighter, a little smaller."""

    def turned(picture: Image.Image) -> Image.Image:
        square = picture.resize((96, 96))
        view = square.rotate(90 * (turn % 4))
        return ImageOps.mirror(view) if turn >= 4 else view

    ways = list(WAYS.values())
    copies = [ways[i % len(ways)](turned(originals[i])) for i in range(10)]
    found = copy_sets(upright(thumbs([*(o.resize((96, 96)) for o in originals), *copies])))
    np.testing.assert_array_equal(found[:40], np.arange(40))
    assert (found[40:] == np.arange(10)).mean() >= 0.9


def test_pictures_that_are_upright_stay_apart() -> None:
    digits = (load_digits().images * 15.9).astype(np.uint8)
    sets = copy_sets(upright(thumbs(list(digits))))
    assert (sets != np.arange(len(sets))).mean() < 0.01
    assert np.bincount(sets).max() <= 3


def test_copies_of_copies_are_one_set_named_by_the_first(originals: list[Image.Image]) -> None:
    ways = list(WAYS.values())
    copies = [way(originals[3]) for way in ways]
    found = copy_sets(thumbs([*originals[10:20], originals[3], *copies, *originals[20:]]))
    assert found[10:21].tolist() == [10] * 11
    assert len(set(found.tolist())) == 31


def test_digits_of_many_hands_are_not_taken_for_copies() -> None:
    """The control: at the plain threshold, most of a class would hang together."""
    digits = (load_digits().images * 15.9).astype(np.uint8)
    found = thumbs(list(digits))
    sets = copy_sets(found)
    assert (sets != np.arange(len(sets))).mean() < 0.005
    assert np.bincount(sets).max() <= 3
    again = copy_sets(np.r_[found, found[:50]])
    np.testing.assert_array_equal(again[-50:], sets[:50])
    x = found - found.mean(axis=1, keepdims=True)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    near = x @ x.T > near_copies.CORRELATION
    assert (near.sum(axis=1) > 1).mean() > 0.5


def test_flat_pictures_are_copies_only_if_they_are_equal() -> None:
    """The control: with more contrast, the same pairs are copies."""
    rng = np.random.default_rng(0)
    pattern = rng.normal(size=(6, 256))
    for contrast, alike in ((2.5, False), (20.0, True)):
        pages = np.rint(128 + contrast * pattern)
        pair = np.rint(130 + 1.1 * contrast * pattern[:1])
        white = np.full((2, 256), 255.0)
        found = copy_sets(np.r_[pages, pair, white].astype(np.uint8))
        assert (found[6] == 0) == alike
        assert found[7:].tolist() == [7, 7]
        assert len(set(found[:6].tolist())) == 6


def test_blocks_of_the_matrix_change_nothing(
    originals: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = [WAYS["2 % cut off"](originals[i]) for i in range(0, 40, 3)]
    found = thumbs([*originals, *copies])
    whole = copy_sets(found)
    assert (whole != np.arange(54)).sum() == 14
    for block, pairs in ((1, 8_000_000), (160, 8_000_000), (160, 0)):
        monkeypatch.setattr(near_copies, "_BLOCK_NUMBERS", block)
        monkeypatch.setattr(near_copies, "_MOST_PAIRS", pairs)
        np.testing.assert_array_equal(copy_sets(found), whole)


def test_the_order_of_pictures_changes_no_set(originals: list[Image.Image]) -> None:
    found = thumbs([*originals, *(WAYS["all together"](p) for p in originals[:9])])
    whole = copy_sets(found)
    order = np.random.default_rng(1).permutation(len(found))
    other = copy_sets(found[order])
    same = whole[order][:, None] == whole[order]
    np.testing.assert_array_equal(other[:, None] == other, same)
    assert same.sum() == len(found) + 18


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_pictures_are_no_special_case(count: int) -> None:
    one = np.random.default_rng(0).integers(0, 256, (1, 256), dtype=np.uint8)
    found = copy_sets(one.repeat(count, axis=0))
    assert found.tolist() == [0] * count
    assert found.dtype == np.int64


def test_thousands_of_pictures_take_bounded_memory() -> None:
    """All of one hue: far more pairs than pictures."""
    rng = np.random.default_rng(0)
    same = rng.integers(0, 200, 256) + rng.integers(0, 3, (3000, 256))
    other = rng.integers(0, 256, (3000, 256))
    tracemalloc.start()
    found = copy_sets(np.r_[same, other].astype(np.uint8))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 250e6
    np.testing.assert_array_equal(found[3000:], np.arange(3000, 6000))
