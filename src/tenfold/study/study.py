"""Everything that came out of a run, whatever it was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.encode import Encoded
from tenfold.data.picture_schema import PictureSchema
from tenfold.data.pictures import Pictures
from tenfold.data.schema import Schema
from tenfold.data.split import Splits
from tenfold.data.table import Table
from tenfold.evaluate.scores import FoldScore, TestScore, baseline_answers
from tenfold.evaluate.trust import Trust
from tenfold.model import Model
from tenfold.picture_model import PictureModel
from tenfold.training.fit import FoldFits, pool_held_out

Data = TypeVar("Data", Table, Pictures)
Described = TypeVar("Described", Schema, PictureSchema)
Trained = TypeVar("Trained", Model, PictureModel)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Study(Generic[Data, Described, Trained]):
    """Everything that came out of a run.

    Attributes
    ----------
    data : Table or Pictures
        What the folds share out, test rows taken away.
    schema : Schema or PictureSchema
    rows : Encoded
        The same rows coded, in the order that training used, copies joined.
    place : ndarray of shape (len(data),), int64
        Where each row of the data stands in ``rows``; -1 if its weight is 0.
    splits : Splits
    fits : FoldFits
    model : Model or PictureModel
    scores : dict of str to FoldScore
        By metric, on held-out rows.
    baseline : dict of str to FoldScore
        By metric, of the guess that uses no column.
    test_rows : int
    test : dict of str to TestScore
        By metric, on test rows; empty without them.
    test_data : Pictures or None
        Test pictures.
    test_answers : ndarray of shape (test_rows, O) or None
        What the ensemble says of test pictures.
    decisions : tuple of Decision
    train_seconds : float
    trust : Trust
        Intervals or sets, and whether probabilities are right.
    """

    data: Data
    schema: Described
    rows: Encoded
    place: NDArray[np.int64]
    splits: Splits
    fits: FoldFits
    model: Trained
    scores: dict[str, FoldScore]
    baseline: dict[str, FoldScore]
    test_rows: int
    test: dict[str, TestScore]
    decisions: tuple[Decision, ...]
    train_seconds: float
    trust: Trust
    test_data: Data | None = None
    test_answers: NDArray[np.float64] | None = None

    def out_of_fold(self) -> NDArray[np.float64]:
        """Return what networks that never saw a row say of it.

        Returns
        -------
        ndarray of shape (len(data), O), float64
            Values or probabilities; NaN for rows that no fold holds out.
        """
        return self._spread(self.fits.answers)

    def ends(self) -> NDArray[np.float64] | None:
        """Return the intervals of held-out rows by the scores of the other folds' rows.

        Returns
        -------
        ndarray of shape (len(data), 2), float64, or None
            Lower and upper ends; NaN for rows that no fold holds out.
        """
        if self.trust.sizes is None:
            return None
        half = np.where(self.place >= 0, self.trust.sizes[self.place], np.nan)
        ends = self.out_of_fold() + np.stack([-half, half], axis=1)
        if self.trust.conformal is not None:
            ends = np.clip(ends, *self.trust.conformal.bounds.tolist())
        return np.asarray(ends)

    @property
    def tested(self) -> int:
        """How many rows of the data a fold holds out whose answers are scored."""
        held_out = np.flatnonzero(self.splits.scored().held_out.any(axis=0))
        return int(np.isin(self.place, held_out).sum())

    def guesses(self) -> NDArray[np.float64]:
        """Return what each fold's baseline says of rows it was not made from."""
        task, outputs = self.schema.task, self.fits.target.outputs
        return self._spread(baseline_answers(self.rows, self.splits, task, outputs))

    def _spread(self, answers: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return folds' answers to the rows that they hold out for each row of the data."""
        pooled = pool_held_out(self.splits, answers)
        return np.where((self.place >= 0)[:, None], pooled[self.place], np.nan)

    def unseen(self) -> tuple[Data, NDArray[np.float64]]:
        """Return the data, and what networks that never saw a row of it say of the row.

        Where no fold holds anything out these are test pictures, if there are any.
        """
        if self.test_data is None or self.test_answers is None or self.splits.held_out.any():
            return self.data, self.out_of_fold()
        return self.test_data, self.test_answers


TableStudy = Study[Table, Schema, Model]
PictureStudy = Study[Pictures, PictureSchema, PictureModel]
