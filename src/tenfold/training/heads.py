"""The head of a fold on features that stay as they are: logistic or ridge regression.

Multinomial logistic regression has one valley, and a bound on its curvature that holds
everywhere, half the second moments of the features (Böhning 1992, "Multinomial logistic
regression algorithm"): along their principal axes each step is a division, and momentum
(Nesterov 1983) makes few steps of it enough. Ridge regression, for a number, is one division
along the same axes. So heads need no learning rate, and all penalties are tried side by side.

Shape letters in this file:
    N  rows of the fold    D  features    A  principal axes
    P  penalties           O  classes     V  rows left out for validation
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

# Half the penalty is added for each squared weight to the mean log-loss of a row, or to half
# its mean squared error.
PENALTIES: Final = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4)
USUAL: Final = 0.03  # where there is no time to choose
OF_NUMBERS: Final = (1_000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
USUAL_OF_NUMBERS: Final = 30.0
STEPS: Final = 40  # the best penalties are near their minimum by then, and more is overfitted
MOST_ROWS: Final = 1_500  # that axes are drawn through
MOST_TRIED: Final = 3_000  # rows that heads learn from which are only judged
MOST_AXES: Final = 1_024
LEAST_AXIS: Final = 1e-6  # of the longest; what varies less is noise
SEEN_ONCE: Final = 1e-3  # added to a share before its logarithm


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Solved:
    """A linear model of the classes or of a number, and how it came about.

    Attributes
    ----------
    weight_DO, bias_O : Tensor
        Of standardised features.
    columns : int
        How many features it uses, from the first on.
    penalty : float
    loss : tuple of float
        Mean loss of the fold's rows before each step: log-loss, or squared error.
    validation_loss : float or None
        Mean loss of the rows left out, by the best penalty; None if none was chosen.
    """

    weight_DO: Tensor
    bias_O: Tensor
    columns: int
    penalty: float
    loss: tuple[float, ...]
    validation_loss: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Axes:
    """Rows along the principal axes of their features.

    Attributes
    ----------
    along_NA : Tensor
        Rows by axis.
    axes_DA : Tensor
        Orthonormal.
    squares_A : Tensor
        Summed squares of all rows along each axis.
    """

    along_NA: Tensor
    axes_DA: Tensor
    squares_A: Tensor

    @classmethod
    def of(cls, x_ND: Tensor, generator: torch.Generator) -> "Axes":
        """Find the longest axes of standardised rows, drawn through some of them if many."""
        axes_DA = _longest(_some(x_ND, MOST_ROWS, generator))
        along_NA = x_ND @ axes_DA
        squares_A, turn_AA = torch.linalg.eigh(along_NA.T @ along_NA)
        return cls(
            along_NA=along_NA @ turn_AA,
            axes_DA=axes_DA @ turn_AA,
            squares_A=squares_A.clamp_min(0),
        )


def _some(rows: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Return rows drawn from a tensor, or all of them if they are few enough."""
    if len(rows) <= most:
        return rows
    return rows[torch.randperm(len(rows), generator=generator)[:most].to(rows.device)]


def _longest(x_ND: Tensor) -> Tensor:
    """Return the principal axes, from the smaller of both matrices of products."""
    rows, features = x_ND.shape
    products = x_ND @ x_ND.T if rows < features else x_ND.T @ x_ND
    squares, vectors = torch.linalg.eigh(products)
    kept = squares > LEAST_AXIS * squares[-1]
    squares, vectors = squares[kept][-MOST_AXES:], vectors[:, kept][:, -MOST_AXES:]
    axes_DA: Tensor = x_ND.T @ (vectors / squares.sqrt()) if rows < features else vectors
    return axes_DA


def solve_head(
    x_ND: Tensor,
    target_N: Tensor,
    outputs: int,
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
    target_N : Tensor of shape (N,), int64 or float32
        Classes; or numbers, of mean 0 and deviation 1.
    outputs : int
        O; 1 for numbers.
    widths : sequence of int
        How many features, from the first on, a head may have.
    blocks : sequence of Tensor of bool, each of shape (N,)
        Rows that are left out together; without any, nothing is chosen.
    generator : torch.Generator
    steps : int
    in_haste : callable
        Whether a head is wanted at once: then nothing is chosen, and a single step is taken.
    """
    numbers = target_N.is_floating_point()
    usual = USUAL_OF_NUMBERS if numbers else USUAL
    if in_haste():
        axes = Axes.of(x_ND[:, : widths[0]], generator)
        return _solve(axes, target_N, outputs, usual, 1)
    chosen, least = (widths[0], usual), None
    penalties = OF_NUMBERS if numbers else PENALTIES
    for width in widths if blocks else ():
        wide_ND = x_ND[:, :width]
        each = [
            _judge(wide_ND, target_N, outputs, penalties, out, generator, steps)
            for out in blocks
        ]
        loss_P = torch.stack(each).sum(dim=0) / sum(int(out.sum()) for out in blocks)
        best = int(loss_P.argmin())
        if least is None or float(loss_P[best]) < least:
            chosen, least = (width, penalties[best]), float(loss_P[best])
        if in_haste():
            break
    width, penalty = chosen
    axes = Axes.of(x_ND[:, :width], generator)
    found = _solve(axes, target_N, outputs, penalty, 1 if in_haste() else steps)
    return replace(found, validation_loss=least)


def _judge(
    x_ND: Tensor,
    target_N: Tensor,
    outputs: int,
    penalties: Sequence[float],
    left_out_N: Tensor,
    generator: torch.Generator,
    steps: int,
) -> Tensor:
    """Return the summed loss of rows left out by each penalty, shape (P,).

    Axes are those of the other rows alone: few steps along axes that bend towards the rows
    left out end elsewhere, and too strong penalties were chosen.
    """
    learnt = _some(torch.argwhere(~left_out_N)[:, 0], MOST_TRIED, generator)
    axes = Axes.of(x_ND[learnt], generator)
    *_, (weight_APO, bias_PO, _) = _solutions(axes, target_N[learnt], outputs, penalties, steps)
    said_VPO = _say(x_ND[left_out_N] @ axes.axes_DA, weight_APO, bias_PO)
    truth_V = target_N[left_out_N]
    if truth_V.is_floating_point():
        return (said_VPO[..., 0] - truth_V[:, None]).square().sum(dim=0)
    truth_V1O = functional.one_hot(truth_V, outputs)[:, None]
    return -(said_VPO.log_softmax(dim=-1) * truth_V1O).sum(dim=(0, 2))


def _say(x_NA: Tensor, weight_APO: Tensor, bias_PO: Tensor) -> Tensor:
    """Return scores by each penalty, (N, P, O), in one product, which reads rows once."""
    said_NPO: Tensor = (x_NA @ weight_APO.flatten(1)).unflatten(1, bias_PO.shape) + bias_PO
    return said_NPO


def _solve(axes: Axes, target_N: Tensor, outputs: int, penalty: float, steps: int) -> Solved:
    """Return the head with one penalty, learnt from all rows."""
    found = list(_solutions(axes, target_N, outputs, (penalty,), steps))
    weight_APO, bias_PO, _ = found[-1]
    return Solved(
        weight_DO=axes.axes_DA @ weight_APO[:, 0],
        bias_O=bias_PO[0],
        columns=len(axes.axes_DA),
        penalty=penalty,
        loss=tuple(float(loss_P[0]) for *_, loss_P in found),
    )


def _solutions(
    axes: Axes, target_N: Tensor, outputs: int, penalties: Sequence[float], steps: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield better and better weights, biases and mean losses before; for numbers the best."""
    if target_N.is_floating_point():
        yield _ridge(axes, target_N, penalties)
    else:
        yield from _steps(axes.along_NA, target_N, outputs, axes.squares_A, penalties, steps)


def _ridge(
    axes: Axes, target_N: Tensor, penalties: Sequence[float]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the weights of each penalty, (A, P, 1), their biases, and the loss of a guess."""
    rows, bias = len(target_N), target_N.mean()
    centred_N = target_N - bias
    product_A1 = (axes.along_NA.T @ centred_N / rows)[:, None]
    weight_AP = product_A1 / (axes.squares_A[:, None] / rows + target_N.new_tensor(penalties))
    bias_P = bias - axes.along_NA.mean(dim=0) @ weight_AP
    loss_P = centred_N.square().mean().expand(len(penalties))
    return weight_AP[..., None], bias_P[:, None], loss_P


def _steps(
    x_NA: Tensor,
    target_N: Tensor,
    outputs: int,
    squares_A: Tensor,
    penalties: Sequence[float],
    steps: int,
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield weights, biases and mean log-losses of the rows before a step, step by step.

    Momentum starts anew where it points uphill (O'Donoghue and Candès, arXiv 1204.3982).
    """
    rows, axes = x_NA.shape
    truth_NO = functional.one_hot(target_N, outputs).to(x_NA.dtype)
    penalty_P1 = torch.tensor(penalties, dtype=x_NA.dtype, device=x_NA.device)[:, None]
    step_AP1 = 1 / (squares_A[:, None, None] / (2 * rows) + penalty_P1)
    weight_APO = x_NA.new_zeros(axes, len(penalties), outputs)
    shares_O = truth_NO.mean(dim=0) + SEEN_ONCE
    bias_PO = shares_O.log().expand(len(penalties), outputs).clone()
    ahead = weight_APO, bias_PO
    speed_P1 = torch.ones_like(penalty_P1)
    for _ in range(steps):
        log_NPO = _say(x_NA, *ahead).log_softmax(dim=-1)
        loss_P = -(log_NPO * truth_NO[:, None]).sum(dim=(0, 2)) / rows
        error_NPO = log_NPO.exp_() - truth_NO[:, None]
        gradient_APO = (x_NA.T @ error_NPO.flatten(1)).view_as(weight_APO) / rows
        moved_APO = ahead[0] - step_AP1 * (gradient_APO + penalty_P1 * ahead[0])
        shifted_PO = ahead[1] - 2 * error_NPO.mean(dim=0)
        faster_P1 = (1 + (1 + 4 * speed_P1**2).sqrt()) / 2
        uphill_P = ((ahead[0] - moved_APO) * (moved_APO - weight_APO)).sum(dim=(0, 2)) > 0
        momentum_P1 = ((speed_P1 - 1) / faster_P1).masked_fill(uphill_P[:, None], 0.0)
        speed_P1 = faster_P1.masked_fill(uphill_P[:, None], 1.0)
        ahead = (
            moved_APO + momentum_P1 * (moved_APO - weight_APO),
            shifted_PO + momentum_P1 * (shifted_PO - bias_PO),
        )
        weight_APO, bias_PO = moved_APO, shifted_PO
        yield weight_APO, bias_PO, loss_P
