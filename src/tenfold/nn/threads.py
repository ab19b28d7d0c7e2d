"""Independent pieces of work side by side, each on one core.

Two threads that share every product wait for each other after each: where another
program takes a core for a while, both stand still. Threads with work of their own do
not (benchmarks/LOG.md), and what one piece gives does not depend on how many there are.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import torch

from tenfold.cgroups import ROOT
from tenfold.locks import OneAtATime
from tenfold.machine import limited_threads

Item = TypeVar("Item")
Result = TypeVar("Result")

_POOLS: Final[dict[int, ThreadPoolExecutor]] = {}
_MAKING: Final = OneAtATime()
_LOADED_IN: Final = os.getpid()
_READY: Final[set[int]] = set()  # the processes that were made ready: this one, and its parents


def each_in_a_thread(
    function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """Yield ``function`` of each item, in order, computed in as many threads as torch uses.

    Examples
    --------
    >>> list(each_in_a_thread(lambda x: int(torch.ones(x).sum()), [1, 2, 3]))
    [1, 2, 3]
    """
    make_ready()
    threads = torch.get_num_threads()
    if threads == 1:
        yield from map(function, items)
        return
    pool = _pool(threads)
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _pool(threads: int) -> ThreadPoolExecutor:
    """Return threads that compute alone, and last as long as the program.

    A thread of torch's is slow to start.
    """
    with _MAKING:  # of two threads that ask for the first time, one makes them
        if threads not in _POOLS:
            _POOLS[threads] = _make_pool(threads)
        return _POOLS[threads]


def _make_pool(threads: int) -> ThreadPoolExecutor:
    ready = threading.Barrier(threads)

    def start() -> None:
        torch.set_num_threads(1)
        # A thread takes over the last number that was set when it first asks: now, not later.
        torch.get_num_threads()
        ready.wait()

    pool = ThreadPoolExecutor(threads, thread_name_prefix="tenfold")
    for future in [pool.submit(start) for _ in range(threads)]:
        future.result()
    torch.set_num_threads(threads)
    return pool


def make_ready(root: Path = ROOT) -> None:
    """Let torch use threads in this process as Tenfold needs it; call it before computing.

    Importing the library changes nothing in the process, so it is done now, and once: in a
    container with time for fewer threads than there are processors, torch gets no more; and a
    child that this process forks from now on computes on one core, as does this process if it
    was itself forked since this module was loaded.

    Parameters
    ----------
    root : Path
        Where the system's files begin.
    """
    if os.getpid() in _READY:
        return
    with _MAKING:
        if os.getpid() in _READY:
            return
        if os.getpid() != _LOADED_IN:
            _begin_in_a_child()
        elif (threads := limited_threads(root)) is not None:
            torch.set_num_threads(min(threads, torch.get_num_threads()))
        if not _READY and hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_begin_in_a_child)
        _READY.add(os.getpid())


def compute_in(threads: int) -> None:
    """Compute in so many threads in a forked process whose parent has computed nothing."""
    torch.set_num_threads(threads)
    _READY.add(os.getpid())


def _begin_in_a_child() -> None:
    """Compute on one core in a forked process.

    A fork copies neither the threads of a pool nor those of torch, and work that is given to
    them is never done. Torch itself would wait for its threads for ever (GNU OpenMP).
    """
    _POOLS.clear()
    torch.set_num_threads(1)
