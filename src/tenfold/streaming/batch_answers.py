"""What a process does with a batch of rows: it reads, answers and writes them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from tenfold.config import RunOptions
from tenfold.data.files.batch import Batch
from tenfold.data.new_rows.admit import Mode, admit, drift_table
from tenfold.data.new_rows.schema_drift import Drift
from tenfold.data.new_rows.tallies import tallies_of
from tenfold.errors import PredictError
from tenfold.loading import load
from tenfold.run import Run
from tenfold.streaming.parts import Parts
from tenfold.streaming.told import MOST_REJECTED, Told
from tenfold.streaming.turns import ModelFile
from tenfold.training.workers import end_with


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is asked of each batch.

    Attributes
    ----------
    run : Run or ModelFile
        The run, or the file that each process loads it from.
    coverage : float or None
    mode : Mode or None
    file : str or None
        Of which file the rows are, if answers are to say so.
    """

    run: Run | ModelFile
    coverage: float | None
    mode: Mode | None
    file: str | None = None


def answer_batch(
    wish: Wish, batch: Batch, parts: Parts | None, number: int
) -> tuple[Told, None]:
    """Answer a batch, write its answers, and return what is told of it, and nothing else.

    Parameters
    ----------
    wish : Wish
    batch : Batch
    parts : Parts or None
        Where the answers are written; without it the rows are only looked at.
    number : int
        Of the batch.

    Raises
    ------
    InputError
        If the rows cannot be read or do not fit the model.
    StoreError
        M15, if the answers cannot be written.
    """
    run = found_run(wish.run)
    table = batch.table()
    fitted, drift = admit_batch(run, batch, table, wish.mode)
    if parts is None:
        return Told(rows=len(fitted)), None
    rows = run.predict(fitted, coverage=wish.coverage)
    answers = rows.rename_axis(run.model.kind.where).reset_index()
    own = [one for one in drift if not one.is_column or not batch.above]
    odd = drift_table(own, fitted.lines)  # of whole columns it is told once
    for one in (answers, odd) if wish.file is not None else ():
        one.insert(0, "file", wish.file)
    told = tell_of(run, table, fitted, drift, tuple(answers.columns))
    parts.write(number, answers, odd, told)
    return told, None


def admit_batch(
    run: Run, batch: Batch, rows: Any, mode: Mode | None
) -> tuple[Any, Sequence[Drift]]:
    """Return rows as a model reads them, and their drift; see ``admit``.

    By default the first rows of a file show whether a column can be read: that of a sensor may
    fail for a while.
    """
    try:
        return admit(rows, run.model.schema, "warn" if mode is None and batch.above else mode)
    except PredictError as error:
        error.place = {"file": rows.source, **error.place}
        raise


def tell_of(
    run: Run, rows: Any, fitted: Any, drift: Sequence[Drift], columns: tuple[str, ...] = ()
) -> Told:
    """Return what is told of a batch.

    Parameters
    ----------
    run : Run
    rows : Table
        As they were read.
    fitted : Table
        As they were admitted, with some drift.
    drift : sequence of Drift
    columns : tuple of str
        Of the answers.
    """
    kind, schema = run.model.kind, run.model.schema
    bare = replace(rows, rejected=(), unlabelled=())  # these are counted over all batches
    _, lines = kind.read_and_tell(bare, schema, RunOptions())
    return Told(
        rows=len(fitted),
        rejected=len(rows.rejected),
        named=tuple((row.line, row.reason) for row in rows.rejected[:MOST_REJECTED]),
        lines=tuple(lines),
        tallies=tuple(tallies_of(fitted, drift)),
        columns=columns,
        unlabelled=len(rows.unlabelled),
        lacking="".join(f"line {row.line}: {row.reason}" for row in rows.unlabelled[:1]),
    )


def found_run(run: Run | ModelFile) -> Run:
    """Return a run that a process was given, or that it loads from a model file, once."""
    return run if isinstance(run, Run) else _loaded(run)


@lru_cache(maxsize=1)
def _loaded(file: ModelFile) -> Run:
    end_with(file.program)
    return load(file.path)
