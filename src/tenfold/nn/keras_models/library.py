"""Keras itself, loaded when a model needs it."""

import sys
from functools import partial
from types import ModuleType
from typing import Any

from tenfold.extras import require
from tenfold.keras_backend import name_backend


def load_keras() -> ModuleType:
    """Return Keras.

    Raises
    ------
    MissingExtraError
        E01, if it is not installed, or its backend is not.
    """
    name_backend()
    return require("keras", extra="keras", to="train a Keras model")


def is_keras_model(found: object) -> bool:
    """Tell whether something is a Keras model; loads nothing."""
    keras = sys.modules.get("keras")
    return keras is not None and isinstance(found, keras.Model)


def of_keras(function: Any) -> bool:
    """Tell whether the file of a function, or a class among its bases, is of Keras."""
    while isinstance(function, partial):
        function = function.func
    if isinstance(function, type):
        own = [*function.__mro__]
    else:
        code = function if hasattr(function, "__globals__") else type(function).__call__
        own = [*getattr(code, "__globals__", {}).values()]
    names = (getattr(one, "__module__", None) or getattr(one, "__name__", "") for one in own)
    return any(str(name).split(".")[0] in {"keras", "tensorflow"} for name in names)
