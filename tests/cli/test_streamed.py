"""What the commands say and print when files are answered in batches."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import tenfold
from tenfold import TrainOptions
from tenfold.data.files import batch, batches
from tests.engine_tables import houses

Tenfold = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run and tables of new rows, one of which has bad lines."""
    folder = tmp_path_factory.mktemp("home")
    houses().to_csv(folder / "houses.csv", index=False)
    few = TrainOptions(epochs=2)
    tenfold.train(
        folder / "houses.csv", folds=3, training=few, quality="fast", out=folder / "runs"
    )
    new = houses(300, seed=5)
    new.loc[200, "town"] = "Oslo"
    new.to_csv(folder / "new.csv", index=False)
    lines = (folder / "new.csv").read_text().splitlines()
    (folder / "bad.csv").write_text("\n".join([*lines[:250], "1,2", *lines[250:]]) + "\n")
    return folder


@pytest.fixture
def in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "LONG_BYTES", 0)
    monkeypatch.setattr(batch, "BATCH_ROWS", 32)


def test_a_large_file_is_answered_and_scored_as_a_small_one(
    run_tenfold: Tenfold, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = [
        ("predict", "runs/houses-1", "new.csv"),
        ("predict", "runs/houses-1", "bad.csv", "new.csv", "--coverage", "0.8"),
        ("evaluate", "runs/houses-1", "new.csv"),
        ("evaluate", "runs/houses-1", "bad.csv", "--json"),
        ("predict", "runs/houses-1", "new.csv", "--strict"),
    ]
    whole = [run_tenfold(*words) for words in commands]
    monkeypatch.setattr(batches, "LONG_BYTES", 0)
    monkeypatch.setattr(batch, "BATCH_ROWS", 32)
    parts = [run_tenfold(*words) for words in commands]
    assert [(status, out) for status, out, _ in parts] == [one[:2] for one in whole]
    assert [sorted(err.splitlines()) for *_, err in parts[:4]] == [
        sorted(err.splitlines()) for *_, err in whole[:4]
    ]
    assert parts[4][2].startswith("P08")


@pytest.mark.usefixtures("in_batches")
def test_a_command_ends_with_how_many_rows_it_wrote(run_tenfold: Tenfold) -> None:
    status, out, err = run_tenfold("predict", "runs/houses-1", "new.csv", "--out", "a.csv")
    assert (status, out, err.splitlines()[-1]) == (0, "", "300 rows in a.csv")
    words = ("predict", "runs/houses-1", "bad.csv", "--out", "a.parquet", "--quiet")
    assert run_tenfold(*words) == (0, "", "300 rows in a.parquet, 1 left out\n")
    assert len(pd.read_parquet("a.parquet")) == 300


def test_ctrl_c_says_what_is_kept(
    run_tenfold: Tenfold, in_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tenfold.streaming.files.answer_files", pressed)
    words = ("predict", "runs/houses-1", "new.csv")
    status, out, err = run_tenfold(*words, "--out", "b.csv")
    assert (status, out) == (1, "")
    assert err == (
        "Ctrl-C was pressed: what is answered is in b.csv.parts: run the same command again to "
        "go on\n"
    )
    assert "nothing is kept" in run_tenfold(*words)[2]


@pytest.mark.parametrize("size", ["small", "large"])
def test_answers_never_take_the_place_of_their_input(
    run_tenfold: Tenfold, home: Path, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    if size == "large":
        monkeypatch.setattr(batches, "LONG_BYTES", 0)
    text = (home / "new.csv").read_text()
    for option in ("--out", "--departures"):
        status, _, err = run_tenfold("predict", "runs/houses-1", "new.csv", option, "new.csv")
        assert (status, err[:3]) == (2, "U01")
    words = ("predict", "runs/houses-1", "new.csv", "--out", "c.csv", "--departures", "c.csv")
    assert run_tenfold(*words)[2].startswith("U01")
    assert (home / "new.csv").read_text() == text
    assert not (home / "c.csv").exists()


def test_a_small_file_is_written_as_parquet_too(run_tenfold: Tenfold, home: Path) -> None:
    assert run_tenfold("predict", "runs/houses-1", "new.csv", "--out", "d.parquet")[0] == 0
    said = run_tenfold("predict", "runs/houses-1", "new.csv", "--json")[1]
    rows = pd.DataFrame(json.loads(said)["rows"])
    pd.testing.assert_frame_equal(pd.read_parquet(home / "d.parquet"), rows)
