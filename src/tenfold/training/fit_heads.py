"""From features that stay as they are and splits to one head a fold.

Shape letters in this file:
    N  rows    D  features    F  networks, one a fold    G  folds
"""

import time
from collections.abc import Iterator, Mapping, Sequence
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
    outputs, features = outputs_for(rows, plan.task), rows.numbers.shape[1]
    head = FoldHead(networks=len(trained), inputs=features, outputs=outputs).to(device)
    x_ND = torch.from_numpy(rows.numbers).to(device)
    target = FoldTarget(len(trained), plan.task, outputs)
    target.estimate(rows, trained.learn)
    given = torch.from_numpy(rows.target)
    target_FN = target.seen(given.expand(len(trained), *given.shape)).to(device)
    kept = kept_together(rows)
    together = np.arange(len(rows)) if kept is None else kept
    whole = features if plan.backbone is None else plan.backbone.whole

    def reason() -> str | None:
        return care.watch.stop_reason() or care.deadline.passed()

    def solve(f: int) -> Solved:
        own = np.flatnonzero(trained.learn[f])
        own_N = torch.from_numpy(own).to(device)
        x_own, target_own = head.scale(f, x_ND[own_N]), target_FN[f, own_N]
        seed = streams.integer("axes", trained.numbers[f])
        given: dict[str, Any] = {
            "widths": sorted({whole, features}),
            "generator": torch.Generator().manual_seed(seed),
            "in_haste": lambda: reason() is not None,
        }
        if plan.task == "regression":
            units_N = torch.from_numpy(together[own]).to(device)
            return solve_ridge(x_own, target_own, units_N=units_N, **given)
        blocks = list(_blocks(rows, trained, f, plan, streams))
        truth = as_truth(target_own, outputs)
        return solve_head(
            x_own, truth, plan.task, blocks=blocks, steps=plan.recipe.epochs, **given
        )

    found: list[Solved] = []
    folds = range(len(trained))
    for one in each_in_a_thread(solve, folds) if device.type == "cpu" else map(solve, folds):
        head.fill(len(found), one.weight_DO, one.bias_O)
        found.append(one)
        care.watch.stage("training heads", len(found), len(folds))
    history = _history(found, plan, time.perf_counter() - began, reason())
    care.watch.epoch(len(history.lines), plan.recipe.epochs)
    target = target.to(device)
    fits = gather(head, target, FeatureInputs(numbers_ND=x_ND), stack, splits, history)
    losses = [inf if one.validation_loss is None else one.validation_loss for one in found]
    return Heads(
        fits=fits, loss_F=np.array(losses), decisions=_decisions(found, whole, plan.task)
    )


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
