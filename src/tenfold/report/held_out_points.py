"""What networks said of rows that they never saw, beside the truth, ready to be drawn."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.evaluate.calibration import calibration_error, groups_of_equal_size
from tenfold.evaluate.label_scores import labels_in_text
from tenfold.evaluate.ranks import if_told, ranked

TENTHS: Final = 10
COVERED: Final = 0.9
Numbers = NDArray[np.float64]
Curve = tuple[str, NDArray[np.bool_], Numbers]
"""A name, which rows are of it, and how probable that was said to be, (N,) each."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Values:
    """Numbers that were predicted.

    Attributes
    ----------
    truth, said : ndarray of shape (N,), float64
    """

    truth: Numbers
    said: Numbers

    @classmethod
    def of(cls, predictions: pd.DataFrame) -> "Values":
        """Read them from the table that ``predictions.csv`` holds."""
        known = predictions["prediction"].notna().to_numpy()
        truth, said = (
            predictions.loc[known, name].to_numpy(np.float64)
            for name in ("truth", "prediction")
        )
        return cls(truth=truth, said=said)

    @property
    def covering(self) -> float:
        """How far above and below a prediction 90 % of the true values lie."""
        return float(np.quantile(np.abs(self.truth - self.said), COVERED))

    def tenths(self) -> tuple[Numbers, Numbers]:
        """Return the mean prediction and the mean truth of each tenth of the predictions."""
        parts = np.array_split(np.argsort(self.said, kind="stable"), TENTHS)
        parts = [part for part in parts if len(part)]
        means = [(self.said[part].mean(), self.truth[part].mean()) for part in parts]
        return np.array([said for said, _ in means]), np.array([true for _, true in means])


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassScore:
    """How well a class is told from the others; NaN where nothing tells.

    Attributes
    ----------
    name : str
    rows : int
        Of the class.
    precision : float
        Share of its rows among those that are taken for it.
    recall : float
        Share of its rows that are taken for it.
    roc_auc : float
        Of its probability.
    """

    name: str
    rows: int
    precision: float
    recall: float
    roc_auc: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Classes:
    """Classes that were predicted.

    Attributes
    ----------
    names : tuple of K str
    truth : ndarray of shape (N,), int64
        Class numbers.
    said : ndarray of shape (N, K), float64
        Probabilities.
    """

    names: tuple[str, ...]
    truth: NDArray[np.int64]
    said: Numbers

    @classmethod
    def of(cls, predictions: pd.DataFrame, names: tuple[str, ...]) -> "Classes":
        """Read them from the table that ``predictions.csv`` holds."""
        texts, said = _known(predictions, names)
        place = {name: number for number, name in enumerate(names)}
        truth = texts.map(place).to_numpy().astype(np.int64)
        return cls(names=names, truth=truth, said=said)

    def curves(self) -> list[Curve]:
        """Return what ROC curves are drawn of: the second of two classes, or each."""
        shown = [1] if len(self.names) == 2 else range(len(self.names))
        return [(self.names[at], self.truth == at, self.said[:, at]) for at in shown]

    def confusion(self) -> NDArray[np.int64]:
        """Return how many rows of each class were taken for each, shape (K, K)."""
        size = len(self.names)
        pairs = self.truth * size + self.said.argmax(axis=1)
        return np.bincount(pairs, minlength=size**2).reshape(size, size)

    def reliability(self, number: int | None = None) -> tuple[Numbers, Numbers, Numbers]:
        """Return said probability, found share and rows of ten equal groups of rows.

        Parameters
        ----------
        number : int, optional
            Of the class whose probability it is; of the most probable class by default.
        """
        if number is None:
            sure = self.said.max(axis=1)
            right = self.said.argmax(axis=1) == self.truth
        else:
            sure, right = self.said[:, number], self.truth == number
        return _by_groups(sure, right)

    def calibration_error(self) -> float:
        """Return how far said probabilities of the most probable class are off, on average."""
        return calibration_error(self.truth, self.said)

    def scores(self) -> list[ClassScore]:
        """Return how well each class is told from the others."""
        counts, ones = self.confusion(), np.ones(len(self.truth))
        right, whole, taken = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
        return [
            ClassScore(
                name=name,
                rows=int(whole[at]),
                precision=right[at] / taken[at] if taken[at] else np.nan,
                recall=right[at] / whole[at] if whole[at] else np.nan,
                roc_auc=if_told(ranked, self.truth == at, self.said[:, at], ones),
            )
            for at, name in enumerate(self.names)
        ]


def _known(
    predictions: pd.DataFrame, names: tuple[str, ...]
) -> tuple["pd.Series[str]", Numbers]:
    """Return the truth of the rows that were predicted, and their probabilities, (N, K)."""
    columns = [f"probability {name}" for name in names]
    known = predictions[columns[0]].notna().to_numpy()
    said = predictions.loc[known, columns].to_numpy(np.float64)
    return predictions.loc[known, "truth"], said


def _by_groups(said: Numbers, right: NDArray[np.bool_]) -> tuple[Numbers, Numbers, Numbers]:
    """Return mean probability, share that is right and size of ten groups of equal size."""
    parts = groups_of_equal_size(said)
    return (
        np.array([said[part].mean() for part in parts]),
        np.array([right[part].mean() for part in parts]),
        np.array([float(len(part)) for part in parts]),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Labels:
    """Labels that were predicted, of which a row may have several.

    Attributes
    ----------
    names : tuple of K str
    truth : ndarray of shape (N, K), int64
        1 or 0.
    said : ndarray of shape (N, K), float64
        Probabilities.
    """

    names: tuple[str, ...]
    truth: NDArray[np.int64]
    said: Numbers

    @classmethod
    def of(cls, predictions: pd.DataFrame, names: tuple[str, ...]) -> "Labels":
        """Read them from the table that ``predictions.csv`` holds."""
        texts, said = _known(predictions, names)
        truth = np.array([labels_in_text(text, names) for text in texts], dtype=np.int64)
        return cls(names=names, truth=truth.reshape(said.shape), said=said)

    def curves(self) -> list[Curve]:
        """Return what ROC curves are drawn of: each label."""
        columns = zip(self.names, self.truth.T == 1, self.said.T, strict=True)
        return [(name, own, said) for name, own, said in columns]

    def reliability(self) -> tuple[Numbers, Numbers, Numbers]:
        """Return said probability, found share and number of ten groups of pairs.

        A pair is one of a row and a label.
        """
        return _by_groups(self.said.ravel(), self.truth.ravel() == 1)

    def calibration_error(self) -> float:
        """Return how far said probabilities are off, on average over rows and labels."""
        return calibration_error(self.truth, self.said)
