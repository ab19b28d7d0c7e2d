"""Processes and machines that joblib spreads work over."""

import contextlib
import os
import queue
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing import current_process, parent_process
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import urlsplit

import joblib
import torch
from joblib.externals.loky import get_reusable_executor
from joblib.parallel import get_active_backend

from tenfold.errors import ClusterError

TRIES: Final = 3  # that bring nothing back, one after the other
LOOK_SECONDS: Final = 0.1
END_SECONDS: Final = 20.0  # that workers have for their last step
ALIVE_SECONDS: Final = 1.0
LOKY: Final = "LokyBackend"
# Threads of this process; and processes whose end joblib does not notice.
NO_WORKERS: Final = frozenset(
    {"SequentialBackend", "ThreadingBackend", "MultiprocessingBackend"}
)

HandOut = Callable[[Sequence[int]], Iterator[Any]]
"""Given the numbers of pieces of work, yields a call for each, ``delayed`` for joblib."""


def spread_over() -> int:
    """Return over how many workers ``joblib.parallel_config`` spreads work; 1 if over none."""
    return int(joblib.effective_n_jobs(joblib.Parallel().n_jobs))


def are_far() -> bool:
    """Tell whether work goes to a cluster, rather than to processes of this machine."""
    return _backend() not in {LOKY, *NO_WORKERS}


def spreads(device: torch.device) -> bool:
    """Tell whether what is computed on a device here is to be computed by workers instead.

    Several processes do not share a GPU. A worker hands out nothing: it would wait for others
    that wait for a worker.
    """
    if device.type != "cpu" or _backend() in NO_WORKERS or _in_a_worker():
        return False
    return spread_over() > 1 or are_far()


def cluster_hosts() -> tuple[str, ...]:
    """Return machines of the cluster that work goes to, as far as it is known which."""
    distributed = sys.modules.get("distributed")
    if distributed is not None:
        with contextlib.suppress(ValueError):  # it says so if there is no client
            address = str(distributed.default_client().scheduler.address)
            host = urlsplit(address).hostname
            return () if host is None else (host,)
    return ()


def _backend() -> str:
    return type(get_active_backend()[0]).__name__


def _in_a_worker() -> bool:
    """Tell whether this is a process that another one started, or a task of Dask."""
    if parent_process() is not None:
        return True
    distributed = sys.modules.get("distributed")
    if distributed is not None:
        with contextlib.suppress(ValueError):  # it says so if this is no task
            return bool(distributed.get_worker())
    return False


@cache
def end_with(program: int) -> None:
    """End this process of joblib's own soon after the one that started it, if that is killed.

    It would wait for work that nobody gives, with all of its memory.
    """
    if current_process().name.startswith("Loky"):  # workers of a cluster belong to others
        Thread(target=_watch, args=(program,), daemon=True).start()


def _watch(program: int) -> None:
    while os.getppid() == program:
        time.sleep(ALIVE_SECONDS)
    os._exit(1)


def bring_back(
    count: int,
    hand_out: HandOut,
    take: Callable[[Any], int | None],
    *,
    look: Callable[[], None],
    end: Callable[[], None],
    tell: Callable[[str], None],
) -> None:
    """Let workers do pieces of work, and take what they bring back, in any order.

    What a worker that ends had begun is done by another one.

    Parameters
    ----------
    count : int
        Pieces; their numbers begin with 0.
    hand_out : callable
        Asked again for what is left, where workers ended.
    take : callable
        Takes what one call returned, and returns the number of the piece; None if it has to be
        done again.
    look : callable
        Called every tenth of a second; what it raises ends all, as does what ``take`` raises.
    end : callable
        Called then; it asks workers to end what they do.
    tell : callable
        Takes a sentence that the user should read.

    Raises
    ------
    ClusterError
        K02, if workers end again and again.
    """
    left, tries = set(range(count)), 0
    while left:
        before = len(left)
        error = _turn(sorted(left), hand_out, lambda one: left.discard(take(one)), look, end)
        tries = 0 if len(left) < before else tries + 1
        if tries == TRIES:
            raise _not_brought_back(left, error) from error
        if left:
            tell("A worker was lost; what it had begun is done again.")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ended:
    """The workers have nothing left to do, or have failed."""

    error: BaseException | None = None


def _turn(
    numbers: Sequence[int],
    hand_out: HandOut,
    take: Callable[[Any], None],
    look: Callable[[], None],
    end: Callable[[], None],
) -> BaseException | None:
    """Hand out pieces of work; return what ended workers before all were done, or None."""
    found: queue.Queue[Any] = queue.Queue()
    over = Event()
    # The backend that is asked for is known to this thread alone.
    pool, local = _pool(len(numbers)), _backend() == LOKY
    collecting = Thread(
        target=_collect, args=(pool, hand_out(numbers), found, over), daemon=True
    )
    collecting.start()
    try:
        while True:
            look()
            with contextlib.suppress(queue.Empty):
                one = found.get(timeout=LOOK_SECONDS)
                if isinstance(one, _Ended):
                    return one.error
                take(one)
    except BaseException:
        over.set()
        end()
        collecting.join(END_SECONDS)
        if collecting.is_alive() and local:  # a worker does not answer
            get_reusable_executor().shutdown(wait=False, kill_workers=True)
        raise


def _pool(pieces: int) -> joblib.Parallel:
    """Return what hands out one piece after the other, and each as soon as it is done."""
    # Processes of this machine are started for it, and no more than have something to do.
    jobs = min(spread_over(), pieces) if _backend() == LOKY else None
    try:
        return joblib.Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
    except ValueError:  # Ray's brings all back at once
        return joblib.Parallel(batch_size=1)


def _collect(
    pool: joblib.Parallel, calls: Iterator[Any], found: "queue.Queue[Any]", over: Event
) -> None:
    """Put what workers bring back into a queue, in the order in which it comes."""
    error = None
    if hasattr(signal, "pthread_sigmask"):
        # Ctrl-C reaches all processes of a terminal. Those that this thread starts leave it to
        # this program.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        for one in pool(call for call in calls if not over.is_set()):
            found.put(one)
    except BaseException as raised:  # noqa: BLE001 - of whatever library the workers are
        error = raised
    found.put(_Ended(error=error))


def _not_brought_back(left: set[int], error: BaseException | None) -> ClusterError:
    why = "their connections were lost"
    if error is not None:
        lines = str(error).strip().splitlines() or [""]
        why = f"{type(error).__name__}: {lines[0]}"
    return ClusterError(
        "K02",
        f"workers ended {TRIES} times before they brought back a piece of work",
        place={"left": f"{len(left):,}", "error": why},
        fix=[
            "give the workers more memory, or use fewer: --backend loky:2",
            "train here: leave --backend out",
        ],
    )
