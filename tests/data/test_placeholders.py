"""Words for nothing do not turn numbers and dates into words, in any of their places."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tenfold.config import ReadOptions, RunOptions, SchemaOptions, SplitOptions, Task
from tenfold.data.admit import admit
from tenfold.data.encode import encode_inputs
from tenfold.data.kinds import find_kind
from tenfold.data.placeholders import PLACEHOLDERS, is_placeholder
from tenfold.data.read import read_table
from tenfold.data.required import check_columns
from tenfold.data.schema import Schema, infer_schema
from tenfold.data.table import Table
from tenfold.data.target import answered, stray_targets
from tenfold.errors import PredictError, ReadError
from tenfold.seeds import Streams
from tenfold.study.tables import describe

NUMBERS = [str(value / 7) for value in range(90)]
DAYS = [f"{day % 28 + 1:02}.{day % 12 + 1:02}.20{day % 90 + 10}" for day in range(90)]
KEPT = ReadOptions(missing=())


def kind_of(*cells: str) -> tuple[str, str]:
    found = find_kind("x", pd.Series(cells, dtype=object))
    return found.kind, found.why


def table_of(x: list[str], y: list[str] | None = None) -> Table:
    frame = pd.DataFrame({"x": x, "y": range(len(x)) if y is None else y})
    return read_table(frame, KEPT)


def schema_of(x: list[str]) -> Schema:
    return infer_schema(table_of(x), "y", SchemaOptions(), SplitOptions())


@pytest.mark.parametrize("word", sorted(PLACEHOLDERS | {"N/A", "Unknown", "NONE", "#N/A"}))
def test_a_tenth_of_a_column_may_say_that_there_is_nothing(word: str) -> None:
    assert is_placeholder(word)
    assert kind_of(*NUMBERS, *[word] * 9) == (
        "number",
        f"its cells are numbers; cells {word!r} (9) are read as empty",
    )
    assert kind_of(*DAYS, *[word] * 9)[0] == "date"
    assert kind_of(*NUMBERS, *["A12"] * 9)[0] == "category"  # the control: it may be a code


@pytest.mark.parametrize(
    "word",
    [
        "red",
        "lost",
        "x",
        "Sensor aus",
        "\u00f8",
        "T",
        "free",
        "\u8aad\u3081\u306a\u3044",
        "b.d.",
        "@",
    ],
)
@pytest.mark.parametrize("times", [9, 30])
def test_any_word_that_comes_back_beside_many_numbers_means_nothing(
    word: str, times: int
) -> None:
    said = f"cells {word!r} ({times}) are read as empty"
    assert kind_of(*NUMBERS, *[word] * times) == ("number", f"its cells are numbers; {said}")
    assert kind_of(*DAYS, *[word] * times)[0] == "date"
    assert kind_of(*map("{} kg".format, NUMBERS), *[word] * times)[0] == "number"
    whole = [str(value * value) for value in range(90)]
    assert kind_of(*whole, *[word] * times)[0] == "number"
    assert kind_of(*NUMBERS, *[word] * 60)[0] == "category"  # two fifths


def test_several_strange_words_are_told_each_with_its_count() -> None:
    words = [*["Lo"] * 4, *["Hi"] * 3, *["-"] * 5]
    found = kind_of(*NUMBERS, *words)
    assert found == (
        "number",
        "its cells are numbers; cells '-' (5), 'Lo' (4), 'Hi' (3) are read as empty",
    )
    new = table_of(["1.5", "lo", "HI", "-"])
    schema = schema_of([*NUMBERS, *words])
    assert schema.columns[0].empties == ("-", "hi", "lo")
    numbers = encode_inputs(new.frame, schema)[0][:, 0]
    np.testing.assert_array_equal(numbers, [1.5, np.nan, np.nan, np.nan])


@pytest.mark.parametrize(
    "cells",
    [
        [*NUMBERS, *["A12", "B7"] * 5],  # codes
        [*NUMBERS, *["V", "E", "W", "N", "S"] * 3],  # too many words
        [*NUMBERS, *"abcdefg"],  # none of them comes back
        [*[str(line % 30 + 1) for line in range(270)], *["Express"] * 30],  # lines of buses
        [*[str(room % 25 + 101) for room in range(270)], *["Lobby", "Attic"] * 15],
        [*[str(grade % 12 + 1) for grade in range(270)], *["K"] * 30],
        [*[str(size % 9 + 36) for size in range(270)], *["S", "M", "L"] * 10],
    ],
)
def test_names_of_which_most_are_numbers_stay_words(cells: list[str]) -> None:
    assert kind_of(*cells)[0] in {"category", "identifier"}


def test_a_name_that_measures_tells_numbers_from_codes() -> None:
    ages = [*[str(value % 60 + 18) for value in range(600)], *["refused by all"] * 60]
    assert find_kind("x", pd.Series(ages, dtype=object)).kind == "category"
    assert find_kind("age", pd.Series(ages, dtype=object)).kind == "number"


def test_numbers_in_other_forms_have_them_too() -> None:
    for pattern in ("${}", "{} kg", "{}%"):
        assert kind_of(*map(pattern.format, NUMBERS), *["-"] * 9)[0] == "number"
    clocks = [f"{hour % 24:02}:{hour % 60:02}" for hour in range(90)]
    assert kind_of(*clocks, *["--"] * 9)[0] == "number"


def test_the_words_are_counted_and_said_as_a_decision() -> None:
    words = ["-", "-", "n/a", "#DIV/0!", "-"]
    schema = schema_of([*NUMBERS, *words])
    (said,) = [one for one in schema.decisions if "empty" in one.why]
    assert said.what == "column 'x' is a number all the same"
    assert said.why == (
        "its cells are numbers; cells '-' (3), '#DIV/0!' (1), 'n/a' (1) are read as empty"
    )
    assert said.change_with == "--kind 'x'=category"
    assert schema.columns[0].has_missing


def test_words_that_may_be_a_category_stay_words() -> None:
    few = [str(value % 5) for value in range(60)]
    assert kind_of(*few, *["unknown"] * 20)[0] == "category"  # a quarter of few codes
    assert kind_of(*few, *["unknown"] * 6)[0] == "number"
    assert kind_of(*NUMBERS, *["unknown"] * 60)[0] == "number"  # two fifths of many numbers
    assert kind_of(*NUMBERS, *["-"] * 100)[0] != "number"  # more of them than numbers
    assert kind_of(*["red", "blue", "unknown"] * 20)[0] == "category"
    assert kind_of(*NUMBERS, "-", "--", "n/a", "none", "tbd", *["*"] * 5)[0] != "number"


def test_new_rows_have_nothing_where_training_had_nothing() -> None:
    schema = schema_of([*NUMBERS, *["-"] * 3, "n/a", "Unknown"])
    assert Schema.from_dict(schema.to_dict()).columns[0].empties == ("-", "n/a", "unknown")
    new = table_of(["1.5", "-", "N/A", "unknown"])
    check_columns(new.frame, schema, ".")  # though most cells are no numbers
    fitted, found = admit(new, schema, "strict")
    assert not found
    for table in (fitted, new):
        numbers = encode_inputs(table.frame, schema)[0][:, 0]
        np.testing.assert_array_equal(numbers, [1.5, np.nan, np.nan, np.nan])
    with pytest.raises(PredictError):  # the control: other words are told
        admit(table_of(["1.5", "nil"]), schema, "strict")


def described(table: Table, test: Table | None = None, **options: Any) -> Any:
    asked = RunOptions(schema=SchemaOptions(target="y", **options))
    return describe(table, test, asked, Streams(1))


@pytest.mark.parametrize("word", ["-", "n/a", "unknown", "#DIV/0!", "oops"])
def test_a_target_of_numbers_is_one_in_spite_of_a_few_words(word: str) -> None:
    numbers = [str(value / 7) for value in range(500)]
    table = table_of(numbers, [*numbers[:-3], *[word] * 3])
    kept, _, schema, decisions = described(table)
    assert (schema.task, len(kept)) == ("regression", 497)
    assert [row.line for row in kept.rejected] == [498, 499, 500]
    assert kept.rejected[0].reason == f"its target 'y' is {word!r}, no number"
    (said,) = [one for one in decisions if "left out" in one.what]
    assert said.what == "3 rows are left out: their target is no number"
    assert said.why == f"all others are numbers; these are {word!r} (3)"
    assert said.change_with == "--task classification"
    assert described(table, task="classification")[2].task == "classification"


def test_test_rows_without_a_number_are_left_out_too() -> None:
    numbers = [str(value / 7) for value in range(500)]
    table = table_of(numbers, [*numbers[:-3], "-", "-", "-"])
    test = table_of(numbers[:200], [*numbers[:199], "-"])
    assert len(described(table, test)[1]) == 199
    plain = table_of(numbers, numbers)
    assert len(described(plain, test)[1]) == 199  # and if training had none


def test_more_rows_without_a_number_than_may_be_left_out_are_refused() -> None:
    numbers = [str(value / 7) for value in range(500)]
    with pytest.raises(ReadError) as caught:
        described(table_of(numbers, [*numbers[:-20], *["-"] * 20]))
    assert caught.value.code == "D05"


@pytest.mark.parametrize("task", [None, "regression", "classification"])
def test_classes_with_a_word_among_digits_stay_classes(task: Task | None) -> None:
    digits = [str(value % 3) for value in range(300)]
    table = table_of(digits, [*digits[:-3], "x", "x", "x"])
    strays = stray_targets(table, "y", task)
    assert (strays is None) == (task != "regression")
    wanted = 297 if task == "regression" else 300
    assert len(answered(table, "y", 1.0, strays)) == wanted


@pytest.mark.parametrize("word", ["-", "n/a", "Unknown"])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_word_for_nothing_is_no_class_among_digits(word: str, classes: int) -> None:
    digits = [str(value % classes) for value in range(300)]
    table = table_of(digits, [*digits[:-3], word, word, word])
    kept, _, schema, decisions = described(table)
    assert (schema.task, len(schema.classes), len(kept)) == ("classification", classes, 297)
    (said,) = [one for one in decisions if "left out" in one.what]
    assert said.what == "3 rows are left out: their target is no number"
    assert said.why == f"all others are numbers; these are {word!r} (3)"
    asked = described(table, task="classification")[2]
    assert asked.classes[-1] == word  # as it says
    many = table_of(digits, [*digits[:150], *[word] * 150])
    assert len(described(many)[2].classes) == classes + 1  # half of the cells are no strays
