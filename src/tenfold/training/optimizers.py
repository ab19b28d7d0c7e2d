"""Adam, SGD and Muon, on parameters that lie one behind the other in memory.

``torch.optim`` would do as well, but its import takes as long as all steps of a small
network (it brings torch's compiler), and a step of its fastest Adam 1.35 to 1.48 times as
long in the default network, and 5.6 times in the tutorial's; Nesterov's steps take 2.8
times as long (benchmarks/by_hand). The arithmetic is the same kernel's, to the bit;
tests/training/test_optimizers.py compares the two. ``torch.optim.Muon`` takes as long as
``Muon`` in bfloat16, and does something else: it has no float32, and weights grow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn

from tenfold.nn.features import ALIGNED
from tenfold.nn.kernels import AdamNumbers, adam_step
from tenfold.nn.network import LearningNetwork, ParameterGroup, TrainedNetwork
from tenfold.training.recipe import Recipe


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Group:
    """One tensor for all parameters of a group: an operation costs its call first."""

    numbers: Tensor
    gradients: Tensor
    means: Tensor
    squares: Tensor
    lr_factor: float
    decay: float


class Optimizer(Protocol):
    """Moves parameters down their gradients.

    Attributes
    ----------
    flat : tuple of Tensor
        All numbers of each group, in one dimension.
    """

    flat: tuple[Tensor, ...]

    @property
    def tensors(self) -> list[Tensor]:
        """Return what it goes on from, besides the numbers."""

    def step(self, lr: float) -> None:
        """Move all parameters, given their ``grad``."""


def make_optimizer(network: LearningNetwork, recipe: Recipe) -> Optimizer:
    """Return the optimizer that a recipe names; none for networks that have their own."""
    if not isinstance(network, TrainedNetwork):
        return _NoOptimizer()
    groups = network.groups()
    if recipe.optimizer == "muon":
        return Muon(groups, momentums=recipe.betas, decay=recipe.decay)
    return Adam(groups, betas=recipe.betas, epsilon=recipe.epsilon, decay=recipe.decay)


class _NoOptimizer:
    """Stands for the optimizer of another library, whose numbers are the network's."""

    flat: tuple[Tensor, ...] = ()
    tensors: ClassVar[list[Tensor]] = []

    def step(self, lr: float) -> None:
        """Raise RuntimeError."""
        raise RuntimeError(f"the network takes its steps itself, not one of {lr}")


class Adam:
    """Take steps down the gradients of parameters (arXiv 1412.6980, decay as in 1711.05101).

    Parameters
    ----------
    groups : sequence of ParameterGroup
        Their parameters and ``grad`` share, from now on, the memory of ``flat``.
    betas : tuple of float
        Memory of the running means of gradients and of squared gradients.
    epsilon : float
    decay : float
        Parameters lose this share times the learning rate in each step.

    Attributes
    ----------
    flat : tuple of Tensor
        All numbers of each group, in one dimension.

    Examples
    --------
    >>> weight = nn.Parameter(torch.tensor([1.0, 2.0]))
    >>> adam = Adam([ParameterGroup(parameters=[weight])])
    >>> _ = weight.grad.copy_(torch.tensor([5.0, -5.0]))
    >>> adam.step(0.5)
    >>> weight.detach()
    tensor([0.5000, 2.5000])
    """

    def __init__(
        self,
        groups: Sequence[ParameterGroup],
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        decay: float = 0.0,
    ) -> None:
        self._groups = [_join(group, decay) for group in groups]
        self._numbers = {
            group.decay: AdamNumbers(betas=betas, decay=group.decay, epsilon=epsilon)
            for group in self._groups
        }
        self.flat = tuple(group.numbers for group in self._groups)
        self._count = torch.zeros((), device=self.flat[0].device)

    @property
    def tensors(self) -> list[Tensor]:
        """Its running means, and the number of steps."""
        groups = self._groups
        means = [tensor for group in groups for tensor in (group.means, group.squares)]
        return [*means, self._count]

    def step(self, lr: float) -> None:
        """Move all parameters, given their ``grad``, by about ``lr`` times their factor."""
        self._count += 1
        for group in self._groups:
            state = (group.numbers, group.gradients, group.means, group.squares)
            adam_step(state, self._count, lr * group.lr_factor, self._numbers[group.decay])


class Sgd:
    """Take steps down the gradients with Nesterov's momentum, as ``torch.optim.SGD`` does.

    Parameters
    ----------
    groups : sequence of ParameterGroup
        Their parameters and ``grad`` share, from now on, the memory of ``flat``.
    momentum : float
        Share of the last step that goes on.
    decay : float
        Weights are drawn to 0 as by a loss of half this times their squares.

    Attributes
    ----------
    flat : tuple of Tensor
        All numbers of each group, in one dimension.

    Examples
    --------
    >>> weight = nn.Parameter(torch.tensor([1.0, 2.0]))
    >>> sgd = Sgd([ParameterGroup(parameters=[weight])], momentum=0.5)
    >>> _ = weight.grad.copy_(torch.tensor([1.0, -1.0]))
    >>> sgd.step(0.1)
    >>> weight.detach()
    tensor([0.8500, 2.1500])
    """

    def __init__(
        self, groups: Sequence[ParameterGroup], *, momentum: float, decay: float = 0.0
    ) -> None:
        self._momentum = momentum
        self._groups = [_join(group, decay) for group in groups]
        self.flat = tuple(group.numbers for group in self._groups)

    @property
    def tensors(self) -> list[Tensor]:
        """The speed of each group."""
        return [group.means for group in self._groups]

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """Move all parameters, given their ``grad``, which is used up."""
        for group in self._groups:
            numbers, gradients, speed = group.numbers, group.gradients, group.means
            gradients.add_(numbers, alpha=group.decay)
            speed.mul_(self._momentum).add_(gradients)
            gradients.add_(speed, alpha=self._momentum)
            numbers.add_(gradients, alpha=-lr * group.lr_factor)


class Muon:
    """Nesterov's steps, those of a layer's weights made orthogonal first.

    A layer's weights, as a matrix of outputs by all else, move by the nearest matrix whose
    singular values are all 1, so that every direction is learnt at one speed; Newton and
    Schulz's iteration finds it (Jordan and others, "Muon", 2024). Each network's weights
    are kept at the length of a matrix of such rows. Other parameters move as in ``Sgd``.

    Parameters
    ----------
    groups : sequence of ParameterGroup
        ``orthogonal`` tells which are matrices; they lead with F and outputs.
    momentums : tuple of (float, float)
        Of plain parameters, and of matrices.
    decay : float
        Of plain parameters.

    Attributes
    ----------
    flat : tuple of Tensor
    """

    def __init__(
        self,
        groups: Sequence[ParameterGroup],
        *,
        momentums: tuple[float, float],
        decay: float = 0.0,
    ) -> None:
        plain = [group for group in groups if group.orthogonal is None]
        self._plain = Sgd(plain, momentum=momentums[0], decay=decay)
        self._momentum = momentums[1]
        self._matrices = [
            (parameter, torch.zeros_like(parameter), group.lr_factor, group.orthogonal)
            for group in groups
            if group.orthogonal is not None
            for parameter in group.parameters
        ]
        self.flat = (*self._plain.flat, *(matrix[0].detach() for matrix in self._matrices))

    @property
    def tensors(self) -> list[Tensor]:
        """The speed of plain parameters and of matrices."""
        return [*self._plain.tensors, *(matrix[1] for matrix in self._matrices)]

    @torch.no_grad()
    def step(self, lr: float) -> None:
        """Move all parameters, given their ``grad``, which is used up."""
        self._plain.step(lr)
        for parameter, speed, factor, dtype in self._matrices:
            if parameter.grad is None:
                continue
            gradient = parameter.grad
            speed.mul_(self._momentum).add_(gradient)
            gradient.add_(speed, alpha=self._momentum)
            step_FOK = orthogonal(gradient.flatten(2), dtype)
            rows = parameter.shape[1]
            length_F = parameter.flatten(1).norm(dim=1).clamp_min_(1e-7)
            shape = (-1, *[1] * (parameter.dim() - 1))
            parameter.mul_((rows**0.5 / length_F).view(shape))
            parameter.add_(step_FOK.view_as(parameter), alpha=-lr * factor)


def orthogonal(matrices_FOK: Tensor, dtype: torch.dtype, rounds: int = 3) -> Tensor:
    """Return about the nearest matrices whose singular values are 1.

    They come out between 0.6 and 1.3, which is as good. The factors are Jordan's, chosen
    so that small singular values grow fast.

    Examples
    --------
    >>> found = orthogonal(torch.diag(torch.tensor([3.0, 1.0]))[None], torch.float32, 5)
    >>> bool((torch.linalg.svdvals(found) - 1).abs().max() < 0.4)
    True
    """
    x: Tensor = matrices_FOK.to(dtype)
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    for _ in range(rounds):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.mT if tall else x).to(matrices_FOK.dtype)


@torch.no_grad()
def _join(group: ParameterGroup, decay: float) -> _Group:
    """Lay a group's parameters one behind the other, and their gradients too.

    Behind them come zeros up to a multiple of ALIGNED: what is left of a register rounds
    otherwise, so that a network's last numbers would depend on how many stand beside it.
    """
    plain = [p.detach().flatten() for p in group.parameters]
    filled = -sum(map(len, plain)) % ALIGNED
    numbers = torch.cat([*plain, plain[0].new_zeros(filled)])
    gradients = torch.zeros_like(numbers)
    parts = zip(
        group.parameters,
        _parts(numbers, group.parameters),
        _parts(gradients, group.parameters),
        strict=True,
    )
    for parameter, part, gradient in parts:
        parameter.data, parameter.grad = part, gradient
    return _Group(
        numbers=numbers,
        gradients=gradients,
        means=torch.zeros_like(numbers),
        squares=torch.zeros_like(numbers),
        lr_factor=group.lr_factor,
        decay=decay * group.decay_factor,
    )


def _parts(whole: Tensor, parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    pieces = whole[: sum(p.numel() for p in parameters)].split([p.numel() for p in parameters])
    return [piece.view(p.shape) for piece, p in zip(pieces, parameters, strict=True)]
