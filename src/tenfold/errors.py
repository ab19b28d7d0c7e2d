"""What can go wrong, and what to do about it.

Every error that Tenfold raises on purpose carries five things: a code, the
fact that was found, the place where it was found, the rule that the fact
breaks, and the cure. The rule belongs to the code and is written once, in
``RULES`` below; the other four are known where the error is raised. Options in
them are written as the command has them, ``--batch-size 32``; each front end says
them in its own words (``wording.py``).

    TenfoldError
    ├── InputError (also a ValueError)      the user's data or options
    │   ├── ReadError            D..        a file cannot be read as a table
    │   ├── SchemaError          S..        a column is not what it has to be
    │   ├── SplitError           F..        the rows cannot be split as asked
    │   ├── NetworkError         N..        a network cannot be built or trained
    │   ├── PredictError         P..        new rows do not fit the model
    │   ├── PictureError         I..        pictures cannot be found or read
    │   ├── ContenderError       C..        a comparison cannot be made as asked
    │   ├── AuditError           A..        the data would make the score a lie
    │   └── UsageError           U..        options that contradict each other
    ├── StoreError               M..        a model file or a run folder
    ├── ExportError              X..        a model cannot be exported
    ├── ServeError               V..        a server cannot answer a request, or cannot begin
    └── MissingExtraError (also an ImportError)   E..   an optional library is absent
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from tenfold.wording import PYTHON, Words

RULES: Final[Mapping[str, str]] = {
    "D01": "the data must be a file that this user may read",
    "D02": "a table needs at least one row below its header",
    "D03": "the bytes of a text table must form text in one encoding",
    "D04": "a table needs at least two columns: something to learn from and a target",
    "D05": "a run that would leave out many rows answers another question than the one asked",
    "D06": "a column is addressed by its name, so no two may share one",
    "D07": "a table is CSV, TSV or another separated text, Parquet, Excel or a DataFrame",
    "D08": "a file must be whole and of the kind that its name says",
    "D09": "a cell that opens with a quotation mark ends with one",
    "D10": "a table, unpacked, must fit into this machine's memory",
    "D11": "a table has 100,000 columns at most",
    "D12": "an Excel file has the sheet that --sheet names",
    "S01": "the target must be a column of the table",
    "S02": "regression predicts numbers",
    "S03": "a network needs at least one column that differs between rows",
    "S04": "an option may only name a column that the table has",
    "S05": "a column can only be read as a kind that its cells allow",
    "S06": "a target that is the same in every row leaves nothing to learn",
    "S07": "a class must be seen more than once to be learnt and tested",
    "S08": "a row's weight is a number, zero or more, and some must be above zero",
    "S09": "a network predicts numbers or classes, and a date is neither",
    "F01": "each fold needs rows of every class, to learn from and to test on",
    "F02": "every fold needs at least one row to test on and two to learn from",
    "F03": "rows of one group stay in one fold, so there must be a group for each fold",
    "F04": "a splitter must give each fold rows to learn from and other rows to test on",
    "F05": "time folds learn from the past and test on the future, so rows need an order",
    "F06": "the rows that a fold learns from must hold more than one target value",
    "N01": "a network of your own is a Python file and the name of a function in it",
    "N02": "a network function returns a torch.nn.Module and takes (inputs, outputs)",
    "N03": "a network turns (rows, inputs) numbers into (rows, outputs) numbers",
    "N04": "the tutorial's network is a regressor with one output",
    "N05": "training stops when a loss is not a finite number",
    "N06": "training runs on a device that this machine has",
    "N07": "weights must be those of the network that they are loaded into",
    "N08": "a step on one row at a time must fit into memory",
    "N09": "all networks train at once, so all of them must fit into memory",
    "P01": "new rows need every column that the network learnt from",
    "P02": "a cell must be of the kind that its column had in training",
    "P03": "scoring needs the true answers beside the rows",
    "P04": "a class can only be scored if the network learnt it",
    "P05": "a model answers what it was trained on: rows of a table, or pictures",
    "P06": "what a network looks at is measured on the rows that its folds were tested on",
    "P07": "intervals and sets promise what held-out rows can show",
    "P08": "--strict answers only rows like those of training, and pictures that can be read",
    "P09": "probabilities are those of classes, and intervals those of numbers",
    "I01": "pictures come as a folder for each class, as a CSV of file and label, or as arrays",
    "I02": "there must be pictures to read, and each class needs its folder",
    "I03": "folders of one name may be one class or several, and only you can tell",
    "I04": "a run without many of its pictures answers another question than the one asked",
    "I05": "pictures from Python are files, PIL images, or arrays of one shape and known range",
    "I06": "pictures that do not fit into memory are kept in a temporary file",
    "C01": "a contender of your own is an unfitted estimator, or a function that makes one",
    "C02": "a function that makes a contender takes nothing and returns an estimator",
    "C03": "a difference has a spread only over two folds or more",
    "A01": "a column that holds the target gives the answer away",
    "A02": "a column that tells nearly all of the target may have been filled in after it",
    "A03": "whether a cell is empty must not depend on the target",
    "A04": "columns that give the target by a sum or a product leave nothing to learn",
    "A05": "a number that only counts or names rows says nothing of new ones",
    "A06": "a copy of a row on the other side of a fold gives its answer away",
    "A07": "what a score is measured on must not be learnt from",
    "A08": "a score on test rows is that of rows like them",
    "A09": "rows of one group stay in one fold, or a new group is scored as a known one",
    "A10": "what is to come is foretold from the past alone",
    "A11": "a class is learnt and scored from more than a few of its kind",
    "A12": "a wrong label is learnt, and is scored as the truth",
    "A13": "pictures are to be told apart by what they show",
    "A14": "what cannot be read, or has no target, is neither learnt from nor scored",
    "U01": "an option takes the values that its help text names",
    "U02": "options must not contradict each other",
    "M01": "a model file is a zip archive that Tenfold wrote",
    "M02": "a model file is read by a Tenfold of its own format number or a later one",
    "M03": "a model must still predict for its own sample rows what it predicted when saved",
    "M04": "every part of a model file must be whole",
    "M05": "a model file holds no code, so a network of your own needs its function again",
    "M06": "a run is written to a new folder that this user may create",
    "M07": "a run is the folder that tenfold train named, or the model file in it",
    "M08": "a run is saved before it is logged elsewhere, and stays if that fails",
    "M09": "an exported model is an ONNX file that tenfold export wrote",
    "M12": "a run goes on, and is repeated, with the data and options that it began with",
    "M13": "a run that goes on was cut off, and has its config.json",
    "M14": "one program at a time works on a run",
    "M15": "what a command reads and writes must be open to it, and have room",
    "M16": "a command that is told to end prints no result",
    "X01": "an exported file must answer as the model that it was made from",
    "X02": "a network of your own is exported if all it does is among ONNX's operations",
    "X03": "the inputs and outputs of a file have names of their own, of a letter or more",
    "V01": "the body of a request stays below a number of bytes (--max-bytes)",
    "V02": "a request asks about so many rows or pictures at most (--max-rows, --max-pictures)",
    "V03": "a request is answered within a time, its way to the server included (--timeout)",
    "V04": "so many requests are answered at the same time at most (--max-requests)",
    "V05": "a server that was given a token answers those who send it",
    "V06": "a body is JSON rows, CSV, or pictures, as its Content-Type says",
    "V07": "JSON holds a list of rows, each with a value or null for every column",
    "V08": "a picture is a file that can be read",
    "V09": "a server that listens on this machine alone is asked by this machine's name",
    "V10": "an address of the server is one that /openapi.json lists",
    "V11": "a server needs a port that nothing else uses",
    "V12": "more than the answer is asked for by true or false, and must be in the model",
    "V13": "a picture has so many pixels at most (--max-pixels)",
    "E01": "some of what Tenfold does needs an optional library",
}


class TenfoldError(Exception):
    """Base of everything that Tenfold raises on purpose.

    Parameters
    ----------
    code : str
        Key of ``RULES``, such as ``"D04"``.
    fact : str
        What was found, as a clause without a full stop.
    place : mapping of str to str, optional
        Where: file, line, column, cells, ... in the order to print.
    fix : sequence of str, optional
        What the user can do; each entry stands alone.

    Examples
    --------
    >>> from tenfold.errors import ReadError
    >>> error = ReadError("D02", "the file has no rows", fix=["--encoding cp1250"])
    >>> print(error)
    D02: the file has no rows.
    <BLANKLINE>
      why  a table needs at least one row below its header
      fix  encoding='cp1250'
    """

    words: Words = PYTHON  # of the front end that the user has before them

    def __init__(
        self,
        code: str,
        fact: str,
        *,
        place: Mapping[str, str] | None = None,
        fix: Sequence[str] = (),
    ) -> None:
        super().__init__(code, fact)
        self.code = code
        self.fact = fact
        self.rule = RULES[code]
        self.place = dict(place or {})
        self.fix = tuple(fix)

    def __str__(self) -> str:
        return self.said(self.words)

    def said(self, words: Words) -> str:
        """Return the message in the words of a front end."""
        return words.say(laid_out(self.code, self.fact, self.place, self.fix))

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders in joblib's workers; keyword arguments need help there.
        return _rebuild, (type(self), self.code, self.fact, self.place, self.fix)

    def to_dict(self) -> dict[str, object]:
        """Return the error as a JSON object: code, fact, rule, place and fix.

        It is what the command and the server print, in their words.
        """
        return {
            "code": self.code,
            "fact": self.fact,
            "rule": self.rule,
            "place": self.place,
            "fix": list(self.fix),
        }


def laid_out(code: str, fact: str, place: Mapping[str, str], fix: Sequence[str]) -> str:
    """Return a fact as people read it: its code, where it was found, its rule, its cures."""
    lines = [(name, text) for name, text in place.items()]
    lines.append(("why", RULES[code]))
    lines += [("fix" if i == 0 else "", text) for i, text in enumerate(fix)]
    width = max(len(name) for name, _ in lines)
    body = "\n".join(f"  {name:<{width}}  {text}" for name, text in lines)
    return f"{code}: {fact}.\n\n{body}"


def _rebuild(
    kind: type[TenfoldError], code: str, fact: str, place: dict[str, str], fix: tuple[str, ...]
) -> TenfoldError:
    return kind(code, fact, place=place, fix=fix)


@contextmanager
def speaking(words: Words) -> Iterator[None]:
    """Let errors that leave this be said in the words of a front end."""
    try:
        yield
    except TenfoldError as error:
        error.words = words
        raise


class InputError(TenfoldError, ValueError):
    """The user's data or options are at fault."""


class ReadError(InputError):
    """A file cannot be read as a table."""


class SchemaError(InputError):
    """A column is not what it has to be."""


class SplitError(InputError):
    """The rows cannot be split as asked."""


class NetworkError(InputError):
    """A network cannot be built or trained."""


class PredictError(InputError):
    """New rows do not fit the model."""


class PictureError(InputError):
    """Pictures cannot be found, or cannot be read."""


class ContenderError(InputError):
    """A comparison cannot be made as asked."""


class AuditError(InputError):
    """The data would make the score a lie."""


class UsageError(InputError):
    """An option is wrong, or two contradict each other."""


class StoreError(TenfoldError):
    """A model file or a run folder cannot be read or written."""


class ExportError(TenfoldError):
    """A model cannot be exported."""


class ServeError(TenfoldError):
    """A server cannot answer a request, or cannot begin."""


class MissingExtraError(TenfoldError, ImportError):
    """An optional library is needed and absent."""
