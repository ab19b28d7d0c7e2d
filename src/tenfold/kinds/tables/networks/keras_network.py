"""A Keras model of the user's own, for tables."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from tenfold.config import Decision, TrainOptions
from tenfold.data.columns.encode import level_counts, places_of
from tenfold.data.columns.schema import Schema
from tenfold.kinds.tables.networks.table_network import Setting, TableNetwork
from tenfold.kinds.tables.table_model import TableModel
from tenfold.nn.feature_layout import FeatureOptions
from tenfold.nn.features import FoldFeatures
from tenfold.nn.keras_models.compiled import is_compiled
from tenfold.nn.keras_models.entering import Columns, Entrance, Named, Vector
from tenfold.nn.keras_models.filed import (
    OWN_CODE,
    describe_networks,
    holds_code,
    open_networks,
    remake,
)
from tenfold.nn.keras_models.making import KerasBody, may_make_keras, try_function
from tenfold.nn.network import FoldNetwork
from tenfold.nn.own_modules import MakeModule
from tenfold.packing import require_function
from tenfold.training.recipe import Plan, Recipe

FEATURES = FeatureOptions(style="standard", one_hot=10_000)


class OwnKeras(TableNetwork):
    """What a user's function makes with Keras, trained as its ``compile`` says.

    It takes all features as one vector, or, if its inputs are called as columns are, these.
    """

    name: ClassVar[str] = "keras"
    form: ClassVar[str] = "keras"

    def is_asked_for(self, options: TrainOptions) -> bool:  # noqa: ARG002
        """Tell that it has no name: a function is found out to make Keras models."""
        return False

    def tried(self, setting: Setting) -> Any:
        """Return a model that the function makes for all rows; None if it is not of Keras.

        Raises
        ------
        NetworkError
            N02 or N11, if the function uses Keras and fails.
        """
        if not may_make_keras(setting.make):
            return None
        every = np.ones((1, len(setting.rows)), dtype=bool)
        inputs = FoldFeatures.of(setting.rows, every, 1, FEATURES).inputs_F[0]
        outputs = len(setting.schema.classes) or 1
        return try_function(setting.make, inputs, outputs, _categories(setting.schema))

    def plan(self, setting: Setting) -> Plan:
        """Return how it is trained."""
        return Plan(
            features=FEATURES,
            body=KerasBody(
                make=require_function(setting.make),
                lr=setting.options.lr,
                columns=_categories(setting.schema),
                places=places_of(setting.schema),
            ),
            recipe=Recipe(epochs=100, batch_size=32, cut="full", lr=1e-3).stopped_early(
                setting.options
            ),
            standardize_target=not is_compiled(setting.tried),
        )

    def why(self, setting: Setting) -> str:  # noqa: ARG002
        """Return why it is trained so."""
        return "this is the default for Keras models"

    def decision(self, recipe: Recipe, setting: Setting) -> Decision:
        """Say how it is trained, and why so."""
        plain = super().decision(recipe, setting)
        return Decision(
            what=f"Keras model, {plain.what}", why=plain.why, change_with=plain.change_with
        )

    def describe(self, model: TableModel) -> dict[str, Any]:
        """Return what a model file says of its layers."""
        scored = None if model.scored is None else model.scored.network
        return describe_networks(model.network, scored)

    def rebuild(
        self,
        entry: Mapping[str, Any],
        features: FoldFeatures,
        outputs: int,
        make: MakeModule | None,
        schema: Schema,
    ) -> FoldNetwork:
        """Return the models that a file describes."""
        if holds_code(entry):
            require_function(make, OWN_CODE)
        made = remake(make, features.inputs_F, outputs, _categories(schema))
        entrance = _entrance(entry["entrance"], features)
        network = open_networks(entry, len(features.inputs_F), entrance, made)
        network.features = features
        return network


def _categories(schema: Schema) -> dict[str, int]:
    """Return how many codes each column has, 0 for numbers."""
    counts = dict(zip((c.name for c in schema.categories), level_counts(schema), strict=True))
    return {column.name: counts.get(column.name, 0) for column in schema.used}


def _entrance(told: Mapping[str, Any], features: FoldFeatures) -> Entrance:
    """Return what of a row enters models, as a file says it.

    Raises
    ------
    LookupError, TypeError, ValueError
        If it cannot be.
    """
    if "columns" not in told:
        return Vector(inputs_F=features.inputs_F)
    named = {
        str(name): Named(
            places=tuple(int(place) for place in one["places"]),
            code=None if one["code"] is None else int(one["code"]),
            plain=bool(one["plain"]),
            width=int(one["width"]),
            dtype=str(np.dtype(one["dtype"])),
        )
        for name, one in told["columns"].items()
    }
    for one in named.values():
        inside = all(0 <= place < features.numbers for place in one.places)
        if not inside or not 0 <= (one.code or 0) < max(1, len(features.levels)):
            raise ValueError("an input does not match the columns")
    return Columns(named=named)
