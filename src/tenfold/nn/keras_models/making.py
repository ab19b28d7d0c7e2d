"""A user's function that makes Keras models: called once for each network, and checked.

Shape letters in this file:
    F  networks side by side    B  rows in a batch    W  outputs of the model
"""

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from torch import nn

from tenfold.config import Task
from tenfold.errors import NetworkError
from tenfold.keras_backend import NAMES
from tenfold.nn.chance import seeded
from tenfold.nn.keras_models.engine import Entering, layers_of, learns_itself, mode_of
from tenfold.nn.keras_models.library import is_keras_model, load_keras, of_keras

PROBED: Final = 2  # rows on which a model is tried
GIVEN: Final = ("inputs", "outputs", "columns")
RATES: Final = ("rate", "dropout", "recurrent_dropout", "stddev")
ELSEWHERE: Final = "KERAS_BACKEND=tensorflow, or do without that layer"
EXAMPLE: Final = (
    "def network(inputs, outputs): return keras.Sequential([keras.Input((inputs,)), "
    "keras.layers.Dense(outputs)])"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class KerasBody:
    """A function that makes Keras models, and what it is told.

    Parameters
    ----------
    make : callable
        Takes none, one or both of the shape of what enters and the number of outputs; and
        ``columns``, by name, if it asks for them.
    lr : float, optional
        In place of the learning rate that the model is compiled with.
    columns : mapping of str to int
        How many categories each column of a table has, missing and unknown ones among them;
        0 for numbers.
    places : mapping of str to (list of int, list of int)
        Where the numbers and the codes of each column stand among those of a table.
    """

    make: Callable[..., Any]
    lr: float | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, tuple[list[int], list[int]]] = field(default_factory=dict)

    def model(self, inputs: int | tuple[int, ...], outputs: int) -> Any:
        """Call the function.

        Raises
        ------
        NetworkError
            N02, if it raises something, or returns no Keras model.
        """
        return checked(self.called(inputs, outputs), inputs, outputs)

    def called(self, inputs: int | tuple[int, ...], outputs: int) -> object:
        """Call the function, whatever it returns; see ``model``."""
        try:
            return call(self.make, inputs, outputs, self.columns)
        except ImportError as error:  # Keras' own words for a layer of another backend
            raise NetworkError("N11", str(error).rstrip("."), fix=[ELSEWHERE]) from error
        except Exception as error:
            fact = f"network({inputs}, {outputs}) raised {type(error).__name__}: {error}"
            raise NetworkError("N02", fact, fix=[EXAMPLE]) from error


def checked(found: object, inputs: int | tuple[int, ...], outputs: int) -> Any:
    """Return what a function returned, if it is a Keras model.

    Raises
    ------
    NetworkError
        N02.
    """
    if not is_keras_model(found):
        fact = f"network({inputs}, {outputs}) returned a {type(found).__name__}"
        raise NetworkError("N02", fact, fix=[EXAMPLE])
    return found


def call(
    make: Callable[..., Any],
    inputs: int | tuple[int, ...],
    outputs: int,
    columns: Mapping[str, int],
) -> Any:
    """Call a function with as much as it takes.

    Examples
    --------
    >>> call(lambda: "no parameters", 13, 1, {})
    'no parameters'
    >>> call(lambda inputs, outputs: (inputs, outputs), 13, 1, {})
    (13, 1)
    >>> call(lambda columns, outputs=0: (columns, outputs), 13, 1, {"age": 0})
    ({'age': 0}, 1)
    """
    given = dict(zip(GIVEN, (inputs, outputs, columns), strict=True))
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return make(inputs, outputs)
    named = {p.name: given[p.name] for p in parameters if p.name in GIVEN}
    others = [
        p.name
        for p in parameters
        if p.name not in GIVEN
        and p.default is p.empty
        and p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}
    ]
    left = [given[name] for name in GIVEN[:2] if name not in named]
    return make(*left[: len(others)], **named)


def may_make_keras(make: Any) -> bool:
    """Tell whether Keras is there, so that a function may make its models."""
    return of_keras(make) or "keras" in sys.modules


def try_function(
    make: Any, shape: int | tuple[int, ...], outputs: int, columns: Mapping[str, int]
) -> Any:
    """Return a Keras model that a function makes; None if it makes modules of torch.

    Raises
    ------
    NetworkError
        N02 or N11, if a function whose file uses Keras fails.
    """
    try:
        with seeded(0):
            found = KerasBody(make=make, columns=columns).called(shape, outputs)
        if isinstance(found, nn.Module) and not is_keras_model(found):
            return None
        return checked(found, shape, outputs)
    except NetworkError:
        if of_keras(make):
            raise
        return None  # it may be a function for torch, which is told so later


def make_model(body: KerasBody, inputs: int | tuple[int, ...], outputs: int, seed: int) -> Any:
    """Return one model, its first weights drawn from a seed, with variables of its own."""
    keras = load_keras()
    with seeded(seed):
        keras.utils.set_random_seed(seed % 2**32)
        model = body.model(inputs, outputs)
        if not model.built:
            shape = inputs if isinstance(inputs, tuple) else (inputs,)
            _try(model, np.zeros((PROBED, *shape), dtype=np.float32))
    return model


def check_model(model: Any, x: Entering, task: Task, outputs: int) -> int:
    """Try a model on rows; return the number of its outputs.

    Raises
    ------
    NetworkError
        N02, if it has nothing to train; N03, if it does not turn what enters into the outputs
        that are needed.
    """
    _check_inputs(model, x)
    said = _try(model, x)
    if isinstance(said, dict | list | tuple):
        fact = f"the model has {len(said)} outputs, and a network has one"
        fix = ["return a keras.Model with the output that is the target"]
        raise NetworkError("N03", fact, fix=fix)
    shape = tuple(said.shape)
    rows = len(next(iter(x.values())) if isinstance(x, dict) else x)
    fits = {1} if task == "regression" else {outputs} | ({1} if outputs == 2 else set())
    if shape not in {(rows, width) for width in fits}:
        raise NetworkError(
            "N03",
            f"the model turned {rows} rows into shape {shape}, but {(rows, outputs)} "
            "was expected",
            fix=[f"end it with keras.layers.Dense({outputs})"],
        )
    if not model.trainable_variables:
        raise NetworkError("N02", "the model has no weights to train")
    return int(shape[-1])


def adapt(model: Any, x: Entering) -> None:
    """Let layers such as ``Normalization`` learn from rows, in place of all that they knew.

    Raises
    ------
    NetworkError
        N02, if what enters such a layer cannot be told from the model.
    """
    keras = load_keras()
    for layer in layers_of(model):
        if not hasattr(layer, "adapt") or _is_told(layer):
            continue
        try:
            before = keras.Model(model.inputs, layer.input)
            seen = before.predict(x, verbose=0)
        except (AttributeError, ValueError, TypeError) as error:
            fact = f"what enters the layer {layer.name!r} cannot be told from the model"
            fix = ["build the model as keras.Sequential or keras.Model(inputs, outputs)"]
            raise NetworkError("N02", fact, fix=fix) from error
        if not hasattr(layer, "update_state"):
            layer.adapt(np.asarray(seen))
            continue
        # What ``adapt`` does with an array, without its look for TensorFlow.
        layer.reset_state()
        layer.update_state(np.asarray(seen))
        layer.finalize_state()


def adapts(model: Any) -> bool:
    """Tell whether a model has layers that learn from rows before it is trained."""
    return any(hasattr(one, "adapt") and not _is_told(one) for one in layers_of(model))


def why_turns(model: Any, backend: str) -> str:
    """Return why copies cannot take steps together by what is known of a model."""
    own = learns_itself(model)
    compiled = all(getattr(layer, "supports_jit", True) for layer in layers_of(model))
    draws = any(_draws(layer) for layer in layers_of(model))
    optimizer = getattr(model, "optimizer", None)
    reasons = {
        f"Keras runs on {NAMES.get(backend, backend)}": backend not in {"jax", "torch"},
        f"the model has a {own} of its own": bool(own),
        "the model is compiled with run_eagerly": model.compiled and model.run_eagerly,
        "it has layers that cannot be compiled": not compiled,
        "torch draws random numbers for one network at a time": backend == "torch" and draws,
        "the optimizer scales the loss": hasattr(optimizer, "inner_optimizer"),
    }
    return next((reason for reason, applies in reasons.items() if applies), "")


def _draws(layer: Any) -> bool:
    """Tell whether a layer draws random numbers: it has a generator, and no rate of 0."""
    rates = [getattr(layer, name) for name in RATES if hasattr(layer, name)]
    generators = any("seed" in one.path for one in layer.non_trainable_variables)
    return generators and (not rates or any(rates))


def _is_told(layer: Any) -> bool:
    """Tell whether a layer was given what it would learn from rows."""
    told = layer.get_config()
    if "num_bins" in told:
        return told["num_bins"] is None
    return any(told.get(name) is not None for name in ("mean", "variance", "vocabulary"))


def _check_inputs(model: Any, x: Entering) -> None:
    """Refuse a model whose only input has another shape than rows have.

    Raises
    ------
    NetworkError
        N03.
    """
    inputs = getattr(model, "inputs", None) or []
    if isinstance(x, dict) or len(inputs) != 1:
        return
    own, given = tuple(inputs[0].shape[1:]), x.shape[1:]
    fits = len(own) == len(given)
    if not fits or any(o not in (None, g) for o, g in zip(own, given, strict=True)):
        raise NetworkError(
            "N03",
            f"the model takes rows of shape {own}, but they have shape {tuple(given)}",
            fix=[EXAMPLE],
        )


def _said(error: Exception) -> str:
    """Return the first line of an error that says something of its own."""
    lines = [line.strip() for line in str(error).splitlines()]
    own = [line for line in lines if line and not line.startswith("Exception encountered")]
    return re.sub(r"\x1b\[\d+m", "", (own or lines or [""])[0]).rstrip(".")


def _try(model: Any, x: Entering) -> Any:
    try:
        return model(x, **mode_of(model, training=False))
    except Exception as error:
        shape = {n: a.shape[1:] for n, a in x.items()} if isinstance(x, dict) else x.shape[1:]
        fact = f"the model raised {type(error).__name__} on rows of shape {shape}: {error}"
        raise NetworkError("N03", fact.split("\n", maxsplit=1)[0]) from error
