"""One contender in a process of its own: reads a request a line, answers a line of JSON.

    python worker.py NAME FOLDER THREADS

A request names ``table``, ``part`` ("splits" or "folds"), ``unit`` (which split or
fold; null asks Tenfold for all folds in one run) and ``seed``. Seconds are those of
learning and answering, not of imports: the first request is preceded by a small fit.
"""

import functools
import json
import os
import sys
import time
import traceback
import warnings
from pathlib import Path
from typing import Any

import contenders
import numpy as np
import pandas as pd
import tasks
from numpy.typing import NDArray

warnings.simplefilter("ignore")
Record = dict[str, Any]


@functools.cache
def prepared(name: str, part: str, folder: Path) -> tuple[pd.DataFrame, NDArray[Any], Any]:
    """Return a table, its target in numbers, and its pairs of learning and test rows."""
    frame = tasks.read(name, folder)
    if part == "splits":
        pairs = tasks.fixed_splits(name, folder, len(frame))
    else:
        pairs = tasks.folds(name, frame)
    return frame, tasks.truth(name, frame), pairs


def peer_unit(peer: str, request: Record, folder: Path, threads: int) -> Record:
    """Let a peer learn from one split or fold."""
    table = tasks.TABLES[request["table"]]
    frame, true, pairs = prepared(request["table"], request["part"], folder)
    learn, test = pairs[request["unit"]]
    columns = frame.drop(columns=table.target)
    started = time.perf_counter()
    said = contenders.PEERS[peer](
        table.task,
        columns.iloc[learn].reset_index(drop=True),
        true[learn],
        columns.iloc[test].reset_index(drop=True),
        request["seed"],
        threads,
    )
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "scores": [tasks.score(table.task, true[test], said)]}


def tenfold_split(request: Record, folder: Path) -> Record:
    """Let Tenfold train on the learning rows of a split and predict its test rows."""
    import tenfold  # noqa: PLC0415

    table = tasks.TABLES[request["table"]]
    frame, true, pairs = prepared(request["table"], "splits", folder)
    learn, test = pairs[request["unit"]]
    started = time.perf_counter()
    run = tenfold.train(
        frame.iloc[learn],
        target=table.target,
        seed=request["seed"],
        training=tenfold.TrainOptions(device="cpu"),
        out=None,
    )
    fitted = time.perf_counter() - started
    said = run.predict(frame.iloc[test].drop(columns=table.target))
    seconds = time.perf_counter() - started
    scores = tasks.score(table.task, true[test], said["prediction"].to_numpy())
    return {"seconds": seconds, "fit_seconds": fitted, "scores": [scores]}


def tenfold_folds(request: Record, folder: Path) -> Record:
    """Let Tenfold train all folds in one run; score what each says of its held-out rows."""
    import tenfold  # noqa: PLC0415

    name = request["table"]
    table = tasks.TABLES[name]
    frame, true, pairs = prepared(name, "folds", folder)
    started = time.perf_counter()
    run = tenfold.train(
        frame,
        target=table.target,
        folds=pairs,
        seed=request["seed"],
        training=tenfold.TrainOptions(device="cpu"),
        out=None,
    )
    seconds = time.perf_counter() - started
    said = run.study.out_of_fold()
    if table.task == "regression":
        said = said[:, 0]
    else:
        order = [list(run.metrics["classes"]).index(c) for c in tasks.classes(name, frame)]
        said = said[:, order]
    scores = [tasks.score(table.task, true[test], said[test]) for _, test in pairs]
    # Tenfold's own figures must be the ones that are computed here.
    metric = "mse" if table.task == "regression" else "accuracy"
    own = run.metrics["scores"][metric]["per_fold"]
    if not np.allclose(own, [score[metric] for score in scores], rtol=1e-6):
        raise ValueError(f"{metric} of the run and of this benchmark differ")
    return {"seconds": seconds, "scores": scores}


def warm_up(name: str) -> None:
    """Import what the contender needs, and wake its threads with a fit that is not counted."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(200, 3)), columns=["a", "b", "c"])
    target = frame["a"].to_numpy() + random.normal(size=200)
    if name == "tenfold":
        import tenfold  # noqa: PLC0415

        tenfold.train(
            frame.assign(y=target),
            folds=3,
            training=tenfold.TrainOptions(epochs=2, device="cpu"),
            out=None,
        )
    elif name == "realmlp":
        import pytabkit  # noqa: F401, PLC0415
    else:
        contenders.PEERS[name]("regression", frame, target, frame, 0, 1)


def answer(name: str, request: Record, folder: Path, threads: int) -> Record:
    """Do what a request asks; an error is an answer too."""
    try:
        if name != "tenfold":
            return peer_unit(name, request, folder, threads)
        if request["part"] == "splits":
            return tenfold_split(request, folder)
        return tenfold_folds(request, folder)
    except Exception as error:  # noqa: BLE001 - the run goes on with the others
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Answer requests until the input ends."""
    name, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    # Libraries print; only answers may reach the other side.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        warm_up(name)
        hello: Record = {"ready": name}
    except ImportError as error:
        hello = {"error": str(error)}
    print(json.dumps(hello), file=replies, flush=True)
    for line in sys.stdin:
        found = answer(name, json.loads(line), folder, threads)
        print(json.dumps(found), file=replies, flush=True)


if __name__ == "__main__":
    main()
