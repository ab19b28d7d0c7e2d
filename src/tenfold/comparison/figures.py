"""Figures of a comparison, as SVG that stands in a page and follows its colours."""

import io
import warnings
from collections.abc import Mapping
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tenfold.comparison.comparison import Comparison, fold_score
from tenfold.report.text import NAMES

# Matplotlib writes these names as colours, and the page gives them a meaning in light and dark.
INK: Final = "#010203"
NOT_SAID: Final = ("Creator", "Date", "Format", "Type")  # they name places on the web
COLOURS: Final = {"deep": "#c2410c", "classical": "#1d6fb8", "constant": "#7a7a7a"}


def draw_scores(comparison: Comparison) -> Markup:
    """Draw each contender's score with its interval, best first."""
    metric = comparison.verdict.metric
    shown = [entry for entry in comparison.entries if np.isfinite(entry.mean(metric))]
    figure = Figure(figsize=(7, 0.8 + 0.34 * len(shown)))
    ax = figure.add_subplot()
    for place, entry in enumerate(shown):
        score = fold_score(metric, entry.per_fold[metric], comparison.problem.test_share)
        colour = COLOURS[entry.kind]
        ax.plot([score.low, score.high], [place, place], color=colour, lw=2)
        ax.plot([score.mean], [place], "o", color=colour)
    ax.set_yticks(range(len(shown)), [entry.name for entry in shown], parse_math=False)
    ax.invert_yaxis()
    ax.set_xlabel(f"{NAMES[metric]}, mean over folds with its 95 % interval")
    return _svg(figure, ax)


def draw_curves(found: Mapping[str, Any], metric: str) -> Markup:
    """Draw the learning curves of the two that were compared, with bands."""
    figure = Figure(figsize=(7, 3.6))
    ax = figure.add_subplot()
    for side, kind in (("network", "deep"), ("classical", "classical")):
        line = found[side]
        ax.plot(line["rows"], line["mean"], "o-", color=COLOURS[kind], label=side)
        ax.fill_between(line["rows"], line["low"], line["high"], color=COLOURS[kind], alpha=0.2)
    ax.set_xscale("log")
    ticks = [round(rows) for rows in found["network"]["rows"]]
    ax.set_xticks(ticks, [f"{rows:,}" for rows in ticks])
    ax.minorticks_off()
    ax.set_xlabel("learnt from")
    ax.set_ylabel(NAMES[metric])
    legend = ax.legend(frameon=False, labelcolor=INK)
    for text in legend.get_texts():  # a name is no formula, whatever signs it holds
        text.set(parse_math=False, text=found[text.get_text()]["name"])
    return _svg(figure, ax)


def _svg(figure: Figure, ax: Axes) -> Markup:
    """Return a figure as SVG whose black is the text colour of the page."""
    ax.spines[["top", "right"]].set_visible(False)
    for spine in ax.spines.values():
        spine.set_color(INK)
    ax.tick_params(colors=INK)
    ax.xaxis.label.set_color(INK)
    ax.yaxis.label.set_color(INK)
    out = io.StringIO()
    with (
        mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "tenfold"}),
        warnings.catch_warnings(),
    ):
        # The page's reader draws the letters, with fonts of its own.
        warnings.filterwarnings("ignore", message="Glyph")
        figure.tight_layout()
        figure.savefig(out, format="svg", transparent=True, metadata=dict.fromkeys(NOT_SAID))
    text = out.getvalue()
    # Nothing of a user's can be in it but names, which matplotlib escapes.
    return Markup(text[text.index("<svg") :].replace(INK, "currentColor"))  # noqa: S704
