"""Positions in splits count the rows that a user gave, whichever of them are left out."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    StratifiedKFold,
)

import tenfold
from tenfold import ReadOptions, TabularClassifier, TabularRegressor, TrainOptions
from tenfold.errors import SplitError
from tests.engine_options import asked

QUICK: dict[str, Any] = {"quality": "fast", "epochs": 2}
ROWS = 120
LIGHT = 20  # rows at the beginning that weigh nothing


def numbers(seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    draw = np.random.default_rng(seed)
    return draw.normal(size=(ROWS, 3)), draw.normal(size=ROWS)


def weights() -> NDArray[np.float64]:
    return np.where(np.arange(ROWS) < LIGHT, 0.0, 1.0)


def rows_tested(model: Any) -> list[int]:
    answers = model.out_of_fold_.reshape(ROWS, -1)[:, 0]
    return np.flatnonzero(np.isfinite(answers)).tolist()


def three_of(first: int, last: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return three folds over some of the rows alone."""
    return [(first + a, first + b) for a, b in KFold(3).split(np.zeros(last - first))]


@pytest.mark.parametrize("masks", [False, True])
def test_a_list_of_splits_counts_rows_of_no_weight(*, masks: bool) -> None:
    X, y = numbers()
    folds: list[Any] = three_of(30, 90)
    if masks:
        folds = [tuple(np.isin(np.arange(ROWS), side) for side in pair) for pair in folds]
    for weight in (None, weights()):  # the first is the control
        model = TabularRegressor(folds=folds, **QUICK).fit(X, y, sample_weight=weight)
        assert rows_tested(model) == list(range(30, 90))


def test_rows_of_no_weight_are_left_out_of_the_folds_that_name_them() -> None:
    X, y = numbers()
    model = TabularRegressor(folds=three_of(10, 100), **QUICK)
    model.fit(X, y, sample_weight=weights())
    assert rows_tested(model) == list(range(LIGHT, 100))


def test_networks_of_given_folds_are_those_of_the_rows_that_weigh_something() -> None:
    X, y = numbers()
    heavy = weights() > 0
    model = TabularRegressor(folds=three_of(30, 90), **QUICK).fit(X, y, sample_weight=weights())
    own = [(learn - LIGHT, test - LIGHT) for learn, test in three_of(30, 90)]
    alone = TabularRegressor(folds=own, **QUICK).fit(X[heavy], y[heavy])
    np.testing.assert_array_equal(model.out_of_fold_[heavy], alone.out_of_fold_)
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))


@pytest.mark.parametrize(
    "splitter",
    [
        PredefinedSplit(np.where(np.arange(ROWS) < 40, -1, np.arange(ROWS) % 3)),
        KFold(4),
        StratifiedKFold(4),
        GroupKFold(4),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
def test_a_splitter_and_its_splits_made_before_are_the_same(splitter: Any) -> None:
    X, y = numbers()
    words = np.where(y > 0, "high", "low")
    groups = np.random.default_rng(1).integers(0, 12, ROWS)
    of_group = groups if isinstance(splitter, GroupKFold) else None
    before = list(splitter.split(X, words, of_group))
    fits = [
        TabularClassifier(folds=folds, **QUICK).fit(X, words, weights(), of_group)
        for folds in (splitter, before)
    ]
    np.testing.assert_array_equal(fits[0].out_of_fold_, fits[1].out_of_fold_)
    named = np.unique(np.concatenate([test for _, test in before]))
    assert rows_tested(fits[0]) == named[named >= LIGHT].tolist()


def given(frame: pd.DataFrame, folds: Any, **options: Any) -> list[int]:
    """Return the rows of a frame that a run tests."""
    run = tenfold.train(frame, **asked(target="y", folds=folds, out=None, epochs=2, **options))
    assert run.study is not None
    known = np.isfinite(run.study.out_of_fold()[:, 0])
    return [int(line) - 1 for line in run.study.data.lines[known]]


def table() -> pd.DataFrame:
    X, y = numbers()
    return pd.DataFrame(X, columns=list("abc")).assign(y=y)


@pytest.mark.parametrize("made", [False, True])
def test_positions_count_rows_of_no_weight_in_a_table_too(*, made: bool) -> None:
    frame = table().assign(w=weights())
    folds = PredefinedSplit(np.where(np.arange(ROWS) < 40, -1, np.arange(ROWS) % 3))
    splits = list(folds.split()) if made else folds
    assert given(frame, splits, weight_column="w") == list(range(40, ROWS))


def test_positions_count_rows_that_are_rejected() -> None:
    frame = table()
    frame.loc[[3, 7, 50], "y"] = None
    frame["t"] = np.arange(float(ROWS))
    frame.loc[5, "t"] = None
    rest = [row for row in range(30, 90) if row != 50]
    assert given(frame.drop(columns="t"), three_of(30, 90), max_bad=0.1) == rest
    folds = [(np.arange(30, 60), np.arange(60, 90))]
    found = given(frame, folds, max_bad=0.1, time_column="t")
    assert found == list(range(60, 90))


def test_positions_count_the_rows_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    lines = table().to_csv(index=False).splitlines()
    whole, damaged = tmp_path / "whole.csv", tmp_path / "damaged.csv"
    whole.write_text("\n".join(lines))
    lines[3] += ",1,2,3"
    damaged.write_text("\n".join(lines))
    answers = []
    for file in (whole, damaged):
        run = tenfold.train(
            file,
            folds=three_of(30, 90),
            out=None,
            training=TrainOptions(epochs=2),
            reading=ReadOptions(max_bad=0.1),
        )
        assert run.study is not None
        answers.append(run.study.out_of_fold()[-ROWS + 30 :])
    assert len(run.study.data) == ROWS - 1
    np.testing.assert_array_equal(answers[0], answers[1])


def test_positions_count_rows_that_are_set_apart() -> None:
    frame = table()
    found = given(frame, three_of(30, 90), test_size=0.2)
    assert set(found) < set(range(30, 90))
    assert len(found) > 30


def test_a_splitter_makes_no_group_and_no_class_of_rows_that_are_left_out() -> None:
    frame = table().assign(g=np.arange(ROWS) % 4)
    frame["y"] = np.where(frame["y"] > 0, "high", "low")
    frame.loc[[2, 60], ["y", "g"]] = [None, 9]
    for splitter, options in (
        (LeaveOneGroupOut(), {"group_column": "g"}),
        (StratifiedKFold(4), {}),
    ):
        found = given(frame, splitter, max_bad=0.1, **options)
        assert found == [row for row in range(ROWS) if row not in {2, 60}]


def refusal(folds: Any, sample_weight: Any = None) -> SplitError:
    with pytest.raises(SplitError) as caught:
        TabularRegressor(folds=folds, **QUICK).fit(*numbers(), sample_weight=sample_weight)
    assert caught.value.code == "F04"
    return caught.value


def test_a_fold_of_which_nothing_is_left_is_refused() -> None:
    error = refusal([(np.arange(40, 80), np.arange(LIGHT)), *three_of(30, 90)], weights())
    assert "none of the 20 rows that fold 1 is tested on is left" in str(error)


def test_a_row_that_a_fold_names_twice_is_refused_and_not_dropped() -> None:
    draws = np.random.default_rng(0).integers(0, 60, 60)
    repeated = 60 - len(np.unique(draws))
    error = refusal([(draws, np.arange(60, 80))])
    assert f"fold 1 lists {repeated} of the rows that it trains on more than once" in str(error)
    error = refusal([(np.arange(60), np.array([70, 71, 71])), *three_of(30, 90)])
    assert "fold 1 lists 1 of the rows that it is tested on more than once" in str(error)
    error = refusal([(np.array([0, 1, 2, -1, ROWS - 1]), np.arange(60, 80))])
    assert "lists 1 of the rows" in str(error)


def test_masks_and_positions_of_another_table_are_refused() -> None:
    assert "does not have" in str(refusal([(np.arange(ROWS - 1) < 50, np.arange(60, 80))]))
    assert "does not have" in str(refusal([(np.arange(50), np.arange(60, ROWS + 1))]))
