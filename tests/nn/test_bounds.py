"""Where intervals end because the target does."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import tenfold
from tenfold.nn.bounds import bounds_of
from tenfold.nn.conformal import BEYOND

Numbers = NDArray[np.float64]
OPEN = (-BEYOND, BEYOND)


def draw(kind: str, rows: int, seed: int) -> tuple[Numbers, Numbers]:
    """Return a column and a target that follows it."""
    generator = np.random.default_rng(seed)
    column, noise = generator.normal(size=(2, rows))
    both = column + 0.6 * noise
    steep = 1 / (1 + np.exp(-2 * column))
    targets = {
        "percentages": np.clip(50 + 25 * both, 0, 100).round(1),
        "high percentages": np.clip(75 + 20 * both, 0, 100).round(1),
        "shares": generator.beta(5 * steep, 5 * (1 - steep)).round(3),
        "shares that reach no end": 1 / (1 + np.exp(-2 * both)),
        "correlations": np.tanh(1.5 * both),
        "ratings in whole numbers": np.clip(np.rint(3 + both), 1, 5),
        "ratings between": np.clip(3 + both, 1, 5).round(2),
        "marks from 0 to 20": np.clip(np.rint(13 + 5 * both), 0, 20),
        "losses": -np.exp(both),
        "prices": np.exp(5 + both),
        "counts": generator.poisson(np.exp(1 + column)).astype(float),
        "normal": 50 + 20 * both,
        "normal, in whole numbers": np.rint(3 * both),
        "heavy tails": generator.standard_t(2, rows),
        "two hills": both + 30 * (generator.uniform(size=rows) < 0.3) - 10,
    }
    return column, targets[kind]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("kind", "bounds"),
    [
        ("percentages", (0, 100)),
        ("high percentages", (0, 100)),
        ("shares", (0, 1)),
        ("shares that reach no end", (0, 1)),
        ("correlations", (-1, 1)),
        ("ratings in whole numbers", (1, 5)),
        ("ratings between", (1, 5)),
        ("marks from 0 to 20", (0, 20)),
        ("losses", (-BEYOND, 0)),
        ("prices", (0, BEYOND)),
        ("counts", (0, BEYOND)),
        ("normal", OPEN),
        ("normal, in whole numbers", OPEN),
        ("heavy tails", OPEN),
        ("two hills", OPEN),
    ],
)
def test_a_target_is_bounded_where_its_values_pile_up_and_only_there(
    kind: str, bounds: tuple[float, float], seed: int
) -> None:
    target = draw(kind, 800, seed)[1]
    assert bounds_of(target) == bounds
    assert bounds_of(-target) == (-bounds[1], -bounds[0])
    if bounds == OPEN:  # nor is a part of the rows, or the same in other units
        assert bounds_of(1_000 * target[:200]) == OPEN


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    target=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200).map(np.array),
    in_time=st.booleans(),
)
def test_no_row_is_beyond_the_bounds(target: Numbers, in_time: bool) -> None:
    low, high = bounds_of(target, in_time=in_time)
    assert low <= target.min()
    assert target.max() <= high


def test_a_target_that_rises_with_time_may_pass_the_end_that_it_came_close_to() -> None:
    rising = np.linspace(2, 99, 400) + np.random.default_rng(0).normal(0, 0.1, 400)
    assert bounds_of(rising) == (0, 100)
    assert bounds_of(rising, in_time=True) == (0, BEYOND)
    full = np.minimum(rising * 1.1, 100)  # many rows are at the end itself
    assert bounds_of(full, in_time=True) == (0, 100)


@pytest.mark.parametrize(
    ("kind", "lowest", "highest"),
    [("percentages", 0, 100), ("shares", 0, 1), ("ratings in whole numbers", 1, 5)],
)
def test_intervals_stop_where_the_target_does(kind: str, lowest: float, highest: float) -> None:
    column, target = draw(kind, 900, 7)
    table = pd.DataFrame({"a": column, "y": target})
    run = tenfold.train(
        table.iloc[:600], target="y", task="regression", folds=4, quality="fast", out=None
    )
    new = table.iloc[600:]
    said = run.predict(new)
    # A row far beyond all others is answered beyond them, too; its interval is not.
    far = run.predict(pd.DataFrame({"a": [-20.0, 20.0]}))
    for ends in (said, far):
        assert (ends["low"] >= lowest).all()
        assert (ends["high"] <= highest).all()
        assert (ends["low"] <= ends["high"]).all()
    assert said["low"].min() == lowest
    assert said["high"].max() == highest
    held = (said["low"] <= new["y"]) & (new["y"] <= said["high"])
    assert held.mean() == pytest.approx(0.9, abs=0.05)
    assert run.study is not None
    held_out = run.study.ends()
    assert held_out is not None
    assert np.nanmin(held_out) == lowest
    assert np.nanmax(held_out) == highest
