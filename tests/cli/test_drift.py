"""What the commands say of rows that are not like those of training, and what they refuse."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold import TrainOptions
from tests.engine_options import asked
from tests.engine_tables import houses

Tenfold = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run and two tables: rows of training, and odd ones."""
    folder = tmp_path_factory.mktemp("home")
    houses().to_csv(folder / "houses.csv", index=False)
    tenfold.train(
        folder / "houses.csv",
        folds=3,
        training=TrainOptions(epochs=2),
        quality="fast",
        out=folder / "runs",
    )
    odd = houses(9).astype(object).drop(columns="price")
    odd.loc[2, "town"], odd.loc[4, "rooms"] = "ulm", "many"
    odd.assign(note="x", area=odd["area"].clip(30, 60)).to_csv(folder / "odd.csv", index=False)
    renamed = houses(9).rename(columns={"area": "Area "})
    renamed.to_csv(folder / "renamed.csv", index=False)
    return folder


SAID = """\
odd.csv differs from the training data:
  'rooms': cannot be read as numbers, treated as missing: 1 of 9 cells, line 6 ('many')
  'town': categories not seen in training: 1 of 9 cells, line 4 ('ulm', is it 'Ulm'?)
  'note': not in the training data, ignored
"""


def test_by_default_odd_rows_are_answered_and_named(run_tenfold: Tenfold) -> None:
    status, out, err = run_tenfold("predict", "runs/houses-1", "odd.csv")
    assert (status, err) == (0, SAID)
    assert len(pd.read_csv(io.StringIO(out))) == 9
    assert run_tenfold("predict", "runs/houses-1", "odd.csv", "--warn") == (0, out, SAID)
    assert run_tenfold("predict", "runs/houses-1", "odd.csv", "--quiet") == (0, out, "")


def test_strict_answers_none_of_a_table_with_odd_rows(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    for command in ("predict", "evaluate"):
        status, out, err = run_tenfold(command, "runs/houses-1", "odd.csv", "--strict")
        assert (status, out, err[:4]) == (1, "", "P08:")
    words = ("predict", "runs/houses-1", "houses.csv", "odd.csv", "--strict")
    assert run_tenfold(*words, "--out", tmp_path / "answers.csv")[0] == 1
    assert not (tmp_path / "answers.csv").exists()
    status, _, err = run_tenfold("predict", "runs/houses-1", "houses.csv", "--strict")
    assert (status, err) == (0, "")


def test_a_renamed_column_is_an_error_that_names_it_and_warn_goes_on(
    run_tenfold: Tenfold,
) -> None:
    status, _, err = run_tenfold("predict", "runs/houses-1", "renamed.csv")
    assert (status, err[:4]) == (1, "P01:")
    assert "fix        is 'Area' the column 'area'? rename it\n" in err
    status, out, err = run_tenfold("predict", "runs/houses-1", "renamed.csv", "--warn")
    assert status == 0
    assert np.isfinite(pd.read_csv(io.StringIO(out))["prediction"]).all()
    assert "'area': missing, treated as empty; is it 'Area' now?" in err


def test_one_cell_that_cannot_be_read_loses_no_answer_and_is_as_if_empty(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    new = houses(50).astype(object)
    said = []
    for cell in ("many", None):
        new.loc[7, "rooms"] = cell
        new.to_csv(tmp_path / "new.csv", index=False)
        said.append(run_tenfold("predict", "runs/houses-1", tmp_path / "new.csv")[:2])
    assert said[0] == said[1]
    assert said[0][0] == 0


def test_a_column_that_is_mostly_unreadable_is_an_error_and_warn_goes_on(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    new = houses(50).astype(object)
    new["area"] = [f"{area:.2f}".replace(".", ",") for area in new["area"]]
    new.loc[0, "area"] = "1,250"  # a thousand by chance
    new.to_csv(tmp_path / "comma.csv", index=False)
    words = ("predict", "runs/houses-1", tmp_path / "comma.csv", "--decimal", ".")
    status, _, err = run_tenfold(*words)
    assert (status, err[:4]) == (1, "P02:")
    assert "they look like  numbers with a decimal comma\n" in err
    assert run_tenfold(*words, "--warn")[0] == 0


def test_all_drift_is_in_the_file_and_in_json(run_tenfold: Tenfold, tmp_path: Path) -> None:
    far = houses(300).assign(area=1e6)
    far.to_csv(tmp_path / "far.csv", index=False)
    words = ("predict", "runs/houses-1", tmp_path / "far.csv", "odd.csv")
    status, out, err = run_tenfold(*words, "--json", "--departures", tmp_path / "all.csv")
    assert status == 0
    assert len(err.splitlines()) == 6
    listed = pd.read_csv(tmp_path / "all.csv")
    assert list(listed) == ["file", "line", "column", "what", "cell", "training", "meant"]
    assert listed["what"].value_counts().to_dict() == {
        "above the training range": 300, "unexpected type": 1, "unseen category": 1,
        "extra column": 1,
    }  # fmt: skip
    assert listed.query("what == 'unseen category'")["meant"].tolist() == ["Ulm"]
    document = json.loads(out)
    assert (len(document["rows"]), len(document["departures"])) == (309, 303)
    status, _, err = run_tenfold(*words, "--departures", tmp_path / "no" / "all.csv")
    assert (status, "\nU01: --departures must be a file" in err) == (2, True)


def test_much_drift_does_not_fill_the_screen(run_tenfold: Tenfold, tmp_path: Path) -> None:
    wide = pd.DataFrame({f"c{i:02}": np.arange(30) / 7 for i in range(30)}).assign(y=range(30))
    wide.to_csv(tmp_path / "wide.csv", index=False)
    quick: dict[str, Any] = {"folds": 3, "epochs": 1, "quality": "fast", "audit": "off"}
    tenfold.train(tmp_path / "wide.csv", **asked(**quick, out=tmp_path))
    (wide + 50).to_csv(tmp_path / "far.csv", index=False)
    _, _, err = run_tenfold("predict", tmp_path / "wide-1", tmp_path / "far.csv")
    assert len(err.splitlines()) == 22
    assert err.endswith("  and 10 more lines: --departures FILE\n")


def test_evaluate_tells_of_odd_rows_too(run_tenfold: Tenfold, tmp_path: Path) -> None:
    new = houses(30).astype(object)
    new.loc[3, "town"] = "Rome"
    new.to_csv(tmp_path / "new.csv", index=False)
    status, out, err = run_tenfold("evaluate", "runs/houses-1", tmp_path / "new.csv")
    assert (status, out.splitlines()[0]) == (0, f"30 rows of {tmp_path}/new.csv")
    assert err.endswith("categories not seen in training: 1 of 30 cells, line 5 ('Rome')\n")
    assert run_tenfold("evaluate", "runs/houses-1", tmp_path / "new.csv", "--strict")[0] == 1


def test_strict_and_warn_contradict_each_other(run_tenfold: Tenfold) -> None:
    for command in ("predict", "evaluate"):
        words = (command, "runs/houses-1", "houses.csv", "--strict", "--warn")
        status, _, err = run_tenfold(*words)
        assert (status, err[:4]) == (2, "U02:")


def test_a_run_lists_drift_under_the_labels_of_a_frame(home: Path) -> None:
    run = tenfold.load(home / "runs" / "houses-1")
    odd = houses(3).set_axis(["a", "b", "c"], axis=0)
    odd.loc["b", "town"] = "Rome"
    table = run.departures(odd)
    assert table[["line", "column", "cell"]].to_numpy().tolist() == [["b", "town", "Rome"]]
    answers = run.predict(odd)
    with pytest.warns(UserWarning, match="not seen in training"):
        assert run.predict(odd, schema="warn").equals(answers)
    with pytest.raises(tenfold.TenfoldError, match="P08"):
        run.predict(odd, schema="strict")
    with pytest.raises(tenfold.TenfoldError, match="P08"):
        run.evaluate(odd, schema="strict")
