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
from tenfold.nn.targets import FoldTarget

# Penalties that are tried, for each row; features are standardised.
PENALTIES: Final = np.logspace(-5, 3, 33)


@torch.no_grad()
def start_linear(
    network: FoldMLP,
    target: FoldTarget,
    inputs: TableInputs,
    rows: Encoded,
    learn_FN: NDArray[np.bool_],
) -> None:
    """Let each network answer as ridge regression on its own rows does, before any training.

    Categories of large columns and bins of numbers are left to the network.

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
    x_FMI, _ = inputs.block(torch.from_numpy(rows_FM))
    x_FMD = network.features.linear(x_FMI).double()
    seen_FM = target.seen(torch.from_numpy(rows.target[rows_FM])).double()
    for f, at in enumerate(own):
        coefficients_D, intercept = fit_ridge(
            x_FMD[f, : len(at)].numpy(), seen_FM[f, : len(at)].numpy(), rows.weights[at]
        )
        network.linear_FDO[f, :, 0] = torch.from_numpy(coefficients_D).float()
        network.intercept_F1O[f] = intercept
    network.weights[-1].zero_()


def fit_ridge(
    x_MD: NDArray[np.float64], y_M: NDArray[np.float64], weights_M: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return the coefficients and the intercept of ridge regression.

    The penalty has the least error of rows left out one by one; features that never change
    get nothing.

    Examples
    --------
    >>> x = np.arange(12.0)[:, None]
    >>> coefficients, intercept = fit_ridge(x, 3 * x[:, 0] + 1, np.ones(12))
    >>> coefficients.round(2), round(intercept, 1)
    (array([3.]), 1.0)
    """
    from sklearn.linear_model import RidgeCV  # noqa: PLC0415 - only small tables wait
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    slopes_D = np.zeros(x_MD.shape[1])
    weights_M = weights_M / weights_M.mean()  # a penalty counts beside weights of about 1
    changing = np.ptp(x_MD, axis=0) > 0
    if not changing.any() or len(y_M) < 3:
        return slopes_D, float(np.average(y_M, weights=weights_M))
    scaler = StandardScaler().fit(x_MD[:, changing], sample_weight=weights_M)
    ridge = RidgeCV(PENALTIES * len(y_M)).fit(
        scaler.transform(x_MD[:, changing]), y_M, sample_weight=weights_M
    )
    slopes_D[changing] = ridge.coef_ / scaler.scale_
    intercept = ridge.intercept_ - scaler.mean_ @ slopes_D[changing]
    return slopes_D, float(intercept)
