"""Which column is the target, which rows have one, and what it asks for."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Decision, SchemaOptions, Task
from tenfold.data.cells import count_words, is_numeric, to_numbers, to_text, to_words
from tenfold.data.kinds import FEW_ROWS, FoundKind, find_kind
from tenfold.data.placeholders import are_stray, find_placeholders
from tenfold.data.spans import AMOUNTS, Form, units_of
from tenfold.data.table import Table, find_column
from tenfold.errors import SchemaError

# A target of whole numbers is taken for class labels up to this many of them.
MAX_NUMBER_CLASSES: Final = 10
MAX_CLASSES: Final = 1_000
MOST_TOLD: Final = 5


def find_target(table: Table, options: SchemaOptions) -> tuple[str, tuple[Decision, ...]]:
    """Return the name of the target: the one asked for, or the last column."""
    if options.target is not None:
        return find_column(table, options.target, option="--target"), ()
    reserved = options.weight_column
    name = next(n for n in reversed(list(table.frame.columns)) if n != reserved)
    decision = Decision(
        what=f"the target is {name!r}", why="it is the last column", change_with="--target"
    )
    return name, (decision,)


def answered(
    table: Table, target: str, max_bad: float, strays: NDArray[np.bool_] | None = None
) -> Table:
    """Return the table without rows whose target is empty, which join ``rejected``.

    A table that has no such column comes back as it is.

    Parameters
    ----------
    table : Table
    target : str
    max_bad : float
    strays : ndarray of shape (N,), bool
        Rows whose target is no number where numbers are asked for, which are left out, too.

    Raises
    ------
    ReadError
        D05, if a larger share than ``max_bad`` of all rows is rejected by now.
    """
    if target not in table.frame.columns:
        return table
    cells = table.frame[target]
    bad = cells.isna().to_numpy()
    reasons = np.full(len(table), f"its target {target!r} is empty", dtype=object)
    if strays is not None:
        strays = strays & ~bad
        told = to_text(cells[strays], table.decimal)
        reasons[strays] = [f"its target {target!r} is {word!r}, no number" for word in told]
        bad = bad | strays
    table = table.reject(bad, reasons)
    table.check_rejected(max_bad)
    return table


def stray_targets(table: Table, target: str, task: Task | None) -> NDArray[np.bool_] | None:
    """Return which rows of a table to learn from have a word in a target of numbers.

    Parameters
    ----------
    table : Table
    target : str
    task : {"regression", "classification"} or None
        As asked for; by default a target of more than a few numbers is one of regression,
        in spite of a few words.

    Returns
    -------
    ndarray of shape (N,), bool, or None
        None if the words are classes, or there are none.
    """
    if target not in table.frame.columns or task == "classification":
        return None
    cells = table.frame[target]
    filled = cells.notna().to_numpy()
    nothing = filled & find_placeholders(cells)
    finding = find_kind(target, cells.where(~nothing, None), table.decimal)
    numbers = to_numbers(cells, table.decimal, finding.form, finding.unit)
    strays = filled & np.isnan(numbers)
    if finding.kind not in {"number", "boolean"} or is_numeric(cells) or not strays.any():
        return None
    read = filled & ~strays
    if not read.any():
        return None  # words for true and false
    distinct = sorted(set(to_words(cells[read], table.decimal)))
    if task is None and _guess_task(finding, numbers[read], distinct)[0] != "regression":
        few = are_stray(set(cells[nothing]), to_text(cells[filled], table.decimal))
        return nothing if few and not (strays & ~nothing).any() else None
    return strays


def answered_for(table: Table, target: str, task: Task, max_bad: float) -> Table:
    """Return the rows of a table that a model of some task can be scored on.

    As ``answered``; a target that should be a number may say that there is none, as ``-`` does.
    """
    number = task == "regression" and target in table.frame.columns
    strays = find_placeholders(table.frame[target]) if number else None
    return answered(table, target, max_bad, strays)


def strays_told(
    table: Table, target: str, strays: NDArray[np.bool_] | None
) -> tuple[Decision, ...]:
    """Say which rows are left out because their target is no number."""
    if strays is None:
        return ()
    words = count_words(to_text(table.frame[target][strays], table.decimal))
    told = [f"{word!r} ({count:,})" for word, count in words.iloc[:MOST_TOLD].items()]
    more = ", ..." if len(words) > MOST_TOLD else ""
    decision = Decision(
        what=f"{strays.sum():,} rows are left out: their target is no number",
        why=f"all others are numbers; these are {', '.join(told)}{more}",
        change_with="--task classification",
    )
    return (decision,)


def infer_task(
    table: Table, target: str, options: SchemaOptions
) -> tuple[Task, tuple[str, ...], tuple[Decision, ...]]:
    """Decide whether a target is a number or a class, and of which classes.

    Raises
    ------
    SchemaError
        S02, S06, S07 or S09, if nothing can be learnt from it, or not as asked.
    """
    table = _weighing(table, options.weight_column)
    cells = table.frame[target]
    finding = find_kind(target, cells, table.decimal)
    numbers = to_numbers(cells, table.decimal, finding.form, finding.unit)
    texts = to_words(cells, table.decimal)
    distinct = sorted(set(texts), key=_class_order)
    _check_target(table, target, distinct)
    task, why = options.task, ""
    if task is None:
        _refuse_dates(table, target, finding, distinct)
        task, why = _guess_task(finding, numbers, distinct)
    if task == "regression":
        if not np.isfinite(numbers).all():
            bad = np.flatnonzero(~np.isfinite(numbers))
            raise SchemaError(
                "S02",
                f"{len(bad):,} cells of the target {target!r} are no numbers",
                place={
                    "file": table.source,
                    "lines": ", ".join(f"{table.lines[i]} ({texts[i]!r})" for i in bad[:5]),
                },
                fix=["mend the cells", "predict classes: --task classification"],
            )
        classes: tuple[str, ...] = ()
    else:
        classes = tuple(distinct)
        if len(classes) > MAX_CLASSES or len(classes) == len(table) >= FEW_ROWS:
            raise SchemaError(
                "S07",
                f"the target {target!r} has {len(classes):,} classes in {len(table):,} rows",
                place={"file": table.source},
                fix=["choose another target", "predict a number: --task regression"],
            )
    told = whole_told(target, finding.form, finding.why) if task == "regression" else ()
    if options.task is not None:
        return task, classes, told
    other = "classification" if task == "regression" else "regression"
    decision = Decision(what=task, why=why, change_with=f"--task {other}")
    return task, classes, (decision, *told)


def whole_told(name: str, form: Form, why: str) -> tuple[Decision, ...]:
    """Say of a column of amounts what only all its cells together showed, if anything."""
    if form not in AMOUNTS or form == "amount":
        return ()
    what = f"what stands beside the numbers in {name!r} is read by all its cells"
    return (Decision(what=what, why=why, change_with=f"--kind {name!r}=category"),)


def _weighing(table: Table, weight_column: str | None) -> Table:
    """Return the rows that weigh something: no network learns what the others say."""
    if weight_column not in table.frame.columns:
        return table
    nothing = to_numbers(table.frame[weight_column], table.decimal) == 0
    return table if nothing.all() else table.take(~nothing)


def of_classes(table: Table, target: str, classes: Sequence[str]) -> Table:
    """Return the rows of some classes; others weigh nothing. All of a target of numbers."""
    if not classes:
        return table
    known = np.isin(to_words(table.frame[target], table.decimal), classes)
    return table if known.all() else table.take(known)


def _class_order(text: str) -> tuple[bool, float, str]:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    return (False, value, text) if math.isfinite(value) else (True, 0.0, text)


def _check_target(table: Table, target: str, distinct: Sequence[str]) -> None:
    if len(distinct) < 2:
        fact = "no row has a target"
        if distinct:
            only = f"the target {target!r} is {distinct[0]!r} in every row"
            fact = f"{only}: there is one class only"
        raise SchemaError(
            "S06",
            fact,
            place={"file": table.source},
            fix=["choose another target: --target NAME"],
        )


def _refuse_dates(
    table: Table, target: str, finding: FoundKind, distinct: Sequence[str]
) -> None:
    """Refuse a target of many dates: each would be a class of its own."""
    if finding.kind == "date" and len(distinct) > MAX_NUMBER_CLASSES:
        raise SchemaError(
            "S09",
            f"the target {target!r} holds {len(distinct):,} dates",
            place={"file": table.source, "cells": ", ".join(map(repr, distinct[:3]))},
            fix=[
                "put a number in its place, such as the days since a date of the same row",
                "predict classes: --task classification",
            ],
        )


def _guess_task(
    finding: FoundKind, numbers: NDArray[np.float64], distinct: Sequence[str]
) -> tuple[Task, str]:
    if len(distinct) == 2:
        one, other = distinct
        return "classification", f"the target has two values, {one!r} and {other!r}"
    if finding.kind == "boolean" or not np.isfinite(numbers).all():
        return "classification", f"the target is {len(distinct)} words"
    if finding.kind == "category":  # whose words are digits
        why = "is declared a category" if finding.declared else "has zeros before its digits"
        return "classification", f"the target {why}: {len(distinct)} words"
    whole = bool(np.all(numbers == np.round(numbers)))
    if whole and len(distinct) <= MAX_NUMBER_CLASSES and len(numbers) >= 10 * len(distinct):
        return "classification", f"the target is one of {len(distinct)} whole numbers"
    what = "numbers" if finding.form == "number" else units_of(finding.form, finding.unit)
    return "regression", f"the target is one of {len(distinct):,} {what}"
