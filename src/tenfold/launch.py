"""From what a user orders to a run: read, train, score, write."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tenfold.errors import StoreError, UsageError
from tenfold.following import Callbacks, following, told_apart
from tenfold.kinds.registry import kind_for, kind_of
from tenfold.machine import peak_memory_bytes
from tenfold.report.summary import summarize
from tenfold.request import Order
from tenfold.run import Run
from tenfold.saving import keep
from tenfold.store.begun import BegunFolder
from tenfold.store.folder import new_folder
from tenfold.study.study import Study, run_study
from tenfold.tracking import tracker
from tenfold.training.checkpoints import Checkpoints


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
    name = run_name(data)
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
    return run


def train_and_score(order: Order, checkpoints: Checkpoints | None) -> tuple[Run, Study]:
    """Read, train and score what is asked for; return the run and its study."""
    started = time.perf_counter()
    if order.data is None:
        raise ValueError("an order that is carried out has data")
    kind, options = kind_for(order.data, order.options)
    data, test = kind.read(order.data, order.test, options, order.given.watch)
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
    run = Run(folder=None, metrics=summary.to_dict(), model=study.model, study=study)
    return run, study


def run_name(source: str | Path | pd.DataFrame) -> str:
    """Return what a run on a file, a folder or a table in memory is called.

    A part for training gives its whole's name: ``pets/training_set`` is ``pets``.
    """
    if isinstance(source, pd.DataFrame):
        return kind_of(source).name
    data = Path(os.path.realpath(source))  # which a link to itself does not disturb
    if data.is_dir():
        part = data.name.lower().split("_")[0] in {"train", "training"}
        return data.parent.name if part and data.parent.name else data.name
    return data.name.split(".")[0]
