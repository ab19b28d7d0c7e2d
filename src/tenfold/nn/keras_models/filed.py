"""What a model file says of Keras models, and the way back without running a stranger's code.

A file holds Keras' own JSON of the layers. Only layers, initializers, regularizers and
constraints of Keras itself are made from it, by name: a file that names anything else is
refused before Keras sees it, since Keras would import what it is told to. Models with classes
or functions of the user's own have no JSON here, and are made by the user's function again.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tenfold.nn.keras_models.building import described, rebuild_networks, use_variables
from tenfold.nn.keras_models.compiled import Meaning
from tenfold.nn.keras_models.entering import Entrance
from tenfold.nn.keras_models.library import load_keras
from tenfold.nn.keras_models.making import KerasBody, make_model
from tenfold.nn.keras_models.network import KerasNetwork
from tenfold.nn.network import FoldNetwork

OF_KERAS: Final = frozenset(
    {
        "keras",
        "keras.constraints",
        "keras.initializers",
        "keras.layers",
        "keras.models",
        "keras.regularizers",
        "keras.src.models.functional",
    }
)
# Layers of Keras that run what their description holds, or load it from elsewhere.
RUNS_CODE: Final = frozenset(
    {"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
)
PLAIN: Final = frozenset({"__ellipsis__", "__keras_tensor__", "__tuple__", "slice"})
OWN_CODE: Final = "the Keras model has layers or functions of its own"
MOST_NESTED: Final = 100
MOST_NETWORKS: Final = 10_000


def describe_networks(network: FoldNetwork, scored: FoldNetwork | None) -> dict[str, Any]:
    """Return what a model file says of networks, and of those that were scored, if others."""
    told = _describe(network)
    return told if scored is None else told | {"scored": _describe(scored)}


def _describe(network: FoldNetwork) -> dict[str, Any]:
    if not isinstance(network, KerasNetwork):
        raise TypeError("this is not a Keras model")
    forms = list(dict.fromkeys(network.forms))
    return {
        "models": [_json_of(form.model) for form in forms],
        "of": [forms.index(form) for form in network.forms],
        "labels": forms[0].meaning.labels,
        "said": forms[0].meaning.said,
        "width": forms[0].meaning.width,
        "entrance": network.entrance.describe(),
    }


def open_networks(
    entry: Mapping[str, Any],
    networks: int,
    entrance: Entrance,
    remake: Any,
) -> KerasNetwork:
    """Return the networks that a file describes, with numbers still to be filled in.

    Parameters
    ----------
    entry : mapping
        What ``describe_networks`` returned.
    networks : int
    entrance : Entrance
    remake : callable
        Makes the model of a network by the user's function, given the network's number.

    Raises
    ------
    LookupError, TypeError, ValueError
        If a file cannot hold such networks.
    """
    of_F = [int(one) for one in entry["of"]]
    if len(of_F) != networks or networks > MOST_NETWORKS:
        raise ValueError("the models do not match the networks")
    meaning = Meaning(labels=entry["labels"], said=entry["said"], width=int(entry["width"]))
    made: dict[int, Any] = {}
    for f, form in enumerate(of_F):
        if form not in made:
            told = entry["models"][form]
            model = remake(f) if told is None else _open(str(told))
            use_variables(model)
            made[form] = model
    return rebuild_networks([made[form] for form in of_F], [meaning] * networks, entrance)


def remake(
    make: Any, shapes: Sequence[int | tuple[int, ...]], outputs: int, columns: Mapping[str, int]
) -> Any:
    """Return what makes the model of a network by the user's function."""
    body = KerasBody(make=make, columns=columns)

    def of_network(f: int) -> Any:
        return make_model(body, shapes[f], outputs, seed=0)

    return of_network


def _json_of(model: Any) -> str | None:
    """Return the JSON of a model; None if it holds more than what Keras itself has."""
    told = described(model)
    return None if told is None or _foreign(told) else json.dumps(told)


def _open(text: str) -> Any:
    told = json.loads(text)
    if not isinstance(told, dict) or (odd := _foreign(told)):
        raise ValueError(f"the model has something that Keras does not have: {odd}")
    try:
        return load_keras().models.model_from_json(text)
    except Exception as error:
        raise ValueError(f"Keras cannot make the model: {error}") from error


def _foreign(told: Any, depth: int = 0) -> str:
    """Return the first thing of a description that is not Keras' own; empty if none is."""
    if depth > MOST_NESTED:
        return "layers nested too deeply"
    if isinstance(told, dict):
        name, module = told.get("class_name"), told.get("module")
        known = module in OF_KERAS and name not in RUNS_CODE
        registered = told.get("registered_name") not in (None, name)
        if name is not None and name not in PLAIN and (not known or registered):
            return f"{module}.{name}"
        odd = [key for key, value in told.items() if _is_code(key, value)]
        if odd:
            return f"a function as {odd[0]}"
        told = list(told.values())
    parts = told if isinstance(told, list) else ()
    return next(filter(None, (_foreign(one, depth + 1) for one in parts)), "")


def holds_code(entry: Mapping[str, Any]) -> bool:
    """Tell whether a file describes models with code of the user's own, which it has not."""
    return any(one is None for one in entry["models"])


def _is_code(key: str, value: Any) -> bool:
    """Tell whether an activation is a function of the user's own, which is written as code."""
    if not key.endswith("activation") or value is None or isinstance(value, str):
        return False
    return not (isinstance(value, dict) and "class_name" in value)
