"""Trees with linear scores: better along slants, and no worse where a line tells nothing."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tenfold.checks import lined
from tenfold.checks.lined import LinedTrees
from tenfold.checks.quick import out_of_fold, shuffled_folds, trees_out_of_fold

ROWS = 600
Rows = tuple[NDArray[np.float64], NDArray[np.int64]]


def slanting(draw: np.random.Generator) -> Rows:
    x = draw.normal(size=(ROWS, 4))
    return x, (x[:, 0] + x[:, 1] > 0.5).astype(np.int64)


def rings(draw: np.random.Generator) -> Rows:
    target = draw.integers(0, 2, ROWS)
    angle, radius = draw.uniform(0, 2 * np.pi, ROWS), 1 + target + draw.normal(0, 0.2, ROWS)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), target


def faint(draw: np.random.Generator) -> Rows:
    x = draw.normal(size=(ROWS, 200))
    chance = 1 / (1 + np.exp(-x[:, 0] - x[:, 1]))
    return x, (draw.random(ROWS) < chance).astype(np.int64)


def losses(rows: Rows, draw: np.random.Generator) -> tuple[float, float]:
    """Return the log loss of trees that see linear scores, and of trees that do not."""
    x, target = rows
    fold = shuffled_folds(len(target), draw)
    both = (
        out_of_fold(lambda: LinedTrees([]), x, target, "classification", fold),
        trees_out_of_fold(x, target, "classification", fold, []),
    )
    with_scores, without = (
        float(-np.log(np.maximum(said[np.arange(len(target)), target], 1e-6)).mean())
        for said in both
    )
    return with_scores, without


@pytest.mark.parametrize("seed", [0, 1])
def test_along_a_slanting_boundary_they_are_much_better(seed: int) -> None:
    draw = np.random.default_rng(seed)
    with_scores, without = losses(slanting(draw), draw)
    assert with_scores < 0.7 * without


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("make", "most"), [(rings, 1.4), (faint, 1.1)])
def test_scores_do_not_tell_the_classes_of_rows_that_are_learnt_from(
    make: Callable[[np.random.Generator], Rows], most: float, seed: int
) -> None:
    """If they did, the trees would learn to believe them, and be misled by those of others.

    Fitted to all rows, a regression on many columns knows their classes. Fitted to all but one,
    where no line tells anything, it says the mean of the others, which tells the class of one.
    """
    draw = np.random.default_rng(seed)
    with_scores, without = losses(make(draw), draw)
    assert with_scores < most * without


def test_they_learn_from_empty_cells_and_words_and_numbers_of_any_size() -> None:
    draw = np.random.default_rng(0)
    x, target = slanting(draw)
    x[draw.random(ROWS) < 0.1, 0] = np.nan
    x[:, 2] = np.nan
    x[0, 3] = 1e100
    word = np.where(draw.random(ROWS) < 0.1, np.nan, draw.integers(2, 60, ROWS))
    x = np.column_stack([x, np.ones(ROWS), word])
    model = LinedTrees([5]).fit(x[:400], target[:400])
    x[400, 5], x[401, 1] = 99, np.nan  # a word, and a gap, that were not learnt from
    said = model.predict_proba(x[400:])
    assert said.shape == (200, 2)
    assert np.allclose(said.sum(axis=1), 1)
    assert (said.argmax(axis=1) == target[400:]).mean() > 0.8


def test_of_very_many_columns_no_scores_are_made() -> None:
    draw = np.random.default_rng(0)
    x, target = slanting(draw)
    x = np.column_stack([x, draw.normal(size=(ROWS, lined.WIDEST))])
    answers = LinedTrees([]).fit(x[:400], target[:400])
    assert answers._linear is None
    assert (answers.predict_proba(x[400:]).argmax(axis=1) == target[400:]).mean() > 0.7
    assert LinedTrees([]).fit(x[:, :9], target)._linear is not None  # the control
