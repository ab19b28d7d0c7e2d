"""Folds are trained by workers, one by one, to the bits that all at once become."""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from tenfold import TrainOptions, resume, train
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.errors import ClusterError, NetworkError
from tenfold.run import Run
from tenfold.seeds import Streams
from tenfold.training import workers as workers_module
from tenfold.training.channel import LOST, Line, Listener
from tenfold.training.checkpoints import Checkpoints, Pace, State
from tenfold.training.fit_tables import TableShard
from tenfold.training.history import History
from tenfold.training.shard import Trained
from tenfold.training.spread import Lost, NotBegun, Orders, Shared, Spreading, work
from tenfold.training.watch import CTRL_C, Callback, Deadline, Supervision
from tenfold.training.workers import spreads
from tests.engine_tables import (
    CPU,
    coded,
    houses,
    mixed_frame,
    over_targets,
    small_plan,
    splits_at,
    three_folds,
)

ALONE = Supervision(Callback(), Deadline(None))
FEW = TrainOptions(epochs=6)


def whole_of(rows: Encoded, splits: Splits, task: Any, network: str = "auto") -> TableShard:
    plan = small_plan(network, rows, len(splits), task, epochs=6)
    return TableShard.of(rows, splits.trained(), task, plan, Streams(0), CPU)


def same_bits(one: Trained, other: Trained) -> bool:
    pairs = [(one.network, other.network), (one.target, other.target)]
    return all(
        torch.equal(torch.nan_to_num(state), torch.nan_to_num(theirs.state_dict()[name]))
        for mine, theirs in pairs
        for name, state in mine.state_dict().items()
    )


@pytest.mark.parametrize("classes", range(3, 20))
def test_a_fold_alone_becomes_the_same_bits_with_any_number_of_classes(classes: int) -> None:
    rng = np.random.default_rng(classes)
    frame = houses(211).rename(columns={"price": "y"})
    rows = replace(coded(frame, weights=False)[0], target=rng.integers(classes, size=211))
    whole = whole_of(rows, splits_at(rows, three_folds(211)), "classification")
    alone = [whole.only(fold).train(ALONE) for fold in range(3)]
    assert same_bits(whole.train(ALONE), whole.join(alone))


def texts_frame(rows: int = 97) -> pd.DataFrame:
    """Return a table with a text, a column with empty cells, and amounts that come back."""
    rng = np.random.default_rng(4)
    words = np.array(["red house", "old red barn", "new flat by the sea", "flat", "sea view"])
    amount = rng.choice(np.arange(12.0) ** 2, rows)
    frame = pd.DataFrame({"said": words[rng.integers(5, size=rows)], "amount": amount})
    frame["said"] += " number " + pd.Series(rng.integers(90, size=rows)).astype(str)
    frame["size"] = np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows))
    frame["w"] = 1.0
    frame["y"] = amount + frame["said"].str.len() + rng.normal(size=rows)
    return frame


# ---- What becomes of a fold does not depend on which others are trained beside it ----


@over_targets
@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("network", ["auto", "tutorial"])
def test_a_fold_alone_becomes_the_bits_that_it_becomes_beside_others(
    kind: str, network: str, unequal: bool
) -> None:
    if network == "tutorial" and kind != "regression":
        pytest.skip("the tutorial's network does regression only")
    rows, task = coded(mixed_frame(kind, 97))
    whole = whole_of(rows, splits_at(rows, three_folds(97, unequal=unequal)), task, network)
    together = whole.train(ALONE)
    joined = whole.join([whole.only(fold).train(ALONE) for fold in range(3)])
    assert same_bits(together, joined)
    assert together.history.best_epoch_G.tolist() == joined.history.best_epoch_G.tolist()
    before = whole.train(Supervision(Callback(), Deadline(-1)))
    assert not same_bits(together, before)


def test_texts_recurring_amounts_and_empty_cells_of_a_fold_alone_give_the_same_bits() -> None:
    rows, task = coded(texts_frame())
    assert rows.texts
    whole = whole_of(rows, splits_at(rows, three_folds(97, unequal=True)), task)
    alone = [whole.only(fold).train(ALONE) for fold in range(3)]
    assert same_bits(whole.train(ALONE), whole.join(alone))


def test_folds_in_time_with_a_refit_alone_give_the_same_bits() -> None:
    frame = mixed_frame("regression", 97)
    rows, task = coded(frame)
    cut = [(np.arange(part), np.arange(part, part + 20)) for part in (37, 57, 77)]
    splits = splits_at(rows, cut)
    whole = whole_of(rows, splits, task)
    assert len(whole) == len(splits) + splits.refit
    alone = [whole.only(fold).train(ALONE) for fold in range(len(whole))]
    assert same_bits(whole.train(ALONE), whole.join(alone))


def test_a_history_of_folds_alone_has_the_losses_of_those_that_last_longest() -> None:
    rows, task = coded(mixed_frame("regression", 97))
    whole = whole_of(rows, splits_at(rows, three_folds(97)), task)
    parts = [whole.only(fold).train(ALONE) for fold in range(3)]
    lines, alone = whole.join(parts).history.lines, [part.history.lines for part in parts]
    assert len(lines) == max(map(len, alone))
    assert lines[0].loss_G == tuple(part[0].loss_G[0] for part in alone)
    assert lines[-1].validation_loss_G == tuple(part[-1].validation_loss_G[0] for part in alone)


# ---- Workers ----


def trained(out: Path | None, workers: int = 0, frame: pd.DataFrame | None = None) -> Run:
    frame = houses() if frame is None else frame
    asked: dict[str, Any] = {"folds": 3, "training": FEW, "out": out, "quality": "fast"}
    if not workers:
        return train(frame, "price", **asked)
    with joblib.parallel_config(backend="loky", n_jobs=workers):
        return train(frame, "price", **asked)


def digest(run: Run) -> str:
    assert run.folder is not None
    return hashlib.sha256((run.folder / "model.tenfold").read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("here"))


@pytest.mark.parametrize("workers", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_a_model_file_is_the_same_with_any_number_of_workers(
    here: Run, workers: int, tmp_path: Path
) -> None:
    run = trained(tmp_path, workers)
    assert digest(run) == digest(here)
    assert run.metrics["scores"] == here.metrics["scores"]
    assert run.folder is not None
    assert not list(run.folder.glob("checkpoint*"))


class Killing(Callback):
    """Kills a worker once the first fold has told of an epoch."""

    def __init__(self) -> None:
        self.killed: list[int] = []

    def epoch(self, done: int, most: int) -> None:
        if not self.killed:
            self.killed = workers_of_this_process()[:1]
            for one in self.killed:
                os.kill(one, signal.SIGKILL)


def workers_of_this_process() -> list[int]:
    listed = subprocess.run(
        ["/bin/ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    parts = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    return [
        int(pid)
        for pid, parent, what in parts
        if int(parent) == os.getpid() and "loky" in what and "resource_tracker" not in what
    ]


@pytest.mark.slow
def test_a_fold_whose_worker_was_killed_is_trained_by_another_one(tmp_path: Path) -> None:
    longer, killing = TrainOptions(epochs=200), Killing()
    asked: dict[str, Any] = {"target": "price", "folds": 3, "training": longer}
    plain = train(houses(300), **asked, out=tmp_path)
    with joblib.parallel_config(backend="loky", n_jobs=2):
        run = train(houses(300), **asked, out=tmp_path, callbacks=killing)
    assert killing.killed
    assert digest(run) == digest(plain)


@pytest.mark.slow
def test_a_run_that_ended_before_all_folds_had_begun_goes_on_to_the_same_model(
    tmp_path: Path,
) -> None:
    longer = TrainOptions(epochs=80)
    frame = tmp_path / "houses.csv"
    houses(1_500).to_csv(frame, index=False)
    asked: dict[str, Any] = {"target": "price", "folds": 4, "training": longer}
    asked["network"] = "tutorial"
    plain = train(frame, **asked, out=tmp_path / "plain")
    two = joblib.parallel_config(backend="loky", n_jobs=2)
    with two, pytest.raises(KeyboardInterrupt):
        train(frame, **asked, out=tmp_path / "cut", callbacks=StopsLate(tmp_path / "cut"))
    (folder,) = (tmp_path / "cut").iterdir()
    assert list(folder.glob("checkpoint.fold-*"))
    shutil.copytree(folder, tmp_path / "copy")
    assert digest(resume(folder)) == digest(plain)
    with joblib.parallel_config(backend="loky", n_jobs=3):
        assert digest(resume(tmp_path / "copy")) == digest(plain)


class StopsLate(Callback):
    """Asks for an end once a state of training is kept."""

    def __init__(self, out: Path) -> None:
        self.out = out

    def stop_reason(self) -> str | None:
        return CTRL_C if list(self.out.glob("*/checkpoint.fold-*")) else None


def test_what_goes_wrong_in_a_fold_is_said_as_without_workers() -> None:
    rows = houses()
    rows["price"] = 1e30 * rows["price"]
    steep = TrainOptions(epochs=6, lr=1e30)
    with joblib.parallel_config(backend="loky", n_jobs=2), pytest.raises(NetworkError) as found:
        train(rows, "price", folds=3, training=steep, out=None, network="tutorial")
    assert found.value.code == "N05"


def test_a_time_limit_is_shared_out_to_folds_that_wait_for_their_turn() -> None:
    long = TrainOptions(epochs=100_000, time_limit=6)
    began = time.monotonic()
    with joblib.parallel_config(backend="loky", n_jobs=2):
        run = train(houses(300), "price", folds=3, training=long, out=None, network="tutorial")
    assert time.monotonic() - began < 20
    assert any("the time limit of 6 s" in one["why"] for one in run.metrics["decisions"])


@pytest.mark.parametrize("backend", ["threading", "multiprocessing", "sequential"])
def test_threads_and_processes_that_end_unnoticed_are_no_workers(backend: str) -> None:
    with joblib.parallel_config(backend=backend, n_jobs=2):
        assert Spreading.found(CPU, None) is None


def test_a_gpu_is_not_shared() -> None:
    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert Spreading.found(CPU, None) is not None
        assert Spreading.found(torch.device("cuda"), None) is None


def spread_in_a_worker() -> bool:
    with joblib.parallel_config(backend="loky", n_jobs=2):
        return spreads(CPU)


def test_a_worker_hands_out_nothing() -> None:
    with joblib.parallel_config(backend="loky", n_jobs=2):
        found = joblib.Parallel()(joblib.delayed(spread_in_a_worker)() for _ in range(2))
    assert found == [False, False]
    assert spread_in_a_worker()


def test_a_run_that_was_begun_at_once_is_finished_at_once(tmp_path: Path) -> None:
    checkpoints = Checkpoints(lambda: tmp_path, print)
    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert Spreading.found(CPU, checkpoints) is not None
        checkpoints.write(State())
        assert Spreading.found(CPU, checkpoints) is None
        checkpoints.of("fold-2").write(State())
        assert Spreading.found(CPU, checkpoints) is not None
    found = Spreading.found(CPU, checkpoints)
    assert found is not None
    assert found.here


class Impatient(Callback):
    """Asks for an end in the first epoch."""

    told = False

    def epoch(self, done: int, most: int) -> None:
        self.told = True

    def stop_reason(self) -> str | None:
        return "one epoch" if self.told else None


def test_a_callback_that_ends_training_while_folds_wait_is_told_what_to_do() -> None:
    long = TrainOptions(epochs=3_000)
    asked: dict[str, Any] = {"folds": 5, "training": long, "network": "tutorial"}
    two = joblib.parallel_config(backend="loky", n_jobs=2)
    with two, pytest.raises(ClusterError, match="before each fold had begun") as found:
        train(houses(300), "price", **asked, out=None, callbacks=Impatient())
    assert found.value.code == "K04"


# ---- One worker, looked at closely ----


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(far=False) as found:
        yield found


def orders_of(listener: Listener, **changes: Any) -> Orders:
    usual: dict[str, Any] = {
        "address": listener.address,
        "program": os.getpid(),
        "versions": {},
        "folder": None,
        "part": "fold",
        "pace": Pace(),
        "seconds": None,
        "limit": None,
    }
    return Orders(**usual | changes)


def shared_houses() -> Shared[Any]:
    rows, task = coded(mixed_frame("regression", 97))
    return Shared(whole_of(rows, splits_at(rows, three_folds(97)), task))


def test_a_worker_with_other_libraries_says_which(listener: Listener) -> None:
    orders = orders_of(listener, versions={"numpy": "1.0", "torch": torch.__version__})
    fold, found = work(shared_houses(), 1, orders)
    assert fold == 1
    assert isinstance(found, ClusterError)
    assert found.code == "K03"
    assert "pip install numpy==1.0" in str(found)


def test_a_worker_that_comes_after_the_end_trains_nothing(listener: Listener) -> None:
    listener.stop("enough")
    _, found = work(shared_houses(), 0, orders_of(listener))
    assert isinstance(found, NotBegun)


def test_a_worker_that_no_longer_hears_the_program_brings_nothing_back(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Line, "stop_reason", lambda line: LOST if hasattr(line, "told") else None
    )
    monkeypatch.setattr(Line, "epoch", lambda line, *_: setattr(line, "told", True))
    _, found = work(shared_houses(), 0, orders_of(listener))
    assert isinstance(found, Lost)


def test_what_was_lost_is_done_again() -> None:
    done: list[int] = []

    def take(number: int) -> int | None:
        done.append(number)
        return None if done.count(number) == 1 else number

    def hand_out(numbers: Sequence[int]) -> Iterator[Any]:
        yield from (joblib.delayed(int)(number) for number in numbers)

    told: list[str] = []
    with joblib.parallel_config(backend="sequential"):
        workers_module.bring_back(
            2, hand_out, take, look=nothing, end=nothing, tell=told.append
        )
    assert sorted(done) == [0, 0, 1, 1]
    assert len(told) == 1


def test_what_ends_all_asks_workers_to_end() -> None:
    asked: list[str] = []

    def look() -> None:
        raise KeyboardInterrupt

    with joblib.parallel_config(backend="sequential"), pytest.raises(KeyboardInterrupt):
        workers_module.bring_back(
            2, iter, int, look=look, end=lambda: asked.append("end"), tell=asked.append
        )
    assert asked == ["end"]


def test_a_worker_tells_how_far_it_is(listener: Listener) -> None:
    _, found = work(shared_houses(), 2, orders_of(listener))
    assert isinstance(found, Trained)
    assert listener.said.get(timeout=5)["fold"] == 2


def test_what_a_worker_brings_back_is_no_larger_than_its_fold(listener: Listener) -> None:
    _, found = work(shared_houses(), 2, orders_of(listener))
    assert isinstance(found, Trained)
    for tensor in found.network.state_dict().values():
        assert tensor.untyped_storage().nbytes() == tensor.nbytes


def nothing() -> None:
    """Do nothing."""


def test_workers_that_end_again_and_again_end_all(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    error = OSError("no worker is left")
    monkeypatch.setattr(workers_module, "_turn", lambda *_: error)
    with pytest.raises(ClusterError) as found:
        workers_module.bring_back(2, iter, int, look=nothing, end=nothing, tell=told.append)
    assert found.value.code == "K02"
    assert "no worker is left" in str(found.value)
    assert len(told) == workers_module.TRIES - 1


def test_what_one_turn_did_not_bring_back_is_handed_out_again() -> None:
    handed: list[list[int]] = []
    told: list[str] = []

    def hand_out(numbers: Sequence[int]) -> Iterator[Any]:
        handed.append(list(numbers))
        for number in numbers:
            if len(handed) == 1 and number == 2:
                raise OSError("a worker has ended")
            yield joblib.delayed(int)(number)

    brought: list[int] = []

    def take(number: int) -> int:
        brought.append(number)
        return number

    with joblib.parallel_config(backend="sequential"):
        workers_module.bring_back(
            4, hand_out, take, look=nothing, end=nothing, tell=told.append
        )
    assert sorted(brought) == [0, 1, 2, 3]
    assert [handed[0], handed[1][-2:]] == [[0, 1, 2, 3], [2, 3]]
    assert len(told) == 1


def test_a_worker_does_not_need_the_folder_of_the_run(
    listener: Listener, tmp_path: Path
) -> None:
    orders = orders_of(listener, folder=tmp_path / "of another machine")
    _, found = work(shared_houses(), 0, orders)
    assert isinstance(found, Trained)
    _, found = work(
        shared_houses(), 0, orders_of(listener, folder=tmp_path, pace=Pace(seconds=0, share=0))
    )
    assert isinstance(found, Trained)
    assert list(tmp_path.glob("checkpoint.fold-1.*"))


class Interrupted:
    """A fold in whose training Ctrl-C is pressed."""

    def only(self, fold: int) -> "Interrupted":
        assert fold == 0
        return self

    def train(self, care: Supervision) -> Trained:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)
        history = History(lines=(), best_epoch_G=np.zeros(1, np.int64), stopped_by=None)
        return Trained(network=nn.Linear(2, 1), target=None, history=history)


def test_interrupts_are_left_to_the_program_while_a_worker_trains(listener: Listener) -> None:
    before = signal.getsignal(signal.SIGINT)
    interrupted: Any = Interrupted()
    _, found = work(Shared(interrupted), 0, orders_of(listener))
    assert isinstance(found, Trained)
    assert signal.getsignal(signal.SIGINT) is before
