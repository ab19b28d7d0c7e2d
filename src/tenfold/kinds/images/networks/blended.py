"""Linear heads on frozen features, and where these leave errors other networks beside them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

import torch
from torch import nn

from tenfold.config import MOST_SIDE, TrainOptions
from tenfold.kinds.images.networks.fine_tuned import FineTunedNetwork, tuned_beside_heads
from tenfold.kinds.images.networks.picture_network import Setting, Stored, check_count
from tenfold.kinds.images.networks.pretrained import Pretrained, empty_heads
from tenfold.kinds.images.networks.scratch import Scratch, small_beside_heads
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.nn.blend import Blend
from tenfold.nn.convnets import ScratchClassifier
from tenfold.nn.head import FoldHead
from tenfold.nn.network import FoldNetwork
from tenfold.training.picture_plan import PicturePlan

# Log-loss of heads, or share of the variance, that leaves nothing to learn.
ENOUGH: Final = 0.05
ENOUGH_OF_BEST: Final = 0.01
ENOUGH_OF_FEW: Final = 0.2  # fine-tuning takes minutes, where heads take seconds
GAINED: Final = 0.1  # of the loss of heads, by which networks from pixels suit the pictures
MOST_TUNED: Final = 1_500  # in a few minutes; more would be seen too seldom to gain
MOST_WAYS: Final = 8  # that a file may claim


def ways_beside_heads(setting: Setting) -> Iterator[PicturePlan]:
    """Yield how networks beside heads are trained.

    A few hundred pictures are too few to learn to see from, but not to learn to see better.
    """
    if not setting.few:
        yield small_beside_heads(setting)
    elif setting.task != "classification":
        return  # it was not measured what equal weights are worth there
    tuned = tuned_beside_heads(setting)
    if tuned is not None and (setting.best or setting.pictures <= MOST_TUNED):
        always = setting.few or setting.best
        yield tuned if always else replace(tuned, unless_gained=GAINED)


class Blended(Pretrained):
    """Heads, and networks beside them that are trained from pixels, or trained on.

    Features of photographs say little of letters and signs; a few hundred pictures say little
    of the world. Together they are right more often than either (benchmarks/domains).
    """

    name: ClassVar[str] = "blend"

    def is_asked_for(self, options: TrainOptions) -> bool:
        """Tell whether options name this network."""
        return options.network == "auto" and options.quality != "fast"

    def plan(self, setting: Setting) -> PicturePlan:
        """Return how all are trained."""
        many = ENOUGH_OF_BEST if setting.best else ENOUGH
        return replace(
            super().plan(setting),
            form=self.name,
            beside=tuple(ways_beside_heads(setting)),
            enough=ENOUGH_OF_FEW if setting.few else many,
        )

    def describe(self, model: PictureModel) -> dict[str, Any]:
        """Return which backbone the heads stand on, and which networks stand beside them."""
        network = model.network
        if not isinstance(network, Blend):
            raise TypeError("heads and networks beside them are a blend")
        ways = [
            {
                "kind": _kind(step.seeing.module),
                "size": step.size,
                "of": list(step.beside_F),
                "mirror": step.seeing.module.mirrored,
            }
            for step in network.steps
        ]
        return super().describe(model) | {"beside": ways}

    def rebuild(self, stored: Stored, networks: int) -> FoldNetwork:
        """Return all with numbers still to be filled in."""
        beside = stored.entry["beside"]
        ways = [beside | {"kind": Scratch.name}] if isinstance(beside, dict) else beside
        if not 0 < len(ways) <= MOST_WAYS:
            raise ValueError("there are not this many ways of training")
        made: FoldHead | Blend = empty_heads(stored, networks)
        for way in ways:
            made = _joined(made, way, stored, networks)
        return made


def _kind(module: nn.Module) -> str:
    """Return how the network is called that a module is."""
    return Scratch.name if isinstance(module, ScratchClassifier) else FineTunedNetwork.name


def _joined(
    heads: FoldHead | Blend, way: Mapping[str, Any], stored: Stored, networks: int
) -> Blend:
    """Return heads and the networks beside them that a file describes."""
    size, shared, kind = way["size"], way["of"], way["kind"]
    mirrored = bool(way.get("mirror", False))
    if not isinstance(shared, list) or any(type(n) is not int for n in (size, *shared)):
        raise ValueError("networks beside heads are counted in whole numbers")
    count = len(set(shared))
    check_count(count)
    fit = len(shared) == networks and set(shared) == set(range(count))
    if (
        not fit
        or not 0 < size <= MOST_SIDE
        or kind not in {Scratch.name, FineTunedNetwork.name}
    ):
        raise ValueError("there are no such networks beside heads")
    of_way = replace(stored, entry=dict(stored.entry) | {"mirror": mirrored})
    with torch.device("meta"):
        module: nn.Module = (
            ScratchClassifier(stored.outputs, small=True, mirrored=mirrored)
            if kind == Scratch.name
            else FineTunedNetwork().module(of_way)
        )
        return Blend(heads, stored.in_turns([module] * count), size, shared)
