"""Runs that are killed, whose disk is full, and that are done once more: as a user does it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import pandas as pd
import pytest

from tenfold import TrainOptions, load, rerun, resume, train
from tenfold.cli.streams import endable
from tenfold.config import Decision
from tenfold.errors import StoreError, UsageError
from tenfold.launch import carry_out
from tenfold.request import go_on
from tenfold.run import Run
from tenfold.store.run_config import fingerprint
from tenfold.training.checkpoints import NEWEST, Pace
from tenfold.training.watch import Callback
from tests.engine_cuts import cut_everywhere, run_of
from tests.engine_options import asked as named
from tests.engine_pictures import write_folder
from tests.engine_tables import houses

SECONDS = 120
MOUNT, UMOUNT = "/bin/mount", "/bin/umount"
QUICK: Final[dict[str, Any]] = {"folds": 2, "quality": "fast", "epochs": 2}
# While there is a file `slow` beside it its steps take long, and once the file that is named
# in it exists they never end: whenever it is cut off, training is under way.
NETWORK: Final = """
import time
from pathlib import Path
import torch

class Slow(torch.nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.LazyLinear(outputs))

    def forward(self, x):
        slow = Path(__file__).with_name("slow")
        if self.training and slow.exists():
            time.sleep(0.05)
            while Path(slow.read_text()).exists():
                time.sleep(0.05)
        return self.layers(x)

def network(inputs, outputs):
    return Slow(outputs)
"""
HOLDING: Final = """
import sys
from pathlib import Path
from tenfold.store.held import Held

held = Held(Path(sys.argv[1]))
print("held", flush=True)
input()
"""


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "tenfold", *map(str, words)]


def call(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words), capture_output=True, text=True, check=False, timeout=SECONDS
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "houses.csv"
    houses(400).to_csv(path, index=False)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["table", "pictures"])
def test_a_run_that_is_killed_goes_on_and_ends_with_the_same_file(
    kind: str, table: Path, tmp_path: Path
) -> None:
    data = table if kind == "table" else write_folder(tmp_path / "houses", 24)
    network, slow = tmp_path / "mine.py", tmp_path / "slow"
    network.write_text(NETWORK)
    # With `slow` these take three seconds or more, and the first state is kept after one.
    options = {"network": f"{network}:network", "folds": 2, "epochs": 30}
    asked = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    run = tmp_path / "cut" / "houses-1"
    slow.write_text(str(run / NEWEST))
    program = subprocess.Popen(
        command("train", data, *asked, "--out", tmp_path / "cut", "--quiet"),
        stderr=subprocess.PIPE,
    )
    while not (run / NEWEST).is_file():
        assert program.poll() is None, program.communicate()[1]
        time.sleep(0.01)
    program.kill()
    program.communicate()
    slow.unlink()
    assert not (run / "metrics.json").exists()
    done = call("train", "--resume", run)
    assert done.returncode == 0, done.stderr
    assert "Training resumes in epoch" in done.stderr
    assert not list(run.glob("checkpoint*"))
    whole = folder_of(train(data, **named(**options, out=tmp_path / "whole")))
    for name in ("model.tenfold", "predictions.csv"):
        assert fingerprint(run / name) == fingerprint(whole / name)
    with pytest.raises(StoreError) as caught:
        resume(run)
    assert caught.value.code == "M13"


@pytest.mark.slow
def test_a_run_that_is_cut_off_anywhere_goes_on_or_never_began(tmp_path: Path) -> None:
    """Cut before each change of its folder, the file that is being written half as long."""
    data = tmp_path / "houses.csv"
    houses(40).to_csv(data, index=False)
    options = {"folds": 2, "quality": "fast", "epochs": 1}
    whole = carry_out(run_of(data, tmp_path, **options))
    cuts = cut_everywhere(data, tmp_path / "cuts", options)
    steps = [cut.before for cut in cuts]
    assert steps[:2] == ["os.mkdir houses-1", "os.rename .config.part.json"]
    assert steps[-1] == "os.remove checkpoint.older.tenfold"
    files = {word.split()[1].replace(".part", "").lstrip(".") for word in steps[2:]}
    assert files > {path.name for path in folder_of(whole).iterdir()} - {"config.json"}
    for cut in cuts[:2]:
        assert (cut.status, cut.code) == (-9, "M13"), cut  # there was nothing yet to go on from
    for cut in cuts[2:]:
        assert (cut.status, cut.code) == (-9, ""), cut
        assert cut.model == fingerprint(folder_of(whole) / "model.tenfold"), cut
        assert cut.left == tuple(sorted(path.name for path in folder_of(whole).iterdir())), cut


def test_a_run_that_is_cut_off_while_it_is_written_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All its files are there but the page; pictures have a folder of mistakes, too."""
    pictures = write_folder(tmp_path / "stripes", 24)
    asked = {"network": "scratch", "img_size": 32, "folds": 3, "epochs": 1}
    request = run_of(pictures, tmp_path, **asked)

    def cut_off(run: Run) -> Path:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "write_report", cut_off)
        with pytest.raises(KeyboardInterrupt):
            carry_out(request)
    folder = tmp_path / "stripes-1"
    before = fingerprint(folder / "model.tenfold")
    assert (folder / "mistakes").is_dir()
    run = resume(folder)
    assert run.folder == folder
    assert fingerprint(folder / "model.tenfold") == before
    assert (folder / "report.html").is_file()
    assert not list(folder.glob("checkpoint*"))


@final
class Ending(Callback):
    """A watch that does something at the end of an epoch, and notes what it is told."""

    def __init__(self, epoch: int, do: Callable[[], object]) -> None:
        self._epoch, self._do = epoch, do
        self.messages: list[str] = []

    def decided(self, decisions: Sequence[Decision]) -> None: ...

    def stage(self, what: str, done: int, total: int) -> None: ...

    def epoch(self, done: int, most: int) -> None:
        if done == self._epoch:
            self._do()

    def tell(self, what: str) -> None:
        self.messages.append(what)

    def stop_reason(self) -> str | None:
        return None


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_run_that_a_system_ends_keeps_its_state_and_says_how_it_goes_on(
    name: str, table: Path, tmp_path: Path
) -> None:
    number = getattr(signal, name)
    signal.signal(number, signal.SIG_DFL)  # what started the tests may have left it ignored
    watch = Ending(3, lambda: os.kill(os.getpid(), number))
    request = run_of(table, tmp_path, **QUICK | {"epochs": 6})
    request = replace(request, objects=replace(request.objects, watch=watch))
    with pytest.raises(SystemExit) as end, endable():
        carry_out(request)
    assert signal.getsignal(number) == signal.SIG_DFL
    assert end.value.code == 128 + number
    run = tmp_path / "houses-1"
    assert watch.messages == [f"to resume: tenfold train --resume {run}"]
    resume(run)
    whole = train(table, **named(**QUICK | {"epochs": 6, "out": tmp_path}))
    assert fingerprint(run / "model.tenfold") == fingerprint(folder_of(whole) / "model.tenfold")


def test_a_run_is_trained_by_one_program_at_a_time(table: Path, tmp_path: Path) -> None:
    """By the one that began it, and by one that goes on with it; whoever dies lets it go."""
    run = tmp_path / "houses-1"
    refused: list[str] = []

    def go_on_beside() -> None:
        with pytest.raises(StoreError) as caught:
            resume(run)
        refused.append(caught.value.code)

    request = run_of(table, tmp_path, **QUICK)
    watch = Ending(1, go_on_beside)
    carry_out(replace(request, objects=replace(request.objects, watch=watch)))
    (run / "metrics.json").unlink()  # as if it had been cut off
    resume(run, callbacks=Ending(1, go_on_beside))
    assert refused == ["M14", "M14"]
    (run / "metrics.json").unlink()
    program = subprocess.Popen(
        [sys.executable, "-c", HOLDING, run],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert program.stdout.readline() == b"held\n"
    go_on_beside()
    program.kill()
    program.communicate()
    assert refused == ["M14"] * 3
    assert resume(run).folder == run


def test_a_folder_that_is_taken_away_while_a_run_trains_is_made_anew(
    table: Path, tmp_path: Path
) -> None:
    run = tmp_path / "houses-1"
    request = run_of(table, tmp_path, **QUICK | {"epochs": 4})
    watch = Ending(2, lambda: shutil.rmtree(run))
    done = carry_out(replace(request, objects=replace(request.objects, watch=watch)))
    assert done.folder == run
    assert {"config.json", "metrics.json", "report.html"} < {p.name for p in run.iterdir()}
    other = rerun(run / "config.json", out=tmp_path)
    assert other.metrics["repeats"]["same_bits"]


def test_a_run_that_cannot_be_written_where_it_belongs_is_written_elsewhere(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "houses-1"

    def put_something_in_the_way() -> None:
        shutil.rmtree(run)
        run.write_text("no folder")

    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    request = run_of(table, tmp_path, **QUICK)
    watch = Ending(1, put_something_in_the_way)
    with pytest.raises(StoreError) as caught:
        carry_out(replace(request, objects=replace(request.objects, watch=watch)))
    assert caught.value.code == "M06"
    saved = Path(caught.value.place["saved in"])
    assert saved.is_relative_to(tmp_path / "tmp")
    assert str(saved) in caught.value.fix[0]
    assert "cannot be saved" in watch.messages[0]
    assert run.read_text() == "no folder"
    whole = train(table, **named(**QUICK | {"out": tmp_path / "whole"}))
    assert fingerprint(saved / "model.tenfold") == fingerprint(
        folder_of(whole) / "model.tenfold"
    )
    assert load(saved).write_report() == saved / "report.html"


FILES: Final = (
    "model.tenfold",
    "predictions.csv",
    "history.csv",
    "rejected.csv",
    "metrics.json",
)
PAGES: Final = ("model_card.md", "report.html")


@pytest.fixture(scope="module")
def cut_off(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run that was cut off before anything was written."""
    run = folder_of(train(table, **named(**QUICK | {"out": tmp_path_factory.mktemp("runs")})))
    for name in (*FILES, *PAGES):
        (run / name).rename(run.parent / name)  # as they are to be
    return run


def without_room_for(run: Path, name: str) -> Path:
    """Let a file of a run find no room: the one that it is written to first is a full disk."""
    path = run / name
    aside = path.with_name(f".{path.stem}.part{path.suffix}")
    aside.symlink_to("/dev/full")
    return aside


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
@pytest.mark.parametrize("kept", [True, False], ids=["with a state", "without a state"])
@pytest.mark.parametrize("name", [*FILES, *PAGES])
def test_whichever_file_is_the_first_without_room_the_message_says_how_nothing_is_lost(
    name: str, kept: bool, cut_off: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Path(shutil.copytree(cut_off, tmp_path / cut_off.name))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    aside = without_room_for(run, name)
    request = go_on(replace(run_of(run, tmp_path), data=None), run)
    if not kept:
        request = replace(request, pace=Pace(seconds=600))
    with pytest.raises(StoreError) as caught:
        carry_out(request)
    assert caught.value.code == "M06"
    assert "No space left on device" in caught.value.fact
    assert not aside.is_symlink()  # what found no room is taken away
    says = caught.value.fix[-1]
    if name in PAGES:
        assert says == f"free some disk space, then write it: tenfold report {run}"
        assert fingerprint(run / "metrics.json") != ""
        load(run).write_report()
    elif kept:
        assert says == f"then resume: tenfold train --resume {run}"
        resume(run)
    else:
        run = Path(caught.value.place["saved in"])
        assert says == f"it is complete in {run}: move it to where you want it"
        load(run).write_report()
    for found in ("model.tenfold", "predictions.csv", "rejected.csv"):
        assert fingerprint(run / found) == fingerprint(cut_off.parent / found)
    assert (run / "report.html").is_file()
    assert not list(run.glob("checkpoint*"))
    assert not list(run.glob(".*"))


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
def test_a_run_on_a_full_disk_is_had_once_there_is_room(
    table: Path, small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever finds no room first, the message ends with the way to the whole run."""
    filler = small_disk / "filler"
    filler.write_bytes(b"0" * 40_000)
    monkeypatch.setenv("TMPDIR", str(small_disk))  # there is no room elsewhere either
    options = {"network": "tutorial", "folds": 3, "epochs": 30}
    asked = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = call("train", table, *asked, "--out", small_disk, "--quiet")
    run = small_disk / "houses-1"
    assert done.returncode == 1
    message = r"M06: the (run|page) cannot be written: No space left on device"
    assert re.search(message, done.stderr), done.stderr
    assert filler.stat().st_size == 40_000
    filler.unlink()
    subprocess.run([MOUNT, "-o", "remount,size=4m", str(small_disk)], check=True)
    way_on = re.findall(r"tenfold (.*)$", done.stderr, re.MULTILINE)[-1]
    done = call(*way_on.split())
    assert done.returncode == 0, done.stderr
    whole = folder_of(train(table, **named(**options, out=tmp_path)))
    assert fingerprint(run / "model.tenfold") == fingerprint(whole / "model.tenfold")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return where commands are given."""
    return tmp_path


@pytest.fixture
def done(table: Path, tmp_path: Path) -> Path:
    """Return the folder of a finished run."""
    return folder_of(
        train(table, folds=3, training=TrainOptions(epochs=2), seed=9, out=tmp_path)
    )


def folder_of(run: Run) -> Path:
    assert run.folder is not None
    return run.folder


def test_a_config_gives_the_same_bits_and_says_so(done: Path, tmp_path: Path) -> None:
    run = rerun(done / "config.json", out=tmp_path)
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
    run = rerun(done / "config.json", out=tmp_path)
    found = run.metrics["repeats"]
    then, now = (pd.read_csv(folder / "predictions.csv") for folder in (done, folder_of(run)))
    differences = (then["prediction"] - now["prediction"]).abs()
    assert found["same_bits"] is False
    assert differences.max() > 0
    assert found["largest_difference"] == pytest.approx(differences.max())
    assert found["mean_difference"] == pytest.approx(differences.mean())
    assert found["versions"].keys() == {"torch"}


def test_a_config_is_for_other_data_too(done: Path, tmp_path: Path) -> None:
    run = rerun(done / "config.json", houses(80, seed=8), out=tmp_path)
    assert run.metrics["rows"] == 80
    assert run.metrics["seed"] == 9
    assert run.metrics["repeats"] is None


def test_data_that_changed_are_not_repeated(done: Path, table: Path, tmp_path: Path) -> None:
    config = json.loads((done / "config.json").read_text())
    changed = tmp_path / "changed.csv"
    changed.write_text(table.read_text().replace("Ulm", "Aalen", 1))
    (done / "config.json").write_text(json.dumps(config | {"data": str(changed)}))
    with pytest.raises(StoreError) as caught:
        rerun(done / "config.json", out=tmp_path / "out")
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
    words: list[str], code: str, done: Path, run_tenfold: Callable[..., tuple[int, str, str]]
) -> None:
    (done / "metrics.json").unlink()
    status, out, err = run_tenfold("train", *(word.format(run=done) for word in words))
    assert status == (2 if code == "U02" else 1)
    assert err.startswith(f"{code}: ")
    assert out == ""


def test_what_no_file_holds_is_asked_for_again(tmp_path: Path) -> None:
    frame = houses(60)
    folds = [(np.arange(0, 40), np.arange(40, 60)), (np.arange(20, 60), np.arange(20))]
    run = train(frame, folds=folds, training=TrainOptions(epochs=2), out=tmp_path)
    config = folder_of(run) / "config.json"
    with pytest.raises(UsageError, match="folds of the run was a Python object"):
        rerun(config, out=tmp_path)
    with pytest.raises(UsageError, match="the data of the run were a DataFrame"):
        rerun(config, folds=folds, out=tmp_path)
    other = rerun(config, frame, folds=folds, out=tmp_path)
    assert fingerprint(folder_of(other) / "model.tenfold") == fingerprint(
        folder_of(run) / "model.tenfold"
    )


def test_a_run_that_never_began_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        train(houses(), network="scratch", out=tmp_path / "runs")
    with pytest.raises(ValueError, match="N05"):
        train(
            houses(),
            network="tutorial",
            training=TrainOptions(lr=1e30, epochs=5),
            out=tmp_path / "runs",
        )
    assert not list((tmp_path / "runs").glob("*"))
