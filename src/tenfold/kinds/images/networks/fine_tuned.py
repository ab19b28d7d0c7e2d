"""A backbone that is trained on."""

from dataclasses import replace
from typing import Any, ClassVar, Final

from tenfold.config import TrainOptions
from tenfold.data.pictures.framing import Framing
from tenfold.kinds.images.networks.picture_network import (
    PARTS,
    LaidOutNetwork,
    Setting,
    Stored,
)
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.nn.backbones import empty_backbone
from tenfold.nn.convnets import FineTuned
from tenfold.nn.efficientnet import EfficientNetLite
from tenfold.nn.modules import ModuleNetwork, Treatment
from tenfold.training.augment import Augmentation
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.recipe import Recipe

SEEN: Final = 12_000  # pictures in all: fewer pictures are seen more often
MOST_EPOCHS: Final = 12
FROZEN: Final = 5  # blocks of the backbone, on a processor
MOST_SIDE: Final = 224  # of the pictures that it learns from
LR: Final = 2e-4
# Beside heads, on smaller pictures and with fewer blocks, for a third of the cost
# (benchmarks/LOG.md).
SEEN_BESIDE: Final = 6_000
TRAINED_BESIDE: Final = 5  # blocks, the last ones
LR_BESIDE: Final = 4e-4
SIDE_BESIDE: Final = 160


def fine_tuning(setting: Setting, *, seen: int, frozen: int, lr: float) -> PicturePlan:
    """Return how a backbone is trained on, but for its first blocks.

    Parameters
    ----------
    setting : Setting
    seen : int
        Pictures in all.
    frozen : int
        Blocks that stay as they are on a processor; on a GPU all are trained.
    lr : float
    """
    backbone, on_gpu, flip = setting.backbone, setting.on_gpu, setting.flip("random")
    if backbone is None:
        raise ValueError("there is no backbone to fine-tune")
    recipe = Recipe(
        epochs=min(MOST_EPOCHS, max(2, seen // setting.pictures)),
        batch_size=32,
        cut="filled",
        lr=lr,
        schedule="triangle",
        warm_up=0.15,
        betas=(0.9, 0.99),
        decay=0.02,
    )
    return PicturePlan(
        form=FineTunedNetwork.name,
        make=lambda _, outputs: FineTuned(
            backbone, outputs, frozen=0 if on_gpu else frozen, mirrored=flip != "none"
        ),
        recipe=recipe,
        size=setting.size,
        sizes=((1.0, min(setting.size, MOST_SIDE)),),
        augmentation=Augmentation(
            crop=(0.5, 1.0), rotation=10, flip=flip, brightness=0.15, contrast=0.15
        ),
        parts=1 if on_gpu else PARTS,
        treat=lambda _, parameter: Treatment(decay_factor=float(parameter.dim() > 1)),
    )


def tuned_beside_heads(setting: Setting) -> PicturePlan | None:
    """Return how a backbone is trained on that stands beside heads on the same backbone.

    None if it is not one of which it is known how many blocks may stay as they are.
    """
    body = None if setting.backbone is None else setting.backbone.body
    if not isinstance(body, EfficientNetLite):
        return None
    frozen = len(body.blocks) - TRAINED_BESIDE
    whole = fine_tuning(setting, seen=SEEN_BESIDE, frozen=frozen, lr=LR_BESIDE)
    # Few leave time for larger ones.
    side = min(setting.size, MOST_SIDE if setting.few else SIDE_BESIDE)
    recipe = replace(whole.recipe, epochs=setting.longer * whole.recipe.epochs)
    return replace(whole, recipe=recipe, size=side, sizes=((1.0, side),))


class FineTunedNetwork(LaidOutNetwork):
    """The backbone trained on by a few epochs at a small learning rate.

    On a processor its first blocks, which hold one in a hundred of its numbers and take two
    thirds of the time, stay as they are.
    """

    name: ClassVar[str] = "fine-tuned"
    framing: ClassVar[Framing] = Framing(size=256, crop=0.5)
    starts_from_weights: ClassVar[bool] = True

    def is_asked_for(self, options: TrainOptions) -> bool:
        """Tell whether options name this network."""
        return options.network == "pretrained" and options.quality == "best"

    def usual_folds(self, *, on_gpu: bool) -> int:  # noqa: ARG002
        """Return four: each is a network of its own."""
        return 4

    def plan(self, setting: Setting) -> PicturePlan:
        """Return how it is trained."""
        return fine_tuning(setting, seen=SEEN, frozen=FROZEN, lr=LR)

    def why(self, options: TrainOptions) -> str:  # noqa: ARG002
        """Return why it is trained so."""
        return "--network pretrained, --quality best"

    def describe(self, model: PictureModel) -> dict[str, Any]:
        """Return which backbone it was."""
        if not isinstance(model.network, ModuleNetwork):
            raise TypeError("a fine-tuned network is a module")
        module = model.network.module
        return {"backbone": module.backbone_name, "mirror": module.mirrored}

    def module(self, stored: Stored) -> FineTuned:
        """Return one network of those that a file describes."""
        mirrored = bool(stored.entry.get("mirror", True))  # files of before always were
        backbone = empty_backbone(str(stored.entry["backbone"]))
        return FineTuned(backbone, stored.outputs, mirrored=mirrored)
