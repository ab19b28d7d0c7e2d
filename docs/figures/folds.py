"""Draw docs/figures/folds.svg, the folds of a run beside the constant guess.

Run ``tenfold demo``, then ``python docs/figures/folds.py runs/california-1``.
"""

import json
import sys
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

GREY, BLUE, ORANGE = "#767676", "#3366cc", "#cc6633"


def draw(run: Path) -> Path:
    """Draw the RMSE of each fold of a run; return the figure's path."""
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    score, guess = metrics["scores"]["rmse"], metrics["baseline"]["rmse"]
    folds = range(1, metrics["folds"] + 1)
    mpl.rcParams.update({"svg.hashsalt": "tenfold", "font.size": 9})
    figure = Figure(figsize=(6.4, 2.6), layout="constrained")
    axes = figure.subplots()
    axes.axhspan(score["low"], score["high"], color=BLUE, alpha=0.15, linewidth=0)
    axes.axhline(score["mean"], color=BLUE, linewidth=1)
    axes.plot(folds, score["per_fold"], "o", color=BLUE)
    axes.axhline(guess, color=ORANGE, linewidth=1.5)
    right = folds[-1] + 0.7
    for height, text, colour in (
        (guess, "constant guess", ORANGE),
        (score["mean"], "mean and its\n95 % interval", BLUE),
    ):
        axes.text(right, height, text, color=colour, va="center")
    axes.set_xlim(0.4, right - 0.1)
    axes.set_ylim(0, 1.1 * guess)
    axes.set_xticks(list(folds))
    axes.set_xlabel("fold", color=GREY)
    axes.set_ylabel("RMSE on held-out rows", color=GREY)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.tick_params(colors=GREY)
    for side, spine in axes.spines.items():
        spine.set_visible(side in {"left", "bottom"})
        spine.set_color(GREY)
    path = Path(__file__).with_suffix(".svg")
    figure.savefig(path, transparent=True, metadata={"Date": None})
    return path


if __name__ == "__main__":
    print(draw(Path(sys.argv[1])))
