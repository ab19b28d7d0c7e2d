"""A run as one page that stands alone, and as a model card.

Whatever a page shows comes from the summary, which ``metrics.json`` holds, and from the
tables that lie beside it.
"""

import base64
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from tenfold.evaluate.metrics import HEADLINE
from tenfold.evaluate.mistakes import Mistake
from tenfold.exported import About, Band
from tenfold.learning import Explained
from tenfold.report import summary_text as text
from tenfold.report.held_out_points import Classes, Labels, Values
from tenfold.report.run_figures import (
    Drawn,
    figures_of_classes,
    figures_of_training,
    figures_of_values,
)
from tenfold.report.summary import Results

MOST_CLASSES: Final = 12  # of a table of what was taken for what
MOST_CONFUSIONS: Final = 20  # shown where there are more classes


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Findings:
    """All that a page shows of a run.

    Attributes
    ----------
    name : str
    summary : Results
    predictions, history : DataFrame
        What ``predictions.csv`` and ``history.csv`` hold.
    mistakes : sequence of Mistake
    explanation : Explained or None
    """

    name: str
    summary: Results
    predictions: pd.DataFrame
    history: pd.DataFrame
    mistakes: Sequence[Mistake] = ()
    explanation: Explained | None = None

    @property
    def about(self) -> About:
        """What an exported file tells of the run."""
        summary, band = self.summary, None
        if summary.coverage is not None and summary.task == "regression":
            found = summary.coverage
            held = found.measured.mean
            band = Band(
                coverage=found.promised,
                measured=None if math.isnan(held) else held,
                rows=summary.rows,
            )
        return About(
            name=self.name,
            score=text.headline(summary),
            band=band,
            seed=self.summary.seed,
        )

    @property
    def classes(self) -> Classes | None:
        """The predictions of classes, of which each row has one."""
        if self.summary.task != "classification":
            return None
        return Classes.of(self.predictions, self.summary.classes)

    def figures(self) -> list[Drawn]:
        """Draw all figures."""
        if self.summary.task == "regression":
            drawn = figures_of_values(
                Values.of(self.predictions), self.summary.target, self.summary.noun
            )
        else:
            told = self.classes or Labels.of(self.predictions, self.summary.classes)
            drawn = figures_of_classes(told)
        return [*drawn, *figures_of_training(self.summary, self.history)]


@cache
def environment() -> Environment:
    """Return what fills templates in; names of a user's cannot become markup in a page.

    There is one for all pages, since a template takes longer to compile than to fill in.
    """
    made = Environment(
        loader=PackageLoader("tenfold.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = text.number
    made.filters["cell"] = cell
    made.filters["base64"] = lambda data: base64.b64encode(data).decode("ascii")
    return made


def render_page(findings: Findings) -> str:
    """Return the page of a run; nothing is loaded from elsewhere."""
    figures, confusion = findings.figures(), confusion_of(findings)
    template = environment().get_template("run.html")
    kinds: dict[str, list[Mistake]] = {mistake.kind: [] for mistake in findings.mistakes}
    for mistake in findings.mistakes:
        kinds[mistake.kind].append(mistake)
    found, classes = findings.explanation, findings.classes
    return template.render(
        **_words(findings.name, findings.summary),
        figures=figures,
        confusion=confusion,
        classes=() if classes is None else classes.scores(),
        mistakes=kinds,
        explained=[] if found is None else found.drawn(),
        layers=() if found is None else found.described_layers(),
    )


def render_notebook(findings: Findings) -> str:
    """Return a run as a part of a notebook's page."""
    template = environment().get_template("notebook.html")
    words = _words(findings.name, findings.summary)
    return template.render(**words, figures=findings.figures())


def render_training(name: str, summary: Results, history: pd.DataFrame) -> str:
    """Return what training found as a part of a notebook's page."""
    figures = list(figures_of_training(summary, history))
    template = environment().get_template("notebook.html")
    return template.render(**_words(name, summary), figures=figures)


def render_card(findings: Findings) -> str:
    """Return the model card of a run, in Markdown (Mitchell and others, 2019)."""
    words = _words(findings.name, findings.summary)
    return environment().get_template("card.md").render(**words)


def _words(name: str, summary: Results) -> dict[str, object]:
    """Return what all pages say in words."""
    return {
        "name": name,
        "summary": summary,
        "headline": text.headline(summary),
        "verdict": text.verdict(summary),
        "tested": text.tested(summary),
        "groups": list(text.group_lines(summary)),
        "answering": list(text.answering_lines(summary)),
        "coverage": list(text.coverage_lines(summary)),
        "pooled": list(text.pooled_lines(summary.scores, summary.noun)),
        "names": text.NAMES,
        "metric": text.NAMES[HEADLINE[summary.task]],
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Confusion:
    """Which classes were taken for which.

    Attributes
    ----------
    names : tuple of str
    rows : list of list of int
        By true class and by predicted class; empty if there are too many classes.
    shares : list of list of float
        The same as shares of the true class.
    pairs : list of (str, str, int)
        The most frequent mistakes, where a table would be too large.
    """

    names: tuple[str, ...]
    rows: list[list[int]]
    shares: list[list[float]]
    pairs: list[tuple[str, str, int]]


def confusion_of(findings: Findings) -> Confusion | None:
    """Return which classes were taken for which; None where rows have no single class."""
    classes = findings.classes
    if classes is None:
        return None
    counts, names = classes.confusion(), classes.names
    if len(names) <= MOST_CLASSES:
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        return Confusion(names=names, rows=counts.tolist(), shares=shares.tolist(), pairs=[])
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:MOST_CONFUSIONS]
    places = [divmod(int(at), len(names)) for at in order]
    pairs = [(names[a], names[b], int(counts[a, b])) for a, b in places if counts[a, b]]
    return Confusion(names=names, rows=[], shares=[], pairs=pairs)


def cell(value: object) -> str:
    """Return a text as a cell of a table in Markdown shows it, in one line."""
    return " ".join(str(value).replace("\\", "\\\\").replace("|", "\\|").split())
