"""What models are given: by default for any kind of data, and for tables."""

from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

from tenfold.comparison.race import run_classical
from tenfold.config import RunOptions
from tenfold.contest.contender import Contender
from tenfold.contest.contest import Contest, columns_of
from tenfold.data.columns.encode import EMPTY, FIRST_LEVEL, UNSEEN, Encoded
from tenfold.data.folds.split import Splits
from tests.engine_contests import contenders_of, contest_of
from tests.engine_tables import three_folds

ROWS: Final = 90


def coded() -> Encoded:
    """Return rows of two numbers, one with empty cells, and of one word, often empty."""
    rng = np.random.default_rng(0)
    numbers, codes = rng.normal(size=(ROWS, 2)), rng.integers(0, FIRST_LEVEL + 3, (ROWS, 1))
    target = (numbers[:, 0] + (codes[:, 0] > FIRST_LEVEL) > 0.5).astype(np.int64)
    numbers[::7, 1] = np.nan
    return Encoded(
        numbers=numbers,
        codes=codes,
        levels=(FIRST_LEVEL + 3,),
        target=target,
        weights=np.ones(ROWS),
        groups=None,
        times=None,
        rows=np.arange(ROWS),
    )


def contest(**changes: Any) -> Contest:
    """Return these rows as a kind of data leaves them that says nothing of comparisons."""
    rows = coded()
    given: dict[str, Any] = {
        "kind": "letters",
        "task": "classification",
        "X": columns_of(rows),
        "y": rows.target,
        "splits": tuple(three_folds(ROWS)),
        "options": RunOptions(),
        "classes": ("no", "yes"),
    }
    return Contest(**given | changes)


def test_coded_rows_are_columns_of_numbers_and_of_words() -> None:
    rows, X = coded(), columns_of(coded())
    np.testing.assert_array_equal(X[["number 1", "number 2"]], rows.numbers)
    codes = rows.codes[:, 0]
    assert X["word 1"].isna().tolist() == (codes == EMPTY).tolist()
    assert set(X["word 1"].dropna()) == {str(code) for code in set(codes.tolist()) - {EMPTY}}
    assert str(UNSEEN) in set(X["word 1"].dropna())
    assert (contest().numbers, contest().categorical) == (["number 1", "number 2"], ["word 1"])


@pytest.mark.parametrize(
    "contender", contest().contenders()[0][:-1], ids=lambda contender: contender.name
)
def test_every_classical_model_takes_them(contender: Contender) -> None:
    (*_, entry) = run_classical(contender, contest(), None)
    assert entry.folds == 3
    least = 0.4 if contender.kind == "constant" else 0.6
    assert entry.mean("accuracy") > least


def test_of_data_without_columns_the_network_meets_the_baseline_alone() -> None:
    bare = contest(X=pd.DataFrame(index=range(ROWS)))
    assert [one.name for one in bare.contenders()[0]] == ["baseline", "Tenfold"]
    (*_, entry) = run_classical(bare.contenders()[0][0], bare, None)
    assert entry.folds == 3


def test_the_tutorials_network_competes_where_it_can() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=40), "y": rng.normal(size=40)})
    names = [one.name for one in contenders_of(frame, folds=3)]
    assert names[-2:] == ["tutorial's network", "Tenfold"]
    classes = frame.assign(y=np.where(frame["y"] > 0, "a", "b"))
    assert "tutorial's network" not in [one.name for one in contenders_of(classes, folds=3)]


def test_rows_without_a_weight_are_rows_that_are_not_there() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=60), "y": rng.normal(size=60)})
    frame["w"] = rng.integers(0, 3, 60)
    some = frame[frame["w"] > 0].reset_index(drop=True)
    named = {"folds": 3, "target": "y", "weight_column": "w"}
    one, other = contest_of(frame, **named), contest_of(some, **named)
    assert len(one) == len(other) == len(some) < len(frame)
    np.testing.assert_array_equal(one.X, other.X)
    np.testing.assert_array_equal(one.y, other.y)
    for pair, same in zip(one.splits, other.splits, strict=True):
        for part, again in zip(pair, same, strict=True):
            np.testing.assert_array_equal(part, again)


def test_rows_that_stand_nowhere_are_in_no_fold() -> None:
    learn = np.array([[True, True, False], [True, False, True]])
    splits = Splits(learn=learn, held_out=~learn, numbers=(0, 1))
    spread = splits.spread(np.array([2, -1, 0, 1]))
    assert [(a.tolist(), b.tolist()) for a, b in spread.pairs()] == [
        ([2, 3], [0]),
        ([0, 2], [3]),
    ]
