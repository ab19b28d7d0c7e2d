"""Who follows a comparison while it runs."""

from collections.abc import Sequence

from tenfold.comparison.entry import Entry
from tenfold.config import Decision


class ComparisonCallback:
    """Follows a comparison: override what you need; all else does nothing.

    Examples
    --------
    >>> class Impatient(ComparisonCallback):
    ...     def forecast(self, seconds, metric):
    ...         print(f"{metric}: {seconds:.0f} s")
    >>> Impatient().forecast(59.6, "r2")
    r2: 60 s
    """

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Take note of what was decided."""

    def forecast(self, seconds: float, metric: str) -> None:
        """Take note of how long all will take, and of what is compared."""

    def working(self, what: str, share: float) -> None:
        """Take note of what is being done, and of the share of all work that is done."""

    def reached(self, entry: Entry, *, done: bool) -> None:
        """Take note of what a contender has reached so far, and whether that is all."""
