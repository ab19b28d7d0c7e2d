"""Pictures shown a little differently each time: whole batches, on the training device.

All that moves a picture's content is one affine map, so that it is interpolated
once; where nothing moves but by a flip, nothing is interpolated. Bytes become
numbers here, for training and for prediction alike.

Shape letters in this file:
    F  networks side by side        B  pictures of a batch    C  colours
    H, W  sides of a stored picture S  side of a shown one    K  chances of a picture
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, final

import torch
from torch import Tensor
from torch.nn import functional

from tenfold.nn.pixels import resized
from tenfold.nn.threads import each_in_a_thread
from tenfold.seeds import Streams
from tenfold.training.batches import SPREAD
from tenfold.training.stack import Member

# What is drawn for each picture, asked for or not: so no draw moves another.
CHANCES: Final = (
    *("rotation", "shear", "zoom_x", "zoom_y", "shift_x", "shift_y", "flip"),
    *("area", "aspect", "crop_x", "crop_y"),
    *("brightness", "contrast", "cutout_x", "cutout_y"),
)

# Widest and, inverted, narrowest crop: width over height. The usual one for ImageNet.
ASPECT: Final = 4 / 3

# A core works on parts of a batch that stay in its cache, in memory that it need not ask
# for again: pictures of 64 px take 30 us each if 32 are shown at once, 86 us if 128 are.
PIXELS_AT_ONCE: Final = 2**17

# Parts worth a thread of their own, which does not wait for others (nn/threads.py).
PARTS_OF_A_THREAD: Final = 4

# A picture this many times too large is shrunk first: a bilinear interpolation sees four
# neighbours.
COARSE: Final = 2.0

GREY: Final = 127.5

Flip = Literal["none", "random", "alternate"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Augmentation:
    """How much a picture may change each time it is shown; by default not at all.

    Changes are drawn evenly between their bounds, for each picture on its own.

    Parameters
    ----------
    rotation : float
        Largest turn either way, in degrees.
    shear : float
        How far upright lines may lean over either way, in degrees, level ones staying
        level. Keras' ``shear_range`` is the same, but counted in radians until the end
        of 2017 (keras-team/keras#8868): a 0.2 of then is 11.5 degrees.
    zoom : tuple of (float, float)
        Least and greatest side of the region shown, as a factor of the picture's side:
        above 1 the picture gets smaller. Keras' ``zoom_range=0.2`` is ``(0.8, 1.2)``.
    keep_proportions : bool
        Zoom width and height by one factor rather than, like Keras, by one each.
    shift : float
        Largest shift either way, across and down, as a share of the side.
    flip : {"none", "random", "alternate"}
        Mirror left and right: half of the times by chance, or in every other epoch,
        chance deciding once for each picture which epochs (Jordan's alternating flip).
    crop : tuple of (float, float), optional
        Least and greatest share of the area that is shown, a rectangle anywhere within
        the picture, 3:4 to 4:3 wide.
    brightness : float
        Largest share by which all levels rise or fall.
    contrast : float
        Largest share by which levels move away from their mean over the picture, or
        towards it.
    cutout : float
        Side of a square that is painted grey, as a share of the side, its centre anywhere
        in the picture.
    fill : {"edge", "grey"}
        What lies beyond the picture: its outermost pixels, repeated, or grey.

    Examples
    --------
    >>> tutorial = Augmentation(shear=0.2, zoom=(0.8, 1.2), flip="random")
    >>> tutorial.moves, Augmentation(flip="random").moves
    (True, False)
    """

    rotation: float = 0.0
    shear: float = 0.0
    zoom: tuple[float, float] = (1.0, 1.0)
    keep_proportions: bool = False
    shift: float = 0.0
    flip: Flip = "none"
    crop: tuple[float, float] | None = None
    brightness: float = 0.0
    contrast: float = 0.0
    cutout: float = 0.0
    fill: Literal["edge", "grey"] = "edge"

    @property
    def moves(self) -> bool:
        """Whether pixels move other than by a flip, so that a picture is interpolated."""
        still = self.zoom == (1.0, 1.0) and self.crop is None
        return not still or bool(self.rotation or self.shear or self.shift)

    @property
    def usual_side(self) -> float:
        """Side of the region usually shown, as a factor of the picture's side."""
        area = 1.0 if self.crop is None else sum(self.crop) / 2
        return sum(self.zoom) / 2 * math.sqrt(area)


@final
class Draws:
    """The chances of the pictures of F networks, each network's from its own stream.

    What a network draws depends on its number and the step alone: not on the networks
    beside it, nor on steps drawn before.

    Parameters
    ----------
    augmentation : Augmentation
    members : sequence of F Member
        Names of the random streams.
    streams : Streams
    pictures : int
        Pictures of the table.
    steps_F : sequence of F int
        Steps that each network takes in an epoch.

    Examples
    --------
    >>> augmentation = Augmentation(rotation=10, flip="alternate")
    >>> draws = Draws(augmentation, [(0, 0)], Streams(7), pictures=4, steps_F=[1])
    >>> rows_FB = torch.tensor([[2, 0, 1, 3]])
    >>> chances_FBK = draws.at(0, rows_FB)
    >>> chances_FBK.shape
    torch.Size([1, 4, 15])
    >>> pixels_FBHWC = torch.zeros(1, 4, 64, 64, 3, dtype=torch.uint8)
    >>> augment(pixels_FBHWC, chances_FBK, augmentation, size=48).shape
    torch.Size([1, 4, 3, 48, 48])
    """

    def __init__(
        self,
        augmentation: Augmentation,
        members: Sequence[Member],
        streams: Streams,
        *,
        pictures: int,
        steps_F: Sequence[int],
    ) -> None:
        self._seeds = [streams.integer("augment", *member) for member in members]
        self._steps = tuple(steps_F)
        self._generator = torch.Generator()
        self._sides: list[Tensor] = []
        if augmentation.flip == "alternate":
            for member in members:
                self._generator.manual_seed(streams.integer("flip", *member))
                self._sides.append(torch.rand(pictures, generator=self._generator) < 0.5)

    def at(self, step: int, rows_FB: Tensor) -> Tensor:
        """Return the chances of the pictures of a step.

        Parameters
        ----------
        step : int
            Counted from 0 over all of training.
        rows_FB : Tensor of shape (F, B), int64
            Positions of the pictures in the table, on the CPU.

        Returns
        -------
        Tensor of shape (F, B, K), float32
            In [0, 1), on the CPU; what ``CHANCES`` names.
        """
        chances_FBK = torch.empty(*rows_FB.shape, len(CHANCES))
        for f, seed in enumerate(self._seeds):
            self._generator.manual_seed((seed + step * SPREAD) % 2**63)
            torch.rand(chances_FBK[f].shape, generator=self._generator, out=chances_FBK[f])
        flip = CHANCES.index("flip")
        for f, side_N in enumerate(self._sides):
            odd = step // self._steps[f] % 2 == 1
            chances_FBK[f, :, flip] = (side_N[rows_FB[f]] ^ odd).float() / 2  # below .5: flip
        return chances_FBK


def augment(
    pixels_BHWC: Tensor,
    chances_BK: Tensor,
    augmentation: Augmentation,
    *,
    size: int,
    out: Tensor | None = None,
) -> Tensor:
    """Return pictures as numbers, changed as chance has it.

    Parameters
    ----------
    pixels_BHWC : Tensor of shape (..., B, H, W, C), uint8
        On the training device. A picture that is not square is squeezed into one.
    chances_BK : Tensor of shape (..., B, K)
        From ``Draws``.
    augmentation : Augmentation
    size : int
        S in pixels.
    out : Tensor of shape (..., B, C, S, S), float32, optional
        Memory to write to, such as that of the step before; channels last or not.

    Returns
    -------
    Tensor of shape (..., B, C, S, S), float32
        From 0, black, to 1.
    """
    *lead, high, wide, colours = pixels_BHWC.shape
    if out is None:
        out = pixels_BHWC.new_empty(*lead, colours, size, size, dtype=torch.float32)
    x_BCSS, pixels_BHWC = out.view(-1, colours, size, size), pixels_BHWC.flatten(0, -4)
    at_once, threads = max(1, len(x_BCSS)), 1
    if x_BCSS.device.type == "cpu":
        at_once = max(1, PIXELS_AT_ONCE // max(size * size, high * wide // 2))
        threads = torch.get_num_threads()

    def show_all(share: tuple[Tensor, ...]) -> None:
        map_B23 = maps(share[-1], augmentation).to(x_BCSS.device)
        for part in split((*share, map_B23), at_once):
            show(augmentation, *part)

    of_a_thread = max(PARTS_OF_A_THREAD * at_once, -(-len(x_BCSS) // threads))
    shares = split((x_BCSS, pixels_BHWC, chances_BK.flatten(0, -2)), of_a_thread)
    for _ in (map if len(shares) == 1 else each_in_a_thread)(show_all, shares):
        pass
    return out


def split(tensors: tuple[Tensor, ...], rows: int) -> list[tuple[Tensor, ...]]:
    """Return tensors of the same first axis in parts of so many rows."""
    return list(zip(*(tensor.split(rows) for tensor in tensors), strict=True))


def show(
    augmentation: Augmentation,
    x_BCSS: Tensor,
    pixels_BHWC: Tensor,
    chances_BK: Tensor,
    map_B23: Tensor,
) -> None:
    """Write pictures to ``x_BCSS`` as they are shown."""
    size = x_BCSS.shape[-1]
    if augmentation.moves:
        levels_BCSS = moved(pixels_BHWC, map_B23, augmentation, size)
        torch.mul(levels_BCSS, 1 / 255, out=x_BCSS).clamp_(0, 1)
    else:
        planes_BCSS = resized(pixels_BHWC, size).permute(0, 3, 1, 2)
        torch.mul(planes_BCSS.contiguous(), 1 / 255, out=x_BCSS)
        if augmentation.flip != "none":
            flipped_B = between(chances_BK, "flip") < 0.5
            x_BCSS[flipped_B] = x_BCSS[flipped_B].flip(-1)
    recolour(x_BCSS, chances_BK, augmentation)


def between(chances_BK: Tensor, name: str, bounds: tuple[float, float] = (0.0, 1.0)) -> Tensor:
    """Return a number between two bounds for each picture."""
    low, high = bounds
    return low + (high - low) * chances_BK[:, CHANCES.index(name)]


def either_way(chances_BK: Tensor, name: str, most: float = 1.0) -> Tensor:
    """Return a number between ``-most`` and ``most`` for each picture."""
    return between(chances_BK, name, (-most, most))


def maps(chances_BK: Tensor, augmentation: Augmentation) -> Tensor:
    """Return where each picture shows what: maps from places shown to places stored.

    Both count from -1, the outer edge of the first pixel, to 1, that of the last; x, to
    the right, comes before y, down. A map is a matrix of shape (2, 3).
    """
    turn_B = torch.deg2rad(either_way(chances_BK, "rotation", augmentation.rotation))
    lean_B = turn_B + torch.deg2rad(either_way(chances_BK, "shear", augmentation.shear))
    wide_B = between(chances_BK, "zoom_x", augmentation.zoom)
    high_B = between(chances_BK, "zoom_y", augmentation.zoom)
    if augmentation.keep_proportions:
        high_B = wide_B
    x_B = either_way(chances_BK, "shift_x", 2 * augmentation.shift)
    y_B = either_way(chances_BK, "shift_y", 2 * augmentation.shift)
    if augmentation.crop is not None:
        area_B = between(chances_BK, "area", augmentation.crop)
        aspect_B = either_way(chances_BK, "aspect", math.log(ASPECT)).exp()
        aspect_B = aspect_B.clamp(area_B, 1 / area_B)  # within the picture, the area kept
        crop_wide_B, crop_high_B = (area_B * aspect_B).sqrt(), (area_B / aspect_B).sqrt()
        x_B = x_B + (1 - crop_wide_B) * either_way(chances_BK, "crop_x")
        y_B = y_B + (1 - crop_high_B) * either_way(chances_BK, "crop_y")
        wide_B, high_B = wide_B * crop_wide_B, high_B * crop_high_B
    if augmentation.flip != "none":
        wide_B = torch.where(between(chances_BK, "flip") < 0.5, -wide_B, wide_B)
    to_x_B3 = torch.stack([wide_B * turn_B.cos(), -high_B * lean_B.sin(), x_B], dim=1)
    to_y_B3 = torch.stack([wide_B * turn_B.sin(), high_B * lean_B.cos(), y_B], dim=1)
    return torch.stack([to_x_B3, to_y_B3], dim=1)


def moved(
    pixels_BHWC: Tensor, map_B23: Tensor, augmentation: Augmentation, size: int
) -> Tensor:
    """Return the levels, 0 to 255, that pictures show through their maps."""
    enough = round(size / augmentation.usual_side)
    if min(pixels_BHWC.shape[1:3]) >= COARSE * enough:
        pixels_BHWC = resized(pixels_BHWC, enough)
    centres_S = (torch.arange(size, device=map_B23.device) * 2 + 1) / size - 1
    across_B2S = map_B23[:, :, 0, None] * centres_S
    down_B2S = map_B23[:, :, 1, None] * centres_S + map_B23[:, :, 2, None]
    # A sum of two lines: a product of matrices takes five times as long.
    places_B2SS = across_B2S[:, :, None, :] + down_B2S[:, :, :, None]
    grey = augmentation.fill == "grey"
    # Numbers in the order of the bytes: putting them in planes first takes longer.
    levels_BCHW = pixels_BHWC.permute(0, 3, 1, 2).float()
    levels_BCSS = functional.grid_sample(
        levels_BCHW - GREY if grey else levels_BCHW,
        places_B2SS.permute(0, 2, 3, 1),
        padding_mode="zeros" if grey else "border",
        align_corners=False,
    )
    return levels_BCSS.add_(GREY) if grey else levels_BCSS


def recolour(x_BCSS: Tensor, chances_BK: Tensor, augmentation: Augmentation) -> None:
    """Change contrast, then brightness, then paint a square grey, in place."""
    chances_BK = chances_BK.to(x_BCSS.device)
    if augmentation.contrast:
        mean_B111 = x_BCSS.mean(dim=(1, 2, 3), keepdim=True)
        factor_B = 1 + either_way(chances_BK, "contrast", augmentation.contrast)
        x_BCSS.sub_(mean_B111).mul_(factor_B[:, None, None, None]).add_(mean_B111)
    if augmentation.brightness:
        factor_B = 1 + either_way(chances_BK, "brightness", augmentation.brightness)
        x_BCSS.mul_(factor_B[:, None, None, None])
    if augmentation.contrast or augmentation.brightness:
        x_BCSS.clamp_(0, 1)
    size = x_BCSS.shape[-1]
    side = round(augmentation.cutout * size)
    if side:
        across_BS = cut(between(chances_BK, "cutout_x"), side, size)
        down_BS = cut(between(chances_BK, "cutout_y"), side, size)
        hole_B1SS = (down_BS[:, :, None] * across_BS[:, None, :])[:, None]
        # Exact, and a third of the time of masked_fill_, which is slow where shapes differ.
        x_BCSS.mul_(1 - hole_B1SS).add_(hole_B1SS, alpha=GREY / 255)


def cut(centre_B: Tensor, side: int, size: int) -> Tensor:
    """Return 1 where a row or column is one of the ``side`` around a centre, else 0."""
    start_B1 = ((centre_B * size).floor() - side // 2)[:, None]
    at_S = torch.arange(size, device=centre_B.device)
    return ((at_S >= start_B1) & (at_S < start_B1 + side)).float()
