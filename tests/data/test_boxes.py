"""A box that is ticked or not is a truth value, and an empty cell means no."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.columns.column_kind import find_kind
from tenfold.data.columns.encode import encode_inputs
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.new_rows.admit import admit


def objects(*cells: object) -> "pd.Series[Any]":
    return pd.Series(list(cells), dtype=object)


def schema_of(cells: Any) -> Schema:
    frame = pd.DataFrame({"x": cells, "y": np.arange(len(cells)) / 7})
    return infer_schema(read_table(frame), "y", SchemaOptions(), SplitOptions())


@pytest.mark.parametrize(
    "word",
    [
        *("x", "X", "yes", "True", "1", "\u2713", "on", "y", 1, 1.0, True, "*", "\u2022", "ja"),
        *(
            "\u221a",
            "v",
            "V",
            "\u0434\u0430",
            "\u0414\u0430",
            "\u662f",
            "\u25cb",
            "\u25ef",
            "[x]",
            "[X]",
        ),
        *("+", "(x)", "tak", "J", "\u2611", "\u2714", "\u306f\u3044", "evet", "Kyll\u00e4"),
    ],
)
def test_one_word_and_empty_cells_are_a_box(word: Any) -> None:
    schema = schema_of(objects(*[word, None, None] * 9))
    (column,) = schema.columns
    assert (column.kind, column.tick) == ("boolean", str(word).lower().removesuffix(".0"))
    (said,) = [one for one in schema.decisions if "tick boxes" in one.what]
    assert said.what == "tick boxes, in which an empty cell means no: 'x'"
    assert said.why.endswith("and 18 are empty")
    new = read_table(pd.DataFrame({"x": [word, None, "no", "maybe"], "y": 1}))
    numbers = encode_inputs(new.frame, schema)[0][:, 0]
    np.testing.assert_array_equal(numbers, [1, 0, 0, 0])
    (drift,) = admit(new, schema, "warn")[1]  # only the word that is none
    assert (drift.what, drift.rows.tolist()) == ("unexpected type", [3])
    assert Schema.from_dict(schema.to_dict()) == schema


def test_a_box_of_numbers_is_the_same_as_one_of_text() -> None:
    numbers = schema_of(pd.Series([1.0, np.nan, np.nan] * 9)).columns
    assert numbers == schema_of(objects(*["1", None, None] * 9)).columns
    assert numbers[0].tick == "1"


@pytest.mark.parametrize("word", ["member", "no", "2", 2.0, "2024-05-01"])
def test_another_word_and_empty_cells_are_a_category_of_which_a_cell_may_be_empty(
    word: Any,
) -> None:
    (column,) = schema_of(objects(*[word, None, None] * 9)).columns
    assert (column.kind, column.has_missing, len(column.levels)) == ("category", True, 1)
    assert column.why == f"9 cells are {column.levels[0]!r} and 18 are empty"
    schema = schema_of(objects(*[word, None, None] * 9))
    codes = encode_inputs(pd.DataFrame({"x": objects(word, None)}), schema)[1][:, 0]
    assert codes[0] != codes[1]


def test_a_column_of_one_word_is_constant_if_hardly_a_cell_is_empty_or_hardly_one_filled() -> (
    None
):
    assert find_kind("x", objects(*["yes"] * 9)).kind == "constant"
    assert find_kind("x", objects(*["yes"] * 99, None)).kind == "constant"  # one is forgotten
    assert find_kind("x", objects(*["red"] * 99, None)).kind == "constant"
    assert find_kind("x", objects("see below", *[None] * 99)).kind == "constant"  # a remark


def test_a_box_with_a_no_in_it_has_empty_cells_that_are_unknown() -> None:
    schema = schema_of(objects(*["yes", "no", None] * 9))
    assert schema.columns[0].tick == ""
    assert np.isnan(encode_inputs(pd.DataFrame({"x": objects(None)}), schema)[0][0, 0])


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        *(
            ("on", "off"),
            ("Enabled", "Disabled"),
            ("Y", "N"),
            ("J", "N"),
            ("S", "N"),
            ("O", "N"),
        ),
        *(
            ("tak", "nie"),
            ("\u0434\u0430", "\u043d\u0435\u0442"),
            ("\u0414\u0410", "\u041d\u0415\u0422"),
        ),
        *(("\u2713", "\u2717"), ("\u2714", "\u2718"), ("\u2611", "\u2610"), ("[x]", "[ ]")),
        *(("\u2705", "\u274c"), ("V", "F"), ("W", "F"), ("ano", "ne"), ("evet", "hay\u0131r")),
        *(
            ("kyll\u00e4", "ei"),
            ("ja", "nej"),
            ("igen", "nem"),
            ("\u306f\u3044", "\u3044\u3044\u3048"),
        ),
        *(
            ("\u662f", "\u5426"),
            ("Prawda", "Fa\u0142sz"),
            ("\u03bd\u03b1\u03b9", "\u03cc\u03c7\u03b9"),
        ),
    ],
)
def test_switches_are_truth_values(yes: str, no: str) -> None:
    schema = schema_of(objects(*[yes, no] * 9))
    assert schema.columns[0].kind == "boolean"
    assert encode_inputs(pd.DataFrame({"x": [no, yes]}), schema)[0][:, 0].tolist() == [0, 1]


@pytest.mark.parametrize(
    "words",
    [("S", "M"), ("N", "S", "E"), ("o", "x"), ("v", "w"), ("W", "M"), ("ne", "nw"), "ABO"],
)
def test_letters_that_may_be_anything_are_words(words: tuple[str, ...]) -> None:
    assert find_kind("x", objects(*words * 9)).kind == "category"
