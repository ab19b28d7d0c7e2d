"""Figures of a comparison: the scores, and those of the five differences that are numbers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from tenfold.comparison.axes import LEFT_FOR_PROGRAMS, SMALL_LAPTOP
from tenfold.report.summary import or_nan
from tenfold.report.summary_text import NAMES
from tenfold.report.svg import (
    CLASSICAL,
    CONSTANT,
    DEEP,
    INK,
    ROWS_WIDTH,
    as_svg,
    legend,
    named_rows,
    new_axes,
    plain_numbers,
)

COLOURS: Final = {"deep": DEEP, "classical": CLASSICAL, "constant": CONSTANT}

Contenders = Sequence[Mapping[str, Any]]
Found = Mapping[str, Any]
"""What compare.json says of an axis."""


def draw_scores(contenders: Contenders, metric: str) -> Markup:
    """Draw each contender's score with its interval, best first."""
    scored = [(c, c["scores"].get(metric)) for c in contenders]
    shown = [(c, score) for c, score in scored if score and score["mean"] is not None]
    ax = named_rows([c["name"] for c, _ in shown])
    for place, (contender, score) in enumerate(shown):
        colour = COLOURS[contender["kind"]]
        if score["low"] is not None:
            ax.plot([score["low"], score["high"]], [place, place], color=colour, lw=2)
        ax.plot([score["mean"]], [place], "o", color=colour)
    ax.set_xlabel(f"{NAMES[metric]}, mean over folds with its 95 % interval")
    return as_svg(ax, f"{NAMES[metric]} of each model")


def draw_axis(axis: str, found: Found, contenders: Contenders, metric: str) -> Markup | str:
    """Draw an axis; nothing of those whose steps are words."""
    kinds = {contender["name"]: COLOURS[contender["kind"]] for contender in contenders}
    if axis == "data":
        return _draw_curves(found, metric)
    if axis == "features":
        return _draw_features(found["contenders"], kinds, metric)
    draw = {"machine": _draw_machine, "time": _draw_time}
    return draw[axis](found["contenders"], kinds) if axis in draw else ""


def _draw_curves(found: Found, metric: str) -> Markup:
    """Draw the learning curves of the two that were compared, with bands."""
    ax = new_axes(ROWS_WIDTH, 3.2)
    for side, kind in (("network", "deep"), ("classical", "classical")):
        own = found[side]
        line = {name: [*map(or_nan, own[name])] for name in ("rows", "mean", "low", "high")}
        ax.plot(line["rows"], line["mean"], "o-", color=COLOURS[kind], label=side)
        ax.fill_between(line["rows"], line["low"], line["high"], color=COLOURS[kind], alpha=0.2)
    ax.set_xscale("log")
    ticks = [round(rows) for rows in found["network"]["rows"]]
    ax.set_xticks(ticks, [f"{rows:,}" for rows in ticks])
    ax.minorticks_off()
    ax.set_xlabel("learnt from")
    ax.set_ylabel(NAMES[metric])
    legend(ax, {side: found[side]["name"] for side in ("network", "classical")})
    return as_svg(ax, "Learning curves")


def _draw_machine(each: Found, kinds: Mapping[str, str]) -> Markup:
    """Draw the peak memory of each model beside what a laptop of 4 GB has."""
    ax = named_rows(list(each))
    for place, (name, measured) in enumerate(each.items()):
        ax.barh(place, measured["peak_memory_bytes"] / 1e6, height=0.6, color=kinds[name])
    ax.axvline(LEFT_FOR_PROGRAMS * SMALL_LAPTOP / 1e6, color=INK, lw=0.8, ls="--")
    plain_numbers(ax.xaxis)
    ax.set_xlabel("peak memory, MB")
    return as_svg(ax, "Peak memory of each model")


def _draw_features(each: Found, kinds: Mapping[str, str], metric: str) -> Markup:
    """Draw each score as the data are, hollow, and with engineered features, filled."""
    ax = named_rows(list(each))
    for place, (name, measured) in enumerate(each.items()):
        raw, expert = or_nan(measured["raw"]), or_nan(measured["expert"])
        ax.plot([raw, expert], [place, place], color=kinds[name], lw=1.5)
        ax.plot([raw], [place], "o", color=kinds[name], mfc="none")
        ax.plot([expert], [place], "o", color=kinds[name])
    ax.set_xlabel(NAMES[metric])
    return as_svg(ax, "Scores with and without engineered features")


def _draw_time(each: Found, kinds: Mapping[str, str]) -> Markup:
    """Draw how long an answer takes, alone, filled, and among many, hollow."""
    ax = named_rows(list(each))
    for place, (name, measured) in enumerate(each.items()):
        alone, many = (
            1000 * or_nan(measured[f"predict_seconds_{how}"]) for how in ("single", "per_row")
        )
        ax.plot([alone], [place], "o", color=kinds[name])
        ax.plot([many], [place], "o", color=kinds[name], mfc="none")
    ax.set_xscale("log")
    ax.set_xlabel("milliseconds per prediction")
    return as_svg(ax, "Prediction time of each model")
