"""A trained model: schema, network and weights, and what it says of new rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from tenfold.config import Decision
from tenfold.data.encode import check_columns, encode_inputs
from tenfold.data.schema import Schema
from tenfold.nn.inputs import TableInputs
from tenfold.nn.network import BLOCK, FoldNetwork, answer
from tenfold.nn.targets import FoldTarget

Progress = Callable[[int, int], None]
"""Takes the rows done and all rows."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Model:
    """The ensemble of all folds' networks, ready for new rows.

    Attributes
    ----------
    schema : Schema
    network : FoldNetwork
        F networks: every member of every fold.
    target : FoldTarget
    folds : int
    own : bool
        Whether the network is a user's own, whose code no file holds.
    decisions : tuple of Decision
        All that was decided for the user on the way.
    """

    schema: Schema
    network: FoldNetwork
    target: FoldTarget
    folds: int
    own: bool = False
    decisions: tuple[Decision, ...] = field(default=())

    @property
    def parameters(self) -> int:
        """Number of trained parameters of one fold."""
        return sum(p.numel() for p in self.network.parameters()) // self.folds

    def answers(
        self, frame: pd.DataFrame, *, decimal: str = ".", progress: Progress | None = None
    ) -> NDArray[np.float64]:
        """Return what the ensemble says of rows: the mean over all networks.

        Parameters
        ----------
        frame : DataFrame of N rows
            Holds every column that the network learnt from, in any order; others
            are ignored.
        decimal : {".", ","}
            Decimal sign of cells that are text.
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
        check_columns(frame, self.schema, decimal)
        numbers, codes = encode_inputs(frame, self.schema, decimal)
        return self.answers_coded(numbers, codes, progress)

    def answers_coded(
        self,
        numbers: NDArray[np.float64],
        codes: NDArray[np.int64],
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """Return what the ensemble says of coded rows, shape (N, O)."""
        if len(numbers) == 0:
            return np.zeros((0, self.target.outputs))
        device = self.target.mean_F.device
        # Whole blocks, as a mean over the networks too may round otherwise for fewer rows.
        rows_N = torch.arange(-(-len(numbers) // BLOCK) * BLOCK, device=device) % len(numbers)
        rows_FN = rows_N.expand(len(self.target.mean_F), -1)
        inputs = self.inputs(numbers, codes)
        means = []
        for block in answer(self.network, self.target, inputs, rows_FN):
            means.append(block.mean(dim=0))
            if progress is not None:
                progress(min(len(means) * BLOCK, len(numbers)), len(numbers))
        return torch.cat(means)[: len(numbers)].cpu().numpy()

    def inputs(
        self, numbers: NDArray[np.floating[Any]], codes: NDArray[np.int64]
    ) -> TableInputs:
        """Return coded rows as the networks take them, on their device."""
        mean_F = self.target.mean_F
        return TableInputs(
            features=self.network.features,
            numbers_NP=torch.tensor(numbers, dtype=mean_F.dtype, device=mean_F.device),
            codes_NQ=torch.tensor(codes, device=mean_F.device),
        )
