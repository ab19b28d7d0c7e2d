"""Files of new rows of any size, answered batch by batch by several processes."""

import hashlib
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from numbers import Integral
from pathlib import Path
from typing import Any

import joblib

from tenfold.data.files.batch import Batch, rows_at_a_time
from tenfold.data.files.batches import LongTable, in_batches
from tenfold.data.new_rows.admit import MODES, Mode
from tenfold.learning import Progress, another_kind
from tenfold.loading import load
from tenfold.model import known_scores
from tenfold.option import check
from tenfold.read_options import ReadOptions
from tenfold.replacing import require_other, require_place
from tenfold.run import Run
from tenfold.streaming.batch_answers import Wish, answer_batch
from tenfold.streaming.parts import Parts, parts_beside
from tenfold.streaming.told import Answered, Told
from tenfold.streaming.turns import ModelFile, in_turns, shared


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is asked of files of new rows.

    Attributes
    ----------
    coverage : float or None
        Of intervals or sets.
    mode : {"strict", "warn"} or None
        What becomes of rows that are not like those of training.
    options : ReadOptions
    departures : Path or None
        Where to list what is not like training, a row for each cell.
    jobs : int
        Processes.
    """

    coverage: float | None = None
    mode: Mode | None = None
    options: ReadOptions = field(default_factory=lambda: ReadOptions(missing=None))
    departures: Path | None = None
    jobs: int = 1


def predict_file(
    run: Run | str | Path,
    inputs: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    coverage: float | None = None,
    schema: Mode | None = None,
    departures: str | Path | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[Answered]:
    """Predict files of rows of any size, and write the answers to a file, in bounded memory.

    Where it is cut off, calling it again with the same arguments goes on from there.

    Parameters
    ----------
    run : Run, str or Path
        Trained on a table; or where it is, as ``load`` takes it.
    inputs : str, Path, or sequence of them
        CSV or other separated text, packed or plain, Parquet or Excel.
    out : str or Path
        Parquet if its name ends so, otherwise CSV; what it holds is laid out as ``Run.predict``
        does, with the column ``file`` first if there are several inputs.
    coverage, schema
        As of ``Run.predict``.
    departures : str or Path, optional
        A CSV file for what ``Run.departures`` lists.
    jobs : int
        Processes that answer side by side; within ``joblib.parallel_config`` those of its
        backend.
    progress : callable, optional
        Called with the rows done and about how many there are.

    Returns
    -------
    list of Answered
        For each input, how many rows were answered and left out, and ``drift_lines()``.

    Raises
    ------
    InputError
        If a file cannot be read or its rows do not fit the model, as of ``Run.predict``.
    StoreError
        M14, if another program writes the same file; M15, if the answers cannot be written.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from tenfold import TrainOptions, train
    >>> x = np.linspace(0, 1, 60)
    >>> frame, few = pd.DataFrame({"x": x, "y": 3 * x}), TrainOptions(epochs=2)
    >>> run = train(frame, "y", folds=3, training=few, out=None)
    >>> with tempfile.TemporaryDirectory() as home:
    ...     frame.to_csv(f"{home}/new.csv", index=False)
    ...     (told,) = predict_file(run, f"{home}/new.csv", f"{home}/answers.csv")
    ...     told.rows, pd.read_csv(f"{home}/answers.csv").columns.tolist()
    (60, ['line', 'prediction', 'low', 'high'])
    """
    check(schema in {None, *MODES}, "schema", schema, " or ".join(MODES))
    check(_is_count(jobs), "jobs", jobs, "a whole number, 1 or more")
    asked = Asked(
        coverage=coverage,
        mode=schema,
        departures=None if departures is None else Path(departures),
        jobs=int(jobs),
    )
    named = [inputs] if isinstance(inputs, str | Path) else list(inputs)
    check(bool(named), "inputs", named, "a file, or several")
    own = run if isinstance(run, Run) else load(run)
    return answer_files(own, open_files(own, named, asked.options), Path(out), asked, progress)


def _is_count(value: object) -> bool:
    return isinstance(value, Integral) and int(value) >= 1


def open_files(run: Run, inputs: Sequence[str | Path], options: ReadOptions) -> list[LongTable]:
    """Open files of new rows for a run on a table.

    Raises
    ------
    PredictError
        P05, if the run was trained on something else.
    ReadError
        If a file cannot be read.
    """
    kind, schema = run.model.kind, run.model.schema
    if not kind.columns(schema):
        raise another_kind(kind.whole, "a table")
    return [in_batches(Path(path), options, schema.known) for path in inputs]


def answer_files(
    run: Run,
    tables: Sequence[LongTable],
    out: Path | None,
    asked: Asked,
    progress: Progress | None = None,
    show: Callable[[str], None] = print,
) -> list[Answered]:
    """Predict opened files; see ``predict_file``.

    Parameters
    ----------
    run : Run
    tables : sequence of LongTable
    out : Path or None
        Without it ``show`` gets the answers as CSV, some rows at a time.
    asked : Asked
    progress, show : callable
    """
    if asked.coverage is not None and not run.model.schema.classes:
        known_scores(run.model.conformal).limits(asked.coverage)  # before the work
    _require_places(tables, out, asked.departures)
    several = len(tables) > 1
    with _parts(run, tables, out, asked) as parts:
        where, jobs = shared(run, asked.jobs)
        ask = _Answers(run=where, asked=asked, parts=parts, several=several)
        if asked.mode == "strict":
            deque(in_turns(tables, jobs, replace(ask, parts=None)), maxlen=0)
        found = [Answered(table.source) for table in tables]
        columns: tuple[str, ...] = ()
        count = 0
        done = in_turns(tables, jobs, ask, progress)
        for count, (at, (told, _)) in enumerate(done, start=1):
            found[at].add(told)
            found[at].check(asked.options.max_bad, tables[at].count)
            columns = told.columns
            if out is None:
                show((",".join(columns) + "\n") * (count == 1) + parts.take(count - 1))
        for one in found:
            one.check(asked.options.max_bad, 0)
        if out is not None:
            parts.join(count, columns, out)
        if asked.departures is not None:
            parts.join_odd(count, asked.departures, several=several)
    return found


def _require_places(
    tables: Sequence[LongTable], out: Path | None, departures: Path | None
) -> None:
    """Refuse places where nothing can be written, and the files that are read.

    Raises
    ------
    UsageError
        U01.
    """
    for path, option in ((out, "out"), (departures, "departures")):
        if path is None:
            continue
        require_place(path, option)
        others = [out] if option == "departures" else []
        require_other(path, option, [*others, *(table.path for table in tables)])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answers:
    """What is to be done for each batch, unless it was done before."""

    run: Run | ModelFile
    asked: Asked
    parts: Parts | None
    several: bool

    def __call__(self, number: int, batch: Batch, source: str) -> Any:
        before = None if self.parts is None else self.parts.told(number)
        if before is not None:
            return joblib.delayed(_as_before)(before)
        wish = Wish(
            run=self.run,
            coverage=self.asked.coverage,
            mode=self.asked.mode,
            file=source.encode("utf-8", "replace").decode() if self.several else None,
        )
        return joblib.delayed(answer_batch)(wish, batch, self.parts, number)


def _as_before(told: Told) -> tuple[Told, None]:
    return told, None


@contextmanager
def _parts(
    run: Run, tables: Sequence[LongTable], out: Path | None, asked: Asked
) -> Iterator[Parts]:
    """Lend the folder of the parts: beside the file, so that it is found again."""
    if out is None or (out.exists() and not out.is_file() and not out.is_dir()):
        with tempfile.TemporaryDirectory() as folder:
            yield Parts(Path(folder), "" if out is None else out.suffix.lower())
    else:
        with parts_beside(out, _about(run, tables, asked)) as parts:
            yield parts


def _about(run: Run, tables: Sequence[LongTable], asked: Asked) -> Mapping[str, Any]:
    """Return what tells this work from any other: its model, its files, its options."""
    files = [(str(table.path.resolve()), *_stamp(table.path)) for table in tables]
    options = [asdict(asked.options), asked.coverage, asked.mode]
    model = [ModelFile.of(run), run.metrics.get("scores")]
    sizes = rows_at_a_time(1, 1.0)  # of batches
    told = repr([metadata.version("tenfold"), sizes, files, options, model])
    return {"format": 1, "work": hashlib.sha256(told.encode()).hexdigest()}


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
