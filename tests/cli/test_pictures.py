"""The commands on pictures: what they read, print, write and leave alone."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import tenfold
from tenfold import TrainOptions
from tests.engine_pictures import write_folder

COMMAND: Final = (sys.executable, "-m", "tenfold")
QUICK: Final = ("--folds", "3", "--img-size", "32")
Tenfold = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with pictures and a run on them, which tests may only read."""
    folder = tmp_path_factory.mktemp("home")
    write_folder(folder / "flags" / "training_set", 30)
    write_folder(folder / "flags" / "test_set", 12, seed=5)
    tenfold.train(
        folder / "flags", folds=3, training=TrainOptions(img_size=32), out=folder / "runs"
    )
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_train_scores_folds_and_test_pictures_and_names_the_run_after_the_whole(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    words = ("train", "flags/training_set", "--test", "flags/test_set", *QUICK)
    status, out, err = run_tenfold(*words, "--out", tmp_path)
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == (
        "3 folds, 30 images, each predicted by a network that was not trained on it"
    )
    assert "12 test images, used only for this score" in lines
    assert lines[-1] == f"saved in {tmp_path}/flags-1"
    assert "  2 classes: flat, steep (" in err
    metrics = json.loads((tmp_path / "flags-1" / "metrics.json").read_text())
    assert (metrics["kind"], metrics["rows"], metrics["test"]["rows"]) == ("images", 30, 12)
    assert metrics["classes"] == ["flat", "steep"]
    assert metrics["scores"]["accuracy"]["mean"] > 0.8


def test_a_run_leaves_the_files_of_its_folder_and_nothing_in_the_users(
    run_tenfold: Tenfold, home: Path, tmp_path: Path
) -> None:
    before = contents(home / "flags")
    run_tenfold("train", "flags", *QUICK, "--out", tmp_path, "--memory", "0.00001")
    assert contents(home / "flags") == before
    names = {path.name for path in (tmp_path / "flags-1").iterdir()}
    assert names == {
        "metrics.json", "config.json", "model.tenfold", "predictions.csv", "history.csv",
        "rejected.csv", "report.html", "model_card.md", "mistakes",
    }  # fmt: skip
    found = pd.read_csv(tmp_path / "flags-1" / "predictions.csv")
    chances = ["probability flat", "probability steep"]
    assert list(found) == ["file", "truth", "prediction", *chances]
    assert found["file"][0] == "training_set/flat/000.png"
    decisions = json.loads((tmp_path / "flags-1" / "metrics.json").read_text())["decisions"]
    assert any("temporary file" in d["what"] for d in decisions)


def test_a_budget_of_memory_changes_no_number(run_tenfold: Tenfold, tmp_path: Path) -> None:
    """A folder more than ten times the budget trains from a temporary file."""
    scores = []
    for budget in (("--memory", "0.000001"), ()):
        run_tenfold("train", "flags", *QUICK, *budget, "--out", tmp_path)
        folder = sorted(tmp_path.iterdir())[-1]
        scores.append(json.loads((folder / "metrics.json").read_text())["scores"])
    assert scores[0] == scores[1]


def test_predict_takes_files_folders_and_a_list_and_prints_every_probability(
    run_tenfold: Tenfold, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = "flags/test_set/flat/000.png"
    status, out, err = run_tenfold("predict", "runs/flags-1", one, "flags/test_set/steep")
    assert (status, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert list(rows[0]) == ["file", "prediction", "probability flat", "probability steep"]
    assert len(rows) == 7
    assert rows[0]["file"] == one
    assert float(rows[0]["probability flat"]) + float(rows[0]["probability steep"]) == (
        pytest.approx(1, abs=1e-5)
    )
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{one}\nflags/test_set/steep\n"))
    assert run_tenfold("predict", "runs/flags-1", "-") == (0, out, "")


def test_predict_names_every_picture_that_it_leaves_out(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "new", 2)
    (folder / "flat" / "empty.png").write_bytes(b"")
    status, out, err = run_tenfold("predict", "runs/flags-1", folder, folder / "lost.png")
    assert status == 0
    assert len(out.splitlines()) == 3
    assert "empty.png is left out: it is empty (0 bytes)\n" in err
    assert "lost.png is left out: there is no such file\n" in err
    status, out, err = run_tenfold("predict", "runs/flags-1", folder, "--strict")
    assert (status, out, "\nP08: 1 images cannot be read.\n" in err) == (1, "", True)
    words = ("predict", "runs/flags-1", folder / "flat" / "000.png")
    assert run_tenfold(*words, "--strict")[0] == 0
    status, _, err = run_tenfold(*words, "--departures", tmp_path / "all.csv")
    assert (status, err[:4]) == (2, "U02:")
    status, out, err = run_tenfold("predict", "runs/flags-1", folder / "lost.png")
    assert (status, out) == (1, "")
    assert "I04: 1 of 1 images cannot be read" in err


def test_a_terminal_shows_label_and_probability(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader, follower = os.openpty()
    words = [*COMMAND, "predict", "runs/flags-1", "flags/test_set/flat/000.png"]
    subprocess.run(words, cwd=home, stdout=follower, stderr=subprocess.PIPE, check=True)
    shown = os.read(leader, 10_000).decode()
    os.close(leader)
    os.close(follower)
    file, label, share = shown.split()
    assert (file, label) == ("flags/test_set/flat/000.png", "flat")
    assert 0.5 <= float(share) <= 1


def test_evaluate_scores_a_folder_of_classes(run_tenfold: Tenfold) -> None:
    status, out, _ = run_tenfold("evaluate", "runs/flags-1", "flags/test_set")
    assert status == 0
    assert out.splitlines()[0] == "12 images of flags/test_set"
    _, out, _ = run_tenfold("evaluate", "runs/flags-1", "flags", "--json")
    found = json.loads(out)
    assert found["rows"] == 12  # the test part of a folder that has one
    metrics = json.loads(Path("runs/flags-1/metrics.json").read_text())
    assert found["scores"]["accuracy"] == metrics["test"]["scores"]["accuracy"]


def test_a_folder_of_every_kind_of_broken_file_trains_and_lists_them(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    folder = write_folder(tmp_path / "mixed", 30)
    whole = (folder / "flat" / "000.png").read_bytes()
    bad = {
        "cut.png": whole[: len(whole) // 2],
        "empty.jpg": b"",
        "words.jpg": b"this is no image",
        "page.png": b"<html></html>",
    }
    for name, content in bad.items():
        (folder / "flat" / name).write_bytes(content)
    before = contents(folder)
    status, _, err = run_tenfold("train", folder, *QUICK, "--out", tmp_path / "runs")
    assert (status, err[:4]) == (1, "I04:")
    words = ("train", folder, *QUICK, "--out", tmp_path / "runs", "--max-bad", "0.2")
    assert run_tenfold(*words)[0] == 0
    assert contents(folder) == before
    rejected = pd.read_csv(tmp_path / "runs" / "mixed-1" / "rejected.csv")
    reasons = dict(zip(rejected["file"], rejected["reason"], strict=True))
    assert set(reasons) == {f"flat/{name}" for name in bad}
    assert reasons["flat/empty.jpg"] == "it is empty (0 bytes)"
    assert "not an image" in reasons["flat/words.jpg"]
    assert "early" in reasons["flat/cut.png"]


def test_a_rotated_photograph_is_answered_like_an_upright_one(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 60, (64, 96, 3))
    bands = 190 * (np.arange(64) // 8 % 2)[:, None, None]
    upright = Image.fromarray((bands + noise).astype(np.uint8))
    upright.save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter; a viewer turns it back
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "lying.png")
    _, out, _ = run_tenfold("predict", "runs/flags-1", tmp_path)
    said = {
        Path(row["file"]).name: float(row["probability flat"])
        for row in csv.DictReader(io.StringIO(out))
    }
    # Resizing rounds across before down, so a shade may differ by one.
    assert said["turned.png"] == pytest.approx(said["upright.png"], abs=0.05)
    assert said["lying.png"] != pytest.approx(said["upright.png"], abs=0.05)


def test_a_csv_of_files_and_classes_trains_like_its_folder(
    run_tenfold: Tenfold, home: Path, tmp_path: Path
) -> None:
    files = sorted((home / "flags" / "training_set").rglob("*.png"))
    rows = pd.DataFrame({"picture": files, "kind": [f.parent.name for f in files]})
    rows.to_csv(tmp_path / "flags.csv", index=False)
    for source in (tmp_path / "flags.csv", home / "flags" / "training_set"):
        run_tenfold("train", source, *QUICK, "--out", tmp_path / "runs")
    one, other = (
        json.loads((tmp_path / "runs" / f"flags-{n}" / "metrics.json").read_text())
        for n in (1, 2)
    )
    assert one["scores"] == other["scores"]


def test_the_tutorials_network_is_validated_on_the_test_folder_each_epoch(
    run_tenfold: Tenfold, tmp_path: Path
) -> None:
    words = ("train", "flags", "--network", "tutorial", "--epochs", "3", "--img-size", "32")
    status, out, _ = run_tenfold(*words, "--steps-per-epoch", "2", "--out", tmp_path)
    assert status == 0
    assert out.splitlines()[0].startswith("1 fold, 30 images")
    history = pd.read_csv(tmp_path / "flags-1" / "history.csv")
    assert history["epoch"].tolist() == [1, 2, 3]
    metrics = json.loads((tmp_path / "flags-1" / "metrics.json").read_text())
    last = history["test_accuracy"].iloc[-1]
    assert last == pytest.approx(metrics["test"]["scores"]["accuracy"]["value"])
    assert (
        metrics["scores"]["accuracy"]["mean"] == metrics["test"]["scores"]["accuracy"]["value"]
    )
    # What no network saw are the test pictures.
    found = pd.read_csv(tmp_path / "flags-1" / "predictions.csv")
    assert len(found) == metrics["test"]["rows"]
    assert found["file"].str.startswith("test_set/").all()
    assert (found["prediction"] == found["truth"]).mean() == pytest.approx(last)


def test_options_of_tables_are_refused_for_pictures(run_tenfold: Tenfold) -> None:
    for words in (("--standardize",), ("--separator", ";"), ("--time-column", "when")):
        status, _, err = run_tenfold("train", "flags", *words)
        assert (status, err[:4]) == (2, "U02:")
        assert words[0] in err


# Presses Ctrl-C when the file is opened that is named first; the rest are words of a command.
INTERRUPTED: Final = """
import os, signal, sys
file = sys.argv.pop(1)

def press(event, details):
    if event == "open" and str(details[0]).endswith(file):
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(press)
from tenfold.cli import main
main()
"""
# Opens a file in its first step of training.
OPENING: Final = """
import torch

class Opening(torch.nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(outputs))
        self.opened = False

    def forward(self, x):
        if self.training and not self.opened:
            self.opened = True
            open(__file__ + ".training", "w").close()
        return self.layers(x)

def network(shape, outputs):
    return Opening(outputs)
"""


@pytest.mark.parametrize("when", ["images are read", "a network trains"])
def test_ctrl_c_leaves_nothing_half_written(when: str, home: Path, tmp_path: Path) -> None:
    mine, out = tmp_path / "mine.py", tmp_path / "runs"
    mine.write_text(OPENING)
    file = "010.png" if when == "images are read" else "mine.py.training"
    words = ["train", "flags", "--network", f"{mine}:network", "--epochs", "400", *QUICK]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, file, *words, "--out", out],
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    if when == "a network trains":  # its state is kept
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == f"saved in {out}/flags-1"
        assert {"model.tenfold", "metrics.json"} <= {
            p.name for p in (out / "flags-1").iterdir()
        }
        run = tenfold.load(out / "flags-1", network=f"{mine}:network")
        assert run.metrics["epochs"] < 400
    else:
        assert done.returncode == 1
        assert done.stderr.endswith("Ctrl-C was pressed: no model was saved\n")
        assert not out.exists()
