"""What a kind of data brings to a server: what a request may hold, and how it is answered.

Nothing here loads torch: an exported file is served without it.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Final

import numpy as np

from tenfold.errors import ServeError
from tenfold.exported import HIGH, LOW, PROBABILITIES, VALUE, Answering, Feeds
from tenfold.serve_options import DEFAULTS, ServeOptions

JSON, CSV, FORM = "application/json", "text/csv", "multipart/form-data"
ROWS: Final = "rows"
MOST_BRACKETS: Final = 100  # for each row that a request may hold

Ask = Callable[[Feeds, tuple[str, ...], int], Awaitable[Feeds]]
"""Takes inputs, names of outputs and the number of rows, and returns those outputs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a request holds.

    Attributes
    ----------
    media : str
        What its body is.
    files : sequence of (str, bytes)
        Names and contents; the body alone has no name.
    more : bool
        Whether more than the answer is asked for; see ``Service.more``.
    accepts : str
        What the answer may be.
    """

    media: str
    files: Sequence[tuple[str, bytes]]
    more: bool = False
    accepts: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is replied: an object of JSON, or text."""

    content: Any
    media: str = JSON


class Service:
    """Answers requests: rows of JSON as they are, unless a kind of data knows better.

    Attributes
    ----------
    kind : str
        Of the data that it answers for.
    noun : str
        What is asked about, in the plural.
    takes : tuple of str
        What the body of a request may be.
    more : (str, str) or None
        What can be asked for besides: a parameter of the address, and what it gives.
    replies : tuple of str
        What an answer may be besides JSON.
    package : str
        Whose ``templates/inputs.html`` and ``static/inputs.js`` the page shows.
    long_calls : bool
        Whether one call of the model is work for all cores.
    """

    kind: ClassVar[str] = ""
    noun: ClassVar[str] = "rows"
    takes: ClassVar[tuple[str, ...]] = (JSON,)
    more: ClassVar[tuple[str, str] | None] = None
    replies: ClassVar[tuple[str, ...]] = ()
    package: ClassVar[str] = "tenfold.serve"
    long_calls: ClassVar[bool] = False

    def __init__(self, file: Answering, options: ServeOptions = DEFAULTS) -> None:
        self.file, self.options, self.label = file, options, file.label
        self.classes = self.label.classes  # asked for again and again
        known = {self.label.answer, LOW, HIGH}
        self.outputs = tuple(name for name in file.outputs if name in known)

    @property
    def offers_more(self) -> bool:
        """Whether this model has what ``more`` asks for."""
        return True

    @property
    def at_once(self) -> int:
        """How many rows are answered in one call of the model, at most."""
        return 1

    def takes_body(self, media: str) -> bool:
        """Tell whether the body of a request may be of this type."""
        return media in self.takes or any(fnmatchcase(media, one) for one in self.takes)

    async def answer(self, question: Question, ask: Ask) -> Answer:
        """Answer a request.

        Raises
        ------
        ServeError, PredictError
            If it cannot be answered.
        """
        rows = rows_of(question.files[0][1], self.options.max_rows)
        said = (
            await ask({ROWS: np.fromiter(rows, object)}, self.outputs, len(rows))
            if rows
            else {}
        )
        return Answer(content={"predictions": self.answers_of(said) if rows else []})

    def answers_of(self, said: Feeds) -> list[dict[str, Any]]:
        """Return answers as JSON objects: a prediction, and its band or its probabilities.

        Where there may be several labels, a prediction is a list.
        """
        classes = self.classes
        if not classes:
            names = {VALUE: "prediction", LOW: "low", HIGH: "high"}
            columns = {names[n]: said[n][:, 0].tolist() for n in names if n in said}
            rows = zip(*columns.values(), strict=True)
            return [dict(zip(columns, row, strict=True)) for row in rows]
        values_NO = said[PROBABILITIES].astype(np.float64)
        predicted: list[Any]
        if thresholds := self.label.thresholds:
            chosen_NO = values_NO >= np.array(thresholds)
            predicted = [[classes[at] for at in np.flatnonzero(row)] for row in chosen_NO]
        else:
            predicted = [classes[at] for at in values_NO.argmax(axis=1)]
        return [
            {"prediction": one, "probabilities": dict(zip(classes, row, strict=True))}
            for one, row in zip(predicted, values_NO.tolist(), strict=True)
        ]

    def example(self) -> dict[str, Any]:
        """Return the answer to an example, as JSON."""
        return {}

    def about(self) -> dict[str, Any]:
        """Return what ``GET /schema`` tells of this kind of data alone."""
        return {}

    def content(self) -> dict[str, Any]:
        """Return what the body of a request may be, as OpenAPI has it."""
        rows = {"type": "array", "description": f"{self.options.max_rows:,} at most."}
        body = {"type": "object", "required": [ROWS], "properties": {ROWS: rows}}
        return {JSON: {"schema": body, "example": {ROWS: []}}}

    def answer_schema(self, prediction: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of one answer; ``prediction`` is that of a prediction."""
        return prediction


def rows_of(
    body: bytes, most: int, *, of: type = object, like: str = '{"rows": [...]}'
) -> list[Any]:
    """Return the rows in a body of JSON: the list under ``"rows"``.

    Parameters
    ----------
    body : bytes
    most : int
        Rows of one request.
    of : type
        Of each row.
    like : str
        How a body has to look.

    Raises
    ------
    ServeError
        V07, if it is something else; V02, if there are too many rows.
    """
    if body.count(b"{") + body.count(b"[") > MOST_BRACKETS * most:
        # Empty ones take 20 times as much memory as room in the body.
        raise ServeError("V07", "the body holds more brackets than rows can have")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ServeError("V07", f"the body is not JSON: {error}") from error
    rows = found.get(ROWS) if isinstance(found, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, of) for row in rows):
        raise ServeError("V07", "the body does not contain a list of rows", fix=[like])
    check_count(len(rows), most)
    return rows


def check_count(count: int, most: int) -> None:
    """Refuse more rows than a request may hold.

    Raises
    ------
    ServeError
        V02.
    """
    if count > most:
        fix = [f"send {most:,} at a time"]
        raise ServeError("V02", f"there are {count:,} rows", fix=fix)
