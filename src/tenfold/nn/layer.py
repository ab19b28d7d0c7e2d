"""One layer of F networks in the steps of training, its slopes written by hand.

On a small machine a small network spends its time between operations, not in
them. So a layer looks up its tensors once, writes into the same memory in every
step, and does without autograd, which would double the number of operations. Autograd's
slopes take 1.35 to 1.39 times as long in the default network, and 3.2 times in the
tutorial's (benchmarks/by_hand). tests/nn/test_mlp.py compares the slopes with autograd's.

Shape letters in this file:
    F  networks side by side    B  rows in a batch
    I  inputs of a layer        O  outputs of a layer
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, final

import torch
from torch import Tensor, nn

from tenfold.nn.kernels import relu_slope, silu_into, silu_slope

Activation = Literal["relu", "silu"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bend:
    """What stands between two layers.

    Attributes
    ----------
    function : callable
        Returns the bent sums; autograd knows it.
    apply : callable
        ``apply(sums, out)`` writes the bent sums.
    slope : callable
        ``slope(slopes, sums)`` turns slopes at bent sums into slopes at sums, in place.
    """

    function: Callable[[Tensor], Tensor]
    apply: Callable[[Tensor, Tensor], Tensor]
    slope: Callable[[Tensor, Tensor], Tensor]


BENDS: Final[dict[Activation, Bend]] = {
    "relu": Bend(
        function=torch.relu,
        apply=lambda sums, out: torch.clamp(sums, min=0, out=out),
        slope=relu_slope,
    ),
    "silu": Bend(
        function=nn.functional.silu,
        apply=silu_into,
        slope=silu_slope,
    ),
}


def slope_memory(parameter: nn.Parameter) -> Tensor:
    """Return a parameter's ``grad``, made if there is none."""
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter, requires_grad=False)
    return parameter.grad


@final
class Layer:
    """``bend(factor * inputs @ weight + bias)`` for F networks, and the slopes of it.

    Parameters
    ----------
    weight_FIO, bias_F1O : nn.Parameter
        Their ``grad`` is written in every step.
    factor : float
    bend : Bend, optional
        None for the last layer.
    rows : int
        B of every step.
    """

    def __init__(
        self,
        weight_FIO: nn.Parameter,
        bias_F1O: nn.Parameter,
        factor: float,
        bend: Bend | None,
        rows: int,
    ) -> None:
        self._weight, self._bias = weight_FIO.detach(), bias_F1O.detach()
        self._across = self._weight.mT
        self._weight_slope, self._bias_slope = slope_memory(weight_FIO), slope_memory(bias_F1O)
        self._factor = factor
        self._bend = bend
        folds, inputs, outputs = weight_FIO.shape
        self.sums_FBO = self._weight.new_empty(folds, rows, outputs)
        self._units = torch.empty_like(self.sums_FBO)
        self._inputs = self._slopes = self._weight.new_empty(folds, rows, inputs)

    def forward(self, inputs_FBI: Tensor) -> Tensor:
        """Return the outputs, shape (F, B, O), in memory that the next step writes over."""
        self._inputs = inputs_FBI
        torch.baddbmm(
            self._bias, inputs_FBI, self._weight, alpha=self._factor, out=self.sums_FBO
        )
        if self._bend is None:
            return self.sums_FBO
        return self._bend.apply(self.sums_FBO, self._units)

    def backward(self, slope_FBO: Tensor) -> Tensor:
        """Write both parameters' slopes, given that at the outputs, which is used up.

        Returns
        -------
        Tensor of shape (F, B, O)
            What ``through`` turns into the slope at the inputs.
        """
        if self._bend is not None:
            self._bend.slope(slope_FBO, self.sums_FBO)
        torch.sum(slope_FBO, dim=1, keepdim=True, out=self._bias_slope)
        if self._factor != 1.0:
            slope_FBO.mul_(self._factor)
        torch.bmm(self._inputs.mT, slope_FBO, out=self._weight_slope)
        return slope_FBO

    def through(self, slope_FBO: Tensor) -> Tensor:
        """Return the slope at the inputs, given what ``backward`` returned."""
        return torch.bmm(slope_FBO, self._across, out=self._slopes)
