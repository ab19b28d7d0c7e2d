"""Any torch module, F times side by side.

Where the module allows it, one call through ``torch.func.vmap`` runs all F; where
it does not, the networks take turns inside each step. Either way their parameters
are stacked, so that the training loop sees no difference.

Shape letters in this file:
    F  networks side by side    B  rows in a batch    Q  columns of categories    O  outputs
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from tenfold.errors import NetworkError
from tenfold.locks import OneAtATime
from tenfold.nn.chance import seeded
from tenfold.nn.feature_layout import spans_of
from tenfold.nn.layer import gradient_memory
from tenfold.nn.network import ParameterGroup, TrainedNetwork
from tenfold.nn.stacking import Tensors, side_by_side, stack_filled, tensors_of
from tenfold.nn.threads import each_in_a_thread

PRODUCTS: Final = (nn.Conv2d, nn.Linear)


@dataclass(frozen=True, kw_only=True, slots=True)
class Treatment:
    """How a parameter is trained: factors of the recipe's, and whether by ``Muon``."""

    lr_factor: float = 1.0
    decay_factor: float = 1.0
    orthogonal: bool = False


Treat = Callable[[str, Tensor], Treatment]


def plain_treatment(name: str, parameter: Tensor) -> Treatment:  # noqa: ARG001
    """Return how a parameter is trained where nothing is said of it."""
    return Treatment()


@final
class ModuleNetwork(TrainedNetwork):
    """F modules of one shape, each with parameters of its own.

    Parameters
    ----------
    modules : sequence of F nn.Module
        They differ in their numbers only, and return (B, O).
    seeds : sequence of F int
        What each draws at random in training comes from its own seed; the global
        generators are left as they were.
    turns : str
        Why the networks take turns; empty if one call runs them all.
    precision : torch.dtype, optional
        Products are computed in this type (``torch.autocast``); float32 by default.
    treat : callable, optional
        How a parameter is trained, given its name and its numbers of one network.
    parts : int
        Pieces of each network's batch, which run side by side, each in a thread (see
        ``nn/threads.py``). A batch norm sees one piece at a time, and a module must not
        draw random numbers if there is more than one.
    inputs_F : sequence of F int, optional
        How many numbers enter each module, where that differs: each then takes the first so
        many, and their parameters are filled up with zeros to be stacked. One call then runs
        networks beside each other that have as many.

    Raises
    ------
    NetworkError
        N02, if the modules differ in more than their numbers.
    """

    def __init__(
        self,
        modules: Sequence[nn.Module],
        seeds: Sequence[int],
        *,
        turns: str = "",
        precision: torch.dtype | None = None,
        treat: Treat | None = None,
        parts: int = 1,
        inputs_F: Sequence[int] | None = None,
    ) -> None:
        super().__init__()
        self.turns = turns
        self._inputs_F = inputs_F
        self.precision = precision
        self._treat = treat or plain_treatment
        self._seeds = list(seeds)
        self._parts = parts
        # In a tuple, so that its parameters are not taken for parameters of this network.
        # Threads that run at the same time need a module each, as do modules of other shapes.
        self._copies = len(modules) * parts if parts > 1 else 1
        self._module = side_by_side(modules[0], self._copies)
        self._shapes_F: list[dict[str, torch.Size]] = []
        try:
            if inputs_F is None:
                parameters, buffers = stack_module_state(list(modules))
            else:
                self._module = tuple(modules)
                self._shapes_F = [
                    {name: tensor.shape for name, tensor in tensors_of(module)}
                    for module in modules
                ]
                parameters, buffers = stack_filled(modules)
        except RuntimeError as error:
            fact = f"the networks of two folds differ in structure: {error}"
            raise NetworkError("N02", fact) from error
        self._names = list(parameters)
        self._products = _product_weights(modules[0])
        self._buffer_names = list(buffers)
        self.stacked = nn.ParameterList(
            nn.Parameter(parameters[n].detach(), parameters[n].requires_grad)
            for n in self._names
        )
        for i, name in enumerate(self._buffer_names):
            self.register_buffer(f"buffer{i}", buffers[name])
        # A call puts the numbers of a network into its module for a while.
        self._asked = OneAtATime()
        self._pending: list[_Piece] = []
        self._outputs_FBO: Tensor | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy needs: the numbers once, and nothing of a step of training."""
        left = {"_treat": plain_treatment, "_pending": [], "_outputs_FBO": None}
        kept = self._module if self._shapes_F else (self.module,)
        return self.__dict__ | left | {"_module": kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        kept = state["_module"]
        modules = kept if state["_shapes_F"] else side_by_side(kept[0], state["_copies"])
        self.__dict__.update(state | {"_module": modules})

    @property
    def module(self) -> nn.Module:
        """The module whose numbers the F networks are; its own are those of the first."""
        return self._module[0]

    def alone(self, f: int) -> nn.Module:
        """Return one of the F networks as a module of its own, a copy."""
        with self._asked:
            module = copy.deepcopy(self._module[f if self._shapes_F else 0])
        own = {name: tensor.detach().clone() for name, tensor in self._own(f)[0].items()}
        module.load_state_dict(own, assign=True)  # of a loaded model it has no numbers yet
        return module

    def only(self, at_F: NDArray[np.int64]) -> "ModuleNetwork":
        """Return some of the networks, by position, as copies for prediction."""
        made = ModuleNetwork(
            [self.alone(f) for f in at_F],
            [self._seeds[f] for f in at_F],
            turns=self.turns,
            precision=self.precision,
            parts=self._parts,
            inputs_F=None if self._inputs_F is None else [self._inputs_F[f] for f in at_F],
        )
        if hasattr(self, "features"):
            made.features = self.features.only(at_F)
        return made

    @torch.no_grad()
    def fill(self, at_F: NDArray[np.int64], part: "ModuleNetwork") -> None:
        """Take over some of the networks, by position, whose modules are of the same shape."""
        own = part.state_dict()
        for name, tensor in self.state_dict().items():
            tensor[torch.from_numpy(at_F)] = own[name]

    def groups(self) -> list[ParameterGroup]:
        """Return all trained parameters, those that are trained alike in a group."""
        found: dict[Treatment, list[nn.Parameter]] = {}
        for name, parameter in zip(self._names, self.stacked, strict=True):
            if parameter.requires_grad:
                found.setdefault(self._treat(name, parameter[0]), []).append(parameter)
        return [
            ParameterGroup(
                parameters=parameters,
                lr_factor=how.lr_factor,
                decay_factor=how.decay_factor,
                orthogonal=(self.precision or torch.float32) if how.orthogonal else None,
            )
            for how, parameters in found.items()
        ]

    def forward(self, x: Tensor, codes_FBQ: Tensor) -> Tensor:  # noqa: ARG002
        """Return the outputs, shape (F, B, O)."""
        with self._asked:
            for module in self._module:
                module.eval()
            if not self.turns:
                return self._together(x)
            pieces = self._run(self._pieces(x))
        return self._joined([piece.outputs for piece in pieces])

    def train_forward(self, x: Tensor, codes_FBQ: Tensor) -> Tensor:  # noqa: ARG002
        """Return the outputs like ``forward``, and keep what ``train_backward`` needs."""
        for module in self._module:
            module.train()
        self.steps_taken += 1
        if not self.turns:
            with torch.enable_grad():
                self._outputs_FBO = self._together(x)
            return self._outputs_FBO.detach()
        self._pending = self._run(self._pieces(x))
        return self._joined([piece.outputs.detach() for piece in self._pending])

    def train_backward(self, gradient_FBO: Tensor) -> None:
        """Write ``grad`` of every parameter, given the gradient at the last outputs."""
        memories = [gradient_memory(parameter) for parameter in self._trained()]
        if self._outputs_FBO is not None:
            trained = self._trained()
            gradients = _gradients(self._outputs_FBO, trained, gradient_FBO)
            for memory, found in zip(memories, gradients, strict=True):
                memory.copy_(found)
            self._outputs_FBO = None
            return
        if not self._pending:
            raise RuntimeError("train_backward follows train_forward")

        def backward(piece: _Piece) -> tuple[Tensor, ...]:
            return _gradients(
                piece.outputs, piece.trained, gradient_FBO[piece.network, piece.rows]
            )

        pending, self._pending = self._pending, []
        run = each_in_a_thread if self._parts > 1 else map
        for piece, gradients in zip(pending, run(backward, pending), strict=True):
            for memory, gradient in zip(memories, gradients, strict=True):
                own = memory[piece.network][tuple(map(slice, gradient.shape))]
                own.copy_(gradient) if piece.part == 0 else own.add_(gradient)
        self._average_buffers(pending)

    def _together(self, x: Tensor) -> Tensor:
        """Return the outputs of all networks, those of one shape by one call."""
        if self._inputs_F is None:
            return together(self.module, *self._numbers(), x)
        outputs = []
        for at, inputs in spans_of(self._inputs_F):
            # A single network takes other kernels, which round otherwise: it runs twice.
            rows = torch.arange(at.start, at.stop).repeat(2 if at.stop - at.start == 1 else 1)
            parameters, buffers = (
                {name: self._cut(tensor[rows], name, at.start) for name, tensor in part.items()}
                for part in self._numbers()
            )
            own = x[rows, :, :inputs]
            said = together(self._module[at.start], parameters, buffers, own)
            outputs.append(said[: at.stop - at.start])
        return torch.cat(outputs)

    def _pieces(self, x: Tensor) -> "list[_Piece]":
        """Return what is to be run: for each network, the parts of its batch."""
        pieces = []
        parts = max(1, min(self._parts, x.shape[1]))  # none of them empty
        bounds = [x.shape[1] * k // parts for k in range(parts + 1)]
        for f, x_B in enumerate(x):
            if self._inputs_F is not None:
                x_B = x_B[:, : self._inputs_F[f]].contiguous()  # noqa: PLW2901 - its own
            for part in range(parts):
                # Gradients of a part of a stacked tensor would be as large as the whole.
                own, trained = self._own(f)
                rows = slice(bounds[part], bounds[part + 1])
                pieces.append(
                    _Piece(
                        network=f, part=part, rows=rows, x_B=x_B[rows], own=own, trained=trained
                    )
                )
        return pieces

    def _run(self, pieces: "list[_Piece]") -> "list[_Piece]":
        """Compute the outputs of all pieces."""
        grad = torch.is_grad_enabled() or self.module.training

        def run(item: tuple[nn.Module, _Piece]) -> _Piece:
            module, piece = item
            with torch.set_grad_enabled(grad), self._autocast(piece.x_B):
                piece.outputs = functional_call(module, piece.own, (piece.x_B,)).float()
            return piece

        if self._parts > 1:
            if self.module.training:
                self._own_buffers(pieces)
            items = list(zip(self._module, pieces, strict=False))
            return list(each_in_a_thread(run, items))
        done = []
        for piece in pieces:
            with seeded((self._seeds[piece.network] + self.steps_taken) % 2**63):
                done.append(run((self._module[piece.network if self._shapes_F else 0], piece)))
        return done

    def _own_buffers(self, pieces: "list[_Piece]") -> None:
        """Give later parts copies of the buffers that they change."""
        for piece in pieces:
            if piece.part:
                copies = {name: piece.own[name].clone() for name in self._buffer_names}
                piece.own.update(copies)

    def _average_buffers(self, pieces: "list[_Piece]") -> None:
        """Let buffers such as running means be the means over the parts of a batch."""
        if self._parts == 1:
            return
        for f in range(len(self._seeds)):
            mine = [piece.own for piece in pieces if piece.network == f]
            for name in self._buffer_names:
                if mine[0][name].is_floating_point():
                    mine[0][name].copy_(torch.stack([own[name] for own in mine]).mean(dim=0))

    def _joined(self, outputs: list[Tensor]) -> Tensor:
        """Return the outputs of pieces as (F, B, O)."""
        parts = len(outputs) // len(self._seeds)
        networks = [outputs[i : i + parts] for i in range(0, len(outputs), parts)]
        return torch.stack([torch.cat(pieces) for pieces in networks])

    def _autocast(self, x: Tensor) -> torch.autocast:
        chosen = self.precision or torch.float32
        return torch.autocast(x.device.type, chosen, enabled=self.precision is not None)

    def _trained(self) -> list[nn.Parameter]:
        return [p for p in self.stacked if p.requires_grad]

    def _numbers(self) -> tuple[Tensors, Tensors]:
        """Return the parameters and the buffers of all networks by name."""
        buffers = {
            name: getattr(self, f"buffer{i}") for i, name in enumerate(self._buffer_names)
        }
        return dict(zip(self._names, self.stacked, strict=True)), buffers

    def _own(self, f: int) -> tuple[Tensors, list[Tensor]]:
        """Return one network's parameters and buffers, and those that are trained."""
        parameters, buffers = self._numbers()
        own, trained = {}, []
        early = self.precision if self.module.training else None
        for name, parameter in parameters.items():
            number = self._cut(parameter.detach()[f], name, f).contiguous()
            if early is not None and name in self._products:
                # What autocast would do, and one pass over the gradients less.
                number = number.to(early)
            own[name] = number.requires_grad_(parameter.requires_grad)
            if parameter.requires_grad:
                trained.append(own[name])
        states = {name: self._cut(buffer[f], name, f) for name, buffer in buffers.items()}
        return own | states, trained

    def _cut(self, tensor: Tensor, name: str, f: int) -> Tensor:
        """Return the part of a stacked tensor that is the module's own, where shapes differ.

        The tensor is that of one network, or leads with several of one shape.
        """
        if not self._shapes_F:
            return tensor
        parts: list[Any] = [..., *map(slice, self._shapes_F[f][name])]
        return tensor[tuple(parts)]


@dataclass(kw_only=True, slots=True, eq=False)
class _Piece:
    """A part of a batch of one network, and then what the network says of it."""

    network: int
    part: int
    rows: slice
    own: Tensors
    trained: list[Tensor]
    x_B: Tensor = field(default_factory=torch.Tensor)
    outputs: Tensor = field(default_factory=torch.Tensor)


def _product_weights(module: nn.Module) -> frozenset[str]:
    """Return the names of weights that are used in one product and in nothing else."""
    return frozenset(
        f"{name}.weight" for name, part in module.named_modules() if type(part) in PRODUCTS
    )


def _gradients(
    outputs: Tensor, trained: Sequence[Tensor], gradient: Tensor
) -> tuple[Tensor, ...]:
    """Return the gradient of each parameter; zeros for one that no output needs."""
    return torch.autograd.grad(outputs, trained, gradient, materialize_grads=True)


def together(module: nn.Module, parameters: Tensors, buffers: Tensors, x: Tensor) -> Tensor:
    """Return the outputs of F networks by one call, their parameters stacked."""

    def alone(parameters: Tensors, buffers: Tensors, x_B: Tensor) -> Tensor:
        outputs: Tensor = functional_call(module, (parameters, buffers), (x_B,))
        return outputs

    outputs_FBO: Tensor = vmap(alone)(parameters, buffers, x)
    return outputs_FBO
