"""A contender has a process of its own: its memory is its own, and so are its failures."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor

from tenfold.comparison.entry import Entry
from tenfold.comparison.follow import ComparisonCallback
from tenfold.comparison.job import Job, pack, write_frame
from tenfold.comparison.own_contenders import own_contenders
from tenfold.comparison.processes import Processes
from tenfold.comparison.rounds import Race, race_rounds
from tenfold.contest.contender import Contender
from tenfold.contest.contest import Contest
from tenfold.contest.round import Round
from tests.engine_contests import contest_of
from tests.engine_pictures import write_folder

MEGABYTE: Final = 10**6
RACE: Final = (Round(name="race"),)


class Mean(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Predicts the mean, after it did something in its first, second, ... fit."""

    lock: Any = None

    def before(self) -> None:
        """Do nothing."""

    def fit(self, X: Any, y: Any) -> "Mean":
        self.before()
        self.mean_ = float(np.mean(y))
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.full(len(X), self.mean_)


class Fat(Mean):
    """Takes 300 MB."""

    def before(self) -> None:
        np.ones(300 * MEGABYTE // 8).sum()


class Greedy(Mean):
    """Takes more than any machine has."""

    def before(self) -> None:
        np.ones(10**15)


class Killed(Mean):
    """Is ended as the system ends a process when memory runs out."""

    def before(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Loud(Mean):
    """Prints, where results are written."""

    def before(self) -> None:
        os.write(1, b"a library's chatter\n")


class Warning_(Mean):
    """Writes where errors go."""

    def before(self) -> None:
        os.write(2, b"a harmless warning of a library\n")


class Silent(Mean):
    """Ends its process without a word."""

    def before(self) -> None:
        os._exit(3)


class Slow(Mean):
    """Takes 40 seconds a fold by the clock of its process, which it sets forward."""

    def before(self) -> None:
        clock = time.perf_counter
        time.perf_counter = lambda: clock() + 40


class Stuck(Mean):
    """Never ends."""

    def before(self) -> None:
        time.sleep(600)


@pytest.fixture(scope="module")
def problem() -> Contest:
    x = np.linspace(0, 1, 30)
    frame = pd.DataFrame({"x": x, "y": x**2})
    return contest_of(frame, folds=3)


def contender(estimator: Any) -> Contender:
    return own_contenders([estimator])[0]


def run(
    processes: Processes, estimator: Any, problem: Contest, limit: float | None = None
) -> Entry:
    job = Job(contender=contender(estimator), problem=problem, rounds=RACE, limit=limit)
    return processes.run(job)["race"]


def test_memory_is_a_contenders_own_and_not_that_of_the_one_before(problem: Contest) -> None:
    with Processes() as processes:
        before = run(processes, Mean(), problem).peak_memory_bytes
        fat = run(processes, Fat(), problem).peak_memory_bytes
        after = run(processes, Mean(), problem).peak_memory_bytes
    assert fat > before + 280 * MEGABYTE
    assert abs(after - before) < 30 * MEGABYTE


def test_memory_does_not_count_what_this_program_holds(problem: Contest) -> None:
    with Processes() as processes:
        before = run(processes, Mean(), problem).peak_memory_bytes
    held = np.ones(300 * MEGABYTE // 8)
    with Processes() as processes:
        after = run(processes, Mean(), problem).peak_memory_bytes
    assert held[0] == 1
    assert abs(after - before) < 30 * MEGABYTE


@pytest.mark.parametrize(
    ("estimator", "reason"),
    [
        (Greedy(), "memory ran out"),
        (Killed(), "the system killed it, most likely because memory ran out"),
    ],
)
def test_a_contender_that_runs_out_of_memory_leaves_its_row(
    estimator: Any, reason: str, problem: Contest
) -> None:
    with Processes() as processes:
        assert run(processes, estimator, problem).error == reason
        assert run(processes, Mean(), problem).error is None


def test_an_error_of_a_library_is_the_contenders_row(problem: Contest) -> None:
    with Processes() as processes:
        found = run(processes, DummyRegressor(strategy="nonsense"), problem)
    assert found.error is not None
    assert found.error.startswith("InvalidParameterError: The 'strategy' parameter")
    assert len(found.error) < 220
    assert found.folds == 0


def test_what_a_library_prints_does_not_reach_the_results(problem: Contest) -> None:
    with Processes() as processes:
        found = run(processes, Loud(), problem)
    assert (found.error, found.folds) == (None, 3)


def test_a_limit_ends_between_folds_and_keeps_those_that_were_run(problem: Contest) -> None:
    with Processes() as processes:
        found = run(processes, Slow(), problem, limit=60)
    assert found.error == "the time limit of 60 s was reached after 2 of 3 folds"
    assert found.folds == 2
    assert np.isfinite(found.mean("r2"))


def test_what_never_ends_is_ended(problem: Contest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenfold.comparison.processes.GRACE_SECONDS", 3.0)
    with Processes() as processes:
        found = run(processes, Stuck(), problem, limit=0.5)
    assert found.error == "it exceeded the time limit of 0.5 s and was stopped"


def test_a_round_that_fails_does_not_end_the_others(problem: Contest) -> None:
    rounds = (Round(name="bad", other_features=True, share=-1.0), *RACE)
    with Processes() as processes:
        job = Job(contender=contender(Killed()), problem=problem, rounds=rounds)
        assert {e.error for e in processes.run(job).values()} == {
            "the system killed it, most likely because memory ran out"
        }
        job = Job(contender=contender(Mean()), problem=problem, rounds=rounds)
        assert processes.run(job)["race"].folds == 3


def test_entries_are_heard_fold_by_fold(problem: Contest) -> None:
    heard: list[int] = []
    with Processes() as processes:
        job = Job(contender=contender(Mean()), problem=problem, rounds=RACE)
        processes.run(job, lambda _, entry: heard.append(entry.folds))
    assert heard == [1, 2, 3, 3]


def test_one_core_is_one_core(problem: Contest) -> None:
    rounds = (Round(name="one", one_core=True), *RACE)
    with Processes() as processes:
        job = Job(contender=contender(Mean()), problem=problem, rounds=rounds)
        found = processes.run(job)
    assert found["one"].cores == 1
    assert found["race"].cores >= 1


def test_a_contender_that_cannot_leave_this_process_is_a_row_too(problem: Contest) -> None:
    stuck = Mean()
    stuck.lock = threading.Lock()
    job = Job(
        contender=Contender(name="locked", kind="classical", make=lambda _: stuck),
        problem=problem,
        rounds=RACE,
    )
    with Processes() as processes:
        found = processes.run(job)["race"]
    assert found.error is not None
    assert found.error.startswith("it cannot be sent to a separate process: TypeError")


def test_the_reason_is_the_contenders_own_last_word(problem: Contest) -> None:
    with Processes() as processes:
        run(processes, Warning_(), problem)
        assert run(processes, Silent(), problem).error == "its process ended with status 3"


# What a child of a mother process does: take a job, and run its rounds.
CHILD: Final = """
import sys
from tenfold.comparison.worker import Runner
from tenfold.comparison.job import read_frame
runner = Runner(read_frame(sys.stdin.buffer))
if sys.argv[1] == "classical":
    print([entry.folds for this in runner._job.rounds for entry in runner.entries(this)][-1])
print("torch" in sys.modules)
"""


def child(job: Job, side: str) -> list[str]:
    """Return what a process says that was given a job."""
    frame = io.BytesIO()
    write_frame(frame, pack(job))
    words, given = [sys.executable, "-c", CHILD, side], frame.getvalue()
    done = subprocess.run(words, input=given, capture_output=True, check=True)
    return done.stdout.decode().split()


@pytest.mark.parametrize("source", ["table", "images"])
def test_processes_of_classical_models_load_no_torch(source: str, tmp_path: Path) -> None:
    """It takes longer to load than most of them to train."""
    size = np.linspace(0, 1, 30) ** 2
    table = pd.DataFrame({"size": size, "class": np.where(np.arange(30) % 2, "a", "b")})
    data = table if source == "table" else write_folder(tmp_path, 30)
    contest = contest_of(data, folds=3)
    race = Race(contest, None, ComparisonCallback())
    for one in contest.contenders()[0]:
        job = race._job(one, race_rounds(one, contest, axes=True))
        if one.network is None and one.name in {"baseline", "LightGBM", "colours + LightGBM"}:
            assert child(job, "classical") == ["3", "False"]
    assert child(job, "network") == ["True"]  # the control
