"""A Keras model of the user's own, for pictures."""

from dataclasses import replace
from typing import Any, ClassVar

from tenfold.config import Decision, TrainOptions
from tenfold.kinds.images.networks.own import Own
from tenfold.kinds.images.networks.picture_network import Setting, Stored, check_count
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.nn.keras_models.compiled import is_compiled
from tenfold.nn.keras_models.engine import layers_of
from tenfold.nn.keras_models.entering import Pixels
from tenfold.nn.keras_models.filed import (
    OWN_CODE,
    describe_networks,
    holds_code,
    open_networks,
    remake,
)
from tenfold.nn.keras_models.making import KerasBody, may_make_keras, try_function
from tenfold.nn.network import FoldNetwork
from tenfold.packing import require_function
from tenfold.training.picture_plan import NO_CHANGE, PicturePlan


class OwnKeras(Own):
    """What a user's function makes with Keras, trained as its ``compile`` says.

    Pictures are changed at random as for other networks of users, unless the model has layers
    that do so.
    """

    name: ClassVar[str] = "keras"

    def is_asked_for(self, options: TrainOptions) -> bool:  # noqa: ARG002
        """Tell that it has no name: a function is found out to make Keras models."""
        return False

    def tried(self, setting: Setting) -> Any:
        """Return a model that the function makes; None if it is not of Keras.

        Raises
        ------
        NetworkError
            N02 or N11, if the function uses Keras and fails.
        """
        if not may_make_keras(setting.make):
            return None
        shape = (setting.size, setting.size, 3)
        return try_function(setting.make, shape, setting.outputs, {})

    def plan(self, setting: Setting) -> PicturePlan:
        """Return how it is trained."""
        plain = super().plan(setting)
        changes = any(
            type(one).__name__.startswith("Random") for one in layers_of(setting.tried)
        )
        return replace(
            plain,
            form=self.name,
            make=KerasBody(make=require_function(setting.make), lr=setting.options.lr),
            recipe=replace(plain.recipe, batch_size=32, cut="full"),
            augmentation=NO_CHANGE if changes else plain.augmentation,
            standardize_target=not is_compiled(setting.tried),
        )

    def why(self, options: TrainOptions) -> str:  # noqa: ARG002
        """Return why it is trained so."""
        return "this is the default for Keras models"

    def decision(self, plan: PicturePlan, options: TrainOptions) -> Decision:
        """Say how it is trained, and why so."""
        plain, recipe = super().decision(plan, options), plan.recipe
        what = f"Keras model, {recipe.epochs} epochs, batches of {recipe.batch_size}"
        return replace(plain, what=what)

    def describe(self, model: PictureModel) -> dict[str, Any]:
        """Return what a model file says of its layers."""
        scored = None if model.scored is None else model.scored.network
        return describe_networks(model.network, scored)

    def rebuild(self, stored: Stored, networks: int) -> FoldNetwork:
        """Return the models that a file describes."""
        check_count(networks)
        entry = stored.entry
        if holds_code(entry):
            require_function(stored.make, OWN_CODE)
        side = stored.encoder.size
        made = remake(stored.make, [(side, side, 3)] * networks, stored.outputs, {})
        return open_networks(entry, networks, Pixels(), made)
