"""How networks are scored, while they train, on images that they do not learn from."""

from collections.abc import Callable

import numpy as np
import torch

from tenfold.data.pictures.picture_schema import PictureSchema, read_targets
from tenfold.data.pictures.pictures import Pictures
from tenfold.evaluate.metrics import accuracy, log_loss
from tenfold.kinds.images.picture_model import picture_inputs
from tenfold.nn.network import FoldNetwork, answer
from tenfold.nn.targets import FoldTarget
from tenfold.training.history import TestScores


def test_scorer(
    pictures: Pictures, schema: PictureSchema, size: int, device: torch.device
) -> Callable[[FoldNetwork, FoldTarget], TestScores]:
    """Return what judges networks in training on pictures that they do not learn from."""
    truth = read_targets(pictures, schema).astype(np.int64)
    inputs = picture_inputs(pictures, size, device)

    def score(network: FoldNetwork, target: FoldTarget) -> TestScores:
        rows_FM = torch.arange(len(truth)).expand(len(target.mean_F), -1)
        blocks = [block.mean(dim=0) for block in answer(network, target, inputs, rows_FM)]
        answers = torch.cat(blocks).cpu().numpy()
        weights = np.ones(len(truth))
        return TestScores(
            loss=log_loss(truth, answers, weights), accuracy=accuracy(truth, answers, weights)
        )

    return score
