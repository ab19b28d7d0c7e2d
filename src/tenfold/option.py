"""What is known of an option beside its name, its type and its default.

Each option is a field of a frozen dataclass in ``config.py``. What else the command line, the
messages and the checks need to know stands beside it, and nowhere else.
"""

from collections.abc import Callable, Iterable
from dataclasses import Field, dataclass, field, fields
from typing import Any, Final

from tenfold.errors import UsageError
from tenfold.values import is_number, is_whole, plain

KEY: Final = "option"  # of a field's metadata


@dataclass(frozen=True, kw_only=True, slots=True)
class Values:
    """The values that an option takes.

    Parameters
    ----------
    hold : callable
        Tells whether a value is one of them.
    named : str
        What they are called in a message: ``"a whole number, 1 or more"``.
    """

    hold: Callable[[Any], bool]
    named: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """What is known of an option.

    Parameters
    ----------
    help : str
        What the command's help says of it; options without are none of the command's.
    metavar : str, optional
        What stands for its value there.
    flag : str, optional
        Its name on the command line, if that is not its own: ``"kind"`` for ``kinds``.
    also : str, optional
        A second name on the command line.
    of : str, optional
        The name of the only kind of data that it says something of.
    values : Values, optional
    variable : str, optional
        Of the environment, that says it, too.
    """

    help: str = ""
    metavar: str | None = None
    flag: str | None = None
    also: str | None = None
    of: str | None = None
    values: Values | None = None
    variable: str | None = None


def option(default: Any, help_text: str = "", metavar: str | None = None, **known: Any) -> Any:
    """Return the field of an option; ``known`` are further parameters of ``Option``."""
    about = Option(help=help_text, metavar=metavar, **known)
    if isinstance(default, type):
        return field(default_factory=default, metadata={KEY: about})
    return field(default=default, metadata={KEY: about})


def known_of(field_of: "Field[Any]") -> Option:
    """Return what is known of the option that a field holds."""
    found: Option = field_of.metadata[KEY]
    return found


def flag_of(field_of: "Field[Any]") -> str:
    """Return the name of an option on the command line, without the dashes."""
    return known_of(field_of).flag or field_of.name.replace("_", "-")


class Options:
    """A group of options, which are checked when they are made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        """Check each value.

        Raises
        ------
        UsageError
            U01, naming the option, its value, and what it takes.
        """
        for one in fields(self):  # type: ignore[arg-type]
            values, value = known_of(one).values, plain(getattr(self, one.name))
            object.__setattr__(self, one.name, value)  # a scalar of NumPy is one of Python
            if values is not None and not (value is None and one.default is None):
                check(values.hold(value), flag_of(one), value, values.named)


def check(holds: bool, name: str, value: object, wanted: str) -> None:  # noqa: FBT001
    """Raise U01 unless ``holds``, naming the option, its value and what it takes."""
    if not holds:
        raise UsageError("U01", f"--{name} must be {wanted}, but it is {value!r}")


def one_of(values: Iterable[str], between: str = ", ") -> Values:
    """Return the values that are one of some words."""
    known = tuple(values)
    return Values(hold=lambda value: value in known, named=between.join(map(repr, known)))


def whole(least: int, most: int | None = None, named: str | None = None) -> Values:
    """Return the whole numbers from ``least`` to ``most``.

    Examples
    --------
    >>> whole(1).named, whole(1).hold(0)
    ('a whole number, 1 or more', False)
    """
    end = f"from {least} to {most}" if most is not None else f", {least} or more"
    described = f"a whole number{'' if most is None else ' '}{end}"
    return Values(hold=lambda value: is_whole(value, least, most), named=named or described)


def number(holds: Callable[[float], bool], named: str) -> Values:
    """Return the finite numbers for which ``holds`` is true."""
    return Values(hold=lambda value: is_number(value) and holds(value), named=named)
