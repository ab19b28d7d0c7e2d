"""Processes and machines that joblib spreads work over."""

import contextlib
import os
import queue
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing import current_process
from threading import Event, Thread
from typing import Any, Final

import joblib
import torch
from joblib.parallel import get_active_backend

from tenfold.errors import ClusterError

TRIES: Final = 3  # that bring nothing back, one after the other
LOOK_SECONDS: Final = 0.1
END_SECONDS: Final = 20.0  # that workers have for their last step
ALIVE_SECONDS: Final = 1.0

HandOut = Callable[[Sequence[int]], Iterator[Any]]
"""Given the numbers of pieces of work, yields a call for each, ``delayed`` for joblib."""


def spread_over() -> int:
    """Return over how many workers ``joblib.parallel_config`` spreads work; 1 if over none."""
    return int(joblib.effective_n_jobs(joblib.Parallel().n_jobs))


def are_far() -> bool:
    """Tell whether work goes to a cluster, rather than to processes of this machine."""
    return not type(get_active_backend()[0]).__module__.startswith("joblib")


def spreads(device: torch.device) -> bool:
    """Tell whether what is computed on a device here is to be computed by workers instead.

    Threads of this process are none, and several processes do not share a GPU.
    """
    threads = bool(getattr(get_active_backend()[0], "uses_threads", False))
    return device.type == "cpu" and not threads and (spread_over() > 1 or are_far())


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
    collecting = Thread(
        target=_collect, args=(_pool(), hand_out(numbers), found, over), daemon=True
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
        raise


def _pool() -> joblib.Parallel:
    """Return what hands out one piece after the other, and each as soon as it is done."""
    try:
        return joblib.Parallel(return_as="generator_unordered", batch_size=1)
    except ValueError:  # Ray's brings all back at once
        return joblib.Parallel(batch_size=1)


def _collect(
    pool: joblib.Parallel, calls: Iterator[Any], found: "queue.Queue[Any]", over: Event
) -> None:
    """Put what workers bring back into a queue, in the order in which it comes."""
    error = None
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
