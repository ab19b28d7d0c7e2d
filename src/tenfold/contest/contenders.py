"""Who competes for rows of numbers and categories, whatever kind of data they come from.

What each costs was fitted to tables of many shapes (benchmarks/LOG.md).
"""

from importlib.util import find_spec
from typing import Final

from tenfold.contest import pipelines
from tenfold.contest.contender import Contender
from tenfold.contest.cost import Cost
from tenfold.contest.problem import Problem

LINEAR: Final = Cost(0.05, 0.3, 0.17, 0.4, 1.0)
NEIGHBOURS: Final = Cost(0.08, 0.5, 0.08, 0.3, 1.4)
LIGHTGBM: Final = Cost(0.05, 0.46, 0.68, 0.9, 1.5)
EXTRA_TREES: Final = Cost(0.09, 0.61, 0.5, 0.0, 0.2)
XGBOOST: Final = Cost(0.03, 0.2, 0.98, 0.7, 0.4)
CATBOOST: Final = Cost(0.15, 0.43, 0.86, 0.9, 1.3)
TENFOLD: Final = Cost(0.08, 0.6, 1.1, 0.35)
BASELINE: Final = Contender(
    name="baseline", kind="constant", make=pipelines.baseline_guess, cost=Cost(0.02, 0.0)
)


def classical_contenders(problem: Problem) -> list[Contender]:
    """Return classical models of columns; boosting by other libraries where it is installed."""
    name = "ridge regression" if problem.task == "regression" else "logistic regression"
    near, trees, random = "nearest neighbours", pipelines.boosted_trees, pipelines.random_trees
    found = [
        Contender(name=name, make=pipelines.linear_model, cost=LINEAR, linear=True),
        Contender(name=near, make=pipelines.nearest_neighbours, cost=NEIGHBOURS),
        Contender(name="LightGBM", make=trees, cost=LIGHTGBM, likely=True),
        Contender(name="extra trees", make=random, cost=EXTRA_TREES, likely=True),
    ]
    if find_spec("xgboost"):
        found.append(Contender(name="XGBoost", make=pipelines.extreme_boosting, cost=XGBOOST))
    if find_spec("catboost"):
        make = pipelines.cat_boost
        found.append(Contender(name="CatBoost", make=make, cost=CATBOOST, likely=True))
    return found


def network_contender(problem: Problem) -> Contender:
    """Return the network that Tenfold trains unless a user says otherwise."""
    quality = problem.options.train.quality
    return Contender(name="Tenfold", kind="deep", network="auto", quality=quality, cost=TENFOLD)
