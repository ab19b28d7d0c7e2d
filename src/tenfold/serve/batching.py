"""Requests that wait are answered together, in one call of the model."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from tenfold.exported import Feeds

Ask = Callable[[Feeds, Sequence[str]], Feeds]
"""Takes inputs and names of outputs, and returns those outputs."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    feeds: Feeds
    outputs: tuple[str, ...]
    rows: int
    said: "asyncio.Future[Feeds]"


@final
class Batches:
    """Answers requests, those that came while an earlier call ran in one call.

    A single thread calls the model: while it does, requests gather. So nothing waits on
    purpose, and the busier the server is, the larger the batches are.

    Parameters
    ----------
    ask : callable
        ``Exported.ask``.
    most : int
        Rows of one call.
    count : callable
        Called with the rows of each call.
    """

    def __init__(self, ask: Ask, most: int, count: Callable[[int], None]) -> None:
        self._ask, self._most, self._count = ask, most, count
        self._waiting: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, "model")
        self._busy = False

    async def answer(self, feeds: Feeds, outputs: tuple[str, ...], rows: int) -> Feeds:
        """Return what the model says, each output by its name.

        Parameters
        ----------
        feeds : dict of str to ndarray of shape (rows, ...)
        outputs : tuple of str
        rows : int
        """
        said: asyncio.Future[Feeds] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(feeds, outputs, rows, said))
        if not self._busy:
            # The others that are ready now come along.
            self._busy = True
            asyncio.get_running_loop().call_soon(self._start)
        return await said

    def close(self) -> None:
        """End the thread once it is done."""
        self._thread.shutdown(wait=True)

    def _start(self) -> None:
        batch = self._next()
        if not batch:
            self._busy = False
            return
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._thread, self._run, batch).add_done_callback(
            lambda done: self._end(batch, done)
        )

    def _next(self) -> list[_Waiting]:
        """Return the requests of the next call: those that ask for the same, in their order."""
        batch: list[_Waiting] = []
        rows = 0
        while self._waiting:
            first = self._waiting[0]
            if first.said.done():  # who asked is gone
                self._waiting.popleft()
                continue
            alike = not batch or (
                first.outputs == batch[0].outputs and _shapes(first) == _shapes(batch[0])
            )
            if batch and (not alike or rows + first.rows > self._most):
                break
            batch.append(self._waiting.popleft())
            rows += first.rows
        return batch

    def _run(self, batch: list[_Waiting]) -> list[Feeds]:
        rows = sum(one.rows for one in batch)
        self._count(rows)
        if len(batch) == 1:
            return [self._ask(batch[0].feeds, batch[0].outputs)]
        names = batch[0].feeds
        joined = {name: np.concatenate([one.feeds[name] for one in batch]) for name in names}
        said = self._ask(joined, batch[0].outputs)
        ends = np.cumsum([one.rows for one in batch])[:-1]
        parts = {name: np.split(values, ends) for name, values in said.items()}
        return [{name: parts[name][at] for name in parts} for at in range(len(batch))]

    def _end(self, batch: list[_Waiting], done: "asyncio.Future[list[Feeds]]") -> None:
        error = done.exception()
        said: list[Any] = [None] * len(batch) if error else done.result()
        for one, found in zip(batch, said, strict=True):
            if one.said.done():
                continue
            if error is not None:
                one.said.set_exception(error)
            else:
                one.said.set_result(found)
        self._start()


def _shapes(one: _Waiting) -> list[tuple[int, ...]]:
    return [values.shape[1:] for values in one.feeds.values()]
