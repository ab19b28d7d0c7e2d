"""How new data come in: read, admitted, and told of; one half of a kind of data."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
from numpy.typing import NDArray

from tenfold.config import RunOptions
from tenfold.data.new_rows.admit import Mode
from tenfold.learning import Progress, another_kind, not_there, nothing_to_show


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Looked:
    """New rows that were looked at.

    Attributes
    ----------
    data
        As a model reads them.
    lines : tuple of str
        Where they are not like those of training; the first says that they are not.
    drift : DataFrame or None
        The same, a row for each cell; None where there are no columns.
    """

    data: Any
    lines: tuple[str, ...] = ()
    drift: pd.DataFrame | None = None


class Intake(ABC):
    """What a kind of data does with data that come in.

    Attributes
    ----------
    name : str
        In ``metrics.json`` and in model files.
    noun : str
        What the data consist of, in the plural.
    whole : str
        What all of them are called.
    single : str
        What one file of them is called.
    suffixes : tuple of str
        Of files that hold nothing else.
    where : str
        What says where a row came from: ``"line"`` or ``"file"``.
    warns_when_quiet : bool
        Whether a command that is to be quiet tells of how data were read all the same: files
        that somebody named are left out.
    """

    name: ClassVar[str]
    noun: ClassVar[str]
    whole: ClassVar[str]
    single: ClassVar[str] = ""
    suffixes: ClassVar[tuple[str, ...]] = ()
    where: ClassVar[str] = "line"
    warns_when_quiet: ClassVar[bool] = False

    def places(self, data: Any) -> Sequence[Any] | NDArray[Any]:
        """Return where each row came from: its line, or its file."""
        return range(1, len(data) + 1)

    def columns(self, schema: Any) -> int:  # noqa: ARG002
        """Return how many columns there are, where there are columns."""
        return 0

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

    def read_labelled(
        self,
        source: Any,
        schema: Any,
        options: RunOptions | None = None,
        progress: Progress | None = None,
    ) -> Any:
        """Return labelled rows to score; see ``read_new``."""
        return self.read_new(source, schema, options, progress)

    def admit(self, data: Any, schema: Any, mode: Mode | None, *, warned: bool) -> Any:  # noqa: ARG002
        """Return rows as a model reads them, or refuse those that are not like training's.

        Parameters
        ----------
        data : Table or Pictures
        schema : Schema or PictureSchema
        mode : {"strict", "warn"} or None
        warned : bool
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

    def drift(self, source: Any, schema: Any) -> Any:  # noqa: ARG002
        """Return where rows are not like those of training, a row for each cell or column.

        Raises
        ------
        PredictError
            P05, if the kind has no columns.
        """
        raise another_kind(self.whole, "a table")

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
        if source is None and not Path(known).exists():
            raise not_there(known)
        return self.read_new(known if source is None else source, schema, options)

    def parted(self, paths: Sequence[Path], listed: Callable[[], list[str]]) -> Iterator[Any]:  # noqa: ARG002
        """Yield what a command reads at a time, of all that it is given: file by file.

        Parameters
        ----------
        paths : sequence of Path
        listed : callable
            Returns the lines of standard input, where ``-`` is a list.
        """
        yield from paths

    def read_and_tell(
        self,
        source: Any,
        schema: Any,
        options: RunOptions,
        *,
        labelled: bool = False,
        progress: Progress | None = None,
    ) -> tuple[Any, list[str]]:
        """Return new rows, or labelled ones, and what is to be told of how they were read."""
        read = self.read_labelled if labelled else self.read_new
        return read(source, schema, options, progress), []

    def joined(self, parts: Sequence[Any], schema: Any) -> Any:  # noqa: ARG002
        """Return the rows of several files as those of one, to be explained.

        Raises
        ------
        PredictError
            P05, if there are several, and the kind does not know how.
        """
        if len(parts) > 1:
            raise nothing_to_show(self.whole)
        return parts[0]

    def look(self, data: Any, schema: Any, mode: Mode | None) -> Looked:
        """Return rows as a model reads them, and where they are not like those of training.

        Raises
        ------
        PredictError
            P08, as of ``admit``.
        """
        return Looked(data=self.admit(data, schema, mode, warned=True))
