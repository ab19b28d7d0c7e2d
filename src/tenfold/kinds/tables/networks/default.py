"""The default network: a small perceptron, several for each fold."""

from dataclasses import dataclass, replace
from typing import ClassVar, Final

import numpy as np

from tenfold.config import Decision, Quality
from tenfold.kinds.tables.networks.table_network import PerceptronNetwork, Setting
from tenfold.nn.feature_layout import FeatureOptions, Linear
from tenfold.nn.mlp import MLPOptions
from tenfold.training.recipe import Plan, Recipe

SMALL_TABLE: Final = 2_000  # rows that train within ten seconds on two cores
FINE_BINS_ROWS: Final = 800
COARSE_BINS_ROWS: Final = 100
# Below so many rows, a single block of validation rows cannot tell when to stop: each member
# leaves out another one.
BLOCKS: Final = 5
MANY_VALIDATE: Final = 300
LEAST_EPOCHS: Final = 20  # beyond a linear model
LINEAR_WORDS: Final = 64  # categories of a column, at most, that a linear model gets
# More columns of numbers than these get no bins: they took twenty times the time and ten times
# the memory on expressions of genes, and did not pay (benchmarks/LOG.md).
MOST_CODED: Final = 500
WIDE: Final = 2  # rows for each column of numbers, at most, in a wide table
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


class Default(PerceptronNetwork):
    """Small perceptrons, several for each fold.

    Their parts are those of RealMLP (arXiv 2407.04491) that paid in our own
    measurements, on numbers coded piecewise linearly (arXiv 2203.05556). Many small
    networks beat few large ones: benchmarks/LOG.md.
    """

    name: ClassVar[str] = "auto"

    def plan(self, setting: Setting) -> Plan:
        """Return how it is trained, by the number of rows and by the quality."""
        effort = EFFORTS[setting.options.quality]
        rows, folds = len(setting.rows), setting.folds
        regression = setting.task == "regression"
        most = effort.epochs if regression else effort.epochs // 3
        passes = effort.passes if regression else effort.passes / 2
        epochs = int(np.clip(passes / rows, 8, most))
        budget = effort.budget * max(1.0, rows / SMALL_TABLE) ** 0.5
        members = int(np.clip(round(budget / (rows * folds * epochs)), 2, effort.members))
        batch_size = next(size for size, limit in BATCHES if rows <= limit)
        linear = _starts_linear(setting)
        validating = 1
        if linear and rows < MANY_VALIDATE:
            members, validating = max(members, BLOCKS), BLOCKS
        return Plan(
            features=_features(setting, linear=linear),
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
                blocks=BLOCKS,
                validating=validating,
                least_epochs=LEAST_EPOCHS if linear else 0,
                keep_start=linear and (regression or _is_wide(setting)),
            ),
        )

    def why(self, setting: Setting) -> str:
        """Return why it is trained so."""
        quality, rows = setting.options.quality, len(setting.rows)
        return f"--quality {quality} on {rows:,} rows in {setting.folds} folds"

    def decision(self, recipe: Recipe, setting: Setting) -> Decision:
        """Say how many networks there are, how they are trained, and why so."""
        plain = super().decision(recipe, setting)
        start = "on top of ridge regression, " if _starts_linear(setting) else ""
        return replace(
            plain,
            what=f"{recipe.members} networks for each fold, {start}at most {plain.what}",
            change_with=f"--quality, {plain.change_with}",
        )


def _starts_linear(setting: Setting) -> bool:
    """Tell whether networks are added to a linear model; not in time, where a trend goes on."""
    return len(setting.rows) < SMALL_TABLE and setting.rows.times is None


def _is_wide(setting: Setting) -> bool:
    """Tell whether there are few rows for so many columns of numbers.

    Then a network that may not keep a linear model of the classes adds noise to it. With fewer
    columns, validation rows would keep that start too often (benchmarks/LOG.md).
    """
    return WIDE * _columns(setting) >= len(setting.rows)


def _columns(setting: Setting) -> int:
    """Return the number of columns of numbers, without what texts and lists become."""
    return int(setting.rows.numbers.shape[1]) - setting.rows.marks


def _features(setting: Setting, *, linear: bool) -> FeatureOptions:
    """Return how columns become features."""
    rows = len(setting.rows)
    of_line: Linear = "plain" if setting.task == "regression" else "clipped"
    plain = FeatureOptions()
    if linear:
        one_hot = LINEAR_WORDS if setting.task == "regression" else plain.one_hot
        plain = replace(plain, one_hot=one_hot, linear=of_line)
    if _columns(setting) > MOST_CODED or (linear and rows < COARSE_BINS_ROWS):
        return plain
    fine = (32, 0.1) if rows >= FINE_BINS_ROWS else (16, 0.15)
    return replace(plain, bins=((8, 0.3), fine), recurring=True)
