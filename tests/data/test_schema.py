"""What a column is follows from its cells, is said with its reason, and can be set by hand."""

import json
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

from tenfold.config import Kind, SchemaOptions, SplitOptions
from tenfold.data.columns.column_kind import find_kind
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.errors import SchemaError, UsageError

SQUARES: Final = [i * i for i in range(40)]
DAYS: Final = pd.date_range("2023-01-05", periods=30, freq="17D")
TEXTS: Final = [f"text {i}" for i in range(40)]


def cells_of(*cells: object) -> "pd.Series[Any]":
    return pd.Series(list(cells), dtype=object)


def schema_of(
    split: SplitOptions | None = None, /, *, given: Any = None, **columns: Any
) -> Schema:
    frame = pd.DataFrame(columns)
    frame["y"] = np.arange(len(frame)) / 7
    options = SchemaOptions(**(given or {}))
    return infer_schema(read_table(frame), "y", options, split or SplitOptions())


def refusal(*split: SplitOptions, **columns: Any) -> SchemaError:
    with pytest.raises(SchemaError) as caught:
        schema_of(*split, **columns)
    return caught.value


@pytest.mark.parametrize(
    ("cells", "kind", "why"),
    [
        (["1.5", "2", None], "number", "its cells are numbers"),
        (["1,250", "2,500", "900"], "number", "its cells are numbers"),
        ([1, 2, 1, 2], "number", "its cells are numbers"),
        ([i / 7 for i in range(40)], "number", "its cells are numbers"),
        (SQUARES, "number", "its cells are numbers"),
        (range(19), "number", "its cells are numbers"),
        (["red", "blue", "red", None], "category", "its cells hold 2 different categories"),
        (["a", "1", "2"] * 9, "category", "its cells hold 3 different categories"),
        (TEXTS[:19], "category", "its cells hold 19 different categories"),
        (TEXTS[:30] + TEXTS[:10], "category", "its cells hold 30 different categories"),
        (["yes", "No", "YES", "no"], "boolean", "its cells are No and YES and no and yes"),
        (["yes", "no", None], "boolean", "its cells are no and yes"),
        (["T", "F"], "boolean", "its cells are F and T"),
        (["0", "1", "0"], "boolean", "its cells are 0 and 1"),
        ([0.0, 1.0], "boolean", "its cells are 0 and 1"),
        ([True, False, None], "boolean", "its cells are False and True"),
        (range(20), "identifier", "it counts the rows"),
        (range(1040, 1000, -1), "identifier", "it counts the rows"),
        (TEXTS, "identifier", "40 of 40 cells are different values"),
        ([7.0] * 5, "constant", "every filled cell is '7'"),
        (["a", None, "a"], "constant", "every filled cell is 'a'"),
        ([None, None], "constant", "all its cells are empty"),
        ([], "constant", "all its cells are empty"),
        (DAYS, "date", "its cells are dates"),
        ([day.date() for day in DAYS], "date", "cells such as 2023-01-05 are dates"),
    ],
)
def test_the_kind_of_a_column_is_seen_in_its_cells(cells: Any, kind: Kind, why: str) -> None:
    found = find_kind("x", pd.Series(cells) if cells is DAYS else cells_of(*cells))
    assert (found.kind, found.why) == (kind, why)


@pytest.mark.parametrize("name", ["id", "house_id", "Id", "key", "row-nr", "no"])
def test_whole_numbers_that_hardly_come_back_are_identifiers_by_name(name: str) -> None:
    assert find_kind(name, cells_of(*SQUARES)).kind == "identifier"
    assert find_kind("width", cells_of(*SQUARES)).kind == "number"
    assert find_kind(name, cells_of(*SQUARES, *SQUARES[:3])).kind == "number"
    assert find_kind(name, cells_of(*(i / 7 for i in SQUARES))).kind == "number"


def test_a_few_stray_words_do_not_turn_numbers_or_dates_into_words() -> None:
    numbers = [str(i / 7) for i in range(96)]
    found = find_kind("x", cells_of(*numbers, *["many"] * 4))
    assert found.kind == "number"
    assert found.why == (
        "all but 4 of its 100 filled cells are numbers; cells such as 'many' are treated as "
        "missing"
    )
    assert find_kind("x", cells_of(*numbers[:94], *["A1", "B2"] * 3)).kind != "number"
    dates = DAYS.strftime("%d.%m.%Y")
    assert find_kind("x", cells_of(*dates, "soon")).kind == "date"
    assert find_kind("x", cells_of(*dates, "soon", "late")).kind != "date"


def test_infinite_cells_are_named_as_they_stand_in_the_file() -> None:
    wanted = (
        "all but 1 of its 3 filled cells are numbers; cells such as inf are treated as missing"
    )
    assert find_kind("x", pd.Series([np.inf, 1.5, 2.5])).why == wanted


@pytest.mark.parametrize("stray", ["soon", "31/31/2023"])
@pytest.mark.parametrize("times", [1, 120])
def test_the_kind_does_not_depend_on_which_rows_come_first(stray: str, times: int) -> None:
    dates = cells_of(*[*DAYS.strftime("%m/%d/%Y")] * times, *[stray] * times)
    found, back = find_kind("x", dates), find_kind("x", dates[::-1])
    assert found.kind == "date"
    assert (back.kind, back.date_format) == (found.kind, found.date_format)


@pytest.mark.parametrize(
    ("written", "layout"),
    [
        (["05.01.2023", "06.01.2023"], "%d.%m.%Y"),
        (["05.01.2023 13:00", "06.01.2023 14:30"], "%d.%m.%Y %H:%M"),
        (["01/25/2023", "02/03/2023"], "%m/%d/%Y"),
        (["02/03/2023", "25/01/2023"], "%d/%m/%Y"),
        (["5 Jan 2023", "17 Feb 2023"], "%d %b %Y"),
        (["January 5, 2023", "February 17, 2023"], "%B %d, %Y"),
        (["2023-01-05", "2023-01-06 13:00"], "ISO8601"),
        (["2023/01/05", "2023/01/06"], "ISO8601"),
    ],
)
def test_a_date_may_be_written_in_many_ways(written: list[str], layout: str) -> None:
    found = find_kind("x", cells_of(*written, None))
    assert (found.kind, found.date_format) == ("date", layout)


def test_a_day_that_could_be_a_month_is_said_to_be_ambiguous() -> None:
    found = find_kind("x", cells_of("01/02/2024", "03/04/2024"))
    assert found.date_format == "%m/%d/%Y"
    assert found.why == "cells such as 01/02/2024 are dates (%m/%d/%Y; %d/%m/%Y would also fit)"
    clear = find_kind("x", cells_of("01/02/2024", "13/04/2024"))
    assert (clear.date_format, clear.why) == ("%d/%m/%Y", "cells such as 01/02/2024 are dates")


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (pd.Series([1, 2, None] * 9, dtype="Int64"), "number"),
        (pd.Series(list("abc") * 9, dtype="category"), "category"),
        (pd.Series([1, 2, 3] * 9, dtype="category"), "category"),
        (pd.Series([0, 1, 1] * 9, dtype="category"), "boolean"),
        (pd.Series(["a", None, "b"] * 9, dtype="string"), "category"),
        (pd.Series([True, None, False] * 9, dtype="boolean"), "boolean"),
        (pd.Series(pd.date_range("2024", periods=27, tz="Europe/Berlin")), "date"),
        (pd.Series([[1], {"a": 2}, (3,)] * 9), "category"),
    ],
    ids=lambda cells: str(getattr(cells, "dtype", cells)),
)
def test_columns_of_pandas_own_types_have_kinds(cells: "pd.Series[Any]", kind: Kind) -> None:
    (column,) = schema_of(x=cells).columns
    assert (column.kind, column.has_missing) == (kind, bool(cells.isna().any()))


@pytest.mark.parametrize("kind", ["number", "category", "boolean", "identifier", "constant"])
def test_a_kind_that_is_set_by_hand_is_taken_and_no_decision(kind: Kind) -> None:
    schema = schema_of(given={"kinds": {"x": kind}}, x=[0, 1, 2, None], z=[1.5, 2.5, 3.5, 0.5])
    column = schema.columns[0]
    assert (column.name, column.kind, column.why) == ("x", kind, "as asked")
    assert column.levels == (("0", "1", "2") if kind == "category" else ())
    assert column.used == (kind not in {"identifier", "constant"})
    assert not any("'x'" in decision.what for decision in schema.decisions)


def test_dates_that_are_asked_for_have_the_format_of_their_cells() -> None:
    (column,) = schema_of(
        given={"kinds": {"x": "date"}}, x=["05.01.2023", "06.02.2023"]
    ).columns
    assert (column.kind, column.date_format) == ("date", "%d.%m.%Y")


@pytest.mark.parametrize("kind", ["number", "boolean", "date"])
def test_a_kind_that_no_cell_allows_is_refused(kind: Kind) -> None:
    error = refusal(given={"kinds": {"x": kind}}, x=["red", "blue", None])
    assert (error.code, error.fact) == ("S05", f"no cell of column 'x' can be read as {kind}")
    assert error.place["cells"] == "'red', 'blue'"


def test_options_that_name_no_column_are_refused() -> None:
    x = [1.5, 2.5, 3.5]
    for given_options in ({"kinds": {"z": "number"}}, {"weight_column": "z"}):
        assert refusal(given=given_options, x=x).code == "S04"
    error = refusal(SplitOptions(group_column="xx"), x=x)
    assert error.fact == "--group-column names the column 'xx', which the table does not have"
    assert error.fix == ("did you mean 'x'?",)
    assert refusal(SplitOptions(time_column="z"), x=x).code == "S04"
    with pytest.raises(UsageError, match=r"^U01: the type of column 'x'"):
        schema_of(given={"kinds": {"x": "colour"}}, x=x)


def test_columns_with_a_role_of_their_own_are_not_learnt_from() -> None:
    columns = {"x": [1.5, 2.5, 3.5], "w": [1, 2, 1], "g": ["a", "b", "b"]}
    schema = schema_of(SplitOptions(group_column="g"), given={"weight_column": "w"}, **columns)
    assert [column.name for column in schema.columns] == ["x"]
    assert (schema.weight_column, schema.group_column) == ("w", "g")


def test_a_table_of_identifiers_and_constants_has_nothing_to_learn_from() -> None:
    error = refusal(n=range(40), same=[1] * 40)
    assert error.code == "S03"
    assert error.place["column 'n'"] == "identifier: it counts the rows"
    assert error.place["column 'same'"] == "constant: every filled cell is '1'"


def test_numbers_that_count_the_rows_are_kept_if_asked() -> None:
    (column,) = schema_of(given={"keep_counters": True}, n=range(40)).columns
    assert column.kind == "number"
    words = {"keep_counters": True}
    assert refusal(given=words, n=TEXTS).code == "S03"


def test_what_the_columns_are_is_said_and_so_is_how_to_change_it() -> None:
    schema = schema_of(size=[1.5, 2.5] * 20, town=["a", "b"] * 20, n=range(40), c=[1] * 40)
    assert [(d.what, d.change_with) for d in schema.decisions if "'y'" not in d.what] == [
        ("regression", "--task classification"),
        ("column 'c' is left out: constant", "--kind 'c'=category"),
        ("column 'n' is left out: identifier", "--kind 'n'=category"),
        ("number: 'size'", "--kind NAME=category"),
        ("category: 'town'", "--kind NAME=number"),
    ]


def test_a_schema_does_not_depend_on_the_order_of_rows_or_columns() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=40),
            "word": rng.choice(list("abc"), 40),
            "amount": np.resize([1, 5, 20, 100], 40),
            "y": rng.choice(["b", "a"], 40),
        }
    )
    one = infer_schema(read_table(frame), "y", SchemaOptions(), SplitOptions())
    mixed = frame.sample(frac=1, random_state=1)[["y", "word", "amount", "x"]]
    assert infer_schema(read_table(mixed), "y", SchemaOptions(), SplitOptions()) == one
    assert [column.name for column in one.columns] == ["amount", "word", "x"]
    assert one.classes == ("a", "b")


def test_the_words_that_are_kept_of_very_many_do_not_depend_on_the_order_of_rows() -> None:
    words = [f"word {i:05}" for i in range(10_050)]
    many = words + words[:9_000]
    one = schema_of(x=many).columns[0].levels
    assert len(one) == 10_000
    assert set(words[:9_000]) < set(one)
    assert schema_of(x=many[::-1]).columns[0].levels == one


def test_a_schema_survives_json() -> None:
    schema = schema_of(
        SplitOptions(time_column="t"),
        x=[1.5, None, 3.5],
        word=["b", "a", None],
        day=["05.01.2023", "06.01.2023", "07.01.2023"],
        t=[1, 2, 3],
    )
    back = Schema.from_dict(json.loads(json.dumps(schema.to_dict() | {"later": 1})))
    for name in ("target", "task", "classes", "time_column"):
        assert getattr(back, name) == getattr(schema, name)
    for old, new in zip(schema.columns, back.columns, strict=True):
        assert (new.name, new.kind, new.levels) == (old.name, old.kind, old.levels)
        assert (new.date_format, new.has_missing) == (old.date_format, old.has_missing)
