"""Tables of new rows of any size, read in batches of rows that each fit easily into memory.

How such a table lies in its file, and what its cells mean, is decided by its first rows; a
table that fits is decided as a whole, by ``read``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tenfold.data.files.batch import Batch
from tenfold.data.files.encoding import packing_of
from tenfold.data.files.long_text import FIRST_BYTES, LongText
from tenfold.data.files.parquet_batches import batches_of_parquet
from tenfold.data.files.read import check_readable, opened_parquet, read_table
from tenfold.data.files.text_batches import batches_of_text
from tenfold.data.tables.reading import Known
from tenfold.data.tables.signs import missing_words
from tenfold.data.tables.table import Table
from tenfold.read_options import PARQUET, ReadOptions

LONG_BYTES: Final = 2**26  # of text that is read in batches
LONG_PACKED_BYTES: Final = 2**23
LONG_CELLS: Final = 5_000_000  # of a Parquet file
WORKBOOKS: Final = frozenset({".xlsx", ".xlsm"})


@dataclass(frozen=True, kw_only=True, slots=True)
class WholeFile(Batch):
    """All rows of a file that is read as a whole.

    Attributes
    ----------
    path, at : Path
        As it was named, and where it is from everywhere.
    options : ReadOptions
    like : Known
    above : int
    """

    path: Path
    at: Path
    options: ReadOptions
    like: Known
    above: int = 0

    def table(self) -> Table:
        """Return the rows as a table; see ``read_table``."""
        table = read_table(self.at, self.options, like=self.like)
        return replace(table, source=str(self.path))


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
            path, options, like = self.path, self.options, self.like
            return iter([WholeFile(path=path, at=path.absolute(), options=options, like=like)])
        if self.text is None:
            return batches_of_parquet(self.path, self.options, self.like)
        return batches_of_text(self.text, self.options, self.like)


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
        with opened_parquet(path) as file:
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
