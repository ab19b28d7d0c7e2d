"""Where two records of a golden run differ: in any bit, or by more than processors do."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.golden.record import WEIGHTS, Record, digest


def differences(one: Record, other: Record) -> Iterator[str]:
    """Yield a line for everything that is not the same to the last bit.

    Weights are told apart by what they hold: an array that only has another name in the
    file is the same weight.
    """
    for name in sorted(one.keys() | other.keys()):
        if name.startswith(WEIGHTS):
            continue
        if name not in one or name not in other:
            yield f"{name}: only {'here' if name in one else 'there'}"
        elif digest(one[name]) != digest(other[name]):
            yield f"{name}: {_difference(one[name], other[name])}"
    here, there = (
        {digest(array): name for name, array in record.items() if name.startswith(WEIGHTS)}
        for record in (one, other)
    )
    yield from sorted(f"{here[bits]}: its bits are only here" for bits in here.keys() - there)
    yield from sorted(f"{there[bits]}: its bits are only there" for bits in there.keys() - here)
    counts = [sum(name.startswith(WEIGHTS) for name in record) for record in (one, other)]
    if counts[0] != counts[1]:
        yield f"{WEIGHTS}: {counts[0]} arrays here, {counts[1]} there"


def _difference(one: NDArray[Any], other: NDArray[Any]) -> str:
    if one.shape != other.shape or one.dtype.kind != other.dtype.kind:
        return f"{one.dtype} {one.shape} here, {other.dtype} {other.shape} there"
    if one.dtype.kind != "f":
        return f"{np.sum(one != other)} of {one.size} values differ"
    gaps = np.abs(one - other)[~(np.isnan(one) & np.isnan(other))]
    return f"{np.sum(gaps != 0)} of {one.size} numbers differ, by {np.max(gaps):.3g} at most"


def distance(known: NDArray[Any], found: NDArray[Any]) -> float:
    """Return the largest difference of two arrays in units of their size.

    The size of an array is the largest of its numbers, so that one that happens to lie near
    zero is not held to more digits than it has. Whatever is not a number, and the places of
    those that are missing, must be the same.

    Examples
    --------
    >>> distance(np.array([0.0, 100.0]), np.array([0.01, 100.0]))
    0.0001
    >>> distance(np.array([1.0, np.nan]), np.array([1.0, 2.0]))
    inf
    """
    if known.shape != found.shape or known.dtype.kind != found.dtype.kind:
        return np.inf
    if known.dtype.kind != "f":
        return 0.0 if np.array_equal(known, found) else np.inf
    there = np.isfinite(known)
    if not np.array_equal(known[~there], found[~there], equal_nan=True):
        return np.inf
    if not there.any():
        return 0.0
    size = np.abs(known[there]).max()
    gap = np.abs(known[there] - found[there]).max()
    return float(gap / size) if size else float(gap)
