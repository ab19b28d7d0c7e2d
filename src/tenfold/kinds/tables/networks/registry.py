"""Which networks for tables there are, and which one is asked for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tenfold.config import Decision, TrainOptions
from tenfold.errors import UsageError
from tenfold.kinds.tables.networks.default import Default
from tenfold.kinds.tables.networks.keras_network import OwnKeras
from tenfold.kinds.tables.networks.own import Own
from tenfold.kinds.tables.networks.table_network import Setting, TableNetwork
from tenfold.kinds.tables.networks.tutorial import Tutorial
from tenfold.nn.own_modules import MakeModule, load_function
from tenfold.training.recipe import Plan

OWN: Final = Own()  # what no other is called
KERAS: Final = OwnKeras()
NETWORKS: Final = (Default(), Tutorial(), KERAS, OWN)
BY_FORM: Final[Mapping[str, TableNetwork]] = {one.form: one for one in NETWORKS}


def find_network(options: TrainOptions, make: MakeModule | None = None) -> TableNetwork:
    """Return the network that is asked for, by name or as a function.

    Examples
    --------
    >>> find_network(TrainOptions(network="tutorial")).shuffles
    False
    """
    if make is not None:
        return OWN
    return next(one for one in NETWORKS if one.is_asked_for(options))


def choose_plan(setting: Setting) -> tuple[Plan, tuple[Decision, ...]]:
    """Choose the network and the recipe.

    What is set in the options is taken; the rest is decided.

    Raises
    ------
    NetworkError
        N01 or N02 for a network that cannot be loaded, N04 for a task that the
        tutorial's network cannot do.
    UsageError
        U02, if an option means nothing to the network.
    """
    options, network = setting.options, find_network(setting.options, setting.make)
    if options.early_stopping and network is not OWN:
        fact = f"--network {options.network} chooses its epochs by itself"
        raise UsageError("U02", fact, fix=["leave out --early-stopping"])
    if network is OWN:
        setting = replace(setting, make=setting.make or load_function(options.network))
        setting = replace(setting, tried=KERAS.tried(setting))
        network = OWN if setting.tried is None else KERAS
    plan = network.plan(setting)
    recipe = plan.recipe.set_by(options)
    return replace(plan, recipe=recipe), (network.decision(recipe, setting),)
