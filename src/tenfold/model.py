"""A trained model: schema, network and weights, and what it says of new rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.config import Decision
from tenfold.data.encode import encode_inputs
from tenfold.data.read import as_table
from tenfold.data.required import check_columns
from tenfold.data.schema import Schema
from tenfold.data.table import Table
from tenfold.errors import PredictError
from tenfold.nn.conformal import Conformal, half_width
from tenfold.nn.inputs import TableInputs
from tenfold.nn.network import BLOCK, FoldNetwork, answer
from tenfold.nn.targets import FoldTarget

AT_ONCE: Final = 4_096  # rows that all trees look at, so that memory does not grow with a table
Progress = Callable[[int, int], None]
"""Takes the rows done and all rows."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ensemble:
    """Networks that answer together.

    Attributes
    ----------
    network : FoldNetwork
        F networks: every member of every fold that answers.
    target : FoldTarget
    folds : int
    """

    network: FoldNetwork
    target: FoldTarget
    folds: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Model:
    """What answers new rows: all folds' networks, or those that learnt from all rows.

    Attributes
    ----------
    schema : Schema
    network : FoldNetwork
        F networks: every member of every fold that answers new rows.
    target : FoldTarget
    folds : int
        1 if the networks learnt from all rows.
    own : bool
        Whether the network is a user's own, whose code no file holds.
    decisions : tuple of Decision
        All that was decided for the user on the way.
    conformal : Conformal or None
        How far the truth may lie from an answer; None if too few rows were held out.
    scored : Ensemble or None
        The networks of the folds, if they are others than those that answer new rows.
    """

    schema: Schema
    network: FoldNetwork
    target: FoldTarget
    folds: int
    own: bool = False
    decisions: tuple[Decision, ...] = field(default=())
    conformal: Conformal | None = None
    scored: Ensemble | None = None

    @property
    def parameters(self) -> int:
        """Number of trained parameters of one fold."""
        return self.network.count_parameters() // self.folds

    @property
    def of_folds(self) -> Ensemble:
        """The networks of the folds, each of which never saw the rows that it holds out."""
        alike = Ensemble(network=self.network, target=self.target, folds=self.folds)
        return self.scored or alike

    def answers(
        self,
        rows: Table | pd.DataFrame,
        *,
        decimal: str | None = None,
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """Return what the ensemble says of rows: the mean over all networks.

        Parameters
        ----------
        rows : Table or DataFrame of N rows
            Holds every column that the network learnt from, in any order; others
            are ignored.
        decimal : {".", ","}, optional
            Decimal sign of a DataFrame's cells that are text; that of training by default.
        progress : callable, optional
            Called with the rows done and all rows, again and again.

        Returns
        -------
        ndarray of shape (N, O)
            Values in regression (O is 1); probabilities of the classes otherwise.

        Raises
        ------
        PredictError
            P01, if a column is missing; P02, if a column is not what it was.
        """
        return self.answers_coded(*self.coded(rows, decimal), progress)

    def coded(
        self, rows: Table | pd.DataFrame, decimal: str | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return rows as numbers and codes; see ``answers`` and ``encode_inputs``."""
        table = as_table(rows, self.schema.known, decimal)
        check_columns(table.frame, self.schema, table.decimal)
        return encode_inputs(table.frame, self.schema, table.decimal)

    def answers_coded(
        self,
        numbers: NDArray[np.float64],
        codes: NDArray[np.int64],
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """Return what the ensemble says of coded rows, shape (N, O)."""
        if len(numbers) == 0:
            return np.zeros((0, self.target.outputs))
        means = [block.mean(dim=0) for block in self._blocks(numbers, codes, progress)]
        return torch.cat(means)[: len(numbers)].cpu().numpy()

    def intervals(
        self,
        rows: Table | pd.DataFrame,
        coverage: float,
        *,
        decimal: str | None = None,
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """Return what the ensemble says of rows, and between what the truth is expected.

        Parameters
        ----------
        rows : Table or DataFrame of N rows
        coverage : float
            Share of rows whose truth is to lie within.
        decimal : {".", ","}, optional
            As of ``answers``.
        progress : callable, optional

        Returns
        -------
        ndarray of shape (N, 3)
            Value, lower and upper end.

        Raises
        ------
        PredictError
            P01 or P02, if the columns are not those of training; P07, if so much cannot be
            promised.
        """
        conformal = known_scores(self.conformal)
        limits = conformal.limits(coverage)  # a fault is told before the work
        numbers, codes = self.coded(rows, decimal)
        if len(numbers) == 0:
            return np.zeros((0, 3))
        found = []
        for block in self._blocks(numbers, codes, progress):
            spread_B = variance_of(block[..., 0], self.folds)
            found.append(torch.stack([block.mean(dim=0)[:, 0], spread_B]))
        mean_N, spread_N = torch.cat(found, dim=1)[:, : len(numbers)].cpu().double()
        # On the processor, wherever the networks are: trees are no work for a GPU.
        held = torch.from_numpy(numbers), torch.from_numpy(codes), mean_N
        parts = zip(*(of.split(AT_ONCE) for of in held), strict=True)
        scale_N = torch.cat([conformal.scale(*part) for part in parts])
        half_N = half_width(scale_N, spread_N, limits)
        return torch.stack([mean_N, *conformal.ends(mean_N, half_N)], dim=1).numpy()

    def _blocks(
        self,
        numbers: NDArray[np.float64],
        codes: NDArray[np.int64],
        progress: Progress | None,
    ) -> Iterator[Tensor]:
        """Yield what each network says of coded rows, the last block filled up."""
        device = self.target.mean_F.device
        # Whole blocks, as a mean over the networks too may round otherwise for fewer rows.
        rows_N = torch.arange(-(-len(numbers) // BLOCK) * BLOCK, device=device) % len(numbers)
        rows_FN = rows_N.expand(len(self.target.mean_F), -1)
        inputs = self.inputs(numbers, codes)
        blocks = answer(self.network, self.target, inputs, rows_FN)
        for number, block in enumerate(blocks, start=1):
            yield block
            if progress is not None:
                progress(min(number * BLOCK, len(numbers)), len(numbers))

    def inputs(
        self, numbers: NDArray[np.floating[Any]], codes: NDArray[np.int64]
    ) -> TableInputs:
        """Return coded rows as the networks take them, on their device."""
        return TableInputs.of(self.network.features, numbers, codes)


def variance_of(answers_FN: Tensor, folds: int) -> Tensor:
    """Return the variance between the folds' mean answers, divided by their number: (N,)."""
    folds_GN: Tensor = answers_FN.unflatten(0, (folds, -1)).mean(dim=1)
    return folds_GN.var(dim=0, correction=0)


def known_scores(conformal: Conformal | None) -> Conformal:
    """Return what a model knows of its errors.

    Raises
    ------
    PredictError
        P07, if it knows nothing.
    """
    if conformal is None:
        fact = "the model has no errors of held-out rows"
        raise PredictError("P07", fact, fix=["train again, with at least ten held-out rows"])
    return conformal
