"""A part of a training that a worker carries out alone: the networks of some folds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from tenfold.training.history import History
from tenfold.training.watch import Supervision


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trained:
    """The networks of some folds, after training.

    Attributes
    ----------
    network : LearningNetwork
        Of the form that the shard makes.
    target : FoldTarget
    history : History
    """

    network: Any
    target: Any
    history: History


class Shard(Protocol):
    """What the networks of all folds, or of some, are made and trained from.

    What becomes of a fold must not depend on which others are trained beside it, to the bit.
    """

    def __len__(self) -> int:
        """Return the number of folds."""

    def only(self, fold: int) -> Self:
        """Return one fold alone, by position."""

    def train(self, care: Supervision) -> Trained:
        """Make networks and train them."""

    def join(self, parts: Sequence[Trained]) -> Trained:
        """Return the networks of all folds, each of which was trained alone."""
