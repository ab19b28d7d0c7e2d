"""A comparison in the terminal: a table, best first, while it runs."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal, final

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from tenfold.comparison.comparison import Comparison, ranked
from tenfold.comparison.entry import Entry
from tenfold.comparison.follow import ComparisonCallback
from tenfold.comparison.lines import HEADER, pooled_note, table_rows
from tenfold.config import Decision
from tenfold.kinds.registry import kind_named
from tenfold.report.console import is_seen, print_decisions

NUMBERS: Final = 6  # columns after the first that hold numbers end at the right


@final
class TerminalRace(ComparisonCallback):
    """Shows a comparison on standard error.

    Parameters
    ----------
    console : rich.console.Console
    decisions : bool
        Whether to print what was decided; if not, a table is shown to people only.
    """

    def __init__(self, console: Console, *, decisions: bool = True) -> None:
        self._console = console
        self._decisions = decisions
        self._entries: dict[str, Entry] = {}
        self._metric = ""
        self._seconds = 0.0
        self._started = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[left]}")
        )
        self._task = self._bar.add_task("", total=1.0, left="")
        self._live = Live(console=console, transient=True, refresh_per_second=4)

    @property
    def _verbose(self) -> bool:
        return self._decisions or is_seen(self._console)

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the table while this lasts; a file gets a line for each contender instead."""
        if is_seen(self._console) and not self._console.quiet:
            with self._live:
                yield
        else:
            yield

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Print what was decided, why, and what changes it."""
        if self._decisions:
            print_decisions(self._console, decisions)

    def forecast(self, seconds: float, metric: str) -> None:
        """Print how long all will take."""
        self._metric, self._seconds = metric, seconds
        self._started = time.monotonic()
        sentence = f"This will take about {duration(seconds)}."
        if self._verbose:
            self._console.print(sentence, highlight=False)

    def working(self, what: str, share: float) -> None:
        """Move the bar."""
        spent = time.monotonic() - self._started
        left = ""
        if self._seconds and share > 0:
            # The forecast counts at first, what was seen of it later on.
            whole = (1 - share) * self._seconds + share * (spent / share)
            left = f"{duration(max(0.0, whole - spent))} left"
        self._bar.update(self._task, description=what, completed=share, left=left)
        self._draw()

    def reached(self, entry: Entry, *, done: bool) -> None:
        """Put a contender's row into the table."""
        self._entries[entry.name] = entry
        if done and self._decisions and not self._console.is_terminal:
            (row,) = table_rows([entry], self._metric, 1.0, entry.folds)
            self._console.print("  ".join(filter(None, row)), highlight=False, markup=False)
        self._draw()

    def _draw(self) -> None:
        if not self._live.is_started:
            return
        found = ranked(self._entries, self._metric) if self._metric else ()
        folds = max((entry.folds for entry in found), default=0)
        rows = table_rows(found, self._metric, 1 / max(folds - 1, 1), folds) if found else []
        self._live.update(Group(contender_table(rows), self._bar))


def contender_table(rows: Sequence[Sequence[str]]) -> Table:
    """Return the table of contenders for a terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(HEADER):
        number = 0 < place < NUMBERS
        last = place == len(HEADER) - 1
        side: Literal["left", "right"] = "right" if number else "left"
        table.add_column(name, justify=side, overflow="fold", no_wrap=not last)
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def show_comparison(comparison: Comparison, console: Console) -> None:
    """Print contenders, axes and verdict, and where they lie."""
    problem = comparison.problem
    rows = table_rows(
        comparison.entries,
        comparison.verdict.metric,
        problem.test_share,
        len(problem.splits),
    )
    console.print(contender_table(rows), highlight=False)
    note = pooled_note(comparison.entries, kind_named(problem.kind).noun)
    if note:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    console.print()
    for name, axis in comparison.axes.items():
        said = f"{name.capitalize()}: {axis['sentence']}"
        console.print(said, highlight=False, markup=False, soft_wrap=True)
    if comparison.axes:
        console.print()
    console.print(comparison.verdict.sentence, highlight=False, markup=False, soft_wrap=True)
    if comparison.folder is not None:
        console.print(
            f"saved in {comparison.folder}", highlight=False, markup=False, soft_wrap=True
        )


def duration(seconds: float) -> str:
    """Return a time as people say it.

    Examples
    --------
    >>> duration(42.4), duration(150), duration(4000)
    ('42 s', '2 min 30 s', '1 h 6 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
