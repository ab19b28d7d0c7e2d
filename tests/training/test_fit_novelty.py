"""How far pictures are from those of training."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, KFold

from tenfold.nn.novelty import Novelty
from tenfold.seeds import Streams
from tenfold.training.fit_novelty import MOST, fit_novelty

WIDTH = 40


def features(count: int, seed: int, *, around: float = 1.0) -> NDArray[np.float32]:
    """Return features of two kinds of pictures that vary along ten axes, and a bit in all."""
    rng, fixed = np.random.default_rng(seed), np.random.default_rng(7)
    axes = fixed.normal(size=(10, WIDTH))
    places = rng.normal(size=(count, 10)) + 3 * rng.integers(0, 2, (count, 1))
    found: NDArray[np.float64] = around + places @ axes + 0.1 * rng.normal(size=(count, WIDTH))
    return found.astype(np.float32)


def fitted(x: NDArray[np.float32], seed: int = 0) -> Novelty:
    splits = KFold(5, shuffle=True, random_state=0).split(x)
    found = fit_novelty(x, splits, Streams(seed))
    assert found is not None
    return found


def share(novelty: Novelty, x: NDArray[np.float32]) -> float:
    return float((novelty(torch.from_numpy(x)) > 1).float().mean())


@pytest.mark.parametrize(("count", "most"), [(60, 0.12), (400, 0.04), (2 * MOST, 0.02)])
def test_few_pictures_like_those_of_training_are_told_of(count: int, most: float) -> None:
    """One of a hundred is meant; the limit is that of held-out pictures, many or few."""
    novelty = fitted(features(count, 1))
    assert share(novelty, features(3_000, 2)) < most


def test_pictures_that_vary_in_another_way_are_told_of() -> None:
    novelty = fitted(features(400, 1))
    assert share(novelty, features(300, 2, around=3.0)) > 0.99
    noise = np.random.default_rng(0).normal(size=(300, WIDTH)).astype(np.float32) * 3
    assert share(novelty, noise) > 0.99


def test_copies_on_one_side_do_not_make_the_limit_narrow() -> None:
    """New pictures are no copies of those of training."""
    x = features(100, 1)
    group = np.arange(400) // 4
    copies = (x[group] + 0.01 * np.random.default_rng(0).normal(size=(400, WIDTH))).astype("f4")
    found = fit_novelty(copies, GroupKFold(5).split(copies, groups=group), Streams(0))
    assert found is not None
    assert share(found, features(2_000, 2)) < 0.05


def test_a_seed_gives_the_same_measure() -> None:
    x = features(2_500, 1)
    for one, other in zip(fitted(x).buffers(), fitted(x).buffers(), strict=True):
        assert torch.equal(one, other)


def test_few_pictures_give_none_and_constant_ones_no_nan() -> None:
    few = features(20, 1)
    assert fit_novelty(few, KFold(4).split(few), Streams(0)) is None
    alike = np.ones((90, WIDTH), np.float32)
    novelty = fitted(alike)
    assert torch.isfinite(novelty(torch.from_numpy(alike))).all()
    assert share(novelty, alike) == 0
    assert share(novelty, features(50, 1)) == 1


def test_no_single_picture_is_kept() -> None:
    """A picture that is like no other has no centre of its own."""
    x = features(100, 1)
    x[0] *= 50
    novelty = fitted(x)
    assert len(novelty.centres_KZ) <= 20
    places = novelty.places(torch.from_numpy(x))
    nearest = torch.cdist(places, novelty.centres_KZ).min(dim=1).values
    assert nearest[0] > nearest[1:].max() > 0
