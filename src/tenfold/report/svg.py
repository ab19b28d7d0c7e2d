"""Figures as SVG that stand in a page, follow its colours, and have a name of their own."""

import html
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tenfold.locks import OneAtATime
from tenfold.silence import Silence

# Matplotlib writes this colour, and the page gives it a meaning in light and dark.
INK: Final = "#010203"
# Told apart on white and on black.
DEEP, CLASSICAL, CONSTANT = "#d9540f", "#2f7fd0", "#808080"
NOT_SAID: Final = ("Creator", "Date", "Format", "Type")  # they name places on the web
IDS: Final = re.compile(r' id="[A-Za-z_.0-9]+_\d+"')  # of groups, the same in every figure
SIZE: Final = (4.6, 3.1)  # inches; in a column of a phone letters keep their size
ROWS_WIDTH, ROW_HEIGHT = 5.2, 0.3  # inches, of axes with a row for each name
FEW_TICKS: Final = 5
PNG_DPI: Final = 150
# Paint that lets the page through: what is rare is faint, whatever is behind it.
DENSITY: Final = LinearSegmentedColormap.from_list(
    "density", [to_rgba(CLASSICAL, 0.15), to_rgba(CLASSICAL, 1.0)]
)
# Matplotlib lays out text with a parser, and has settings, of which a process has one.
_DRAWING: Final = OneAtATime()
# The page's reader draws the letters, with fonts of its own.
_MISSING_LETTERS: Final = Silence(message="Glyph")


def new_axes(width: float = SIZE[0], height: float = SIZE[1]) -> Axes:
    """Return axes of a figure of their own; sizes are in inches."""
    return Figure(figsize=(width, height)).add_subplot()


def named_rows(names: Sequence[str]) -> Axes:
    """Return axes with a row for each name, the first on top."""
    ax = new_axes(ROWS_WIDTH, 0.8 + ROW_HEIGHT * len(names))
    ax.set_yticks(range(len(names)), names, parse_math=False)
    ax.set_ylim(max(len(names), 1) - 0.5, -0.5)
    return ax


def plain_numbers(axis: Axis) -> None:
    """Give an axis few ticks, and write their numbers as text does."""
    axis.set_major_locator(MaxNLocator(FEW_TICKS))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def as_svg(ax: Axes, title: str) -> Markup:
    """Return a figure as SVG whose black is the text colour of the page.

    Parameters
    ----------
    ax : Axes
        The only ones of their figure.
    title : str
        What the figure shows, for those who do not see it.
    """
    figure = _finish(ax)
    out = io.StringIO()
    with _drawing({"svg.fonttype": "none", "svg.hashsalt": title}):
        _lay_out(figure)
        figure.savefig(out, format="svg", transparent=True, metadata=dict.fromkeys(NOT_SAID))
    text = out.getvalue()
    text = IDS.sub("", text[text.index("<svg") :]).replace(INK, "currentColor")
    named = f'<svg role="img" aria-label="{html.escape(title)}"'
    # Nothing of a user's can be in it but names, which matplotlib escapes.
    return Markup(text.replace("<svg", named, 1))  # noqa: S704


@contextmanager
def _drawing(settings: dict[str, Any]) -> Iterator[None]:
    """Let this thread alone draw, with these settings of Matplotlib."""
    known: dict[str, Any] = mpl.rcParams  # type: ignore[assignment]
    with _DRAWING, _MISSING_LETTERS:
        before = {name: known[name] for name in settings}
        known.update(settings)
        try:
            yield
        finally:
            known.update(before)


def as_png(ax: Axes) -> bytes:
    """Return a figure as PNG, dark on white."""
    figure = _finish(ax)
    out = io.BytesIO()
    with _drawing({}):
        _lay_out(figure)
        figure.savefig(out, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return out.getvalue()


def _lay_out(figure: Figure) -> None:
    """Give a figure's axes the room that their words leave.

    Matplotlib remembers that there was a layout, and would draw the figure twice.
    """
    figure.tight_layout()
    figure.set_layout_engine(None)


def _finish(ax: Axes) -> Figure:
    """Give axes the project's look, and return their figure."""
    ax.spines[["top", "right"]].set_visible(False)
    for spine in ax.spines.values():
        spine.set_color(INK)
    ax.tick_params(colors=INK)
    ax.xaxis.label.set_color(INK)
    ax.yaxis.label.set_color(INK)
    figure = ax.figure
    if not isinstance(figure, Figure):
        raise TypeError("the axes are part of another figure")
    return figure


def legend(ax: Axes, names: dict[str, str] | None = None) -> None:
    """Draw a legend of what is labelled, if anything is; a name is no formula.

    Parameters
    ----------
    ax : Axes
    names : dict of str to str, optional
        What stands in the legend for a line's label.
    """
    if not ax.get_legend_handles_labels()[1]:
        return
    drawn = ax.legend(frameon=False, labelcolor=INK, fontsize="small")
    for text in drawn.get_texts():
        label = text.get_text()
        text.set(parse_math=False, text=(names or {}).get(label, label))
