"""Modules whose numbers are stacked, so that one call runs all of them."""

import copy
from collections.abc import Sequence

from torch import Tensor, nn

Tensors = dict[str, Tensor]


def tensors_of(module: nn.Module) -> list[tuple[str, Tensor]]:
    """Return the parameters and the buffers of a module by name."""
    return [*module.named_parameters(), *module.named_buffers()]


def stack_filled(modules: Sequence[nn.Module]) -> tuple[Tensors, Tensors]:
    """Stack the parameters and buffers of modules, smaller ones filled up with zeros.

    Raises
    ------
    RuntimeError
        If they differ in more than the sizes of their tensors.
    """
    each = [dict(tensors_of(module)) for module in modules]
    stacked: Tensors = {}
    for name, first in each[0].items():
        if any(own.keys() != each[0].keys() or own[name].dim() != first.dim() for own in each):
            raise RuntimeError(f"{name} has another shape in each")
        most = [max(own[name].shape[d] for own in each) for d in range(first.dim())]
        whole = first.detach().new_zeros((len(modules), *most))
        for f, own in enumerate(each):
            whole[f][tuple(map(slice, own[name].shape))] = own[name].detach()
        stacked[name] = whole.requires_grad_(first.requires_grad)
    names = dict(modules[0].named_parameters())
    buffers = {name: tensor for name, tensor in stacked.items() if name not in names}
    return {name: stacked[name] for name in names}, buffers


def side_by_side(module: nn.Module, count: int) -> tuple[nn.Module, ...]:
    """Return a module and copies of it, so many in all."""
    return (module, *(copy.deepcopy(module) for _ in range(count - 1)))
