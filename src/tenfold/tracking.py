"""A run in MLflow or TensorBoard, through their own libraries; it is saved before."""

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tenfold.config import RunOptions
from tenfold.errors import StoreError, UsageError
from tenfold.extras import require
from tenfold.run import Run
from tenfold.store.folder import CARD, METRICS, MODEL, REPORT, history_table
from tenfold.store.run_config import CONFIG

Log = Callable[[Run, RunOptions], None]

FILES: Final = (METRICS, CONFIG, MODEL, REPORT, CARD)  # that go to MLflow
TRACKERS: Final = ("mlflow", "tensorboard")
BOARD: Final = "tensorboard"  # folder of a run


def tracker(name: str, out: object) -> Log:
    """Return what logs a run, before there is one: a library may be missing.

    Parameters
    ----------
    name : {"mlflow", "tensorboard"}
    out : path or None
        Where the run will be written.

    Raises
    ------
    UsageError
        U01, if there is no such library; U02, if it needs a folder and there is none.
    MissingExtraError
        E01, if it is not installed.
    """
    if name == "mlflow":
        library = require("mlflow", extra="tracking", to="log a run to MLflow")
        return lambda run, options: _to_mlflow(library, run, options)
    if name == "tensorboard":
        require("tensorboard", extra="tracking", to="log a run to TensorBoard")
        if out is None:
            raise UsageError("U02", "--track tensorboard was given, but the run has no folder")
        return _to_tensorboard
    raise UsageError("U01", f"--track must be mlflow or tensorboard, but it is {name!r}")


def _to_mlflow(mlflow: Any, run: Run, options: RunOptions) -> None:
    """Log into the run that is active in MLflow, or into a new one of the run's name."""
    named = None if run.folder is None else run.folder.name
    active = mlflow.active_run() is not None
    with (
        _logging_to("MLflow", run),
        contextlib.nullcontext() if active else mlflow.start_run(run_name=named),
    ):
        mlflow.log_params(parameters_of(run, options))
        for step, curves in curves_of(run):
            mlflow.log_metrics(curves, step=step)
        mlflow.log_metrics(scores_of(run))
        if run.folder is not None:
            for name in FILES:
                mlflow.log_artifact(str(run.folder / name))


def _to_tensorboard(run: Run, options: RunOptions) -> None:
    """Log into a folder of the run: ``tensorboard --logdir runs`` shows all runs."""
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an extra's

    folder = run.folder or Path(BOARD)
    with _logging_to("TensorBoard", run):
        writer = SummaryWriter(str(folder / BOARD))
        for step, curves in curves_of(run):
            for name, value in curves.items():
                writer.add_scalar(f"training/{name}", value, step)
        scores = scores_of(run)
        for name, value in scores.items():
            writer.add_scalar(f"scores/{name}", value, 0)
        lines = [f"| {name} | {value} |" for name, value in parameters_of(run, options).items()]
        table = "\n".join(["| parameter | value |", "| --- | --- |", *lines])
        writer.add_text("parameters", table)
        writer.add_text("model", f"`{folder / MODEL}`")
        writer.close()


@contextlib.contextmanager
def _logging_to(library: str, run: Run) -> Iterator[None]:
    """Turn whatever a library raises into a message that says where the run is.

    Raises
    ------
    StoreError
        M08.
    """
    try:
        yield
    except Exception as error:
        place = {} if run.folder is None else {"saved in": str(run.folder)}
        fact = f"{library} did not accept the run: {' '.join(str(error).split())[:300]}"
        raise StoreError("M08", fact, place=place, fix=["train without --track"]) from error


def parameters_of(run: Run, options: RunOptions) -> dict[str, str]:
    """Return every option, and what was chosen, as text by name."""
    chosen = ("network", "folds", "epochs", "parameters", "device", "rows", "columns")
    found = {f"run.{name}": str(run.metrics[name]) for name in chosen}
    for group, values in options.to_dict().items():
        found |= {f"{group}.{name}": str(value)[:250] for name, value in values.items()}
    return found


def scores_of(run: Run) -> dict[str, float]:
    """Return every score that is a number: over folds, of the guess, of test rows."""
    found: dict[str, float | None] = {}
    for name, score in run.metrics["scores"].items():
        found |= {f"{name}": score["mean"], f"{name}_std": score["std"]}
        found |= {f"{name}_low": score["low"], f"{name}_high": score["high"]}
        found[f"{name}_baseline"] = run.metrics["baseline"][name]
    if run.metrics["test"]:
        tested = run.metrics["test"]["scores"]
        found |= {f"test_{name}": score["value"] for name, score in tested.items()}
    return _numbers(found)


def curves_of(run: Run) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield each epoch with its losses: means over folds, and each fold's."""
    if run.study is None:
        raise ValueError("the run was loaded, so it is not logged")
    for line in history_table(run.study).to_dict("records"):
        epoch = int(line.pop("epoch"))
        yield epoch, _numbers({str(name): value for name, value in line.items()})


def _numbers(values: Mapping[str, float | None]) -> dict[str, float]:
    """Return the values that are finite numbers."""
    return {
        name: float(value)
        for name, value in values.items()
        if value is not None and math.isfinite(value)
    }
