"""From what a user orders to a run: read, train, score, write."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from tenfold.config import (
    RunOptions,
)
from tenfold.data.picture_files import is_picture_source
from tenfold.data.pictures import read_pictures, read_test_pictures
from tenfold.data.read import read_table
from tenfold.errors import StoreError, UsageError
from tenfold.following import Callbacks, following, told_apart
from tenfold.keeping import keep
from tenfold.machine import peak_memory_bytes
from tenfold.order import Given, Order, options_of_pictures, refuse
from tenfold.report.summary import summarize
from tenfold.run import Run
from tenfold.store.begun import BegunFolder
from tenfold.store.folder import new_folder
from tenfold.study.pictures import run_picture_study, stage
from tenfold.study.study import PictureStudy, TableStudy
from tenfold.study.tables import run_study
from tenfold.tracking import tracker
from tenfold.training.checkpoints import Checkpoints
from tenfold.training.choose_pictures import choose_framing

STARTING_FROM_WEIGHTS: Final = ("auto", "pretrained")
NETWORKS_OF_PICTURES: Final = ("pretrained", "scratch")


def start(order: Order, callbacks: Callbacks = None, *, verbose: bool | None = None) -> Run:
    """Carry out an order while callbacks follow it."""
    members, names = told_apart(callbacks)
    logs = [tracker(name, order.out) for name in names]
    with following(members, verbose=verbose) as watch:
        run = carry_out(replace(order, given=replace(order.given, watch=watch)))
    for log in logs:
        log(run, order.options)
    return run


def carry_out(order: Order) -> Run:
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
    checkpoints = None if out is None else Checkpoints(begun.open, watch.tell, order.given.pace)
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
    return run


def train_and_score(
    order: Order, checkpoints: Checkpoints | None
) -> tuple[Run, TableStudy | PictureStudy]:
    """Read, train and score what is asked for; return the run and its study."""
    started = time.perf_counter()
    study, read_seconds = study_of(order, checkpoints)
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
    run = Run(folder=None, metrics=summary.to_dict(), model=study.model, study=study)
    return run, study


def study_of(
    order: Order, checkpoints: Checkpoints | None
) -> tuple[TableStudy | PictureStudy, float]:
    """Read data and study them; return the seconds of reading too."""
    data = order.data
    if is_picture_source(data):
        return study_pictures(data, order.test, order.options, order.given, checkpoints)
    if data is None:
        raise ValueError("an order that is carried out has data")
    return study_table(data, order.test, order.options, order.given, checkpoints)


def study_table(
    data: str | Path | pd.DataFrame,
    test: str | Path | pd.DataFrame | None,
    options: RunOptions,
    given: Given,
    checkpoints: Checkpoints | None,
) -> tuple[TableStudy, float]:
    """Read a table and study it; return the seconds of reading too."""
    refuse(options, "images", "a table")
    if options.train.network in NETWORKS_OF_PICTURES:
        raise UsageError(
            "U02", f"--network {options.train.network} is for pictures, not a table"
        )
    started = time.perf_counter()
    table = read_table(data, options.read)
    test_table = None if test is None else read_table(test, options.read, like=table.known)
    read_seconds = time.perf_counter() - started
    study = run_study(
        table,
        options,
        test=test_table,
        splitter=given.splitter,
        network=given.make,
        watch=given.watch,
        checkpoints=checkpoints,
    )
    return study, read_seconds


def study_pictures(
    data: str | Path,
    test: str | Path | pd.DataFrame | None,
    options: RunOptions,
    given: Given,
    checkpoints: Checkpoints | None,
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
        own_test = read_test_pictures(test, pictures.framing, options.pictures, progress)
        pictures = replace(pictures, decisions=(*pictures.decisions, *own_test.doubts))
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
        checkpoints=checkpoints,
    )
    return study, read_seconds


def run_name(data: Path) -> str:
    """Return what a run on a file or a folder is called.

    A part for training gives its whole's name: ``pets/training_set`` is ``pets``.
    """
    data = Path(os.path.realpath(data))  # which a link to itself does not disturb
    if data.is_dir():
        part = data.name.lower().split("_")[0] in {"train", "training"}
        return data.parent.name if part and data.parent.name else data.name
    return data.name.split(".")[0]
