"""What the network of a table looks at: columns, their values, the cells of a row."""

from typing import Final

import numpy as np

from tenfold.data.required import check_columns
from tenfold.data.table import Table
from tenfold.errors import UsageError
from tenfold.evaluate.metrics import HEADLINE
from tenfold.explain.classes import find_class
from tenfold.explain.contributions import Walks, contributions_of
from tenfold.explain.dependence import dependence_of
from tenfold.explain.explanation import Contributions, Explanation
from tenfold.explain.held_out import HeldOut
from tenfold.explain.importance import Progress, importance_of
from tenfold.seeds import Streams
from tenfold.table_model import TableModel

MOST_COLUMNS: Final = 6  # whose dependence is told


def explain_table(
    held_out: HeldOut,
    seed: int,
    *,
    asked: Table | None = None,
    of_class: str | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Return what the network of a table looks at.

    Parameters
    ----------
    held_out : HeldOut
    seed : int
    asked : Table, optional
        Rows whose answers are taken apart, cell by cell.
    of_class : str, optional
        Whose probability is explained; by default the last of two classes, of more the most
        frequent one, and of a single row its most probable one.
    progress : callable, optional
        Called with the columns done and all columns.

    Raises
    ------
    UsageError
        U01, if there is no such class; U02, if the target is a number.
    PredictError
        P01 or P02, if the rows are not such as those of training.
    """
    model, streams = held_out.model, Streams(seed)
    schema = model.schema
    output = _output(model, of_class)
    if asked is not None:  # a fault is told before the work
        check_columns(asked.frame, schema, asked.decimal)
    importance = importance_of(held_out, streams, progress)
    shown = 0 if output is None else output
    if schema.task == "classification" and output is None:
        counts = np.bincount(held_out.rows.target.astype(np.int64))
        shown = 1 if len(schema.classes) == 2 else int(counts.argmax())
    columns = {column.name: column for column in schema.used}
    return Explanation(
        target=schema.target,
        of=schema.classes[shown] if schema.classes else schema.target,
        metric=HEADLINE[schema.task],
        rows=int(held_out.splits.held_out.any(axis=0).sum()),
        importance=importance,
        dependence=tuple(
            dependence_of(model, held_out.table, columns[one.column], shown, streams)
            for one in importance[:MOST_COLUMNS]
        ),
        contributions=() if asked is None else _taken_apart(held_out, asked, output, streams),
    )


def _taken_apart(
    held_out: HeldOut, asked: Table, output: int | None, streams: Streams
) -> tuple[Contributions, ...]:
    """Return how the answer to each row comes about."""
    model = held_out.model
    walks = Walks.of(model, held_out.rows, streams)
    return tuple(
        contributions_of(model, asked, row, walks, output) for row in range(len(asked))
    )


def _output(model: TableModel, of_class: str | None) -> int | None:
    """Return which output is asked for, if one is."""
    if of_class is None:
        return None
    if not model.schema.classes:
        raise UsageError("U02", "--class was given, and the target is a number")
    return find_class(of_class, model.schema.classes)
