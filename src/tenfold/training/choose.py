"""Which network a table gets, on which features, by which recipe, and why."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tenfold.config import Decision, Quality, Task, TrainOptions
from tenfold.data.encode import Encoded
from tenfold.errors import NetworkError
from tenfold.nn.layout import FeatureOptions
from tenfold.nn.mlp import MLPOptions
from tenfold.nn.own import MakeModule, load_function
from tenfold.training.recipe import Plan, Recipe

SMALL_TABLE: Final = 2_000  # rows that train within ten seconds on two cores
FINE_BINS_ROWS: Final = 800
# More columns of numbers than these get no bins: they took twenty times the time and ten times
# the memory on expressions of genes, and did not pay (benchmarks/LOG.md).
MOST_CODED: Final = 500
# Larger batches cost less, but below so many rows the steps would be too few.
BATCHES: Final = ((64, 8_000), (128, 20_000), (256, 100_000), (512, np.inf))


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """What a quality may cost.

    Parameters
    ----------
    epochs : int
        For regression, at most; classes are learnt in a third.
    passes : float
        Rows times epochs of one network, at most; half of it for classes.
    budget : float
        Rows times epochs of all networks of a small table.
    members : int
        Networks of a fold, at most.
    """

    epochs: int
    passes: float
    budget: float
    members: int


EFFORTS: Final[dict[Quality, Effort]] = {
    "fast": Effort(epochs=48, passes=0.6e6, budget=1e6, members=2),
    "medium": Effort(epochs=96, passes=1.3e6, budget=3e6, members=4),
    "best": Effort(epochs=144, passes=2.6e6, budget=24e6, members=12),
}


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
        plan = own_plan(network)
    elif options.network == "tutorial":
        plan = tutorial_plan(task, standardize=options.standardize)
    elif options.network == "auto":
        columns = rows.numbers.shape[1] - rows.marks  # what is 0 or 1 has no bins
        plan = default_plan(len(rows), columns, folds, task, options)
    else:
        plan = own_plan(load_function(options.network))
    recipe = replace(
        plan.recipe,
        epochs=options.epochs or plan.recipe.epochs,
        batch_size=options.batch_size or plan.recipe.batch_size,
        lr=options.lr or plan.recipe.lr,
    )
    plan = replace(plan, recipe=recipe)
    return plan, (_decide(recipe, len(rows), folds, options),)


def _decide(recipe: Recipe, rows: int, folds: int, options: TrainOptions) -> Decision:
    """Say how the network is trained, and why so."""
    what = f"{recipe.epochs} epochs, batches of {recipe.batch_size}"
    change = "--epochs, --batch-size, --lr"
    if recipe.validating:
        what = f"{recipe.members} networks for each fold, at most {what}"
        why = f"--quality {options.quality} on {rows:,} rows in {folds} folds"
        change = f"--quality, {change}"
    elif options.network == "tutorial":
        why = "as in the tutorial"
    else:
        why = "this is the default for custom networks"
    return Decision(what=what, why=why, change_with=change)


def tutorial_plan(task: Task, *, standardize: bool) -> Plan:
    """Return the tutorial's regressor: 13 relu units, mean squared error, Adam as in Keras.

    100 epochs in batches of 5, raw columns unless ``standardize``.
    """
    if task != "regression":
        raise NetworkError("N04", "the target has classes", fix=["--network auto"])
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
    rows: int, columns: int, folds: int, task: Task, options: TrainOptions
) -> Plan:
    """Return the default network: a small perceptron, several for each fold.

    Its parts are those of RealMLP (arXiv 2407.04491) that paid in our own
    measurements, on numbers coded piecewise linearly (arXiv 2203.05556). Many small
    networks beat few large ones: benchmarks/LOG.md.

    Parameters
    ----------
    rows : int
        Rows of the table.
    columns : int
        Its columns of numbers.
    folds : int
    task : {"regression", "classification"}
    options : TrainOptions
        Only ``quality`` is read.
    """
    effort = EFFORTS[options.quality]
    regression = task == "regression"
    most = effort.epochs if regression else effort.epochs // 3
    passes = effort.passes if regression else effort.passes / 2
    epochs = int(np.clip(passes / rows, 8, most))
    budget = effort.budget * max(1.0, rows / SMALL_TABLE) ** 0.5
    members = int(np.clip(round(budget / (rows * folds * epochs)), 2, effort.members))
    batch_size = next(size for size, limit in BATCHES if rows <= limit)
    features = FeatureOptions()
    if columns <= MOST_CODED:
        fine = (32, 0.1) if rows >= FINE_BINS_ROWS else (16, 0.15)
        features = FeatureOptions(bins=((8, 0.3), fine), recurring=True)
    return Plan(
        features=features,
        body=MLPOptions(hidden=(64, 64)),
        recipe=Recipe(
            epochs=epochs,
            batch_size=batch_size,
            lr=0.1 if regression else 0.06,
            schedule="root",
            betas=(0.9, 0.95),
            decay=0.01,
            average=8.0,
            members=members,
            blocks=5,
            validating=1,
        ),
    )
