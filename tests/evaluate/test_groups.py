"""For whom a network works: planted groups are found, and chance is not taken for one."""

import numpy as np
import pandas as pd
import pytest

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.groups import Group, by_range, by_word, groups_of_pictures, groups_of_table
from tenfold.data.read import read_table
from tenfold.data.schema import infer_schema
from tenfold.evaluate.groups import row_losses, score_groups
from tests.engine_pictures import as_pictures, stripes

ROWS = 3_000


def halves(rows: int = ROWS) -> list[Group]:
    member = np.arange(rows) % 2 == 0
    return [
        Group(column="side", value="left", member=member),
        Group(column="side", value="right", member=~member),
    ]


def test_a_group_that_is_predicted_badly_is_told() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=ROWS)
    left = halves()[0].member
    said = np.where(left, truth + 0.1 * rng.normal(size=ROWS), rng.normal(size=ROWS))[:, None]
    guess = np.zeros((ROWS, 1))
    right, left_ = score_groups(halves(), truth, said, guess, np.ones(ROWS), "regression")
    assert (right.value, right.works, right.stands_out) == ("right", False, 1)
    assert (left_.value, left_.works, left_.stands_out) == ("left", True, -1)
    assert left_.error == pytest.approx(0.1, rel=0.1)
    assert left_.low < left_.error < left_.high
    assert left_.constant == pytest.approx(1, rel=0.1)
    assert (left_.rows, left_.accuracy) == (ROWS // 2, None)


def test_groups_of_classes_have_log_losses_and_shares() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, ROWS)
    own = np.where(halves()[0].member, 0.9, 0.4)
    said = np.where(truth[:, None] == [0, 1], own[:, None], 1 - own[:, None])
    guess = np.full((ROWS, 2), 0.5)
    right, left = score_groups(halves(), truth, said, guess, np.ones(ROWS), "classification")
    assert (right.error, left.error) == pytest.approx((-np.log(0.4), -np.log(0.9)))
    assert (right.accuracy, left.accuracy) == (0, 1)
    assert (right.works, left.works) == (False, True)


def test_rows_chosen_by_their_truth_are_not_compared_with_the_guess() -> None:
    truth = np.random.default_rng(0).normal(size=ROWS)
    said, guess = truth[:, None] + 0.1, np.zeros((ROWS, 1))
    middle = [Group(column="y", value="near 0", member=np.abs(truth) < 0.05, by_truth=True)]
    (found,) = score_groups(middle, truth, said, guess, np.ones(ROWS), "regression")
    assert found.constant < found.error
    assert found.works is None


def test_weights_are_those_of_rows() -> None:
    truth = np.zeros(ROWS)
    said = np.where(np.arange(ROWS) < ROWS // 2, 1.0, 3.0)[:, None]
    whole = [Group(column="all", value="rows", member=np.ones(ROWS, bool))]
    weights = np.where(np.arange(ROWS) < ROWS // 2, 3.0, 1.0)
    (found,) = score_groups(whole, truth, said, said, weights, "regression")
    assert found.error == pytest.approx(np.sqrt((3 * 1 + 1 * 9) / 4))


def test_rows_that_no_fold_holds_out_do_not_count() -> None:
    truth, said = np.zeros(ROWS), np.ones((ROWS, 1))
    said[: ROWS // 2] = np.nan
    found = score_groups(halves(), truth, said, said, np.ones(ROWS), "regression")
    assert [group.rows for group in found] == [ROWS // 4, ROWS // 4]


def test_chance_is_seldom_taken_for_a_group() -> None:
    """Of tables without any group, 5 % may have one of twenty groups that stands out."""
    alarms = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        truth, said = rng.normal(size=400), rng.normal(size=(400, 1))
        groups = [g for i in range(5) for g in by_range(f"x{i}", rng.normal(size=400))]
        found = score_groups(groups, truth, said, said * 0, np.ones(400), "regression")
        alarms += any(group.stands_out for group in found)
    assert alarms <= 200 * 0.05 + 8  # and its chance


def test_only_the_ends_of_many_groups_are_told() -> None:
    rng = np.random.default_rng(0)
    groups = [g for i in range(20) for g in by_range(f"x{i}", rng.normal(size=ROWS))]
    truth, said = rng.normal(size=ROWS), rng.normal(size=(ROWS, 1))
    found = score_groups(groups, truth, said, said, np.ones(ROWS), "regression")
    assert len(found) == 24
    errors = [group.error for group in found]
    assert errors == sorted(errors, reverse=True)


def test_without_groups_there_is_nothing_to_tell() -> None:
    one = np.ones((3, 1))
    assert score_groups([], one[:, 0], one, one, one[:, 0], "regression") == ()


def test_losses_are_squares_and_logarithms() -> None:
    said = np.array([[0.25, 0.75], [1.0, 0.0]])
    found = row_losses(np.array([1, 1]), said, "classification")
    assert found == pytest.approx([-np.log(0.75), -np.log(1e-15)])


def test_groups_have_thirty_rows_or_more_and_say_what_they_are() -> None:
    words = np.array(["a"] * 29 + ["b"] * 30 + [None] * 31, dtype=object)
    assert [(g.value, g.member.sum()) for g in by_word("w", words)] == [
        ("b", 30),
        ("missing", 31),
    ]
    few = np.repeat([1.0, 2.0, np.nan], 40)
    assert [(g.value, g.member.sum()) for g in by_range("n", few)] == [
        ("1", 40), ("2", 40), ("missing", 40)
    ]  # fmt: skip
    days = np.arange(400.0)
    assert [g.value for g in by_range("d", days, dates=True)][1] == "1970-04-11 to 1970-07-20"


def test_every_row_is_in_one_group_of_a_column_of_numbers() -> None:
    numbers = np.random.default_rng(0).lognormal(size=ROWS)
    groups = list(by_range("n", numbers))
    assert len(groups) == 4
    assert (np.sum([g.member for g in groups], axis=0) == 1).all()


def test_columns_of_every_kind_have_groups() -> None:
    rows = 200
    frame = pd.DataFrame(
        {
            "number": np.arange(rows) * 0.5,
            "word": np.array(["x", "y"])[np.arange(rows) % 2],
            "flag": np.arange(rows) % 4 == 0,
            "day": pd.date_range("2024-01-01", periods=rows).astype(str),
            "same": 1,
            "target": np.arange(rows) * 1.5,
        }
    )
    table = read_table(frame)
    schema = infer_schema(table, "target", SchemaOptions(keep_counters=True), SplitOptions())
    columns = {group.column for group in groups_of_table(table, schema)}
    assert columns == {"number", "word", "flag", "day", "target"}


def test_pictures_have_groups_of_class_brightness_and_contrast() -> None:
    pictures = as_pictures(*stripes(200))
    assert {g.column.split(" ")[0] for g in groups_of_pictures(pictures)} == {
        "class", "brightness", "contrast"
    }  # fmt: skip
