"""The tutorial's network for tables."""

from typing import ClassVar

from tenfold.errors import NetworkError
from tenfold.kinds.tables.networks.table_network import PerceptronNetwork, Setting
from tenfold.nn.feature_layout import FeatureOptions
from tenfold.nn.mlp import MLPOptions
from tenfold.training.recipe import Plan, Recipe


class Tutorial(PerceptronNetwork):
    """The tutorial's regressor: 13 relu units, mean squared error, Adam as in Keras.

    100 epochs in batches of 5, raw columns unless the user wants them standardised. Its
    cross-validation does not shuffle.
    """

    name: ClassVar[str] = "tutorial"
    shuffles: ClassVar[bool] = False

    def plan(self, setting: Setting) -> Plan:
        """Return how it is trained."""
        if setting.task != "regression":
            raise NetworkError("N04", "the target has classes", fix=["--network auto"])
        standard = setting.options.standardize
        return Plan(
            features=FeatureOptions(style="standard" if standard else "raw", one_hot=10_000),
            body=MLPOptions(hidden=(13,), activation="relu", init="keras_normal"),
            recipe=Recipe(epochs=100, batch_size=5, cut="full", lr=1e-3, epsilon=1e-7),
            standardize_target=False,
        )

    def why(self, setting: Setting) -> str:  # noqa: ARG002
        """Return why it is trained so."""
        return "as in the tutorial"
