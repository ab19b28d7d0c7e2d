"""What each column is, fixed before any row is coded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Final, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision, Kind, SchemaOptions, SplitOptions, Task
from tenfold.data.cells.amounts import NO_UNIT
from tenfold.data.cells.bags import places_for
from tenfold.data.cells.date_formats import ISO
from tenfold.data.cells.moments import days_of, to_moments
from tenfold.data.cells.parse import (
    count_values,
    is_numeric,
    read_truth,
    to_categories,
    to_numbers,
    to_text,
)
from tenfold.data.cells.spans import AMOUNTS, FORMS, Form
from tenfold.data.columns.column import Column
from tenfold.data.columns.column_kind import DISTINCT, EMPTIED, FoundKind, find_kind
from tenfold.data.columns.prose import likeliest_sign
from tenfold.data.columns.target import infer_task, whole_decisions
from tenfold.data.tables.reading import Known, Reading
from tenfold.data.tables.signs import kept_decisions
from tenfold.data.tables.table import Table, find_column
from tenfold.errors import LIST_OF_IMAGES, SchemaError

# Levels beyond these are the rarest; they are treated like categories never seen.
MAX_LEVELS: Final = 10_000
UNNAMED: Final = "column 1"  # what a first column without a name is called
SHOWN: Final = 8  # names of columns in a decision
# What is said of kinds whose name says too little, and what takes their place.
NAMED: Final[Mapping[Kind, tuple[str, Kind]]] = {
    "text": ("text, encoded by its words", "identifier"),
    "list": ("lists, each of their categories encoded separately", "category"),
    "category": ("category", "number"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Schema:
    """The columns of a table, its target and its task.

    Attributes
    ----------
    columns : tuple of Column
        Inputs, sorted by name, so that the order of a file's columns changes nothing.
    target : str
    task : {"regression", "classification"}
    classes : tuple of str
        Names of the classes, sorted as text or by value; empty in regression.
    target_form : Form
        How a target that is a number is written, as ``Column.form``.
    target_unit : str
        As ``Column.unit``.
    weight_column, group_column, time_column : str or None
        Columns that are not learnt from.
    reading : Reading
        How the table was read, as whoever brings new rows has to read them.
    """

    thresholds: ClassVar[tuple[float, ...]] = ()  # a row of a table has one label

    columns: tuple[Column, ...]
    target: str
    task: Task
    classes: tuple[str, ...] = ()
    target_form: Form = "number"
    target_unit: str = NO_UNIT
    weight_column: str | None = None
    group_column: str | None = None
    time_column: str | None = None
    reading: Reading = field(default_factory=Reading, compare=False)
    decisions: tuple[Decision, ...] = field(default=(), compare=False)

    @property
    def used(self) -> tuple[Column, ...]:
        """The columns that the network learns from."""
        return tuple(column for column in self.columns if column.used)

    @property
    def known(self) -> Known:
        """What is known by it of a table of new rows."""
        numbers = [c.name for c in self.used if c.kind == "number"]
        if self.task == "regression":
            numbers.append(self.target)
        names = tuple(column.name for column in self.used)
        return Known(reading=self.reading, names=names, numbers=frozenset(numbers))

    @property
    def categories(self) -> tuple[Column, ...]:
        """The columns of categories."""
        return tuple(column for column in self.columns if column.kind == "category")

    def to_dict(self) -> dict[str, Any]:
        """Return the schema as a JSON object; ``from_dict`` is the way back."""
        out = asdict(self)
        del out["decisions"]
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Schema":
        """Make a schema from what ``to_dict`` returned, unknown keys left out.

        Raises
        ------
        LookupError, TypeError, ValueError
            If it is something else.
        """
        columns = tuple(map(Column.from_dict, data["columns"]))
        others = [data.get(f"{use}_column") for use in ("weight", "group", "time")]
        if not all(name is None or isinstance(name, str) for name in others):
            raise TypeError("a column is identified by its name")
        form, reading = data.get("target_form", "number"), data.get("reading")
        if form not in FORMS:
            raise ValueError("there is no such number format")
        return cls(
            columns=columns,
            target=str(data["target"]),
            task=data["task"],
            classes=tuple(map(str, data["classes"])),
            target_form=form,
            target_unit=str(data.get("target_unit", NO_UNIT)),
            weight_column=others[0],
            group_column=others[1],
            time_column=others[2],
            reading=Reading() if reading is None else Reading.from_dict(reading),
        )


def infer_schema(
    table: Table, target: str, options: SchemaOptions, split: SplitOptions
) -> Schema:
    """Decide what every column of a table is.

    Parameters
    ----------
    table : Table
        Rows whose target is filled.
    target : str
        Name of the target column.
    options : SchemaOptions
    split : SplitOptions
        Names the columns that split rows, which are not learnt from.

    Raises
    ------
    SchemaError
        S02 to S06, if a column is absent or not what it has to be.
    """
    not_inputs = {
        "--weight-column": options.weight_column,
        "--group-column": split.group_column,
        "--time-column": split.time_column,
    }
    for option, name in not_inputs.items():
        if name is not None:
            find_column(table, name, option=option)
    for name in options.kinds:
        find_column(table, name, option="--kind")
    task, classes, decision = infer_task(table, target, options)
    form, unit = _target_form(table, target, task)
    inputs = set(table.frame.columns) - {target, *not_inputs.values()}
    columns = [_infer_column(table, name, options) for name in sorted(inputs)]
    categories = {column.name: column.levels for column in columns if column.kind == "category"}
    _require_inputs(table, columns, split)
    categories[target] = classes
    return Schema(
        columns=tuple(columns),
        target=target,
        task=task,
        classes=classes,
        target_form=form,
        target_unit=unit,
        weight_column=options.weight_column,
        group_column=split.group_column,
        time_column=split.time_column,
        reading=table.reading,
        decisions=(
            *decision,
            *_split_decisions(split),
            *_describe(columns, options.kinds),
            *kept_decisions(categories),
        ),
    )


def _require_inputs(table: Table, columns: Sequence[Column], split: SplitOptions) -> None:
    """Refuse a table without a column to learn from."""
    if any(column.used for column in columns):
        return
    copied = ["add a copy of the column of groups or times"] if _split_decisions(split) else []
    raise SchemaError(
        "S03",
        "no column is left to learn from",
        place={"file": table.source}
        | {f"column {c.name!r}": f"{c.kind}: {c.why}" for c in columns[:10]},
        fix=["set the type of a column: --kind NAME=category", *copied, LIST_OF_IMAGES],
    )


def _split_decisions(split: SplitOptions) -> tuple[Decision, ...]:
    """Say which columns only say how rows are split."""
    unseen = "that are not in the training data"
    named = [
        (split.group_column, "groups", f"new rows belong to groups {unseen}"),
        (split.time_column, "orders", f"new rows have times {unseen}"),
    ]
    return tuple(
        Decision(
            what=f"{name!r} {does} the rows, and is not used as an input",
            why=why,
            change_with="a copy of the column, by another name",
        )
        for name, does, why in named
        if name is not None
    )


def _target_form(table: Table, target: str, task: Task) -> tuple[Form, str]:
    cells = table.frame[target]
    if task == "classification" or is_numeric(cells):
        return "number", NO_UNIT
    found = find_kind(target, cells, table.decimal)
    return found.form, found.unit


def _infer_column(table: Table, name: str, options: SchemaOptions) -> Column:
    cells = table.frame[name]
    kind = options.kinds.get(name)
    if kind is None:
        # A first column without a name, where others have one, is an index of pandas or R.
        unnamed = bool(table.reading.header) and name == UNNAMED
        finding = find_kind("" if unnamed else name, cells, table.decimal)
    else:
        finding = _forced(table, name, kind)
    counts = finding.kind == "identifier" and options.keep_counters
    if counts and np.isfinite(to_numbers(cells.dropna(), table.decimal)).all():
        finding = FoundKind(kind="number", why="its cells are numbers")
    levels: tuple[str, ...] = ()
    numbers: NDArray[np.floating[Any]] = np.zeros(0)
    if finding.kind == "category":
        categories = to_categories(cells, table.decimal)
        levels = tuple(sorted(count_values(categories).index[:MAX_LEVELS]))
    elif finding.kind == "date":
        dates = pd.Series(to_moments(cells, finding.date_format))
        numbers = days_of(dates).to_numpy(dtype=np.float64)
    elif finding.kind == "number":
        numbers = to_numbers(cells, table.decimal, finding.form, finding.unit)
    seen = numbers[np.isfinite(numbers)]
    return Column(
        name=name,
        kind=finding.kind,
        why=finding.why,
        levels=levels,
        asked=kind is not None,
        date_format=finding.date_format,
        form=finding.form,
        unit=finding.unit,
        rival=next(iter(finding.rivals), None) if finding.date_format else None,
        tick=finding.tick if finding.kind == "boolean" else "",
        sign=finding.sign,
        places=places_for(finding.kind, len(cells)),
        empties=finding.empties,
        has_missing=bool(finding.empties) or bool(cells.isna().any()),
        low=float(seen.min()) if len(seen) else None,
        high=float(seen.max()) if len(seen) else None,
    )


def _forced(table: Table, name: str, asked: Kind | str) -> FoundKind:
    cells = table.frame[name]
    filled = cells[cells.notna()]
    form: Form
    date_format, form, unit, sign = None, "number", NO_UNIT, ""
    found = find_kind(name, cells, table.decimal)
    kind = cast("Kind", "date" if "%" in asked else asked)
    if kind == "number":
        form, unit = found.form, found.unit
        fits = np.isfinite(to_numbers(filled, table.decimal, form, unit))
    elif kind == "boolean":
        fits = np.isfinite(read_truth(filled, table.decimal, found.tick))
    elif kind == "date":
        date_format = asked if "%" in asked else found.date_format or ISO
        fits = _are_dates(filled, date_format)
    else:
        fits = np.ones(len(filled), dtype=bool)
    if kind == "list":
        sign = likeliest_sign(count_values(to_text(filled, table.decimal)))
    if not fits.any():
        raise SchemaError(
            "S05",
            f"no cell of column {name!r} can be read as {asked}",
            place={"file": table.source, "cells": ", ".join(repr(c) for c in filled[:5])},
            fix=[f"let the type be detected, or set --kind {name}=category"],
        )
    return replace(
        found if kind in {"number", "date", "boolean"} else FoundKind(kind=kind, why=""),
        kind=kind,
        why="as asked",
        date_format=date_format,
        form=form,
        unit=unit,
        sign=sign,
        rivals=(),
    )


def _are_dates(filled: "pd.Series[Any]", layout: str) -> NDArray[np.bool_]:
    try:
        return np.asarray(~np.isnat(to_moments(filled, layout)))
    except ValueError:  # there is no such format
        return np.zeros(len(filled), dtype=bool)


def _describe(columns: Sequence[Column], forced: Mapping[str, Kind | str]) -> list[Decision]:
    """Say what the columns are: one decision a kind, the surprising columns each."""
    decisions = []
    by_kind: dict[Kind, list[Column]] = {}
    for column in columns:
        if column.name not in forced:
            by_kind.setdefault(column.kind, []).append(column)
    for kind, members in by_kind.items():
        if kind in {"identifier", "constant"}:
            for column in members:
                what = f"column {column.name!r} is left out: {kind}"
                other = "text" if column.why.endswith(DISTINCT) else "category"
                change = f"--kind {column.name!r}={other}"
                decisions.append(Decision(what=what, why=column.why, change_with=change))
            continue
        names = ", ".join(repr(c.name) for c in members[:SHOWN])
        names += f" and {len(members) - SHOWN} more" if len(members) > SHOWN else ""
        odd = [c for c in members if c.why != "its cells are numbers"]
        odd = [c for c in odd if not c.why.endswith(EMPTIED)]
        why = "; ".join(f"{c.name!r}: {c.why}" for c in odd[:4]) or "their cells are numbers"
        named, other = NAMED.get(kind, (kind, "category"))
        what = f"{named}: {names}"
        decisions.append(Decision(what=what, why=why, change_with=f"--kind NAME={other}"))
    numbers = [column for column in columns if column.kind == "number"]
    decisions += _unit_decisions(numbers)
    decisions += _rival_decisions(columns)
    decisions += _tick_decisions(columns)
    decisions += _emptied_decisions(columns)
    return decisions


def _rival_decisions(columns: Sequence[Column]) -> Iterator[Decision]:
    """Say of each column of dates which other format would give other days."""
    for column in columns:
        if column.rival is not None:
            what = f"dates in {column.name!r} are read as {column.date_format}"
            why = (
                f"all of them fit this format, but {column.rival} would fit too and give "
                "other dates"
            )
            change = f"--kind {column.name!r}={column.rival}"
            yield Decision(what=what, why=why, change_with=change)


def _tick_decisions(columns: Sequence[Column]) -> Iterator[Decision]:
    """Say in which columns an empty cell means no."""
    boxes = [column for column in columns if column.tick]
    if boxes:
        names = ", ".join(repr(column.name) for column in boxes[:SHOWN])
        names += f" and {len(boxes) - SHOWN} more" if len(boxes) > SHOWN else ""
        why = "; ".join(f"{c.name!r}: {c.why}" for c in boxes[:SHOWN])
        what = f"tick boxes, in which an empty cell means no: {names}"
        yield Decision(what=what, why=why, change_with="--kind NAME=constant")


def _emptied_decisions(columns: Sequence[Column]) -> Iterator[Decision]:
    """Say of each column which of its filled cells are read as empty."""
    for column in columns:
        if column.why.endswith(EMPTIED):
            what = f"column {column.name!r} is nevertheless read as a {column.kind}"
            change = f"--kind {column.name!r}=category"
            yield Decision(what=what, why=column.why, change_with=change)


def _unit_decisions(numbers: Sequence[Column]) -> Iterator[Decision]:
    """Say which numbers have something beside them."""
    amounts = [column for column in numbers if column.form in AMOUNTS]
    if amounts:
        names = ", ".join(
            f"{c.name!r} ({c.unit})" if c.unit else repr(c.name) for c in amounts[:SHOWN]
        )
        names += f" and {len(amounts) - SHOWN} more" if len(amounts) > SHOWN else ""
        why = "each cell is a number with its unit; cells in other units are treated as missing"
        what = f"numbers with a unit: {names}"
        yield Decision(what=what, why=why, change_with="--kind NAME=category")
    for column in amounts:
        yield from whole_decisions(column.name, column.form, column.why)
