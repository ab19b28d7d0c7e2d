"""Permutation importance, on rows that their network never saw, of all folds at once."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tenfold.data.columns.encode import Encoded, places_of
from tenfold.evaluate.metrics import HEADLINE, METRICS
from tenfold.evaluate.pooling import Pooled, Said
from tenfold.evaluate.scores import FoldScore, fold_score, score_said, tested_share
from tenfold.kinds.tables.explain.held_out import HeldOut
from tenfold.kinds.tables.explain.parts import Importance
from tenfold.seeds import Streams

REPEATS: Final = 3  # times that each column is dealt out anew
MANY_COLUMNS: Final = 100  # more are dealt out once each
Progress = Callable[[int, int], None]


def importance_of(
    held_out: HeldOut, streams: Streams, progress: Progress | None = None
) -> tuple[Importance, ...]:
    """Return how much larger the error gets as each column's cells are dealt out anew.

    Within the rows that a fold holds out the cells of a column change places, so that they
    say nothing of their row any more, and the fold's own networks answer (Breiman, 2001;
    Fisher, Rudin and Dominici, 2019). A column that others know too matters little.

    Parameters
    ----------
    held_out : HeldOut
    streams : Streams
        ``importance`` is drawn from.
    progress : callable, optional
        Called with the columns done and all columns.

    Returns
    -------
    tuple of Importance
        Of every column that is learnt from, largest first.
    """
    rows, splits = held_out.stacked(), held_out.splits
    fold = np.repeat(np.arange(len(splits)), splits.held_out.sum(axis=1))
    before = _errors(held_out, rows, rows, fold)
    found = []
    places = places_of(held_out.model.schema)
    for done, (column, (numbers, codes)) in enumerate(places.items(), start=1):
        generator = streams.generator("importance", done)
        after = []
        for _ in range(REPEATS if len(places) <= MANY_COLUMNS else 1):
            moved = _within(fold, generator)
            changed = replace(rows, numbers=rows.numbers.copy(), codes=rows.codes.copy())
            changed.numbers[:, numbers] = rows.numbers[moved][:, numbers]
            changed.codes[:, codes] = rows.codes[moved][:, codes]
            after.append(_errors(held_out, changed, rows, fold))
        grown = _growth(after, before, tested_share(splits))
        found.append(
            Importance(
                column=column,
                mean=grown.mean,
                low=grown.low,
                high=grown.high,
                per_fold=grown.per_fold,
            )
        )
        if progress is not None:
            progress(done, len(places))
    return tuple(sorted(found, key=lambda one: -one.mean))


def _errors(
    held_out: HeldOut, changed: Encoded, rows: Encoded, fold: NDArray[np.int64]
) -> FoldScore:
    """Return the error of what networks say of changed rows."""
    task, splits = held_out.model.schema.task, held_out.splits
    metric = METRICS[task][HEADLINE[task]]
    said = [
        Said(truth=rows.target[fold == i], answers=answers, weights=rows.weights[fold == i])
        for i, answers in enumerate(held_out.answers(changed))
    ]
    return score_said(said[splits.first :], metric, tested_share(splits))


def _growth(after: Sequence[FoldScore], before: FoldScore, share: float) -> FoldScore:
    """Return how much larger errors are on average after cells have changed places."""
    per_fold = np.mean([one.per_fold for one in after], axis=0) - np.array(before.per_fold)
    pooled = None
    if before.pooled is not None:
        mean = Pooled(
            value=float(np.mean([one.mean for one in after])),
            without_fold=tuple(np.mean([one.without_fold for one in after], axis=0).tolist()),
        )
        pooled = mean - before.pooled
    return fold_score(per_fold, share, -np.inf, np.inf, pooled)


def _within(fold: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Return an order of rows in which each stays among those of its fold.

    Examples
    --------
    >>> fold = np.array([0, 0, 0, 1, 1])
    >>> moved = _within(fold, np.random.default_rng(0))
    >>> bool((fold[moved] == fold).all()), sorted(moved.tolist())
    (True, [0, 1, 2, 3, 4])
    """
    return np.lexsort((generator.random(len(fold)), fold))
