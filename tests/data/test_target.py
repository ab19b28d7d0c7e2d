"""The target is found, its empty cells are counted, and its task is seen and said."""

from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold import TrainOptions
from tenfold.config import SchemaOptions, SplitOptions, Task
from tenfold.data.columns.labelled import with_targets
from tenfold.data.columns.target import find_target, infer_task
from tenfold.data.files.read import read_table
from tenfold.data.tables.table import Table
from tenfold.errors import SchemaError
from tenfold.wording import COMMAND


def table_of(target: Any) -> Table:
    return read_table(pd.DataFrame({"x": np.arange(len(target)) / 7, "y": target}))


def task_of(target: Any, **options: Any) -> tuple[Task, tuple[str, ...], list[str]]:
    task, classes, decisions = infer_task(table_of(target), "y", SchemaOptions(**options))
    return task, classes, [f"{d.what} | {d.why} | {d.change_with}" for d in decisions]


def refusal(target: Any, **options: Any) -> SchemaError:
    with pytest.raises(SchemaError) as caught:
        task_of(target, **options)
    return caught.value


def test_the_target_is_the_last_column_unless_one_is_named() -> None:
    table = read_table(pd.DataFrame({"a": [1], "b": [2], "c": [3]}))
    name, (decision,) = find_target(table, SchemaOptions())
    assert (name, decision.what, decision.why, decision.change_with) == (
        *("c", "the target is 'c'", "it is the last column", "--target"),
    )
    assert find_target(table, SchemaOptions(target="a")) == ("a", ())
    assert find_target(table, SchemaOptions(weight_column="c"))[0] == "b"
    for split in (SplitOptions(group_column="c"), SplitOptions(time_column="c")):
        name, (decision,) = find_target(table, SchemaOptions(), split)
        assert (name, decision.change_with) == ("b", "--target")
        assert decision.why.endswith("that is not a column of weights, groups or times")


def test_a_target_that_the_table_lacks_is_refused_with_near_names() -> None:
    table = read_table(pd.DataFrame({"price": [1], "rooms": [2]}))
    with pytest.raises(SchemaError) as caught:
        find_target(table, SchemaOptions(target="prise"))
    assert caught.value.said(COMMAND) == (
        "S01: --target names the column 'prise', which the table does not have.\n\n"
        "  file     DataFrame\n"
        "  columns  'price', 'rooms'\n"
        "  why      the target must be a column of the table\n"
        "  fix      did you mean 'price'?"
    )


@pytest.mark.parametrize(
    ("target", "task", "why"),
    [
        ([1.5, 2.5, 3.5], "regression", "the target has 3 different numbers"),
        (range(30), "regression", "the target has 30 different numbers"),
        ([1, 2, 3] * 9, "regression", "the target has 3 different numbers"),
        ([1, 2, 3] * 10, "classification", "the target has 3 different whole numbers"),
        ([*range(11)] * 20, "regression", "the target has 11 different numbers"),
        ([0.5, 1.5, 2.5] * 10, "regression", "the target has 3 different numbers"),
        ([7, 9] * 2, "classification", "the target has two values, '7' and '9'"),
        ([0.5, 1.5] * 2, "classification", "the target has two values, '0.5' and '1.5'"),
        ([True, False], "classification", "the target has two values, 'False' and 'True'"),
        (["b", "a"], "classification", "the target has two values, 'a' and 'b'"),
        (["b", "a", "c"], "classification", "the target has 3 categories"),
        (["1", "2", "x"], "classification", "the target has 3 categories"),
        (["1.5", "2.5", "1,000"], "regression", "the target has 3 different numbers"),
    ],
)
def test_the_task_is_seen_in_the_target_and_said(target: Any, task: Task, why: str) -> None:
    other = next(name for name in get_args(Task) if name != task)
    found, _, said = task_of(list(target))
    assert (found, said) == (task, [f"{task} | {why} | --task {other}"])


def test_a_task_that_is_asked_for_is_followed_and_no_decision() -> None:
    assert task_of([1.5, 2.5, 3.5], task="classification") == (
        *("classification", ("1.5", "2.5", "3.5"), []),
    )
    assert task_of([0, 1] * 20, task="regression") == ("regression", (), [])


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        (["b", "a", "B", "a"], ("B", "a", "b")),
        (["10", "9", "x"], ("9", "10", "x")),
        ([10, 9, -1] * 10, ("-1", "9", "10")),
        ([2.0, 10.0], ("2", "10")),
        (["3", "x", "1", "2", "inf", "0"], ("0", "1", "2", "3", "inf", "x")),
        ([True, False], ("False", "True")),
        (pd.Categorical(["lo", "hi"], categories=["lo", "mid", "hi"]), ("hi", "lo")),
    ],
    ids=repr,
)
def test_classes_are_sorted_by_value_and_then_as_text(
    target: Any, classes: tuple[str, ...]
) -> None:
    assert task_of(target)[1] == classes
    assert task_of(target[::-1])[1] == classes


def test_a_target_with_nothing_to_learn_is_refused() -> None:
    one = refusal(["a"] * 5)
    assert (one.code, one.fact) == (
        "S06",
        "the target 'y' is 'a' in every row: there is only one class",
    )
    assert refusal([2.5] * 5, task="regression").code == "S06"
    none, _ = with_targets(table_of([None] * 5), "y", None, 0.0)
    with pytest.raises(SchemaError, match=r"^S06: no row has a target"):
        infer_task(none, "y", SchemaOptions())


def test_words_in_a_target_of_numbers_are_refused_with_their_lines() -> None:
    error = refusal(["1.5", "x", "2.5", "inf"], task="regression")
    assert (error.code, error.fact) == ("S02", "2 cells of the target 'y' are not numbers")
    assert error.place["lines"] == "2 ('x'), 4 ('inf')"


def test_more_classes_than_a_network_can_tell_apart_are_refused() -> None:
    error = refusal([f"word {i}" for i in range(1_001)])
    assert (error.code, error.fact) == ("S07", "the target 'y' has 1,001 classes in 1,001 rows")
    assert len(task_of([f"word {i % 1_000}" for i in range(1_001)])[1]) == 1_000


def test_a_class_whose_rows_weigh_nothing_is_none() -> None:
    frame = pd.DataFrame({"x": np.arange(60) / 7, "w": 1, "y": ["a", "b"] * 30})
    frame["w"] = [*[1] * 58, 0, 0]
    frame["y"] = [*["a", "b"] * 29, "c", "c"]
    options = SchemaOptions(weight_column="w")
    assert infer_task(read_table(frame), "y", options)[1] == ("a", "b")
    assert infer_task(read_table(frame), "y", SchemaOptions())[1] == ("a", "b", "c")
    run = tenfold.train(
        frame,
        target="y",
        schema=SchemaOptions(weight_column="w"),
        folds=3,
        training=TrainOptions(epochs=1),
        quality="fast",
        out=None,
    )
    assert sorted(run.predict(frame)["prediction"].unique()) <= ["a", "b"]
    assert (
        tenfold.audit(frame, target="y", schema=SchemaOptions(weight_column="w")).findings
        is not None
    )


def test_classes_of_which_none_occurs_twice_are_refused() -> None:
    names = [f"name {i}" for i in range(20)]
    error = refusal(names)
    assert (error.code, error.fact) == ("S07", "the target 'y' has 20 classes in 20 rows")
    assert len(task_of([*names, names[0]])[1]) == 20


@pytest.mark.parametrize("layout", ["%d.%m.%Y", "%Y-%m-%d", "%Y%m%d", "%b %d"])
def test_dates_to_predict_are_refused_unless_they_are_few(layout: str) -> None:
    dates = list(pd.date_range("2024-01-01", periods=40).strftime(layout))
    error = refusal(dates * 2)
    assert (error.code, error.fact) == ("S09", "the target 'y' holds 40 dates")
    assert len(task_of([*dates[:4]] * 20)[1]) == 4  # four days may be classes


SPELLINGS = [
    ["TRUE", "TRUE", "1", "FALSE", "FALSE", "0"],
    ["Yes", "Yes", "yes", "YES", "No", "No", "no", "NO"],
    ["Yes", "Yes", "Y", "No", "No", "n", "N"],
    ["ja", "ja", "Ja", "nein", "nein", "NEIN"],
    [1, 1, "1.0", 0, 0, "0.0", "FALSE"],
]


@pytest.mark.parametrize("words", SPELLINGS)
@pytest.mark.parametrize("asked", [None, "classification"])
def test_truth_values_are_two_classes_however_they_are_spelt(
    words: list[Any], asked: Task | None
) -> None:
    cells = pd.Series(words * 30, dtype=object)
    task, classes, decisions = task_of(cells, task=asked)
    no = next(word for word in words if str(word)[0] in "FfNn0")
    assert (task, set(classes)) == ("classification", {str(words[0]), str(no)})
    assert any("all values that mean true are one class" in one for one in decisions)


def test_every_spelling_of_a_truth_value_is_learnt_from_and_scored() -> None:
    words = ["TRUE", "1", "FALSE", "0"]
    frame = pd.DataFrame({"x": np.arange(120) % 4 / 3, "y": words * 30})
    run = tenfold.train(
        frame, folds=3, training=TrainOptions(epochs=30), quality="fast", out=None, audit="off"
    )
    assert run.evaluate(frame.assign(y=["true", "yes", "no", "0"] * 30))["accuracy"].value == 1
    assert set(run.predict(frame)["prediction"]) == {"1", "0"}
    assert tenfold.audit(frame, target="y").findings is not None
    declared = frame.assign(y=frame["y"].astype("category"))  # here each word is one class
    assert infer_task(read_table(declared), "y", SchemaOptions())[1] == (
        "0",
        "1",
        "FALSE",
        "TRUE",
    )


def test_classes_that_differ_only_in_capitals_or_spaces_are_told() -> None:
    _, classes, decisions = task_of(["Cat", "cat", "dog", "dark red", "dark  red"] * 9)
    assert len(classes) == 5
    (said,) = [one for one in decisions if "kept separate" in one]
    assert said.startswith(
        "classes that differ only in case or spaces are kept separate: 'Cat' and 'cat', "
    )
    assert len(task_of(["cat", " cat ", "dog"] * 9)[1]) == 2
    assert len(task_of(["cat", "dog"] * 9)[2]) == 1  # the control: nothing to say
