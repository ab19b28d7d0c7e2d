"""Linear heads on frozen features, and where these leave errors a small network beside them."""

from dataclasses import replace
from typing import Any, ClassVar

import torch

from tenfold.config import MOST_SIDE, TrainOptions
from tenfold.kinds.images.networks.picture_network import Setting, Stored, check_count
from tenfold.kinds.images.networks.pretrained import Pretrained
from tenfold.kinds.images.networks.scratch import beside_heads
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.nn.blend import Blend
from tenfold.nn.convnets import ScratchClassifier
from tenfold.training.picture_plan import PicturePlan


class Blended(Pretrained):
    """Heads, and networks that are trained from pixels beside them.

    Features of photographs say little of letters and signs; a few hundred pictures say little
    of the world. Together they are right more often than either (benchmarks/domains).
    """

    name: ClassVar[str] = "blend"

    def is_asked_for(self, options: TrainOptions) -> bool:
        """Tell whether options name this network."""
        return options.network == "auto" and options.quality == "medium"

    def plan(self, setting: Setting) -> PicturePlan:
        """Return how both are trained."""
        return replace(super().plan(setting), form=self.name, beside=beside_heads(setting))

    def describe(self, model: PictureModel) -> dict[str, Any]:
        """Return which backbone the heads stand on, and how many networks beside them."""
        network = model.network
        if not isinstance(network, Blend):
            raise TypeError("heads and networks beside them are a blend")
        mirror = network.seeing.module.mirrored
        beside = {"size": network.size, "of": list(network.beside_F), "mirror": mirror}
        return super().describe(model) | {"beside": beside}

    def rebuild(self, stored: Stored, networks: int) -> Blend:  # type: ignore[override]
        """Return both with numbers still to be filled in."""
        beside = stored.entry["beside"]
        size, shared = beside["size"], beside["of"]
        mirrored = bool(beside.get("mirror", False))
        if not isinstance(shared, list) or any(type(n) is not int for n in (size, *shared)):
            raise ValueError("networks beside heads are counted in whole numbers")
        count = len(set(shared))
        check_count(count)
        fit = len(shared) == networks and set(shared) == set(range(count))
        if not fit or not 0 < size <= MOST_SIDE:
            raise ValueError("there are no such networks beside heads")
        heads = super().rebuild(stored, networks)
        with torch.device("meta"):
            small = ScratchClassifier(stored.outputs, small=True, mirrored=mirrored)
            return Blend(heads, stored.in_turns([small] * count), size, shared)
