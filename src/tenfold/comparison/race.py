"""An estimator on the folds of a problem: its scores, its seconds, its steps."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from tenfold.comparison.entry import Entry, FoldResult
from tenfold.comparison.scoring import given_by, pooled_metrics, said_by, score, scorers
from tenfold.contest.contender import Contender
from tenfold.contest.problem import Pair, Problem, rows_of
from tenfold.evaluate.pooling import Said
from tenfold.machine import usable_threads

SINGLES: Final = 20  # rows that are asked for one at a time
PATIENCE_SECONDS: Final = 2.0  # that they may take


def run_classical(
    contender: Contender, problem: Problem, limit: float | None, feature_seconds: float = 0.0
) -> Iterator[Entry]:
    """Fit and score an estimator fold by fold; yield what it has reached after each.

    Parameters
    ----------
    contender : Contender
    problem : Problem
        With the contender's features in place of its rows.
    limit : float or None
        Seconds after which no further fold begins.
    feature_seconds : float
        That these features took.
    """
    started = time.perf_counter() - feature_seconds
    estimator = contender.estimator(problem)
    done: list[FoldResult] = []
    entry = Entry(name=contender.name, kind=contender.kind)
    single = feature_seconds / len(problem)
    for pair in problem.splits:
        if limit is not None and done and time.perf_counter() - started > limit:
            of = f"{len(done)} of {len(problem.splits)} folds"
            yield entry.failed(f"the time limit of {limit:g} s was reached after {of}")
            return
        fitted = clone(estimator)
        done.append(_run_fold(fitted, problem, pair))
        if len(done) == 1:
            single += single_seconds(partial(predict, fitted), rows_of(problem.X, pair[1]))
        entry = replace(
            Entry.of(contender, done, feature_seconds, feature_seconds / len(problem)),
            predict_seconds_single=single,
            steps=(*contender.before, *steps_of(fitted)),
            cores=usable_threads(),
        )
        yield entry


def _run_fold(estimator: Any, problem: Problem, pair: Pair) -> FoldResult:
    """Fit an estimator on a fold's rows and score it on the others."""
    learn, test = pair
    weighted: dict[str, Any] = {}
    if problem.weights is not None:
        weighted = weights_for(estimator, problem.weights[learn])
    began = time.perf_counter()
    with joblib.parallel_config(backend="threading", n_jobs=usable_threads()):
        estimator.fit(rows_of(problem.X, learn), problem.y[learn], **weighted)
    trained = time.perf_counter() - began
    unseen = rows_of(problem.X, test)
    began = time.perf_counter()
    predict(estimator, unseen)
    predicted = time.perf_counter() - began
    return FoldResult(
        scores=score_rows(estimator, unseen, problem, test),
        train_seconds=trained,
        predict_seconds=predicted,
        learnt=len(learn),
        tested=len(test),
        said=say_rows(estimator, unseen, problem, test),
        given=given_by(estimator, scorers(problem.task, len(problem.classes))),
    )


def say_rows(
    fitted: Any, unseen: Any, problem: Problem, test: NDArray[np.int64]
) -> Said | None:
    """Return what is said of the rows that a fold is tested on, where scores are pooled."""
    if not pooled_metrics(problem):
        return None
    weights = None if problem.weights is None else problem.weights[test]
    return said_by(fitted, unseen, problem.y[test], weights, len(problem.classes))


def score_rows(
    fitted: Any, unseen: Any, problem: Problem, test: NDArray[np.int64]
) -> dict[str, float]:
    """Score what says something of the rows that a fold is tested on."""
    weights = None if problem.weights is None else problem.weights[test]
    names = scorers(problem.task, len(problem.classes))
    return score(fitted, unseen, problem.y[test], weights, names)


def weights_for(estimator: Any, weights: Any) -> dict[str, Any]:
    """Return the weights of rows as ``fit`` takes them, or nothing if it takes none."""
    prefix, last = "", estimator
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        prefix = f"{name}__"
    return (
        {f"{prefix}sample_weight": weights} if has_fit_parameter(last, "sample_weight") else {}
    )


def predict(fitted: Any, X: Any) -> Any:
    """Return all that an estimator can say: probabilities if it has them."""
    return fitted.predict_proba(X) if hasattr(fitted, "predict_proba") else fitted.predict(X)


def single_seconds(ask: Callable[[Any], Any], unseen: Any) -> float:
    """Return the seconds that one row takes that is asked for alone: a median.

    Parameters
    ----------
    ask : callable
        Answers what ``rows_of`` takes from ``unseen``.
    unseen : DataFrame or ndarray
    """
    seconds: list[float] = []
    for row in range(min(SINGLES, len(unseen))):
        one = rows_of(unseen, np.array([row]))
        began = time.perf_counter()
        ask(one)
        seconds.append(time.perf_counter() - began)
        if sum(seconds) > PATIENCE_SECONDS:
            break
    return float(np.median(seconds))


def steps_of(estimator: Any) -> tuple[str, ...]:
    """Return what a fitted estimator does to rows, in the order in which it does it.

    Examples
    --------
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.linear_model import Ridge
    >>> steps_of(Pipeline([("scale", StandardScaler()), ("model", Ridge())]))
    ('StandardScaler', 'Ridge')
    """
    if isinstance(estimator, Pipeline):
        return tuple(step for _, part in estimator.steps for step in steps_of(part))
    if isinstance(estimator, ColumnTransformer):
        parts = getattr(estimator, "transformers_", estimator.transformers)
        return tuple(
            f"{name}: {step}"
            for name, part, _ in parts
            if part not in {"drop", "passthrough"}
            for step in steps_of(part)
        )
    function = getattr(estimator, "func", None)
    if function is not None:  # a FunctionTransformer
        named = getattr(function, "func", function)  # a partial has no name of its own
        return (named.__name__.replace("_", " "),)
    return (type(estimator).__name__,)
