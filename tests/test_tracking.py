"""A run goes to MLflow and TensorBoard as it is, and is never lost on the way."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold.errors import TenfoldError

FAST: Final = ("--quality", "fast", "--folds", "3", "--epochs", "4", "--quiet")
READ: Final = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
found = EventAccumulator(sys.argv[1]).Reload()
tags = found.Tags()["scalars"]
print(json.dumps({tag: [[e.step, e.value] for e in found.Scalars(tag)] for tag in tags}))
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    x = np.linspace(0, 1, 90)
    path = tmp_path / "line.csv"
    pd.DataFrame({"x": x, "y": 3 * x}).to_csv(path, index=False)
    return path


def run_command(home: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tenfold", *words],
        cwd=home, env=os.environ | settings, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_mlflow_holds_parameters_curves_scores_and_the_model(table: Path) -> None:
    home = table.parent
    base = {"MLFLOW_TRACKING_URI": f"sqlite:///{home}/tracked.db"}
    done = run_command(home, "train", "line.csv", *FAST, "--track", "mlflow", **base)
    assert done.returncode == 0, done.stderr
    metrics = json.loads((home / "runs" / "line-1" / "metrics.json").read_text("utf-8"))
    with sqlite3.connect(home / "tracked.db") as database:
        names = dict(database.execute("select name, status from runs"))
        assert names == {"line-1": "FINISHED"}
        parameters = dict(database.execute("select key, value from params"))
        values = database.execute("select key, step, value from metrics").fetchall()
    assert parameters["train.quality"] == "fast"
    assert parameters["run.folds"] == "3"
    latest = {key: value for key, _, value in values}
    assert latest["rmse"] == pytest.approx(metrics["scores"]["rmse"]["mean"])
    assert latest["rmse_low"] == pytest.approx(metrics["scores"]["rmse"]["low"])
    history = pd.read_csv(home / "runs" / "line-1" / "history.csv")
    curve = {step: value for key, step, value in values if key == "loss_fold_2"}
    assert curve == pytest.approx(history.set_index("epoch")["loss_fold_2"].to_dict())
    (model,) = home.rglob("artifacts/model.tenfold")
    assert model.read_bytes() == (home / "runs" / "line-1" / "model.tenfold").read_bytes()
    assert {path.name for path in model.parent.iterdir()} >= {"report.html", "metrics.json"}


@pytest.mark.slow
def test_tensorboard_holds_curves_and_scores(table: Path) -> None:
    home = table.parent
    done = run_command(home, "train", "line.csv", *FAST, "--track", "tensorboard")
    assert done.returncode == 0, done.stderr
    folder = home / "runs" / "line-1"
    read = subprocess.run(
        [sys.executable, "-c", READ, str(folder / "tensorboard")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(read.stdout.splitlines()[-1])
    history = pd.read_csv(folder / "history.csv")
    steps, losses = zip(*found["training/loss"], strict=True)
    assert list(steps) == history["epoch"].tolist()
    assert losses == pytest.approx(history["loss"].tolist(), rel=1e-5)
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    assert found["scores/r2"][0][1] == pytest.approx(metrics["scores"]["r2"]["mean"], rel=1e-5)


@pytest.mark.slow
def test_a_server_that_is_down_loses_no_run(table: Path) -> None:
    home = table.parent
    away = {
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    done = run_command(home, "train", "line.csv", *FAST, "--track", "mlflow", **away)
    assert done.returncode == 1
    assert done.stderr.startswith("M08: MLflow did not accept the run: ")
    assert str(Path("runs") / "line-1") in done.stderr
    assert len(tenfold.load(home / "runs" / "line-1").predict(table)) == 90


@pytest.mark.parametrize(
    ("track", "out", "code"),
    [("wandb", "runs", "U01"), ("tensorboard", None, "U02"), ("mlflow", "runs", "E01")],
)
def test_what_cannot_be_logged_is_told_before_training(
    table: Path,
    monkeypatch: pytest.MonkeyPatch,
    track: str,
    out: str | None,
    code: str,
) -> None:
    def train(*_: object, **__: object) -> Callable[..., None]:
        raise AssertionError("it was trained")

    monkeypatch.setitem(sys.modules, "mlflow", None)  # as if it were not installed
    monkeypatch.setattr("tenfold.launch.run_study", train)
    with pytest.raises(TenfoldError) as caught:
        tenfold.train(table, callbacks=track, out=out)
    assert caught.value.code == code
