"""A trained model: schema, encoder, networks and weights, and what it says of new rows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.config import Decision
from tenfold.data.folds.split import Labelled
from tenfold.errors import PredictError
from tenfold.kind import Kind
from tenfold.learning import Coded, Encoder, Progress
from tenfold.nn.conformal import Conformal, half_width
from tenfold.nn.network import BLOCK, FoldNetwork, answer
from tenfold.nn.targets import FoldTarget

AT_ONCE: Final = 4_096  # rows that all trees look at, so that memory does not grow with a table

S = TypeVar("S", bound=Labelled)
E = TypeVar("E", bound=Encoder)


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
class Model(Generic[S, E]):
    """What answers new rows: all folds' networks, or those that learnt from all rows.

    Attributes
    ----------
    kind : Kind
        Of the data that it learnt from.
    schema : Schema or PictureSchema
    encoder : Encoder
        How rows become inputs of the networks.
    network : FoldNetwork
        F networks: every member of every fold that answers new rows.
    target : FoldTarget
    folds : int
        1 if the networks learnt from all rows.
    form : str
        Which kind of network it is; ``"own"`` is a user's own, whose code no file holds.
    decisions : tuple of Decision
        All that was decided for the user on the way.
    conformal : Conformal or None
        How far the truth may lie from an answer; None if too few rows were held out.
    scored : Ensemble or None
        The networks of the folds, if they are others than those that answer new rows.
    """

    kind: Kind
    schema: S
    encoder: E
    network: FoldNetwork
    target: FoldTarget
    folds: int
    form: str
    decisions: tuple[Decision, ...] = field(default=())
    conformal: Conformal | None = None
    scored: Ensemble | None = None

    @property
    def own(self) -> bool:
        """Whether the network is a user's own, whose code no file holds."""
        return self.form == "own"

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return self.target.mean_F.device

    @property
    def parameters(self) -> int:
        """Number of trained parameters of one fold."""
        return self.network.count_parameters() // self.folds

    @property
    def of_folds(self) -> Ensemble:
        """The networks of the folds, each of which never saw the rows that it holds out."""
        alike = Ensemble(network=self.network, target=self.target, folds=self.folds)
        return self.scored or alike

    def answers(self, data: Any, *, progress: Progress | None = None) -> NDArray[np.float64]:
        """Return what the ensemble says of rows: the mean over all networks.

        Parameters
        ----------
        data : Table or DataFrame, or Pictures, of N rows
            A table holds every column that the network learnt from, in any order; others are
            ignored. Pictures are read with the frame of the schema.
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
        return self.answers_coded(self.coded(data, progress), progress)

    def coded(self, data: Any, progress: Progress | None = None) -> Coded:
        """Return rows as the networks take them; see ``answers``."""
        return self.encoder.encode(data, self.schema, self.network, self.device, progress)

    def answers_coded(
        self, rows: Coded, progress: Progress | None = None
    ) -> NDArray[np.float64]:
        """Return what the ensemble says of coded rows, shape (N, O)."""
        if rows.count == 0:
            return np.zeros((0, self.target.outputs))
        means = [block.mean(dim=0) for block in self._blocks(rows, progress)]
        return torch.cat(means)[: rows.count].cpu().numpy()

    def intervals(
        self, data: Any, coverage: float, *, progress: Progress | None = None
    ) -> NDArray[np.float64]:
        """Return what the ensemble says of rows, and between what the truth is expected.

        Parameters
        ----------
        data : Table or DataFrame of N rows
        coverage : float
            Share of rows whose truth is to lie within.
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
        known_scores(self.conformal).limits(coverage)  # a fault is told before the work
        return self.intervals_coded(self.coded(data, progress), coverage, progress)

    def intervals_coded(
        self, rows: Coded, coverage: float, progress: Progress | None = None
    ) -> NDArray[np.float64]:
        """Return values of coded rows and their intervals, shape (N, 3); see ``intervals``."""
        conformal = known_scores(self.conformal)
        limits = conformal.limits(coverage)
        if rows.count == 0:
            return np.zeros((0, 3))
        found = []
        for block in self._blocks(rows, progress):
            spread_B = variance_of(block[..., 0], self.folds)
            found.append(torch.stack([block.mean(dim=0)[:, 0], spread_B]))
        mean_N, spread_N = torch.cat(found, dim=1)[:, : rows.count].cpu().double()
        # On the processor, wherever the networks are: trees are no work for a GPU.
        held = torch.from_numpy(rows.numbers), torch.from_numpy(rows.codes), mean_N
        parts = zip(*(of.split(AT_ONCE) for of in held), strict=True)
        scale_N = torch.cat([conformal.scale(*part) for part in parts])
        half_N = half_width(scale_N, spread_N, limits)
        return torch.stack([mean_N, *conformal.ends(mean_N, half_N)], dim=1).numpy()

    def _blocks(self, rows: Coded, progress: Progress | None) -> Iterator[Tensor]:
        """Yield what each network says of coded rows, the last block filled up."""
        count, inputs = rows.count, rows.inputs
        # Whole blocks, as a mean over the networks too may round otherwise for fewer rows.
        whole = -(-count // BLOCK) * BLOCK if inputs.in_blocks else count
        rows_N = torch.arange(whole, device=self.device) % count
        rows_FN = rows_N.expand(len(self.target.mean_F), -1)
        blocks = answer(self.network, self.target, inputs, rows_FN)
        for number, block in enumerate(blocks, start=1):
            yield block
            if progress is not None and not rows.nearly_done:
                progress(min(number * BLOCK, count), count)


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
