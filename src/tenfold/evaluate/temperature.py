"""Probabilities that mean what they say: a temperature, and if it pays a bias, for each fold.

Networks that fit their rows well are too sure of themselves on others. Dividing their outputs
by one number, the temperature, mends most of it (Guo and others, arXiv 1706.04599); a number
added to each class's output mends what is too probable as a class (Alexandari and others,
arXiv 1901.06852). A fold's are found on the rows that *other* folds hold out, so that
those it holds out itself stay unseen; in time, on those of earlier folds.

Shape letters in this file:
    G  folds    M  members of a fold    N  rows that a fold holds out    O  classes or labels
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, logit
from torch import Tensor
from torch.nn import functional

MOST_ROWS: Final = 50_000  # of all folds; more move a temperature by less than 1 %
SMALLEST: Final = 1e-300  # so that a logarithm is finite
LEAST_BELOW_1: Final = 1e-16
RIDGE: Final = 1e-3  # on biases, of which only differences count
STEPS: Final = 30
Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Temperature:
    """What the outputs of each fold's networks are divided by, and what is added then.

    Attributes
    ----------
    temperature_G : ndarray of shape (G,)
    bias_GO : ndarray of shape (G, O)
    of_labels : bool
        Whether a row may have several labels; else probabilities are 1 together.
    """

    temperature_G: Numbers
    bias_GO: Numbers
    of_labels: bool = False

    @classmethod
    def none(cls, folds: int, outputs: int, *, of_labels: bool = False) -> "Temperature":
        """Return what changes nothing."""
        bias_GO = np.zeros((folds, outputs))
        return cls(temperature_G=np.ones(folds), bias_GO=bias_GO, of_labels=of_labels)

    @property
    def changes(self) -> bool:
        """Whether it changes anything."""
        return bool((self.temperature_G != 1).any() or self.bias_GO.any())

    def of(self, members_GMNO: Sequence[Numbers]) -> tuple[Numbers, ...]:
        """Return the mean answer of each fold's members once they are calibrated, (N, O) each.

        Examples
        --------
        >>> temperature = Temperature(temperature_G=np.array([2.0]), bias_GO=np.zeros((1, 2)))
        >>> temperature.of([np.array([[[0.8, 0.2]]])])[0].round(3)
        array([[0.667, 0.333]])
        """
        parts = zip(members_GMNO, self.temperature_G, self.bias_GO, strict=True)
        changed = _labels_at if self.of_labels else _at_temperature
        return tuple(
            changed(said, temperature, bias).mean(axis=0) for said, temperature, bias in parts
        )


def find_temperature(
    members_GMNO: Sequence[Numbers],
    truth_GN: Sequence[NDArray[np.int64]],
    weights_GN: Sequence[Numbers],
    sources_G: Sequence[NDArray[np.int64]],
) -> tuple[Temperature, Temperature]:
    """Return the temperatures and biases of the lowest log-loss; none where none is lower.

    Each fold is judged by what its sources gave it.

    Parameters
    ----------
    members_GMNO : sequence of G ndarray of shape (M, N, O)
        Probabilities that each member of a fold gives to the rows that the fold holds out.
    truth_GN : sequence of G ndarray of shape (N,) or (N, O)
        Their classes, or of each label 1 or 0.
    weights_GN : sequence of G ndarray of shape (N,)
    sources_G : sequence of G ndarray of int64
        The folds whose held-out rows each fold's temperature is found on.

    Returns
    -------
    temperature : Temperature
        Of the networks of each fold.
    whole : Temperature
        Found on the held-out rows of all folds: of one ensemble that is none of them.

    Examples
    --------
    Three of four rows are right, and the networks are 99 % sure of each.

    >>> sure = np.array([[[0.99, 0.01]] * 300 + [[0.01, 0.99]] * 300])
    >>> truth = np.array([0, 0, 0, 1] * 75 + [1, 1, 1, 0] * 75)
    >>> others = [np.array([1]), np.array([0])]
    >>> temperature, _ = find_temperature([sure, sure], [truth] * 2, [np.ones(600)] * 2, others)
    >>> temperature.of([sure, sure])[0][0].round(2)
    array([0.75, 0.25])
    """
    folds, outputs = len(members_GMNO), members_GMNO[0].shape[-1]
    of_labels, total = truth_GN[0].ndim == 2, sum(len(truth) for truth in truth_GN)
    none, whole = (
        Temperature.none(count, outputs, of_labels=of_labels) for count in (folds, 1)
    )
    if total == 0 or not any(map(len, sources_G)):
        return none, whole
    every = -(-total // MOST_ROWS)
    parts = [
        (
            torch.from_numpy((_odds if of_labels else _logs)(said[:, ::every])),
            torch.from_numpy(truth[::every]),
            torch.from_numpy(weights[::every]),
        )
        for said, truth, weights in zip(members_GMNO, truth_GN, weights_GN, strict=True)
    ]
    tried = [none, *(_fitted(parts, sources_G, biased=one) for one in (False, True))]
    losses = [
        _log_loss(temperature.of(members_GMNO), truth_GN, weights_GN) for temperature in tried
    ]
    best = int(np.argmin(losses))
    if best:
        whole = _fitted(parts, [np.arange(folds)], biased=best == 2)
    return tried[best], whole


def _fitted(
    parts: Sequence[tuple[Tensor, Tensor, Tensor]],
    sources: Sequence[NDArray[np.int64]],
    *,
    biased: bool,
) -> Temperature:
    """Return what is best for the rows of each of several sets of folds."""
    outputs, found = parts[0][0].shape[-1], list[Tensor]()
    for folds in sources:
        # A fold more or less changes little: the last one's is where this one's begins.
        start = found[-1] if found else torch.zeros(outputs + 1, dtype=torch.float64)
        found.append(_best([parts[f] for f in folds], start, biased) if len(folds) else start)
    fitted = torch.stack(found).numpy()
    return Temperature(
        temperature_G=np.exp(fitted[:, 0]),
        bias_GO=fitted[:, 1:],
        of_labels=parts[0][1].ndim == 2,
    )


def _best(
    parts: Sequence[tuple[Tensor, Tensor, Tensor]],
    start: Tensor,
    biased: bool,  # noqa: FBT001
) -> Tensor:
    """Return the logarithm of a temperature and biases that fit rows best."""
    said = torch.cat([logs for logs, _, _ in parts], dim=1)
    truth = torch.cat([one for _, one, _ in parts])
    weights = torch.cat([one for _, _, one in parts])
    rows = len(truth)
    share_N1 = (weights / weights.sum())[:, None]
    wanted = (_wanted_labels if truth.ndim == 2 else _wanted)(truth, said.shape[-1])
    parameters = start.double().clone().requires_grad_()
    optimizer = torch.optim.LBFGS([parameters], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        bias = parameters[1:] if biased else 0.0
        outputs_MNO = said / parameters[0].exp() + bias
        if truth.ndim == 2:
            off_NO = _cross_entropy(outputs_MNO, wanted) / wanted.shape[1]
        else:
            logs_MNO = torch.log_softmax(outputs_MNO, dim=-1)
            off_NO = wanted * (math.log(len(said)) - torch.logsumexp(logs_MNO, dim=0))
        found: Tensor = RIDGE / rows * parameters.square().sum() + (share_N1 * off_NO).sum()
        found.backward()
        return found

    with torch.enable_grad():
        optimizer.step(loss)
    found = parameters.detach()
    return found if bool(torch.isfinite(found).all()) else torch.zeros_like(found)


def _wanted(truth_N: Tensor, classes: int) -> Tensor:
    """Return what is wanted of each probability, (N, O), float64.

    Rows without a mistake do not show that there is none: one in as many is taken to be one,
    as Platt does ("Probabilistic Outputs for Support Vector Machines", 1999).
    """
    rows = len(truth_N)
    wanted_NO = torch.full((rows, classes), 1 / (rows + 2) / max(classes - 1, 1)).double()
    wanted_NO[torch.arange(rows), truth_N] = (rows + 1) / (rows + 2)
    return wanted_NO


def _wanted_labels(truth_NO: Tensor, labels: int) -> Tensor:  # noqa: ARG001 - as of classes
    """Return what is wanted of the probability of each label, (N, O), float64; as Platt."""
    with_O = truth_NO.sum(dim=0).double()
    without_O = len(truth_NO) - with_O
    return torch.where(truth_NO == 1, (with_O + 1) / (with_O + 2), 1 / (without_O + 2))


def _cross_entropy(outputs_MNO: Tensor, wanted_NO: Tensor) -> Tensor:
    """Return the cross-entropy of the members' mean probability of each label, (N, O)."""
    yes_NO = torch.logsumexp(functional.logsigmoid(outputs_MNO), dim=0)
    no_NO = torch.logsumexp(functional.logsigmoid(-outputs_MNO), dim=0)
    return math.log(len(outputs_MNO)) - wanted_NO * yes_NO - (1 - wanted_NO) * no_NO


def _logs(said_MNO: Numbers) -> Numbers:
    return np.log(np.maximum(said_MNO, SMALLEST))


def _odds(said_MNO: Numbers) -> Numbers:
    return np.asarray(logit(np.clip(said_MNO, SMALLEST, 1 - LEAST_BELOW_1)))


def _labels_at(said_MNO: Numbers, temperature: float, bias_O: Numbers) -> Numbers:
    """Return probabilities of labels as networks give them whose outputs are changed so."""
    return np.asarray(expit(_odds(said_MNO) / temperature + bias_O))


def _at_temperature(said_MNO: Numbers, temperature: float, bias_O: Numbers) -> Numbers:
    """Return probabilities as networks give them whose outputs are changed so.

    Outputs are logarithms of probabilities, but for a constant that changes nothing.
    """
    logs = _logs(said_MNO) / temperature + bias_O
    powers = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _log_loss(
    answers: Sequence[Numbers],
    truth_GN: Sequence[NDArray[np.int64]],
    weights_GN: Sequence[Numbers],
) -> float:
    parts = zip(answers, truth_GN, weights_GN, strict=True)
    return float(
        sum(-_logs(_own(said, truth)).sum(axis=1) @ weights for said, truth, weights in parts)
    )


def _own(said_NO: Numbers, truth: NDArray[np.int64]) -> Numbers:
    """Return the probability of what is true: of the class, (N, 1), or of labels, (N, O)."""
    if truth.ndim == 2:
        return np.where(truth == 1, said_NO, 1 - said_NO)
    return np.take_along_axis(said_NO, truth[:, None], axis=1)
