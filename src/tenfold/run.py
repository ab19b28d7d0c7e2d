"""What the commands call: from a path or a DataFrame to a Run, and back from its folder."""

import hashlib
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tenfold.config import (
    MISSING,
    Kind,
    Quality,
    ReadOptions,
    RunOptions,
    SchemaOptions,
    SplitOptions,
    Task,
    TrainOptions,
)
from tenfold.data.read import read_table
from tenfold.data.split import Splitter
from tenfold.data.table import Table
from tenfold.data.target import answered
from tenfold.evaluate.scores import TestScore, score_table
from tenfold.model import Model, Progress, answer_table
from tenfold.nn.own import MakeModule, load_function
from tenfold.report.summary import Summary, summarize, versions
from tenfold.seeds import Streams
from tenfold.store.archive import load_model
from tenfold.store.folder import METRICS, find_model, new_folder, read_metrics, write_run
from tenfold.study import Study, run_study
from tenfold.training.watch import Watch

Data = str | Path | pd.DataFrame


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Run:
    """A trained model and what is known of it.

    Attributes
    ----------
    folder : Path or None
        Where the run is written; None if it was not.
    metrics : dict
        The content of ``metrics.json``.
    model : Model
    study : Study or None
        What training produced; None for a run that was loaded.
    summary : Summary or None
        The metrics with their types; None for a run that was loaded.
    """

    folder: Path | None
    metrics: Mapping[str, Any]
    model: Model
    study: Study | None = None
    summary: Summary | None = None

    def predict(self, data: Data | Table, *, progress: Progress | None = None) -> pd.DataFrame:
        """Return what the ensemble says of new rows.

        Parameters
        ----------
        data : str, Path, DataFrame or Table
            Holds every column that the network learnt from.
        progress : callable, optional
            Called with the rows done and all rows, again and again.

        Returns
        -------
        DataFrame
            A row a row: ``prediction``; in classification ``probability CLASS`` too.
            Its index is that of a DataFrame, and the line of each row in a file.

        Raises
        ------
        PredictError
            P01 or P02, if the columns are not those of training.
        """
        table = data if isinstance(data, Table) else read_table(data)
        answers = self.model.answers(table.frame, decimal=table.decimal, progress=progress)
        index = data.index if isinstance(data, pd.DataFrame) else table.lines
        return answer_table(self.model, answers).set_axis(index, axis=0)

    def evaluate(
        self, data: Data | Table, *, max_bad: float = 0.01, progress: Progress | None = None
    ) -> dict[str, TestScore]:
        """Score the ensemble on labelled rows that it never saw.

        Raises
        ------
        PredictError
            P01 to P04, if the rows do not fit or lack answers.
        """
        table = data if isinstance(data, Table) else read_table(data)
        table = answered(table, self.model.schema.target, max_bad)
        streams = Streams(int(self.metrics.get("seed", 0)))
        return score_table(self.model, table, streams, progress)


def train(  # noqa: PLR0913 - each option of the command, by its own name
    data: Data,
    *,
    target: str | None = None,
    task: Task | None = None,
    network: str | MakeModule = "auto",
    quality: Quality = "medium",
    folds: int | Splitter | Iterable[Any] | None = None,
    test: Data | None = None,
    test_size: float | None = None,
    group_column: str | None = None,
    time_column: str | None = None,
    weight_column: str | None = None,
    kinds: Mapping[str, Kind] | None = None,
    shuffle: bool | None = None,
    keep_copies: bool = False,
    standardize: bool = False,
    epochs: int | None = None,
    batch_size: int | None = None,
    lr: float | None = None,
    seed: int = 0,
    device: str = "auto",
    time_limit: float | None = None,
    max_bad: float = 0.01,
    separator: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    missing: Sequence[str] = MISSING,
    out: str | Path | None = "runs",
    watch: Watch | None = None,
) -> Run:
    """Read a table, train the networks of all folds, score them, and write a run.

    Parameters
    ----------
    data : str, Path or DataFrame
        A table of separated text (also gzip), Parquet or Excel, or a DataFrame.
    target : str, optional
        Column to predict; the last one by default.
    task : {"regression", "classification"}, optional
        Seen from the target by default.
    network : str or callable
        ``"auto"``, ``"tutorial"``, ``"FILE.py:FUNCTION"``, or a function that takes
        the numbers of inputs and outputs and returns a ``torch.nn.Module``.
    quality : {"fast", "medium", "best"}
        How much time to spend.
    folds : int, splitter or iterable, optional
        A number, a splitter of scikit-learn, or (learn, test) positions; 10 by
        default, fewer on a large table.
    test : str, Path or DataFrame, optional
        Rows that no choice touches, scored once at the end.
    test_size : float, optional
        Share of rows to keep apart for the same.
    group_column, time_column : str, optional
        Keep rows of a group in one fold; learn from the past, test on the future.
    weight_column : str, optional
        Column that holds the weight of each row.
    kinds : mapping of str to Kind, optional
        Columns whose kind is not to be detected.
    shuffle : bool, optional
        False holds out blocks of rows in the order of the file.
    keep_copies : bool
        True lets exact copies of a row stand in different folds.
    standardize : bool
        True gives the tutorial's network standardised columns.
    epochs, batch_size, lr : optional
        Passes over the rows at most, rows in a step, largest step size.
    seed : int
        Names every random stream; the same seed gives the same run.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
    time_limit : float, optional
        Seconds of training, after which the best state is kept.
    max_bad : float
        Share of rows that may be rejected before the run refuses.
    separator, header, encoding, decimal, missing : optional
        How a text file is written, where it is not to be detected.
    out : str, Path or None
        Folder that gets a folder for this run; None writes nothing.
    watch : Watch, optional
        Follows training and may end it.

    Returns
    -------
    Run

    Raises
    ------
    TenfoldError
        If the data, the options or the machine do not allow the run.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> x = np.linspace(0, 1, 60)
    >>> run = train(pd.DataFrame({"x": x, "y": 3 * x}), folds=3, epochs=30, out=None)
    >>> run.metrics["task"], run.metrics["folds"]
    ('regression', 3)
    >>> run.metrics["scores"]["mse"]["mean"] < run.metrics["constant"]["mse"]
    True
    """
    options = RunOptions(
        read=ReadOptions(
            separator=separator,
            header=header,
            encoding=encoding,
            decimal=decimal,
            missing=tuple(missing),
            max_bad=max_bad,
        ),
        schema=SchemaOptions(
            target=target, task=task, kinds=dict(kinds or {}), weight_column=weight_column
        ),
        split=SplitOptions(
            folds=folds if isinstance(folds, int) else None,
            shuffle=shuffle,
            group_column=group_column,
            time_column=time_column,
            keep_copies=keep_copies,
            test_size=test_size,
        ),
        train=TrainOptions(
            network=network if isinstance(network, str) else "own",
            quality=quality,
            epochs=epochs,
            batch_size=batch_size,
            lr=lr,
            standardize=standardize,
            seed=seed,
            device=device,
            time_limit=time_limit,
        ),
    )
    splitter = None if isinstance(folds, int) else folds
    make = None if isinstance(network, str) else network
    return _run(data, test, options, out, splitter=splitter, make=make, watch=watch)


def _run(
    data: Data,
    test: Data | None,
    options: RunOptions,
    out: str | Path | None,
    *,
    splitter: Splitter | Iterable[Any] | None,
    make: MakeModule | None,
    watch: Watch | None,
) -> Run:
    started = time.perf_counter()
    table = read_table(data, options.read)
    test_table = None if test is None else read_table(test, options.read)
    read_seconds = time.perf_counter() - started
    study = run_study(
        table, options, test=test_table, splitter=splitter, network=make, watch=watch
    )
    seconds = {
        "read": read_seconds,
        "train": study.train_seconds,
        "total": time.perf_counter() - started,
    }
    summary = summarize(
        study,
        network=options.train.network,
        seed=options.train.seed,
        seconds=seconds,
        peak_memory_bytes=peak_memory_bytes(),
    )
    folder = None
    metrics = summary.to_dict()
    if out is not None:
        name = "table" if isinstance(data, pd.DataFrame) else Path(data).name.split(".")[0]
        folder = new_folder(Path(out), name)
        write_run(folder, study, metrics, _config(data, options))
    return Run(folder=folder, metrics=metrics, model=study.model, study=study, summary=summary)


def load(run: str | Path, *, network: str | MakeModule | None = None) -> Run:
    """Open a run: its folder, or its model file alone.

    Parameters
    ----------
    run : str or Path
    network : str or callable, optional
        The function of a network of your own, which no file holds.

    Raises
    ------
    StoreError
        M01 to M05 or M07, if there is no model or it is damaged.
    """
    path = find_model(Path(run))
    make = load_function(network) if isinstance(network, str) else network
    model = load_model(path, make)
    found = read_metrics(path.with_name(METRICS))
    return Run(folder=path.parent, metrics=found, model=model)


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process so far; 0 where it is not known."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _config(data: Data, options: RunOptions) -> dict[str, Any]:
    """Return all that is needed to repeat a run."""
    config: dict[str, Any] = {"format": 1, "data": "DataFrame", "sha256": None}
    if not isinstance(data, pd.DataFrame):
        config["data"] = str(data)
        config["sha256"] = hashlib.sha256(Path(data).read_bytes()).hexdigest()
    return config | {"options": options.to_dict(), "versions": versions()}
