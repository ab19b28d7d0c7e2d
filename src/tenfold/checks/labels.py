"""Targets that strongly contradict what a quick model says of their rows.

Shape letters in this file:
    N  rows    C  classes
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import binom

from tenfold.checks.finding import Finding
from tenfold.checks.quick import FEWEST_ROWS

# EVIDENCE: benchmarks/audit. Rows of a class that the model does not know, such as the rare one
# of coin flips, contradict nothing: what it says of them is the share of the class.
KNOWN: Final = 0.25  # of the way from the share of a class to certainty
UNLIKELY: Final = 0.2  # of what rows of its class are usually given
OPINIONS: Final = 4  # of models that learnt from other folds
FEWEST: Final = 7
ODD: Final = 1 / 3  # of the rows that are taken for another class
TOGETHER: Final = 2 / 3  # the shares of these that are odd, and where the model is sure
RARE: Final = 0.02  # a chance
PASSING: Final = 0.85  # of all these, for a first opinion to be followed by others
HIGHEST_TEMPERATURE: Final = 10.0  # temperature
SHARE: Final = 0.02
FAR: Final = 8.0  # times the miss that three of four answers of like size stay below
FAR_IN_LOGS: Final = 2.5
HEAPED: Final = 0.25  # of the rows with one value, as counts have that are mostly zero
# As many wrong numbers as doubtful ones, where logs cannot tell them.
SIGNED_FACTOR: Final = 2.0
STRETCHES: Final = 20
SHOWN: Final = 8
SMALLEST: Final = 1e-6  # probability; one row alone must not set the temperature
Numbers = NDArray[np.float64]


def check_classes_given(
    answers: Callable[[], Numbers],
    target_N: NDArray[np.int64],
    names: Sequence[str],
    classes: Sequence[str],
) -> Iterator[Finding]:
    """Yield whether many classes contradict what was learnt from other rows: A12.

    As in confident learning (Northcutt, Jiang and Chuang, JAIR 70, 2021, arXiv:1911.00068) a
    class has a threshold of its own: what rows that are labelled with it are given for it on
    average. A row is odd if another class reaches its threshold, and its own class stays far
    below. That is evidence only against a class whose rows the model usually knows, and only
    of a model that knows more than the shares of the classes.

    Rows of classes that overlap are wrong at random, too, but these errors fade: the surer the
    model, the fewer. Between two normal distributions of equal spread, however far apart, at
    most a quarter of the errors are odd; and where a quarter of them lies in the surer half of
    the rows, hardly a tenth is odd. Labels that were spoilt at random are wrong as often where
    the model is sure, so that half of them lie there, and most are odd. So a third of what is
    wrong must be odd, both shares must make up two thirds, and what is wrong where the model is
    sure must not be fewer than half of the odd rows, but for chance.

    Parameters
    ----------
    answers : callable
        Returns probabilities, out of folds that are new at each call, shape (N, C).
    target_N : ndarray of shape (N,)
        Class numbers; each occurs.
    names : sequence of str
        What each row or picture is called.
    classes : sequence of str
    """
    if len(target_N) < FEWEST_ROWS:
        return
    first_NC = answers()
    if not _Opinion.of(first_NC, target_N).is_of_spoilt_labels(PASSING):
        return
    every = [first_NC, *(answers() for _ in range(OPINIONS - 1))]
    opinion = _Opinion.of(np.mean(every, axis=0), target_N)
    if not opinion.is_of_spoilt_labels():
        return
    answers_NC, other_N = opinion.answers_NC, opinion.other_N
    odd = np.flatnonzero(opinion.odd_N)
    examples = [
        f"{names[i]} ({classes[target_N[i]]!r}, and {classes[other_N[i]]!r} is "
        f"{100 * answers_NC[i, other_N[i]]:.0f} % likely)"
        for i in odd[np.argsort(answers_NC[odd, target_N[odd]], kind="stable")][:SHOWN]
    ]
    yield _found(len(odd), len(target_N), examples)


@dataclass(frozen=True, slots=True, eq=False)
class _Opinion:
    """What a model thinks of the classes that rows are labelled with.

    Attributes
    ----------
    answers_NC : ndarray of shape (N, C)
        Probabilities, no surer than the labels bear out.
    odd_N : ndarray of shape (N,), bool
        Which rows it contradicts.
    other_N : ndarray of shape (N,), int64
        The class that it takes them for.
    wrong_N : ndarray of shape (N,), bool
        Which rows, of classes that it knows, it contradicts or takes for another.
    """

    answers_NC: Numbers
    odd_N: NDArray[np.bool_]
    other_N: NDArray[np.int64]
    wrong_N: NDArray[np.bool_]

    @classmethod
    def of(cls, answers_NC: Numbers, target_N: NDArray[np.int64]) -> "_Opinion":
        answers_NC = _calibrated(answers_NC, target_N)
        rows, classes = answers_NC.shape
        given_N = answers_NC[np.arange(rows), target_N]
        count_C = np.bincount(target_N, minlength=classes)
        usual_C = np.bincount(target_N, given_N, minlength=classes) / count_C
        reached_NC = np.where(answers_NC >= usual_C, answers_NC, -1.0)
        other_N = reached_NC.argmax(axis=1)
        share_C = count_C / rows
        knows = np.log(given_N).mean() > np.log(share_C)[target_N].mean()
        known_N = (usual_C - share_C >= KNOWN * (1 - share_C))[target_N] & knows
        contradicted_N = (reached_NC.max(axis=1) >= 0) & (other_N != target_N)
        odd_N = known_N & contradicted_N & (given_N < UNLIKELY * usual_C[target_N])
        wrong_N = odd_N | (known_N & (answers_NC.argmax(axis=1) != target_N))
        return cls(answers_NC=answers_NC, odd_N=odd_N, other_N=other_N, wrong_N=wrong_N)

    def is_of_spoilt_labels(self, part: float = 1.0) -> bool:
        """Tell whether wrong rows are odd, and found where the model is sure.

        Parameters
        ----------
        part : float
            Of the numbers that are asked for.
        """
        sure_N = self.answers_NC.max(axis=1)
        deep_N = self.wrong_N & (sure_N >= np.median(sure_N))
        odd, wrong, deep = (int(n.sum()) for n in (self.odd_N, self.wrong_N, deep_N))
        return (
            odd >= part * max(FEWEST, ODD * wrong)
            and odd + deep >= part * TOGETHER * wrong
            and bool(binom.cdf(deep, odd, 0.5) >= RARE)
        )


def _calibrated(answers_NC: Numbers, target_N: NDArray[np.int64]) -> Numbers:
    """Return the probabilities at the temperature, at least 1, that fits the targets best."""
    logs_NC = np.log(np.clip(answers_NC, SMALLEST, 1.0))
    rows = np.arange(len(target_N))

    def at(logarithm: float) -> Numbers:
        return np.asarray(log_softmax(logs_NC / np.exp(logarithm), axis=1))

    best = minimize_scalar(
        lambda logarithm: -at(logarithm)[rows, target_N].mean(),
        bounds=(0.0, np.log(HIGHEST_TEMPERATURE)),
        method="bounded",
    )
    return np.exp(at(best.x))


def check_numbers_given(
    answers_N: Numbers,
    target_N: Numbers,
    names: Sequence[str],
    of_logs: Callable[[Numbers], Numbers],
) -> Iterator[Finding]:
    """Yield whether many numbers contradict what was learnt from other rows: A12.

    Wrong numbers form a separate cluster, far from what rows of like answers miss. Where the
    target is skewed, its largest values are far from all others too, and right; but not in
    logarithms, in which a decimal sign one place off is as far as before.

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
    least = max(FEWEST, (SIGNED_FACTOR if signed else 1) * doubtful)
    if odd_N.sum() < least:
        return
    if not signed:
        above_zero = target_N[target_N > 0].min()  # of counts 1
        logs_N = np.log(target_N + above_zero * (target_N == 0).any())
        odd_N &= _times_usual(of_logs(logs_N), logs_N) > FAR_IN_LOGS
    odd = np.flatnonzero(odd_N)
    if len(odd) < least:
        return
    examples = [
        f"{names[i]} ({target_N[i]:.4g}, expected {answers_N[i]:.4g})"
        for i in odd[np.argsort(-miss_N[odd])][:SHOWN]
    ]
    yield _found(len(odd), len(target_N), examples)


def _found(odd: int, rows: int, examples: Sequence[str]) -> Finding:
    return Finding(
        code="A12",
        severity="warning" if odd >= SHARE * rows else "info",
        fact=f"{odd:,} of {rows:,} targets contradict similar rows",
        place={"examples": "; ".join(examples)},
        fix=("check these, and correct the wrong ones",),
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
