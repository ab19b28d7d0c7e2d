"""From the data that a user names to a run, with the options that such data have."""

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tenfold.config import (
    MAX_PIXELS,
    MISSING,
    Kind,
    Quality,
    RunOptions,
    Task,
)
from tenfold.data.picture_files import is_picture_source
from tenfold.data.pictures import read_pictures
from tenfold.data.read import read_table
from tenfold.data.split import Splitter
from tenfold.errors import UsageError
from tenfold.machine import peak_memory_bytes
from tenfold.nn.own import MakeModule
from tenfold.report.summary import summarize, versions
from tenfold.run import Data, Run
from tenfold.store.folder import new_folder, write_run
from tenfold.study.pictures import run_picture_study, stage
from tenfold.study.study import PictureStudy, TableStudy
from tenfold.study.tables import run_study
from tenfold.tracking import tracker
from tenfold.training.choose_pictures import choose_framing
from tenfold.training.watch import Silent, Watch

# Options that only one kind of data has, by their group; the others keep their default.
OF_TABLES: Final = {
    "read": ("separator", "header", "encoding", "decimal", "missing"),
    "schema": ("task", "kinds", "weight_column"),
    "split": ("shuffle", "time_column"),
    "train": ("standardize",),
}
OF_PICTURES: Final = {
    "pictures": ("file_column", "max_pixels", "memory_bytes", "workers"),
    "train": ("weights", "steps_per_epoch", "img_size"),
}
OF_PICTURE_TABLES: Final = {"pictures": ("file_column", "target", "group_column")}
SPELT: Final = {"kinds": "kind", "shuffle": "no-shuffle", "memory_bytes": "memory"}
STARTING_FROM_WEIGHTS: Final = ("auto", "pretrained")
NETWORKS_OF_PICTURES: Final = ("pretrained", "scratch")


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What a user gives as objects, which no file of options can hold."""

    watch: Watch
    splitter: Splitter | Iterable[Any] | None = None
    make: MakeModule | None = None


def train(  # noqa: PLR0913 - each option of the command, by its own name
    data: Data,
    *,
    target: str | None = None,
    task: Task | None = None,
    network: str | MakeModule = "auto",
    weights: str | None = None,
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
    memory_bytes: int | None = None,
    workers: int | None = None,
    separator: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    missing: Sequence[str] = MISSING,
    out: str | Path | None = "runs",
    track: str | None = None,
    watch: Watch | None = None,
) -> Run:
    """Read a table or pictures, train all folds, score them, and write a run.

    Parameters
    ----------
    data : str, Path or DataFrame
        A table of separated text (also gzip), Parquet or Excel, or a DataFrame; or
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
    weights : str, optional
        Of a pretrained network: a file, or ``"timm:NAME"``.
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
    max_pixels, memory_bytes, workers : optional
        Of pictures: the largest that is decoded, memory that they may take before they
        are kept in a temporary file, threads that decode.
    separator, header, encoding, decimal, missing : optional
        How a text file is written, where it is not to be detected.
    out : str, Path or None
        Folder that gets a folder for this run; None writes nothing.
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
    >>> run.metrics["scores"]["mse"]["mean"] < run.metrics["constant"]["mse"]
    True
    """
    options = RunOptions.named(
        locals()
        | {
            "folds": folds if isinstance(folds, int) else None,
            "network": network if isinstance(network, str) else "own",
            "kinds": dict(kinds or {}),
            "missing": tuple(missing),
        }
    )
    given = Given(
        splitter=None if isinstance(folds, int) else folds,
        make=None if isinstance(network, str) else network,
        watch=watch or Silent(),
    )
    log = tracker(track, out)
    started = time.perf_counter()
    study: TableStudy | PictureStudy
    if not isinstance(data, pd.DataFrame) and is_picture_source(data):
        study, read_seconds = study_pictures(data, test, options, given)
    else:
        study, read_seconds = study_table(data, test, options, given)
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
    metrics = summary.to_dict()
    run = Run(folder=None, metrics=metrics, model=study.model, study=study, summary=summary)
    if out is not None:
        run = keep(run, study, data, options, Path(out))
    log(run, options)
    return run


def keep(
    run: Run, study: TableStudy | PictureStudy, data: Data, options: RunOptions, out: Path
) -> Run:
    """Write a run into a folder of its own, and return it with this folder.

    Raises
    ------
    StoreError
        M06, if it cannot be written.
    """
    name = "table" if isinstance(data, pd.DataFrame) else run_name(Path(data))
    folder = new_folder(out, name)
    write_run(folder, study, run.metrics, describe_run(data, options))
    run = replace(run, folder=folder)
    run.write_report()
    return run


def study_table(
    data: str | Path | pd.DataFrame,
    test: str | Path | pd.DataFrame | None,
    options: RunOptions,
    given: Given,
) -> tuple[TableStudy, float]:
    """Read a table and study it; return the seconds of reading too."""
    refuse(options, OF_PICTURES, "a table")
    if options.train.network in NETWORKS_OF_PICTURES:
        raise UsageError(
            "U02", f"--network {options.train.network} is for pictures, not a table"
        )
    started = time.perf_counter()
    table = read_table(data, options.read)
    test_table = None if test is None else read_table(test, options.read)
    read_seconds = time.perf_counter() - started
    study = run_study(
        table,
        options,
        test=test_table,
        splitter=given.splitter,
        network=given.make,
        watch=given.watch,
    )
    return study, read_seconds


def study_pictures(
    data: str | Path, test: str | Path | pd.DataFrame | None, options: RunOptions, given: Given
) -> tuple[PictureStudy, float]:
    """Read a folder of pictures and study it; return the seconds of reading too."""
    options = options_of_pictures(data, options)
    if options.train.weights is not None and options.train.network not in STARTING_FROM_WEIGHTS:
        fact = f"--weights was given, and --network {options.train.network} starts without"
        raise UsageError("U02", fact)
    if isinstance(test, pd.DataFrame):
        raise UsageError("U02", "test is a DataFrame, and data are pictures")
    started = time.perf_counter()
    framing = choose_framing(options.train)
    progress = stage(given.watch, "reading pictures")
    pictures, own_test = read_pictures(data, framing, options.pictures, progress)
    pictures.check_rejected(options.pictures.max_bad)
    if test is not None:
        apart, part = read_pictures(test, framing, options.pictures, progress)
        own_test = apart if part is None else part
    if own_test is not None:
        own_test.check_rejected(options.pictures.max_bad)
    read_seconds = time.perf_counter() - started
    study = run_picture_study(
        pictures,
        options,
        test=own_test,
        splitter=given.splitter,
        network=given.make,
        watch=given.watch,
    )
    return study, read_seconds


def options_of_pictures(data: str | Path, options: RunOptions) -> RunOptions:
    """Refuse options that say nothing of pictures, and return those that are left.

    Raises
    ------
    UsageError
        U02, naming the first.
    """
    if options.schema.task == "classification":  # what pictures are for anyway
        options = replace(options, schema=replace(options.schema, task=None))
    refuse(options, OF_TABLES, "pictures")
    if Path(data).is_dir():
        refuse(options, OF_PICTURE_TABLES, "a folder of pictures: its folders are the classes")
    return options


def refuse(options: RunOptions, names: Mapping[str, tuple[str, ...]], data: str) -> None:
    """Refuse options that say nothing of this kind of data.

    Raises
    ------
    UsageError
        U02, naming the first.
    """
    usual = RunOptions()
    for group, members in names.items():
        for name in members:
            if getattr(getattr(options, group), name) != getattr(getattr(usual, group), name):
                option = SPELT.get(name, name.replace("_", "-"))
                raise UsageError("U02", f"--{option} was given, and it says nothing of {data}")


def run_name(data: Path) -> str:
    """Return what a run on a file or a folder is called.

    A part for training gives its whole's name: ``pets/training_set`` is ``pets``.
    """
    data = data.resolve()
    if data.is_dir():
        part = data.name.lower().split("_")[0] in {"train", "training"}
        return data.parent.name if part and data.parent.name else data.name
    return data.name.split(".")[0]


def describe_run(data: str | Path | pd.DataFrame, options: RunOptions) -> dict[str, Any]:
    """Return all that is needed to repeat a run."""
    config: dict[str, Any] = {"format": 1, "data": "DataFrame", "sha256": None}
    if not isinstance(data, pd.DataFrame):
        config["data"] = str(data)
        config["sha256"] = fingerprint(Path(data))
    return config | {"options": options.to_dict(), "versions": versions()}


def fingerprint(data: Path) -> str:
    """Return the SHA-256 of a file, or of the names and sizes of a folder's files."""
    if not data.is_dir():
        return hashlib.sha256(data.read_bytes()).hexdigest()
    found = hashlib.sha256()
    for path in sorted(p for p in data.rglob("*") if p.is_file()):
        found.update(f"{path.relative_to(data).as_posix()}\0{path.stat().st_size}\n".encode())
    return found.hexdigest()
