"""F copies of a Keras model on torch: each step of all copies in one call of torch.func.

Shape letters in this file:
    S  steps    F  networks    B  rows in a batch    W  outputs of the model
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import grad_and_value, vmap
from torch.fx.experimental.proxy_tensor import make_fx

from tenfold.nn.keras_models.engine import (
    Array,
    Engine,
    Entering,
    Form,
    State,
    Taken,
    pick,
    stacked,
)
from tenfold.nn.keras_models.library import load_keras

# Optimizers that move each number by its own gradients alone: then the numbers of all copies
# may lie in one variable. Clipping by a norm looks at all numbers of a copy.
BY_NUMBER: Final = frozenset(
    {
        "SGD",
        "RMSprop",
        "Adam",
        "AdamW",
        "Adadelta",
        "Adagrad",
        "Adamax",
        "Nadam",
        "Ftrl",
        "Lion",
    }
)


class TorchEngine(Engine):
    """Copies that take a step in one call, which is traced once.

    Parameters
    ----------
    form : Form
    networks : int
        F.
    """

    def __init__(self, form: Form, networks: int) -> None:
        self._form, self._networks = form, networks
        self._mover: _Together | _Apart | None = None
        self._trained: list[Tensor] = []
        self._fixed: list[Tensor] = []
        self._traced: dict[Any, Callable[..., Any]] = {}
        self._at_once = True

    def put(self, state: State) -> None:
        """Let the copies have these numbers."""
        keras = load_keras()
        self._trained = [keras.ops.convert_to_tensor(one) for one in state.trained]
        self._fixed = [keras.ops.convert_to_tensor(one) for one in state.fixed]
        if state.driven:
            own = self._form.model.optimizer
            by_norm = getattr(own, "clipnorm", None) or getattr(own, "global_clipnorm", None)
            together = type(own).__name__ in BY_NUMBER and not by_norm
            mover = _Together if together else _Apart
            self._mover = mover(self._form.model, self._trained, state.driven)

    def take(self) -> State:
        """Return the numbers that the copies have now."""
        return State(
            trained=[_array(one) for one in self._trained],
            fixed=[_array(one) for one in self._fixed],
            driven=[] if self._mover is None else self._mover.driven(),
        )

    def learn(
        self, x: Entering, y: Array, share_SFB: Array, go_SF: NDArray[np.bool_], how: Taken
    ) -> NDArray[np.float64]:
        """Take S steps; see ``Engine.learn``."""
        loss_SF = np.zeros(go_SF.shape)
        for s, go_F in enumerate(go_SF):
            if go_F.any():
                batch = self._tensors(pick(x, s)), self._tensors(y[s])
                loss_SF[s] = self._step(*batch, self._tensors(share_SFB[s]), go_F, how.factor)
        finite_F = [one.flatten(1).isfinite().all(dim=1) for one in self._trained]
        loss_SF[-1, ~torch.stack(finite_F).all(dim=0).cpu().numpy()] = np.nan
        return loss_SF

    def try_step(self, x: Entering, y: Array) -> None:
        """Take the gradients of two copies."""
        share_FB = self._tensors(np.full(y.shape[:2], 1 / y.shape[1], dtype=np.float32))
        self._judge(self._trained, self._fixed, self._tensors(x), self._tensors(y), share_FB)

    def answer(self, x: Entering) -> Array:
        """Return what each copy says of its rows, (F, B, W)."""
        given = (self._trained, self._fixed, self._tensors(x))
        with torch.no_grad():
            if self._at_once:
                try:
                    return _array(vmap(self._form.said)(*given).float())
                except RuntimeError:  # some layers, such as convolutions, refuse it
                    self._at_once = False
            each = [
                self._form.said(*(_of(part, f) for part in given))
                for f in range(self._networks)
            ]
        return _array(torch.stack(each).float())

    def _step(
        self, x: Any, y: Tensor, share_FB: Tensor, go_F: NDArray[np.bool_], factor: float
    ) -> Array:
        if self._mover is None:
            raise RuntimeError("learn follows a put with variables of the optimizer")
        judge = self._judge(self._trained, self._fixed, x, y, share_FB)
        with torch.no_grad():
            gradients, (loss_F, fixed) = judge(self._trained, self._fixed, x, y, share_FB)
            trained = self._mover.move(gradients)
            if factor != 1:
                pairs = zip(self._trained, trained, strict=True)
                trained = [old.lerp(new, factor) for old, new in pairs]
            if not go_F.all():
                goes_F = torch.from_numpy(go_F).to(loss_F.device)
                trained, fixed, (loss_F,) = (
                    [
                        torch.where(_like(goes_F, new), new, old)
                        for old, new in zip(*of, strict=True)
                    ]
                    for of in (
                        (self._trained, trained),
                        (self._fixed, fixed),
                        ([torch.zeros_like(loss_F)], [loss_F]),
                    )
                )
            if factor != 1 or not go_F.all():
                self._mover.set(trained)
        self._trained, self._fixed = trained, fixed
        return _array(loss_F)

    def _judge(self, *given: Any) -> Callable[..., Any]:
        """Return what finds gradients, losses, and variables that moved, of all copies.

        Traced, a step skips what Keras and torch.func do in Python in each call, and one of a
        small network takes a third of the time (benchmarks/keras).
        """
        y = given[3]
        shape = (tuple(y.shape), y.dtype)
        if shape not in self._traced:
            learn = vmap(grad_and_value(self._form.judged, has_aux=True))

            def traced(trained: Any, fixed: Any, x: Any, y: Any, share_FB: Any) -> Any:
                return learn(trained, fixed, x, y, share_FB)  # a method's self would be counted

            self._traced[shape] = make_fx(traced)(*given)
        return self._traced[shape]

    def _tensors(self, x: Any) -> Any:
        if isinstance(x, dict):
            return {name: self._tensors(array) for name, array in x.items()}
        return torch.as_tensor(x, device=self._trained[0].device)


class _Together:
    """One optimizer that moves the numbers of all copies."""

    def __init__(self, model: Any, trained: list[Tensor], driven: list[Array]) -> None:
        self._networks = len(trained[0])
        named = zip(trained, model.trainable_variables, strict=True)
        self._variables = [_variable(one, single) for one, single in named]
        self._optimizer = _same_optimizer(model, self._variables)
        for variable, array in zip(self._optimizer.variables, driven, strict=True):
            same = tuple(variable.shape) == array.shape  # not of how many steps were taken
            variable.assign(array if same else array[0])

    def move(self, gradients: list[Tensor]) -> list[Tensor]:
        """Take a step down the gradients; return the numbers after it."""
        self._optimizer.apply(gradients, self._variables)
        return [one.value.detach().clone() for one in self._variables]

    def set(self, trained: list[Tensor]) -> None:
        """Go on from other numbers."""
        for variable, tensor in zip(self._variables, trained, strict=True):
            variable.assign(tensor)

    def driven(self) -> list[Array]:
        """Return the optimizer's own numbers of each copy."""
        arrays = [_array(one.value) for one in self._optimizer.variables]
        many = [one.shape[:1] == (self._networks,) for one in arrays]
        pairs = zip(arrays, many, strict=True)
        return [one if led else stacked([one] * self._networks) for one, led in pairs]


class _Apart:
    """An optimizer for each copy."""

    def __init__(self, model: Any, trained: list[Tensor], driven: list[Array]) -> None:
        self._variables_F, self._optimizers = [], []
        for f in range(len(trained[0])):
            named = zip(trained, model.trainable_variables, strict=True)
            variables = [_variable(one[f], single) for one, single in named]
            optimizer = _same_optimizer(model, variables)
            for variable, array in zip(optimizer.variables, driven, strict=True):
                variable.assign(array[f])
            self._variables_F.append(variables)
            self._optimizers.append(optimizer)

    def move(self, gradients: list[Tensor]) -> list[Tensor]:
        """Take a step down the gradients; return the numbers after it."""
        for f, optimizer in enumerate(self._optimizers):
            optimizer.apply([one[f] for one in gradients], self._variables_F[f])
        return [
            torch.stack([v.value.detach() for v in of])
            for of in zip(*self._variables_F, strict=True)
        ]

    def set(self, trained: list[Tensor]) -> None:
        """Go on from other numbers."""
        for f, variables in enumerate(self._variables_F):
            for variable, tensor in zip(variables, trained, strict=True):
                variable.assign(tensor[f])

    def driven(self) -> list[Array]:
        """Return the optimizer's own numbers of each copy."""
        each = zip(*(one.variables for one in self._optimizers), strict=True)
        return [stacked([_array(v.value) for v in of]) for of in each]


def _of(part: Any, f: int) -> Any:
    """Return what is one copy's of lists, mappings or tensors that lead with F."""
    if isinstance(part, dict):
        return {name: one[f] for name, one in part.items()}
    return [one[f] for one in part] if isinstance(part, list) else part[f]


def _variable(numbers: Tensor, single: Any) -> Any:
    return load_keras().Variable(numbers.clone(), name=single.name)


def _same_optimizer(model: Any, variables: list[Any]) -> Any:
    own = model.optimizer
    made = type(own).from_config(own.get_config())
    made.build(variables)
    return made


def _array(tensor: Tensor) -> Array:
    found: Array = tensor.detach().cpu().numpy().copy()
    return found


def _like(mark_F: Tensor, other: Tensor) -> Tensor:
    return mark_F.view(-1, *[1] * (other.dim() - 1))
