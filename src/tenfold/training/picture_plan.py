"""How networks for pictures are trained: which, on which pictures, by which recipe."""

from dataclasses import dataclass
from math import inf
from typing import Final

from tenfold.config import Task
from tenfold.nn.backbones import Backbone
from tenfold.nn.keras_models.making import KerasBody
from tenfold.nn.modules import Treat
from tenfold.nn.own_modules import MakeModule
from tenfold.training.augment import Augmentation
from tenfold.training.recipe import Recipe

NO_CHANGE: Final = Augmentation()


@dataclass(frozen=True, kw_only=True, slots=True)
class PicturePlan:
    """Which network for pictures, on which pictures, by which recipe.

    Parameters
    ----------
    form : str
        The name of the network.
    make : callable or None
        Makes a network of pictures of the shape (3, S, S); None trains heads on the
        features of a backbone.
    recipe : Recipe
    task : {"regression", "classification"}
    size : int
        S, the side at which pictures are answered.
    sizes : tuple of (float, int)
        ``PictureFeed``'s.
    augmentation : Augmentation
    mirrored : bool
        Whether features are means over a picture and its mirror image.
    backbone : Backbone or None
        What a pretrained network starts from.
    treat : callable or None
        ``ModuleNetwork``'s.
    parts : int
        ``ModuleNetwork``'s.
    scores_epochs : bool
        Whether test pictures are scored after every epoch where there are no folds.
    beside : tuple of PicturePlan
        Of networks that are trained from pixels beside heads, where these leave errors.
    unless_gained : float
        Beside heads: not where the ways before it have lowered the loss by this share.
    standardize_target : bool
        Whether numbers are learnt with mean 0 and deviation 1.
    enough : float
        Log-loss of heads, or share of the variance that they do not explain, from which down
        there is nothing left to learn.
    """

    form: str
    make: MakeModule | KerasBody | None
    recipe: Recipe
    size: int
    task: Task = "classification"
    sizes: tuple[tuple[float, int], ...] = ()
    augmentation: Augmentation = NO_CHANGE
    mirrored: bool = False
    backbone: Backbone | None = None
    treat: Treat | None = None
    parts: int = 1
    scores_epochs: bool = False
    beside: "tuple[PicturePlan, ...]" = ()
    unless_gained: float = inf
    standardize_target: bool = True
    enough: float = 0.0
