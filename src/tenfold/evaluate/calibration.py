"""How far said probabilities are from what is found, before and after they are calibrated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.data.folds.together import kept_together
from tenfold.evaluate.label_metrics import label_log_loss
from tenfold.evaluate.metrics import log_loss
from tenfold.evaluate.temperature import Temperature, find_temperature

GROUPS: Final = 10
PARTS: Final = 5
Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """What calibrating the probabilities of held-out rows changed.

    Attributes
    ----------
    temperature : tuple of float
        Of each fold, or of the networks that learnt from all rows; 1 changes nothing.
    log_loss_before, log_loss_after : float
        Of all held-out rows.
    error_before, error_after : float
        ``calibration_error`` of them, 0 to 1.
    """

    temperature: tuple[float, ...]
    log_loss_before: float
    log_loss_after: float
    error_before: float
    error_after: float


def calibrate(
    rows: Encoded, splits: Splits, members: Sequence[Numbers]
) -> tuple[Temperature, tuple[Numbers, ...], Calibration | None]:
    """Find what sets the probabilities of a study right, and what that changes.

    Parameters
    ----------
    rows : Encoded
    splits : Splits
    members : sequence of G ndarray of shape (M, rows held out, O)
        What each member of a fold says of the rows that the fold holds out.

    Returns
    -------
    temperature : Temperature
        For what answers new rows: of the networks of each fold, or one for all of them.
    answers : tuple of G ndarray of shape (rows held out, O)
        What folds say of the rows that they hold out, calibrated.
    calibration : Calibration or None
        None if no row was held out.
    """
    alone = len(splits) == 1 and not splits.in_time and bool(splits.held_out.any())
    if alone:  # there is no other fold, so parts of its rows stand for folds
        splits, members = _parted(rows, splits, members[0])
    held_out = [np.flatnonzero(one) for one in splits.held_out]
    truth = [rows.target[at].astype(np.int64) for at in held_out]
    weights = [rows.weights[at] for at in held_out]
    sources = [splits.sources(fold) for fold in range(len(splits))]
    temperature, whole = find_temperature(members, truth, weights, sources)
    answers = temperature.of(members)
    deployed = whole if alone or splits.refit or splits.in_time else temperature
    if not splits.held_out.any():
        return deployed, answers, None
    true, weight = np.concatenate(truth), np.concatenate(weights)
    plain = [said.mean(axis=0) for said in members]
    before, after = np.concatenate(plain), np.concatenate(answers)
    loss = label_log_loss if true.ndim == 2 else log_loss
    calibration = Calibration(
        temperature=tuple(deployed.temperature_G.tolist()),
        log_loss_before=loss(true, before, weight),
        log_loss_after=loss(true, after, weight),
        error_before=calibration_error(true, before),
        error_after=calibration_error(true, after),
    )
    if alone:
        answers = (after[np.argsort(np.concatenate(held_out))],)
    return deployed, answers, calibration


def _parted(rows: Encoded, splits: Splits, members: Numbers) -> tuple[Splits, list[Numbers]]:
    """Cut what an only fold holds out into parts, as if each was held out by a fold.

    What belongs together stays so.
    """
    held_out = np.flatnonzero(splits.held_out[0])
    together = kept_together(rows)
    own = held_out if together is None else together[held_out]
    part = np.unique(own, return_inverse=True)[1] % PARTS
    numbers = range(min(PARTS, part.max() + 1))
    places = [np.flatnonzero(part == number) for number in numbers]
    parts = np.zeros((len(places), len(rows)), dtype=bool)
    for number, at in zip(numbers, places, strict=True):
        parts[number, held_out[at]] = True
    learn = splits.learn.repeat(len(places), axis=0)
    parted = replace(splits, learn=learn, held_out=parts, numbers=tuple(numbers))
    return parted, [members[:, at] for at in places]


def groups_of_equal_size(said: Numbers) -> Sequence[NDArray[np.int64]]:
    """Return which rows are in each tenth of them, from the least sure to the surest."""
    parts = np.array_split(np.argsort(said, kind="stable"), GROUPS)
    return [part for part in parts if len(part)]


def calibration_error(truth: NDArray[np.int64], said: Numbers) -> float:
    """Return how far probabilities of the most probable class, or of labels, are off.

    In each of ten groups of equally many rows (of labels, of pairs of a row and a label) their
    mean is compared with the share that is right (expected calibration error: Guo
    and others, arXiv 1706.04599, with groups of equal size as in Nixon and others, arXiv
    1904.01685).

    Parameters
    ----------
    truth : ndarray of shape (N,) or (N, O)
        Class numbers, or 1 and 0 for each label.
    said : ndarray of shape (N, O)

    Examples
    --------
    >>> sure = np.array([[0.9, 0.1]] * 20)
    >>> round(calibration_error(np.array([0, 1] * 10), sure), 2)
    0.4
    """
    if truth.ndim == 2:
        sure, right = said.ravel(), truth.ravel() == 1
    else:
        sure, right = said.max(axis=1), said.argmax(axis=1) == truth
    parts = groups_of_equal_size(sure)
    off = [abs(float(sure[part].mean() - right[part].mean())) for part in parts]
    return float(np.average(off, weights=[len(part) for part in parts]))
