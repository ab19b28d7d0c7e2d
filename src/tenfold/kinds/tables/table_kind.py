"""Tables: rows and columns of numbers, categories, dates and text."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from tenfold.checks.finding import Finding
from tenfold.checks.table_checks import check_table
from tenfold.config import Decision, RunOptions
from tenfold.data.columns.encode import Encoded, encode, with_times
from tenfold.data.columns.groups import Group, groups_of_table
from tenfold.data.columns.labelled import (
    describe_unlabelled,
    labelled_and_warn,
    naming_unlabelled,
    read_answers,
    with_targets,
    with_targets_of,
)
from tenfold.data.columns.schema import Schema, infer_schema
from tenfold.data.columns.target import find_target, of_classes
from tenfold.data.files.read import InMemory, read_table
from tenfold.data.folds.split import Splits
from tenfold.data.folds.test_rows import hold_out_test_rows
from tenfold.data.new_rows.admit import (
    Mode,
    admit,
    admit_and_warn,
    drift_table,
)
from tenfold.data.new_rows.schema_drift import like_training
from tenfold.data.new_rows.tallies import drift_lines, tallies_of
from tenfold.data.tables.table import Table
from tenfold.errors import ReadError, UsageError
from tenfold.intake import Looked
from tenfold.kind import Kind
from tenfold.kinds.tables.explain.held_out import HeldOut
from tenfold.kinds.tables.explain.table_explanation import TableExplanation, explain_table
from tenfold.kinds.tables.networks.registry import choose_plan
from tenfold.kinds.tables.networks.table_network import Setting
from tenfold.kinds.tables.new_tables import SUFFIXES, joined, reading_lines
from tenfold.kinds.tables.older_tables import with_layouts
from tenfold.kinds.tables.table_contest import TableContest, table_contest
from tenfold.kinds.tables.table_fit import fit_table
from tenfold.kinds.tables.table_model import TableEncoder, TableModel
from tenfold.kinds.tables.table_packing import describe_table, rebuild_table, table_answers
from tenfold.kinds.tables.table_service import TableService
from tenfold.kinds.tables.table_split import split_rows
from tenfold.learning import (
    Dealt,
    Described,
    Fitted,
    Learning,
    Parts,
    Progress,
    Remembered,
    another_kind,
)
from tenfold.seeds import Streams
from tenfold.training.recipe import Plan
from tenfold.training.watch import Callback, Supervision

Rows = str | Path | InMemory
OF_PICTURES: Final = frozenset({"pretrained", "scratch"})  # networks


class Tables(Kind):
    """Rows and columns: numbers, categories, dates and text."""

    name: ClassVar[str] = TableService.kind
    noun: ClassVar[str] = TableService.noun
    whole: ClassVar[str] = "a table"
    single: ClassVar[str] = "a table"
    suffixes: ClassVar[tuple[str, ...]] = SUFFIXES

    def recognises(self, source: Any) -> bool:
        """Tell whether this is a file or a table in memory."""
        return isinstance(source, str | Path | InMemory)

    def options_for(self, source: Any, options: RunOptions) -> RunOptions:  # noqa: ARG002
        """Return the options; what only pictures have is refused."""
        if options.train.network in OF_PICTURES:
            fact = f"--network {options.train.network} is for images, not a table"
            raise UsageError("U02", fact)
        if options.schema.task == "multilabel":
            raise UsageError("U02", "--task multilabel is for images, not a table")
        return options

    def read(
        self,
        source: Any,
        test: Any,
        options: RunOptions,
        watch: Callback,  # noqa: ARG002 - it takes no time
    ) -> tuple[Table, Table | None]:
        """Return the table that a user names, and the test table."""
        table = read_table(source, options.read)
        if test is None:
            return table, None
        return table, read_table(test, options.read, like=table.known)

    def describe(
        self, data: Table, test: Table | None, options: RunOptions, streams: Streams
    ) -> Described:
        """Find the target, take test rows away, and say what each column is.

        What is left of the table has no rows without an answer, and no test rows.
        """
        table = data
        if len(table.frame.columns) < 2:
            raise ReadError(
                "D04",
                "the table has one column",
                place={"file": table.source},
                fix=["set the separator, if it was detected wrongly: --separator ';'"],
            )
        target, found = find_target(table, options.schema, options.split)
        max_bad = options.read.max_bad
        table, unlabelled = with_targets(table, target, options.schema.task, max_bad)
        table, untimed = with_times(table, options.split.time_column, max_bad)
        left_out: tuple[Decision, ...] = ()
        held_out = None
        if test is None and options.split.test_size is not None:
            every = len(table)
            with naming_unlabelled(table):
                table, held_out = hold_out_test_rows(
                    table, target, options.schema, options.split, streams
                )
            left_out = _on_neither_side(every - len(table) - len(held_out), len(held_out))
        schema = infer_schema(table, target, options.schema, options.split)
        table = of_classes(table, target, schema.classes)
        if test is not None:
            test = with_targets_of(test, schema, max_bad)
            left_out = (*left_out, *_left_out(test))
        test = held_out if test is None else test
        if test is not None:
            read_answers(test, schema)  # training is not lost to rows that cannot be scored
        decisions = (
            *table.decisions,
            *found,
            *unlabelled,
            *untimed,
            *schema.decisions,
            *left_out,
        )
        return Described(data=table, test=test, schema=schema, decisions=decisions)

    def encode(self, data: Table, schema: Schema) -> Encoded:
        """Return rows as numbers and codes."""
        return encode(data, schema)

    def check(self, learning: Learning, coded: Encoded) -> Iterable[Finding]:
        """Return findings that make the score a lie, or may: A01 to A12."""
        return check_table(
            learning.data,
            learning.schema,
            coded,
            learning.test,
            learning.streams,
            keep_copies=learning.options.split.keep_copies,
        )

    def split(self, learning: Learning, coded: Encoded) -> Dealt:
        """Put rows in an order of their own, and deal them out to folds."""
        table, schema = learning.data, learning.schema
        with naming_unlabelled(table):
            return split_rows(
                coded,
                schema,
                learning.options,
                learning.streams,
                learning.objects.splitter,
                table.standing,
            )

    def plan(self, learning: Learning, dealt: Dealt) -> tuple[Plan, tuple[Decision, ...]]:
        """Choose the network and the recipe by the number of rows."""
        return choose_plan(
            Setting(
                rows=dealt.rows,
                folds=len(dealt.splits),
                task=learning.schema.task,
                options=learning.options.train,
                schema=learning.schema,
                make=learning.objects.network,
            )
        )

    def fit(self, learning: Learning, plan: Plan, dealt: Dealt, care: Supervision) -> Fitted:
        """Train the networks of all folds."""
        return fit_table(learning, plan, dealt, care)

    def encoder(
        self,
        learning: Learning,  # noqa: ARG002 - all that it goes by is in the schema
        plan: Plan,  # noqa: ARG002
        rows: Encoded,  # noqa: ARG002
        splits: Splits,  # noqa: ARG002
    ) -> TableEncoder:
        """Return what turns new rows into numbers and codes."""
        return TableEncoder()

    def truth(
        self, data: Table, schema: Schema
    ) -> tuple[NDArray[np.float64] | NDArray[np.int64], NDArray[np.float64]]:
        """Return the true answers of labelled rows and the rows' weights."""
        return read_answers(data, schema)

    def places(self, data: Table) -> NDArray[np.int64]:
        """Return the line of each row."""
        return data.lines

    def groups(self, data: Table, schema: Schema) -> Iterator[Group]:
        """Return groups of rows by each column learnt from and by the target."""
        return groups_of_table(data, schema)

    def columns(self, schema: Schema) -> int:
        """Return how many columns there are, the target left out."""
        return len(schema.columns)

    def pack(self, model: TableModel) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """Return features, layers and sample rows."""
        return describe_table(model), {}

    def unpack(
        self, manifest: Mapping[str, Any], tensors: Mapping[str, Tensor], make: Any
    ) -> TableModel:
        """Return the model that a file describes."""
        return rebuild_table(self, manifest, tensors, make)

    def of_format_2(self, manifest: dict[str, Any], tensors: dict[str, Tensor]) -> Parts:
        """Return the parts of an older model file with layouts."""
        return with_layouts(manifest, tensors)

    def sample_answers(
        self,
        model: TableModel,
        manifest: Mapping[str, Any],
        goes_on: Callable[[int, NDArray[np.float64]], bool],  # noqa: ARG002 - they cost nothing
    ) -> NDArray[np.float64]:
        """Return what a model says of the sample rows of its file."""
        return table_answers(model, manifest)

    def read_new(
        self,
        source: Rows,
        schema: Schema,
        options: RunOptions | None = None,
        progress: Progress | None = None,  # noqa: ARG002 - it takes no time
    ) -> Table:
        """Return rows as a table, read as training was where options do not say otherwise."""
        if isinstance(source, Table):
            return source
        if not isinstance(source, str | Path | InMemory):
            raise another_kind(self.whole, "images")
        return read_table(source, None if options is None else options.read, like=schema.known)

    def read_labelled(
        self,
        source: Rows,
        schema: Schema,
        options: RunOptions | None = None,
        progress: Progress | None = None,
    ) -> Table:
        """Return rows with a target; a warning says how many have none."""
        max_bad = (options or RunOptions()).read.max_bad
        return labelled_and_warn(
            self.read_new(source, schema, options, progress), schema, max_bad
        )

    def admit(self, data: Table, schema: Schema, mode: Mode | None, *, warned: bool) -> Table:  # noqa: ARG002
        """Return rows as a model reads them; see ``admit_and_warn``."""
        return admit_and_warn(data, schema, mode)

    def index(self, source: Any, data: Table) -> Any:
        """Return the labels of a DataFrame's rows, or the lines of a file."""
        return source.index if isinstance(source, pd.DataFrame) else data.lines

    def drift(self, source: Rows, schema: Schema) -> pd.DataFrame:
        """Return where rows are not like those of training; see ``drift_table``."""
        table = self.read_new(source, schema)
        found = like_training(table, schema)[1]
        return drift_table(found, self.index(source, table))

    def read_and_tell(
        self,
        source: Any,
        schema: Schema,
        options: RunOptions,
        *,
        labelled: bool = False,
        progress: Progress | None = None,
    ) -> tuple[Table, list[str]]:
        """Return rows, with a target if they are to be scored, and what of them is a guess."""
        max_bad = options.read.max_bad
        table = self.read_new(source, schema, options, progress)
        table.check_rejected(max_bad)
        if labelled:
            table = with_targets_of(table, schema, max_bad)
        return table, list(reading_lines(table))

    def joined(self, parts: Sequence[Table], schema: Schema) -> Table:
        """Return the rows of several tables as those of one."""
        return joined(parts, schema)

    def look(self, data: Table, schema: Schema, mode: Mode | None) -> Looked:
        """Return rows as a model reads them, and the cells that training knew nothing like."""
        table, found = admit(data, schema, mode)
        heading = (f"{table.source} differs from the training data:",) if found else ()
        lines = (*heading, *drift_lines(tallies_of(table, found), len(table)))
        return Looked(data=table, lines=lines, drift=drift_table(found, table.lines))

    def contest(self, learning: Learning, coded: Encoded, dealt: Dealt) -> TableContest:
        """Return what models of tables are given in a comparison."""
        table, schema, options = learning.data, learning.schema, learning.options
        return table_contest(table, schema, coded, dealt.place, dealt.splits, options)

    def draft(self, model: TableModel, data: Table, about: Any) -> Any:
        """Return a model on its way to a file, with rows that it is compared on."""
        from tenfold.kinds.tables.export.table_draft import TableDraft  # noqa: PLC0415 - loads torch.export

        return TableDraft(model, data, about)

    def explain(
        self,
        model: TableModel,
        asked: Table | None,
        run: Callable[[], Remembered],
        *,
        of_class: str | None,
        seed: int,
        progress: Progress | None,
    ) -> TableExplanation:
        """Return what networks look at: columns, their values, the cells of a row."""
        return explain_table(
            HeldOut.of(model, run()), seed, asked=asked, of_class=of_class, progress=progress
        )

    def read_explanation(
        self,
        found: Mapping[str, Any],
        read: Callable[[str], bytes],  # noqa: ARG002 - its figures are drawn anew
    ) -> TableExplanation:
        """Return an explanation from its JSON object."""
        return TableExplanation.from_dict(found)


def _on_neither_side(rows: int, tested: int) -> tuple[Decision, ...]:
    """Say how many rows are neither learnt from nor test rows."""
    if not rows:
        return ()
    what = f"{rows:,} rows are neither training rows nor among the {tested:,} test rows"
    why = "they are as late as the test rows, or belong to groups of the test rows"
    return (Decision(what=what, why=why, change_with="--test-size, --group-column"),)


def _left_out(test: Table) -> Iterator[Decision]:
    """Say how many test rows cannot be scored."""
    bad, gone = len(test.rejected), len(test.unlabelled)
    said = [
        (f"{bad:,} test {'rows are' if bad > 1 else 'row is'} left out", test.rejected),
        (describe_unlabelled(gone, gone + len(test), "test rows"), test.unlabelled),
    ]
    for what, rows in said:
        if rows:
            why = f"line {rows[0].line}: {rows[0].reason}"
            yield Decision(what=what, why=why, change_with="--test")
