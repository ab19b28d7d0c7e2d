"""Rows that are equal but for rounding share a fold; values that differ stay apart."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import tenfold
from tenfold import SplitOptions, TrainOptions
from tenfold.data.cells.rounding import without_rounding
from tests.data.test_copies import split_of

Floats = NDArray[np.float64]
Change = Callable[[pd.DataFrame], pd.DataFrame]


def of_text(**how: Any) -> Change:
    return lambda frame: pd.read_csv(io.StringIO(frame.to_csv(index=False, **how)))


ROUNDED: dict[str, Change] = {
    "a factor": lambda frame: frame * (1 + 1e-12),
    "the next number": lambda frame: frame.apply(lambda cells: np.nextafter(cells, np.inf)),
    "single precision": lambda frame: frame.astype(np.float32).astype(np.float64),
    "text": of_text(),
    "seven digits": of_text(float_format="%.7g"),
    "six decimals": of_text(float_format="%.6f"),
    "there and back": lambda frame: ((frame - 3) / 7 + 1) * 7 - 4,
}


def normals(rows: int = 200, columns: int = 6) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    return pd.DataFrame(draw.normal(size=(rows, columns)), columns=list("abcdef")[:columns])


def twice(frame: pd.DataFrame, change: Change) -> pd.DataFrame:
    """Return rows and what rounding makes of them, with targets that tell of nothing else."""
    noise = np.random.default_rng(1).normal(size=len(frame))
    both = pd.concat([frame, change(frame)], ignore_index=True)
    return both.assign(y=np.tile(noise, 2))


@pytest.mark.parametrize("change", ROUNDED.values(), ids=list(ROUNDED))
def test_rows_that_are_equal_but_for_rounding_share_a_fold(change: Change) -> None:
    table = twice(normals(), change)
    rows, fold, said = split_of(table)
    np.testing.assert_array_equal(fold[:200], fold[200:])
    assert (np.bincount(fold) == 40).all()
    assert len(rows) == 400 or change is ROUNDED["text"]  # no row becomes a weight
    if len(rows) == 400:
        assert said[0] == (
            "200 rows have the same inputs as another except for rounding, and share its fold"
        )
    control = split_of(twice(normals(), lambda frame: frame + 0.001))[1]
    assert (control[:200] != control[200:]).sum() > 100


def test_noise_that_stands_twice_but_for_rounding_cannot_be_predicted() -> None:
    table = twice(normals(), ROUNDED["a factor"])
    run = tenfold.train(table, target="y", out=None, quality="fast", audit="warn")
    assert run.metrics["scores"]["r2"]["mean"] < 0.1
    kept = tenfold.train(
        table,
        target="y",
        out=None,
        quality="fast",
        audit="warn",
        splitting=SplitOptions(keep_copies=True),
    )
    assert kept.metrics["scores"]["r2"]["mean"] > 0.3  # what there was to be found


def test_exact_copies_and_rounded_ones_are_told_apart() -> None:
    frame = normals()
    again = twice(frame, ROUNDED["a factor"])
    table = pd.concat([again, again[:50]], ignore_index=True)
    rows, fold, said = split_of(table)
    assert len(rows) == 400
    assert said[:2] == (
        "50 rows that are duplicates of another add to the weight of that row",
        "200 rows have the same inputs as another except for rounding, and share its fold",
    )
    np.testing.assert_array_equal(fold[:200], fold[200:400])
    table["y"] = table["y"].mask(table.index == 0, 7.0)  # now equal inputs have two targets
    _, fold, said = split_of(table)
    assert said[0] == (
        "250 rows have the same inputs as another, 200 of them except for rounding, and "
        "share its fold"
    )
    np.testing.assert_array_equal(fold[:50], fold[400:])


@pytest.mark.parametrize("change", ROUNDED.values(), ids=list(ROUNDED))
def test_an_audit_says_that_rows_are_equal_but_for_rounding(change: Change) -> None:
    table = twice(normals(), change)
    found = [one for one in tenfold.audit(table, target="y").findings if one.code == "A06"]
    exact = bool(table.duplicated().any())
    fact = "200 of 400 rows are duplicates of another row, which adds to the weight of that row"
    if not exact:
        fact = "200 of 400 rows equal another except for rounding"
    assert [(one.fact, one.severity) for one in found] == [(fact, "info")]


@pytest.mark.parametrize("noise", 10.0 ** np.arange(-16, 0, 0.5))
def test_a_copy_is_either_held_in_its_fold_or_told_of_as_near(noise: float) -> None:
    frame = normals(300, 5)
    draw = np.random.default_rng(2)
    copies = frame + noise * draw.normal(size=frame.shape)
    table = twice(frame, lambda _: copies)
    fold = split_of(table)[1]
    split = float((fold[:300] != fold[300:]).mean())
    found = [one for one in tenfold.audit(table, target="y").findings if one.code == "A06"]
    warned = any("near duplicates" in one.fact and one.severity == "warning" for one in found)
    assert split < 0.05 or warned or noise > 0.02
    assert not (warned and noise < 1e-8)


def test_test_rows_that_are_kept_apart_are_no_copies_but_for_rounding() -> None:
    table = twice(normals(), ROUNDED["single precision"]).assign(word="a")
    run = tenfold.train(
        table,
        target="y",
        out=None,
        training=TrainOptions(epochs=1),
        splitting=SplitOptions(test_size=0.25),
    )
    assert run.study is not None
    lines = run.study.data.lines - 1
    assert len(lines) == 300
    assert set(lines[lines < 200] + 200) == set(lines[lines >= 200])


def test_an_audit_finds_rounded_rows_among_the_test_rows() -> None:
    table = normals(300, 5).assign(y=np.random.default_rng(3).normal(size=300))
    test = table[:60] * (1 + 1e-12)
    found = tenfold.audit(table, target="y", test=test).findings
    assert "60 of 60 test rows are also in the training data" in [one.fact for one in found]


SIBLINGS = {
    "identifiers": 1e9 + np.arange(300.0),
    "large identifiers": 2.0**52 + np.arange(300.0),
    "seconds": 1.7e9 + 60 * np.random.default_rng(0).permutation(300),
    "an offset and steps": 1e9 + np.arange(300) * 1e-3,
    "an offset and numbers": 1e9 + np.random.default_rng(0).normal(size=300),
    "powers": 10.0 ** np.linspace(-12, 3, 300),
    "cents": 250_000 + np.arange(300) / 100,
    "degrees": 122 + np.arange(300) * 1e-6,
    "few values and one that stands for none": np.r_[-9999, np.arange(1, 300) / 300],
    "numbers and one that stands for none": np.r_[
        1e9, np.random.default_rng(0).uniform(size=299)
    ],
    "an offset and one that stands for none": np.r_[
        0, 1e9 + np.random.default_rng(0).uniform(size=299)
    ],
    "shares": 1 / np.arange(1.0, 301),
}


@pytest.mark.parametrize("cells", SIBLINGS.values(), ids=list(SIBLINGS))
def test_values_that_differ_are_not_taken_for_rounded_ones(cells: Floats) -> None:
    assert len(np.unique(cells)) == 300
    np.testing.assert_array_equal(without_rounding(cells), cells)
    table = pd.DataFrame({"x": cells, "y": np.random.default_rng(1).normal(size=300)})
    assert "rounding" not in "".join(split_of(table)[2])


def test_an_empty_cell_equals_no_number() -> None:
    cells = np.array([0.0, 1e-300, np.nan, -0.0, 0.5, np.nan, -1e300, 1.5])
    found = without_rounding(cells)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(cells))
    assert found[0] == found[3]
    assert len(np.unique(found[[0, 4, 6, 7]])) == 4


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    size=st.floats(1e-6, 1e6),
    offset=st.floats(-100, 100),
    rows=st.integers(20, 400),
    seed=st.integers(0, 99),
)
def test_rounding_is_seen_whatever_the_unit_of_a_column_is(
    size: float, offset: float, rows: int, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    cells = size * (draw.normal(size=rows) + offset)
    noise = draw.uniform(-1, 1, rows) * 1e-12
    found = without_rounding(np.r_[cells, cells * (1 + noise), cells.astype(np.float32)])
    np.testing.assert_array_equal(found[:rows], found[rows : 2 * rows])
    far = abs(offset) > 5  # there a float32 is less sharp than a millionth of the column
    assert far or np.array_equal(found[:rows], found[2 * rows :])
    assert len(np.unique(found)) > 0.95 * rows


def test_a_long_column_does_not_hang_together() -> None:
    cells = np.random.default_rng(0).normal(size=300_000)
    again = cells * (1 + 1e-12)
    found = without_rounding(np.r_[cells, again])
    np.testing.assert_array_equal(found[:300_000], found[300_000:])
    assert len(np.unique(found)) > 0.8 * len(cells)
