"""No fold learns from a row that it is tested on, however the folds are made."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    RepeatedKFold,
    ShuffleSplit,
    TimeSeriesSplit,
)

from tenfold.config import Decision, RunOptions, SchemaOptions, SplitOptions
from tenfold.data.columns.encode import Encoded, encode
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.folds.deal import decide_folds, make_splits
from tenfold.data.folds.equal_rows import in_order
from tenfold.data.folds.hold_out import validation_rows
from tenfold.data.folds.split import REFIT, Splits, splits_of
from tenfold.data.folds.test_rows import hold_out_test_rows
from tenfold.data.tables.table import Table
from tenfold.errors import InputError, SplitError, UsageError
from tenfold.kinds.registry import TABLES
from tenfold.kinds.tables.table_split import split_rows
from tenfold.seeds import Streams

STREAMS: Final = Streams(0)


def numbers(rows: int, **more: Any) -> pd.DataFrame:
    """Return a table whose target is a number; ``at`` is the place of each row."""
    rng = np.random.default_rng(rows)
    x = rng.normal(size=rows)
    return pd.DataFrame({"x": x, **more, "y": x + rng.normal(size=rows)})


def labels(counts: dict[str, int], **more: Any) -> pd.DataFrame:
    """Return a table with so many rows of each class, the classes one after another."""
    frame = numbers(sum(counts.values()), **more)
    return frame.assign(y=np.repeat(list(counts), list(counts.values())))


def coded(frame: pd.DataFrame, **split: Any) -> tuple[Encoded, Schema, SplitOptions]:
    table, options = read_table(frame), SplitOptions(**split)
    schema = infer_schema(table, "y", SchemaOptions(target="y", keep_counters=True), options)
    return in_order(encode(table, schema)), schema, options


def dealt(
    frame: pd.DataFrame, *, seed: int = 0, **split: Any
) -> tuple[Encoded, Splits, tuple[str, ...]]:
    """Return rows, folds and what was said of them, as a run has them."""
    table, options = read_table(frame), SplitOptions(**split)
    schema = infer_schema(table, "y", SchemaOptions(target="y", keep_counters=True), options)
    found = split_rows(
        encode(table, schema), schema, RunOptions(split=options), Streams(seed), None
    )
    return found.rows, found.splits, tuple(decision.what for decision in found.decisions)


def follow(splitter: Any, frame: pd.DataFrame, **split: Any) -> tuple[Encoded, Splits]:
    rows, schema, _ = coded(frame, **split)
    return rows, splits_of(splitter, rows, schema)


def refusal(function: Callable[..., object], *given: Any, **options: Any) -> InputError:
    with pytest.raises(SplitError) as caught:
        function(*given, **options)
    return caught.value


def in_file_order(rows: Encoded, marks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    out = np.zeros_like(marks)
    out[:, rows.rows] = marks
    return out


def assert_sound(splits: Splits) -> None:
    """Each row is tested once, and learnt from wherever it is not tested."""
    assert splits.numbers == tuple(range(len(splits)))
    np.testing.assert_array_equal(splits.held_out.sum(axis=0), 1)
    np.testing.assert_array_equal(splits.learn, ~splits.held_out)


def test_ten_folds_are_made_and_fewer_of_a_large_table() -> None:
    rows, _, options = coded(numbers(10_001))
    for count, folds in ((30, 10), (10_000, 10), (10_001, 5)):
        found, decisions = decide_folds(rows.take(np.arange(count)), options)
        assert (found, len(decisions)) == (folds, int(folds != 10))
    assert decisions == (
        Decision(
            what="5 folds",
            why="with more than 10,000 rows (10,001), fewer folds give an equally precise "
            "score",
            change_with="--folds",
        ),
    )
    huge = rows.take(np.zeros(100_001, dtype=np.int64))
    assert decide_folds(huge, options)[0] == 3
    assert decide_folds(huge, SplitOptions(folds=7)) == (7, ())


@settings(max_examples=40)
@given(
    rows=st.integers(3, 60),
    folds=st.integers(2, 12),
    seed=st.integers(0, 99),
    block=st.booleans(),
)
def test_each_row_is_tested_once_and_folds_are_of_one_size(
    rows: int, folds: int, seed: int, block: bool
) -> None:
    frame = numbers(rows)
    if folds > rows or (folds == 2 and rows == 3):
        assert refusal(dealt, frame, folds=folds).code in {"F02", "F04"}
        return
    _, splits, _ = dealt(frame, folds=folds, seed=seed, shuffle=not block)
    assert_sound(splits)
    assert np.ptp(splits.held_out.sum(axis=1)) <= 1


@settings(max_examples=40)
@given(
    sizes=st.lists(st.integers(2, 25), min_size=2, max_size=5),
    folds=st.integers(2, 5),
    seed=st.integers(0, 99),
)
def test_each_fold_gets_its_share_of_each_class_to_the_row(
    sizes: list[int], folds: int, seed: int
) -> None:
    frame = labels({f"class {i}": size for i, size in enumerate(sizes)})
    rows, splits, said = dealt(frame, folds=min(folds, sum(sizes)), seed=seed)
    assert_sound(splits)
    for name, size in enumerate(sizes):
        held = (splits.held_out & (rows.target == name)).sum(axis=1)
        assert np.abs(held - size / len(splits)).max() < 1
    assert said[0] == f"{len(splits)} folds, stratified"


@settings(max_examples=60)
@given(
    groups=st.lists(st.integers(0, 9), min_size=8, max_size=60),
    folds=st.integers(2, 4),
    classes=st.booleans(),
    shuffle=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_group_is_never_on_both_sides_of_a_fold(
    groups: list[int], folds: int, classes: bool, shuffle: bool, seed: int
) -> None:
    named = [f"group {number}" for number in groups]
    frame = numbers(len(groups), g=named)
    if classes:
        frame["y"] = np.where(np.arange(len(groups)) % 2, "odd", "even")
    try:
        rows, splits, said = dealt(
            frame, folds=folds, group_column="g", shuffle=shuffle, seed=seed
        )
    except SplitError as error:
        few = len(set(groups)) < folds
        assert error.code in ({"F03"} if few else {"F01", "F04", "F06"})  # noqa: PT017
        return
    assert_sound(splits)
    assert rows.groups is not None
    for learn, held_out in zip(splits.learn, splits.held_out, strict=True):
        assert not set(rows.groups[learn]) & set(rows.groups[held_out])
    assert said[-1] == f"{folds} folds, by group"


def test_rows_without_a_group_are_each_a_group_of_their_own() -> None:
    frame = numbers(60, g=["a", "b", None] * 20)
    rows, splits, _ = dealt(frame, folds=3, group_column="g")
    blank = in_file_order(rows, splits.held_out)[:, 2::3]
    assert (blank.sum(axis=1) > 0).all()
    named = in_file_order(rows, splits.held_out)[:, ::3]
    np.testing.assert_array_equal(np.sort(named.sum(axis=1)), [0, 0, 20])


@settings(max_examples=60)
@given(times=st.lists(st.integers(0, 12), min_size=8, max_size=50), folds=st.integers(2, 4))
def test_every_row_learnt_from_is_strictly_earlier_than_every_row_tested_on(
    times: list[int], folds: int
) -> None:
    try:
        rows, splits, said = dealt(numbers(len(times), t=times), folds=folds, time_column="t")
    except SplitError as error:
        # Rows of a single moment, or a single row before all others, leave nothing to learn.
        assert error.code in {"F03", "F04"}  # noqa: PT017
        assert len(set(times)) < 2 or sorted(times)[0] < sorted(times)[1]
        return
    assert rows.times is not None
    for learn, held_out in zip(splits.learn, splits.held_out, strict=True):
        assert rows.times[learn].max() < rows.times[held_out].min()
    assert splits.held_out.sum(axis=0).max() == 1
    assert splits.held_out[-1, rows.times == rows.times.max()].all()
    assert said[-2] == f"{len(splits)} folds, by time"
    assert len(splits) <= folds
    if len(set(times)) == len(times):
        assert len(splits) == folds


@settings(max_examples=60)
@given(
    people=st.integers(2, 12),
    visits=st.integers(3, 9),
    folds=st.integers(1, 12),
    seed=st.integers(0, 99),
)
def test_with_groups_and_times_a_fold_is_tested_on_later_rows_of_other_groups(
    people: int, visits: int, folds: int, seed: int
) -> None:
    """Patients over years: new rows are of later visits, and of patients never seen."""
    who, when = np.divmod(np.arange(people * visits), visits)
    folds = min(folds, len(who))
    frame = numbers(len(who), t=when, g=[f"p{i}" for i in who])
    frame = frame.sample(frac=1, random_state=seed)
    rows, splits, said = dealt(frame, seed=seed, folds=folds, time_column="t", group_column="g")
    assert rows.times is not None
    assert rows.groups is not None
    for learn, held_out in zip(splits.learn, splits.held_out, strict=True):
        assert rows.times[learn].max() < rows.times[held_out].min()
        assert not set(rows.groups[learn]) & set(rows.groups[held_out])
    assert splits.held_out.sum(axis=0).max() == 1
    assert (splits.refit, splits.in_time, splits.first) == (True, True, 0)
    assert said[-2].endswith("by time and group")
    assert len(splits) <= max(folds, 2)


def test_a_fold_more_learns_from_all_rows_where_folds_are_of_unequal_pasts() -> None:
    """In time and by any splitter that is; not where folds differ in a few rows only."""
    frame = numbers(44, t=range(44))
    for rows, splits in (
        dealt(frame, folds=10, time_column="t")[:2],
        follow(TimeSeriesSplit(10), frame),
    ):
        assert (splits.refit, splits.in_time, splits.first) == (True, True, 5)
        trained = splits.trained()
        assert trained.numbers == (*range(10), REFIT)
        assert trained.learn[-1].all()
        assert not trained.held_out[-1].any()
        assert len(splits.scored()) == 5
        np.testing.assert_array_equal(splits.scored().held_out, splits.held_out[5:])
        assert splits.sources(3).tolist() == [0, 1, 2]
        assert len(rows) == 44
    nested = [(range(k), range(40, 44)) for k in (5, 10, 20, 40)]
    uneven = follow([*nested[::-1], (range(40, 44), range(5))], frame)[1]
    assert (uneven.refit, uneven.in_time, uneven.first) == (True, False, 0)
    for splitter in (KFold(4), ShuffleSplit(5, test_size=4), [(range(40), range(40, 44))]):
        alike = follow(splitter, frame)[1]
        assert not alike.refit
        assert alike.trained() is alike
    assert dealt(frame)[1].sources(3).tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_who_answers_new_rows_is_said() -> None:
    frame = numbers(44, t=range(44))
    _, splits, said = dealt(frame, folds=3, time_column="t")
    assert said == (
        "3 folds, by time",
        "new rows are predicted by networks trained on all rows",
    )
    assert (len(splits), splits.first) == (3, 1)
    _, alone, said = dealt(frame, folds=1, time_column="t")
    assert said[0] == "one fold, which holds out 1/10 of the rows, by time"
    assert said[1] == "new rows are predicted by networks trained on all rows"
    assert (len(alone), alone.refit, alone.first) == (1, True, 0)
    _, splits, said = dealt(frame, folds=3, time_column="t", refit=False)
    assert said[1] == "new rows are predicted by the mean of all folds"
    assert (splits.refit, splits.in_time, splits.first) == (False, True, 1)
    assert len(dealt(frame)[2]) == 1


def test_time_runs_by_date_and_not_by_the_file() -> None:
    days = pd.date_range("2023-12-20", periods=40).strftime("%d.%m.%Y")
    frame = numbers(40, day=days).sample(frac=1, random_state=1)
    rows, splits, _ = dealt(frame, folds=3, time_column="day")
    when = pd.to_datetime(frame["day"], format="%d.%m.%Y").to_numpy()
    for learn, held_out in zip(splits.learn, splits.held_out, strict=True):
        assert when[rows.rows[learn]].max() < when[rows.rows[held_out]].min()
    latest = np.argsort(when)[-10:]
    assert in_file_order(rows, splits.held_out)[-1, latest].all()


def test_a_cell_that_is_no_time_is_refused() -> None:
    frame = numbers(30, t=[*range(28), None, "soon"])
    error = refusal(dealt, frame, time_column="t")
    assert error.code == "F05"
    assert error.place["lines"] == "29, 30"


def test_a_few_rows_without_a_time_are_left_out() -> None:
    days = [f"2024-01-{1 + n % 28:02}" for n in range(300)]
    options = RunOptions(
        schema=SchemaOptions(target="y", keep_counters=True),
        split=SplitOptions(time_column="t"),
    )
    stray = read_table(numbers(300, t=[*days[:-2], None, "soon"]))
    found = TABLES.describe(stray, None, options, STREAMS)
    table, schema = found.data, found.schema
    assert (len(table), schema.time_column) == (298, "t")
    assert [(row.line, row.reason) for row in table.rejected] == [
        (299, "its time 't' is empty"),
        (300, "its time 't' is 'soon', which is not a time"),
    ]
    many = read_table(numbers(300, t=[*days[:-9], *[None] * 9]))
    found = TABLES.describe(many, None, options, STREAMS)
    table, schema = found.data, found.schema
    assert refusal(encode, table, schema).fact == "9 cells of the time column 't' are not times"


def test_without_shuffling_folds_are_blocks_of_the_file() -> None:
    rows, splits, said = dealt(numbers(20), folds=4, shuffle=False)
    held_out = in_file_order(rows, splits.held_out)
    np.testing.assert_array_equal(held_out.argmax(axis=0), np.repeat(range(4), 5))
    assert said == ("4 folds, contiguous blocks in the order of the file",)


def test_the_order_of_the_file_changes_no_fold_and_the_seed_does() -> None:
    frame = labels({"a": 20, "b": 15})
    mixed = frame.sample(frac=1, random_state=2)
    one, splits, _ = dealt(frame, folds=5)
    other, again, _ = dealt(mixed, folds=5)
    np.testing.assert_array_equal(one.numbers, other.numbers)
    np.testing.assert_array_equal(splits.held_out, again.held_out)
    _, reseeded, _ = dealt(frame, folds=5, seed=1)
    assert (reseeded.held_out != splits.held_out).any()


def test_one_fold_alone_keeps_its_number() -> None:
    _, splits, _ = dealt(numbers(20), folds=4)
    alone = splits.only(2)
    assert (len(alone), alone.numbers) == (1, (2,))
    np.testing.assert_array_equal(alone.held_out[0], splits.held_out[2])


@pytest.mark.parametrize(
    "splitter",
    [
        KFold(4),
        KFold(4, shuffle=True, random_state=3),
        ShuffleSplit(3, test_size=5, random_state=1),
        TimeSeriesSplit(3),
        RepeatedKFold(n_splits=3, n_repeats=2, random_state=0),
        PredefinedSplit(np.arange(24) % 3),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
def test_a_splitter_is_followed_in_the_order_of_the_file(splitter: Any) -> None:
    frame = numbers(24)
    rows, splits = follow(splitter, frame)
    pairs = list(splitter.split(frame))
    assert len(splits) == len(pairs)
    for marks, side in ((splits.learn, 0), (splits.held_out, 1)):
        for fold, row in enumerate(in_file_order(rows, marks)):
            np.testing.assert_array_equal(np.flatnonzero(row), np.sort(pairs[fold][side]))


@pytest.mark.parametrize("splitter", [GroupKFold(3), LeaveOneGroupOut()])
def test_a_splitter_that_wants_groups_gets_them(splitter: Any) -> None:
    rows, splits = follow(splitter, numbers(24, g=list("abc") * 8), group_column="g")
    assert rows.groups is not None
    for held_out in splits.held_out:
        assert len(set(rows.groups[held_out])) == 1


def test_pairs_of_positions_are_followed_and_a_generator_too() -> None:
    pairs = [(range(10), range(10, 15)), (np.arange(5, 15), [0, 1])]
    for given_pairs in (pairs, iter(pairs), (pair for pair in pairs)):
        rows, splits = follow(given_pairs, numbers(15))
        held_out = in_file_order(rows, splits.held_out)
        assert [np.flatnonzero(row).tolist() for row in held_out] == [
            [10, 11, 12, 13, 14],
            [0, 1],
        ]


@pytest.mark.parametrize(
    ("pairs", "fact"),
    [
        (
            [(range(5), range(5, 10)), (range(10), [])],
            "fold 2 trains on 10 rows and is tested on 0, 0 of them the same",
        ),
        (
            [([], range(5))],
            "fold 1 trains on 0 rows and is tested on 5, 0 of them the same",
        ),
        (
            [(range(6), range(4, 10))],
            "fold 1 trains on 6 rows and is tested on 6, 2 of them the same",
        ),
        (
            [(range(5), range(5, 11))],
            "fold 1 contains positions that a table of 10 rows does not have",
        ),
        (
            [([0, 1, -11], [5])],
            ("fold 1 contains positions that a table of 10 rows does not have"),
        ),
    ],
    ids=[
        "nothing to test",
        "nothing to learn",
        "overlap",
        "beyond the end",
        "before the start",
    ],
)
def test_a_splitter_that_gives_no_sound_fold_is_refused(
    pairs: Iterable[Any], fact: str
) -> None:
    error = refusal(follow, pairs, numbers(10))
    assert (error.code, error.fact) == ("F04", fact)


@pytest.mark.parametrize(
    "pairs",
    [[], [(range(5), range(5, 10), [1])], [range(10)], [([0.5, 1.5], [2])], [(["a"], ["b"])]],
    ids=["no folds", "three sides", "no pairs", "fractions", "words"],
)
def test_what_is_no_list_of_pairs_of_positions_is_refused(pairs: Iterable[Any]) -> None:
    assert refusal(follow, pairs, numbers(10)).code == "F04"


@pytest.mark.parametrize(
    "splitter", [KFold(30), GroupKFold(3), PredefinedSplit(np.arange(40) % 3)], ids=repr
)
def test_a_splitter_that_cannot_split_this_table_is_refused(splitter: Any) -> None:
    """What the splitter raises of its own accord comes with a code, too."""
    assert refusal(follow, splitter, numbers(10)).code == "F04"


def test_a_fold_that_would_learn_one_answer_only_is_refused() -> None:
    frame = numbers(12).assign(y=[1.5] * 6 + [2.5, 3.5, 4.5, 5.5, 6.5, 7.5])
    error = refusal(follow, [(range(6), range(6, 12))], frame)
    assert (error.code, error.fact) == (
        "F06",
        "fold 1 would train on 6 rows with the same target",
    )
    follow([(range(7), range(7, 12))], frame)


def test_a_class_with_fewer_rows_than_folds_is_tested_by_as_many_folds() -> None:
    rows, splits, said = dealt(labels({"ash": 20, "elm": 4, "fir": 9}), folds=10)
    assert_sound(splits)
    tested = [(splits.held_out & (rows.target == c)).sum(axis=1) for c in range(3)]
    assert [sorted(set(counts)) for counts in tested] == [[2], [0, 1], [0, 1]]
    assert said[1] == (
        "each of the classes 'elm' (4), 'fir' (9) is tested in only as many folds as it has "
        "rows"
    )


def test_a_class_of_one_row_is_learnt_by_every_fold_and_tested_by_none() -> None:
    rows, splits, said = dealt(labels({"a": 9, "b": 4, "c": 1}), folds=4)
    lone = rows.target == 2
    assert splits.learn[:, lone].all()
    assert not splits.held_out[:, lone].any()
    np.testing.assert_array_equal(splits.held_out[:, ~lone].sum(axis=0), 1)
    assert not (splits.learn & splits.held_out).any()
    assert said == (
        "4 folds, stratified",
        "class 'c' (1) is in the training rows of every fold and tested in none",
    )


def test_a_class_of_one_group_is_learnt_by_every_fold_and_tested_by_none() -> None:
    groups = [f"p{n}" for n in range(12) for _ in range(5)]
    frame = numbers(60, g=groups)
    frame["y"] = np.where(np.arange(60) % 2, "a", "b")
    frame.loc[2:3, "y"] = "c"  # of the first group, which has rows of the others, too
    rows, splits, said = dealt(frame, folds=4, group_column="g")
    first = in_file_order(rows, splits.learn)[:, :5]
    assert first.all()
    assert not in_file_order(rows, splits.held_out)[:, :5].any()
    np.testing.assert_array_equal(in_file_order(rows, splits.held_out)[:, 5:].sum(axis=0), 1)
    assert said == (
        "4 folds, by group",
        "class 'c' (2) is in the training rows of every fold and tested in none",
    )
    one_each = frame.assign(y=frame["g"].str.cat(["!"] * 60))  # nothing would be left to test
    assert refusal(dealt, one_each, folds=4, group_column="g").code == "F01"


def test_a_class_of_one_row_is_learnt_by_every_fold_in_blocks_too() -> None:
    frame = labels({"a": 9, "b": 8}).iloc[np.random.default_rng(3).permutation(17)]
    frame.iloc[4, -1] = "c"
    rows, splits, said = dealt(frame, folds=3, shuffle=False)
    lone = rows.target == 2
    assert splits.learn[:, lone].all()
    assert not splits.held_out[:, lone].any()
    assert (splits.held_out[:, ~lone].sum(axis=0) == 1).all()
    assert said[1:] == (
        ("class 'c' (1) is in the training rows of every fold and tested in none"),
    )


def test_a_class_whose_rows_are_copies_of_each_other_is_learnt_by_every_fold() -> None:
    frame = labels({"a": 20, "b": 20, "c": 2})
    frame["x"] = [*frame["x"][:41], frame["x"][40]]
    table = read_table(frame)
    options = RunOptions(
        schema=SchemaOptions(target="y", keep_counters=True), split=SplitOptions(folds=4)
    )
    schema = infer_schema(table, "y", options.schema, options.split)
    found = split_rows(encode(table, schema), schema, options, STREAMS, None)
    assert found.splits.learn[:, found.place[40:]].all()
    assert "class 'c' (1) is in the training rows of every fold and tested in none" in [
        d.what for d in found.decisions
    ]


@settings(max_examples=60)
@given(
    drawn=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 3)), min_size=12, max_size=60),
    folds=st.integers(2, 4),
    seed=st.integers(0, 9),
)
def test_a_class_of_several_groups_is_learnt_by_every_fold(
    drawn: list[tuple[int, int]], folds: int, seed: int
) -> None:
    # Two groups of all classes come with those drawn, so that each class is of several.
    both = [(group, name) for group in (8, 9) for name in range(4)]
    groups, names = zip(*drawn, *both, strict=True)
    frame = numbers(len(names), g=[f"g{n}" for n in groups])
    frame = frame.assign(y=[f"c{n}" for n in names])
    if len(set(groups)) < folds:
        return
    rows, splits, _ = dealt(frame, folds=folds, seed=seed, group_column="g")
    assert_sound(splits)
    for learn, held_out in zip(splits.learn, splits.held_out, strict=True):
        assert set(rows.target[learn]) == set(rows.target)
        assert rows.groups is not None
        assert not set(rows.groups[learn]) & set(rows.groups[held_out])


def test_a_class_that_a_fold_could_not_learn_is_refused_by_name() -> None:
    error = refusal(dealt, labels({"a": 10, "b": 10, "c": 10}), folds=3, shuffle=False)
    assert error.code == "F01"
    assert error.fact == "fold 1 would have no training row of class 'a'"


def test_fewer_rows_than_folds_are_refused() -> None:
    error = refusal(dealt, numbers(7), folds=8)
    assert (error.code, error.fact) == (
        "F02",
        ("there are only 7 rows for 8 folds"),
    )
    assert error.fix == ("use more rows", "use fewer folds: --folds 7")
    assert refusal(dealt, numbers(2), folds=2).fix == ("use more rows",)


def test_fewer_groups_than_folds_are_refused() -> None:
    error = refusal(dealt, numbers(30, g=list("abc") * 10), folds=4, group_column="g")
    assert (error.code, error.fact) == (
        "F03",
        ("there are only 3 groups for 4 folds"),
    )
    assert error.fix == ("use fewer folds: --folds 3",)


def test_options_of_splits_are_checked() -> None:
    for wrong in ({"folds": 0}, {"test_size": 0.0}, {"test_size": 1.0}):
        with pytest.raises(UsageError, match=r"^U01"):
            SplitOptions(**wrong)


def test_rows_of_one_moment_are_no_past_and_future() -> None:
    error = refusal(dealt, numbers(30, t=5), time_column="t")
    assert (error.code, error.fact) == ("F03", "all rows have the same time")


def test_a_lenient_split_makes_as_many_folds_as_the_rows_allow() -> None:
    for frame, folds, why, split in (
        (numbers(7), 7, "there are 7 rows", {}),
        (numbers(30, g=list("abc") * 10), 3, "there are 3 groups", {"group_column": "g"}),
    ):
        rows, schema, options = coded(frame, lenient=True, **split)
        found, decisions = decide_folds(rows, options)
        assert (found, [decision.why for decision in decisions]) == (folds, [why])
        make_splits(rows, schema, found, STREAMS)
        # The control: the same rows, asked for strictly, are refused.
        assert isinstance(refusal(dealt, frame, **split), SplitError)


def test_a_lenient_split_keeps_a_number_of_folds_that_was_asked_for() -> None:
    assert refusal(dealt, numbers(4), folds=5, lenient=True).code == "F02"


def with_test_rows(
    frame: pd.DataFrame, share: float, *, seed: int = 0, **split: Any
) -> tuple[Table, Table]:
    options = SplitOptions(test_size=share, **split)
    return hold_out_test_rows(read_table(frame), "y", SchemaOptions(), options, Streams(seed))


@settings(max_examples=40)
@given(
    sizes=st.lists(st.integers(10, 40), min_size=2, max_size=3),
    share=st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.5, 0.9]),
)
def test_test_rows_hold_their_share_of_each_class(sizes: list[int], share: float) -> None:
    frame = labels({f"class {i}": size for i, size in enumerate(sizes)})
    rest, test = with_test_rows(frame, share)
    assert sorted([*rest.lines, *test.lines]) == list(range(1, len(frame) + 1))
    found = test.frame["y"].value_counts()
    for name, size in enumerate(sizes):
        assert abs(found.get(f"class {name}", 0) - share * size) <= 1
    assert abs(len(test) - share * len(frame)) < 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("grouped", [False, True])
def test_a_class_of_one_row_or_one_group_is_learnt_and_not_kept_apart(
    seed: int, grouped: bool
) -> None:
    frame = labels({"a": 60, "b": 59, "c": 1}, g=[f"g{n % 12}" for n in range(120)])
    frame.loc[frame["g"] == "g11", "y"] = "c" if grouped else frame["y"]
    split = SplitOptions(test_size=0.4, group_column="g" if grouped else None)
    table = read_table(frame)
    rest, test = hold_out_test_rows(table, "y", SchemaOptions(target="y"), split, Streams(seed))
    assert set(rest.frame["y"]) == {"a", "b", "c"}
    assert set(test.frame["y"]) == {"a", "b"}
    assert not grouped or not set(rest.frame["g"]) & set(test.frame["g"])


def test_test_rows_do_not_depend_on_the_order_of_the_file_and_do_on_the_seed() -> None:
    for frame in (labels({"a": 30, "b": 20}), numbers(50)):
        mixed = frame.sample(frac=1, random_state=3)[["y", "x"]]
        _, test = with_test_rows(frame, 0.3)
        _, again = with_test_rows(mixed, 0.3)
        assert set(test.frame["x"]) == set(again.frame["x"])
        assert set(test.frame["x"]) != set(with_test_rows(frame, 0.3, seed=1)[1].frame["x"])


def test_test_rows_are_whole_groups() -> None:
    frame = numbers(60, g=[f"g{i % 10}" for i in range(60)])
    rest, test = with_test_rows(frame, 0.3, group_column="g")
    assert test.frame["g"].nunique() == 3
    assert not set(rest.frame["g"]) & set(test.frame["g"])
    mixed = frame.sample(frac=1, random_state=4)
    assert set(with_test_rows(mixed, 0.3, group_column="g")[1].frame["g"]) == set(
        test.frame["g"]
    )


def test_test_rows_are_the_latest() -> None:
    days = pd.date_range("2024-01-25", periods=50).strftime("%d.%m.%Y")
    frame = numbers(50, day=days).sample(frac=1, random_state=5)
    rest, test = with_test_rows(frame, 0.2, time_column="day")
    latest = set(days[-10:])
    assert set(test.frame["day"]) == latest
    assert not set(rest.frame["day"]) & latest


def test_test_rows_are_strictly_later_than_all_others() -> None:
    """Rows of one moment may not stand on both sides: in folds they never do."""
    rest, test = with_test_rows(numbers(40, t=np.repeat(range(8), 5)), 0.2, time_column="t")
    assert rest.frame["t"].max() < test.frame["t"].min()


@pytest.mark.parametrize("split", [{}, {"group_column": "g"}, {"time_column": "x"}])
def test_a_share_that_keeps_nothing_apart_is_refused(split: dict[str, str]) -> None:
    frame = numbers(12, g=list("abc") * 4)
    for share in (0.01, 0.99):
        if (share, split) == (0.99, {}):
            continue  # eleven of twelve rows
        error = refusal(with_test_rows, frame, share, **split)
        assert error.code == "F02"
        assert error.fact.startswith(f"--test-size {share:g} would hold out ")


@settings(max_examples=40)
@given(
    kind=st.sampled_from(["classes", "numbers", "groups", "times"]),
    blocks=st.integers(2, 4),
    seed=st.integers(0, 99),
)
def test_blocks_share_out_the_rows_that_a_fold_learns_from_and_no_other(
    kind: str, blocks: int, seed: int
) -> None:
    frame = labels({"a": 21, "b": 9}) if kind == "classes" else numbers(30)
    frame = frame.assign(t=np.arange(30) // 2, g=[f"g{i % 6}" for i in range(30)])
    split = {"groups": {"group_column": "g"}, "times": {"time_column": "t"}}.get(kind, {})
    rows, schema, _ = coded(frame, **split)
    learn = np.random.default_rng(seed).random(30) < 0.7
    learn[:4] = True
    pairs = validation_rows(rows, learn, schema.task, blocks, np.random.default_rng(seed))
    blocks_of_rows = [next(pairs) for _ in range(blocks)]
    for own, chosen in blocks_of_rows:
        assert chosen.any()
        np.testing.assert_array_equal(own | chosen, learn)
        assert not (own & chosen).any()
    block = np.stack([chosen for _, chosen in blocks_of_rows])
    if rows.times is not None:
        newest = blocks_of_rows[0][1]
        assert rows.times[learn & ~newest].max() < rows.times[newest].min()
        assert (block == newest).all()
        return
    np.testing.assert_array_equal(block.sum(axis=0), learn)
    if kind == "classes":
        for name in (0, 1):
            assert np.ptp((block & (rows.target == name)).sum(axis=1)) <= 1
    if rows.groups is not None:
        for group in np.unique(rows.groups[learn]):
            assert block[:, learn & (rows.groups == group)].any(axis=1).sum() == 1


def test_in_time_and_by_group_the_newest_rows_of_some_groups_are_validation_rows() -> None:
    frame = numbers(60, t=np.arange(60) // 6, g=[f"g{i % 6}" for i in range(60)])
    rows, schema, _ = coded(frame, time_column="t", group_column="g")
    learn = np.ones(60, dtype=bool)
    own, watch = next(validation_rows(rows, learn, schema.task, 3, np.random.default_rng(0)))
    assert rows.times is not None
    assert rows.groups is not None
    assert rows.times[own].max() < rows.times[watch].min()
    assert not set(rows.groups[own]) & set(rows.groups[watch])
    assert watch.any()


def test_equal_inputs_are_on_one_side_of_test_rows_too() -> None:
    frame = numbers(40)
    twice = pd.concat([frame, frame.assign(y=-frame["y"])])
    rest, test = with_test_rows(twice, 0.25)
    assert len(test) == 20
    assert not set(rest.frame["x"]) & set(test.frame["x"])
    few = pd.DataFrame({"x": [0.5, 1.5] * 20, "y": np.arange(40) / 7})
    assert len(with_test_rows(few, 0.25)[1]) == 10  # repeated observations, not copies


def test_test_rows_are_the_latest_of_groups_that_are_not_learnt_from() -> None:
    frame = numbers(60, t=np.arange(60) // 6, g=[f"g{i % 6}" for i in range(60)])
    rest, test = with_test_rows(frame, 0.3, time_column="t", group_column="g")
    assert rest.frame["t"].max() < test.frame["t"].min()
    assert not set(rest.frame["g"]) & set(test.frame["g"])


def test_a_row_without_a_group_is_kept_apart_by_itself() -> None:
    frame = numbers(40, g=[None] * 40)
    rest, test = with_test_rows(frame, 0.25, group_column="g")
    assert (len(rest), len(test)) == (30, 10)
