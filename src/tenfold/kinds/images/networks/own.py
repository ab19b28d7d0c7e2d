"""A network of the user's own."""

from typing import ClassVar

from tenfold.config import TrainOptions
from tenfold.data.pictures.framing import Framing
from tenfold.kinds.images.networks.picture_network import (
    PictureNetwork,
    Setting,
    Stored,
    check_count,
)
from tenfold.nn.network import FoldNetwork
from tenfold.nn.own_modules import make_modules
from tenfold.packing import require_function
from tenfold.training.augment import Augmentation
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.recipe import Recipe


class Own(PictureNetwork):
    """What a user's function makes: pictures are flipped and cropped at random."""

    name: ClassVar[str] = "own"
    framing: ClassVar[Framing] = Framing(size=128, crop=0.5)

    def is_asked_for(self, options: TrainOptions) -> bool:  # noqa: ARG002
        """Tell that it is what no other network is called."""
        return True

    def plan(self, setting: Setting) -> PicturePlan:
        """Return how it is trained."""
        return PicturePlan(
            form=self.name,
            make=require_function(setting.make),
            recipe=Recipe(epochs=20, batch_size=64, cut="filled", lr=1e-3).stopped_early(
                setting.options
            ),
            size=setting.size,
            sizes=((1.0, setting.size),),
            augmentation=Augmentation(crop=(0.5, 1.0), flip=setting.flip("random")),
        )

    def why(self, options: TrainOptions) -> str:  # noqa: ARG002
        """Return why it is trained so."""
        return "this is the default for custom networks"

    def rebuild(self, stored: Stored, networks: int) -> FoldNetwork:
        """Return what the user's function makes."""
        check_count(networks)
        side, make = stored.encoder.size, require_function(stored.make)
        modules = make_modules(
            make, [(3, side, side)] * networks, stored.outputs, range(networks)
        )
        return stored.in_turns(modules)
