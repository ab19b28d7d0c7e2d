"""F copies of a Keras model, one after the other, by Keras' own training step.

This is how copies learn on TensorFlow, and wherever a model or a backend does not let them
learn together.

Shape letters in this file:
    S  steps    F  networks    B  rows in a batch    W  outputs of the model
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.nn.chance import seeded
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


class TurnsEngine(Engine):
    """Copies that learn by ``train_on_batch``.

    Parameters
    ----------
    form : Form
        With the model that answers for all of them.
    models : sequence of F keras.Model
        Each compiled; none outside of training.
    turns : str
        Why they take turns.
    """

    def __init__(self, form: Form, models: list[Any], turns: str) -> None:
        self._form, self._models, self.turns = form, models, turns
        self._now = State(trained=[], fixed=[], driven=[])

    def put(self, state: State) -> None:
        """Let the copies have these numbers."""
        self._now = state
        for f, model in enumerate(self._models):
            for variables, arrays in zip(_variables(model), _parts(state), strict=True):
                for variable, array in zip(variables, arrays, strict=True):
                    variable.assign(array[f])

    def take(self) -> State:
        """Return the numbers that the copies have now."""
        if self._models:
            each = zip(*(_variables(model) for model in self._models), strict=True)
            trained, fixed, driven = (_values(part) for part in each)
            self._now = State(trained=trained, fixed=fixed, driven=driven)
        return self._now

    def learn(
        self, x: Entering, y: Array, share_SFB: Array, go_SF: NDArray[np.bool_], how: Taken
    ) -> NDArray[np.float64]:
        """Take S steps; see ``Engine.learn``."""
        rows = share_SFB.shape[-1]
        loss_SF = np.zeros(go_SF.shape)
        for (s, f), goes in np.ndenumerate(go_SF):
            if not goes:
                continue
            model = self._models[f]
            before = _numbers(model) if how.factor != 1 else []
            model.reset_metrics()  # else the loss is the mean over all batches so far
            given = pick(x, s, f), y[s, f], share_SFB[s, f] * rows
            seed = (how.seeds[f] + how.first + s) % 2**63
            # On torch, Keras asks for gradients itself, and draws from the global generator.
            with torch.enable_grad(), seeded(seed):
                loss_SF[s, f] = model.train_on_batch(*given, return_dict=True)["loss"]
            for variable, old in zip(model.trainable_variables, before, strict=bool(before)):
                variable.assign(old + how.factor * (_number(variable) - old))
        loss_SF[-1, [not _finite(model) for model in self._models]] = np.nan
        return loss_SF

    def try_step(self, x: Entering, y: Array) -> None:
        """Do nothing: copies do not learn together."""

    def answer(self, x: Entering) -> Array:
        """Return what each copy says of its rows, (F, B, W)."""
        now, keras, said = self.take(), load_keras(), []
        for f in range(len(now.trained[0])):
            own = [[array[f] for array in part] for part in (now.trained, now.fixed)]
            trained, fixed = (list(map(keras.ops.convert_to_tensor, part)) for part in own)
            found = self._form.said(trained, fixed, _as_tensors(pick(x, f)))
            said.append(keras.ops.convert_to_numpy(found))
        return stacked(said)


def _as_tensors(x: Entering) -> Any:
    keras = load_keras()
    if isinstance(x, dict):
        return {name: keras.ops.convert_to_tensor(array) for name, array in x.items()}
    return keras.ops.convert_to_tensor(x)


def _variables(model: Any) -> tuple[list[Any], list[Any], list[Any]]:
    return (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
    )


def _parts(state: State) -> tuple[list[Array], list[Array], list[Array]]:
    return state.trained, state.fixed, state.driven


def _values(part: Any) -> list[Array]:
    keras = load_keras()
    return [
        stacked([keras.ops.convert_to_numpy(one) for one in each])
        for each in zip(*part, strict=True)
    ]


def _number(variable: Any) -> Array:
    found: Array = load_keras().ops.convert_to_numpy(variable)
    return found


def _numbers(model: Any) -> list[Array]:
    return [_number(one).copy() for one in model.trainable_variables]


def _finite(model: Any) -> bool:
    return all(bool(np.isfinite(one).all()) for one in _numbers(model))
