"""Pictures of what networks look at: filters, maps, and heat maps laid over what was seen.

Shape letters in this file:
    C  channels    H, W  height and width    S  side of a picture    N  tiles
"""

import io
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tenfold.kinds.images.explain.looking import Numbers

COLUMNS: Final = 8
FILTER_SIDE, MAP_SIDE, HEATMAP_SIDE = 40, 80, 256  # pixels of a tile
MOST_MAPS: Final = 16  # of a layer, those that answer most
GAP: Final = 2
HEATMAP_COLOUR: Final = np.array([255, 60, 0], dtype=np.float32)
STRENGTH: Final = 0.65  # of the hottest place's colour


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A picture for a page, and for a file of its own.

    Attributes
    ----------
    name : str
        Of the file.
    title, caption : str
    png : bytes
    """

    name: str
    title: str
    caption: str
    png: bytes


def sheet_of_filters(filters_CHW3: Numbers) -> bytes:
    """Return filters side by side, as PNG."""
    tiles = [Image.fromarray((255 * one).round().astype(np.uint8)) for one in filters_CHW3]
    return _png(_grid(tiles, FILTER_SIDE, Image.Resampling.NEAREST))


def sheet_of_maps(maps_CHW: Numbers) -> bytes:
    """Return the maps that answer most side by side, each from least to most, as PNG."""
    strength_C = maps_CHW.max(axis=(1, 2)) - maps_CHW.min(axis=(1, 2))
    shown = np.argsort(-strength_C, kind="stable")[:MOST_MAPS]
    tiles = []
    for channel in shown:
        one = maps_CHW[channel] - maps_CHW[channel].min()
        grey = 255 * one / max(float(one.max()), 1e-12)
        tiles.append(Image.fromarray(grey.round().astype(np.uint8)))
    return _png(_grid(tiles, MAP_SIDE, Image.Resampling.NEAREST).convert("L"))


def sheet_of_heatmap(pixels_SS3: NDArray[np.uint8], heatmap_HW: Numbers) -> bytes:
    """Return a picture with the places that speak for a class in red, as PNG."""
    size = (HEATMAP_SIDE, HEATMAP_SIDE)
    picture = Image.fromarray(np.array(pixels_SS3)).resize(size, Image.Resampling.BICUBIC)
    heatmap = Image.fromarray(heatmap_HW.astype(np.float32)).resize(
        size, Image.Resampling.BILINEAR
    )
    share = STRENGTH * np.asarray(heatmap, dtype=np.float32)[..., None].clip(0, 1)
    mixed = np.asarray(picture, dtype=np.float32) * (1 - share) + HEATMAP_COLOUR * share
    return _png(Image.fromarray(mixed.round().astype(np.uint8)))


def _grid(tiles: list[Image.Image], side: int, how: Image.Resampling) -> Image.Image:
    """Return tiles in rows of eight."""
    columns = min(COLUMNS, max(1, len(tiles)))
    rows = -(-max(1, len(tiles)) // columns)
    step = side + GAP
    sheet = Image.new("RGB", (columns * step - GAP, rows * step - GAP), (128, 128, 128))
    for place, tile in enumerate(tiles):
        at = (place % columns * step, place // columns * step)
        sheet.paste(tile.convert("RGB").resize((side, side), how), at)
    return sheet


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=True)
    return out.getvalue()
