"""How much memory training takes, measured in forks of a program that has trained nothing.

``python -m tests.engine_room growths`` prints what was needed by the estimate, and what was
taken; ``limits`` trains a table below a limit of memory, and above it.
"""

import json
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from torch import nn

from tenfold import train
from tenfold.config import TrainOptions
from tenfold.errors import NetworkError
from tenfold.machine import give_memory_back, peak_memory_bytes, resident_bytes
from tenfold.training.room import Room
from tests.engine_tables import coded, fit, plan_for, splits_at, three_folds

LIMITS: Final = (100 * 2**20, 2 * 2**30)  # bytes: too few, and enough


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """What training was said to need and what it took, in bytes."""

    name: str
    needed: int
    taken: int


def numbers(rows: int, columns: int, classes: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(rows, columns))).add_prefix("c")
    y = rng.normal(size=rows)
    return frame.assign(y=[f"class {i % classes}" for i in range(rows)] if classes else y)


def large_module(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 1500), nn.ReLU(), nn.Linear(1500, outputs))


GROWTHS: Final[dict[str, Callable[[], tuple[pd.DataFrame, Any]]]] = {
    "many columns": lambda: (numbers(150, 300), "auto"),
    "many rows": lambda: (numbers(150_000, 2), "auto"),
    "many classes": lambda: (numbers(6_000, 4, classes=500), "auto"),
    "many columns and classes": lambda: (numbers(57, 1_700, classes=14), "auto"),
    "twice the columns": lambda: (numbers(57, 3_400, classes=14), "auto"),
    "a network of one's own": lambda: (numbers(300, 2_000), large_module),
}


def growth(name: str) -> Growth:
    """Train a table; return what that took."""
    frame, network = GROWTHS[name]()
    rows, task = coded(frame, weights=False)
    splits = splits_at(rows, three_folds(len(frame)))
    own = None if isinstance(network, str) else network
    options = TrainOptions(network="auto" if own is None else "own", epochs=1)
    plan = plan_for(rows, 3, task, options, own)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    give_memory_back()
    before = resident_bytes()
    fits = fit(rows, splits, task, plan)
    taken = peak_memory_bytes() - before
    networks = len(fits.stack.members)
    room = Room(rows, splits, plan.recipe, torch.device("cpu"), networks=networks)
    needed = room.needed_bytes(fits.network, fits.target.outputs)
    return Growth(name=name, needed=needed, taken=taken)


def below(limit: int) -> dict[str, Any]:
    """Train a table in so much more memory than this program has; return what came of it."""
    own = resource.RLIMIT_AS
    lines = Path("/proc/self/status").read_text().splitlines()
    size = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmSize:"))
    resource.setrlimit(own, (size + limit, size + limit))
    try:
        train(
            numbers(150, 300),
            folds=3,
            quality="fast",
            training=TrainOptions(epochs=1),
            audit="off",
            out=None,
        )
    except NetworkError as error:
        return {"said": str(error)}
    return {"said": "trained"}


def forked(do: Callable[[], dict[str, Any]]) -> None:
    """Print what something returns that is done in a copy of this program."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            sys.stdout.write(json.dumps(do()) + "\n")
            sys.stdout.flush()
            status = 0
        finally:
            os._exit(status)
    if os.waitpid(child, 0)[1]:
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1] == "growths":
        for one in GROWTHS:
            forked(lambda one=one: asdict(growth(one)))  # type: ignore[misc]
    else:
        for limit in LIMITS:
            forked(lambda limit=limit: below(limit))  # type: ignore[misc]
