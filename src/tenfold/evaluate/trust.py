"""How far a study is to be trusted: intervals or sets, and whether probabilities are right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Labelled, Splits
from tenfold.data.folds.together import kept_together
from tenfold.evaluate.calibration import PARTS, Calibration, calibrate
from tenfold.evaluate.coverage import (
    Coverage,
    Promise,
    promise_intervals,
    promise_sets,
    with_test,
)
from tenfold.evaluate.label_scores import LabelScores, score_labels
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
        Of classes or labels.
    labels : LabelScores or None
        Where rows may have several labels: from which probability on each is predicted.
    """

    target: FoldTarget
    conformal: Conformal | None = None
    coverage: Coverage | None = None
    sizes: Numbers | None = None
    calibration: Calibration | None = None
    labels: LabelScores | None = None

    @classmethod
    def of(cls, rows: Encoded, splits: Splits, fits: FoldFits, schema: Labelled) -> Self:
        """Find what the held-out rows of a study show."""
        scored, target = splits.scored(), fits.deployed[1]
        if schema.task == "regression":
            values = pool_held_out(scored, fits.answers[splits.first :])[:, 0]
            found = cls(target=target)
            return found._with(promise_intervals(rows, scored, values))
        members = fits.members[splits.first :]
        temperature, answers, calibration = calibrate(rows, scored, members)
        target = target.calibrated(temperature.temperature_G, temperature.bias_GO)
        found = cls(target=target, calibration=calibration)
        if schema.task == "multilabel":
            return replace(found, labels=_labels(rows, scored, answers, schema.classes))
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


def _labels(
    rows: Encoded, splits: Splits, answers: Sequence[Numbers], names: Sequence[str]
) -> LabelScores | None:
    """Score the labels of held-out rows; None if there are none.

    Parts are what folds hold out; those of an only fold are dealt out to some.
    """
    held_out = splits.held_out.any(axis=0)
    if not held_out.any():
        return None
    part_N = splits.held_out.argmax(axis=0)
    if len(splits) == 1:
        together = kept_together(rows)
        part_N = np.arange(len(rows)) if together is None else together
        part_N = np.unique(part_N, return_inverse=True)[1] % PARTS
    said_NL = pool_held_out(splits, answers)[held_out]
    return score_labels(
        rows.target[held_out].astype(np.int64),
        said_NL,
        rows.weights[held_out],
        part_N[held_out],
        names,
    )
