"""Runs that are killed, whose disk is full, and that are done once more: as a user does it."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenfold import train
from tenfold.config import RunOptions
from tenfold.errors import StoreError, UsageError
from tenfold.launch import carry_out
from tenfold.order import Given, Order
from tenfold.run import Run
from tenfold.store.config import fingerprint
from tenfold.tracking import tracker
from tenfold.training.checkpoints import NEWEST
from tenfold.training.watch import Silent
from tests.engine_cuts import EVERY_CHUNK
from tests.engine_pictures import write_folder
from tests.engine_tables import houses

# Its last step is small, so that there is much to be cut off.
LONG = ["--epochs", "1500", "--lr", "0.001", "--seed", "4", "--folds", "3", "--quiet"]
SECONDS = 120
MOUNT, UMOUNT = "/bin/mount", "/bin/umount"


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "tenfold", *map(str, words)]


def call(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), capture_output=True, text=True, check=False, timeout=SECONDS
    )


def killed(seconds: float, run: Path, *words: str | Path) -> None:
    """Start a run, and kill it so many seconds after its first checkpoint."""
    program = subprocess.Popen(command(*words), stderr=subprocess.DEVNULL)
    end = time.monotonic() + SECONDS
    while not (run / NEWEST).is_file():
        assert program.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(seconds)
    program.kill()
    program.wait()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "houses.csv"
    houses(400).to_csv(path, index=False)
    return path


@pytest.mark.slow
def test_a_table_that_is_killed_goes_on_and_ends_with_the_same_file(
    table: Path, tmp_path: Path
) -> None:
    asked = ["train", table, *LONG, "--out"]
    assert call(*asked, tmp_path / "whole").returncode == 0
    whole = tmp_path / "whole" / "houses-1"
    for seconds in (0.0, 0.7, 1.9):
        out = tmp_path / str(seconds)
        run = out / "houses-1"
        killed(seconds, run, *asked, out)
        assert not (run / "metrics.json").exists()
        done = call("train", "--resume", run)
        assert done.returncode == 0, done.stderr
        assert "Training goes on in epoch" in done.stderr
        assert fingerprint(run / "model.tenfold") == fingerprint(whole / "model.tenfold")
        assert fingerprint(run / "predictions.csv") == fingerprint(whole / "predictions.csv")
        assert not list(run.glob("checkpoint*"))
        again = call("train", "--resume", run)
        assert (again.returncode, again.stderr[:4]) == (1, "M13:")


@pytest.mark.slow
def test_pictures_that_are_killed_go_on_and_end_with_the_same_file(tmp_path: Path) -> None:
    pictures = write_folder(tmp_path / "stripes", 60)
    asked = ["train", pictures, "--network", "scratch", "--img-size", "32", "--folds", "3"]
    asked += ["--epochs", "12", "--quiet", "--out"]
    assert call(*asked, tmp_path / "whole").returncode == 0
    killed(0.5, tmp_path / "cut" / "stripes-1", *asked, tmp_path / "cut")
    done = call("train", "--resume", tmp_path / "cut" / "stripes-1")
    assert done.returncode == 0, done.stderr
    files = [tmp_path / name / "stripes-1" / "model.tenfold" for name in ("whole", "cut")]
    assert fingerprint(files[0]) == fingerprint(files[1])


def test_a_run_that_is_cut_off_while_it_is_written_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All its files are there but the page; pictures have a folder of mistakes, too."""
    pictures = write_folder(tmp_path / "stripes", 24)
    asked = {"network": "scratch", "img_size": 32, "folds": 3, "epochs": 1}
    order = Order(
        data=pictures,
        test=None,
        options=RunOptions.named(asked),
        given=Given(watch=Silent(), pace=EVERY_CHUNK),
        out=tmp_path,
    )

    def cut_off(run: Run) -> Path:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "write_report", cut_off)
        with pytest.raises(KeyboardInterrupt):
            carry_out(order, tracker(None, tmp_path))
    folder = tmp_path / "stripes-1"
    before = fingerprint(folder / "model.tenfold")
    assert (folder / "mistakes").is_dir()
    run = train(resume=folder)
    assert run.folder == folder
    assert fingerprint(folder / "model.tenfold") == before
    assert (folder / "report.html").is_file()
    assert not list(folder.glob("checkpoint*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = [MOUNT, "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)]
    if (
        not Path(MOUNT).is_file()
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("only an administrator mounts a disk")
    yield disk
    subprocess.run([UMOUNT, str(disk)], check=True)


@pytest.mark.slow
def test_a_run_on_a_full_disk_goes_on_once_there_is_room(
    table: Path, small_disk: Path, tmp_path: Path
) -> None:
    filler = small_disk / "filler"
    filler.write_bytes(b"0" * 40_000)
    asked = ["train", table, *LONG, "--network", "tutorial", "--epochs", "300", "--out"]
    done = call(*asked, small_disk)
    run = small_disk / "houses-1"
    assert done.returncode == 1
    # Which of its files is the first without room depends on how often training was kept.
    told = r"M06: the (run|page) cannot be written: No space left on device"
    assert re.search(told, done.stderr), done.stderr
    assert f"then go on: tenfold train --resume {run}" in done.stderr
    assert filler.stat().st_size == 40_000
    filler.unlink()
    subprocess.run([MOUNT, "-o", "remount,size=4m", str(small_disk)], check=True)
    done = call("train", "--resume", run)
    assert done.returncode == 0, done.stderr
    assert call(*asked, tmp_path).returncode == 0
    models = [run / "model.tenfold", tmp_path / "houses-1" / "model.tenfold"]
    assert fingerprint(models[0]) == fingerprint(models[1])


@pytest.fixture
def done(table: Path, tmp_path: Path) -> Path:
    """Return the folder of a finished run."""
    return folder_of(train(table, folds=3, epochs=2, seed=9, out=tmp_path))


def folder_of(run: Run) -> Path:
    assert run.folder is not None
    return run.folder


def test_a_config_gives_the_same_bits_and_says_so(done: Path, tmp_path: Path) -> None:
    run = train(config=done / "config.json", out=tmp_path)
    assert run.folder != done
    assert fingerprint(folder_of(run) / "model.tenfold") == fingerprint(done / "model.tenfold")
    found = json.loads((folder_of(run) / "metrics.json").read_text())["repeats"]
    assert found == {
        "run": str(done),
        "same_bits": True,
        "largest_difference": 0.0,
        "mean_difference": 0.0,
        "versions": {},
    }
    assert run.metrics["seed"] == 9


def test_a_repetition_that_differs_is_measured(done: Path, tmp_path: Path) -> None:
    config = json.loads((done / "config.json").read_text())
    config["versions"]["torch"] = "1.0"
    config["options"]["train"]["seed"] = 10
    (done / "config.json").write_text(json.dumps(config))
    run = train(config=done / "config.json", out=tmp_path)
    found = run.metrics["repeats"]
    then, now = (pd.read_csv(folder / "predictions.csv") for folder in (done, folder_of(run)))
    apart = (then["prediction"] - now["prediction"]).abs()
    assert found["same_bits"] is False
    assert apart.max() > 0
    assert found["largest_difference"] == pytest.approx(apart.max())
    assert found["mean_difference"] == pytest.approx(apart.mean())
    assert found["versions"].keys() == {"torch"}


def test_a_config_is_for_other_data_too(done: Path, tmp_path: Path) -> None:
    run = train(houses(80, seed=8), config=done / "config.json", out=tmp_path)
    assert run.metrics["rows"] == 80
    assert run.metrics["seed"] == 9
    assert run.metrics["repeats"] is None


def test_data_that_changed_are_not_repeated(done: Path, table: Path, tmp_path: Path) -> None:
    config = json.loads((done / "config.json").read_text())
    changed = tmp_path / "changed.csv"
    changed.write_text(table.read_text().replace("Ulm", "Aalen", 1))
    (done / "config.json").write_text(json.dumps(config | {"data": str(changed)}))
    with pytest.raises(StoreError) as caught:
        train(config=done / "config.json", out=tmp_path / "out")
    assert caught.value.code == "M12"
    assert list(caught.value.place) == ["data"]
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--seed", "0", "--config", "{run}/config.json"], "U02"),
        (["--resume", "{run}", "--config", "{run}/config.json"], "U02"),
        (["--resume", "{run}", "--seed", "0"], "M12"),
        (["--config", "nowhere.json"], "M04"),
    ],
)
def test_options_that_say_otherwise_are_refused(
    words: list[str], code: str, done: Path
) -> None:
    (done / "metrics.json").unlink()
    found = call("train", *(word.format(run=done) for word in words))
    assert found.returncode in {1, 2}
    assert found.stderr.startswith(f"{code}: ")
    assert found.stdout == ""


def test_what_no_file_holds_is_asked_for_again(tmp_path: Path) -> None:
    frame = houses(60)
    folds = [(np.arange(0, 40), np.arange(40, 60)), (np.arange(20, 60), np.arange(20))]
    run = train(frame, folds=folds, epochs=2, out=tmp_path)
    config = folder_of(run) / "config.json"
    with pytest.raises(UsageError, match="folds of the run was an object of Python"):
        train(config=config, out=tmp_path)
    with pytest.raises(UsageError, match="the data of the run were a DataFrame"):
        train(config=config, folds=folds, out=tmp_path)
    other = train(frame, config=config, folds=folds, out=tmp_path)
    assert fingerprint(folder_of(other) / "model.tenfold") == fingerprint(
        folder_of(run) / "model.tenfold"
    )


def test_a_run_that_never_began_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        train(houses(), network="scratch", out=tmp_path / "runs")
    with pytest.raises(ValueError, match="N05"):
        train(houses(), network="tutorial", lr=1e30, epochs=5, out=tmp_path / "runs")
    assert not list((tmp_path / "runs").glob("*"))
