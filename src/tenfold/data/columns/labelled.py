"""Which rows of a table have a target, to learn from or to be scored on.

A row without one is left out and counted: it is not damaged. One whose target cannot be read,
such as a word among numbers, is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Decision, Task
from tenfold.data.cells.parse import (
    NOWHERE,
    count_values,
    is_numeric,
    places,
    to_categories,
    to_numbers,
    to_text,
)
from tenfold.data.cells.placeholders import MARKS, are_stray, find_placeholders, marks_beside
from tenfold.data.columns.column_kind import find_kind
from tenfold.data.columns.encode import encode_target, read_weights
from tenfold.data.columns.required import check_columns
from tenfold.data.columns.schema import Schema
from tenfold.data.columns.target import MOST_NAMED, guess_task
from tenfold.data.tables.signs import is_alike
from tenfold.data.tables.table import Table
from tenfold.errors import PredictError, SplitError
from tenfold.notices import warn
from tenfold.read_options import MISSING


class Strays(NamedTuple):
    """The rows whose target is a word that is none.

    Attributes
    ----------
    silent : ndarray of shape (N,), bool
        Where it says that there is none, as ``n/a`` does.
    unread : ndarray of shape (N,), bool
        Where it is another word, and numbers are asked for.
    change_with : str
        The options that make the silent words classes.
    """

    silent: NDArray[np.bool_]
    unread: NDArray[np.bool_]
    change_with: str = ""


def with_targets(
    table: Table, target: str, task: Task | None, max_bad: float
) -> tuple[Table, tuple[Decision, ...]]:
    """Return the rows of a table that can be learnt from, and say which cannot.

    Rows without a target join ``unlabelled``; rows whose target cannot be read join
    ``rejected``. A table that has no such column comes back as it is.

    Parameters
    ----------
    table : Table
    target : str
    task : {"regression", "classification"} or None
        As asked for; by default a target of more than a few numbers is one of regression, in
        spite of a few words.
    max_bad : float

    Raises
    ------
    ReadError
        D05, if a larger share than ``max_bad`` of the rows is rejected by now. Those without
        a target count if they may have been a class that was read as empty.

    Examples
    --------
    >>> import pandas as pd
    >>> from tenfold.data.files.read import read_table
    >>> table = read_table(pd.DataFrame({"x": range(4), "y": [1.5, None, 2.5, 4]}))
    >>> kept, (decision,) = with_targets(table, "y", None, 0.01)
    >>> len(kept), decision.what
    (3, 'one of 4 rows has no target and is left out')
    """
    if target not in table.frame.columns:
        return table, ()
    strays = find_strays(table, target, task)
    kept = _left_out(table, target, strays, max_bad)
    decisions = (
        *_silent_decisions(table, kept, target, strays),
        *_unread_decisions(table, target, strays),
    )
    return kept, decisions


def with_targets_of(table: Table, schema: Schema, max_bad: float) -> Table:
    """Return the rows of a table that a model can be scored on.

    As ``with_targets``; words that the model learnt as classes are classes, whatever they say.
    """
    target = schema.target
    if target not in table.frame.columns:
        return table
    cells = table.frame[target]
    silent = find_placeholders(cells)
    if schema.task == "classification":
        unknown = places(cells, schema.classes, table.decimal) == NOWHERE
        words = marks_beside(schema.classes) if _may_be_marks(table) else ()
        silent = unknown & find_placeholders(cells, words)
    return _left_out(table, target, Strays(silent, np.zeros_like(silent)), max_bad)


def find_strays(table: Table, target: str, task: Task | None) -> Strays:
    """Return which rows of a table to learn from have a word for a target that is none.

    Parameters
    ----------
    table : Table
    target : str
    task : {"regression", "classification"} or None
        As asked for.
    """
    cells = table.frame[target]
    nothing = find_placeholders(cells)
    none = np.zeros(len(table), dtype=bool)
    if is_numeric(cells):
        return Strays(none, none)
    number = task == "regression"
    filled = cells.notna().to_numpy()
    finding = find_kind(target, cells.where(~nothing, None), table.decimal)
    if task != "classification" and finding.kind in {"number", "boolean"}:
        numbers = to_numbers(cells, table.decimal, finding.form, finding.unit)
        read = filled & np.isfinite(numbers)
        distinct = sorted(set(to_categories(cells[read], table.decimal)))
        asked = number or guess_task(finding, numbers[read], distinct)[0] == "regression"
        if read.any() and asked:
            unread = filled & ~read & ~nothing
            return Strays(nothing, unread, "--task classification, --missing")
    if number or not nothing.any() or not _may_be_marks(table):
        return Strays(none, none)
    return Strays(_silent_among_classes(table, target, nothing, task), none, "--missing")


def _may_be_marks(table: Table) -> bool:
    """Tell whether the words that mean an empty cell were left to Tenfold."""
    return tuple(table.reading.missing) == MISSING


def _silent_among_classes(
    table: Table, target: str, nothing: NDArray[np.bool_], task: Task | None
) -> NDArray[np.bool_]:
    """Return which of some words for nothing are no classes among the others.

    A word such as ``n/a`` is none if it stands in less than half of the filled cells, any
    other if it is rare.
    """
    cells = table.frame[target]
    filled = cells.notna().to_numpy()
    others = frozenset(to_text(cells[filled & ~nothing], table.decimal))
    if len(others) < 2:  # there would be one class only
        return np.zeros(len(table), dtype=bool)
    words = marks_beside(others)
    if task is not None:  # words are asked for
        words &= MARKS
    silent = find_placeholders(cells, words)
    texts = to_text(cells[filled], table.decimal)
    if are_stray(set(texts[silent[filled]]), texts):
        return silent
    marks = frozenset(word for word in words & MARKS if any(map(str.isalpha, word)))
    silent = find_placeholders(cells, marks)
    return silent if 2 * silent.sum() < filled.sum() else np.zeros_like(silent)


def _left_out(table: Table, target: str, strays: Strays, max_bad: float) -> Table:
    """Return a table without the rows that have no target, or none that can be read."""
    cells = table.frame[target]
    empty, silent = cells.isna().to_numpy(), strays.silent
    reasons = np.full(len(table), f"its target {target!r} is empty", dtype=object)
    said = [
        (silent, "which means that there is none"),
        (strays.unread, "which is not a number"),
    ]
    for rows, what in said:
        texts = to_text(cells[rows], table.decimal)
        reasons[rows] = [f"its target {target!r} is {text!r}, {what}" for text in texts]
    lost, fix = _lost_class(table, target), []
    if lost:
        reasons[empty] = f"its target {target!r} is empty, or the class {lost!r}"
        fix = [f"if {lost!r} is a class, name the values that mean missing: --missing"]
    bad = strays.unread | empty if lost else strays.unread
    gone = ~bad & (silent | empty)
    kept = table.reject(bad, reasons).set_unlabelled(gone[~bad], reasons[~bad])
    kept.check_rejected(max_bad, fix)
    return kept


def _lost_class(table: Table, target: str) -> str | None:
    """Return a word that was read as empty and is written as most classes are, if any was.

    ``NA`` beside ``EU``, ``AS`` and ``AF`` is North America, unless the user named it.
    """
    emptied = table.emptied.get(target, ()) if _may_be_marks(table) else ()
    held = table.frame[target].dropna().unique().tolist() if emptied else []
    for word in sorted(emptied):
        if 2 * sum(is_alike(word, other) for other in held) > len(held):
            return word
    return None


def _silent_decisions(
    table: Table, kept: Table, target: str, strays: Strays
) -> tuple[Decision, ...]:
    """Say how many rows are left out because they have no target."""
    count = len(kept.unlabelled) - len(table.unlabelled)
    if not count:
        return ()
    what = describe_unlabelled(count, len(table))
    if 2 * count > len(table):
        what += f"; {len(kept):,} rows are used"
    change = "--missing" if target in table.emptied else "--target"
    empty, why = count - int(strays.silent.sum()), []
    if empty:
        cells = "one cell" if empty == 1 else f"{empty:,} cells"
        why.append(f"{cells} of {target!r} {'is' if empty == 1 else 'are'} empty")
    if strays.silent.any():
        change = strays.change_with
        why.append(f"cells {_counted(table, target, strays.silent)} mean that there is none")
    why.append(f"the first is line {kept.unlabelled[0].line}")
    return (Decision(what=what, why="; ".join(why), change_with=change),)


def describe_unlabelled(count: int, whole: int, noun: str = "rows") -> str:
    """Say how many rows have no target.

    Examples
    --------
    >>> describe_unlabelled(25, 500)
    '25 of 500 rows have no target and are left out'
    """
    if count == 1:
        return f"one of {whole:,} {noun} has no target and is left out"
    return f"{count:,} of {whole:,} {noun} have no target and are left out"


def labelled_and_warn(table: Table, schema: Schema, max_bad: float) -> Table:
    """Return the rows that a model can be scored on, and warn of those without a target."""
    kept = with_targets_of(table, schema, max_bad)
    count = len(kept.unlabelled) - len(table.unlabelled)
    if count:
        sentence = describe_unlabelled(count, len(table))
        warn(f"{table.source}: {sentence}")
    return kept


def _unread_decisions(table: Table, target: str, strays: Strays) -> tuple[Decision, ...]:
    """Say which rows are left out because their target is no number."""
    count = int(strays.unread.sum())
    if not count:
        return ()
    what = f"{count:,} rows whose target is not a number are left out"
    if count == 1:
        what = "one row whose target is not a number is left out"
    why = f"all other targets are numbers; these are {_counted(table, target, strays.unread)}"
    return (Decision(what=what, why=why, change_with="--task classification"),)


def _counted(table: Table, target: str, rows: NDArray[np.bool_]) -> str:
    """Return the words that stand in some rows, and how often each does."""
    counts = count_values(to_text(table.frame[target][rows], table.decimal))
    cells = [f"{text!r} ({count:,})" for text, count in counts.iloc[:MOST_NAMED].items()]
    return ", ".join(cells) + (", ..." if len(counts) > MOST_NAMED else "")


@contextmanager
def naming_unlabelled(table: Table) -> Iterator[None]:
    """Let the refusal to split rows say that there were more, without a target."""
    try:
        yield
    except SplitError as error:
        if table.unlabelled:
            gone, whole = len(table.unlabelled), len(table) + len(table.unlabelled)
            error.place["without a target"] = f"{gone:,} of {whole:,} rows, which are left out"
        raise


def read_answers(
    table: Table, schema: Schema
) -> tuple[NDArray[np.float64] | NDArray[np.int64], NDArray[np.float64]]:
    """Return the true answers of labelled rows, coded, and the rows' weights.

    Raises
    ------
    PredictError
        P01 to P04, if the table does not fit the schema or lacks answers.
    """
    check_columns(table.frame, schema, table.decimal)
    if schema.target not in table.frame.columns:
        raise PredictError(
            "P03",
            f"there is no column {schema.target!r} to compare with",
            place={"file": table.source},
            fix=["add the column, or predict without scoring: tenfold predict"],
        )
    truth = encode_target(table, schema)
    fix = ["correct these rows, or leave them out"]
    if len(truth) == 0:
        raise PredictError("P03", "no row has a target", place={"file": table.source}, fix=fix)
    unread = np.flatnonzero(np.isnan(truth))
    if len(unread):
        raise PredictError(
            "P03",
            f"{len(unread):,} cells of the column {schema.target!r} are not numbers",
            place={
                "file": table.source,
                "lines": ", ".join(map(str, table.lines[unread[:5]])),
            },
            fix=fix,
        )
    if schema.task == "classification" and (truth < 0).any():
        unknown = sorted({str(c) for c in table.frame[schema.target][truth < 0]})
        raise PredictError(
            "P04",
            f"{(truth < 0).sum():,} rows are of classes that were not in the training data",
            place={"file": table.source, "classes": ", ".join(map(repr, unknown[:10]))},
            fix=["leave these rows out, or train with rows of these classes"],
        )
    weights = np.ones(len(table))
    if schema.weight_column in table.frame.columns:
        weights = read_weights(table, schema.weight_column)
    return truth, weights
