"""What the options of a command say, read and checked against each other."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from tenfold.cli.options import NEW_DATA, OPTIONS
from tenfold.config import RunOptions, flat_of
from tenfold.errors import UsageError
from tenfold.option import flag_of
from tenfold.read_options import MISSING, ReadOptions

if TYPE_CHECKING:
    from tenfold.data.new_rows.admit import Mode
    from tenfold.run import Run

AS_TRAINED: Final = RunOptions(read=ReadOptions(missing=None))  # how new data are read
BYTES_PER_GB = 10**9


def memory_bytes(gigabytes: float | None) -> int | None:
    """Return the number of bytes that ``--memory GB`` allows."""
    return None if gigabytes is None else int(gigabytes * BYTES_PER_GB)


def kinds(texts: list[str]) -> dict[str, str]:
    """Return the kind of each column that ``--kind NAME=KIND`` names."""
    kinds = {}
    for text in texts:
        name, sign, kind = text.rpartition("=")
        if not sign:
            raise UsageError("U01", f"kind must be NAME=KIND, but it is {text!r}")
        kinds[name] = kind
    return kinds


def options(said: Mapping[str, Any]) -> RunOptions:
    """Return the options of a run that a command was given.

    Parameters
    ----------
    said : mapping
        The parameters of ``train``, ``compare`` or ``audit``, by their names.
    """
    return RunOptions.named(
        dict(said)
        | {
            "task": None if said["task"] == "auto" else said["task"],
            "kinds": kinds(said["kind"] or []),
            "memory_bytes": memory_bytes(said["memory"]),
            "missing": missing_cells(said["missing"]),
        }
    )


def missing_cells(words: list[str] | None) -> tuple[str, ...]:
    """Return the cells that are read as empty: those of ``--missing``, or the usual words."""
    return MISSING if words is None else ("", *words)


def new_options(said: Mapping[str, Any]) -> RunOptions:
    """Return the options that say how new data are read; those that are None, training says.

    Parameters
    ----------
    said : mapping
        The parameters of ``predict`` or ``evaluate``, by their names.
    """
    missing = None if said["missing"] is None else missing_cells(said["missing"])
    return RunOptions.named({name: said[name] for name in NEW_DATA} | {"missing": missing})


def schema_mode(*, strict: bool, warn: bool) -> "Mode | None":
    """Return what becomes of rows that are not like those of training.

    Raises
    ------
    UsageError
        U02, if both are asked for.
    """
    if strict and warn:
        raise UsageError(
            "U02", "--strict and --warn contradict each other", fix=["leave one of them out"]
        )
    return "strict" if strict else "warn" if warn else None


def refuse_unfit(
    run: "Run",
    options: RunOptions,
    inputs: Sequence[Path] = (),
    departures: Path | None = None,
) -> None:
    """Refuse options and files that are not of the kind of data that a run was trained on.

    Raises
    ------
    PredictError
        P05.
    UsageError
        U02.
    """
    from tenfold.kinds.registry import refuse_foreign, refuse_other  # noqa: PLC0415

    kind = run.model.kind
    if departures is not None and not kind.columns(run.model.schema):
        raise UsageError("U02", f"--departures lists cells, but the run is on {kind.whole}")
    for path in inputs:
        refuse_other(kind, path, options)
    refuse_foreign(kind, options, AS_TRAINED)


def refuse_beside(
    context: typer.Context, options: RunOptions, resume: Path | None, config: Path | None
) -> None:
    """Refuse options that say otherwise than the run that goes on, or is done once more.

    Raises
    ------
    UsageError
        U02, if an option stands beside --config.
    StoreError
        M12, if one is not what it was when the run began.
    """
    if resume is None and config is None:
        if context.params["data"] is None:
            context.fail("Missing argument 'DATA'.")
        return
    if resume is not None and config is not None:
        raise UsageError("U02", "--resume and --config were both given")
    from tenfold.store.begun import unfinished_run  # noqa: PLC0415

    spelt = {"kind": "kinds", "memory": "memory_bytes"}
    named = [
        spelt.get(name, name)
        for name in context.params
        if spelt.get(name, name) in OPTIONS
        and getattr(context.get_parameter_source(name), "name", "DEFAULT") != "DEFAULT"
    ]
    values = flat_of(options)
    if config is not None and named:
        flag = flag_of(OPTIONS[named[0]][0])
        flag = f"no-{flag}" if values[named[0]] is False else flag
        fact = f"--{flag} was given, but --config already sets it"
        raise UsageError("U02", fact, fix=["leave one of the two out"])
    if resume is not None:
        unfinished_run(resume)[1].require_options({name: values[name] for name in named})
