"""Which column is the target, and what it asks for."""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision, SchemaOptions, SplitOptions, Task
from tenfold.data.cells.parse import (
    count_values,
    places,
    to_categories,
    to_numbers,
    truth_of,
)
from tenfold.data.cells.spans import AMOUNTS, Form, units_of
from tenfold.data.columns.column_kind import FEW_ROWS, FoundKind, find_kind
from tenfold.data.tables.table import Table, find_column
from tenfold.errors import SchemaError

# A target of whole numbers is taken for class labels up to this many of them.
MAX_NUMBER_CLASSES: Final = 10
MAX_CLASSES: Final = 1_000
MOST_NAMED: Final = 5


def find_target(
    table: Table, options: SchemaOptions, split: SplitOptions | None = None
) -> tuple[str, tuple[Decision, ...]]:
    """Return the name of the target: the one asked for, or the last column without a part."""
    if options.target is not None:
        return find_column(table, options.target, option="--target"), ()
    taken = {options.weight_column}
    if split is not None:
        taken |= {split.group_column, split.time_column}
    names = list(map(str, table.frame.columns))
    name = next((n for n in reversed(names) if n not in taken), names[-1])
    why = "it is the last column"
    if name != names[-1]:
        why += " that is not a column of weights, groups or times"
    what = f"the target is {name!r}"
    return name, (Decision(what=what, why=why, change_with="--target"),)


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
    texts = to_categories(cells, table.decimal)
    declared = isinstance(cells.dtype, pd.CategoricalDtype)
    kinds = _alike(texts, truth=finding.kind == "boolean" and not declared)
    distinct = sorted((words[0] for words in kinds), key=_class_order)
    _check_target(table, target, distinct)
    task, why = options.task, ""
    if task is None:
        _refuse_dates(table, target, finding, distinct)
        task, why = guess_task(finding, numbers, distinct)
    if task == "regression":
        _check_numbers(table, target, numbers, texts)
        classes: tuple[str, ...] = ()
        decisions = whole_decisions(target, finding.form, finding.why)
    else:
        classes = tuple(distinct)
        _check_classes(table, target, classes)
        decisions = tuple(_spelling_decisions(target, kinds, distinct))
    if options.task is not None:
        return task, classes, decisions
    other = "classification" if task == "regression" else "regression"
    decision = Decision(what=task, why=why, change_with=f"--task {other}")
    return task, classes, (decision, *decisions)


def _alike(texts: NDArray[np.object_], *, truth: bool) -> list[list[str]]:
    """Return the words of each class, the most frequent of them first.

    Words for true are one class, and words for false another, if all words are of them.
    """
    kinds: dict[float | str, list[str]] = {}
    for word in count_values(texts).index:
        kinds.setdefault(truth_of(word) if truth else word, []).append(word)
    return list(kinds.values())


def _spelling_decisions(
    target: str, kinds: Sequence[Sequence[str]], classes: Sequence[str]
) -> Iterator[Decision]:
    """Say which words are one class, and which are two that one would take for one."""
    change = f"the words in column {target!r}"
    several = [words for words in kinds if len(words) > 1]
    if several:
        said = [f"{', '.join(map(repr, w[1:]))} {_are(w[1:])} {w[0]!r}" for w in several]
        what = (
            "all values that mean true are one class, and all that mean false the other: "
            f"{'; '.join(said)}"
        )
        why = f"all cells of the target {target!r} mean true or false"
        yield Decision(what=what, why=why, change_with=change)
    forms: dict[str, list[str]] = {}
    for word in classes:
        forms.setdefault(" ".join(word.casefold().split()), []).append(word)
    twins = [words for words in forms.values() if len(words) > 1]
    if twins:
        said = [" and ".join(map(repr, words)) for words in twins[:MOST_NAMED]]
        more = ", ..." if len(twins) > MOST_NAMED else ""
        what = (
            f"classes that differ only in case or spaces are kept separate: {', '.join(said)}"
        )
        why = "upper and lower case may mean different things"
        yield Decision(what=what + more, why=why, change_with=change)


def _are(words: Sequence[str]) -> str:
    return "is" if len(words) == 1 else "are"


def whole_decisions(name: str, form: Form, why: str) -> tuple[Decision, ...]:
    """Say of a column of amounts what only all its cells together showed, if anything."""
    if form not in AMOUNTS or form == "amount":
        return ()
    what = f"the text beside the numbers in {name!r} is interpreted from all of its cells"
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
    known = places(table.frame[target], tuple(classes), table.decimal) >= 0
    return table if known.all() else table.take(known)


def _class_order(text: str) -> tuple[bool, float, str]:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    return (False, value, text) if math.isfinite(value) else (True, 0.0, text)


def _check_target(table: Table, target: str, distinct: Sequence[str]) -> None:
    if len(distinct) < 2:
        fact, fix = "no row has a target", ["choose another target: --target NAME"]
        place = {"file": table.source}
        if distinct:
            every = "every row that has a target" if table.unlabelled else "every row"
            only = f"the target {target!r} is {distinct[0]!r} in {every}"
            fact = f"{only}: there is only one class"
        if distinct and table.unlabelled:
            gone, whole = len(table.unlabelled), len(table) + len(table.unlabelled)
            place["without a target"] = f"{gone:,} of {whole:,} rows"
            fix.append("if an empty cell is a class, fill it with a value, such as 'no'")
        raise SchemaError("S06", fact, place=place, fix=fix)


def _check_numbers(
    table: Table, target: str, numbers: NDArray[np.float64], texts: NDArray[np.object_]
) -> None:
    if np.isfinite(numbers).all():
        return
    bad = np.flatnonzero(~np.isfinite(numbers))
    lines = ", ".join(f"{table.lines[i]} ({texts[i]!r})" for i in bad[:5])
    raise SchemaError(
        "S02",
        f"{len(bad):,} cells of the target {target!r} are not numbers",
        place={"file": table.source, "lines": lines},
        fix=["correct these cells", "predict classes: --task classification"],
    )


def _check_classes(table: Table, target: str, classes: Sequence[str]) -> None:
    if len(classes) > MAX_CLASSES or len(classes) == len(table) >= FEW_ROWS:
        raise SchemaError(
            "S07",
            f"the target {target!r} has {len(classes):,} classes in {len(table):,} rows",
            place={"file": table.source},
            fix=["choose another target", "predict a number: --task regression"],
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
                "replace it by a number, such as the days since another date in the row",
                "predict classes: --task classification",
            ],
        )


def guess_task(
    finding: FoundKind, numbers: NDArray[np.float64], distinct: Sequence[str]
) -> tuple[Task, str]:
    """Return what a target asks for by what it holds, and why.

    Parameters
    ----------
    finding : FoundKind
        Of the target.
    numbers : ndarray of shape (N,)
        Its cells as numbers.
    distinct : sequence of str
        Its words, each once.
    """
    if len(distinct) == 2:
        one, other = distinct
        return "classification", f"the target has two values, {one!r} and {other!r}"
    if finding.kind == "boolean" or not np.isfinite(numbers).all():
        return "classification", f"the target has {len(distinct)} categories"
    if finding.kind == "category":  # whose words are digits
        why = "is declared a category" if finding.declared else "has leading zeros"
        return "classification", f"the target {why}: {len(distinct)} categories"
    whole = bool(np.all(numbers == np.round(numbers)))
    if whole and len(distinct) <= MAX_NUMBER_CLASSES and len(numbers) >= 10 * len(distinct):
        return "classification", f"the target has {len(distinct)} different whole numbers"
    what = "numbers" if finding.form == "number" else units_of(finding.form, finding.unit)
    return "regression", f"the target has {len(distinct):,} different {what}"
