"""What every contender is given: the same rows, the same answers, the same folds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import RunOptions, Task
from tenfold.data.bags import PLACES, to_bags
from tenfold.data.cells import days_of, read_truth, to_moments, to_numbers, to_words
from tenfold.data.encode import encode_target, names_of, read_weights
from tenfold.data.picture_schema import TARGET
from tenfold.data.schema import Schema
from tenfold.data.split import Splits
from tenfold.data.table import Table
from tenfold.evaluate.pooling import metrics_to_pool
from tenfold.seeds import Streams

Pair = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Problem:
    """Rows or pictures to predict, and how they are split.

    Attributes
    ----------
    task : {"regression", "classification"}
    X : DataFrame of N rows, or ndarray of shape (N, S, S, 3), uint8
        What classical models learn from: of a table numbers as float64, words as
        categories, dates as days since 1970, texts and lists as the numbers that networks see;
        of pictures squares.
    y : ndarray of shape (N,)
        float64 in regression, class numbers in classification.
    splits : tuple of (learn, test)
        Positions of the rows that each fold learns from and is tested on.
    options : RunOptions
        What networks are trained with.
    weights : ndarray of shape (N,), float64, or None
    classes : tuple of str
    table : Table or None
        The rows as networks read them.
    source : str or None
        The pictures as networks read them: a folder or a CSV.
    dates : dict of str to ndarray of shape (N,), datetime64
        Columns of dates, not yet taken apart.
    """

    task: Task
    X: pd.DataFrame | NDArray[np.uint8]
    y: NDArray[Any]
    splits: tuple[Pair, ...]
    options: RunOptions
    weights: NDArray[np.float64] | None = None
    classes: tuple[str, ...] = ()
    table: Table | None = None
    source: str | None = None
    dates: dict[str, NDArray[np.datetime64]] | None = None

    @property
    def target(self) -> str:
        """What is predicted."""
        return self.options.schema.target or TARGET

    def __len__(self) -> int:
        return len(self.y)

    @property
    def kind(self) -> Literal["table", "images"]:
        """Whether it is about rows of a table or about pictures."""
        return "images" if self.source is not None else "table"

    @property
    def words(self) -> list[str]:
        """Names of the columns of words."""
        return words_of(self.X) if isinstance(self.X, pd.DataFrame) else []

    @property
    def numbers(self) -> list[str]:
        """Names of the columns of numbers."""
        return numbers_of(self.X) if isinstance(self.X, pd.DataFrame) else []

    @property
    def test_share(self) -> float:
        """Rows tested on over rows learnt from, mean over folds."""
        return float(np.mean([len(test) / len(learn) for learn, test in self.splits]))

    @property
    def pooled(self) -> tuple[str, ...]:
        """The metrics that are scored on the rows of all folds together."""
        weights = np.ones(len(self)) if self.weights is None else self.weights
        tested = [test for _, test in self.splits]
        truths, held = [self.y[test] for test in tested], [weights[test] for test in tested]
        return metrics_to_pool(truths, held, self.task)

    def only(self, folds: int) -> "Problem":
        """Return the problem with its first folds alone."""
        return replace(self, splits=self.splits[:folds])

    def shrunk(self, share: float, tested: float = 1.0) -> "Problem":
        """Return the problem with a share of the rows that each fold learns from.

        Shares are nested: what a fold learns from at a small one, it does at a larger one.
        Each class keeps its share, and two rows at least, if it has them. ``tested`` is the
        share of the rows that each fold is tested on.
        """
        streams = Streams(self.options.train.seed)
        splits = []
        for number, (learn, test) in enumerate(self.splits):
            generator = streams.generator("learning curve", number)
            kept = self._part(learn, share, generator)
            asked = test if tested == 1 else self._part(test, tested, generator)
            splits.append((kept, asked))
        return replace(self, splits=tuple(splits))

    def used(self) -> tuple["Problem", NDArray[np.int64]]:
        """Return the problem of pictures that its folds name alone, and which these are."""
        rows = np.unique(np.concatenate([part for pair in self.splits for part in pair]))
        splits = tuple(
            (np.searchsorted(rows, learn), np.searchsorted(rows, test))
            for learn, test in self.splits
        )
        weights = None if self.weights is None else self.weights[rows]
        X = self.X[rows] if len(self.X) else self.X  # networks read the files
        return replace(self, X=X, y=self.y[rows], splits=splits, weights=weights), rows

    def _part(
        self, learn: NDArray[np.int64], share: float, generator: np.random.Generator
    ) -> NDArray[np.int64]:
        shuffled = generator.permutation(learn)
        if self.task == "regression":
            return np.sort(shuffled[: max(2, round(share * len(learn)))])
        kept = []
        for number in np.unique(self.y[learn]):
            members = shuffled[self.y[shuffled] == number]
            kept.append(members[: max(2, round(share * len(members)))])
        return np.sort(np.concatenate(kept))


def table_problem(
    table: Table, schema: Schema, place: NDArray[np.int64], splits: Splits, options: RunOptions
) -> Problem:
    """Return the problem of a table that was described and split.

    Parameters
    ----------
    table : Table
        N rows, each with an answer and a weight above zero.
    schema : Schema
    place : ndarray of shape (N,), int64
        Where each row of the table stands in the rows of ``splits``.
    splits : Splits
    options : RunOptions
    """
    dates = {
        column.name: to_moments(table.frame[column.name], column.date_format)
        for column in schema.used
        if column.kind == "date"
    }
    weighted = schema.weight_column is not None
    return Problem(
        task=schema.task,
        X=typed_columns(table, schema, dates),
        y=encode_target(table, schema),
        splits=splits.spread(place).pairs(),
        options=options,
        weights=read_weights(table, schema.weight_column) if weighted else None,
        classes=schema.classes,
        table=replace(table, every=table.lines),  # positions count the rows that are left
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
            bags = to_bags(cells, column.kind, column.sign, table.decimal)
            columns |= dict(zip(names_of(column), bags.T, strict=True))
        else:
            columns[column.name] = pd.Categorical(to_words(cells, table.decimal))
    return pd.DataFrame(columns)


def words_of(X: pd.DataFrame) -> list[str]:
    """Return the names of the columns of words."""
    return [name for name in X.columns if isinstance(X[name].dtype, pd.CategoricalDtype)]


def numbers_of(X: pd.DataFrame) -> list[str]:
    """Return the names of the columns of numbers."""
    words = set(words_of(X))
    return [name for name in X.columns if name not in words]


def rows_of(X: Any, rows: NDArray[np.int64]) -> Any:
    """Return the given rows of a DataFrame or an array."""
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]
