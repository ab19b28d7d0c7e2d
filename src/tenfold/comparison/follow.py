"""Who follows a comparison while it runs."""

from collections.abc import Sequence
from typing import Protocol, final

from tenfold.comparison.entry import Entry
from tenfold.config import Decision


class Follow(Protocol):
    """Follows a comparison; the terminal's is in cli/race.py."""

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Take note of what was decided."""

    def forecast(self, seconds: float, metric: str) -> None:
        """Take note of how long all will take, and of what is compared."""

    def working(self, what: str, share: float) -> None:
        """Take note of what is being done, and of the share of all work that is done."""

    def reached(self, entry: Entry, *, done: bool) -> None:
        """Take note of what a contender has reached so far, and whether that is all."""


@final
class Silent:
    """Shows nothing."""

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Do nothing."""

    def forecast(self, seconds: float, metric: str) -> None:
        """Do nothing."""

    def working(self, what: str, share: float) -> None:
        """Do nothing."""

    def reached(self, entry: Entry, *, done: bool) -> None:
        """Do nothing."""
