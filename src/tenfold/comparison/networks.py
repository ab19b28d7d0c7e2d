"""Tenfold's own networks as contenders: all folds train at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.comparison.contenders import Contender
from tenfold.comparison.entry import Entry, FoldResult
from tenfold.comparison.problem import Problem
from tenfold.comparison.race import say_rows, score_rows, single_seconds
from tenfold.comparison.scoring import answered, given_by, scorers
from tenfold.config import RunOptions
from tenfold.data.pictures import Pictures, read_pictures
from tenfold.data.table import Table
from tenfold.errors import PictureError
from tenfold.kinds.images.networks.registry import choose_framing
from tenfold.kinds.registry import IMAGES, TABLES
from tenfold.learning import Given
from tenfold.machine import usable_threads
from tenfold.study.study import Study, run_study

STEPS: Final = {
    "pretrained": (
        "features of a pretrained network",
        "heads on these features, all folds at once",
    ),
    "scratch": ("the network, end to end from pixels to classes",),
    "tutorial": ("the tutorial's network, end to end from pixels to classes",),
}
BATCH: Final = 256  # pictures that are asked for at once, to see how long they take


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Trained:
    """What a network said of each fold's test rows, and what takes new rows to answers."""

    answers: Sequence[NDArray[np.float64]]
    train_seconds: float
    answer: Callable[[NDArray[np.int64]], Any]
    steps: tuple[str, ...]
    stopped: str


@dataclass(slots=True, eq=False)
class Seen:
    """What the rounds of one job need to read or compute once only.

    Attributes
    ----------
    pictures : Pictures or None
        All of them, as the network reads them.
    features : ndarray or None
        What a pretrained network says of all.
    """

    pictures: Pictures | None = None
    features: NDArray[np.floating[Any]] | None = None


def run_network(
    contender: Contender, problem: Problem, limit: float | None, seen: Seen
) -> Iterator[Entry]:
    """Train and score a network on all folds of a problem at once; yield what it reached.

    Its predictions are timed with the ensemble of all folds, which is what is deployed; where
    folds learn from unequal parts of the rows, as in time, a smaller one is.

    Parameters
    ----------
    contender : Contender
        With ``network``.
    problem : Problem
    limit : float or None
        Seconds of training after which the best state so far is taken.
    seen : Seen
        Filled and used by the rounds of one job.
    """
    train = replace(
        problem.options.train,
        network=contender.network or "auto",
        quality=contender.quality,
        time_limit=limit,
    )
    split = replace(problem.options.split, refit=False)  # the folds alone are scored
    options = replace(problem.options, train=train, split=split)
    if problem.table is not None:
        trained = _train_table(problem, problem.table, options)
    else:
        problem, used = problem.used()
        trained = _train_pictures(problem, used, options, seen)
    rows = problem.splits[0][1]
    batch = _seconds(trained, rows[:BATCH] if problem.table is None else rows)
    folds = []
    for (learn, test), said in zip(problem.splits, trained.answers, strict=True):
        one = answered(said, problem.task)
        folds.append(
            FoldResult(
                scores=score_rows(one, test, problem, test),
                said=say_rows(one, test, problem, test),
                train_seconds=trained.train_seconds / len(trained.answers),
                predict_seconds=batch * len(test),
                given=given_by(one, scorers(problem.task, len(problem.classes))),
                learnt=len(learn),
                tested=len(test),
            )
        )
    yield replace(
        Entry.of(contender, folds),
        predict_seconds_single=single_seconds(trained.answer, rows),
        steps=trained.steps,
        note=trained.stopped,
        cores=usable_threads(),
    )


def _train_table(problem: Problem, table: Table, options: RunOptions) -> _Trained:
    began = time.perf_counter()
    study = run_study(TABLES, table, options, given=Given(splitter=list(problem.splits)))
    seconds = time.perf_counter() - began
    model = study.model
    body = "the tutorial's network" if options.train.network == "tutorial" else "the network"
    return _Trained(
        answers=_by_fold(study, problem),
        train_seconds=seconds,
        answer=lambda rows: model.answers(table.take(rows)),
        steps=(f"{body}: all folds at once, with imputation, scaling and encoding inside",),
        stopped=_stopped(study),
    )


def _train_pictures(
    problem: Problem, used: NDArray[np.int64], options: RunOptions, seen: Seen
) -> _Trained:
    framing = choose_framing(options.train)
    if seen.pictures is None:
        seen.pictures, _ = read_pictures(problem.source or "", framing, options.pictures)
    read = seen.pictures
    if len(read) <= used[-1]:
        fact = (
            f"there were at least {used[-1] + 1:,} images before, but now there are "
            f"{len(read):,}"
        )
        raise PictureError("I02", fact, fix=["do not change the folder during the comparison"])
    pictures = read.take(used)
    known = None if seen.features is None else seen.features[used]
    began = time.perf_counter()
    given = Given(splitter=list(problem.splits), features=known)
    study = run_study(IMAGES, pictures, options, given=given)
    seconds = time.perf_counter() - began
    if options.train.network == "pretrained" and len(used) == len(read):
        seen.features = study.rows.numbers
    model = study.model
    return _Trained(
        answers=_by_fold(study, problem),
        train_seconds=seconds,
        answer=lambda rows: model.answers(pictures.take(rows)),
        steps=STEPS.get(options.train.network, STEPS["scratch"]),
        stopped=_stopped(study),
    )


def _stopped(study: Study) -> str:
    """Say in which epoch training ended before its time, if it did."""
    history = study.fits.history
    if history.stopped_by is None:
        return ""
    return f"stopped in epoch {history.lines[-1].epoch}: {history.stopped_by}"


def _by_fold(study: Study, problem: Problem) -> tuple[NDArray[np.float64], ...]:
    """Return what each fold says of its test rows, in the problem's order."""
    found = []
    said = np.full((len(problem), study.model.target.outputs), np.nan)
    sides = zip(study.splits.held_out, study.fits.answers, problem.splits, strict=True)
    for held_out, answers, (_, test) in sides:
        said[study.rows.rows[held_out]] = answers
        found.append(said[test])
    return tuple(found)


def _seconds(trained: _Trained, rows: NDArray[np.int64]) -> float:
    """Return the seconds that a row takes when all of these are asked for at once."""
    began = time.perf_counter()
    trained.answer(rows)
    return (time.perf_counter() - began) / len(rows)
