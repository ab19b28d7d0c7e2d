"""Rows of which a column cannot be what it was in training are refused, and not answered."""

import numpy as np
import pandas as pd
import pytest

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.columns.required import check_columns
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.errors import PredictError

ROWS = 40


def schema_of(cells: list[str | None]) -> Schema:
    frame = pd.DataFrame({"x": cells, "y": np.arange(len(cells)) / 7})
    return infer_schema(read_table(frame), "y", SchemaOptions(), SplitOptions())


def ask(schema: Schema, cells: list[str | None]) -> None:
    check_columns(read_table(pd.DataFrame({"x": cells}), like=schema.known).frame, schema, ".")


def test_truth_values_that_are_none_are_refused_as_numbers_and_dates_are() -> None:
    schema = schema_of(["yes", "no"] * (ROWS // 2))
    ask(schema, ["wahr", "FALSCH", "nein", None])
    ask(schema, ["yes", "no", "perhaps"])
    with pytest.raises(PredictError, match="P02: column 'x' held booleans in training"):
        ask(schema, ["red", "blue", "yes"])


def test_a_box_takes_what_is_no_tick_for_empty_and_nothing_but_such_words_for_a_fault() -> None:
    schema = schema_of(["x", None] * (ROWS // 2))
    ask(schema, ["x", "perhaps", None])
    with pytest.raises(PredictError, match="P02"):
        ask(schema, ["red", "blue"])


def test_dates_whose_days_and_months_have_changed_places_are_refused() -> None:
    days = pd.date_range("2020-01-05", periods=ROWS, freq="11D")
    schema = schema_of(days.strftime("%d/%m/%Y").tolist())
    ask(schema, days.strftime("%d/%m/%Y").tolist())
    ask(schema, ["05/01/2020", "soon"])  # a control: no other format fits both
    with pytest.raises(PredictError, match="P02") as caught:
        ask(schema, ["02/05/2020", "06/25/2020", "07/04/2020", "03/03/2021"])
    assert "%m/%d/%Y" in str(caught.value)


def test_columns_that_only_split_rows_are_named() -> None:
    frame = pd.DataFrame({"x": np.arange(ROWS) % 7, "t": np.arange(ROWS), "g": ["a", "b"] * 20})
    frame["y"] = frame["x"] / 3
    split = SplitOptions(group_column="g", time_column="t")
    decisions = infer_schema(read_table(frame), "y", SchemaOptions(), split).decisions
    said = [decision.what for decision in decisions]
    assert "'g' groups the rows, and is not used as an input" in said
    assert "'t' orders the rows, and is not used as an input" in said
