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
    ├── ClusterError             K..        workers do not bring back what they were given
    ├── ServeError               V..        a server cannot answer a request, or cannot begin
    └── MissingExtraError (also an ImportError)   E..   an optional library is absent
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from tenfold.wording import PYTHON, Words

# A cure that several errors name.
LIST_OF_IMAGES: Final = "if a column names images, say which: --file-column NAME"

RULES: Final[Mapping[str, str]] = {
    "D01": "the data must be a file that this user may read",
    "D02": "a table needs at least one row of data below its header",
    "D03": "the whole of a text file must be in one encoding",
    "D04": "a table needs at least two columns: one to learn from and the target",
    "D05": "leaving out many rows would change what the score means",
    "D06": "options refer to columns by name, so every name must be unique",
    "D07": "a table must be CSV, TSV or other delimited text, Parquet, Excel or a DataFrame",
    "D08": "a file must be complete and in the format that its name says",
    "D09": "a cell that begins with a quotation mark must end with one",
    "D10": "a table must fit into this machine's memory once it is decompressed",
    "D11": "a table may have at most 100,000 columns",
    "D12": "--sheet must name a sheet of the Excel file",
    "D13": "the numbers of a large file must be written as in its first rows",
    "S01": "the target must be a column of the table",
    "S02": "regression needs a numeric target",
    "S03": "a network needs at least one column whose values vary",
    "S04": "an option may only name columns that the table has",
    "S05": "a column can only be read as a type that its cells allow",
    "S06": "there is nothing to learn if the target is the same in every row",
    "S07": "a class needs more than one row, to be both learnt and tested",
    "S08": "row weights must be numbers of zero or more, and at least one must be above zero",
    "S09": "a network predicts numbers or classes, and dates are neither",
    "F01": "each fold needs rows of every class for both training and testing",
    "F02": "each fold needs at least one test row and two training rows",
    "F03": "rows of one group stay in one fold, so there must be at least as many groups as "
    "folds",
    "F04": "a splitter must give each fold training rows and separate test rows",
    "F05": "time folds train on the past and test on the future, so rows need an order in time",
    "F06": "the training rows of a fold must hold more than one target value",
    "N01": "a custom network is given as a Python file and the name of a function in it",
    "N02": "a network function takes (inputs, outputs) and returns a torch or Keras model",
    "N03": "a network must map an array of shape (rows, inputs) to one of shape (rows, "
    "outputs)",
    "N04": "the tutorial's network only does regression, with one output",
    "N05": "training stops if the loss is not a finite number",
    "N06": "training needs a device that this machine has",
    "N07": "weights must belong to the network that they are loaded into",
    "N08": "a training step must fit into memory, at the least with one row at a time",
    "N09": "all folds train at once, so all of their networks must fit into memory",
    "N10": "the loss that a Keras model is compiled with must fit the target and the outputs",
    "N11": "a Keras layer must run on the backend that Keras has",
    "P01": "new rows need every column that the network was trained on",
    "P02": "a cell must have the type that its column had in training",
    "P03": "scoring needs the true target of each row",
    "P04": "only classes that the network was trained on can be scored",
    "P05": "a model predicts the kind of data that it was trained on: rows of a table, or "
    "images",
    "P06": "feature importance is measured on the held-out rows of each fold",
    "P07": "the number of held-out rows limits the coverage of intervals and sets",
    "P08": "--strict predicts only rows that match the training data, and images that can be "
    "read",
    "P09": "classes and labels have probabilities, classes have sets, and numbers intervals",
    "I01": "images must come as one folder per class, as a CSV of files and labels, or as "
    "arrays",
    "I02": "there must be images to read, and each class needs its own folder",
    "I03": "folders with the same name may be one class or several, and only you can know "
    "which",
    "I04": "leaving out many images would change what the score means",
    "I05": "images from Python must be files, PIL images, or arrays of one shape and known "
    "range",
    "I06": "images that do not fit into memory are stored in a temporary file",
    "C01": "a custom model is an unfitted estimator, or a function that returns one",
    "C02": "the function of a custom model takes no arguments and returns an estimator",
    "C03": "the uncertainty of a difference needs at least two folds",
    "A01": "a column that contains the target leaks the answer",
    "A02": "a column that nearly determines the target may have been recorded after it",
    "A03": "whether a cell is empty must not depend on the target",
    "A04": "if columns add up or multiply to the target, there is nothing to learn",
    "A05": "a number that only counts or identifies rows carries no information about new ones",
    "A06": "a duplicate of a test row among the training rows leaks its answer",
    "A07": "test rows must not be part of the training data",
    "A08": "a test score only holds for rows like the test rows",
    "A09": "rows of one group must stay in one fold, or the score will not hold for new groups",
    "A10": "forecasts may only use the past",
    "A11": "a class needs more than a few examples to be learnt and scored",
    "A12": "wrong labels spoil both training and the score",
    "A13": "a prediction should depend on what an image shows",
    "A14": "rows or files that cannot be read or have no target are used for neither "
    "training nor scoring",
    "U01": "an option only takes the values that its help text lists",
    "U02": "options must not contradict each other",
    "M01": "a model file must be a zip archive written by Tenfold",
    "M02": "a model file can only be read by the version of Tenfold that wrote it, or a "
    "later one",
    "M03": "a loaded model must predict for its stored sample rows what it predicted when "
    "saved",
    "M04": "every part of a model file must be intact",
    "M05": "model files contain no code, so a custom network needs its function again",
    "M06": "a run is saved to a new folder, which this user must be allowed to create",
    "M07": "a run is the folder that tenfold train printed, or the model file in it",
    "M08": "a run is saved before it is logged elsewhere, so it is kept if logging fails",
    "M09": "an exported model must be an ONNX file written by tenfold export",
    "M12": "a run is resumed or repeated with the data and options that it began with",
    "M13": "only an interrupted run that still has its config.json can be resumed",
    "M14": "only one program at a time may work on a run",
    "M15": "a command needs access to the files that it reads and writes, and enough disk "
    "space",
    "M16": "a command that is interrupted prints no result",
    "X01": "an exported file must make the same predictions as its model",
    "X02": "a custom network can only be exported if ONNX has all of its operations",
    "X03": "the inputs and outputs of an exported file need unique names that are not empty",
    "K01": "--backend must name workers that can be reached and started from here",
    "K02": "what a worker does not bring back is done by another one, a few times",
    "K03": "workers need the versions of Tenfold, torch and numpy that the asking program has",
    "K04": "a training that is ended early has a model once each fold has begun",
    "V01": "the size of a request body is limited (--max-bytes)",
    "V02": "the number of rows or images in a request is limited (--max-rows, --max-pictures)",
    "V03": "the time for a request is limited, including its upload (--timeout)",
    "V04": "the number of concurrent requests is limited (--max-requests)",
    "V05": "a server with a token only answers requests that send it",
    "V06": "a request body must be JSON rows, CSV or images, and its Content-Type must say "
    "which",
    "V07": "JSON must hold a list of rows, each with a value or null for every column",
    "V08": "an image must be a file that can be read",
    "V09": "a server that only listens on this machine must be addressed by this machine's "
    "name",
    "V10": "the server only has the paths that /openapi.json lists",
    "V11": "a server needs a port that no other program uses",
    "V12": "this parameter must be true or false, and the model must support it",
    "V13": "the number of pixels in an image is limited (--max-pixels)",
    "E01": "some features of Tenfold need an optional library",
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
      why  a table needs at least one row of data below its header
      fix  ReadOptions(encoding='cp1250')
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


class ClusterError(TenfoldError):
    """Workers cannot be reached, or do not bring back what they were given."""


class ServeError(TenfoldError):
    """A server cannot answer a request, or cannot begin."""


class MissingExtraError(TenfoldError, ImportError):
    """An optional library is needed and absent."""
