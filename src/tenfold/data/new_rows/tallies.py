"""What is told of schema drift: how often, and where first, of one table or of its parts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, get_args

from tenfold.data.new_rows.schema_drift import Drift, What
from tenfold.data.tables.rejected import SHOWN
from tenfold.data.tables.table import Table

FIRST: Final = 3  # cells that a line names
SAID: Final[Mapping[What, str]] = {
    "unexpected type": "cannot be read as {training}, treated as missing",
    "perhaps a fraction": "without a %, read as percent ({training} in training), though they "
    "may be fractions of one",
    "unseen category": "categories not seen in training",
    "below the training range": "below the range of the training data ({training})",
    "above the training range": "above the range of the training data ({training})",
    "empty": "empty, although no cell was empty in training",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """One way in which a column is not as it was in training, and how often that is so.

    Attributes
    ----------
    what : What
    column : str
    place : int
        Of the column.
    training : str
        What the column held in training.
    count : int
        Of the cells; 0 if it is the whole column.
    firsts : tuple of (int, str)
        The lines of the first cells that differ from each other, and how each is shown.
    meant : str or None
        What the cells look like, or which column now holds them, if that can be told.
    """

    what: What
    column: str
    place: int
    training: str
    count: int
    firsts: tuple[tuple[int, str], ...]
    meant: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the tally as a JSON object; ``from_dict`` is the way back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> "Tally":
        """Make a tally from what ``to_dict`` returned."""
        firsts = tuple((line, shown) for line, shown in found["firsts"])
        return cls(**{**found, "firsts": firsts})

    def and_later(self, later: "Tally") -> "Tally":
        """Return the tally of two parts of a table, the second of which is ``later``."""
        firsts = [*self.firsts]
        for line, shown in later.firsts:
            if self.what == "empty" or all(shown != before for _, before in firsts):
                firsts.append((line, shown))
        count = self.count + later.count
        return replace(
            self, count=count, firsts=tuple(firsts[:FIRST]), meant=self.meant or later.meant
        )


def tallies_of(table: Table, found: Sequence[Drift]) -> list[Tally]:
    """Return what is told of the drift of a table."""
    places = {name: place for place, name in enumerate(table.frame.columns)}
    last = len(places)  # where a missing column would stand
    return [_tally(table, drift, places.get(drift.column, last)) for drift in found]


def merged(tallies: Iterable[Tally]) -> list[Tally]:
    """Return the tallies of all parts of a table, whose own come one after the other.

    They are in the order of those of the whole table.
    """
    of: dict[tuple[str, str], Tally] = {}
    for tally in tallies:
        before = of.get((tally.what, tally.column))
        of[tally.what, tally.column] = tally if before is None else before.and_later(tally)
    order = [*get_args(What)]
    whole = order.index("unexpected type")  # before it stand those of whole columns

    def key(tally: Tally) -> tuple[int, int, int]:
        what = order.index(tally.what)
        return (what, tally.place, 0) if what < whole else (whole, tally.place, what)

    return sorted(of.values(), key=key)


def drift_lines(tallies: Sequence[Tally], rows: int) -> list[str]:
    """Say in a line for each drift what it is, where first, and what training had.

    Parameters
    ----------
    tallies : sequence of Tally
    rows : int
        Of the table.
    """
    return [f"{name}: {line}" for name, line in named_lines(tallies, rows)]


def named_lines(tallies: Sequence[Tally], rows: int) -> Iterator[tuple[str, str]]:
    """Yield the name of a column, or of several, and what is said of it."""
    for tally in tallies:
        if tally.what != "extra column":
            yield repr(tally.column), _line(tally, rows)
    extra = [tally.column for tally in tallies if tally.what == "extra column"]
    if extra:
        names = ", ".join(map(repr, extra[:SHOWN]))
        more = f" and {len(extra) - SHOWN:,} more" if len(extra) > SHOWN else ""
        yield names + more, "not in the training data, ignored"


def _line(tally: Tally, rows: int) -> str:
    if tally.what == "missing column":
        hint = "" if tally.meant is None else f"; is it {tally.meant!r} now?"
        return f"missing, treated as empty{hint}"
    said = SAID[tally.what].format(training=tally.training)
    if tally.what == "unexpected type" and tally.meant:
        said += f" (they look like {tally.meant})"
    cells = ", ".join(f"line {line}{cell}" for line, cell in tally.firsts)
    more = ", ..." if tally.count > FIRST else ""
    return f"{said}: {tally.count:,} of {rows:,} cells, {cells}{more}"


def _tally(table: Table, drift: Drift, place: int) -> Tally:
    meant = None
    if drift.what == "missing column":
        meant = drift.meant.get(drift.column)
    elif drift.what == "unexpected type":
        meant = next(iter(drift.meant.values()), None)
    return Tally(
        what=drift.what,
        column=drift.column,
        place=place,
        training=drift.training,
        count=len(drift.rows),
        firsts=tuple((int(table.lines[row]), cell) for row, cell in _firsts(drift)),
        meant=meant,
    )


def _firsts(drift: Drift) -> list[tuple[int, str]]:
    """Return the first rows with cells that differ, and how each cell is shown."""
    rows = drift.rows.tolist()
    if drift.what == "empty":
        return [(row, "") for row in rows[:FIRST]]
    first: dict[str, int] = {}
    for row, cell in zip(rows, drift.cells, strict=True):
        first.setdefault(cell, row)  # the same cell again would tell nothing new
    shown_cells = []
    for cell, row in list(first.items())[:FIRST]:
        is_category = drift.what == "unseen category"
        near = drift.meant.get(cell) if is_category else None
        shown = repr(cell[:40]) if is_category or drift.what == "unexpected type" else cell
        shown_cells.append((row, f" ({shown}, is it {near!r}?)" if near else f" ({shown})"))
    return shown_cells
