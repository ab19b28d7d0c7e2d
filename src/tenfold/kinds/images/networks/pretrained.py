"""Linear heads on the features of a backbone that stays as it is."""

from dataclasses import replace
from typing import Any, ClassVar, Final

import torch

from tenfold.config import Decision, TrainOptions
from tenfold.data.pictures.framing import Framing
from tenfold.kinds.images.networks.picture_network import PictureNetwork, Setting, Stored
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.nn.head import FoldHead
from tenfold.nn.network import FoldNetwork
from tenfold.training.heads import STEPS
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.recipe import Recipe

# Asked for by name, or because nothing is.
NAMES: Final = frozenset({"auto", "pretrained"})
FAST_SIDE: Final = 192
# Mirror images double the time that features take on a processor. Where pictures are
# few, that is short, and they are worth more.
MIRRORED_PICTURES: Final = 4_000


def head_plan(size: int, *, mirrored: bool) -> PicturePlan:
    """Return linear heads on frozen features, found in as many steps as there are epochs."""
    recipe = Recipe(epochs=STEPS, batch_size=1, lr=1.0, blocks=5)
    return PicturePlan(
        form=Pretrained.name, make=None, recipe=recipe, size=size, mirrored=mirrored
    )


class Pretrained(PictureNetwork):
    """Heads on features of ImageNet, computed once for all folds.

    At 256 px and half cropped, frozen features tell classes apart better than at 224 px or
    squashed (benchmarks/LOG.md).
    """

    name: ClassVar[str] = "pretrained"
    framing: ClassVar[Framing] = Framing(size=256, crop=0.5)
    starts_from_weights: ClassVar[bool] = True
    keeps_backbone: ClassVar[bool] = True
    unused: ClassVar[tuple[str, ...]] = ("lr", "batch_size", "steps_per_epoch")

    def is_asked_for(self, options: TrainOptions) -> bool:
        """Tell whether options name this network."""
        fast = options.network in NAMES and options.quality == "fast"
        return fast or (options.network == "pretrained" and options.quality != "best")

    def framing_for(self, options: TrainOptions) -> Framing:
        """Return smaller squares where all is to be fast."""
        fast = options.quality == "fast"
        return replace(self.framing, size=FAST_SIDE) if fast else self.framing

    def usual_folds(self, *, on_gpu: bool) -> int | None:  # noqa: ARG002
        """Return None: folds are decided from the pictures."""
        return None

    def plan(self, setting: Setting) -> PicturePlan:
        """Return how heads are trained."""
        mirrored = setting.options.mirror
        if mirrored is None:
            mirrored = setting.on_gpu or setting.pictures <= MIRRORED_PICTURES
        return head_plan(setting.size, mirrored=mirrored)

    def why(self, options: TrainOptions) -> str:  # noqa: ARG002
        """Return why it is trained so."""
        return "pretrained weights are installed, and features are computed once for all folds"

    def decision(self, plan: PicturePlan, options: TrainOptions) -> Decision:
        """Say on which features heads are trained, and why so."""
        views = "each image and its mirror image" if plan.mirrored else "each image"
        what = f"heads on frozen features of {views}"
        return Decision(what=what, why=self.why(options), change_with="--network, --quality")

    def describe(self, model: PictureModel) -> dict[str, Any]:
        """Return which backbone the heads stand on."""
        backbone = model.encoder.backbone
        if backbone is None:
            raise ValueError("heads stand on a backbone")
        return {"backbone": backbone.name, "in_grid": backbone.in_grid}

    def rebuild(self, stored: Stored, networks: int) -> FoldNetwork:
        """Return heads with numbers still to be filled in."""
        return empty_heads(stored, networks)


def empty_heads(stored: Stored, networks: int) -> FoldHead:
    """Return the heads that a file describes, with numbers still to be filled in."""
    backbone = stored.encoder.backbone
    if backbone is None:
        raise ValueError("heads stand on a backbone")
    with torch.device("meta"):
        return FoldHead(networks=networks, inputs=backbone.width, outputs=stored.outputs)
