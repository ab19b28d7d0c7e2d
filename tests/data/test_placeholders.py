"""Words for nothing do not turn numbers and dates into words, in any of their places."""

import numpy as np
import pandas as pd
import pytest

from tenfold.config import ReadOptions, SchemaOptions, SplitOptions
from tenfold.data.admit import admit
from tenfold.data.encode import encode_inputs
from tenfold.data.kinds import find_kind
from tenfold.data.placeholders import PLACEHOLDERS, is_placeholder
from tenfold.data.read import read_table
from tenfold.data.required import check_columns
from tenfold.data.schema import Schema, infer_schema
from tenfold.data.table import Table
from tenfold.errors import PredictError

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
    assert kind_of(*NUMBERS, *["red"] * 9)[0] == "category"  # the control: an ordinary word


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
