"""What users of scikit-learn, AutoGluon and fastai expect of a run and of the estimators."""

import logging
import re
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, r2_score

import tenfold
from tenfold import (
    Callback,
    ImageClassifier,
    Run,
    TabularClassifier,
    TabularRegressor,
    TenfoldError,
    TrainOptions,
)
from tenfold.errors import AuditError, PredictError, SchemaError, UsageError

FEW: Final[dict[str, Any]] = {
    "folds": 3,
    "quality": "fast",
    "training": TrainOptions(epochs=3),
    "out": None,
}


def houses(rows: int = 90, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    area = rng.uniform(20, 200, rows)
    town = rng.choice(["Ulm", "Bonn"], rows)
    price = 3 * area + 40 * (town == "Bonn") + rng.normal(0, 5, rows)
    return pd.DataFrame({"area": area, "town": town, "price": price})


@pytest.fixture(scope="module")
def values() -> Run:
    return tenfold.train(houses(), "price", **FEW)


@pytest.fixture(scope="module")
def classes() -> Run:
    return tenfold.train(houses().drop(columns="price"), "town", **FEW)


class Notes(Callback):
    """Notes what it is told, and ends training after two epochs."""

    def __init__(self) -> None:
        self.decisions, self.epochs = 0, 0

    def decided(self, decisions: Any) -> None:
        self.decisions += len(decisions)

    def epoch(self, done: int, most: int) -> None:
        self.epochs = done

    def stop_reason(self) -> str | None:
        return "two epochs" if self.epochs >= 2 else None


def test_a_run_shows_its_data_network_and_score_beside_the_baseline(values: Run) -> None:
    score = r"RMSE [\d.]+ ± [\d.]+, baseline [\d.]+"
    line = rf"Run\(regression of 'price', 90 rows, network auto, 3 folds: {score}\)"
    assert re.fullmatch(line, repr(values))


def test_the_summary_is_what_the_command_prints(values: Run) -> None:
    lines = values.summary().splitlines()
    assert lines[0].startswith("3 folds, 90 rows")
    assert any("RMSE" in line for line in lines)


def test_results_are_the_metrics_with_their_types(values: Run, classes: Run) -> None:
    for run in (values, classes):
        assert run.results.to_dict() == run.metrics
        assert run.results.folds == run.metrics["folds"] == 3


def test_score_is_that_of_scikit_learn(values: Run, classes: Run) -> None:
    new = houses(60, seed=1)
    said = values.predict(new)["prediction"]
    assert values.score(new) == pytest.approx(r2_score(new["price"], said))
    said = classes.predict(new)["prediction"]
    assert classes.score(new) == pytest.approx(accuracy_score(new["town"], said))


def test_probabilities_have_a_column_for_each_class(classes: Run) -> None:
    new = houses(10, seed=1).set_index(np.arange(100, 110))
    found = classes.predict_proba(new)
    assert found.columns.tolist() == ["Bonn", "Ulm"]
    assert found.index.tolist() == list(range(100, 110))
    assert np.allclose(found.sum(axis=1), 1)
    assert (found.idxmax(axis=1) == classes.predict(new)["prediction"]).all()


def test_an_interval_has_its_two_ends(values: Run) -> None:
    new = houses(10, seed=1)
    narrow, wide = values.predict_interval(new, 0.5), values.predict_interval(new, 0.9)
    assert wide.columns.tolist() == ["low", "high"]
    assert ((wide["high"] - wide["low"]) >= (narrow["high"] - narrow["low"])).all()
    assert wide.equals(values.predict(new)[["low", "high"]])


def test_what_a_run_does_not_predict_is_refused(values: Run, classes: Run) -> None:
    with pytest.raises(PredictError, match="P09"):
        values.predict_proba(houses())
    with pytest.raises(PredictError, match="P09"):
        classes.predict_interval(houses())


def test_target_is_the_second_argument(values: Run) -> None:
    assert values.results.target == "price"
    assert tenfold.audit(houses(), "town").rows == 90


def test_a_callback_follows_training_and_ends_it() -> None:
    notes = Notes()
    run = tenfold.train(
        houses(), "price", **FEW | {"training": TrainOptions(epochs=50), "callbacks": [notes]}
    )
    assert notes.epochs == run.metrics["epochs"] == 3  # the one that it began meanwhile
    assert notes.decisions == len(run.metrics["decisions"])


def test_what_is_no_callback_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UsageError, match=r"a callback must be a tenfold\.Callback, 'mlflow'"):
        tenfold.train("no such file", callbacks=[print])  # type: ignore[list-item]


def test_decisions_go_to_the_log_and_nothing_to_the_screen(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, logger="tenfold"):
        run = tenfold.train(houses(), "price", **FEW)
    logged = [record.getMessage() for record in caplog.records if record.name == "tenfold"]
    assert all(
        any(line.startswith(one["what"]) for line in logged) for one in run.metrics["decisions"]
    )
    assert capfd.readouterr() == ("", "")
    assert any(
        isinstance(h, logging.NullHandler) for h in logging.getLogger("tenfold").handlers
    )


def test_a_warning_goes_to_the_log_too(values: Run, caplog: pytest.LogCaptureFixture) -> None:
    odd = houses(5).assign(area=9e9)
    with (
        pytest.warns(UserWarning, match="area") as warned,
        caplog.at_level("WARNING", logger="tenfold"),
    ):
        values.predict(odd, schema="warn")
    assert [str(one.message) for one in warned] == [r.getMessage() for r in caplog.records]


def test_verbose_prints_decisions_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    tenfold.train(houses(), "price", **FEW, verbose=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "with the option that changes each" in err


def test_an_estimator_scores_test_rows_that_no_choice_touched() -> None:
    frame, new = houses(), houses(60, seed=1)
    model = TabularRegressor(folds=3, quality="fast", epochs=3)
    model.fit(
        frame[["area", "town"]], frame["price"], test=(new[["area", "town"]], new["price"])
    )
    said = model.predict(new[["area", "town"]])
    assert model.test_scores_["r2"].value == pytest.approx(r2_score(new["price"], said))
    alone = TabularRegressor(folds=3, quality="fast", epochs=3)
    alone.fit(frame[["area", "town"]], frame["price"])
    assert alone.test_scores_ == {}
    assert np.array_equal(alone.predict(new[["area", "town"]]), said)


def test_test_rows_of_a_classifier_hold_classes_that_it_learnt() -> None:
    frame, new = houses(), houses(60, seed=1)
    model = TabularClassifier(folds=3, quality="fast", epochs=3)
    model.fit(
        frame[["area", "price"]], frame["town"], test=(new[["area", "price"]], new["town"])
    )
    said = model.predict(new[["area", "price"]])
    assert model.test_scores_["accuracy"].value == pytest.approx(np.mean(said == new["town"]))
    with pytest.raises(PredictError, match="hold the class 'Rom'"):
        model.fit(
            frame[["area", "price"]],
            frame["town"],
            test=(new[["area", "price"]], new["town"].replace("Ulm", "Rom")),
        )


def test_pictures_are_scored_on_test_pictures_too() -> None:
    rng = np.random.default_rng(0)
    night, day = rng.integers([[0], [150]], [[90], [240]], (2, 12 * 16 * 16))
    X = np.stack([night, day]).reshape(24, 16, 16).astype(np.uint8)
    y, notes = np.repeat(["night", "day"], 12), Notes()
    model = ImageClassifier(
        folds=2, network="tutorial", epochs=5, img_size=16, callbacks=notes
    ).fit(X, y, test=(X[::3], y[::3]))
    assert notes.epochs == 3
    said = np.mean(model.predict(X[::3]) == y[::3])
    assert model.test_scores_["accuracy"].value == pytest.approx(said)


def test_an_estimator_learns_from_the_past() -> None:
    frame = houses(120).assign(day=pd.date_range("2024-01-01", periods=120))
    model = TabularRegressor(folds=3, quality="fast", epochs=2, time_column="day")
    model.fit(frame.drop(columns="price"), frame["price"])
    known = np.isfinite(model.out_of_fold_)
    assert not known[:20].any()
    assert known[-30:].all()


def test_an_estimator_takes_kinds_and_names_the_column_that_is_missing() -> None:
    frame = houses().assign(zone=np.arange(90) % 4)
    options: dict[str, Any] = {"folds": 3, "quality": "fast", "epochs": 2}
    for kind in ("category", "number"):
        model = TabularRegressor(**options, kinds={"zone": kind})
        model.fit(frame.drop(columns="price"), frame["price"])
        columns = {one.name: one.kind for one in model.model_.schema.columns}
        assert columns["zone"] == kind
    with pytest.raises(SchemaError):
        TabularRegressor(**options, kinds={"zip": "number"}).fit(
            frame[["area"]], frame["price"]
        )


def test_an_estimator_looks_for_leaks_if_it_is_asked_to() -> None:
    frame = houses().assign(cents=lambda table: 100 * table["price"])
    options: dict[str, Any] = {"folds": 3, "quality": "fast", "epochs": 2}
    X, y = frame.drop(columns="price"), frame["price"]
    with pytest.raises(AuditError, match="A01"):
        TabularRegressor(**options, audit="stop").fit(X, y)
    warned = TabularRegressor(**options, audit="warn").fit(X, y)
    assert any(one.what.startswith("A01") for one in warned.decisions_)
    assert not any(
        one.what.startswith("A01") for one in TabularRegressor(**options).fit(X, y).decisions_
    )


def test_an_estimator_is_followed_and_says_what_it_decides_if_asked(
    capfd: pytest.CaptureFixture[str],
) -> None:
    frame, notes = houses(), Notes()
    model = TabularRegressor(folds=3, quality="fast", epochs=50, callbacks=notes, verbose=True)
    model.fit(frame[["area"]], frame["price"])
    assert notes.epochs == 3
    assert "with the option that changes each" in capfd.readouterr().err
    TabularRegressor(folds=3, quality="fast", epochs=2).fit(frame[["area"]], frame["price"])
    assert capfd.readouterr() == ("", "")
    with pytest.raises(TenfoldError, match="callbacks name mlflow"):
        TabularRegressor(callbacks="mlflow").fit(frame[["area"]], frame["price"])
