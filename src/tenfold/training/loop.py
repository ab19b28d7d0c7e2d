"""The one training loop.

Every network of Tenfold goes through ``Training``: the tutorial's, the default,
a user's own module. It takes steps, averages the weights along the way, and
now and then looks at the rows that each fold watches, to keep its best state.

Shape letters in this file:
    F  networks side by side    G  folds                N  rows of the table
    S  steps of a round         B  rows in a batch      P  columns of numbers
    Q  columns of words         O  outputs
"""

import math
import time
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.data.encode import Encoded
from tenfold.errors import NetworkError
from tenfold.nn.network import BLOCK, FoldNetwork, answer
from tenfold.nn.targets import FoldTarget
from tenfold.seeds import Streams
from tenfold.training.adam import Adam
from tenfold.training.batches import BatchPlan, Member
from tenfold.training.device import move, widest
from tenfold.training.recipe import Recipe
from tenfold.training.states import Average, Best, moved_tensors
from tenfold.training.watch import Deadline, Watch

# Features of several steps are made at once, but no more than this many numbers:
# they should still be in the processor's cache when their step comes.
CHUNK_NUMBERS: Final = 4_000_000
AVERAGE_EVERY: Final = 4  # steps


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Stack:
    """The networks that train side by side: every member of every fold.

    Attributes
    ----------
    learn_FN : ndarray of shape (F, N), bool
        Rows that each network learns from.
    watch_FN : ndarray of shape (F, N), bool
        Rows of the fold's learning part that this member leaves out, so that the
        fold's length of training can be chosen on them. Never a held-out row.
    members : tuple of F Member
        Number of the fold and of the member in it.
    """

    learn_FN: NDArray[np.bool_]
    watch_FN: NDArray[np.bool_]
    members: tuple[Member, ...]

    @property
    def fold_F(self) -> NDArray[np.int64]:
        """Position of each network's fold among the folds, 0 to G - 1."""
        return np.unique([fold for fold, _ in self.members], return_inverse=True)[1]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Data:
    """The rows of a table as tensors on the training device."""

    numbers_NP: Tensor
    codes_NQ: Tensor
    target_N: Tensor

    @classmethod
    def of(cls, rows: Encoded, device: torch.device) -> "Data":
        """Move coded rows to a device."""
        return cls(
            numbers_NP=torch.tensor(rows.numbers, dtype=widest(device), device=device),
            codes_NQ=torch.tensor(rows.codes, device=device),
            target_N=torch.tensor(
                rows.target,
                dtype=widest(device) if rows.target.dtype.kind == "f" else torch.int64,
                device=device,
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochLine:
    """One line of the history: an epoch, mean losses over folds, the step size.

    ``watched`` is None in epochs that end without a look at watched rows.
    """

    epoch: int
    loss: float
    watched: float | None
    lr: float
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class History:
    """How training went.

    Attributes
    ----------
    lines : tuple of EpochLine
    best_epoch_G : ndarray of shape (G,), int64
        The epoch whose state each fold kept.
    stopped_by : str or None
        What ended training early, if not the watched rows.
    """

    lines: tuple[EpochLine, ...]
    best_epoch_G: NDArray[np.int64]
    stopped_by: str | None


class Training:
    """Train a stack of networks.

    Parameters
    ----------
    network : FoldNetwork
        F networks; they are changed in place.
    target : FoldTarget
    rows : Encoded
        N rows.
    stack : Stack
    recipe : Recipe
    streams : Streams
        ``order`` is drawn from, by fold and member.
    device : torch.device

    Notes
    -----
    Held-out rows are in no batch and in no watch, so nothing they hold can reach
    a weight (tests/test_promises.py).
    """

    def __init__(
        self,
        network: FoldNetwork,
        target: FoldTarget,
        rows: Encoded,
        stack: Stack,
        recipe: Recipe,
        streams: Streams,
        device: torch.device,
    ) -> None:
        move(network, device)
        move(target, device)
        self.network = network
        self.target = target
        self.recipe = recipe
        self.device = device
        self._data = Data.of(rows, device)
        self._stack = stack
        self._plan = BatchPlan(
            stack.learn_FN,
            rows.weights,
            stack.members,
            streams,
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            cut=recipe.cut,
        )
        self._adam = Adam(
            network.groups(), betas=recipe.betas, epsilon=recipe.epsilon, decay=recipe.decay
        )
        flat = self._adam.flat
        self._average = Average(flat, recipe.average) if recipe.average else None
        self._best = Best(moved_tensors(network), stack.fold_F, recipe.patience)
        self._watch = _watch_rows(stack.watch_FN, rows.weights, device)
        self._running_F = np.ones(len(stack.members), dtype=bool)
        self._lr = recipe.lr
        # Steps at whose end some networks, not all, are done.
        lasts = self._plan.last_F[self._plan.last_F < self._plan.last_F.max()]
        self._ends = frozenset(lasts.tolist())
        self._features: Tensor | None = None  # memory for the features of a chunk of steps

    def run(self, watch: Watch, deadline: Deadline) -> History:
        """Train until the last epoch, until no fold improves, or until a limit is reached.

        The networks end in the state that each fold keeps.

        Raises
        ------
        NetworkError
            N05, if a loss is no finite number.
        """
        lines: list[EpochLine] = []
        started = time.perf_counter()
        looks = set(look_epochs(self._plan.rounds))
        stopped_by = None
        for epoch in range(1, self._plan.rounds + 1):
            loss, stopped_by = self._train_epoch(epoch - 1, watch, deadline)
            watched = self._look(epoch) if epoch in looks or stopped_by else None
            lines.append(
                EpochLine(
                    epoch=epoch,
                    loss=loss,
                    watched=watched,
                    lr=self._lr,
                    seconds=time.perf_counter() - started,
                )
            )
            watch.epoch(epoch, self._plan.rounds)
            if stopped_by or not self._best.open_G.any():
                break
        self._best.restore()
        self.network.release()
        best_epoch_G = self._best.epoch_G.copy()
        return History(lines=tuple(lines), best_epoch_G=best_epoch_G, stopped_by=stopped_by)

    @torch.no_grad()
    def _train_epoch(
        self, number: int, watch: Watch, deadline: Deadline
    ) -> tuple[float, str | None]:
        """Take the steps of one round; return a row's mean loss and what asks for an end."""
        plan, device = self._plan, self.device
        batches = plan.round(number)
        total_F = torch.zeros(len(self._stack.members), device=device)
        per_step = batches.rows_SFB[0].numel() * max(1, self.network.features.width)
        chunk = min(plan.steps, max(1, CHUNK_NUMBERS // per_step))
        if self._features is None:
            networks, rows = batches.rows_SFB.shape[1:]
            shape = (chunk, networks, rows, self.network.features.width)
            self._features = torch.empty(shape, device=device)
        step = number * plan.steps
        stopped_by = None
        for first in range(0, plan.steps, chunk):
            rows_SFB = batches.rows_SFB[first : first + chunk].to(device)
            weights_SFB = batches.weights_SFB[first : first + chunk].to(device)
            codes_SFBQ = self._data.codes_NQ[rows_SFB]
            x_SFBD = self.network.features(
                self._data.numbers_NP[rows_SFB], codes_SFBQ, self._features[: len(rows_SFB)]
            )
            seen_SFB = self.target.seen(self._data.target_N[rows_SFB])
            for x, codes, seen, weights in zip(
                x_SFBD, codes_SFBQ, seen_SFB, weights_SFB, strict=True
            ):
                total_F += self._step(step, x, codes, seen, weights)
                step += 1
            stopped_by = watch.stop_reason() or deadline.passed()
            if stopped_by:
                break
        bad = torch.nonzero(~torch.isfinite(total_F)).flatten().tolist()
        if bad:
            folds = sorted({self._stack.members[f][0] + 1 for f in bad})
            raise NetworkError(
                "N05",
                f"the loss stopped being finite in epoch {number + 1}",
                place={"folds": ", ".join(map(str, folds))},
                fix=[f"take smaller steps: --lr {self.recipe.lr / 10:g}"],
            )
        return float(total_F.mean()) / plan.steps, stopped_by

    def _step(
        self, step: int, x_FBD: Tensor, codes_FBQ: Tensor, seen_FB: Tensor, weights_FB: Tensor
    ) -> Tensor:
        """Take one step; return the loss of each network."""
        outputs_FBO = self.network.train_forward(x_FBD, codes_FBQ)
        loss_F, slope_FBO = self.target.loss(outputs_FBO, seen_FB, weights_FB)
        self.network.train_backward(slope_FBO)
        if self.recipe.schedule == "root":
            done = step / (self._plan.rounds * self._plan.steps)
            self._lr = self.recipe.lr / math.sqrt(1 + 15 * done)
        self._adam.step(self._lr)
        if self._average is not None and step % AVERAGE_EVERY == 0:
            self._average.update()
        # Networks with fewer steps than the others are done here, and must not move on.
        if step + 1 in self._ends:
            done_F = self._plan.last_F == step + 1
            self._best.keep(done_F)
            self._running_F &= ~done_F
        return loss_F

    def _look(self, epoch: int) -> float | None:
        """Judge the present state on the watched rows; return the mean loss over folds."""
        if self._average is not None:
            self._average.swap()
        loss_G = self._watched_loss()
        if loss_G is None:
            self._best.keep(self._running_F)
            self._best.epoch_G[:] = epoch
        else:
            self._best.offer(loss_G, epoch)
        if self._average is not None:
            self._average.swap()
        return None if loss_G is None else float(loss_G.mean())

    def _watched_loss(self) -> NDArray[np.float64] | None:
        """Return each fold's mean squared error on watched rows, or None if none are watched.

        In classification the error is that of the probabilities (Brier). Unlike the
        log-loss, it does not punish single networks for the overconfidence that the
        ensemble of members evens out (benchmarks/LOG.md).
        """
        if self._watch is None:
            return None
        rows_FM, weights_FM = self._watch
        losses = []
        blocks = answer(
            self.network, self.target, self._data.numbers_NP, self._data.codes_NQ, rows_FM
        )
        for rows_FB, answers_FBO in zip(rows_FM.split(BLOCK, dim=1), blocks, strict=True):
            losses.append(self.target.squared_error(answers_FBO, self._data.target_N[rows_FB]))
        loss_F = (torch.cat(losses, dim=1) * weights_FM).sum(dim=1).cpu().numpy()
        folds = len(self._best.loss_G)
        weight_F = weights_FM.sum(dim=1).cpu().numpy()
        loss_G = np.bincount(self._stack.fold_F, loss_F, folds)
        return loss_G / np.bincount(self._stack.fold_F, weight_F, folds)


def look_epochs(last: int) -> list[int]:
    """Return the epochs at whose end watched rows are looked at: ever more sparsely.

    Examples
    --------
    >>> look_epochs(20)
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 19, 20]
    """
    epochs, epoch = [], 0
    while epoch < last:
        epoch = min(last, epoch + max(1, epoch // 5))
        epochs.append(epoch)
    return epochs


def _watch_rows(
    watch_FN: NDArray[np.bool_], weights_N: NDArray[np.float64], device: torch.device
) -> tuple[Tensor, Tensor] | None:
    """Return the rows that each network watches, (F, M), and their weights, 0 for fillers."""
    counts_F = watch_FN.sum(axis=1)
    if not counts_F.any():
        return None
    rows_FM = np.zeros((len(watch_FN), counts_F.max()), dtype=np.int64)
    weights_FM = np.zeros(rows_FM.shape)
    for f, watch in enumerate(watch_FN):
        rows = np.flatnonzero(watch)
        rows_FM[f, : len(rows)] = rows
        weights_FM[f, : len(rows)] = weights_N[rows]
    weights = torch.tensor(weights_FM, dtype=widest(device), device=device)
    return torch.from_numpy(rows_FM).to(device), weights
