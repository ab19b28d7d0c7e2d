"""New rows are read as training was, where they do not show that they are written otherwise."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.cells.parse import to_numbers
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.tables.reading import Reading
from tenfold.data.tables.signs import shown_by
from tenfold.errors import ReadError
from tenfold.read_options import MISSING, ReadOptions

Written = Callable[..., Path]

GERMAN: Final = "Umsatz;Ort;Gewinn\n" + "".join(
    f"1.{100 + k},5;Köln;{k},25\n" for k in range(30)
)
POINTS: Final = "size,town,price\n" + "".join(f"{k}.5,Ulm,{k}.25\n" for k in range(30))


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(content: str | bytes, name: str = "new.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def schema_of(path: Path, **options: Any) -> Schema:
    table = read_table(path, ReadOptions(**options))
    target = table.frame.columns[-1]
    return infer_schema(table, target, SchemaOptions(), SplitOptions())


def first(table: Any, name: str) -> float:
    return float(to_numbers(table.frame[name], table.decimal)[0])


@pytest.mark.parametrize(
    ("cells", "decimal", "thousands"),
    [
        (["1,5", "2"], ",", None),
        (["1.5", "2"], ".", None),
        (["1.250,5"], ",", "."),
        (["1,250.5"], ".", ","),
        (["1.250"], None, None),
        (["1,250", "12,500"], None, None),
        (["1.250.000", "3"], ",", "."),
        (["0.125", "0.250"], ".", None),
        (["1.250", "3,5"], ",", None),
        (["1.5", "2,5"], None, None),
        (["red", "1", "", "2024-01-05", "1.5.2024", "1,2,3"], None, None),
        ([" 1,5 ", "\u00a0"], ",", None),
    ],
)
def test_cells_show_their_decimal_sign_or_do_not(
    cells: list[str], decimal: str | None, thousands: str | None
) -> None:
    shown = shown_by(cells)
    assert (shown.decimal, shown.thousands) == (decimal, thousands)


def test_what_shows_nothing_is_read_by_the_run(written: Written) -> None:
    schema = schema_of(written(GERMAN, "german.csv"))
    assert schema.reading.decimal == ","
    assert schema.reading.thousands == "."
    for cell, number in (("1.250", 1250), ("1250", 1250), ("1250,0", 1250), ("12", 12)):
        table = read_table(written(f"Umsatz;Ort\n{cell};Bonn\n"), like=schema.known)
        assert first(table, "Umsatz") == number
        assert table.notices == ()
    decisions = read_table(written("Umsatz;Ort\n1.250;Bonn\n"), like=schema.known).decisions
    assert ("decimal comma", "--decimal") in [(d.what, d.change_with) for d in decisions]


@pytest.mark.parametrize("extra", ["", "\n1.5;x", "\n1.5;x\n2.5;x"])
def test_what_shows_another_sign_is_read_by_it_and_told(written: Written, extra: str) -> None:
    schema = schema_of(written(GERMAN, "german.csv"))
    table = read_table(written(f"Umsatz;Ort\n12.5;Bonn{extra}\n"), like=schema.known)
    assert first(table, "Umsatz") == 12.5
    (notice,) = table.notices
    assert (notice.what, notice.change_with) == ("decimal point", "--decimal")
    assert notice.why == "cells such as 12.5 are numbers; the training data had a decimal comma"
    assert notice in table.decisions


def test_only_columns_of_numbers_show_a_sign(written: Written) -> None:
    """A version is no number, and says nothing of how numbers are written."""
    schema = schema_of(written(GERMAN, "german.csv"))
    rows = "Umsatz;Ort;Version\n1.250;Bonn;1.5\n2.125;Ulm;1.6\n"
    table = read_table(written(rows), like=schema.known)
    assert first(table, "Umsatz") == 1250
    assert table.notices == ()


def test_what_the_user_says_counts_before_all(written: Written) -> None:
    schema = schema_of(written(GERMAN, "german.csv"))
    path = written("Umsatz;Ort\n1.250;Köln\n")
    table = read_table(path, ReadOptions(decimal=".", missing=("Köln",)), like=schema.known)
    assert first(table, "Umsatz") == 1.25
    assert table.frame["Ort"].isna().all()


def test_text_in_memory_is_read_by_the_run_too(written: Written) -> None:
    schema = schema_of(written(GERMAN, "german.csv"))
    frame = pd.DataFrame({"Umsatz": ["1.250", None], "Ort": ["Bonn", "x"]})
    assert first(read_table(frame, like=schema.known), "Umsatz") == 1250
    points = frame.assign(Umsatz=["1.5", "1.250"])
    table = read_table(points, like=schema.known)
    assert to_numbers(table.frame["Umsatz"], table.decimal).tolist() == [1.5, 1.25]
    assert [notice.what for notice in table.notices] == ["decimal point"]


def test_text_of_a_frame_shows_its_sign_in_training() -> None:
    cells = [f"{k},5" for k in range(30)]
    frame = pd.DataFrame({"x": cells, "y": np.arange(30) / 7})
    table = read_table(frame)
    assert table.decimal == ","
    schema = infer_schema(table, "y", SchemaOptions(), SplitOptions())
    assert schema.used[0].kind == "number"
    # Text beside numbers that are stored as such does not.
    mixed = frame.assign(x=[*cells[:29], 3.5])
    assert read_table(mixed).decimal == "."


def test_the_run_knows_which_words_meant_an_empty_cell(written: Written) -> None:
    schema = schema_of(written(POINTS, "points.csv"), missing=("Ulm", "-999"))
    assert schema.reading.missing == ("Ulm", "-999")
    rows = {"size": [-999, 1.5, 2.0], "town": ["Ulm", "NA", " "]}
    csv = "size,town\n-999.0,Ulm\n1.5,NA\n2,\n"
    for source in (written(csv), pd.DataFrame(rows), pd.DataFrame(rows, dtype=object)):
        table = read_table(source, like=schema.known)
        assert table.frame["size"].isna().tolist() == [True, False, False]
        assert table.frame["town"].isna().tolist() == [True, False, True]
    other = read_table(written(csv), ReadOptions(missing=("NA",)), like=schema.known)
    assert other.frame["town"].isna().tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("content", "numbers"),
    [
        ("size\n1.5\n2\n", [1.5, 2]),
        ("size\r\n1.5", [1.5]),
        ("size,\n1.5,\n", [1.5]),
        ('"size"\n"1.5"\n', [1.5]),
    ],
)
def test_a_table_of_one_column_is_read(
    written: Written, content: str, numbers: list[float]
) -> None:
    schema = schema_of(written("size,price\n" + "1.5,2\n2.5,3\n" * 20, "one.csv"))
    path = written(content)
    for like in (schema.known, None):
        assert to_numbers(read_table(path, like=like).frame["size"]).tolist() == numbers


def test_one_column_with_decimal_commas_is_not_split_at_them(written: Written) -> None:
    schema = schema_of(written("x;y\n" + "0,5;2\n1,5;3\n" * 20, "one.csv"))
    table = read_table(written("x\n0,1257\n-0,1321\n0,6404\n"), like=schema.known)
    assert to_numbers(table.frame["x"], table.decimal).tolist() == [0.1257, -0.1321, 0.6404]
    frame = pd.DataFrame({"x": np.arange(40) / 7, "y": np.arange(40)})
    typed = infer_schema(read_table(frame), "y", SchemaOptions(), SplitOptions())
    table = read_table(written("x\n0,1257\n-0,1321\n0,6404\n"), like=typed.known)
    assert to_numbers(table.frame["x"], table.decimal).tolist() == [0.1257, -0.1321, 0.6404]


def test_another_separator_is_seen_and_told(written: Written) -> None:
    schema = schema_of(written(POINTS, "points.csv"))
    assert schema.reading.separator == ","
    table = read_table(written("town;size\nUlm;1.5\nBonn;2.5\n"), like=schema.known)
    assert table.frame["size"].tolist() == ["1.5", "2.5"]
    assert [notice.what for notice in table.notices] == ["separator semicolon"]
    same = read_table(written("town,size\nUlm,1.5\n"), like=schema.known)
    assert same.notices == ()


def test_separator_and_header_of_the_run_help_where_there_is_nothing_to_see(
    written: Written,
) -> None:
    rows = "a b;c\n" + "red dark;blue\ngreen;pink\n" * 20
    schema = schema_of(written(rows, "words.csv"))
    table = read_table(written("a b\nred dark\ngreen light\n"), like=schema.known)
    assert table.frame["a b"].tolist() == ["red dark", "green light"]
    bare = "red;1;u\nblue;2;v\n" * 20
    without = schema_of(written(bare, "bare.csv"), header=False)
    assert [column.name for column in without.used] == ["column 1", "column 2"]
    new = read_table(written("green;3\n"), like=without.known)
    assert new.frame["column 1"].tolist() == ["green"]


def test_an_encoding_that_was_named_is_remembered(written: Written) -> None:
    rows = POINTS.replace("Ulm", "Łódź")
    schema = schema_of(written(rows.encode("cp852"), "polish.csv"), encoding="cp852")
    assert schema.reading.encoding == "cp852"
    new = "size,town\n1.5,Łódź\n"
    for content in (new.encode("cp852"), new.encode(), new.encode("utf-16")):
        table = read_table(written(content), like=schema.known)
        assert table.frame["town"].tolist() == ["Łódź"]
    with pytest.raises(ReadError, match="D03"):
        read_table(written(new.encode("cp852")))  # the control
    plain = schema_of(written(POINTS, "points.csv"))
    assert plain.reading.encoding is None


def test_names_are_the_same_with_other_spaces_and_other_forms_of_letters(
    written: Written,
) -> None:
    schema = schema_of(written("gr\u00f6\u00dfe,town,y\n" + "1.5,a,2\n2.5,b,3\n" * 20, "t.csv"))
    frame = pd.DataFrame({" gro\u0308\u00dfe": [1.5], "town\u00a0": ["a"], "other": [1]})
    table = read_table(frame, like=schema.known)
    assert list(table.frame.columns) == ["gr\u00f6\u00dfe", "town", "other"]
    both = pd.DataFrame({"town": ["a"], " town": ["b"]})
    assert list(read_table(both, like=schema.known).frame.columns) == ["town", " town"]


def test_words_that_are_read_as_empty_are_told_with_the_doubt(written: Written) -> None:
    rows = "continent,veneer,y\n" + "EU,Brick,1\nNA,None,2\nAS,-,3\n" * 8
    for source in (written(rows), pd.read_csv(written(rows), keep_default_na=False)):
        table = read_table(source)
        (decision,) = (d for d in table.decisions if d.change_with == "--missing")
        assert decision.what == "cells 'NA' are treated as missing"
        assert decision.why == (
            "they commonly mark a missing value; ambiguous: 'continent' also holds 'EU', so "
            "'NA' may be a category there"
        )
        schema = infer_schema(table, "y", SchemaOptions(), SplitOptions())
        (kept,) = (d for d in schema.decisions if d.change_with == "--missing")
        assert kept.what == "categories, not missing values: '-', 'None'"
        assert schema.used[1].levels == ("-", "Brick", "None")


def test_the_record_survives_json_and_may_be_absent(written: Written) -> None:
    schema = schema_of(written(GERMAN, "german.csv"), missing=("?",))
    stored = json.loads(json.dumps(schema.to_dict()))
    back = Schema.from_dict(stored)
    assert back.reading == schema.reading == Reading.from_dict(schema.reading.to_dict())
    assert back.known == schema.known
    del stored["reading"], stored["target_form"]
    for column in stored["columns"]:
        del column["form"]
    old = Schema.from_dict(stored)
    assert old == schema  # how a table was read is no part of what it is
    assert old.reading == Reading(missing=MISSING)


@pytest.mark.parametrize(
    "odd",
    [
        {"decimal": ";"},
        {"thousands": 3},
        {"separator": 5},
        {"encoding": []},
        {"header": "yes"},
        {"missing": "NA"},
        {"missing": 7},
        {"missing": None},
    ],
    ids=str,
)
def test_a_record_that_is_none_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        Reading.from_dict(Reading().to_dict() | odd)
    with pytest.raises(LookupError):
        Reading.from_dict({})


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2.491", "531", "1.250", "84", "3.003"], 2491.0),
        (["2.491 €", "531 €", "1.250 €", "84 €", "3.003 €"], 2491.0),
        (["2.491", "5.310", "1.250", "8.400", "3.003"], 2.491),  # a control: nothing shows it
        (["2.491", "531", "1.251", "84", "3.003"], 2.491),  # zeros at the end are left away
        (["2.491", "531", "1.250", "0.084", "3.003"], 2.491),
    ],
)
def test_points_beside_whole_numbers_part_thousands(
    written: Written, cells: list[str], first: float
) -> None:
    lines = [f"{cell};{at}" for at, cell in enumerate(cells * 5)]
    schema = schema_of(written("\n".join(["income;y", *lines]) + "\n"))
    table = read_table(written("\n".join(["income;y", *lines]) + "\n"))
    (column,) = [one for one in schema.columns if one.name == "income"]
    found = to_numbers(table.frame["income"], table.decimal, column.form, column.unit)
    assert found[0] == first
