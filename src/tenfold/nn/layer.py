"""One layer of F networks in the steps of training, its gradients written by hand.

On a small machine a small network spends its time between operations, not in
them. So a layer looks up its tensors once, writes into the same memory in every
step, and does without autograd, which would double the number of operations. Autograd's
gradients take 1.35 to 1.39 times as long in the default network, and 3.2 times in the
tutorial's (benchmarks/by_hand). tests/nn/test_mlp.py compares the gradients with autograd's.

Shape letters in this file:
    F  networks side by side    B  rows in a batch
    I  inputs of a layer        O  outputs of a layer
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, final

import torch
from torch import Tensor, nn

from tenfold.nn.kernels import relu_gradient, silu_gradient, silu_into

ActivationName = Literal["relu", "silu"]
VECTOR: Final = 16  # float32 numbers in the widest registers


@dataclass(frozen=True, kw_only=True, slots=True)
class Activation:
    """What stands between two layers.

    Attributes
    ----------
    function : callable
        Takes sums and returns activations; autograd knows it.
    apply : callable
        ``apply(sums, out)`` writes the activations into ``out``.
    gradient : callable
        ``gradient(gradients, sums)`` turns the gradient at the activations into the one at
        the sums, in place.
    """

    function: Callable[[Tensor], Tensor]
    apply: Callable[[Tensor, Tensor], Tensor]
    gradient: Callable[[Tensor, Tensor], Tensor]


ACTIVATIONS: Final[dict[ActivationName, Activation]] = {
    "relu": Activation(
        function=torch.relu,
        apply=lambda sums, out: torch.clamp(sums, min=0, out=out),
        gradient=relu_gradient,
    ),
    "silu": Activation(
        function=nn.functional.silu,
        apply=silu_into,
        gradient=silu_gradient,
    ),
}


def gradient_memory(parameter: nn.Parameter) -> Tensor:
    """Return a parameter's ``grad``, made if there is none."""
    if parameter.grad is None:
        parameter.grad = torch.zeros_like(parameter, requires_grad=False)
    return parameter.grad


@final
class Layer:
    """``activation(factor * inputs @ weight + bias)`` for F networks, and the gradients of it.

    Parameters
    ----------
    weight_FIO, bias_F1O : nn.Parameter
        Their ``grad`` is written in every step.
    factor : float
    activation : Activation, optional
        None for the last layer.
    rows : int
        B of every step.
    """

    def __init__(
        self,
        weight_FIO: nn.Parameter,
        bias_F1O: nn.Parameter,
        factor: float,
        activation: Activation | None,
        rows: int,
    ) -> None:
        self._weight, self._bias = weight_FIO.detach(), bias_F1O.detach()
        self._across = self._weight.mT
        self._weight_gradient, self._bias_gradient = (
            gradient_memory(weight_FIO),
            gradient_memory(bias_F1O),
        )
        self._factor = factor
        self._activation = activation
        folds, inputs, _ = weight_FIO.shape
        self.sums_FBO = _aligned(self._weight, rows)
        self._wanted = _aligned(self._weight, rows) if activation is None else None
        self._units = torch.empty_like(self.sums_FBO)
        self._inputs = self._gradients = self._weight.new_empty(folds, rows, inputs)

    def forward(self, inputs_FBI: Tensor) -> Tensor:
        """Return the outputs, shape (F, B, O), in memory that the next step writes over."""
        self._inputs = inputs_FBI
        torch.baddbmm(
            self._bias, inputs_FBI, self._weight, alpha=self._factor, out=self.sums_FBO
        )
        if self._activation is None:
            return self.sums_FBO
        return self._activation.apply(self.sums_FBO, self._units)

    def backward(self, gradient_FBO: Tensor) -> Tensor:
        """Write both parameters' gradients, given that at the outputs, which is used up.

        Returns
        -------
        Tensor of shape (F, B, O)
            What ``through`` turns into the gradient at the inputs.
        """
        if self._wanted is not None:
            gradient_FBO = self._wanted.copy_(gradient_FBO)
        if self._activation is not None:
            self._activation.gradient(gradient_FBO, self.sums_FBO)
        torch.sum(gradient_FBO, dim=1, keepdim=True, out=self._bias_gradient)
        if self._factor != 1.0:
            gradient_FBO.mul_(self._factor)
        torch.bmm(self._inputs.mT, gradient_FBO, out=self._weight_gradient)
        return gradient_FBO

    def through(self, gradient_FBO: Tensor) -> Tensor:
        """Return the gradient at the inputs, given what ``backward`` returned."""
        return torch.bmm(gradient_FBO, self._across, out=self._gradients)


def _aligned(weight_FIO: Tensor, rows: int) -> Tensor:
    """Return memory for the outputs of rows in which those of each network begin a register.

    A product may round otherwise if they do not, and a network's place is not its own.
    """
    folds, _, outputs = weight_FIO.shape
    each = rows * outputs
    memory = weight_FIO.new_empty(folds, each + -each % VECTOR)
    found: Tensor = memory[:, :each].unflatten(1, (rows, outputs))
    return found


def narrow_product(bias: Tensor, x: Tensor, weight: Tensor, factor: float = 1.0) -> Tensor:
    """Return ``bias + factor * x @ weight``; what a row gets does not depend on its place.

    A product with a few columns, such as 5, may round a row differently at another place of
    the block; with whole vectors of columns it does not.
    """
    outputs = weight.shape[2]
    fill = (0, -outputs % VECTOR if outputs > 2 else 0)
    bias, weight = (nn.functional.pad(one, fill) for one in (bias, weight))
    return torch.baddbmm(bias, x, weight, alpha=factor)[..., :outputs]


def within(outputs: Tensor, line: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return outputs between two limits, or as far beyond as the linear model goes.

    Examples
    --------
    >>> outputs, line = torch.tensor([0.5, 2.5, 2.5]), torch.tensor([0.4, 0.4, 2.0])
    >>> within(outputs, line, torch.tensor(-1.0), torch.tensor(1.0))
    tensor([0.5000, 1.0000, 2.0000])
    """
    return torch.minimum(torch.maximum(outputs, line.minimum(low)), line.maximum(high))
