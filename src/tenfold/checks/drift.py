"""Test rows: whether they are learnt from, and whether they are like the others.

Shape letters in this file:
    N  rows of the table    T  test rows
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, ks_2samp

from tenfold.checks.column_readings import FEWEST
from tenfold.checks.finding import Finding
from tenfold.checks.quick import ROWS, inputs_of, shuffled_folds, trees_out_of_fold
from tenfold.config import Task
from tenfold.data.columns.encode import Encoded, number_names
from tenfold.data.columns.schema import Schema
from tenfold.data.folds.equal_rows import hash_rows
from tenfold.evaluate.ranks import ranked

MANY: Final = 0.02  # of the test rows, that are learnt from and not equal by chance
DISTINGUISHABLE: Final = 0.55  # area under the curve, at least, by four standard errors
MOVED: Final = 0.15  # of the target: distance between two distributions
SURE: Final = 1e-6


def overlap(rows: Encoded, test: Encoded) -> tuple[int, float]:
    """Return how many test rows have the cells of another row, and what share is usual.

    Cells that are equal but for rounding count as equal. Usual is the share of a table's rows
    that have the cells of another row of it.
    """
    both = replace(
        rows.take(np.r_[np.arange(len(rows)), np.zeros(len(test), dtype=np.int64)]),
        numbers=np.concatenate([rows.numbers, test.numbers]),
        codes=np.concatenate([rows.codes, test.codes]),
        groups=None,
        times=None,
    )
    key = hash_rows(both, target=False, rounding=True)
    own, asked = key[: len(rows)], key[len(rows) :]
    _, inverse, count = np.unique(own, return_inverse=True, return_counts=True)
    return int(np.isin(asked, own).sum()), float((count[inverse] > 1).mean())


def check_overlap(shared: int, usual: float, count: int, noun: str) -> Iterator[Finding]:
    """Yield whether more test rows are learnt from, too, than chance makes: A07.

    Parameters
    ----------
    shared, count : int
        Test rows or pictures that are learnt from too, and all of them.
    usual : float
        Share of rows that equal another of their own table.
    noun : str
        ``"rows"`` or ``"images"``.
    """
    share = shared / max(count, 1)
    chance = usual + 4 * np.sqrt(usual * (1 - usual) / max(count, 1))
    if shared < (2 if noun == "rows" else 1) or share <= chance:
        return  # of a table's rows that are equal by chance, one may be among the test rows
    yield Finding(
        code="A07",
        severity="error" if share > chance + MANY else "warning",
        fact=f"{shared:,} of {count:,} test {noun} are also in the training data",
        place={
            "usual": f"{100 * usual:.1f} % of {noun} equal another one in the training data"
        },
        fix=(
            f"remove these {noun} from one of the two",
            "hold out a test set automatically: --test-size 0.2",
        ),
    )


def check_drift(
    rows: Encoded, test: Encoded, schema: Schema, generator: np.random.Generator
) -> Iterator[Finding]:
    """Yield whether test rows can be told from others: A08.

    Trees are asked which of the two a row belongs to (a classifier two-sample test,
    Lopez-Paz and Oquab, 2017, arXiv:1610.06545).
    """
    if min(len(rows), len(test)) < FEWEST:
        return
    parts = [part.take(generator.permutation(len(part))[:ROWS]) for part in (rows, test)]
    (x_N, categorical), (x_T, _) = (inputs_of(part) for part in parts)
    x = np.concatenate([x_N, x_T])
    is_test = np.repeat([0, 1], [len(x_N), len(x_T)])
    fold = shuffled_folds(len(x), generator)
    answers = trees_out_of_fold(x, is_test, "classification", fold, categorical)[:, 1]
    area, error = _area(answers, is_test)
    if area - 4 * error > DISTINGUISHABLE:
        names = [*number_names(schema), *(column.name for column in schema.categories)]
        moved = sorted(
            (
                (_distance(x_N[:, i], x_T[:, i], categorical=i in categorical), name)
                for i, name in enumerate(names)
            ),
            reverse=True,
        )
        yield _drifted(
            f"test rows can be distinguished from the others in {100 * area:.0f} % of pairs",
            "columns",
            ", ".join(repr(name) for _, name in moved[:3]),
        )
    yield from _moved_target(parts[0].target, parts[1].target, schema)


def _area(answers: NDArray[np.float64], truth: NDArray[np.int64]) -> tuple[float, float]:
    """Return the area under the ROC curve, and its standard error for answers by chance."""
    ones = int(truth.sum())
    zeros = len(truth) - ones
    area = ranked(truth == 1, answers, np.ones(len(truth)))
    return area, float(np.sqrt((ones + zeros + 1) / (12 * ones * zeros)))


def _distance(one: NDArray[Any], other: NDArray[Any], *, categorical: bool) -> float:
    """Return how far the shares of two columns are apart, 0 to 1."""
    if not categorical:
        known = [part[np.isfinite(part)] for part in (one, other)]
        gap = abs(np.isfinite(one).mean() - np.isfinite(other).mean())
        if not min(map(len, known)):
            return float(gap)
        return max(float(gap), float(ks_2samp(*known).statistic))
    values = np.unique(np.concatenate([one, other]))
    shares = [np.array([(part == value).mean() for value in values]) for part in (one, other)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _moved_target(one: NDArray[Any], other: NDArray[Any], schema: Schema) -> Iterator[Finding]:
    """Yield whether the target of test rows is distributed otherwise."""
    far = _distance(one, other, categorical=schema.task == "classification")
    if far > MOVED and _chance(one, other, schema.task) < SURE:
        fact = f"the target {schema.target!r} has a different distribution in the test rows"
        yield _drifted(fact, "distance", f"{far:.2f} of 1")


def _chance(one: NDArray[Any], other: NDArray[Any], task: Task) -> float:
    """Return how likely two targets are so different by chance."""
    if task == "regression":
        return float(ks_2samp(one, other).pvalue)
    classes = int(max(one.max(), other.max())) + 1
    counts = np.array([np.bincount(part, minlength=classes) for part in (one, other)])
    used = counts[:, counts.sum(axis=0) > 0]
    return float(chi2_contingency(used).pvalue) if used.shape[1] > 1 else 1.0


def _drifted(fact: str, name: str, text: str) -> Finding:
    return Finding(
        code="A08",
        severity="warning",
        fact=fact,
        place={name: text},
        fix=(
            ("choose test rows at random, if new rows are like all of these: --test-size 0.2"),
            "if they are later rows, also test the folds on later rows: --time-column NAME",
        ),
    )
