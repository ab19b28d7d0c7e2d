"""What is known of an input column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tenfold.config import KINDS, Kind
from tenfold.data.cells.amounts import NO_UNIT
from tenfold.data.cells.bags import FORMER_PLACES, PLACES
from tenfold.data.cells.date_formats import ISO
from tenfold.data.cells.spans import FORMS, Form, units_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One input column.

    Attributes
    ----------
    name : str
    kind : Kind
        Identifiers and constants are listed too, and not learnt from.
    why : str
        What in the cells showed the kind.
    levels : tuple of str
        The categories of a column, sorted.
    asked : bool
        Whether a user set the kind.
    date_format : str or None
        As ``strftime`` writes it, or ISO8601.
    rival : str or None
        Another format in which all dates could be read, as others.
    form : Form
        How a column of numbers is written where it is text: durations count in days, clock
        times in hours since midnight.
    unit : str
        Of amounts, as most cells write it; "" if they have none.
    tick : str
        Of a column of boxes that are ticked or empty, what stands in those that are ticked,
        in small letters; "" of any other.
    sign : str
        What parts the words of a list; "" of any other column.
    places : int
        Of text and lists, the hashed places of a cell; 0 for as many as there are today.
    empties : tuple of str
        Words that stand where there is no number or date, in small letters.
    has_missing : bool
        Whether a cell was empty when the schema was made.
    low, high : float or None
        The smallest and the largest number, or the first and the last moment as days since
        1970; None if there is none, or nothing is known. They are told to users only: no
        network sees them.
    """

    name: str
    kind: Kind
    why: str = field(default="", compare=False)
    levels: tuple[str, ...] = ()
    asked: bool = False
    date_format: str | None = None
    rival: str | None = field(default=None, compare=False)
    form: Form = "number"
    unit: str = NO_UNIT
    tick: str = ""
    sign: str = ""
    places: int = 0
    empties: tuple[str, ...] = ()
    has_missing: bool = False
    low: float | None = None
    high: float | None = None

    @property
    def used(self) -> bool:
        """Whether the network learns from the column."""
        return self.kind not in {"identifier", "constant"}

    @property
    def measure(self) -> str:
        """What the numbers of the column are, and their unit."""
        return units_of(self.form, self.unit)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Column":
        """Make a column from what ``Schema.to_dict`` said of it, unknown keys left out.

        Raises
        ------
        LookupError, TypeError, ValueError
            If it is something else, or could not be read from any cell.
        """
        kind, layout, levels = (
            data["kind"],
            data["date_format"],
            tuple(map(str, data["levels"])),
        )
        form = data.get("form", "number")
        if (
            kind not in KINDS
            or not (layout in {None, ISO} or "%" in layout)
            or form not in FORMS
            or (kind == "list" and not data.get("sign"))
        ):
            raise ValueError("there is no such column type")
        return cls(
            name=str(data["name"]),
            kind=kind,
            why=str(data["why"]),
            levels=levels,
            asked=bool(data.get("asked", False)),
            date_format=layout,
            rival=data.get("rival"),
            form=form,
            unit=str(data.get("unit", NO_UNIT)),
            tick=str(data.get("tick", "")),
            sign=str(data.get("sign", "")),
            places=_places(kind, data),
            empties=tuple(map(str, data.get("empties", ()))),
            has_missing=bool(data["has_missing"]),
            low=_known(data.get("low")),
            high=_known(data.get("high")),
        )


def _places(kind: Kind, data: Mapping[str, Any]) -> int:
    """Return the places that a column says; those of older models do not say any."""
    former = FORMER_PLACES.get(kind, 0)
    places = int(data.get("places", former))
    if places not in {0, former, PLACES.get(kind, 0)}:
        raise ValueError("there is no such text")
    return places


def _known(number: Any) -> float | None:
    return None if number is None else float(number)
