"""What a contender reached, fold by fold."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tenfold.contest.contender import Contender
from tenfold.evaluate.metrics import NAMED
from tenfold.evaluate.pooling import Pooled, Said, metrics_to_pool, pool
from tenfold.evaluate.scores import FoldScore, fold_score

NAN = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldResult:
    """What a contender reached on one fold.

    Attributes
    ----------
    scores : dict of str to float
        By metric; NaN where the contender cannot give what it asks for.
    train_seconds : float
    predict_seconds : float
        For all rows that it is tested on, at once.
    learnt, tested : int
        Rows.
    said : Said or None
        What it said of the rows that it was tested on, where scores are pooled.
    given : tuple of str
        The metrics that it can give what they ask for.
    """

    scores: dict[str, float]
    train_seconds: float
    predict_seconds: float
    learnt: int
    tested: int
    said: Said | None = None
    given: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What a contender reached.

    Attributes
    ----------
    name, kind : str
        The contender's.
    per_fold : dict of str to tuple of float
        By metric, a number a fold that was run.
    train_seconds : float
        Of all folds that were run, features included.
    predict_seconds_per_row : float
        When many rows are asked for at once.
    predict_seconds_single : float
        When one row is asked for: the median of twenty.
    peak_memory_bytes : int
        Of the process that it had for itself, the data and all libraries included.
    cores : int
        That it could use.
    steps : tuple of str
        What was done, in its order.
    folds : int
        How many were run.
    learnt : float
        Rows that a fold learnt from, mean over folds.
    error : str or None
        Why it did not finish.
    note : str
        What else is to be known of it.
    shared : bool
        Whether other work may have run beside it, so that its seconds say little.
    pooled : dict of str to Pooled
        By metric, the score of the rows of all folds together, where ``metrics_to_pool`` says
        that the mean over folds would mislead.
    said : tuple of Said
        What the folds that were run said, where scores are pooled.
    given : tuple of str
        The metrics that it can give what they ask for.
    """

    name: str
    kind: str
    per_fold: dict[str, tuple[float, ...]] = field(default_factory=dict)
    train_seconds: float = NAN
    predict_seconds_per_row: float = NAN
    predict_seconds_single: float = NAN
    peak_memory_bytes: int = 0
    cores: int = 1
    steps: tuple[str, ...] = ()
    folds: int = 0
    learnt: float = NAN
    error: str | None = None
    note: str = ""
    shared: bool = False
    pooled: dict[str, Pooled] = field(default_factory=dict)
    said: tuple[Said, ...] = ()
    given: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        contender: Contender,
        folds: Sequence[FoldResult],
        extra: float = 0.0,
        extra_per_row: float = 0.0,
    ) -> Self:
        """Return the entry of the folds that were run so far.

        Parameters
        ----------
        contender : Contender
        folds : sequence of FoldResult, at least one
        extra : float
            Seconds that were spent once for all folds, on features: part of training.
        extra_per_row : float
            A row's share of them: part of each prediction.
        """
        tested = sum(fold.tested for fold in folds)
        said = sum(fold.predict_seconds for fold in folds) / tested
        return cls(
            name=contender.name,
            kind=contender.kind,
            per_fold={
                name: tuple(fold.scores[name] for fold in folds) for name in folds[0].scores
            },
            train_seconds=extra + sum(fold.train_seconds for fold in folds),
            predict_seconds_per_row=extra_per_row + said,
            folds=len(folds),
            learnt=float(np.mean([fold.learnt for fold in folds])),
            said=tuple(fold.said for fold in folds if fold.said is not None),
            given=folds[0].given,
        ).first(len(folds))

    def first(self, folds: int) -> Self:
        """Return what was reached on the first folds alone."""
        most = max(map(len, self.per_fold.values()), default=0)
        folds = min(folds, most)
        per_fold = {name: found[:folds] for name, found in self.per_fold.items()}
        if not self.said:  # of a file, whose folds cannot be taken apart
            pooled = self.pooled if folds == most else {}
            return replace(self, per_fold=per_fold, folds=folds, pooled=pooled)
        said = self.said[:folds]
        task = NAMED[next(iter(per_fold))].task
        chosen = set(metrics_to_pool([o.truth for o in said], [o.weights for o in said], task))
        # A scorer may have no value for a fold without some class where a metric has.
        chosen |= {name for name in self.given if folds > 1 and np.isnan(per_fold[name]).any()}
        pooled = {n: pool(NAMED[n], said) for n in self.given if n in chosen}
        return replace(self, per_fold=per_fold, folds=folds, pooled=pooled, said=said)

    def score(self, metric: str, test_share: float) -> FoldScore:
        """Return a metric with its interval.

        Parameters
        ----------
        metric : str
        test_share : float
            Rows tested on over rows learnt from.
        """
        found, pooled = np.array(self.per_fold[metric]), self.pooled.get(metric)
        return fold_score(found, test_share, *NAMED[metric].bounds, pooled)

    def parts(self, metric: str) -> NDArray[np.float64]:
        """Return what each fold contributes to the mean; its score, if that is over folds."""
        if metric in self.pooled:
            return self.pooled[metric].parts()
        return np.array(self.per_fold[metric])

    def mean(self, metric: str) -> float:
        """Return the mean over the folds, or the pooled score; NaN if there is none."""
        if metric in self.pooled:
            return self.pooled[metric].value
        found = self.per_fold.get(metric, ())
        return float(np.mean(found)) if found else NAN

    def failed(self, why: str) -> Self:
        """Return the entry with the reason why it is not whole."""
        return replace(self, error=why)
