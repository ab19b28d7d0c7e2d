"""What the commands print, where, and how they end; as processes where that matters."""

import io
import json
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold import ReadOptions, TrainOptions
from tests.engine_tables import houses

QUICK: Final = ("--quality", "fast", "--folds", "3", "--epochs", "2")
COMMAND: Final = (sys.executable, "-m", "tenfold")
# Takes long, or with a file `for-ever` beside it never ends; the first step is told.
SLOW_NETWORK: Final = """
import sys, time, torch
from pathlib import Path

class Slow(torch.nn.Linear):
    told = False

    def forward(self, x):
        if self.training and len(x) == 1:  # and no probe, which has more rows
            if not Slow.told:
                Slow.told = True
                print("it trains", file=sys.stderr, flush=True)
            time.sleep(1e6 if Path(__file__).with_name("for-ever").exists() else 0.05)
        return super().forward(x)
"""


Tenfold = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two tables and a run of each, which tests may only read."""
    folder = tmp_path_factory.mktemp("home")
    houses().to_csv(folder / "houses.csv", index=False)
    pets = houses().assign(pet=["cat", "dog", "emu"] * 20)
    pets.to_csv(folder / "pets.csv", index=False)
    for name in ("houses", "pets"):
        tenfold.train(
            folder / f"{name}.csv",
            folds=3,
            training=TrainOptions(epochs=2),
            quality="fast",
            out=folder / "runs",
        )
    return folder


def rows_of(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


def test_train_prints_scores_on_standard_output_and_decisions_beside_it(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    status, out, err = run_tenfold("train", "houses.csv", *QUICK, "--out", tmp_path)
    assert status == 0
    first, *scores, of_what, intervals, verdict, saved = out.splitlines()
    assert first == "3 folds, 60 rows, each predicted by a network that was not trained on it"
    assert [line.split()[0] for line in scores] == ["MSE", "RMSE", "MAE", "R2"]
    assert of_what.startswith(
        "These are scores of single folds. New rows are predicted by the "
    )
    assert intervals.startswith("90 % intervals covered ")
    assert "baseline" in verdict
    assert saved == f"saved in {tmp_path}/houses-1"
    assert err.startswith("Decided, with the option that changes each decision:\n")
    assert "  regression (the target has 60 different numbers); --task classification\n" in err


def test_every_decision_names_the_option_that_changes_it(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    run_tenfold("train", "pets.csv", *QUICK, "--out", tmp_path)
    decisions = json.loads((tmp_path / "pets-1" / "metrics.json").read_text())["decisions"]
    _, help_text, _ = run_tenfold("train", "--help")
    for decision in decisions:
        options = re.findall(r"--[a-z-]+", decision["change_with"])
        assert options, decision
        assert all(option in help_text for option in options), decision


def test_quiet_leaves_results_and_nothing_else(run_tenfold: Tenfold, tmp_path: Path) -> None:
    words = ("train", "houses.csv", *QUICK, "--out", tmp_path)
    _, loud, _ = run_tenfold(*words)
    status, out, err = run_tenfold(*words, "--quiet")
    assert (status, err) == (0, "")
    assert out == loud.replace("houses-1", "houses-2")


def test_json_is_one_document_that_equals_the_file_of_the_run(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    status, out, _ = run_tenfold("train", "pets.csv", *QUICK, "--out", tmp_path, "--json")
    assert status == 0
    assert json.loads(out) == json.loads((tmp_path / "pets-1" / "metrics.json").read_text())


def test_json_of_predict_and_evaluate_is_one_document(run_tenfold: Tenfold) -> None:
    _, out, err = run_tenfold("predict", "runs/pets-1", "pets.csv", "--json")
    found = json.loads(out)
    assert (found["format"], len(found["rows"]), err) == (1, 60, "")
    assert list(found["rows"][0]) == [
        "line",
        "prediction",
        *(f"probability {name}" for name in ("cat", "dog", "emu")),
    ]
    _, out, err = run_tenfold("evaluate", "runs/pets-1", "pets.csv", "--json")
    found = json.loads(out)
    assert (found["format"], found["rows"], err) == (1, 60, "")
    assert set(found["scores"]["accuracy"]) == {"value", "low", "high"}


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("train", "lost.csv"), 1, "D01"),
        (("train", "houses.csv", "--quality", "great"), 2, "U01"),
        (("predict", "runs/lost-1", "houses.csv"), 1, "M07"),
        (("predict", "runs/houses-1", "lost.csv"), 1, "D01"),
        (("evaluate", "runs/houses-1", "pets.csv", "--separator", "ab"), 2, "U01"),
    ],
)
def test_an_error_is_a_message_or_a_json_document_and_a_status(
    run_tenfold: Tenfold, words: tuple[str, ...], status: int, code: str
) -> None:
    plain = run_tenfold(*words)
    assert plain[:2] == (status, "")
    assert plain[2].startswith(f"{code}: ")
    status_json, out, err = run_tenfold(*words, "--json")
    assert (status_json, err) == (status, plain[2])
    error = json.loads(out)["error"]
    assert list(error) == ["code", "fact", "rule", "place", "fix"]
    assert error["code"] == code


@pytest.mark.parametrize(
    "words",
    [
        ("train",),
        ("train", "houses.csv", "--no-such-option"),
        ("train", "houses.csv", "--folds", "many"),
        ("predict", "runs/houses-1"),
        ("no-such-command",),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_status_two_and_says_why(
    run_tenfold: Tenfold, words: tuple[str, ...]
) -> None:
    status, out, err = run_tenfold(*words)
    assert (status, out) == (2, "")
    assert "Error: " in err
    assert "-h' for help" in err


def test_json_is_a_document_for_wrong_usage_too(run_tenfold: Tenfold) -> None:
    status, out, _ = run_tenfold("train", "houses.csv", "--no-such-option", "--json")
    assert status == 2
    assert json.loads(out)["error"]["code"] == "U01"


def test_help_and_version_are_results(run_tenfold: Tenfold) -> None:
    for words in (("--help",), ("-h",), ("train", "--help")):
        status, out, err = run_tenfold(*words)
        assert (status, err) == (0, "")
        assert out.startswith("Usage: tenfold ")
    assert run_tenfold("--version") == (0, f"tenfold {tenfold.__version__}\n", "")


def test_predict_answers_rows_in_their_order_with_their_lines(
    run_tenfold: Tenfold, home: Path, tmp_path: Path
) -> None:
    shuffled = houses().sample(frac=1, random_state=1)
    shuffled.to_csv(tmp_path / "new.csv", index=False)
    status, out, err = run_tenfold("predict", "runs/houses-1", tmp_path / "new.csv")
    assert (status, err) == (0, "")
    found = rows_of(out)
    assert found["line"].tolist() == list(range(2, 62))
    wanted = tenfold.load(home / "runs" / "houses-1").predict(shuffled)["prediction"]
    np.testing.assert_allclose(found["prediction"], wanted, rtol=1e-6)
    assert not wanted.is_monotonic_increasing


def test_predict_writes_to_a_file_what_it_would_print(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    words = ("predict", "runs/pets-1", "pets.csv")
    _, printed, _ = run_tenfold(*words)
    status, out, _ = run_tenfold(*words, "--out", tmp_path / "answers.csv")
    assert (status, out) == (0, "")
    assert (tmp_path / "answers.csv").read_text() == printed
    chances = rows_of(printed).filter(like="probability ")
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-5)
    picked = "probability " + rows_of(printed)["prediction"]
    assert picked.equals(chances.idxmax(axis=1))


def test_rows_of_several_files_carry_the_name_of_theirs(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    houses(4).to_csv(tmp_path / "a.csv", index=False)
    houses(3, seed=9).to_csv(tmp_path / "b.csv", index=False)
    _, out, _ = run_tenfold("predict", "runs/houses-1", tmp_path / "a.csv", tmp_path / "b.csv")
    found = rows_of(out)
    assert [Path(name).name for name in found["file"]] == ["a.csv"] * 4 + ["b.csv"] * 3
    assert found["line"].tolist() == [2, 3, 4, 5, 2, 3, 4]


def test_new_words_empty_cells_and_other_orders_of_columns_are_predicted(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    new = houses(6)[["town", "area", "rooms"]]
    new.loc[4, "town"] = "held-out a town"
    new.loc[1, ["town", "area"]] = None
    new.to_csv(tmp_path / "new.csv", index=False)
    status, out, _ = run_tenfold("predict", "runs/houses-1", tmp_path / "new.csv")
    assert status == 0
    assert np.isfinite(rows_of(out)["prediction"]).all()
    houses(6).to_csv(tmp_path / "old.csv", index=False)
    _, old, _ = run_tenfold("predict", "runs/houses-1", tmp_path / "old.csv")
    same = rows_of(out)["prediction"] == rows_of(old)["prediction"]
    assert same.tolist() == [True, False, True, True, False, True]


def test_rows_that_cannot_be_predicted_are_named_and_the_others_answered(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    path = tmp_path / "new.csv"
    path.write_text("rooms,area,town\n1,20,Ulm\n1,20\n2,30,Kiel\n")
    status, out, err = run_tenfold("predict", "runs/houses-1", path)
    assert (status, out, err[:3]) == (1, "", "D05")
    words = ("predict", "runs/houses-1", path, "--max-bad", 0.5)
    status, out, err = run_tenfold(*words)
    assert rows_of(out)["line"].tolist() == [2, 4]
    reason = "it has 2 cells, but the table has 3 columns"
    assert err == f"{path}, line 3, is left out: {reason}\n"
    assert run_tenfold(*words, "--quiet") == (0, out, "")


@pytest.mark.parametrize(
    ("run", "frame", "code"),
    [
        ("houses", houses(5).drop(columns="price"), "P03"),
        ("houses", houses(5).drop(columns="area"), "P01"),
        ("houses", houses(5).assign(area="large"), "P02"),
        ("houses", houses(5).assign(price=[1, 2, 3, 4, "cheap"]), "P03"),
        ("pets", houses(5).assign(pet="gnu"), "P04"),
    ],
)
def test_evaluate_refuses_rows_that_it_cannot_score(
    run_tenfold: Tenfold, tmp_path: Path, run: str, frame: pd.DataFrame, code: str
) -> None:
    frame.to_csv(tmp_path / "new.csv", index=False)
    status, out, err = run_tenfold("evaluate", f"runs/{run}-1", tmp_path / "new.csv")
    assert (status, out) == (1, "")
    assert err.startswith(f"{code}: ")


def one_document(text: str) -> Any:
    """Read JSON as a strict reader does, to whom NaN is none."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.mark.parametrize(
    ("run", "frame", "options", "code"),
    [
        ("houses", houses(1), (), None),  # whose R2 has no value
        ("pets", houses(5).assign(pet="cat"), (), None),  # nor has an area under a curve
        ("houses", houses(5).drop(columns="price"), (), "P03"),
        ("houses", houses(5).assign(price=None), (), "P03"),
        ("houses", houses(5).assign(price="cheap"), (), "P03"),
        ("pets", houses(5).assign(pet="gnu"), (), "P04"),
        ("houses", houses(5).assign(area="large"), ("--strict",), "P08"),
        ("houses", houses(5), ("--max-bad", 7), "U01"),
        ("houses", houses(5), ("--no-such-option",), "U01"),
    ],
)
def test_evaluate_with_json_prints_one_document_however_it_ends(
    run_tenfold: Tenfold,
    tmp_path: Path,
    run: str,
    frame: pd.DataFrame,
    options: tuple[object, ...],
    code: str | None,
) -> None:
    frame.to_csv(tmp_path / "new.csv", index=False)
    words = ("evaluate", f"runs/{run}-1", tmp_path / "new.csv", *options, "--json")
    status, out, _ = run_tenfold(*words)
    found = one_document(out)
    assert (status == 0) == (code is None)
    assert found["rows"] == len(frame) if code is None else found["error"]["code"] == code


def test_rows_without_any_answer_cannot_be_scored(run_tenfold: Tenfold, tmp_path: Path) -> None:
    houses(5).assign(price=None).to_csv(tmp_path / "new.csv", index=False)
    words = ("evaluate", "runs/houses-1", tmp_path / "new.csv")
    status, _, err = run_tenfold(*words)
    assert (status, "\nP03: no row has a target" in err) == (1, True)


def test_evaluate_counts_and_names_the_rows_that_it_scored(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    new = houses()  # of training, so that --strict has nothing else to refuse
    new.loc[:2, "price"] = None
    new.to_csv(tmp_path / "new.csv", index=False)
    words: tuple[Any, ...] = ("evaluate", "runs/houses-1", tmp_path / "new.csv")
    kept = len(new) - 3
    for mode in ((), ("--strict",), ("--warn",)):
        _, out, err = run_tenfold(*words, *mode)
        assert out.splitlines()[0] == f"{kept} rows of {tmp_path}/new.csv"
        notice = f"new.csv: 3 of {len(new)} rows have no target and are left out"
        assert f"{notice} (line 2: its target 'price' is empty)" in err
    assert json.loads(run_tenfold(*words, "--json")[1])["rows"] == kept


def test_evaluate_scores_what_predict_answers(run_tenfold: Tenfold, home: Path) -> None:
    _, out, _ = run_tenfold("predict", "runs/houses-1", "houses.csv")
    error = rows_of(out)["prediction"] - houses()["price"]
    _, out, _ = run_tenfold("evaluate", "runs/houses-1", "houses.csv", "--json")
    scores = json.loads(out)["scores"]
    # Prices are a sum of columns, so that what is left is near the rounding of the file.
    assert scores["mse"]["value"] == pytest.approx((error**2).mean(), rel=0.05)
    assert scores["mae"]["low"] < scores["mae"]["value"] < scores["mae"]["high"]


def test_test_rows_without_an_answer_are_no_reason_to_lose_a_run(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    """They are left out, or refused before training; not after it, with everything lost."""
    test = houses(200, seed=8)
    test.loc[0, "price"] = None
    test.to_csv(tmp_path / "test.csv", index=False)
    words = ("train", "houses.csv", *QUICK, "--out", tmp_path, "--test", tmp_path / "test.csv")
    status, out, _ = run_tenfold(*words)
    assert status == 0
    assert "199 test rows, used only for this score" in out


def test_test_rows_that_are_left_out_are_told_of_in_frames_too() -> None:
    test = houses(20, seed=8)
    test.loc[3, "price"] = None
    run = tenfold.train(
        houses(),
        folds=3,
        training=TrainOptions(epochs=2),
        quality="fast",
        test=test,
        reading=ReadOptions(max_bad=0.1),
        out=None,
    )
    said = [f"{d['what']} ({d['why']})" for d in run.metrics["decisions"]]
    one = "one of 20 test rows has no target and is left out"
    assert f"{one} (line 4: its target 'price' is empty)" in said
    assert run.metrics["test"]["rows"] == 19


@pytest.mark.parametrize(
    ("test", "code"),
    [
        (houses(9).drop(columns="area"), "P01"),
        (houses(9).drop(columns="price"), "P03"),
        (houses(9).assign(price=[*range(8), "cheap"]), "P03"),
    ],
)
def test_test_rows_that_do_not_fit_are_refused_before_training(
    run_tenfold: Tenfold, tmp_path: Path, test: pd.DataFrame, code: str
) -> None:
    """An hour of training is not lost to a column that was missing from the start."""
    test.to_csv(tmp_path / "test.csv", index=False)
    words = ("train", "houses.csv", *QUICK, "--out", tmp_path, "--test", tmp_path / "test.csv")
    status, out, err = run_tenfold(*words)
    assert (status, out) == (1, "")
    assert err.startswith(f"{code}: ")  # nothing was decided, so nothing was trained


def test_the_users_file_is_only_read(run_tenfold: Tenfold, home: Path, tmp_path: Path) -> None:
    path = home / "houses.csv"
    before, folder = (path.read_bytes(), path.stat().st_mtime_ns), sorted(home.iterdir())
    run_tenfold("train", path, *QUICK, "--out", tmp_path)
    run_tenfold("predict", "runs/houses-1", path)
    run_tenfold("evaluate", "runs/houses-1", path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert sorted(home.iterdir()) == folder


def test_a_model_file_alone_is_a_run(run_tenfold: Tenfold, home: Path, tmp_path: Path) -> None:
    alone = tmp_path / "mine.tenfold"
    alone.write_bytes((home / "runs" / "houses-1" / "model.tenfold").read_bytes())
    assert run_tenfold("predict", alone, "houses.csv") == run_tenfold(
        "predict", "runs/houses-1", "houses.csv"
    )


def test_every_option_of_train_reaches_the_run(run_tenfold: Tenfold, tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "--target": "area", "--task": "regression", "--quality": "best", "--folds": 2,
        "--test-size": 0.2, "--group-column": "town", "--weight-column": "rooms",
        "--kind": "price=category", "--epochs": 1, "--batch-size": 9, "--lr": 0.01,
        "--seed": 5, "--device": "cpu", "--time-limit": 99, "--max-bad": 0.5,
        "--separator": ",", "--encoding": "ascii", "--decimal": ".", "--missing": "-",
        "--skip-rows": 0, "--skip-footer": 0, "--comment": "#", "--sheet": "1",
        "--audit": "warn", "--out": tmp_path,
    }  # fmt: skip
    words = [word for pair in given.items() for word in pair]
    flags = (
        *("--no-shuffle", "--keep-copies", "--no-refit", "--standardize"),
        *("--header", "--no-units-row", "--keep-empty"),
    )
    status, _, err = run_tenfold("train", "houses.csv", *words, *flags)
    assert (status, err[:7]) == (0, "Decided")
    options = json.loads((tmp_path / "houses-1" / "config.json").read_text())["options"]
    assert options == {
        "read": {
            "separator": ",", "header": True, "encoding": "ascii", "decimal": ".",
            "missing": ["", "-"], "skip_rows": 0, "skip_footer": 0, "comment": "#",
            "units_row": False, "keep_empty": True, "sheet": "1", "max_bad": 0.5,
        },
        "pictures": {
            "max_bad": 0.5, "max_pixels": 100_000_000, "white": None, "memory_bytes": None,
            "workers": None,
            "file_column": None, "target": "area", "group_column": "town",
            "group_pattern": None, "group_block": None,
        },
        "schema": {
            "target": "area", "task": "regression", "kinds": {"price": "category"},
            "weight_column": "rooms", "keep_counters": False,
        },
        "split": {
            "folds": 2, "shuffle": False, "group_column": "town", "time_column": None,
            "keep_copies": True, "refit": False, "test_size": 0.2, "lenient": False,
        },
        "audit": {"audit": "warn"},
        "train": {
            "network": "auto", "weights": None, "quality": "best", "epochs": 1,
            "steps_per_epoch": None, "batch_size": 9, "lr": 0.01, "img_size": None,
            "mirror": None, "standardize": True, "early_stopping": False, "seed": 5,
            "device": "cpu", "time_limit": 99.0,
        },
    }  # fmt: skip


def test_what_new_rows_leave_out_is_said_with_the_option_that_changes_it(
    run_tenfold: Tenfold, home: Path, tmp_path: Path
) -> None:
    names, *rows = (home / "houses.csv").read_text().splitlines(keepends=True)
    path = tmp_path / "new.csv"
    path.write_text("For sale\n\n" + names + "".join(rows[:3]) + "Source: example\n")
    status, out, err = run_tenfold("predict", "runs/houses-1", path)
    assert (status, len(out.splitlines())) == (0, 4)
    above = "the lines above do not belong to it: line 1: 'For sale'"
    assert err.splitlines() == [
        f"{path}: the table begins on line 3 ({above}); --skip-rows",
        f"{path}: 1 line below the table left out (line 7: 'Source: example'); --skip-footer",
    ]
    # The control: nothing is said of a file that is nothing but a table.
    path.write_text(names + "".join(rows[:3]))
    assert run_tenfold("predict", "runs/houses-1", path)[2] == ""
    status, _, err = run_tenfold("predict", "runs/houses-1", path, "--skip-rows", "-1")
    assert (status, err[:4]) == (2, "U01:")


def test_a_table_may_come_from_standard_input(
    run_tenfold: Tenfold, monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path
) -> None:
    _, wanted, _ = run_tenfold("predict", "runs/houses-1", "houses.csv")
    with (home / "houses.csv").open() as table:
        monkeypatch.setattr(sys, "stdin", table)
        status, out, _ = run_tenfold("train", "-", *QUICK, "--out", tmp_path)
        assert (status, out.splitlines()[-1]) == (0, f"saved in {tmp_path}/standard-input-1")
        table.seek(0)
        assert run_tenfold("predict", "runs/houses-1", "-") == (0, wanted, "")
    piped = tmp_path / "standard-input-1" / "metrics.json"
    filed = home / "runs" / "houses-1" / "metrics.json"
    scores = [json.loads(path.read_text())["scores"] for path in (piped, filed)]
    assert scores[0] == scores[1]


@pytest.mark.parametrize(
    ("command", "row", "code"), [("predict", "", "D02"), ("evaluate", "1,2,Ulm\n", "P03")]
)
def test_a_message_about_standard_input_names_it_and_no_hidden_copy(
    run_tenfold: Tenfold,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    command: str,
    row: str,
    code: str,
) -> None:
    (tmp_path / "typed").write_text(f"rooms,area,town\n{row}")
    with (tmp_path / "typed").open() as typed:
        monkeypatch.setattr(sys, "stdin", typed)
        status, _, err = run_tenfold(command, "runs/houses-1", "-")
    assert (status, err[:4]) == (1, f"{code}:")
    assert tempfile.gettempdir() not in err
    assert "  file  standard input\n" in err


@pytest.mark.parametrize(("rows", "lines"), [(20, 0), (20_000, 1)])
def test_a_reader_that_has_seen_enough_is_no_error(
    home: Path, tmp_path: Path, rows: int, lines: int
) -> None:
    """Few rows meet the closed pipe at the end of the program, many on the way."""
    houses(rows).to_csv(tmp_path / "new.csv", index=False)
    command = [*COMMAND, "predict", str(home / "runs" / "houses-1"), str(tmp_path / "new.csv")]
    command.append("--quiet")
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        for _ in range(lines):
            assert child.stdout.readline() == "line,prediction,low,high\n"
        child.stdout.close()
        assert child.stderr.read() == ""
        assert child.wait() == 0


def interrupted(folder: Path, table: Path, times: int) -> tuple[int, str, str]:
    """Train a network for ever, press Ctrl-C as often as told, once it trains."""
    (folder / "slow.py").write_text(SLOW_NETWORK)
    if times == 2:
        (folder / "for-ever").touch()
    command = [
        *COMMAND, "train", str(table), "--network", "slow.py:Slow", "--folds", "3",
        "--epochs", "100000", "--batch-size", "1",
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stderr is not None
        assert child.stdout is not None
        err = ""
        for wanted in ("it trains", "Ctrl-C")[:times]:
            while wanted not in (line := child.stderr.readline()):
                assert line, err
                err += line
            err += line
            child.send_signal(signal.SIGINT)
        out = child.stdout.read()
        err += child.stderr.read()
        return child.wait(), out, err


@pytest.mark.slow
def test_ctrl_c_keeps_the_best_state_as_a_run_that_predicts(
    run_tenfold: Tenfold, home: Path, tmp_path: Path
) -> None:
    status, out, err = interrupted(tmp_path, home / "houses.csv", times=1)
    assert status == 0
    assert "Ctrl-C: finishing with the best state so far; press it again to abort\n" in err
    assert out.endswith("saved in runs/houses-1\n")
    metrics = json.loads((tmp_path / "runs" / "houses-1" / "metrics.json").read_text())
    assert metrics["epochs"] < 100_000
    assert any("Ctrl-C" in decision["why"] for decision in metrics["decisions"])
    words = ("--network", f"{tmp_path}/slow.py:Slow")
    status, out, err = run_tenfold("predict", tmp_path / "runs/houses-1", "houses.csv", *words)
    assert (status, err) == (0, "")
    assert np.isfinite(rows_of(out)["prediction"]).all()


@pytest.mark.slow
def test_a_second_ctrl_c_gives_up_and_leaves_nothing(home: Path, tmp_path: Path) -> None:
    status, out, err = interrupted(tmp_path, home / "houses.csv", times=2)
    assert (status, out) == (1, "")
    assert err.endswith("Ctrl-C was pressed: no model was saved\n")
    assert "Traceback" not in err
    assert list(tmp_path.glob("runs/*")) == []


def test_no_library_warns_on_the_terminal_unless_python_is_asked_to(tmp_path: Path) -> None:
    frame = houses()
    frame["price"] = frame["price"] * 1e300  # its square is no number
    frame.to_csv(tmp_path / "huge.csv", index=False)
    command = [*COMMAND[1:], "train", "huge.csv", *QUICK, "--audit", "off"]

    def said(*options: str) -> str:
        whole = [sys.executable, *options, *command]
        ran = subprocess.run(whole, cwd=tmp_path, capture_output=True, text=True, check=True)
        return ran.stdout + ran.stderr

    assert "Warning" not in said()
    assert "RuntimeWarning" in said("-W", "default")  # the control
