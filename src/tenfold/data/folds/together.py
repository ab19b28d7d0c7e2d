"""Which rows stay in one fold, where copies and the user's groups both say so.

Copies that stand in two groups hold these together, and so on from group to group. What
hangs together may come to fill more than a fold; then as much of it is kept together as
fits, in this order: copies that stand in one group or in none, and copies that hold groups
together which are small enough as one.

Shape letters in this file:
    N  rows    S  sets of copies    G  groups, each row without one being one    L  links
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tenfold.data.columns.encode import Encoded


def joined(sets_N: NDArray[np.int64], groups_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of what hangs together by copies or by the user's groups.

    Examples
    --------
    >>> joined(np.array([0, 1, 1, 3]), np.array([7, 7, 8, 9])).tolist()
    [0, 0, 0, 1]
    """
    sets = np.unique(sets_N, return_inverse=True)[1]
    groups = np.unique(groups_N, return_inverse=True)[1] + sets.max() + 1
    size = int(groups.max()) + 1
    links = coo_array((np.ones(len(sets)), (sets, groups)), shape=(size, size))
    parts = connected_components(links, directed=False)[1]
    return np.asarray(parts[sets], dtype=np.int64)


def joined_within(
    sets_N: NDArray[np.int64], groups_N: NDArray[np.int64], folds: int, least: int
) -> NDArray[np.int64]:
    """Return the number of what hangs together, as far as folds can hold it.

    Parameters
    ----------
    sets_N : ndarray of shape (N,), int64
        Equal for copies.
    groups_N : ndarray of shape (N,), int64
        Equal for rows of a group, which stay together in any case.
    folds : int
        What hangs together may fill two of so many, or be as large as the largest group. Of
        what is larger, whole groups are held together up to the size of one fold.
    least : int
        So many parts are left, at least, if there are as many groups.

    Returns
    -------
    ndarray of shape (N,), int64

    Examples
    --------
    Of the copies of five rows of a group, which have no group themselves, one fits:

    >>> sets, groups = np.tile(np.arange(5), 2), np.r_[np.zeros(5, int), 1:6]
    >>> joined_within(sets, groups, 3, 3).tolist()
    [0, 0, 0, 0, 0, 0, 1, 2, 3, 4]
    """
    count = len(sets_N)
    group_N = np.unique(groups_N, return_inverse=True)[1]
    size_G = np.bincount(group_N)
    most = max(2, 2 * count // folds, int(size_G.max()))
    joint_N = joined(sets_N, groups_N)
    if np.bincount(joint_N).max() <= most and len(np.unique(joint_N)) >= least:
        return joint_N
    parts, size = _Parts(size_G, least), size_G.tolist()
    # Sets that tie fewest rows come first; what is equal in that keeps the order of the sets.
    of_set = _groups_of_sets(sets_N, group_N)
    of_set.sort(key=lambda groups: sum(size[group] for group in groups))
    for groups in of_set:
        single = [group for group in groups if size[group] == 1]
        several = [group for group in groups if size[group] > 1]
        if not parts.join([*several[:1], *single], most):
            parts.join(single, most)
    small = np.zeros(len(size), dtype=bool)
    small[group_N[np.bincount(joint_N)[joint_N] <= most]] = True
    whole, fewer = small.tolist(), max([count // folds, *size])
    for groups in of_set:  # of a set, all hang together or none
        parts.join(groups, most if whole[groups[0]] else fewer)
    return _numbered(np.array([parts.root(group) for group in range(len(size_G))])[group_N])


def _groups_of_sets(sets_N: NDArray[np.int64], group_N: NDArray[np.int64]) -> list[list[int]]:
    """Return the groups that the rows of each set are of, where these are several."""
    set_N = np.unique(sets_N, return_inverse=True)[1]
    links = np.unique(set_N * (int(group_N.max()) + 1) + group_N)
    set_L, group_L = np.divmod(links, int(group_N.max()) + 1)
    ends = [*(np.flatnonzero(np.diff(set_L)) + 1).tolist(), len(links)]
    members, found, start = group_L.tolist(), [], 0
    for end in ends:
        if end - start > 1:
            found.append(members[start:end])
        start = end
    return found


class _Parts:
    """Groups that are joined one after the other, as far as they may be."""

    def __init__(self, size_G: NDArray[np.int64], least: int) -> None:
        self._above = list(range(len(size_G)))
        self._size = size_G.tolist()
        self._spare = len(size_G) - least  # parts that may still be lost

    def root(self, group: int) -> int:
        """Return the group that stands for the part of a group."""
        above = self._above
        while above[group] != group:
            above[group] = above[above[group]]
            group = above[group]
        return group

    def join(self, groups: list[int], most: int) -> bool:
        """Make one part of some groups and tell so, unless it has too many rows."""
        roots = sorted({self.root(group) for group in groups})
        size = sum(self._size[root] for root in roots)
        if len(roots) > 1 and (size > most or len(roots) - 1 > self._spare):
            return False
        for root in roots[1:]:
            self._above[root] = roots[0]
            self._size[roots[0]] = size
            self._spare -= 1
        return True


def _numbered(part_N: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return parts numbered in the order of their first rows."""
    _, first, place_N = np.unique(part_N, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[place_N], dtype=np.int64)


def kept_together(rows: Encoded) -> NDArray[np.int64] | None:
    """Return what rows stay on one side by: their group, or else that they are equal.

    Returns
    -------
    ndarray of shape (N,), int64, or None
        None if each row stands for itself.
    """
    return rows.sets if rows.groups is None else rows.groups
