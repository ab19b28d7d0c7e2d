"""Columns whose rows belong together: of one patient, one device, one time.

What is compared is how much trees tell of rows that folds hold out at random, and of rows that
are held out with all of their group, or with their stretch of time.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.checks.finding import Finding
from tenfold.checks.quick import (
    FOLDS,
    ROWS,
    can_answer,
    errors_of,
    guess_errors,
    inputs_of,
    shuffled_folds,
    trees_out_of_fold,
)
from tenfold.config import Task
from tenfold.data.columns.column import Column
from tenfold.data.columns.encode import FIRST_LEVEL, Encoded, places_of
from tenfold.data.columns.schema import Schema

FEWEST_GROUPS: Final = 10
ROWS_A_GROUP: Final = 2.0  # on average, at least
STRETCHES: Final = 20  # of time, whose errors are compared
LOST: Final = 0.1  # of the guess's error, that is told at random and not by group
SURE: Final = 4.0  # standard errors
SURE_OF_TIME: Final = 2.0  # of 20 stretches only, whose errors differ much

_GROUP_NAME: Final = re.compile(
    r"(^|[^a-z])(id|patient|subject|person|participant|user|customer|client|member|household|"
    r"family|animal|plant|site|station|hospital|school|store|shop|batch|lot|session|trial|"
    r"group|cluster|device|machine|sensor|account|order|vehicle|plot|well)s?([^a-z]|$)",
    re.IGNORECASE,
)
_TIME_NAME: Final = re.compile(
    r"(^|[^a-z])(date|time|timestamp|datetime|year|epoch|day)([^a-z]|$)", re.IGNORECASE
)


def check_groups(
    schema: Schema, rows: Encoded, generator: np.random.Generator
) -> Iterator[Finding]:
    """Yield columns that ask for folds by group, categories or numbers named like a group: A09.

    Parameters
    ----------
    schema : Schema
    rows : Encoded
        All rows of the table.
    generator : numpy.random.Generator
    """
    places = places_of(schema)
    for column in schema.used:
        numbers, codes = places[column.name]
        if column.kind == "category":
            values = rows.codes[:, codes[0]].astype(np.float64)
            values[values < FIRST_LEVEL] = np.nan  # empty, or too rare to be known
        elif column.kind == "number" and _GROUP_NAME.search(column.name):
            values = rows.numbers[:, numbers[0]].astype(np.float64)
        else:
            continue
        group = pd.factorize(values)[0]
        count = int(group.max()) + 1
        if count < FEWEST_GROUPS or len(group) < ROWS_A_GROUP * count:
            continue
        pick = _whole_groups(group, generator)
        if not len(pick):
            continue
        together = _deal_groups(group[pick], generator)
        # Folds of the same sizes: a large group leaves few rows to learn from.
        shuffled = generator.permutation(together)
        found = _compare(rows.take(pick), schema, column, shuffled, together, group[pick])
        if found is not None:
            at_random, separated = found
            yield Finding(
                code="A09",
                severity="warning",
                fact=f"rows with the same {column.name!r} predict each other",
                place={
                    "column": column.name,
                    "evidence": _shown(at_random, separated, schema.task, "in new groups"),
                },
                fix=(f"keep them in one fold: --group-column {column.name!r}",),
            )


def check_times(
    schema: Schema, rows: Encoded, generator: np.random.Generator
) -> Iterator[Finding]:
    """Yield columns of time whose rows tell of those beside them: A10."""
    for column in schema.used:
        dated = column.kind == "date"
        if not (dated or (column.kind == "number" and _TIME_NAME.search(column.name))):
            continue
        times = rows.numbers[:, places_of(schema)[column.name][0][0]]  # of a date its day
        if len(np.unique(times[np.isfinite(times)])) < STRETCHES:
            continue
        known = np.flatnonzero(np.isfinite(times))
        pick = known[np.sort(generator.permutation(len(known))[:ROWS])]
        order = np.argsort(np.argsort(times[pick], kind="stable"))
        shuffled = shuffled_folds(len(pick), generator)
        stretch = order * STRETCHES // len(pick)
        blocks = order * FOLDS // len(pick)
        found = _compare(rows.take(pick), schema, None, shuffled, blocks, stretch)
        if found is not None:
            at_random, separated = found
            yield Finding(
                code="A10",
                severity="warning",
                fact=f"rows that are close in {column.name!r} predict each other",
                place={
                    "column": column.name,
                    "evidence": _shown(at_random, separated, schema.task, "at other times"),
                },
                fix=(
                    f"if later rows are to be predicted: --time-column {column.name!r}",
                    "keep random folds if new rows will lie between these",
                ),
            )


def _shown(at_random: float, separated: float, task: Task, which: str) -> str:
    measure = "variance" if task == "regression" else "baseline's error"
    return (
        f"decision trees explain {100 * at_random:.0f} % of the {measure} on rows held out at "
        f"random, but {100 * max(separated, 0.0):.0f} % {which}"
    )


def _whole_groups(
    group: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return the rows of groups that have two rows or more, 3,000 or so; no empty cells."""
    size = np.bincount(group[group >= 0])
    order = generator.permutation(len(size))
    order = order[size[order] > 1]
    chosen = order[: max(FEWEST_GROUPS, int(np.searchsorted(np.cumsum(size[order]), ROWS)) + 1)]
    rows = np.flatnonzero(np.isin(group, chosen))
    return rows if len(rows) <= 2 * ROWS else np.sort(generator.permutation(rows)[: 2 * ROWS])


def _deal_groups(group: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Return a fold for each row, the same for all rows of a group."""
    _, number = np.unique(group, return_inverse=True)
    return np.asarray((generator.permutation(number.max() + 1) % FOLDS)[number])


def _compare(
    rows: Encoded,
    schema: Schema,
    column: Column | None,
    shuffled: NDArray[np.int64],
    together: NDArray[np.int64],
    group: NDArray[np.int64],
) -> tuple[float, float] | None:
    """Return what is told of rows at random and of whole groups, if that is far less.

    A column that names groups is not learnt from: of a new group it says nothing anyway.
    """
    groups = len(np.unique(group))
    if groups < FEWEST_GROUPS or not can_answer(rows.target, schema.task):
        return None
    enough = SURE_OF_TIME if column is None else SURE
    target: NDArray[Any] = rows.target
    if schema.task == "classification":
        target = np.unique(target, return_inverse=True)[1]
    x_NP, categorical = inputs_of(rows)
    if column is not None and column.used:
        numbers, codes = places_of(schema)[column.name]
        left = [*numbers, *(rows.numbers.shape[1] + c for c in codes)]
        kept = [i for i in range(x_NP.shape[1]) if i not in left]
        x_NP, categorical = x_NP[:, kept], [kept.index(i) for i in categorical if i in kept]
    if x_NP.shape[1] == 0:
        return None
    guess = guess_errors(target, schema.task)
    if not guess.any():
        return None  # the groups that were picked have one target
    misses = [
        errors_of(
            trees_out_of_fold(x_NP, target, schema.task, fold, categorical), target, schema.task
        )
        for fold in (shuffled, together)
    ]
    at_random, separated = (1 - float(miss.sum() / guess.sum()) for miss in misses)
    # Errors of a group hang together, so groups are counted and not rows.
    number = np.unique(group, return_inverse=True)[1]
    lost = np.bincount(number, (misses[1] - misses[0]) / guess.mean()) / np.bincount(number)
    sure = lost.mean() / max(float(lost.std()) / np.sqrt(groups), 1e-12)
    if at_random - separated < LOST or sure < enough:
        return None
    return at_random, separated
