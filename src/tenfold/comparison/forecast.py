"""How long a comparison will take, told before it begins.

A law of rows, columns and classes was fitted to the seconds that each contender took on
tables of many shapes (benchmarks/LOG.md); how fast this machine is against the one of the
measurements is tried out. How far the sum was off is told in benchmarks/compare; a single
contender may be off by two.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from tenfold.comparison.contenders import Contender
from tenfold.comparison.expert import MANY_ROWS
from tenfold.comparison.job import Round
from tenfold.comparison.problem import Problem
from tenfold.machine import usable_threads

MOTHER_SECONDS: Final = 1.2  # a process that loads the libraries of classical models
NETWORK_SECONDS: Final = 2.5  # the same with torch
ADDED, ADDED_TO_MANY = 22, 8  # columns that an expert adds, of a small table and a large one
TRIED_SECONDS: Final = 0.047  # of ``machine_factor``'s trial on the machine of the measurements
FINALISTS: Final = ("LightGBM", "CatBoost", "extra trees", "colours + LightGBM")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of a fold: ``factor * (rows / 1000) ** a * columns ** b * classes ** c * w``.

    ``w`` is ``exp(words * share of columns that are words)``; of two classes the factor is 1.
    For networks it is the seconds of all folds, and ``rows`` those of all folds together.
    """

    factor: float
    rows: float
    columns: float = 0.0
    classes: float = 0.0
    words: float = 0.0

    def seconds(self, rows: float, columns: int, classes: int, words: float) -> float:
        """Return the seconds for so many rows to learn from."""
        return float(
            self.factor
            * (rows / 1000) ** self.rows
            * columns**self.columns
            * max(1, classes - 1) ** self.classes
            * np.exp(self.words * words)
        )


COSTS: Final[Mapping[str, Cost]] = {
    "baseline": Cost(0.02, 0.0),
    "ridge regression": Cost(0.05, 0.3, 0.17, 0.4, 1.0),
    "logistic regression": Cost(0.05, 0.3, 0.17, 0.4, 1.0),
    "nearest neighbours": Cost(0.08, 0.5, 0.08, 0.3, 1.4),
    "LightGBM": Cost(0.05, 0.46, 0.68, 0.9, 1.5),
    "extra trees": Cost(0.09, 0.61, 0.5, 0.0, 0.2),
    "XGBoost": Cost(0.03, 0.2, 0.98, 0.7, 0.4),
    "CatBoost": Cost(0.15, 0.43, 0.86, 0.9, 1.3),
    "tutorial's network": Cost(0.11, 1.1, 0.3, 0.8, 0.6),
    "Tenfold": Cost(0.08, 0.6, 1.1, 0.35),
}
UNKNOWN: Final = COSTS["extra trees"]

# Of pictures: seconds once for a thousand pictures, and for a thousand that a fold learns from.
PICTURE_COSTS: Final[Mapping[str, tuple[float, float]]] = {
    "baseline": (0.0, 0.0),
    "colours + LightGBM": (0.5, 0.9),
    "HOG + linear SVM": (1.9, 0.35),
    "tutorial's network": (0.6, 13.0),
    "Tenfold, scratch": (0.6, 14.0),
    "Tenfold, pretrained": (5.0, 0.05),
}
UNKNOWN_PICTURES: Final = (0.0, 1.0)
FEW_PICTURES: Final = 8_000  # fewer are shown to ``scratch`` more often, and take as long
EXPERT_SECONDS: Final = 9.0  # that a network for tables takes for a thousand such rows


def round_seconds(
    contender: Contender, this: Round, problem: Problem, limit: float | None
) -> float:
    """Return the seconds that a round of a contender is expected to take on this machine."""
    folds = this.folds or len(problem.splits)
    learnt = this.share * float(np.mean([len(learn) for learn, _ in problem.splits]))
    of = _picture_seconds if problem.kind == "images" else _table_seconds
    seconds = of(contender, this, problem, folds, learnt) * machine_factor()
    if this.one_core:
        seconds *= 1 + 0.2 * (usable_threads() - 1)
    return seconds if limit is None else min(seconds, 1.1 * limit)


def _table_seconds(
    contender: Contender, this: Round, problem: Problem, folds: int, learnt: float
) -> float:
    cost = COSTS.get(contender.name, UNKNOWN)
    columns = len(problem.numbers) + len(problem.words)
    words = len(problem.words) / max(columns, 1)
    if this.features == "expert":
        added = ADDED if len(problem) <= MANY_ROWS else ADDED_TO_MANY
        columns += min(added, len(problem.numbers) ** 2)
    classes = len(problem.classes)
    if contender.network is not None:
        return cost.seconds(learnt * folds, columns, classes, words)
    return folds * cost.seconds(learnt, columns, classes, words)


def _picture_seconds(
    contender: Contender, this: Round, problem: Problem, folds: int, learnt: float
) -> float:
    once, each = PICTURE_COSTS.get(contender.name, UNKNOWN_PICTURES)
    if this.features == "expert":
        return EXPERT_SECONDS * folds * learnt / 1000
    if contender.network == "scratch":
        learnt = max(learnt, FEW_PICTURES * this.share)
    if this.share < 1 and not this.afresh:  # the pictures were seen in an earlier round
        once = 0.0
    pictures = float(len(problem))
    if this.tested < 1:
        pictures *= this.share
    return once * pictures / 1000 + folds * each * learnt / 1000


def expected_seconds(
    rounds: Sequence[tuple[Contender, tuple[Round, ...]]],
    final: Sequence[tuple[Contender, tuple[Round, ...]]],
    problem: Problem,
    limit: float | None,
) -> float:
    """Return the seconds that all is expected to take.

    Parameters
    ----------
    rounds, final : sequence of (Contender, tuple of Round)
        What is run, and what may be run after it: the last network, and each classical
        model that may turn out to be the best.
    problem : Problem
    limit : float or None
        Seconds that a round may train.
    """

    def total(contender: Contender, wanted: tuple[Round, ...]) -> float:
        return sum(round_seconds(contender, this, problem, limit) for this in wanted)

    seconds = (MOTHER_SECONDS + NETWORK_SECONDS) * machine_factor()
    seconds += sum(total(contender, wanted) for contender, wanted in rounds)
    if not final:
        return seconds
    networks = [total(c, wanted) for c, wanted in final if c.network is not None]
    classical = [total(c, wanted) for c, wanted in final if c.name in FINALISTS]
    seconds += (MOTHER_SECONDS + NETWORK_SECONDS) * machine_factor()
    return seconds + sum(networks[-1:]) + float(np.mean(classical or [0.0]))


@cache
def machine_factor() -> float:
    """Return how many times as long this machine takes as the one of the measurements."""
    rng = np.random.default_rng(0)
    numbers, matrix = rng.random(500_000), rng.random((500, 500))
    tried = []
    for _ in range(3):
        began = time.perf_counter()
        np.sort(numbers)
        for _ in range(4):
            matrix @ matrix
        sum(i * i for i in range(300_000))
        tried.append(time.perf_counter() - began)
    return min(tried) / TRIED_SECONDS
