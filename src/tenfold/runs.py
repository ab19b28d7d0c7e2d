"""How a run is had from Python: trained, gone on with, or done once more."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tenfold.audit_options import AuditMode
from tenfold.config import Quality, RunOptions, SchemaOptions, SplitOptions, Task, TrainOptions
from tenfold.data.folds.split import Splitter
from tenfold.data.tables.arrow import ArrowTable, as_source
from tenfold.following import Callbacks
from tenfold.launch import start
from tenfold.learning import UserObjects
from tenfold.nn.own_modules import MakeModule
from tenfold.read_options import PictureOptions, ReadOptions
from tenfold.request import Request, do_again, go_on
from tenfold.run import Data, Run
from tenfold.values import makes_folds


def train(  # noqa: PLR0913 - what people set most often by its name, the rest in objects
    data: Data | ArrowTable,
    target: str | None = None,
    *,
    task: Task | None = None,
    network: str | MakeModule = "auto",
    quality: Quality = "medium",
    folds: int | Splitter | Iterable[Any] | None = None,
    test: Data | ArrowTable | None = None,
    group_column: str | None = None,
    time_column: str | None = None,
    seed: int = 0,
    audit: AuditMode = "stop",
    reading: ReadOptions | PictureOptions | None = None,
    schema: SchemaOptions | None = None,
    splitting: SplitOptions | None = None,
    training: TrainOptions | None = None,
    out: str | Path | None = "runs",
    callbacks: Callbacks = None,
    verbose: bool | None = None,
) -> Run:
    """Read a table or pictures, train all folds, score them, and write a run.

    Options that are used seldom stand in objects, which hold the others, too: give each in one
    place.

    Parameters
    ----------
    data : str, Path, DataFrame, or table of pyarrow or polars
        A table of separated text (also gzip), Parquet or Excel, or in memory; or
        pictures: a folder with a folder for each class, or a CSV of file and class.
    target : str, optional
        Column to predict; the last one by default.
    task : {"regression", "classification"}, optional
        Seen from the target by default.
    network : str or callable
        ``"auto"``, ``"tutorial"``, ``"FILE.py:FUNCTION"``, or a function that takes
        the numbers of inputs and outputs and returns a ``torch.nn.Module``; for
        pictures also ``"pretrained"`` and ``"scratch"``, and a function gets the shape
        (3, height, width) for the number of inputs.
    quality : {"fast", "medium", "best"}
        How much time to spend.
    folds : int, splitter or iterable, optional
        A number, a splitter of scikit-learn, or (learn, test) positions, which count all
        rows of the data, those that are left out, too; 10 by default, fewer on a large table.
    test : str, Path or DataFrame, optional
        Rows that no choice touches, scored once at the end.
    group_column, time_column : str, optional
        Keep rows of a group in one fold; learn from the past, test on the future.
    seed : int
        Names every random stream; the same seed gives the same run.
    audit : {"stop", "warn", "off"}
        Whether data that make the score a lie are refused, or trained on and named, or not
        looked at.
    reading : ReadOptions or PictureOptions, optional
        How the files of a table, or pictures, are read.
    schema : SchemaOptions, optional
        What the columns mean: their kinds, the weights of rows.
    splitting : SplitOptions, optional
        Which rows are held out: shares, copies, blocks.
    training : TrainOptions, optional
        Epochs, batches, learning rate, device, time limit, size of pictures.
    out : str, Path or None
        Folder that gets a folder for this run; None writes nothing.
    callbacks : Callback, str or sequence of them, optional
        What follows training and may end it; ``"mlflow"`` and ``"tensorboard"`` get
        parameters, curves, scores and the model.
    verbose : bool, optional
        True prints decisions and a progress bar on standard error, False nothing. By default
        work that takes longer than two seconds gets a bar, if a person sees it: in a terminal
        or a notebook.

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
    >>> from tenfold import TrainOptions
    >>> x = np.linspace(0, 1, 60)
    >>> frame = pd.DataFrame({"x": x, "y": 3 * x})
    >>> run = train(frame, "y", folds=3, training=TrainOptions(epochs=30), out=None)
    >>> run.metrics["task"], run.metrics["folds"]
    ('regression', 3)
    >>> run.metrics["scores"]["mse"]["mean"] < run.metrics["baseline"]["mse"]
    True
    """
    flat: dict[str, Any] = {"target": target, "task": task, "seed": seed, "audit": audit}
    flat |= {"quality": quality, "network": network if isinstance(network, str) else "own"}
    flat |= {"group_column": group_column, "time_column": time_column}
    flat |= {"folds": None if makes_folds(folds) else folds}
    options = RunOptions.of((reading, schema, splitting, training), flat)
    request = requested(data, test, options, folds, network, out)
    return start(request, callbacks, verbose=verbose)


def resume(
    folder: str | Path,
    data: Data | ArrowTable | None = None,
    *,
    test: Data | ArrowTable | None = None,
    folds: Splitter | Iterable[Any] | None = None,
    network: MakeModule | None = None,
    callbacks: Callbacks = None,
    verbose: bool | None = None,
) -> Run:
    """Go on with a run that was cut off, and end it as it would have ended.

    Data and options are those of its ``config.json``; what no file holds is given again.

    Parameters
    ----------
    folder : str or Path
        Of the run.
    data, test : DataFrame or table, optional
        Again, where the run began with tables in memory.
    folds : splitter or iterable, optional
        Again, where the run began with one.
    network : callable, optional
        Again, where the run began with a function.
    callbacks, verbose
        See ``train``.

    Raises
    ------
    StoreError
        M04, M13 or M14, if there is no run to go on with; M12, if its data changed.
    UsageError
        U02, if something that no file holds is not given again.

    Examples
    --------
    >>> resume("runs/none")
    Traceback (most recent call last):
    tenfold.errors.StoreError: M13: there is no run at runs/none.
    ...
    """
    request = requested(data, test, RunOptions(), folds, network, Path(folder).parent)
    return start(go_on(request, Path(folder)), callbacks, verbose=verbose)


def rerun(
    config: str | Path,
    data: Data | ArrowTable | None = None,
    *,
    test: Data | ArrowTable | None = None,
    folds: Splitter | Iterable[Any] | None = None,
    network: MakeModule | None = None,
    out: str | Path | None = "runs",
    callbacks: Callbacks = None,
    verbose: bool | None = None,
) -> Run:
    """Do a run once more with all its options, on the same data or on others.

    Parameters
    ----------
    config : str or Path
        The folder of the run, or its ``config.json``.
    data, test : str, Path, DataFrame or table, optional
        Other data; those of the run by default, which must not have changed.
    folds, network : optional
        Again, where the run began with a splitter or a function.
    out, callbacks, verbose
        See ``train``.

    Raises
    ------
    StoreError
        M04, if there is no run; M12, if its data changed.
    UsageError
        U02, if something that no file holds is not given again.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np, pandas as pd
    >>> from tenfold import TrainOptions, train
    >>> x = np.linspace(0, 1, 60)
    >>> frame, few = pd.DataFrame({"x": x, "y": 3 * x}), TrainOptions(epochs=2)
    >>> with tempfile.TemporaryDirectory() as home:
    ...     run = train(frame, folds=3, training=few, out=home)
    ...     again = rerun(run.folder, frame, out=None)
    >>> again.metrics["scores"] == run.metrics["scores"]
    True
    """
    request = requested(data, test, RunOptions(), folds, network, out)
    return start(do_again(request, Path(config)), callbacks, verbose=verbose)


def requested(
    data: Data | ArrowTable | None,
    test: Data | ArrowTable | None,
    options: RunOptions,
    folds: Any,
    network: Any,
    out: str | Path | None,
) -> Request:
    """Return what is asked for, whatever library the tables are of."""
    return Request(
        data=None if data is None else as_source(data),
        test=None if test is None else as_source(test),
        options=options,
        objects=UserObjects(
            splitter=folds if makes_folds(folds) else None,
            network=None if isinstance(network, str) else network,
        ),
        out=None if out is None else Path(out),
    )
