"""The whole story, from a table to networks with a score. A reader starts here."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tenfold.checks.finding import decide
from tenfold.checks.table import check_table
from tenfold.config import Decision, RunOptions
from tenfold.data.apart import set_apart
from tenfold.data.copies import in_order, join_copies, keep_together
from tenfold.data.encode import Encoded, encode, number_names, with_times
from tenfold.data.folds import decide_folds, make_splits, most_folds, who_answers
from tenfold.data.labelled import (
    naming_unlabelled,
    unlabelled_told,
    with_targets,
    with_targets_of,
)
from tenfold.data.schema import Schema, infer_schema
from tenfold.data.split import Splits, Splitter, pairs_of, splits_of
from tenfold.data.standing import Standing
from tenfold.data.table import Table
from tenfold.data.target import find_target, of_classes
from tenfold.errors import ReadError
from tenfold.evaluate.new_data import show_table
from tenfold.evaluate.scores import (
    read_answers,
    score_constant,
    score_folds,
)
from tenfold.evaluate.trust import Trust
from tenfold.model import Ensemble, Model
from tenfold.nn.features import FoldFeatures
from tenfold.nn.mlp import MLPOptions
from tenfold.nn.own import MakeModule
from tenfold.seeds import Streams
from tenfold.study.study import Study, TableStudy
from tenfold.training.checkpoints import Checkpoints
from tenfold.training.choose import choose_plan
from tenfold.training.device import choose_device
from tenfold.training.fit import FoldFits, fit_folds
from tenfold.training.recipe import Plan
from tenfold.training.watch import Callback, Deadline, Supervision


def run_study(
    table: Table,
    options: RunOptions,
    *,
    test: Table | None = None,
    splitter: Splitter | Iterable[Any] | None = None,
    network: MakeModule | None = None,
    watch: Callback | None = None,
    checkpoints: Checkpoints | None = None,
) -> TableStudy:
    """Check a table, split it, train all folds, and score them.

    Parameters
    ----------
    table : Table
    options : RunOptions
    test : Table, optional
        Rows that no choice may touch; they are scored once, at the end.
    splitter : splitter of scikit-learn or iterable of (learn, test), optional
        Takes the place of ``options.split``. Positions count all rows of the table as it was
        read: those that were rejected, that weigh nothing or are set apart, too.
    network : callable, optional
        Takes the place of ``options.train.network``.
    watch : Callback, optional
        Follows training and may end it.
    checkpoints : Checkpoints, optional
        Where the state of training is kept, and taken up if it is there.

    Raises
    ------
    InputError
        If the table, the options or the network do not allow a run.
    """
    streams = Streams(options.train.seed)
    watch = watch or Callback()
    table, test, schema, described = describe(table, test, options, streams)
    coded = encode(table, schema)
    seen = look_at(table, schema, coded, test, options, streams)
    with naming_unlabelled(table):
        rows, place, splits, dealt = split_rows(
            coded, schema, options, streams, splitter, table.standing
        )
    device, placed = choose_device(options.train.device)
    plan, planned = choose_plan(rows, len(splits), schema.task, options.train, network)
    decisions = (*described, *seen, *dealt, *placed, *planned)
    watch.decided(decisions)

    started = time.perf_counter()
    care = Supervision(watch, Deadline(options.train.time_limit), checkpoints)
    fits = fit_folds(rows, splits, schema.task, plan, streams, device, care=care)
    train_seconds = time.perf_counter() - started
    learnt = (*fits.decisions, *_values_learnt(schema, fits.network.features))
    watch.decided(learnt)
    decisions += learnt
    trust = Trust.of(rows, splits, fits, schema.task)
    model = make_model(schema, fits, plan, splits, decisions, trust)
    shown = None if test is None else show_table(model, test, streams)
    return Study(
        data=table,
        schema=schema,
        rows=rows,
        place=place,
        splits=splits,
        fits=fits,
        model=model,
        scores=score_folds(rows, splits, fits.answers, schema.task),
        constant=score_constant(rows, splits, schema.task, fits.target.outputs),
        test_rows=0 if test is None else len(test),
        test={} if shown is None else shown.scores,
        decisions=decisions,
        train_seconds=train_seconds,
        trust=trust.tested(shown),
    )


def _values_learnt(schema: Schema, features: FoldFeatures) -> tuple[Decision, ...]:
    """Say which columns of numbers are words, too, because their values come back."""
    if not features.values:
        return ()
    names = number_names(schema)
    shown = ", ".join(f"{names[p]!r} ({len(known)})" for p, known in features.values[:8])
    return (
        Decision(
            what=f"each value is learnt by itself, too: {shown}",
            why="few numbers, scattered, that come back often",
            change_with="--kind NAME=number",
        ),
    )


def make_model(
    schema: Schema,
    fits: FoldFits,
    plan: Plan,
    splits: Splits,
    decisions: tuple[Decision, ...],
    trust: Trust,
) -> Model:
    """Return what answers new rows."""
    scored = Ensemble(network=fits.network, target=fits.target, folds=len(splits))
    return Model(
        schema=schema,
        network=fits.deployed[0],
        target=trust.target,
        folds=1 if splits.refit else len(splits),
        own=not isinstance(plan.body, MLPOptions),
        decisions=decisions,
        conformal=trust.conformal,
        scored=scored if splits.refit else None,
    )


def describe(
    table: Table, test: Table | None, options: RunOptions, streams: Streams
) -> tuple[Table, Table | None, Schema, tuple[Decision, ...]]:
    """Find the target, take test rows away, and say what each column is.

    Returns
    -------
    table, test, schema, decisions
        The table without rows that have no answer and without test rows.
    """
    if len(table.frame.columns) < 2:
        raise ReadError(
            "D04",
            "the table has one column",
            place={"file": table.source},
            fix=["name the separator, if it was read wrongly: --separator ';'"],
        )
    target, found = find_target(table, options.schema, options.split)
    max_bad = options.read.max_bad
    table, unlabelled = with_targets(table, target, options.schema.task, max_bad)
    table, untimed = with_times(table, options.split.time_column, max_bad)
    left_out: tuple[Decision, ...] = ()
    apart = None
    if test is None and options.split.test_size is not None:
        every = len(table)
        with naming_unlabelled(table):
            table, apart = set_apart(table, target, options.schema, options.split, streams)
        left_out = _on_neither_side(every - len(table) - len(apart), len(apart))
    schema = infer_schema(table, target, options.schema, options.split)
    table = of_classes(table, target, schema.classes)
    if test is not None:
        test = with_targets_of(test, schema, max_bad)
        left_out = (*left_out, *_left_out(test))
    test = apart if test is None else test
    if test is not None:
        read_answers(test, schema)  # training is not lost to rows that cannot be scored
    decisions = (*table.decisions, *found, *unlabelled, *untimed, *schema.decisions, *left_out)
    return table, test, schema, decisions


def _on_neither_side(rows: int, tested: int) -> tuple[Decision, ...]:
    """Say how many rows are neither learnt from nor test rows."""
    if not rows:
        return ()
    what = f"{rows:,} rows are neither learnt from nor among the {tested:,} test rows"
    why = "they are as late as test rows are, or of groups that are tested"
    return (Decision(what=what, why=why, change_with="--test-size, --group-column"),)


def _left_out(test: Table) -> Iterator[Decision]:
    """Say how many test rows cannot be scored."""
    bad, gone = len(test.rejected), len(test.unlabelled)
    said = [
        (f"{bad:,} test {'rows are' if bad > 1 else 'row is'} left out", test.rejected),
        (unlabelled_told(gone, gone + len(test), "test rows"), test.unlabelled),
    ]
    for what, rows in said:
        if rows:
            why = f"line {rows[0].line}: {rows[0].reason}"
            yield Decision(what=what, why=why, change_with="--test")


def look_at(
    table: Table,
    schema: Schema,
    coded: Encoded,
    test: Table | None,
    options: RunOptions,
    streams: Streams,
) -> tuple[Decision, ...]:
    """Return what a run has to say of data that make, or may make, its score a lie.

    Raises
    ------
    AuditError
        A01 to A12, if the score would be a lie, and no option says to train all the same.
    """
    if options.audit.audit == "off":
        return ()
    copies = options.split.keep_copies
    found = check_table(table, schema, coded, test, streams, keep_copies=copies)
    return decide(found, stop=options.audit.audit == "stop")


def split_rows(
    coded: Encoded,
    schema: Schema,
    options: RunOptions,
    streams: Streams,
    splitter: Splitter | Iterable[Any] | None,
    standing: Standing | None = None,
) -> tuple[Encoded, NDArray[np.int64], Splits, tuple[Decision, ...]]:
    """Put coded rows in an order of their own, and deal them out to folds.

    Parameters
    ----------
    coded : Encoded
    schema : Schema
    options : RunOptions
    streams : Streams
    splitter : splitter of scikit-learn or iterable of (learn, test), optional
    standing : Standing, optional
        Where the coded rows stand among all that positions of the splitter count; by default
        there are no others.

    Returns
    -------
    rows, place, splits, decisions
        ``place`` is where each coded row stands in ``rows``, -1 if its weight is 0.
    """
    rows = in_order(coded)
    place = np.full(len(coded), -1, dtype=np.int64)
    place[rows.rows] = np.arange(len(rows))
    if splitter is not None:
        # A splitter is told of rows without a weight, too, which take up positions.
        standing = standing or Standing(at=coded.rows, count=len(coded))
        pairs = pairs_of(splitter, coded, standing.order(coded.rows))
        splits = splits_of(pairs, rows, schema, standing)
        if splits.in_time and rows.times is None:  # the order of the file is that of time
            rows = replace(rows, times=rows.rows.astype(np.float64))
        splits, told = who_answers(splits, options.split)
        return rows, place, splits, told
    split = options.split
    copies: tuple[Decision, ...] = ()
    folds, few = decide_folds(rows, split)
    if not split.keep_copies:
        lenient = split.lenient and split.folds is None
        one_each, joined, told = join_copies(rows)
        fewer, _ = decide_folds(one_each, split)
        if fewer <= most_folds(one_each)[0]:
            place[rows.rows], rows, folds, copies = joined, one_each, fewer, told
        rows, told = keep_together(rows, folds, lenient=lenient)
        copies = (*copies, *told)
        folds, few = decide_folds(rows, split)
    # The tutorial's cross-validation does not shuffle.
    shuffle = split.shuffle
    if shuffle is None:
        shuffle = options.train.network != "tutorial"
    splits, how = make_splits(rows, schema, folds, streams, shuffle=shuffle)
    splits, told = who_answers(splits, split)
    return rows, place, splits, (*copies, *few, *how, *told)
