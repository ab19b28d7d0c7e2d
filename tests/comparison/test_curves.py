"""Learning curves: laws that were put in are found, and forecasts do not promise too much."""

from typing import Final

import numpy as np
import pytest

from tenfold.comparison.curves import (
    SHARES,
    along,
    curve_of,
    find_crossing,
    fit_law,
    forecast_doubling,
    share_name,
)
from tenfold.comparison.entry import Entry
from tenfold.seeds import Streams

ROWS: Final = 1600
TEST_SHARE: Final = 1 / 9


def entries(
    law: tuple[float, float, float], *, noise: float, seed: int = 0, rows: int = ROWS
) -> list[Entry]:
    """Return entries of ten folds whose R2 is 1 - (a + b n^-c), with noise."""
    rng = np.random.default_rng(seed)
    a, b, c = law
    found = []
    for share in SHARES:
        scores = 1 - (a + b * (share * rows) ** -c) + rng.normal(0, noise, 10)
        found.append(
            Entry(
                name=f"law {law}",
                kind="deep",
                per_fold={"r2": tuple(scores.tolist())},
                learnt=share * rows,
                folds=10,
            )
        )
    return found


@pytest.mark.parametrize("law", [(0.1, 2.0, 0.5), (0.0, 1.0, 0.3), (0.2, 30.0, 1.0)])
def test_a_law_is_found_again(law: tuple[float, float, float]) -> None:
    rows = ROWS * np.array(SHARES)
    a, b, c = law
    found = fit_law(rows, a + b * rows**-c)
    assert found.error(2 * ROWS) == pytest.approx(a + b * (2 * ROWS) ** -c, rel=0.02)


def test_errors_that_do_not_fall_promise_nothing() -> None:
    rows = ROWS * np.array(SHARES)
    law = fit_law(rows, np.array([0.2, 0.21, 0.2, 0.22, 0.21]))
    assert law.error(ROWS) == pytest.approx(law.error(2 * ROWS))


def test_what_twice_the_rows_bring_lies_in_the_interval() -> None:
    law = (0.1, 2.0, 0.5)
    true = 2.0 * (ROWS**-0.5 - (2 * ROWS) ** -0.5)
    inside = 0
    for seed in range(20):
        found = forecast_doubling(
            entries(law, noise=0.01, seed=seed), "r2", TEST_SHARE, Streams(0)
        )
        assert found is not None
        inside += found.low <= true <= found.high
    assert inside >= 18


def test_too_few_rows_give_no_forecast() -> None:
    few = entries((0.1, 2.0, 0.5), noise=0.01, rows=160)
    assert forecast_doubling(few, "r2", TEST_SHARE, Streams(0)) is None


def test_curves_that_cross_within_the_rows_are_found_there() -> None:
    steep, flat = (0.05, 20.0, 0.8), (0.2, 0.8, 0.3)
    one, other = entries(steep, noise=0.002), entries(flat, noise=0.002, seed=1)
    found = find_crossing(one, other, "r2", TEST_SHARE)
    assert found is not None
    assert found.measured
    assert found.better == one[0].name
    rows = np.geomspace(100, ROWS, 400)
    gap = (0.05 + 20.0 * rows**-0.8) - (0.2 + 0.8 * rows**-0.3)
    true = rows[np.argmin(np.abs(gap))]
    assert true / 2 < found.rows < true * 2


def test_curves_that_would_cross_later_are_told_as_a_forecast() -> None:
    steep, flat = (0.05, 30.0, 0.6), (0.25, 0.5, 0.3)
    one, other = entries(steep, noise=0.001), entries(flat, noise=0.001, seed=1)
    found = find_crossing(one, other, "r2", TEST_SHARE)
    assert found is not None
    assert not found.measured
    assert found.better == one[0].name
    assert ROWS < found.rows <= 16 * ROWS


def test_curves_that_are_not_shown_to_differ_do_not_cross() -> None:
    law = (0.1, 2.0, 0.5)
    one, other = entries(law, noise=0.02), entries(law, noise=0.02, seed=1)
    assert find_crossing(one, other, "r2", TEST_SHARE) is None


def test_all_points_of_a_curve_are_of_the_same_folds() -> None:
    *parts, whole = entries((0.1, 2.0, 0.5), noise=0.01)
    five = {
        share_name(share): Entry(
            name="x",
            kind="deep",
            per_fold={"r2": part.per_fold["r2"][:5]},
            learnt=part.learnt,
            folds=5,
        )
        for share, part in zip(SHARES, parts, strict=False)
    }
    found = along(five, whole)
    assert [len(entry.per_fold["r2"]) for entry in found] == [5] * 5
    assert curve_of(found, "r2", TEST_SHARE).rows == tuple(ROWS * s for s in SHARES)
