"""How far a study is to be trusted: intervals or sets, and whether probabilities are right."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Task
from tenfold.data.encode import Encoded
from tenfold.data.pictures import Pictures
from tenfold.data.split import Splits
from tenfold.data.table import Table
from tenfold.evaluate.calibration import Calibration, calibrate
from tenfold.evaluate.coverage import (
    Coverage,
    Promise,
    in_set,
    promise_intervals,
    promise_sets,
    with_test,
)
from tenfold.evaluate.picture_scores import read_classes
from tenfold.evaluate.scores import read_answers
from tenfold.model import Model
from tenfold.nn.conformal import Conformal
from tenfold.nn.targets import FoldTarget
from tenfold.picture_model import PictureModel
from tenfold.training.fit import FoldFits, pool_held_out

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trust:
    """How far a study is to be trusted.

    Attributes
    ----------
    target : FoldTarget
        The study's, for the model: its probabilities are calibrated.
    conformal : Conformal or None
        How wrong networks were about held-out rows, for the model; None for too few rows.
    coverage : Coverage or None
        What intervals or sets hold.
    sizes : ndarray of shape (N,) or None
        See ``Promise``.
    calibration : Calibration or None
        Of classes.
    """

    target: FoldTarget
    conformal: Conformal | None = None
    coverage: Coverage | None = None
    sizes: Numbers | None = None
    calibration: Calibration | None = None

    @classmethod
    def of(cls, rows: Encoded, splits: Splits, fits: FoldFits, task: Task) -> Self:
        """Find what the held-out rows of a study show."""
        if task == "regression":
            values = pool_held_out(splits, fits.answers)[:, 0]
            found = cls(target=fits.target)
            return found._with(promise_intervals(rows, splits, values))
        heat, answers, calibration = calibrate(rows, splits, fits)
        target = fits.target.heated(heat.temperature_G, heat.bias_GO)
        found = cls(target=target, calibration=calibration)
        return found._with(promise_sets(rows, splits, pool_held_out(splits, answers)))

    def _with(self, promise: Promise | None) -> Self:
        if promise is None:
            return self
        return replace(
            self,
            conformal=promise.conformal,
            coverage=promise.coverage,
            sizes=promise.sizes,
        )

    def tested(self, model: Model, table: Table) -> Self:
        """Return the same with what a labelled table shows of intervals or sets."""
        if self.coverage is None:
            return self
        truth, _ = read_answers(table, model.schema)
        if model.schema.task == "classification":
            said = model.answers(table.frame, decimal=table.decimal)
            return self._tested_classes(truth.astype(np.int64), said)
        ends = model.intervals(table.frame, self.coverage.promised, decimal=table.decimal)
        held = (ends[:, 1] <= truth) & (truth <= ends[:, 2])
        return replace(self, coverage=with_test(self.coverage, held, ends[:, 2] - ends[:, 1]))

    def tested_pictures(
        self, model: PictureModel, pictures: Pictures | None, said: Numbers | None
    ) -> Self:
        """Return the same with what labelled pictures, and answers to them, show of sets."""
        if pictures is None or said is None:
            return self
        return self._tested_classes(read_classes(pictures, model.schema), said)

    def _tested_classes(self, truth: NDArray[np.int64], said: Numbers) -> Self:
        if self.coverage is None or self.conformal is None:
            return self
        inside = in_set(said, self.conformal.score(self.coverage.promised))
        held, sizes = inside[np.arange(len(truth)), truth], inside.sum(axis=1)
        return replace(self, coverage=with_test(self.coverage, held, sizes))
