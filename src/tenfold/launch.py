"""From what a user asks for to a run: read, train, score, write."""

import os
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tenfold.errors import StoreError, UsageError
from tenfold.following import Callbacks, following, split_callbacks
from tenfold.kinds.registry import kind_for, kind_of
from tenfold.machine import peak_memory_bytes
from tenfold.report.summary import summarize
from tenfold.request import Request
from tenfold.run import Run
from tenfold.saving import keep
from tenfold.store.begun import BegunFolder
from tenfold.store.folder import new_folder
from tenfold.study.study import Study, run_study
from tenfold.tracking import tracker
from tenfold.training.checkpoints import Checkpoints


def start(request: Request, callbacks: Callbacks = None, *, verbose: bool | None = None) -> Run:
    """Carry out a request while callbacks follow it."""
    members, names = split_callbacks(callbacks)
    logs = [tracker(name, request.out) for name in names]
    with following(members, verbose=verbose) as watch:
        run = carry_out(replace(request, objects=replace(request.objects, watch=watch)))
    for log in logs:
        log(run, request.options)
    return run


def carry_out(request: Request) -> Run:
    """Read, train and score what is asked for, and write it."""
    if request.data is None:
        raise UsageError("U02", "there are no data", fix=["name them: tenfold train DATA"])
    watch, data, out = request.objects.watch, request.data, request.out
    name = run_name(data)
    known = request.goes_on or request.repeats
    begun = BegunFolder(
        lambda: request.goes_on[0] if request.goes_on else new_folder(out or Path(), name),
        request.describe,
        None if known is None else known[1],
    )
    checkpoints = None
    if out is not None:
        resumes = request.goes_on is not None
        checkpoints = Checkpoints(begun.open, watch.tell, request.pace, resumes=resumes)
    with begun:
        try:
            run, study = train_and_score(request, checkpoints)
            if out is not None:
                run = keep(run, study, begun, request.repeats)
        except BaseException as error:
            # What failed to be written says by itself how nothing is lost.
            if not isinstance(error, StoreError) and (way_on := begun.abandon()):
                watch.tell(way_on)
            raise
    return run


def train_and_score(request: Request, checkpoints: Checkpoints | None) -> tuple[Run, Study]:
    """Read, train and score what is asked for; return the run and its study."""
    started = time.perf_counter()
    if request.data is None:
        raise ValueError("a request that is carried out has data")
    kind, options = kind_for(request.data, request.options)
    data, test = kind.read(request.data, request.test, options, request.objects.watch)
    read_seconds = time.perf_counter() - started
    study = run_study(
        kind,
        data,
        options,
        test=test,
        objects=request.objects,
        checkpoints=checkpoints,
    )
    seconds = {
        "read": read_seconds,
        "train": study.train_seconds,
        "total": time.perf_counter() - started,
    }
    summary = summarize(
        study,
        network=request.options.train.network,
        seed=request.options.train.seed,
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
