"""A row without a target is left out and counted; one whose target is unreadable is damaged."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

import tenfold
from tenfold import TrainOptions
from tenfold.config import Decision, RunOptions, SchemaOptions, Task
from tenfold.data.cells.placeholders import MARKS, PLACEHOLDERS
from tenfold.data.columns.labelled import find_strays, with_targets, with_targets_of
from tenfold.data.columns.schema import Schema
from tenfold.data.files.read import read_table
from tenfold.data.pictures.listing import list_labelled
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError, SchemaError, SplitError
from tenfold.kinds.registry import TABLES
from tenfold.read_options import ReadOptions
from tenfold.seeds import Streams
from tests.engine_options import asked

NUMBERS = [str(value / 7) for value in range(500)]


def table_of(target: Any, **read: Any) -> Table:
    frame = pd.DataFrame({"x": np.arange(len(target)) / 7, "y": target})
    return read_table(frame, ReadOptions(**read))


def described(
    table: Table, test: Table | None = None, **schema: Any
) -> tuple[Table, Table | None, Schema, tuple[Decision, ...]]:
    asked = RunOptions(schema=SchemaOptions(target="y", **schema))
    found = TABLES.describe(table, test, asked, Streams(1))
    return found.data, found.test, found.schema, found.decisions


def left_out(decisions: tuple[Decision, ...]) -> list[tuple[str, str, str]]:
    return [(d.what, d.why, d.change_with) for d in decisions if "left out" in d.what]


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_rows_without_a_target_are_left_out_said_and_not_counted_as_damaged(task: Task) -> None:
    filled = NUMBERS if task == "regression" else ["red", "blue"] * 250
    target = [None if row % 20 == 3 else cell for row, cell in enumerate(filled)]
    kept, _, schema, decisions = described(table_of(target))
    assert (schema.task, len(kept), kept.rejected) == (task, 475, ())
    assert [(row.line, row.reason) for row in kept.unlabelled[:2]] == [
        (4, "its target 'y' is empty"),
        (24, "its target 'y' is empty"),
    ]
    assert kept.left_out == kept.unlabelled
    assert left_out(decisions) == [
        (
            "25 of 500 rows have no target and are left out",
            "25 cells of 'y' are empty; the first is line 4",
            "--target",
        )
    ]


def test_a_target_that_cannot_be_read_is_damage_and_counts() -> None:
    """The limit speaks of the rows that have a target."""
    target = [*NUMBERS[:90], *["abc"] * 2, *[None] * 408]
    with pytest.raises(ReadError) as caught:
        with_targets(table_of(target), "y", None, 0.02)
    assert (caught.value.code, caught.value.fact) == (
        "D05",
        "2 of 92 rows cannot be used, but the limit is 0.02 of them",
    )
    assert caught.value.place["besides"] == "408 rows have no target"
    kept, decisions = with_targets(table_of(target), "y", None, 0.03)
    assert (len(kept), len(kept.rejected), len(kept.unlabelled)) == (90, 2, 408)
    assert [what for what, _, _ in left_out(decisions)] == [
        "408 of 500 rows have no target and are left out; 90 rows are used",
        "2 rows whose target is not a number are left out",
    ]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    cells=some.lists(some.sampled_from(["1.5", "2.5", None, "", "-", "n/a"]), min_size=30),
    extra=some.integers(12, 40),
)
def test_no_share_of_rows_without_a_target_is_refused(
    cells: list[str | None], extra: int
) -> None:
    target: list[Any] = [*cells, *NUMBERS[1 : extra + 1]]
    kept, _ = with_targets(table_of(target), "y", None, 0.0)
    read = [cell in {"1.5", "2.5"} for cell in cells] + [True] * extra
    assert (kept.lines - 1).tolist() == np.flatnonzero(read).tolist()
    assert len(kept.unlabelled) == len(target) - sum(read)


def test_too_few_rows_with_a_target_are_refused_by_what_is_missing() -> None:
    options: dict[str, Any] = {"target": "y", "folds": 5, "out": None}
    none: Any = [None] * 100
    few_of_many: list[Any] = [1.5, 2.5, 3.5, 4.5, *[None] * 96]
    frame = pd.DataFrame({"x": np.arange(100.0), "y": few_of_many})
    with pytest.raises(SplitError, match="there are only 4 rows for 5 folds") as few:
        tenfold.train(frame, **asked(**options))
    assert few.value.place["without a target"] == "96 of 100 rows, which are left out"
    with pytest.raises(SchemaError) as one:
        tenfold.train(
            frame.assign(y=np.where(frame["x"] < 40, "yes", None)), **asked(**options)
        )
    assert one.value.fact == (
        "the target 'y' is 'yes' in every row that has a target: there is only one class"
    )
    assert one.value.place["without a target"] == "60 of 100 rows"
    assert one.value.fix[1] == "if an empty cell is a class, fill it with a value, such as 'no'"
    with pytest.raises(SchemaError, match="no row has a target"):
        tenfold.train(frame.assign(y=none), **asked(**options))


@pytest.mark.parametrize("word", ["-", "n/a", "unknown", "#DIV/0!"])
def test_a_word_for_nothing_is_no_target_among_numbers(word: str) -> None:
    table = table_of([*NUMBERS[:-20], *[word] * 20])
    kept, _, schema, decisions = described(table)
    assert (schema.task, len(kept), kept.rejected) == ("regression", 480, ())
    assert [row.line for row in kept.unlabelled] == list(range(481, 501))
    assert kept.unlabelled[0].reason == (
        f"its target 'y' is {word!r}, which means that there is none"
    )
    assert left_out(decisions) == [
        (
            "20 of 500 rows have no target and are left out",
            f"cells {word!r} (20) mean that there is none; the first is line 481",
            "--task classification, --missing",
        )
    ]
    plain = table_of([*NUMBERS[:-20], *[word] * 20], missing=("?",))
    assert word in described(plain, task="classification")[2].classes


def test_another_word_among_numbers_is_left_out_as_damaged() -> None:
    table = table_of([*NUMBERS[:-3], *["oops"] * 3])
    kept, _, schema, decisions = described(table)
    assert (schema.task, len(kept)) == ("regression", 497)
    assert [row.line for row in kept.rejected] == [498, 499, 500]
    assert kept.rejected[0].reason == "its target 'y' is 'oops', which is not a number"
    assert left_out(decisions) == [
        (
            "3 rows whose target is not a number are left out",
            "all other targets are numbers; these are 'oops' (3)",
            "--task classification",
        )
    ]
    assert described(table, task="classification")[2].task == "classification"
    with pytest.raises(ReadError, match="D05: 20 of 500 rows"):
        described(table_of([*NUMBERS[:-20], *["oops"] * 20]))


def test_test_rows_without_a_target_are_left_out_too() -> None:
    table = table_of([*NUMBERS[:-3], "-", "-", "-"])
    test = table_of([*NUMBERS[:150], *["-"] * 40, *[None] * 10])
    _, asked, _, decisions = described(table, test)
    assert asked is not None
    assert len(asked) == 150
    assert left_out(decisions)[1] == (
        "50 of 200 test rows have no target and are left out",
        "line 151: its target 'y' is '-', which means that there is none",
        "--test",
    )
    assert len(described(table_of(NUMBERS), test)[1] or ()) == 150  # if training had none, too


@pytest.mark.parametrize("task", [None, "regression", "classification"])
def test_classes_with_a_word_among_digits_stay_classes(task: Task | None) -> None:
    digits = [str(value % 3) for value in range(300)]
    table = table_of([*digits[:-3], "x", "x", "x"])
    strays = find_strays(table, "y", task)
    assert strays.unread.any() == (task == "regression")
    assert not strays.silent.any()
    wanted = 297 if task == "regression" else 300
    assert len(with_targets(table, "y", task, 1.0)[0]) == wanted


@pytest.mark.parametrize("word", ["-", "n/a", "Unknown"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_word_for_nothing_is_no_class_among_digits(word: str, classes: int) -> None:
    digits = [str(value % classes) for value in range(300)]
    cells = [*digits[:-3], word, word, word]
    kept, _, schema, decisions = described(table_of(cells))
    assert (schema.task, len(schema.classes), len(kept)) == ("classification", classes, 297)
    assert left_out(decisions) == [
        (
            "3 of 300 rows have no target and are left out",
            f"cells {word!r} (3) mean that there is none; the first is line 298",
            "--missing",
        )
    ]
    asked = described(table_of(cells, missing=("NA",)))[2]
    assert asked.classes[-1] == word  # as --missing says
    many = table_of([*digits[:150], *[word] * 150])
    assert len(described(many)[2].classes) == classes + 1  # half of the cells are no strays


@pytest.mark.parametrize("word", sorted(MARKS | {"N/A", "Null", "#n/a"}))
@pytest.mark.parametrize("task", [None, "classification"])
def test_a_rare_sign_for_nothing_is_no_class_among_words(word: str, task: Task | None) -> None:
    cells = [*["red", "green", "blue"] * 30, *[word] * 9]
    kept, _, schema, decisions = described(table_of(cells), task=task)
    assert schema.classes == ("blue", "green", "red")
    assert (len(kept), len(kept.unlabelled)) == (90, 9)
    (said,) = left_out(decisions)
    assert said[0] == "9 of 99 rows have no target and are left out"
    assert said[2] == "--missing"
    kept = described(table_of(cells, missing=("red",)))[0]
    assert (
        kept.unlabelled[0].reason == "its target 'y' is empty"
    )  # the control: 'red', as asked


@pytest.mark.parametrize("word", sorted(PLACEHOLDERS - MARKS))
def test_a_word_that_may_name_a_class_stays_one(word: str) -> None:
    cells = [*["red", "green", "blue"] * 30, *[word] * 9]
    kept, _, schema, _ = described(table_of(cells))
    assert (len(kept), word in schema.classes) == (99, True)


@pytest.mark.parametrize(
    ("cells", "gone"),
    [
        (["yes", "no"] * 30 + ["n/a"] * 25, ["n/a"]),  # clear, though not rare
        (["yes", "no"] * 30 + ["-"] * 25, []),  # a sign that is not rare
        (["yes", "no"] * 30 + ["-"] * 3, ["-"]),
        (["yes", "no"] * 30 + ["na", "-", "n/a"], ["na", "-", "n/a"]),
        (["yes"] * 60 + ["n/a"] * 3, []),  # there would be one class only
        (["yes"] * 60 + ["-"] * 3, []),
        (["n/a"] * 60 + ["yes", "no"] * 20, []),  # more of them than of all others
        (["+", "0"] * 30 + ["-"] * 3, []),  # a sign among signs
        (["+", "0"] * 30 + ["n/a"] * 3, ["n/a"]),
        (["eu", "as", "af"] * 30 + ["na"] * 3, []),  # a code among codes
        (["K", "Ca", "Fe", "Cl"] * 30 + ["Na"] * 3, []),  # sodium
        (["none", "drug a", "drug b"] * 30, []),
        (["unknown", "benign", "no"] * 30, []),
    ],
    ids=str,
)
def test_what_is_a_class_depends_on_the_other_words(cells: list[str], gone: list[str]) -> None:
    kept, _, schema, _ = described(table_of(cells))
    assert set(schema.classes) == set(cells) - set(gone)
    assert len(kept) == sum(cell not in gone for cell in cells)


def test_a_declared_category_keeps_its_words() -> None:
    cells = [*["red", "blue"] * 30, *["n/a"] * 3]
    schema = described(table_of(pd.Categorical(cells)))[2]
    assert schema.classes == ("blue", "n/a", "red")


def test_classes_that_look_like_nothing_are_named_with_their_option() -> None:
    decisions = described(table_of(["none", "drug a", "drug b"] * 30))[3]
    (said,) = [d for d in decisions if d.what == "categories, not missing values: 'none'"]
    assert said.change_with == "--missing"


def test_a_class_that_may_have_been_read_as_empty_is_not_left_out_in_silence() -> None:
    """NA beside codes of its length is North America."""
    cells = [*["EU", "AS", "AF", "OC"] * 20, *["NA"] * 20]
    with pytest.raises(ReadError) as caught:
        described(table_of(cells))
    assert (caught.value.code, caught.value.fix[1]) == (
        "D05",
        "if 'NA' is a class, name the values that mean missing: --missing",
    )
    assert "line 81: its target 'y' is empty, or the class 'NA'" in caught.value.place["rows"]
    assert "NA" in described(table_of(cells, missing=("?",)))[2].classes
    assert len(described(table_of(cells, missing=("NA",)))[0].unlabelled) == 20  # as it says
    kept = described(table_of([*["yes", "no"] * 40, *["NA"] * 20]))[0]
    assert (len(kept), len(kept.unlabelled)) == (80, 20)  # the control: no code


def test_what_scores_a_run_reads_targets_as_it_did() -> None:
    words = described(table_of([*["red", "green", "blue"] * 30, *["n/a"] * 9]))[2]
    new = table_of(["red", "n/a", "-", None, "blue"])
    assert with_targets_of(new, words, 0.0).lines.tolist() == [1, 5]
    kept = described(table_of([*["red", "blue"] * 30, *["n/a"] * 9], missing=("?",)))[2]
    assert with_targets_of(new, kept, 0.0).lines.tolist() == [1, 2, 5]


def test_evaluate_scores_the_rows_that_have_a_target_and_says_how_many_have_none() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=120)})
    frame["y"] = np.where(frame["x"] > 0, "red", "blue")
    frame.loc[::10, "y"] = "n/a"
    run = tenfold.train(
        frame, folds=3, training=TrainOptions(epochs=2), quality="fast", out=None, audit="off"
    )
    assert run.metrics["rejected"] == 12
    with pytest.warns(UserWarning, match="12 of 120 rows have no target and are left out"):
        found = run.evaluate(frame)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run.evaluate(frame[frame["y"] != "n/a"]) == found


def test_the_audit_notes_rows_without_a_target_and_doubts_a_table_of_them() -> None:
    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=200), "y": NUMBERS[:200]})
    for count, severity in ((20, "info"), (120, "warning")):
        frame.loc[:count, "y"] = None
        found = tenfold.audit(frame, target="y").findings
        assert [(f.severity, f.fact) for f in found if f.code == "A14"] == [
            (severity, f"{count + 1} of 200 rows have no target and are left out")
        ]


def test_pictures_without_a_label_are_left_out_and_not_counted_as_damaged(
    tmp_path: Path,
) -> None:
    labels = ["cat", "dog"] * 5 + ["", "n/a"]
    rows = [f"{at}.png,{label}" for at, label in enumerate(labels)]
    (tmp_path / "pets.csv").write_text("\n".join(["file,label", *rows, ",cat"]) + "\n")
    listing, _ = list_labelled(tmp_path / "pets.csv", RunOptions().pictures)
    assert listing.labels == ("cat", "dog") * 5
    assert [(file.file, file.reason) for file in listing.unlabelled] == [
        ("10.png", "it has no label"),
        ("11.png", "it has no label"),
    ]
    assert [file.reason for file in listing.rejected] == ["it does not name a file"]
    (said,) = [d for d in listing.decisions if "no target" in d.what]
    assert said.what == "2 of 13 rows have no target and are left out"


@pytest.mark.parametrize("read", [{}, {"missing": ()}])
@pytest.mark.parametrize("empty", ["", "  ", "\u00a0", None, np.nan, pd.NA])
def test_a_class_without_a_name_is_no_target_whatever_words_mean_none(
    tmp_path: Path, empty: Any, read: dict[str, Any]
) -> None:
    cells = pd.Series(["red", "blue", empty] * 20, dtype=object)
    frame = pd.DataFrame({"x": np.arange(60) / 7, "y": cells})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    for source in (frame, tmp_path / "rows.csv"):
        kept, _, schema, _ = described(read_table(source, ReadOptions(**read)))
        assert schema.classes == ("blue", "red")
        assert (len(kept), len(kept.unlabelled)) == (40, 20)
