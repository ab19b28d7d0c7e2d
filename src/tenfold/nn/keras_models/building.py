"""From a user's function to Keras models side by side, each made for its own fold.

Shape letters in this file:
    F  networks side by side    N  rows    B  rows in a batch
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from tenfold.config import Task
from tenfold.errors import NetworkError
from tenfold.nn.features import FoldFeatures
from tenfold.nn.keras_models.compiled import Meaning, compile_as_usual, read_meaning
from tenfold.nn.keras_models.engine import (
    Entering,
    Form,
    State,
    as_arrays,
    layers_of,
    pick,
    twice,
)
from tenfold.nn.keras_models.engines import find_turns
from tenfold.nn.keras_models.entering import Entrance
from tenfold.nn.keras_models.library import load_keras
from tenfold.nn.keras_models.making import (
    PROBED,
    KerasBody,
    adapt,
    adapts,
    check_model,
    make_model,
)
from tenfold.nn.keras_models.network import PARTS, KerasNetwork
from tenfold.silence import Silence

_SILENT: Final = Silence()

Rows = Callable[[int, int | None], tuple[Tensor, Tensor, FoldFeatures | None]]
"""Takes a network's number and how many rows it may learn from are wanted; None for all.

Returns ``x`` and codes of such rows, (1, N, ...), and features.
"""


def build_networks(
    body: KerasBody,
    shapes: Sequence[int | tuple[int, ...]],
    outputs: int,
    task: Task,
    seeds: Sequence[int],
    entrance_of: Callable[[Any], Entrance],
    rows: Rows,
) -> KerasNetwork:
    """Make F models, let their layers adapt to rows of their fold, and put them side by side.

    Parameters
    ----------
    body : KerasBody
    shapes : sequence of F int or tuple
        Of what enters each.
    outputs : int
        O.
    task : {"regression", "classification"}
    seeds : sequence of F int
    entrance_of : callable
        Returns what of a row enters a model.
    rows : callable
        Returns rows that a network may learn from; see ``Rows``.

    Raises
    ------
    NetworkError
        N02, N03, N04, N10 or N11, if the function or its model does not do what it must.
    """
    if task == "multilabel":
        fact = "a Keras model cannot be trained on several labels for each image"
        raise NetworkError("N04", fact, fix=["--network auto"])
    models = [
        make_model(body, shape, outputs, seed)
        for shape, seed in zip(shapes, seeds, strict=True)
    ]
    _refuse_shared(models)
    entrance, forms, made = entrance_of(models[0]), {}, []
    for f, model in enumerate(models):
        adapting = adapts(model)
        x = _own_rows(entrance.only(np.array([f])), rows(f, None if adapting else PROBED))
        if adapting:
            adapt(model, x)
            use_variables(model)
        few = pick(x, slice(0, PROBED))
        width = check_model(model, few, task, outputs)
        compile_as_usual(model, task, width, body.lr)
        model.optimizer.build(model.trainable_variables)
        key = form_of(model)
        if key not in forms:
            forms[key] = _form(model, read_meaning(model, task, width), few)
        made.append(forms[key])
    return KerasNetwork(made, [_state(one) for one in models], entrance, models, seeds)


def _refuse_shared(models: Sequence[Any]) -> None:
    """Refuse models that are one, or share layers: folds would learn each other's rows.

    Raises
    ------
    NetworkError
        N02.
    """
    seen: set[int] = set()
    for model in models:
        own = {id(one) for one in (model, *layers_of(model), *model.weights)}
        if own & seen:
            fact = "the function returned a model, or a layer, that it had returned before"
            fix = ["make the model and its layers inside the function"]
            raise NetworkError("N02", fact, fix=fix)
        seen |= own


def _form(model: Any, meaning: Meaning, x: Entering) -> Form:
    """Return what models have in common, and whether they can learn together."""
    rows = len(next(iter(x.values())) if isinstance(x, dict) else x)
    form, alone = Form(model=model, meaning=meaning), _state(model)
    two = {part: [np.stack([one, one]) for one in getattr(alone, part)] for part in PARTS}
    seen = torch.zeros(rows, dtype=torch.float32 if meaning.labels == "value" else torch.int64)
    y = meaning.taught(seen).numpy()
    turns = find_turns(form, State(**two), twice(x), np.stack([y, y]))
    return replace(form, turns=turns)


def rebuild_networks(
    models: Sequence[Any], meanings: Sequence[Meaning], entrance: Entrance
) -> KerasNetwork:
    """Return networks with numbers still to be filled in; those alike share a model."""
    forms: dict[int, Form] = {}
    for model, meaning in zip(models, meanings, strict=True):
        forms.setdefault(id(model), Form(model=model, meaning=meaning))
    values = [_state(model, learning=False) for model in models]
    return KerasNetwork([forms[id(one)] for one in models], values, entrance)


def form_of(model: Any) -> str:
    """Return what models that differ in their numbers only have in common."""
    shapes = [
        tuple(v.shape) for v in (*model.trainable_variables, *model.non_trainable_variables)
    ]
    told = described(model) or {"class_name": type(model).__name__}
    names = {name: f"layer {place}" for place, name in enumerate(dict.fromkeys(_names(told)))}
    learnt = [_adapted(layer) for layer in layers_of(model) if hasattr(layer, "adapt")]
    return json.dumps([_renamed(told, names), shapes, learnt], sort_keys=True)


def described(model: Any) -> dict[str, Any] | None:
    """Return Keras' own description of a model's layers; None of a class without one."""
    try:
        with _SILENT:  # Keras warns of code of the user's own, which is not kept
            told: dict[str, Any] = json.loads(model.to_json())
    except (NotImplementedError, TypeError, ValueError):
        return None
    told.pop("compile_config", None)
    return told


def _names(told: Any) -> Iterator[str]:
    """Yield what layers are called in a description, in their order."""
    if isinstance(told, dict):
        config = told.get("config")
        if isinstance(config, dict) and told.get("class_name") != "DTypePolicy":
            yield from (str(config[key]) for key in ("name",) if key in config)
        told = list(told.values())
    for one in told if isinstance(told, list) else ():
        yield from _names(one)


def _renamed(told: Any, names: Mapping[str, str]) -> Any:
    """Return a description whose layers are called by their places."""
    if isinstance(told, dict):
        return {key: _renamed(value, names) for key, value in told.items()}
    if isinstance(told, list):
        return [_renamed(value, names) for value in told]
    return names.get(told, told) if isinstance(told, str) else told


def _own_rows(
    entrance: Entrance, given: tuple[Tensor, Tensor, FoldFeatures | None]
) -> Entering:
    x, codes, features = given
    return pick(as_arrays(entrance.entering(x, codes, slice(0, 1), features)), 0)


def _state(model: Any, *, learning: bool = True) -> State:
    """Return the numbers of one model."""
    to_numpy = load_keras().ops.convert_to_numpy
    parts = [model.trainable_variables, model.non_trainable_variables]
    parts.append(model.optimizer.variables if learning else [])
    trained, fixed, driven = ([np.array(to_numpy(v)) for v in part] for part in parts)
    return State(trained=trained, fixed=fixed, driven=driven)


def use_variables(model: Any) -> None:
    """Let ``Normalization`` layers read what they learnt from their variables.

    They keep a copy of it beside them, which would be that of the first fold for all.
    """
    for layer in layers_of(model):
        if _is_normalization(layer) and layer.built:
            for name in ("mean", "variance"):
                # Not by the layer's own way, which takes any variable for a new one.
                object.__setattr__(layer, name, getattr(layer, f"adapt_{name}"))


def _is_normalization(layer: Any) -> bool:
    """Tell whether a layer learnt means that lie behind each other as the last axes do."""
    keras = load_keras()
    if not isinstance(layer, keras.layers.Normalization) or layer.input_mean is not None:
        return False
    axes = len(getattr(layer, "input", np.zeros(())).shape)
    kept = sorted(axis % axes for axis in layer.axis) if axes else [-1]
    return kept == list(range(axes - len(kept), axes))


def _adapted(layer: Any) -> Any:
    """Return what a layer learnt that is in no variable; None if there is nothing."""
    if hasattr(layer, "get_vocabulary"):
        return [str(word) for word in layer.get_vocabulary()]
    if not hasattr(layer, "adapt_mean") or _is_normalization(layer):
        return None
    to_numpy = load_keras().ops.convert_to_numpy
    return [to_numpy(part).tolist() for part in (layer.adapt_mean, layer.adapt_variance)]
