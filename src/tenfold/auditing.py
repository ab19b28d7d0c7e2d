"""``audit``: what in the data would make a score a lie, without training a network."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from tenfold.checks.finding import Finding, in_order
from tenfold.checks.unusable import check_rejected, check_unlabelled
from tenfold.config import Decision, RunOptions, SchemaOptions, SplitOptions, Task
from tenfold.data.tables.arrow import ArrowTable, as_source
from tenfold.following import Callbacks, following, only_callbacks
from tenfold.kinds.registry import kind_for, kind_named
from tenfold.learning import UserObjects
from tenfold.read_options import PictureOptions, ReadOptions
from tenfold.run import Data
from tenfold.store.run_config import name_of
from tenfold.training.watch import Callback


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """What was found in data.

    Attributes
    ----------
    data : str
        The file or folder, or ``"DataFrame"``.
    kind : str
        The name of the kind of data: ``"table"``, ``"images"``.
    rows, test_rows : int
        Rows or pictures that can be used.
    findings : tuple of Finding
        The gravest first.
    decisions : tuple of Decision
        How the data were read.
    seconds : float

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"day": range(40), "price": [3, 1, 4, 1, 5] * 8})
    >>> found = audit(frame, "price")
    >>> found.kind, found.rows, found.noun
    ('table', 40, 'rows')
    """

    data: str
    kind: str
    rows: int
    test_rows: int
    findings: tuple[Finding, ...]
    decisions: tuple[Decision, ...]
    seconds: float

    @property
    def stops(self) -> bool:
        """Whether ``train`` refuses the data."""
        return any(finding.severity == "error" for finding in self.findings)

    @property
    def noun(self) -> str:
        """What the data consist of."""
        return kind_named(self.kind).noun

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
    >>> import pandas as pd
    >>> size = np.linspace(0, 9, 60)
    >>> price = 3 * size + 9 * np.sin(7 * size)
    >>> frame = pd.DataFrame({"size": size, "price_in_cents": 100 * price, "price": price})
    >>> found = audit(frame)
    >>> found.stops, [(one.code, one.fact) for one in found.findings]
    (True, [('A01', "column 'price_in_cents' contains the target 'price'")])
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
    kind, options = kind_for(source, options)
    read, read_test = kind.read(source, asked, options, watch)
    learning, coded, decisions = kind.learn(
        read, read_test, options, objects=UserObjects(watch=watch)
    )
    watch.decided(decisions)
    findings: list[Finding] = []
    for part in (learning.data, learning.test):
        findings += () if part is None else _left_out(part, max_bad, kind.noun)
    findings += kind.check(learning, coded)
    findings += kind.check_closely(learning, coded)
    return Audit(
        data=name_of(source),
        kind=kind.name,
        rows=len(learning.data),
        test_rows=0 if learning.test is None else len(learning.test),
        findings=in_order(findings),
        decisions=decisions,
        seconds=time.perf_counter() - started,
    )


def _left_out(part: Any, max_bad: float, noun: str) -> Iterator[Finding]:
    """Yield what is told of rows or pictures that cannot be used."""
    yield from check_rejected([*map(str, part.rejected)], len(part), max_bad, noun)
    yield from check_unlabelled([*map(str, part.unlabelled)], len(part), noun)
