"""An exported model: its file, what the file tells of itself, and what it says of new data.

ONNX Runtime computes; torch is not needed here.

Shape letters in this file:
    N  rows or pictures    M  numbers of a cell    H, W  height and width of a picture
    O  outputs: 1 in regression, one a class in classification
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self, cast, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Kind
from tenfold.data.bags import PLACES, to_bags
from tenfold.data.cells import read_truth, to_moments, to_numbers, to_spelling
from tenfold.data.columns import Column
from tenfold.data.picture_schema import PictureSchema
from tenfold.data.read import as_table
from tenfold.data.required import check_columns
from tenfold.data.schema import Schema
from tenfold.data.table import Table
from tenfold.errors import StoreError
from tenfold.extras import require

FORMAT: Final = 1
KEY: Final = "tenfold"  # of the metadata of the file
PIXELS: Final = "pixels"
VALUE: Final = "prediction"
PROBABILITIES: Final = "probabilities"
LOW, HIGH, HEAT = "lower", "upper", "heat"

Form = Literal["onnx", "torch"]
SUFFIXES: Final[Mapping[Form, str]] = {"onnx": ".onnx", "torch": ".pt2"}
Tensor = Literal["float", "double", "string"]
Cell = float | str | tuple[float | None, ...] | None
Feeds = dict[str, NDArray[Any]]
"""What goes into the file: each input by its name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """A column as the file takes it: a tensor of shape (N, M) under the column's name.

    Attributes
    ----------
    name : str
    kind : Kind
    tensor : {"float", "double", "string"}
        Numbers are float, or double where float would round what the networks tell apart;
        an empty one is NaN. Words are strings, an empty one is "". Dates are seconds since
        1970-01-01 00:00 UTC, double. Truth values are 1 and 0, float, or words if they
        were words in training. Text and lists are float, M numbers as of ``to_bags``; M is
        1 of all others.
    words : tuple of str
        The two words of truth values that are strings.
    typical : float, str or None
        The median, or the most frequent word; of dates in ISO 8601. None if no cell is
        filled.
    low, high : float, str or None
        Between which most values lie: 1 in 100 is below, 1 in 100 above.
    """

    name: str
    kind: Kind
    tensor: Tensor
    words: tuple[str, ...] = ()
    typical: Cell = None
    low: Cell = None
    high: Cell = None


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
class Background:
    """Made-up rows that stand for those of training: middles of groups of them.

    Attributes
    ----------
    rows : tuple of tuples
        One cell for each input: a number, None if empty; a word, "" if empty; or M numbers.
    weights : tuple of float
        Which share of the rows each stands for; they sum to 1.
    """

    rows: tuple[tuple[Cell, ...], ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Equality:
    """How the file was compared with the model it was made from.

    Attributes
    ----------
    inputs : int
        Rows or pictures that both were asked about.
    difference : float
        The largest difference of their answers, over the largest answer.
    """

    inputs: int
    difference: float


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
        What rows or pictures are drawn from.
    """

    name: str
    score: str = ""
    band: Band | None = None
    seed: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What an exported file tells of itself.

    Attributes
    ----------
    name : str
        Of the run.
    schema : Schema or PictureSchema
    score : str
        The score of the run in one line.
    equality : Equality
    inputs : tuple of Input
        Of a table; each column that is learnt from.
    band : Band or None
        Of regression.
    background : Background or None
        Of a table.
    heat : bool
        Whether the file says which places of a picture speak for a class.
    version : str
        Of the Tenfold that wrote the file.
    """

    name: str
    schema: Schema | PictureSchema
    score: str
    equality: Equality
    inputs: tuple[Input, ...] = ()
    band: Band | None = None
    background: Background | None = None
    heat: bool = False
    version: str

    @property
    def kind(self) -> Literal["table", "images"]:
        """What the model was trained on."""
        return "table" if isinstance(self.schema, Schema) else "images"

    @property
    def answer(self) -> str:
        """The name of the first output."""
        return VALUE if self.schema.task == "regression" else PROBABILITIES

    def to_dict(self) -> dict[str, Any]:
        """Return the label as a JSON object; ``from_dict`` is the way back."""
        told = asdict(self) | {"schema": self.schema.to_dict()}
        return {"format": FORMAT, "kind": self.kind, **told}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Make a label from what ``to_dict`` returned, unknown keys left out."""
        read = Schema.from_dict if found["kind"] == "table" else PictureSchema.from_dict
        band, background = found["band"], found["background"]
        return cls(
            name=str(found["name"]),
            schema=read(found["schema"]),
            score=str(found["score"]),
            equality=Equality(**found["equality"]),
            inputs=tuple(
                Input(**one | {"words": tuple(one["words"])}) for one in found["inputs"]
            ),
            band=None if band is None else Band(**band),
            background=None
            if background is None
            else Background(
                rows=tuple(map(tuple, background["rows"])),
                weights=tuple(background["weights"]),
            ),
            heat=bool(found["heat"]),
            version=str(found["version"]),
        )


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
            fact = "it is not an ONNX file written by Tenfold"
            raise StoreError("M09", fact, place=place, fix=fix) from error
        return cls(session, label)

    def ask(self, feeds: Mapping[str, NDArray[Any]], outputs: Sequence[str]) -> Feeds:
        """Return outputs by name for inputs by name. Threads may ask at the same time."""
        return dict(zip(outputs, self._session.run(list(outputs), dict(feeds)), strict=True))

    def answers(
        self, rows: Table | pd.DataFrame, *, decimal: str | None = None, most: int = 4096
    ) -> NDArray[np.float64]:
        """Return what the model says of rows, as ``Model.answers`` does.

        Parameters
        ----------
        rows : Table or DataFrame of N rows
        decimal : {".", ","}, optional
            Decimal sign of a DataFrame's cells that are text; that of training by default.
        most : int
            Rows that are asked about at a time.

        Returns
        -------
        ndarray of shape (N, O)

        Raises
        ------
        PredictError
            P01, if a column is missing; P02, if a column is not what it was.
        """
        feeds = self.feeds(rows, decimal)
        parts = [
            self.ask({k: v[at : at + most] for k, v in feeds.items()}, [self.label.answer])
            for at in range(0, max(len(rows), 1), most)
        ]
        return np.concatenate([part[self.label.answer] for part in parts]).astype(np.float64)

    def answers_to_pictures(self, pixels_NHW3: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return what the model says of pictures of one size, shape (N, O)."""
        found = self.ask({PIXELS: pixels_NHW3}, [PROBABILITIES])
        return found[PROBABILITIES].astype(np.float64)

    def feeds(self, rows: Table | pd.DataFrame, decimal: str | None = None) -> Feeds:
        """Return the columns of a table as the file takes them; see ``answers``.

        Raises
        ------
        PredictError
            P01, if a column is missing; P02, if a column is not what it was.
        """
        schema = cast("Schema", self.label.schema)
        table = as_table(rows, schema.known, decimal)
        check_columns(table.frame, schema, table.decimal)
        columns = {column.name: column for column in schema.used}
        return {
            one.name: feed(table.frame[one.name], one, columns[one.name], table.decimal)
            for one in self.label.inputs
        }


def feed(
    cells: "pd.Series[Any]", one: Input, column: Column, decimal: str = "."
) -> NDArray[Any]:
    """Return the cells of a column as the file takes them, shape (N, M).

    Examples
    --------
    >>> colour = Column(name="colour", kind="category", levels=("blue", "red"))
    >>> taken = Input(name="colour", kind="category", tensor="string")
    >>> feed(pd.Series([" red", None], dtype=object), taken, colour).tolist()
    [['red'], ['']]
    >>> day = Column(name="day", kind="date", date_format="ISO8601")
    >>> taken = Input(name="day", kind="date", tensor="double")
    >>> feed(pd.Series(["1970-01-02", None], dtype=object), taken, day).tolist()
    [[86400.0], [nan]]
    """
    if column.kind == "category":
        return to_spelling(cells, column.levels, decimal)[:, None]
    if column.kind in PLACES:
        return to_bags(cells, column.kind, column.sign, decimal).astype(np.float32)
    if column.kind == "boolean":
        numbers = read_truth(cells, decimal, column.tick)
        if one.tensor == "string":
            no, yes = one.words
            words = np.where(numbers == 1, yes, np.where(numbers == 0, no, ""))
            return words.astype(object)[:, None]
    elif column.kind == "date":
        numbers = seconds_of(to_moments(cells, column.date_format))
    else:
        numbers = to_numbers(cells, decimal, column.form, column.unit)
    with np.errstate(over="ignore"):  # what is too large for float is infinite
        return numbers.astype(np.float32 if one.tensor == "float" else np.float64)[:, None]


def seconds_of(times: NDArray[np.datetime64]) -> NDArray[np.float64]:
    """Return moments as seconds since 1970, NaN where there is none.

    Examples
    --------
    >>> seconds_of(np.array(["1970-01-01T00:01", "NaT"], dtype="datetime64[s]"))
    array([60., nan])
    """
    seconds = times.astype("datetime64[s]").astype(np.float64)
    return np.where(np.isnat(times), np.nan, seconds)
