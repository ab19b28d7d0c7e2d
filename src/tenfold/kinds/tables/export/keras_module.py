"""Keras models of a table as one plain module.

Shape letters in this file:
    N  rows    F  networks side by side    Q  columns of codes    I  inputs    O  outputs
"""

from collections.abc import Sequence
from typing import Final, final

import numpy as np
import torch
from torch import Tensor, nn

from tenfold.nn.features import FoldFeatures
from tenfold.nn.keras_models.network import KerasNetwork
from tenfold.nn.keras_models.traced import alone_on_torch

ONE: Final = slice(0, 1)


@final
class KerasTurns(nn.Module):
    """Keras models, one after the other.

    Parameters
    ----------
    network : KerasNetwork
    """

    def __init__(self, network: KerasNetwork) -> None:
        super().__init__()
        each = [np.array([f]) for f in range(len(network.forms))]
        self.each = nn.ModuleList(alone_on_torch(network, f) for f in range(len(each)))
        self.entrances = [network.entrance.only(at) for at in each]
        self.features = nn.ModuleList(network.features.only(at) for at in each)
        self.spans = [at for at, _ in network.features.spans]

    def forward(self, x: Sequence[Tensor], codes_NQ: Tensor) -> Tensor:
        """Return outputs, shape (F, N, O)."""
        outputs = [
            self._alone(f, x_FNI[f - at.start], codes_NQ)
            for x_FNI, at in zip(x, self.spans, strict=True)
            for f in range(at.start, at.stop)
        ]
        return torch.stack(outputs)

    def _alone(self, f: int, x_NI: Tensor, codes_NQ: Tensor) -> Tensor:
        features = self.features[f]
        if not isinstance(features, FoldFeatures):
            raise TypeError("features are missing")
        entering = self.entrances[f].entering(x_NI[None], codes_NQ[None], ONE, features)
        outputs_1NO: Tensor = self.each[f](entering)
        return outputs_1NO[0]
