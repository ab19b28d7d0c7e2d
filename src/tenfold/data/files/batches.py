"""Tables of new rows of any size, read in batches of rows that each fit easily into memory.

How such a table lies in its file, and what its cells mean, is decided by its first rows; a
table that fits is decided as a whole, by ``read``.
"""

import importlib
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from tenfold.config import Decision
from tenfold.data.files.beside import OwnColumns
from tenfold.data.files.encoding import packing_of
from tenfold.data.files.long_text import FIRST_BYTES, LongText
from tenfold.data.files.plain_rows import plain_columns
from tenfold.data.files.read import check_readable, damaged, read_table
from tenfold.data.files.taken import framed, signs_of, with_signs
from tenfold.data.files.text_table import TextPlan, naming, of_columns, own_of, to_table
from tenfold.data.tables.arrow import frame_of
from tenfold.data.tables.reading import Known
from tenfold.data.tables.signs import Signs, missing_words
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError
from tenfold.extras import require
from tenfold.read_options import PARQUET, ReadOptions

LONG_BYTES: Final = 2**26  # of text that is read in batches
LONG_PACKED_BYTES: Final = 2**23
LONG_CELLS: Final = 5_000_000  # of a Parquet file
BATCH_ROWS: Final = 32_768
BATCH_CELLS: Final = 1_000_000
BATCH_BYTES: Final = 2**23
WORKBOOKS: Final = frozenset({".xlsx", ".xlsm"})


class Batch(ABC):
    """Some rows of a table that follow each other, not read yet."""

    @abstractmethod
    def table(self) -> Table:
        """Return the rows as a table.

        Raises
        ------
        ReadError
            D09, if quotation marks hide all that follows.
        """


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeFile(Batch):
    """All rows of a file that is read as a whole."""

    path: Path
    options: ReadOptions
    like: Known

    def table(self) -> Table:
        """Return the rows as a table; see ``read_table``."""
        return read_table(self.path, self.options, like=self.like)


@dataclass(frozen=True, kw_only=True, slots=True)
class LongTable:
    """A table of new rows that is read in batches.

    Attributes
    ----------
    path : Path
    count : int
        Of its rows, as far as it is known before they are read.
    options : ReadOptions
    like : Known
    text : LongText or None
        The lines of a file of text.
    is_long : bool
        Whether it is more than one batch.
    """

    path: Path
    count: int
    options: ReadOptions
    like: Known
    text: LongText | None = None
    is_long: bool = True

    @property
    def source(self) -> str:
        """The file's name."""
        return str(self.path)

    def batches(self) -> Iterator[Batch]:
        """Yield its rows in batches, in their order.

        Raises
        ------
        ReadError
            As of ``read_table``.
        """
        if not self.is_long:
            return iter([WholeFile(path=self.path, options=self.options, like=self.like)])
        if self.text is None:
            return _of_parquet(self.path, self.options, self.like)
        return _of_text(self.text, self.options, self.like)


def in_batches(path: Path, options: ReadOptions, like: Known) -> LongTable:
    """Open a table to read it in batches, a single one if it is small.

    Parameters
    ----------
    path : Path
    options : ReadOptions
    like : Known
        How training was read.

    Raises
    ------
    ReadError
        D01 to D03, D07 or D08.
    """
    check_readable(path)
    options = replace(options, missing=missing_words(options, like))
    suffix = path.suffix.lower()
    if suffix in PARQUET:
        with _parquet(path) as file:
            rows, columns = file.metadata.num_rows, file.metadata.num_columns
        is_long = rows * columns >= LONG_CELLS
        return LongTable(path=path, count=rows, options=options, like=like, is_long=is_long)
    if suffix in WORKBOOKS or not _is_long(path):
        return LongTable(path=path, count=0, options=options, like=like, is_long=False)
    text = LongText.of(path, options.encoding, like.reading.encoding)
    return LongTable(path=path, count=text.count, options=options, like=like, text=text)


def _is_long(path: Path) -> bool:
    with path.open("rb") as file:
        packed = packing_of(file.read(FIRST_BYTES)) is not None
    return path.stat().st_size >= (LONG_PACKED_BYTES if packed else LONG_BYTES)


def rows_at_a_time(columns: int, length: float) -> int:
    """Return how many rows of so many columns, and bytes or characters, are a batch.

    Examples
    --------
    >>> rows_at_a_time(10, 80.0), rows_at_a_time(10_000, 80.0), rows_at_a_time(10, 8192.0)
    (32768, 100, 1024)
    """
    most = min(BATCH_ROWS, BATCH_CELLS // max(columns, 1), BATCH_BYTES / max(length, 1.0))
    return max(int(most), 1)


@contextmanager
def _parquet(path: Path) -> Iterator[Any]:
    """Lend a Parquet file, and say that it is damaged if reading it fails within."""
    require("pyarrow", extra="parquet", to="read .parquet files")
    parquet = importlib.import_module("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (ReadError, GeneratorExit):
        raise
    except Exception as error:
        # A damaged file makes the libraries below fail in ways of their own.
        raise damaged(path, "Parquet", error) from error


@dataclass(frozen=True, kw_only=True, slots=True)
class ParquetBatch(Batch):
    """Rows of a Parquet file.

    Attributes
    ----------
    path : Path
    rows : pyarrow.Table
    above : int
        How many rows of the file came before these.
    signs : Signs
    like : Known
    """

    path: Path
    rows: Any
    above: int
    signs: Signs
    like: Known

    def table(self) -> Table:
        """Return the rows as a table."""
        try:
            frame = frame_of(self.rows)
        except Exception as error:  # as of a whole file
            raise damaged(self.path, "Parquet", error) from error
        table = framed(frame, self.like, str(self.path), self.above)
        if not self.above:
            table = replace(table, notices=self.signs.notices)
        return _told_once(with_signs(table, self.signs), begins=not self.above)


def _of_parquet(path: Path, options: ReadOptions, like: Known) -> Iterator[ParquetBatch]:
    arrow = require("pyarrow", extra="parquet", to="read .parquet files")
    with _parquet(path) as file:
        above, signs = 0, None
        size = rows_at_a_time(file.metadata.num_columns, _bytes_of_a_row(file.metadata))
        for part in file.iter_batches(batch_size=size):
            rows = arrow.Table.from_batches([part])
            if signs is None:
                first = framed(frame_of(rows), like, str(path))
                signs = signs_of(first, options, like)
            yield ParquetBatch(path=path, rows=rows, above=above, signs=signs, like=like)
            above += len(rows)


def _bytes_of_a_row(metadata: Any) -> float:
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return float(sum(group.total_byte_size for group in groups) / max(metadata.num_rows, 1))


class _Settled(NamedTuple):
    """What the first rows of a text decide for all others."""

    names: dict[int, str]
    signs: Signs
    like: Known


@dataclass(frozen=True, kw_only=True, slots=True)
class TextBatch(Batch):
    """Lines of a text.

    Attributes
    ----------
    plan : TextPlan
    settled : _Settled
    text : str
    above : int
        How many lines of the file came before these.
    ends : bool
        Whether none comes after.
    """

    plan: TextPlan
    settled: _Settled
    text: str
    above: int
    ends: bool

    def table(self) -> Table:
        """Return the rows as a table."""
        plan, begins = self.plan, self.above == 0
        found = None if begins or self.ends else self._plain()
        if found is None:
            found = self._one_by_one()
        notices = (*plan.notices, *self.settled.signs.notices) if begins else ()
        table = replace(found, reading=plan.reading, notices=notices)
        read = with_signs(table, self.settled.signs)
        return _told_once(read, begins=begins, also=table.decisions)

    def _plain(self) -> Table | None:
        """Return the rows as they came, if no line is anything but a row."""
        plan, (names, _, like) = self.plan, self.settled
        if plan.finder.options.comment:
            return None
        sign, mark = plan.found.separator, plan.quotes.mark
        columns = plain_columns(self.text, sign, mark, plan.finder.layout)
        if columns is None:
            return None
        lines = np.arange(len(columns[0]), dtype=np.int64) + self.above + 1
        return of_columns(plan.path, columns, lines, names, like)

    def _one_by_one(self) -> Table:
        """Return the rows as they came, whatever else stands among the lines."""
        plan, begins, (names, _, like) = self.plan, self.above == 0, self.settled
        lines = io.StringIO(self.text, newline="")
        with naming(plan.path):
            records = plan.records(lines, None if begins else self.above)
            found = plan.finder.find(records, begins=begins, ends=self.ends)
        own = OwnColumns(names=names, rows=found.rows)
        return to_table(plan.path, found, own, like, plan.decisions if begins else ())


def _told_once(table: Table, *, begins: bool, also: Sequence[Decision] = ()) -> Table:
    """Return a table whose cells' decisions are told with the first rows only."""
    return table if begins else replace(table, decisions=tuple(also))


class _Lines(NamedTuple):
    """Whole lines of a text: how many, and how many stand above them."""

    text: str
    size: int
    above: int


def _of_text(text: LongText, options: ReadOptions, like: Known) -> Iterator[TextBatch]:
    head = text.head()
    plan = TextPlan.of(text.path, head, text.opened, options, like)
    length = len(head) / max(head.count("\n"), head.count("\r"), 1)
    size = rows_at_a_time(plan.found.columns, length)
    settled: _Settled | None = None
    for part, ends in _with_end(_cut(text.lines(), plan, size)):
        if settled is None:
            settled = _settle(plan, part, options, like, ends=ends)
        yield TextBatch(plan=plan, settled=settled, text=part.text, above=part.above, ends=ends)


def _settle(
    plan: TextPlan, part: _Lines, options: ReadOptions, like: Known, *, ends: bool
) -> _Settled:
    """Return what the first lines of a text decide for all others."""
    with naming(plan.path):
        found = plan.finder.find(plan.records(io.StringIO(part.text, newline="")), ends=ends)
    own = own_of(found, options, like)
    signs = signs_of(to_table(plan.path, found, own, like, ()), options, like)
    return _Settled(names=own.names, signs=signs, like=like)


def _cut(lines: Iterator[str], plan: TextPlan, size: int) -> Iterator[_Lines]:
    """Cut lines into parts between two records: a cell in quotation marks may hold several."""
    above = 0
    lines = map(plan.quotes.rewrite, lines)
    while part := list(islice(lines, size)):
        text = "".join(part)
        if plan.quotes.mark in text:
            part = _whole_records(part, lines, plan)
            text = "".join(part)
        yield _Lines(text, len(part), above)
        above += len(part)


def _whole_records(part: list[str], more: Iterator[str], plan: TextPlan) -> list[str]:
    """Return lines with as many more as the last record of them takes."""
    taken: list[str] = []

    def drawn() -> Iterator[str]:
        for line in chain(part, more):
            taken.append(line)
            yield line

    for _ in plan.records(drawn(), 0):
        if len(taken) >= len(part):
            break
    return taken


def _with_end(parts: Iterator[_Lines]) -> Iterator[tuple[_Lines, bool]]:
    """Yield parts, and whether each is the last, to which a short rest is joined.

    What stands below a table is told from its rows by the rows above it.
    """
    before: _Lines | None = None
    for part in parts:
        if before is not None and 2 * part.size < before.size:
            part = _Lines(  # noqa: PLW2901 - only the last one is so short
                before.text + part.text, before.size + part.size, before.above
            )
        elif before is not None:
            yield before, False
        before = part
    if before is not None:
        yield before, True
