"""From the data that a user names to a run, with the options that such data have."""

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from tenfold.config import MAX_PIXELS, MISSING, AuditMode, Kind, Quality, RunOptions, Task
from tenfold.data.arrow import ArrowTable, as_source
from tenfold.data.split import Splitter
from tenfold.errors import StoreError, UsageError
from tenfold.keeping import keep
from tenfold.kinds.registry import kind_of, refuse_foreign
from tenfold.learning import Given
from tenfold.machine import peak_memory_bytes
from tenfold.nn.own import MakeModule
from tenfold.order import (
    Order,
    do_again,
    go_on,
)
from tenfold.report.summary import summarize
from tenfold.run import Data, Run
from tenfold.store.begun import BegunFolder
from tenfold.store.folder import new_folder
from tenfold.study.study import Study, run_study
from tenfold.tracking import Log, tracker
from tenfold.training.checkpoints import Checkpoints
from tenfold.training.watch import Silent, Watch
from tenfold.values import makes_folds


def train(  # noqa: PLR0913 - each option of the command, by its own name
    data: Data | ArrowTable | None = None,
    *,
    target: str | None = None,
    task: Task | None = None,
    network: str | MakeModule = "auto",
    weights: str | None = None,
    quality: Quality = "medium",
    folds: int | Splitter | Iterable[Any] | None = None,
    test: Data | ArrowTable | None = None,
    test_size: float | None = None,
    group_column: str | None = None,
    time_column: str | None = None,
    weight_column: str | None = None,
    kinds: Mapping[str, Kind | str] | None = None,
    shuffle: bool | None = None,
    keep_copies: bool = False,
    refit: bool = True,
    audit: AuditMode = "stop",
    standardize: bool = False,
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
    batch_size: int | None = None,
    lr: float | None = None,
    img_size: int | None = None,
    seed: int = 0,
    device: str = "auto",
    time_limit: float | None = None,
    max_bad: float = 0.01,
    file_column: str | None = None,
    max_pixels: int = MAX_PIXELS,
    white: int | None = None,
    memory_bytes: int | None = None,
    workers: int | None = None,
    separator: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    missing: Sequence[str] = MISSING,
    skip_rows: int | None = None,
    skip_footer: int | None = None,
    comment: str | None = None,
    units_row: bool | None = None,
    keep_empty: bool = False,
    sheet: str | None = None,
    out: str | Path | None = "runs",
    resume: str | Path | None = None,
    config: str | Path | None = None,
    track: str | None = None,
    watch: Watch | None = None,
) -> Run:
    """Read a table or pictures, train all folds, score them, and write a run.

    Parameters
    ----------
    data : str, Path, DataFrame, or table of pyarrow or polars
        A table of separated text (also gzip), Parquet or Excel, or in memory; or
        pictures: a folder with a folder for each class, or a CSV of file and class.
        ``resume`` and ``config`` know where they are.
    target : str, optional
        Column to predict; the last one by default.
    task : {"regression", "classification"}, optional
        Seen from the target by default.
    network : str or callable
        ``"auto"``, ``"tutorial"``, ``"FILE.py:FUNCTION"``, or a function that takes
        the numbers of inputs and outputs and returns a ``torch.nn.Module``; for
        pictures also ``"pretrained"`` and ``"scratch"``, and a function gets the shape
        (3, height, width) for the number of inputs.
    weights : str, optional
        Of a pretrained network: a file, or ``"timm:NAME"``.
    quality : {"fast", "medium", "best"}
        How much time to spend.
    folds : int, splitter or iterable, optional
        A number, a splitter of scikit-learn, or (learn, test) positions, which count all
        rows of the data, those that are left out, too; 10 by default, fewer on a large table.
    test : str, Path or DataFrame, optional
        Rows that no choice touches, scored once at the end.
    test_size : float, optional
        Share of rows to keep apart for the same.
    group_column, time_column : str, optional
        Keep rows of a group in one fold; learn from the past, test on the future.
    weight_column : str, optional
        Column that holds the weight of each row.
    kinds : mapping of str to Kind or str, optional
        Columns whose kind is not to be detected.
    shuffle : bool, optional
        False holds out blocks of rows in the order of the file.
    keep_copies : bool
        True lets copies of a row stand in different folds.
    refit : bool
        Where folds learn from unequal parts of the rows, as in time: whether networks that
        learn from all of them answer new rows, or the mean of all folds.
    audit : {"stop", "warn", "off"}
        Whether data that make the score a lie are refused, or trained on and named, or not
        looked at.
    standardize : bool
        True gives the tutorial's network standardised columns.
    epochs, batch_size, lr : optional
        Passes over the rows at most, rows in a step, largest step size.
    steps_per_epoch, img_size : optional
        Of pictures: batches that count as an epoch, side in pixels.
    seed : int
        Names every random stream; the same seed gives the same run.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
    time_limit : float, optional
        Seconds of training, after which the best state is kept.
    max_bad : float
        Share of rows or pictures that may be rejected before the run refuses.
    file_column : str, optional
        Of a CSV of pictures: the column that names their files.
    max_pixels, white, memory_bytes, workers : optional
        Of pictures: the largest that is decoded, memory that they may take before they
        are kept in a temporary file, threads that decode.
    separator, header, encoding, decimal, missing : optional
        How a text file is written, where it is not to be detected.
    skip_rows, skip_footer, comment, units_row : optional
        What in a file is no row of the table: lines above its names or first row, lines at its
        end, what comments begin with, whether units stand below the names.
    keep_empty : bool
        True keeps columns without a name and cells, and what stands beside the table.
    sheet : str, optional
        Sheet of an Excel file: its name, or its number from 1 on.
    out : str, Path or None
        Folder that gets a folder for this run; None writes nothing.
    resume : str or Path, optional
        Folder of a run that was cut off, which goes on and ends as it would have. Options
        need not be given again; those that are must be the same.
    config : str or Path, optional
        ``config.json`` of a run that is done once more; on other data, if there are any.
    track : {"mlflow", "tensorboard"}, optional
        Logs parameters, curves, scores and the model there, too.
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
    >>> run.metrics["scores"]["mse"]["mean"] < run.metrics["baseline"]["mse"]
    True
    """
    options = RunOptions.named(
        locals()
        | {
            "folds": None if makes_folds(folds) else folds,
            "network": network if isinstance(network, str) else "own",
            "kinds": dict(kinds or {}),
            "missing": tuple(missing),
        }
    )
    given = Given(
        splitter=folds if makes_folds(folds) else None,  # type: ignore[arg-type]
        network=None if isinstance(network, str) else network,
        watch=watch or Silent(),
    )
    order = Order(
        data=None if data is None else as_source(data),
        test=None if test is None else as_source(test),
        options=options,
        given=given,
        out=None if out is None else Path(out),
    )
    if resume is not None:
        order = go_on(order, Path(resume))
    if config is not None:
        order = do_again(order, Path(config))
    return carry_out(order, tracker(track, out))


def carry_out(order: Order, log: Log) -> Run:
    """Read, train and score what is asked for, and write it."""
    if order.data is None:
        raise UsageError("U02", "there are no data", fix=["name them: tenfold train DATA"])
    watch, data, out = order.given.watch, order.data, order.out
    name = "table" if isinstance(data, pd.DataFrame) else run_name(Path(data))
    known = order.goes_on or order.repeats
    begun = BegunFolder(
        lambda: order.goes_on[0] if order.goes_on else new_folder(out or Path(), name),
        order.describe,
        None if known is None else known[1],
    )
    checkpoints = None if out is None else Checkpoints(begun.open, watch.tell, order.pace)
    with begun:
        try:
            run, study = train_and_score(order, checkpoints)
            if out is not None:
                run = keep(run, study, begun, order.repeats)
        except BaseException as error:
            # What failed to be written says by itself how nothing is lost.
            if not isinstance(error, StoreError) and (way_on := begun.abandon()):
                watch.tell(way_on)
            raise
    log(run, order.options)
    return run


def train_and_score(order: Order, checkpoints: Checkpoints | None) -> tuple[Run, Study]:
    """Read, train and score what is asked for; return the run and its study."""
    started = time.perf_counter()
    if order.data is None:
        raise ValueError("an order that is carried out has data")
    kind, watch = kind_of(order.data), order.given.watch
    refuse_foreign(kind, order.options)
    options = kind.options_for(order.data, order.options)
    data, test = kind.read(order.data, order.test, options, watch)
    read_seconds = time.perf_counter() - started
    study = run_study(
        kind,
        data,
        options,
        test=test,
        given=order.given,
        checkpoints=checkpoints,
    )
    seconds = {
        "read": read_seconds,
        "train": study.train_seconds,
        "total": time.perf_counter() - started,
    }
    summary = summarize(
        study,
        network=order.options.train.network,
        seed=order.options.train.seed,
        seconds=seconds,
        peak_memory_bytes=peak_memory_bytes(),
    )
    metrics = summary.to_dict()
    run = Run(folder=None, metrics=metrics, model=study.model, study=study, summary=summary)
    return run, study


def run_name(data: Path) -> str:
    """Return what a run on a file or a folder is called.

    A part for training gives its whole's name: ``pets/training_set`` is ``pets``.
    """
    data = Path(os.path.realpath(data))  # which a link to itself does not disturb
    if data.is_dir():
        part = data.name.lower().split("_")[0] in {"train", "training"}
        return data.parent.name if part and data.parent.name else data.name
    return data.name.split(".")[0]
