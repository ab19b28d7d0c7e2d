"""The tutorial's five differences between deep and classical learning, measured here."""

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from tenfold.comparison import curves
from tenfold.comparison.entry import Entry
from tenfold.comparison.rounds import ALL_CORES, ONE_CORE, PROCESSOR
from tenfold.comparison.verdict import Difference, format_value, paired_difference
from tenfold.contest.contest import Contest
from tenfold.kinds.registry import kind_named
from tenfold.report.summary_text import NAMES, number
from tenfold.seeds import Streams

SMALL_LAPTOP: Final = 4 * 10**9  # bytes
LEFT_FOR_PROGRAMS: Final = 0.6  # of them, once the system and a browser have theirs
CANNOT_BE_SAID: Final = "cannot be estimated"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Measured:
    """All that was measured, for the axes to be told from.

    Attributes
    ----------
    problem : Contest
    metric : str
    margin : float
        The difference below which none matters.
    raw, other : dict of str to Entry
        By contender: what it reached in the race; with the other features, engineered ones or
        none, on the first folds.
    finalists : dict of str to (dict of str to Entry)
        Of the best network, ``"network"``, and the best classical model, ``"classical"``:
        their further rounds.
    network, classical : str
        Their names.
    linear : str or None
        The name of the linear model that the network's last layer is compared with.
    """

    problem: Contest
    metric: str
    margin: float
    raw: Mapping[str, Entry]
    other: Mapping[str, Entry]
    finalists: Mapping[str, Mapping[str, Entry]]
    network: str
    classical: str
    linear: str | None = None

    @property
    def noun(self) -> str:
        """What there is one more of, in the plural."""
        return kind_named(self.problem.kind).noun

    @property
    def unit(self) -> str:
        """The name of the metric."""
        return NAMES[self.metric]


def measure_axes(measured: Measured) -> dict[str, Any]:
    """Return the five axes: each a JSON object with its figures and a sentence."""
    return {
        "data": data_axis(measured),
        "machine": machine_axis(measured),
        "features": features_axis(measured),
        "time": time_axis(measured),
        "approach": approach_axis(measured),
    }


def data_axis(measured: Measured) -> dict[str, Any]:
    """Tell how each side's score grows with the rows, and what twice as many would bring."""
    metric, problem = measured.metric, measured.problem
    sides = {
        "network": curves.along(measured.finalists["network"], measured.raw[measured.network]),
        "classical": curves.along(
            measured.finalists["classical"], measured.raw[measured.classical]
        ),
    }
    lines = {
        side: curves.curve_of(entries, metric, problem.test_share)
        for side, entries in sides.items()
    }
    streams = Streams(problem.options.train.seed)
    doubling = {
        side: curves.forecast_doubling(entries, metric, problem.test_share, streams)
        for side, entries in sides.items()
    }
    same = len(sides["network"]) == len(sides["classical"])
    crossing = (
        curves.find_crossing(sides["network"], sides["classical"], metric, problem.test_share)
        if same
        else None
    )
    doubled = [_doubling_sentence(lines[side].name, doubling[side], measured) for side in lines]
    return {
        **{side: asdict(line) for side, line in lines.items()},
        "doubling": {side: asdict(d) if d else None for side, d in doubling.items()},
        "crossing": asdict(crossing) if crossing else None,
        "sentence": f"{_crossing_sentence(crossing, measured)} {' '.join(doubled)}",
    }


def _crossing_sentence(crossing: curves.Crossing | None, measured: Measured) -> str:
    if crossing is None:
        return (
            f"The learning curves of {measured.network} and {measured.classical} are not "
            "expected to cross."
        )
    verb = "is" if crossing.measured else "would be"
    other = ({measured.network, measured.classical} - {crossing.better}).pop()
    rows = number(float(f"{crossing.rows:.2g}"))
    beyond = f"Beyond about {rows} {measured.noun} {crossing.better} {verb} better than {other}"
    return (
        f"{beyond}."
        if crossing.measured
        else (f"{beyond}, if both curves continue as they do now.")
    )


def _doubling_sentence(name: str, gain: Difference | None, measured: Measured) -> str:
    what = f"Doubling the number of {measured.noun} would change {name}"
    margin = measured.margin
    if gain is None or (gain.low < margin < gain.high and gain.high - gain.low > 2 * margin):
        return f"The effect of twice as many {measured.noun} on {name} {CANNOT_BE_SAID}."
    mean, low, high = (
        format_value(v, measured.metric) for v in (gain.mean, gain.low, gain.high)
    )
    return f"{what} by about {mean} of {measured.unit} ({low} to {high})."


def machine_axis(measured: Measured) -> dict[str, Any]:
    """Tell what each contender asks of a machine."""
    limit = LEFT_FOR_PROGRAMS * SMALL_LAPTOP
    each = {
        name: {
            "train_seconds": entry.train_seconds,
            "peak_memory_bytes": entry.peak_memory_bytes,
            "fits_4_gb_laptop": _fits(entry, limit),
        }
        for name, entry in measured.raw.items()
        if entry.folds
    }
    one_core = {
        side: {
            "one_core": rounds[ONE_CORE].train_seconds,
            "all_cores": rounds[ALL_CORES].train_seconds,
        }
        for side, rounds in measured.finalists.items()
        if rounds[ONE_CORE].folds and rounds[ALL_CORES].folds
    }
    gpu = measured.finalists["network"].get(PROCESSOR)
    network, classical = measured.raw[measured.network], measured.raw[measured.classical]
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": network.cores,
        "shared": any(entry.shared for entry in measured.raw.values()),
        "contenders": each,
        "one_fold": one_core,
        "gpu": None
        if gpu is None
        else {"gpu": network.train_seconds, "cpu": gpu.train_seconds},
        "sentence": _machine_sentence(network, classical, one_core, limit),
    }


def _fits(entry: Entry, limit: float) -> bool | None:
    """Tell whether a contender fits; None where its memory is not known."""
    return entry.peak_memory_bytes < limit if entry.peak_memory_bytes else None


def _machine_sentence(
    network: Entry, classical: Entry, one_core: Mapping[str, Mapping[str, float]], limit: float
) -> str:
    both = [_fits(entry, limit) for entry in (network, classical)]
    sentence = "; ".join(
        f"{entry.name} took {number(entry.train_seconds)} s and "
        f"{entry.peak_memory_bytes / 1e6:.0f} MB"
        for entry in (network, classical)
    )
    if None not in both:
        names = [e.name for e in (network, classical) if _fits(e, limit)]
        fits = {
            0: "neither of them fits",
            1: f"only {' '.join(names)} fits",
            2: "both of them fit",
        }[len(names)]
        sentence += f": {fits} on a laptop with 4 GB of memory"
    if len(one_core) == 2:
        times = {side: t["one_core"] / t["all_cores"] for side, t in one_core.items()}
        sentence += (
            f"; on one core instead of {network.cores}, a fold takes {times['network']:.2g} "
            f"and {times['classical']:.2g} times as long"
        )
    return f"{sentence}."


def features_axis(measured: Measured) -> dict[str, Any]:
    """Tell what each contender gains by engineered features."""
    gains: dict[str, Any] = {}
    for name, other in measured.other.items():
        plain, expert = measured.raw[name], other
        if plain.kind in measured.problem.engineered:
            plain, expert = expert, plain
        gain = paired_difference(expert, plain, measured.metric, measured.problem.test_share)
        if gain is None:
            continue
        folds = min(plain.folds, expert.folds)
        gains[name] = {
            "raw": plain.first(folds).mean(measured.metric),
            "expert": expert.first(folds).mean(measured.metric),
            "gain": asdict(gain),
            "folds": folds,
        }
    learnt = _learnt(measured, gains)
    return {
        "contenders": gains,
        "learnt": learnt,
        "sentence": _features_sentence(gains, learnt, measured),
    }


def _learnt(measured: Measured, gains: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a linear model makes of the data, and of what the network learnt of them.

    The last layer of a network is a linear model of what its other layers made.
    """
    linear = measured.raw.get(measured.linear or "")
    if linear is None or not linear.folds:
        return None
    network, folds = measured.raw[measured.network], linear.folds
    on_raw = linear.mean(measured.metric)
    if linear.kind in measured.problem.engineered:
        if linear.name not in gains:
            return None
        on_raw, folds = gains[linear.name]["raw"], gains[linear.name]["folds"]
    return {
        "linear_model": linear.name,
        "on_raw": on_raw,
        "on_what_the_network_learnt": network.first(folds).mean(measured.metric),
    }


def _features_sentence(
    gains: Mapping[str, Any], learnt: Mapping[str, Any] | None, measured: Measured
) -> str:
    gained = []
    for name in (measured.classical, measured.network):
        if name in gains:
            gain = gains[name]["gain"]
            amount = format_value(abs(gain["mean"]), measured.metric)
            sign = "-" if gain["mean"] < 0 else "+"
            gained.append(f"{name} {sign}{amount}{_unsure(gain)}")
    if not gained:
        return f"The effect of engineered features {CANNOT_BE_SAID}."
    sentence = f"Engineered features change {measured.unit} by: {', '.join(gained)}."
    if learnt:
        on_raw, on_learnt = (
            format_value(learnt[key], measured.metric)
            for key in ("on_raw", "on_what_the_network_learnt")
        )
        sentence += (
            f" A linear model on {measured.problem.plain} reaches {on_raw}; on the features "
            f"that {measured.network} learnt from them, it reaches {on_learnt}."
        )
    return sentence


def _unsure(gain: Mapping[str, float]) -> str:
    """Add that a gain may be chance, where its interval holds zero."""
    sure = gain["low"] > 0 or gain["high"] < 0
    return "" if sure else " (may be due to chance)"


def time_axis(measured: Measured) -> dict[str, Any]:
    """Tell how long training and answers take, and whether networks answer faster."""
    each = {
        name: {
            "train_seconds": entry.train_seconds,
            "predict_seconds_single": entry.predict_seconds_single,
            "predict_seconds_per_row": entry.predict_seconds_per_row,
        }
        for name, entry in measured.raw.items()
        if entry.folds
    }
    network, classical = measured.raw[measured.network], measured.raw[measured.classical]
    single = network.predict_seconds_single < classical.predict_seconds_single
    batch = network.predict_seconds_per_row < classical.predict_seconds_per_row
    saying = {
        (True, True): "true here",
        (False, False): "not true here",
        (True, False): "true here for one row at a time, not for many",
        (False, True): "true here for many rows at once, not for one",
    }[single, batch]
    one = measured.noun.removesuffix("s")
    sentence = (
        f"Training took {_ratio(network.train_seconds, classical.train_seconds)} as long. "
        f"That deep learning predicts faster is {saying}: one {one} takes {network.name} "
        f"{_ms(network.predict_seconds_single)} ms against "
        f"{_ms(classical.predict_seconds_single)}, many at once "
        f"{_ms(network.predict_seconds_per_row)} ms per {one} against "
        f"{_ms(classical.predict_seconds_per_row)} of {classical.name}."
    )
    faster = {"single": single, "batch": batch}
    return {"contenders": each, "network_predicts_faster": faster, "sentence": sentence}


def _ms(seconds: float) -> str:
    return number(float(f"{1000 * seconds:.2g}"))


def _ratio(seconds: float, other: float) -> str:
    if not (math.isfinite(seconds) and other > 0):
        return "an unknown time"
    ratio = seconds / other
    return f"{ratio:,.0f} times" if ratio >= 10 else f"{ratio:.2g} times"


def approach_axis(measured: Measured) -> dict[str, Any]:
    """List the steps of each model as they ran."""
    steps = {name: list(entry.steps) for name, entry in measured.raw.items() if entry.folds}
    network, classical = steps[measured.network], steps[measured.classical]
    sentence = (
        f"{measured.network}, end to end: {_listed(network)}. {measured.classical}, as a "
        f"pipeline: {_listed(classical)}."
    )
    return {"contenders": steps, "sentence": sentence}


def _listed(steps: Sequence[str]) -> str:
    return " -> ".join(steps)
