"""How F copies of a Keras model take steps and answer, whichever backend Keras has.

Shape letters in this file:
    S  steps    F  networks    B  rows in a batch    W  outputs of the model
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.nn.keras_models.compiled import Meaning, the_loss, weighted_loss

Array = NDArray[Any]
Entering = Array | dict[str, Array]
"""What enters a model: one array, or one for each named input; rows come first."""

# Methods by which a model says itself how it learns; then Keras' own loop is asked.
OWN_STEPS: Final = ("train_step", "compute_loss", "train_on_batch", "make_train_function")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Form:
    """What the F copies have in common.

    Attributes
    ----------
    model : keras.Model
        One of them; where copies take turns, it is lent the numbers of each.
    meaning : Meaning
    turns : str
        Why copies take turns; empty if nothing keeps them from learning together.
    """

    model: Any
    meaning: Meaning
    turns: str = ""

    def judged(
        self, trained: Any, fixed: Any, x: Any, y: Any, share_B: Any
    ) -> tuple[Any, list[Any]]:
        """Return a copy's loss, with what layers add to it, and ``fixed`` as it moved."""
        said, moved, added = self.model.stateless_call(
            trained, fixed, x, return_losses=True, **mode_of(self.model, training=True)
        )
        loss = weighted_loss(the_loss(self.model))
        return loss(y, said, share_B) + sum(added), list(moved)

    def said(self, trained: Any, fixed: Any, x: Any) -> Any:
        """Return what a copy says of its rows outside of training."""
        mode = mode_of(self.model, training=False)
        return self.model.stateless_call(trained, fixed, x, **mode)[0]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class State:
    """The numbers of F copies: of each variable an array that leads with F.

    Attributes
    ----------
    trained, fixed : list of ndarray
        Variables that gradients move, and those that they do not, such as running means and
        the states of random generators.
    driven : list of ndarray
        Variables of the optimizer; none outside of training.
    """

    trained: list[Array]
    fixed: list[Array]
    driven: list[Array]


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """How steps are taken.

    Attributes
    ----------
    factor : float
        Share of each step that is taken.
    first : int
        Number of the first step; what copies draw at random goes by it.
    seeds : tuple of F int
    """

    factor: float
    first: int
    seeds: tuple[int, ...]


class Engine(ABC):
    """F copies of a model on a backend.

    Attributes
    ----------
    turns : str
        Why the copies take turns; empty if they take each step together.
    """

    turns: str = ""

    @abstractmethod
    def put(self, state: State) -> None:
        """Let the copies have these numbers."""

    @abstractmethod
    def take(self) -> State:
        """Return the numbers that the copies have now."""

    @abstractmethod
    def learn(
        self, x: Entering, y: Array, share_SFB: Array, go_SF: NDArray[np.bool_], how: Taken
    ) -> NDArray[np.float64]:
        """Take S steps.

        Parameters
        ----------
        x : ndarray of shape (S, F, B, ...), or one for each named input
        y : ndarray of shape (S, F, B, 1 or W)
        share_SFB : ndarray
            Each row's share of its step's loss.
        go_SF : ndarray of bool
            Steps of copies that have no more to take leave them as they are.
        how : Taken

        Returns
        -------
        ndarray of shape (S, F)
            The loss of each step; NaN in the last one if a number is not finite after it.
        """

    @abstractmethod
    def try_step(self, x: Entering, y: Array) -> None:
        """Raise what keeps copies from learning together, if anything does.

        Parameters
        ----------
        x, y
            Some rows of each of two copies, (2, B, ...).
        """

    @abstractmethod
    def answer(self, x: Entering) -> Array:
        """Return what each copy says of its rows outside of training, (F, B, W)."""


def pick(x: Entering, *at: int | slice) -> Entering:
    """Return a part of what enters, by its first axes."""
    if isinstance(x, dict):
        return {name: array[at] for name, array in x.items()}
    part: Array = x[at]
    return part


def as_arrays(x: Any) -> Entering:
    """Return tensors of torch as arrays."""
    if isinstance(x, dict):
        return {name: _array(tensor) for name, tensor in x.items()}
    return _array(x)


def _array(tensor: Any) -> Array:
    found: Array = tensor.detach().cpu().contiguous().numpy()
    return found


def twice(x: Entering) -> Entering:
    """Return what enters two copies alike, (2, ...)."""
    if isinstance(x, dict):
        return {name: np.stack([array, array]) for name, array in x.items()}
    return np.stack([x, x])


def lend(model: Any, state: State) -> None:
    """Let a model have the numbers of one copy, without those of its optimizer."""
    pairs = zip(
        (*model.trainable_variables, *model.non_trainable_variables),
        (*state.trained, *state.fixed),
        strict=True,
    )
    for variable, array in pairs:
        variable.assign(array)


def layers_of(model: Any) -> list[Any]:
    """Return all layers of a model, those of models inside it too."""
    found = []
    for layer in getattr(model, "layers", []):
        found += [layer, *layers_of(layer)]
    return found


def mode_of(model: Any, *, training: bool) -> dict[str, bool]:
    """Return what a model's ``call`` is told of training, if it asks for it."""
    asked = inspect.signature(model.call).parameters.values()
    takes = any(one.name == "training" or one.kind is one.VAR_KEYWORD for one in asked)
    return {"training": training} if takes else {}


def learns_itself(model: Any) -> str:
    """Return which method a model overrides to say how it learns; empty if none."""
    own = [name for name in OWN_STEPS if _defines(model, name)]
    return own[0] if own else ""


def stacked(arrays: Sequence[Array]) -> Array:
    """Return arrays as one that leads with their number."""
    return np.stack([np.asarray(one) for one in arrays])


def _defines(model: Any, name: str) -> bool:
    owner = next(c for c in type(model).__mro__ if name in vars(c))
    return not owner.__module__.startswith("keras.")
