"""The parts of older model files of tables as today's format would hold them.

Formats 1 and 2 gave all networks the same layout, the embeddings of categories behind the
features, and the values of numbers that come back as categories of the schema.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from tenfold.data.columns.encode import DATE_PARTS, EMPTY, FIRST_LEVEL
from tenfold.learning import Parts
from tenfold.nn.features import ALIGNED

FIRST_WEIGHTS, FACTORS = "network.weights.0", "network.scale_F1I"


def with_layouts(manifest: dict[str, Any], tensors: dict[str, Tensor]) -> Parts:
    """Return parts with a layout, the embeddings of categories in front of the features."""
    stored, network = manifest["features"], manifest["network"]
    options, levels = stored["options"], list(map(int, stored["levels"]))
    most = max((int(bins) for bins, _ in options["bins"]), default=0)
    large = [count - FIRST_LEVEL > int(options["one_hot"]) for count in levels]
    layout = {
        "distinct": [
            min(int(count), most + 1) if most and int(count) > 2 else 0
            for count in stored["distinct"]
        ],
        "flags": stored["flags"],
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
        embedded = int(network["options"]["word_numbers"]) * sum(large)
        tensors = tensors | {
            name: _reordered(tensors[name], embedded, dim, fill)
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


def _reordered(tensor: Tensor, embedded: int, dim: int, fill: float) -> Tensor:
    """Put the inputs of categories in front, and fill the others up as today's networks are."""
    features, embeddings = tensor.split([tensor.shape[dim] - embedded, embedded], dim=dim)
    ordered = torch.cat([embeddings, features], dim=dim)
    after = [0, 0] * (tensor.dim() - 1 - dim) + [0, -tensor.shape[dim] % ALIGNED]
    return functional.pad(ordered, after, value=fill)
