"""All that moves while networks train, so that it can be kept, written, and gone back to.

Shape letters in this file:
    F  networks side by side    G  folds
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.nn.network import LearningNetwork
from tenfold.training.checkpoints import State, not_of_this_run
from tenfold.training.history import EpochLine, Rollback
from tenfold.training.optimizers import make_optimizer
from tenfold.training.recipe import Recipe
from tenfold.training.states import Average, Best, moved_tensors


@dataclass(kw_only=True, slots=True, eq=False)
class Course:
    """How far training is.

    Attributes
    ----------
    step : int
        Steps taken.
    seconds : float
        That they took, in programs before this one too.
    loss_F : list of float
        Summed losses of the present round.
    lines : list of EpochLine
    rollbacks : tuple of Rollback
    stopped_by : str or None
    lr : float
        The last learning rate.
    pieces : int
        Parts that each batch is cut into.
    """

    lr: float
    step: int = 0
    pieces: int = 1
    seconds: float = 0.0
    loss_F: list[float] = field(default_factory=list)
    lines: list[EpochLine] = field(default_factory=list)
    rollbacks: tuple[Rollback, ...] = ()
    stopped_by: str | None = None

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> "Course":
        """Return what ``asdict`` turned into a JSON object."""
        rollbacks = [{**one, "folds": tuple(one["folds"])} for one in found["rollbacks"]]
        return cls(
            **found
            | {
                "lines": [EpochLine.from_dict(line) for line in found["lines"]],
                "rollbacks": tuple(Rollback(**one) for one in rollbacks),
            }
        )


class Moving:
    """F networks, what drives them, and how far training is.

    Random draws need not be kept: each is made anew from the numbers of its fold, its
    member and its step.

    Parameters
    ----------
    network : LearningNetwork
    recipe : Recipe
    fold_F : ndarray of shape (F,), int64
        Fold of each network, 0 to G - 1.

    Attributes
    ----------
    optimizer : Optimizer
    average : Average or None
    best : Best
    running_F : ndarray of shape (F,), bool
        Networks that have steps left.
    course : Course
    """

    def __init__(
        self, network: LearningNetwork, recipe: Recipe, fold_F: NDArray[np.int64]
    ) -> None:
        self._network = network
        self.optimizer = make_optimizer(network, recipe)
        flat = self.optimizer.flat
        self.average = Average(flat, recipe.average) if recipe.average else None
        self.best = Best(moved_tensors(network), fold_F, recipe.patience, recipe.least_epochs)
        self.running_F = np.ones(len(fold_F), dtype=bool)
        self.course = Course(lr=recipe.lr)

    def bad_networks(self, loss_F: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the networks whose loss, or a parameter, is no finite number."""
        bad_F = ~np.isfinite(loss_F)
        # A sum is found much sooner than each number's answer, and is finite only if all are.
        if not all(bool(numbers.sum().isfinite()) for numbers in self.optimizer.flat):
            for parameter in self._network.parameters():
                finite_F = parameter.detach().flatten(1).isfinite().all(dim=1)
                bad_F |= ~finite_F.cpu().numpy()
        return np.flatnonzero(bad_F)

    def capture(self, into: State | None = None) -> State:
        """Return a copy of the present state, in the memory of an earlier one if given."""
        present = self.present()
        if into is None:
            copies = {name: tensor.clone() for name, tensor in present.tensors.items()}
            return State(tensors=copies, facts=present.facts)
        for name, tensor in present.tensors.items():
            into.tensors[name].copy_(tensor)
        return State(tensors=into.tensors, facts=present.facts)

    def present(self) -> State:
        """Return the present state, whose tensors are those that training goes on to change."""
        self._network.settle()
        facts = {
            "course": asdict(self.course),
            "drawn": self._network.steps_taken,
            "average": 0 if self.average is None else self.average.count,
            "loss_G": self.best.loss_G.tolist(),
            "epoch_G": self.best.epoch_G.tolist(),
            "open_G": self.best.open_G.tolist(),
            "running_F": self.running_F.tolist(),
        }
        return State(tensors=self._tensors(), facts=facts)

    @torch.no_grad()
    def restore(self, state: State) -> None:
        """Go back to a state.

        Raises
        ------
        StoreError
            M12, if it is of other networks.
        """
        live, facts, best = self._tensors(), state.facts, self.best
        shapes = {name: tensor.shape for name, tensor in live.items()}
        if {name: tensor.shape for name, tensor in state.tensors.items()} != shapes:
            raise not_of_this_run()
        for name, tensor in live.items():
            tensor.copy_(state.tensors[name])
        best.loss_G[:], best.epoch_G[:] = facts["loss_G"], facts["epoch_G"]
        best.open_G[:], self.running_F[:] = facts["open_G"], facts["running_F"]
        if self.average is not None:
            self.average.count = facts["average"]
        self._network.steps_taken = facts["drawn"]
        self._network.renew()
        self.course = Course.from_dict(facts["course"])

    def _tensors(self) -> dict[str, Tensor]:
        """Return every tensor that training goes on from; changing one changes the training."""
        found = {f"network.{name}": t for name, t in self._network.state_dict().items()}
        parts: dict[str, Sequence[Tensor]] = {
            "optimizer": self.optimizer.tensors,
            "best": self.best.tensors,
            "average": [] if self.average is None else self.average.tensors,
        }
        for part, tensors in parts.items():
            found |= {f"{part}.{i}": tensor for i, tensor in enumerate(tensors)}
        return found


def join(of: str, states: dict[str, State]) -> State:
    """Return several states as one that can be written; ``of`` says of which training."""
    return State(
        tensors={
            f"{part}.{name}": tensor
            for part, state in states.items()
            for name, tensor in state.tensors.items()
        },
        facts={"of": of} | {part: state.facts for part, state in states.items()},
    )


def part_of(state: State, part: str) -> State:
    """Return one of the states that ``join`` put together."""
    begin = f"{part}."
    tensors = {
        k.removeprefix(begin): t for k, t in state.tensors.items() if k.startswith(begin)
    }
    return State(tensors=tensors, facts=state.facts[part])
