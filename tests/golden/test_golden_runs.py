"""Golden runs score, answer and predict what they did, as far as processors agree.

Other instructions round otherwise, so that here numbers are compared within a tolerance.
Where no answer may change at all, ``make same COMMIT=main`` compares two commits on one
machine bit for bit.
"""

from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pandas as pd
import pytest

from tests.golden.difference import differences, distance
from tests.golden.kept import in_float32, read_kept, shapes
from tests.golden.record import WEIGHTS, Record, record
from tests.golden.runs import COMPARISON, GOLDEN, Golden

# Of the largest number of an array. Between instruction sets from SSE to AVX-512 no number of
# these runs was seen to move by more than 3e-4.
TOLERANCE: Final = 1e-3


@lru_cache(maxsize=1)
def found_in(name: str) -> Record:
    with TemporaryDirectory() as home, in_float32():
        return record(name, Path(home))


def far(name: str) -> dict[str, float]:
    """Return what is farther from the kept numbers than processors are from each other."""
    known, of_weights = read_kept(name)
    found = {k: v for k, v in found_in(name).items() if not k.startswith(WEIGHTS)}
    gaps = {
        key: distance(known[key], found[key]) if key in known and key in found else np.inf
        for key in known.keys() | found.keys()
    }
    if of_weights != shapes(found_in(name)):
        gaps[WEIGHTS] = np.inf
    return {key: gap for key, gap in sorted(gaps.items()) if gap > TOLERANCE}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow if n == COMPARISON else ()) for n in GOLDEN],
)
def test_a_golden_run_says_what_it_said(name: str) -> None:
    assert far(name) == {}


@pytest.mark.parametrize("name", ["regression", "regression, tutorial"])
def test_one_cell_that_is_larger_by_one_is_noticed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the smallest change of the data is larger than the tolerance."""
    made = Golden.data

    def changed(golden: Golden, home: Path, seed: int = 0) -> pd.DataFrame:
        rows: pd.DataFrame = made(golden, home, seed)
        return rows.assign(age=rows["age"] + (rows.index == 0))

    monkeypatch.setattr(Golden, "data", changed)
    found_in.cache_clear()
    assert far(name)["predictions.prediction"] > TOLERANCE
    found_in.cache_clear()


def test_the_strict_comparison_tells_one_bit_and_forgives_a_new_name() -> None:
    one = {"metrics.mse": np.array(0.1), "weights/a": np.arange(3.0), "weights/b": np.ones(2)}
    renamed = {"metrics.mse": one["metrics.mse"], "weights/c": one["weights/a"]}
    assert list(differences(one, renamed | {"weights/b": np.ones(2)})) == []
    lines = list(differences(one, one | {"metrics.mse": np.nextafter(one["metrics.mse"], 1)}))
    assert lines == ["metrics.mse: 1 of 1 numbers differ, by 1.39e-17 at most"]
    lines = list(differences(one, one | {"weights/b": np.array([1.0, np.nextafter(1, 2)])}))
    assert lines == ["weights/b: its bits are only here", "weights/b: its bits are only there"]
    assert list(differences(one, renamed)) == [
        "weights/b: its bits are only here",
        "weights/: 2 arrays here, 1 there",
    ]
