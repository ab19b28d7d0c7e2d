"""Progress callbacks and early termination of training."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from tenfold.config import Decision
from tenfold.training.checkpoints import Checkpoints

CTRL_C: Final = "Ctrl-C"  # what asks for an end where a user pressed it


class Callback:
    """Follows a run, and may end its training: override what you need; all else does nothing.

    Examples
    --------
    >>> class Impatient(Callback):
    ...     def epoch(self, done, most):
    ...         self.done = done
    ...     def stop_reason(self):
    ...         return "five epochs" if getattr(self, "done", 0) >= 5 else None
    >>> Impatient().stop_reason() is None
    True
    """

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
        return None


@final
class CallbackList(Callback):
    """Several callbacks as one; the first reason to end training counts.

    Parameters
    ----------
    members : sequence of Callback
    """

    def __init__(self, members: Sequence[Callback]) -> None:
        self._members = tuple(members)

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Let each take note of what was decided."""
        for one in self._members:
            one.decided(decisions)

    def stage(self, what: str, done: int, total: int) -> None:
        """Let each take note of a stage."""
        for one in self._members:
            one.stage(what, done, total)

    def epoch(self, done: int, most: int) -> None:
        """Let each take note of an epoch."""
        for one in self._members:
            one.epoch(done, most)

    def tell(self, what: str) -> None:
        """Let each take note of a sentence."""
        for one in self._members:
            one.tell(what)

    def stop_reason(self) -> str | None:
        """Return the first reason to end training, or None."""
        return next(filter(None, (one.stop_reason() for one in self._members)), None)


@final
class Deadline:
    """A moment after which training ends.

    Parameters
    ----------
    seconds : float, optional
        From now; None never passes.
    limit : float, optional
        The time limit of which these seconds are a part; by default they are all of it.

    Examples
    --------
    >>> Deadline(None).passed() is None, Deadline(-1).passed()
    (True, 'the time limit of -1 s')
    """

    def __init__(self, seconds: float | None, limit: float | None = None) -> None:
        self._seconds = seconds
        self.limit = seconds if limit is None else limit
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
        return f"the time limit of {self.limit:g} s"


@dataclass(frozen=True, slots=True, eq=False)
class Supervision:
    """Who follows training, when it ends at the latest, and where its state is kept."""

    watch: Callback
    deadline: Deadline
    checkpoints: Checkpoints | None = None
