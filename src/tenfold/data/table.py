"""A table: rows as they came, where each came from, and which were left out."""

import difflib
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.reading import Known, Reading
from tenfold.data.rejected import describe_excess
from tenfold.errors import ReadError, SchemaError


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedRow:
    """A row that was left out: where it stands in the file, and why."""

    line: int
    reason: str


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
    rejected : tuple of RejectedRow
        In the order of their lines.
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
    rejected: tuple[RejectedRow, ...] = ()
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
    def left_out(self) -> tuple[RejectedRow, ...]:
        """All that was left out of the file, in the order of their lines."""
        return tuple(sorted([*self.rejected, *self.aside], key=lambda row: row.line))

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Table":
        """Return the table of the given row positions, or of the rows marked True."""
        return replace(
            self,
            frame=self.frame.iloc[rows].reset_index(drop=True),
            lines=self.lines[rows],
        )

    def reject(self, bad: NDArray[np.bool_], reason: str | NDArray[np.object_]) -> "Table":
        """Return the table without the rows marked True, which join ``rejected``.

        The reason is one for all, or one for each row of the table.
        """
        if not bad.any():
            return self
        reasons = np.broadcast_to(np.array(reason, dtype=object), len(self))
        more = [
            RejectedRow(line=int(line), reason=str(why))
            for line, why in zip(self.lines[bad], reasons[bad], strict=True)
        ]
        rejected = sorted([*self.rejected, *more], key=lambda row: row.line)
        return replace(self.take(~bad), rejected=tuple(rejected))

    def check_rejected(self, max_bad: float) -> None:
        """Refuse the table if too many of its rows were rejected.

        Raises
        ------
        ReadError
            D05, if the rejected share of all rows is above ``max_bad``.
        """
        bad, all_rows = len(self.rejected), len(self) + len(self.rejected)
        if bad <= max_bad * all_rows:
            return
        told = [f"line {row.line}: {row.reason}" for row in self.rejected]
        excess = describe_excess(told, len(self), max_bad, "rows cannot be used")
        noted = "; ".join(f"{notice.what}: {notice.why}" for notice in self.notices)
        raise ReadError(
            "D05",
            excess.fact,
            place={"file": self.source, "rows": excess.first}
            | ({"noted": noted} if noted else {}),
            fix=["mend these rows", excess.option],
        )


def find_column(table: Table, name: str, *, option: str) -> str:
    """Return ``name`` if the table has it; raise S01 or S04 with near names if not."""
    names = list(table.frame.columns)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    fix = [f"did you mean {' or '.join(map(repr, near))}?"] if near else []
    raise SchemaError(
        "S01" if option == "--target" else "S04",
        f"the table has no column {name!r}, which {option} names",
        place={"file": table.source, "columns": ", ".join(map(repr, names[:30]))},
        fix=fix,
    )
