"""Tables: rows and columns of numbers, categories, dates and text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from tenfold.checks.finding import Finding
from tenfold.checks.table import check_table
from tenfold.config import Decision, RunOptions
from tenfold.data.admit import Mode, admit_and_warn, departure_table
from tenfold.data.apart import set_apart
from tenfold.data.copies import in_order, join_copies, keep_together
from tenfold.data.departures import like_training
from tenfold.data.encode import Encoded, encode, number_names, with_times
from tenfold.data.folds import decide_folds, make_splits, most_folds, who_answers
from tenfold.data.groups import Group, groups_of_table
from tenfold.data.labelled import (
    labelled_and_warn,
    naming_unlabelled,
    unlabelled_told,
    with_targets,
    with_targets_of,
)
from tenfold.data.read import InMemory, read_table
from tenfold.data.schema import Schema, infer_schema
from tenfold.data.split import Splitter, pairs_of, splits_of
from tenfold.data.standing import Standing
from tenfold.data.table import Table
from tenfold.data.target import find_target, of_classes
from tenfold.errors import ReadError, UsageError
from tenfold.evaluate.scores import read_answers
from tenfold.explain.held_out import HeldOut
from tenfold.kind import Kind
from tenfold.kinds.refusing import Names, options_of
from tenfold.kinds.tables.table_explanation import TableExplanation, explain_table
from tenfold.kinds.tables.table_packing import describe_table, rebuild_table, table_answers
from tenfold.learning import (
    Dealt,
    Described,
    Fitted,
    Learning,
    Progress,
    another_kind,
    not_there,
)
from tenfold.nn.features import FoldFeatures
from tenfold.seeds import Streams
from tenfold.table_model import TableEncoder, TableModel
from tenfold.training.choose import choose_plan
from tenfold.training.fit import fit_folds
from tenfold.training.recipe import Plan
from tenfold.training.watch import Callback, Supervision

Rows = str | Path | InMemory
OF_PICTURES: Final = frozenset({"pretrained", "scratch"})  # networks


class Tables(Kind):
    """Rows and columns: numbers, categories, dates and text."""

    name: ClassVar[str] = "table"
    noun: ClassVar[str] = "rows"
    whole: ClassVar[str] = "a table"
    where: ClassVar[str] = "line"
    own_options: ClassVar[Names] = options_of("table")

    def recognises(self, source: Any) -> bool:
        """Tell whether this is a file or a table in memory."""
        return isinstance(source, str | Path | InMemory)

    def options_for(self, source: Any, options: RunOptions) -> RunOptions:  # noqa: ARG002
        """Return the options; networks for pictures are refused."""
        if options.train.network in OF_PICTURES:
            fact = f"--network {options.train.network} is for images, not a table"
            raise UsageError("U02", fact)
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
                learning.given.splitter,
                table.standing,
            )

    def plan(self, learning: Learning, dealt: Dealt) -> tuple[Plan, tuple[Decision, ...]]:
        """Choose the network and the recipe by the number of rows."""
        folds, task = len(dealt.splits), learning.schema.task
        return choose_plan(
            dealt.rows, folds, task, learning.options.train, learning.given.network
        )

    def fit(self, learning: Learning, plan: Plan, dealt: Dealt, care: Supervision) -> Fitted:
        """Train the networks of all folds."""
        schema, device = learning.schema, learning.place.device
        fits = fit_folds(
            dealt.rows, dealt.splits, schema.task, plan, learning.streams, device, care=care
        )
        learnt = _values_learnt(schema, fits.network.features)
        return Fitted(fits=fits, rows=dealt.rows, decisions=(*fits.decisions, *learnt))

    def encoder(self, learning: Learning, plan: Plan) -> TableEncoder:  # noqa: ARG002
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

    def admit(self, data: Table, schema: Schema, mode: Mode | None, *, told: bool) -> Table:  # noqa: ARG002
        """Return rows as a model reads them; see ``admit_and_warn``."""
        return admit_and_warn(data, schema, mode)

    def index(self, source: Any, data: Table) -> Any:
        """Return the labels of a DataFrame's rows, or the lines of a file."""
        return source.index if isinstance(source, pd.DataFrame) else data.lines

    def departures(self, source: Rows, schema: Schema) -> pd.DataFrame:
        """Return where rows are not like those of training; see ``departure_table``."""
        table = self.read_new(source, schema)
        found = like_training(table, schema)[1]
        return departure_table(found, self.index(source, table))

    def read_again(
        self, options: RunOptions, known: str, schema: Schema, source: Rows | None = None
    ) -> Table:
        """Return the table that a run was trained on."""
        if source is None and not Path(known).is_file():
            raise not_there(known)
        return self.read_new(known if source is None else source, schema, options)

    def draft(self, model: TableModel, data: Table, about: Any) -> Any:
        """Return a model on its way to a file, with rows that it is compared on."""
        from tenfold.kinds.tables.table_draft import TableDraft  # noqa: PLC0415 - loads torch.export

        return TableDraft(model, data, about)

    def explain(
        self,
        model: TableModel,  # noqa: ARG002 - the held-out rows bring it along
        asked: Table | None,
        held_out: Callable[[], HeldOut],
        *,
        of_class: str | None,
        seed: int,
        progress: Progress | None,
    ) -> TableExplanation:
        """Return what networks look at: columns, their values, the cells of a row."""
        return explain_table(
            held_out(), seed, asked=asked, of_class=of_class, progress=progress
        )

    def read_explanation(
        self,
        found: Mapping[str, Any],
        read: Callable[[str], bytes],  # noqa: ARG002 - its figures are drawn anew
    ) -> TableExplanation:
        """Return an explanation from its JSON object."""
        return TableExplanation.from_dict(found)


def _values_learnt(schema: Schema, features: FoldFeatures) -> tuple[Decision, ...]:
    """Say which columns of numbers are words, too, because their values come back."""
    if not features.values:
        return ()
    names = number_names(schema)
    shown = ", ".join(f"{names[p]!r} ({len(known)})" for p, known in features.values[:8])
    return (
        Decision(
            what=f"each value is also encoded as a category: {shown}",
            why="a few scattered numbers that recur often",
            change_with="--kind NAME=number",
        ),
    )


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
        (unlabelled_told(gone, gone + len(test), "test rows"), test.unlabelled),
    ]
    for what, rows in said:
        if rows:
            why = f"line {rows[0].line}: {rows[0].reason}"
            yield Decision(what=what, why=why, change_with="--test")


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
        splits, told = who_answers(splits, options.split)
        return Dealt(rows=rows, place=place, splits=splits, decisions=told)
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
    told = (*copies, *few, *how, *told)
    return Dealt(rows=rows, place=place, splits=splits, decisions=told)
