"""A table: rows as they came, where each came from, and which were left out."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.tables.reading import Known, Reading
from tenfold.data.tables.rejected import describe_excess
from tenfold.data.tables.standing import Standing
from tenfold.errors import SchemaError


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedRow:
    """A row that was left out: where it stands in the file, and why."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Table:
    """The rows of a file or a DataFrame.

    Attributes
    ----------
    frame : DataFrame of N rows
        In the forms of ``dtypes``: text for text files, typed otherwise; empty cells
        are missing values. Column names are text and distinct.
    lines : ndarray of shape (N,), int64
        Line of each row in its file, 1-based; position plus one in a DataFrame.
    source : str
        The file's name, or ``"DataFrame"``.
    reading : Reading
        How its cells were read.
    every : ndarray of shape (M,), int64, or None
        Lines of all rows that were given, with those left out since; None where these are the
        lines of its own rows and of those that were rejected.
    rejected : tuple of RejectedRow
        Those that cannot be used, in the order of their lines.
    unlabelled : tuple of RejectedRow
        Those that have no target: they are not damaged, but there is nothing to learn from.
    emptied : mapping of str to collection of str
        By column, the words that were read as empty cells.
    aside : tuple of RejectedRow
        What was seen to be no data: titles, comments, units, totals, notes.
    decisions : tuple of Decision
        How the file was read.
    notices : tuple of Decision
        Those of them that are not as training was read.
    """

    frame: pd.DataFrame
    lines: NDArray[np.int64]
    source: str
    reading: Reading = field(default_factory=Reading)
    every: NDArray[np.int64] | None = None
    rejected: tuple[RejectedRow, ...] = ()
    unlabelled: tuple[RejectedRow, ...] = ()
    emptied: Mapping[str, Collection[str]] = field(default_factory=dict)
    aside: tuple[RejectedRow, ...] = ()
    decisions: tuple[Decision, ...] = ()
    notices: tuple[Decision, ...] = ()

    @property
    def decimal(self) -> str:
        """Decimal sign of cells that are text."""
        return self.reading.decimal or "."

    @property
    def known(self) -> Known:
        """What is known by it of a table like it, such as one of test rows."""
        return Known(reading=self.reading, names=tuple(self.frame.columns))

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def standing(self) -> Standing:
        """Where its rows stand among all that were given, left out since or not."""
        every = self._every()
        return Standing(at=np.searchsorted(every, self.lines), count=len(every))

    def _every(self) -> NDArray[np.int64]:
        if self.every is not None:
            return self.every
        rejected = np.array([row.line for row in self.rejected], dtype=np.int64)
        return np.union1d(self.lines, rejected)

    @property
    def left_out(self) -> tuple[RejectedRow, ...]:
        """All that was left out of the file, in the order of their lines."""
        return _in_order([*self.rejected, *self.unlabelled, *self.aside])

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Table":
        """Return the table of the given row positions, or of the rows marked True."""
        return replace(
            self,
            frame=self.frame.iloc[rows].reset_index(drop=True),
            lines=self.lines[rows],
            every=self._every(),
        )

    def reject(self, bad: NDArray[np.bool_], reason: str | NDArray[np.object_]) -> "Table":
        """Return the table without the rows marked True, which join ``rejected``.

        The reason is one for all, or one for each row of the table.
        """
        if not bad.any():
            return self
        more = self._marked(bad, reason)
        return replace(self.take(~bad), rejected=_in_order([*self.rejected, *more]))

    def set_unlabelled(
        self, gone: NDArray[np.bool_], reason: str | NDArray[np.object_]
    ) -> "Table":
        """Return the table without the rows marked True, which join ``unlabelled``."""
        if not gone.any():
            return self
        more = self._marked(gone, reason)
        return replace(self.take(~gone), unlabelled=_in_order([*self.unlabelled, *more]))

    def _marked(
        self, rows: NDArray[np.bool_], reason: str | NDArray[np.object_]
    ) -> list[RejectedRow]:
        reasons = np.broadcast_to(np.array(reason, dtype=object), len(self))
        return [
            RejectedRow(line=int(line), reason=str(why))
            for line, why in zip(self.lines[rows], reasons[rows], strict=True)
        ]

    def check_rejected(self, max_bad: float, fix: Sequence[str] = ()) -> None:
        """Refuse the table if too many of its rows were rejected.

        Rows without a target count neither as rejected nor among all rows. ``fix`` is what
        else may help.

        Raises
        ------
        ReadError
            D05, if the rejected share of all rows is above ``max_bad``.
        """
        bad, all_rows = len(self.rejected), len(self) + len(self.rejected)
        if bad <= max_bad * all_rows:
            return
        reasons = [f"line {row.line}: {row.reason}" for row in self.rejected]
        excess = describe_excess(reasons, len(self), max_bad, "rows cannot be used")
        besides = {}
        if self.unlabelled:
            gone = len(self.unlabelled)
            rows = f"{gone:,} rows have" if gone > 1 else "one row has"
            besides["besides"] = f"{rows} no target"
        if self.notices:
            noted = (f"{notice.what}: {notice.why}" for notice in self.notices)
            besides["noted"] = "; ".join(noted)
        raise excess.of_rows(self.source, fix, besides)


def _in_order(rows: Sequence[RejectedRow]) -> tuple[RejectedRow, ...]:
    return tuple(sorted(rows, key=lambda row: row.line))


def find_column(table: Table, name: str, *, option: str) -> str:
    """Return ``name`` if the table has it; raise S01 or S04 with near names if not."""
    names = list(table.frame.columns)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    fix = [f"did you mean {' or '.join(map(repr, near))}?"] if near else []
    raise SchemaError(
        "S01" if option == "--target" else "S04",
        f"{option} names the column {name!r}, which the table does not have",
        place={"file": table.source, "columns": ", ".join(map(repr, names[:30]))},
        fix=fix,
    )


def with_columns(frame: pd.DataFrame, columns: Mapping[str, "pd.Series[Any]"]) -> pd.DataFrame:
    """Return a DataFrame with other cells in some of its columns, whatever they are called.

    Examples
    --------
    >>> frame = pd.DataFrame({"self": [1, 2], "b": [3, 4]})
    >>> with_columns(frame, {"self": pd.Series([5, 6])})["self"].tolist()
    [5, 6]
    """
    if not columns:
        return frame
    # At once: one by one, each would be searched for a place among all others.
    cells = {name: columns.get(str(name), frame[name]) for name in frame.columns}
    return pd.DataFrame(cells, index=frame.index)
