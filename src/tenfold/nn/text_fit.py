"""What a fold learns of a column of text before its networks: where texts differ, and a score.

Counts of parts of words become tf-idf vectors of length 1. Where those of a fold's own rows
differ most are its components (latent semantic analysis: principal axes of tf-idf). A score is
what ridge regression on the vectors says of the target. Networks learn from rows whose score
comes from ridge regression on the other rows (stacking, Wolpert 1992), as a model's word on
rows that it was fitted to would be worth more than its word on new ones.

Shape letters in this file:
    M  rows of a fold    K  places of a text    R  axes along which rows differ
    C  components, and scores behind them       S  scores of the target
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

COMPONENTS: Final = 32
PARTS: Final = 5  # of a fold's rows, each scored by the others
FEWEST: Final = 20  # rows that are scored
PENALTIES: Final = np.logspace(-2, 2, 13)  # vectors have length 1
SMALLEST: Final = 1e-9
MOST_AXES: Final = 512  # more take time and hardly change a score (benchmarks/LOG.md)
# Axes are found on so many rows at most, evenly spread: more hardly change them.
MOST_ROWS: Final = 10_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TextFit:
    """From the counts of a text to its components and scores.

    Attributes
    ----------
    weight_K : ndarray of shape (K,), float32
        Inverse document frequencies.
    basis_KC, shift_C : ndarray, float32
        ``vectors @ basis + shift`` are components and scores.
    scores_MS : ndarray of shape (M, S)
        Of each row by the other parts of the rows.
    """

    weight_K: NDArray[np.float32]
    basis_KC: NDArray[np.float32]
    shift_C: NDArray[np.float32]
    scores_MS: Floats


def fit_text(
    counts_MK: Floats, seen_MS: Floats, weights_M: Floats, part_M: NDArray[np.int64]
) -> TextFit:
    """Fit components and scores to the rows of a fold.

    Parameters
    ----------
    counts_MK : ndarray of shape (M, K)
        From ``count_grams``.
    seen_MS : ndarray of shape (M, S)
        Targets, or marks of classes.
    weights_M : ndarray of shape (M,)
    part_M : ndarray of shape (M,)
        Below PARTS; rows of one part are scored together.
    """
    rows = len(counts_MK)
    weight_K = _inverse_frequencies(counts_MK).astype(np.float32)
    vectors_MK = unit(counts_MK * weight_K)
    center_K = vectors_MK.mean(axis=0)
    vectors_MK -= center_K
    axes_KR = _axes(vectors_MK[np.linspace(0, rows - 1, min(rows, MOST_ROWS)).astype(int)])
    along_MR = vectors_MK @ axes_KR
    first = axes_KR[:, :COMPONENTS]
    scores_MS, slope_RS, start_S = _score(along_MR, seen_MS, weights_M, part_M)
    basis_KC = np.hstack(
        [np.pad(first, ((0, 0), (0, COMPONENTS - first.shape[1]))), axes_KR @ slope_RS]
    )
    shift_C = np.concatenate([np.zeros(COMPONENTS), start_S]) - center_K @ basis_KC
    return TextFit(
        weight_K=weight_K,
        basis_KC=basis_KC.astype(np.float32),
        shift_C=shift_C.astype(np.float32),
        scores_MS=scores_MS,
    )


def unit(vectors_MK: Floats) -> Floats:
    """Return vectors of length 1; one of zeros stays as it is.

    Examples
    --------
    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    length_M1 = np.sqrt(np.square(vectors_MK).sum(axis=1, keepdims=True))
    zeros_MK = np.zeros_like(vectors_MK)
    return np.asarray(np.divide(vectors_MK, length_M1, out=zeros_MK, where=length_M1 > 0))


def parts_of_rows(rows: int, groups_M: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return the part of each row; those of a group stay together if there are enough groups.

    Examples
    --------
    >>> parts_of_rows(7, None).tolist()
    [0, 1, 2, 3, 4, 0, 1]
    >>> parts_of_rows(6, np.array([7, 7, 3, 4, 5, 9])).tolist()
    [3, 3, 0, 1, 2, 4]
    """
    if groups_M is not None:
        names, place_M = np.unique(groups_M, return_inverse=True)
        if len(names) >= PARTS:
            return np.asarray(place_M % PARTS, dtype=np.int64)
    return np.arange(rows, dtype=np.int64) % PARTS


def _inverse_frequencies(counts_MK: Floats) -> Floats:
    """Return the weight of each place: the more, the fewer rows have it."""
    rows = len(counts_MK)
    weight: Floats = np.log((1 + rows) / (1 + (counts_MK != 0).sum(axis=0))) + 1
    return weight


def _axes(vectors_MK: Floats) -> Floats:
    """Return the axes along which rows differ, (K, R), the most first; signs are settled."""
    rows, places = vectors_MK.shape
    wide = rows < places
    squares = vectors_MK @ vectors_MK.T if wide else vectors_MK.T @ vectors_MK
    first = max(0, len(squares) - MOST_AXES)
    size_R, axes = eigh(squares, subset_by_index=(first, len(squares) - 1), check_finite=False)
    some = size_R > SMALLEST * max(size_R[-1], SMALLEST)
    axes_KR = vectors_MK.T @ axes[:, some] / np.sqrt(size_R[some]) if wide else axes[:, some]
    axes_KR = axes_KR[:, ::-1]
    if not axes_KR.shape[1]:
        return np.asarray(axes_KR)
    largest = np.abs(axes_KR).argmax(axis=0)
    signs_R = np.sign(axes_KR[largest, np.arange(axes_KR.shape[1])])
    return np.asarray(axes_KR * signs_R)


def _score(
    along_MR: Floats, seen_MS: Floats, weights_M: Floats, part_M: NDArray[np.int64]
) -> tuple[Floats, Floats, Floats]:
    """Return scores of rows by the other parts, and the mean of these parts' regressions."""
    share_M = weights_M / weights_M.mean() if weights_M.any() else np.ones(len(weights_M))
    slope_RS = np.zeros((along_MR.shape[1], seen_MS.shape[1]))
    start_S = np.average(seen_MS, axis=0, weights=share_M)
    scores_MS = np.tile(start_S, (len(along_MR), 1))
    parts = np.unique(part_M)
    if len(along_MR) < FEWEST or len(parts) < 2 or not along_MR.shape[1]:
        return scores_MS, slope_RS, start_S
    penalty = _penalty(along_MR, seen_MS)
    starts = np.zeros_like(start_S)
    whole = _sums(along_MR, seen_MS, share_M)
    for part in parts:
        own = part_M == part
        sums = _sums(along_MR[own], seen_MS[own], share_M[own])
        others = [a - b for a, b in zip(whole, sums, strict=True)]
        slope, start = _solve(others, penalty)
        scores_MS[own] = along_MR[own] @ slope + start
        slope_RS += slope / len(parts)
        starts += start / len(parts)
    return scores_MS, slope_RS, starts


def _sums(along_MR: Floats, seen_MS: Floats, share_M: Floats) -> list[Floats]:
    weighted_MR = along_MR * share_M[:, None]
    return [
        weighted_MR.T @ along_MR,
        weighted_MR.T @ seen_MS,
        weighted_MR.sum(axis=0),
        share_M @ seen_MS,
        share_M.sum(keepdims=True),
    ]


def _solve(sums: Sequence[Floats], penalty: float) -> tuple[Floats, Floats]:
    """Return slopes and starts of ridge regression from the sums of its rows."""
    squares_RR, products_RS, sum_R, sum_S, total = sums
    if total[0] <= 0:
        return np.zeros_like(products_RS), np.zeros_like(sum_S)
    mean_R, mean_S = sum_R / total, sum_S / total
    squares_RR = squares_RR - np.outer(sum_R, mean_R)
    squares_RR[np.diag_indices_from(squares_RR)] += penalty
    slope_RS = np.linalg.solve(squares_RR, products_RS - np.outer(sum_R, mean_S))
    return np.asarray(slope_RS), np.asarray(mean_S - mean_R @ slope_RS)


def _penalty(along_MR: Floats, seen_MS: Floats) -> float:
    """Return the penalty with the smallest error of rows left out one by one."""
    size_R = np.square(along_MR).sum(axis=0)  # axes are at right angles
    miss_MS = seen_MS - seen_MS.mean(axis=0)
    products_RS = along_MR.T @ miss_MS
    errors = []
    for penalty in PENALTIES:
        shrunk_R = 1 / (size_R + penalty)
        left = 1 - np.square(along_MR) @ shrunk_R - 1 / len(along_MR)
        off_MS = miss_MS - along_MR @ (shrunk_R[:, None] * products_RS)
        errors.append(np.square(off_MS / np.maximum(left, SMALLEST)[:, None]).sum())
    return float(PENALTIES[int(np.argmin(errors))])
