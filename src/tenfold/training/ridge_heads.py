"""The head of a fold that predicts a number from features that stay as they are.

Ridge regression is one division along the principal axes of its features. What it would say of
rows that are left out follows from what it says of them and from its hat matrix H, without
learning anew: their errors are (I - H)^-1 times their residuals (Allen, "The relationship
between variable selection and data augmentation and a method for prediction", 1974). So each
penalty is judged on all rows, each left out with those that belong to it.

Shape letters in this file:
    N  rows of the fold    D  features    A  principal axes
    P  penalties           B  rows that are left out together
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from tenfold.training.heads import Solved
from tenfold.training.principal_axes import Axes

# Half the penalty is added for each squared weight to half the mean squared error of a row.
PENALTIES: Final = (1_000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
USUAL: Final = 30.0  # where there is no time to choose
LEAST_LEFT: Final = 1e-6  # of a row's residual, that its own target does not explain


def solve_ridge(
    x_ND: Tensor,
    target_N: Tensor,
    *,
    widths: Sequence[int],
    units_N: Tensor,
    generator: torch.Generator,
    in_haste: Callable[[], bool] = lambda: False,
) -> Solved:
    """Find the head of a fold; its features and its penalty are chosen on rows left out.

    Parameters
    ----------
    x_ND : Tensor of shape (N, D), float32
        Standardised features of the rows that the fold learns from, and of no other.
    target_N : Tensor of shape (N,), float32
        Of mean 0 and deviation 1.
    widths : sequence of int
        How many features, from the first on, a head may have.
    units_N : Tensor of shape (N,), int64
        Rows with equal numbers are left out together; if all are equal, nothing is chosen.
    generator : torch.Generator
    in_haste : callable
        Whether a head is wanted at once: then nothing is chosen.
    """
    penalty_P = x_ND.new_tensor(PENALTIES)
    width, penalty, least = widths[0], USUAL, None
    alone = len(units_N.unique()) < 2
    for wide in () if alone or in_haste() else widths:
        axes = Axes.of(x_ND[:, :wide], generator)
        errors_NP = left_out_errors(axes, target_N, penalty_P, units_N)
        loss_P = errors_NP.square().mean(dim=0)
        best = int(loss_P.argmin())
        if least is None or float(loss_P[best]) < least:
            width, penalty, least = wide, PENALTIES[best], float(loss_P[best])
        if in_haste():
            break
    axes = Axes.of(x_ND[:, :width], generator)
    return replace(_solve(axes, target_N, penalty), validation_loss=least)


def left_out_errors(axes: Axes, target_N: Tensor, penalty_P: Tensor, units_N: Tensor) -> Tensor:
    """Return how far ridge regression that learnt from the other units is off, (N, P).

    Parameters
    ----------
    axes : Axes
        Of all rows.
    target_N : Tensor of shape (N,)
    penalty_P : Tensor of shape (P,)
    units_N : Tensor of shape (N,), int64
    """
    along_NA, rows = axes.along_NA, len(target_N)
    shrunk_AP = 1 / (axes.squares_A[:, None] + rows * penalty_P)
    centred_N = target_N - target_N.mean()
    product_A1 = (along_NA.T @ centred_N)[:, None]
    residual_NP = centred_N[:, None] - along_NA @ (shrunk_AP * product_A1)
    hat_NP = along_NA.square() @ shrunk_AP + 1 / rows
    errors_NP = residual_NP / (1 - hat_NP).clamp_min(LEAST_LEFT)
    for own_B in _shared(units_N):
        along_BA = along_NA[own_B]
        hat_PBB = (along_BA * shrunk_AP.T[:, None]) @ along_BA.T + 1 / rows
        left_PBB = torch.eye(len(own_B), device=hat_PBB.device) - hat_PBB
        # In float64: without a penalty nothing may be left of a unit's residuals.
        solved_PB = torch.linalg.solve(left_PBB.double(), residual_NP[own_B].T.double())
        errors_NP[own_B] = solved_PB.T.to(errors_NP.dtype)
    return errors_NP


def _shared(units_N: Tensor) -> Iterator[Tensor]:
    """Yield the rows of each unit of several."""
    order_N = units_N.argsort()
    for own_B in order_N.split(units_N.unique(return_counts=True)[1].tolist()):
        if len(own_B) > 1:
            yield own_B


def _solve(axes: Axes, target_N: Tensor, penalty: float) -> Solved:
    """Return the head with one penalty, learnt from all rows."""
    rows, bias = len(target_N), target_N.mean()
    centred_N = target_N - bias
    product_A = axes.along_NA.T @ centred_N / rows
    weight_A = product_A / (axes.squares_A / rows + penalty)
    bias_1 = (bias - axes.along_NA.mean(dim=0) @ weight_A)[None]
    return Solved(
        weight_DO=(axes.axes_DA @ weight_A)[:, None],
        bias_O=bias_1,
        columns=len(axes.axes_DA),
        penalties=(penalty,),
        loss=(float(centred_N.square().mean()),),
    )
