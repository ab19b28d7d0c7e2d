"""How training went: its epochs, and what it had to be saved from.

Shape letters in this file:
    G  folds
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Decision


@dataclass(frozen=True, kw_only=True, slots=True)
class TestScores:
    """How well the networks of an epoch do on test rows, which decide nothing."""

    loss: float
    accuracy: float


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochLine:
    """One line of the history: an epoch, losses, the learning rate.

    ``loss`` and ``validation_loss`` are means over folds, those with a ``_G`` each fold's.
    ``validation_loss`` is None, and ``validation_loss_G`` empty, in epochs that end without a
    look at validation rows; ``test`` is None unless test rows are scored after every epoch.
    """

    epoch: int
    loss: float
    validation_loss: float | None
    lr: float
    seconds: float
    test: TestScores | None = None
    loss_G: tuple[float, ...] = ()
    validation_loss_G: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the line as a JSON object."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Return what ``to_dict`` turned into a JSON object."""
        scores = found["test"]
        return cls(
            **dict(found)
            | {
                "test": None if scores is None else TestScores(**scores),
                "loss_G": tuple(found["loss_G"]),
                "validation_loss_G": tuple(found["validation_loss_G"]),
            }
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollback:
    """A loss that was no finite number, and where training went on from.

    Attributes
    ----------
    epoch : int
        In which it was found.
    folds : tuple of int
        Whose loss it was, counted from 1.
    back_to : int
        Training went on after this epoch; 0 is the beginning.
    lr_factor : float
        What all learning rates are multiplied with from there on.
    """

    epoch: int
    folds: tuple[int, ...]
    back_to: int
    lr_factor: float

    def to_decision(self) -> Decision:
        """Return what a user is told of it."""
        where = f"epoch {self.back_to}" if self.back_to else "the beginning"
        of = "fold" if len(self.folds) == 1 else "folds"
        return Decision(
            what=f"training rolled back to {where}, with {self.lr_factor:g} times the "
            "learning rate",
            why=f"the loss of {of} {', '.join(map(str, self.folds))} stopped being finite in "
            f"epoch {self.epoch}",
            change_with="--lr",
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class History:
    """How training went.

    Attributes
    ----------
    lines : tuple of EpochLine
    best_epoch_G : ndarray of shape (G,), int64
        The epoch whose state each fold kept.
    stopped_by : str or None
        What ended training early, if not the validation rows.
    rollbacks : tuple of Rollback
    pieces : int
        Parts that each batch was cut into, because a whole batch did not fit into memory.
    """

    lines: tuple[EpochLine, ...]
    best_epoch_G: NDArray[np.int64]
    stopped_by: str | None
    rollbacks: tuple[Rollback, ...] = ()
    pieces: int = 1

    @property
    def rescues(self) -> tuple[Decision, ...]:
        """What a user is told of numbers that were not finite, and of memory."""
        found = [rollback.to_decision() for rollback in self.rollbacks]
        if self.pieces > 1:
            found.append(
                Decision(
                    what=f"each batch was split into {self.pieces} parts, and their gradients "
                    "were added",
                    why="a whole batch did not fit into memory",
                    change_with="--batch-size",
                )
            )
        return tuple(found)


def merged(parts: Sequence[History]) -> History:
    """Return one history of folds that were trained each by itself.

    A fold that ended earlier than another keeps its last losses.
    """
    epochs = max(len(part.lines) for part in parts)
    lasting = [(*part.lines, *part.lines[-1:] * (epochs - len(part.lines))) for part in parts]
    lines = [_side_by_side(at_once) for at_once in zip(*lasting, strict=True)]
    return History(
        lines=tuple(lines),
        best_epoch_G=np.concatenate([part.best_epoch_G for part in parts]),
        stopped_by=next((part.stopped_by for part in parts if part.stopped_by), None),
        rollbacks=tuple(rollback for part in parts for rollback in part.rollbacks),
        pieces=max(part.pieces for part in parts),
    )


def _side_by_side(lines: Sequence[EpochLine]) -> EpochLine:
    """Return the lines of one epoch, a fold each, as one."""
    newest = max(lines, key=lambda line: line.epoch)
    loss_G = [loss for line in lines for loss in line.loss_G]
    validation_G: list[float] = []
    if newest.validation_loss_G:
        validation_G = [loss for line in lines for loss in line.validation_loss_G]
    return EpochLine(
        epoch=newest.epoch,
        loss=float(np.mean(loss_G)),
        validation_loss=float(np.mean(validation_G)) if validation_G else None,
        lr=newest.lr,
        seconds=max(line.seconds for line in lines),
        loss_G=tuple(loss_G),
        validation_loss_G=tuple(validation_G),
    )
