"""The one training loop.

Every network of Tenfold goes through ``Training``: the tutorial's, the default,
a user's own module. It takes steps, averages the weights along the way, and
now and then looks at the rows that each fold watches, to keep its best state.

Shape letters in this file:
    F  networks side by side    G  folds             N  rows
    S  steps of a round         B  rows in a batch   O  outputs
"""

import math
import time
from collections.abc import Callable
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
from tenfold.training.batches import Member, plan_batches
from tenfold.training.device import move, widest
from tenfold.training.feed import Feed
from tenfold.training.optimizers import make_optimizer
from tenfold.training.recipe import Recipe
from tenfold.training.states import Average, Best, moved_tensors
from tenfold.training.watch import Deadline, Watch

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Validation:
    """What the networks of a moment say of rows that no choice touches."""

    loss: float
    accuracy: float


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochLine:
    """One line of the history: an epoch, losses, the step size.

    ``loss`` and ``watched`` are means over folds, ``loss_G`` and ``watched_G`` each fold's.
    ``watched`` is None, and ``watched_G`` empty, in epochs that end without a look at watched
    rows; ``validation`` is None unless every epoch is validated. It decides nothing.
    """

    epoch: int
    loss: float
    watched: float | None
    lr: float
    seconds: float
    validation: Validation | None = None
    loss_G: tuple[float, ...] = ()
    watched_G: tuple[float, ...] = ()


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
    feed : Feed
        What enters the networks, on the device.
    rows : Encoded
        The same N rows: their targets and weights.
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
        feed: Feed,
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
        self.feed = feed
        self._target_N = target_on(rows, device)
        self.stack = stack
        self._plan = plan_batches(stack.learn_FN, rows.weights, stack.members, streams, recipe)
        self._optimizer = make_optimizer(network.groups(), recipe)
        flat = self._optimizer.flat
        self._average = Average(flat, recipe.average) if recipe.average else None
        self._best = Best(moved_tensors(network), stack.fold_F, recipe.patience)
        self._watch = _watch_rows(stack.watch_FN, rows.weights, device)
        self._running_F = np.ones(len(stack.members), dtype=bool)
        self._lr = recipe.lr
        # Steps at whose end some networks, not all, are done.
        lasts = self._plan.last_F[self._plan.last_F < self._plan.last_F.max()]
        self._ends = frozenset(lasts.tolist())

    def run(
        self,
        watch: Watch,
        deadline: Deadline,
        validate: Callable[[], Validation] | None = None,
    ) -> History:
        """Train until the last epoch, until no fold improves, or until a limit is reached.

        The networks end in the state that each fold keeps. ``validate`` is called at the
        end of every epoch, and what it returns is written down and decides nothing.

        Raises
        ------
        NetworkError
            N05, if a loss is no finite number.
        """
        lines: list[EpochLine] = []
        started = time.perf_counter()
        looks = set(look_epochs(self._plan.rounds))
        fold_F = self.stack.fold_F
        stopped_by = None
        for epoch in range(1, self._plan.rounds + 1):
            loss_F, stopped_by = self._train_epoch(epoch - 1, watch, deadline)
            watched_G = self._look(epoch) if epoch in looks or stopped_by else None
            loss_G = np.bincount(fold_F, loss_F) / np.bincount(fold_F)
            lines.append(
                EpochLine(
                    epoch=epoch,
                    loss=float(loss_F.mean()),
                    watched=None if watched_G is None else float(watched_G.mean()),
                    lr=self._lr,
                    seconds=time.perf_counter() - started,
                    validation=None if validate is None else validate(),
                    loss_G=tuple(loss_G.tolist()),
                    watched_G=() if watched_G is None else tuple(watched_G.tolist()),
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
    ) -> tuple[NDArray[np.float64], str | None]:
        """Take the steps of one round.

        Returns
        -------
        loss_F : ndarray of shape (F,)
            Mean loss of a row.
        stopped_by : str or None
            What asks for an end.
        """
        plan, device = self._plan, self.device
        batches = plan.round(number)
        total_F = torch.zeros(len(self.stack.members), device=device)
        chunk = min(plan.steps, self.feed.chunk(*batches.rows_SFB.shape[1:]))
        step = number * plan.steps
        stopped_by = None
        for first in range(0, plan.steps, chunk):
            rows_SFB = batches.rows_SFB[first : first + chunk].to(device)
            weights_SFB = batches.weights_SFB[first : first + chunk].to(device)
            seen_SFB = self.target.seen(self._target_N[rows_SFB])
            inputs = self.feed.steps(rows_SFB, step, self._done(step, deadline))
            for (x, codes), seen, weights in zip(inputs, seen_SFB, weights_SFB, strict=True):
                done = self._done(step, deadline)
                total_F += self._step(step, done, x, codes, seen, weights)
                step += 1
            stopped_by = watch.stop_reason() or deadline.passed()
            if stopped_by:
                break
        loss_F = total_F.cpu().numpy().astype(np.float64) / plan.steps
        if not np.isfinite(loss_F).all():
            bad = np.flatnonzero(~np.isfinite(loss_F))
            folds = sorted({self.stack.members[f][0] + 1 for f in bad})
            raise NetworkError(
                "N05",
                f"the loss stopped being finite in epoch {number + 1}",
                place={"folds": ", ".join(map(str, folds))},
                fix=[f"take smaller steps: --lr {self.recipe.lr / 10:g}"],
            )
        return loss_F, stopped_by

    def _done(self, step: int, deadline: Deadline) -> float:
        """Return which share of training is done before a step.

        A schedule that ends at 0 ends there by the time limit, if that comes first.
        """
        done = step / (self._plan.rounds * self._plan.steps)
        return max(done, deadline.share()) if self.recipe.schedule == "triangle" else done

    def _step(
        self,
        step: int,
        done: float,
        x: Tensor,
        codes_FBQ: Tensor,
        seen_FB: Tensor,
        weights_FB: Tensor,
    ) -> Tensor:
        """Take one step; return the loss of each network."""
        outputs_FBO = self.network.train_forward(x, codes_FBQ)
        loss_F, slope_FBO = self.target.loss(outputs_FBO, seen_FB, weights_FB)
        self.network.train_backward(slope_FBO)
        self._lr = step_size(self.recipe, done)
        self._optimizer.step(self._lr)
        if self._average is not None and step % AVERAGE_EVERY == 0:
            self._average.update()
        # Networks with fewer steps than the others are done here, and must not move on.
        if step + 1 in self._ends:
            done_F = self._plan.last_F == step + 1
            self._best.keep(done_F)
            self._running_F &= ~done_F
        return loss_F

    def _look(self, epoch: int) -> NDArray[np.float64] | None:
        """Judge the present state on the watched rows; return each fold's loss there."""
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
        return loss_G

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
        blocks = answer(self.network, self.target, self.feed.inputs, rows_FM)
        for rows_FB, answers_FBO in zip(rows_FM.split(BLOCK, dim=1), blocks, strict=True):
            losses.append(self.target.squared_error(answers_FBO, self._target_N[rows_FB]))
        loss_F = (torch.cat(losses, dim=1) * weights_FM).sum(dim=1).cpu().numpy()
        folds = len(self._best.loss_G)
        weight_F = weights_FM.sum(dim=1).cpu().numpy()
        loss_G = np.bincount(self.stack.fold_F, loss_F, folds)
        return loss_G / np.bincount(self.stack.fold_F, weight_F, folds)


def target_on(rows: Encoded, device: torch.device) -> Tensor:
    """Return the targets of rows on a device, shape (N,)."""
    dtype = widest(device) if rows.target.dtype.kind == "f" else torch.int64
    return torch.tensor(rows.target, dtype=dtype, device=device)


def step_size(recipe: Recipe, done: float) -> float:
    """Return the step size after a share of all steps, 0 to 1.

    Examples
    --------
    >>> recipe = Recipe(epochs=1, batch_size=1, lr=1.0, schedule="triangle", warm_up=0.25)
    >>> [step_size(recipe, done) for done in (0.0, 0.125, 0.25, 0.625, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if recipe.schedule == "root":
        return recipe.lr / math.sqrt(1 + 15 * done)
    if recipe.schedule == "triangle":
        rise = done / recipe.warm_up if recipe.warm_up else 1.0
        return recipe.lr * min(rise, (1 - done) / (1 - recipe.warm_up))
    return recipe.lr


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
