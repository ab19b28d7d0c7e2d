"""What a network for tables has to say of itself: a new one is a module in this folder."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import torch

from tenfold.config import Decision, Task, TrainOptions
from tenfold.data.columns.encode import Encoded
from tenfold.data.columns.schema import Schema
from tenfold.kinds.tables.table_model import TableModel
from tenfold.nn.features import FoldFeatures
from tenfold.nn.mlp import FoldMLP, MLPOptions
from tenfold.nn.network import FoldNetwork
from tenfold.nn.own_modules import MakeModule
from tenfold.training.recipe import Plan, Recipe

MOST_LAYERS: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What a network is chosen for.

    Parameters
    ----------
    rows : Encoded
    folds : int
    task : {"regression", "classification"}
    options : TrainOptions
    schema : Schema
    make : callable or None
        A user's function, in place of ``options.network``.
    tried : keras.Model or None
        What that function makes, if it makes Keras models.
    """

    rows: Encoded
    folds: int
    task: Task
    options: TrainOptions
    schema: Schema
    make: MakeModule | None = None
    tried: Any = None


class TableNetwork(ABC):
    """A network for tables.

    Attributes
    ----------
    name : str
        By which users ask for it.
    form : str
        What model files call its layers.
    shuffles : bool
        Whether rows are shuffled before they are dealt out to folds.
    """

    name: ClassVar[str]
    form: ClassVar[str]
    shuffles: ClassVar[bool] = True

    def is_asked_for(self, options: TrainOptions) -> bool:
        """Tell whether options name this network."""
        return options.network == self.name

    @abstractmethod
    def plan(self, setting: Setting) -> Plan:
        """Return how it is trained.

        Raises
        ------
        NetworkError
            N01 or N02 for a network that cannot be loaded, N04 for a task that it cannot do.
        """

    @abstractmethod
    def why(self, setting: Setting) -> str:
        """Return why it is trained so."""

    def decision(self, recipe: Recipe, setting: Setting) -> Decision:
        """Say how it is trained, and why so."""
        what = f"{recipe.epochs} epochs, batches of {recipe.batch_size}"
        change = "--epochs, --batch-size, --lr"
        return Decision(what=what, why=self.why(setting), change_with=change)

    def describe(self, model: TableModel) -> dict[str, Any]:  # noqa: ARG002
        """Return what a model file says of its layers."""
        return {}

    @abstractmethod
    def rebuild(
        self,
        entry: Mapping[str, Any],
        features: FoldFeatures,
        outputs: int,
        make: MakeModule | None,
        schema: Schema,
    ) -> FoldNetwork:
        """Return the networks that a file describes, with numbers still to be filled in.

        Raises
        ------
        StoreError
            M05, if the network is a user's own and its function is not given.
        LookupError, TypeError, ValueError
            If a file cannot hold such networks.
        """


class PerceptronNetwork(TableNetwork):
    """A perceptron, whichever its layers are."""

    form: ClassVar[str] = "mlp"

    def describe(self, model: TableModel) -> dict[str, Any]:
        """Return what a model file says of its layers."""
        if not isinstance(model.network, FoldMLP):
            raise TypeError("this is not a perceptron")
        options = model.network.options
        return {
            "options": {
                "hidden": options.hidden,
                "activation": options.activation,
                "word_numbers": options.embedding_size,
                "init": options.init,
            }
        }

    def rebuild(
        self,
        entry: Mapping[str, Any],
        features: FoldFeatures,
        outputs: int,
        make: MakeModule | None,  # noqa: ARG002 - a file says all of it
        schema: Schema,  # noqa: ARG002 - as above
    ) -> FoldNetwork:
        """Return perceptrons with numbers still to be filled in."""
        shape = entry["options"]
        if not 0 <= len(shape["hidden"]) <= MOST_LAYERS or min(shape["hidden"], default=1) < 1:
            raise ValueError("there is no network with such layers")
        body = MLPOptions(
            hidden=tuple(map(int, shape["hidden"])),
            activation=shape["activation"],
            embedding_size=int(shape["word_numbers"]),
            init=shape["init"],
        )
        with torch.device("meta"):
            return FoldMLP(features, outputs, body)
