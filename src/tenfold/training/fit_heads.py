"""From features that stay as they are and splits to one head a fold.

Shape letters in this file:
    N  rows    D  features    F  networks, one a fold    G  folds
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.config import Decision, Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.hold_out import validation_rows
from tenfold.data.folds.split import Splits
from tenfold.data.folds.together import kept_together
from tenfold.nn.head import FoldHead
from tenfold.nn.inputs import FeatureInputs
from tenfold.nn.targets import FoldTarget
from tenfold.nn.threads import each_in_a_thread, make_ready
from tenfold.seeds import Streams
from tenfold.training.fit import FoldFits, gather, make_stack, outputs_for
from tenfold.training.heads import Solved, as_truth, solve_head
from tenfold.training.history import EpochLine, History
from tenfold.training.picture_plan import PicturePlan
from tenfold.training.ridge_heads import solve_ridge
from tenfold.training.watch import Supervision

# Of each fold, so that penalties are told apart; more blocks are left out if there are fewer.
LEAST_JUDGED: Final = 300
LOSS: Final[Mapping[Task, str]] = {
    "classification": "log-loss",
    "regression": "squared error",
    "multilabel": "log-loss",
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Heads:
    """The heads of all folds.

    Attributes
    ----------
    fits : FoldFits
    loss_F : ndarray of shape (F,)
        Mean log-loss of the rows on which each fold chose, of labels that of each; or their
        squared error as a share of the target's variance. Infinite where it chose on none.
    decisions : tuple of Decision
        Which features and penalties the folds chose.
    """

    fits: FoldFits
    loss_F: NDArray[np.float64]
    decisions: tuple[Decision, ...]


def fit_heads(
    rows: Encoded,
    splits: Splits,
    plan: PicturePlan,
    streams: Streams,
    device: torch.device,
    *,
    care: Supervision,
) -> Heads:
    """Find the head of each fold on features that are stored once.

    Parameters
    ----------
    rows : Encoded
        N rows; ``numbers`` are their features, (N, D), float32.
    splits : Splits
    plan : PicturePlan
        ``recipe.epochs`` are the steps that a head takes.
    streams : Streams
    device : torch.device
    care : Supervision
        Once its time is up, heads take a single step.
    """
    make_ready()
    began, trained = time.perf_counter(), splits.trained()
    stack = make_stack(rows, trained, plan.task, plan.recipe, streams)
    features = rows.numbers.shape[1]
    target = FoldTarget(len(trained), plan.task, outputs_for(rows, plan.task))
    target.estimate(rows, trained.learn)
    head = FoldHead(networks=len(trained), inputs=features, outputs=target.outputs).to(device)
    whole = features if plan.backbone is None else plan.backbone.whole
    problem = _Problem(
        rows=rows,
        splits=trained,
        plan=plan,
        streams=streams,
        head=head,
        target=target,
        x_ND=torch.from_numpy(rows.numbers).to(device),
        widths=sorted({whole, features}),
        reason=lambda: care.watch.stop_reason() or care.deadline.passed(),
    )
    found: list[Solved] = []
    folds = range(len(trained))
    on_cpu = device.type == "cpu"
    for one in each_in_a_thread(problem.solve, folds) if on_cpu else map(problem.solve, folds):
        head.fill(len(found), one.weight_DO, one.bias_O)
        found.append(one)
        care.watch.stage("training heads", len(found), len(folds))
    history = _history(found, plan, time.perf_counter() - began, problem.reason())
    care.watch.epoch(len(history.lines), plan.recipe.epochs)
    inputs = FeatureInputs(numbers_ND=problem.x_ND)
    fits = gather(head, target.to(device), inputs, stack, splits, history)
    losses = [inf if one.validation_loss is None else one.validation_loss for one in found]
    return Heads(
        fits=fits, loss_F=np.array(losses), decisions=_decisions(found, whole, plan.task)
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Problem:
    """What the heads of all folds are found from."""

    rows: Encoded
    splits: Splits
    plan: PicturePlan
    streams: Streams
    head: FoldHead
    target: FoldTarget
    x_ND: torch.Tensor
    widths: list[int]
    reason: Callable[[], str | None]

    def solve(self, f: int) -> Solved:
        """Find the head of a fold."""
        own, task = np.flatnonzero(self.splits.learn[f]), self.plan.task
        own_N = torch.from_numpy(own).to(self.x_ND.device)
        x_ND = self.head.scale(f, self.x_ND[own_N])
        given = torch.from_numpy(self.rows.target[own])
        seen_N = self.target.only(np.array([f])).seen(given[None])[0].to(x_ND.device)
        seed = self.streams.integer("axes", self.splits.numbers[f])
        chosen: dict[str, Any] = {
            "widths": self.widths,
            "generator": torch.Generator().manual_seed(seed),
            "in_haste": lambda: self.reason() is not None,
        }
        if task == "regression":
            kept = kept_together(self.rows)
            units = own if kept is None else kept[own]
            units_N = torch.from_numpy(units).to(x_ND.device)
            return solve_ridge(x_ND, seen_N, units_N=units_N, **chosen)
        blocks = list(_blocks(self.rows, self.splits, f, self.plan, self.streams))
        truth_NO, steps = as_truth(seen_N, self.target.outputs), self.plan.recipe.epochs
        return solve_head(x_ND, truth_NO, task, blocks=blocks, steps=steps, **chosen)


def _blocks(
    rows: Encoded,
    splits: Splits,
    f: int,
    plan: PicturePlan,
    streams: Streams,
) -> Iterator[torch.Tensor]:
    """Yield which rows of those that a fold learns from are left out together."""
    learn, blocks = splits.learn[f], plan.recipe.blocks
    count = int(np.clip(-(-LEAST_JUDGED * blocks // learn.sum()), 1, blocks))
    generator = streams.generator("blocks", splits.numbers[f])
    dealt = validation_rows(rows, learn, plan.task, blocks, generator)
    for (learnt, left_out), _ in zip(dealt, range(count), strict=False):
        if learnt.any() and left_out.any():
            yield torch.from_numpy(left_out[learn])


def _history(
    found: Sequence[Solved], plan: PicturePlan, seconds: float, reason: str | None
) -> History:
    """Return a line for each step that all heads took; they took them one after the other."""
    steps = min(len(one.loss) for one in found)
    lines = [
        EpochLine(
            epoch=step + 1,
            loss=float(np.mean([one.loss[step] for one in found])),
            validation_loss=None,
            lr=plan.recipe.lr,
            seconds=seconds * (step + 1) / steps,
            loss_G=tuple(one.loss[step] for one in found),
        )
        for step in range(steps)
    ]
    return History(
        lines=tuple(lines),
        best_epoch_G=np.full(len(found), steps),
        stopped_by=reason if steps < plan.recipe.epochs else None,
    )


def _decisions(found: Sequence[Solved], whole: int, task: Task) -> tuple[Decision, ...]:
    """Say which features the heads use, and how strongly their weights are held back."""
    in_grid = sum(one.columns > whole for one in found)
    penalties = [penalty for one in found for penalty in one.penalties]
    least, most = min(penalties), max(penalties)
    what = "heads use features of whole images"
    if in_grid:
        where = "" if len(found) == 1 else f"in {in_grid} of {len(found)} folds, "
        what = f"{where}{what} and of nine places in each"
    what += f"; the penalty is {least:g}" + f" to {most:g}" * (least < most)
    why = f"these had the lowest {LOSS[task]} on validation images of each fold"
    return (Decision(what=what, why=why, change_with="--network"),)
