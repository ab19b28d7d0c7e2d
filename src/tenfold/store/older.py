"""The parts of older model files as today's format would hold them.

Format 1 had neither temperatures nor scores of held-out rows. Formats 1 and 2 gave all networks
of a table the same layout, the numbers of words behind the features, the values of numbers
that come back as words of the schema, and intervals without bounds. The first files of format 3
did not say how narrow folds that differ may make an interval.
"""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from tenfold.data.encode import DATE_PARTS, EMPTY, FIRST_LEVEL
from tenfold.nn.conformal import Conformal
from tenfold.nn.features import ALIGNED

MOST_OUTPUTS: Final = 100_000
FIRST_WEIGHTS, FACTORS = "network.weights.0", "network.scale_F1I"

FIRST_SHARE: Final = 0.25  # least share of a squared half width, where a file says none

Parts = tuple[dict[str, Any], dict[str, Tensor]]


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
    if manifest["format"] < 3 and manifest.get("kind") == "table":
        manifest, tensors = _with_layouts(manifest, tensors)
    if manifest["conformal"] is not None:
        told = {"least_share": FIRST_SHARE} | manifest["conformal"]
        manifest = manifest | {"conformal": told}
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
    told = manifest["conformal"]
    if told is None:
        return manifest, tensors
    of_none = {f"conformal.{k}": v for k, v in Conformal(0).state_dict().items()}
    return manifest | {"conformal": {**told, "knots": 0}}, of_none | tensors


def _with_layouts(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> Parts:
    told, network = manifest["features"], manifest["network"]
    options, levels = told["options"], list(map(int, told["levels"]))
    most = max((int(bins) for bins, _ in options["bins"]), default=0)
    large = [count - FIRST_LEVEL > int(options["one_hot"]) for count in levels]
    layout = {
        "distinct": [
            min(int(count), most + 1) if most and int(count) > 2 else 0
            for count in told["distinct"]
        ],
        "flags": told["flags"],
        "words": [
            (q, list(range(EMPTY, count))) for q, count in enumerate(levels) if not large[q]
        ],
        "tables": [q for q in range(len(levels)) if large[q]],
    }
    features = {
        "options": options,
        "levels": levels,
        "values": _values(manifest["schema"]) if options["recurring"] else [],
        "layouts": [layout],
        "networks": [int(manifest["networks"])],
    }
    if network["kind"] == "mlp":
        words = int(network["options"]["word_numbers"]) * sum(large)
        tensors = tensors | {
            name: _reordered(tensors[name], words, dim, fill)
            for name, dim, fill in ((FIRST_WEIGHTS, 1, 0.0), (FACTORS, 2, 1.0))
            if name in tensors
        }
    return manifest | {"features": features, "scored": None}, tensors


def _values(schema: Mapping[str, Any]) -> list[tuple[int, list[float]]]:
    """Return the columns of numbers whose values come back, by place, and these values."""
    found, place = [], 0
    for column in schema["columns"]:
        kind = column["kind"]
        if kind == "number" and column["levels"]:
            found.append((place, [float(level) for level in column["levels"]]))
        place += {"number": 1, "boolean": 1, "date": len(DATE_PARTS)}.get(kind, 0)
    return found


def _reordered(tensor: Tensor, words: int, dim: int, fill: float) -> Tensor:
    """Put the inputs of words in front, and fill the others up as today's networks are."""
    features, of_words = tensor.split([tensor.shape[dim] - words, words], dim=dim)
    ordered = torch.cat([of_words, features], dim=dim)
    after = [0, 0] * (tensor.dim() - 1 - dim) + [0, -tensor.shape[dim] % ALIGNED]
    return functional.pad(ordered, after, value=fill)
