"""Targets that strongly contradict what a quick model says of their rows.

Shape letters in this file:
    N  rows    C  classes
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.finding import Finding
from tenfold.checks.quick import FEWEST_ROWS

# EVIDENCE: benchmarks/audit. Rows of a class that the model does not know, such as the rare one
# of coin flips, contradict nothing: what it says of them is the share of the class.
KNOWN: Final = 0.5  # what rows of a class are usually given for it, at least
UNLIKELY: Final = 0.2  # of what rows of its class are usually given
OPINIONS: Final = 4  # more, out of other folds
FEWEST: Final = 7
SHARE: Final = 0.02
FAR: Final = 8.0  # times the miss that three of four answers of like size stay below
FAR_IN_LOGS: Final = 2.5
HEAPED: Final = 0.25  # of the rows with one value, as counts have that are mostly zero
APART: Final = 2.0  # as many wrong numbers as doubtful ones, where logs cannot tell them
STRETCHES: Final = 20
SHOWN: Final = 8
SMALLEST: Final = 1e-15  # probability
Numbers = NDArray[np.float64]


def check_classes_given(
    answers_NC: Numbers,
    target_N: NDArray[np.int64],
    names: Sequence[str],
    classes: Sequence[str],
    again: Callable[[], Numbers],
) -> Iterator[Finding]:
    """Yield whether many classes contradict what was learnt from other rows: A12.

    As in confident learning (Northcutt, Jiang and Chuang, JAIR 70, 2021, arXiv:1911.00068) a
    class has a threshold of its own: what rows that are labelled with it are given for it on
    average. A row is contradicted if another class reaches its threshold, and its own class
    stays far below. That is evidence only against a class whose rows the model usually knows,
    and only of a model that knows more than the shares of the classes.

    Rows of classes that are hard to tell apart are doubtful: the less likely their class, the
    fewer there are. Wrong labels are a heap apart: the model is sure of another class, and so
    are models that learnt from other rows. One model alone is often sure of what it knows
    little of.

    Parameters
    ----------
    answers_NC : ndarray of shape (N, C)
        Probabilities, out of fold.
    target_N : ndarray of shape (N,)
        Class numbers; each occurs.
    names : sequence of str
        What each row or picture is called.
    classes : sequence of str
    again : callable
        Returns what is answered out of other folds.
    """
    if len(target_N) < FEWEST_ROWS:
        return
    first = _Opinion.of(answers_NC, target_N)
    if first.is_no_heap(first.odd_N):
        return
    more_NC = np.mean([again() for _ in range(OPINIONS)], axis=0)
    odd_N = first.odd_N & _Opinion.of(more_NC, target_N).odd_N
    if first.is_no_heap(odd_N):
        return
    odd, other_N = np.flatnonzero(odd_N), first.other_N
    given_N = answers_NC[np.arange(len(target_N)), target_N]
    told = [
        f"{names[i]} ({classes[target_N[i]]!r}, and {classes[other_N[i]]!r} is "
        f"{100 * answers_NC[i, other_N[i]]:.0f} % likely)"
        for i in odd[np.argsort(given_N[odd])][:SHOWN]
    ]
    yield _found(len(odd), len(target_N), told)


@dataclass(frozen=True, slots=True, eq=False)
class _Opinion:
    """What a model thinks of the classes that rows are labelled with.

    Attributes
    ----------
    odd_N : ndarray of shape (N,), bool
        Which rows it contradicts.
    other_N : ndarray of shape (N,), int64
        The class that it takes them for.
    wrong : int
        Rows of classes that it knows, and takes for another.
    """

    odd_N: NDArray[np.bool_]
    other_N: NDArray[np.int64]
    wrong: int

    @classmethod
    def of(cls, answers_NC: Numbers, target_N: NDArray[np.int64]) -> "_Opinion":
        rows, classes = answers_NC.shape
        given_N = answers_NC[np.arange(rows), target_N]
        count_C = np.bincount(target_N, minlength=classes)
        usual_C = np.bincount(target_N, given_N, minlength=classes) / count_C
        reached_NC = np.where(answers_NC >= usual_C, answers_NC, -1.0)
        other_N = reached_NC.argmax(axis=1)
        guess = np.log(count_C / rows)[target_N].mean()
        knows = np.log(np.maximum(given_N, SMALLEST)).mean() > guess
        known_N = (usual_C >= KNOWN)[target_N] & knows
        contradicted_N = (reached_NC.max(axis=1) >= 0) & (other_N != target_N)
        return cls(
            odd_N=known_N & contradicted_N & (given_N < UNLIKELY * usual_C[target_N]),
            other_N=other_N,
            wrong=int((known_N & (answers_NC.argmax(axis=1) != target_N)).sum()),
        )

    def is_no_heap(self, odd_N: NDArray[np.bool_]) -> bool:
        """Tell whether rows are few, or fewer than those that are only doubtful."""
        odd = int(odd_N.sum())
        return odd < FEWEST or odd < self.wrong - odd


def check_numbers_given(
    answers_N: Numbers,
    target_N: Numbers,
    names: Sequence[str],
    of_logs: Callable[[Numbers], Numbers],
) -> Iterator[Finding]:
    """Yield whether many numbers contradict what was learnt from other rows: A12.

    Wrong numbers are a heap apart, far from what rows of like answers miss. Where the target is
    skewed, its largest values are far from all others too, and right; but not in logarithms,
    in which a decimal sign one place off is as far as before.

    Parameters
    ----------
    answers_N : ndarray of shape (N,)
        Out of fold.
    target_N : ndarray of shape (N,)
    names : sequence of str
        What each row is called.
    of_logs : callable
        Returns what is answered, out of fold, if such numbers are the targets.
    """
    if len(target_N) < FEWEST_ROWS:
        return
    if np.unique(target_N, return_counts=True)[1].max() > HEAPED * len(target_N):
        return  # what most rows miss says nothing of the others
    miss_N = _times_usual(answers_N, target_N)
    odd_N, doubtful = miss_N > FAR, int(((miss_N > FAR / 2) & (miss_N <= FAR)).sum())
    signed = bool((target_N < 0).any())
    least = max(FEWEST, (APART if signed else 1) * doubtful)
    if odd_N.sum() < least:
        return
    if not signed:
        above_zero = target_N[target_N > 0].min()  # of counts 1
        logs_N = np.log(target_N + above_zero * (target_N == 0).any())
        odd_N &= _times_usual(of_logs(logs_N), logs_N) > FAR_IN_LOGS
    odd = np.flatnonzero(odd_N)
    if len(odd) < least:
        return
    told = [
        f"{names[i]} ({target_N[i]:.4g}, expected {answers_N[i]:.4g})"
        for i in odd[np.argsort(-miss_N[odd])][:SHOWN]
    ]
    yield _found(len(odd), len(target_N), told)


def _found(odd: int, rows: int, told: Sequence[str]) -> Finding:
    return Finding(
        code="A12",
        severity="warns" if odd >= SHARE * rows else "notes",
        fact=f"{odd:,} of {rows:,} targets contradict what other rows show",
        place={"such as": "; ".join(told)},
        fix=("look at these, and mend those that are wrong",),
    )


def _times_usual(answer_N: Numbers, target_N: NDArray[Any]) -> Numbers:
    """Return how many times as far off each answer is as those of like size usually are."""
    miss = np.abs(answer_N - target_N)
    order = np.argsort(answer_N, kind="stable")
    stretch = np.empty(len(order), dtype=np.int64)
    stretch[order] = (
        np.arange(len(order)) * max(1, min(STRETCHES, len(order) // 30)) // len(order)
    )
    usual = np.array([np.quantile(miss[stretch == s], 0.75) for s in range(stretch.max() + 1)])
    return np.asarray(miss / np.maximum(usual[stretch], 1e-3 * target_N.std() + 1e-300))
