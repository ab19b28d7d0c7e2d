"""The heads of all folds on features that are stored once.

Features of a picture do not depend on the fold, so one product with the weights of all
networks side by side serves every fold, and a network's scales go into its weights:
``(x - center) * scale @ w`` is ``x @ (scale * w) - center @ (scale * w)``. So the heads of
ten folds learn in hardly more time than one.

Shape letters in this file:
    F  networks side by side    G  folds       N  rows
    B  rows in a batch          D  features    O  outputs
"""

from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tenfold.nn.layer import gradient_memory
from tenfold.nn.network import FoldNetwork, ParameterGroup

NARROWEST: float = 1e-6  # a feature that varies less is taken for a constant


@final
class FoldHead(FoldNetwork):
    """F linear maps from features, standardised by each fold's own rows, to outputs.

    Weights begin at zero: the problem has one valley, and nothing need be drawn.

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
        self._outputs_FNO: Tensor | None = None  # of the last step, with autograd's graph

    def estimate(
        self, numbers_ND: NDArray[np.floating[Any]], learn_GN: NDArray[np.bool_]
    ) -> None:
        """Set centre and scale of each fold from the rows that it may learn from.

        Parameters
        ----------
        numbers_ND : ndarray of shape (N, D)
        learn_GN : ndarray of shape (G, N), bool
            No other row of a fold is read.
        """
        each = len(self.center_FD) // len(learn_GN)
        for g, learn_N in enumerate(learn_GN):
            own = numbers_ND[learn_N]
            spread_D = own.std(axis=0, dtype=np.float64)
            scale_D = np.divide(
                1.0, spread_D, out=np.zeros_like(spread_D), where=spread_D > NARROWEST
            )
            at = slice(g * each, (g + 1) * each)
            self.center_FD[at] = torch.from_numpy(own.mean(axis=0, dtype=np.float64))
            self.scale_FD[at] = torch.from_numpy(scale_D)

    def only(self, at_F: NDArray[np.int64]) -> "FoldHead":
        """Return some of the heads, by position, as copies for prediction."""
        _, inputs, outputs = self.weight_FDO.shape
        made = FoldHead(networks=len(at_F), inputs=inputs, outputs=outputs)
        at = torch.from_numpy(at_F).to(self.weight_FDO.device)
        made.load_state_dict({name: tensor[at] for name, tensor in self.state_dict().items()})
        return made.to(self.weight_FDO.device)

    def groups(self) -> list[ParameterGroup]:
        """Return all parameters; the bias does not decay."""
        return [
            ParameterGroup(parameters=[self.weight_FDO]),
            ParameterGroup(parameters=[self.bias_FO], decay_factor=0.0),
        ]

    def _scaled(self) -> tuple[Tensor, Tensor]:
        """Return weights for features as they are, (F, D, O), and biases, (F, O)."""
        weight_FDO = self.weight_FDO * self.scale_FD[..., None]
        return weight_FDO, self.bias_FO - (weight_FDO * self.center_FD[..., None]).sum(dim=1)

    def forward(self, x: Tensor, codes_FBQ: Tensor) -> Tensor:  # noqa: ARG002
        """Return the outputs of features, shape (F, B, O)."""
        weight_FDO, bias_FO = self._scaled()
        return torch.baddbmm(bias_FO[:, None], x, weight_FDO)

    def train_forward(self, x: Tensor, codes_FBQ: Tensor) -> Tensor:  # noqa: ARG002
        """Return the outputs of rows that all networks share, shape (F, N, O).

        Parameters
        ----------
        x : Tensor of shape (1, N, D)
        """
        with torch.enable_grad():
            weight_FDO, bias_FO = self._scaled()
            networks, inputs, outputs = weight_FDO.shape
            side_by_side = weight_FDO.transpose(0, 1).reshape(inputs, networks * outputs)
            out_NFO = (x[0] @ side_by_side).view(-1, networks, outputs)
            self._outputs_FNO = out_NFO.transpose(0, 1) + bias_FO[:, None]
        return self._outputs_FNO.detach()

    def train_backward(self, gradient_FBO: Tensor) -> None:
        """Write ``grad`` of weights and biases, given the gradient at the last outputs.

        A row of gradient 0, which a network may not learn from, adds exactly 0.
        """
        if self._outputs_FNO is None:
            raise RuntimeError("train_backward follows train_forward")
        parameters = (self.weight_FDO, self.bias_FO)
        gradients = torch.autograd.grad(self._outputs_FNO, parameters, gradient_FBO)
        for parameter, gradient in zip(parameters, gradients, strict=True):
            gradient_memory(parameter).copy_(gradient)
        self._outputs_FNO = None
