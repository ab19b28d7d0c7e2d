"""The one training loop.

Every network that learns step by step goes through ``Training``: the tutorial's, the
default, a user's own module; heads are solved (``heads.py``). It takes steps, averages the
weights along the way, and now and then looks at the validation rows of each fold, to keep
its best state.

Shape letters in this file:
    F  networks side by side    G  folds             N  rows
    S  steps of a round         B  rows in a batch   O  outputs
"""

import hashlib
import time
from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.data.columns.encode import Encoded
from tenfold.errors import NetworkError
from tenfold.nn.network import BLOCK, DrivenNetwork, LearningNetwork, TrainedNetwork, answer
from tenfold.nn.targets import FoldTarget
from tenfold.seeds import Streams
from tenfold.training.batches import plan_batches
from tenfold.training.checkpoints import State, not_of_this_run
from tenfold.training.device import move, widest
from tenfold.training.feed import Feed
from tenfold.training.history import EpochLine, History, Rollback, TestScores
from tenfold.training.memory import in_pieces
from tenfold.training.moving import Moving, join, part_of
from tenfold.training.recipe import Recipe
from tenfold.training.schedule import look_epochs, step_size
from tenfold.training.stack import Stack
from tenfold.training.watch import Deadline, Supervision

AVERAGE_EVERY: Final = 4  # steps
ROLLBACKS: Final = 3  # after which a loss that is not finite ends training
SLOWER: Final = 0.25  # steps after a rollback, as a share of those before


class Training:
    """Train a stack of networks.

    Parameters
    ----------
    network : LearningNetwork
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
    Held-out rows are neither in a batch nor among validation rows, so nothing they hold can
    reach a weight (tests/promises/test_table_engine.py).
    """

    def __init__(
        self,
        network: LearningNetwork,
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
        self._plan = plan_batches(stack, rows.weights, streams, recipe)
        self._moving = Moving(network, recipe, stack.fold_F)
        self._validation = _padded_rows(stack, rows.weights, device)
        self._started = time.perf_counter()
        self._good = State()
        # Steps at whose end some networks, not all, are done.
        lasts = self._plan.last_F[self._plan.last_F < self._plan.last]
        self._ends = frozenset(lasts.tolist())

    def run(
        self, care: Supervision, score_test: Callable[[], TestScores] | None = None
    ) -> History:
        """Train until the last epoch, until no fold improves, or until a limit is reached.

        The networks end in the state that each fold keeps. ``score_test`` is called at the
        end of every epoch, and what it returns is written down and decides nothing.

        Where a loss or a number of a network stops being finite, training goes back to
        the last state that was kept, at most three times, and takes smaller steps. A run
        that was cut off goes on from its checkpoint, and ends with the same numbers.

        Raises
        ------
        NetworkError
            N05, if a loss stops being finite once more; N08, if not even one row at a
            time fits into memory.
        StoreError
            M12, if a checkpoint is not of this training.
        """
        rounds, steps = self._plan.rounds, self._plan.steps
        looks = set(look_epochs(rounds))
        moving = self._moving
        if self.recipe.keep_start:
            self._look(0)
        self._good = moving.capture()
        self._take_up(care)
        self._started = time.perf_counter() - moving.course.seconds
        while self._goes_on():
            loss_F = self._train_epoch(care)
            course = moving.course
            epoch = -(-course.step // steps)
            bad = moving.bad_networks(loss_F)
            if len(bad):
                if course.stopped_by is None:
                    self._go_back(bad, epoch)
                continue
            looked = epoch in looks or course.stopped_by is not None
            validation_G = self._look(epoch) if looked else None
            course.lines.append(self._line(epoch, loss_F, validation_G, score_test))
            if looked and course.stopped_by is None:
                self._good = moving.capture(into=self._good)
            care.watch.epoch(epoch, rounds)
        kept = care.checkpoints if moving.course.stopped_by is None else None
        if kept is not None and kept.begun:
            kept.write(self._whole())
        moving.best.restore()
        self.network.renew()
        self.network.release()
        return History(
            lines=tuple(moving.course.lines),
            best_epoch_G=moving.best.epoch_G.copy(),
            stopped_by=moving.course.stopped_by,
            rollbacks=moving.course.rollbacks,
            pieces=moving.course.pieces,
        )

    def _goes_on(self) -> bool:
        course, last = self._moving.course, self._plan.rounds * self._plan.steps
        ended = course.step >= last and not course.loss_F
        return not ended and course.stopped_by is None and bool(self._moving.best.open_G.any())

    def _line(
        self,
        epoch: int,
        loss_F: NDArray[np.float64],
        validation_G: NDArray[np.float64] | None,
        score_test: Callable[[], TestScores] | None,
    ) -> EpochLine:
        fold_F = self.stack.fold_F
        loss_G = np.bincount(fold_F, loss_F) / np.bincount(fold_F)
        return EpochLine(
            epoch=epoch,
            loss=float(loss_F.mean()),
            validation_loss=None if validation_G is None else float(validation_G.mean()),
            lr=self._moving.course.lr,
            seconds=time.perf_counter() - self._started,
            test=None if score_test is None else score_test(),
            loss_G=tuple(loss_G.tolist()),
            validation_loss_G=() if validation_G is None else tuple(validation_G.tolist()),
        )

    def _go_back(self, bad: NDArray[np.int64], epoch: int) -> None:
        """Return to the last good state, with smaller steps.

        Raises
        ------
        NetworkError
            N05, if that was done three times already.
        """
        folds = tuple(sorted({self.stack.members[f][0] + 1 for f in bad}))
        before = self._moving.course.rollbacks
        if len(before) == ROLLBACKS:
            raise NetworkError(
                "N05",
                f"the loss stopped being finite in epoch {epoch}",
                place={"folds": ", ".join(map(str, folds))},
                fix=[f"use a lower learning rate: --lr {self.recipe.lr / 10:g}"],
            )
        self._moving.restore(self._good)
        rollback = Rollback(
            epoch=epoch,
            folds=folds,
            back_to=len(self._moving.course.lines),
            lr_factor=SLOWER ** (len(before) + 1),
        )
        self._moving.course.rollbacks = (*before, rollback)

    def _take_up(self, care: Supervision) -> None:
        """Go on from a checkpoint, if there is one.

        Raises
        ------
        StoreError
            M12, if it is not of this training.
        """
        written = None if care.checkpoints is None else care.checkpoints.read()
        if written is None:
            return
        if written.facts.get("of") != self._of():
            raise not_of_this_run()
        self._good = part_of(written, "good")
        self._moving.restore(part_of(written, "now"))
        course = self._moving.course
        care.deadline.spent(course.seconds)
        epoch = 1 + len(course.lines)
        care.watch.tell(f"Training resumes in epoch {min(epoch, self._plan.rounds)}.")

    def _whole(self) -> State:
        """Return the present state, and the last good one, as one to be written at once."""
        self._moving.course.seconds = time.perf_counter() - self._started
        return join(self._of(), {"now": self._moving.present(), "good": self._good})

    def _of(self) -> str:
        """Return what a checkpoint must be of: rows, folds, targets and the recipe."""
        found = hashlib.sha256(repr(self.recipe).encode())
        for array in (
            self.stack.learn_FN,
            self.stack.validation_FN,
            self._target_N.cpu().numpy(),
        ):
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    @torch.no_grad()
    def _train_epoch(self, care: Supervision) -> NDArray[np.float64]:
        """Take the steps of one round, or those that are left of it.

        Returns
        -------
        ndarray of shape (F,)
            Mean loss of a row.
        """
        plan, course = self._plan, self._moving.course
        number = (course.step - bool(course.loss_F)) // plan.steps
        batches = plan.round(number)
        begun = course.loss_F or [0.0] * len(self.stack.members)
        total_F = torch.tensor(begun, dtype=torch.float32, device=self.device)
        chunk = min(plan.steps, self.feed.chunk(*batches.rows_SFB.shape[1:]))
        for first in range(course.step - number * plan.steps, plan.steps, chunk):
            part = slice(first, first + chunk)
            rows_SFB = batches.rows_SFB[part].to(self.device)
            weights_SFB = batches.weights_SFB[part].to(self.device)
            total_F = self._train_chunk(rows_SFB, weights_SFB, care.deadline, total_F)
            reason = care.watch.stop_reason() or care.deadline.passed()
            kept = care.checkpoints
            # Whoever goes on with a run that was stopped goes on as if it had not been.
            if kept is not None and (kept.begun if reason else kept.due()):
                course.loss_F = total_F.tolist()
                kept.write(self._whole())
            course.stopped_by = reason
            if reason:
                break
        course.loss_F = []
        return total_F.cpu().numpy().astype(np.float64) / plan.steps

    def _train_chunk(
        self, rows_SFB: Tensor, weights_SFB: Tensor, deadline: Deadline, total_F: Tensor
    ) -> Tensor:
        """Take steps that are made ready together; return ``total_F`` and their losses."""
        course = self._moving.course
        factor = course.rollbacks[-1].lr_factor if course.rollbacks else 1.0
        seen_SFB = self.target.seen(self._target_N[rows_SFB])
        inputs = self.feed.steps(rows_SFB, course.step, self._done(course.step, deadline))
        if isinstance(self.network, DrivenNetwork):
            return total_F + self._drive(
                self.network, list(inputs), seen_SFB, weights_SFB, factor
            )
        for (x, codes), seen, weights in zip(inputs, seen_SFB, weights_SFB, strict=True):
            course.lr = factor * step_size(self.recipe, self._done(course.step, deadline))
            total_F = total_F + self._step(x, codes, seen, weights)
        return total_F

    def _drive(
        self,
        network: DrivenNetwork,
        inputs: list[tuple[Tensor, Tensor]],
        seen_SFB: Tensor,
        weights_SFB: Tensor,
        factor: float,
    ) -> Tensor:
        """Let networks take steps by themselves; return the sum of the losses of each."""
        course = self._moving.course
        steps_S1 = course.step + np.arange(len(inputs))[:, None]
        go_SF = steps_S1 < self._plan.last_F
        loss_SF = network.learn(inputs, seen_SFB, weights_SFB, go_SF, factor)
        course.step += len(inputs)
        return torch.from_numpy(loss_SF.sum(axis=0)).float().to(self.device)

    def _done(self, step: int, deadline: Deadline) -> float:
        """Return which share of training is done before a step.

        A schedule that ends at 0 ends there by the time limit, if that comes first.
        """
        done = step / (self._plan.rounds * self._plan.steps)
        return max(done, deadline.share()) if self.recipe.schedule == "triangle" else done

    def _step(
        self, x: Tensor, codes_FBQ: Tensor, seen_FB: Tensor, weights_FB: Tensor
    ) -> Tensor:
        """Take one step; return the loss of each network."""
        moving, course = self._moving, self._moving.course
        batch = (x, codes_FBQ, seen_FB, weights_FB)
        if not isinstance(self.network, TrainedNetwork):
            raise TypeError("the network takes its steps itself")
        loss_F, course.pieces = in_pieces(self.network, self.target, batch, course.pieces)
        moving.optimizer.step(course.lr)
        if moving.average is not None and course.step % AVERAGE_EVERY == 0:
            moving.average.update()
        course.step += 1
        # Networks with fewer steps than the others are done here, and must not move on.
        if course.step in self._ends:
            done_F = self._plan.last_F == course.step
            moving.best.keep(done_F)
            moving.running_F &= ~done_F
        return loss_F

    def _look(self, epoch: int) -> NDArray[np.float64] | None:
        """Judge the present state on the validation rows; return each fold's loss there."""
        self.network.settle()
        if self._moving.average is not None:
            self._moving.average.swap()
        loss_G = self._validation_loss()
        if loss_G is None:
            self._moving.best.keep(self._moving.running_F)
            self._moving.best.epoch_G[:] = epoch
        else:
            self._moving.best.offer(loss_G, epoch)
        if self._moving.average is not None:
            self._moving.average.swap()
        return loss_G

    def _validation_loss(self) -> NDArray[np.float64] | None:
        """Return each fold's mean squared error on validation rows; None if there are none.

        In classification the error is that of the probabilities (Brier). Unlike the
        log-loss, it does not punish single networks for the overconfidence that the
        ensemble of members evens out (benchmarks/LOG.md).
        """
        if self._validation is None:
            return None
        rows_FM, weights_FM = self._validation
        losses = []
        inputs = self.feed.validation_inputs()
        blocks = answer(self.network, self.target, inputs, rows_FM)
        for rows_FB, answers_FBO in zip(rows_FM.split(BLOCK, dim=1), blocks, strict=True):
            losses.append(self.target.squared_error(answers_FBO, self._target_N[rows_FB]))
        loss_F = (torch.cat(losses, dim=1) * weights_FM).sum(dim=1).cpu().numpy()
        folds = len(self._moving.best.loss_G)
        weight_F = weights_FM.sum(dim=1).cpu().numpy()
        loss_G = np.bincount(self.stack.fold_F, loss_F, folds)
        return loss_G / np.bincount(self.stack.fold_F, weight_F, folds)


def target_on(rows: Encoded, device: torch.device) -> Tensor:
    """Return the targets of rows on a device, shape (N,)."""
    dtype = widest(device) if rows.target.dtype.kind == "f" else torch.int64
    return torch.tensor(rows.target, dtype=dtype, device=device)


def _padded_rows(
    stack: Stack, weights_N: NDArray[np.float64], device: torch.device
) -> tuple[Tensor, Tensor] | None:
    """Return the validation rows of each network, (F, M), and their weights, 0 for fillers."""
    if not stack.most_validated:
        return None
    rows_FM = np.zeros((len(stack.members), stack.most_validated), dtype=np.int64)
    weights_FM = np.zeros(rows_FM.shape)
    for f, chosen in enumerate(stack.validation_FN):
        rows = np.flatnonzero(chosen)
        rows_FM[f, : len(rows)] = rows
        weights_FM[f, : len(rows)] = weights_N[rows]
    weights = torch.tensor(weights_FM, dtype=widest(device), device=device)
    return torch.from_numpy(rows_FM).to(device), weights
