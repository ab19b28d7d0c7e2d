"""Too many rows or files that cannot be used: what is said of them."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from tenfold.errors import ReadError

SHOWN: Final = 10


class Excess(NamedTuple):
    """The fact, the first that were rejected, and the option that leaves all of them out."""

    fact: str
    first: str
    option: str

    def of_rows(
        self, source: str, fix: Sequence[str] = (), besides: Mapping[str, str] | None = None
    ) -> ReadError:
        """Return D05: so many rows of a file cannot be used; ``besides`` joins its place."""
        place = {"file": source, "rows": self.first, **(besides or {})}
        fixes = ["correct these rows", *fix, self.option]
        return ReadError("D05", self.fact, place=place, fix=fixes)


def describe_excess(
    places: Sequence[str], kept: int, max_bad: float, what: str, *, bad: int | None = None
) -> Excess:
    """Say of rejected rows or files that they are more than the limit.

    ``bad`` is how many they are, if ``places`` are only the first.

    Examples
    --------
    >>> describe_excess(["line 2: no answer"], 3, 0.01, "rows cannot be used").option
    'leave them out: --max-bad 0.25'
    """
    bad = len(places) if bad is None else bad
    whole = kept + bad
    enough = float(np.ceil(100 * bad / whole) / 100)
    return Excess(
        fact=f"{bad:,} of {whole:,} {what}, but the limit is {max_bad:.3g} of them",
        first=first_of(places, bad),
        option=f"leave them out: --max-bad {enough:g}",
    )


def first_of(places: Sequence[str], count: int | None = None) -> str:
    """Return the first of some rows or files, and how many of ``count`` there are besides.

    Examples
    --------
    >>> first_of([f"line {line}" for line in range(2, 14)])[-19:]
    'line 11; and 2 more'
    """
    first, count = list(places[:SHOWN]), len(places) if count is None else count
    if count > len(first):
        first.append(f"and {count - len(first):,} more")
    return "; ".join(first)
