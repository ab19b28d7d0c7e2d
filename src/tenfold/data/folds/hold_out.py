"""Which rows are held out together: evenly, by class, by group, by time, or by both of these.

Shape letters in this file:
    F  folds    N  rows
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Task
from tenfold.data.columns.encode import Encoded

Bools = NDArray[np.bool_]
Pair = tuple[Bools, Bools]
"""Rows to learn from and rows to test on, each of shape (N,)."""

PARTS: Final = 5  # of the groups, where folds respect groups and time


def deal(
    key: NDArray[Any],
    together: NDArray[np.int64],
    folds: int,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Deal rows out to folds, so that each gets its share of each key.

    Rows that stay together are dealt out as one, by the key that most of them have and the
    largest sets first, each to the fold that has fewest; single rows even out what is left.

    Parameters
    ----------
    key : ndarray of shape (N,)
        Classes; all the same where rows are of one kind.
    together : ndarray of shape (N,), int64
        Rows with equal numbers go to the same fold.
    folds : int
    generator : Generator

    Returns
    -------
    ndarray of shape (N,), int64
        Fold of each row.

    Examples
    --------
    >>> key = np.array(["a", "a", "a", "b", "b", "b"])
    >>> fold = deal(key, np.arange(6), 3, np.random.default_rng(0))
    >>> sorted(fold[:3].tolist()), sorted(fold[3:].tolist())
    ([0, 1, 2], [0, 1, 2])
    """
    _, set_N, size = np.unique(together, return_inverse=True, return_counts=True)
    _, key_N = np.unique(key, return_inverse=True)
    pairs, count = np.unique(np.stack([set_N, key_N]), axis=1, return_counts=True)
    # The last of each set, once its keys are in the order of how often they occur.
    order = np.lexsort((count, pairs[0]))
    key_of_set = pairs[1][order][np.flatnonzero(np.diff(pairs[0][order], append=-1))]
    lined = np.lexsort((generator.random(len(size)), -size, key_of_set))
    fold = np.empty(len(size), dtype=np.int64)
    rows_F = np.zeros(folds, dtype=np.int64)
    for own in np.split(lined, np.flatnonzero(np.diff(key_of_set[lined])) + 1):
        of_key_F = np.zeros(folds, dtype=np.int64)
        many = own[size[own] > 1]
        for one in many:
            least = np.lexsort((rows_F, of_key_F))[0]
            fold[one] = least
            of_key_F[least] += size[one]
            rows_F[least] += size[one]
        single = own[len(many) :]
        fold[single] = even = _evened(of_key_F, rows_F, len(single))
        rows_F += np.bincount(even, minlength=folds)
    return fold[set_N]


def _evened(
    of_key_F: NDArray[np.int64], rows_F: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """Return the folds that so many single rows go to, those with fewest of their key first."""
    folds = len(of_key_F)
    levels = of_key_F[:, None] + np.arange(count // folds + np.ptp(of_key_F) + 2)
    order = np.lexsort((np.broadcast_to(rows_F[:, None], levels.shape).ravel(), levels.ravel()))
    return np.asarray(order[:count] // levels.shape[1])


def blocks_of_time(times: NDArray[np.float64], folds: int) -> Iterator[Pair]:
    """Yield for each stretch of time the rows before it, and its own.

    The rows are cut into one stretch more than there are folds; the first is only learnt
    from. Rows of one moment are in one stretch, so that few moments use fewer folds.

    Parameters
    ----------
    times : ndarray of shape (N,)
    folds : int

    Examples
    --------
    >>> pairs = list(blocks_of_time(np.array([1.0, 1, 2, 2, 3, 3]), 2))
    >>> [(learn.nonzero()[0].tolist(), test.nonzero()[0].tolist()) for learn, test in pairs]
    [([0, 1], [2, 3]), ([0, 1, 2, 3], [4, 5])]
    """
    rising, size = np.sort(times), max(1, len(times) // (folds + 1))
    first = len(times) - size * np.arange(folds, 0, -1)
    starts = np.unique(rising[first[first >= 0]])
    starts = starts[starts > rising[0]]
    if not len(starts):  # nearly all rows are of the first moment
        starts = rising[rising > rising[0]][-1:]
    for start, end in zip(starts, [*starts, np.inf][1:], strict=True):
        yield times < start, (times >= start) & (times < end)


def blocks_of_time_and_group(
    times: NDArray[np.float64],
    groups: NDArray[np.int64],
    folds: int,
    generator: np.random.Generator,
) -> Iterator[Pair]:
    """Yield folds whose test rows are later than those learnt from, and of other groups.

    The groups are dealt out to parts. Of each of the last stretches of time, each part is
    tested by a fold that learns from earlier rows of the other parts.

    Parameters
    ----------
    times : ndarray of shape (N,)
    groups : ndarray of shape (N,), int64
    folds : int
        How many are wanted: stretches times parts come to as many or fewer.
    generator : Generator

    Examples
    --------
    >>> times, groups = np.repeat(np.arange(6.0), 4), np.tile(np.arange(4), 6)
    >>> pairs = blocks_of_time_and_group(times, groups, 4, np.random.default_rng(0))
    >>> [(int(learn.sum()), int(test.sum())) for learn, test in pairs]
    [(8, 2), (8, 2), (10, 2), (10, 2)]
    """
    names, group_N = np.unique(groups, return_inverse=True)
    parts = min(PARTS, max(2, folds // 2), len(names))
    part_N = (generator.permutation(len(names)) % parts)[group_N]
    stretches = max(1, folds // parts)
    # Half of the rows are learnt from by every fold, the rest is cut into stretches.
    for learn, test in list(blocks_of_time(times, 2 * stretches + 1))[-stretches:]:
        for part in range(parts):
            own = part_N == part
            if (test & own).any():
                yield learn & ~own, test & own


def strata(target: NDArray[Any], task: Task) -> NDArray[Any]:
    """Return by what rows are shared out evenly: their class, or the rarest of their labels.

    Rare labels are thus shared out first, as Sechidis and others do ("On the stratification of
    multi-label data", 2011). Numbers are all alike.

    Parameters
    ----------
    target : ndarray of shape (N,) or (N, L)
    task : {"regression", "classification", "multilabel"}

    Examples
    --------
    >>> strata(np.array([[1, 1], [1, 0], [0, 0], [1, 0]]), "multilabel").tolist()
    [1, 0, 2, 0]
    """
    if task == "regression":
        return np.zeros(len(target))
    if task == "classification":
        return target
    count_L = target.sum(axis=0)
    rarity_NL = np.where(target > 0, count_L, len(target) + 1)
    return np.where(target.any(axis=1), rarity_NL.argmin(axis=1), len(count_L))


def validation_rows(
    rows: Encoded, learn: Bools, task: Task, blocks: int, generator: np.random.Generator
) -> Iterator[Pair]:
    """Yield for each block of the rows that a fold learns from the others, and its own.

    A member of the fold learns from the others and is validated on its block, so that the
    length of training is chosen without the fold's held-out rows. Groups and equal rows
    stay together, classes are shared out evenly. In time, the newest rows are left out: the
    ones that are most like those to come.

    Parameters
    ----------
    rows : Encoded
        N rows.
    learn : ndarray of shape (N,), bool
    task : {"regression", "classification", "multilabel"}
    blocks : int
    generator : Generator

    Yields
    ------
    learn, validation : ndarray of shape (N,), bool
    """
    chosen = np.flatnonzero(learn)
    if rows.times is not None:
        yield from _newest_rows(rows, rows.times, learn, blocks, generator)
        return
    names, group = np.zeros(0), chosen
    if rows.groups is not None:
        names, group = np.unique(rows.groups[chosen], return_inverse=True)
    if len(names) > 1:  # a single group cannot be parted from itself
        block = (generator.permutation(len(names)) % blocks)[group]
    else:
        key = strata(rows.target[chosen], task)
        together = np.arange(len(chosen)) if rows.sets is None else rows.sets[chosen]
        block = deal(key, together, blocks, generator)
    for number in range(blocks):
        validation = np.zeros_like(learn)
        validation[chosen[block == number]] = True
        yield learn & ~validation, validation


def _newest_rows(
    rows: Encoded,
    times: NDArray[np.float64],
    learn: Bools,
    blocks: int,
    generator: np.random.Generator,
) -> Iterator[Pair]:
    """Yield the rows before the newest stretch of a fold's own, and that stretch."""
    rising = np.sort(times[learn])
    first = rising[min(len(rising) - 1, len(rising) - len(rising) // blocks)]
    # Of one moment there is no newest row; then the rows of the moment are parted at random.
    if first > rising[0]:
        before, newest = learn & (times < first), learn & (times >= first)
    else:
        chosen = np.flatnonzero(learn)
        newest = np.zeros_like(learn)
        newest[chosen[generator.permutation(len(chosen))[: len(chosen) // blocks]]] = True
        before = learn & ~newest
    if rows.groups is None:
        while True:
            yield before, newest
    names, group_N = np.unique(rows.groups, return_inverse=True)
    part_N = (generator.permutation(len(names)) % blocks)[group_N]
    for number in range(blocks):
        own = part_N == number
        # Groups that are all of one part cannot be kept out of both.
        fits = (newest & own).any() and (before & ~own).any()
        yield (before & ~own, newest & own) if fits else (before, newest)
