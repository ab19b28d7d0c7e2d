"""How long a comparison will take, told before it begins.

What each contender costs was measured (``contest/cost.py``); how fast this machine is against
the one of the measurements is tried out. How far the sum was off is told in
benchmarks/compare; a single contender may be off by two.
"""

import time
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from tenfold.contest.contender import Contender
from tenfold.contest.contest import Contest
from tenfold.contest.round import Round
from tenfold.machine import usable_threads

MOTHER_SECONDS: Final = 1.2  # a process that loads the libraries of classical models
NETWORK_SECONDS: Final = 2.5  # the same with torch
TRIED_SECONDS: Final = 0.047  # of ``machine_factor``'s trial on the machine of the measurements


def round_seconds(
    contender: Contender, this: Round, problem: Contest, limit: float | None
) -> float:
    """Return the seconds that a round of a contender is expected to take on this machine."""
    folds = this.folds or len(problem.splits)
    learnt = this.share * float(np.mean([len(learn) for learn, _ in problem.splits]))
    seconds = problem.seconds(contender, this, folds, learnt) * machine_factor()
    if this.one_core:
        seconds *= 1 + 0.2 * (usable_threads() - 1)
    return seconds if limit is None else min(seconds, 1.1 * limit)


def expected_seconds(
    rounds: Sequence[tuple[Contender, tuple[Round, ...]]],
    final: Sequence[tuple[Contender, tuple[Round, ...]]],
    problem: Contest,
    limit: float | None,
) -> float:
    """Return the seconds that all is expected to take.

    Parameters
    ----------
    rounds, final : sequence of (Contender, tuple of Round)
        What is run, and what may be run after it: the last network, and each classical
        model that may turn out to be the best.
    problem : Contest
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
    classical = [total(c, wanted) for c, wanted in final if c.likely]
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
