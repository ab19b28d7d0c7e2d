"""Pictures for the tests of the engine: small, made on the spot, and easy to tell apart."""

import math
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from tenfold.config import RunOptions
from tenfold.data.pictures.decode import Framing
from tenfold.data.pictures.pictures import Pictures, pictures_of
from tenfold.kinds.images.networks import blended, picture_network
from tenfold.kinds.registry import IMAGES
from tenfold.learning import UserObjects
from tenfold.read_options import PictureOptions
from tenfold.study.study import Study, run_study
from tenfold.training import fit_blend
from tenfold.training.checkpoints import Checkpoints
from tenfold.training.fit import FoldFits

SIDE: Final = 32
NETWORKS: Final = (
    "pretrained",
    "blend",
    "fine-tuned",
    "scratch",
    "tutorial",
    "own",
    "own in turns",
)


def stripes(
    count: int, classes: int = 2, side: int = SIDE, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return pictures (N, S, S, 3) of stripes whose direction is their class, and classes."""
    rng = np.random.default_rng([seed, count])
    label = np.arange(count) % classes
    along, down = np.meshgrid(np.arange(side), np.arange(side))
    angle = np.pi * label[:, None, None] / classes
    wave = np.sin(
        2 * np.pi * 4 / side * (along * np.cos(angle) + down * np.sin(angle))
        + rng.uniform(0, 2 * np.pi, (count, 1, 1))
    )
    tint = rng.uniform(0.6, 1, (count, 1, 1, 3))
    noise = rng.normal(0, 12, (count, side, side, 3))
    pixels = 127 + 90 * wave[..., None] * tint + noise
    return pixels.clip(0, 255).astype(np.uint8), label


def write_folder(
    folder: Path, count: int, names: tuple[str, ...] = ("flat", "steep"), *, seed: int = 0
) -> Path:
    """Write pictures of stripes as PNG files, a folder for each class."""
    pixels, labels = stripes(count, len(names), seed=seed)
    for i, (picture, label) in enumerate(zip(pixels, labels, strict=True)):
        path = folder / names[label] / f"{i:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return folder


def small_module(shape: tuple[int, int, int], outputs: int) -> nn.Module:
    """Return a user's network for pictures."""
    return nn.Sequential(
        nn.Conv2d(shape[0], 4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(outputs)
    )


def drawing_module(shape: tuple[int, int, int], outputs: int) -> nn.Module:
    """Return a user's network that draws random numbers and keeps running means."""
    return nn.Sequential(
        nn.Conv2d(shape[0], 4, 3),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.LazyLinear(outputs),
    )


# Small networks beside heads, or fine-tuned networks as well.
BLENDS: Final = {"blend": "medium", "best": "best"}
OWN: Final = {"own": small_module, "own in turns": drawing_module}


def quick_study(
    pixels: NDArray[np.uint8] | Pictures,
    labels: Any = None,
    network: str = "pretrained",
    *,
    folds: Any = None,
    test: Pictures | None = None,
    checkpoints: Checkpoints | None = None,
    **options: Any,
) -> Study:
    """Train on pictures for an epoch or two."""
    objects: dict[str, Any] = {"epochs": 2, "batch_size": 12, "img_size": SIDE} | options
    if network == "fine-tuned":
        objects |= {"network": "pretrained", "quality": "best"}
    elif network in BLENDS:
        objects |= {"network": "auto", "quality": BLENDS[network]}
    elif network not in OWN:
        objects["network"] = network
    if network == "pretrained" and "epochs" not in options:
        del objects["epochs"]
    framing = Framing(size=SIDE, crop=0.5)
    pictures = pixels if isinstance(pixels, Pictures) else as_pictures(pixels, labels, framing)
    number = folds if isinstance(folds, int) else None
    with blending() if network in BLENDS else nullcontext():
        return run_study(
            IMAGES,
            pictures,
            RunOptions.named(objects | {"folds": number}),
            objects=UserObjects(
                splitter=None if isinstance(folds, int) else folds, network=OWN.get(network)
            ),
            test=test,
            checkpoints=checkpoints,
        )


@contextmanager
def blending() -> Iterator[None]:
    """Train networks beside heads, however few the pictures and however good heads."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_blend, "LEAST_PICTURES", 0)
        for module in (fit_blend, picture_network):
            patch.setattr(module, "FEW_PICTURES", 0)
        for enough in ("ENOUGH", "ENOUGH_OF_BEST"):
            patch.setattr(blended, enough, -1.0)
        patch.setattr(blended, "GAINED", -math.inf)  # small networks stand beside heads alone
        yield


def as_pictures(
    pixels: NDArray[np.uint8], labels: Any, framing: Framing | None = None
) -> Pictures:
    """Return an array of pictures as the study takes them."""
    names = [f"class {label}" for label in labels]
    return pictures_of(pixels, names, framing or Framing(size=SIDE), PictureOptions())


def fold_state(fits: FoldFits, fold: int) -> dict[str, Tensor]:
    """Return every weight and buffer of the networks of one fold."""
    mine = [i for i, (number, _) in enumerate(fits.stack.members) if number == fold]
    return {name: tensor[mine] for name, tensor in fits.network.state_dict().items()}


def same_bits(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Tell whether two sets of tensors agree in every bit."""
    return one.keys() == other.keys() and all(torch.equal(one[n], other[n]) for n in one)
