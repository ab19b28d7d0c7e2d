"""Classes and labels with hardly any rows or pictures."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.finding import Finding

FEWEST: Final = 20  # two for each of ten folds
SHARE: Final = 0.2  # of an even share
SHOWN: Final = 8


def check_classes(
    target: NDArray[np.int64], classes: Sequence[str], noun: str
) -> Iterator[Finding]:
    """Yield classes with fewer than 20 rows, and far fewer than others: A11.

    Examples
    --------
    >>> target = np.array([0] * 50 + [1] * 3)
    >>> [found.fact for found in check_classes(target, ("a", "b"), "rows")]
    ['1 of 2 classes has fewer than 20 rows']
    """
    counts = np.bincount(target, minlength=len(classes))
    few = np.flatnonzero((counts < FEWEST) & (counts < SHARE * len(target) / len(classes)))
    yield from _tell(few, counts, classes, "classes", noun)


def check_labels(
    target: NDArray[np.int64], labels: Sequence[str], noun: str
) -> Iterator[Finding]:
    """Yield labels that fewer than 20 rows have: A11.

    Examples
    --------
    >>> target = np.array([[1, 1]] * 3 + [[1, 0]] * 50)
    >>> [found.fact for found in check_labels(target, ("a", "b"), "rows")]
    ['1 of 2 labels has fewer than 20 rows']
    """
    counts = target.sum(axis=0)
    yield from _tell(np.flatnonzero(counts < FEWEST), counts, labels, "labels", noun)


def _tell(
    few: NDArray[np.int64],
    counts: NDArray[np.int64],
    names: Sequence[str],
    what: str,
    noun: str,
) -> Iterator[Finding]:
    """Yield which classes or labels are rare, if some are."""
    if not len(few):
        return
    shown = ", ".join(f"{names[i]} ({counts[i]})" for i in few[:SHOWN])
    verb = "has" if len(few) == 1 else "have"
    yield Finding(
        code="A11",
        severity="warning",
        fact=f"{len(few)} of {len(names)} {what} {verb} fewer than {FEWEST} {noun}",
        place={what: shown + f" and {len(few) - SHOWN} more" * (len(few) > SHOWN)},
        fix=("add more examples of them", f"leave them out, or merge similar {what}"),
    )
