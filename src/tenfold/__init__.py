"""Tenfold turns tables and pictures into neural networks whose score you can believe."""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from tenfold.auditing import audit as audit
    from tenfold.comparison.run import compare as compare
    from tenfold.errors import TenfoldError as TenfoldError
    from tenfold.estimators import TabularClassifier as TabularClassifier
    from tenfold.estimators import TabularRegressor as TabularRegressor
    from tenfold.image_classifier import ImageClassifier as ImageClassifier
    from tenfold.launch import train as train
    from tenfold.opening import load as load
    from tenfold.run import Run as Run


# Imported when they are first asked for, so that `tenfold --help` need not wait for torch.
_HOMES = {
    "ImageClassifier": "tenfold.image_classifier",
    "Run": "tenfold.run",
    "TabularClassifier": "tenfold.estimators",
    "TabularRegressor": "tenfold.estimators",
    "TenfoldError": "tenfold.errors",
    "audit": "tenfold.auditing",
    "compare": "tenfold.comparison.run",
    "load": "tenfold.opening",
    "train": "tenfold.launch",
}

__all__ = [
    "ImageClassifier",
    "Run",
    "TabularClassifier",
    "TabularRegressor",
    "TenfoldError",
    "__version__",
    "audit",
    "compare",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'tenfold' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
