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
        self._rows = [torch.from_numpy(np.flatnonzero(learn)) for learn in learn_FN]
        self._seeds = [streams.integer("order", *member) for member in members]
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
        self._bounds = bounds
        self.width = max(int(np.diff(b).max()) for b in bounds)
        if cut == "filled":
            self.width = -(-learn_FN.shape[1] // int(steps_F[0]))
        self._even = cut != "full"
        self._steps_F = steps_F
        self.steps = int(steps_F.max())
        self.last_F = steps_F * epochs
        self.rounds = -(-int(self.last_F.max()) // self.steps)

    def round(self, number: int) -> Round:
        """Return the batches of round ``number``, counted from 0."""
        rows, weights = [], []
        for f in range(len(self._rows)):
            chosen, kept = self._network(f, number)
            weight = self._weights_N[chosen] * kept
            mean = self._weights_N[self._rows[f]].mean()
            usual = (
                len(self._rows[f]) / self._steps_F[f]
                if self._even
                else kept.sum(1, keepdim=True)
            )
            rows.append(chosen)
            weights.append((weight / (mean * usual)).float())
        return Round(rows_SFB=torch.stack(rows, dim=1), weights_SFB=torch.stack(weights, dim=1))

    def _network(self, f: int, number: int) -> tuple[Tensor, Tensor]:
        """Return positions and marks (1 a row, 0 a filler) of one network, each (S, B)."""
        steps = np.arange(number * self.steps, (number + 1) * self.steps)
        epochs, step = np.divmod(steps, self._steps_F[f])
        start, stop = self._bounds[f][step], self._bounds[f][step + 1]
        at_SB = start[:, None] + np.arange(self.width)
        kept_SB = at_SB < stop[:, None]
        orders = {e: self._order(f, int(e)) for e in np.unique(epochs)}
        order_S = (
            torch.stack([orders[e] for e in epochs]) if len(orders) > 1 else orders[epochs[0]]
        )
        # Fillers are the rows that come next, as good a sample as the others.
        at_SB = torch.from_numpy(at_SB % len(self._rows[f]))
        rows_SB = order_S.gather(1, at_SB) if order_S.ndim == 2 else order_S[at_SB]
        return rows_SB, torch.from_numpy(kept_SB).double()

    def _order(self, f: int, epoch: int) -> Tensor:
        generator = torch.Generator().manual_seed((self._seeds[f] + epoch * SPREAD) % 2**63)
        rows = self._rows[f]
        return rows[torch.randperm(len(rows), generator=generator)]
