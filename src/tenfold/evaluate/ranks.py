"""What the order of probabilities tells: areas under curves, as scikit-learn computes them."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

LEAST: Final = 1e-15  # weight of rows that are counted


def if_told(
    value: Callable[[NDArray[np.bool_], Numbers, Numbers], float],
    positive: NDArray[np.bool_],
    scores: Numbers,
    weights: Numbers,
) -> float:
    """Return what the order of scores tells; NaN where all rows are positive, or none is."""
    if positive.all() or not positive.any():
        return float("nan")
    return value(positive, scores, weights)


def ranked(positive: NDArray[np.bool_], scores: Numbers, weights: Numbers) -> float:
    """Return the share of pairs whose positive row has the higher score; ties count half.

    What ``sklearn.metrics.roc_auc_score`` returns, without its checks of each call: an interval
    over many classes asks for thousands.
    """
    order = np.argsort(scores, kind="stable")
    _, first = np.unique(scores[order], return_index=True)
    won = np.add.reduceat(np.where(positive, weights, 0.0)[order], first)
    lost = np.add.reduceat(np.where(positive, 0.0, weights)[order], first)
    below = np.cumsum(lost) - lost / 2
    return float(won @ below / (won.sum() * lost.sum()))


def precision_of_ranks(positive: NDArray[np.bool_], scores: Numbers, weights: Numbers) -> float:
    """Return the mean precision at each positive row, once rows are ordered by their score.

    What ``sklearn.metrics.average_precision_score`` returns, without its checks of each call.
    """
    order = np.argsort(-scores, kind="stable")
    weighed = np.where(positive, weights, 0.0)[order]
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)  # of ties
    found, all_rows = np.cumsum(weighed)[last], np.cumsum(weights[order])[last]
    gained = np.diff(found, prepend=0.0)
    return float(gained @ (found / np.maximum(all_rows, LEAST)) / found[-1])
