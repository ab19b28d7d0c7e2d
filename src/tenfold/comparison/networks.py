"""Tenfold's own networks as contenders: all folds train at once."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenfold.comparison.entry import Entry, FoldResult
from tenfold.comparison.race import say_rows, score_rows, single_seconds
from tenfold.comparison.scoring import answered, given_by, scorers
from tenfold.contest.contender import Contender
from tenfold.contest.contest import Contest
from tenfold.errors import PictureError
from tenfold.kind import Kind
from tenfold.kinds.registry import kind_named
from tenfold.learning import SILENT, UserObjects
from tenfold.machine import usable_threads
from tenfold.study.study import Study, run_study


@dataclass(slots=True, eq=False)
class Seen:
    """What the rounds of one job need to read or compute once only.

    Attributes
    ----------
    data
        All rows, where the network reads them itself.
    features : ndarray or None
        What a pretrained network says of all.
    """

    data: Any = None
    features: NDArray[np.floating[Any]] | None = None


def run_network(
    contender: Contender, problem: Contest, limit: float | None, seen: Seen
) -> Iterator[Entry]:
    """Train and score a network on all folds of a problem at once; yield what it reached.

    Its predictions are timed with the ensemble of all folds, which is what is deployed; where
    folds learn from unequal parts of the rows, as in time, a smaller one is.

    Parameters
    ----------
    contender : Contender
        With ``network``.
    problem : Contest
    limit : float or None
        Seconds of training after which the best state so far is taken.
    seen : Seen
        Filled and used by the rounds of one job.
    """
    network = contender.network or "auto"
    train = replace(
        problem.options.train, network=network, quality=contender.quality, time_limit=limit
    )
    split = replace(problem.options.split, refit=False)  # the folds alone are scored
    problem = replace(problem, options=replace(problem.options, train=train, split=split))
    problem, data, study, seconds = _train(problem, seen)

    def answer(rows: NDArray[np.int64]) -> Any:
        return study.model.answers(data.take(rows))

    rows = problem.splits[0][1]
    batch = _seconds(answer, rows[: problem.asked_at_once])
    folds = []
    for (learn, test), said in zip(problem.splits, _by_fold(study, problem), strict=True):
        one = answered(said, problem.task)
        folds.append(
            FoldResult(
                scores=score_rows(one, test, problem, test),
                said=say_rows(one, test, problem, test),
                train_seconds=seconds / len(problem.splits),
                predict_seconds=batch * len(test),
                given=given_by(one, scorers(problem.task, len(problem.classes))),
                learnt=len(learn),
                tested=len(test),
            )
        )
    yield replace(
        Entry.of(contender, folds),
        predict_seconds_single=single_seconds(answer, rows),
        steps=problem.steps_of_network(network),
        note=_stopped(study),
        cores=usable_threads(),
    )


def _train(problem: Contest, seen: Seen) -> tuple[Contest, Any, Study, float]:
    """Train a network, and return what its folds share out, and the seconds it took.

    Where the network reads the rows itself, those that no fold names are left out.
    """
    kind, data, known = kind_named(problem.kind), problem.data, None
    reads = data is None
    if reads:
        problem, rows = problem.used()
        data = _read(kind, problem, rows, seen).take(rows)
        known = None if seen.features is None else seen.features[rows]
    objects = UserObjects(splitter=list(problem.splits), features=known)
    began = time.perf_counter()
    study = run_study(kind, data, problem.options, objects=objects)
    seconds = time.perf_counter() - began
    if reads and len(data) == len(seen.data):
        seen.features = study.rows.numbers
    return problem, data, study, seconds


def _read(kind: Kind, problem: Contest, rows: NDArray[np.int64], seen: Seen) -> Any:
    """Return all rows of the source as the network learns from them."""
    if seen.data is None:
        seen.data, _ = kind.read(problem.source, None, problem.options, SILENT)
    if len(seen.data) <= rows[-1]:
        fact = (
            f"there were at least {rows[-1] + 1:,} {kind.noun} before, but now there are "
            f"{len(seen.data):,}"
        )
        raise PictureError("I02", fact, fix=["do not change the folder during the comparison"])
    return seen.data


def _stopped(study: Study) -> str:
    """Say in which epoch training ended before its time, if it did."""
    history = study.fits.history
    if history.stopped_by is None:
        return ""
    return f"stopped in epoch {history.lines[-1].epoch}: {history.stopped_by}"


def _by_fold(study: Study, problem: Contest) -> list[NDArray[np.float64]]:
    """Return what each fold says of its test rows, in the problem's order."""
    found = []
    said = np.full((len(problem), study.model.target.outputs), np.nan)
    sides = zip(study.splits.held_out, study.fits.answers, problem.splits, strict=True)
    for held_out, answers, (_, test) in sides:
        said[study.rows.rows[held_out]] = answers
        found.append(said[test])
    return found


def _seconds(answer: Callable[[NDArray[np.int64]], Any], rows: NDArray[np.int64]) -> float:
    """Return the seconds that a row takes when all of these are asked for at once."""
    began = time.perf_counter()
    answer(rows)
    return (time.perf_counter() - began) / len(rows)
