"""Which features a fold's networks get depends on the fold's own rows alone."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from tenfold.data.columns.encode import EMPTY, FIRST_LEVEL, UNSEEN, Encoded
from tenfold.nn.feature_layout import FeatureOptions, find_layouts, recurring_values
from tests.engine_tables import quick_run

OPTIONS = FeatureOptions(bins=((4, 0.3), (8, 0.1)), one_hot=3, recurring=True)


def random_rows(rng: np.random.Generator, rows: int = 40) -> Encoded:
    """Return rows with gaps, few and many values, words and words that are rare."""
    numbers = np.stack(
        [rng.integers(0, rng.integers(1, 14), rows).astype(float) for _ in range(4)]
    )
    numbers[rng.random(numbers.shape) < rng.choice([0, 0.03])] = np.nan
    levels = (4, 7, 12)
    codes = np.stack([rng.integers(UNSEEN, count, rows) for count in levels])
    return Encoded(
        numbers=numbers.T,
        codes=codes.T,
        levels=levels,
        target=np.zeros(rows),
        weights=np.ones(rows),
        groups=None,
        times=None,
        rows=np.arange(rows),
        countable=(0, 1, 2, 3),
    )


def own_rows(rows: Encoded, learn_GN: np.ndarray) -> list[np.ndarray]:
    return [rows.numbers[learn_N] for learn_N in learn_GN]


@given(seed=st.integers(0, 2**32 - 1))
def test_no_held_out_cell_changes_a_layout(seed: int) -> None:
    """Rows of another table take the place of those that the first fold holds out."""
    rng = np.random.default_rng(seed)
    rows, others = random_rows(rng), random_rows(rng)
    learn = np.stack([np.arange(40) < 30, np.arange(40) >= 10])
    before = find_layouts(rows, learn, OPTIONS, own_rows(rows, learn))
    rows.numbers[30:], rows.codes[30:] = others.numbers[30:], others.codes[30:]
    after = find_layouts(rows, learn, OPTIONS, own_rows(rows, learn))
    assert after.layouts[0] == before.layouts[0]
    assert all(
        np.array_equal(one[0], other[0])
        for one, other in zip(before.seen[:3], after.seen[:3], strict=True)
    )


def test_a_layout_says_what_the_rows_of_a_fold_hold() -> None:
    """A control for the promise above: what is seen does change a layout."""
    numbers = np.array([[0, 0, 1.0], [1, 1, 2], [0, 2, np.nan], [1, 3, 4]])
    codes = np.array([[2, EMPTY], [3, 2], [2, 3], [4, UNSEEN]])
    rows = Encoded(
        numbers=numbers,
        codes=codes,
        levels=(5, 6),
        target=np.zeros(4),
        weights=np.ones(4),
        groups=None,
        times=None,
        rows=np.arange(4),
    )
    learn = np.array([[True, True, True, True], [True, True, False, False]])
    options = FeatureOptions(bins=((4, 0.3),), one_hot=2)
    whole, part = find_layouts(rows, learn, options, own_rows(rows, learn)).layouts
    assert whole.distinct == (0, 4, 3)
    assert whole.flags == (2,)
    assert whole.tables == (0,)
    assert whole.categories == ((1, (EMPTY, FIRST_LEVEL, FIRST_LEVEL + 1)),)
    assert part.distinct == (0, 0, 0)
    assert (part.flags, part.tables) == ((), ())
    assert part.categories == ((0, (2, 3)), (1, (EMPTY, FIRST_LEVEL)))


values = st.sets(st.integers(-10_000, 10_000), min_size=34, max_size=60)


@given(values=values, start=st.integers(-99, 99), step=st.sampled_from([0.1, 0.5, 1.0, 7.0]))
def test_scattered_values_that_come_back_are_learnt_and_a_grid_is_not(
    values: set[int], start: int, step: float
) -> None:
    rising = np.array(sorted(values), dtype=np.float64)
    scattered = len(values) / (np.ptp(rising) / np.diff(rising).min() + 1) < 0.5
    found = recurring_values(np.repeat(rising, 20))
    np.testing.assert_array_equal(found, rising if scattered else [])
    grid = start + step * np.arange(len(values))
    assert len(recurring_values(np.repeat(grid, 20))) == 0


def test_values_are_learnt_only_if_they_are_many_few_and_often_enough() -> None:
    def squares(count: int, times: int) -> int:
        return len(recurring_values(np.repeat(np.arange(count) ** 2.0, times)))

    assert (squares(34, 20), squares(33, 20)) == (34, 0)
    assert (squares(256, 20), squares(257, 20)) == (256, 0)
    assert squares(40, 19) == 0
    gappy = np.r_[np.repeat(np.arange(40) ** 2.0, 20), [np.nan, np.inf, -np.inf]]
    np.testing.assert_array_equal(recurring_values(gappy), np.arange(40) ** 2.0)
    assert len(recurring_values(np.full(50, np.nan))) == 0


def test_values_that_come_back_are_told_unless_the_kind_is_set_by_hand() -> None:
    prices = np.repeat(np.arange(40) ** 2 + 0.5, 48)
    size = np.random.default_rng(0).normal(size=len(prices))
    answers = np.random.default_rng(1).normal(size=len(prices))
    frame = pd.DataFrame({"price": prices, "size": size, "y": answers, "w": 1.0})
    said = "each value is also encoded as a category: 'price' (40)"
    run = quick_run(frame, epochs=1, folds=3)
    assert run.model.network.features.values == ((0, tuple(np.unique(prices))),)
    assert said in [decision.what for decision in run.study.decisions]
    asked = quick_run(frame, epochs=1, folds=3, kinds={"price": "number"})
    assert asked.model.network.features.values == ()
    assert said not in [decision.what for decision in asked.study.decisions]
