"""Tenfold turns tables and pictures into neural networks whose score you can believe."""

import importlib
import logging
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())  # a program decides on its log

if TYPE_CHECKING:
    from tenfold.auditing import Audit as Audit
    from tenfold.auditing import audit as audit
    from tenfold.checks.finding import Finding as Finding
    from tenfold.comparison.compare import compare as compare
    from tenfold.comparison.comparison import Comparison as Comparison
    from tenfold.comparison.follow import ComparisonCallback as ComparisonCallback
    from tenfold.config import Decision as Decision
    from tenfold.config import SchemaOptions as SchemaOptions
    from tenfold.config import SplitOptions as SplitOptions
    from tenfold.config import TrainOptions as TrainOptions
    from tenfold.errors import TenfoldError as TenfoldError
    from tenfold.estimators import TabularClassifier as TabularClassifier
    from tenfold.estimators import TabularRegressor as TabularRegressor
    from tenfold.evaluate.scores import FoldScore as FoldScore
    from tenfold.evaluate.scores import TestScore as TestScore
    from tenfold.image_estimators import ImageClassifier as ImageClassifier
    from tenfold.image_estimators import ImageRegressor as ImageRegressor
    from tenfold.loading import load as load
    from tenfold.read_options import PictureOptions as PictureOptions
    from tenfold.read_options import ReadOptions as ReadOptions
    from tenfold.report.summary import Results as Results
    from tenfold.run import Run as Run
    from tenfold.runs import rerun as rerun
    from tenfold.runs import resume as resume
    from tenfold.runs import train as train
    from tenfold.streaming.files import predict_file as predict_file
    from tenfold.streaming.told import Answered as Answered
    from tenfold.training.watch import Callback as Callback


# Imported when they are first asked for, so that `tenfold --help` need not wait for torch.
_HOMES = {
    "Answered": "tenfold.streaming.told",
    "Audit": "tenfold.auditing",
    "Callback": "tenfold.training.watch",
    "Comparison": "tenfold.comparison.comparison",
    "ComparisonCallback": "tenfold.comparison.follow",
    "Decision": "tenfold.config",
    "Finding": "tenfold.checks.finding",
    "FoldScore": "tenfold.evaluate.scores",
    "ImageClassifier": "tenfold.image_estimators",
    "ImageRegressor": "tenfold.image_estimators",
    "PictureOptions": "tenfold.read_options",
    "ReadOptions": "tenfold.read_options",
    "Results": "tenfold.report.summary",
    "Run": "tenfold.run",
    "SchemaOptions": "tenfold.config",
    "SplitOptions": "tenfold.config",
    "TabularClassifier": "tenfold.estimators",
    "TabularRegressor": "tenfold.estimators",
    "TenfoldError": "tenfold.errors",
    "TestScore": "tenfold.evaluate.scores",
    "TrainOptions": "tenfold.config",
    "audit": "tenfold.auditing",
    "compare": "tenfold.comparison.compare",
    "load": "tenfold.loading",
    "predict_file": "tenfold.streaming.files",
    "rerun": "tenfold.runs",
    "resume": "tenfold.runs",
    "train": "tenfold.runs",
}

__all__ = [
    "Answered",
    "Audit",
    "Callback",
    "Comparison",
    "ComparisonCallback",
    "Decision",
    "Finding",
    "FoldScore",
    "ImageClassifier",
    "ImageRegressor",
    "PictureOptions",
    "ReadOptions",
    "Results",
    "Run",
    "SchemaOptions",
    "SplitOptions",
    "TabularClassifier",
    "TabularRegressor",
    "TenfoldError",
    "TestScore",
    "TrainOptions",
    "__version__",
    "audit",
    "compare",
    "load",
    "predict_file",
    "rerun",
    "resume",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'tenfold' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
