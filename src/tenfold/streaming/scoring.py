"""A labelled file of any size, scored: read and answered batch by batch.

What is kept of a row is its truth, what is said of it, and its weight.
"""

from dataclasses import dataclass, fields
from typing import Any

import joblib
import numpy as np

from tenfold.data.columns.labelled import with_targets_of
from tenfold.data.files.batch import Batch
from tenfold.data.files.batches import LongTable
from tenfold.data.new_rows.admit import Mode
from tenfold.errors import PredictError
from tenfold.evaluate.new_data import Judged, judge
from tenfold.evaluate.scores import TestScore
from tenfold.learning import Progress
from tenfold.run import Run
from tenfold.seeds import Streams
from tenfold.streaming.batch_answers import admit_batch, found_run, tell_of
from tenfold.streaming.told import Answered, Told
from tenfold.streaming.turns import ModelFile, in_turns, shared


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """The scores of a file, and what is told of it.

    Attributes
    ----------
    scores : dict of str to TestScore
    told : Answered
    """

    scores: dict[str, TestScore]
    told: Answered


def score_table(
    run: Run,
    table: LongTable,
    *,
    mode: Mode | None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Scored:
    """Score a run on an opened file; see ``Run.evaluate``.

    Parameters
    ----------
    run : Run
    table : LongTable
    mode : {"strict", "warn"} or None
        What becomes of rows that are not like those of training.
    jobs : int
        Processes.
    progress : callable, optional

    Raises
    ------
    InputError
        As of ``Run.evaluate``.
    """
    where, jobs = shared(run, jobs)
    told, parts = Answered(table.source), []

    def ask(_: int, batch: Batch, __: str) -> Any:
        return joblib.delayed(judge_batch)(where, mode, batch)

    for _, (of_batch, judged) in in_turns([table], jobs, ask, progress):
        told.add(of_batch)
        told.check(table.options.max_bad, table.count)
        if judged is not None:
            parts.append(judged)
    told.check(table.options.max_bad, 0)
    if not parts:
        raise PredictError("P03", "no row has a target", place={"file": table.source})
    streams = Streams(int(run.metrics.get("seed", 0)))
    shown = _joined(parts).show(run.model.schema.task, streams)
    return Scored(scores=shown.with_coverage(), told=told)


def judge_batch(
    run: Run | ModelFile, mode: Mode | None, batch: Batch
) -> tuple[Told, Judged | None]:
    """Read and answer labelled rows; return what is told of them, and what they show.

    Raises
    ------
    InputError
        If the rows cannot be read or do not fit the model.
    """
    found = found_run(run)
    model = found.model
    table = with_targets_of(batch.table(), model.schema, 1.0)  # all of them are counted later
    fitted, drift = admit_batch(found, batch, table, mode)
    told = tell_of(found, table, fitted, drift)
    return told, judge(model, fitted) if len(fitted) else None


def _joined(parts: list[Judged]) -> Judged:
    """Return several parts as one, each let go once its columns are joined."""
    columns: dict[str, Any] = {}
    for name in (one.name for one in fields(Judged)):
        found = [getattr(part, name) for part in parts]
        columns[name] = None if found[0] is None else np.concatenate(found)
    return Judged(**columns)
