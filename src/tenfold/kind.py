"""What a kind of data has to bring along: the one place where a new kind is written.

Everything else (studies, scores, model files, reports, the command) is the same for all kinds.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tenfold.config import Decision, RunOptions
from tenfold.contest.contest import Contest, columns_of
from tenfold.data.columns.encode import Encoded
from tenfold.data.columns.groups import Group
from tenfold.data.folds.deal import decide_folds, make_splits, who_answers
from tenfold.data.folds.split import Splits, splits_of
from tenfold.errors import ExportError, PredictError
from tenfold.intake import Intake
from tenfold.learning import (
    NOTHING,
    PROCESSOR,
    Dealt,
    Described,
    Encoder,
    Explained,
    Fitted,
    Learning,
    Parts,
    Progress,
    Remembered,
    UserObjects,
    nothing_to_show,
)
from tenfold.seeds import Streams
from tenfold.training.device import Place, choose_device
from tenfold.training.watch import Callback, Supervision


class Kind(Intake):
    """A kind of data: what a study of it does, beside how data come in."""

    @abstractmethod
    def recognises(self, source: Any) -> bool:
        """Tell whether what a user names holds data of this kind."""

    def is_meant(self, source: Any, options: RunOptions) -> bool:  # noqa: ARG002
        """Tell whether a user means data of this kind; options may say what data do not."""
        return self.recognises(source)

    def options_for(self, source: Any, options: RunOptions) -> RunOptions:  # noqa: ARG002
        """Return the options for such data.

        Raises
        ------
        UsageError
            U02, if one says nothing of them.
        """
        return options

    def read(
        self,
        source: Any,
        test: Any,
        options: RunOptions,
        watch: Callback,  # noqa: ARG002
    ) -> tuple[Any, Any]:
        """Return the labelled data that a user names, and test rows or None.

        Data have a length, and ``take`` returns those rows whose positions it is given.

        Raises
        ------
        InputError
            If they cannot be read.
        """
        data = self.read_labelled(source, None, options)
        return data, None if test is None else self.read_labelled(test, None, options)

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

    def learn(
        self,
        data: Any,
        test: Any,
        options: RunOptions,
        *,
        place: Place = PROCESSOR,
        objects: UserObjects = NOTHING,
    ) -> tuple[Learning, Encoded, tuple[Decision, ...]]:
        """Return what is to be learnt from data, their rows coded, and what was decided.

        Raises
        ------
        InputError
            What ``describe`` raises.
        """
        streams = Streams(options.train.seed)
        found = self.describe(data, test, options, streams)
        learning = Learning(
            data=found.data,
            test=found.test,
            schema=found.schema,
            options=options,
            streams=streams,
            place=place,
            objects=objects,
        )
        return learning, self.encode(found.data, found.schema), found.decisions

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
        options, splitter = learning.options.split, learning.objects.splitter
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
    def encoder(self, learning: Learning, plan: Any, rows: Encoded, splits: Splits) -> Encoder:
        """Return how new rows become inputs of the networks.

        Parameters
        ----------
        learning : Learning
        plan
            Of this kind.
        rows : Encoded
            As the networks saw them.
        splits : Splits
        """

    def truth(
        self, data: Any, schema: Any
    ) -> tuple[NDArray[np.float64] | NDArray[np.int64], NDArray[np.float64]]:
        """Return the true answers of labelled rows and the rows' weights, (N,) each.

        Raises
        ------
        PredictError
            P03 or P04, if there are none, or classes that were never learnt.
        """
        coded = self.encode(data, schema)
        unknown = int((coded.target < 0).sum()) if schema.classes else 0
        if unknown or len(coded.target) == 0:
            raise PredictError("P03", f"{unknown:,} {self.noun} have no class that was learnt")
        return coded.target, coded.weights

    def groups(self, data: Any, schema: Any) -> Iterable[Group]:  # noqa: ARG002
        """Return groups of rows that a user can name, to be scored one by one."""
        return ()

    def pack(self, model: Any) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return what a model file says of a model beyond what all kinds say, and its tensors.

        ``network`` says which network it is, and ``sample`` holds ``answers`` to made-up rows,
        by which an opened model is checked.
        """
        answers = self.sample_answers(model, {}, lambda _at, _answer: True)
        network, sample = {"kind": model.form}, {"answers": answers.tolist()}
        return {"scored": None, "network": network, "sample": sample}, {}

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

    def sample_answers(
        self,
        model: Any,
        manifest: Mapping[str, Any],  # noqa: ARG002
        goes_on: Callable[[int, NDArray[np.float64]], bool],  # noqa: ARG002
    ) -> NDArray[np.float64]:
        """Return what a model says of the made-up rows of its file.

        ``goes_on`` takes a row's number and answer, and says whether to ask about the next: a
        file that is refused in the end is to cost as little as possible.
        """
        return np.asarray(model.answers(self.samples(model.schema)))

    def samples(self, schema: Any) -> Any:
        """Return a few made-up rows, where ``sample_answers`` has none of its own."""
        raise NotImplementedError(schema)

    def of_format_2(self, manifest: dict[str, Any], tensors: dict[str, Tensor]) -> Parts:
        """Return the parts of a model file of format 1 or 2 as format 3 would hold them."""
        return manifest, tensors

    def mistakes(self, data: Any, schema: Any, answers: NDArray[np.float64]) -> tuple[Any, ...]:  # noqa: ARG002
        """Return rows that networks got wrong, or were least sure of, to be looked at."""
        return ()

    def to_compare(
        self,
        options: RunOptions,
        objects: UserObjects,  # noqa: ARG002
    ) -> tuple[RunOptions, tuple[Decision, ...]]:
        """Return the options by which data are read and dealt out to folds for a comparison.

        They are those of the user, unless models of the kind meet the data in another form.
        """
        return options, ()

    def contest(self, learning: Learning, coded: Encoded, dealt: Dealt) -> Contest:
        """Return what models are given in a comparison, and what is special to it.

        By default classical models see the columns of ``coded``. The module of a contest of the
        kind's own loads no torch; see ``Contest``.
        """
        return Contest(
            kind=self.name,
            task=learning.schema.task,
            X=columns_of(coded),
            y=coded.target,
            splits=dealt.splits.spread(dealt.place).pairs(),
            options=learning.options,
            weights=None if (coded.weights == 1).all() else coded.weights,
            classes=learning.schema.classes,
            data=learning.data,
        )

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
        run: Callable[[], Remembered],  # noqa: ARG002
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
            Rows whose answers are explained, or None.
        run : callable
            Returns how the run was trained, where that is needed.
        of_class : str, optional
            Whose probability is explained.
        seed : int
        progress : callable, optional

        Raises
        ------
        PredictError
            P05, if the kind has nothing to show.
        """
        raise nothing_to_show(self.whole)

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
