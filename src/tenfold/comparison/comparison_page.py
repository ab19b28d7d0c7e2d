"""A comparison as files: ``compare.json`` and a page that stands alone, ``report.html``."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tenfold.comparison.comparison import Comparison, entry_of
from tenfold.comparison.comparison_figures import draw_axis, draw_scores
from tenfold.comparison.lines import HEADER, pooled_note, table_rows
from tenfold.comparison.verdict import format_value
from tenfold.errors import StoreError
from tenfold.kinds.registry import kind_named
from tenfold.launch import run_name
from tenfold.report.run_page import environment
from tenfold.report.summary import or_nan
from tenfold.report.summary_text import NAMES, number
from tenfold.store.files import reading, write_json, write_text, writing, writing_page
from tenfold.store.folder import REPORT, new_folder
from tenfold.store.rescue import rescue

COMPARE: Final = "compare.json"
CAPTIONS: Final = {
    "data": "Mean over folds; the bands are 95 % confidence intervals.",
    "machine": "The dashed line is the memory available on a laptop with 4 GB.",
    "features": "Hollow: original features. Filled: with engineered features.",
    "time": "Filled: a single row. Hollow: one row of a large batch.",
}
TITLES: Final = {
    "data": "Data efficiency",
    "machine": "Hardware needs",
    "features": "Effect of engineered features",
    "time": "Training and prediction time",
    "approach": "Steps of each approach",
}


@contextmanager
def folder_for(
    data: str | Path | pd.DataFrame, out: str | Path | None
) -> Iterator[Path | None]:
    """Make the folder of a comparison before its hour of work; take it away if that fails.

    Raises
    ------
    StoreError
        M06, if it cannot be made.
    """
    if out is None:
        yield None
        return
    folder = new_folder(Path(out), f"{run_name(data)}-compare")
    try:
        yield folder
    except BaseException:
        with suppress(OSError):  # it may be gone
            folder.rmdir()
        raise


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write a comparison into its folder.

    Raises
    ------
    StoreError
        M06, if a file cannot be written; it says where the comparison is, or how its page is
        written later.
    """
    found = comparison.to_dict()
    try:
        with writing("comparison", folder):
            folder.mkdir(parents=True, exist_ok=True)  # it may have been taken away
            write_json(folder / COMPARE, found)
    except StoreError as error:
        rescue(error, folder.name, lambda place: write_json(place / COMPARE, found))
        raise
    with writing_page(folder):
        _write_page(found, folder)


def rewrite_page(folder: Path) -> Path:
    """Write the page of a comparison anew, from its ``compare.json``.

    Raises
    ------
    StoreError
        M04, if that file is damaged; M06, if the page cannot be written.
    """
    path = folder / COMPARE
    with reading(path), writing_page(folder):
        _write_page(json.loads(path.read_text(encoding="utf-8")), folder)
    return folder / REPORT


def _write_page(found: Mapping[str, Any], folder: Path) -> None:
    page = render(found, folder.name.rpartition("-compare-")[0] or folder.name)
    write_text(folder / REPORT, page)


def render(found: Mapping[str, Any], name: str) -> str:
    """Return the page: verdict, contenders, the five axes, decisions; nothing is loaded.

    Parameters
    ----------
    found : mapping
        The content of ``compare.json``.
    name : str
        Of the data.
    """
    verdict = found["verdict"]
    metric = verdict["metric"]
    entries = [entry_of(contender) for contender in found["contenders"]]
    axes = [
        {
            "title": TITLES[axis],
            "sentence": found["axes"][axis]["sentence"],
            "cells": axis_table(axis, found["axes"][axis], metric),
            "numbers": axis != "approach",
            "caption": CAPTIONS.get(axis, ""),
            "figure": draw_axis(axis, found["axes"][axis], found["contenders"], metric),
        }
        for axis in TITLES
        if found["axes"][axis]
    ]
    noun = kind_named(found["kind"]).noun
    table = table_rows(entries, metric, found["test_share"], found["folds"])
    return (
        environment()
        .get_template("compare.html")
        .render(
            name=name,
            found=found,
            noun=noun,
            metric=NAMES[metric],
            header=HEADER,
            rows=[(entry.kind, row) for entry, row in zip(entries, table, strict=True)],
            pooled=pooled_note(entries, noun),
            scores=draw_scores(found["contenders"], metric),
            margin=format_value(or_nan(verdict["margin"]), metric),
            axes=axes,
        )
    )


def axis_table(axis: str, found: dict[str, Any], metric: str) -> list[list[str]]:
    """Return the figures of an axis as rows of a table, a header first."""
    each = found.get("contenders", {})
    if axis == "features":
        return features_rows(each, metric)
    make = {"machine": machine_rows, "time": time_rows, "approach": approach_rows}
    return make[axis](each) if axis in make else []


Each = Mapping[str, Any]


def machine_rows(each: Each) -> list[list[str]]:
    """Return what each contender asks of a machine."""
    fits = {True: "yes", False: "no", None: "not known"}
    return [
        ["contender", "training s", "peak memory MB", "fits 4 GB"],
        *(
            [
                name,
                number(or_nan(e["train_seconds"])),
                f"{e['peak_memory_bytes'] / 1e6:.0f}",
                fits[e["fits_4_gb_laptop"]],
            ]
            for name, e in each.items()
        ),
    ]


def features_rows(each: Each, metric: str) -> list[list[str]]:
    """Return what each contender gains by engineered features."""
    rows = [
        ["contender", "original features", "with engineered features", "gain", "95 % interval"]
    ]
    for name, e in each.items():
        gain = e["gain"]
        numbers = (e["raw"], e["expert"], gain["mean"], gain["low"], gain["high"])
        *scores, low, high = (format_value(or_nan(value), metric) for value in numbers)
        rows.append([name, *scores, f"{low} to {high}"])
    return rows


def time_rows(each: Each) -> list[list[str]]:
    """Return how long each contender takes."""
    rows = [["contender", "training s", "single row, ms", "batch, ms per row"]]
    for name, e in each.items():
        single, batch = (
            or_nan(e["predict_seconds_single"]),
            or_nan(e["predict_seconds_per_row"]),
        )
        seconds = (or_nan(e["train_seconds"]), 1000 * single, 1000 * batch)
        rows.append([name, *map(number, seconds)])
    return rows


def approach_rows(each: Each) -> list[list[str]]:
    """Return the steps of each model."""
    rows = [[name, " → ".join(steps)] for name, steps in each.items()]
    return [["contender", "steps"], *rows]
