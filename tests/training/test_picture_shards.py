"""Networks that learn from pixels become the same bits alone as beside those of other folds."""

from typing import Any

import joblib
import pytest
import torch

from tenfold.training.fit_pictures import PictureShard
from tenfold.training.shard import Trained
from tenfold.training.spread import Spreading
from tenfold.training.watch import Supervision
from tests.engine_pictures import fold_state, quick_study, same_bits, stripes

COUNT = 60
FOLDS = 3


class OneByOne:
    """Trains folds one by one, as workers do, in this process."""

    def __init__(self) -> None:
        self.trained = 0

    def train(self, whole: PictureShard, care: Supervision) -> Trained:
        self.trained += len(whole)
        return whole.join([whole.only(fold).train(care) for fold in range(len(whole))])


@pytest.mark.parametrize("network", ["scratch", "fine-tuned", "blend"])
def test_a_fold_alone_becomes_the_bits_that_it_becomes_beside_others(
    network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_by_one = OneByOne()
    together = quick_study(*stripes(COUNT), network, folds=FOLDS)
    monkeypatch.setattr(Spreading, "found", lambda *_: one_by_one)
    alone = quick_study(*stripes(COUNT), network, folds=FOLDS)
    assert one_by_one.trained
    for fold in range(FOLDS):
        assert same_bits(fold_state(together.fits, fold), fold_state(alone.fits, fold))
    torch.testing.assert_close(together.out_of_fold(), alone.out_of_fold(), rtol=0, atol=0)


@pytest.mark.slow
def test_workers_train_networks_from_pixels_to_the_same_bits() -> None:
    asked: dict[str, Any] = {"folds": FOLDS}
    together = quick_study(*stripes(COUNT), "scratch", **asked)
    with joblib.parallel_config(backend="loky", n_jobs=2):
        alone = quick_study(*stripes(COUNT), "scratch", **asked)
    for fold in range(FOLDS):
        assert same_bits(fold_state(together.fits, fold), fold_state(alone.fits, fold))
