"""From the data that a user names to a problem that contenders can be given."""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tenfold.comparison.contenders import Contender, table_contenders
from tenfold.comparison.follow import ComparisonCallback
from tenfold.comparison.picture_contenders import SQUARE_SIDE, picture_contenders
from tenfold.comparison.problem import Problem, table_problem
from tenfold.config import AuditOptions, Decision, RunOptions
from tenfold.data.encode import Encoded, encode
from tenfold.data.framing import Framing
from tenfold.data.picture_schema import PictureSchema, encode_pictures, infer_picture_schema
from tenfold.data.pictures import Pictures, read_pictures
from tenfold.data.split import Splits, Splitter, pairs_of, splits_of
from tenfold.data.split_pictures import split_pictures
from tenfold.kinds.registry import IMAGES, TABLES, kind_of, refuse_foreign
from tenfold.learning import Given, Learning
from tenfold.seeds import Streams
from tenfold.study.study import look_at
from tenfold.training.device import choose_device
from tenfold.training.watch import Callback

PICTURE_FOLDS: Final = 5
LOOKED_AT: Final = AuditOptions(audit="off")  # what contenders train, and are timed on


def read_problem(
    data: str | Path | pd.DataFrame,
    options: RunOptions,
    splitter: Splitter | Iterable[Any] | None,
    follow: ComparisonCallback,
) -> tuple[Problem, list[Contender], tuple[Decision, ...]]:
    """Read what is named, deal it out to folds, and say who competes for it.

    Raises
    ------
    InputError
        What ``train`` raises for such data.
    """
    device, placed = choose_device(options.train.device)
    options = replace(options, train=replace(options.train, device=str(device)))
    if isinstance(data, pd.DataFrame) or kind_of(data) is TABLES:
        problem, decisions = read_table_problem(data, options, splitter)
        return problem, table_contenders(problem), (*decisions, *placed)
    problem, decisions = read_picture_problem(data, options, splitter, follow)
    contenders, left_out = picture_contenders(problem)
    return problem, contenders, (*decisions, *placed, *left_out)


def read_table_problem(
    data: str | Path | pd.DataFrame,
    options: RunOptions,
    splitter: Splitter | Iterable[Any] | None,
) -> tuple[Problem, tuple[Decision, ...]]:
    """Read a table, describe its columns and deal its rows out to folds, as ``train`` does.

    Raises
    ------
    InputError
        What ``train`` raises for such a table.
    """
    refuse_foreign(TABLES, options)
    options = TABLES.options_for(data, options)
    read, _ = TABLES.read(data, None, options, Callback())
    found = TABLES.describe(read, None, options, Streams(options.train.seed))
    table, schema = found.data, found.schema
    coded = encode(table, schema)
    if splitter is not None:  # which is told of rows without a weight, as in training
        splitter = pairs_of(splitter, coded, table.standing.order(coded.rows))
    if not coded.weights.all():  # a row without weight is a row that is not there
        table = table.take(coded.weights > 0)
        coded = encode(table, schema)
    learning = Learning(
        data=table,
        test=None,
        schema=schema,
        options=options,
        streams=Streams(options.train.seed),
        given=Given(splitter=splitter),
    )
    seen = look_at(TABLES, learning, coded)
    dealt = TABLES.split(learning, coded)
    known = replace(options.schema, target=schema.target, task=schema.task)
    options = replace(options, schema=known, audit=LOOKED_AT)
    problem = table_problem(table, schema, dealt.place, dealt.splits, options)
    return problem, (*found.decisions, *seen, *dealt.decisions)


def read_picture_problem(
    data: str | Path,
    options: RunOptions,
    splitter: Splitter | Iterable[Any] | None,
    follow: ComparisonCallback,
) -> tuple[Problem, tuple[Decision, ...]]:
    """Read pictures as squares for classical models, and deal them out to folds.

    Networks read the same files again, each at the size that it learns from.

    Raises
    ------
    InputError
        What ``train`` raises for such pictures.
    """
    refuse_foreign(IMAGES, options)
    options = IMAGES.options_for(data, options)
    framing = Framing(size=SQUARE_SIDE, crop=0.0)

    def progress(done: int, total: int) -> None:
        follow.working(f"reading images, {done:,} of {total:,}", 0.0)

    pictures, test = read_pictures(data, framing, options.pictures, progress)
    pictures.check_rejected(options.pictures.max_bad)
    schema = infer_picture_schema(pictures)
    rows = encode_pictures(pictures, schema)
    learning = Learning(
        data=pictures,
        test=None,
        schema=schema,
        options=options,
        streams=Streams(options.train.seed),
    )
    seen = look_at(IMAGES, learning, rows)
    splits, dealt = _split_pictures(pictures, rows, schema, options, splitter)
    problem = Problem(
        task="classification",
        X=pictures.cache[pictures.at],
        y=rows.target,
        splits=splits.pairs(),
        options=replace(options, audit=LOOKED_AT),
        classes=schema.classes,
        source=os.path.realpath(data),  # workers may run in another folder
    )
    left_out: tuple[Decision, ...] = ()
    if test is not None:
        what, why = f"{len(test):,} test images are not used", "models are compared on folds"
        left_out = (Decision(what=what, why=why, change_with="tenfold evaluate"),)
    return problem, (*pictures.decisions, *left_out, *seen, *dealt)


def _split_pictures(
    pictures: Pictures,
    rows: Encoded,
    schema: PictureSchema,
    options: RunOptions,
    splitter: Splitter | Iterable[Any] | None,
) -> tuple[Splits, tuple[Decision, ...]]:
    if splitter is not None:
        return splits_of(splitter, rows, schema), ()
    folds, streams = options.split.folds or PICTURE_FOLDS, Streams(options.train.seed)
    splits, dealt = split_pictures(
        pictures, rows, schema, folds, streams, keep_copies=options.split.keep_copies
    )
    if options.split.folds is not None:
        return splits, dealt
    why = "models that train on pixels take a long time"
    few = Decision(what=f"{PICTURE_FOLDS} folds", why=why, change_with="--folds")
    return splits, (few, *dealt)
