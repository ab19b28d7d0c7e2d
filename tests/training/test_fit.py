"""Which rows each member of a fold learns from and validates on, and how networks are built."""

from dataclasses import replace

import numpy as np
import pytest

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.seeds import Streams
from tenfold.training.fit import make_stack, pool_held_out
from tenfold.training.recipe import Recipe
from tenfold.training.stack import Stack
from tests.engine_tables import (
    coded,
    mixed_frame,
    over_targets,
    quick_run,
    splits_at,
    task_of,
    three_folds,
)

ROWS = 90
RECIPE = Recipe(epochs=1, batch_size=8, lr=0.1, members=6, blocks=5, validating=4)


def setting(kind: str = "regression") -> tuple[Encoded, Splits]:
    rows, _ = coded(mixed_frame(kind, ROWS))
    return rows, splits_at(rows, three_folds(ROWS, unequal=True))


def stack_of(rows: Encoded, splits: Splits, kind: str = "regression", seed: int = 0) -> Stack:
    return make_stack(rows, splits, task_of(kind), RECIPE, Streams(seed))


def check_promises(rows: Encoded, splits: Splits, stack: Stack) -> None:
    each = 6 + stack.silent
    assert stack.members == tuple((f, m) for f in range(3) for m in range(each))
    assert stack.fold_F.tolist() == [f for f in range(3) for _ in range(each)]
    for i, (fold, member) in enumerate(stack.members):
        learn, watch = stack.learn_FN[i], stack.validation_FN[i]
        assert not (watch & splits.held_out[fold]).any()
        assert not (learn & splits.held_out[fold]).any()
        assert not (learn & watch).any()
        assert np.array_equal(learn | watch, splits.learn[fold])
        assert watch.any() == (member < RECIPE.validating) or rows.groups is not None
        assert learn.any()
    if rows.times is None:
        for fold in range(3):
            of_fold = stack.validation_FN[stack.fold_F == fold]
            assert (of_fold.sum(axis=0) <= 1).all()


@over_targets
def test_validation_rows_are_rows_of_the_folds_own_part_that_the_member_does_not_learn_from(
    kind: str,
) -> None:
    rows, splits = setting(kind)
    stack = stack_of(rows, splits, kind)
    check_promises(rows, splits, stack)
    sizes = stack.validation_FN.sum(axis=1)
    for i, (fold, member) in enumerate(stack.members):
        wanted = splits.learn[fold].sum() / RECIPE.blocks * (member < RECIPE.validating)
        assert abs(sizes[i] - wanted) <= 1
    if kind != "regression":
        for at in np.flatnonzero(sizes):
            shares = np.bincount(
                rows.target[stack.validation_FN[at]], minlength=rows.target.max() + 1
            )
            assert shares.min() >= 1
            assert shares.max() - shares.min() <= 6


def test_groups_stay_together_and_the_newest_rows_are_validation_rows() -> None:
    rows, splits = setting()
    grouped = replace(rows, groups=np.arange(ROWS) % 13)
    stack = stack_of(grouped, splits)
    check_promises(grouped, splits, stack)
    for learn, watch in zip(stack.learn_FN, stack.validation_FN, strict=True):
        assert not np.intersect1d(grouped.groups[learn], grouped.groups[watch]).size
    loose = stack_of(rows, splits)
    assert any(
        np.intersect1d(grouped.groups[learn], grouped.groups[watch]).size
        for learn, watch in zip(loose.learn_FN, loose.validation_FN, strict=True)
    )

    moments = np.random.default_rng(0).permutation(ROWS).astype(float)
    timed, forward = replace(rows, times=moments), replace(splits, in_time=True)
    stack = stack_of(timed, forward)
    check_promises(timed, forward, stack)
    for learn, watch in zip(stack.learn_FN, stack.validation_FN, strict=True):
        if watch.any():
            assert moments[learn].max() < moments[watch].min()
    # What answers new rows has learnt from the newest, too.
    assert not stack.validation_FN[stack.answering_F].any()
    assert set(stack.fold_F[stack.answering_F]) == {0, 1, 2}


def test_a_fold_of_one_group_validates_on_rows_of_it() -> None:
    """It cannot leave its only group out: a member would learn from nothing."""
    rows, _ = setting()
    rows = replace(rows, groups=np.arange(ROWS) % 3)
    learn = np.stack([rows.groups == f for f in range(3)])
    splits = Splits(learn=learn, held_out=np.roll(learn, 1, axis=0), numbers=(0, 1, 2))
    stack = stack_of(rows, splits)
    check_promises(rows, splits, stack)
    assert stack.validation_FN[stack.fold_F == 0].any()


def test_the_blocks_of_a_fold_depend_on_its_number_and_the_seed_alone() -> None:
    rows, splits = setting()
    together = stack_of(rows, splits)
    for fold in range(3):
        alone = stack_of(rows, splits.only(fold))
        mine = together.fold_F == fold
        assert np.array_equal(alone.validation_FN, together.validation_FN[mine])
        assert alone.members == tuple(m for m in together.members if m[0] == fold)
    assert not np.array_equal(
        stack_of(rows, splits, seed=1).validation_FN, together.validation_FN
    )


def test_a_row_held_out_by_several_folds_gets_their_mean_and_one_held_out_by_none_nothing() -> (
    None
):
    held_out = np.array([[True, True, False], [False, True, False]])
    splits = Splits(learn=~held_out, held_out=held_out, numbers=(0, 1))
    pooled = pool_held_out(splits, [np.array([[1.0], [2.0]]), np.array([[4.0]])])
    np.testing.assert_array_equal(pooled, [[1.0], [3.0], [np.nan]])


@pytest.mark.parametrize("rows", [4, 5, 7])
def test_the_smallest_tables_train(rows: int) -> None:
    frame = mixed_frame("regression", 24).head(rows)[["age", "y"]].assign(age=range(rows))
    frame["age"] = frame["age"] ** 1.5
    run = quick_run(frame, folds=3, weight_column=None, epochs=2)
    assert np.isfinite(run.study.out_of_fold()).all()
