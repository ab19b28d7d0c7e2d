"""The parts of older model files as today's format would hold them.

Format 1 had neither temperatures nor scores of held-out rows. Formats 1 and 2 gave intervals
without bounds; what else they held otherwise, the kinds of data know. The first files of
format 3 did not say how narrow folds that differ may make an interval.
"""

from typing import Any, Final

import torch
from torch import Tensor

from tenfold.kinds.registry import kind_of_file
from tenfold.learning import Parts
from tenfold.nn.conformal import Conformal

MOST_OUTPUTS: Final = 100_000
FIRST_SHARE: Final = 0.25  # least share of a squared half width, where a file says none


def as_today(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> Parts:
    """Return the parts of a model file as today's format would hold them.

    Raises
    ------
    LookupError, TypeError, ValueError, RuntimeError
        If they cannot be read.
    """
    if manifest["format"] < 2:
        manifest, tensors = _with_calibration(manifest, tensors)
    if manifest["format"] < 3:
        manifest, tensors = _without_lines(manifest, tensors)
    if manifest["format"] < 3:
        manifest, tensors = kind_of_file(manifest).of_format_2(manifest, tensors)
    if manifest["conformal"] is not None:
        conformal = {"least_share": FIRST_SHARE} | manifest["conformal"]
        manifest = manifest | {"conformal": conformal}
    return manifest, tensors


def _with_calibration(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> Parts:
    mean_F = tensors.get("target.mean_F", torch.zeros(0))
    outputs = int(manifest["outputs"])
    if not 0 < outputs <= MOST_OUTPUTS:
        raise ValueError("a model cannot have this many outputs")
    return manifest | {"conformal": None}, tensors | {
        "target.temperature_F": torch.ones_like(mean_F),
        "target.bias_FO": mean_F.new_zeros((len(mean_F), outputs)),
    }


def _without_lines(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> Parts:
    """Let errors be alike whatever the answer, and the target be any number."""
    conformal = manifest["conformal"]
    if conformal is None:
        return manifest, tensors
    of_none = {f"conformal.{k}": v for k, v in Conformal(0).state_dict().items()}
    return manifest | {"conformal": {**conformal, "knots": 0}}, of_none | tensors
