"""A column whose decimal sign is not that of its table is read by its own."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold import TrainOptions
from tenfold.config import SchemaOptions, SplitOptions
from tenfold.data.columns.encode import encode_inputs
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.files.read import read_table
from tenfold.data.tables.own_signs import own_sign, signs_of_columns
from tenfold.data.tables.reading import Reading
from tenfold.read_options import ReadOptions

PEOPLE = [84, 4975, 312450, 998, 1200, 27010, 45, 610, 2030, 77777]
NORTH = [48.3712, 50.12, 47.5, 53.0871, 49.125, 51.5, 52.25, 48.75, 54.1, 50.0]


def points(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def write(path: Path, rows: list[list[Any]], separator: str = ";") -> Path:
    names = ["people", "north", "y"]
    lines = [names, *([*map(str, row)] for row in rows)]
    path.write_text("".join(separator.join(line) + "\n" for line in lines), encoding="utf-8")
    return path


def numbers_of(path: Path, like: Schema | None = None) -> tuple[Schema, np.ndarray[Any, Any]]:
    """Return the schema of a file and its inputs, north first."""
    table = read_table(path, like=None if like is None else like.known)
    schema = infer_schema(table, "y", SchemaOptions(), SplitOptions()) if like is None else like
    return schema, encode_inputs(table.frame, schema, table.decimal)[0][:, :2]


def test_thousands_beside_decimal_points_are_thousands(tmp_path: Path) -> None:
    rows = [[points(p), n, i] for i, (p, n) in enumerate(zip(PEOPLE, NORTH, strict=True))] * 3
    path = write(tmp_path / "a.csv", rows)
    schema, read = numbers_of(path)
    assert read.tolist() == [[n, p] for p, n in zip(PEOPLE, NORTH, strict=True)] * 3
    assert schema.reading.apart == ("people",)
    (decision,) = [one for one in read_table(path).decisions if one.change_with == "--decimal"]
    assert decision.what == "decimal comma in 'people'"
    assert decision.why == (
        "cells such as 4.975 can only be read this way; other columns have a decimal point"
    )
    # New rows that show nothing by themselves are read as training was.
    known = Schema.from_dict(schema.to_dict())
    new = write(tmp_path / "b.csv", [["4.975", "48", ""], ["312.450", "48.5", ""]])
    assert numbers_of(new, known)[1].tolist() == [[48, 4975], [48.5, 312450]]
    new = write(tmp_path / "c.csv", [["4.975", "48", ""], ["312.450", "48.125", ""]])
    assert numbers_of(new, known)[1].tolist() == [[48, 4975], [48.125, 312450]]
    plain = write(tmp_path / "d.csv", [["4975", "48.5", ""], ["12", "48.25", ""]])
    assert numbers_of(plain, known)[1].tolist() == [[48.5, 4975], [48.25, 12]]


@pytest.mark.parametrize("unit", [" €", " kg", ""])
def test_quoted_decimal_commas_beside_points_are_decimals(tmp_path: Path, unit: str) -> None:
    cells = ["12,34", "1,234", "7,5", "8", "123,4"]
    rows = [[f'"{cells[i % 5]}{unit}"', NORTH[i % 10], i] for i in range(30)]
    schema, read = numbers_of(write(tmp_path / "a.csv", rows, ","))
    assert schema.reading.decimal == "."
    assert read[:5, 1].tolist() == [12.34, 1.234, 7.5, 8, 123.4]
    assert read[:10, 0].tolist() == NORTH
    new = write(tmp_path / "b.csv", [[f'"1,234{unit}"', "48.371", ""]], ",")
    assert numbers_of(new, schema)[1].tolist() == [[48.371, 1.234]]


def test_decimal_points_beside_commas_are_decimals(tmp_path: Path) -> None:
    rows = [["12,34", ("48.371", "48.3712", "9.5")[i % 3], i] for i in range(40)]
    schema, read = numbers_of(write(tmp_path / "a.csv", [*rows, ["7,5", "48.371", 3]]))
    assert (schema.reading.decimal, schema.reading.apart) == (",", ("north",))
    assert read[:3, 0].tolist() == [48.371, 48.3712, 9.5]


def test_a_column_that_shows_no_sign_is_a_doubt_that_is_said(tmp_path: Path) -> None:
    rows = [[points(p), n, i] for i, (p, n) in enumerate(zip(PEOPLE, NORTH, strict=True))]
    large = write(tmp_path / "a.csv", [row for row in rows if "." in str(row[0])] * 3)
    (decision,) = [one for one in read_table(large).decisions if one.change_with == "--decimal"]
    assert decision.what == "decimal point in 'people', too"
    assert decision.why == (
        "ambiguous: no cell there shows whether the sign in numbers such as 4.975 is a "
        "decimal or a thousands separator"
    )
    plain = write(tmp_path / "b.csv", [[4.97, n, i] for i, n in enumerate(NORTH)])
    assert not [one for one in read_table(plain).decisions if one.change_with == "--decimal"]


def test_what_is_asked_for_counts_for_all_columns(tmp_path: Path) -> None:
    rows = [[points(p), n, i] for i, (p, n) in enumerate(zip(PEOPLE, NORTH, strict=True))]
    table = read_table(write(tmp_path / "a.csv", rows), ReadOptions(decimal="."))
    assert table.reading.apart == ()
    assert table.frame["people"][1] == "4.975"


@pytest.mark.parametrize(
    ("cells", "sign"),
    [
        (["4.975", "84", "312.450", "1.200"], ","),
        (["4,975", "84", "312,450", "1,200"], "."),
        (["1.234.567", "12"], ","),
        (["0.532", "1.250"], "."),
        (["4.975", "312.450"], None),
        (["1.250", "0", "2.500", "3.125"], None),  # a zero may be written without decimals
        (["12,5", "1.5"], None),
        (["red", "1,5"], None),
        (["12", "7"], None),
    ],
)
def test_a_column_shows_its_sign_or_none(cells: list[str], sign: str | None) -> None:
    assert own_sign(cells)[0] == sign


def test_the_columns_apart_are_remembered_and_older_files_have_none() -> None:
    reading = Reading(decimal=".", apart=("a",))
    assert Reading.from_dict(reading.to_dict()) == reading
    older = reading.to_dict()
    del older["apart"]
    assert Reading.from_dict(older).apart == ()
    with pytest.raises(TypeError):
        Reading.from_dict(reading.to_dict() | {"apart": "a"})


def test_a_column_that_shows_no_text_keeps_the_sign_of_training() -> None:
    known = Reading(decimal=".", apart=("people",))
    assert signs_of_columns({}, ".", known) == (("people",), ())
    assert signs_of_columns({"people": ["4.975"]}, ".", known)[0] == ("people",)
    assert signs_of_columns({"people": ["4.97"]}, ".", known)[0] == ()  # it shows another
    assert signs_of_columns({"people": ["4.975"]}, ",", known)[0] == ()  # as the table has it


def test_a_run_reads_thousands_of_new_rows_as_those_of_training(tmp_path: Path) -> None:
    rows = [[points(p), n, i % 7] for i, (p, n) in enumerate(zip(PEOPLE, NORTH, strict=True))]
    path = write(tmp_path / "a.csv", rows * 4)
    run = tenfold.train(
        path, target="y", task="regression", folds=3, training=TrainOptions(epochs=2), out=None
    )
    frame = pd.DataFrame({"people": PEOPLE, "north": NORTH})
    plain = run.predict(frame)["prediction"].to_numpy()
    assert run.predict(path)["prediction"].to_numpy()[:10].tolist() == plain.tolist()
    one = write(tmp_path / "b.csv", rows[1:2])
    assert run.predict(one)["prediction"].to_numpy().tolist() == [plain[1]]
