"""Tables of separated text: how one lies in its file, and its rows."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.files.beside import OwnColumns, own_columns
from tenfold.data.files.encoding import Opened, read_text
from tenfold.data.files.likeness import as_needed, layout_of_training, other_separator
from tenfold.data.files.quotes import Quotes, find_quotes
from tenfold.data.files.rows import FoundRows, RowFinder
from tenfold.data.files.separator import Separation, find_separator, sample_records
from tenfold.data.files.taken import taken
from tenfold.data.files.text import ONE_COLUMN, Record, check_room, records_of
from tenfold.data.tables.reading import Known, Reading
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError
from tenfold.read_options import ReadOptions

# Encodings that need not be remembered: a file shows them, or is taken for one of them again.
GUESSED: Final = frozenset({"utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "latin-1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class TextPlan:
    """How a table of separated text lies in its file, as its first lines show.

    Attributes
    ----------
    path : Path
    quotes : Quotes
    found : Separation
    finder : RowFinder
    reading : Reading
        Separator, encoding and header.
    decisions, notices : tuple of Decision
    """

    path: Path
    quotes: Quotes
    found: Separation
    finder: RowFinder
    reading: Reading
    decisions: tuple[Decision, ...]
    notices: tuple[Decision, ...]

    @classmethod
    def of(
        cls, path: Path, text: str, opened: Opened, options: ReadOptions, like: Known | None
    ) -> Self:
        """Return how a table lies in its file.

        Parameters
        ----------
        path : Path
        text : str
            All of the file, or some megabytes from its beginning, in whole lines.
        opened : Opened
        options : ReadOptions
        like : Known or None

        Raises
        ------
        ReadError
            D02, D04, D09 or D11.
        """
        quotes, skip = Quotes(), options.skip_rows or 0
        with naming(path):
            if options.separator is None:
                quotes = find_quotes(text, skip=skip)
            text, mark = quotes.rewrite(text), quotes.mark
            asked = options if like is None else layout_of_training(text, options, like, mark)
            found = find_separator(text, asked=asked.separator, skip=skip, quote=mark)
            first = sample_records(text, found.separator, skip=found.skip, quote=mark)
            finder = RowFinder.of(first, found.columns, asked)
        decisions = [opened.decision, *quotes.decisions]
        if asked.separator is None:
            what = f"separator {found.name}" if found.separator != ONE_COLUMN else "one column"
            decisions.append(Decision(what=what, why=found.why, change_with="--separator"))
        guessed = options.encoding is None and opened.codec in GUESSED
        reading = Reading(
            separator=found.separator,
            header=finder.layout.header is not None,
            encoding=None if guessed else opened.codec,
        )
        return cls(
            path=path,
            quotes=quotes,
            found=found,
            finder=finder,
            reading=reading,
            decisions=tuple(decisions),
            notices=other_separator(found.separator, asked, like),
        )

    def records(self, lines: Iterable[str], above: int | None = None) -> Iterator[Record]:
        """Return the records of lines as they are read, of a file or of a part of it.

        ``above`` is how many lines stand above a part that is not the first.
        """
        skip, above = (self.found.skip, 0) if above is None else (0, above)
        sign, quote = self.found.separator, self.quotes.mark
        return records_of(lines, sign, skip=skip, quote=quote, above=above)


def read_text_table(path: Path, options: ReadOptions, like: Known | None) -> Table:
    """Read a table from a file of separated text, packed or plain; see ``read_table``."""
    known = None if like is None else like.reading.encoding
    text, opened = read_text(path, options.encoding, known)
    plan = TextPlan.of(path, text, opened, options, like)
    plain = plan.quotes.rewrite(text)
    with naming(path):
        check_room(plain, plan.found.separator)
        rows = plan.finder.find(plan.records(io.StringIO(plain, newline="")))
    own = own_of(rows, options, like)
    table = to_table(path, rows, own, like, plan.decisions)
    table = replace(table, reading=plan.reading, notices=plan.notices)
    return taken(table, options, like)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name the file of a fault that is found within."""
    try:
        yield
    except ReadError as error:
        error.place = {"file": str(path), **error.place}
        raise


def own_of(found: FoundRows, options: ReadOptions, like: Known | None) -> OwnColumns:
    """Return the columns that are a table's own; see ``own_columns``."""
    needed = () if like is None else like.names
    return own_columns(found, needed, keep=options.keep_empty)


def to_table(
    path: Path,
    found: FoundRows,
    own: OwnColumns,
    like: Known | None,
    decisions: Sequence[Decision],
) -> Table:
    """Return a table of the rows that were found, their cells as they came."""
    columns = {j: [row.cells[j] for row in own.rows] for j in own.names}
    lines = np.array([record.line for record in own.rows], dtype=np.int64)
    return replace(
        of_columns(path, columns, lines, own.names, like),
        rejected=found.rejected,
        aside=tuple(sorted([*found.aside, *own.aside], key=attrgetter("line"))),
        decisions=(*decisions, *found.decisions, *own.decisions),
    )


def of_columns(
    path: Path,
    columns: Mapping[int, Sequence[Any]] | Sequence[Sequence[Any]],
    lines: NDArray[np.int64],
    names: Mapping[int, str],
    like: Known | None,
) -> Table:
    """Return a table of cells as they came, by the positions of their columns."""
    known = as_needed(list(names.values()), like)
    cells = {
        name: np.array(columns[j], dtype=object) for j, name in zip(names, known, strict=True)
    }
    frame = pd.DataFrame(cells, dtype=object, index=range(len(lines)))
    return Table(frame=frame, lines=lines, source=str(path))
