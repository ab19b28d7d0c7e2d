"""Which backend Keras takes.

Keras chooses its backend when it is first imported, by ``KERAS_BACKEND`` or its own file of
settings, and Tenfold never changes that choice. Only where the backend that Keras would take
is not installed, as TensorFlow is not by default, another that is installed is named.
"""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Final

NAMES: Final = {"jax": "JAX", "torch": "torch", "tensorflow": "TensorFlow"}
BACKENDS: Final = tuple(NAMES)  # in the order in which they are looked for


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


def _usual_backend() -> str:
    """Return what Keras takes without ``KERAS_BACKEND``: what its file of settings says."""
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        return str(json.loads((home / "keras.json").read_text())["backend"])
    except (OSError, ValueError, LookupError, TypeError):
        return "tensorflow"


def _is_installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
