"""How a network is trained on a table of a given size, and why."""

from dataclasses import dataclass, replace
from typing import Literal

from tenfold.config import TrainOptions
from tenfold.nn.feature_layout import FeatureOptions
from tenfold.nn.keras_models.making import KerasBody
from tenfold.nn.mlp import MLPOptions
from tenfold.nn.own_modules import MakeModule


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """Everything that steers ``Training``.

    Parameters
    ----------
    epochs : int
        Passes over the rows, at most.
    batch_size : int
        Rows of one network in one step.
    cut : {"even", "filled", "full"}
        How an epoch is cut into batches (``plan_batches``).
    steps_per_epoch : int or None
        Batches that count as an epoch, whatever the number of rows; Keras' word.
    lr : float
        Largest learning rate.
    schedule : {"constant", "root", "triangle"}
        ``"root"`` falls like 1 / sqrt(1 + 15 t), t from 0 to 1 over all epochs;
        ``"triangle"`` rises from 0 over ``warm_up`` of them and falls to 0.
    warm_up : float
        Share of all steps.
    optimizer : {"adam", "muon"}
        ``"muon"`` takes ``betas`` for its two momentums.
    smoothing : float
        Share of a row's class that all classes get (label smoothing).
    betas : tuple of float
        Adam's.
    epsilon : float
        Adam's.
    decay : float
        Weights lose this share times the learning rate in each step.
    average : float or None
        ``Average.power``; None trains without an average.
    members : int
        Networks of each fold.
    blocks : int
        Parts of a fold's rows, one of which a validating member leaves out.
    validating : int
        Members of each fold that have validation rows; 0 trains to the last epoch.
    patience : float
        Training ends when every fold's best epoch lies further back than this
        many times the epochs that it took.
    least_epochs : int
        No fold ends before, even if its start is its best state so far.
    keep_start : bool
        Whether networks begin as the linear model that they are added to, which a fold may
        keep.
    """

    epochs: int
    batch_size: int
    lr: float
    cut: Literal["even", "filled", "full"] = "even"
    steps_per_epoch: int | None = None
    schedule: Literal["constant", "root", "triangle"] = "constant"
    warm_up: float = 0.2
    optimizer: Literal["adam", "muon"] = "adam"
    smoothing: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    decay: float = 0.0
    average: float | None = None
    members: int = 1
    blocks: int = 1
    validating: int = 0
    patience: float = 2.0
    least_epochs: int = 0
    keep_start: bool = False

    def stopped_early(self, options: TrainOptions) -> "Recipe":
        """Return the recipe with validation rows, a tenth of a fold's, if a user asks for it.

        Examples
        --------
        >>> asked = TrainOptions(early_stopping=True)
        >>> Recipe(epochs=9, batch_size=4, lr=0.1).stopped_early(asked).validating
        1
        """
        return replace(self, blocks=10, validating=1) if options.early_stopping else self

    def set_by(self, options: TrainOptions) -> "Recipe":
        """Return the recipe with what a user sets in place of what was chosen.

        Examples
        --------
        >>> Recipe(epochs=9, batch_size=4, lr=0.1).set_by(TrainOptions(epochs=2)).epochs
        2
        """
        return replace(
            self,
            epochs=options.epochs or self.epochs,
            batch_size=options.batch_size or self.batch_size,
            lr=options.lr or self.lr,
            steps_per_epoch=options.steps_per_epoch,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Which network, on which features, by which recipe."""

    features: FeatureOptions
    body: MLPOptions | KerasBody | MakeModule
    recipe: Recipe
    standardize_target: bool = True

    @property
    def form(self) -> str:
        """Which kind of network it is: ``"mlp"``; a user's own ``"keras"`` or ``"own"``."""
        if isinstance(self.body, KerasBody):
            return "keras"
        return "mlp" if isinstance(self.body, MLPOptions) else "own"
