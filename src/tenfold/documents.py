"""JSON documents that every reader takes."""

import json
import math
from collections.abc import Mapping
from typing import Any


def document(content: Any, *, indent: int | None = 1) -> str:
    """Return content as a JSON document, on one line without ``indent``.

    What is no finite number is null: Python would write NaN and Infinity, which are no words of
    JSON (RFC 8259).

    Examples
    --------
    >>> print(document({"r2": float("nan"), "scores": (1.5, float("inf"))}))
    {
     "r2": null,
     "scores": [
      1.5,
      null
     ]
    }
    """
    return json.dumps(_finite(content), indent=indent, allow_nan=False)


def _finite(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {name: _finite(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content
