"""Keras models on pictures.

Shape letters in this file:
    F  networks side by side    N  pictures
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.config import Task
from tenfold.nn.inputs import PictureInputs
from tenfold.nn.keras_models.building import build_networks
from tenfold.nn.keras_models.entering import Pixels
from tenfold.nn.keras_models.making import KerasBody
from tenfold.nn.keras_models.network import KerasNetwork

ADAPTED = 1_000  # pictures that layers adapt to, at most


def picture_networks(
    body: KerasBody,
    inputs: PictureInputs,
    learn_FN: NDArray[np.bool_],
    outputs: int,
    task: Task,
    seeds: Sequence[int],
) -> KerasNetwork:
    """Return F models of a user's function for pictures; see ``table_networks``."""

    def rows(f: int, count: int | None) -> tuple[Tensor, Tensor, None]:
        own = np.flatnonzero(learn_FN[f])
        some = own[:: -(-len(own) // ADAPTED)][:count]
        return *inputs.block(torch.from_numpy(some)[None]), None

    shapes = [(inputs.size, inputs.size, 3)] * len(seeds)
    return build_networks(body, shapes, outputs, task, seeds, lambda _model: Pixels(), rows)
