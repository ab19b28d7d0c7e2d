"""Every contender's score is that of scikit-learn's ``cross_validate``, to the last digit."""

from dataclasses import replace
from typing import Any, Final

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.datasets import make_classification
from sklearn.model_selection import cross_validate
from sklearn.svm import LinearSVC

from tenfold.comparison import networks
from tenfold.comparison.entry import Entry
from tenfold.comparison.networks import run_network
from tenfold.comparison.race import run_classical
from tenfold.comparison.scoring import scorers
from tenfold.contest.contender import Contender
from tenfold.contest.contest import Contest
from tenfold.evaluate.metrics import NAMED
from tests.engine_contests import contest_of
from tests.engine_tables import mixed_frame

KINDS: Final = ("regression", "two classes", "five classes")
ROWS: Final = 90


def problem_of(kind: str, rows: int = ROWS) -> Contest:
    frame = mixed_frame(kind, rows).drop(columns="weight", errors="ignore")
    return contest_of(frame, folds=3, target="y", weight_column=None)


def last(entries: Any) -> Entry:
    return list(entries)[-1]  # type: ignore[no-any-return]


def cross_validated(estimator: Any, problem: Contest) -> dict[str, np.ndarray]:
    names = scorers(problem.task, len(problem.classes))
    found = cross_validate(
        estimator, problem.X, problem.y, cv=problem.splits, scoring=list(names.values())
    )
    return {
        name: NAMED[name].direction * found[f"test_{scorer}"] for name, scorer in names.items()
    }


# Boosting of several classes takes the longest of all.
SLOW: Final = {("five classes", "CatBoost"), ("five classes", "XGBoost")}
CONTENDERS: Final = [
    pytest.param(
        kind,
        contender,
        id=f"{kind}-{contender.name}",
        marks=[pytest.mark.slow] if (kind, contender.name) in SLOW else [],
    )
    for kind in KINDS
    for contender in problem_of(kind, 40).contenders()[0]
    if contender.network is None
]


@pytest.mark.parametrize(("kind", "contender"), CONTENDERS)
def test_a_classical_models_scores_equal_cross_validate(
    kind: str, contender: Contender
) -> None:
    problem = problem_of(kind)
    found = last(run_classical(contender, problem, None))
    wanted = cross_validated(contender.estimator(problem), problem)
    assert found.folds == 3
    assert set(found.per_fold) == set(wanted)
    for name, scores in wanted.items():
        np.testing.assert_array_equal(found.per_fold[name], scores)


class Together(BaseEstimator):  # type: ignore[misc]
    """Trains all folds at once whenever it is fitted, and answers as the fold that it is."""

    def __init__(self, problem: Contest, network: str) -> None:
        self.problem = problem
        self.network = network

    def fit(self, X: pd.DataFrame, y: Any) -> "Together":
        own = sorted(X.index)
        fold = next(
            number
            for number, (learn, _) in enumerate(self.problem.splits)
            if own == sorted(self.problem.X.index[learn])
        )
        options = self.problem.options
        train = replace(options.train, network=self.network)
        named = replace(self.problem, options=replace(options, train=train))
        _, _, study, _ = networks._train(named, networks.Seen())
        answers = networks._by_fold(study, self.problem)[fold]
        rows = self.problem.X.index[self.problem.splits[fold][1]]
        self.said_ = dict(zip(rows, answers, strict=True))
        return self

    def answers(self, X: pd.DataFrame) -> np.ndarray:
        return np.array([self.said_[row] for row in X.index])


class TogetherRegressor(RegressorMixin, Together):  # type: ignore[misc]
    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return self.answers(X)[:, 0]


class TogetherClassifier(ClassifierMixin, Together):  # type: ignore[misc]
    @property
    def classes_(self) -> np.ndarray:
        return np.arange(len(self.problem.classes))

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return self.answers(X)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.answers(X).argmax(axis=1))


@pytest.mark.parametrize(
    ("kind", "network"),
    [("regression", "tutorial"), *((kind, "auto") for kind in KINDS)],
)
def test_a_networks_scores_equal_cross_validate(kind: str, network: str) -> None:
    """All folds train at once in the test too; compared is which rows are scored, and how."""
    problem = problem_of(kind, 60)
    contender = Contender(name="network", kind="deep", network=network)
    found = last(run_network(contender, problem, None, networks.Seen()))
    wrapped = TogetherRegressor if kind == "regression" else TogetherClassifier
    wanted = cross_validated(wrapped(problem, network), problem)
    for name, scores in wanted.items():
        np.testing.assert_array_equal(found.per_fold[name], scores)


def test_trees_give_the_same_bits_whatever_the_number_of_threads() -> None:
    problem = problem_of("five classes")
    trees = next(c for c in problem.contenders()[0] if c.name == "extra trees")
    found = last(run_classical(trees, problem, None))
    with joblib.parallel_config(backend="threading", n_jobs=1):
        wanted = cross_validated(trees.estimator(problem), problem)
    np.testing.assert_array_equal(found.per_fold["log_loss"], wanted["log_loss"])


def test_a_model_without_probabilities_has_no_score_that_needs_them() -> None:
    X, y = make_classification(90, 4, random_state=0)
    frame = pd.DataFrame(X).add_prefix("x").assign(y=np.where(y, "up", "down"))
    problem = contest_of(frame, folds=3)
    contender = Contender(name="svm", kind="classical", make=lambda _: LinearSVC())
    found = last(run_classical(contender, problem, None))
    assert np.isnan(found.per_fold["log_loss"]).all()
    assert np.isfinite(found.per_fold["roc_auc"]).all()
    assert found.mean("accuracy") > 0.5


def test_weights_reach_training_and_scores() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=60), "w": rng.uniform(0.1, 3, 60)})
    frame["y"] = frame["x"] + rng.normal(size=60)
    problem = contest_of(frame, folds=3, target="y", weight_column="w")
    linear = next(c for c in problem.contenders()[0] if c.name == "ridge regression")
    weighted = last(run_classical(linear, problem, None))
    plain = last(run_classical(linear, replace(problem, weights=None), None))
    assert weighted.per_fold["r2"] != plain.per_fold["r2"]
