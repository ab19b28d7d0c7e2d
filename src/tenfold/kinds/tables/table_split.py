"""How rows of a table are dealt out to folds: in an order of their own, copies together."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from tenfold.config import Decision, RunOptions
from tenfold.data.columns.encode import Encoded
from tenfold.data.columns.schema import Schema
from tenfold.data.folds.deal import decide_folds, make_splits, most_folds, who_answers
from tenfold.data.folds.equal_rows import in_order, join_copies, keep_together
from tenfold.data.folds.split import Splitter, pairs_of, splits_of
from tenfold.data.tables.standing import Standing
from tenfold.kinds.tables.networks.registry import find_network
from tenfold.learning import Dealt
from tenfold.seeds import Streams


def split_rows(
    coded: Encoded,
    schema: Schema,
    options: RunOptions,
    streams: Streams,
    splitter: Splitter | Iterable[Any] | None,
    standing: Standing | None = None,
) -> Dealt:
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
        splits, decisions = who_answers(splits, options.split)
        return Dealt(rows=rows, place=place, splits=splits, decisions=decisions)
    split = options.split
    copies: tuple[Decision, ...] = ()
    folds, few = decide_folds(rows, split)
    if not split.keep_copies:
        lenient = split.lenient and split.folds is None
        one_each, joined, decisions = join_copies(rows)
        fewer, _ = decide_folds(one_each, split)
        if fewer <= most_folds(one_each)[0]:
            place[rows.rows], rows, folds, copies = joined, one_each, fewer, decisions
        rows, decisions = keep_together(rows, folds, lenient=lenient)
        copies = (*copies, *decisions)
        folds, few = decide_folds(rows, split)
    shuffle = split.shuffle
    if shuffle is None:
        shuffle = find_network(options.train).shuffles
    splits, how = make_splits(rows, schema, folds, streams, shuffle=shuffle)
    splits, decisions = who_answers(splits, split)
    decisions = (*copies, *few, *how, *decisions)
    return Dealt(rows=rows, place=place, splits=splits, decisions=decisions)
