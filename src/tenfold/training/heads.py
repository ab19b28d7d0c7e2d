"""The head of a fold that tells classes or labels from features that stay as they are.

Logistic regression has one valley, and a bound on its curvature that holds everywhere, a half
of the second moments of the features for classes, a quarter for labels: along their principal
axes each step is a division, and momentum (Nesterov 1983) makes few steps of it enough. So
heads need no learning rate, and all penalties are tried side by side; each label has its own.

Shape letters in this file:
    N  rows of the fold    D  features    A  principal axes
    P  penalties           V  rows left out for validation
    O  classes or labels   K  problems solved side by side: 1, or O of labels
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from tenfold.config import Task
from tenfold.training.head_losses import ClassLoss, HeadLoss, LabelLoss
from tenfold.training.principal_axes import Axes, some_of

# Half the penalty is added for each squared weight to the mean log-loss of a row.
PENALTIES: Final = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4)
USUAL: Final = 0.03  # where there is no time to choose
STEPS: Final = 40  # the best penalties are near their minimum by then, and more is overfitted
MOST_TRIED: Final = 3_000  # rows that heads learn from which are only judged

LOSSES: Final[Mapping[Task, HeadLoss]] = {
    "classification": ClassLoss(),
    "multilabel": LabelLoss(),
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Solved:
    """A linear model, and how it came about.

    Attributes
    ----------
    weight_DO, bias_O : Tensor
        Of standardised features.
    columns : int
        How many features it uses, from the first on.
    penalties : tuple of float
        A single one; of labels that of each.
    loss : tuple of float
        Mean loss of the fold's rows before each step: log-loss, or squared error.
    validation_loss : float or None
        Mean loss of the rows left out, by the best penalty; None if none was chosen.
    """

    weight_DO: Tensor
    bias_O: Tensor
    columns: int
    penalties: tuple[float, ...]
    loss: tuple[float, ...]
    validation_loss: float | None = None


def as_truth(target_N: Tensor, outputs: int) -> Tensor:
    """Return targets as heads learn them, (N, O), float32.

    Parameters
    ----------
    target_N : Tensor of shape (N,), int64, or (N, O), float32
        Classes; or labels, 1 or 0.
    outputs : int
        O.
    """
    return functional.one_hot(target_N, outputs).float() if target_N.ndim == 1 else target_N


def solve_head(
    x_ND: Tensor,
    truth_NO: Tensor,
    task: Task,
    *,
    widths: Sequence[int],
    blocks: Sequence[Tensor],
    generator: torch.Generator,
    steps: int = STEPS,
    in_haste: Callable[[], bool] = lambda: False,
) -> Solved:
    """Find the head of a fold; its features and its penalty are chosen on rows left out.

    Parameters
    ----------
    x_ND : Tensor of shape (N, D), float32
        Standardised features of the rows that the fold learns from, and of no other.
    truth_NO : Tensor of shape (N, O), float32
        What ``as_truth`` returns.
    task : {"classification", "multilabel"}
    widths : sequence of int
        How many features, from the first on, a head may have.
    blocks : sequence of Tensor of bool, each of shape (N,)
        Rows that are left out together; without any, nothing is chosen.
    generator : torch.Generator
    steps : int
    in_haste : callable
        Whether a head is wanted at once: then nothing is chosen, and a single step is taken.
    """
    loss, usual_1K = LOSSES[task], x_ND.new_tensor([[USUAL]])
    if in_haste():
        axes = Axes.of(x_ND[:, : widths[0]], generator)
        return _solve(axes, truth_NO, loss, usual_1K, 1)
    width, penalty_1K, least = widths[0], usual_1K, None
    penalty_P1 = x_ND.new_tensor(PENALTIES)[:, None]
    for wide in widths if blocks else ():
        wide_ND = x_ND[:, :wide]
        each = [
            _judge(wide_ND, truth_NO, loss, penalty_P1, out, generator, steps) for out in blocks
        ]
        loss_PK = torch.stack(each).sum(dim=0) / sum(int(out.sum()) for out in blocks)
        lowest_K, best_K = loss_PK.min(dim=0)
        if least is None or float(lowest_K.mean()) < least:
            width, penalty_1K, least = wide, penalty_P1[best_K].T, float(lowest_K.mean())
        if in_haste():
            break
    axes = Axes.of(x_ND[:, :width], generator)
    found = _solve(axes, truth_NO, loss, penalty_1K, 1 if in_haste() else steps)
    return replace(found, validation_loss=least)


def _judge(
    x_ND: Tensor,
    truth_NO: Tensor,
    loss: HeadLoss,
    penalty_P1: Tensor,
    left_out_N: Tensor,
    generator: torch.Generator,
    steps: int,
) -> Tensor:
    """Return the summed loss of rows left out by each penalty, shape (P, K).

    Axes are those of the other rows alone: few steps along axes that bend towards the rows
    left out end elsewhere, and too strong penalties were chosen.
    """
    learnt = some_of(torch.argwhere(~left_out_N)[:, 0], MOST_TRIED, generator)
    axes = Axes.of(x_ND[learnt], generator)
    *_, (weight_APO, bias_PO, _) = _steps(axes, truth_NO[learnt], loss, penalty_P1, steps)
    said_VPO = _say(x_ND[left_out_N] @ axes.axes_DA, weight_APO, bias_PO)
    return loss.look(said_VPO, truth_NO[left_out_N])[0]


def _say(x_NA: Tensor, weight_APO: Tensor, bias_PO: Tensor) -> Tensor:
    """Return scores by each penalty, (N, P, O), in one product, which reads rows once."""
    said_NPO: Tensor = (x_NA @ weight_APO.flatten(1)).unflatten(1, bias_PO.shape) + bias_PO
    return said_NPO


def _solve(
    axes: Axes, truth_NO: Tensor, loss: HeadLoss, penalty_1K: Tensor, steps: int
) -> Solved:
    """Return the head with one penalty, or one for each label, learnt from all rows."""
    found = list(_steps(axes, truth_NO, loss, penalty_1K, steps))
    weight_APO, bias_PO, _ = found[-1]
    return Solved(
        weight_DO=axes.axes_DA @ weight_APO[:, 0],
        bias_O=bias_PO[0],
        columns=len(axes.axes_DA),
        # As they were given: float32 is not as exact.
        penalties=tuple(float(f"{one:.6g}") for one in penalty_1K[0].tolist()),
        loss=tuple(float(loss_PK.mean()) for *_, loss_PK in found),
    )


def _steps(
    axes: Axes, truth_NO: Tensor, loss: HeadLoss, penalty_PK: Tensor, steps: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield weights, biases and mean log-losses of the rows before a step, step by step.

    Momentum starts anew where it points uphill (O'Donoghue and Candès, arXiv 1204.3982).
    """
    x_NA, rows, outputs = axes.along_NA, len(truth_NO), truth_NO.shape[1]
    step_APK = 1 / (loss.curvature * axes.squares_A[:, None, None] / rows + penalty_PK)
    weight_APO = x_NA.new_zeros(x_NA.shape[1], len(penalty_PK), outputs)
    bias_PO = loss.start(truth_NO).expand(len(penalty_PK), outputs).clone()
    ahead = weight_APO, bias_PO
    speed_PK = torch.ones_like(penalty_PK)
    for _ in range(steps):
        loss_PK, error_NPO = loss.look(_say(x_NA, *ahead), truth_NO)
        gradient_APO = (x_NA.T @ error_NPO.flatten(1)).view_as(weight_APO) / rows
        moved_APO = ahead[0] - step_APK * (gradient_APO + penalty_PK * ahead[0])
        shifted_PO = ahead[1] - error_NPO.mean(dim=0) / loss.curvature
        faster_PK = (1 + (1 + 4 * speed_PK**2).sqrt()) / 2
        uphill_PK = loss.by_problem((ahead[0] - moved_APO) * (moved_APO - weight_APO)) > 0
        momentum_PK = ((speed_PK - 1) / faster_PK).masked_fill(uphill_PK, 0.0)
        speed_PK = faster_PK.masked_fill(uphill_PK, 1.0)
        ahead = (
            moved_APO + momentum_PK * (moved_APO - weight_APO),
            shifted_PO + momentum_PK * (shifted_PO - bias_PO),
        )
        weight_APO, bias_PO = moved_APO, shifted_PO
        yield weight_APO, bias_PO, loss_PK / rows
