"""For whom a network works: planted groups are found, and chance is not taken for one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.columns.groups import Group, by_category, by_range, groups_of_table
from tenfold.data.columns.schema import infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.pictures.groups import groups_of_pictures
from tenfold.evaluate.group_scores import GroupScore, row_losses, score_groups
from tenfold.seeds import Streams
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
    assert left_.baseline == pytest.approx(1, rel=0.1)
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
    assert found.baseline < found.error
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


NOISE: Final[dict[str, Callable[[np.random.Generator, int], Any]]] = {
    "normal": lambda rng, rows: rng.normal(size=rows),
    "heavy tails": lambda rng, rows: rng.standard_t(3, size=rows),
    "skewed": lambda rng, rows: rng.lognormal(size=rows) - np.exp(0.5),
    "seldom wrong": lambda rng, rows: (rng.random(rows) < 0.08) * 1.0,
}


def by_chance(rng: np.random.Generator, rows: int = 240) -> list[Group]:
    """Return groups, some of about thirty rows, that have nothing to do with any error."""
    words = [rng.integers(rows // 36, size=rows).astype(str).astype(object) for _ in range(4)]
    found = [g for i, word in enumerate(words) for g in by_category(f"w{i}", word)]
    return found + [g for i in range(3) for g in by_range(f"x{i}", rng.random(rows))]


def asked(
    groups: list[Group],
    errors: Any,
    weights: Any = None,
    clusters: Any = None,
    streams: Streams | None = None,
) -> tuple[GroupScore, ...]:
    """Score groups of rows that are off by these errors."""
    rows = len(errors)
    weights = np.ones(rows) if weights is None else weights
    guess = np.full((rows, 1), 99.0)
    return score_groups(
        groups, errors, np.zeros((rows, 1)), guess, weights, "regression", streams, clusters
    )


@pytest.mark.parametrize("kind", NOISE)
def test_chance_is_seldom_taken_for_a_group_however_errors_are_distributed(kind: str) -> None:
    """Of tables without any group, 5 % may have one of forty that stands out."""
    alarms = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        groups = by_chance(rng)
        alarms += any(g.stands_out for g in asked(groups, NOISE[kind](rng, 240)))
    assert alarms <= 100 * 0.05 + 5  # and its chance


@pytest.mark.parametrize(
    ("kind", "times"), [("normal", 2), ("heavy tails", 2.5), ("skewed", 4)]
)
def test_a_small_group_that_differs_is_mostly_found(kind: str, times: float) -> None:
    found = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        group, *others = by_chance(rng)
        errors = NOISE[kind](rng, 240) * np.where(group.member, times, 1)
        stands_out = {
            (g.column, g.value): g.stands_out for g in asked([group, *others], errors)
        }
        found += stands_out[group.column, group.value] == 1
    assert found >= 20


def test_rows_of_a_cluster_count_as_one_and_not_as_many() -> None:
    """Five rows of each of sixty patients err alike, and a group is whole patients."""
    alarms = {True: 0, False: 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        patient = np.repeat(np.arange(60), 5)
        errors = rng.normal(size=60)[patient] * 3 + 0.1 * rng.normal(size=300)
        groups = [
            Group(column=f"x{i}", value="low", member=(rng.random(60) < 0.4)[patient])
            for i in range(8)
        ]
        for known in alarms:
            found = asked(groups, errors, clusters=patient if known else None)
            alarms[known] += any(g.stands_out for g in found)
    assert alarms[True] <= 60 * 0.05 + 4
    assert alarms[False] > 20  # the control


def test_a_group_of_copies_is_no_better_known_than_of_one_each() -> None:
    rng = np.random.default_rng(0)
    errors = rng.normal(size=200)
    member = np.arange(200) < 100
    left, right = (
        Group(column="side", value=name, member=one)
        for name, one in (("left", member), ("right", ~member))
    )
    once = asked([left, right], errors)
    twice = [
        Group(column=g.column, value=g.value, member=np.tile(g.member, 2))
        for g in (left, right)
    ]
    copies = np.tile(np.arange(200), 2)
    again = asked(twice, np.tile(errors, 2), clusters=copies)
    alone = asked(twice, np.tile(errors, 2))
    for one, same, other in zip(once, again, alone, strict=True):
        assert (same.low, same.high) == pytest.approx((one.low, one.high), rel=0.02)
        assert other.high < same.high  # the control


@pytest.mark.parametrize("design", ["by chance", "by group", "by error"])
def test_weights_of_rows_make_no_group_stand_out(design: str) -> None:
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        groups, errors = by_chance(rng), rng.normal(size=240)
        weights = rng.lognormal(0, 1, 240)
        if design == "by group":
            weights = np.where(groups[0].member, weights, 1.0)
        elif design == "by error":
            errors = errors / np.sqrt(weights)
        alarms += any(g.stands_out for g in asked(groups, errors, weights))
    assert alarms <= 60 * 0.05 + 4


def test_a_group_without_a_mistake_is_not_known_to_be_without() -> None:
    """None of thirty rows is wrong where one of twelve is: that happens by chance."""
    wrong = np.arange(600) % 12 == 0
    clean = np.flatnonzero(~wrong)[:30]
    group = Group(column="shop", value="a", member=np.isin(np.arange(600), clean))
    (found,) = asked([group], wrong * 1.0)
    assert (found.error, found.low) == (0, 0)
    assert found.high**2 > 1 / 12


@pytest.mark.parametrize(("kind", "mean"), [("normal", 1.0), ("seldom wrong", 0.08)])
def test_intervals_of_all_groups_hold_at_once(kind: str, mean: float) -> None:
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = asked(by_chance(rng), NOISE[kind](rng, 240))
        held += all(g.low**2 <= mean <= g.high**2 for g in found)
    assert held >= 54  # 57, and its chance


def test_what_stands_out_comes_from_the_seed_and_from_no_global_state() -> None:
    rng = np.random.default_rng(3)
    groups, errors = by_chance(rng), rng.standard_t(3, size=240)
    for times in np.linspace(1.5, 4, 6):  # from one that is not found to one that is
        made = errors * np.where(groups[0].member, times, 1)
        found = asked(groups, made, streams=Streams(5))
        np.random.seed(int(10 * times))  # noqa: NPY002 - the state that is not to matter
        assert asked(groups, made, streams=Streams(5)) == found


def test_the_target_is_told_apart_and_takes_no_place_of_a_column() -> None:
    """Groups by the target stand out in nearly every table; they name no other group."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=ROWS)
    of_truth = [replace(g, by_truth=True) for g in by_range("price", truth)]
    groups = [g for i in range(8) for g in by_range(f"x{i}", rng.random(ROWS))]
    said, ones = np.zeros((ROWS, 1)), np.ones(ROWS)
    found = score_groups([*of_truth, *groups], truth, said, said, ones, "regression")
    assert [g.by_truth for g in found] == [False] * 24 + [True] * 4
    assert not any(g.stands_out for g in found if not g.by_truth)
    assert [g.stands_out for g in found if g.by_truth] == [1, 1, -1, -1]
    alone = score_groups(groups, truth, said, said, ones, "regression")
    assert [g.stands_out for g in alone] == [g.stands_out for g in found[:24]]


def test_a_group_that_stands_out_is_told_though_others_happen_to_err_more() -> None:
    rng = np.random.default_rng(0)
    errors = rng.standard_t(3, size=4_000)
    large = Group(column="half", value="a", member=np.arange(4_000) < 2_000)
    errors[large.member] *= 1.3
    words = [rng.integers(100, size=4_000).astype(str).astype(object) for _ in range(5)]
    small = [g for i, word in enumerate(words) for g in by_category(f"w{i}", word)]
    found = asked([*small, large], errors)
    assert {g.value: g.stands_out for g in found if g.column == "half"} == {"a": 1}
    assert sum(g.error > found[-1].error for g in found) > 12


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
    assert [(g.value, g.member.sum()) for g in by_category("w", words)] == [
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
