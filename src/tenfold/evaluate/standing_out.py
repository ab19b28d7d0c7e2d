"""Which groups of rows stand out: what they err is not what chance would give them.

Shape letters in this file:
    N  rows    G  groups    B  orders that losses are put into, the true one first
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

ERROR_RATE: Final = 0.04  # of the 5 % promised; what the orders do not mimic has the rest
FEWEST_ORDERS, MOST_ORDERS = 199, 999
WORK: Final = 20_000_000  # rows times orders
AT_ONCE: Final = 4_000_000  # losses, so that memory does not grow with the orders
BLOCK: Final = 8_192  # rows whose memberships are multiplied at once
CLOSE: Final = 1e-3  # standard errors that float32 may be off; nearer ones are equal
Numbers = NDArray[np.float64]


def stand_out(
    member_GN: NDArray[np.bool_],
    losses_N: Numbers,
    weights_N: Numbers,
    clusters_N: NDArray[np.int64] | None,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Tell which groups err more than chance explains, which less, and which neither.

    The losses change places at random, a few hundred times, so that no group has to do with
    them any more; each time the group furthest from the mean of all rows is noted, in standard
    errors. A group stands out if it is further off than the furthest of 96 % of these orders
    (the maximum statistic of Westfall and Young, Resampling-Based Multiple Testing, 1993). So a
    table in which losses do not depend on the groups has a group that stands out in at most one
    case of twenty, however many groups there are, however they overlap, and however the losses
    are distributed. Nothing is assumed but that each order was as likely as the true one; rows
    of a cluster, which it would not be true of, change places with those of another cluster.

    What is compared are roots of losses: absolute errors where losses are squared ones. The
    mean of the losses themselves is in the hands of a few rows, and shows little in a group of
    thirty (benchmarks/groups).

    Parameters
    ----------
    member_GN : ndarray of shape (G, N), bool
    losses_N : ndarray of shape (N,)
        Zero or more.
    weights_N : ndarray of shape (N,)
        Above zero.
    clusters_N : ndarray of shape (N,), int64, or None
        Equal for rows that depend on each other.
    generator : numpy.random.Generator

    Returns
    -------
    ndarray of shape (G,), int64
        1 for groups that err more, -1 for those that err less, 0 for others.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> left = np.arange(200) < 50
    >>> losses = rng.exponential(size=200) * np.where(left, 4, 1)
    >>> stand_out(np.stack([left, ~left]), losses, np.ones(200), None, rng).tolist()
    [1, -1]
    """
    found_G = _named(member_GN, losses_N, weights_N, clusters_N, generator, carried=True)
    if np.ptp(weights_N) == 0:
        return found_G
    # Weights may go with losses, as those of more exact measurements do, or with groups, as
    # those of a survey do. A group is named only if either explanation leaves it standing.
    again_G = _named(member_GN, losses_N, weights_N, clusters_N, generator, carried=False)
    return np.where(found_G == again_G, found_G, 0)


def _named(
    member_GN: NDArray[np.bool_],
    losses_N: Numbers,
    weights_N: Numbers,
    clusters_N: NDArray[np.int64] | None,
    generator: np.random.Generator,
    *,
    carried: bool,
) -> NDArray[np.int64]:
    """Return the groups that stand out; rows change places with their weights, or without."""
    rows, roots_N = len(losses_N), np.sqrt(losses_N)
    count = int(np.clip(WORK // rows, FEWEST_ORDERS, MOST_ORDERS))
    orders = _orders(rows, clusters_N, count, generator)
    parts = []
    while some := list(islice(orders, max(1, AT_ONCE // rows))):
        source_BN = np.stack(some)
        w_BN = weights_N[source_BN] if carried else weights_N[None]
        parts.append(_standard_errors_off(member_GN, roots_N[source_BN], w_BN))
    off_GB = np.concatenate(parts, axis=1)
    furthest_B = np.sort(np.abs(off_GB).max(axis=0))[::-1]
    limit = furthest_B[int(ERROR_RATE * len(furthest_B))] + CLOSE
    true_G = off_GB[:, 0]
    return np.where(np.abs(true_G) > limit, np.sign(true_G), 0).astype(np.int64)


def _orders(
    rows: int,
    clusters_N: NDArray[np.int64] | None,
    count: int,
    generator: np.random.Generator,
) -> Iterator[NDArray[np.int64]]:
    """Yield for each order which row's loss every row is given, the true order first."""
    yield np.arange(rows)
    if clusters_N is None:
        for _ in range(count):
            yield generator.permutation(rows)
        return
    by_cluster = np.argsort(clusters_N, kind="stable")
    _, first, number, size = np.unique(
        clusters_N[by_cluster], return_index=True, return_inverse=True, return_counts=True
    )
    place = np.arange(rows) - first[number]
    for _ in range(count):
        # A cluster is given the losses of another, in turn or several times if that is smaller,
        # a part of them if it is larger.
        other = generator.permutation(len(size))[number]
        share = (place + generator.random(len(size))[number]) / size[number]
        source = np.empty(rows, dtype=np.int64)
        source[by_cluster] = by_cluster[first[other] + (share * size[other]).astype(np.int64)]
        yield source


def _standard_errors_off(member_GN: NDArray[np.bool_], x_BN: Numbers, w_BN: Numbers) -> Numbers:
    """Return how far the weighted mean of each group is from that of all rows, shape (G, B).

    In standard errors of the mean of rows drawn from all without putting any back.

    Parameters
    ----------
    member_GN : ndarray of shape (G, N), bool
    x_BN : ndarray of shape (B, N)
    w_BN : ndarray of shape (B, N) or (1, N)
        Weights.
    """
    total_B = w_BN.sum(axis=1)
    x_BN = x_BN - ((w_BN * x_BN).sum(axis=1) / total_B)[:, None]
    variance_B = (w_BN * x_BN**2).sum(axis=1) / total_B
    whole_B = (w_BN**2).sum(axis=1) / total_B**2
    scale = float(w_BN.mean()) * float(np.sqrt(variance_B.mean())) or 1.0  # for float32
    sum_GB = scale * _sums(member_GN, w_BN * x_BN / scale)
    if np.ptp(w_BN) == 0:
        rows_G1 = member_GN.sum(axis=1)[:, None]
        weight_GB, share_GB = rows_G1 * w_BN[0, 0], 1 / rows_G1
    else:
        weight_GB = _sums(member_GN, w_BN)
        share_GB = _sums(member_GN, w_BN**2) / weight_GB**2
    # A group of all rows is never off, nor is any where all losses are equal.
    error_GB = np.sqrt(np.maximum(variance_B * (share_GB - whole_B), 0))
    off_GB = sum_GB / weight_GB
    sure_GB = error_GB > 1e-9 * scale
    return np.asarray(np.divide(off_GB, error_GB, out=np.zeros_like(off_GB), where=sure_GB))


def _sums(member_GN: NDArray[np.bool_], values_BN: Numbers) -> Numbers:
    """Return the sum of the values of each group's rows, shape (G, B)."""
    plain_BN = values_BN.astype(np.float32)
    sum_GB = np.zeros((len(member_GN), len(plain_BN)))
    for start in range(0, plain_BN.shape[1], BLOCK):
        part = slice(start, start + BLOCK)
        sum_GB += member_GN[:, part].astype(np.float32) @ plain_BN[:, part].T
    return sum_GB
