"""What every contender is given: the same rows, the same answers, the same folds."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.config import RunOptions, Task
from tenfold.seeds import Streams

Pair = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Problem:
    """Rows to predict, and how they are split.

    Attributes
    ----------
    kind : str
        The name of the kind of data.
    task : {"regression", "classification"}
    X : DataFrame of N rows, or ndarray of shape (N, ...)
        What classical models learn from: columns of numbers as float64 and others as
        categories, or what a contender's ``features`` makes numbers of.
    y : ndarray of shape (N,)
        float64 in regression, class numbers in classification.
    splits : tuple of (learn, test)
        Positions of the rows that each fold learns from and is tested on.
    options : RunOptions
        What networks are trained with.
    weights : ndarray of shape (N,), float64, or None
    classes : tuple of str
    """

    kind: str
    task: Task
    X: Any
    y: NDArray[Any]
    splits: tuple[Pair, ...]
    options: RunOptions
    weights: NDArray[np.float64] | None = None
    classes: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """What is predicted."""
        return self.options.schema.target or ""

    def __len__(self) -> int:
        return len(self.y)

    @property
    def categorical(self) -> list[str]:
        """Names of the columns of categories."""
        return categorical_of(self.X) if isinstance(self.X, pd.DataFrame) else []

    @property
    def numbers(self) -> list[str]:
        """Names of the columns of numbers."""
        return numbers_of(self.X) if isinstance(self.X, pd.DataFrame) else []

    @property
    def test_share(self) -> float:
        """Rows tested on over rows learnt from, mean over folds."""
        return float(np.mean([len(test) / len(learn) for learn, test in self.splits]))

    def only(self, folds: int) -> Self:
        """Return the problem with its first folds alone."""
        return replace(self, splits=self.splits[:folds])

    def shrunk(self, share: float, tested: float = 1.0) -> Self:
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

    def used(self) -> tuple[Self, NDArray[np.int64]]:
        """Return the problem of the rows that its folds name alone, and which these are."""
        rows = np.unique(np.concatenate([part for pair in self.splits for part in pair]))
        splits = tuple(
            (np.searchsorted(rows, learn), np.searchsorted(rows, test))
            for learn, test in self.splits
        )
        weights = None if self.weights is None else self.weights[rows]
        X = rows_of(self.X, rows) if len(self.X) else self.X  # networks have none
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


def categorical_of(X: pd.DataFrame) -> list[str]:
    """Return the names of the columns of categories."""
    return [name for name in X.columns if isinstance(X[name].dtype, pd.CategoricalDtype)]


def numbers_of(X: pd.DataFrame) -> list[str]:
    """Return the names of the columns of numbers."""
    categorical = set(categorical_of(X))
    return [name for name in X.columns if name not in categorical]


def rows_of(X: Any, rows: NDArray[np.int64]) -> Any:
    """Return the given rows of a DataFrame or an array."""
    return X.iloc[rows] if isinstance(X, pd.DataFrame) else X[rows]
