"""Which rows each network sees in each step; the only place that draws rows.

Shape letters in this file:
    F  networks side by side    N  rows of the table    S  steps of a round
    B  rows of one network in one step (the fullest; emptier ones are filled up
       with rows of weight 0)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.seeds import Streams

# An odd constant that spreads the seeds of successive epochs (2**63 / golden ratio).
SPREAD: Final = 5_700_357_409_661_598_721

Member = tuple[int, int]  # number of the fold, number of the member in it


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """The batches of S steps.

    Attributes
    ----------
    rows_SFB : Tensor of int64
        Positions in the table.
    weights_SFB : Tensor of float32
        Share of each row in the loss of its step; the rows of a usual step have
        shares of sum 1.
    """

    rows_SFB: Tensor
    weights_SFB: Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cut:
    """How the rows of each network are cut in S steps.

    Attributes
    ----------
    at_FK : Tensor of int64
        Place in the order of the network's rows, K = S x B. Places beyond the rows
        of one epoch lie in the order of the next, laid behind it.
    share_FSB : Tensor of float64
        Share in the loss of a row of weight 1; 0 for fillers.
    epochs : int
        Orders needed.
    """

    at_FK: Tensor
    share_FSB: Tensor
    epochs: int


class BatchPlan:
    """Deal each network's rows out to steps, in a new order every epoch.

    The order is drawn from a stream that the fold and the member name, so it does
    not depend on which other networks train beside it.

    Parameters
    ----------
    learn_FN : ndarray of shape (F, N), bool
    weights_N : ndarray of shape (N,), float64
    members : sequence of F Member
        Names of the random streams.
    streams : Streams
    batch_size : int
        Rows of one network in one step, at most.
    epochs : int
    cut : {"even", "filled", "full"}
        ``"even"``: every network takes as many steps an epoch as the whole table
        would need, its own rows spread evenly over them. ``"filled"``: the same, and
        each batch is filled up to the rows that the whole table would need, so that
        what a batch norm sees does not depend on the folds beside. ``"full"``: batches of
        ``batch_size`` rows and a last one of what is left, as Keras cuts them;
        networks with fewer rows take fewer steps.

    Attributes
    ----------
    steps : int
        S of a round.
    width : int
        B.
    rounds : int
    last_F : ndarray of shape (F,), int64
        Number of steps after which each network is done.
    """

    def __init__(
        self,
        learn_FN: NDArray[np.bool_],
        weights_N: NDArray[np.float64],
        members: Sequence[Member],
        streams: Streams,
        *,
        batch_size: int,
        epochs: int,
        cut: Literal["even", "filled", "full"] = "even",
    ) -> None:
        self._seeds = [streams.integer("order", *member) for member in members]
        self._generator = torch.Generator()
        self._weights_N = torch.from_numpy(weights_N)
        counts_F = learn_FN.sum(axis=1)
        if cut != "full":
            steps_F = np.full(len(counts_F), -(-learn_FN.shape[1] // batch_size))
            bounds = [np.arange(s + 1) * n // s for s, n in zip(steps_F, counts_F, strict=True)]
        else:
            steps_F = -(-counts_F // batch_size)
            bounds = [
                np.minimum(np.arange(s + 1) * batch_size, n)
                for s, n in zip(steps_F, counts_F, strict=True)
            ]
        self.width = max(int(np.diff(b).max()) for b in bounds)
        if cut == "filled":
            self.width = -(-learn_FN.shape[1] // int(steps_F[0]))
        self.steps = int(steps_F.max())
        self.last_F = steps_F * epochs
        self.rounds = -(-int(self.last_F.max()) // self.steps)
        self._steps_F = steps_F
        self._counts_F = counts_F
        self._even = cut != "full"
        self._bounds_FS = np.zeros((len(bounds), self.steps + 1), dtype=np.int64)
        rows_FM = np.zeros((len(bounds), counts_F.max()), dtype=np.int64)
        for f, learn_N in enumerate(learn_FN):
            self._bounds_FS[f, : len(bounds[f])] = bounds[f]
            rows_FM[f, : counts_F[f]] = np.flatnonzero(learn_N)
        self._rows_FM = torch.from_numpy(rows_FM)
        self._mean_F = np.array([weights_N[learn_N].mean() for learn_N in learn_FN])
        self._first_cut: _Cut | None = None

    def round(self, number: int) -> Round:
        """Return the batches of round ``number``, counted from 0."""
        epoch_F, first_F = np.divmod(number * self.steps, self._steps_F)
        if first_F.any():
            cut = self._cut(first_F)
        else:  # always, unless networks take unequal numbers of steps
            cut = self._first_cut = self._first_cut or self._cut(first_F)
        orders = [self._order(epoch_F + later) for later in range(cut.epochs)]
        rows_FK = torch.cat(orders, dim=1).gather(1, cut.at_FK)
        rows_FSB = rows_FK.view(cut.share_FSB.shape)
        weights_FSB = (self._weights_N[rows_FSB] * cut.share_FSB).float()
        return Round(
            rows_SFB=rows_FSB.transpose(0, 1).contiguous(),
            weights_SFB=weights_FSB.transpose(0, 1).contiguous(),
        )

    def _cut(self, first_F: NDArray[np.int64]) -> _Cut:
        """Cut the rows of a round in which each network starts at its step ``first_F``."""
        at_FS = first_F[:, None] + np.arange(self.steps)
        epoch_FS, step_FS = np.divmod(at_FS, self._steps_F[:, None])
        start_FS = np.take_along_axis(self._bounds_FS, step_FS, axis=1)
        stop_FS = np.take_along_axis(self._bounds_FS, step_FS + 1, axis=1)
        at_FSB = start_FS[..., None] + np.arange(self.width)
        kept_FSB = at_FSB < stop_FS[..., None]
        # Fillers are the rows that come next, as good a sample as the others.
        at_FSB %= self._counts_F[:, None, None]
        at_FSB += epoch_FS[..., None] * self._rows_FM.shape[1]
        usual = (self._counts_F / self._steps_F)[:, None, None]
        if not self._even:
            usual = (stop_FS - start_FS)[..., None]
        share_FSB = kept_FSB / (self._mean_F[:, None, None] * usual)
        return _Cut(
            at_FK=torch.from_numpy(at_FSB.reshape(len(at_FSB), -1)),
            share_FSB=torch.from_numpy(share_FSB),
            epochs=int(epoch_FS.max()) + 1,
        )

    def _order(self, epoch_F: NDArray[np.int64]) -> Tensor:
        """Return the rows of each network in the order of its epoch; the rest is arbitrary."""
        order_FM = torch.zeros_like(self._rows_FM)
        for order_M, count, seed, epoch in zip(
            order_FM, self._counts_F.tolist(), self._seeds, epoch_F.tolist(), strict=True
        ):
            self._generator.manual_seed((seed + epoch * SPREAD) % 2**63)
            order_M[:count] = torch.randperm(count, generator=self._generator)
        return self._rows_FM.gather(1, order_FM)
