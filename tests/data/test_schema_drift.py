"""Where rows are not like those of training is found cell by cell, and nothing else is."""

from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.columns.encode import encode_inputs
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.columns.spelling import nearest, other_form
from tenfold.data.files.read import read_table
from tenfold.data.new_rows.admit import admit, admit_and_warn, drift_table
from tenfold.data.new_rows.schema_drift import like_training
from tenfold.data.new_rows.tallies import drift_lines, tallies_of
from tenfold.errors import PredictError, UsageError

ROWS: Final = 40


def rows() -> pd.DataFrame:
    """Return a table of every kind of column; only ``gap`` has empty cells."""
    at = np.arange(ROWS)
    return pd.DataFrame(
        {
            "size": at / 4 + 0.5,
            "gap": np.where(at % 5 == 0, np.nan, at / 7),
            "town": np.array(["Ulm", "Bonn", "Kiel"])[at % 3],
            "ok": np.array(["yes", "no"])[at % 2],
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(at * 3 % 37, "D"),
            "id": [f"row {i}" for i in at],
            "same": "here",
            "y": at / 3,
        }
    )


def schema_of(frame: pd.DataFrame, **options: Any) -> Schema:
    table = read_table(frame)
    return infer_schema(table, "y", SchemaOptions(**options), SplitOptions())


SCHEMA: Final = schema_of(rows())


def found_in(frame: pd.DataFrame, schema: Schema = SCHEMA) -> list[list[object]]:
    table = read_table(frame)
    _, found = like_training(table, schema)
    listed = drift_table(found, table.lines)
    return listed[["line", "column", "what", "cell", "training"]].to_numpy().tolist()


def with_cell(column: str, row: int, cell: object) -> pd.DataFrame:
    frame = rows().astype(object)
    frame.loc[row, column] = cell
    return frame


@pytest.mark.parametrize(
    ("column", "cell", "what", "training"),
    [
        ("size", 0.49, "below the training range", "0.5 to 10.25"),
        ("size", "10.26", "above the training range", "0.5 to 10.25"),
        ("size", "big", "unexpected type", "numbers"),
        ("size", None, "empty", "no empty cell"),
        ("town", None, "empty", "no empty cell"),
        ("town", "bonn", "unseen category", "3 words"),
        ("ok", "maybe", "unexpected type", "truth values"),
        ("day", "2023-12-31", "below the training range", "2024-01-01 to 2024-02-06"),
        ("day", "2024-02-06 00:00:01", "above the training range", "2024-01-01 to 2024-02-06"),
        ("day", "soon", "unexpected type", "dates"),
    ],
)
def test_a_cell_that_drifted_is_named_and_no_other_is(
    column: str, cell: object, what: str, training: str
) -> None:
    text = "" if cell is None else str(cell)
    assert found_in(with_cell(column, 7, cell)) == [[8, column, what, text, training]]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("size", 0.5), ("size", "10.25"), ("size", 10.25), ("gap", None), ("ok", "TRUE"),
        ("ok", 0), ("day", "2024-02-06"), ("id", "new"), ("same", "there"), ("y", 1e9),
    ],
)  # fmt: skip
def test_a_cell_that_reads_as_one_of_training_is_no_drift(column: str, cell: object) -> None:
    assert found_in(with_cell(column, 7, cell)) == []


def test_a_missing_column_and_one_too_many_are_named_with_what_was_meant() -> None:
    frame = rows().rename(columns={"size": " Size", "gap": "width"}).drop(columns="same")
    table = read_table(frame)
    fitted, found = like_training(table, SCHEMA)
    assert [(d.what, d.column, d.meant) for d in found] == [
        ("missing column", "gap", {}),
        ("missing column", "size", {"size": " Size"}),
        ("extra column", " Size", {}),
        ("extra column", "width", {}),
    ]
    assert fitted.frame[["gap", "size"]].isna().all(axis=None)
    assert drift_lines(tallies_of(table, found), len(table)) == [
        "'gap': missing, treated as empty",
        "'size': missing, treated as empty; is it ' Size' now?",
        "' Size', 'width': not in the training data, ignored",
    ]


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10**6),
    count=st.integers(2, 60),
    picked=st.lists(st.integers(0, 59), min_size=1, max_size=30),
    as_text=st.booleans(),
)
def test_rows_of_training_are_never_drift(
    seed: int, count: int, picked: list[int], as_text: bool
) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "normal": rng.normal(size=count) * 10.0 ** rng.integers(-9, 9),
            "whole": rng.integers(-5, 5, count),
            "amount": rng.choice([1.5, 20, 333, 4e7], count),
            "word": rng.choice(["a", "B ", "ä", "7", "1.0"], count),
            "truth": rng.choice(["T", "F"], count),
            "day": pd.Timestamp("1999-12-31")
            + pd.to_timedelta(rng.integers(0, 10**9, count), "s"),
            "y": rng.normal(size=count),
        }
    )
    holes = rng.random(frame.shape) < rng.choice([0, 0.3])
    frame = frame.astype(object).mask(holes).assign(y=frame["y"])
    if as_text:
        frame = frame.map(str).where(frame.notna(), None)
    try:
        schema = schema_of(frame)
    except ValueError:  # no column differs between the rows
        return
    again = frame.iloc[[at % count for at in picked]]
    assert found_in(again, schema) == []
    assert found_in(frame.iloc[:, ::-1], schema) == []


def test_rows_are_coded_alike_whether_they_were_looked_at_or_not() -> None:
    frame = rows().astype(object)
    frame.loc[3:9, "size"] = ["1,250", "x", None, "inf", "-2", 4, "1e3"]
    frame.loc[3:5, "town"] = ["Rome", None, "ulm"]
    frame.loc[3:5, "day"] = ["2024-01-05 10:30", "soon", None]
    frame.loc[3:5, "ok"] = ["NO", "maybe", None]
    table = read_table(frame)
    fitted, found = like_training(table, SCHEMA)
    assert found
    for one, other in zip(
        encode_inputs(fitted.frame, SCHEMA), encode_inputs(table.frame, SCHEMA), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    pd.testing.assert_frame_equal(table.frame, frame)


def test_a_line_names_the_first_cells_that_differ_and_counts_all() -> None:
    frame = rows().astype(object)
    frame.loc[:19, "town"] = ["bonn"] * 18 + ["Rome", "ULM"]
    frame.loc[5:9, "size"] = ["1,5", "2,5", "3,5", "9,5", "4,5"]
    frame.loc[10, "size"] = 50
    table = read_table(frame)
    _, found = like_training(table, SCHEMA)
    unread, above, unseen = drift_lines(tallies_of(table, found), len(table))
    assert unread == (
        "'size': cannot be read as numbers, treated as missing (they look like numbers with "
        "a decimal comma): 5 of 40 cells, line 6 ('1,5'), line 7 ('2,5'), line 8 ('3,5'), "
        "..."
    )
    assert above == (
        "'size': above the range of the training data (0.5 to 10.25): 1 of 40 "
        "cells, line 11 (50)"
    )
    assert unseen == (
        "'town': categories not seen in training: 20 of 40 cells, line 1 "
        "('bonn', is it 'Bonn'?), line 19 ('Rome'), line 20 ('ULM', is it 'Ulm'?), ..."
    )


def test_a_schema_that_knows_no_range_finds_none() -> None:
    old = SCHEMA.to_dict()
    for column in old["columns"]:
        del column["low"], column["high"]
    schema = Schema.from_dict(old)
    assert found_in(with_cell("size", 7, 1e9), schema) == []
    assert [f[2] for f in found_in(with_cell("size", 7, "big"), schema)] == ["unexpected type"]
    assert Schema.from_dict(SCHEMA.to_dict()).columns == SCHEMA.columns


def test_strict_refuses_drift_and_warn_reads_all_of_it() -> None:
    odd = with_cell("town", 7, "Rome").drop(columns="size").assign(gap="none")
    table = read_table(odd)
    for mode, code in ((None, "P01"), ("strict", "P08")):
        with pytest.raises(PredictError) as caught:
            admit(table, SCHEMA, mode)
        assert caught.value.code == code
    fitted, found = admit(table, SCHEMA, "warn")
    assert {d.what for d in found} == {"missing column", "unexpected type", "unseen category"}
    assert len(fitted) == ROWS
    with pytest.raises(PredictError, match="held numbers"):
        admit(read_table(rows().assign(gap="none")), SCHEMA, None)
    plain = read_table(rows())
    assert admit(plain, SCHEMA, "strict")[1] == ()
    bad = plain.reject(np.arange(ROWS) == 3, "its quotation marks are wrong")
    with pytest.raises(PredictError) as caught:
        admit(bad, SCHEMA, "strict")
    assert caught.value.place["left out"] == "line 4: its quotation marks are wrong"


def test_in_python_drift_is_a_warning_and_a_wrong_mode_is_refused() -> None:
    odd, plain = read_table(with_cell("town", 7, "Rome")), read_table(rows())
    with pytest.warns(UserWarning, match=r"'town': categories not seen in training: 1 of 40"):
        admit_and_warn(odd, SCHEMA, "warn")
    admit_and_warn(plain, SCHEMA, "warn")
    assert admit_and_warn(odd, SCHEMA, None) is odd
    with pytest.raises(UsageError):
        admit_and_warn(odd, SCHEMA, "loose")


@pytest.mark.parametrize(
    ("text", "known", "near"),
    [
        ("Total Rooms", ["rooms", "total_rooms"], "total_rooms"),
        ("Höhe", ["hohe", "tiefe"], "hohe"),
        ("populaton", ["population", "households"], "population"),
        ("price", ["rooms", "area"], None),
        ("?", ["!", "rooms"], None),
        ("x", [], None),
    ],
)
def test_a_name_is_known_again_if_it_is_spelt_otherwise(
    text: str, known: list[str], near: str | None
) -> None:
    assert nearest(text, known) == near


@pytest.mark.parametrize(
    ("cells", "kind", "layout", "form"),
    [
        (["2024-05-17", "2024-05-18"], "date", "%d.%m.%Y", "dates as YYYY-MM-DD"),
        (["17/05/2024"], "date", "ISO8601", "dates as %d/%m/%Y"),
        (["soon"], "date", "ISO8601", ""),
        (["many", "1,5"], "number", None, ""),
        ([True], "number", None, ""),
    ],
)
def test_another_form_is_named_if_the_cells_have_one(
    cells: list[Any], kind: str, layout: str | None, form: str
) -> None:
    assert other_form(pd.Series(cells, dtype=object), kind, layout, ".") == form


def test_dates_of_a_far_year_are_told_like_any_other() -> None:
    """A year with one digit wrong is none that nanoseconds reach, and ended in a traceback."""
    days = [f"2024-01-{day:02}" for day in range(1, 29)]
    known = pd.DataFrame({"day": ["0824-01-01", "2724-01-01", *days], "y": range(30)})
    schema = schema_of(known)
    later = admit(read_table(known.assign(day="9999-12-31")), schema, "warn")[1]
    assert [one.training for one in later] == ["0824-01-01 to 2724-01-01"]


SHARES: Final = schema_of(
    pd.DataFrame({"share": [f"{at + 0.5} %" for at in range(40)], "y": np.arange(40) / 3})
)


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ([0.12, 0.7], ["perhaps a fraction"] * 2),
        ([0.12, 7.5], ["below the training range"]),  # one above one shows what they all are,
        (["0.6 %", 0.7], []),  # as does one with its sign
    ],
)
def test_numbers_that_may_be_fractions_of_percentages_are_named(
    cells: list[object], what: list[str]
) -> None:
    """A DataFrame that was read from a spreadsheet holds 0.12 where that shows 12 %."""
    found = found_in(pd.DataFrame({"share": pd.Series(cells, dtype=object)}), SHARES)
    assert [row[2] for row in found] == what
    assert {row[4] for row in found} <= {"0.5 to 39.5"}
