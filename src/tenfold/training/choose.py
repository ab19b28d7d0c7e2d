"""Which network a table gets, on which features, by which recipe, and why."""

from dataclasses import replace

from tenfold.config import Decision, Task, TrainOptions
from tenfold.data.encode import Encoded
from tenfold.errors import NetworkError
from tenfold.nn.features import FeatureOptions
from tenfold.nn.mlp import MLPOptions
from tenfold.nn.own import MakeModule, load_function
from tenfold.training.recipe import Plan, Recipe


def choose_plan(
    rows: Encoded,
    folds: int,
    task: Task,
    options: TrainOptions,
    network: MakeModule | None = None,
) -> tuple[Plan, tuple[Decision, ...]]:
    """Choose the network and the recipe.

    Parameters
    ----------
    rows : Encoded
    folds : int
    task : {"regression", "classification"}
    options : TrainOptions
        What is set there is taken; the rest is decided.
    network : callable, optional
        A user's function, in place of ``options.network``.

    Raises
    ------
    NetworkError
        N01 or N02 for a network that cannot be loaded, N04 for a task that the
        tutorial's network cannot do.
    """
    if network is not None:
        plan, decisions = own_plan(network), ()
    elif options.network == "tutorial":
        plan, decisions = tutorial_plan(task, standardize=options.standardize), ()
    elif options.network == "auto":
        plan, decisions = default_plan(len(rows), folds, task, options)
    else:
        plan, decisions = own_plan(load_function(options.network)), ()
    recipe = replace(
        plan.recipe,
        epochs=options.epochs or plan.recipe.epochs,
        batch_size=options.batch_size or plan.recipe.batch_size,
        lr=options.lr or plan.recipe.lr,
    )
    return replace(plan, recipe=recipe), decisions


def tutorial_plan(task: Task, *, standardize: bool) -> Plan:
    """Return the tutorial's regressor: 13 relu units, mean squared error, Adam as in Keras.

    100 epochs in batches of 5, raw columns unless ``standardize``.
    """
    if task != "regression":
        raise NetworkError("N04", "this target is classes", fix=["--network auto"])
    return Plan(
        features=FeatureOptions(style="standard" if standardize else "raw", one_hot=10_000),
        body=MLPOptions(hidden=(13,), activation="relu", init="keras_normal"),
        recipe=Recipe(epochs=100, batch_size=5, cut="full", lr=1e-3, epsilon=1e-7),
        standardize_target=False,
    )


def own_plan(make: MakeModule) -> Plan:
    """Return a plan for a user's own module: standardised columns, one network a fold."""
    return Plan(
        features=FeatureOptions(style="standard", one_hot=10_000),
        body=make,
        recipe=Recipe(epochs=100, batch_size=64, cut="filled", lr=1e-3),
    )


def default_plan(
    rows: int, folds: int, task: Task, options: TrainOptions
) -> tuple[Plan, tuple[Decision, ...]]:
    """Return the default network for a table of that many rows."""
    plan = Plan(
        features=FeatureOptions(bins=((8, 0.3), (32, 0.1))),
        body=MLPOptions(hidden=(128, 128)),
        recipe=Recipe(
            epochs=96 if task == "regression" else 32,
            batch_size=64,
            lr=0.1 if task == "regression" else 0.03,
            schedule="root",
            betas=(0.9, 0.95),
            decay=(0.02,),
            average=8.0,
            members=5,
            blocks=5,
            watching=4,
        ),
    )
    return plan, ()
