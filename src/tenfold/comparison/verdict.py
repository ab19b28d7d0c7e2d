"""Whether the network is worth its cost: one outcome, one sentence, with its numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from tenfold.comparison.entry import Entry
from tenfold.evaluate.metrics import NAMED
from tenfold.evaluate.scores import fold_score
from tenfold.report.summary_text import NAMES, number

Outcome = Literal["yes", "no", "no_difference", "too_little_data"]

# A difference below these does not matter: a share of the error that the classical model
# leaves, and at most a share of 1 for R2 and shares, or of the guess's error.
MARGIN_OF_ERROR: Final = 0.1
MARGIN_OF_ALL: Final = 0.02
# Where nothing beats the baseline, but the data cannot exclude that something would
# come this share of the way to a perfect answer, they are too few to tell.
BLIND: Final = 0.25
ALIKE: Final = 2.0  # times the seconds of the other are about the same cost


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """How much better one contender is than another: above zero is better.

    Attributes
    ----------
    mean : float
        Over the folds, in the metric's unit.
    low, high : float
        95 % interval, corrected for training sets that overlap (``fold_interval``).
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The answer to the question whether deep learning is worth it on these data.

    Attributes
    ----------
    outcome : {"yes", "no", "no_difference", "too_little_data"}
    sentence : str
    metric : str
    margin : float
        The difference below which none matters, in the metric's unit.
    difference : Difference or None
        Of the best network to the best classical model.
    cost_ratio : float
        Training seconds of the network for a fold over those of the classical model.
    network, classical : str
        Their names; empty if none finished.
    """

    outcome: Outcome
    sentence: str
    metric: str
    margin: float = math.nan
    difference: Difference | None = None
    cost_ratio: float = math.nan
    network: str = ""
    classical: str = ""


def best_of(entries: Sequence[Entry], kind: str, metric: str) -> Entry | None:
    """Return the best contender of a kind among those that ran the most folds."""
    running = [e for e in entries if e.kind == kind and math.isfinite(e.mean(metric))]
    if not running:
        return None
    most = max(entry.folds for entry in running)
    sign = NAMED[metric].direction
    return max((e for e in running if e.folds == most), key=lambda e: sign * e.mean(metric))


def paired_difference(
    entry: Entry, other: Entry, metric: str, test_share: float
) -> Difference | None:
    """Return by how much an entry is better than another on the folds that both ran.

    Parameters
    ----------
    entry, other : Entry
    metric : str
    test_share : float
        Rows tested on over rows learnt from.

    Returns
    -------
    Difference or None
        None if they have no fold in common; without an interval if they have one.
    """
    folds = min(len(one.per_fold.get(metric, ())) for one in (entry, other))
    one, two = entry.first(folds), other.first(folds)
    if folds == 0:
        return None
    sign = NAMED[metric].direction
    gains = sign * (np.array(one.per_fold[metric]) - np.array(two.per_fold[metric]))
    pooled = None
    if metric in one.pooled and metric in two.pooled:
        better, other_one = (one, two) if sign > 0 else (two, one)
        pooled = better.pooled[metric] - other_one.pooled[metric]
    found = fold_score(gains, test_share, -math.inf, math.inf, pooled)
    if math.isnan(found.mean):
        return None
    return Difference(mean=found.mean, low=found.low, high=found.high)


def margin_of(metric: str, classical: float, constant: float) -> float:
    """Return the difference below which none matters.

    A tenth of the error that the classical model leaves; of R2, accuracy and ROC AUC at most
    0.02, of errors at most a fiftieth of the baseline's.

    Examples
    --------
    >>> round(margin_of("r2", 0.84, 0.0), 3), round(margin_of("r2", 0.3, 0.0), 3)
    (0.016, 0.02)
    >>> round(margin_of("rmse", 3.0, 9.0), 2)
    0.18
    """
    perfect = NAMED[metric].perfect
    whole = perfect if NAMED[metric].better == "higher" else abs(constant - perfect)
    return min(MARGIN_OF_ERROR * abs(perfect - classical), MARGIN_OF_ALL * whole)


def judge(
    entries: Sequence[Entry], metric: str, test_share: float, margin: float | None = None
) -> Verdict:
    """Judge the race.

    Parameters
    ----------
    entries : sequence of Entry
        Of all contenders, on the same folds.
    metric : str
    test_share : float
        Rows tested on over rows learnt from, mean over folds.
    margin : float, optional
        In place of ``margin_of``'s.
    """
    network, classical = best_of(entries, "deep", metric), best_of(entries, "classical", metric)
    guess = best_of(entries, "constant", metric)
    if network is None or classical is None or guess is None:
        return _unfought(network, classical, guess, metric)
    if margin is None:
        margin = margin_of(metric, classical.mean(metric), guess.mean(metric))
    found = paired_difference(network, classical, metric, test_share)
    if found is None or not math.isfinite(found.low):
        return _unfought(network, classical, guess, metric)
    ratio = seconds_of_fold(network) / seconds_of_fold(classical)
    race = _Race(network, classical, guess, metric, margin, found, ratio)
    outcome, sentence = race.against_guess(test_share) or race.decide()
    return Verdict(
        outcome=outcome,
        sentence=sentence + describe_ahead(entries, (network, classical), metric),
        metric=metric,
        margin=margin,
        difference=found,
        cost_ratio=ratio,
        network=network.name,
        classical=classical.name,
    )


def seconds_of_fold(entry: Entry) -> float:
    """Return the seconds that a contender trained for a fold."""
    return entry.train_seconds / entry.folds


def describe_ahead(entries: Sequence[Entry], chosen: Sequence[Entry], metric: str) -> str:
    """Name who was better than the chosen one of its side on fewer folds, if anyone was."""
    sign = NAMED[metric].direction
    said = ""
    for best in chosen:
        for entry in entries:
            if entry.kind != best.kind or not 0 < entry.folds < best.folds:
                continue
            same = best.first(entry.folds).mean(metric)
            if sign * entry.mean(metric) > sign * same:
                folds = f"{entry.folds} of {best.folds} folds"
                said += (
                    f" {entry.name} only finished {folds}, but was better than "
                    f"{best.name} on those."
                )
    return said


def _unfought(
    network: Entry | None, classical: Entry | None, guess: Entry | None, metric: str
) -> Verdict:
    sides = {"network": network, "classical model": classical, "baseline": guess}
    missing = [f"no {name}" for name, entry in sides.items() if entry is None]
    why = (
        f"{' and '.join(missing)} finished" if missing else "they have only one fold in common"
    )
    return Verdict(
        outcome="too_little_data",
        sentence=f"No verdict is possible: {why}.",
        metric=metric,
        network=network.name if network else "",
        classical=classical.name if classical else "",
    )


@dataclass(frozen=True, slots=True)
class _Race:
    """The two that are compared, and by how much they differ."""

    network: Entry
    classical: Entry
    guess: Entry
    metric: str
    margin: float
    difference: Difference
    ratio: float

    def against_guess(self, test_share: float) -> tuple[Outcome, str] | None:
        """Return the outcome if neither is shown to beat the baseline by the margin."""
        gains = [
            paired_difference(entry, self.guess, self.metric, test_share)
            for entry in (self.network, self.classical)
        ]
        found = [gain for gain in gains if gain is not None]
        if any(gain.low > 0 and gain.mean >= self.margin for gain in found):
            return None
        # The steadier of the two tells how much the rows can hide.
        most = min(gain.high for gain in found)
        whole = abs(NAMED[self.metric].perfect - self.guess.mean(self.metric))
        scores = (
            f"{NAMES[self.metric]} {self._score(self.network)} for {self.network.name}, "
            f"{self._score(self.classical)} for {self.classical.name}, "
            f"{self._score(self.guess)} for the baseline"
        )
        said = "neither significantly beats the baseline"
        if any(gain.low > 0 for gain in found):
            said += f" by at least {self._matters}"
        if most > BLIND * whole:
            return "too_little_data", (
                f"Too little data to tell: {said}, but a useful gain cannot be ruled out "
                f"({scores})."
            )
        return "no_difference", f"No difference: {said} ({scores})."

    def decide(self) -> tuple[Outcome, str]:
        """Return the outcome of a race that at least one of the two takes part in."""
        d, numbers = self.difference, self._numbers(network_first=True)
        network, classical = self.network.name, self.classical.name
        if d.low > 0:
            return self._ahead()
        if d.high < 0:
            return self._behind()
        if d.high > self.margin:
            said = f"Too little data to tell whether {network} or {classical} is better"
            matter = f"a difference below {self._matters} would not matter"
            return "too_little_data", f"{said} ({numbers}; {matter})."
        if d.low >= -self.margin and self.ratio <= ALIKE:
            said = f"No relevant difference: {network} is as good as {classical}"
            return "no_difference", f"{said} ({numbers}), {self._cost()}."
        as_good = "as good" if d.low >= -self.margin else "at least as good"
        return "no", f"No: {classical} is {as_good} ({self._numbers()}){self._price()}."

    def _ahead(self) -> tuple[Outcome, str]:
        """Return the outcome where the network is shown to predict better."""
        d, margin, numbers = self.difference, self.margin, self._numbers(network_first=True)
        network, classical = self.network.name, self.classical.name
        better = f"{network} predicts better than {classical}"
        if d.mean >= margin:
            likely = f", and more likely than not by at least {self._matters}"
            sure = "" if d.low >= margin else likely
            return "yes", f"Yes: {better} ({numbers}){sure}, {self._cost()}."
        if d.high > margin:
            said = f"Too little data to tell whether it is worth it: {better} ({numbers})"
            uncertain = f"whether by at least {self._matters} is uncertain"
            return "too_little_data", f"{said}; {uncertain}."
        less = f"{network} predicts better, but by less than this margin"
        if self.ratio <= ALIKE:
            return "no_difference", f"{self._alike()}; {less}."
        said = f"No: {classical} is as good to within {self._matters} ({self._numbers()})"
        return "no", f"{said}{self._price()}; {less}."

    def _behind(self) -> tuple[Outcome, str]:
        """Return the outcome where the classical model is shown to predict better."""
        d, margin, numbers = self.difference, self.margin, self._numbers()
        classical, price = self.classical.name, self._price()
        worse = f"No: {classical} predicts better than {self.network.name} ({numbers}){price}"
        if d.high <= -margin:
            return "no", f"{worse}."
        if d.mean <= -margin:
            return "no", f"{worse}; more likely than not by at least {self._matters}."
        if d.low < -margin:
            return "no", f"{worse}; whether by at least {self._matters} is uncertain."
        if self.ratio <= ALIKE:
            less = f"{classical} predicts better, but by less than this margin"
            return "no_difference", f"{self._alike()}; {less}."
        less = f", and better by less than {self._matters},"
        return "no", f"No: {classical} is as good ({numbers}){less}{price.removeprefix(',')}."

    def _alike(self) -> str:
        """Say that the two are as good as each other, but for what does not matter."""
        said = f"{self.network.name} is as good as {self.classical.name} to within"
        numbers = self._numbers(network_first=True)
        return f"No relevant difference: {said} {self._matters} ({numbers}), {self._cost()}"

    @property
    def _matters(self) -> str:
        """The margin, in words."""
        return format_value(self.margin, self.metric)

    def _score(self, entry: Entry) -> str:
        return format_value(entry.mean(self.metric), self.metric)

    def _numbers(self, *, network_first: bool = False) -> str:
        """Return both scores and the difference in favour of the first."""
        d, sides = self.difference, (self.classical, self.network)
        sign = -1.0
        if network_first:
            sides, sign = (self.network, self.classical), 1.0
        low, high = sorted((sign * d.low, sign * d.high))
        scores = f"{self._score(sides[0])} against {self._score(sides[1])}"
        mean, low_text, high_text = (
            format_value(value, self.metric) for value in (sign * d.mean, low, high)
        )
        interval = f"95 % interval {low_text} to {high_text}"
        return f"{NAMES[self.metric]} {scores}, difference {mean}, {interval}"

    def _price(self) -> str:
        """Say what the classical model costs, for the network's cost."""
        time = _time(1 / self.ratio)
        return f" for {time}" if self.ratio > 1 and "same" not in time else f", at {time}"

    def _cost(self) -> str:
        return f"at {_time(self.ratio)}"


def format_value(value: float, metric: str) -> str:
    """Return a score or a difference as users read it: shares and R2 with three decimals.

    Examples
    --------
    >>> format_value(0.84561, "r2"), format_value(-0.00013, "accuracy")
    ('0.846', '-0.0001')
    >>> format_value(48123.4, "rmse")
    '48,123'
    """
    if NAMED[metric].unit != "share" or not math.isfinite(value):
        return number(value)
    return f"{value:.3f}" if abs(value) >= 0.001 or value == 0 else f"{value:.1g}"


def _time(ratio: float) -> str:
    """Return how long training took against another's, in words.

    Examples
    --------
    >>> _time(0.98), _time(12.3)
    ('the same training time', '12 times the training time')
    """
    return (
        "the same training time"
        if f"{ratio:.1f}" == "1.0"
        else f"{_share(ratio)} the training time"
    )


def _share(ratio: float) -> str:
    """Return a ratio in words.

    Examples
    --------
    >>> _share(0.025), _share(12.3), _share(1.2), _share(0.75)
    ('1/40 of', '12 times', '1.2 times', '3/4 of')
    """
    if ratio >= 10:
        return f"{ratio:.0f} times"
    if ratio >= 0.875:
        return f"{ratio:.1f} times"
    if ratio > 0.55:
        return f"{round(4 * ratio)}/4 of"
    return f"1/{round(1 / ratio)} of"
