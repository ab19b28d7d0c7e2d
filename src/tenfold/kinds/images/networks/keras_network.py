"""A Keras model of the user's own, for pictures."""

from dataclasses import replace
from typing import Any, ClassVar

from tenfold.config import Decision, TrainOptions
from tenfold.kinds.images.networks.own import Own
from tenfold.kinds.images.networks.picture_network import Setting, Stored, check_count
from tenfold.kinds.images.picture_model import PictureModel
from tenfold.nn.keras_models.engine import layers_of
from tenfold.nn.keras_models.entering import Pixels
from tenfold.nn.keras_models.filed import (
    describe_networks,
    needs_function,
    open_networks,
    remake,
)
from tenfold.nn.keras_models.making import KerasBody, is_compiled, try_function
from tenfold.nn.network import FoldNetwork
from tenfold.nn.own_modules import MakeModule, load_function
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

    def is_made_by(self, setting: Setting) -> bool:
        """Tell whether the function that is asked for makes Keras models.

        Raises
        ------
        NetworkError
            N01 or N02, if there is no such function, or it uses Keras and fails.
        """
        return _tried(setting) is not None

    def plan(self, setting: Setting) -> PicturePlan:
        """Return how it is trained."""
        model, plain = _tried(setting), super().plan(setting)
        changes = any(type(one).__name__.startswith("Random") for one in layers_of(model))
        return replace(
            plain,
            form=self.name,
            make=KerasBody(make=_function(setting), lr=setting.options.lr),
            recipe=replace(plain.recipe, batch_size=32, cut="full"),
            augmentation=NO_CHANGE if changes else plain.augmentation,
            standardize_target=not is_compiled(model),
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
        needs_function(entry, stored.make)
        side = stored.encoder.size
        made = remake(stored.make, [(side, side, 3)] * networks, stored.outputs, {})
        return open_networks(entry, networks, Pixels(), made)


def _function(setting: Setting) -> MakeModule:
    return setting.make or load_function(setting.options.network)


def _tried(setting: Setting) -> Any:
    return try_function(
        _function(setting), [(setting.size, setting.size, 3)], setting.outputs, {}
    )
