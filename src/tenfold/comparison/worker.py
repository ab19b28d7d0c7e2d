"""The other side of ``processes``: runs a contender and says what it reaches."""

import contextlib
import importlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final, final

from tenfold.comparison.entry import Entry
from tenfold.comparison.job import Ended, Job, Message, in_a_line, pack, read_frame, write_frame
from tenfold.comparison.race import run_classical
from tenfold.contest.contender import Contender, RowWise
from tenfold.contest.contest import Contest
from tenfold.contest.round import Round
from tenfold.errors import TenfoldError
from tenfold.machine import (
    keep_freed_memory,
    on_one_core,
    peak_memory_bytes,
    set_up_threads,
    usable_threads,
)

NO_JOB: Final = 17  # exit status of a child that found no job to do


def main() -> None:
    """Do the jobs that come on standard input, each in a child of this process."""
    with os.fdopen(os.dup(0), "rb", buffering=0) as jobs, os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # libraries may print
        set_up_threads()
        sys.path[:], networks = read_frame(jobs)
        if networks:
            keep_freed_memory()
            importlib.import_module("tenfold.comparison.networks")  # loads torch
        while _next_job(jobs, out, networks=networks):
            pass


def _next_job(jobs: IO[bytes], out: IO[bytes], *, networks: bool) -> bool:
    """Do a job, in a child where the system has such; tell whether there was one."""
    if not hasattr(os, "fork"):
        try:
            _run(read_frame(jobs), out)
        except EOFError:
            return False
        write_frame(out, pack(Ended(1)))  # this process has had its contender
        return False
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if networks:
                _compute_on_all_cores()
            _run(read_frame(jobs), out)
            status = 0
        except EOFError:
            status = NO_JOB
        except BaseException as error:  # noqa: BLE001 - the last that this process can say
            sys.stderr.write(f"{in_a_line(error)}\n")
            sys.stderr.flush()
        finally:
            os._exit(status)
    _, waited = os.waitpid(child, 0)
    status = os.waitstatus_to_exitcode(waited)
    if status != NO_JOB:
        write_frame(out, pack(Ended(status)))
    return status != NO_JOB


def _compute_on_all_cores() -> None:
    """Take as many threads as the mother would: it has computed nothing that a fork breaks.

    In a forked process networks compute on one core otherwise (``nn/threads.py``).
    """
    from tenfold.nn.threads import compute_in  # noqa: PLC0415 - torch is loaded already

    compute_in(usable_threads())


def _run(job: Job, out: IO[bytes]) -> None:
    """Run all rounds of a job."""
    with contextlib.suppress(OSError):  # the system ends this process first, not another
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    runner = Runner(job)
    for this in job.rounds:
        entry = Entry(name=job.contender.name, kind=job.contender.kind)
        try:
            with on_one_core() if this.one_core else contextlib.nullcontext():
                for reached in runner.entries(this):
                    entry = replace(reached, peak_memory_bytes=peak_memory_bytes())
                    write_frame(out, pack(Message(this.name, entry, last=False)))
        except MemoryError:
            entry = entry.failed("memory ran out")
        except TenfoldError as error:
            entry = entry.failed(f"{error.code}: {error.fact}")
        except Exception as error:  # noqa: BLE001 - of whatever library: its contender's row
            entry = entry.failed(in_a_line(error))
        write_frame(out, pack(Message(this.name, entry, last=True)))


@final
class Runner:
    """Runs the rounds of a job; what rows become is computed once for all of them."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._featured: dict[bool, tuple[Any, float]] = {}
        self._seen: Any = None  # what a network reads or computes once

    def entries(self, this: Round) -> Iterator[Entry]:
        """Yield what a round reaches, again and again."""
        contender, problem = self._job.contender, self._job.problem
        if this.other_features:
            contender, problem = problem.with_other_features(contender)
        varied = vary(problem, this)
        if contender.network is not None:
            yield from self._network_entries(contender, varied, this)
            return
        seconds, see = 0.0, contender.features
        if see is not None and this.afresh:
            varied, _ = varied.used()
            X, seconds = seen_by(see, varied.X)
            varied = replace(varied, X=X)
        elif see is not None:
            if this.other_features not in self._featured:
                self._featured[this.other_features] = seen_by(see, problem.X)
            X, seconds = self._featured[this.other_features]
            varied = replace(varied, X=X)
        yield from run_classical(contender, varied, self._job.limit, seconds)

    def _network_entries(
        self, contender: Contender, problem: Contest, this: Round
    ) -> Iterator[Entry]:
        from tenfold.comparison.networks import Seen, run_network  # noqa: PLC0415 - loads torch
        from tenfold.kinds.registry import register  # noqa: PLC0415 - loads torch

        if self._job.kind is not None:
            register(self._job.kind)  # which only the process may know that sent the job
        self._seen = self._seen or Seen()
        if this.afresh:
            self._seen.features = None
        yield from run_network(contender, problem, self._job.limit, self._seen)


def seen_by(see: RowWise, X: Any) -> tuple[Any, float]:
    """Return the features of rows, and the seconds that they took."""
    began = time.perf_counter()
    features = see(X)
    return features, time.perf_counter() - began


def vary(problem: Contest, this: Round) -> Contest:
    """Return the folds, the share of their rows and the device that a round wants."""
    if this.folds is not None:
        problem = problem.only(this.folds)
    if this.share < 1:
        problem = problem.shrunk(this.share, this.tested)
    if this.device is not None:
        train = replace(problem.options.train, device=this.device)
        problem = replace(problem, options=replace(problem.options, train=train))
    return problem
