"""Adam with decoupled decay, on parameters that lie one behind the other in memory.

``torch.optim`` would do as well, but its import takes as long as all steps of a
small network (it brings torch's compiler), and each of its steps as long as the
rest of a small step. The arithmetic is the same kernel's; tests/training/test_adam.py
compares the two (benchmarks/LOG.md has the figures).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tenfold.nn.network import ParameterGroup


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Group:
    """One tensor for all parameters of a group: an operation costs its call first."""

    numbers: list[Tensor]
    slopes: list[Tensor]
    means: list[Tensor]
    squares: list[Tensor]
    lr_factor: float
    decay: float


class Adam:
    """Take steps down the slopes of parameters (arXiv 1412.6980, decay as in 1711.05101).

    Parameters
    ----------
    groups : sequence of ParameterGroup
        Their parameters and ``grad`` share, from now on, the memory of ``flat``.
    betas : tuple of float
        Memory of the running means of slopes and of squared slopes.
    epsilon : float
    decay : float
        Parameters lose this share times the step size in each step.

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
        self._betas = betas
        self._epsilon = epsilon
        self._groups = [_join(group, decay) for group in groups]
        self.flat = tuple(group.numbers[0] for group in self._groups)
        self._count = torch.zeros((), device=self.flat[0].device)

    def step(self, lr: float) -> None:
        """Move all parameters, given their ``grad``, by about ``lr`` times their factor."""
        self._count += 1
        for group in self._groups:
            torch._fused_adamw_(
                group.numbers,
                group.slopes,
                group.means,
                group.squares,
                [],
                [self._count],
                lr=lr * group.lr_factor,
                beta1=self._betas[0],
                beta2=self._betas[1],
                weight_decay=group.decay,
                eps=self._epsilon,
                amsgrad=False,
                maximize=False,
            )


@torch.no_grad()
def _join(group: ParameterGroup, decay: float) -> _Group:
    """Lay a group's parameters one behind the other, and their slopes too."""
    numbers = torch.cat([p.detach().flatten() for p in group.parameters])
    slopes = torch.zeros_like(numbers)
    parts = zip(
        group.parameters,
        _parts(numbers, group.parameters),
        _parts(slopes, group.parameters),
        strict=True,
    )
    for parameter, part, slope in parts:
        parameter.data, parameter.grad = part, slope
    return _Group(
        numbers=[numbers],
        slopes=[slopes],
        means=[torch.zeros_like(numbers)],
        squares=[torch.zeros_like(numbers)],
        lr_factor=group.lr_factor,
        decay=decay * group.decay_factor,
    )


def _parts(whole: Tensor, parameters: Sequence[nn.Parameter]) -> list[Tensor]:
    pieces = whole.split([p.numel() for p in parameters])
    return [piece.view(p.shape) for piece, p in zip(pieces, parameters, strict=True)]
