"""A small residual network, trained from the first weight."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from torch import Tensor

from tenfold.config import Quality, TrainOptions
from tenfold.data.pictures.framing import Framing
from tenfold.kinds.images.networks.picture_network import (
    PARTS,
    LaidOutNetwork,
    Setting,
    Stored,
)
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.nn.convnets import ScratchClassifier
from tenfold.nn.modules import ModuleNetwork, Treatment
from tenfold.training.augment import Augmentation
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.recipe import Recipe

# Small pictures first: until which share of training at which side.
SIDES: Final = ((0.515, 48), (0.81, 64), (1.0, 96))
SMALL_SIDES: Final = ((0.5, 32), (0.8, 48), (1.0, 64))
SMALL_SIDE: Final = 80
SHORTER: Final = 0.5  # training, beside heads
LARGEST_SIDE: Final = 112  # at which it answers
MANY_PICTURES: Final = 8_000
MOST_EPOCHS: Final = 100
EPOCHS: Final[Mapping[Quality, int]] = {"fast": 5, "medium": 14, "best": 40}


def treat(name: str, parameter: Tensor) -> Treatment:
    """Return how a parameter of ``ScratchClassifier`` is trained: filters by Muon."""
    if parameter.dim() == 4:
        return Treatment(orthogonal=True)
    if name == "head.weight":
        return Treatment(lr_factor=0.05 / 0.12)
    return Treatment(lr_factor=0.4 / 0.12, decay_factor=0.125)  # biases


def small_beside_heads(setting: Setting) -> PicturePlan:
    """Return how a network is trained that stands beside heads, in a small part of the time.

    Fewer epochs of a smaller network on smaller pictures are worth as much there, and mirror
    images, which letters do not have, less than none (benchmarks/LOG.md).
    """
    usual = replace(setting, options=replace(setting.options, quality="medium"))
    whole, flip = Scratch().plan(usual), setting.flip("none")
    epochs = setting.longer * max(3, round(SHORTER * whole.recipe.epochs))
    return replace(
        whole,
        make=lambda _, outputs: ScratchClassifier(outputs, small=True, mirrored=flip != "none"),
        recipe=replace(whole.recipe, epochs=epochs),
        size=min(setting.size, SMALL_SIDE),
        sizes=tuple((until, min(side, setting.size)) for until, side in SMALL_SIDES),
        augmentation=replace(whole.augmentation, crop=(0.7, 1.0), flip=flip),
    )


class Scratch(LaidOutNetwork):
    """The best small network that is known here.

    More pictures take as long as 8,000; fewer are seen more often, and take less.
    """

    name: ClassVar[str] = "scratch"
    framing: ClassVar[Framing] = Framing(size=128, crop=0.0)

    def is_asked_for(self, options: TrainOptions) -> bool:
        """Tell whether options name this network."""
        return options.network == self.name

    def usual_folds(self, *, on_gpu: bool) -> int:
        """Return one, but on a GPU, where ten take little longer."""
        return 10 if on_gpu else 1

    def plan(self, setting: Setting) -> PicturePlan:
        """Return how it is trained."""
        share, size = MANY_PICTURES / setting.pictures, setting.size
        flip = setting.flip("alternate")
        often = EPOCHS[setting.options.quality] * (share if share < 1 else share**0.5)
        recipe = Recipe(
            epochs=min(MOST_EPOCHS, max(3, round(often * (2 if setting.on_gpu else 1)))),
            batch_size=128,
            cut="filled",
            lr=0.12,
            schedule="triangle",
            optimizer="muon",
            betas=(0.9, 0.6),
            decay=5e-4,
            smoothing=0.1,
        )
        return PicturePlan(
            form=self.name,
            make=lambda _, outputs: ScratchClassifier(outputs, mirrored=flip != "none"),
            recipe=recipe,
            size=min(size, LARGEST_SIDE),
            sizes=tuple((until, min(side, size)) for until, side in SIDES),
            augmentation=Augmentation(
                crop=(0.45, 1.0), rotation=12, flip=flip, brightness=0.2, contrast=0.2
            ),
            treat=treat,
            parts=1 if setting.on_gpu else PARTS,
        )

    def why(self, options: TrainOptions) -> str:
        """Return why it is trained so."""
        return f"--network scratch, --quality {options.quality}"

    def describe(self, model: PictureModel) -> dict[str, Any]:
        """Return whether it sees mirror images as well."""
        if not isinstance(model.network, ModuleNetwork):
            raise TypeError("a network from scratch is a module")
        return {"mirror": model.network.module.mirrored}

    def module(self, stored: Stored) -> ScratchClassifier:
        """Return one network of those that a file describes."""
        mirrored = bool(stored.entry.get("mirror", True))  # files of before always were
        return ScratchClassifier(stored.outputs, mirrored=mirrored)
