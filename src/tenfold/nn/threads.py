"""Independent pieces of work side by side, each on one core.

Two threads that share every product wait for each other after each: where another
program takes a core for a while, both stand still. Threads with work of their own do
not (benchmarks/LOG.md), and what one piece gives does not depend on how many there are.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import torch

Item = TypeVar("Item")
Result = TypeVar("Result")


def each_in_a_thread(
    function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """Yield ``function`` of each item, in order, computed in as many threads as torch uses.

    Examples
    --------
    >>> list(each_in_a_thread(lambda x: int(torch.ones(x).sum()), [1, 2, 3]))
    [1, 2, 3]
    """
    threads = torch.get_num_threads()
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


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Return threads that compute alone, and last as long as the program.

    A thread of torch's is slow to start.
    """
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
