"""A user's own network: its function found, called and checked.

Shape letters in this file:
    B  rows in a batch    D  features
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.func import stack_module_state

from tenfold.errors import NetworkError
from tenfold.functions import FunctionError, find_function, names_function
from tenfold.nn.chance import seeded
from tenfold.nn.features import FoldFeatures
from tenfold.nn.keras_models.library import is_keras_model
from tenfold.nn.modules import ModuleNetwork, together

MakeModule = Callable[..., Any]
"""A user's function: takes what enters and the number of outputs, returns a module.

What enters a network is the number of features for a table, and for pictures their
shape (3, height, width).
"""

PROBE_ROWS: Final = 4


def own_network(
    features: FoldFeatures, outputs: int, make: MakeModule, seeds: Sequence[int]
) -> ModuleNetwork:
    """Return F copies of a user's module for the features of a table.

    Parameters
    ----------
    features : FoldFeatures
        Those of each network enter its module.
    outputs : int
        O.
    make : MakeModule
    seeds : sequence of F int
        Each network's first parameters, and what it draws at random later, come
        from its own seed.

    Raises
    ------
    NetworkError
        N02 or N03, if the function or its module does not do what it must.
    """
    inputs_F = features.inputs_F
    modules = make_modules(make, inputs_F, outputs, seeds)
    network = ModuleNetwork(
        modules,
        seeds,
        turns=_why_turns(modules[0], inputs_F[0]),
        inputs_F=inputs_F if len(set(inputs_F)) > 1 else None,
    )
    network.features = features
    return network


def make_modules(
    make: MakeModule,
    inputs_F: Sequence[int | tuple[int, ...]],
    outputs: int,
    seeds: Sequence[int],
) -> list[nn.Module]:
    """Call a user's function, once for each seed, and check what it returns.

    Raises
    ------
    NetworkError
        N02 or N03, if the function or its module does not do what it must.
    """
    each = list(zip(inputs_F, seeds, strict=True))
    modules = [_make(make, inputs, outputs, seed) for inputs, seed in each]
    for module, (inputs, seed) in zip(modules, each, strict=True):
        _check_outputs(module, inputs, outputs, seed)
    return modules


def load_function(source: str) -> MakeModule:
    """Return the function that ``FILE.py:FUNCTION`` names.

    Raises
    ------
    NetworkError
        N01, if there is no such file or function; N02, if the file cannot be run.
    """
    if not names_function(source):
        raise NetworkError(
            "N01",
            f"{source!r} is neither a known network nor FILE.py:FUNCTION",
            fix=["--network auto, tutorial, pretrained, scratch, or my_network.py:network"],
        )
    try:
        return find_function(source)
    except FunctionError as error:
        place = {"network": source} | error.place
        code = "N02" if error.ran else "N01"
        raise NetworkError(code, error.fact, place=place, fix=error.fix) from error


def _make(
    make: MakeModule, inputs: int | tuple[int, ...], outputs: int, seed: int
) -> nn.Module:
    fix = ["def network(inputs, outputs): return torch.nn.Linear(inputs, outputs)"]
    try:
        with seeded(seed):
            module: object = make(inputs, outputs)
    except Exception as error:
        fact = f"network({inputs}, {outputs}) raised {type(error).__name__}: {error}"
        raise NetworkError("N02", fact, fix=fix) from error
    if is_keras_model(module):
        fact = "the function returned a Keras model, but imports Keras only when it is called"
        raise NetworkError("N02", fact, fix=["import keras at the top of its file"])
    if not isinstance(module, nn.Module):
        fact = f"network({inputs}, {outputs}) returned a {type(module).__name__}"
        raise NetworkError("N02", fact, fix=fix)
    return module.float()


def _probe(inputs: int | tuple[int, ...]) -> Tensor:
    shape = inputs if isinstance(inputs, tuple) else (inputs,)
    return torch.randn(PROBE_ROWS, *shape, generator=torch.Generator().manual_seed(0))


def _check_outputs(
    module: nn.Module, inputs: int | tuple[int, ...], outputs: int, seed: int
) -> None:
    module.eval()
    try:
        with torch.no_grad(), seeded(seed):  # lazy layers draw their weights here
            found = module(_probe(inputs))
        module.train()
    except Exception as error:
        fact = f"the network raised {type(error).__name__} on {PROBE_ROWS} rows: {error}"
        raise NetworkError("N03", fact) from error
    shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
    if shape != (PROBE_ROWS, outputs):
        raise NetworkError(
            "N03",
            f"the network turned {PROBE_ROWS} rows of {inputs} numbers into shape {shape}, "
            f"but {(PROBE_ROWS, outputs)} was expected",
            fix=[f"end it with torch.nn.Linear(..., {outputs})"],
        )
    if not any(p.requires_grad for p in module.parameters()):
        raise NetworkError("N02", "the network has no parameters to train")


def _why_turns(module: nn.Module, inputs: int) -> str:
    """Say why one call cannot run all networks; empty if it can."""
    module.train()
    before = {name: b.clone() for name, b in module.named_buffers()}
    x_BD = _probe(inputs)
    with torch.no_grad():
        with seeded(1):
            first = module(x_BD)
        with seeded(2):
            second = module(x_BD)
    changed = [name for name, b in module.named_buffers() if not torch.equal(b, before[name])]
    for name, buffer in module.named_buffers():
        buffer.copy_(before[name])
    if changed:
        return f"its buffer {changed[0]} changes during training"
    if not torch.equal(first, second):
        return "it draws random numbers during training"
    parameters, buffers = stack_module_state([module])
    try:
        at_once = together(module, parameters, buffers, x_BD[None])[0]
    except Exception as error:  # noqa: BLE001 - torch.func refuses in many ways
        return f"torch.func cannot run it: {str(error).splitlines()[0]}"
    return "" if torch.allclose(at_once, first, atol=1e-5) else "torch.func changes its outputs"
