"""How models of a table are compared.

Processes of classical models read this module: it loads no torch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import Decision, RunOptions
from tenfold.contest.contender import Contender
from tenfold.contest.contenders import BASELINE, classical_contenders, network_contender
from tenfold.contest.contest import MANY_ROWS, Contest
from tenfold.contest.cost import Cost
from tenfold.data.cells.bags import PLACES, to_bags
from tenfold.data.cells.moments import days_of, to_moments
from tenfold.data.cells.parse import read_truth, to_categories, to_numbers
from tenfold.data.columns.encode import Encoded, names_of
from tenfold.data.columns.schema import Schema
from tenfold.data.folds.split import Splits
from tenfold.data.tables.table import Table
from tenfold.kinds.tables.table_expert import expert_columns

ADDED, ADDED_TO_MANY = 22, 8  # columns that an expert adds, of a small table and a large one
TUTORIAL: Final = Contender(
    name="tutorial's network",
    kind="deep",
    network="tutorial",
    cost=Cost(0.11, 1.1, 0.3, 0.8, 0.6),
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TableContest(Contest):
    """Rows of a table.

    ``X`` holds numbers as float64, categories as such, dates as days since 1970, and texts and
    lists as the numbers that networks see.

    Attributes
    ----------
    dates : dict of str to ndarray of shape (N,), datetime64
        Columns of dates, not yet taken apart.
    """

    kind: str = "table"
    dates: Mapping[str, NDArray[np.datetime64]] = field(default_factory=dict)

    def contenders(self) -> tuple[list[Contender], tuple[Decision, ...]]:
        """Return who competes; the tutorial's network for tables predicts no classes."""
        tutorial = [TUTORIAL] if self.task == "regression" else []
        return [BASELINE, *classical_contenders(self), *tutorial, network_contender(self)], ()

    def has_other_features(self, contender: Contender) -> bool:  # noqa: ARG002
        """Tell that an expert adds columns for all."""
        return True

    def with_other_features(self, contender: Contender) -> tuple[Contender, "TableContest"]:
        """Return the contest with engineered columns beside its own.

        Which columns are combined depends on their values in all rows, never on the target.
        """
        frame = self.data.frame
        taken, made = {*frame.columns}, dict(expert_columns(self.X, self.dates))
        added = pd.DataFrame({name: cells for name, cells in made.items() if name not in taken})
        wider = pd.concat([frame.reset_index(drop=True), added], axis=1)
        X, data = pd.concat([self.X, added], axis=1), replace(self.data, frame=wider)
        return contender, replace(self, X=X, data=data)

    @property
    def added_columns(self) -> int:
        """How many columns an expert adds, about."""
        added = ADDED if len(self) <= MANY_ROWS else ADDED_TO_MANY
        return min(added, len(self.numbers) ** 2)

    def steps_of_network(self, network: str) -> tuple[str, ...]:
        """Return what a network does to rows."""
        body = "the tutorial's network" if network == "tutorial" else "the network"
        return (f"{body}: all folds at once, with imputation, scaling and encoding inside",)


def table_contest(
    table: Table,
    schema: Schema,
    coded: Encoded,
    place: NDArray[np.int64],
    splits: Splits,
    options: RunOptions,
) -> TableContest:
    """Return the contest of a table that was described and split.

    Parameters
    ----------
    table : Table
    schema : Schema
    coded : Encoded
        Of the table's rows.
    place : ndarray of shape (N,), int64
        Where each row of the table stands in the rows of ``splits``; rows without a weight, at
        -1, are left out.
    splits : Splits
    options : RunOptions
    """
    kept = place >= 0
    if not kept.all():
        table, coded, place = table.take(kept), coded.take(kept), place[kept]
    dates = {
        column.name: to_moments(table.frame[column.name], column.date_format)
        for column in schema.used
        if column.kind == "date"
    }
    return TableContest(
        task=schema.task,
        X=typed_columns(table, schema, dates),
        y=coded.target,
        splits=splits.spread(place).pairs(),
        options=options,
        weights=None if schema.weight_column is None else coded.weights,
        classes=schema.classes,
        data=replace(table, every=table.lines),  # positions count the rows that are left
        dates=dates,
    )


def typed_columns(
    table: Table, schema: Schema, dates: Mapping[str, NDArray[np.datetime64]]
) -> pd.DataFrame:
    """Return the columns that are learnt from, each in its type, neither filled nor scaled.

    Text and lists are the numbers that networks see.
    """
    columns: dict[str, Any] = {}
    for column in schema.used:
        cells = table.frame[column.name]
        if column.kind == "number":
            columns[column.name] = to_numbers(cells, table.decimal, column.form, column.unit)
        elif column.kind == "boolean":
            columns[column.name] = read_truth(cells, table.decimal, column.tick)
        elif column.kind == "date":
            days = days_of(pd.Series(dates[column.name]))
            columns[column.name] = days.to_numpy(np.float64)
        elif column.kind in PLACES:
            bags = to_bags(cells, column.kind, column.sign, table.decimal, column.places)
            columns |= dict(zip(names_of(column), bags.T, strict=True))
        else:
            columns[column.name] = pd.Categorical(to_categories(cells, table.decimal))
    return pd.DataFrame(columns)
