"""The heads of all folds on features that are stored once.

A network's scales go into its weights:
``(x - center) * scale @ w`` is ``x @ (scale * w) - center @ (scale * w)``, so that features
are stored once for all folds.

Shape letters in this file:
    F  networks side by side    G  folds       N  rows
    B  rows in a batch          D  features    O  outputs
"""

from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tenfold.nn.layer import narrow_product
from tenfold.nn.network import FoldNetwork

NARROWEST: float = 1e-6  # a feature that varies less is taken for a constant


@final
class FoldHead(FoldNetwork):
    """F linear maps from features, standardised by each fold's own rows, to outputs.

    Their numbers are found by ``training/heads.py``.

    Parameters
    ----------
    networks, inputs, outputs : int
        F, D and O.

    Examples
    --------
    >>> head = FoldHead(networks=4, inputs=3, outputs=2)
    >>> head(torch.ones(4, 5, 3), torch.zeros(4, 5, 0)).shape
    torch.Size([4, 5, 2])
    """

    center_FD: Tensor
    scale_FD: Tensor

    def __init__(self, *, networks: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight_FDO = nn.Parameter(torch.zeros(networks, inputs, outputs))
        self.bias_FO = nn.Parameter(torch.zeros(networks, outputs))
        self.register_buffer("center_FD", torch.zeros(networks, inputs))
        self.register_buffer("scale_FD", torch.ones(networks, inputs))

    @torch.no_grad()
    def scale(self, f: int, own_ND: Tensor) -> Tensor:
        """Set a network's scales from the rows that it learns from, and return them scaled.

        Parameters
        ----------
        f : int
            Position of the network.
        own_ND : Tensor of shape (rows, D)
        """
        spread_D = own_ND.std(dim=0, correction=0)
        self.center_FD[f] = own_ND.mean(dim=0)
        self.scale_FD[f] = torch.where(spread_D > NARROWEST, 1 / spread_D, 0.0)
        return (own_ND - self.center_FD[f]) * self.scale_FD[f]

    @torch.no_grad()
    def fill(self, f: int, weight_DO: Tensor, bias_O: Tensor) -> None:
        """Set a network's weights of the first features; those of others are 0."""
        self.weight_FDO[f].zero_()
        self.weight_FDO[f, : len(weight_DO)] = weight_DO
        self.bias_FO[f] = bias_O

    def only(self, at_F: NDArray[np.int64]) -> "FoldHead":
        """Return some of the heads, by position, as copies for prediction."""
        _, inputs, outputs = self.weight_FDO.shape
        made = FoldHead(networks=len(at_F), inputs=inputs, outputs=outputs)
        at = torch.from_numpy(at_F).to(self.weight_FDO.device)
        made.load_state_dict({name: tensor[at] for name, tensor in self.state_dict().items()})
        return made.to(self.weight_FDO.device)

    def _scaled(self) -> tuple[Tensor, Tensor]:
        """Return weights for features as they are, (F, D, O), and biases, (F, O)."""
        weight_FDO = self.weight_FDO * self.scale_FD[..., None]
        return weight_FDO, self.bias_FO - (weight_FDO * self.center_FD[..., None]).sum(dim=1)

    def forward(self, x: Tensor, codes_FBQ: Tensor) -> Tensor:  # noqa: ARG002
        """Return the outputs of features, shape (F, B, O)."""
        weight_FDO, bias_FO = self._scaled()
        return narrow_product(bias_FO[:, None], x, weight_FDO)
