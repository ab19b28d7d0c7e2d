"""How far a study is to be trusted: intervals or sets, and whether probabilities are right."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.evaluate.calibration import Calibration, calibrate
from tenfold.evaluate.coverage import (
    Coverage,
    Promise,
    promise_intervals,
    promise_sets,
    with_test,
)
from tenfold.evaluate.new_data import Shown
from tenfold.nn.conformal import Conformal
from tenfold.nn.targets import FoldTarget
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
        scored, target = splits.scored(), fits.deployed[1]
        if task == "regression":
            values = pool_held_out(scored, fits.answers[splits.first :])[:, 0]
            found = cls(target=target)
            return found._with(promise_intervals(rows, scored, values))
        members = fits.members[splits.first :]
        temperature, answers, calibration = calibrate(rows, scored, members)
        target = target.calibrated(temperature.temperature_G, temperature.bias_GO)
        found = cls(target=target, calibration=calibration)
        return found._with(promise_sets(rows, scored, pool_held_out(scored, answers)))

    def _with(self, promise: Promise | None) -> Self:
        if promise is None:
            return self
        return replace(
            self,
            conformal=promise.conformal,
            coverage=promise.coverage,
            sizes=promise.sizes,
        )

    def tested(self, shown: Shown | None) -> Self:
        """Return the same with what test rows or pictures show of intervals or sets."""
        if self.coverage is None or shown is None or shown.held is None or shown.sizes is None:
            return self
        return replace(self, coverage=with_test(self.coverage, shown.held, shown.sizes))
