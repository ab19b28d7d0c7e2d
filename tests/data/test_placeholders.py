"""Words for nothing do not turn numbers and dates into words, in any of their places."""

import numpy as np
import pandas as pd
import pytest

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.cells.placeholders import PLACEHOLDERS, is_placeholder
from tenfold.data.columns.column_kind import find_kind
from tenfold.data.columns.encode import encode_inputs
from tenfold.data.columns.required import check_columns
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.new_rows.admit import admit
from tenfold.data.tables.table import Table
from tenfold.errors import PredictError
from tenfold.read_options import ReadOptions

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
        f"its cells are numbers; cells {word!r} (9) are treated as missing",
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
    said = f"cells {word!r} ({times}) are treated as missing"
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
        "its cells are numbers; cells '-' (5), 'Lo' (4), 'Hi' (3) are treated as missing",
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
    (said,) = [one for one in schema.decisions if "treated as missing" in one.why]
    assert said.what == "column 'x' is nevertheless read as a number"
    assert said.why == (
        "its cells are numbers; cells '-' (3), '#DIV/0!' (1), 'n/a' (1) are treated as missing"
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
