"""A run in the terminal: decisions as they fall, a bar with the time left, Ctrl-C."""

import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final, final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from tenfold.config import Decision
from tenfold.report.text import decision_lines

PATIENCE_SECONDS: Final = 2.0  # nothing that ends sooner needs a bar


@final
class TerminalWatch:
    """Shows a run on standard error and turns Ctrl-C into an early, usable end.

    Parameters
    ----------
    console : rich.console.Console
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = time.monotonic()
        self._interrupted = False
        self._task: TaskID | None = None
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("epoch {task.completed} of at most {task.total},"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=console,
            transient=True,
        )

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Print what was decided, why, and what changes it."""
        self._console.print("Decided, with the option that changes it:", highlight=False)
        for line in decision_lines(decisions):
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)
        self._started = time.monotonic()

    def epoch(self, done: int, most: int) -> None:
        """Move the bar, once training has taken a while."""
        if self._task is None:
            if time.monotonic() - self._started < PATIENCE_SECONDS:
                return
            self._bar.start()
            self._task = self._bar.add_task("training", total=most)
        self._bar.update(self._task, completed=done)

    def stop_reason(self) -> str | None:
        """Return ``"Ctrl-C"`` once it was pressed."""
        return "Ctrl-C" if self._interrupted else None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the first Ctrl-C as a wish to end training; a second one ends the program."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals belong to the main thread
            return

        def first(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
            self._interrupted = True
            signal.signal(signal.SIGINT, before)
            self._console.print("Ctrl-C: keeping the best state so far; once more to give up")

        before = signal.signal(signal.SIGINT, first)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
            if self._task is not None:  # a bar that never started would print a blank line
                self._bar.stop()
