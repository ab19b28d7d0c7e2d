"""Which pictures show the same: equal ones, and one photograph saved in two ways.

A picture and its near-copy on two sides of a fold would give the answer away, so
whoever splits the pictures keeps a set together.

Shape letters in this file:
    N  pictures    T  pixels of a thumbnail, 256
    U  pictures with different thumbnails
    R  rows of one block of a matrix    M  pictures that stand for all
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# EVIDENCE: 8,000 photographs of cats and dogs. Near-copies made of 600 of them (JPEG of
# quality 50 or 15, half the size and back, brightness x 1.1, 2 % or 2 pixels cut off, all
# of it together) correlate at 0.952 to 1.000. Of the 32 million pairs, four are the same
# photograph twice, at 0.998 and above; the next, different dogs, are at 0.916.
CORRELATION: Final = 0.95
# Where pictures resemble each other anyway, such as digits or X-rays, a pair has to be ten
# times nearer than the tenth of a thousand pictures.
# EVIDENCE: among the 1,797 digits of scikit-learn, 2,836 pairs are above 0.95 (most of
# a class hangs together), and 2 fulfil this.
NEARER: Final = 10.0
OTHERS: Final = 1_000
NEIGHBOUR: Final = 10
# Below this standard deviation, in shades of 256, a thumbnail is mostly noise.
FLAT: Final = 3.0

_BLOCK_NUMBERS: Final = 8_000_000
_MOST_PAIRS: Final = 8_000_000


def copy_sets(thumbs_NT: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return for each picture which set of equal or nearly equal pictures it belongs to.

    Two pictures are nearly equal if their thumbnails, brightness and contrast put aside,
    correlate at 0.95 and clearly better than each does with its neighbours. Mirror
    images and quarter turns are found in thumbnails that are ``upright``; pictures of which
    much was cut off are not. Flat pictures, which
    have no contrast, belong together only if their thumbnails are equal.

    Parameters
    ----------
    thumbs_NT : ndarray of shape (N, T), uint8

    Returns
    -------
    ndarray of shape (N,), int64
        The position of the first picture of the set; for a picture that is alone, its own.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> thumbs = rng.integers(0, 200, (4, 256), dtype=np.uint8)
    >>> thumbs[3] = thumbs[1] // 2 + 90
    >>> copy_sets(thumbs).tolist()
    [0, 1, 2, 1]
    """
    rows = np.ascontiguousarray(thumbs_NT).view(np.dtype((np.void, thumbs_NT.shape[1])))
    _, first_U, kind_N = np.unique(rows[:, 0], return_index=True, return_inverse=True)
    set_U = _near_sets(thumbs_NT[first_U])
    # The first picture of each set, in the order of the pictures.
    first = np.full(len(first_U), len(thumbs_NT), dtype=np.int64)
    np.minimum.at(first, set_U, first_U)
    return first[set_U[kind_N]]


def upright(thumbs_NT: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return thumbnails turned and mirrored so that all eight views of a picture are one.

    The centre of brightness is brought to the right and below the middle, and at least as far
    to the right as below. A picture that is nearly symmetric may be turned otherwise than its
    copy.

    Examples
    --------
    >>> thumb = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    >>> views = [thumb, thumb[:, ::-1], np.rot90(thumb), np.rot90(thumb, 2), thumb.T]
    >>> len(np.unique(upright(np.stack([view.ravel() for view in views])), axis=0))
    1
    """
    count, side = len(thumbs_NT), round(thumbs_NT.shape[1] ** 0.5)
    turned = thumbs_NT.reshape(count, side, side).copy()
    from_middle = np.arange(side) - (side - 1) / 2
    across = turned.sum(axis=1) @ from_middle
    down = turned.sum(axis=2) @ from_middle
    turned[across < 0] = turned[across < 0, :, ::-1]
    turned[down < 0] = turned[down < 0, ::-1]
    further = np.abs(across) < np.abs(down)
    turned[further] = turned[further].transpose(0, 2, 1)
    return turned.reshape(thumbs_NT.shape)


def standardized(
    thumbs_NT: NDArray[np.uint8],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return thumbnails whose products are correlations, and how much contrast each had.

    Returns
    -------
    x_NT : ndarray of shape (N, T), float32
        Brightness and contrast put aside.
    length_N : ndarray of shape (N,), float32
        Its standard deviation times the root of T.
    """
    x_NT = thumbs_NT.astype(np.float32)
    x_NT -= x_NT.mean(axis=1, keepdims=True)
    length_N1 = np.linalg.norm(x_NT, axis=1, keepdims=True)
    x_NT /= np.maximum(length_N1, 1.0)
    return x_NT, length_N1[:, 0]


def sets_of_several(sets_N: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the pictures of each set that has more than one.

    Examples
    --------
    >>> [members.tolist() for members in sets_of_several(np.array([0, 1, 0, 3, 3]))]
    [[0, 2], [3, 4]]
    """
    _, starts, sizes = np.unique(np.sort(sets_N), return_index=True, return_counts=True)
    order = np.argsort(sets_N, kind="stable")
    several = zip(starts[sizes > 1], sizes[sizes > 1], strict=True)
    return [order[start : start + size] for start, size in several]


def _near_sets(thumbs_UT: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the number of each different thumbnail's set, in no particular order."""
    n = len(thumbs_UT)
    x_UT, length_U = standardized(thumbs_UT)
    x_UT[length_U < FLAT * np.sqrt(x_UT.shape[1])] = 0
    needed_U = _needed(x_UT)
    set_U = np.arange(n)
    waiting: list[NDArray[np.int64]] = []
    for start, stop in _blocks(n):
        near_RU = x_UT[start:stop] @ x_UT[start:].T
        one, other = np.nonzero(near_RU >= CORRELATION)
        enough = near_RU[one, other] >= np.maximum(
            needed_U[one + start], needed_U[other + start]
        )
        pairs = np.stack([one, other])[:, enough & (one < other)] + start
        waiting.append(pairs)
        if sum(map(np.size, waiting)) > _MOST_PAIRS or stop == n:
            set_U = _joined(set_U, np.concatenate(waiting, axis=1))
            waiting = []
    return set_U


def _needed(x_UT: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the correlation above which a picture is no mere neighbour."""
    n = len(x_UT)
    needed_U = np.full(n, CORRELATION, dtype=np.float32)
    if n <= NEIGHBOUR + 1:
        return needed_U
    # Spread evenly: pictures that follow each other in a folder often resemble each other.
    others_MT = x_UT[np.linspace(0, n - 1, min(n, OTHERS)).astype(np.int64)]
    place = len(others_MT) - NEIGHBOUR - 1  # one more, since a picture may meet itself
    for start, stop in _blocks(n, len(others_MT)):
        near_RM = x_UT[start:stop] @ others_MT.T
        neighbour_R = np.partition(near_RM, place, axis=1)[:, place]
        needed_U[start:stop] = np.maximum(CORRELATION, 1 - (1 - neighbour_R) / NEARER)
    return needed_U


def _blocks(rows: int, columns: int | None = None) -> list[tuple[int, int]]:
    """Return where the blocks of a matrix start and stop that fit into memory."""
    height = max(1, _BLOCK_NUMBERS // (columns or rows or 1))
    return [(start, min(start + height, rows)) for start in range(0, rows, height)]


def _joined(set_U: NDArray[np.int64], pairs_2P: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sets after those of each pair became one."""
    one, other = set_U[pairs_2P]
    size = int(set_U.max(initial=0)) + 1
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(size, size))
    merged = connected_components(graph, directed=False)[1]
    return np.asarray(merged, dtype=np.int64)[set_U]
