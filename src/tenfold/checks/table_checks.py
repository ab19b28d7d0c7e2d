"""All checks of a table."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.checks.belonging import check_groups, check_times
from tenfold.checks.column_readings import read_columns, spread
from tenfold.checks.combined import check_sums, check_texts
from tenfold.checks.counters import check_counters
from tenfold.checks.drift import check_drift, check_overlap, overlap
from tenfold.checks.finding import Finding, in_order
from tenfold.checks.labels import check_classes_given, check_numbers_given
from tenfold.checks.lined import LinedTrees
from tenfold.checks.quick import (
    ROWS,
    can_answer,
    inputs_of,
    out_of_fold,
    shuffled_folds,
    trees_out_of_fold,
)
from tenfold.checks.rare_classes import check_classes
from tenfold.checks.repeated_rows import check_copies, check_near_copies
from tenfold.checks.target_leaks import check_columns
from tenfold.data.cells.parse import is_numeric, to_numbers, to_text
from tenfold.data.columns.encode import Encoded, encode
from tenfold.data.columns.schema import Schema
from tenfold.data.folds.equal_rows import hash_rows
from tenfold.data.tables.table import Table
from tenfold.seeds import Streams

LARGEST: Final = 1e100
ENOUGH: Final = 100_000  # rows


def check_table(
    table: Table,
    schema: Schema,
    rows: Encoded,
    test: Table | None,
    streams: Streams,
    *,
    keep_copies: bool = False,
) -> tuple[Finding, ...]:
    """Return what makes a score on a table a lie, or may.

    Parameters
    ----------
    table : Table
        Rows that have a target.
    schema : Schema
    rows : Encoded
        The same rows, in the same order.
    test : Table, optional
        Test rows, with targets of the schema's.
    streams : Streams
        ``audit`` is drawn from.
    keep_copies : bool
        Whether the user wants copies as they are.
    """
    generator = streams.generator("audit")
    rows = _finite(rows)
    asked = None if test is None else _finite(encode(test, _unsplit(schema)))
    kinds = hash_rows(rows, target=True)
    found = [*_check_cells(table, schema, rows)]
    if not keep_copies and not _identified(table, schema):
        found += check_copies(rows, kinds)
    found += check_near_copies(rows, kinds, table.lines, generator)
    if asked is not None:
        found += check_overlap(*overlap(rows, asked), len(asked), "rows")
    # Test rows of other groups or of a later time are unlike the others, as they should be.
    if schema.group_column is None and schema.time_column is None:
        found += check_groups(schema, rows, generator)
        found += check_times(schema, rows, generator)
        found += [] if asked is None else check_drift(rows, asked, schema, generator)
    if not any(one.severity == "error" for one in found):
        found += _check_answers(table, schema, rows, generator)
    return in_order(_one_a_column(found))


def _identified(table: Table, schema: Schema) -> bool:
    """Tell whether an identifier that is not learnt from names every row by itself.

    One that only counts the rows, in their order, may have been made after they were copied.
    """
    for column in schema.columns:
        if column.kind != "identifier":
            continue
        cells = table.frame[column.name]
        texts = to_text(cells)
        if pd.isna(texts).any() or len(set(texts)) < len(texts):
            continue
        keys = to_numbers(cells) if is_numeric(cells) else texts.astype(str)
        if not ((keys[1:] > keys[:-1]).all() or (keys[1:] < keys[:-1]).all()):
            return True
    return False


def _check_cells(table: Table, schema: Schema, rows: Encoded) -> Iterator[Finding]:
    """Yield what columns and classes show."""
    target: NDArray[Any] = rows.target
    yield from check_texts(table, schema, target, schema.task)
    yield from check_counters(read_columns(rows, schema))
    # A column that holds the target holds that of every tenth row, too.
    part = rows.take(spread(len(rows), ENOUGH))
    columns = read_columns(part, schema)
    yield from check_columns(columns, part.target, schema.task, schema.target)
    if schema.task == "regression":
        yield from check_sums(columns, part.target.astype(np.float64), schema.target)
    else:
        yield from check_classes(target, schema.classes, "rows")


def _one_a_column(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the gravest finding of each column, and of these the last: it knows most."""
    worst: dict[str, Finding] = {}
    for number, finding in enumerate(findings):
        name = finding.place.get("column", f"{number}")
        kept = worst.get(name)
        if kept is None or kept.severity != "error":
            worst[name] = finding
    yield from worst.values()


def _check_answers(
    table: Table, schema: Schema, rows: Encoded, generator: np.random.Generator
) -> Iterator[Finding]:
    pick = np.sort(generator.permutation(len(rows))[: 3 * ROWS])
    part = rows.take(pick)
    if not can_answer(part.target, schema.task):
        return
    x_NP, categorical = inputs_of(part)
    names = [f"line {line}" for line in table.lines[pick]]
    if schema.task == "classification":
        used, target = np.unique(part.target, return_inverse=True)

        def probabilities() -> NDArray[np.float64]:
            fold = shuffled_folds(len(pick), generator)
            return out_of_fold(lambda: LinedTrees(categorical), x_NP, target, schema.task, fold)

        classes = tuple(schema.classes[i] for i in used)
        yield from check_classes_given(probabilities, target, names, classes)
    else:
        fold = shuffled_folds(len(pick), generator)

        def values(asked: NDArray[np.float64]) -> NDArray[np.float64]:
            return trees_out_of_fold(x_NP, asked, schema.task, fold, categorical)[:, 0]

        given = part.target.astype(np.float64)
        yield from check_numbers_given(values(given), given, names, values)


def _finite(rows: Encoded) -> Encoded:
    """Return the rows with numbers whose squares are finite."""
    target: NDArray[Any] = rows.target
    return replace(
        rows,
        numbers=np.clip(rows.numbers, -LARGEST, LARGEST),
        target=target if target.dtype.kind == "i" else np.clip(target, -LARGEST, LARGEST),
    )


def _unsplit(schema: Schema) -> Schema:
    """Return the schema of rows that are not split, and may lack the columns for it."""
    return replace(schema, weight_column=None, group_column=None, time_column=None)
