"""Which networks for pictures there are, and which one is asked for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tenfold.config import Decision, TrainOptions
from tenfold.data.pictures.framing import Framing
from tenfold.errors import UsageError
from tenfold.kinds.images.networks.blended import Blended
from tenfold.kinds.images.networks.fine_tuned import FineTunedNetwork
from tenfold.kinds.images.networks.keras_network import OwnKeras
from tenfold.kinds.images.networks.own import Own
from tenfold.kinds.images.networks.picture_network import PictureNetwork, Setting
from tenfold.kinds.images.networks.pretrained import Pretrained
from tenfold.kinds.images.networks.scratch import Scratch
from tenfold.kinds.images.networks.tutorial import Tutorial
from tenfold.nn.own_modules import MakeModule, load_function
from tenfold.training.picture_plan import PicturePlan

OWN: Final = Own()  # what no other is called
KERAS: Final = OwnKeras()
NETWORKS: Final[Mapping[str, PictureNetwork]] = {
    one.name: one
    for one in (Blended(), Pretrained(), FineTunedNetwork(), Scratch(), Tutorial(), KERAS, OWN)
}


def find_network(options: TrainOptions, make: MakeModule | None = None) -> PictureNetwork:
    """Return the network that is asked for, by name or as a function.

    Examples
    --------
    >>> find_network(TrainOptions(network="pretrained", quality="best")).name
    'fine-tuned'
    """
    if make is not None:
        return OWN
    return next(one for one in NETWORKS.values() if one.is_asked_for(options))


def check_options(options: TrainOptions) -> None:
    """Refuse options that mean nothing to the network that is asked for.

    Raises
    ------
    UsageError
        U02.
    """
    network = find_network(options)
    if unused := [name for name in network.unused if getattr(options, name) is not None]:
        option = unused[0].replace("_", "-")
        fact = f"heads on frozen features are solved directly and do not use --{option}"
        fix = ["--network pretrained --quality best", "--network scratch"]
        raise UsageError("U02", fact, fix=fix)
    if options.weights is not None and not network.starts_from_weights:
        fact = f"--network {options.network} does not use the weights of --weights"
        raise UsageError("U02", fact)


def choose_framing(options: TrainOptions) -> Framing:
    """Return how pictures become squares for the network that is asked for."""
    framing = find_network(options).framing_for(options)
    return replace(framing, size=options.img_size or framing.size)


def choose_plan(setting: Setting) -> tuple[PicturePlan, tuple[Decision, ...]]:
    """Choose the network and the recipe.

    What is set in the options is taken; the rest is decided.

    Raises
    ------
    NetworkError
        N01 or N02 for a network that cannot be loaded.
    """
    options = setting.options
    network = find_network(options, setting.make)
    if options.early_stopping and network is not OWN:
        fact = f"--network {options.network} chooses its epochs by itself"
        raise UsageError("U02", fact, fix=["leave out --early-stopping"])
    if network is OWN:
        setting = replace(setting, make=setting.make or load_function(options.network))
        setting = replace(setting, tried=KERAS.tried(setting))
        network = OWN if setting.tried is None else KERAS
    plan = network.plan(setting)
    task, recipe = setting.task, plan.recipe.set_by(options)
    plan = replace(plan, task=task, recipe=recipe, backbone=setting.backbone)
    usual = replace(options, lr=None)  # ways of training have learning rates of their own
    ways = [replace(way, task=task, recipe=way.recipe.set_by(usual)) for way in plan.beside]
    plan = replace(plan, beside=tuple(ways))
    return plan, (network.decision(plan, options),)
