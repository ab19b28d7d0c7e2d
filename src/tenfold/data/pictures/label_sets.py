"""Pictures with several labels: lists in a column, or a column of yes and no for each label."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from tenfold.config import Decision
from tenfold.data.cells.parse import truth_of
from tenfold.data.pictures.folders import class_name, few, number
from tenfold.data.pictures.label_lists import (
    BLANK,
    SEPARATORS,
    WRITTEN,
    LabelSet,
    find_separator,
    labels_in,
)
from tenfold.data.tables.table import Table
from tenfold.errors import SchemaError

HOW: Final = {BLANK: "separated by blanks", WRITTEN: "written as lists of Python or JSON"}
AS_CLASSES: Final = "make each cell a class: --task classification"
OF_PARTS: Final = re.compile(r"train|test|valid|\bval\b|split|fold", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelSets:
    """What the rows of a table say of the labels of their pictures.

    Attributes
    ----------
    of_line : mapping of int to frozenset of str, or to str
        By the line of a row: its labels, or its only class. Rows that do not say are absent.
    decisions : tuple of Decision
    """

    of_line: Mapping[int, LabelSet | str]
    decisions: tuple[Decision, ...]


def sets_of_column(table: Table, column: str, *, asked: bool) -> LabelSets | None:
    """Return the labels of pictures that one column lists; None if it holds single classes.

    Parameters
    ----------
    table : Table
        Rows with a label.
    column : str
    asked : bool
        Whether several labels are asked for, whatever the cells look like.

    Raises
    ------
    SchemaError
        S05, if a list has a fault.

    Examples
    --------
    >>> from tenfold.data.files.read import read_table
    >>> table = read_table(pd.DataFrame({"seen": ["sea|ship", "sea", "ship"]}))
    >>> found = sets_of_column(table, "seen", asked=False)
    >>> sorted(found.of_line[1]), found.decisions[0].what
    (['sea', 'ship'], "images have several labels: those in column 'seen', separated by '|'")
    """
    cells = table.frame[column].astype(str).tolist()
    separator = find_separator(cells)
    if separator is None:
        if not asked:
            return None
        signs = (*SEPARATORS, BLANK)
        separator = next((s for s in signs if any(s in cell for cell in cells)), SEPARATORS[0])
    of_line: dict[int, LabelSet] = {}
    for line, cell in zip(table.lines, cells, strict=True):
        try:
            of_line[line] = labels_in(cell, separator)
        except ValueError as error:
            fact = f"a cell of column {column!r} cannot be read as a list of labels"
            place = {"file": table.source, "line": f"{line} ({cell!r})"}
            fix = ["correct the cell, or leave it empty", AS_CLASSES]
            raise SchemaError("S05", fact, place=place, fix=fix) from error
    how = HOW.get(separator, f"separated by {separator!r}")
    what = f"images have several labels: those in column {column!r}, {how}"
    labels = frozenset[str]().union(*of_line.values())
    counts = number(len(labels), "label occurs", "labels occur")
    ways = number(len(set(of_line.values())), "combination", "combinations")
    why = f"{counts} in {ways}"
    decision = Decision(what=what, why=why, change_with="--task classification")
    return LabelSets(of_line=of_line, decisions=(decision,))


def label_columns(table: Table, others: Sequence[str], least: int = 2) -> tuple[str, ...]:
    """Return the columns that say yes or no of a label each; none where too few do.

    Columns such as ``is_train`` say which part of the data a picture belongs to.

    Examples
    --------
    >>> from tenfold.data.files.read import read_table
    >>> frame = pd.DataFrame({"sea": [1, 0, 1], "ship": [0, 0, 1], "is_train": [1, 1, 0]})
    >>> label_columns(read_table(frame), list(frame))
    ('sea', 'ship')
    """
    found = [
        name
        for name in others
        if not OF_PARTS.search(name) and _says_truth(table.frame[name], table.decimal)
    ]
    return tuple(found) if len(found) >= least else ()


def sets_of_columns(table: Table, columns: Sequence[str], *, asked: bool) -> LabelSets:
    """Return the labels of pictures of which each column says yes or no.

    Where each row has exactly one label they are classes. Of a column without a no, an empty
    cell is one; of others it leaves the row without labels.

    Parameters
    ----------
    table : Table
    columns : sequence of str
    asked : bool
        Whether several labels are asked for, even if each row has exactly one.

    Raises
    ------
    SchemaError
        S05, if a column holds something else.
    """
    truths = {name: _truths(table, name) for name in columns}
    of_line: dict[int, LabelSet | str] = {}
    for row, line in enumerate(table.lines):
        own = {name: truth[row] for name, truth in truths.items()}
        if None not in own.values():
            of_line[line] = frozenset(class_name(name) for name, said in own.items() if said)
    decisions = [*_told(table, truths, len(table) - len(of_line))]
    if not asked and of_line and all(len(one) == 1 for one in of_line.values()):
        what, why = f"the classes are columns {_few(columns)}", "each image has exactly one"
        decisions.append(Decision(what=what, why=why, change_with="--task multilabel"))
        single = {line: next(iter(one)) for line, one in of_line.items()}
        return LabelSets(of_line=single, decisions=tuple(decisions))
    what = f"images have several labels: columns {_few(columns)}"
    why = "each of these columns says yes or no"
    decisions.append(Decision(what=what, why=why, change_with="--target"))
    return LabelSets(of_line=of_line, decisions=tuple(decisions))


def _few(columns: Sequence[str]) -> str:
    return few([repr(name) for name in columns])


def _told(
    table: Table, truths: Mapping[str, Sequence[bool | None]], unsaid: int
) -> Iterator[Decision]:
    """Yield what columns of yes and no leave out, and what their empty cells mean."""
    if never := [repr(name) for name, truth in truths.items() if not any(truth)]:
        what, why = f"never predicted: {few(never)}", "no image has this label"
        yield Decision(what=what, why=why, change_with="the labels")
    change = "the empty cells"
    if unsaid:
        what = f"{number(unsaid, 'image is', 'images are')} left out"
        why = "a cell that is to say yes or no is empty"
        yield Decision(what=what, why=why, change_with=change)
    ticks = [
        repr(name)
        for name, truth in truths.items()
        if None not in truth and table.frame[name].isna().any()
    ]
    if ticks:
        why = "no cell of these columns says no otherwise"
        yield Decision(
            what=f"an empty cell means no: {few(ticks)}", why=why, change_with=change
        )


def _says_truth(cells: "pd.Series[Any]", decimal: str) -> bool:
    """Tell whether all filled cells mean yes or no, and some mean yes."""
    meanings = {truth_of(cell, decimal) for cell in cells.dropna().unique()}
    return 1.0 in meanings and meanings <= {0.0, 1.0}


def _truths(table: Table, name: str) -> list[bool | None]:
    """Return what each cell says; None where it does not.

    A column of empty cells and a single word, such as ``x``, is one of ticks.
    """
    cells = table.frame[name]
    meanings = {cell: truth_of(cell, table.decimal) for cell in cells.dropna().unique()}
    odd = [cell for cell, meaning in meanings.items() if math.isnan(meaning)]
    if odd and (len(meanings) > 1 or not cells.isna().any()):
        raise SchemaError(
            "S05",
            f"column {name!r} is to say yes or no of a label, and says neither",
            place={"file": table.source, "cells": few([repr(cell) for cell in odd])},
            fix=[
                "write yes or no, true or false, 1 or 0; leave a cell empty if it is not known",
                "leave the column out: --target NAME,NAME",
            ],
        )
    empty = None if 0.0 in meanings.values() else False
    return [empty if pd.isna(cell) else meanings[cell] != 0.0 for cell in cells]
