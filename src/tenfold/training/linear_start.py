"""The linear model that a perceptron for a small table starts from, fitted to its own rows.

Where rows are few, ridge regression is hard to beat, of classes as well as of numbers. What a
network learns besides is judged on validation rows, and a fold that gains nothing keeps the
linear model (benchmarks/small, benchmarks/wide).

Shape letters in this file:
    F  networks side by side    N  rows of the table    M  rows of a network
    I  inputs of a network      D  inputs of the linear model
    O  outputs                  R  axes along which rows vary
    P  penalties
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax

from tenfold.data.columns.encode import Encoded
from tenfold.nn.inputs import TableInputs
from tenfold.nn.mlp import FoldMLP
from tenfold.nn.network import BLOCK
from tenfold.nn.targets import FoldTarget

# Penalties that are tried, for each row; features are standardised.
PENALTIES: Final = np.logspace(-5, 3, 33)
FEWEST_ROWS: Final = 3
SMALLEST: Final = 1e-9
NEWTON_STEPS: Final = 12  # more than a factor of the scores ever needed
LARGEST_FACTOR: Final = 300.0
AT_ONCE: Final = 1_000_000  # scores of penalties that are tried together

Floats = NDArray[np.float64]


@torch.no_grad()
def start_linear(
    network: FoldMLP,
    target: FoldTarget,
    inputs: TableInputs,
    rows: Encoded,
    learn_FN: NDArray[np.bool_],
) -> None:
    """Let each network answer as a linear model of its own rows does, before any training.

    Categories of large columns and bins of numbers are left to the network. Numbers that are
    predicted may leave the range of the targets, but only as far as the linear model does, and
    no further than such a target can be.

    Parameters
    ----------
    network : FoldMLP
        With inputs for a linear model.
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
    width = network.features.width
    x_FMD = torch.cat([inputs.block(at)[0][..., width:] for at in blocks], dim=1)
    seen_FM = target.seen(torch.from_numpy(rows.target[rows_FM]))
    fitted: dict[bytes, Line] = {}
    for f, at in enumerate(own):
        # Members of a fold that learn from the same rows share their linear model.
        key = learn_FN[f].tobytes()
        if key not in fitted:
            x_MD = x_FMD[f, : len(at)].double().numpy()
            seen_M = seen_FM[f, : len(at)].numpy()
            fitted[key] = (
                fit_ridge(x_MD, seen_M.astype(float), rows.weights[at])
                if target.task == "regression"
                else fit_classes(x_MD, seen_M, target.outputs, rows.weights[at])
            )
        coefficients_DO, intercept_O = fitted[key]
        network.linear_FDO[f] = torch.from_numpy(coefficients_DO).float()
        network.intercept_F1O[f, 0] = torch.from_numpy(intercept_O).float()
    if target.task == "regression":
        # Beyond the range of its fold's targets a network says what its linear model says.
        range_F2 = target.seen(torch.stack([target.low_F, target.high_F], dim=1))
        network.low_F1O[:, 0], network.high_F1O[:, 0] = range_F2.split(1, dim=1)
        target.widen(rows.target, learn_FN)


Line = tuple[Floats, Floats]
"""Coefficients, (D, O), and intercepts, (O,)."""


def fit_ridge(x_MD: Floats, y_M: Floats, weights_M: Floats) -> Line:
    """Fit ridge regression.

    The penalty has the smallest error of rows left out one by one, which follows from one
    decomposition for all penalties (Golub, Heath and Wahba, 1979). scikit-learn's RidgeCV
    finds the same, but takes several times as long (benchmarks/LOG.md). Features that never
    change get nothing.

    Examples
    --------
    >>> x = np.arange(12.0)[:, None]
    >>> coefficients, intercept = fit_ridge(x, 3 * x[:, 0] + 1, np.ones(12))
    >>> coefficients.round(2), intercept.round(1)
    (array([[3.]]), array([1.]))
    """
    share_M = weights_M / weights_M.sum()
    mean_O = np.array([share_M @ y_M])
    path = _Path.of(x_MD, y_M[:, None] - mean_O, share_M)
    if path is None:
        return np.zeros((x_MD.shape[1], 1)), mean_O
    errors_P = (path.left_out(PENALTIES)[..., 0] - y_M + mean_O) ** 2 @ share_M
    return path.line(PENALTIES[int(np.argmin(errors_P))], mean_O)


def fit_classes(
    x_MD: Floats, class_M: NDArray[np.int64], classes: int, weights_M: Floats
) -> Line:
    """Fit ridge regression to what is 1 for a row's class and 0 for the others.

    What it says of rows left out one by one is multiplied with the factor that makes it, added
    to the logarithms of the classes' shares, logarithms of odds with the smallest
    cross-entropy; the penalty has the smallest one of all. Where nothing can be learnt, that
    factor is 0, and the answer the share of each class.

    Examples
    --------
    >>> x = np.repeat([[0.0], [1.0]], 20, axis=0)
    >>> slope, _ = fit_classes(x, x[:, 0].astype(int), 2, np.ones(40))
    >>> bool(slope[0, 1] > 0 > slope[0, 0])
    True
    """
    share_M = weights_M / weights_M.sum()
    truth_MO = np.eye(classes)[class_M]
    mean_O = share_M @ truth_MO
    prior_O = np.log(np.maximum(mean_O, SMALLEST))
    path = _Path.of(x_MD, truth_MO - mean_O, share_M)
    if path is None:
        return np.zeros((x_MD.shape[1], classes)), prior_O
    factors, losses = [], []
    for some_P in np.array_split(PENALTIES, 1 + truth_MO.size * len(PENALTIES) // AT_ONCE):
        factor_P, loss_P = _factors(path.left_out(some_P), prior_O, class_M, share_M)
        factors += factor_P.tolist()
        losses += loss_P.tolist()
    # Of equal ones, such as where nothing can be learnt, the largest penalty.
    best = len(losses) - 1 - int(np.argmin(losses[::-1]))
    return path.line(PENALTIES[best], prior_O, factors[best])


def _factors(
    scores_PMO: Floats, prior_O: Floats, class_M: NDArray[np.int64], share_M: Floats
) -> tuple[Floats, Floats]:
    """Return the factor of each penalty's scores with the smallest cross-entropy, and that.

    The cross-entropy is convex in the factor, so that Newton's steps find it.
    """
    at_1M1 = class_M[None, :, None]
    own_PM = np.take_along_axis(scores_PMO, at_1M1, axis=2)[..., 0]
    factor_P = np.zeros(len(scores_PMO))
    for _ in range(NEWTON_STEPS):
        said_PMO = softmax(prior_O + factor_P[:, None, None] * scores_PMO, axis=2)
        mean_PM = (said_PMO * scores_PMO).sum(axis=2)
        slope_P = (mean_PM - own_PM) @ share_M
        bend_P = ((said_PMO * scores_PMO**2).sum(axis=2) - mean_PM**2) @ share_M
        step_P = slope_P / np.maximum(bend_P, SMALLEST)
        factor_P = np.clip(factor_P - step_P, 0.0, LARGEST_FACTOR)
    logs_PMO = log_softmax(prior_O + factor_P[:, None, None] * scores_PMO, axis=2)
    return factor_P, -np.take_along_axis(logs_PMO, at_1M1, axis=2)[..., 0] @ share_M


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Path:
    """Ridge regression for every penalty, from one decomposition of standardised features.

    Attributes
    ----------
    changing : ndarray of shape (all features,), bool
        Those that are not the same in every row; the D of the others.
    center_D, scale_D : ndarray of shape (D,)
    y_MO : ndarray of shape (M, O)
        Of mean 0.
    share_M, root_M1 : ndarray of shape (M,) and (M, 1)
        Shares of the rows' weights, and the root of each weight, of mean 1.
    size_R, axes_DR : ndarray of shape (R,) and (D, R)
        How much rows vary along each axis, and the axes.
    """

    changing: NDArray[np.bool_]
    center_D: Floats
    scale_D: Floats
    y_MO: Floats
    share_M: Floats
    root_M1: Floats
    size_R: Floats
    axes_DR: Floats
    scores_MR: Floats
    along_RO: Floats

    @classmethod
    def of(cls, x_MD: Floats, y_MO: Floats, share_M: Floats) -> Self | None:
        """Decompose the features; None if there is nothing to learn from."""
        changing = np.ptp(x_MD, axis=0) > 0
        if not changing.any() or len(y_MO) < FEWEST_ROWS:
            return None
        x_MD = x_MD[:, changing]
        center_D = share_M @ x_MD
        scale_D = np.sqrt(share_M @ (x_MD - center_D) ** 2)
        root_M1 = np.sqrt(share_M * len(y_MO))[:, None]
        z_MD = root_M1 * (x_MD - center_D) / scale_D
        size_R, axes_DR = _principal_axes(z_MD)
        scores_MR = z_MD @ axes_DR
        return cls(
            changing=changing,
            center_D=center_D,
            scale_D=scale_D,
            y_MO=y_MO,
            share_M=share_M,
            root_M1=root_M1,
            size_R=size_R,
            axes_DR=axes_DR,
            scores_MR=scores_MR,
            along_RO=scores_MR.T @ (root_M1 * y_MO),
        )

    def left_out(self, penalties_P: Floats) -> Floats:
        """Return what is said of each row if it alone is left out, (P, M, O)."""
        shrunk_PR = 1 / (self.size_R + penalties_P[:, None] * len(self.y_MO))
        leverage_PM = shrunk_PR @ (self.scores_MR**2).T + self.share_M
        said_PMO = self.scores_MR @ (self.along_RO * shrunk_PR[..., None])
        said_PMO /= np.maximum(self.root_M1, SMALLEST)
        left_PM1 = np.maximum(1 - leverage_PM, SMALLEST)[..., None]
        return self.y_MO - (self.y_MO - said_PMO) / left_PM1

    def line(self, penalty: float, mean_O: Floats, factor: float = 1.0) -> Line:
        """Return the model of all rows, its answers about their mean times a factor."""
        coefficients_DO = np.zeros((len(self.changing), self.y_MO.shape[1]))
        shrunk_R = factor / (self.size_R + penalty * len(self.y_MO))
        slopes_RO = self.along_RO * shrunk_R[:, None]
        own_DO = self.axes_DR @ slopes_RO / self.scale_D[:, None]
        coefficients_DO[self.changing] = own_DO
        return coefficients_DO, mean_O - self.center_D @ own_DO


def _principal_axes(z_MD: Floats) -> tuple[Floats, Floats]:
    """Return how much rows vary along each axis, (R,), and the axes, (D, R)."""
    rows, columns = z_MD.shape
    if rows >= columns:
        size_R, axes_DR = np.linalg.eigh(z_MD.T @ z_MD)
        return np.maximum(size_R, 0), axes_DR
    size_R, of_rows_MR = np.linalg.eigh(z_MD @ z_MD.T)
    some = size_R > SMALLEST * size_R[-1]
    return size_R[some], z_MD.T @ of_rows_MR[:, some] / np.sqrt(size_R[some])
