"""A run as text: numbers of a sensible length, the tutorial's line, an honest verdict."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold.config import Decision
from tenfold.evaluate import scores
from tenfold.report import summary_text as report
from tenfold.report.summary import FORMAT, Results
from tenfold.report.summary_text import decision_lines, number, score_lines, verdict
from tests.engine_options import asked


def table() -> pd.DataFrame:
    x, noise = np.random.default_rng(3).normal(size=(2, 60))
    return pd.DataFrame({"x": x, "y": 100 + 30 * x + noise, "kind": np.where(x > 0, "a", "b")})


def summary_of(target: str, **options: object) -> Results:
    run = tenfold.train(
        table(), **asked(target=target, folds=3, epochs=2, quality="fast", out=None, **options)
    )
    return run.results


@pytest.fixture(scope="module")
def values() -> Results:
    return summary_of("y", test_size=0.2)


@pytest.fixture(scope="module")
def classes() -> Results:
    return summary_of("kind")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0, "0"),
        (1.0, "1.000"),
        (26.304, "26.30"),
        (-26.304, "-26.30"),
        (0.8999999, "0.9000"),
        (0.045678, "0.04568"),
        (0.00123456, "0.001235"),
        (0.000123456, "0.0001235"),
        (0.0000123456, "1.235e-05"),
        (0.0, "0"),
        (9.9999, "10.00"),
        (99.9999, "100.0"),
        (999.96, "1,000"),
        (1000.4, "1,000"),
        (48123.4, "48,123"),
        (-1234567.8, "-1,234,568"),
        (1e15, "1,000,000,000,000,000"),
        (math.nan, "-"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
    ],
)
def test_a_number_is_printed_with_four_digits_that_count(value: float, text: str) -> None:
    assert number(value) == text


def test_the_tutorials_line_comes_first_in_its_own_form() -> None:
    """The tutorial prints: Baseline: 26.30 (18.90) MSE, its deviation with divisor folds."""
    summary = summary_of("y", network="tutorial")
    mse = summary.scores["mse"]
    known = replace(
        summary, scores={**summary.scores, "mse": replace(mse, mean=26.3, std=18.9)}
    )
    assert list(score_lines(known))[:2] == ["Baseline: 26.30 (18.90) MSE", ""]
    first = next(score_lines(summary))
    assert re.fullmatch(r"Baseline: \d+\.\d\d \(\d+\.\d\d\) MSE", first)
    assert first == f"Baseline: {np.mean(mse.per_fold):.2f} ({np.std(mse.per_fold):.2f}) MSE"


def test_other_networks_do_not_print_the_tutorials_line(values: Results) -> None:
    assert not any("Baseline" in line for line in score_lines(values))


def test_every_score_stands_with_its_interval_and_the_constant_guess(values: Results) -> None:
    first, *lines = score_lines(values)
    assert first == "3 folds, 48 rows, each predicted by a network that was not trained on it"
    for name, score, line in zip(values.scores, values.scores.values(), lines, strict=False):
        assert line == (
            f"  {name.upper():<4}  {number(score.mean)} (sd {number(score.std)})  95 % "
            f"interval [{number(score.low)}, {number(score.high)}]  baseline "
            f"{number(values.baseline[name])}"
        )
    assert lines[5] == "12 test rows, used only for this score"
    assert lines[6:10] == list(report.test_lines(values.test))
    assert lines[10:] == [*report.coverage_lines(values), verdict(values)]


def test_rows_that_no_fold_tests_are_not_counted_as_tested(values: Results) -> None:
    first = next(score_lines(replace(values, tested=45)))
    assert first == (
        "3 folds, 48 rows, 45 of them each predicted by a network that was not trained on it"
    )


def test_every_score_of_classes_has_a_name_and_one_column(classes: Results) -> None:
    lines = list(score_lines(classes))[1:6]
    names = ["accuracy", "balanced accuracy", "log-loss", "ROC AUC", "Brier score"]
    assert [line[:19].strip() for line in lines] == names


def test_the_verdict_goes_by_the_difference_that_was_shown(values: Results) -> None:
    sure = replace(values, gain=replace(values.gain, low=0.1))
    unsure = replace(values, gain=replace(values.gain, low=0.0))
    assert verdict(sure) == "The network beats the baseline (RMSE)."
    score, guess = values.scores["rmse"].mean, values.baseline["rmse"]
    assert verdict(unsure) == (
        f"The network does not significantly beat the baseline (RMSE {number(score)} against "
        f"{number(guess)}): do not rely on it."
    )
    nothing = replace(values, gain=replace(values.gain, low=math.nan))
    assert verdict(nothing) == verdict(unsure)


def test_a_network_that_is_right_more_often_is_not_called_useless(classes: Results) -> None:
    """Few rows show that 37 of 40 are right sooner than that probabilities are good."""
    unsure = replace(classes, gain=replace(classes.gain, low=-0.1))
    guess = classes.baseline["accuracy"]
    often = replace(classes.scores["accuracy"], mean=guess + 0.4, low=guess + 0.2)
    right = replace(unsure, scores={**classes.scores, "accuracy": often})
    assert verdict(right).startswith("The network is right significantly more often")
    assert verdict(right).endswith("rely on the class alone.")
    seldom = replace(classes.scores["accuracy"], mean=guess + 0.2, low=guess + 0.05)
    as_often = replace(unsure, scores={**classes.scores, "accuracy": seldom})
    assert verdict(as_often).endswith("do not rely on it.")


def test_a_score_that_does_not_exist_is_a_dash() -> None:
    score = scores.TestScore(value=math.nan, low=math.nan, high=math.nan)
    assert list(report.test_lines({"roc_auc": score})) == ["  ROC AUC  -  95 % interval [-, -]"]


def test_a_decision_is_a_line_with_reason_and_cure() -> None:
    decision = Decision(what="5 folds", why="few rows", change_with="--folds")
    silent = Decision(what="5 folds", why="", change_with="--folds")
    assert list(decision_lines([decision, silent])) == [
        "  5 folds (few rows); --folds",
        "  5 folds; --folds",
    ]


def test_a_summary_is_json_without_numbers_that_do_not_exist(
    values: Results, classes: Results
) -> None:
    odd = replace(classes, baseline={"roc_auc": math.nan, "brier": math.inf})
    found = odd.to_dict()
    assert found["baseline"] == {"roc_auc": None, "brier": None}
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["format"], found["classes"], found["test"]) == (FORMAT, ["a", "b"], None)
    assert "test_rows" not in found
    found = values.to_dict()
    assert "classes" not in found
    assert found["test"]["rows"] == 12
    assert set(found["test"]["scores"]["mse"]) == {"value", "low", "high"}


def test_the_summary_of_a_run_counts_what_was_there(values: Results, classes: Results) -> None:
    assert (values.rows, values.test_rows, values.columns, values.folds) == (48, 12, 2, 3)
    assert (classes.rows, classes.test_rows, classes.task) == (60, 0, "classification")
    assert values.parameters > 0
    assert values.peak_memory_bytes > 10**7
    assert 0 < values.seconds["train"] < values.seconds["total"]
