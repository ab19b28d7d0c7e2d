"""The model of a table on its way to a file.

Shape letters in this file:
    N  rows    C  columns of numbers, truth values and dates    K  columns of categories
    O  outputs
"""

import copy
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib import metadata
from typing import Any, Final, final

import numpy as np
import torch

from tenfold.data.tables.table import Table
from tenfold.errors import ExportError
from tenfold.export.draft import UNKNOWN, Draft, Numbers, Program
from tenfold.export.program import graph_of, program_of
from tenfold.exported import About, Exported, Label
from tenfold.kinds.tables.export.background import background_of
from tenfold.kinds.tables.export.graph_columns import (
    CATEGORIES,
    NUMBERS,
    cells_of,
    inputs_of,
    put_columns_first,
)
from tenfold.kinds.tables.export.table_module import TableAnswers
from tenfold.kinds.tables.table_file import feed, feeds_of
from tenfold.kinds.tables.table_model import TableModel

ROWS: Final = 2_000  # that a file is compared on
EXAMPLES: Final = 4  # rows that the program is traced with
STRANGE: Final = "\N{REPLACEMENT CHARACTER} an unseen category"


@final
class TableDraft(Draft):
    """The model of a table as a program, and rows that it is compared on.

    Parameters
    ----------
    model : TableModel
    table : Table
        Rows such as the model learnt from; up to ROWS are drawn.
    about : About

    Raises
    ------
    ExportError
        X03, if a column is called as an output.
    """

    def __init__(self, model: TableModel, table: Table, about: About) -> None:
        self._model = model = _on_processor(model)
        drawn = np.random.default_rng(about.seed).permutation(len(table))[:ROWS]
        self._table = table = table.take(np.sort(drawn))
        self._inputs = inputs_of(model, table)
        columns = zip(model.schema.used, self._inputs, strict=True)
        cells = [
            feed(table.frame[one.name], one, column, table.decimal) for column, one in columns
        ]
        self.label = Label(
            kind=model.kind.name,
            name=about.name,
            schema=model.schema.to_dict(),
            score=about.score,
            equality=UNKNOWN,
            inputs=tuple(map(asdict, self._inputs)),
            band=about.band if model.conformal is not None else None,
            background=asdict(background_of(cells, about.seed)),
            version=metadata.version("tenfold"),
            model=about.model,
        )
        self._outputs = list(self.label.answers)
        _check_names(self._outputs, [one.name for one in self._inputs])

    def program(self) -> Program:
        """Return a program that takes what ``TableAnswers`` takes."""
        module = TableAnswers(self._model, self._inputs, self.label.band)
        few = self._table.take(np.arange(EXAMPLES) % len(self._table))
        numbers_NC, words_NK = map(torch.from_numpy, self._cells(few))
        examples = {"numbers_NC": numbers_NC, "words_NK": words_NK}
        return program_of(module, examples, {name: [0] for name in examples})

    def graph(self, program: Program) -> Any:
        """Return a graph that takes each column under its own name."""
        graph = graph_of(program, [NUMBERS, CATEGORIES], self._outputs)
        return put_columns_first(graph, self._model.schema, self._inputs)

    def answers(self, of: Exported | Program) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield answers to the rows, and to some with an empty cell or an unseen category."""
        for table in (self._table, *self._odd()):
            band = self.label.band
            known = (
                self._model.answers(table)
                if band is None
                else self._model.intervals(table, band.coverage)
            )
            if isinstance(of, Exported):
                feeds = feeds_of(self._model.schema, self._inputs, table)
                said = list(of.ask(feeds, self._outputs).values())
                yield np.concatenate(said, axis=1).astype(np.float64), known
                continue
            numbers_NC, words_NK = map(torch.from_numpy, self._cells(table))
            with torch.no_grad():
                found = of.module()(numbers_NC=numbers_NC, words_NK=words_NK)
            yield torch.cat(list(found), dim=1).double().numpy(), known

    def _cells(self, table: Table) -> tuple[Any, Any]:
        return cells_of(self._model.schema, self._inputs, table)

    def _odd(self) -> Iterator[Table]:
        """Yield rows of which each has one cell emptied, and rows of unseen categories."""
        names = [column.name for column in self._model.schema.used]
        rows = self._table.take(np.arange(len(names)) % len(self._table))
        emptied = rows.frame.astype(object)
        for at, name in enumerate(names):
            emptied.loc[at, name] = None
        yield replace(rows, frame=emptied)
        categories = [column.name for column in self._model.schema.categories]
        if categories:
            strange = rows.frame.astype(object)
            strange[categories] = STRANGE
            yield replace(rows, frame=strange)


def _on_processor(model: TableModel) -> TableModel:
    """Return a model whose numbers lie in the processor's memory, a copy if they did not."""
    if model.target.mean_F.device.type == "cpu":
        return model
    network, target = copy.deepcopy(model.network).cpu(), copy.deepcopy(model.target).cpu()
    conformal = None if model.conformal is None else copy.deepcopy(model.conformal).cpu()
    return replace(model, network=network, target=target, conformal=conformal)


def _check_names(outputs: list[str], inputs: list[str]) -> None:
    both = [name for name in inputs if name in outputs or not name]
    if both:
        raise ExportError(
            "X03",
            f"column {both[0]!r} cannot be an input, because an output has the same name",
            fix=["rename the column, and train again"],
        )
