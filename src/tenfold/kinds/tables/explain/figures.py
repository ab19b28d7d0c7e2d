"""Figures of what the networks of a table look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from tenfold.kinds.tables.explain.parts import Contributions, Dependence
from tenfold.kinds.tables.explain.table_explanation import TableExplanation
from tenfold.report.run_figures import Drawn
from tenfold.report.summary_text import NAMES, number
from tenfold.report.svg import (
    CLASSICAL,
    DEEP,
    INK,
    as_svg,
    named_rows,
    new_axes,
    plain_numbers,
)

MOST_BARS: Final = 20
MOST_ROWS: Final = 20  # with a figure
LONGEST: Final = 28  # characters of a label


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Sketch:
    """A figure that is yet to be written: as SVG in a page, or as a file of its own.

    Attributes
    ----------
    name : str
        Of its file.
    title, caption : str
    ax : Axes
    """

    name: str
    title: str
    caption: str
    ax: Axes

    def drawn(self) -> Drawn:
        """Return it as a page holds it."""
        return Drawn(title=self.title, caption=self.caption, svg=as_svg(self.ax, self.title))


def sketches_of(found: TableExplanation) -> Iterator[Sketch]:
    """Yield the figures of an explanation."""
    yield Sketch(
        name="importance",
        title="Permutation importance",
        caption=f"Increase in {NAMES[found.metric]} when a column is shuffled, on held-out "
        "rows; lines are 95 % intervals over folds.",
        ax=_draw_importance(found),
    )
    for place, one in enumerate(found.dependence, start=1):
        yield Sketch(
            name=f"dependence-{place}",
            title=f"Prediction as a function of {one.column}",
            caption="Mean prediction if every row had this value (partial dependence); the "
            "band spans the networks of all folds.",
            ax=_draw_dependence(one, found.of),
        )
    for one_row in found.contributions[:MOST_ROWS]:
        yield Sketch(
            name=f"row-{one_row.row}",
            title=f"Explanation of the prediction for row {one_row.row}",
            caption=f"{one_row.of}: contributions of the cells, from the mean prediction "
            f"{number(one_row.base)} to {number(one_row.answer)}.",
            ax=_draw_contributions(one_row),
        )


def _bars(names: list[str]) -> Axes:
    """Return axes with a row for each name, long ones cut: a cell may hold a text."""
    return named_rows([n if len(n) <= LONGEST else f"{n[: LONGEST - 3]}..." for n in names])


def _draw_importance(found: TableExplanation) -> Axes:
    shown = found.importance[:MOST_BARS]
    ax = _bars([one.column for one in shown])
    for place, one in enumerate(shown):
        ax.barh(place, one.mean, height=0.6, color=CLASSICAL)
        if np.isfinite(one.low):
            ax.plot([one.low, one.high], [place, place], color=INK, lw=1.2)
    ax.axvline(0, color=INK, lw=0.8)
    plain_numbers(ax.xaxis)
    ax.set_xlabel(f"increase in {NAMES[found.metric]}")
    return ax


def _draw_dependence(one: Dependence, of: str) -> Axes:
    if one.values is None:
        ax = _bars(list(one.cells))
        for place in range(len(one.cells)):
            ax.plot([one.low[place], one.high[place]], [place, place], color=DEEP, lw=2)
            ax.plot([one.mean[place]], [place], "o", color=DEEP)
        ax.set_xlabel(of, parse_math=False)
        plain_numbers(ax.xaxis)
        return ax
    ax = new_axes()
    ax.fill_between(one.values, one.low, one.high, color=DEEP, alpha=0.2, lw=0)
    ax.plot(one.values, one.mean, "o-", color=DEEP, ms=3, lw=1.2)
    ax.set_xlabel(one.column, parse_math=False)
    ax.set_ylabel(of, parse_math=False)
    plain_numbers(ax.xaxis)
    plain_numbers(ax.yaxis)
    return ax


def _draw_contributions(one: Contributions) -> Axes:
    shown = one.shares[:MOST_BARS]
    ax = _bars([f"{share.column} = {share.cell}" for share in shown])
    for place, share in enumerate(shown):
        colour = DEEP if share.value > 0 else CLASSICAL
        ax.barh(place, share.value, height=0.6, color=colour)
        ax.plot([share.low, share.high], [place, place], color=INK, lw=1.2)
    ax.axvline(0, color=INK, lw=0.8)
    plain_numbers(ax.xaxis)
    ax.set_xlabel(f"added to {one.of}", parse_math=False)
    return ax
