"""A user's own network, F times side by side.

Where the module allows it, one call through ``torch.func.vmap`` runs all F; where
it does not, the networks take turns inside each step. Either way their parameters
are stacked, so that the training loop sees no difference.

Shape letters in this file:
    F  networks side by side    B  rows in a batch    D  features
    Q  columns of words         O  outputs
"""

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, final

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from tenfold.errors import NetworkError
from tenfold.nn.features import FoldFeatures
from tenfold.nn.layer import slope_memory
from tenfold.nn.network import FoldNetwork, ParameterGroup

MakeModule = Callable[[int, int], nn.Module]
"""A user's function: takes the numbers of inputs and outputs, returns a module."""

Tensors = dict[str, Tensor]

PROBE_ROWS: Final = 4


@final
class OwnNetwork(FoldNetwork):
    """F copies of a user's module, each with parameters of its own.

    Parameters
    ----------
    features : FoldFeatures
        D of them enter the module.
    outputs : int
        O.
    make : MakeModule
    seeds : sequence of F int
        Each network's first parameters, and what it draws at random later, come
        from its own seed; the global generators are left as they were.

    Attributes
    ----------
    turns : str
        Why the networks take turns; empty if one call runs them all.

    Raises
    ------
    NetworkError
        N02 or N03, if the function or its module does not do what it must.
    """

    def __init__(
        self, features: FoldFeatures, outputs: int, make: MakeModule, seeds: Sequence[int]
    ) -> None:
        super().__init__()
        self.features = features
        self._seeds = list(seeds)
        self._step = 0
        modules = [_make(make, features.width, outputs, seed) for seed in seeds]
        for module, seed in zip(modules, seeds, strict=True):
            _check_outputs(module, features.width, outputs, seed)
        self.turns = _why_turns(modules[0], features.width)
        # In a tuple, so that its parameters are not taken for parameters of this network.
        self._module = (modules[0],)
        try:
            parameters, buffers = stack_module_state(modules)
        except RuntimeError as error:
            fact = f"the networks of two folds differ in more than their numbers: {error}"
            raise NetworkError("N02", fact) from error
        self._names = list(parameters)
        self._buffer_names = list(buffers)
        self.stacked = nn.ParameterList(
            nn.Parameter(parameters[n].detach(), parameters[n].requires_grad)
            for n in self._names
        )
        self._trained = [p for p in self.stacked if p.requires_grad]
        for i, name in enumerate(self._buffer_names):
            self.register_buffer(f"buffer{i}", buffers[name])
        self._outputs_FBO: Tensor | None = None

    def groups(self) -> list[ParameterGroup]:
        """Return all parameters in one group."""
        return [ParameterGroup(parameters=self._trained)]

    def forward(self, x_FBD: Tensor, codes_FBQ: Tensor) -> Tensor:  # noqa: ARG002
        """Return the outputs of features, shape (F, B, O)."""
        self._module[0].eval()
        return self._call(x_FBD)

    def train_forward(self, x_FBD: Tensor, codes_FBQ: Tensor) -> Tensor:  # noqa: ARG002
        """Return the outputs like ``forward``, and keep what ``train_backward`` needs."""
        self._module[0].train()
        self._step += 1
        with torch.enable_grad():
            self._outputs_FBO = self._call(x_FBD)
        return self._outputs_FBO.detach()

    def train_backward(self, slope_FBO: Tensor) -> None:
        """Write ``grad`` of every parameter, given the slope at the last outputs."""
        if self._outputs_FBO is None:
            raise RuntimeError("train_backward follows train_forward")
        # A parameter that no output needs has a slope of zero.
        slopes = torch.autograd.grad(
            self._outputs_FBO, self._trained, slope_FBO, materialize_grads=True
        )
        for parameter, slope in zip(self._trained, slopes, strict=True):
            slope_memory(parameter).copy_(slope)
        self._outputs_FBO = None

    def _call(self, x_FBD: Tensor) -> Tensor:
        module = self._module[0]
        parameters = dict(zip(self._names, self.stacked, strict=True))
        buffers = {
            name: getattr(self, f"buffer{i}") for i, name in enumerate(self._buffer_names)
        }
        if not self.turns:
            return _together(module, parameters, buffers, x_FBD)
        outputs = []
        for f, (x_BD, seed) in enumerate(zip(x_FBD, self._seeds, strict=True)):
            own = {name: tensor[f] for name, tensor in (parameters | buffers).items()}
            with _seeded((seed + self._step) % 2**63):
                outputs.append(functional_call(module, own, (x_BD,)))
        return torch.stack(outputs)


def load_function(source: str) -> MakeModule:
    """Return the function that ``FILE.py:FUNCTION`` names.

    Raises
    ------
    NetworkError
        N01, if there is no such file or function; N02, if the file cannot be run.
    """
    file, _, name = source.rpartition(":")
    path = Path(file)
    place = {"network": source}
    if not file.endswith(".py") or not name.isidentifier():
        raise NetworkError(
            "N01",
            f"{source!r} is neither a known network nor FILE.py:FUNCTION",
            fix=["--network auto, --network tutorial, or --network my_network.py:network"],
        )
    if not path.is_file():
        raise NetworkError(
            "N01", f"there is no file {file}", place=place, fix=["check its name"]
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise NetworkError("N01", f"{file} cannot be loaded", place=place)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        fact = f"running {file} raised {type(error).__name__}: {error}"
        raise NetworkError("N02", fact, place=place) from error
    function = getattr(module, name, None)
    if not callable(function):
        names = sorted(
            n for n, v in vars(module).items() if callable(v) and not n.startswith("_")
        )
        raise NetworkError(
            "N01",
            f"{file} has no function {name!r}",
            place=place | {"it has": ", ".join(names[:10])},
            fix=["check the name after the colon"],
        )
    return function  # type: ignore[no-any-return]


def _together(
    module: nn.Module, parameters: Tensors, buffers: Tensors, x_FBD: Tensor
) -> Tensor:
    """Return the outputs of F networks by one call, their parameters stacked."""

    def alone(parameters: Tensors, buffers: Tensors, x_BD: Tensor) -> Tensor:
        outputs: Tensor = functional_call(module, (parameters, buffers), (x_BD,))
        return outputs

    outputs_FBO: Tensor = vmap(alone)(parameters, buffers, x_FBD)
    return outputs_FBO


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Lend torch's global generators a seed, and put them back as they were."""
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield


def _make(make: MakeModule, inputs: int, outputs: int, seed: int) -> nn.Module:
    fix = ["def network(inputs, outputs): return torch.nn.Linear(inputs, outputs)"]
    try:
        with _seeded(seed):
            module: object = make(inputs, outputs)
    except Exception as error:
        fact = f"network({inputs}, {outputs}) raised {type(error).__name__}: {error}"
        raise NetworkError("N02", fact, fix=fix) from error
    if not isinstance(module, nn.Module):
        fact = f"network({inputs}, {outputs}) returned a {type(module).__name__}"
        raise NetworkError("N02", fact, fix=fix)
    return module.float()


def _probe(inputs: int) -> Tensor:
    return torch.randn(PROBE_ROWS, inputs, generator=torch.Generator().manual_seed(0))


def _check_outputs(module: nn.Module, inputs: int, outputs: int, seed: int) -> None:
    module.eval()
    try:
        with torch.no_grad(), _seeded(seed):  # lazy layers draw their weights here
            found = module(_probe(inputs))
        module.train()
    except Exception as error:
        fact = f"the network raised {type(error).__name__} on {PROBE_ROWS} rows: {error}"
        raise NetworkError("N03", fact) from error
    shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
    if shape != (PROBE_ROWS, outputs):
        raise NetworkError(
            "N03",
            f"the network turned {PROBE_ROWS} rows of {inputs} numbers into {shape}, "
            f"and {(PROBE_ROWS, outputs)} was expected",
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
        with _seeded(1):
            first = module(x_BD)
        with _seeded(2):
            second = module(x_BD)
    changed = [name for name, b in module.named_buffers() if not torch.equal(b, before[name])]
    for name, buffer in module.named_buffers():
        buffer.copy_(before[name])
    if changed:
        return f"its buffer {changed[0]} changes in training"
    if not torch.equal(first, second):
        return "it draws random numbers in training"
    parameters, buffers = stack_module_state([module])
    try:
        together = _together(module, parameters, buffers, x_BD[None])[0]
    except Exception as error:  # noqa: BLE001 - torch.func refuses in many ways
        return f"torch.func cannot run it: {str(error).splitlines()[0]}"
    return (
        "" if torch.allclose(together, first, atol=1e-5) else "torch.func changes its answers"
    )
