"""The command ``tenfold compare``: what it prints, where, and how it ends."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tenfold.comparison.rounds import Race
from tenfold.contest import pipelines
from tenfold.contest.contender import Contender
from tests.engine_contests import let_compete
from tests.engine_pictures import write_folder
from tests.engine_tables import houses

Tenfold = Callable[..., tuple[int, str, str]]

# The kind alone makes a contender the deep one, and trees at random start faster than torch.
FIELD: Final = (
    Contender(name="baseline", kind="constant", make=pipelines.baseline_guess),
    Contender(name="linear model", kind="classical", make=pipelines.linear_model),
    Contender(name="network", kind="deep", make=pipelines.random_trees),
)
QUICK: Final = ("compare", "houses.csv", "--folds", "3", "--no-axes")
MINE: Final = """
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor

class Mine(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.mean_ = y.mean()
        return self

    def predict(self, X):
        return [self.mean_] * len(X)

def make():
    return Mine()

def wrong():
    return DummyRegressor(strategy="nonsense")

class Odd(Mine):
    def fit(self, X, y):
        raise ValueError("[/b] no column [town]")

def odd():
    return Odd()

def fails():
    raise RuntimeError("not today")

def returns_nothing():
    return None

def returns_a_class():
    return Mine

def takes_one(it):
    return Mine()
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with tables, pictures and estimators, which tests may only read."""
    folder = tmp_path_factory.mktemp("home")
    houses().to_csv(folder / "houses.csv", index=False)
    houses().assign(pet=["cat", "dog", "emu"] * 20).to_csv(folder / "pets.csv", index=False)
    (folder / "empty.csv").write_text("")
    (folder / "mine.py").write_text(MINE)
    (folder / "broken.py").write_text("import no_such_module\n")
    (folder / "notes.txt").write_text(MINE)
    write_folder(folder / "one", 6, ("only",))
    return folder


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three contenders race, on a screen wide enough for every line."""
    let_compete(monkeypatch, *FIELD)
    monkeypatch.setenv("COLUMNS", "400")


@pytest.fixture
def no_race(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object) -> None:
        pytest.fail("contenders raced")

    monkeypatch.setattr(Race, "run", run)


def saved(out: Path, name: str = "houses-compare-1") -> dict[str, Any]:
    return dict(json.loads((out / name / "compare.json").read_text()))


def rows_of(text: str) -> list[str]:
    """Return the lines of the table of contenders, without its header."""
    lines = text.splitlines()
    return [line.rstrip() for line in lines[1 : lines.index("")]]


def row_of(text: str, name: str) -> str:
    return next(row for row in rows_of(text) if re.match(rf"{name}  ", row))


def test_compare_prints_table_and_verdict_and_decisions_beside_them(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    status, out, err = run_tenfold(*QUICK, "--out", tmp_path)
    assert status == 0
    assert out.split("\n", 1)[0].split()[:2] == ["contender", "score"]
    names = ["linear model", "network", "baseline"]
    assert [re.split(r"\s{2,}", row)[0] for row in rows_of(out)] == names
    *_, verdict, folder = out.splitlines()
    assert verdict == saved(tmp_path)["verdict"]["sentence"]
    assert folder == f"saved in {tmp_path}/houses-compare-1"
    assert err.startswith("Decided, with the option that changes each decision:\n")
    assert "  regression (the target has 60 different numbers); --task classification\n" in err
    assert re.search(r"^  models are compared by R2 \(.+\); --metric$", err, re.MULTILINE)
    assert re.search(r"^This will take about \d+ .+\.$", err, re.MULTILINE)
    assert not set(out.splitlines()) & set(err.splitlines())


def test_a_file_hears_of_each_contender_once_it_is_done(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    words = ("--with", "mine.py:wrong", "--out", tmp_path)
    _, _, err = run_tenfold(*QUICK, *words)
    lines = err[err.index("This will take") :].splitlines()[1:]
    heard = [re.split(r"\s{2,}", line)[0] for line in lines]
    assert heard == ["baseline", "linear model", "network", "wrong"]


def test_every_decision_names_an_option_of_the_command(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    _, help_text, _ = run_tenfold("compare", "--help")
    for data in ("houses", "pets"):
        words = ("compare", f"{data}.csv", *QUICK[2:], "--out", tmp_path, "-q")
        run_tenfold(*words)
        for decision in saved(tmp_path, f"{data}-compare-1")["decisions"]:
            options = re.findall(r"--[a-z-]+", decision["change_with"])
            assert options, decision
            assert all(option in help_text for option in options), decision


def test_quiet_leaves_results_and_nothing_else(run_tenfold: Tenfold, tmp_path: Path) -> None:
    status, out, err = run_tenfold(*QUICK, "--out", tmp_path, "--quiet")
    assert (status, err) == (0, "")
    assert len(rows_of(out)) == len(FIELD)
    assert saved(tmp_path)["verdict"]["sentence"] in out


def test_json_is_one_document_that_equals_the_file(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    status, out, err = run_tenfold(*QUICK, "--out", tmp_path, "--json")
    assert status == 0
    found = json.loads(out)
    assert found == saved(tmp_path)
    assert found["format"] == 1
    assert sorted(c["name"] for c in found["contenders"]) == sorted(c.name for c in FIELD)
    assert err.endswith(f"saved in {tmp_path}/houses-compare-1\n")


@pytest.mark.slow
def test_the_axes_are_measured_unless_they_are_not_wanted(
    run_tenfold: Tenfold, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    network = Contender(name="network", kind="deep", network="auto", quality="fast")
    field = [*FIELD[:2], network]
    let_compete(monkeypatch, *field)
    words = ("compare", "houses.csv", "--folds", "3", "-q", "--out", tmp_path)
    _, without, _ = run_tenfold(*words, "--no-axes")
    _, out, _ = run_tenfold(*words)
    assert not any(saved(tmp_path)["axes"].values())
    axes = saved(tmp_path, "houses-compare-2")["axes"]
    assert list(axes) == ["data", "machine", "features", "time", "approach"]
    places = [out.index(axis["sentence"]) for axis in axes.values()]
    assert places == sorted(places)
    assert axes["data"]["sentence"] not in without


def test_a_contender_of_ones_own_is_a_row(run_tenfold: Tenfold, tmp_path: Path) -> None:
    words = ("--with", "mine.py:make", "--with", "mine.py:make", "-q", "--out", tmp_path)
    status, out, _ = run_tenfold(*QUICK, *words)
    assert status == 0
    assert len(rows_of(out)) == len(FIELD) + 2
    scores = {c["name"]: c["scores"]["r2"]["per_fold"] for c in saved(tmp_path)["contenders"]}
    assert scores["make"] == scores["make 2"] == pytest.approx(scores["baseline"])
    assert row_of(out, "make")
    assert row_of(out, "make 2")


def test_a_contender_that_fails_while_it_races_is_a_row_too(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    words = ("--with", "mine.py:wrong", "-q", "--out", tmp_path)
    status, out, _ = run_tenfold(*QUICK, *words)
    assert status == 0
    assert "InvalidParameterError" in row_of(out, "wrong")
    assert rows_of(out)[-1] == row_of(out, "wrong")


def test_signs_in_an_error_or_a_folders_name_are_printed_as_they_are(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    folder = tmp_path / "[b]"
    status, out, err = run_tenfold(*QUICK, "--with", "mine.py:odd", "--out", folder)
    assert status == 0
    assert "ValueError: [/b] no column [town]" in row_of(out, "odd")
    assert "ValueError: [/b] no column [town]" in err
    assert out.endswith(f"saved in {folder}/houses-compare-1\n")


def test_metric_and_margin_are_those_that_were_asked_for(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    words = ("--metric", "mae", "--margin", "7.5", "--out", tmp_path)
    status, _, err = run_tenfold(*QUICK, *words)
    found = saved(tmp_path)["verdict"]
    assert (status, found["metric"], found["margin"]) == (0, "mae", 7.5)
    assert "MAE" in found["sentence"]
    assert "models are compared by" not in err


def test_classes_are_compared_by_accuracy(run_tenfold: Tenfold, tmp_path: Path) -> None:
    words = ("compare", "pets.csv", *QUICK[2:], "-q", "--out", tmp_path)
    status, _, _ = run_tenfold(*words)
    found = saved(tmp_path, "pets-compare-1")
    assert (status, found["task"]) == (0, "classification")
    assert found["verdict"]["metric"] == "accuracy"
    promised = {"accuracy", "balanced_accuracy", "log_loss", "roc_auc"}
    assert all(set(c["scores"]) == promised for c in found["contenders"])


@pytest.mark.usefixtures("no_race")
@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("mine.py", "C01"),
        ("LinearRegression", "C01"),
        ("notes.txt:make", "C01"),
        ("lost.py:make", "C01"),
        ("mine.py:lost", "C01"),
        ("broken.py:make", "C02"),
        ("mine.py:fails", "C02"),
        ("mine.py:takes_one", "C02"),
        ("mine.py:returns_nothing", "C02"),
        ("mine.py:returns_a_class", "C02"),
    ],
)
def test_what_is_no_contender_is_refused_before_anything_is_raced(
    run_tenfold: Tenfold, tmp_path: Path, source: str, code: str
) -> None:
    words = (*QUICK, "--with", source, "--out", tmp_path)
    status, out, err = run_tenfold(*words)
    assert (status, out) == (1, "")
    assert err.startswith(f"{code}: ")  # nothing was decided, so nothing was read
    assert source.rpartition(":")[2] in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_race")
@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (("houses.csv", "--folds", "1"), 1, "C03"),
        (("houses.csv", "--metric", "accuracy"), 2, "U01"),
        (("houses.csv", "--metric", "brier"), 2, "U01"),
        (("pets.csv", "--metric", "r2"), 2, "U01"),
        (("houses.csv", "--quality", "great"), 2, "U01"),
        (("houses.csv", "--with", "lost.py:make"), 1, "C01"),
    ],
)
def test_an_error_is_a_message_or_a_json_document_and_a_status(
    run_tenfold: Tenfold, words: tuple[str, ...], status: int, code: str
) -> None:
    plain = run_tenfold("compare", *words)
    assert plain[:2] == (status, "")
    assert plain[2].startswith(f"{code}: ")
    status_json, out, err = run_tenfold("compare", *words, "--json")
    assert (status_json, err) == (status, plain[2])
    error = json.loads(out)["error"]
    assert list(error) == ["code", "fact", "rule", "place", "fix"]
    assert error["code"] == code


@pytest.mark.usefixtures("no_race")
@pytest.mark.parametrize(
    "words",
    [
        ("lost.csv",),
        ("empty.csv",),
        ("houses.csv", "--target", "lost"),
        ("houses.csv", "--folds", "61"),
        ("houses.csv", "--separator", "ab"),
        ("houses.csv", "--group-column", "lost"),
        ("houses.csv", "--file-column", "town"),
        ("one",),
        ("one", "--time-column", "lost"),
    ],
    ids=" ".join,
)
def test_data_that_train_refuses_end_as_they_end_there(
    run_tenfold: Tenfold, tmp_path: Path, words: tuple[str, ...]
) -> None:
    trained = run_tenfold("train", *words, "--out", tmp_path, "-q")
    assert trained[0] in {1, 2}
    assert re.match(r"[A-Z]\d\d: ", trained[2])
    assert run_tenfold("compare", *words, "--out", tmp_path, "-q") == trained
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("houses.csv", "--no-such-option"),
        ("houses.csv", "--folds", "many"),
        ("houses.csv", "--with"),
        ("houses.csv", "--margin", "small"),
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("no_race")
def test_wrong_usage_ends_with_status_two_and_says_why(
    run_tenfold: Tenfold, words: tuple[str, ...]
) -> None:
    status, out, err = run_tenfold("compare", *words)
    assert (status, out) == (2, "")
    assert "Error: " in err
    status, out, _ = run_tenfold("compare", "--json", *words)
    assert (status, json.loads(out)["error"]["code"]) == (2, "U01")


@pytest.mark.parametrize("option", ["--margin", "--time-limit"])
@pytest.mark.usefixtures("no_race")
def test_a_number_below_zero_is_wrong_usage(run_tenfold: Tenfold, option: str) -> None:
    status, out, err = run_tenfold(*QUICK, option, "-1", "-q")
    assert (status, out, err[:5]) == (2, "", "U01: ")


def test_a_place_that_cannot_be_written_is_told(run_tenfold: Tenfold, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    status, out, err = run_tenfold(*QUICK, "--out", tmp_path / "file", "-q")
    assert (status, out, err[:5]) == (1, "", "M06: ")
    assert (tmp_path / "file").read_text() == "mine"


def test_two_comparisons_have_two_folders_and_the_data_stay(
    run_tenfold: Tenfold, home: Path, tmp_path: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*.csv")}
    for number in (1, 2):
        _, out, _ = run_tenfold(*QUICK, "--out", tmp_path, "-q")
        assert out.endswith(f"saved in {tmp_path}/houses-compare-{number}\n")
    first, second = (saved(tmp_path, f"houses-compare-{number}") for number in (1, 2))
    assert [c["scores"] for c in first["contenders"]] == [
        c["scores"] for c in second["contenders"]
    ]
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*.csv")} == before


def test_a_table_may_come_from_standard_input(
    run_tenfold: Tenfold, monkeypatch: pytest.MonkeyPatch, home: Path, tmp_path: Path
) -> None:
    with (home / "houses.csv").open() as table:
        monkeypatch.setattr("sys.stdin", table)
        status, out, _ = run_tenfold("compare", "-", *QUICK[2:], "--out", tmp_path, "-q")
    assert status == 0
    assert out.endswith(f"saved in {tmp_path}/standard-input-compare-1\n")


def test_a_time_limit_leaves_the_folds_that_were_run(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    words = ("--time-limit", "0.000001", "-q", "--out", tmp_path)
    status, out, _ = run_tenfold(*QUICK, *words)
    assert status == 0
    assert "1 of 3 folds" in row_of(out, "linear model")
    assert saved(tmp_path)["verdict"]["outcome"] == "too_little_data"


def test_a_column_of_a_hostile_name_is_compared_like_any_other(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    frame = houses().rename(columns={"area": "[b]<script>", "rooms": "a,\"'$^{"})
    frame.to_csv(tmp_path / "odd.csv", index=False)
    words = ("compare", tmp_path / "odd.csv", *QUICK[2:], "--out", tmp_path)
    status, _, err = run_tenfold(*words)
    assert status == 0
    assert "[b]<script>" in err
    report = (tmp_path / "odd-compare-1" / "report.html").read_text(encoding="utf-8")
    assert "<script>" not in report
    assert "[b]&lt;script&gt;" in report


@pytest.mark.slow
def test_all_contenders_race_in_a_process_of_the_command(home: Path, tmp_path: Path) -> None:
    """What libraries print reaches no result, and no contender is lost."""
    command = [sys.executable, "-m", "tenfold", *QUICK, "--json", "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found == saved(tmp_path)
    names = {c["name"] for c in found["contenders"]}
    assert {"baseline", "ridge regression", "LightGBM", "Tenfold"} <= names
    assert [c["error"] for c in found["contenders"]] == [None] * len(names)
    assert found["verdict"]["outcome"] in {"yes", "no", "no_difference", "too_little_data"}
