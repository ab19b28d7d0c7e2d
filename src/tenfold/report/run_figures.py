"""The figures of a run: what was predicted against what is true, and how training went."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import precision_recall_curve, roc_curve

from tenfold.evaluate.metrics import HEADLINE, NAMED
from tenfold.report.held_out_points import Classes, Labels, Values
from tenfold.report.summary import Results
from tenfold.report.summary_text import NAMES, number
from tenfold.report.svg import (
    CLASSICAL,
    CONSTANT,
    DEEP,
    DENSITY,
    INK,
    as_svg,
    legend,
    new_axes,
    plain_numbers,
)

MOST_POINTS: Final = 1_000  # a figure of more is a map of how many there are
MOST_CURVES: Final = 6  # classes with a curve of their own, the most frequent
CURVE_POINTS: Final = 200
DECADES: Final = 10  # times as large as the least that a loss is where its axis is logarithmic
LINES: Final = (DEEP, CLASSICAL, "#2f855a", "#805ad5", "#b7791f", CONSTANT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A figure of a page: its title, a sentence that says what is to be seen, and itself."""

    title: str
    caption: str
    svg: Markup


def figures_of_values(values: Values, target: str, noun: str) -> Iterator[Drawn]:
    """Yield predictions against truth, and what is left over."""
    if len(values.said) < 2:
        return
    half = values.covering
    yield Drawn(
        title="Predicted against true values",
        caption=f"90 % of the true values lie within {number(half)} of their prediction "
        f"(dashed lines). Connected dots are means over tenths of the {noun}: where "
        "they leave the diagonal, predictions are too high or too low.",
        svg=_draw_truth(values, target, half),
    )
    off = values.truth - values.said
    yield Drawn(
        title="Residuals",
        caption="Truth minus prediction: half of the residuals lie between "
        f"{number(float(np.quantile(off, 0.25)))} and "
        f"{number(float(np.quantile(off, 0.75)))}.",
        svg=_draw_histogram(off, noun),
    )
    yield Drawn(
        title="Residuals by prediction",
        caption="Truth minus prediction: a trend or a funnel shape shows where the network "
        "errs.",
        svg=_draw_residuals(values, off),
    )


def figures_of_classes(classes: Classes | Labels) -> Iterator[Drawn]:
    """Yield calibration, ROC and precision against recall."""
    if len(classes.truth) < 2:
        return
    error = classes.calibration_error()
    what = "label" if isinstance(classes, Labels) else "class"
    yield Drawn(
        title="Calibration",
        caption=f"Observed frequency of a {what} against its predicted probability. The "
        f"calibration error (ECE) is {100 * error:.1f} %; bars are 95 % intervals.",
        svg=_draw_calibration(classes),
    )
    yield Drawn(
        title="ROC curve",
        caption="True positive rate against false positive rate, as the threshold falls.",
        svg=_draw_curves(classes, roc=True),
    )
    yield Drawn(
        title="Precision and recall",
        caption="Precision against recall, as the threshold falls.",
        svg=_draw_curves(classes, roc=False),
    )


def figures_of_training(summary: Results, history: pd.DataFrame) -> Iterator[Drawn]:
    """Yield the score of each fold, and the losses of each."""
    name = HEADLINE[summary.task]
    if summary.folds > 1:
        score = summary.scores[name]
        yield Drawn(
            title="Score of each fold",
            caption=f"{NAMES[name]}, {NAMED[name].better} is better: "
            f"{'all together' if score.without_fold else 'mean'} {number(score.mean)} "
            "with its 95 % interval; the baseline has "
            f"{number(summary.baseline[name])}.",
            svg=_draw_folds(summary, name),
        )
    lines = losses_of(history, "loss")
    if len(lines) and len(history) > 1:
        bold_lines = losses_of(history, "validation_loss")
        error = "" if summary.task == "regression" else ": the squared error of probabilities"
        bold = f", and bold lines show the validation loss{error}" if bold_lines else ""
        yield Drawn(
            title="Training curves",
            caption=f"Thin lines show the training loss of each fold{bold}.",
            svg=_draw_losses(history, lines, bold_lines),
        )


def losses_of(history: pd.DataFrame, name: str) -> list[NDArray[np.float64]]:
    """Return the losses of each fold, one an epoch, from what ``history.csv`` holds."""
    columns = [column for column in history.columns if column.startswith(f"{name}_fold_")]
    return [history[column].to_numpy(np.float64) for column in columns]


def _draw_truth(values: Values, target: str, half: float) -> Markup:
    ax = new_axes()
    _draw_cloud(ax, values.said, values.truth)
    ends = np.array([values.said.min(), values.said.max()])
    ax.plot(ends, ends, color=INK, lw=0.8)
    for side in (-half, half):
        ax.plot(ends, ends + side, color=INK, lw=0.8, ls="--")
    ax.plot(*values.tenths(), "o-", color=DEEP, ms=4, lw=1.2)
    ax.set_xlabel("prediction")
    ax.set_ylabel(target, parse_math=False)
    plain_numbers(ax.xaxis)
    plain_numbers(ax.yaxis)
    _limit(ax, values.truth)
    return as_svg(ax, "Predictions against true values")


def _draw_histogram(off: NDArray[np.float64], noun: str) -> Markup:
    ax = new_axes()
    low, high = np.quantile(off, [0.005, 0.995])
    ax.hist(off, bins=40, range=(low, high), color=CLASSICAL)
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_xlabel("truth minus prediction")
    ax.set_ylabel(noun)
    plain_numbers(ax.xaxis)
    plain_numbers(ax.yaxis)
    return as_svg(ax, "Histogram of residuals")


def _draw_residuals(values: Values, off: NDArray[np.float64]) -> Markup:
    ax = new_axes()
    _draw_cloud(ax, values.said, off)
    ax.axhline(0, color=INK, lw=0.8)
    ax.set_xlabel("prediction")
    ax.set_ylabel("truth minus prediction")
    plain_numbers(ax.xaxis)
    plain_numbers(ax.yaxis)
    _limit(ax, off)
    return as_svg(ax, "Residuals against predictions")


def _draw_cloud(ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Draw points, or where they are too many, how many there are."""
    if len(x) <= MOST_POINTS:
        ax.plot(x, y, ".", color=CLASSICAL, ms=3, alpha=0.6)
        return
    low, high = np.quantile(y, [0.001, 0.999])
    inside = (y >= low) & (y <= high)
    ax.hexbin(x[inside], y[inside], gridsize=32, cmap=DENSITY, bins="log", mincnt=1, lw=0)


def _limit(ax: Axes, y: NDArray[np.float64]) -> None:
    """Leave out what lies far away from all others, so that these are to be seen."""
    low, high = np.quantile(y, [0.001, 0.999])
    room = 0.05 * (high - low) or 1.0
    ax.set_ylim(low - room, high + room)


def _draw_calibration(classes: Classes | Labels) -> Markup:
    ax = new_axes()
    if isinstance(classes, Labels):
        of, (said, found, rows) = "of labels", classes.reliability()
    elif len(classes.names) == 2:
        of, (said, found, rows) = f"of {classes.names[1]}", classes.reliability(1)
    else:
        of = "of the class that is most probable"
        said, found, rows = classes.reliability()
    low, high = stats.beta.interval(0.95, found * rows + 0.5, (1 - found) * rows + 0.5)
    bars = np.abs(np.stack([found - low, high - found]))
    ax.plot([0, 1], [0, 1], color=INK, lw=0.8)
    ax.errorbar(said, found, yerr=bars, fmt="o-", color=DEEP, ms=4, lw=1.2)
    ax.set_xlabel(f"probability {of}", parse_math=False)
    ax.set_ylabel("observed frequency")
    return as_svg(ax, "Calibration of probabilities")


def _draw_curves(classes: Classes | Labels, *, roc: bool) -> Markup:
    ax = new_axes()
    shown = sorted(classes.curves(), key=lambda curve: -curve[1].sum())[:MOST_CURVES]
    for place, (_, own, said) in enumerate(shown):
        if own.all() or not own.any():
            continue
        if roc:
            x, y, _ = roc_curve(own, said)
        else:
            y, x, _ = precision_recall_curve(own, said)
        kept = np.unique(np.linspace(0, len(x) - 1, CURVE_POINTS).round().astype(int))
        ax.plot(x[kept], y[kept], color=LINES[place], lw=1.4, label=str(place))
    if roc:
        ax.plot([0, 1], [0, 1], color=INK, lw=0.8)
    elif len(shown) == 1:
        ax.axhline(shown[0][1].mean(), color=INK, lw=0.8)
    ax.set_xlabel("false positive rate" if roc else "true positive rate (recall)")
    ax.set_ylabel("found" if roc else "precision")
    ax.set_ylim(-0.02, 1.02)
    legend(ax, {str(place): name for place, (name, _, _) in enumerate(shown)})
    return as_svg(ax, "ROC curve" if roc else "Precision against recall")


def _draw_folds(summary: Results, name: str) -> Markup:
    ax = new_axes()
    score = summary.scores[name]
    folds = np.arange(1, len(score.per_fold) + 1)
    ax.axhspan(score.low, score.high, color=DEEP, alpha=0.15, lw=0)
    ax.axhline(score.mean, color=DEEP, lw=1)
    ax.plot(folds, score.per_fold, "o", color=DEEP)
    ax.axhline(summary.baseline[name], color=CONSTANT, lw=1, ls="--")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("fold")
    ax.set_ylabel(NAMES[name])
    plain_numbers(ax.yaxis)
    return as_svg(ax, f"{NAMES[name]} of each fold")


def _draw_losses(
    history: pd.DataFrame,
    lines: list[NDArray[np.float64]],
    bold_lines: list[NDArray[np.float64]],
) -> Markup:
    ax = new_axes()
    epochs = history["epoch"].to_numpy()
    for line in lines:
        ax.plot(epochs, line, color=CLASSICAL, lw=0.6, alpha=0.7)
    for line in bold_lines:
        known = np.isfinite(line)
        ax.plot(epochs[known], line[known], color=DEEP, lw=1.3, alpha=0.7)
    shown = np.concatenate([line[np.isfinite(line)] for line in (*lines, *bold_lines)])
    if len(shown) and 0 < DECADES * shown.min() < shown.max():
        ax.set_yscale("log")
    else:
        plain_numbers(ax.yaxis)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("epoch")
    ax.set_ylabel("loss")
    return as_svg(ax, "Loss of each fold by epoch")
