"""An exported model: its file, and what the file tells of itself.

ONNX Runtime computes; torch is not needed here. What a label tells of the data, and how data
become inputs, is read by the kind of data that it names.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol, Self, final

from numpy.typing import NDArray

from tenfold.config import Task
from tenfold.errors import StoreError
from tenfold.extras import require

FORMAT: Final = 1
KEY: Final = "tenfold"  # of the metadata of the file
VALUE: Final = "prediction"
PROBABILITIES: Final = "probabilities"
LOW, HIGH = "lower", "upper"
NOVELTY: Final = "novelty"  # how far a row is from those of training; above 1 it is unlike them
NOT_OURS: Final = "it is not an ONNX file written by Tenfold"

Form = Literal["onnx", "torch"]
SUFFIXES: Final[Mapping[Form, str]] = {"onnx": ".onnx", "torch": ".pt2"}
Feeds = dict[str, NDArray[Any]]
"""What goes into the file: each input by its name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """What the intervals around predictions promise.

    Attributes
    ----------
    coverage : float
        Share of rows whose truth is to lie within.
    measured : float or None
        Share of held-out rows whose truth did; None where a single fold cannot tell.
    rows : int
        Held-out rows.
    """

    coverage: float
    measured: float | None
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Equality:
    """How the file was compared with the model it was made from.

    Attributes
    ----------
    inputs : int
        What both were asked about.
    difference : float
        The largest difference of their answers, over the largest answer.
    rounding : float
        The same between the model as it computes on this machine, perhaps in bfloat16, and in
        float32, in which both were compared.
    """

    inputs: int
    difference: float
    rounding: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A file that was written.

    Attributes
    ----------
    path : Path
    form : {"onnx", "torch"}
    bytes : int
        Its size.
    equality : Equality
        How its answers compare with the model's.
    """

    path: Path
    form: Form
    bytes: int
    equality: Equality


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What a label tells of the run behind the model.

    Attributes
    ----------
    name : str
        Of the run.
    score : str
        How good it is, in one sentence; empty if that is not known.
    band : Band or None
        Of regression.
    seed : int
        What the data that both are asked about are drawn from.
    model : str
        Fingerprint of the model file; empty if there is none.
    """

    name: str
    score: str = ""
    band: Band | None = None
    seed: int = 0
    model: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What an exported file tells of itself.

    Attributes
    ----------
    kind : str
        Of the data that the model was trained on.
    name : str
        Of the run.
    schema : mapping
        What the data are, as the kind of data writes it; ``target`` and ``classes`` are there
        for all kinds.
    score : str
        The score of the run in one line.
    equality : Equality
    inputs : tuple of mappings
        What each input holds, as the kind of data writes it; empty if that is plain.
    band : Band or None
        Of regression.
    background : mapping or None
        Where walks to an answer begin, as the kind of data writes it.
    heat : bool
        Whether the file says which places of an input speak for a class.
    novelty : bool
        Whether the file says how far an input is from those of training.
    version : str
        Of the Tenfold that wrote the file.
    model : str
        Fingerprint of the model file that it was made from; empty if that is not known.
    """

    kind: str
    name: str
    schema: Mapping[str, Any]
    score: str
    equality: Equality
    inputs: tuple[Mapping[str, Any], ...] = ()
    band: Band | None = None
    background: Mapping[str, Any] | None = None
    heat: bool = False
    novelty: bool = False
    version: str
    model: str = ""

    @property
    def target(self) -> str:
        """What is predicted."""
        return str(self.schema["target"])

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes or labels; empty in regression."""
        return tuple(map(str, self.schema["classes"]))

    @property
    def thresholds(self) -> tuple[float, ...]:
        """From which probability on labels are predicted, where there may be several."""
        return tuple(map(float, self.schema.get("thresholds", ())))

    @property
    def task(self) -> Task:
        """What kind of answer it gives."""
        if self.thresholds:
            return "multilabel"
        return "classification" if self.classes else "regression"

    @property
    def answer(self) -> str:
        """The name of the first output."""
        return PROBABILITIES if self.classes else VALUE

    @property
    def answers(self) -> tuple[str, ...]:
        """The outputs that are answers: the first, and the ends of its interval if any."""
        return (self.answer, *((LOW, HIGH) if self.band else ()))

    def to_dict(self) -> dict[str, Any]:
        """Return the label as a JSON object; ``from_dict`` is the way back."""
        return {"format": FORMAT} | asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Make a label from what ``to_dict`` returned, unknown keys left out."""
        return cls(
            kind=str(found["kind"]),
            name=str(found["name"]),
            schema=dict(found["schema"]),
            score=str(found["score"]),
            equality=Equality(**found["equality"]),
            inputs=tuple(map(dict, found["inputs"])),
            band=None if found["band"] is None else Band(**found["band"]),
            background=found["background"],
            heat=bool(found["heat"]),
            version=str(found["version"]),
            # Files of before have neither.
            novelty=bool(found.get("novelty", False)),
            model=str(found.get("model", "")),
        )


class Answering(Protocol):
    """What answers: an exported file, or a model.

    Attributes
    ----------
    label : Label
    inputs, outputs : tuple of str
        Their names.
    """

    label: Label
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def ask(self, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str]) -> Feeds:
        """Return outputs by name for inputs by name. Threads may ask at the same time."""


@final
class Exported:
    """A file that ``tenfold export`` wrote, open.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
    label : Label
    """

    def __init__(self, session: Any, label: Label) -> None:
        self._session = session
        self.label = label
        self.inputs: tuple[str, ...] = tuple(one.name for one in session.get_inputs())
        self.outputs: tuple[str, ...] = tuple(one.name for one in session.get_outputs())

    @classmethod
    def open(cls, file: Path | bytes, *, threads: int = 0) -> Self:
        """Open a file, or its bytes.

        Parameters
        ----------
        file : Path or bytes
        threads : int
            That share the work of one call; 0 takes one for each core.

        Raises
        ------
        StoreError
            M09, if there is no such file or Tenfold did not write it.
        MissingExtraError
            E01, if ONNX Runtime is not installed.
        """
        runtime = require("onnxruntime", extra="onnx", to="open an exported model")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        place = {} if isinstance(file, bytes) else {"file": str(file)}
        fix = ["export it again: tenfold export RUN"]
        try:
            content = file if isinstance(file, bytes) else file.read_bytes()
            session = runtime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
            label = Label.from_dict(
                json.loads(session.get_modelmeta().custom_metadata_map[KEY])
            )
        except OSError as error:
            fact = f"the file cannot be opened: {error.strerror}"
            raise StoreError("M09", fact, place=place, fix=fix) from error
        except Exception as error:
            # ONNX Runtime raises its own errors for damaged bytes, a label those of JSON.
            raise StoreError("M09", NOT_OURS, place=place, fix=fix) from error
        return cls(session, label)

    def ask(self, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str]) -> Feeds:
        """Return outputs by name for inputs by name. Threads may ask at the same time."""
        return dict(zip(outputs, self._session.run(list(outputs), dict(feeds)), strict=True))
