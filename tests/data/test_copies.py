"""The order of the file is forgotten, and copies of a row weigh together."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.config import RunOptions, SchemaOptions, SplitOptions
from tenfold.data.columns.encode import Encoded, encode
from tenfold.data.columns.schema import infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.folds.equal_rows import in_order, keep_together
from tenfold.data.folds.together import joined, joined_within
from tenfold.kinds.tables.table_split import split_rows
from tenfold.seeds import Streams


def rows_of(frame: pd.DataFrame, *, weights: bool = False, **split: Any) -> Encoded:
    table = read_table(frame)
    options = SchemaOptions(keep_counters=True, weight_column="w" if weights else None)
    schema = infer_schema(table, "y", options, SplitOptions(**split))
    return in_order(encode(table, schema))


def mixed(rows: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(rows)
    frame = pd.DataFrame({"x": rng.normal(size=rows), "word": rng.choice(list("abc"), rows)})
    frame.loc[::5, "x"] = None
    frame.loc[::7, "word"] = None
    return frame.assign(
        g=rng.choice(["p", "q"], rows),
        t=rng.permutation(rows),
        w=rng.uniform(1, 2, rows),
        y=rng.normal(size=rows),
    )


def assert_same_rows(one: Encoded, other: Encoded) -> None:
    for name in ("numbers", "codes", "target", "weights", "groups", "times"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("split", [{}, {"group_column": "g"}, {"time_column": "t"}])
@pytest.mark.parametrize("seed", range(3))
def test_rows_in_another_order_are_the_same_rows(split: dict[str, str], seed: int) -> None:
    frame = mixed()
    order = np.random.default_rng(seed).permutation(len(frame))
    one = rows_of(frame, weights=True, **split)
    other = rows_of(frame.iloc[order], weights=True, **split)
    assert_same_rows(one, other)
    np.testing.assert_array_equal(one.rows, order[other.rows])
    assert (one.rows != np.arange(len(frame))).any()


def test_columns_in_another_order_are_the_same_rows() -> None:
    frame = mixed()
    assert_same_rows(rows_of(frame), rows_of(frame[["y", "w", "t", "x", "g", "word"]]))


def test_rows_that_weigh_nothing_are_left_out() -> None:
    frame = mixed()
    frame.loc[:9, "w"] = 0
    rows = rows_of(frame, weights=True)
    assert len(rows) == 30
    assert rows.rows.min() == 10


def split_of(frame: pd.DataFrame, **split: Any) -> tuple[Any, Any, tuple[str, ...]]:
    """Return the fold that tests each row of a table, -1 for none, and what was said."""
    table = read_table(frame)
    options = SplitOptions(**split)
    schema = infer_schema(table, "y", SchemaOptions(keep_counters=True), options)
    found = split_rows(
        encode(table, schema), schema, RunOptions(split=options), Streams(0), None
    )
    held_out = found.splits.held_out[:, found.place]
    fold = np.where(held_out.any(axis=0), held_out.argmax(axis=0), -1)
    return found.rows, fold, tuple(decision.what for decision in found.decisions)


@settings(max_examples=60)
@given(
    times=st.lists(st.integers(1, 4), min_size=24, max_size=40),
    conflicts=st.integers(0, 5),
    classes=st.booleans(),
    seed=st.integers(0, 9),
)
def test_rows_with_equal_inputs_share_a_fold_whatever_their_targets(
    times: list[int], conflicts: int, classes: bool, seed: int
) -> None:
    frame = mixed(len(times)).drop(columns=["g", "t", "w"])
    copied = frame.loc[np.repeat(frame.index, times)].sample(frac=1, random_state=seed)
    y = copied["y"].to_numpy(copy=True)
    y[:conflicts] = -y[:conflicts] - 1
    copied["y"] = np.where(y > 0, "high", "low") if classes else y
    rows, fold, said = split_of(copied, folds=4)
    inputs = len(copied[["x", "word"]].drop_duplicates())
    kinds = len(copied.drop_duplicates())
    assert len(rows) == (kinds if kinds == inputs else len(copied))
    assert rows.weights.sum() == len(copied)
    for row in frame.index:
        assert len(set(fold[copied.index == row])) == 1
    largest = int(copied.groupby(["x", "word"], dropna=False).size().max())
    assert np.ptp(np.bincount(fold, minlength=4)) <= 2 * largest
    count = len(copied) - inputs
    if kinds == inputs:
        verb = "row that is a duplicate" if count == 1 else "rows that are duplicates"
        sentence = f"{count:,} {verb} of another add to the weight of that row"
    else:
        who, share = ("row has", "shares") if count == 1 else ("rows have", "share")
        sentence = f"{count:,} {who} the same inputs as another, and {share} its fold"
    assert list(said[:-1]) == ([sentence] if count else [])


def test_a_copy_has_the_same_cells_empty_or_not_and_nothing_else() -> None:
    frame = pd.DataFrame(
        {
            "x": [1.5, 1.5, None, None, 0.0, -0.0, 2.5, 2.5],
            "word": ["a", "a", "b", "b", "c", "c", "a", None],
            "y": [1.5, 1.5, 2.5, 2.5, 3.5, 3.5, 4.5, 5.5],
        }
    )
    rows, decisions = keep_together(rows_of(frame), 2)
    assert rows.sets is not None
    assert sorted(np.unique(rows.sets, return_counts=True)[1]) == [1, 1, 2, 2, 2]
    assert [d.what for d in decisions] == [
        "3 rows have the same inputs as another, and share its fold"
    ]
    assert decisions[0].change_with == "--keep-copies"


def test_more_equal_rows_than_folds_hold_are_dealt_out_one_by_one() -> None:
    """Two categories say little: their rows are repeated observations, and no copies."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.choice(["p", "q"], 80), "y": rng.normal(size=80)})
    _, fold, said = split_of(frame, folds=4)
    assert np.bincount(fold).tolist() == [20] * 4
    for word in ("p", "q"):
        assert len(set(fold[frame["a"] == word])) == 4
    assert said[0] == "80 rows with the same inputs as another may be in different folds"
    few = pd.DataFrame({"x": np.r_[np.zeros(20), 1, 1, 1, np.arange(2, 12)]})
    _, fold, said = split_of(few.assign(y=rng.normal(size=33)), folds=4)
    assert len(set(fold[:20])) == 4
    assert len(set(fold[20:23])) == 1
    assert said[:2] == (
        "2 rows have the same inputs as another, and share its fold",
        "20 rows with the same inputs as another may be in different folds",
    )


def test_equal_rows_of_two_groups_hold_their_groups_together_if_a_fold_can() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat([f"g{i}" for i in range(12)], 4)
    frame = pd.DataFrame({"x": rng.normal(size=48), "g": group, "y": rng.normal(size=48)})
    frame["x"] = frame["x"].mask(
        frame.index == 4, frame["x"][0]
    )  # of the second group and the first
    _, fold, said = split_of(frame, folds=3, group_column="g")
    assert len(set(fold[:8])) == 1
    assert said[0].startswith("1 row has the same inputs as another")
    frame["x"] = rng.integers(0, 3, 48)  # by these all groups hang together
    _, fold, said = split_of(frame, folds=3, group_column="g")
    assert len({fold[group == name].max() for name in group}) == 3
    assert said[0].startswith("20 rows have the same inputs as another")  # of its group
    assert said[1] == "48 rows with the same inputs as another may be in different folds"


def test_in_time_equal_rows_need_not_share_a_fold() -> None:
    frame = mixed(40).assign(x=1.5, word="a")
    rows, _, said = split_of(frame, folds=4, time_column="t")
    assert rows.sets is None
    assert said[0].startswith("4 folds")


def test_copies_are_kept_if_asked_and_otherwise_never_on_both_sides() -> None:
    frame = pd.concat([mixed()] * 2)
    for keep in (False, True):
        rows, fold, _ = split_of(frame, folds=4, keep_copies=keep)
        assert len(rows) == (80 if keep else 40)
        assert (fold[:40] != fold[40:]).any() == keep


def test_a_lenient_split_makes_as_many_folds_as_rows_differ() -> None:
    frame = pd.concat([mixed(7)] * 2)[["x", "word", "y"]]
    differ = len(frame[["x", "word"]].drop_duplicates())
    _, fold, said = split_of(frame, lenient=True)
    np.testing.assert_array_equal(fold[:7], fold[7:])
    assert len(set(fold)) == differ
    assert said[1] == f"{differ} folds"
    _, fold, said = split_of(frame, folds=10)  # asked for, so many are made
    assert len(set(fold)) == 10
    assert said[0].endswith("may be in different folds")


def in_groups(group: list[Any], seed: int = 0) -> pd.DataFrame:
    """Return rows that all stand there twice, with the group of each."""
    draw = np.random.default_rng(seed)
    half = len(group) // 2
    frame = pd.DataFrame(draw.normal(size=(half, 3)), columns=list("abc"))
    frame["y"] = draw.normal(size=half)
    return pd.concat([frame, frame * [1, 1, 1, -1]], ignore_index=True).assign(g=group)


def split_pairs(fold: Any) -> Any:
    half = len(fold) // 2
    return fold[:half] != fold[half:]


def test_a_large_group_leaves_only_its_own_copies_apart() -> None:
    _, fold, said = split_of(in_groups(["x"] * 51 + [None] * 349), group_column="g")
    assert len(set(fold[:51])) == 1
    is_split = split_pairs(fold)
    assert not is_split[51:].any()
    # Two folds hold 80 rows, so 29 copies of the 51 have room beside their group.
    assert 0 < is_split.sum() <= 22
    assert said[:2] == (
        "178 rows have the same inputs as another, and share its fold",
        "44 rows with the same inputs as another may be in different folds",
    )


def test_of_groups_that_all_hang_together_most_copies_are_kept_together() -> None:
    draw = np.random.default_rng(0)
    group = draw.choice([f"g{i:02}" for i in range(40)], 400).astype(object)
    group[draw.random(400) < 0.5] = None
    _, fold, said = split_of(in_groups(list(group)), group_column="g")
    for name in set(group) - {None}:
        assert len(set(fold[group == name])) == 1
    is_split = split_pairs(fold)
    first, second = pd.Series(group[:200]), pd.Series(group[200:])
    both = (first.isna() & second.isna()) | (first == second)
    assert both.sum() > 30
    assert not is_split[both].any()
    one = first.isna() != second.isna()
    assert is_split[one].mean() < 0.1
    two = first.notna() & second.notna() & (first != second)
    assert is_split[two].mean() < 0.8
    count = next(int(what.split()[0]) for what in said if "may be" in what)
    assert 2 * is_split.sum() <= count <= 2 * two.sum()


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    names=st.integers(2, 30),
    empty=st.floats(0, 1),
    large=st.integers(0, 100),
    folds=st.integers(2, 10),
    seed=st.integers(0, 99),
)
def test_groups_are_kept_whatever_copies_say_and_what_is_said_of_copies_is_true(
    names: int, empty: float, large: int, folds: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    group = draw.choice([f"g{i:02}" for i in range(names)], 200).astype(object)
    group[draw.random(200) < empty] = None
    group[:large] = "g00"
    if len(set(group)) - (None in set(group)) + sum(name is None for name in group) < folds:
        return
    _, fold, said = split_of(in_groups(list(group), seed), folds=folds, group_column="g")
    for name in set(group) - {None}:
        assert len(set(fold[group == name])) == 1
    count = next((int(what.split()[0]) for what in said if "may be" in what), 0)
    assert 2 * split_pairs(fold).sum() <= count
    assert (np.bincount(fold, minlength=folds) > 0).all()


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    names=st.integers(2, 40),
    alone=st.floats(0, 1),
    sets=st.integers(20, 150),
    folds=st.integers(2, 10),
    seed=st.integers(0, 99),
)
def test_what_stays_together_is_no_larger_than_folds_hold(
    names: int, alone: float, sets: int, folds: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    set_N, group_N = draw.integers(0, sets, 160), draw.integers(0, names, 160)
    group_N = np.where(draw.random(160) < alone, 1000 + np.arange(160), group_N)
    part_N = joined_within(set_N, group_N, folds, folds)
    groups = len(np.unique(group_N))
    assert len(np.unique(np.stack([group_N, part_N]), axis=1).T) == groups
    most = max(2, 2 * 160 // folds, np.bincount(group_N).max())
    assert np.bincount(part_N).max() <= most
    assert len(np.unique(part_N)) >= min(folds, groups)
    whole_N = joined(set_N, group_N)  # the control: what is small enough is joined whole
    if np.bincount(whole_N).max() <= most and len(np.unique(whole_N)) >= folds:
        assert len(np.unique(np.stack([whole_N, part_N]), axis=1).T) == len(np.unique(part_N))
        assert len(np.unique(part_N)) == len(np.unique(whole_N))


def test_the_order_of_the_file_does_not_say_which_copies_stay_together() -> None:
    draw = np.random.default_rng(0)
    group = [f"g{i:02}" for i in draw.integers(0, 25, 300)]
    frame = in_groups(group)
    order = draw.permutation(len(frame))
    one = split_of(frame, group_column="g")[1]
    other = split_of(frame.iloc[order].reset_index(drop=True), group_column="g")[1]
    np.testing.assert_array_equal(one[order], other)
