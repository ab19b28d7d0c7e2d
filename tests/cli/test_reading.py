"""A run remembers how its table was read, and every command reads new rows by it."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold.errors import PredictError
from tenfold.exported import Exported
from tenfold.kinds.services import service_of
from tenfold.kinds.tables.table_file import TableFile
from tenfold.kinds.tables.table_rows import Rows
from tenfold.serve.app import app_of
from tenfold.serve.form_page import page_of
from tenfold.serve_options import ServeOptions
from tests.engine_options import asked
from tests.engine_served import ask_here

Tenfold = Callable[..., tuple[int, str, str]]

ROWS: Final = 120
QUICK: Final[dict[str, Any]] = {"folds": 2, "epochs": 2, "quality": "fast", "audit": "off"}


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "sales": rng.integers(1_000, 9_000, ROWS) / 4,
            "flag": rng.integers(0, 2, ROWS),
            "zone": rng.integers(1, 5, ROWS) * 10,
            "veneer": rng.choice(["Brick", "None", "Stone"], ROWS),
            "opens": [f"{k % 12 + 6:02}:30" for k in range(ROWS)],
        }
    )
    frame["y"] = (frame["sales"] / 7 + 40 * frame["flag"] + frame["zone"]).round(2)
    return frame


def german(frame: pd.DataFrame) -> str:
    """Return a table as Excel writes it in German: decimal commas, points at thousands."""
    with_points = frame.assign(
        **{
            name: frame[name].map(
                lambda number: f"{number:,.2f}".translate(str.maketrans(",.", ".,"))
            )
            for name in frame.columns.intersection(["sales", "y"])
        }
    )
    return with_points.to_csv(index=False, sep=";")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    frame = table()
    (folder / "german.csv").write_text(german(frame), encoding="utf-8")
    frame.to_csv(folder / "point.csv", index=False)
    tenfold.train(
        folder / "german.csv", **asked(kinds={"zone": "category"}, out=folder, **QUICK)
    )
    new = frame.drop(columns="y").head(4)
    (folder / "new.csv").write_text(german(new), encoding="utf-8")
    new.to_csv(folder / "points.csv", index=False)
    new.astype({"flag": float, "zone": float}).to_csv(folder / "floats.csv", index=False)
    new.to_excel(folder / "new.xlsx", index=False)
    new.to_parquet(folder / "new.parquet", index=False)
    whole = new.assign(sales=1_250)
    whole.to_csv(folder / "whole.csv", index=False)
    whole.astype({"sales": str}).assign(sales="1.250").to_csv(
        folder / "thousands.csv", index=False, sep=";"
    )
    return folder


def answers(said: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(said)).drop(columns="line")


@pytest.mark.parametrize("name", ["points.csv", "floats.csv", "new.xlsx", "new.parquet"])
def test_the_same_rows_get_the_same_answers_from_any_file(
    run_tenfold: Tenfold, name: str
) -> None:
    status, known, err = run_tenfold("predict", "german-1", "new.csv")
    assert (status, err) == (0, "")
    status, found, _ = run_tenfold("predict", "german-1", name)
    assert status == 0
    pd.testing.assert_frame_equal(answers(found), answers(known), check_exact=True)
    assert answers(known)["prediction"].nunique() > 2  # the control


def test_what_shows_no_decimal_sign_is_read_by_that_of_training(run_tenfold: Tenfold) -> None:
    known, found, other = (
        answers(run_tenfold("predict", "german-1", *words)[1])
        for words in (
            ("whole.csv",),
            ("thousands.csv",),
            ("thousands.csv", "--decimal", "."),
        )
    )
    pd.testing.assert_frame_equal(found, known, check_exact=True)
    assert not found.equals(other)  # the control, and what the user says counts before all


def test_what_shows_another_sign_is_told(run_tenfold: Tenfold) -> None:
    err = run_tenfold("predict", "german-1", "points.csv")[2]
    assert err == (
        "points.csv is not formatted like the training data: separator comma (--separator): "
        "it separates the columns here; the training data had a semicolon\n"
        "points.csv is not formatted like the training data: decimal point (--decimal): "
        "cells such as 1037.25 are numbers; the training data had a decimal comma\n"
    ).replace("1037.25", err.rsplit("such as ")[1].split()[0])
    assert run_tenfold("predict", "german-1", "points.csv", "--quiet")[2] == ""


def test_labelled_rows_are_scored_alike_from_any_file(run_tenfold: Tenfold) -> None:
    known = run_tenfold("evaluate", "german-1", "german.csv", "--json")
    found = run_tenfold("evaluate", "german-1", "point.csv", "--json")
    assert known[0] == found[0] == 0
    assert json.loads(known[1])["scores"] == json.loads(found[1])["scores"]


def test_explanations_read_by_the_run_and_by_options(run_tenfold: Tenfold) -> None:
    def shares(*words: str) -> Any:
        status, out, _ = run_tenfold("explain", "german-1", *words, "--json")
        assert status == 0
        return json.loads(out)["contributions"]

    known = shares("whole.csv")
    assert [one["answer"] for one in shares("thousands.csv")] == [
        one["answer"] for one in known
    ]
    both = shares("points.csv", "new.csv")  # each with a sign of its own
    assert [one["answer"] for one in both[:4]] == [one["answer"] for one in both[4:]]
    other = shares("thousands.csv", "--decimal", ".")
    assert [one["answer"] for one in other] != [one["answer"] for one in known]


def test_a_server_reads_by_the_run(home: Path) -> None:
    run = tenfold.load(home / "german-1")
    exported = Exported.open(run.export(home / "german.onnx").path)
    rows = Rows(TableFile(exported), 100)
    new = table().drop(columns="y").head(1)
    row = new.assign(sales=1_250).to_dict("records")[0]
    known = rows.of_json(json.dumps({"rows": [row]}).encode())[0]
    assert known["sales"].tolist() == [[1_250.0]]
    texts = {name: str(cell) for name, cell in row.items()}
    texts |= {"sales": "1.250", "flag": f"{row['flag']}.0", "zone": f"{row['zone']}.0"}
    csv = f"{';'.join(texts)}\n{';'.join(texts.values())}".encode()
    asked = [rows.of_json(json.dumps({"rows": [texts]}).encode())[0], rows.of_csv(csv)[0]]
    for feeds in asked:
        for name, cells in feeds.items():
            np.testing.assert_array_equal(cells, known[name], err_msg=name)
    points = new.assign(sales=12.5).to_csv(index=False).encode()
    feeds, read = rows.of_csv(points)
    assert feeds["sales"].tolist() == [[12.5]]
    assert [notice.what for notice in read.notices] == ["separator comma", "decimal point"]
    for odd in ("many", "1.2.3", True):
        with pytest.raises(PredictError, match="'sales' takes a number, also as text, or null"):
            rows.of_json(json.dumps({"rows": [row | {"sales": odd}]}).encode())
    with pytest.raises(PredictError, match="'opens' takes a number or text, as of clock times"):
        rows.of_json(json.dumps({"rows": [row | {"opens": "noon"}]}).encode())
    for empty in ("", " ", "NA", None, float("nan")):
        body = json.dumps({"rows": [dict.fromkeys(row, empty)]}).encode()
        found = rows.of_json(body)[0]
        assert np.isnan(found["sales"]).all()
        assert found["veneer"].tolist() == [[""]]


def test_the_page_and_the_answers_of_a_server_tell_of_it(home: Path) -> None:
    run = tenfold.load(home / "german-1")
    exported = Exported.open(run.export(home / "german.onnx").path)
    page = page_of(service_of(exported, ServeOptions()))
    assert "a clock time such as 14:30, or hours since midnight; mostly 6.5 to 17.5" in page
    app = app_of(exported, ServeOptions())
    points = table().drop(columns="y").head(2).to_csv(index=False).encode()
    answer = ask_here(app, "/predict", points, "text/csv").json
    assert answer["notices"][1].startswith("decimal point: cells such as")
    assert len(answer["predictions"]) == 2
    again = ask_here(app, "/predict", (home / "new.csv").read_bytes(), "text/csv").json
    assert again["notices"] == []


def test_rows_of_a_test_file_are_read_as_those_of_training(home: Path) -> None:
    """A test file of whole numbers shows no decimal sign of its own."""
    few = table().head(20).round({"sales": 0, "y": 0})
    texts = few["sales"].map(lambda number: f"{number:,.0f}".replace(",", "."))
    whole = few.assign(sales=texts, y=few["y"].astype(int))
    whole.to_csv(home / "test.csv", index=False, sep=";")
    scores = [
        tenfold.train(home / "german.csv", **asked(test=test, out=None, **QUICK)).metrics[
            "test"
        ]
        for test in (home / "test.csv", few)
    ]
    assert scores[0] == scores[1]


def test_the_run_knows_what_meant_empty(run_tenfold: Tenfold, home: Path) -> None:
    frame = table().drop(columns=["veneer", "opens"])
    frame.loc[::3, "sales"] = 0
    frame.to_csv(home / "zeros.csv", index=False)
    run = tenfold.train(home / "zeros.csv", **asked(missing=("0",), out=home, **QUICK))
    new = frame.head(6).drop(columns="y")
    empty = new.assign(sales=new["sales"].where(new["sales"] != 0))
    known = run.predict(empty)
    pd.testing.assert_frame_equal(run.predict(new), known)
    for other in (new.astype(object), new.astype(str), new.astype("float32")):
        pd.testing.assert_frame_equal(run.predict(other), known)
    new.to_csv(home / "some.csv", index=False)
    status, out, _ = run_tenfold("predict", "zeros-1", "some.csv")
    assert status == 0
    np.testing.assert_allclose(answers(out)["prediction"], known["prediction"], rtol=1e-6)
    said = run_tenfold("predict", "zeros-1", "some.csv", "--missing", "NA")[1]
    assert not answers(said).equals(answers(out))


def test_classes_are_the_same_written_as_floats(run_tenfold: Tenfold, home: Path) -> None:
    frame = table()[["sales", "zone"]].assign(grade=lambda f: f["zone"] / 10)
    frame.loc[5, "grade"] = None  # which makes floats of them all
    frame.to_csv(home / "grades.csv", index=False)
    run = tenfold.train(
        home / "grades.csv", **asked(max_bad=0.1, task="classification", out=home, **QUICK)
    )
    assert run.model.schema.classes == ("1", "2", "3", "4")
    whole = frame.dropna().astype({"grade": int})
    whole.to_csv(home / "whole-grades.csv", index=False)
    for source in (whole, whole.astype({"grade": str}), whole.astype({"grade": "category"})):
        assert run.evaluate(source) == run.evaluate(home / "whole-grades.csv")
    assert run_tenfold("evaluate", "grades-1", "whole-grades.csv")[0] == 0


def test_a_target_of_truth_values_is_known_in_every_spelling(home: Path) -> None:
    frame = table().assign(y=lambda f: np.where(f["flag"] == 1, "yes", "no"))
    run = tenfold.train(frame, **asked(out=None, **QUICK))
    known = run.evaluate(frame)
    for words in ({"yes": True, "no": False}, {"yes": 1.0, "no": 0.0}, {"yes": "T", "no": "F"}):
        assert run.evaluate(frame.assign(y=frame["y"].map(words))) == known


def test_a_table_of_one_column_is_answered(run_tenfold: Tenfold, home: Path) -> None:
    frame = table()[["sales", "y"]]
    frame.to_csv(home / "single.csv", index=False)
    tenfold.train(home / "single.csv", **asked(out=home, **QUICK))
    frame[["sales"]].head(3).to_csv(home / "column.csv", index=False)
    status, out, err = run_tenfold("predict", "single-1", "column.csv")
    assert (status, err, len(answers(out))) == (0, "", 3)
    run = tenfold.load(home / "single-1")
    alone = run.predict(frame[["sales"]].head(3))["prediction"]
    np.testing.assert_allclose(answers(out)["prediction"], alone, rtol=1e-6)
    (home / "wrong.csv").write_text("area\n5\n", encoding="utf-8")
    assert run_tenfold("predict", "single-1", "wrong.csv")[2].startswith("P01:")


def test_a_word_is_the_same_in_a_csv_and_in_a_workbook(home: Path) -> None:
    frame = table()
    run = tenfold.load(home / "german-1")
    levels = {column.name: column.levels for column in run.model.schema.used}
    assert levels["veneer"] == ("Brick", "None", "Stone")
    frame.to_excel(home / "all.xlsx", index=False)
    assert run.evaluate(home / "all.xlsx") == run.evaluate(home / "german.csv")


def test_empty_text_is_a_missing_cell_in_a_file_that_is_exported_too(home: Path) -> None:
    frame = table()
    frame.loc[::4, "veneer"] = ""
    run = tenfold.train(frame, **asked(out=home, **QUICK))
    assert run.export().equality.difference < 1e-4
    gaps = frame.assign(veneer=frame["veneer"].replace("", None))
    pd.testing.assert_frame_equal(run.predict(frame), run.predict(gaps))
