"""What is compared, where the user does not say."""

from typing import Final

import numpy as np

from tenfold.comparison.scoring import scorers
from tenfold.config import Decision
from tenfold.contest.problem import Problem
from tenfold.option import check
from tenfold.report.summary_text import NAMES

RARE: Final = 0.2  # if fewer rows than this are not of the largest class


def check_margin(margin: float | None) -> None:
    """Refuse a margin that is no size of a difference.

    Raises
    ------
    UsageError
        U01.
    """
    check(margin is None or margin >= 0, "margin", margin, "a number, 0 or more")


def choose_metric(metric: str | None, problem: Problem) -> tuple[str, tuple[Decision, ...]]:
    """Return the metric to compare by, and why.

    Raises
    ------
    UsageError
        U01, if it is not one of the task's.
    """
    known = tuple(scorers(problem.task, len(problem.classes)))
    if metric is not None:
        check(metric in known, "metric", metric, " or ".join(known))
        return metric, ()
    if problem.task == "regression":
        chosen, why = "r2", "it does not depend on the unit of the target"
    else:
        largest = float(np.bincount(problem.y).max() / len(problem))
        chosen, why = "accuracy", f"no class has more than {1 - RARE:.0%} of the rows"
        if largest > 1 - RARE:
            chosen = "roc_auc"
            why = (
                f"one class has {largest:.0%} of the rows, so always predicting it gives a "
                "high accuracy"
            )
    what = f"models are compared by {NAMES[chosen]}"
    return chosen, (Decision(what=what, why=why, change_with="--metric"),)
