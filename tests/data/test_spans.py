"""Durations and clock times are numbers, whatever they are written as."""

import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as some

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.cells.parse import number_of, to_numbers
from tenfold.data.columns.column import Column
from tenfold.data.columns.column_kind import find_kind
from tenfold.data.columns.schema import infer_schema
from tenfold.data.files.read import read_table

WEEK = datetime.timedelta(weeks=1)
spans = some.timedeltas(-5_000 * WEEK, 5_000 * WEEK)


def objects(*cells: object) -> "pd.Series[Any]":
    return pd.Series(list(cells), dtype=object)


def column_of(cells: Any, **kinds: Any) -> Column:
    frame = pd.DataFrame({"x": cells})
    frame["y"] = np.arange(len(frame)) / 7
    options = SchemaOptions(kinds=kinds)
    return infer_schema(read_table(frame), "y", options, SplitOptions()).columns[0]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        *(("12:30", 12.5), ("9:06", 9.1), ("00:00:00", 0), ("24:00", 24), ("23:59:60", None)),
        *(("12:30 AM", 0.5), ("12:30 pm", 12.5), ("1:30PM", 13.5), ("11 PM", None)),
        *(("14h30", 14.5), ("8h05", 8 + 5 / 60), ("14:30 Uhr", 14.5), ("14h", None)),
        *(("06:00:00.5", 6 + 0.5 / 3600), ("25:00", None), ("13:00 pm", None), ("1:5", None)),
    ],
)
def test_a_clock_time_counts_hours_since_midnight(text: str, hours: float | None) -> None:
    found = number_of(text, form="clock")
    assert found == hours if hours is not None else np.isnan(found)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        *(("1 days 06:00:00", 1.25), ("1 day, 6:00:00", 1.25), ("-1 days +18:00:00", -0.25)),
        *(("36:00", 1.5), ("00:00:43.2", 0.0005), ("-12:00:00", -0.5), ("2 days", 2)),
        *(("PT36H", 1.5), ("P1DT12H", 1.5), ("P2W", 14), ("-P1D", -1), ("PT43.2S", 0.0005)),
        *(("36h 0m", 1.5), ("1d 12h", 1.5), ("2 hrs 24 min", 0.1), ("1 hour 12 minutes", 0.05)),
        *(("1 day 12 hours", 1.5), ("90 min", 0.0625), ("3h", 0.125), ("2m 3h", None)),
        *(("P1M", None), ("P", None), ("PT", None), ("1 day 30", None), ("12:60", None)),
    ],
)
def test_a_duration_counts_days(text: str, days: float | None) -> None:
    found = number_of(text, form="duration")
    assert found == days if days is not None else np.isnan(found)


@pytest.mark.parametrize(
    "cells",
    [["2h 22m", "1h 5m", "45m"], ["1 hour", "2 hours", "1 hour 30 minutes"], ["1d 2h", "3d"]],
)
def test_durations_in_words_are_found_where_one_has_two_parts(cells: list[str]) -> None:
    assert column_of(cells * 9).form == "duration"


@pytest.mark.parametrize(
    ("cells", "unit"),
    [(["45 min", "50 min"], "min"), (["3h", "12h"], "h"), (["5 m", "7 m"], "m")],
)
def test_durations_of_one_unit_are_amounts_in_it(cells: list[str], unit: str) -> None:
    column = column_of(cells * 9)
    assert (column.form, column.unit) == ("amount", unit)


@given(spans)
def test_a_duration_is_the_same_number_in_every_costume(span: datetime.timedelta) -> None:
    wanted = span.total_seconds() / 86_400
    for cells in (
        objects(span, None),
        objects(str(span), None),
        objects(str(pd.Timedelta(span)), None),
        objects(pd.Timedelta(span).isoformat() if span >= 0 * WEEK else str(span), None),
        objects(wanted, None),
        pd.Series([span, None], dtype="timedelta64[us]"),
        pd.Series(pa.array([span, None]), dtype=pd.ArrowDtype(pa.duration("us"))),
    ):
        table = read_table(pd.DataFrame({"x": cells, "y": [1, 2]}))
        found = to_numbers(table.frame["x"], form="duration")
        np.testing.assert_array_equal(found, [wanted, np.nan], err_msg=str(cells.dtype))


@given(some.times())
def test_a_clock_time_is_the_same_number_as_an_object_and_as_text(clock: datetime.time) -> None:
    frame = pd.DataFrame({"x": [clock, None], "y": [1, 2]})
    numbers = to_numbers(read_table(frame).frame["x"], form="clock")
    assert numbers[0] == number_of(str(clock), form="clock")
    seconds = 60 * clock.minute + clock.second + clock.microsecond / 1e6
    assert numbers[0] == pytest.approx(clock.hour + seconds / 3600, abs=1e-12)


def test_the_unit_stands_in_the_reason() -> None:
    clock = column_of(["12:30", "08:15:30", None] * 9)
    assert (clock.kind, clock.form) == ("number", "clock")
    assert clock.why == "its cells are clock times, in hours since midnight"
    assert (clock.low, clock.high) == (8 + 15 / 60 + 30 / 3600, 12.5)
    lasting = column_of(["12:30", "31:15", None] * 9)  # no clock goes beyond 24 hours
    assert (lasting.kind, lasting.form) == ("number", "duration")
    declared = column_of(pd.to_timedelta(["12h", "6h", None] * 9))
    assert (declared.kind, declared.form, declared.high) == ("number", "duration", 0.5)
    assert declared.why == "its cells are durations, in days"


def test_a_few_stray_words_do_not_turn_clock_times_into_words() -> None:
    hours = [f"{hour:02}:30" for hour in range(24)] * 4
    found = find_kind("x", objects(*hours, "noon"))
    assert (found.kind, found.form) == ("number", "clock")
    assert found.why == (
        "all but 1 of its 97 filled cells are clock times, in hours since midnight; cells "
        "such as 'noon' are treated as missing"
    )
    words = ["noon", "dawn", "dusk", "late", "early"]
    assert find_kind("x", objects(*hours, *words * 2)).kind == "category"


def test_a_column_of_clock_times_may_be_asked_for_as_numbers_and_as_words() -> None:
    cells = ["12:30", "08:00"] * 9
    asked = column_of(cells, x="number")
    assert (asked.kind, asked.form, asked.high) == ("number", "clock", 12.5)
    words = column_of(cells, x="category")
    assert words.levels == ("08:00", "12:30")


def test_a_target_may_be_a_duration() -> None:
    hours = np.arange(40) * 1.5
    frame = pd.DataFrame({"x": hours / 7, "y": pd.to_timedelta(hours, unit="h")})
    schema = infer_schema(read_table(frame), "y", SchemaOptions(), SplitOptions())
    assert (schema.task, schema.target_form) == ("regression", "duration")
    texts = frame.assign(y=frame["y"].astype(str))
    assert infer_schema(read_table(texts), "y", SchemaOptions(), SplitOptions()) == schema
