"""``audit``: what in the data would make a score a lie, without training a network."""

import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from tenfold.checks.finding import Finding, in_order
from tenfold.checks.picture_labels import check_picture_labels
from tenfold.checks.pictures import check_pictures
from tenfold.checks.rejected import check_rejected, check_unlabelled
from tenfold.checks.table import check_table
from tenfold.config import Decision, RunOptions, SchemaOptions, SplitOptions, Task
from tenfold.data.arrow import ArrowTable, as_source
from tenfold.data.encode import encode
from tenfold.data.picture_files import is_picture_source
from tenfold.data.pictures import read_pictures, read_test_pictures
from tenfold.data.read import read_table
from tenfold.errors import UsageError
from tenfold.following import Callbacks, following, only_callbacks
from tenfold.order import options_of_pictures, refuse
from tenfold.read_options import PictureOptions, ReadOptions
from tenfold.run import Data
from tenfold.seeds import Streams
from tenfold.store.config import name_of
from tenfold.study import pictures as of_pictures
from tenfold.study import tables as of_tables
from tenfold.training.choose_pictures import choose_framing
from tenfold.training.watch import Callback


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """What was found in data.

    Attributes
    ----------
    data : str
        The file or folder, or ``"DataFrame"``.
    kind : {"table", "images"}
    rows, test_rows : int
        Rows or pictures that can be used.
    findings : tuple of Finding
        The gravest first.
    decisions : tuple of Decision
        How the data were read.
    seconds : float

    Examples
    --------
    >>> frame = pd.DataFrame({"day": range(40), "price": [3, 1, 4, 1, 5] * 8})
    >>> found = audit(frame, "price")
    >>> found.kind, found.rows, found.noun
    ('table', 40, 'rows')
    """

    data: str
    kind: Literal["table", "images"]
    rows: int
    test_rows: int
    findings: tuple[Finding, ...]
    decisions: tuple[Decision, ...]
    seconds: float

    @property
    def stops(self) -> bool:
        """Whether ``train`` refuses the data."""
        return any(finding.severity == "stops" for finding in self.findings)

    @property
    def noun(self) -> str:
        """What the data consist of."""
        return "pictures" if self.kind == "images" else "rows"

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "format": 1,
            "data": self.data,
            "kind": self.kind,
            "rows": self.rows,
            "test_rows": self.test_rows,
            "stops": self.stops,
            "findings": [finding.to_dict() for finding in self.findings],
            "decisions": [asdict(decision) for decision in self.decisions],
            "seconds": self.seconds,
        }


def audit(  # noqa: PLR0913 - what people set most often by its name, the rest in objects
    data: Data | ArrowTable,
    target: str | None = None,
    *,
    task: Task | None = None,
    test: Data | ArrowTable | None = None,
    group_column: str | None = None,
    time_column: str | None = None,
    seed: int = 0,
    reading: ReadOptions | PictureOptions | None = None,
    schema: SchemaOptions | None = None,
    splitting: SplitOptions | None = None,
    callbacks: Callbacks = None,
    verbose: bool | None = None,
) -> Audit:
    """Look for what would make a score a lie: leaks, copies, wrong labels, unlike test rows.

    ``train`` looks for the same and refuses what is certain; here all that was found is told,
    and rows are named whose labels other rows contradict.

    Parameters
    ----------
    data : str, Path or DataFrame
        What ``train`` takes.
    target, task, test, group_column, time_column, seed
        See ``train``.
    reading, schema, splitting
        See ``train``.
    callbacks, verbose
        See ``train``: told how the data were read, and how far the work on pictures is.

    Returns
    -------
    Audit

    Raises
    ------
    TenfoldError
        If the data or the options do not allow a run at all.

    Examples
    --------
    >>> import numpy as np
    >>> size = np.linspace(0, 9, 60)
    >>> price = 3 * size + 9 * np.sin(7 * size)
    >>> frame = pd.DataFrame({"size": size, "price_in_cents": 100 * price, "price": price})
    >>> found = audit(frame)
    >>> found.stops, [(one.code, one.fact) for one in found.findings]
    (True, [('A01', "column 'price_in_cents' holds the target 'price'")])
    """
    flat = {"target": target, "task": task, "seed": seed}
    flat |= {"group_column": group_column, "time_column": time_column}
    options = RunOptions.of((reading, schema, splitting), flat)
    with following(only_callbacks(callbacks), verbose=verbose) as watch:
        return look(data, test, options, watch)


def look(
    data: Data | ArrowTable,
    test: Data | ArrowTable | None,
    options: RunOptions,
    watch: Callback,
) -> Audit:
    """Return what is found in data that are read with these options."""
    started = time.perf_counter()
    source, asked = as_source(data), None if test is None else as_source(test)
    max_bad = options.read.max_bad
    options = replace(
        options,
        read=replace(options.read, max_bad=1.0),
        pictures=replace(options.pictures, max_bad=1.0),
    )
    if is_picture_source(source):
        found = _look_at_pictures(source, asked, options, max_bad, watch)
    else:
        found = _look_at_table(source, asked, options, max_bad, watch)
    return replace(found, seconds=time.perf_counter() - started)


def _look_at_table(
    data: Data, test: Data | None, options: RunOptions, max_bad: float, watch: Callback
) -> Audit:
    refuse(options, "images", "a table")
    streams = Streams(options.train.seed)
    table = read_table(data, options.read)
    asked = None if test is None else read_table(test, options.read, like=table.known)
    table, asked, schema, decisions = of_tables.describe(table, asked, options, streams)
    watch.decided(decisions)
    rows, copies = encode(table, schema), options.split.keep_copies
    findings = [*check_table(table, schema, rows, asked, streams, keep_copies=copies)]
    for part in (table, asked):
        if part is not None:
            told = [f"line {row.line}: {row.reason}" for row in part.rejected]
            findings += check_rejected(told, len(part), max_bad, "rows")
            told = [f"line {row.line}: {row.reason}" for row in part.unlabelled]
            findings += check_unlabelled(told, len(part), "rows")
    return Audit(
        data=name_of(data),
        kind="table",
        rows=len(table),
        test_rows=0 if asked is None else len(asked),
        findings=in_order(findings),
        decisions=decisions,
        seconds=0.0,
    )


def _look_at_pictures(
    data: str | Path, test: Data | None, options: RunOptions, max_bad: float, watch: Callback
) -> Audit:
    if isinstance(test, pd.DataFrame):
        raise UsageError("U02", "test is a DataFrame, and data are pictures")
    options = options_of_pictures(data, options)
    framing = choose_framing(options.train)
    progress = of_pictures.stage(watch, "reading pictures")
    pictures, asked = read_pictures(data, framing, options.pictures, progress)
    if test is not None:
        asked = read_test_pictures(test, pictures.framing, options.pictures, progress)
        pictures = replace(pictures, decisions=(*pictures.decisions, *asked.doubts))
    findings: list[Finding] = []
    for found in (pictures, asked):
        if found is not None:
            told = [f"{file.file}: {file.reason}" for file in found.rejected]
            findings += check_rejected(told, len(found), max_bad, "pictures")
            told = [f"{file.file}: {file.reason}" for file in found.unlabelled]
            findings += check_unlabelled(told, len(found), "pictures")
            found.check_rejected(1.0)
    streams = Streams(options.train.seed)
    pictures, asked, schema, _ = of_pictures.describe(pictures, asked, options, streams)
    watch.decided(pictures.decisions)
    copies = options.split.keep_copies
    findings += check_pictures(pictures, schema, asked, keep_copies=copies)
    seen = of_pictures.stage(watch, "seeing pictures")
    findings += check_picture_labels(pictures, streams, seen)
    return Audit(
        data=name_of(data),
        kind="images",
        rows=len(pictures),
        test_rows=0 if asked is None else len(asked),
        findings=in_order(findings),
        decisions=pictures.decisions,
        seconds=0.0,
    )
