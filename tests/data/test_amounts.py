"""Numbers with a unit beside them are numbers, as inputs, as a target and in new rows."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tenfold.config import Kind, SchemaOptions, SplitOptions
from tenfold.data.cells.amounts import read_amount
from tenfold.data.cells.parse import number_of, to_numbers
from tenfold.data.columns.column_kind import FoundKind, find_kind
from tenfold.data.columns.encode import encode_inputs, encode_target
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.read_options import ReadOptions

VALUES = [1234.5, 12, 7.25, 990, 31, 8, 45.5, 3, 1.75, 60] * 3


def kind_of(*cells: object, decimal: str = ".") -> FoundKind:
    return find_kind("x", pd.Series(list(cells), dtype=object), decimal)


def schema_of(frame: pd.DataFrame, **options: Any) -> Schema:
    return infer_schema(read_table(frame), "y", SchemaOptions(**options), SplitOptions())


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        *(("$1,234.50", 1234.5, "$"), ("-$5", -5, "$"), ("$-5", -5, "$"), ("$ 5", 5, "$")),
        *(("USD 5", 5, "USD"), ("5 USD", 5, "USD"), ("Rs. 500", 500, "Rs"), ("5-", -5, "")),
        *(("(12)", -12, ""), ("($12.50)", -12.5, "$"), ("12%", 12, "%"), ("-3.5 %", -3.5, "%")),
        *(("3.4k", 3400, ""), ("2.5 million", 2.5e6, ""), ("$1.2bn", 1.2e9, "$")),
        *(("12 kg", 12, "kg"), ("12kg", 12, "kg"), ("5 m²", 5, "m²"), ("-5 °C", -5, "°C")),
        *(("5'11\"", 5 + 11 / 12, "ft"), ("5 ft 6 in", 5.5, "ft"), ("6'", 6, "ft")),
        *(
            ("<70", 70, ""),
            ("60+", 60, ""),
            ("1 234 567", 1234567, ""),
            ("1'250.5", 1250.5, ""),
        ),
        *(("1,23,456", 123456, ""), ("3 years", 3, "years"), ("120 km/h", 120, "km/h")),
        *(("A12", None, ""), ("8.7.3", None, ""), ("60-69", None, ""), ("10.0.0.1", None, "")),
        *(
            ("+", None, ""),
            ("$", None, ""),
            ("(5", None, ""),
            ("((5))", None, ""),
            ("", None, ""),
        ),
        *(("0171 234 567", None, ""), ("012 345", None, ""), ("5'13", None, "")),
        *(("12 apples and some more pears", None, ""), ("(320) 555-5899", None, "")),
    ],
)
def test_an_amount_is_a_number_and_its_unit(text: str, number: float | None, unit: str) -> None:
    found = read_amount(text)
    assert (found is None) == (number is None)
    if found is not None:
        assert found.number == pytest.approx(number, rel=1e-15)
        assert found.unit == unit


@given(some.text(alphabet="0123456789.,' -+()$€%kKMmgft\"/", max_size=12))
def test_no_text_ends_in_a_fault_and_none_is_without_end(text: str) -> None:
    for decimal in (".", ","):
        found = read_amount(text, decimal)
        assert found is None or math.isfinite(found.number) or math.isinf(found.number)
        assert not math.isinf(number_of(text, decimal, "amount"))


@given(some.integers(-(10**9), 10**9), some.sampled_from(["$", "€", "kg", "%", "CHF"]))
def test_a_number_written_with_a_unit_is_the_number(cents: int, unit: str) -> None:
    wanted = cents / 100
    english = f"{abs(wanted):,.2f}"
    german = english.translate(str.maketrans(".,", ",."))
    sign = "-" if cents < 0 else ""
    for text, decimal in ((english, "."), (german, ",")):
        for cell in (f"{sign}{text} {unit}", f"{sign}{text}{unit}"):
            assert number_of(cell, decimal, "amount", unit) == wanted, cell
    if unit in "$€":
        assert number_of(f"{sign}{unit}{english}", ".", "amount", unit) == wanted
        if cents < 0:
            assert number_of(f"({unit}{english})", ".", "amount", unit) == wanted


@pytest.mark.parametrize(
    ("pattern", "unit"),
    [
        *(
            ("${:,.2f}", "$"),
            ("{:,.2f} €", "€"),
            ("USD {}", "USD"),
            ("{}%", "%"),
            ("{} kg", "kg"),
        ),
        *(("({})", ""), ("{:,.2f}k", ""), ("<{}", ""), ("{:.0f} months", "months")),
    ],
)
def test_a_column_of_amounts_is_one_of_numbers(pattern: str, unit: str) -> None:
    found = kind_of(*map(pattern.format, VALUES))
    assert (found.kind, found.form, found.unit) == ("number", "amount", unit)
    assert found.why == f"its cells are amounts in {unit}" if unit else "its cells are amounts"


def test_words_that_begin_with_a_number_stay_words() -> None:
    assert kind_of(*["1st", "2nd", "3rd", "4th"] * 9).kind == "category"
    assert kind_of(*["10 kg", "5 lb"] * 15).kind == "category"  # two units are two things
    assert kind_of(*["60-69", "40-49", "80+"] * 9).kind == "category"
    assert kind_of(*["5 Main St", "12 Oak Ave", "7 Elm Rd"] * 9).kind == "category"
    assert kind_of(*["C85", "E46", "B12"] * 9).kind == "category"
    assert kind_of(*["01296", "80331", "00694"] * 9).kind == "category"
    assert kind_of(*["$5", "$12"] * 9, decimal=".").kind == "number"  # the control


def test_a_cell_in_another_unit_is_no_number_and_is_counted() -> None:
    found = kind_of(*(f"{value} kg" for value in range(60)), "5 lb", "7 lb")
    assert (found.form, found.unit) == ("amount", "kg")
    assert found.why == (
        "all but 2 of its 62 filled cells are amounts in kg; cells such as '5 lb' are "
        "treated as missing"
    )
    cells = pd.Series(["5 kg", "5 lb", "5", 5, None], dtype=object)
    np.testing.assert_array_equal(
        to_numbers(cells, ".", "amount", "kg"), [5, np.nan, 5, 5, np.nan]
    )


def test_the_decimal_sign_is_seen_beside_a_unit() -> None:
    frame = pd.DataFrame(
        {"x": ["1.234,50 €", "12,75 €", "3 €"] * 9, "y": ["2,5%", "7%", "1%"] * 9}
    )
    table = read_table(frame)
    assert table.decimal == ","
    schema = infer_schema(table, "y", SchemaOptions(task="regression"), SplitOptions())
    assert encode_inputs(table.frame, schema, ",")[0][:3, 0].tolist() == [1234.5, 12.75, 3]
    assert encode_target(table, schema)[:3].tolist() == [2.5, 7, 1]


def test_a_target_of_money_is_a_number_with_its_unit_and_said() -> None:
    prices = np.arange(60) * 1_250.5
    frame = pd.DataFrame({"x": prices / 7, "y": [f"${price:,.2f}" for price in prices]})
    schema = schema_of(frame)
    assert (schema.task, schema.target_form, schema.target_unit) == (
        "regression",
        "amount",
        "$",
    )
    assert schema.decisions[0].why == "the target has 60 different amounts in $"
    assert encode_target(read_table(frame), schema).tolist() == prices.tolist()
    words = schema_of(pd.concat([frame, frame]), task="classification")
    assert (len(words.classes), words.target_unit) == (60, "")


def test_the_units_are_said_and_kept() -> None:
    frame = pd.DataFrame({"a": ["$5", "$1,250"] * 9, "b": ["(5)", "7"] * 9, "y": range(18)})
    schema = schema_of(frame)
    (said,) = [one for one in schema.decisions if "unit" in one.what]
    assert said.what == "numbers with a unit: 'a' ($), 'b'"
    assert said.change_with == "--kind NAME=category"
    assert Schema.from_dict(schema.to_dict()) == schema
    new = read_table(pd.DataFrame({"a": ["1250", "$5", "€5"], "b": [7, -5, None]}))
    assert encode_inputs(new.frame, schema)[0].tolist()[:2] == [[1250, 7], [5, -5]]
    assert np.isnan(encode_inputs(new.frame, schema)[0][2]).all()
    older = schema.to_dict()
    del older["target_unit"]
    for column in older["columns"]:
        del column["unit"]
    assert Schema.from_dict(older).columns[0].unit == ""


def test_a_unit_is_the_same_from_text_and_from_objects_and_categories() -> None:
    cells = ["$5", "$1,250", None] * 9
    wanted = schema_of(pd.DataFrame({"x": cells, "y": range(27)})).columns
    for dtype in ("string", "object"):
        frame = pd.DataFrame({"x": pd.Series(cells, dtype=dtype), "y": range(27)})
        assert schema_of(frame).columns == wanted
    declared = pd.DataFrame({"x": pd.Categorical(cells), "y": range(27)})
    assert schema_of(declared).columns[0].kind == "category"


def test_an_amount_may_be_asked_for_as_numbers_and_as_words(tmp_path: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "".join(f"{i % 3} kg,{i}\n" for i in range(30)))
    table = read_table(path, ReadOptions())
    asked: tuple[tuple[Kind, str], ...] = (("number", "kg"), ("category", ""))
    for kind, unit in asked:
        options = SchemaOptions(kinds={"x": kind})
        column = infer_schema(table, "y", options, SplitOptions()).columns[0]
        assert (column.kind, column.unit) == (kind, unit)
