"""Two answers to the same pictures as one: which weights are best, and what comes out.

Probabilities are mixed by their logarithms, those of labels by their logarithms of odds, and
numbers as they are. Weights are pulled to what is plausible as if by a picture more: where all
answers are right, the loss alone would have them grow for ever.

Shape letters in this file:
    V  pictures    O  outputs
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, logit

from tenfold.config import Task

Numbers = NDArray[np.float64]
Marks = NDArray[np.int64]
Pair = tuple[float, float]

EQUAL: Final[Pair] = (0.5, 0.5)
FLOOR: Final = 1e-9  # of a probability, before its logarithm


@dataclass(frozen=True, kw_only=True, slots=True)
class Mixing:
    """How two answers become one.

    Attributes
    ----------
    weights : callable
        From both answers, (V, O), and the truth to the best weight of each.
    mixed : callable
        From weights and both answers to one answer.
    loss : callable
        Mean loss of an answer: log-loss, of labels that of each, or squared error.
    """

    weights: Callable[[Numbers, Numbers, NDArray[Any]], Pair]
    mixed: Callable[[Numbers, Numbers, Numbers], Numbers]
    loss: Callable[[Numbers, NDArray[Any]], float]


def best_weights(first_VO: Numbers, second_VO: Numbers, truth_V: Marks) -> Pair:
    """Return the weights of two answers' logarithms that make the log-loss least.

    Weights are not below 0, and pulled to 1. The problem is convex.

    Examples
    --------
    >>> said = np.array([[0.8, 0.2], [0.4, 0.6], [0.7, 0.3], [0.3, 0.7], [0.6, 0.4]])
    >>> guess = np.full((5, 2), 0.5)
    >>> first, second = best_weights(said, guess, np.array([0, 1, 0, 1, 1]))
    >>> 1 < first < 4, round(second, 6)
    (True, 1.0)
    """
    log_2VO = _logs(first_VO, second_VO)
    rows_V = np.arange(len(truth_V))
    own_2V = log_2VO[:, rows_V, truth_V]

    def loss(weight_2: Numbers) -> tuple[float, Numbers]:
        log_VO = log_softmax(np.tensordot(weight_2, log_2VO, axes=1), axis=1)
        slope_2V = (log_2VO * np.exp(log_VO)).sum(axis=2) - own_2V
        return -float(log_VO[rows_V, truth_V].sum()), slope_2V.sum(axis=1)

    return _least(loss)


def best_odds(first_VO: Numbers, second_VO: Numbers, truth_VO: Marks) -> Pair:
    """Return the weights of two answers' logarithms of odds that make the log-loss least.

    Weights are not below 0, and pulled to 1.

    Examples
    --------
    >>> said, guess = np.array([[0.8], [0.4], [0.7], [0.3]]), np.full((4, 1), 0.5)
    >>> first, second = best_odds(said, guess, np.array([[1], [0], [1], [0]]))
    >>> first > 1, round(second, 6)
    (True, 1.0)
    """
    odds_2VO = _odds(first_VO, second_VO)

    def loss(weight_2: Numbers) -> tuple[float, Numbers]:
        mixed_VO = np.tensordot(weight_2, odds_2VO, axes=1)
        off = float((np.logaddexp(0, mixed_VO) - truth_VO * mixed_VO).sum())
        return off, (odds_2VO * (expit(mixed_VO) - truth_VO)).sum(axis=(1, 2))

    return _least(loss)


def best_mean(first_V1: Numbers, second_V1: Numbers, truth_V: Numbers) -> Pair:
    """Return the weights of two numbers, 1 together, that make the squared error least.

    Neither is below 0, and both are pulled to a half.

    Examples
    --------
    >>> truth = np.array([1.0, 2.0, 3.0, 4.0])
    >>> first, second = best_mean(truth[:, None] + 0.1, truth[:, None] - 0.3, truth)
    >>> round(first, 2), round(second, 2)
    (0.7, 0.3)
    """
    apart_V = (first_V1 - second_V1)[:, 0]
    left_V = truth_V - second_V1[:, 0]
    pull = max(float(np.square(apart_V).mean()), FLOOR)
    share = (apart_V @ left_V + pull / 2) / (apart_V @ apart_V + pull)
    first = float(np.clip(share, 0.0, 1.0))
    return first, 1 - first


def _least(loss: Callable[[Numbers], tuple[float, Numbers]]) -> Pair:
    """Return the weights at which a loss and the pull to 1 are least."""

    def pulled(weight_2: Numbers) -> tuple[float, Numbers]:
        (value, slope_2), off_2 = loss(weight_2), weight_2 - 1
        return float(off_2 @ off_2) / 2 + value, slope_2 + off_2

    bounds = [(0.0, None)] * 2
    found = minimize(pulled, np.ones(2), jac=True, method="L-BFGS-B", bounds=bounds)
    first, second = found.x.tolist()
    return first, second


def _logs(first_VO: Numbers, second_VO: Numbers) -> Numbers:
    return np.log(np.maximum(np.stack([first_VO, second_VO]), FLOOR))


def _odds(first_VO: Numbers, second_VO: Numbers) -> Numbers:
    return np.asarray(logit(np.clip(np.stack([first_VO, second_VO]), FLOOR, 1 - FLOOR)))


def _mixed_classes(weight_2: Numbers, first_VO: Numbers, second_VO: Numbers) -> Numbers:
    weighed_VO = np.tensordot(weight_2, _logs(first_VO, second_VO), axes=1)
    return np.asarray(np.exp(log_softmax(weighed_VO, axis=1)))


def _mixed_labels(weight_2: Numbers, first_VO: Numbers, second_VO: Numbers) -> Numbers:
    return np.asarray(expit(np.tensordot(weight_2, _odds(first_VO, second_VO), axes=1)))


def _mixed_numbers(weight_2: Numbers, first_V1: Numbers, second_V1: Numbers) -> Numbers:
    return np.asarray(weight_2[0] * first_V1 + weight_2[1] * second_V1)


def _loss_of_classes(said_VO: Numbers, truth_V: Marks) -> float:
    own_V = said_VO[np.arange(len(said_VO)), truth_V]
    return float(-np.log(np.maximum(own_V, FLOOR)).mean())


def _loss_of_labels(said_VO: Numbers, truth_VO: Marks) -> float:
    own_VO = np.where(truth_VO == 1, said_VO, 1 - said_VO)
    return float(-np.log(np.maximum(own_VO, FLOOR)).mean())


def _loss_of_numbers(said_V1: Numbers, truth_V: Numbers) -> float:
    return float(np.square(said_V1[:, 0] - truth_V).mean())


MIXING: Final[Mapping[Task, Mixing]] = {
    "classification": Mixing(weights=best_weights, mixed=_mixed_classes, loss=_loss_of_classes),
    "multilabel": Mixing(weights=best_odds, mixed=_mixed_labels, loss=_loss_of_labels),
    "regression": Mixing(weights=best_mean, mixed=_mixed_numbers, loss=_loss_of_numbers),
}
