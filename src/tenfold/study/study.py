"""From data to networks with a score, and everything that came out on the way.

A reader starts here.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.finding import decide
from tenfold.config import Decision, RunOptions
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.split import Splits
from tenfold.evaluate.metrics import baseline_guess
from tenfold.evaluate.new_data import Shown, show
from tenfold.evaluate.scores import (
    FoldScore,
    TestScore,
    as_one_fold,
    baseline_answers,
    score_baseline,
    score_folds,
    score_test,
)
from tenfold.evaluate.trust import Trust
from tenfold.kind import Kind
from tenfold.learning import NOTHING, Dealt, Fitted, Learning, UserObjects
from tenfold.model import Ensemble, Model
from tenfold.training.checkpoints import Checkpoints
from tenfold.training.fit import FoldFits, pool_held_out
from tenfold.training.watch import Deadline, Supervision


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Study:
    """Everything that came out of a run.

    Attributes
    ----------
    kind : Kind
    data : Table or Pictures
        What the folds share out, test rows taken away.
    schema : Schema or PictureSchema
    target, weights : ndarray of shape (len(data),)
        Of each row of the data, coded.
    rows : Encoded
        The same rows coded, in the order that training used, copies joined.
    place : ndarray of shape (len(data),), int64
        Where each row of the data stands in ``rows``; -1 if its weight is 0.
    splits : Splits
    fits : FoldFits
    model : Model
    scores : dict of str to FoldScore
        By metric, on held-out rows.
    baseline : dict of str to FoldScore
        By metric, of the guess that uses no column.
    test : dict of str to TestScore
        By metric, on test rows; empty without them.
    test_data : Table or Pictures or None
        Test rows.
    test_answers : ndarray of shape (test rows, O) or None
        What the ensemble says of test rows.
    decisions : tuple of Decision
    train_seconds : float
    trust : Trust
        Intervals or sets, and whether probabilities are right.
    """

    kind: Kind
    data: Any
    schema: Any
    target: NDArray[np.float64] | NDArray[np.int64]
    weights: NDArray[np.float64]
    rows: Encoded
    place: NDArray[np.int64]
    splits: Splits
    fits: FoldFits
    model: Model[Any, Any]
    scores: dict[str, FoldScore]
    baseline: dict[str, FoldScore]
    test: dict[str, TestScore]
    decisions: tuple[Decision, ...]
    train_seconds: float
    trust: Trust
    test_data: Any = None
    test_answers: NDArray[np.float64] | None = None

    @property
    def test_rows(self) -> int:
        """How many test rows there are."""
        return 0 if self.test_data is None else len(self.test_data)

    def out_of_fold(self) -> NDArray[np.float64]:
        """Return what networks that never saw a row say of it.

        Returns
        -------
        ndarray of shape (len(data), O), float64
            Values or probabilities; NaN for rows that no fold holds out.
        """
        return self._spread(self.fits.answers)

    def ends(self) -> NDArray[np.float64] | None:
        """Return the intervals of held-out rows by the scores of the other folds' rows.

        Returns
        -------
        ndarray of shape (len(data), 2), float64, or None
            Lower and upper ends; NaN for rows that no fold holds out.
        """
        if self.trust.sizes is None:
            return None
        half = np.where(self.place >= 0, self.trust.sizes[self.place], np.nan)
        ends = self.out_of_fold() + np.stack([-half, half], axis=1)
        if self.trust.conformal is not None:
            ends = np.clip(ends, *self.trust.conformal.bounds.tolist())
        return np.asarray(ends)

    @property
    def tested(self) -> int:
        """How many rows of the data a fold holds out whose answers are scored."""
        held_out = np.flatnonzero(self.splits.scored().held_out.any(axis=0))
        return int(np.isin(self.place, held_out).sum())

    def guesses(self) -> NDArray[np.float64]:
        """Return what each fold's baseline says of rows it was not made from."""
        task, outputs = self.schema.task, self.fits.target.outputs
        return self._spread(baseline_answers(self.rows, self.splits, task, outputs))

    def _spread(self, answers: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return folds' answers to the rows that they hold out for each row of the data."""
        pooled = pool_held_out(self.splits, answers)
        return np.where((self.place >= 0)[:, None], pooled[self.place], np.nan)

    def mistakes(self) -> tuple[Any, ...]:
        """Return rows that networks never saw and got wrong, or were least sure of."""
        data, answers = self.unseen()
        return self.kind.mistakes(data, self.model.schema, answers)

    def unseen(self) -> tuple[Any, NDArray[np.float64]]:
        """Return the data, and what networks that never saw a row of it say of the row.

        Where no fold holds anything out these are the test rows, if there are any.
        """
        if self.test_answers is None or self.splits.held_out.any():
            return self.data, self.out_of_fold()
        return self.test_data, self.test_answers

    def truth(
        self,
    ) -> tuple[NDArray[np.float64] | NDArray[np.int64], NDArray[np.float64]]:
        """Return the true answers of the rows of ``unseen``, and their weights."""
        if self.test_answers is None or self.splits.held_out.any():
            return self.target, self.weights
        return self.kind.truth(self.test_data, self.schema)


def run_study(
    kind: Kind,
    data: Any,
    options: RunOptions,
    *,
    test: Any = None,
    objects: UserObjects = NOTHING,
    checkpoints: Checkpoints | None = None,
) -> Study:
    """Check data, split them, train all folds, and score them.

    Parameters
    ----------
    kind : Kind
    data : Table or Pictures
        Labelled.
    options : RunOptions
    test : Table or Pictures, optional
        Rows that no choice may touch; they are scored once, at the end.
    objects : UserObjects, optional
    checkpoints : Checkpoints, optional
        Where the state of training is kept, and taken up if it is there.

    Raises
    ------
    InputError
        If the data, the options or the network do not allow a run.
    """
    watch = objects.watch
    place, placed = kind.choose_place(options.train.device)
    learning, coded, found = kind.learn(data, test, options, place=place, objects=objects)
    seen = look_at(kind, learning, coded)
    dealt = kind.split(learning, coded)
    plan, planned = kind.plan(learning, dealt)
    decisions = (*found, *seen, *dealt.decisions, *placed, *planned)
    watch.decided(decisions)

    started = time.perf_counter()
    care = Supervision(watch, Deadline(options.train.time_limit), checkpoints)
    fitted = kind.fit(learning, plan, dealt, care)
    train_seconds = time.perf_counter() - started
    watch.decided(fitted.decisions)
    decisions += fitted.decisions
    return scored(kind, learning, coded, dealt, plan, fitted, decisions, train_seconds)


def scored(
    kind: Kind,
    learning: Learning,
    coded: Encoded,
    dealt: Dealt,
    plan: Any,
    fitted: Fitted,
    decisions: tuple[Decision, ...],
    train_seconds: float,
) -> Study:
    """Score trained networks on held-out rows and on test rows, and make a model of them."""
    schema, test = learning.schema, learning.test
    # What networks see of a row, such as features, is not what a model knows of a new one.
    trust = Trust.of(dealt.rows, dealt.splits, fitted.fits, schema)
    model = make_model(kind, learning, plan, dealt.splits, fitted, decisions, trust)
    shown = None
    if test is not None:
        progress = partial(learning.objects.watch.stage, "testing")
        shown = show(model, test, learning.streams, progress)
    scores, baseline = judge(learning, dealt, fitted, shown, kind)
    return Study(
        kind=kind,
        data=learning.data,
        schema=schema,
        target=coded.target,
        weights=coded.weights,
        rows=fitted.rows,
        place=dealt.place,
        splits=dealt.splits,
        fits=fitted.fits,
        model=model,
        scores=scores,
        baseline=baseline,
        test={} if shown is None else shown.scores,
        decisions=decisions,
        train_seconds=train_seconds,
        trust=trust.tested(shown),
        test_data=test,
        test_answers=None if shown is None else shown.answers,
    )


def look_at(kind: Kind, learning: Learning, coded: Encoded) -> tuple[Decision, ...]:
    """Return what a run has to say of data that make, or may make, its score a lie.

    Raises
    ------
    AuditError
        A01 to A12, if the score would be a lie, and no option says to train all the same.
    """
    audit = learning.options.audit.audit
    if audit == "off":
        return ()
    return decide(tuple(kind.check(learning, coded)), stop=audit == "stop")


def make_model(
    kind: Kind,
    learning: Learning,
    plan: Any,
    splits: Splits,
    fitted: Fitted,
    decisions: tuple[Decision, ...],
    trust: Trust,
) -> Model[Any, Any]:
    """Return what answers new rows."""
    fits, schema = fitted.fits, learning.schema
    if trust.labels is not None:
        schema = replace(schema, thresholds=trust.labels.thresholds)
    scored = Ensemble(network=fits.network, target=fits.target, folds=len(splits))
    return Model(
        kind=kind,
        schema=schema,
        encoder=kind.encoder(learning, plan, fitted.rows, splits),
        network=fits.deployed[0],
        target=trust.target,
        folds=1 if splits.refit else len(splits),
        form=fitted.form,
        decisions=decisions,
        conformal=trust.conformal,
        scored=scored if splits.refit else None,
    )


def judge(
    learning: Learning, dealt: Dealt, fitted: Fitted, shown: Shown | None, kind: Kind
) -> tuple[dict[str, FoldScore], dict[str, FoldScore]]:
    """Return the scores of held-out rows and of the baseline.

    A network that learns from all rows is scored on the test rows.
    """
    rows, splits, task = fitted.rows, dealt.splits, learning.schema.task
    outputs = fitted.fits.target.outputs
    if shown is None or splits.held_out.any():
        scores = score_folds(rows, splits, fitted.fits.answers, task)
        return scores, score_baseline(rows, splits, task, outputs)
    truth, weights = kind.truth(learning.test, learning.schema)
    guess = baseline_guess(rows.target, rows.weights, task, outputs)
    guesses = np.tile(guess, (len(truth), 1))
    baseline = score_test(truth, guesses, weights, task, learning.streams)
    return as_one_fold(shown.scores), as_one_fold(baseline)
