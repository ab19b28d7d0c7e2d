"""Batches of files, done by several processes in turns, and told of in their order."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

import joblib

from tenfold.data.files.batch import Batch
from tenfold.data.files.batches import LongTable
from tenfold.learning import Progress
from tenfold.run import Run
from tenfold.store.folder import MODEL
from tenfold.streaming.told import Told

AHEAD: Final = 4  # batches for each of several processes in one turn


def in_turns(
    tables: Sequence[LongTable],
    jobs: int,
    ask: Callable[[int, Batch, str], Any],
    progress: Progress | None = None,
) -> Iterator[tuple[int, tuple[Told, Any]]]:
    """Yield what becomes of each batch of some files, in their order.

    Parameters
    ----------
    tables : sequence of LongTable
    jobs : int
        Processes, of joblib's backend.
    ask : callable
        Given the number of a batch, the batch and its file, it returns a task, ``delayed`` for
        joblib, that returns what is told of the batch and what else comes of it.
    progress : callable, optional
        Called with the rows done and about how many there are.

    Yields
    ------
    of : int
        Of which table the batch is.
    found : tuple of Told and Any
    """
    total, rows = sum(table.count for table in tables), 0
    every = ((at, batch) for at, table in enumerate(tables) for batch in table.batches())
    numbered = enumerate(every)
    size = 1 if jobs == 1 else AHEAD * jobs
    with joblib.Parallel(n_jobs=jobs, return_as="generator") as pool:
        turn = list(islice(numbered, size))
        while turn:
            tasks = (ask(number, batch, tables[at].source) for number, (at, batch) in turn)
            done = pool(tasks)
            following = list(islice(numbered, size))  # read while others work
            for (_, (at, _)), found in zip(turn, done, strict=True):
                rows += found[0].rows + found[0].rejected
                if progress is not None:
                    progress(rows, max(total, rows))
                yield at, found
            turn = following


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFile:
    """The file of a model, and which one lies there.

    Attributes
    ----------
    path : Path
        An absolute one.
    size, changed : int
        Its bytes, and when it was written, in nanoseconds.
    program : int
        The process that asks for answers.
    """

    path: Path
    size: int
    changed: int
    program: int = field(default_factory=os.getpid, repr=False, compare=False)

    @classmethod
    def of(cls, run: Run) -> "ModelFile | None":
        """Return the file of a run's model, if it has been written."""
        path = run.file or (run.folder and run.folder / MODEL)
        if path is None or not path.is_file():
            return None
        found = path.stat()
        return cls(path=path.resolve(), size=found.st_size, changed=found.st_mtime_ns)


def shared(run: Run, jobs: int) -> tuple[Run | ModelFile, int]:
    """Return a run as other processes find it, and how many of them can work for it.

    They load it from its file, if that holds all of it.
    """
    file, here = ModelFile.of(run), run.model.own or run.model.device.type != "cpu"
    return (run, 1) if jobs == 1 or here or file is None else (file, jobs)
