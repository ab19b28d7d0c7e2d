"""Progress callbacks and early termination of training."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, final

from tenfold.config import Decision
from tenfold.training.checkpoints import Checkpoints


class Watch(Protocol):
    """Follows a run; the terminal's is in report/console.py."""

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Take note of what was decided; called before training, and after it."""

    def stage(self, what: str, done: int, total: int) -> None:
        """Take note of how far a stage before or after training is."""

    def epoch(self, done: int, most: int) -> None:
        """Take note of an epoch: how many are done, and how many there are at most."""

    def tell(self, what: str) -> None:
        """Take note of a sentence that the user should read now."""

    def stop_reason(self) -> str | None:
        """Return what asks training to end now, or None."""


@final
class Silent:
    """A watch that shows nothing and never ends training."""

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Do nothing."""

    def stage(self, what: str, done: int, total: int) -> None:
        """Do nothing."""

    def epoch(self, done: int, most: int) -> None:
        """Do nothing."""

    def tell(self, what: str) -> None:
        """Do nothing."""

    def stop_reason(self) -> str | None:
        """Return None."""
        return None


@final
class Deadline:
    """A moment after which training ends.

    Parameters
    ----------
    seconds : float, optional
        From now; None never passes.

    Examples
    --------
    >>> Deadline(None).passed() is None, Deadline(-1).passed()
    (True, 'the time limit of -1 s')
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def spent(self, seconds: float) -> None:
        """Take away what an earlier program spent of the time."""
        if self._end is not None:
            self._end -= seconds

    def share(self) -> float:
        """Return which share of the time has passed, 0 to 1; 0 if there is no end."""
        if self._end is None or self._seconds is None:
            return 0.0
        left = self._end - time.monotonic()
        return min(1.0, max(0.0, 1 - left / max(self._seconds, 1e-9)))

    def passed(self) -> str | None:
        """Return what asks training to end, or None."""
        if self._end is None or time.monotonic() < self._end:
            return None
        return f"the time limit of {self._seconds:g} s"


@dataclass(frozen=True, slots=True, eq=False)
class Supervision:
    """Who follows training, when it ends at the latest, and where its state is kept."""

    watch: Watch
    deadline: Deadline
    checkpoints: Checkpoints | None = None
