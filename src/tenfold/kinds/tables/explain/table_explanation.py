"""What the network of a table looks at: columns, their values, the cells of a row."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np

from tenfold.data.columns.required import check_columns
from tenfold.data.tables.table import Table
from tenfold.errors import UsageError
from tenfold.evaluate.metrics import HEADLINE
from tenfold.kinds.named_class import find_class
from tenfold.kinds.tables.explain.contributions import Walks, contributions_of
from tenfold.kinds.tables.explain.dependence import dependence_of
from tenfold.kinds.tables.explain.held_out import HeldOut
from tenfold.kinds.tables.explain.importance import Progress, importance_of
from tenfold.kinds.tables.explain.parts import Contributions, Dependence, Importance, Share
from tenfold.kinds.tables.table_model import TableModel
from tenfold.learning import Explained
from tenfold.report.summary_text import NAMES, number
from tenfold.seeds import Streams

FORMAT: Final = 1
MOST_COLUMNS: Final = 6  # whose dependence is told


@dataclass(frozen=True, kw_only=True, slots=True)
class TableExplanation(Explained):
    """What a table's network looks at.

    Attributes
    ----------
    target : str
    of : str
        What ``dependence`` tells of: the target, or the class whose probability it is.
    metric : str
        Of ``importance``.
    rows : int
        Held-out rows that importance was measured on.
    importance : tuple of Importance
        Of every column that is learnt from, largest first.
    dependence : tuple of Dependence
        Of the most important columns.
    contributions : tuple of Contributions
        Of the rows that were asked for.
    """

    target: str
    of: str
    metric: str
    rows: int
    importance: tuple[Importance, ...]
    dependence: tuple[Dependence, ...]
    contributions: tuple[Contributions, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as a JSON object; of a single fold there are no intervals, but null."""
        found: dict[str, Any] = {"format": FORMAT, "kind": "table"} | asdict(self)
        for one in found["importance"]:
            one |= {k: None for k in ("low", "high") if math.isnan(one[k])}
        return found

    def lines(self) -> Iterator[str]:
        """Yield the importance of each column, and what the cells of each row add."""
        error = NAMES[self.metric]
        yield f"Permutation importance: increase in {error} when a column is shuffled"
        width = max(len(one.column) for one in self.importance)
        for one in self.importance:
            interval = f"95 % interval [{number(one.low)}, {number(one.high)}]"
            yield f"  {one.column:<{width}}  {number(one.mean)}  {interval}"
        for row in self.contributions:
            yield f"row {row.row}, {row.of}: {number(row.answer)}; mean {number(row.base)}"
            cells = [f"{share.column} = {share.cell}" for share in row.shares]
            width = max(map(len, cells))
            for cell, share in zip(cells, row.shares, strict=True):
                yield f"  {cell:<{width}}  {'+' * (share.value > 0)}{number(share.value)}"

    def pngs(self) -> dict[str, bytes]:
        """Return the figures as PNG files, by name."""
        from tenfold.kinds.tables.explain.figures import sketches_of  # noqa: PLC0415 - as below
        from tenfold.report.svg import as_png  # noqa: PLC0415

        return {sketch.name: as_png(sketch.ax) for sketch in sketches_of(self)}

    def drawn(self) -> list[Any]:
        """Return the figures as a page holds them."""
        from tenfold.kinds.tables.explain.figures import (  # noqa: PLC0415 - loads Matplotlib
            sketches_of,
        )

        return [sketch.drawn() for sketch in sketches_of(self)]

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Self:
        """Return what ``to_dict`` turned into a JSON object.

        Raises
        ------
        KeyError, TypeError
            If it is another one.
        """
        return cls(
            target=found["target"],
            of=found["of"],
            metric=found["metric"],
            rows=found["rows"],
            importance=tuple(_importance(one) for one in found["importance"]),
            dependence=tuple(Dependence(**_tuples(one)) for one in found["dependence"]),
            contributions=tuple(
                Contributions(**one | {"shares": tuple(Share(**s) for s in one["shares"])})
                for one in found["contributions"]
            ),
        )


def explain_table(
    held_out: HeldOut,
    seed: int,
    *,
    asked: Table | None = None,
    of_class: str | None = None,
    progress: Progress | None = None,
) -> TableExplanation:
    """Return what the network of a table looks at.

    Parameters
    ----------
    held_out : HeldOut
    seed : int
    asked : Table, optional
        Rows whose answers are explained, cell by cell.
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
    return TableExplanation(
        target=schema.target,
        of=schema.classes[shown] if schema.classes else schema.target,
        metric=HEADLINE[schema.task],
        rows=int(held_out.splits.held_out.any(axis=0).sum()),
        importance=importance,
        dependence=tuple(
            dependence_of(model, held_out.table, columns[one.column], shown, streams)
            for one in importance[:MOST_COLUMNS]
        ),
        contributions=() if asked is None else _contributions(held_out, asked, output, streams),
    )


def _contributions(
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
        raise UsageError("U02", "--class was given, but the target is a number")
    return find_class(of_class, model.schema.classes)


def _importance(found: Mapping[str, Any]) -> Importance:
    ends = {k: math.nan for k in ("low", "high") if found[k] is None}
    return Importance(**_tuples(found) | ends)


def _tuples(found: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in found.items()}
