"""From data to a verdict, as a user asks for it."""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_predict

from tenfold import ReadOptions, compare
from tenfold.comparison.comparison import entry_of
from tenfold.comparison.comparison_page import render
from tenfold.comparison.race import run_classical
from tenfold.comparison.scoring import pooled_metrics
from tenfold.comparison.verdict import paired_difference
from tenfold.config import Decision, RunOptions
from tenfold.contest.contender import Contender
from tenfold.contest.problem import Problem
from tenfold.kinds.tables.table_contest import TableContest

KEPT: Final = {"baseline", "ridge regression", "logistic regression", "Tenfold"}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let three contenders compete: the guess, a linear model, Tenfold's network."""
    every = TableContest.contenders

    def quick(contest: TableContest) -> tuple[list[Contender], tuple[Decision, ...]]:
        found, left_out = every(contest)
        return [c for c in found if c.name in KEPT], left_out

    monkeypatch.setattr(TableContest, "contenders", quick)


def line(rows: int = 60, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 3)), columns=["a", "b", "c"])
    return frame.assign(y=frame.sum(axis=1) + 0.1 * rng.normal(size=rows))


class Broken(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    def fit(self, X: Any, y: Any) -> "Broken":
        raise RuntimeError("no such luck")

    def predict(self, X: Any) -> np.ndarray:
        raise NotImplementedError


@pytest.mark.slow
@pytest.mark.usefixtures("few")
def test_every_axis_is_measured_and_told() -> None:
    found = compare(line(200), folds=3, quality="fast", out=None)
    assert found.verdict.outcome == "no"
    assert set(found.axes) == {"data", "machine", "features", "time", "approach"}
    data = found.axes["data"]
    assert len(data["network"]["rows"]) == len(data["classical"]["mean"]) == 5
    assert data["network"]["rows"][0] == pytest.approx(200 * 2 / 3 / 16, abs=1)
    machine = found.axes["machine"]
    assert {"network", "classical"} == set(machine["one_fold"])
    assert all(row["peak_memory_bytes"] > 5e7 for row in machine["contenders"].values())
    assert machine["contenders"]["ridge regression"]["fits_4_gb_laptop"]
    assert {"ridge regression", "Tenfold"} == set(found.axes["features"]["contenders"])
    assert "StandardScaler" in str(found.axes["approach"]["contenders"]["ridge regression"])
    for axis in found.axes.values():
        assert axis["sentence"].endswith(".")


@pytest.mark.usefixtures("few")
def test_of_tiny_folds_rows_are_scored_together() -> None:
    """Ten folds of four rows: a mean over folds of R2 would be far below."""
    frame = line(40)
    found = compare(
        frame, contenders=[("mine", Ridge(0.5))], folds=10, axes=False, quality="fast", out=None
    )
    problem = found.problem
    said = cross_val_predict(Ridge(0.5), problem.X, problem.y, cv=list(found.splits))
    entries = {entry.name: entry for entry in found.entries}
    mine = entries["mine"]
    assert mine.mean("r2") == pytest.approx(r2_score(problem.y, said))
    assert mine.mean("r2") > np.mean(mine.per_fold["r2"])
    assert len(mine.per_fold["r2"]) == 10
    answers = found.to_dict()["contenders"]
    for contender in answers:
        again, entry = entry_of(contender), entries[contender["name"]]
        assert again.mean("r2") == pytest.approx(entry.mean("r2"))
        for metric in ("r2", "mae"):
            both = [
                paired_difference(one, other, metric, problem.test_share)
                for one, other in ((entry, mine), (again, entry_of(answers[0])))
            ]
            assert both[0] is not None
            assert entry.name == "mine" or math.isfinite(both[0].low)
    gain = paired_difference(entries["Tenfold"], mine, "r2", problem.test_share)
    assert gain is not None
    assert gain.mean == pytest.approx(entries["Tenfold"].mean("r2") - mine.mean("r2"))
    assert "Folds hold out fewer than ten rows" in render(found.to_dict(), "tiny")


def test_a_fold_without_some_class_has_scores_and_is_ranked_with_the_others() -> None:
    """The rare class has rows in two of four folds."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(80, 2)), np.arange(80) % 2
    y[[0, 1]] = 2
    splits = tuple(
        (np.setdiff1d(np.arange(80), test), test) for test in np.arange(80).reshape(20, 4).T
    )
    problem = Problem(
        kind="table",
        task="classification",
        X=pd.DataFrame(x, columns=["a", "b"]),
        y=y,
        splits=splits,
        options=RunOptions(),
        classes=("a", "b", "c"),
    )
    assert pooled_metrics(problem) == ("balanced_accuracy", "roc_auc")
    (*_, entry) = run_classical(
        Contender(name="mine", kind="classical", make=lambda _: LogisticRegression()),
        problem,
        None,
    )
    assert set(entry.pooled) >= {"balanced_accuracy", "roc_auc"}
    assert all(math.isfinite(entry.mean(name)) for name in entry.per_fold)
    assert entry.mean("accuracy") == pytest.approx(np.mean(entry.per_fold["accuracy"]))


@pytest.mark.usefixtures("few")
def test_a_contender_of_ones_own_joins_and_one_that_fails_is_a_row() -> None:
    found = compare(
        line(), contenders=[("mine", Ridge(0.5)), Broken()], folds=3, axes=False, out=None
    )
    rows = {entry.name: entry for entry in found.entries}
    assert rows["mine"].mean("r2") > 0.9
    assert rows["Broken"].error == "RuntimeError: no such luck"
    assert found.entries[-1].name == "Broken"
    assert found.verdict.sentence


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("seed", range(4))
def test_with_shuffled_labels_nobody_wins(seed: int) -> None:
    frame = line(150, seed)
    frame["y"] = np.random.default_rng(seed).permutation(frame["y"])
    found = compare(frame, quality="fast", axes=False, seed=seed, out=None)
    assert found.verdict.outcome == "no_difference"


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("seed", range(2))
def test_with_shuffled_classes_nobody_wins(seed: int) -> None:
    """Of fewer rows some leave open whether something much better than the guess hides."""
    frame = line(600, seed)
    up = frame.pop("y") > 0
    frame["class"] = np.random.default_rng(seed).permutation(np.where(up, "up", "down"))
    found = compare(frame, quality="fast", axes=False, seed=seed, out=None)
    assert found.verdict.outcome == "no_difference"


@pytest.mark.usefixtures("few")
def test_a_rare_class_is_compared_by_order_and_not_by_accuracy() -> None:
    frame = line(120)
    frame["y"] = np.where(frame["y"] > frame["y"].quantile(0.9), "rare", "common")
    found = compare(frame, folds=3, quality="fast", axes=False, out=None)
    assert found.verdict.metric == "roc_auc"
    why = next(d.why for d in found.decisions if d.change_with == "--metric")
    assert why == "one class has 90% of the rows, so always predicting it gives a high accuracy"


@pytest.mark.usefixtures("few")
def test_copies_of_a_row_stay_in_one_fold() -> None:
    frame = pd.concat([line(60), line(60)], ignore_index=True)
    found = compare(frame, folds=3, quality="fast", axes=False, out=None)
    for learn, test in found.splits:
        assert not set(learn % 60) & set(test % 60)
        assert len(learn) + len(test) == 120


@pytest.mark.usefixtures("few")
def test_the_same_seed_gives_the_same_scores() -> None:
    one, two = (
        compare(line(), folds=3, quality="fast", axes=False, seed=3, out=None) for _ in "12"
    )
    assert [e.per_fold for e in one.entries] == [e.per_fold for e in two.entries]


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of pictures of two classes: light and dark, and a file that is none."""
    home, rng = tmp_path_factory.mktemp("pets"), np.random.default_rng(0)
    for number in range(60):
        name, low = ("dark", 0) if number % 2 else ("light", 120)
        path = home / name / f"{number:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(rng.integers(low, low + 130, (40, 40, 3), dtype=np.uint8)).save(path)
    (home / "dark" / "broken.png").write_bytes(b"no image")
    return home


@pytest.mark.slow
def test_pictures_are_compared_too(pets: Path) -> None:
    """Networks read the files anew: their rows must be those of the classical models."""
    found = compare(
        pets,
        contenders=[],
        folds=3,
        quality="fast",
        reading=ReadOptions(max_bad=0.1),
        axes=False,
        out=None,
    )
    rows = {entry.name: entry for entry in found.entries}
    assert set(rows) == {
        "baseline",
        "colours + LightGBM",
        "HOG + linear SVM",
        "tutorial's network",
        "Tenfold, scratch",
        "Tenfold, pretrained",
    }
    assert {entry.error for entry in found.entries} == {None}
    assert {entry.folds for entry in found.entries} == {3}
    assert rows["colours + LightGBM"].mean("accuracy") > 0.95
    assert rows["Tenfold, pretrained"].mean("accuracy") > 0.9
    assert len(found.problem) == 60
