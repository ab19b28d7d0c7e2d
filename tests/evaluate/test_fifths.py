"""The fifth of the predictions whose intervals hold least is named, without false alarms."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold.evaluate.coverage import promise_intervals
from tenfold.evaluate.fifths import LEAST_ROWS, PARTS, by_fifths, worst_of
from tenfold.report.summary import coverage_of
from tenfold.report.summary_text import coverage_lines
from tests.engine_rows import encoded, in_turn

ROWS = 600


def test_the_fifth_that_holds_least_is_found() -> None:
    answers = np.random.default_rng(0).permutation(ROWS).astype(float)
    # Of the rows from 240 to 359, every fourth is missed; of all others, none.
    missed = (answers >= 240) & (answers < 360) & (answers % 4 == 0)
    parts = by_fifths(answers, ~missed)
    assert [part.rows for part in parts] == [120] * PARTS
    worst = worst_of(parts)
    assert (worst.smallest, worst.largest, worst.held.value) == (240.0, 359.0, 0.75)
    assert worst.held.low < 0.75 < worst.held.high < 0.9
    assert worst.falls_short(0.9)
    assert not any(part.falls_short(0.9) for part in parts if part is not worst)


def test_few_rows_have_no_fifths() -> None:
    few = PARTS * LEAST_ROWS - 1
    assert by_fifths(np.arange(few), np.zeros(few, dtype=bool)) == ()
    assert len(by_fifths(np.arange(few + 1), np.zeros(few + 1, dtype=bool))) == PARTS


def test_rows_of_one_prediction_are_not_parted() -> None:
    assert by_fifths(np.zeros(ROWS), np.ones(ROWS, dtype=bool)) == ()
    halves = by_fifths(np.arange(ROWS) // 300, np.arange(ROWS) % 10 > 0)
    assert [(part.rows, part.smallest, part.largest) for part in halves] == [
        (300, 0.0, 0.0),
        (300, 1.0, 1.0),
    ]


@pytest.mark.parametrize("count", [250, 2_000])
def test_intervals_that_hold_what_they_promise_raise_no_alarm(count: int) -> None:
    alarms = 0
    for seed in range(400):
        held = np.random.default_rng(seed).uniform(size=count) < 0.9
        alarms += worst_of(by_fifths(np.arange(count), held)).falls_short(0.9)
    assert alarms <= 0.05 * 400 + 9  # two standard errors more than promised


def test_fifths_of_a_study_share_out_its_coverage() -> None:
    generator = np.random.default_rng(1)
    answers = generator.uniform(1, 10, ROWS)
    target = answers + generator.normal(size=ROWS)
    promise = promise_intervals(encoded(target), in_turn(ROWS, 5), answers)
    assert promise is not None
    coverage = promise.coverage
    held = sum(part.rows * part.held.value for part in coverage.fifths) / ROWS
    assert held == pytest.approx(coverage.measured.mean)
    assert coverage_of(json.loads(json.dumps(asdict(coverage)))) == coverage
    older = asdict(coverage)
    del older["fifths"]  # a run of an older version
    assert coverage_of(older) == replace(coverage, fifths=())


def test_the_worst_fifth_is_printed_and_reported(tmp_path: Path) -> None:
    generator = np.random.default_rng(2)
    x = generator.uniform(size=300)
    table = pd.DataFrame({"x": x, "y": np.exp(2 * x + generator.normal(size=300) / 4)})
    training = tenfold.TrainOptions(quality="fast", epochs=2)
    run = tenfold.train(
        table, target="y", folds=3, training=training, audit="off", out=tmp_path, verbose=False
    )
    (line,) = (one for one in coverage_lines(run.results) if one.startswith("Coverage is"))
    found = min(run.metrics["coverage"]["fifths"], key=lambda part: part["held"]["value"])
    assert found["rows"] == 60
    assert f": {100 * found['held']['value']:.1f} % of 60 rows (95 % interval [" in line
    (folder,) = tmp_path.iterdir()
    for page in ("report.html", "model_card.md"):
        assert "Coverage is lowest for predictions from" in (folder / page).read_text()


def test_only_a_shortfall_beyond_chance_is_called_one() -> None:
    generator = np.random.default_rng(3)
    x = generator.uniform(size=300)
    table = pd.DataFrame({"x": x, "y": x + generator.normal(size=300)})
    training = tenfold.TrainOptions(quality="fast", epochs=2)
    run = tenfold.train(
        table, target="y", folds=3, training=training, audit="off", out=None, verbose=False
    )
    results = run.results
    assert results.coverage is not None
    worst = worst_of(results.coverage.fifths)
    bad = replace(worst, held=replace(worst.held, value=0.5))
    for part, alarm in ((worst, worst.falls_short(0.9)), (bad, True)):
        told = replace(results, coverage=replace(results.coverage, fifths=(part,)))
        line = next(one for one in coverage_lines(told) if one.startswith("Coverage is"))
        assert line.endswith("; that is significantly below 90 %") == alarm
