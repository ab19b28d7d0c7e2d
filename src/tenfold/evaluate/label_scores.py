"""From which probability on each label is predicted, and how good that is, label by label.

Shape letters in this file:
    N  rows    L  labels    P  parts of the rows
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.evaluate.ranks import if_told, precision_of_ranks, ranked

Numbers = NDArray[np.float64]
Marks = NDArray[np.int64]

BETWEEN: Final = " | "  # labels of a row, in tables and on pages
USUAL: Final = 0.5  # threshold of a label that no row has, or all have
LEAST: Final = 0.01  # threshold, so that hardly anything is not predicted of everything


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelScore:
    """How well a label is predicted for rows that networks never saw.

    Attributes
    ----------
    label : str
    rows : int
        That have it.
    average_precision, roc_auc : float
        Of its probability; NaN where no row has it, or all have.
    threshold : float
        Probability from which on it is predicted of new rows.
    precision : float
        Share of rows with the label among those of which it is predicted; NaN where it never
        is.
    recall : float
        Share of rows of which it is predicted among those that have it; NaN where none has.
    f1 : float
        Harmonic mean of both: 0 where the label is never rightly predicted.
    """

    label: str
    rows: int
    average_precision: float
    roc_auc: float
    threshold: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LabelScores:
    """How well labels are predicted for rows that networks never saw.

    Each part of the rows is predicted with thresholds that were chosen on the others.

    Attributes
    ----------
    each : tuple of LabelScore
    precision, recall, micro_f1 : float
        Of all pairs of a row and a label together.
    macro_f1 : float
        Mean over the labels that some rows have.
    exact : float
        Share of rows of which exactly the right labels are predicted.
    baseline : float
        Share of rows with the most frequent combination of labels.
    """

    each: tuple[LabelScore, ...]
    precision: float
    recall: float
    micro_f1: float
    macro_f1: float
    exact: float
    baseline: float

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The threshold of each label."""
        return tuple(one.threshold for one in self.each)


def score_labels(
    truth_NL: Marks,
    answers_NL: Numbers,
    weights_N: Numbers,
    part_N: Marks,
    names: Sequence[str],
) -> LabelScores:
    """Choose the threshold of each label, and score what is predicted with such thresholds.

    Parameters
    ----------
    truth_NL : ndarray of shape (N, L), int64
        1 or 0.
    answers_NL : ndarray of shape (N, L)
        Probabilities, calibrated.
    weights_N : ndarray of shape (N,)
    part_N : ndarray of shape (N,), int64
        Which part each row belongs to. With a single part, thresholds are those of the rows
        that are scored.
    names : sequence of L str

    Examples
    --------
    >>> truth = np.array([[1, 0], [1, 1], [0, 0], [0, 1]] * 10)
    >>> answers = np.where(truth == 1, 0.7, 0.2)
    >>> found = score_labels(truth, answers, np.ones(40), np.arange(40) % 2, ["a", "b"])
    >>> found.exact, found.macro_f1, found.thresholds
    (1.0, 1.0, (0.5, 0.5))
    """
    said_NL = np.zeros(truth_NL.shape, dtype=bool)
    parts = np.unique(part_N)
    for part in parts:
        own = part_N == part
        others = own if len(parts) == 1 else ~own
        limits_L = choose_thresholds(truth_NL[others], answers_NL[others], weights_N[others])
        said_NL[own] = answers_NL[own] >= limits_L
    limits_L = choose_thresholds(truth_NL, answers_NL, weights_N)
    has_NL = truth_NL == 1
    right_L = (said_NL & has_NL).T @ weights_N
    said_L, has_L = said_NL.T @ weights_N, has_NL.T @ weights_N
    precision_L, recall_L = _share(right_L, said_L), _share(right_L, has_L)
    f1_L = _share(2 * right_L, said_L + has_L)
    each = [
        LabelScore(
            label=name,
            rows=int(has_NL[:, at].sum()),
            average_precision=if_told(
                precision_of_ranks, has_NL[:, at], answers_NL[:, at], weights_N
            ),
            roc_auc=if_told(ranked, has_NL[:, at], answers_NL[:, at], weights_N),
            threshold=float(limits_L[at]),
            precision=float(precision_L[at]),
            recall=float(recall_L[at]),
            f1=float(f1_L[at]),
        )
        for at, name in enumerate(names)
    ]
    combination_N = np.unique(truth_NL, axis=0, return_inverse=True)[1].reshape(-1)
    frequent = np.bincount(combination_N, weights_N).max() / weights_N.sum()
    return LabelScores(
        each=tuple(each),
        precision=float(_share(right_L.sum(), said_L.sum())),
        recall=float(_share(right_L.sum(), has_L.sum())),
        micro_f1=float(_share(2 * right_L.sum(), (said_L + has_L).sum())),
        macro_f1=float(f1_L[has_L > 0].mean()) if (has_L > 0).any() else float("nan"),
        exact=float(np.average((said_NL == has_NL).all(axis=1), weights=weights_N)),
        baseline=float(frequent),
    )


def label_text(predicted: Sequence[bool] | NDArray[np.bool_], names: Sequence[str]) -> str:
    """Return those of some labels that a row has, as one text.

    Examples
    --------
    >>> label_text([True, False, True], ["sea", "ship", "sun"])
    'sea | sun'
    """
    return BETWEEN.join(name for name, own in zip(names, predicted, strict=True) if own)


def labels_in_text(text: str, names: Sequence[str]) -> list[bool]:
    """Return which of some labels a text of ``label_text`` holds.

    Raises
    ------
    ValueError
        If it holds something else.

    Examples
    --------
    >>> labels_in_text("sea | sun", ["sea", "ship", "sun"])
    [True, False, True]
    """
    rest, found = text + BETWEEN if text else "", []
    for name in names:
        found.append(rest.startswith(name + BETWEEN))
        rest = rest[len(name + BETWEEN) :] if found[-1] else rest
    if rest:
        raise ValueError(f"{text!r} are not labels of the training data")
    return found


def choose_thresholds(truth_NL: Marks, answers_NL: Numbers, weights_N: Numbers) -> Numbers:
    """Return for each label the probability from which on to predict it: half of its best F1.

    For probabilities that are right, no other threshold has a better F1 (Lipton, Elkan and
    Naryanaswamy, arXiv 1402.1892). The place of the best F1 itself is known less well than its
    height.

    Returns
    -------
    ndarray of shape (L,)
    """
    order_NL = np.argsort(-answers_NL, axis=0, kind="stable")
    has_NL = np.take_along_axis(truth_NL, order_NL, axis=0) * weights_N[order_NL]
    found_NL, said_NL = has_NL.cumsum(axis=0), weights_N[order_NL].cumsum(axis=0)
    whole_L = has_NL.sum(axis=0)
    best_L = _share(2 * found_NL, said_NL + whole_L).max(axis=0, initial=0.0)
    known_L = (whole_L > 0) & (whole_L < weights_N.sum())
    return np.asarray(np.where(known_L, np.maximum(best_L / 2, LEAST), USUAL))


def _share(part: Numbers, whole: Numbers) -> Numbers:
    """Return a part of a whole; NaN of nothing."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    none = np.full(whole.shape, np.nan)
    return np.asarray(np.divide(part, whole, out=none, where=whole > 0))
