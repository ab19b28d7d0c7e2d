"""What the options of a command say, read and checked against each other."""

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tenfold.cli.options import OPTIONS
from tenfold.config import RunOptions, flat_of
from tenfold.errors import PredictError, UsageError
from tenfold.option import flag_of
from tenfold.read_options import MISSING, ReadOptions

if TYPE_CHECKING:
    from tenfold.data.admit import Mode

# Spelt out here, as the help text must not wait for what reads them.
TABLES = (".csv", ".tsv", ".parquet", ".xlsx")
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")

BYTES_PER_GB = 10**9


def memory_bytes(gigabytes: float | None) -> int | None:
    """Return the number of bytes that ``--memory GB`` allows."""
    return None if gigabytes is None else int(gigabytes * BYTES_PER_GB)


def kinds(given: list[str]) -> dict[str, str]:
    """Return the kind of each column that ``--kind NAME=KIND`` names."""
    kinds = {}
    for text in given:
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


def missing_cells(given: list[str] | None) -> tuple[str, ...]:
    """Return the cells that are read as empty: those of ``--missing``, or the usual words."""
    return MISSING if given is None else ("", *given)


def read_options(said: Mapping[str, Any]) -> ReadOptions:
    """Return the options that say how new rows are read; those that are None, training says.

    Parameters
    ----------
    said : mapping
        The parameters of ``predict`` or ``evaluate``, by their names.
    """
    values = {field.name: said[field.name] for field in fields(ReadOptions)}
    missing = None if said["missing"] is None else missing_cells(said["missing"])
    return ReadOptions(**values | {"missing": missing})


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


def refuse_kind(kind: str, inputs: list[Path]) -> None:
    """Refuse tables for a run on pictures, and pictures for a run on a table.

    Raises
    ------
    PredictError
        P05.
    """
    for path in inputs:
        suffix = path.suffix.lower()
        if kind == "images" and suffix in TABLES:
            learnt, given = "images", "a table"
        elif kind == "table" and suffix in PICTURES:
            learnt, given = "a table", "an image"
        else:
            continue
        raise PredictError(
            "P05",
            f"the run was trained on {learnt}, but this is {given}",
            place={"file": str(path)},
            fix=[f"pass {learnt}"],
        )


def refuse_reading(read: ReadOptions, departures: Path | None = None) -> None:
    """Refuse options that are about the cells of a table, where pictures are.

    Raises
    ------
    UsageError
        U02.
    """
    if departures is not None:
        raise UsageError("U02", "--departures lists cells, but the run is on images")
    if replace(read, max_bad=ReadOptions().max_bad) != ReadOptions(missing=None):
        raise UsageError("U02", "the options say how to read a table, but the run is on images")


def refuse_white(white: int | None) -> None:
    """Refuse to say what is white where there are rows of a table.

    Raises
    ------
    UsageError
        U02.
    """
    if white is not None:
        raise UsageError("U02", "--white only applies to images, but the run is on a table")


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
    given = [
        spelt.get(name, name)
        for name in context.params
        if spelt.get(name, name) in OPTIONS
        and getattr(context.get_parameter_source(name), "name", "DEFAULT") != "DEFAULT"
    ]
    values = flat_of(options)
    if config is not None and given:
        flag = flag_of(OPTIONS[given[0]][0])
        flag = f"no-{flag}" if values[given[0]] is False else flag
        fact = f"--{flag} was given, but --config already sets it"
        raise UsageError("U02", fact, fix=["leave one of the two out"])
    if resume is not None:
        unfinished_run(resume)[1].require_options({name: values[name] for name in given})
