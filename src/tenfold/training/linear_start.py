"""The linear model that a perceptron for a small table starts from, fitted to its own rows.

Where rows are few, ridge regression is hard to beat. What a network learns besides is judged on
validation rows, and a fold that gains nothing keeps the linear model (benchmarks/small).

Shape letters in this file:
    F  networks side by side    N  rows of the table    M  rows of a network
    I  inputs of a network      D  inputs of the linear model
"""

from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from tenfold.data.columns.encode import Encoded
from tenfold.nn.inputs import TableInputs
from tenfold.nn.mlp import FoldMLP
from tenfold.nn.network import BLOCK
from tenfold.nn.targets import FoldTarget

# Penalties that are tried, for each row; features are standardised.
PENALTIES: Final = np.logspace(-5, 3, 33)
FEWEST_ROWS: Final = 3
SMALLEST: Final = 1e-9


@torch.no_grad()
def start_linear(
    network: FoldMLP,
    target: FoldTarget,
    inputs: TableInputs,
    rows: Encoded,
    learn_FN: NDArray[np.bool_],
) -> None:
    """Let each network answer as ridge regression on its own rows does, before any training.

    Categories of large columns and bins of numbers are left to the network. What is predicted
    may leave the range of the targets, but only as far as the linear model does, and no
    further than such a target can be.

    Parameters
    ----------
    network : FoldMLP
        Of one output, with a linear model.
    target : FoldTarget
    inputs : TableInputs
    rows : Encoded
    learn_FN : ndarray of shape (F, N), bool
        No other row of a network is read.
    """
    own = [np.flatnonzero(learn_N) for learn_N in learn_FN]
    most = max(map(len, own))
    rows_FM = np.stack([np.resize(at, most) for at in own])
    # Bins need far more memory than what a linear model takes, so it is taken block by block.
    blocks = torch.from_numpy(rows_FM).split(BLOCK, dim=1)
    x_FMD = torch.cat([network.features.linear(inputs.block(at)[0]) for at in blocks], dim=1)
    seen_FM = target.seen(torch.from_numpy(rows.target[rows_FM])).double()
    for f, at in enumerate(own):
        coefficients_D, intercept = fit_ridge(
            x_FMD[f, : len(at)].double().numpy(),
            seen_FM[f, : len(at)].numpy(),
            rows.weights[at],
        )
        network.linear_FDO[f, :, 0] = torch.from_numpy(coefficients_D).float()
        network.intercept_F1O[f] = intercept
    network.weights[-1].zero_()
    # Beyond the range of its fold's targets a network says what its linear model says.
    range_F2 = target.seen(torch.stack([target.low_F, target.high_F], dim=1))
    network.low_F1O[:, 0], network.high_F1O[:, 0] = range_F2.split(1, dim=1)
    target.widen(rows.target, learn_FN)


def fit_ridge(
    x_MD: NDArray[np.float64], y_M: NDArray[np.float64], weights_M: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return the coefficients and the intercept of ridge regression.

    The penalty has the smallest error of rows left out one by one, which follows from one
    decomposition for all penalties (Golub, Heath and Wahba, 1979). scikit-learn's RidgeCV
    finds the same, but takes several times as long (benchmarks/LOG.md). Features that never
    change get nothing.

    Examples
    --------
    >>> x = np.arange(12.0)[:, None]
    >>> coefficients, intercept = fit_ridge(x, 3 * x[:, 0] + 1, np.ones(12))
    >>> coefficients.round(2), round(intercept, 1)
    (array([3.]), 1.0)
    """
    coefficients_D = np.zeros(x_MD.shape[1])
    share_M = weights_M / weights_M.sum()
    mean = float(share_M @ y_M)
    changing = np.ptp(x_MD, axis=0) > 0
    if not changing.any() or len(y_M) < FEWEST_ROWS:
        return coefficients_D, mean
    x_MD = x_MD[:, changing]
    center_D = share_M @ x_MD
    scale_D = np.sqrt(share_M @ (x_MD - center_D) ** 2)
    root_M1 = np.sqrt(share_M * len(y_M))[:, None]
    z_MD, y_M = root_M1 * (x_MD - center_D) / scale_D, root_M1[:, 0] * (y_M - mean)
    size_R, axes_DR = _principal_axes(z_MD)
    scores_MR = z_MD @ axes_DR
    shrunk_RP = 1 / (size_R[:, None] + PENALTIES * len(y_M))
    leverage_MP = scores_MR**2 @ shrunk_RP + share_M[:, None]
    along_R = scores_MR.T @ y_M
    error_MP = y_M[:, None] - scores_MR @ (along_R[:, None] * shrunk_RP)
    left_out_P = np.square(error_MP / np.maximum(1 - leverage_MP, SMALLEST)).sum(axis=0)
    best = int(np.argmin(left_out_P))
    coefficients_D[changing] = axes_DR @ (along_R * shrunk_RP[:, best]) / scale_D
    return coefficients_D, mean - float(center_D @ coefficients_D[changing])


def _principal_axes(
    z_MD: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the axes along which rows vary, (D, R), and how much they do along each."""
    rows, columns = z_MD.shape
    if rows >= columns:
        size_R, axes_DR = np.linalg.eigh(z_MD.T @ z_MD)
        return np.maximum(size_R, 0), axes_DR
    size_R, of_rows_MR = np.linalg.eigh(z_MD @ z_MD.T)
    some = size_R > SMALLEST * size_R[-1]
    return size_R[some], z_MD.T @ of_rows_MR[:, some] / np.sqrt(size_R[some])
