"""Scores of labelled pictures that no network saw."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.data.picture_schema import PictureSchema, encode_pictures
from tenfold.data.pictures import Pictures
from tenfold.errors import PredictError
from tenfold.evaluate.metrics import accuracy, log_loss
from tenfold.nn.network import FoldNetwork, answer
from tenfold.nn.targets import FoldTarget
from tenfold.picture_model import picture_inputs
from tenfold.training.history import TestScores


def read_classes(pictures: Pictures, schema: PictureSchema) -> NDArray[np.int64]:
    """Return the class number of each labelled picture, shape (N,).

    Raises
    ------
    PredictError
        P03 or P04, if there are no pictures, or some are of classes never learnt.
    """
    place = {"images": pictures.source}
    if pictures.labels is None or len(pictures) == 0:
        fix = ["put the images into one folder per class"]
        raise PredictError("P03", "no image has a class", place=place, fix=fix)
    classes = encode_pictures(pictures, schema).target.astype(np.int64)
    if (classes < 0).any():
        unknown = sorted(set(map(str, pictures.labels[classes < 0])))
        raise PredictError(
            "P04",
            f"{(classes < 0).sum():,} images are of classes that were not in the training data",
            place=place | {"classes": ", ".join(map(repr, unknown[:10]))},
            fix=[f"the classes are {', '.join(map(repr, schema.classes[:20]))}"],
        )
    return classes


def test_scorer(
    pictures: Pictures, schema: PictureSchema, size: int, device: torch.device
) -> Callable[[FoldNetwork, FoldTarget], TestScores]:
    """Return what judges networks in training on pictures that they do not learn from."""
    truth = read_classes(pictures, schema)
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
