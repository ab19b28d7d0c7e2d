"""A comparison as files: ``compare.json`` and a page that stands alone, ``report.html``."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from tenfold.comparison.comparison import Comparison
from tenfold.comparison.figures import draw_curves, draw_scores
from tenfold.comparison.lines import HEADER, table_rows
from tenfold.comparison.verdict import told
from tenfold.launch import run_name
from tenfold.report.summary import versions
from tenfold.report.text import NAMES, number
from tenfold.store.folder import new_folder, write_json, writing

COMPARE: Final = "compare.json"
REPORT: Final = "report.html"
TITLES: Final = {
    "data": "How much data each needs",
    "machine": "What each asks of a machine",
    "features": "What an expert's features bring",
    "time": "How long each takes",
    "approach": "What each does, step by step",
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
    name = "table" if isinstance(data, pd.DataFrame) else run_name(Path(data))
    folder = new_folder(Path(out), f"{name}-compare")
    try:
        yield folder
    except BaseException:
        folder.rmdir()
        raise


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write a comparison into its folder.

    Raises
    ------
    StoreError
        M06, if a file cannot be written.
    """
    with writing("comparison", folder):
        write_json(folder / COMPARE, comparison.to_dict())
        page = render(comparison, folder.name.rpartition("-compare-")[0])
        (folder / REPORT).write_text(page, encoding="utf-8")


def render(comparison: Comparison, name: str) -> str:
    """Return the page: verdict, contenders, the five axes, decisions; nothing is loaded."""
    metric = comparison.verdict.metric
    environment = Environment(
        loader=PackageLoader("tenfold.comparison", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    axes = [
        {
            "title": TITLES[axis],
            "sentence": found["sentence"],
            "table": axis_table(axis, found, metric),
            "numbers": axis != "approach",
            "figure": draw_curves(found, metric) if axis == "data" else "",
        }
        for axis, found in comparison.axes.items()
    ]
    problem = comparison.problem
    table = table_rows(comparison.entries, metric, problem.test_share, len(problem.splits))
    return environment.get_template("page.html").render(
        name=name,
        comparison=comparison,
        metric=NAMES[metric],
        header=HEADER,
        rows=list(zip(comparison.entries, table, strict=True)),
        versions=versions(),
        scores=draw_scores(comparison),
        margin=told(comparison.verdict.margin, metric),
        axes=axes,
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
                number(e["train_seconds"]),
                f"{e['peak_memory_bytes'] / 1e6:.0f}",
                fits[e["fits_4_gb_laptop"]],
            ]
            for name, e in each.items()
        ),
    ]


def features_rows(each: Each, metric: str) -> list[list[str]]:
    """Return what each contender gains by an expert's features."""
    rows = [["contender", "as they are", "with an expert's", "gain", "95 % interval"]]
    for name, e in each.items():
        gain = e["gain"]
        low, high = told(gain["low"], metric), told(gain["high"], metric)
        scores = [told(value, metric) for value in (e["raw"], e["expert"], gain["mean"])]
        rows.append([name, *scores, f"{low} to {high}"])
    return rows


def time_rows(each: Each) -> list[list[str]]:
    """Return how long each contender takes."""
    rows = [["contender", "training s", "one row ms", "of many, a row ms"]]
    for name, e in each.items():
        single, batch = e["predict_seconds_single"], e["predict_seconds_per_row"]
        seconds = (e["train_seconds"], 1000 * single, 1000 * batch)
        rows.append([name, *map(number, seconds)])
    return rows


def approach_rows(each: Each) -> list[list[str]]:
    """Return the steps of each contender."""
    rows = [[name, " → ".join(steps)] for name, steps in each.items()]
    return [["contender", "steps"], *rows]
