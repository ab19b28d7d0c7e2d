"""A run in the terminal: decisions as they fall, a bar with the time left, Ctrl-C."""

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final, Self, final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from tenfold.config import Decision
from tenfold.report.summary_text import decision_lines
from tenfold.training.watch import CTRL_C, Callback

PATIENCE_SECONDS: Final = 2.0  # nothing that ends sooner needs a bar


def is_seen(console: Console) -> bool:
    """Tell whether a person sees what a console prints: in a terminal or a notebook."""
    return console.is_terminal or console.is_jupyter


@final
class PatientBar:
    """A bar with the time left, for work that takes longer than two seconds.

    Parameters
    ----------
    console : rich.console.Console
    what : str
        What is being done.
    counts : str
        How far it is, with rich's ``{task.completed}`` and ``{task.total}``.
    """

    def __init__(
        self,
        console: Console,
        what: str,
        counts: str = "row {task.completed:,} of {task.total:,},",
    ) -> None:
        self._started = time.monotonic()
        self._task: TaskID | None = None
        self._what = what
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn(counts),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=console,
            transient=True,
        )

    def start(self) -> None:
        """Begin to wait: what came before does not count."""
        self._started = time.monotonic()

    def update(self, done: int, total: int) -> None:
        """Move the bar, once the work has taken a while; a file has no use for one."""
        if self._task is None:
            if not is_seen(self._bar.console):
                return
            if time.monotonic() - self._started < PATIENCE_SECONDS:
                return
            self._bar.start()
            self._task = self._bar.add_task(self._what, total=total)
        self._bar.update(self._task, completed=done)

    def stop(self) -> None:
        """Take the bar away; one that never started would leave a blank line."""
        if self._task is not None:
            self._bar.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def print_decisions(
    console: Console, decisions: Sequence[Decision], when: str = "Decided"
) -> None:
    """Print what was decided, why, and what changes it."""
    console.print(f"{when}, with the option that changes each decision:", highlight=False)
    for line in decision_lines(decisions):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


@final
class TerminalWatch(Callback):
    """Shows a run on standard error and turns Ctrl-C into an early, usable end.

    Parameters
    ----------
    console : rich.console.Console
    decisions : bool
        Whether to print what was decided; if not, a bar and sentences are shown to people only.
    """

    def __init__(self, console: Console, *, decisions: bool = True) -> None:
        self._console = console
        self._decisions = decisions
        self._interrupted = False
        self._when = "Decided"
        counts = "epoch {task.completed} of at most {task.total},"
        self._bar = PatientBar(console, "training", counts)
        self._stage: tuple[str, PatientBar] | None = None

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Print what was decided, why, and what changes it."""
        if decisions and self._decisions:
            print_decisions(self._console, decisions, self._when)
        self._when = "Decided while training"
        self._bar.start()

    def stage(self, what: str, done: int, total: int) -> None:
        """Move the bar of a stage, once it has taken a while."""
        if self._stage is None or self._stage[0] != what:
            self._end_stage()
            counts = "{task.completed:,} of {task.total:,},"
            self._stage = (what, PatientBar(self._console, what, counts))
        self._stage[1].update(done, total)
        if done >= total:
            self._end_stage()

    def _end_stage(self) -> None:
        if self._stage is not None:
            self._stage[1].stop()
            self._stage = None
            self._bar.start()

    def epoch(self, done: int, most: int) -> None:
        """Move the bar, once training has taken a while."""
        self._bar.update(done, most)

    def tell(self, what: str) -> None:
        """Print a sentence."""
        if not (self._decisions or is_seen(self._console)):
            return
        self._console.print(what, highlight=False, markup=False, soft_wrap=True)

    def stop_reason(self) -> str | None:
        """Return ``"Ctrl-C"`` once it was pressed."""
        return CTRL_C if self._interrupted else None

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Take the bars away at the end, however it comes."""
        try:
            yield
        finally:
            self._end_stage()
            self._bar.stop()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the first Ctrl-C as a wish to end training; a second one ends the program."""
        if threading.current_thread() is not threading.main_thread():
            with self.showing():
                yield  # signals belong to the main thread
            return

        def first(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
            self._interrupted = True
            signal.signal(signal.SIGINT, before)
            self._console.print(
                "Ctrl-C: finishing with the best state so far; press it again to abort"
            )

        before = signal.signal(signal.SIGINT, first)
        try:
            with self.showing():
                yield
        finally:
            signal.signal(signal.SIGINT, before)
