"""Keras itself: loaded when a model needs it, on the backend that it has.

Keras chooses its backend when it is first imported, by ``KERAS_BACKEND`` or its own file of
settings, and Tenfold never changes that choice. Only where the backend that Keras would take
is not installed, as TensorFlow is not by default, another that is installed is named.
"""

import importlib.util
import json
import os
import sys
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from tenfold.extras import require

NAMES: Final = {"jax": "JAX", "torch": "torch", "tensorflow": "TensorFlow"}
BACKENDS: Final = tuple(NAMES)  # in the order in which they are looked for


def load_keras() -> ModuleType:
    """Return Keras.

    Raises
    ------
    MissingExtraError
        E01, if it is not installed, or its backend is not.
    """
    name_backend()
    return require("keras", extra="keras", to="train a Keras model")


def name_backend() -> None:
    """Name a backend that is installed, where Keras would take one that is not.

    It has to be called before Keras is imported for the first time.
    """
    if "keras" in sys.modules or os.environ.get("KERAS_BACKEND"):
        return
    if _is_installed("keras") and not _is_installed(_usual_backend()):
        installed = next(filter(_is_installed, BACKENDS), None)
        if installed is not None:
            os.environ["KERAS_BACKEND"] = installed


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


def _usual_backend() -> str:
    """Return what Keras takes without ``KERAS_BACKEND``: what its file of settings says."""
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        return str(json.loads((home / "keras.json").read_text())["backend"])
    except (OSError, ValueError, LookupError, TypeError):
        return "tensorflow"


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
