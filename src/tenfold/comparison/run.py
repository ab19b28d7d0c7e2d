"""``compare``: from data to a verdict. A reader of the comparison starts here."""

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tenfold.comparison.axes import Measured, measure_axes
from tenfold.comparison.comparison import Comparison, ranked
from tenfold.comparison.contenders import Contender, own_contenders, with_own
from tenfold.comparison.entry import Entry
from tenfold.comparison.follow import Follow, Silent
from tenfold.comparison.forecast import expected_seconds
from tenfold.comparison.metric import check_margin, choose_metric
from tenfold.comparison.page import folder_for, write_comparison
from tenfold.comparison.read import read_problem
from tenfold.comparison.rounds import FEATURES, RACE, Race, final_rounds, first_rounds
from tenfold.comparison.verdict import Verdict, judge
from tenfold.config import MAX_PIXELS, MISSING, AuditMode, Kind, Quality, RunOptions, Task
from tenfold.data.arrow import ArrowTable, as_source
from tenfold.data.split import Splitter
from tenfold.errors import ContenderError
from tenfold.values import makes_folds

LIMIT_SECONDS: Final = {"table": 120.0, "images": 50.0}


def compare(  # noqa: PLR0913 - each option of the command, by its own name
    data: str | Path | pd.DataFrame | ArrowTable,
    *,
    contenders: Sequence[Any] = (),
    metric: str | None = None,
    margin: float | None = None,
    axes: bool = True,
    target: str | None = None,
    task: Task | None = None,
    quality: Quality = "medium",
    folds: int | Splitter | Iterable[Any] | None = None,
    group_column: str | None = None,
    time_column: str | None = None,
    weight_column: str | None = None,
    kinds: Mapping[str, Kind] | None = None,
    shuffle: bool | None = None,
    keep_copies: bool = False,
    audit: AuditMode = "stop",
    seed: int = 0,
    device: str = "auto",
    time_limit: float | None = None,
    max_bad: float = 0.01,
    file_column: str | None = None,
    max_pixels: int = MAX_PIXELS,
    white: int | None = None,
    memory_bytes: int | None = None,
    workers: int | None = None,
    separator: str | None = None,
    header: bool | None = None,
    encoding: str | None = None,
    decimal: str | None = None,
    missing: Sequence[str] = MISSING,
    skip_rows: int | None = None,
    skip_footer: int | None = None,
    comment: str | None = None,
    units_row: bool | None = None,
    keep_empty: bool = False,
    sheet: str | None = None,
    out: str | Path | None = "runs",
    follow: Follow | None = None,
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
    target, task, quality, folds, group_column, time_column, weight_column, kinds, shuffle
        See ``train``.
    keep_copies, audit, seed, device, max_bad, file_column, max_pixels, white
        See ``train``.
    memory_bytes, workers
        See ``train``.
    separator, header, encoding, decimal, missing, out
    skip_rows, skip_footer, comment, units_row, keep_empty, sheet
        See ``train``.
    follow : Follow, optional
        Called at every step.

    Returns
    -------
    Comparison

    Raises
    ------
    TenfoldError
        If the data or the options do not allow a comparison.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 80)
    >>> frame = pd.DataFrame({"x": x, "y": 3 * x})
    >>> found = compare(frame, folds=3, axes=False, out=None)
    >>> found.verdict.metric, len(found.splits)
    ('r2', 3)
    """
    options = RunOptions.named(
        locals()
        | {
            "folds": None if makes_folds(folds) else folds,
            "kinds": dict(kinds or {}),
            "missing": tuple(missing),
        }
    )
    source = as_source(data)
    started = time.perf_counter()
    follow = follow or Silent()
    check_margin(margin)
    own = own_contenders(contenders)
    splitter: Any = folds if makes_folds(folds) else None
    problem, field, decisions = read_problem(source, options, splitter, follow)
    if len(problem.splits) < 2:
        raise ContenderError("C03", "there is one fold", fix=["--folds 5"])
    metric, chosen = choose_metric(metric, problem)
    decisions = (*decisions, *chosen)
    follow.decided(decisions)
    reading = time.perf_counter() - started
    race = Race(problem, time_limit or LIMIT_SECONDS[problem.kind], follow)
    field = with_own(field, own)
    expected = reading + prepare(race, field, axes=axes)
    follow.forecast(expected, metric)
    with folder_for(source, out) as folder:
        raw, verdict, found_axes = run_race(race, field, metric, margin, axes=axes)
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
        expert={n: rounds[FEATURES] for n, rounds in reached.items() if FEATURES in rounds},
        finalists={side: found[name] for side, name in finalists.items()},
        network=verdict.network,
        classical=verdict.classical,
    )
    return measure_axes(measured)
