"""The numbers of the golden runs that are kept with the tests, six digits of each."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from tests.golden.record import WEIGHTS, Record

KEPT: Final = Path(__file__).parent / "kept"
DIGITS: Final = 6


@contextmanager
def in_float32() -> Iterator[None]:
    """Let no processor have bfloat16, whose eight bits of precision few processors share."""
    has = torch.cpu.get_capabilities
    setattr(torch.cpu, "get_capabilities", dict)  # noqa: B010 - for mypy
    try:
        yield
    finally:
        setattr(torch.cpu, "get_capabilities", has)  # noqa: B010 - as above


def path_of(name: str) -> Path:
    return KEPT / f"{name.replace(', ', '-').replace(' ', '-')}.json"


def write_kept(name: str, found: Record) -> None:
    """Keep the numbers of a run; of its weights, of which there are many, only the shapes."""
    content = {
        key: _short(array) for key, array in found.items() if not key.startswith(WEIGHTS)
    } | {"shapes": shapes(found)}
    KEPT.mkdir(exist_ok=True)
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    path_of(name).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read_kept(name: str) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Return the kept numbers of a run by name, and the shapes of its weights."""
    content = json.loads(path_of(name).read_text(encoding="utf-8"))
    of_weights = content.pop("shapes")
    return {key: _array(value) for key, value in content.items()}, of_weights


def shapes(found: Record) -> list[str]:
    """Return type and shape of each weight, in an order that names have no part in."""
    return sorted(
        f"{array.dtype} {'x'.join(map(str, array.shape))}"
        for key, array in found.items()
        if key.startswith(WEIGHTS)
    )


def _short(array: NDArray[Any]) -> Any:
    if array.dtype.kind != "f":
        return array.tolist()
    rounded = [float(f"{value:.{DIGITS}g}") for value in array.ravel()]
    plain = [None if np.isnan(value) else value for value in rounded]
    return plain[0] if array.ndim == 0 else plain


def _array(value: Any) -> NDArray[Any]:
    some = value[0] if isinstance(value, list) and value else value
    return np.array(value, dtype=np.str_ if isinstance(some, str) else np.float64)
