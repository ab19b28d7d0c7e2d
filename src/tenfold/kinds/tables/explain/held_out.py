"""A network on the rows that it was trained and tested on, each in its fold.

Shape letters in this file:
    F  networks side by side    G  folds    N  rows    M  held-out rows of all folds
    P  columns of numbers       Q  columns of codes
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.config import RunOptions
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.data.tables.table import Table
from tenfold.errors import PredictError
from tenfold.kinds.tables.table_model import TableModel
from tenfold.learning import Remembered
from tenfold.nn.inputs import TableInputs
from tenfold.study.study import Study
from tenfold.training.device import Place
from tenfold.training.fit import answer_held_out, pool_held_out

SAME: Final = 1e-4  # how far answers may be off, of the largest, and still be those of the run


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeldOut:
    """The rows of a run, coded and dealt out to folds, and its networks.

    Attributes
    ----------
    model : Model
    table : Table
        The rows as they came.
    rows : Encoded
        N rows.
    splits : Splits
    """

    model: TableModel
    table: Table
    rows: Encoded
    splits: Splits

    @classmethod
    def of(cls, model: TableModel, run: Remembered) -> "HeldOut":
        """Return those of a run that has just ended, or of an earlier one."""
        if run.options is None or run.answers is None:
            return cls.of_study(run.study)
        return cls.again(model, run.data, run.options, run.answers)

    @classmethod
    def of_study(cls, study: Study) -> "HeldOut":
        """Return those of a run that has just ended."""
        return cls(model=study.model, table=study.data, rows=study.rows, splits=study.splits)

    @classmethod
    def again(
        cls, model: TableModel, table: Table, options: RunOptions, known: NDArray[np.float64]
    ) -> "HeldOut":
        """Return those of an earlier run, read and dealt out as then.

        Parameters
        ----------
        model : Model
        table : Table
            What the run was trained on, read anew.
        options : RunOptions
            The run's.
        known : ndarray of shape (rows, O)
            What the run said of its held-out rows.

        Raises
        ------
        PredictError
            P06, if the table or the folds are not those of the run.
        """
        kind, place = model.kind, Place(device=model.device)
        learning, coded, _ = kind.learn(table, None, options, place=place)
        table = learning.data
        if learning.schema != model.schema or len(table) != len(known):
            raise _another("this is not the table that the run was trained on")
        dealt = kind.split(learning, coded)
        rows, at, splits = dealt.rows, dealt.place, dealt.splits
        held_out = cls(model=model, table=table, rows=rows, splits=splits)
        if len(splits) != model.of_folds.folds:
            raise _another("the folds of the run were made by a custom splitter")
        said = pool_held_out(splits, held_out.answers(held_out.stacked()))[at]
        # Rows that no fold holds out have no answer, then and now.
        off, most = SAME * float(np.nanmax(np.abs(known))), at >= 0
        if not np.allclose(said[most], known[most], rtol=0, atol=off, equal_nan=True):
            raise _another("the predictions for its rows differ from those of the run")
        return held_out

    def stacked(self) -> Encoded:
        """Return the held-out rows of all folds, one fold after the other: M rows."""
        at = [np.flatnonzero(held_out) for held_out in self.splits.held_out]
        return self.rows.take(np.concatenate(at))

    def answers(self, stacked: Encoded) -> tuple[NDArray[np.float64], ...]:
        """Return what each fold says of its own rows among ``stacked``, in their order."""
        ensemble, counts = self.model.of_folds, self.splits.held_out.sum(axis=1)
        ends = np.cumsum(counts)
        own = np.arange(len(stacked))
        mine = [
            (own >= end - count) & (own < end) for end, count in zip(ends, counts, strict=True)
        ]
        splits = replace(self.splits, learn=~np.stack(mine), held_out=np.stack(mine))
        features = ensemble.network.features
        inputs = TableInputs.of(features, stacked.numbers, stacked.codes)
        members = len(ensemble.target.mean_F) // ensemble.folds
        # As the run was scored: what is found on other folds' rows calibrates the model only.
        target = ensemble.target.plain()
        return answer_held_out(ensemble.network, target, inputs, splits, members)


def _another(fact: str) -> PredictError:
    fix = [
        "name the same file: --data FILE",
        ("train again, and explain from Python in the same process"),
    ]
    return PredictError("P06", fact, fix=fix)
