"""One sentence, four outcomes, and no winner of a noisy race."""

import math
import re
from dataclasses import replace
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenfold.comparison.entry import Entry
from tenfold.comparison.verdict import (
    Difference,
    Verdict,
    _Race,
    format_value,
    judge,
    margin_of,
    paired_difference,
)
from tenfold.evaluate.scores import fold_interval

SHARE: Final = 1 / 9
STEADY: Final = np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, 0.0, 0.0])


def entry(kind: str, scores: np.ndarray, seconds: float = 1.0, metric: str = "r2") -> Entry:
    names = {"deep": "Network", "classical": "Boosting", "constant": "guess"}
    return Entry(
        name=names[kind],
        kind=kind,
        per_fold={metric: tuple(scores.tolist())},
        train_seconds=seconds,
        folds=len(scores),
    )


def race(
    network: float,
    classical: float,
    *,
    noise: float = 0.001,
    seconds: tuple[float, float] = (40.0, 1.0),
    guess: float = 0.0,
) -> Verdict:
    """Judge two contenders whose difference varies over folds by ``noise``."""
    entries = (
        entry("deep", network + noise * STEADY, seconds[0]),
        entry("classical", classical + 0 * STEADY, seconds[1]),
        entry("constant", guess + 0 * STEADY),
    )
    return judge(entries, "r2", SHARE)


def test_a_network_that_is_shown_to_be_better_by_the_margin_is_worth_it() -> None:
    found = race(0.90, 0.85)
    assert found.outcome == "yes"
    assert found.sentence.startswith("Yes: Network predicts better than Boosting (R2 0.900")
    assert found.sentence.endswith("at 40 times the training time.")


def test_a_classical_model_that_is_shown_to_be_better_says_no() -> None:
    found = race(0.85, 0.90)
    assert found.outcome == "no"
    assert "Boosting predicts better than Network (R2 0.900 against 0.850" in found.sentence
    assert found.sentence.endswith("for 1/40 of the training time.")


def test_equal_scores_at_a_higher_cost_say_no_with_the_price() -> None:
    found = race(0.841, 0.846, noise=0.003)
    assert found.outcome == "no"
    assert found.sentence.startswith(
        "No: Boosting is as good (R2 0.846 against 0.841, difference 0.005, 95 % interval "
    )
    assert found.sentence.endswith(" for 1/40 of the training time.")


def test_equal_scores_at_a_like_cost_are_no_difference_worth_having() -> None:
    found = race(0.845, 0.846, seconds=(1.5, 1.0))
    assert found.outcome == "no_difference"
    assert found.sentence.startswith("No relevant difference: Network is as good as")


def test_an_interval_that_holds_a_gain_and_a_loss_is_too_little_data() -> None:
    found = race(0.86, 0.84, noise=0.1)
    assert found.outcome == "too_little_data"
    assert "Too little data to tell whether Network or Boosting is better" in found.sentence


def test_a_difference_that_is_shown_but_below_the_margin_is_none() -> None:
    found = race(0.855, 0.850, noise=0.0005)
    assert found.difference is not None
    assert found.difference.low > 0
    assert found.outcome == "no"
    assert "Boosting is as good" in found.sentence


# Every place of an interval beside -0.02, 0 and 0.02, which is the margin: its low end, its
# mean, its high end, how many times as long the network trains, the outcome, and the sentence.
DEAR, CHEAP = 40.0, 1.0
PLACES: Final[list[tuple[float, float, float, float, str, str]]] = [
    (
        *(0.03, 0.04, 0.05),
        DEAR,
        "yes",
        "Yes: N predicts better than C (IN FAVOUR OF N), at 40 times the training time.",
    ),
    (
        *(0.01, 0.03, 0.05),
        DEAR,
        "yes",
        (
            "Yes: N predicts better than C (IN FAVOUR OF N), and more likely than not by at "
            "least 0.020, at 40 times the training time."
        ),
    ),
    (
        *(0.01, 0.015, 0.03),
        DEAR,
        "too_little_data",
        (
            "Too little data to tell whether it is worth it: N predicts better than C (IN "
            "FAVOUR OF N); whether by at least 0.020 is uncertain."
        ),
    ),
    (
        *(0.005, 0.01, 0.015),
        DEAR,
        "no",
        (
            "No: C is as good to within 0.020 (IN FAVOUR OF C) for 1/40 of the training "
            "time; N predicts better, but by less than this margin."
        ),
    ),
    (
        *(0.005, 0.01, 0.015),
        CHEAP,
        "no_difference",
        (
            "No relevant difference: N is as good as C to within 0.020 (IN FAVOUR OF N), at "
            "the same training time; N predicts better, but by less than this margin."
        ),
    ),
    (
        *(-0.01, 0.02, 0.05),
        DEAR,
        "too_little_data",
        (
            "Too little data to tell whether N or C is better (IN FAVOUR OF N; a difference "
            "below 0.020 would not matter)."
        ),
    ),
    (
        *(-0.05, 0.01, 0.05),
        CHEAP,
        "too_little_data",
        (
            "Too little data to tell whether N or C is better (IN FAVOUR OF N; a difference "
            "below 0.020 would not matter)."
        ),
    ),
    (
        *(0.0, 0.02, 0.04),
        DEAR,
        "too_little_data",
        (
            "Too little data to tell whether N or C is better (IN FAVOUR OF N; a difference "
            "below 0.020 would not matter)."
        ),
    ),
    (
        *(-0.01, 0.0, 0.01),
        CHEAP,
        "no_difference",
        (
            "No relevant difference: N is as good as C (IN FAVOUR OF N), at the same "
            "training time."
        ),
    ),
    (
        *(-0.01, 0.0, 0.01),
        DEAR,
        "no",
        "No: C is as good (IN FAVOUR OF C) for 1/40 of the training time.",
    ),
    (
        *(-0.05, -0.02, 0.01),
        CHEAP,
        "no",
        "No: C is at least as good (IN FAVOUR OF C), at the same training time.",
    ),
    (
        *(-0.05, -0.02, 0.01),
        DEAR,
        "no",
        "No: C is at least as good (IN FAVOUR OF C) for 1/40 of the training time.",
    ),
    (
        *(-0.015, -0.01, -0.005),
        CHEAP,
        "no_difference",
        (
            "No relevant difference: N is as good as C to within 0.020 (IN FAVOUR OF N), at "
            "the same training time; C predicts better, but by less than this margin."
        ),
    ),
    (
        *(-0.015, -0.01, -0.005),
        DEAR,
        "no",
        (
            "No: C is as good (IN FAVOUR OF C), and better by less than 0.020, for 1/40 of "
            "the training time."
        ),
    ),
    (
        *(-0.03, -0.015, -0.005),
        DEAR,
        "no",
        (
            "No: C predicts better than N (IN FAVOUR OF C) for 1/40 of the training time; "
            "whether by at least 0.020 is uncertain."
        ),
    ),
    (
        *(-0.05, -0.03, -0.01),
        DEAR,
        "no",
        (
            "No: C predicts better than N (IN FAVOUR OF C) for 1/40 of the training time; "
            "more likely than not by at least 0.020."
        ),
    ),
    (
        *(-0.05, -0.04, -0.03),
        CHEAP,
        "no",
        "No: C predicts better than N (IN FAVOUR OF C), at the same training time.",
    ),
]


def decided(
    low: float, mean: float, high: float, ratio: float, margin: float
) -> tuple[str, str]:
    """Return the verdict on a difference that both are shown to beat the guess with."""
    network, classical, guess = (
        replace(entry(kind, score + 0 * STEADY), name=name)
        for kind, score, name in (
            ("deep", 0.8, "N"),
            ("classical", 0.7, "C"),
            ("constant", 0, "G"),
        )
    )
    difference = Difference(mean=mean, low=low, high=high)
    return _Race(network, classical, guess, "r2", margin, difference, ratio).decide()


@pytest.mark.parametrize(("low", "mean", "high", "ratio", "outcome", "sentence"), PLACES)
def test_a_sentence_says_what_its_interval_shows(
    low: float, mean: float, high: float, ratio: float, outcome: str, sentence: str
) -> None:
    found, said = decided(low, mean, high, ratio, 0.02)
    brackets = re.search(r"\(R2 (.*?)[;)]", said)
    assert brackets is not None
    ends = (low, high) if "IN FAVOUR OF N" in sentence else (-high, -low)
    middle = mean if "IN FAVOUR OF N" in sentence else -mean
    scores = "0.800 against 0.700" if "IN FAVOUR OF N" in sentence else "0.700 against 0.800"
    shown = [format_value(value, "r2") for value in (middle, *ends)]
    assert brackets[1] == (
        f"{scores}, difference {shown[0]}, 95 % interval {shown[1]} to {shown[2]}"
    )
    assert (found, said.replace(f"R2 {brackets[1]}", sentence.split("(")[1][:14])) == (
        outcome,
        sentence,
    )


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    st.lists(st.floats(-0.1, 0.1).map(lambda v: round(v, 4)), min_size=3, max_size=3).map(
        sorted
    ),
    st.sampled_from([0.0, 0.01, 0.03]),
    st.sampled_from([0.1, 1.0, 1.9, 3.0, 50.0]),
)
def test_no_sentence_contradicts_its_interval(
    ends: list[float], margin: float, ratio: float
) -> None:
    low, mean, high = ends
    outcome, said = decided(low, mean, high, ratio, margin)
    unsure = "Too little data to tell whether N or C is better" in said
    assert ("N predicts better" in said) == (low > 0)
    assert ("C predicts better" in said or "and better by" in said) == (high < 0)
    assert not (unsure and (low > 0 or high < 0))
    assert not ("by less than" in said and (high > margin or low < -margin))
    assert not (
        "is uncertain" in said and (min(abs(low), abs(high)) >= margin or low * high <= 0)
    )
    assert outcome == "yes" or not said.startswith("Yes")
    assert (outcome == "yes") == (low > 0 and mean >= margin)
    assert said.endswith(".")
    assert said.count("(") == said.count(")")


def test_a_gain_over_the_guess_that_does_not_matter_is_said_to_be_one() -> None:
    """Both are shown to beat the guess, by half a margin."""
    found = race(0.004, 0.005, noise=0.0005)
    assert found.outcome == "no_difference"
    assert found.sentence.startswith(
        "No difference: neither significantly beats the baseline by at least 0.020 (R2 0.004 "
        "for Network, 0.005 for Boosting"
    )


def test_where_neither_beats_the_constant_guess_there_is_no_difference() -> None:
    found = race(-0.01, -0.2, noise=0.02)
    assert found.outcome == "no_difference"
    assert "neither significantly beats the baseline" in found.sentence


def test_where_nothing_is_shown_and_much_is_possible_it_is_too_little_data() -> None:
    entries = (
        entry("deep", 0.1 + 0.8 * STEADY),
        entry("classical", 0.0 + 0.8 * STEADY),
        entry("constant", 0 * STEADY),
    )
    assert judge(entries, "r2", SHARE).outcome == "too_little_data"


def test_an_unsteady_contender_does_not_hide_that_nothing_is_there() -> None:
    assert race(-0.7, -0.02, noise=0.8).outcome == "no_difference"


@pytest.mark.parametrize("classical_better", [True, False])
def test_a_metric_that_is_better_when_lower_is_turned_round(*, classical_better: bool) -> None:
    low, high = 2.0 + 0.01 * STEADY, 3.0 + 0 * STEADY
    network, classical = (high, low) if classical_better else (low, high)
    entries = (
        entry("deep", network, metric="rmse"),
        entry("classical", classical, metric="rmse"),
        entry("constant", 9.0 + 0 * STEADY, metric="rmse"),
    )
    found = judge(entries, "rmse", SHARE)
    assert found.outcome == ("no" if classical_better else "yes")
    assert found.difference is not None
    assert math.copysign(1, found.difference.mean) == (-1 if classical_better else 1)


def test_the_interval_of_a_difference_is_nadeau_and_bengios() -> None:
    one, other = entry("deep", 0.8 + 0.02 * STEADY), entry("classical", 0.7 + 0.01 * STEADY)
    found = paired_difference(one, other, "r2", SHARE)
    assert found is not None
    wanted = fold_interval(0.1 + 0.01 * STEADY, SHARE)
    assert (found.low, found.high) == pytest.approx(wanted)


def test_a_contender_that_ran_some_folds_is_compared_on_these() -> None:
    one = entry("deep", np.array([0.9, 0.8, 0.7]))
    other = entry("classical", np.array([0.8, 0.7]))
    found = paired_difference(one, other, "r2", SHARE)
    assert found is not None
    assert found.mean == pytest.approx(0.1)


def test_the_best_of_a_kind_is_looked_for_among_those_that_ran_most_folds() -> None:
    lucky = entry("deep", np.array([0.99, 0.99]))
    entries = (
        lucky,
        entry("deep", 0.5 + 0.001 * STEADY),
        entry("classical", 0.8 + 0 * STEADY),
        entry("constant", 0 * STEADY),
    )
    assert judge(entries, "r2", SHARE).outcome == "no"


@pytest.mark.parametrize("missing", ["deep", "classical"])
def test_without_a_side_nothing_can_be_told(missing: str) -> None:
    kinds = [kind for kind in ("deep", "classical", "constant") if kind != missing]
    found = judge([entry(kind, 0.5 + 0 * STEADY) for kind in kinds], "r2", SHARE)
    assert found.outcome == "too_little_data"
    assert ("no network" if missing == "deep" else "no classical model") in found.sentence


def test_a_margin_of_the_users_takes_the_place_of_the_default() -> None:
    entries = (
        entry("deep", 0.90 + 0.001 * STEADY),
        entry("classical", 0.85 + 0 * STEADY),
        entry("constant", 0 * STEADY),
    )
    assert judge(entries, "r2", SHARE, margin=0.1).outcome == "no_difference"


@pytest.mark.parametrize(
    ("metric", "classical", "constant", "margin"),
    [
        ("accuracy", 0.99, 0.5, 0.001),
        ("accuracy", 0.7, 0.5, 0.02),
        ("log_loss", 0.1, 0.7, 0.01),
    ],
)
def test_the_margin_shrinks_with_the_error_that_is_left(
    metric: str, classical: float, constant: float, margin: float
) -> None:
    assert margin_of(metric, classical, constant) == pytest.approx(margin)


@pytest.mark.parametrize("folds", [3, 5, 10])
def test_a_race_without_a_true_difference_seldom_has_a_winner(folds: int) -> None:
    """Five contenders a side, all equally good, all noise: a 95 % interval errs seldom.

    The best of a side is picked by the same noise, so a little more than one in twenty
    may be called; a judge that looked at means alone would call nearly all.
    """
    rng = np.random.default_rng(folds)
    called = 0
    for _ in range(400):
        shared = rng.normal(0.8, 0.03, folds)
        entries = [
            entry(kind, shared + rng.normal(0, 0.03, folds))
            for kind in ("deep", "classical")
            for _ in range(5)
        ]
        entries.append(entry("constant", np.zeros(folds)))
        found = judge(entries, "r2", 1 / (folds - 1), margin=0.001)
        difference = found.difference
        assert difference is not None
        called += not difference.low <= 0 <= difference.high
    assert called / 400 < 0.1
