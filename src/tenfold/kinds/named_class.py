"""The class whose probability is explained."""

from collections.abc import Sequence
from typing import Final

from tenfold.errors import UsageError

MOST_SHOWN: Final = 20


def find_class(name: str, classes: Sequence[str]) -> int:
    """Return the number of the class that is asked for.

    Raises
    ------
    UsageError
        U01, if there is no such class.

    Examples
    --------
    >>> find_class("dogs", ("cats", "dogs"))
    1
    """
    if name not in classes:
        known = ", ".join(map(repr, classes[:MOST_SHOWN]))
        raise UsageError("U01", f"--class must be one of {known}, but it is {name!r}")
    return classes.index(name)
