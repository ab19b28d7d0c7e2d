"""What is told of rows that were answered: of a batch, and of a whole file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from tenfold.data.columns.labelled import describe_unlabelled
from tenfold.data.new_rows.tallies import Tally, drift_lines, merged
from tenfold.data.tables.rejected import describe_excess
from tenfold.errors import ReadError

MOST_REJECTED: Final = 20  # rows of a batch, or of a file, that are named


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What is told of a batch.

    Attributes
    ----------
    rows : int
        That were answered.
    rejected : int
        Rows that were left out.
    named : tuple of (int, str)
        The first of them: the line and the reason.
    lines : tuple of str
        How the file was read.
    tallies : tuple of Tally
        Where rows are not like those of training.
    columns : tuple of str
        Of the answers.
    unlabelled : int
        Rows to be scored that have no target.
    lacking : str
        Where the first of these stands, and what is there.
    """

    rows: int
    rejected: int = 0
    named: tuple[tuple[int, str], ...] = ()
    lines: tuple[str, ...] = ()
    tallies: tuple[Tally, ...] = ()
    columns: tuple[str, ...] = ()
    unlabelled: int = 0
    lacking: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object; ``from_dict`` is the way back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Make it from what ``to_dict`` returned.

        Raises
        ------
        LookupError, TypeError
            If it is something else.
        """
        named = tuple((int(line), str(why)) for line, why in found["named"])
        tallies = tuple(map(Tally.from_dict, found["tallies"]))
        texts = {name: tuple(map(str, found[name])) for name in ("lines", "columns")}
        return cls(**{**found, **texts, "named": named, "tallies": tallies})


@dataclass(slots=True)
class Answered:
    """What is told of a file: its batches, one after the other.

    Attributes
    ----------
    source : str
    rows, rejected : int
        That were answered, and that were left out.

    Examples
    --------
    >>> told = Answered("new.csv")
    >>> told.add(Told(rows=2, rejected=1, named=((3, "it has 2 cells"),)))
    >>> told, told.reading_lines()
    (Answered(source='new.csv', rows=2, rejected=1), \
['new.csv, line 3, is left out: it has 2 cells'])
    """

    source: str
    rows: int = 0
    rejected: int = 0
    _named: tuple[tuple[int, str], ...] = field(default=(), init=False, repr=False)
    _lines: tuple[str, ...] = field(default=(), init=False, repr=False)
    _tallies: tuple[Tally, ...] = field(default=(), init=False, repr=False)
    _unlabelled: int = field(default=0, init=False, repr=False)
    _lacking: str = field(default="", init=False, repr=False)

    def add(self, told: Told) -> None:
        """Add the next batch."""
        self.rows += told.rows
        self.rejected += told.rejected
        self._named = (*self._named, *told.named)[:MOST_REJECTED]
        self._lines += told.lines
        self._unlabelled += told.unlabelled
        self._lacking = self._lacking or told.lacking
        self._tallies = tuple(merged((*self._tallies, *told.tallies)))

    def check(self, max_bad: float, about: int) -> None:
        """Refuse a file without rows, or if too many of its rows were left out.

        Parameters
        ----------
        max_bad : float
            Share of all rows.
        about : int
            How many rows there are; of a file that was read to its end fewer are enough.

        Raises
        ------
        ReadError
            D02 or D05.
        """
        every = self.rows + self.rejected + self._unlabelled
        if max(every, about) == 0:
            raise ReadError("D02", "the table has no rows", place={"file": self.source})
        if self.rejected > max_bad * max(self.rows + self.rejected, about):
            places = [f"line {line}: {why}" for line, why in self._named]
            excess = describe_excess(
                places, self.rows, max_bad, "rows cannot be used", bad=self.rejected
            )
            raise excess.of_rows(self.source)

    def reading_lines(self) -> list[str]:
        """Say how the file was read, and which rows are left out."""
        lines = [*self._lines]
        lines += [
            f"{self.source}, line {line}, is left out: {why}" for line, why in self._named
        ]
        more = self.rejected - len(self._named)
        if more:
            lines.append(f"{self.source}: {more:,} more lines are left out")
        if self._unlabelled:
            count = describe_unlabelled(self._unlabelled, self._unlabelled + self.rows)
            lines.append(f"{self.source}: {count} ({self._lacking})")
        return lines

    def drift_lines(self) -> Sequence[str]:
        """Say where rows are not like those of training; the first line, that they are not."""
        if not self._tallies:
            return ()
        heading = f"{self.source} differs from the training data:"
        return (heading, *drift_lines(self._tallies, self.rows))
