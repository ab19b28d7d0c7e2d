"""Targets that strongly contradict what a quick model says of their rows."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.finding import Finding
from tenfold.checks.quick import FEWEST_ROWS
from tenfold.config import Task

UNLIKELY: Final = 0.1  # the probability of the given class
LIKELY: Final = 0.8  # that of another
FEWEST: Final = 10
SHARE: Final = 0.02
FAR: Final = 8.0  # times the miss that three of four answers of like size stay below
STRETCHES: Final = 20
SHOWN: Final = 8


def check_labels(
    answers: NDArray[np.float64],
    target: NDArray[Any],
    names: Sequence[str],
    task: Task,
    classes: Sequence[str] = (),
) -> Iterator[Finding]:
    """Yield whether many targets contradict what was learnt from other rows: A12.

    Rows of classes that are hard to tell apart are doubtful: the less likely their class, the
    fewer there are. Wrong labels are a heap apart: the model is sure of another class.

    Parameters
    ----------
    answers : ndarray of shape (N, O)
        Out of fold: values (O = 1) or probabilities.
    target : ndarray of shape (N,)
    names : sequence of str
        What each row or picture is called.
    task : {"regression", "classification"}
    classes : sequence of str
    """
    if len(target) < FEWEST_ROWS:
        return
    if task == "regression":
        miss = _times_usual(answers[:, 0], target)
        odd = np.flatnonzero(miss > FAR)
        doubtful, order = 0, odd[np.argsort(-miss[odd])]
    else:
        given = answers[np.arange(len(target)), target]
        odd = np.flatnonzero((given < UNLIKELY) & (answers.max(axis=1) > LIKELY))
        wrong = int((answers.argmax(axis=1) != target).sum())
        doubtful, order = wrong - len(odd), odd[np.argsort(given[odd])]
    if len(odd) < FEWEST:
        return
    many = len(odd) >= SHARE * len(target) and len(odd) >= doubtful
    yield Finding(
        code="A12",
        severity="warns" if many else "notes",
        fact=f"{len(odd):,} of {len(target):,} targets contradict what other rows show",
        place={
            "such as": "; ".join(
                _told(i, answers, target, names, classes) for i in order[:SHOWN]
            )
        },
        fix=("look at these, and mend those that are wrong",),
    )


def _times_usual(answer: NDArray[np.float64], target: NDArray[Any]) -> NDArray[np.float64]:
    """Return how many times as far off each answer is as those of like size usually are."""
    miss = np.abs(answer - target)
    order = np.argsort(answer, kind="stable")
    stretch = np.empty(len(order), dtype=np.int64)
    stretch[order] = (
        np.arange(len(order)) * max(1, min(STRETCHES, len(order) // 30)) // len(order)
    )
    usual = np.array([np.quantile(miss[stretch == s], 0.75) for s in range(stretch.max() + 1)])
    return np.asarray(miss / np.maximum(usual[stretch], 1e-3 * target.std() + 1e-300))


def _told(
    row: int,
    answers: NDArray[np.float64],
    target: NDArray[Any],
    names: Sequence[str],
    classes: Sequence[str],
) -> str:
    if not classes:
        return f"{names[row]} ({target[row]:.4g}, expected {answers[row, 0]:.4g})"
    best = int(answers[row].argmax())
    return (
        f"{names[row]} ({classes[target[row]]!r}, and {classes[best]!r} is "
        f"{100 * answers[row, best]:.0f} % likely)"
    )
