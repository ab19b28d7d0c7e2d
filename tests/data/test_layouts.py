"""Dates are read in the formats that tables write them in, and in the one that is asked for."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.cells.date_formats import DATE_FORMATS, likely
from tenfold.data.cells.moments import to_dates
from tenfold.data.columns.column_kind import FoundKind, find_kind
from tenfold.data.columns.encode import encode_inputs
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.errors import SchemaError, UsageError

MOMENTS = pd.date_range("1971-01-13 13:45:10", periods=300, freq="37D")
WRITTEN = (
    *("%m/%d/%y", "%d/%m/%y", "%d-%b-%y", "%d-%b-%Y", "%b-%y", "%b %Y", "%B-%Y", "%B %Y"),
    *("%B %d, %Y", "%d %B %Y", "%Y%m%d", "%m%d%Y", "%d%m%Y", "%m/%d/%Y %I:%M:%S %p"),
    *("%m/%d/%y %H:%M", "%d.%m.%y", "%d.%m.%Y %H:%M", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S"),
    *("%b %d %Y", "%a %b %d %H:%M:%S +0000 %Y", "%d-%m-%Y %H:%M", "%Y-%m-%dT%H:%M:%SZ"),
    *(
        "%Y-%m-%dT%H:%M:%S.123456+00:00",
        "%Y-%m",
        "%d/%m/%Y, %H:%M",
        "%a, %d %b %Y %H:%M:%S GMT",
    ),
    *("%d%b%Y", "%d%b%Y:%H:%M:%S", "%a %d %b %Y", "%b. %d, %Y", "%d %B, %Y", "%d. %b %Y"),
    *("%d.%b.%Y", "%a %m/%d/%Y", "%y-%m-%d", "%y/%m/%d %H:%M", "%Y_%m_%d", "%d/%m/%Y - %H:%M"),
    *("%H:%M %d.%m.%Y", "%H:%M:%S %m/%d/%Y", "%Y-%m-%d_%H-%M-%S", "%Y-%m-%d %H:%M:%S UTC"),
    *("%d.%m.%Y um %H:%M", "%d.%m.%Y %H:%M Uhr", "%Y-%m-%d (%a)", "%d/%m/%Y %H:%M:%S UTC"),
)


def objects(*cells: object) -> "pd.Series[Any]":
    return pd.Series(list(cells), dtype=object)


def schema_of(cells: Any, **kinds: str) -> Schema:
    frame = pd.DataFrame({"x": cells, "y": np.arange(len(cells)) / 7})
    return infer_schema(read_table(frame), "y", SchemaOptions(kinds=kinds), SplitOptions())


@pytest.mark.parametrize("layout", WRITTEN)
def test_a_column_of_dates_is_found_and_read(layout: str) -> None:
    texts = MOMENTS.strftime(layout)
    cells = pd.Series(texts, dtype=object)
    found = find_kind("x", cells)
    assert found.kind == "date", found
    wanted = pd.to_datetime(pd.Series(texts), format=layout, utc=True).dt.tz_localize(None)
    read = pd.Series(to_dates(cells, found.date_format or "")).dt.floor("s")
    np.testing.assert_array_equal(read.to_numpy(), wanted.to_numpy().astype("datetime64[s]"))
    assert found.rivals == ()


def test_one_format_is_one_only() -> None:
    assert len(set(DATE_FORMATS)) == len(DATE_FORMATS)
    for layout in DATE_FORMATS[1:]:
        zoned = "%z" in layout or "%Z" in layout
        assert zoned or layout in set(likely([MOMENTS[0].strftime(layout)]))


@pytest.mark.parametrize(
    "cells",
    [
        ["8.7.3", "4.7.2", "10.2.1"],
        ["60-69", "40-49", "80-89"],
        ["12345678", "87654321", "20051301"],
        ["18000101", "19000101", "19500101"],
        ["01296", "80331", "00694"],
        ["1.2.3.4", "10.0.0.1", "8.8.8.8"],
        ["A1-02-03", "B1-02-04", "C1-02-05"],
    ],
)
def test_what_only_looks_like_dates_is_none(cells: list[str]) -> None:
    assert find_kind("x", objects(*cells * 9)).kind != "date"


def test_eight_digits_that_are_stored_as_numbers_are_dates_as_well() -> None:
    days = MOMENTS.strftime("%Y%m%d").astype(int)
    for cells in (pd.Series(days), pd.Series(days, dtype=float), objects(*map(str, days))):
        (column,) = schema_of(cells).columns
        assert (column.kind, column.date_format) == ("date", "%Y%m%d")
    assert schema_of(pd.Series(days + 13)).columns[0].kind == "number"  # the control


def test_a_format_that_would_give_other_days_is_said_and_may_be_chosen() -> None:
    cells = ["01/02/2005", "03/04/2006", "05/06/2007"] * 9
    schema = schema_of(cells)
    (said,) = [one for one in schema.decisions if "read as %" in one.what]
    assert said.what == "dates in 'x' are read as %m/%d/%Y"
    assert said.why == (
        "all of them fit this format, but %d/%m/%Y would fit too and give other dates"
    )
    assert said.change_with == "--kind 'x'=%d/%m/%Y"
    asked = schema_of(cells, x="%d/%m/%Y")
    assert Schema.from_dict(asked.to_dict()) == asked
    table = read_table(pd.DataFrame({"x": cells, "y": 1}))
    months = [encode_inputs(table.frame, one)[0][:3, 1].tolist() for one in (schema, asked)]
    assert months == [[1, 3, 5], [2, 4, 6]]
    shown = schema_of([*cells, "13/02/2005"])  # a control: one cell shows which it is
    assert shown.columns[0].date_format == "%d/%m/%Y"
    assert not [one for one in shown.decisions if "read as %" in one.what]


def test_any_format_may_be_asked_for_and_a_wrong_one_is_refused() -> None:
    cells = ["2005|01|31", "2006|02|28"] * 9
    assert schema_of(cells).columns[0].kind == "category"
    assert schema_of(cells, x="%Y|%m|%d").columns[0].kind == "date"
    for wrong in ("%d/%m/%Y", "%q", "50%"):
        with pytest.raises(SchemaError) as caught:
            schema_of(cells, x=wrong)
        assert caught.value.code == "S05"
    with pytest.raises(UsageError):
        SchemaOptions(kinds={"x": "day"})


def kind_of_days(cells: list[str]) -> FoundKind:
    return find_kind("day", pd.Series(cells, dtype=object))


def test_a_month_and_its_days_are_no_month_and_year() -> None:
    days = pd.date_range("2023-01-01", periods=365)
    found = kind_of_days(list(days.strftime("%b %d")))
    assert (found.kind, found.date_format, found.rivals) == ("date", "%b %d", ("%b %y",))
    for layout in ("%d %b", "%d-%b", "%B %d", "%d. %B"):
        assert kind_of_days(list(days.strftime(layout))).date_format == layout
    single = [f"{day:%b} {day.day}" for day in days]  # no year has one digit
    assert (kind_of_days(single).date_format, kind_of_days(single).rivals) == ("%b %d", ())


def test_a_month_and_a_year_that_may_be_a_day_names_the_other_reading() -> None:
    months = pd.date_range("2015-01-01", periods=90, freq="MS")
    found = kind_of_days(list(months.strftime("%b %y")))
    assert (found.date_format, found.rivals) == ("%b %y", ("%b %d",))
    assert "%b %d would also fit" in found.why
    older = pd.date_range("1995-01-01", periods=90, freq="MS")  # the control: 95 is no day
    found = kind_of_days(list(older.strftime("%b-%y")))
    assert (found.date_format, found.rivals) == ("%b-%y", ())


def test_the_29th_of_february_does_not_make_days_of_years() -> None:
    days = list(pd.date_range("2024-01-01", periods=366).strftime("%b %d"))
    found = kind_of_days(days)
    assert found.date_format == "%b %d"
    assert "1 of 366 cells, such as 'Feb 29', are treated as missing" in found.why
