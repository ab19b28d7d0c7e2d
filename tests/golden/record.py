"""All numbers of a golden run, by name: what it scored, said and learnt."""

import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors.numpy import load

from tenfold.run import Run
from tests.golden.runs import COMPARISON, GOLDEN, Golden

Record = Mapping[str, NDArray[Any]]
# What differs from one run of the same code to the next, and texts, which may be reworded.
FLEETING: Final = frozenset(
    {"seconds", "peak_memory_bytes", "versions", "device", "decisions", "format"}
)
WEIGHTS: Final = "weights/"
# Contenders that need no more than Tenfold itself needs.
ALWAYS_THERE: Final = ("ridge regression", "nearest neighbours", "baseline", "Tenfold")


def record(name: str, home: Path) -> Record:
    """Do a golden run in a folder, and return its numbers.

    Parameters
    ----------
    name : str
        A key of ``GOLDEN``.
    home : Path
        Gets the data and the run.

    Returns
    -------
    mapping of str to ndarray
        ``metrics/...`` scores, ``predictions/...`` answers of networks that never saw the
        row, ``history/...`` losses, ``predict/...`` and ``evaluate/...`` answers to new
        rows, ``weights/...`` the arrays of the model file.
    """
    golden = GOLDEN[name]
    if name == COMPARISON:
        return dict(_of_comparison(golden, home))
    run = golden.train(home)
    return dict(_of_run(golden, run, home))


def _of_run(golden: Golden, run: Run, home: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    folder = run.folder
    assert folder is not None
    yield from numbers_in(run.metrics, "metrics")
    for table in ("predictions", "history"):
        yield from columns_of(pd.read_csv(folder / f"{table}.csv"), table)
    new = golden.data(home, seed=1)
    for coverage in (0.9, 0.5):
        said = run.predict(new, coverage=coverage).reset_index(drop=True)
        yield from columns_of(said, f"predict/{coverage}")
    for metric, score in run.evaluate(new).items():
        found = [score.value, score.low, score.high]
        yield f"evaluate/{metric}", np.array(found, dtype=np.float64)
    with zipfile.ZipFile(folder / "model.tenfold") as parts:
        (name,) = [part for part in parts.namelist() if part.endswith(".safetensors")]
        for weight, array in sorted(load(parts.read(name)).items()):
            yield WEIGHTS + weight, array


def _of_comparison(golden: Golden, home: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    for entry in sorted(golden.compare(home).entries, key=lambda one: one.name):
        if entry.name in ALWAYS_THERE:
            yield from numbers_in(dict(entry.per_fold), f"entries/{entry.name}")


def numbers_in(content: Any, path: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield each number, and each list of numbers, in what a JSON file may hold."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if key not in FLEETING:
                yield from numbers_in(value, f"{path}.{key}")
    elif isinstance(content, list | tuple) and any(isinstance(v, Mapping) for v in content):
        for place, value in enumerate(content):
            yield from numbers_in(value, f"{path}.{place}")
    elif content is not None:
        some = content[0] if isinstance(content, list | tuple) and content else content
        yield path, np.array(content, np.str_ if isinstance(some, str) else np.float64)


def columns_of(table: pd.DataFrame, path: str) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield the columns of a table, numbers as float64 and all others as text."""
    for name in table.columns.difference(list(FLEETING)):
        column = table[name]
        number = pd.api.types.is_numeric_dtype(column)
        yield f"{path}.{name}", column.to_numpy(np.float64 if number else np.str_)


def digest(array: NDArray[Any]) -> str:
    """Return a fingerprint of every bit of an array, its shape and its type."""
    head = f"{array.dtype.str} {array.shape} ".encode()
    return sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()[:16]
