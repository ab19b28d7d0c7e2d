"""How rows come in from standard input and go out to a file, and what is said of a run."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold import TrainOptions
from tenfold.cli.arguments import kinds, missing_cells
from tenfold.cli.terminal import console, lend_file, read, show_run, write_rows
from tenfold.config import RunOptions
from tenfold.errors import ReadError, UsageError
from tenfold.read_options import MISSING

ROWS = pd.DataFrame(
    {
        "line": [2, 3, 5],
        "prediction": [1 / 3, 123456.789, np.nan],
        "class": ["ä,b", 'c"d', None],
    }
)


@pytest.fixture
def standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    path = tmp_path / "typed"
    path.write_bytes("a,b\n1,ö\n".encode("latin-1"))
    with path.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        yield


def test_a_file_is_lent_as_it_is(tmp_path: Path) -> None:
    with lend_file(tmp_path / "no such file") as path:
        assert path == tmp_path / "no such file"


@pytest.mark.usefixtures("standard_input")
def test_standard_input_is_lent_byte_for_byte_and_the_copy_taken_away() -> None:
    with lend_file(Path("-")) as path:
        assert path.read_bytes() == b"a,b\n1,\xf6\n"
    assert not path.parent.exists()


@pytest.mark.usefixtures("standard_input")
def test_the_copy_is_taken_away_after_an_error_too() -> None:
    with pytest.raises(ValueError, match="broken"), lend_file(Path("-")) as path:
        raise ValueError("broken")
    assert not path.parent.exists()


def test_rows_that_cannot_be_used_are_told_of_unless_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few, wave = TrainOptions(epochs=1), np.sin(np.arange(30))
    frame = pd.DataFrame({"a": wave, "b": 2 * wave})
    run = tenfold.train(frame, folds=2, training=few, out=None, audit="off")
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3\n4,5\n")
    for quiet in (False, True):
        with read(run, path, RunOptions.named({"max_bad": 0.5}), quiet=quiet) as table:
            assert table.lines.tolist() == [2, 4]
        said = capsys.readouterr()
        assert said.out == ""
        assert (said.err == "") == quiet
    with pytest.raises(ReadError, match=r"^D05"), read(run, path, RunOptions(), quiet=True):
        pass


def test_rows_are_written_as_csv_that_reads_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(ROWS, None, as_json=False)
    printed = capsys.readouterr().out
    assert printed.splitlines()[1:3] == ['2,0.3333333,"ä,b"', '3,123456.8,"c""d"']
    found = pd.read_csv(io.StringIO(printed))
    pd.testing.assert_frame_equal(found, ROWS, rtol=1e-6)
    write_rows(ROWS, tmp_path / "out.csv", as_json=False)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == printed
    assert capsys.readouterr().out == ""


def test_rows_as_json_hold_null_for_what_is_not_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_rows(ROWS, None, as_json=True)
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert rows[2] == {"line": 5, "prediction": None, "class": None}
    assert rows[1]["class"] == 'c"d'


def test_json_goes_to_the_file_that_was_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise ``--json --out FILE`` would ignore one of the two in silence."""
    write_rows(ROWS, tmp_path / "out.json", as_json=True)
    assert capsys.readouterr().out == ""
    assert len(json.loads((tmp_path / "out.json").read_text())["rows"]) == 3


def test_a_file_that_cannot_be_written_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        write_rows(ROWS, tmp_path / "no" / "out.csv", as_json=False)


def test_what_is_shown_on_the_way_goes_to_standard_error() -> None:
    assert console(quiet=False).stderr
    assert console(quiet=True).quiet


def test_a_run_that_was_loaded_is_shown_as_one_that_was_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x = np.linspace(0, 1, 40)
    frame = pd.DataFrame({"x": x**2, "y": x})
    run = tenfold.train(
        frame, folds=3, training=TrainOptions(epochs=2), quality="fast", out=tmp_path
    )
    show_run(run, as_json=False)
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1] == f"saved in {tmp_path}/table-1"
    show_run(run, as_json=True)
    said = capsys.readouterr()
    assert json.loads(said.out) == run.metrics
    assert said.err == f"saved in {tmp_path}/table-1\n"
    show_run(tenfold.load(tmp_path / "table-1"), as_json=False)
    assert capsys.readouterr().out == shown


def test_a_kind_is_named_after_the_last_equals_sign() -> None:
    assert kinds(["a=number", "b=c=category"]) == {"a": "number", "b=c": "category"}
    with pytest.raises(UsageError, match="NAME=KIND"):
        kinds(["a"])


def test_empty_cells_are_always_empty_whatever_else_is_named() -> None:
    assert missing_cells(None) == MISSING
    assert missing_cells(["-", "none"]) == ("", "-", "none")
