"""Which columns of a list of pictures say what these show, and what they say."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from tenfold.config import Decision, Task
from tenfold.data.columns.labelled import with_targets
from tenfold.data.pictures.folders import class_name
from tenfold.data.pictures.label_lists import LabelSet
from tenfold.data.pictures.label_sets import (
    OF_PARTS,
    label_columns,
    sets_of_column,
    sets_of_columns,
)
from tenfold.data.pictures.numbers import numbers_of_column
from tenfold.data.tables.table import Table, find_column
from tenfold.errors import PictureError, SchemaError, UsageError
from tenfold.read_options import PictureOptions

BETWEEN: Final = ","  # names of columns, where each is a label
LABEL_NAMES: Final = ("label", "class", "target", "category")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListLabels:
    """What a list says of its pictures.

    Attributes
    ----------
    columns : tuple of str
        Where it stands.
    of_line : mapping of int to str, float or frozenset of str
        By the line of a row: a class, a number, or several labels.
    silent : collection of int
        Lines without any label.
    decisions : tuple of Decision
    """

    columns: tuple[str, ...]
    of_line: Mapping[int, str | float | LabelSet]
    silent: Collection[int] = field(default=())
    decisions: tuple[Decision, ...] = ()

    @property
    def column(self) -> str:
        """The names of the columns, as ``--target`` takes them."""
        return BETWEEN.join(self.columns)


def read_labels(
    table: Table, options: PictureOptions, others: Sequence[str], task: Task | None, before: str
) -> ListLabels:
    """Read what a list says of its pictures.

    Parameters
    ----------
    table : Table
    options : PictureOptions
        ``target`` names a column, or several that say yes or no of a label each.
    others : sequence of str
        Columns that hold neither files nor groups.
    task : {"regression", "classification", "multilabel"} or None
        None is what the labels look like.
    before : str
        Where labels stood in training; taken if it is there and none is named.

    Raises
    ------
    PictureError
        I01, if there is no column for a label.
    SchemaError
        If a column that is named is not there, or a label is no number where numbers are asked
        for.
    UsageError
        U02, if a picture is to have one label, and several columns say yes.
    """
    columns, chosen = _columns(table, options.target, others, task, before)
    if len(columns) == 1:
        found = _of_column(table, columns[0], task)
    else:
        found = _of_columns(table, columns, task)
    return replace(found, decisions=(*chosen, *found.decisions))


def _columns(
    table: Table, target: str | None, others: Sequence[str], task: Task | None, before: str
) -> tuple[tuple[str, ...], tuple[Decision, ...]]:
    """Return the columns of the labels, and why these."""
    if target is not None:
        several = BETWEEN in target and target not in table.frame.columns
        named = target.split(BETWEEN) if several else [target]
        found = (find_column(table, name.strip(), option="--target") for name in named)
        return tuple(dict.fromkeys(found)), ()
    if not others:
        fact = "the table has no column for the label"
        raise PictureError("I01", fact, place={"source": table.source})
    for known in ((before,), tuple(before.split(BETWEEN))):
        if set(known) <= set(others):
            return known, ()
        if not set(known).isdisjoint(others):
            absent = [repr(name) for name in known if name not in others]
            fact = f"the list has no column for {', '.join(absent)}, but for other labels"
            raise SchemaError("S01", fact, place={"source": table.source})
    by_name = [name for word in LABEL_NAMES for name in others if name.lower() == word]
    may_label = [name for name in others if not OF_PARTS.search(name)]
    if not by_name and may_label and task in {None, "multilabel"}:
        said = label_columns(table, may_label)
        if may_label[-1] in said:
            return said, ()
    varied = [name for name in may_label or others if table.frame[name].nunique() > 1]
    last = (varied or others)[-1]
    where = {(may_label or others)[-1]: " that may be a label", others[-1]: ""}
    why = f"it is the last column{where.get(last, ' that varies')}"
    name, why = (by_name[0], "of its name") if by_name else (last, why)
    what = f"the label is column {name!r}"
    return (name,), (Decision(what=what, why=why, change_with="--target"),)


def _of_column(table: Table, column: str, task: Task | None) -> ListLabels:
    """Read classes, numbers or lists of labels from one column."""
    several = task == "multilabel"
    if several and label_columns(table, [column], least=1):
        return _of_columns(table, (column,), task)
    kept, left_out = with_targets(table, column, "classification" if several else task, 1.0)
    numbers, decisions = (None, ()) if several else numbers_of_column(kept, column, task)
    if numbers is None and task is None:
        kept, left_out = with_targets(table, column, "classification", 1.0)
    of_line: dict[int, str | float | LabelSet]
    if numbers is not None:
        of_line = dict(zip(kept.lines, map(float, numbers), strict=True))
    else:
        texts = map(class_name, kept.frame[column].astype(str))
        of_line = dict(zip(kept.lines, texts, strict=True))
    sets = sets_of_column(kept, column, asked=several) if _may_list(numbers, task) else None
    if sets is not None:
        of_line, decisions = dict(sets.of_line), sets.decisions
    return ListLabels(
        columns=(column,),
        of_line=of_line,
        silent={row.line for row in kept.unlabelled},
        decisions=(*decisions, *map(_of_list, left_out)),
    )


def _may_list(numbers: object, task: Task | None) -> bool:
    return numbers is None and task != "classification"


def _of_columns(table: Table, columns: tuple[str, ...], task: Task | None) -> ListLabels:
    """Read yes and no of a label each from several columns."""
    found = sets_of_columns(table, columns, asked=task == "multilabel")
    several = any(isinstance(one, frozenset) for one in found.of_line.values())
    if task not in {None, "multilabel"} and (several or task == "regression"):
        fact = f"--task {task} takes one label an image, but --target names several columns"
        fix = ["leave --task out", "name one column: --target NAME"]
        raise UsageError("U02", fact, fix=fix)
    silent = set(table.lines) - set(found.of_line)
    return ListLabels(
        columns=columns, of_line=found.of_line, silent=silent, decisions=found.decisions
    )


def _of_list(told: Decision) -> Decision:
    """Say of labels what was said of a table, whose options lists do not have."""
    change = told.change_with.replace(", --missing", "").replace("--missing", "these cells")
    return replace(told, change_with=change)
