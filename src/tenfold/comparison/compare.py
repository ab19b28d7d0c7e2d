"""``compare``: from data to a verdict. A reader of the comparison starts here."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenfold.audit_options import AuditMode
from tenfold.comparison.axes import Measured, measure_axes
from tenfold.comparison.comparison import Comparison, ranked
from tenfold.comparison.comparison_page import folder_for, write_comparison
from tenfold.comparison.comparison_text import TerminalRace
from tenfold.comparison.entry import Entry
from tenfold.comparison.follow import ComparisonCallback
from tenfold.comparison.forecast import expected_seconds
from tenfold.comparison.metric import check_margin, choose_metric
from tenfold.comparison.own_contenders import own_contenders, with_own
from tenfold.comparison.read_contest import read_contest
from tenfold.comparison.rounds import FEATURES, RACE, Race, final_rounds, first_rounds
from tenfold.comparison.verdict import Verdict, judge
from tenfold.config import Quality, RunOptions, SchemaOptions, SplitOptions, Task
from tenfold.contest.contender import Contender
from tenfold.data.folds.split import Splitter
from tenfold.data.tables.arrow import ArrowTable, as_source
from tenfold.errors import ContenderError, UsageError
from tenfold.following import screen
from tenfold.read_options import PictureOptions, ReadOptions
from tenfold.run import Data
from tenfold.values import makes_folds


def compare(  # noqa: PLR0913 - what people set most often by its name, the rest in objects
    data: Data | ArrowTable,
    target: str | None = None,
    *,
    contenders: Sequence[Any] = (),
    metric: str | None = None,
    margin: float | None = None,
    axes: bool = True,
    task: Task | None = None,
    quality: Quality = "medium",
    folds: int | Splitter | Iterable[Any] | None = None,
    group_column: str | None = None,
    time_column: str | None = None,
    seed: int = 0,
    audit: AuditMode = "stop",
    time_limit: float | None = None,
    device: str = "auto",
    reading: ReadOptions | PictureOptions | None = None,
    schema: SchemaOptions | None = None,
    splitting: SplitOptions | None = None,
    out: str | Path | None = "runs",
    callbacks: ComparisonCallback | None = None,
    verbose: bool | None = None,
) -> Comparison:
    """Say, measured on these data, whether a network is worth it against classical learning.

    Every contender meets the same folds, the same rows and the same metric, in a process of
    its own. ``joblib.parallel_config`` spreads them over processes or a cluster; their
    seconds are then marked as shared.

    Parameters
    ----------
    data : str, Path or DataFrame
        What ``train`` takes.
    contenders : sequence
        Your own: unfitted estimators of scikit-learn, pairs (name, estimator), or texts
        ``FILE.py:FUNCTION``. Of a table they get a DataFrame whose columns are float64 or
        categories; of pictures an array (N, S, S, 3) of uint8.
    metric : str, optional
        What is compared: r2, rmse, mse or mae; accuracy, balanced_accuracy, log_loss or
        roc_auc.
    margin : float, optional
        The difference below which none matters, in the metric's unit.
    axes : bool
        Whether to measure the five differences too; the verdict does not need them.
    time_limit : float, optional
        Seconds that a contender may train on all folds: 120, of pictures 50.
    target, task, quality, folds, group_column, time_column, seed, audit
        See ``train``.
    device
        See ``TrainOptions``.
    reading, schema, splitting, out
        See ``train``.
    callbacks : ComparisonCallback, optional
        Told of every step.
    verbose : bool, optional
        True prints decisions and the table of contenders on standard error while it grows,
        False nothing. By default the table is shown where a person sees it: in a terminal.

    Returns
    -------
    Comparison

    Raises
    ------
    TenfoldError
        If the data or the options do not allow a comparison.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> x = np.linspace(0, 1, 80)
    >>> frame = pd.DataFrame({"x": x, "y": 3 * x})
    >>> found = compare(frame, folds=3, axes=False, out=None)
    >>> found.verdict.metric, len(found.splits)
    ('r2', 3)
    """
    flat: dict[str, Any] = {"target": target, "task": task, "quality": quality}
    flat |= {"seed": seed, "audit": audit}
    flat |= {"group_column": group_column, "time_column": time_column, "device": device}
    flat |= {"folds": None if makes_folds(folds) else folds, "time_limit": time_limit}
    asked = Asked(
        contenders=contenders,
        metric=metric,
        margin=margin,
        axes=axes,
        time_limit=time_limit,
        splitter=folds if makes_folds(folds) else None,
        out=out,
    )
    options = RunOptions.of((reading, schema, splitting), flat)
    terminal = TerminalRace(screen(), decisions=bool(verbose))
    shown = callbacks is None and verbose is not False
    with terminal.showing() if shown else nullcontext():
        return hold(as_source(data), options, asked, terminal if shown else callbacks)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Asked:
    """What is asked of a comparison, beside the options of a run; see ``compare``."""

    contenders: Sequence[Any] = ()
    metric: str | None = None
    margin: float | None = None
    axes: bool = True
    time_limit: float | None = None
    splitter: Any = None
    out: str | Path | None = "runs"


def hold(
    source: Data, options: RunOptions, asked: Asked, follow: ComparisonCallback | None = None
) -> Comparison:
    """Hold a comparison: read the data, let the contenders run, judge them.

    Raises
    ------
    UsageError
        U02, if test rows are to be held out: every contender meets all of them in its folds.
    """
    if options.split.test_size is not None:
        raise UsageError("U02", "--test-size was given, and a comparison tests in folds alone")
    started = time.perf_counter()
    follow = follow or ComparisonCallback()
    check_margin(asked.margin)
    own = own_contenders(asked.contenders)
    problem, decisions = read_contest(source, options, asked.splitter, follow)
    field, left_out = problem.contenders()
    if len(problem.splits) < 2:
        raise ContenderError("C03", "there is one fold", fix=["--folds 5"])
    metric, chosen = choose_metric(asked.metric, problem)
    decisions = (*decisions, *left_out, *chosen)
    follow.decided(decisions)
    reading = time.perf_counter() - started
    race = Race(problem, asked.time_limit or problem.limit_seconds, follow)
    field = with_own(field, own)
    expected = reading + prepare(race, field, axes=asked.axes)
    follow.forecast(expected, metric)
    with folder_for(source, asked.out) as folder:
        raw, verdict, found_axes = run_race(race, field, metric, asked.margin, axes=asked.axes)
    comparison = Comparison(
        entries=ranked(raw, metric),
        verdict=verdict,
        axes=found_axes,
        problem=problem,
        decisions=decisions,
        seconds={"forecast": expected, "total": time.perf_counter() - started},
        folder=folder,
    )
    if folder is not None:
        write_comparison(comparison, folder)
    return comparison


def prepare(race: Race, field: Sequence[Contender], *, axes: bool) -> float:
    """Tell a race how long it will take; return these seconds."""
    problem = race.problem
    rounds = [(c, first_rounds(c, problem, axes=axes)) for c in field]
    decided = {c.kind for c in field if c.favourite}  # final rounds are among the first
    rivals = [c for c in field if c.kind not in decided]
    final = [(c, final_rounds(c, problem)) for c in rivals] if axes else []
    race.expected = expected_seconds(rounds, final, problem, race.limit)
    return race.expected


def run_race(
    race: Race, field: Sequence[Contender], metric: str, margin: float | None, *, axes: bool
) -> tuple[dict[str, Entry], Verdict, dict[str, Any]]:
    """Run all contenders, judge them, and measure the axes if that is asked for."""
    problem = race.problem
    reached = race.run([(c, first_rounds(c, problem, axes=axes)) for c in field])
    raw = {name: found[RACE] for name, found in reached.items()}
    verdict = judge(tuple(raw.values()), metric, problem.test_share, margin)
    found_axes: dict[str, Any] = {}
    if axes and verdict.difference is not None and not race.interrupted:
        found_axes = run_finals(race, field, reached, verdict)
    return raw, verdict, found_axes


def run_finals(
    race: Race,
    field: Sequence[Contender],
    reached: Mapping[str, Mapping[str, Entry]],
    verdict: Verdict,
) -> dict[str, Any]:
    """Let the best network and the best classical model run on, and tell the five axes."""
    finalists = {"network": verdict.network, "classical": verdict.classical}
    rounds = [
        (contender, final_rounds(contender, race.problem))
        for contender in field
        if contender.name in finalists.values() and not contender.favourite
    ]
    found = {name: reached[name] for name in finalists.values()} | race.run(rounds)
    if race.interrupted:
        return {}
    measured = Measured(
        problem=race.problem,
        metric=verdict.metric,
        margin=verdict.margin,
        raw={name: rounds[RACE] for name, rounds in reached.items()},
        other={n: rounds[FEATURES] for n, rounds in reached.items() if FEATURES in rounds},
        finalists={side: found[name] for side, name in finalists.items()},
        network=verdict.network,
        classical=verdict.classical,
        linear=next((contender.name for contender in field if contender.linear), None),
    )
    return measure_axes(measured)
