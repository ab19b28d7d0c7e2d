"""Augmentation: what Pillow and the definitions say, by chances that only their fold draws."""

from typing import Any, Final

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from tenfold.nn.pixels import plain
from tenfold.seeds import Streams
from tenfold.training.augment import CHANCES, Augmentation, Draws, augment, maps

SIDE: Final = 64
ROUNDED: Final = 1.01  # levels: Pillow's are whole numbers, some of them cut off
EVERYTHING: Final = Augmentation(
    rotation=20,
    shear=10,
    zoom=(0.8, 1.2),
    shift=0.1,
    flip="random",
    crop=(0.4, 1.0),
    brightness=0.3,
    contrast=0.3,
    cutout=0.3,
)
TUTORIAL: Final = Augmentation(shear=0.2, zoom=(0.8, 1.2), flip="random")


def smooth(count: int = 1, side: int = SIDE, seed: int = 0) -> Tensor:
    """Return random pictures without edges, so that a shift of some pixels shows everywhere."""
    coarse = torch.rand(count, 3, 9, 9, generator=torch.Generator().manual_seed(seed))
    fine = functional.interpolate(coarse, (side, side), mode="bicubic", align_corners=True)
    return (fine.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).contiguous()


def noise(count: int = 1, side: int = SIDE, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(256, (count, side, side, 3), dtype=torch.uint8, generator=generator)


def chances(count: int = 1, **given: float) -> Tensor:
    """Return chances that change nothing, but those that are given."""
    out = torch.full((count, len(CHANCES)), 0.5)
    for name, value in given.items():
        out[:, CHANCES.index(name)] = value
    return out


def random_chances(count: int, seed: int = 1) -> Tensor:
    return torch.rand(count, len(CHANCES), generator=torch.Generator().manual_seed(seed))


def linear(xx: float, xy: float, yx: float, yy: float) -> NDArray[np.float64]:
    return np.array([[xx, xy, 0], [yx, yy, 0], [0, 0, 1]])


def by_keras(
    *,
    rotation: float = 0,
    shear: float = 0,
    zoom: tuple[float, float] = (1, 1),
    shift: tuple[float, float] = (0, 0),
    flip: bool = False,
) -> NDArray[np.float64]:
    """Return the map that Keras multiplies, from pixel to pixel of a picture of ``SIDE``.

    Angles are in degrees; zoom and shift are for x and y, the shift in shares of the side.
    """
    turn, lean = np.deg2rad(rotation), np.deg2rad(shear)
    middle, shifted = np.eye(3), np.eye(3)
    middle[:2, 2] = SIDE / 2
    shifted[:2, 2] = np.multiply(shift, SIDE)
    turned = linear(np.cos(turn), -np.sin(turn), np.sin(turn), np.cos(turn))
    sheared = linear(1, -np.sin(lean), 0, np.cos(lean))
    zoomed = linear(-zoom[0] if flip else zoom[0], 0, 0, zoom[1])
    parts = (middle, shifted, turned, sheared, zoomed, np.linalg.inv(middle))
    return np.asarray(np.linalg.multi_dot(parts))


def largest_difference(shown: Tensor, pixels: Tensor, matrix: NDArray[np.float64]) -> float:
    """Return how many levels a picture is from Pillow's, where that looks inside."""
    picture = Image.fromarray(pixels.numpy())
    coefficients = tuple(matrix[:2].ravel())
    moved = picture.transform(
        (SIDE, SIDE), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    at = np.arange(SIDE) + 0.5
    places = matrix @ np.stack([*(a.ravel() for a in np.meshgrid(at, at)), np.ones(SIDE**2)])
    inside = ((places[:2] >= 1) & (places[:2] <= SIDE - 1)).all(axis=0)
    assert inside.mean() > 0.5
    levels = shown.permute(1, 2, 0).numpy() * 255
    differences = np.abs(levels - np.asarray(moved, dtype=np.float64)).reshape(SIDE**2, 3)
    return float(differences[inside].max())


@pytest.mark.parametrize(
    ("augmentation", "given", "by_name"),
    [
        (Augmentation(rotation=20), {"rotation": 0.75}, {"rotation": 10}),
        (Augmentation(rotation=20), {"rotation": 0.0}, {"rotation": -20}),
        (Augmentation(shear=12), {"shear": 1.0}, {"shear": 12}),
        (
            Augmentation(zoom=(0.6, 1.2)),
            {"zoom_x": 0.0, "zoom_y": 1.0},
            {"zoom": (0.6, 1.2)},
        ),
        (
            Augmentation(zoom=(0.6, 1.2), keep_proportions=True),
            {"zoom_x": 0.0, "zoom_y": 1.0},
            {"zoom": (0.6, 0.6)},
        ),
        (
            Augmentation(shift=0.2),
            {"shift_x": 1.0, "shift_y": 0.25},
            {"shift": (0.2, -0.1)},
        ),
        (Augmentation(flip="random", shift=0.2), {"flip": 0.1}, {"flip": True}),
        (
            Augmentation(rotation=30, shear=10, zoom=(0.8, 1.2), shift=0.1, flip="random"),
            {"rotation": 0.2, "shear": 0.9, "zoom_x": 0.1, "zoom_y": 0.6}
            | {"shift_x": 0.4, "shift_y": 0.8, "flip": 0.3},
            {"rotation": -18, "shear": 8, "zoom": (0.84, 1.04)}
            | {"shift": (-0.02, 0.06), "flip": True},
        ),
    ],
)
def test_pictures_move_as_pillow_moves_them(
    augmentation: Augmentation, given: dict[str, float], by_name: dict[str, Any]
) -> None:
    """The reference takes the map as a product of Keras' matrices, in pixels."""
    pixels = smooth()

    shown = augment(pixels, chances(**given), augmentation, size=SIDE)

    assert largest_difference(shown[0], pixels[0], by_keras(**by_name)) < ROUNDED
    for wrong in ({"rotation": by_name.get("rotation", 0) + 2}, {"shift": (0.22, 0.02)}):
        assert largest_difference(shown[0], pixels[0], by_keras(**(by_name | wrong))) > 4.0


def test_a_turn_is_counter_clockwise_like_that_of_pillow() -> None:
    pixels = smooth()
    shown = augment(pixels, chances(rotation=1.0), Augmentation(rotation=15), size=SIDE)
    turned = Image.fromarray(pixels[0].numpy()).rotate(15, Image.Resampling.BILINEAR)
    middle = slice(16, 48)
    differences = shown[0].permute(1, 2, 0).numpy() * 255 - np.asarray(turned, dtype=np.float64)
    assert np.abs(differences[middle, middle]).max() < ROUNDED


def test_a_flip_alone_leaves_every_level_as_it_is() -> None:
    pixels = noise(200)
    draws = random_chances(200)
    shown = augment(pixels, draws, Augmentation(flip="random"), size=SIDE)
    flipped = draws[:, CHANCES.index("flip")] < 0.5
    assert 70 < int(flipped.sum()) < 130
    assert torch.equal(shown[flipped], plain(pixels, size=SIDE).flip(-1)[flipped])
    assert torch.equal(shown[~flipped], plain(pixels, size=SIDE)[~flipped])
    assert torch.equal(
        (shown * 255).round().byte().permute(0, 2, 3, 1)[~flipped], pixels[~flipped]
    )


@pytest.mark.parametrize("size", [48, SIDE, 80])
def test_with_nothing_asked_a_picture_is_shown_as_it_is_to_predict(size: int) -> None:
    pixels = noise(3)
    shown = augment(pixels, random_chances(3), Augmentation(), size=size)
    assert torch.equal(shown, plain(pixels, size=size))


def test_a_move_by_nothing_changes_no_picture_by_more_than_rounding() -> None:
    pixels = noise(3)
    shown = augment(pixels, chances(3), Augmentation(rotation=10, shift=0.1), size=SIDE)
    torch.testing.assert_close(shown, plain(pixels, size=SIDE), rtol=0, atol=1e-4)


@pytest.mark.parametrize("size", [32, 48, 96, 150])
def test_resized_pictures_are_those_of_pillow(size: int) -> None:
    pixels = noise(1, side=96)
    wanted = Image.fromarray(pixels[0].numpy()).resize((size, size), Image.Resampling.BILINEAR)
    shown = plain(pixels, size=size)[0].permute(1, 2, 0) * 255
    assert np.abs(shown.numpy() - np.asarray(wanted, dtype=np.float64)).max() < ROUNDED


@pytest.mark.parametrize("size", [32, 128])
def test_a_view_in_fewer_pixels_is_the_average_of_the_view_in_more(size: int) -> None:
    """The view stays where it is, whether a picture is shrunk before it is moved or not."""
    pixels, draws = smooth(8), random_chances(8)
    views = [augment(pixels, draws, TUTORIAL, size=s) for s in sorted((size, SIDE))]
    small, large = views[0], functional.avg_pool2d(views[1], 2)
    assert small.shape == large.shape
    difference = float((small - large).abs().mean())
    assert difference < 0.015
    for axis in (2, 3):
        assert float((small - large.roll(1, axis)).abs().mean()) > 4 * difference


def test_a_small_crop_keeps_the_pixels_that_a_whole_picture_of_that_size_would_lose() -> None:
    """A quarter of the area of 128 px, shown in 64 px, is shown pixel by pixel."""
    pixels = noise(side=128)
    shown = augment(pixels, chances(), Augmentation(crop=(0.25, 0.25)), size=SIDE)
    wanted = plain(pixels[:, 32:96, 32:96], size=SIDE)
    torch.testing.assert_close(shown, wanted, rtol=0, atol=1e-4)


def test_what_is_too_fine_for_a_small_size_is_averaged() -> None:
    """A chessboard of single pixels turns grey rather than into stripes."""
    board = (torch.arange(128)[:, None] + torch.arange(128)) % 2 * 255
    pixels = board.byte()[None, :, :, None].expand(1, 128, 128, 3)
    shown = augment(pixels, random_chances(1), EVERYTHING_BUT_COLOUR, size=48)
    assert float((shown - 0.5).abs().max()) < 0.1
    control = augment(pixels, random_chances(1), EVERYTHING_BUT_COLOUR, size=128)
    assert float((control - 0.5).abs().max()) > 0.4


EVERYTHING_BUT_COLOUR: Final = Augmentation(
    rotation=20, shear=10, zoom=(0.8, 1.2), shift=0.1, flip="random", crop=(0.4, 1.0)
)


def test_a_crop_lies_within_the_picture_and_has_the_area_asked_for() -> None:
    draws = random_chances(500)
    map_B23 = maps(draws, Augmentation(crop=(0.3, 0.9)))
    halves_B2 = map_B23.diagonal(dim1=1, dim2=2)
    area_B, aspect_B = halves_B2.prod(dim=1), halves_B2[:, 0] / halves_B2[:, 1]
    wanted_B = 0.3 + 0.6 * draws[:, CHANCES.index("area")]
    torch.testing.assert_close(area_B, wanted_B)
    assert 0.74 < float(aspect_B.min()) < 0.8
    assert 1.25 < float(aspect_B.max()) < 1.34
    reach_B2 = map_B23[:, :, 2].abs() + halves_B2
    assert 0.99 < float(reach_B2.max()) < 1 + 1e-5
    control = maps(draws, Augmentation(crop=(0.3, 0.9), shift=0.1))
    assert float((control[:, :, 2].abs() + halves_B2).max()) > 1.1


@pytest.mark.parametrize(("fill", "level"), [("edge", 40), ("grey", 127.5)])
def test_what_lies_beyond_the_picture_is_its_edge_or_grey(fill: str, level: float) -> None:
    pixels = torch.full((1, SIDE, SIDE, 3), 40, dtype=torch.uint8)
    shrunk = Augmentation(zoom=(2.0, 2.0), fill=fill)
    shown = augment(pixels, chances(), shrunk, size=SIDE)[0] * 255
    torch.testing.assert_close(shown[:, :14], torch.full_like(shown[:, :14], level))
    middle = shown[:, 24:40, 24:40]
    torch.testing.assert_close(middle, torch.full_like(middle, 40))


def test_brightness_raises_all_levels_by_a_share() -> None:
    pixels = noise(2)
    x = plain(pixels, size=SIDE)
    for chance, factor in ((0.0, 0.6), (0.75, 1.2), (1.0, 1.4)):
        draws = chances(2, brightness=chance)
        shown = augment(pixels, draws, Augmentation(brightness=0.4), size=SIDE)
        torch.testing.assert_close(shown, (x * factor).clamp(0, 1))


def test_contrast_moves_levels_away_from_the_mean_of_their_own_picture() -> None:
    pixels = torch.cat([noise(1), noise(1, seed=1) // 3])
    x = plain(pixels, size=SIDE)
    mean = torch.stack([x[0].mean(), x[1].mean()])[:, None, None, None]
    for chance, factor in ((0.0, 0.6), (0.75, 1.2)):
        draws = chances(2, contrast=chance)
        shown = augment(pixels, draws, Augmentation(contrast=0.4), size=SIDE)
        torch.testing.assert_close(shown, (mean + factor * (x - mean)).clamp(0, 1))


def test_a_cutout_is_a_grey_square_and_nothing_else() -> None:
    pixels = noise(2)
    draws = chances(2, cutout_x=0.25, cutout_y=0.5)
    draws[1] = chances(cutout_x=0.0, cutout_y=0.999)
    shown = augment(pixels, draws, Augmentation(cutout=0.25), size=SIDE)
    wanted = plain(pixels, size=SIDE)
    wanted[0, :, 24:40, 8:24] = 0.5
    wanted[1, :, 55:, :8] = 0.5
    assert torch.equal(shown, wanted)


def test_levels_stay_between_black_and_white() -> None:
    pixels = noise(64) // 128 * 255  # black and white only
    for augmentation in (EVERYTHING, TUTORIAL, Augmentation(rotation=45, fill="grey")):
        shown = augment(pixels, random_chances(64), augmentation, size=48)
        assert (float(shown.min()), float(shown.max())) == (0.0, 1.0)


COUNT: Final = 280  # for more than one thread


@pytest.mark.parametrize("augmentation", [EVERYTHING, Augmentation(flip="random")])
def test_a_picture_is_shown_alike_whatever_is_shown_with_it(augmentation: Augmentation) -> None:
    """Batches are worked on in parts; folds and memory given make no difference."""
    pixels, draws = noise(COUNT), random_chances(COUNT)
    together = augment(pixels, draws, augmentation, size=SIDE)
    one_by_one = [
        augment(pixels[n : n + 1], draws[n : n + 1], augmentation, size=SIDE)
        for n in range(COUNT)
    ]
    torch.testing.assert_close(torch.cat(one_by_one), together, rtol=0, atol=1e-6)
    folds = (pixels.unflatten(0, (4, COUNT // 4)), draws.unflatten(0, (4, COUNT // 4)))
    assert torch.equal(augment(*folds, augmentation, size=SIDE).flatten(0, 1), together)
    memory = torch.full((COUNT, 3, SIDE, SIDE), 9.0)
    for out in (memory, memory.to(memory_format=torch.channels_last)):
        assert augment(pixels, draws, augmentation, size=SIDE, out=out) is out
        torch.testing.assert_close(out, together, rtol=0, atol=1e-6)
    folds_out = out.zero_().unflatten(0, (4, COUNT // 4))
    augment(*folds, augmentation, size=SIDE, out=folds_out)
    torch.testing.assert_close(out, together, rtol=0, atol=1e-6)
    assert torch.equal(pixels, noise(COUNT))


MEMBERS: Final = [(0, 0), (0, 1), (1, 0)]


def make_draws(members: list[tuple[int, int]], flip: str = "random", seed: int = 0) -> Draws:
    augmentation = Augmentation(rotation=10, flip=flip)
    steps = [5 + fold for fold, _ in members]
    return Draws(augmentation, members, Streams(seed), pictures=30, steps_F=steps)


def rows(networks: int, count: int = 8) -> Tensor:
    return torch.arange(count).repeat(networks, 1)


@pytest.mark.parametrize("flip", ["random", "alternate"])
def test_a_network_draws_alike_alone_and_beside_others_and_in_any_order(flip: str) -> None:
    together = make_draws(MEMBERS, flip)
    seen = [together.at(step, rows(3)) for step in range(12)]
    for f, member in enumerate(MEMBERS):
        alone = make_draws([member], flip)
        for step in (11, 3, 7):
            assert torch.equal(alone.at(step, rows(1))[0], seen[step][f])
            # A batch that networks beside it make wider begins like the one that they do not.
            assert torch.equal(alone.at(step, rows(1, 20))[0, :8], seen[step][f])


def test_chances_differ_between_networks_steps_pictures_and_seeds() -> None:
    draws = make_draws(MEMBERS)
    others = [draws.at(1, rows(3)), make_draws(MEMBERS, seed=1).at(0, rows(3))]
    values = torch.cat([draws.at(0, rows(3)), *others]).flatten()
    assert len(values.unique()) > 0.99 * len(values)
    assert (float(values.min()) >= 0, float(values.max()) < 1) == (True, True)
    assert 0.45 < float(values.mean()) < 0.55


def test_an_alternating_flip_shows_each_picture_either_way_in_turn() -> None:
    draws = make_draws(MEMBERS, "alternate")
    flip = CHANCES.index("flip")
    for f, steps in enumerate((5, 5, 6)):
        first, second, third = (
            draws.at(step, rows(3, 30))[f, :, flip] < 0.5
            for step in (steps - 1, steps, 2 * steps)
        )
        assert torch.equal(second, ~first)
        assert torch.equal(third, first)
        assert 5 < int(first.sum()) < 25
    one, other, _ = draws.at(0, rows(3, 30))[..., flip] < 0.5
    assert not torch.equal(one, other)
    # The side belongs to the picture, not to its place in the batch.
    turned = draws.at(0, rows(3, 30).flip(1))[0, :, flip] < 0.5
    assert torch.equal(turned.flip(0), one)


def test_the_same_seed_shows_the_same_bits_and_no_global_generator_moves() -> None:
    before = torch.get_rng_state()
    shown = [
        augment(noise(8)[None], make_draws([(0, 0)]).at(3, rows(1)), EVERYTHING, size=48)
        for _ in range(2)
    ]
    assert torch.equal(*shown)
    assert torch.equal(torch.get_rng_state(), before)
