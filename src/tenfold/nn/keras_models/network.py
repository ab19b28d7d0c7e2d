"""Keras models side by side, as the training loop sees them.

Their numbers lie in tensors of torch, as those of all networks do, wherever a model is kept,
written, copied or compared; an engine has them while the models learn and answer.

Shape letters in this file:
    S  steps    F  networks side by side    B  rows in a batch    O  outputs
    Q  columns of categories
"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tenfold.keras_backend import NAMES
from tenfold.nn.feature_layout import spans_of
from tenfold.nn.keras_models.engine import (
    Array,
    Engine,
    Entering,
    Form,
    State,
    Taken,
    as_arrays,
    lend,
    pick,
)
from tenfold.nn.keras_models.engines import make_engine
from tenfold.nn.keras_models.entering import Entrance
from tenfold.nn.keras_models.library import load_keras
from tenfold.nn.network import DrivenNetwork

PARTS = ("trained", "fixed", "driven")
LEAST_ROWS = 64  # other numbers of rows than powers of 2 from here on are filled up to one


@final
class KerasNetwork(DrivenNetwork):
    """F Keras models of one function, each with numbers of its own.

    Parameters
    ----------
    forms : sequence of F Form
        The same one for networks whose models differ in their numbers only.
    values : sequence of F State
        Their numbers, without a leading F.
    entrance : Entrance
        What of a row enters the models.
    models : sequence of keras.Model
        One for each network, if they are to learn.
    seeds : sequence of F int
        What each draws at random while it learns comes from its own seed.
    """

    def __init__(
        self,
        forms: Sequence[Form],
        values: Sequence[State],
        entrance: Entrance,
        models: Sequence[Any] = (),
        seeds: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.forms, self.entrance = tuple(forms), entrance
        self._models, self._seeds = tuple(models), tuple(seeds)
        self._spans = spans_of(self.forms)
        self._engines: tuple[Engine, ...] = ()
        self._steps = 0  # most that were ever taken at once
        self._moved = False  # whether the engines are ahead of the tensors
        self._shapes_F = [
            {part: [np.shape(one) for one in getattr(own, part)] for part in PARTS}
            for own in values
        ]
        self._dtypes = {
            part: [np.asarray(one).dtype for one in getattr(values[0], part)] for part in PARTS
        }
        each = {
            part: [_filled(of) for of in zip(*(getattr(v, part) for v in values), strict=True)]
            for part in PARTS
        }
        self.trained = nn.ParameterList(nn.Parameter(one) for one in each["trained"])
        for part in ("fixed", "driven"):
            for i, tensor in enumerate(each[part]):
                self.register_buffer(f"{part}{i}", tensor)

    @property
    def backend(self) -> str:
        """What Keras computes with."""
        return NAMES[load_keras().config.backend()]

    @property
    def alike(self) -> bool:
        """Whether the models differ in their numbers only."""
        return len(self._spans) == 1

    @property
    def turns(self) -> str:
        """Why the networks take turns; empty if they take each step together."""
        return next((one.turns for one in self._ready()), "")

    def forward(self, x: Tensor, codes_FBQ: Tensor) -> Tensor:
        """Return the outputs, shape (F, B, O), for prediction."""
        rows = x.shape[1]
        x, codes_FBQ = _filled_up(x), _filled_up(codes_FBQ)
        said = []
        for (at, form), engine in zip(self._spans, self._ready(), strict=True):
            found = engine.answer(self._entering(x, codes_FBQ, at))
            said.append(form.meaning.understood(torch.from_numpy(np.array(found)).float()))
        return torch.cat(said)[:, :rows].to(x.device)

    def learn(
        self,
        inputs: Sequence[tuple[Tensor, Tensor]],
        seen_SFB: Tensor,
        weights_SFB: Tensor,
        go_SF: NDArray[np.bool_],
        factor: float,
    ) -> NDArray[np.float64]:
        """Take S steps; return the loss of each, (S, F)."""
        steps = len(inputs)
        self._steps = max(self._steps, steps)
        # Programs are compiled for a number of steps: missing ones are there and not taken.
        at_S = np.minimum(np.arange(self._steps), steps - 1)
        x, codes = (torch.stack(of)[at_S] for of in zip(*inputs, strict=True))
        go_SF = go_SF[at_S] & (np.arange(self._steps) < steps)[:, None]
        share_SFB = weights_SFB.cpu().numpy()[at_S]
        loss_SF = np.zeros(go_SF.shape)
        for (at, form), engine in zip(self._spans, self._ready(), strict=True):
            y = form.meaning.taught(seen_SFB[:, at]).cpu().numpy()[at_S]
            entering = self._entering(x, codes, at)
            how = Taken(factor=factor, first=self.steps_taken, seeds=self._seeds[at])
            loss_SF[:, at] = engine.learn(entering, y, share_SFB[:, at], go_SF[:, at], how)
        self.steps_taken, self._moved = self.steps_taken + steps, True
        loss_SF[steps - 1] += loss_SF[-1] if self._steps > steps else 0.0
        return loss_SF[:steps]

    @property
    def has_metrics(self) -> bool:
        """Whether the models are compiled with metrics."""
        model = self.forms[0].model
        told = model.get_compile_config() if model.compiled else None
        return bool(told and (told.get("metrics") or told.get("weighted_metrics")))

    def judge(
        self, x: Tensor, codes_FBQ: Tensor, seen_B: Tensor, weights_B: Array
    ) -> dict[str, float]:
        """Return the metrics that a model is compiled with, of rows shown to the first one."""
        form = self.forms[0]
        lend(form.model, self.alone(0))
        said: dict[str, float] = form.model.evaluate(
            pick(self._entering(x, codes_FBQ, slice(0, 1)), 0),
            form.meaning.taught(seen_B).numpy(),
            sample_weight=weights_B,
            verbose=0,
            return_dict=True,
        )
        return said

    @torch.no_grad()
    def settle(self) -> None:
        """Write the numbers that the engines have into the tensors, if they moved."""
        if not self._moved:
            return
        self._moved = False
        for (at, _), engine in zip(self._spans, self._engines, strict=bool(self._engines)):
            state = engine.take()
            for part in PARTS:
                for i, array in enumerate(getattr(state, part)):
                    own = self._tensors(part)[i][at]
                    own[self._cut(part, i, at.start)] = torch.from_numpy(_wide(array))

    def renew(self) -> None:
        """Let the engines have the numbers of the tensors."""
        self._moved = False
        for (at, _), engine in zip(self._spans, self._engines, strict=bool(self._engines)):
            engine.put(self._state(at))

    def release(self) -> None:
        """Forget what only training needs."""
        self.settle()
        self._engines, self._models = (), ()
        for i in range(len(self._dtypes["driven"])):
            delattr(self, f"driven{i}")
        self._dtypes["driven"] = []
        self._shapes_F = [shapes | {"driven": []} for shapes in self._shapes_F]

    def only(self, at_F: NDArray[np.int64]) -> "KerasNetwork":
        """Return some of the networks, by position, as copies for prediction."""
        self.settle()
        made = KerasNetwork(
            [self.forms[f] for f in at_F],
            [self.alone(int(f)) for f in at_F],
            self.entrance.only(at_F),
        )
        if hasattr(self, "features"):
            made.features = self.features.only(at_F)
        return made

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy needs; engines are made anew."""
        self.settle()
        return self.__dict__ | {"_engines": (), "_models": ()}

    def _ready(self) -> tuple[Engine, ...]:
        if not self._engines:
            self._engines = tuple(
                make_engine(form, at.stop - at.start, self._models[at])
                for at, form in self._spans
            )
            self.renew()
        return self._engines

    def _entering(self, x: Tensor, codes: Tensor, at: slice) -> Entering:
        return as_arrays(self.entrance.entering(x, codes, at, getattr(self, "features", None)))

    def _tensors(self, part: str) -> list[Tensor]:
        if part == "trained":
            return [one.detach() for one in self.trained]
        return [getattr(self, f"{part}{i}") for i in range(len(self._dtypes[part]))]

    def _state(self, at: slice) -> State:
        """Return the numbers of networks beside each other that have a form in common."""
        found: dict[str, list[Array]] = {
            part: [
                tensor[at][self._cut(part, i, at.start)].cpu().numpy().astype(dtype)
                for i, (tensor, dtype) in enumerate(
                    zip(self._tensors(part), self._dtypes[part], strict=True)
                )
            ]
            for part in PARTS
        }
        return State(**found)

    def alone(self, f: int) -> State:
        """Return the numbers of one network."""
        state = self._state(slice(f, f + 1))
        return State(
            trained=[one[0] for one in state.trained],
            fixed=[one[0] for one in state.fixed],
            driven=[],
        )

    def _cut(self, part: str, i: int, f: int) -> Any:
        """Return which part of a stacked tensor is a network's own, where shapes differ."""
        return (slice(None), *map(slice, self._shapes_F[f][part][i]))


def _filled(arrays: Sequence[Array]) -> Tensor:
    """Return arrays as one tensor that leads with F, smaller ones filled up with zeros."""
    most = np.max([np.shape(one) for one in arrays], axis=0)
    whole = np.zeros((len(arrays), *map(int, most)), dtype=_wide(np.asarray(arrays[0])).dtype)
    for f, one in enumerate(arrays):
        at: Any = (f, *map(slice, np.shape(one)))
        whole[at] = _wide(np.asarray(one))
    return torch.from_numpy(whole)


def _wide(array: Array) -> Array:
    """Return an array in a type that torch and files of tensors know."""
    if array.dtype.kind in "ui b":
        return array.astype(np.int64)
    return array.astype(np.float32)


def _filled_up(x: Tensor) -> Tensor:
    """Return rows with copies of the last behind them, up to one of a few numbers of rows."""
    rows = x.shape[1]
    whole = (
        max(1, 1 << (rows - 1).bit_length())
        if rows < LEAST_ROWS
        else -(-rows // LEAST_ROWS) * LEAST_ROWS
    )
    at = torch.arange(whole, device=x.device).clamp(max=rows - 1)
    return x[:, at] if whole > rows else x
