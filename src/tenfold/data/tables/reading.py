"""How a table was read, remembered, so that new rows mean what they would have meant then."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from tenfold.read_options import MISSING

SIGNS: Final = (".", ",")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How the table that a model learnt from was read.

    Attributes
    ----------
    decimal : {".", ","} or None
        Decimal sign of cells that are text; None if no cell showed one.
    thousands : {".", ","} or None
        What stood between thousands, if a cell showed it.
    apart : tuple of str
        Columns whose decimal sign is not that of the table, but the other one.
    missing : tuple of str
        The words that meant an empty cell.
    separator, encoding : str or None
    header : bool or None
        Of separated text, for files that do not show their own.
    """

    decimal: str | None = None
    thousands: str | None = None
    apart: tuple[str, ...] = ()
    missing: tuple[str, ...] = MISSING
    separator: str | None = None
    encoding: str | None = None
    header: bool | None = None

    def sign_of(self, column: str) -> str:
        """Return the decimal sign of a column's cells that are text.

        Examples
        --------
        >>> read = Reading(decimal=".", apart=("people",))
        >>> read.sign_of("people"), read.sign_of("north")
        (',', '.')
        """
        sign = self.decimal or "."
        return {".": ",", ",": "."}[sign] if column in self.apart else sign

    def to_dict(self) -> dict[str, Any]:
        """Return the record as a JSON object; ``from_dict`` is the way back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Reading":
        """Make a record from what ``to_dict`` returned, unknown keys left out.

        Raises
        ------
        LookupError, TypeError, ValueError
            If it is something else.
        """
        texts = {name: data[name] for name in ("separator", "encoding")}
        signs = {name: data[name] for name in ("decimal", "thousands")}
        header, missing = data["header"], data["missing"]
        if not all(text is None or isinstance(text, str) for text in texts.values()):
            raise TypeError("a separator or an encoding is text")
        if not set(signs.values()) <= {None, *SIGNS} or header not in {None, True, False}:
            raise ValueError("there is no such sign")
        apart = data.get("apart", ())
        if isinstance(missing, str) or isinstance(apart, str):
            raise TypeError("missing words and columns are several")
        return cls(
            **texts,
            **signs,
            header=header,
            apart=tuple(map(str, apart)),
            missing=tuple(map(str, missing)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of a table before it is read, because another was read that it is like.

    Attributes
    ----------
    reading : Reading
        How the other was read.
    names : tuple of str
        The columns that are needed.
    numbers : frozenset of str or None
        The columns that hold numbers; None if that is not known yet.
    """

    reading: Reading
    names: tuple[str, ...]
    numbers: frozenset[str] | None = None
