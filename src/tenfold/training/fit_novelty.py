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

from tenfold.nn.novelty import Novelty
from tenfold.seeds import Streams
from tenfold.training.principal_axes import longest_axes

# EVIDENCE: benchmarks/novelty; chosen on eight sets of pictures, each asked about the others.
MOST: Final = 1_000  # pictures that axes are drawn through, and that are held out to measure
AXES: Final = 128
PICTURES_AN_AXIS: Final = 6
CENTRES: Final = 20
PICTURES_A_CENTRE: Final = 5
BESIDE: Final = 0.2  # of an axis, that what lies beside all axes counts
USUAL: Final = 0.99  # of held-out pictures are nearer than the limit
FEWEST: Final = 30  # held-out pictures
LEAST: Final = 1e-6  # a limit, if all pictures are alike
LEAST_VARIANCE: Final = 1e-9


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
    centred_ND = (x_ND - mean_D).double()
    count, features = x_ND.shape
    most = max(1, min(count // PICTURES_AN_AXIS, AXES, features - 1))
    squares_A, axes_DA = longest_axes(centred_ND, most)
    axes = len(squares_A)
    beside = float(centred_ND.square().sum() - squares_A.sum())
    rest = max(beside / count / (features - axes), LEAST_VARIANCE)
    novelty = Novelty(features=features, axes=axes, centres=1)
    novelty.mean_D, novelty.axes_DA = mean_D, axes_DA.float().contiguous()
    novelty.scale_Z[:axes] = (squares_A / count + rest).rsqrt()
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
