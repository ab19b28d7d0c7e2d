"""A cell is a number, a word, a truth value or a time by itself, whatever stands around it."""

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenfold.data.cells.date_formats import DATE_FORMATS
from tenfold.data.cells.moments import days_of, to_dates, to_moments
from tenfold.data.cells.parse import number_of, to_numbers, to_text, to_truth


def objects(*cells: object) -> "pd.Series[Any]":
    return pd.Series(list(cells), dtype=object)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(("1.5", 1.5), (" 2 ", 2), ("+3", 3), ("-.5", -0.5), ("5.", 5), ("1e5", 1e5)),
        *(("1,250", 1250), ("12,345,678.5", 12345678.5), (7, 7), (2.5, 2.5)),
        (np.float32(0.5), 0.5),
        (10**30, 1e30),
        (Decimal("1.5"), 1.5),
    ],
    ids=repr,
)
def test_what_is_written_as_a_number_is_one(cell: object, number: float) -> None:
    assert to_numbers(objects(cell)).tolist() == [number]


@pytest.mark.parametrize(
    "cell",
    [
        *("", "x", "1,25", "1,2345", "--1", "1e", "1 2", "0x10", "1_000", "True", True, None),
        *("inf", "-Infinity", "nan", "1e999", "9" * 400, float("inf"), np.inf, -np.inf),
        *(date(2024, 1, 1), pd.Timestamp("2024-01-01"), pd.NA, pd.NaT),
    ],
    ids=repr,
)
def test_what_is_no_number_or_no_finite_one_is_empty(cell: object) -> None:
    numbers = to_numbers(objects(cell, "1"))
    assert np.isnan(numbers[0])
    assert numbers[1] == 1


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        *(("1,5", 1.5), ("-,5", -0.5), ("1.250,5", 1250.5), ("1.234.567,5", 1234567.5)),
        *(("1.5", 1.5), ("3", 3), ("1,5e3", 1500), ("1.234.567", 1234567), ("1.250", 1250)),
    ],
)
def test_a_decimal_comma_makes_dots_part_thousands(cell: str, number: float) -> None:
    """As commas do beside a decimal point, where 1,250 is 1250."""
    assert to_numbers(objects(cell), decimal=",").tolist() == [number]


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1, None, 3], dtype="Float64"),
        pd.Series(["1", None, "3"], dtype="string"),
        pd.Series(["1", None, "3"], dtype="category"),
        pd.Series([1, None, 3], dtype="category"),
        pd.Series([1.0, np.inf, 3.0]),
    ],
    ids=lambda cells: str(cells.dtype),
)
def test_numbers_of_any_column_of_pandas_are_the_same(cells: "pd.Series[Any]") -> None:
    np.testing.assert_array_equal(to_numbers(cells), [1, np.nan, 3])


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_being_written(number: float) -> None:
    assert to_numbers(objects(repr(number))).tolist() == [number]
    with_comma = repr(number).replace(".", ",")
    assert to_numbers(objects(with_comma), decimal=",").tolist() == [number]


@pytest.mark.parametrize(
    "cell", [-0.0, "-0", "-0.0", Decimal("-0"), np.float32(-0.0)], ids=repr
)
def test_a_zero_has_no_sign(cell: object) -> None:
    assert not np.signbit(to_numbers(objects(cell, "1"))[0])
    assert not np.signbit(to_numbers(objects(cell))[0])
    assert not np.signbit(number_of(cell))


def test_a_date_in_iso_8601_is_read_beside_any_other_format() -> None:
    cells = objects("29.02.2024", "2024-03-01", " 2024-03-01T06:00Z ", "3/1/24", None)
    days = ["2024-02-29T00", "2024-03-01T00", "2024-03-01T06", "NaT", "NaT"]
    wanted = np.array(days, dtype="datetime64[s]")
    np.testing.assert_array_equal(to_moments(cells, "%d.%m.%Y"), wanted)
    typed = pd.Series(pd.to_datetime(["2024-03-01"]))
    assert to_moments(typed, "%d.%m.%Y").tolist() == to_moments(cells[1:2], None).tolist()


def test_a_number_in_a_column_of_dates_is_what_its_digits_say() -> None:
    digits = objects(20240301, 20240301.0, "20240301", np.int32(20240301))
    days = to_dates(digits, "ISO8601").astype(str)
    assert days.tolist() == ["2024-03-01T00:00:00"] * 4
    others = objects(45000, 45000.5, True, pd.Timedelta(days=1), [1])
    assert np.isnat(to_dates(others, "ISO8601")).all()


def test_a_word_is_the_same_as_text_and_as_a_number() -> None:
    wanted = ["1", "2.5", None]
    for cells in (
        objects("1", "2.5", None),
        objects(1, 2.5, None),
        pd.Series([1.0, 2.5, None]),
        pd.Series([1.0, 2.5, None], dtype="category"),
    ):
        assert to_text(cells).tolist() == wanted
    assert to_text(pd.Series([True, None], dtype="boolean")).tolist() == ["True", None]
    assert to_text(objects(date(2024, 1, 5), [1], b"x")).tolist() == [
        "2024-01-05",
        "[1]",
        "b'x'",
    ]
    assert to_text(objects()).tolist() == []


def test_truth_is_told_in_any_case_and_nothing_else_is_truth() -> None:
    texts = np.array([*("TRUE", "Yes", "y", "t", "1"), *("False", "NO", "n", "f", "0")], object)
    assert to_truth(texts).tolist() == [1.0] * 5 + [0.0] * 5
    others = np.array([None, "", "maybe", "2", "1.5", "01"], dtype=object)
    assert np.isnan(to_truth(others)).all()


WHOLE = [f for f in DATE_FORMATS[1:] if "%z" not in f.lower() and "%y" in f.lower()]


@pytest.mark.parametrize("layout", WHOLE[::7])
def test_a_date_survives_being_written(layout: str) -> None:
    times = pd.date_range("1969-12-25 13:45:10", periods=400, freq="41D")
    found = to_dates(pd.Series(times.strftime(layout), dtype=object), layout)
    wanted = times if "%S" in layout else times.floor("min" if "%M" in layout else "D")
    if "%d" not in layout:
        wanted = wanted.to_period("M").to_timestamp()
    np.testing.assert_array_equal(found, wanted.to_numpy().astype("datetime64[s]"))


def test_iso_dates_come_with_and_without_time_and_zone() -> None:
    cells = objects("2024-02-29", "2024-02-29T12:30", "2024-02-29 12:30:00+02:00", "soon", None)
    assert to_dates(cells, "ISO8601").astype(str).tolist() == [
        *("2024-02-29T00:00:00", "2024-02-29T12:30:00", "2024-02-29T10:30:00", "NaT", "NaT")
    ]


@pytest.mark.parametrize(
    "cells",
    [
        pd.Series(pd.to_datetime(["2024-02-01", None])),
        pd.Series(pd.to_datetime(["2024-02-01", None]).tz_localize("UTC")),
        pd.Series(pd.PeriodIndex(["2024-02", None], freq="M")),
        pd.Series([date(2024, 2, 1), None], dtype=object),
    ],
    ids=lambda cells: str(cells.dtype),
)
def test_dates_of_any_column_of_pandas_are_the_same(cells: "pd.Series[Any]") -> None:
    assert to_dates(cells, "ISO8601").astype(str).tolist() == ["2024-02-01T00:00:00", "NaT"]


def test_a_date_far_away_is_days_like_any_other() -> None:
    """One digit wrong, and the year is one that nanoseconds do not reach."""
    times = to_dates(pd.Series(["2024-02-21", "2724-02-21", "0824-02-21"]), "ISO8601")
    days = days_of(pd.Series(times))
    assert days.tolist() == [19774.0, 275443.0, -418517.0]
