"""A kind of data that nothing under src/ knows goes the whole way of the others."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold.cli import main
from tenfold.cli.views import app
from tenfold.comparison.comparison_page import rewrite_page
from tenfold.config import TrainOptions
from tenfold.errors import AuditError, ExportError, PredictError, UsageError
from tenfold.kinds import registry
from tenfold.launch import train_and_score
from tenfold.serve.app import app_of
from tenfold.serve.server import opened
from tenfold.serve_options import ServeOptions
from tests.engine_cuts import kept_in, run_of
from tests.engine_options import asked
from tests.engine_served import ask_here
from tests.kinds.strings import SUFFIX, StringKind

CLASSES = ("plate", "postcode", "price")


@pytest.fixture(autouse=True)
def _strings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_known", dict(registry._known))
    registry.register(StringKind())


def write(path: Path, rows: int, seed: int = 0, *, leak: bool = False) -> Path:
    """Write plates (AB-123), postcodes (12345) and prices (9.99)."""
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(rows):
        name = CLASSES[rng.integers(3)]
        number = rng.integers(100, 1000)
        letters = "".join(chr(65 + at) for at in rng.integers(26, size=2))
        text = {
            "plate": f"{letters}-{number}",
            "postcode": f"{number}{rng.integers(10, 100)}",
            "price": f"{rng.integers(100)}.{rng.integers(10, 100)}",
        }[name]
        lines.append(f"{text}{name if leak else ''}\t{name}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write(tmp_path / f"codes{SUFFIX}", 240)


def test_it_is_trained_scored_saved_loaded_and_asked(data: Path, tmp_path: Path) -> None:
    run = tenfold.train(data, folds=4, training=TrainOptions(epochs=40), out=tmp_path / "runs")
    assert run.kind == run.metrics["kind"] == "strings"
    accuracy = run.metrics["scores"]["accuracy"]["mean"]
    assert accuracy > 0.95
    assert run.metrics["baseline"]["accuracy"] < 0.6  # the control
    loaded = tenfold.load(run.folder or "")
    asked = ["XY-999", "12345", "7.25"]
    found = loaded.predict(asked)
    assert found["prediction"].tolist() == list(CLASSES)
    assert np.array_equal(found.iloc[:, 1:], run.predict(asked).iloc[:, 1:])
    new = write(tmp_path / f"new{SUFFIX}", 90, seed=1)
    assert loaded.evaluate(new)["accuracy"].value > 0.95
    page = (run.folder / "report.html").read_text(encoding="utf-8") if run.folder else ""
    assert "strings" in page
    with pytest.raises(PredictError, match="P05"):
        loaded.predict(np.zeros((4, 4)))


def test_its_test_rows_are_scored_once(data: Path, tmp_path: Path) -> None:
    test = write(tmp_path / f"test{SUFFIX}", 60, seed=2)
    run = tenfold.train(data, test=test, folds=3, training=TrainOptions(epochs=20), out=None)
    assert run.metrics["test"]["rows"] == 60
    assert run.metrics["test"]["scores"]["accuracy"]["value"] > 0.9


def test_a_server_answers_as_the_run_does(data: Path, tmp_path: Path) -> None:
    """There is no file to export to: the model itself answers rows of JSON."""
    run = tenfold.train(data, folds=3, training=TrainOptions(epochs=20), out=tmp_path / "runs")
    with pytest.raises(ExportError, match="X02"):
        run.export()
    app = app_of(opened(run.folder or Path(), threads=1), ServeOptions(max_rows=3))

    def reply(rows: Any) -> Any:
        body = json.dumps({"rows": rows}).encode()
        return ask_here(app, "/predict", body, "application/json").json

    asked = ["XY-999", "12345", "7.25"]
    known = run.predict(asked)
    for one, row in zip(reply(asked)["predictions"], known.to_dict("records"), strict=True):
        assert one["prediction"] == row["prediction"]
        assert one["probabilities"] == {name: row[f"probability {name}"] for name in CLASSES}
    assert known["prediction"].nunique() == 3  # the control
    assert reply([]) == {"predictions": []}
    assert reply([*asked, "a"])["error"]["code"] == "V02"
    for wrong in ("XY-999", [3], [None]):
        assert reply(wrong)["error"]["code"] == "V07"
    assert ask_here(app, "/predict", b"a", "text/csv").code == "V06"


def test_the_commands_read_predict_and_score_it(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tenfold.train(data, folds=3, training=TrainOptions(epochs=20), out=tmp_path / "runs")
    new = write(tmp_path / f"new{SUFFIX}", 60, seed=1)

    def command(*words: Any) -> str:
        app([str(word) for word in words], standalone_mode=False)
        return capsys.readouterr().out

    said = pd.read_csv(io.StringIO(command("predict", run.folder, new)))
    known = run.predict(new).rename_axis("line").reset_index()
    pd.testing.assert_frame_equal(said, known, atol=1e-6)
    printed = command("evaluate", run.folder, new)
    assert printed.startswith(f"60 strings of {new}\n")
    assert "accuracy" in printed
    with pytest.raises(PredictError, match="trained on strings, but this is a table"):
        command("predict", run.folder, tmp_path / "rows.csv")
    with pytest.raises(UsageError, match="does not apply to strings"):
        command("predict", run.folder, new, "--separator", ";")
    with pytest.raises(UsageError, match="departures lists cells, but the run is on strings"):
        command("predict", run.folder, new, "--departures", tmp_path / "x.csv")
    with pytest.raises(PredictError, match="what networks look at in strings"):
        command("explain", run.folder, new)


def test_a_leak_stops_it_and_the_audit_says_so(tmp_path: Path) -> None:
    leaking = write(tmp_path / f"leak{SUFFIX}", 90, leak=True)
    found = tenfold.audit(leaking)
    assert (found.kind, found.noun, found.stops) == ("strings", "strings", True)
    with pytest.raises(AuditError, match="A01"):
        tenfold.train(leaking, out=None)
    assert not tenfold.audit(write(tmp_path / f"clean{SUFFIX}", 90)).findings  # the control


def test_options_of_other_kinds_are_refused(data: Path) -> None:
    for option in ({"img_size": 32}, {"separator": ";"}):
        with pytest.raises(UsageError, match="does not apply to strings"):
            tenfold.train(data, out=None, **asked(**option))


def test_a_run_that_is_trained_anew_ends_with_the_same_model(
    data: Path, tmp_path: Path
) -> None:
    """Heads take a moment: there is no state of theirs that a run would go on from."""
    request = run_of(data, tmp_path, folds=3, epochs=6)
    once, again = (
        train_and_score(request, kept_in(tmp_path / name))[0].model.network.state_dict()
        for name in ("once", "again")
    )
    assert once.keys() == again.keys()
    assert all(np.array_equal(once[name].numpy(), again[name].numpy()) for name in once)


def test_it_is_compared_with_classical_models_of_its_numbers(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its network is trained in another process, which has to be told of the kind."""
    words = ("compare", data, "--folds", 3, "--quality", "fast", "--out", tmp_path)
    monkeypatch.setattr(sys, "argv", ["tenfold", *map(str, words)])
    with pytest.raises(SystemExit, match=r"^0$"):
        main()
    shown = capsys.readouterr().out
    (folder,) = tmp_path.glob("codes-compare-*")
    found = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
    assert (found["kind"], found["rows"], found["folds"]) == ("strings", 240, 3)
    scores = {c["name"]: c["scores"]["accuracy"]["mean"] for c in found["contenders"]}
    assert {"baseline", "logistic regression", "LightGBM", "Tenfold"} <= scores.keys()
    assert scores["Tenfold"] > 0.95
    assert scores["LightGBM"] > 0.95
    assert scores["baseline"] < 0.6  # the control
    assert {c["error"] for c in found["contenders"]} == {None}
    assert "twice as many strings on Tenfold" in found["axes"]["data"]["sentence"]
    assert "one string takes Tenfold" in found["axes"]["time"]["sentence"]
    assert found["verdict"]["sentence"] in " ".join(shown.split())
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "240 strings," in page
    assert rewrite_page(folder).read_text(encoding="utf-8") == page


def test_its_network_meets_the_folds_of_the_others(data: Path) -> None:
    """What ``compare`` finds for the network is what ``train`` finds on these folds."""
    found = tenfold.compare(data, folds=3, quality="fast", axes=False, out=None)
    (network,) = (entry for entry in found.entries if entry.name == "Tenfold")
    run = tenfold.train(data, folds=list(found.splits), quality="fast", out=None)
    scores = run.metrics["scores"]["accuracy"]["per_fold"]
    assert list(network.per_fold["accuracy"]) == scores


def test_it_takes_at_most_two_hundred_lines() -> None:
    source = Path(__file__).with_name("strings.py").read_text(encoding="utf-8")
    assert len([line for line in source.splitlines() if line.strip()]) <= 200
    src = Path(tenfold.__file__).parent
    knows = [p.name for p in src.rglob("*.py") if "StringKind" in p.read_text(encoding="utf-8")]
    assert knows == []
