"""A network of the user's own."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tenfold.config import TrainOptions
from tenfold.data.columns.schema import Schema
from tenfold.kinds.tables.networks.table_network import Setting, TableNetwork
from tenfold.nn.feature_layout import FeatureOptions
from tenfold.nn.features import FoldFeatures
from tenfold.nn.network import FoldNetwork
from tenfold.nn.own_modules import MakeModule, own_network
from tenfold.packing import require_function
from tenfold.training.recipe import Plan, Recipe


class Own(TableNetwork):
    """What a user's function makes: standardised columns, one network a fold."""

    name: ClassVar[str] = "own"
    form: ClassVar[str] = "own"

    def is_asked_for(self, options: TrainOptions) -> bool:  # noqa: ARG002
        """Tell that it is what no other network is called."""
        return True

    def plan(self, setting: Setting) -> Plan:
        """Return how it is trained."""
        return Plan(
            features=FeatureOptions(style="standard", one_hot=10_000),
            body=require_function(setting.make),
            recipe=Recipe(epochs=100, batch_size=64, cut="filled", lr=1e-3).stopped_early(
                setting.options
            ),
        )

    def why(self, setting: Setting) -> str:  # noqa: ARG002
        """Return why it is trained so."""
        return "this is the default for custom networks"

    def rebuild(
        self,
        entry: Mapping[str, Any],  # noqa: ARG002 - the function says all of it
        features: FoldFeatures,
        outputs: int,
        make: MakeModule | None,
        schema: Schema,  # noqa: ARG002 - as above
    ) -> FoldNetwork:
        """Return what the user's function makes."""
        seeds = range(len(features.center_FP))
        return own_network(features, outputs, require_function(make), seeds=seeds)
