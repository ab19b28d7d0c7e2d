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
from tenfold.training.recipe import Recipe
from tenfold.training.stack import Stack

# An odd constant that spreads the seeds of successive epochs (2**63 / golden ratio).
SPREAD: Final = 5_700_357_409_661_598_721

ORDERS_KEPT: Final = 2


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


def plan_batches(
    stack: Stack, weights_N: NDArray[np.float64], streams: Streams, recipe: Recipe
) -> "BatchPlan":
    """Return the batches that a recipe asks for."""
    return BatchPlan(
        stack,
        weights_N,
        streams,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        cut=recipe.cut,
        steps_per_epoch=recipe.steps_per_epoch,
    )


class BatchPlan:
    """Deal each network's rows out to steps, in a new order every epoch.

    The order is drawn from a stream that the fold and the member name, so it does
    not depend on which other networks train beside it.

    Parameters
    ----------
    stack : Stack
        Which rows each network learns from.
    weights_N : ndarray of shape (N,), float64
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
    steps_per_epoch : int, optional
        Training ends after this many steps times ``epochs``, and each so many are a
        round; the rows go round in their own time.

    Attributes
    ----------
    steps : int
        S of a round.
    width : int
        B.
    rounds : int
    last_F : ndarray of shape (F,), int64
        Number of steps after which each network is done.
    last : int
        Number of steps after which all are, those of other folds too.
    """

    def __init__(
        self,
        stack: Stack,
        weights_N: NDArray[np.float64],
        streams: Streams,
        *,
        batch_size: int,
        epochs: int,
        cut: Literal["even", "filled", "full"] = "even",
        steps_per_epoch: int | None = None,
    ) -> None:
        learn_FN, most = stack.learn_FN, stack.most_learnt
        self._seeds = [streams.integer("order", *member) for member in stack.members]
        self._weights_N = torch.from_numpy(weights_N)
        counts_F = learn_FN.sum(axis=1)
        if cut != "full":
            longest = -(-learn_FN.shape[1] // batch_size)
            steps_F = np.full(len(counts_F), longest)
            bounds = [np.arange(s + 1) * n // s for s, n in zip(steps_F, counts_F, strict=True)]
        else:
            longest, steps_F = -(-most // batch_size), -(-counts_F // batch_size)
            bounds = [
                np.minimum(np.arange(s + 1) * batch_size, n)
                for s, n in zip(steps_F, counts_F, strict=True)
            ]
        self.width = -(-(learn_FN.shape[1] if cut == "filled" else most) // longest)
        if cut == "full":
            self.width = min(batch_size, most)
        self.steps, self.rounds = steps_per_epoch or longest, epochs
        self.last = self.steps * epochs
        self.last_F = (
            steps_F if steps_per_epoch is None else 0 * steps_F + self.steps
        ) * epochs
        self._steps_F = steps_F
        self._counts_F = counts_F
        rows_FM = np.zeros((len(learn_FN), counts_F.max()), dtype=np.int64)
        for f, learn_N in enumerate(learn_FN):
            rows_FM[f, : counts_F[f]] = np.flatnonzero(learn_N)
        self._rows_FM = torch.from_numpy(rows_FM)
        mean_F = np.array([weights_N[learn_N].mean() for learn_N in learn_FN])
        self._equal = bool((steps_F == self.steps).all())
        self._cut(bounds, mean_F, even=cut != "full")
        self._generator = torch.Generator()
        # The last orders drawn, by epoch: a round ends in the epoch that the next begins in.
        self._orders: dict[bytes, Tensor] = {}

    def _cut(
        self, bounds: Sequence[NDArray[np.int64]], mean_F: NDArray[np.float64], *, even: bool
    ) -> None:
        """Lay out as many steps of each network as a round may begin with and go through.

        ``at_FTB`` is the place of a row in the order of its network's rows, epoch after
        epoch; ``share_FTB`` its share in the loss if its weight is 1, 0 for fillers.
        """
        steps_F1, counts_F1 = self._steps_F[:, None], self._counts_F[:, None]
        bounds_FS = np.zeros((len(bounds), int(steps_F1.max()) + 1), dtype=np.int64)
        for f, bound in enumerate(bounds):
            bounds_FS[f, : len(bound)] = bound
        most = self.steps if self._equal else int(steps_F1.max()) + self.steps - 1
        epoch_FT, step_FT = np.divmod(np.arange(most)[None], steps_F1)
        start_FT = np.take_along_axis(bounds_FS, step_FT, axis=1)
        stop_FT = np.take_along_axis(bounds_FS, step_FT + 1, axis=1)
        at_FTB = start_FT[..., None] + np.arange(self.width)
        kept_FTB = at_FTB < stop_FT[..., None]
        # Fillers are the rows that come next, as good a sample as the others.
        at_FTB %= counts_F1[..., None]
        at_FTB += epoch_FT[..., None] * self._rows_FM.shape[1]
        usual_FT = counts_F1 / steps_F1 if even else stop_FT - start_FT
        self._at_FTB = torch.from_numpy(at_FTB)
        self._share_FTB = torch.from_numpy(kept_FTB / (mean_F[:, None] * usual_FT)[..., None])

    def round(self, number: int) -> Round:
        """Return the batches of round ``number``, counted from 0."""
        epoch_F, first_F = np.divmod(number * self.steps, self._steps_F)
        at_FSB, share_FSB = self._at_FTB, self._share_FTB
        if not self._equal:
            steps_FS = torch.from_numpy(first_F[:, None] + np.arange(self.steps))
            folds_F1 = torch.arange(len(first_F))[:, None]
            at_FSB, share_FSB = at_FSB[folds_F1, steps_FS], share_FSB[folds_F1, steps_FS]
        epochs = int(((first_F + self.steps - 1) // self._steps_F).max()) + 1
        order_FK = torch.cat([self._order(epoch_F + later) for later in range(epochs)], dim=1)
        rows_FSB = order_FK.gather(1, at_FSB.flatten(1)).view(at_FSB.shape)
        weights_FSB = (self._weights_N[rows_FSB] * share_FSB).float()
        return Round(
            rows_SFB=rows_FSB.transpose(0, 1).contiguous(),
            weights_SFB=weights_FSB.transpose(0, 1).contiguous(),
        )

    def _order(self, epoch_F: NDArray[np.int64]) -> Tensor:
        """Return the rows of each network in the order of an epoch; the rest is arbitrary."""
        key = epoch_F.tobytes()
        if key not in self._orders:
            while len(self._orders) >= ORDERS_KEPT:
                del self._orders[next(iter(self._orders))]
            self._orders[key] = self._draw(epoch_F)
        return self._orders[key]

    def _draw(self, epoch_F: NDArray[np.int64]) -> Tensor:
        order_FM = torch.zeros_like(self._rows_FM)
        counts, epochs = self._counts_F.tolist(), epoch_F.tolist()
        for f, (count, seed, epoch) in enumerate(zip(counts, self._seeds, epochs, strict=True)):
            self._generator.manual_seed((seed + epoch * SPREAD) % 2**63)
            torch.randperm(count, generator=self._generator, out=order_FM[f, :count])
        return self._rows_FM.gather(1, order_FM)
