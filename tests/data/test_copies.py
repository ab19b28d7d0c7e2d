"""The order of the file is forgotten, and copies of a row weigh together."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.config import RunOptions, SchemaOptions, SplitOptions
from tenfold.data.copies import in_order, join_copies
from tenfold.data.encode import Encoded, encode
from tenfold.data.read import read_table
from tenfold.data.schema import infer_schema
from tenfold.seeds import Streams
from tenfold.study.tables import split_rows


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


@settings(max_examples=40, deadline=None)
@given(times=st.lists(st.integers(1, 4), min_size=5, max_size=20), seed=st.integers(0, 9))
def test_copies_become_one_row_with_the_sum_of_their_weights(
    times: list[int], seed: int
) -> None:
    frame = mixed(len(times))
    copied = frame.loc[np.repeat(frame.index, times)].sample(frac=1, random_state=seed)
    rows = rows_of(copied, weights=True)
    joined, place, decisions = join_copies(rows)
    assert len(joined) == len(times)
    np.testing.assert_allclose(
        joined.weights[place] / rows.weights,
        np.array(times)[copied.index.to_numpy()[rows.rows]],
    )
    np.testing.assert_array_equal(joined.numbers[place], rows.numbers)
    np.testing.assert_array_equal(joined.target[place], rows.target)
    assert joined.weights.sum() == pytest.approx(rows.weights.sum())
    assert [decision.change_with for decision in decisions] == (
        ["--keep-copies"] if max(times) > 1 else []
    )


def test_a_copy_has_the_same_cells_empty_or_not_and_nothing_else() -> None:
    frame = pd.DataFrame(
        {
            "x": [1.5, 1.5, None, None, 0.0, -0.0, 2.5, 2.5],
            "word": ["a", "a", "b", "b", "c", "c", "a", None],
            "y": [1.5, 1.5, 2.5, 2.5, 3.5, 3.5, 4.5, 5.5],
        }
    )
    joined, place, (decision,) = join_copies(rows_of(frame))
    assert sorted(joined.weights) == [1, 1, 2, 2, 2]
    assert len(place) == 8
    assert decision.what == (
        "3 rows that are copies of another count as more weight of that row"
    )


def test_equal_inputs_with_two_answers_are_observations_and_not_copies() -> None:
    frame = pd.DataFrame({"x": [1.5, 1.5, 1.5, 2.5], "y": ["a", "a", "b", "b"]})
    rows = rows_of(frame)
    same, place, decisions = join_copies(rows)
    assert same is rows
    assert (place.tolist(), decisions) == ([0, 1, 2, 3], ())


@pytest.mark.parametrize("split", [{"group_column": "g"}, {"time_column": "g"}])
def test_rows_of_two_groups_or_times_are_no_copies(split: dict[str, str]) -> None:
    frame = pd.DataFrame(
        {"x": [1.5, 1.5, 2.5, 2.5], "g": [1, 2, 3, 3], "y": [1.5, 1.5, 2.5, 2.5]}
    )
    joined, _, _ = join_copies(rows_of(frame, **split))
    assert sorted(joined.weights) == [1, 1, 2]


def test_copies_are_kept_if_asked_and_otherwise_never_on_both_sides() -> None:
    frame = pd.concat([mixed()] * 2)
    table = read_table(frame)
    for keep, count in ((False, 40), (True, 80)):
        split = SplitOptions(folds=4, keep_copies=keep)
        schema = infer_schema(table, "y", SchemaOptions(keep_counters=True), split)
        options = RunOptions(split=split)
        rows, place, splits, _ = split_rows(
            encode(table, schema), schema, options, Streams(0), None
        )
        assert len(rows) == count
        twins = place[:40], place[40:]
        np.testing.assert_array_equal(rows.numbers[twins[0]], rows.numbers[twins[1]])
        sides = splits.held_out[:, twins[0]] != splits.held_out[:, twins[1]]
        assert sides.any() == keep
