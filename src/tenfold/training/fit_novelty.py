"""From the features of training pictures to a measure of how unlike them a new one is.

Shape letters in this file:
    N  pictures    D  features    A  axes    K  centres    Z  A + 1
"""

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from torch import Tensor

from tenfold.nn.novelty import Novelty
from tenfold.seeds import Streams

# EVIDENCE: benchmarks/novelty; chosen on eight sets of pictures, each asked about the others.
MOST: Final = 1_000  # pictures that axes are drawn through, and that are held out to measure
AXES: Final = 128
PICTURES_AN_AXIS: Final = 6
CENTRES: Final = 20
PICTURES_A_CENTRE: Final = 5
BESIDE: Final = 0.2  # of an axis, that what lies beside all axes counts
USUAL: Final = 0.99  # of held-out pictures are nearer than the limit
FEWEST: Final = 30  # held-out pictures
LEAST: Final = 1e-6


def fit_novelty(
    features_ND: NDArray[np.floating[Any]],
    splits: Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]],
    streams: Streams,
) -> Novelty | None:
    """Return how far pictures are from those of training, the limit from held-out ones.

    Parameters
    ----------
    features_ND : ndarray of shape (N, D)
    splits : iterable of (learn, held out)
        Near copies and groups stand on one side, so that a new picture is measured fairly.
    streams : Streams

    Returns
    -------
    Novelty or None
        None if too few pictures were held out.
    """
    features_ND = np.asarray(features_ND, dtype=np.float32)
    found: list[NDArray[np.float32]] = []
    for number, (learn, rest) in enumerate(splits):
        if sum(map(len, found)) >= MOST:
            break
        generator = streams.generator("novelty", number)
        own, asked = (_drawn(rows, generator) for rows in (learn, rest))
        if len(own) < FEWEST or not len(asked):
            continue
        measure = _measure(features_ND[own], streams.integer("novelty centres", number))
        found.append(measure(torch.from_numpy(features_ND[asked])).numpy())
    distances = np.sort(np.concatenate([np.zeros(0, np.float32), *found]))
    if len(distances) < FEWEST:
        return None
    drawn = _drawn(np.arange(len(features_ND)), streams.generator("novelty"))
    novelty = _measure(features_ND[drawn], streams.integer("novelty centres"))
    at = min(int(np.ceil(USUAL * (len(distances) + 1))), len(distances)) - 1
    novelty.limit.fill_(max(float(distances[at]), LEAST))
    return novelty


def _drawn(rows: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Return the rows, or some of them if they are many, in order."""
    if len(rows) <= MOST:
        return rows
    return np.sort(generator.choice(rows, MOST, replace=False))


def _measure(own_ND: NDArray[np.float32], seed: int) -> Novelty:
    """Return the measure that some pictures give, its limit still 1."""
    x_ND = torch.from_numpy(own_ND)
    mean_D = x_ND.mean(dim=0)
    count, features = x_ND.shape
    axes_DA, variance_A, rest = _axes(x_ND - mean_D, count // PICTURES_AN_AXIS)
    axes = len(variance_A)
    novelty = Novelty(features=features, axes=axes, centres=1)
    novelty.mean_D, novelty.axes_DA = mean_D, axes_DA
    novelty.scale_Z[:axes] = (variance_A + rest).rsqrt()
    novelty.scale_Z[axes] = BESIDE / rest**0.5
    novelty.centres_KZ = torch.from_numpy(_centres(novelty.places(x_ND).numpy(), seed))
    return novelty


def _centres(places_NZ: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Return the means of groups of pictures that lie together, small groups left out."""
    distinct = len(np.unique(places_NZ, axis=0))
    count = max(1, min(CENTRES, len(places_NZ) // PICTURES_A_CENTRE, distinct))
    found = KMeans(count, n_init=1, random_state=seed % 2**32).fit(places_NZ)
    sizes = np.bincount(found.labels_, minlength=count)
    kept = sizes >= min(PICTURES_A_CENTRE, sizes.max())
    return np.asarray(found.cluster_centers_[kept], dtype=np.float32)


def _axes(x_ND: Tensor, most: int) -> tuple[Tensor, Tensor, float]:
    """Return the longest axes, the variance along each, and the mean one beside them."""
    count, features = x_ND.shape
    exact_ND = x_ND.double()
    products = exact_ND @ exact_ND.T if count < features else exact_ND.T @ exact_ND
    squares, vectors = torch.linalg.eigh(products)
    kept = max(1, min(most, AXES, features - 1))
    squares_A, vectors = squares[-kept:].clamp_min(1e-9), vectors[:, -kept:]
    axes_DA = exact_ND.T @ (vectors / squares_A.sqrt()) if count < features else vectors
    beside = float(squares.clamp_min(0).sum() - squares_A.sum())
    rest = max(beside / count / (features - kept), 1e-9)
    return axes_DA.float().contiguous(), (squares_A / count).float(), rest
