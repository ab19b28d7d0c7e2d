"""Where errors are larger: a line over answers, and boosted trees over a row's cells.

Shape letters in this file:
    N  held-out rows    D  columns    T  trees    I  inner nodes    L  leaves    K  knots
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.nn.conformal import DEPTH, EMPTY_NUMBER, LEAVES, NODES

Numbers = NDArray[np.float64]

# What was tried beside these: benchmarks/LOG.md.
BOOSTING: Final[Mapping[str, Any]] = {
    "n_estimators": 60,
    "learning_rate": 0.05,
    "max_depth": DEPTH,
    "num_leaves": LEAVES,
    "use_missing": False,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
LEAST_LEAF: Final = (10, 50)  # rows of a leaf: 10, or one in 50
# Of a line over answers: knots at most, rows behind each at least, and how many rows' worth of
# the mean error, and which share of it, each is held to: few, as they make small errors larger
# and large ones smaller.
KNOTS, ROWS_OF_KNOT = 8, 50
PRIOR_ROWS, LEAST_SIZE = 2.0, 0.05


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trees:
    """Trees of DEPTH levels whose values add up.

    Attributes
    ----------
    feature : ndarray of shape (T, I), int64
        The column that a node looks at; node i has the nodes 2 i + 1 and 2 i + 2 below it.
    threshold : ndarray of shape (T, I)
        Larger cells go to the second.
    value : ndarray of shape (T, L)
    usual : float
        The mean error.
    """

    feature: NDArray[np.int64]
    threshold: Numbers
    value: Numbers
    usual: float


def find_scale(
    cells: Numbers, errors: Numbers, weights: Numbers, fold: NDArray[np.int64]
) -> tuple[Trees, Numbers]:
    """Learn how large errors are at a row, for each fold from the rows of the others.

    Parameters
    ----------
    cells : ndarray of shape (N, D)
        NaN where a cell is empty.
    errors, weights : ndarray of shape (N,)
    fold : ndarray of shape (N,)
        Which fold holds a row out.

    Returns
    -------
    trees : Trees
        Of all folds; they say the mean of what those of each fold say.
    scale : ndarray of shape (N,)
        What is expected of each row by trees that did not see its error.
    """
    far = -EMPTY_NUMBER
    # In float32, as an exported file may be given them: what that cannot part, no tree does.
    cells = np.nan_to_num(cells, nan=-far, posinf=far, neginf=-far)
    cells = np.clip(cells, -far, far).astype(np.float32).astype(np.float64)
    usual = float(np.average(errors, weights=weights)) or 1.0
    folds = np.unique(fold)
    found, expected = [], np.empty(len(errors))
    for one in folds:
        others, own = fold != one, fold == one
        model = _boosted(cells[others], errors[others], weights[others])
        expected[own] = model.predict(cells[own])
        found += [_arrays(tree["tree_structure"]) for tree in model.dump_model()["tree_info"]]
    feature, threshold, value = (np.stack(part) for part in zip(*found, strict=True))
    trees = Trees(feature=feature, threshold=threshold, value=value / len(folds), usual=usual)
    return trees, np.maximum(expected, 0.1 * usual) + usual


def find_line(
    answers: Numbers, errors: Numbers, weights: Numbers, fold: NDArray[np.int64]
) -> tuple[tuple[Numbers, Numbers], Numbers]:
    """Learn how large errors are at an answer, for each fold from the rows of the others.

    Parameters
    ----------
    answers, errors, weights : ndarray of shape (N,)
    fold : ndarray of shape (N,)
        Which fold holds a row out.

    Returns
    -------
    line : (ndarray of shape (K,), ndarray of shape (K,))
        Answers, rising, and the mean error at each, of all rows.
    scale : ndarray of shape (N,)
        What is expected of each row by a line that did not see its error.

    Examples
    --------
    >>> answers = np.linspace(0, 1, 400)
    >>> (knots, sizes), scale = find_line(answers, answers, np.ones(400), np.arange(400) % 4)
    >>> knots[[0, -1]].tolist(), sizes[[0, -1]].round(1).tolist(), round(float(scale[200]), 1)
    ([0.0, 1.0], [0.0, 1.0], 0.5)
    """
    scale = np.empty(len(errors))
    for one in np.unique(fold):
        others = fold != one
        line = _line(answers[others], errors[others], weights[others])
        scale[~others] = np.interp(answers[~others], *line)
    return _line(answers, errors, weights), scale


def _line(answers: Numbers, errors: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Return knots of equally many rows, and the mean error at each."""
    count = int(np.clip(len(answers) // ROWS_OF_KNOT, 1, KNOTS))
    usual = float(np.average(errors, weights=weights)) or 1.0
    share = weights / weights.mean()
    # Rows of one answer, such as the least that a network gives, belong to one knot.
    edges = np.unique(np.sort(answers)[len(answers) * np.arange(count) // count])
    place = np.searchsorted(edges, answers, side="right") - 1
    rows = np.bincount(place, share)
    knots = np.bincount(place, share * answers) / rows
    sizes = (np.bincount(place, share * errors) + PRIOR_ROWS * usual) / (rows + PRIOR_ROWS)
    if len(knots) > 1:  # the line goes on as far as answers do
        slopes = np.diff(sizes) / np.diff(knots)
        ends = np.array([answers.min(), answers.max()])
        reached = sizes[[0, -1]] + slopes[[0, -1]] * (ends - knots[[0, -1]])
        knots, at = np.unique(np.r_[knots, ends], return_index=True)
        sizes = np.r_[sizes, reached][at]
    return knots, np.maximum(sizes, LEAST_SIZE * usual)


def _boosted(cells: Numbers, errors: Numbers, weights: Numbers) -> Any:
    import lightgbm  # noqa: PLC0415 - a second that only training has to wait

    least, share = LEAST_LEAF
    model = lightgbm.LGBMRegressor(
        **BOOSTING,
        min_child_samples=max(least, len(errors) // share),
        n_jobs=torch.get_num_threads(),
    )
    return model.fit(cells, errors, sample_weight=weights).booster_


def _arrays(root: Mapping[str, Any]) -> tuple[NDArray[np.int64], Numbers, Numbers]:
    """Return a tree as a whole one of DEPTH levels; a leaf above the last is all below it."""
    feature = np.zeros(NODES, dtype=np.int64)
    threshold = np.full(NODES, np.finfo(np.float64).max)  # a file holds finite numbers only
    value = np.empty(LEAVES)

    def walk(tree: Mapping[str, Any], node: int) -> None:
        if node >= NODES:
            value[node - NODES] = tree["leaf_value"]
            return
        inner = "split_feature" in tree
        if inner:
            feature[node], threshold[node] = tree["split_feature"], tree["threshold"]
        walk(tree["left_child"] if inner else tree, 2 * node + 1)
        walk(tree["right_child"] if inner else tree, 2 * node + 2)

    walk(root, 0)
    return feature, threshold, value
