"""A batch of rows of a long table: how large one is, and what all of its rows share."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tenfold.config import Decision
from tenfold.data.files.taken import signs_of
from tenfold.data.tables.own_signs import NAMES
from tenfold.data.tables.reading import Known
from tenfold.data.tables.signs import Signs
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError
from tenfold.read_options import ReadOptions

BATCH_ROWS: Final = 32_768
BATCH_CELLS: Final = 1_000_000
BATCH_BYTES: Final = 2**23


class Batch(ABC):
    """Some rows of a table that follow each other, not read yet.

    Attributes
    ----------
    above : int
        How many rows, or lines, of the file came before these.
    """

    above: int

    @abstractmethod
    def table(self) -> Table:
        """Return the rows as a table.

        Raises
        ------
        ReadError
            D09, if quotation marks hide all that follows; D13, if numbers are written otherwise
            than in the first rows.
        """


def rows_at_a_time(columns: int, length: float) -> int:
    """Return how many rows of so many columns, and bytes or characters, are a batch.

    Examples
    --------
    >>> rows_at_a_time(10, 80.0), rows_at_a_time(10_000, 80.0), rows_at_a_time(10, 8192.0)
    (32768, 100, 1024)
    """
    most = min(BATCH_ROWS, BATCH_CELLS // max(columns, 1), BATCH_BYTES / max(length, 1.0))
    return max(int(most), 1)


def require_signs(table: Table, signs: Signs, options: ReadOptions, like: Known) -> None:
    """Refuse rows whose numbers are written otherwise than those of the first rows.

    Raises
    ------
    ReadError
        D13.
    """
    had = replace(like, reading=signs.reading)
    now, before = signs_of(table, options, had).reading.decimal, signs.reading.decimal
    if now == before or (now == "." and before is None):
        return
    keep = f'if it is the same everywhere, name it: --decimal "{now}"'
    lines = f"{table.lines[0]:,} to {table.lines[-1]:,}"
    written, first = NAMES[now or "."], NAMES[before or "."]
    raise ReadError(
        "D13",
        f"numbers have a {written} in lines {lines}, but a {first} above",
        place={"file": table.source},
        fix=[keep, "split the file"],
    )


def told_once(table: Table, *, begins: bool, also: Sequence[Decision] = ()) -> Table:
    """Return a table whose cells' decisions are told with the first rows only."""
    return table if begins else replace(table, decisions=tuple(also))
