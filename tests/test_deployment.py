"""What answers new rows is what was scored: the mean of folds that are alike, or a refit."""

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold, TimeSeriesSplit

from tenfold import (
    ImageClassifier,
    SplitOptions,
    TabularClassifier,
    TabularRegressor,
    TrainOptions,
    train,
)
from tenfold.kinds.tables.explain.table_explanation import TableExplanation
from tenfold.loading import load
from tenfold.report.summary_text import score_lines
from tenfold.run import Run
from tests.engine_tables import NETWORKS, linear_module, normed_module

PAST, NEXT = 480, 48


def trending(rows: int = PAST + NEXT, *, slope: float = 10.0) -> pd.DataFrame:
    """Return rows in time whose target grows with a column that grows."""
    rng = np.random.default_rng(0)
    day = np.arange(rows)
    season = np.sin(2 * np.pi * day / 60)
    size = day / rows + 0.02 * rng.normal(size=rows)
    y = slope * size + season + 0.1 * rng.normal(size=rows)
    return pd.DataFrame({"day": day, "size": size, "season": season, "y": y})


@lru_cache
def run_of(slope: float, folds: int = 10) -> Run:
    frame = trending(slope=slope)[:PAST]
    return train(
        frame, target="y", time_column="day", folds=folds, quality="fast", audit="off", out=None
    )


def error_of(run: Run, rows: pd.DataFrame) -> float:
    off = run.predict(rows)["prediction"].to_numpy() - rows["y"].to_numpy()
    return float(np.sqrt(np.mean(off**2)))


@pytest.mark.parametrize("slope", [0.0, 10.0])
def test_the_score_in_time_is_met_on_the_next_stretch(slope: float) -> None:
    """The mean of all folds, most of which never saw a recent row, would be far off."""
    run, new = run_of(slope), trending(slope=slope)[PAST:]
    said = run.results.scores["rmse"]
    assert said.low <= error_of(run, new) <= said.high
    answers = run.predict(new)
    held = (answers["low"] <= new["y"]) & (new["y"] <= answers["high"])
    assert held.mean() > 0.8
    if slope:
        folds = run.model.of_folds
        mean = replace(run.model, network=folds.network, target=folds.target, folds=10)
        off = mean.answers(new)[:, 0] - new["y"].to_numpy()
        assert np.sqrt(np.mean(off**2)) > 5 * error_of(run, new)


def test_the_networks_of_a_refit_learn_from_all_rows_and_validate_on_the_newest() -> None:
    run = run_of(10.0)
    study, stack = run.study, run.study.fits.stack
    last = np.flatnonzero(stack.fold_F == 10)
    members = [stack.members[f][1] for f in last]
    assert members == list(range(len(members)))
    validation = stack.validation_FN[last[0]]
    assert study.rows.times[validation].min() > study.rows.times[stack.learn_FN[last[0]]].max()
    assert stack.learn_FN[last[1:]].all()
    assert not stack.validation_FN[last[1:]].any()
    # The member that does without the newest rows does not answer.
    assert stack.silent == 1
    assert len(run.model.target.mean_F) == len(last) - 1
    assert run.model.folds == 1
    assert len(run.model.of_folds.target.mean_F) == 10 * (len(last) - 1)


@pytest.mark.parametrize("make", [linear_module, normed_module, "tutorial", "auto"])
def test_every_network_has_a_refit_that_is_saved_and_exported(
    make: object, tmp_path: Path
) -> None:
    frame = trending()
    run = train(
        frame[:PAST],
        target="y",
        time_column="day",
        folds=3,
        network=make,
        training=TrainOptions(epochs=4),
        out=tmp_path,
    )
    own = None if isinstance(make, str) else make
    assert run.folder is not None
    again = load(run.folder, network=own)
    assert again.predict(frame[PAST:]).equals(run.predict(frame[PAST:]))
    assert again.model.of_folds.folds == 3
    assert again.model.folds == 1
    metrics = json.loads((run.folder / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["refit"], metrics["scored_folds"], metrics["stretch"]) == (True, 2, 120)
    assert run.export().equality.difference < 1e-5
    explained = again.explain(data=frame[:PAST])
    assert isinstance(explained, TableExplanation)
    assert {one.column for one in explained.importance} == {"season", "size"}


@pytest.mark.parametrize("timed", [False, True])
def test_where_folds_learn_from_a_window_the_newest_window_answers(timed: bool) -> None:
    """The world turns round after 400 rows; folds of 100 rows know it, all rows do not."""
    rng = np.random.default_rng(2)
    X = pd.DataFrame(rng.normal(size=(800, 3)), columns=list("abc"))
    turned = np.where(np.arange(800) < 400, 3, -3)
    rows = X.assign(y=turned * X["a"] + rng.normal(size=800) * 0.2, at=np.arange(800))
    if not timed:
        rows = rows.drop(columns="at")
    run = train(
        rows[:600],
        target="y",
        folds=TimeSeriesSplit(10, max_train_size=100, test_size=50),
        time_column="at" if timed else None,
        quality="fast",
        out=None,
    )
    assert error_of(run, rows[600:]) < 0.6
    assert run.results.window == 100
    last = run.study.fits.stack.learn_FN[-1]
    assert sorted(run.study.rows.rows[last]) == list(range(500, 600))
    assert "the newest 100 rows" in " ".join(score_lines(run.results))
    assert "the newest 100 rows" in " ".join(one.what for one in run.results.decisions)


def test_a_splitter_in_time_has_a_refit_and_one_of_equal_parts_has_none() -> None:
    frame = trending()[:PAST].drop(columns="day")
    X, y = frame.drop(columns="y"), frame["y"]
    for splitter, folds in ((TimeSeriesSplit(4), 1), (KFold(4), 4)):
        model = TabularRegressor(folds=splitter, quality="fast", epochs=3).fit(X, y)
        assert model.model_.folds == folds
        assert model.fold_scores_["rmse"].shape == (4,)
        said = [d.what for d in model.decisions_ if d.change_with == "--no-refit"]
        assert len(said) == (folds == 1)
    classes = TabularClassifier(folds=TimeSeriesSplit(4), quality="fast", epochs=3)
    classes.fit(X, np.where(frame["season"] > 0, "up", "down"))
    assert classes.model_.folds == 1
    assert classes.score(X, np.where(frame["season"] > 0, "up", "down")) > 0.9


def test_pictures_in_time_have_a_refit_too() -> None:
    rng = np.random.default_rng(0)
    pictures = (
        rng.integers(0, 60, (40, 12, 12, 3)) + 120 * (np.arange(40) % 2)[:, None, None, None]
    )
    names = np.where(np.arange(40) % 2, "day", "night")
    model = ImageClassifier(folds=TimeSeriesSplit(3), network="scratch", img_size=32, epochs=1)
    model.fit(pictures.astype(np.uint8), names)
    assert model.model_.folds == 1
    assert model.fold_scores_["accuracy"].shape == (3,)


def test_it_is_said_whose_scores_are_printed() -> None:
    lines = list(score_lines(run_of(10.0).results))
    assert lines[0] == (
        "10 folds, 480 rows, 215 of them each predicted by a network of an earlier period "
        "that was not trained on it"
    )
    assert (
        "These are scores of the last 5 folds. New rows are predicted by networks trained on "
        "all rows in the same way."
    ) in lines
    assert (
        "The interval is the range in which the score on the next 43 rows in time is expected."
    ) in lines
    held = [line for line in lines if line.startswith("90 % intervals made from earlier folds")]
    assert len(held) == 1
    alike = train(
        trending().drop(columns="day"),
        target="y",
        folds=3,
        training=TrainOptions(epochs=2),
        out=None,
        audit="off",
    )
    lines = list(score_lines(alike.results))
    assert (
        "These are scores of single folds. New rows are predicted by the mean of all 3, "
        "which is usually slightly more accurate."
    ) in lines
    (line,) = [line for line in lines if line.startswith("90 % intervals covered")]
    assert line.endswith(
        "; measured on single folds, and slightly narrower for the mean of all folds"
    )


def test_without_a_refit_the_mean_of_all_folds_answers() -> None:
    run = train(
        trending(),
        target="y",
        time_column="day",
        folds=4,
        training=TrainOptions(epochs=2),
        out=None,
        splitting=SplitOptions(refit=False),
    )
    assert (
        "These are scores of the last 2 folds. New rows are predicted by the mean of all 4 "
        "folds, most of which were not trained on recent rows."
    ) in list(score_lines(run.results))
    assert run.study.model.folds == 4
    assert run.study.model.scored is None


def test_intervals_of_predictions_in_time_are_those_of_their_time() -> None:
    """The first fold that counts has no past that does; the ones before it do not count."""
    run = run_of(10.0)
    ends, splits = run.study.ends(), run.study.splits
    known = np.isfinite(ends).all(axis=1)[np.argsort(run.study.place)]
    for fold, held_out in enumerate(splits.held_out):
        assert known[held_out].all() if fold > 5 else not known[held_out].any()
    assert len(run.metrics["coverage"]["measured"]["per_fold"]) == 5


def test_all_networks_are_tried_above() -> None:
    assert set(NETWORKS) == {"auto", "tutorial", "own", "own in turns"}
