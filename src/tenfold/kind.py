"""What a kind of data has to bring along: the one place where a new kind is written.

Everything else (studies, scores, model files, reports, the command) is the same for all kinds.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tenfold.config import Decision, RunOptions
from tenfold.data.admit import Mode
from tenfold.data.encode import Encoded
from tenfold.data.folds import decide_folds, make_splits, who_answers
from tenfold.data.groups import Group
from tenfold.data.split import splits_of
from tenfold.errors import ExportError, PredictError
from tenfold.learning import (
    Dealt,
    Described,
    Encoder,
    Explained,
    Fitted,
    Learning,
    Progress,
    another_kind,
)
from tenfold.seeds import Streams
from tenfold.training.device import Place, choose_device
from tenfold.training.watch import Callback, Supervision


class Kind(ABC):
    """A kind of data.

    Attributes
    ----------
    name : str
        In ``metrics.json`` and in model files.
    noun : str
        What the data consist of, in the plural.
    whole : str
        What all of them are called.
    where : str
        What says where a row came from: ``"line"`` or ``"file"``.
    own_options : mapping of str to tuple of str
        By group, the options that not all kinds have and this one has.
    """

    name: ClassVar[str]
    noun: ClassVar[str]
    whole: ClassVar[str]
    where: ClassVar[str]
    own_options: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @abstractmethod
    def recognises(self, source: Any) -> bool:
        """Tell whether what a user names holds data of this kind."""

    def options_for(self, source: Any, options: RunOptions) -> RunOptions:  # noqa: ARG002
        """Return the options for such data.

        Raises
        ------
        UsageError
            U02, if one says nothing of them.
        """
        return options

    @abstractmethod
    def read(
        self, source: Any, test: Any, options: RunOptions, watch: Callback
    ) -> tuple[Any, Any]:
        """Return the labelled data that a user names, and test rows or None.

        Raises
        ------
        InputError
            If they cannot be read.
        """

    def choose_place(self, device: str) -> tuple[Place, tuple[Decision, ...]]:
        """Return where networks are trained; ``device`` is what the user named."""
        found, decisions = choose_device(device)
        return Place(device=found), decisions

    @abstractmethod
    def describe(
        self, data: Any, test: Any, options: RunOptions, streams: Streams
    ) -> Described:
        """Find the target, take test rows away, and say what the data hold.

        Raises
        ------
        InputError
            If nothing can be learnt from the data, or the test rows cannot be scored.
        """

    @abstractmethod
    def encode(self, data: Any, schema: Any) -> Encoded:
        """Return rows as numbers and codes, with targets, weights, groups and times."""

    def check(self, learning: Learning, coded: Encoded) -> Iterable[Any]:  # noqa: ARG002
        """Return findings that make the score a lie, or may."""
        return ()

    def check_closely(self, learning: Learning, coded: Encoded) -> Iterable[Any]:  # noqa: ARG002
        """Return what takes too long to be looked for before each run."""
        return ()

    def split(self, learning: Learning, coded: Encoded) -> Dealt:
        """Deal rows out to folds; those of a group or a set stay together."""
        options, splitter = learning.options.split, learning.given.splitter
        few: tuple[Decision, ...] = ()
        if splitter is not None:
            splits, how = who_answers(splits_of(splitter, coded, learning.schema), options)
        else:
            folds, few = decide_folds(coded, options)
            splits, how = make_splits(coded, learning.schema, folds, learning.streams)
        place = np.arange(len(coded))
        return Dealt(rows=coded, place=place, splits=splits, decisions=(*few, *how))

    @abstractmethod
    def plan(self, learning: Learning, dealt: Dealt) -> tuple[Any, tuple[Decision, ...]]:
        """Choose the network and the recipe; the plan says in ``form`` which network it is."""

    @abstractmethod
    def fit(self, learning: Learning, plan: Any, dealt: Dealt, care: Supervision) -> Fitted:
        """Train the networks of all folds."""

    @abstractmethod
    def encoder(self, learning: Learning, plan: Any) -> Encoder:
        """Return how new rows become inputs of the networks."""

    @abstractmethod
    def truth(
        self, data: Any, schema: Any
    ) -> tuple[NDArray[np.float64] | NDArray[np.int64], NDArray[np.float64]]:
        """Return the true answers of labelled rows and the rows' weights, (N,) each.

        Raises
        ------
        PredictError
            P03 or P04, if there are none, or classes that were never learnt.
        """

    @abstractmethod
    def places(self, data: Any) -> Sequence[Any] | NDArray[Any]:
        """Return where each row came from: its line, or its file."""

    def groups(self, data: Any, schema: Any) -> Iterable[Group]:  # noqa: ARG002
        """Return groups of rows that a user can name, to be scored one by one."""
        return ()

    def columns(self, schema: Any) -> int:  # noqa: ARG002
        """Return how many columns there are, where there are columns."""
        return 0

    @abstractmethod
    def pack(self, model: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return what a model file says of a model beyond what all kinds say, and its tensors.

        ``network`` says which network it is, and ``sample`` holds ``answers`` to made-up rows,
        by which an opened model is checked.
        """

    @abstractmethod
    def unpack(
        self, manifest: Mapping[str, Any], tensors: Mapping[str, Tensor], make: Any
    ) -> Any:
        """Return the model that a file describes.

        Raises
        ------
        StoreError
            M05, if the network is a user's own and its function is not given.
        LookupError, TypeError, ValueError
            If the parts do not belong together.
        """

    @abstractmethod
    def sample_answers(
        self,
        model: Any,
        manifest: Mapping[str, Any],
        goes_on: Callable[[int, NDArray[np.float64]], bool],
    ) -> NDArray[np.float64]:
        """Return what a model says of the made-up rows of its file.

        ``goes_on`` takes a row's number and answer, and says whether to ask about the next: a
        file that is refused in the end is to cost as little as possible.
        """

    def mistakes(self, data: Any, schema: Any, answers: NDArray[np.float64]) -> tuple[Any, ...]:  # noqa: ARG002
        """Return rows that networks got wrong, or were least sure of, to be looked at."""
        return ()

    @abstractmethod
    def read_new(
        self,
        source: Any,
        schema: Any,
        options: RunOptions | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Return new rows, read as those of training were.

        Parameters
        ----------
        source
            What a user gives: a file, a table, pictures, or rows that were read already.
        schema : Schema or PictureSchema
        options : RunOptions, optional
        progress : callable, optional

        Raises
        ------
        PredictError
            P05, if they are of another kind.
        """

    @abstractmethod
    def read_labelled(
        self,
        source: Any,
        schema: Any,
        options: RunOptions | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Return labelled rows to score; see ``read_new``."""

    def admit(self, data: Any, schema: Any, mode: Mode | None, *, told: bool) -> Any:  # noqa: ARG002
        """Return rows as a model reads them, or refuse those that are not like training's.

        Parameters
        ----------
        data : Table or Pictures
        schema : Schema or PictureSchema
        mode : {"strict", "warn"} or None
        told : bool
            Whether the user was told already how the data were read.

        Raises
        ------
        PredictError
            P08, if rows do not fit and the mode is ``"strict"``.
        """
        return data

    def index(self, source: Any, data: Any) -> Any:  # noqa: ARG002
        """Return what labels the answer to each row: the user's labels, lines or files."""
        return list(self.places(data))

    def departures(self, source: Any, schema: Any) -> Any:  # noqa: ARG002
        """Return where rows are not like those of training, a row for each cell or column.

        Raises
        ------
        PredictError
            P05, if the kind has no columns.
        """
        raise another_kind(self.whole, "a table")

    @abstractmethod
    def read_again(
        self, options: RunOptions, known: str, schema: Any, source: Any = None
    ) -> Any:
        """Return what a run was trained on, or some of it, read once more.

        Parameters
        ----------
        options : RunOptions
            Of the run.
        known : str
            Where its data were.
        schema : Schema or PictureSchema
        source : optional
            Where they are, if that is elsewhere now.

        Raises
        ------
        PredictError
            P06, if they are not where they were.
        """

    def draft(self, model: Any, data: Any, about: Any) -> Any:  # noqa: ARG002
        """Return a model on its way to a file of ONNX, with data that it is compared on.

        Raises
        ------
        ExportError
            X02, if the kind knows no way; X03, if an input would be called as an output.
        """
        raise ExportError("X02", f"models of {self.whole} have no form that ONNX could hold")

    def explain(
        self,
        model: Any,  # noqa: ARG002
        asked: Any,  # noqa: ARG002
        held_out: Callable[[], Any],  # noqa: ARG002
        *,
        of_class: str | None,  # noqa: ARG002
        seed: int,  # noqa: ARG002
        progress: Progress | None,  # noqa: ARG002
    ) -> Explained:
        """Return what networks look at.

        Parameters
        ----------
        model : Model
        asked
            Rows whose answers are taken apart, or None.
        held_out : callable
            Returns the rows of the run in their folds, ``HeldOut``, where they are needed.
        of_class : str, optional
            Whose probability is explained.
        seed : int
        progress : callable, optional

        Raises
        ------
        PredictError
            P05, if the kind has nothing to show.
        """
        raise PredictError("P05", f"what networks look at in {self.whole} cannot be shown")

    def read_explanation(
        self,
        found: Mapping[str, Any],
        read: Callable[[str], bytes],  # noqa: ARG002
    ) -> Explained:
        """Return what ``explain`` returned, from its JSON object.

        Parameters
        ----------
        found : mapping
        read : callable
            Returns a figure as PNG, by its name.

        Raises
        ------
        LookupError
            If the kind has nothing to show.
        """
        raise LookupError(found["kind"])
