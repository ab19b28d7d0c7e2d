"""What intervals and sets promise, and how much of the truth they held.

Shape letters in this file:
    N  held-out rows    G  folds    O  classes    D  columns
"""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats

from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.evaluate.fifths import Fifth, by_fifths, share_of
from tenfold.evaluate.scale import find_line, find_scale
from tenfold.evaluate.scores import (
    LEVEL,
    FoldScore,
    TestScore,
    fold_score,
    tested_share,
)
from tenfold.model import known_scores
from tenfold.nn.bounds import bounds_of
from tenfold.nn.conformal import Conformal

PROMISED: Final = 0.9
LEAST_ROWS: Final = 200  # that a scale is learnt from
Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """How much of the truth intervals, or sets of classes, were promised to hold, and held.

    Attributes
    ----------
    promised : float
    measured : FoldScore
        Share of each fold's held-out rows whose truth lay within, by the scores of the
        other folds' rows; in time, of the folds before it.
    size : FoldScore
        Mean width of intervals, or mean number of classes in a set.
    adaptive : bool
        Whether intervals are wider where errors are larger.
    fifths : tuple of Fifth
        Of intervals: what each fifth of the predictions of held-out rows held; in time, of
        those that ``sizes`` are known of. Empty for classes, and for few rows.
    test : TestScore or None
        Share of the test rows whose truth lay within.
    test_size : float or None
    """

    promised: float
    measured: FoldScore
    size: FoldScore
    adaptive: bool = False
    fifths: tuple[Fifth, ...] = ()
    test: TestScore | None = None
    test_size: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Promise:
    """Intervals or sets of a study.

    Attributes
    ----------
    conformal : Conformal
        What the model keeps.
    coverage : Coverage
    sizes : ndarray of shape (N,)
        Half the width of each held-out row's interval; or how far below 1 the probability of
        a class in its set may be. NaN for rows that no fold holds out, and in time for those
        that no fold comes before.
    """

    conformal: Conformal
    coverage: Coverage
    sizes: Numbers


def promise_intervals(rows: Encoded, splits: Splits, answers: Numbers) -> Promise | None:
    """Make intervals of a regression from its held-out errors, and measure them.

    What they hold of a fold's rows is measured with scores of other folds' rows. In time these
    are the folds before it, so that the last one tells what to expect of the rows to come.

    Parameters
    ----------
    rows : Encoded
        N rows.
    splits : Splits
    answers : ndarray of shape (N,)
        What folds say of the rows that they hold out; NaN where none does.

    Returns
    -------
    Promise or None
        None for too few held-out rows.
    """
    known, fold = _known(splits, answers)
    if known.sum() < 1 / (1 - PROMISED):
        return None
    seen = _Errors(
        errors=np.abs(rows.target - answers)[known],
        answers=answers[known],
        weights=rows.weights[known],
        cells=np.concatenate([rows.numbers, rows.codes], axis=1)[known],
        fold=fold,
    )
    conformal, sizes, adaptive = _intervals(seen)
    conformal = conformal.within(*bounds_of(rows.target, in_time=splits.in_time))
    if splits.in_time:
        sizes = _by_the_past(seen)
    low, high = conformal.ends(torch.from_numpy(seen.answers), torch.from_numpy(sizes))
    widths = (high - low).numpy()
    held = seen.errors <= sizes
    coverage = _measured(held, widths, seen.weights, fold, splits)
    sized = ~np.isnan(sizes) & (len(np.unique(fold)) > 1)
    fifths = by_fifths(seen.answers[sized], held[sized])
    return Promise(
        conformal=conformal,
        coverage=replace(coverage, adaptive=adaptive, fifths=fifths),
        sizes=_spread(sizes, known),
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Errors:
    """Errors of held-out rows, their answers and cells, and which fold held each out."""

    errors: Numbers
    answers: Numbers
    weights: Numbers
    cells: Numbers
    fold: NDArray[np.int64]

    def take(self, which: NDArray[np.bool_]) -> "_Errors":
        return _Errors(
            errors=self.errors[which],
            answers=self.answers[which],
            weights=self.weights[which],
            cells=self.cells[which],
            fold=self.fold[which],
        )


def _intervals(seen: _Errors) -> tuple[Conformal, Numbers, bool]:
    """Return what a model keeps, half of each row's interval, and whether that is adaptive."""
    errors, weights, fold = seen.errors, seen.weights, seen.fold
    scale, sizes = np.ones(len(errors)), _cross(errors, weights, fold, np.ones(len(errors)))
    conformal, adaptive = Conformal.of(errors, weights), False
    if len(np.unique(fold)) < 3 or len(errors) < LEAST_ROWS:
        return conformal, sizes, adaptive

    def pays(tried: Numbers) -> bool:
        changed = _cross(errors, weights, fold, tried)
        return _pays(_penalty(errors, sizes), _penalty(errors, changed), fold)

    line, of_answers = find_line(seen.answers, errors, weights, fold)
    if pays(of_answers):
        scale, adaptive = of_answers, True
        sizes = _cross(errors, weights, fold, scale)
        conformal = Conformal.of(errors / scale, weights).with_line(*line)
    if seen.cells.shape[1]:
        trees, of_cells = find_scale(seen.cells, errors / scale, weights, fold)
        if pays(scale * of_cells):
            scale, adaptive = scale * of_cells, True
            sizes = _cross(errors, weights, fold, scale)
            kept = Conformal.of(errors / scale, weights)
            kept = kept.with_line(conformal.knot_K.numpy(), conformal.size_K.numpy())
            conformal = kept.with_trees(
                trees.feature, trees.threshold, trees.value, trees.usual
            )
    return conformal, sizes, adaptive


def _by_the_past(seen: _Errors) -> Numbers:
    """Return half the width that each row's interval would have had when its time came."""
    sizes = np.full(len(seen.errors), np.nan)
    for fold in np.unique(seen.fold)[1:]:
        now, past = seen.fold == fold, seen.take(seen.fold < fold)
        conformal, _, _ = _intervals(past)
        cells = torch.from_numpy(seen.cells[now])
        no_codes = torch.zeros((len(cells), 0), dtype=torch.int64)
        most = len(conformal.scores_S) / (len(conformal.scores_S) + 1)
        size = conformal.score(min(PROMISED, most))
        said = torch.from_numpy(seen.answers[now])
        sizes[now] = size * conformal.scale(cells, no_codes, said).numpy()
    return sizes


def promise_sets(rows: Encoded, splits: Splits, answers: Numbers) -> Promise | None:
    """Make sets of classes from held-out probabilities, and measure them.

    A class is in the set unless its probability is below what the true class's was in all
    but a tenth of the held-out rows (LAC: Sadinle and others, arXiv 1609.00451); the most
    probable one always is.

    Parameters
    ----------
    rows : Encoded
        N rows.
    splits : Splits
    answers : ndarray of shape (N, O)
        Probabilities by folds that hold a row out; NaN where none does.

    Returns
    -------
    Promise or None
        None for too few held-out rows.
    """
    known, fold = _known(splits, answers[:, 0])
    if known.sum() < 1 / (1 - PROMISED):
        return None
    said, truth = answers[known], rows.target[known].astype(np.int64)
    weights, doubts = rows.weights[known], 1 - own_class(said, truth)
    sizes = _cross(doubts, weights, fold, np.ones(len(doubts)), past=splits.in_time)
    inside = in_set(said, sizes[:, None])
    held = own_class(inside, truth)
    coverage = _measured(held, inside.sum(axis=1), weights, fold, splits)
    conformal = Conformal.of(doubts, weights)
    return Promise(conformal=conformal, coverage=coverage, sizes=_spread(sizes, known))


def in_set(said: Numbers, doubt: Numbers | float) -> NDArray[np.bool_]:
    """Return which classes are in the set of each row, shape (N, O).

    Parameters
    ----------
    said : ndarray of shape (N, O)
        Probabilities.
    doubt : float or ndarray
        How far below 1 the probability of a class may be.

    Examples
    --------
    >>> in_set(np.array([[0.7, 0.2, 0.1], [0.35, 0.33, 0.32]]), 0.75).tolist()
    [[True, False, False], [True, True, True]]
    """
    inside = said >= 1 - doubt
    inside[np.arange(len(said)), said.argmax(axis=1)] = True
    return inside


def sets_of(conformal: Conformal | None, said: Numbers, coverage: float) -> NDArray[np.bool_]:
    """Return the sets of classes that a model promises so much of, shape (N, O).

    Raises
    ------
    UsageError, PredictError
        U01 or P07, if so much cannot be promised.
    """
    return in_set(said, known_scores(conformal).score(coverage))


def own_class(values: NDArray[Any], truth: NDArray[np.int64]) -> NDArray[Any]:
    """Return what stands at the true class of each row: from (N, O) to (N,)."""
    return np.asarray(values[np.arange(len(truth)), truth])


def with_test(coverage: Coverage, held: NDArray[np.bool_], sizes: NDArray[Any]) -> Coverage:
    """Return the same with what intervals or sets held of test rows.

    Parameters
    ----------
    coverage : Coverage
    held : ndarray of shape (test rows,)
    sizes : ndarray of shape (test rows,)
        Widths, or numbers of classes.
    """
    return replace(coverage, test=share_of(held), test_size=float(np.mean(sizes)))


def _known(splits: Splits, answers: Numbers) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which rows a fold holds out, and for these which fold."""
    known = splits.held_out.any(axis=0) & ~np.isnan(answers)
    return known, splits.held_out.argmax(axis=0)[known]


def _cross(
    scores: Numbers,
    weights: Numbers,
    fold: NDArray[np.int64],
    scale: Numbers,
    *,
    past: bool = False,
) -> Numbers:
    """Return what each row's score stays within by those of the other folds' rows.

    If ``past``, by those of the folds before; NaN for the first.
    """
    sizes = np.full(len(scores), np.nan)
    for one in np.unique(fold):
        others = fold < one if past else fold != one
        if not others.any():
            if past:
                continue
            others = fold == one
        kept = Conformal.of((scores / scale)[others], weights[others])
        most = len(kept.scores_S) / (len(kept.scores_S) + 1)
        sizes[fold == one] = kept.score(min(PROMISED, most)) * scale[fold == one]
    return sizes


def _penalty(errors: Numbers, sizes: Numbers) -> Numbers:
    """Return the score of intervals: their width and what lies outside (Winkler, JASA 67)."""
    return 2 * sizes + 2 / (1 - PROMISED) * np.maximum(0.0, errors - sizes)


def _pays(before: Numbers, after: Numbers, fold: NDArray[np.int64]) -> bool:
    """Tell whether a penalty is shown to be lower, fold by fold (paired t, one-sided 95 %)."""
    gain = np.array([(before - after)[fold == one].mean() for one in np.unique(fold)])
    spread = gain.std(ddof=1) / np.sqrt(len(gain))
    return bool(gain.mean() > stats.t.ppf(LEVEL, len(gain) - 1) * spread)


def _measured(
    held: NDArray[np.bool_],
    sizes: Numbers,
    weights: Numbers,
    fold: NDArray[np.int64],
    splits: Splits,
) -> Coverage:
    """Return coverage and size over folds; a single fold has no other to be measured by."""
    measurable = [len(splits.sources(number)) > 0 for number in range(len(splits))]

    def over_folds(values: NDArray[Any], most: float) -> FoldScore:
        per_fold = [
            np.average(values[fold == one], weights=weights[fold == one])
            if measurable[one]
            else np.nan
            for one in np.unique(fold)
        ]
        counted, share = np.array(per_fold[splits.first :]), tested_share(splits)
        found = fold_score(counted, share, 0.0, most, in_time=splits.in_time)
        return replace(found, per_fold=tuple(map(float, per_fold)))

    return Coverage(
        promised=PROMISED, measured=over_folds(held, 1.0), size=over_folds(sizes, np.inf)
    )


def _spread(sizes: Numbers, known: NDArray[np.bool_]) -> Numbers:
    out = np.full(len(known), np.nan)
    out[known] = sizes
    return out
