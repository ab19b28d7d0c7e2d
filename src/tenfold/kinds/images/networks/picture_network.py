"""What a network for pictures has to say of itself: a new one is a module in this folder."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import torch
from torch import nn

from tenfold.config import Decision, Task, TrainOptions
from tenfold.data.pictures.framing import Framing
from tenfold.kinds.images.picture_model import PictureEncoder, PictureModel
from tenfold.nn.backbones import Backbone
from tenfold.nn.modules import ModuleNetwork
from tenfold.nn.network import FoldNetwork
from tenfold.nn.own_modules import MakeModule
from tenfold.training.augment import Flip
from tenfold.training.fit_blend import FEW_PICTURES
from tenfold.training.fit_pictures import TURNS
from tenfold.training.picture_plan import PicturePlan

MOST_MODULES: Final = 1_000
PARTS: Final = 2  # of a batch on a processor, whatever its cores, so that they change no result


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What a network is chosen for.

    Parameters
    ----------
    pictures : int
        How many there are to learn from.
    size : int
        Their side in pixels.
    options : TrainOptions
    outputs : int
        Numbers that a network says of a picture: one, or one for each class or label.
    task : {"regression", "classification"}
    backbone : Backbone or None
        What a pretrained network starts from.
    make : callable or None
        A user's function, in place of ``options.network``.
    tried : keras.Model or None
        What that function makes, if it makes Keras models.
    on_gpu : bool
        Whether training runs on one, where more costs little.
    """

    pictures: int
    size: int
    options: TrainOptions
    outputs: int = 2
    task: Task = "classification"
    backbone: Backbone | None = None
    make: MakeModule | None = None
    tried: Any = None
    on_gpu: bool = False

    @property
    def few(self) -> bool:
        """Whether pictures are too few to learn to see from, and to choose weights on."""
        return self.pictures < FEW_PICTURES

    @property
    def best(self) -> bool:
        """Whether the best is wanted, whatever it takes."""
        return self.options.quality == "best"

    @property
    def longer(self) -> int:
        """How many times as many epochs networks beside heads are trained for."""
        return 2 if self.best else 1

    def flip(self, usual: Flip) -> Flip:
        """Return how pictures are mirrored where a network usually does it so."""
        if self.options.mirror is None:
            return usual
        mirrored: Flip = "random" if usual == "none" else usual
        return mirrored if self.options.mirror else "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """What a model file says of networks, before their numbers are filled in.

    Parameters
    ----------
    entry : dict
        The part ``network`` of its manifest.
    outputs : int
    encoder : PictureEncoder
        With the backbone that the file holds.
    make : callable or None
        A user's function.
    task : {"regression", "classification", "multilabel"}
    """

    entry: dict[str, Any]
    outputs: int
    encoder: PictureEncoder
    make: MakeModule | None
    task: Task

    def in_turns(self, modules: Sequence[nn.Module]) -> ModuleNetwork:
        """Return modules as networks that take turns within a step."""
        precision = self.encoder.precision
        return ModuleNetwork(modules, range(len(modules)), turns=TURNS, precision=precision)


class PictureNetwork(ABC):
    """A network for pictures.

    Attributes
    ----------
    name : str
        In model files, ``metrics.json`` and decisions.
    framing : Framing
        How pictures become squares, if the user does not say at which size.
    starts_from_weights : bool
        Whether it starts from the weights of a backbone that was trained before.
    keeps_backbone : bool
        Whether this backbone stays as it is, so that a model file holds it once.
    unused : tuple of str
        Options of training that mean nothing to it.
    """

    name: ClassVar[str]
    framing: ClassVar[Framing]
    starts_from_weights: ClassVar[bool] = False
    keeps_backbone: ClassVar[bool] = False
    unused: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def is_asked_for(self, options: TrainOptions) -> bool:
        """Tell whether options name this network."""

    def framing_for(self, options: TrainOptions) -> Framing:  # noqa: ARG002
        """Return how pictures become squares, but for a size that the user names."""
        return self.framing

    def usual_folds(self, *, on_gpu: bool) -> int | None:  # noqa: ARG002
        """Return how many folds there are unless the user says otherwise.

        None is decided from the pictures as it is from rows: folds of heads on frozen
        features cost next to nothing, those of other networks a network of their own.
        """
        return 1

    @abstractmethod
    def plan(self, setting: Setting) -> PicturePlan:
        """Return how it is trained.

        Raises
        ------
        NetworkError
            N01 or N02 for a network that cannot be loaded.
        """

    @abstractmethod
    def why(self, options: TrainOptions) -> str:
        """Return why it is trained so."""

    def decision(self, plan: PicturePlan, options: TrainOptions) -> Decision:
        """Say how it is trained, and why so."""
        recipe = plan.recipe
        what = f"{self.name} network, {recipe.epochs} epochs, batches of {recipe.batch_size}"
        change = "--network, --quality, --epochs, --batch-size, --lr"
        return Decision(what=what, why=self.why(options), change_with=change)

    def describe(self, model: PictureModel) -> dict[str, Any]:  # noqa: ARG002
        """Return what a model file says of it beyond what it says of each."""
        return {}

    @abstractmethod
    def rebuild(self, stored: Stored, networks: int) -> FoldNetwork:
        """Return the networks that a file describes, with numbers still to be filled in.

        Raises
        ------
        StoreError
            M05, if the network is a user's own and its function is not given.
        ValueError
            If a file cannot hold such networks.
        """


class LaidOutNetwork(PictureNetwork):
    """A network whose layers follow from what a model file says of it."""

    def rebuild(self, stored: Stored, networks: int) -> ModuleNetwork:
        """Return networks with numbers still to be filled in: one lends its form to all."""
        check_count(networks)
        with torch.device("meta"):
            return stored.in_turns([self.module(stored)] * networks)

    @abstractmethod
    def module(self, stored: Stored) -> nn.Module:
        """Return one network of those that a file describes."""


def check_count(networks: int) -> None:
    """Refuse more modules than a model has: a file may claim any number.

    Raises
    ------
    ValueError
    """
    if networks > MOST_MODULES:
        raise ValueError("there are not this many networks")
