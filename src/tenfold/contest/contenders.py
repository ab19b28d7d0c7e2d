"""Who competes for rows of numbers and words, whatever kind of data they come from."""

import importlib.util
from typing import Final

from tenfold.contest import pipelines
from tenfold.contest.contender import Contender
from tenfold.contest.cost import Cost
from tenfold.contest.problem import Problem

LINEAR: Final = Cost(0.05, 0.3, 0.17, 0.4, 1.0)
BASELINE: Final = Contender(
    name="baseline", kind="constant", make=pipelines.baseline_guess, cost=Cost(0.02, 0.0)
)
NEIGHBOURS: Final = Contender(
    name="nearest neighbours",
    kind="classical",
    make=pipelines.nearest_neighbours,
    cost=Cost(0.08, 0.5, 0.08, 0.3, 1.4),
)
LIGHTGBM: Final = Contender(
    name="LightGBM",
    kind="classical",
    make=pipelines.boosted_trees,
    likely=True,
    cost=Cost(0.05, 0.46, 0.68, 0.9, 1.5),
)
EXTRA_TREES: Final = Contender(
    name="extra trees",
    kind="classical",
    make=pipelines.random_trees,
    likely=True,
    cost=Cost(0.09, 0.61, 0.5, 0.0, 0.2),
)
XGBOOST: Final = Contender(
    name="XGBoost",
    kind="classical",
    make=pipelines.extreme_boosting,
    cost=Cost(0.03, 0.2, 0.98, 0.7, 0.4),
)
CATBOOST: Final = Contender(
    name="CatBoost",
    kind="classical",
    make=pipelines.cat_boost,
    likely=True,
    cost=Cost(0.15, 0.43, 0.86, 0.9, 1.3),
)


def classical_contenders(problem: Problem) -> list[Contender]:
    """Return classical models of columns; boosting by other libraries where it is installed."""
    name = "ridge regression" if problem.task == "regression" else "logistic regression"
    linear = Contender(
        name=name, kind="classical", make=pipelines.linear_model, linear=True, cost=LINEAR
    )
    libraries = {"xgboost": XGBOOST, "catboost": CATBOOST}
    boosting = [one for name, one in libraries.items() if importlib.util.find_spec(name)]
    return [linear, NEIGHBOURS, LIGHTGBM, EXTRA_TREES, *boosting]


def network_contender(problem: Problem) -> Contender:
    """Return the network that Tenfold trains unless a user says otherwise."""
    return Contender(
        name="Tenfold",
        kind="deep",
        network="auto",
        quality=problem.options.train.quality,
        cost=Cost(0.08, 0.6, 1.1, 0.35),
    )
