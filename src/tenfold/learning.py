"""What is learnt from which rows, on the way from data to the networks of all folds.

What a kind of data takes and returns; see ``kind.py``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.config import Decision, RunOptions
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits, Splitter
from tenfold.errors import PredictError
from tenfold.nn.inputs import Inputs
from tenfold.nn.network import FoldNetwork
from tenfold.nn.own_modules import MakeModule
from tenfold.seeds import Streams
from tenfold.training.device import Place
from tenfold.training.fit import FoldFits
from tenfold.training.watch import Callback

SILENT: Final = Callback()
PROCESSOR: Final = Place(device=torch.device("cpu"))


Parts = tuple[dict[str, Any], dict[str, torch.Tensor]]
"""Manifest and tensors of a model file."""

Progress = Callable[[int, int], None]
"""Takes the rows done and all rows."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Coded:
    """N rows, ready for the networks.

    Attributes
    ----------
    inputs : Inputs
        From which the networks are fed, on their device.
    count : int
        N.
    numbers : ndarray of shape (N, P), float64
        Columns that the size of errors is looked up by; P is 0 for pictures.
    codes : ndarray of shape (N, Q), int64
    nearly_done : bool
        Whether most of the work is behind, so that what is left needs no progress bar.
    novelty : ndarray of shape (N,) or None
        How far each row is from those of training; above 1, it is unlike them.
    """

    inputs: Inputs
    count: int
    numbers: NDArray[np.float64]
    codes: NDArray[np.int64]
    nearly_done: bool = False
    novelty: NDArray[np.float64] | None = None

    @classmethod
    def of_inputs(cls, inputs: Inputs, count: int, *, nearly_done: bool = False) -> Self:
        """Return N rows of data that have no columns."""
        return cls(
            inputs=inputs,
            count=count,
            numbers=np.zeros((count, 0)),
            codes=np.zeros((count, 0), dtype=np.int64),
            nearly_done=nearly_done,
        )


class Encoder(Protocol):
    """How data of one kind become the inputs of networks."""

    def encode(
        self,
        data: Any,
        schema: Any,
        network: FoldNetwork,
        device: torch.device,
        progress: Progress | None = None,
    ) -> Coded:
        """Return rows as the networks take them.

        Raises
        ------
        InputError
            If they are not such as the networks learnt from.
        """


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Described:
    """Data that can be learnt from.

    Attributes
    ----------
    data
        What the folds share out, test rows taken away.
    test
        Rows that no choice may touch, or None.
    schema : Schema or PictureSchema
    decisions : tuple of Decision
    """

    data: Any
    test: Any
    schema: Any
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class UserObjects:
    """What a user gives as objects, which no file of options can hold.

    Attributes
    ----------
    watch : Callback
        Follows training and may end it.
    splitter : splitter of scikit-learn or iterable of (learn, test), or None
        Takes the place of ``options.split``. Positions count all rows of a table as it was
        read: those that were rejected, that weigh nothing or are held out as a test set, too.
    network : callable or None
        Takes the place of ``options.train.network``.
    features : ndarray of shape (N, D) or None
        What an earlier study of the same pictures found a pretrained network to say of them:
        its ``rows.numbers``.
    """

    watch: Callback = SILENT
    splitter: Splitter | Iterable[Any] | None = None
    network: MakeModule | None = None
    features: NDArray[np.floating[Any]] | None = None


NOTHING: Final = UserObjects()


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Learning:
    """What networks are to learn, from which rows, where, and what the user asks for.

    Attributes
    ----------
    data, test, schema
        See ``Described``.
    options : RunOptions
    streams : Streams
    place : Place
    objects : UserObjects
    """

    data: Any
    test: Any
    schema: Any
    options: RunOptions
    streams: Streams
    place: Place = PROCESSOR
    objects: UserObjects = NOTHING


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Dealt:
    """Rows dealt out to folds.

    Attributes
    ----------
    rows : Encoded
        In the order that training uses, copies joined.
    place : ndarray of shape (len(data),), int64
        Where each row of the data stands in ``rows``; -1 if its weight is 0.
    splits : Splits
    decisions : tuple of Decision
    """

    rows: Encoded
    place: NDArray[np.int64]
    splits: Splits
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fitted:
    """The trained networks of all folds.

    Attributes
    ----------
    fits : FoldFits
    rows : Encoded
        The rows as the networks saw them.
    decisions : tuple of Decision
        What was decided in training.
    form : str
        Which kind of network it is.
    """

    fits: FoldFits
    rows: Encoded
    decisions: tuple[Decision, ...]
    form: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Remembered:
    """What is known of how a run was trained: its study, or what can be had of it again.

    Attributes
    ----------
    study : Study or None
        Of a run that has just ended; then nothing else is there.
    data, options
        What an earlier run was trained on, and its options.
    answers : ndarray of shape (N, O) or None
        What its networks said of rows that they never saw.
    """

    study: Any = None
    data: Any = None
    options: RunOptions | None = None
    answers: NDArray[np.float64] | None = None


class Explained(ABC):
    """What networks look at: its numbers, its figures, its lines for a terminal."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object: the content of ``explain.json``."""

    @abstractmethod
    def lines(self) -> Iterator[str]:
        """Yield it as lines of text."""

    @abstractmethod
    def pngs(self) -> Mapping[str, bytes]:
        """Return its figures as PNG files, by name."""

    @abstractmethod
    def drawn(self) -> list[Any]:
        """Return its figures as a page holds them: ``Drawn``."""

    def described_layers(self) -> tuple[Any, ...]:
        """Return the layers of the network that it tells of: ``Layer``."""
        return ()


def another_kind(learnt: str, given: str) -> PredictError:
    """Return P05: what is given is not of the kind that a model learnt."""
    fact = f"the model was trained on {learnt}, but {given} was given"
    return PredictError("P05", fact, fix=[f"pass {learnt}"])


def not_there(source: str) -> PredictError:
    """Return P06: the data of a run are not where they were."""
    fact = f"the data of the run are no longer at {source}"
    return PredictError("P06", fact, fix=["say where they are: --data FILE"])


def nothing_to_show(whole: str) -> PredictError:
    """Return P05: nobody can say what networks look at in such data."""
    return PredictError("P05", f"what networks look at in {whole} cannot be shown")
