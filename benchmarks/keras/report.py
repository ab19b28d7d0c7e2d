"""The page on Keras models: what both took, and whether both learnt the same."""

from statistics import mean, median, stdev
from typing import Any, Final

import machine
from cases import CASES, SIX

NAMES: Final = {"jax": "JAX", "torch": "torch", "tensorflow": "TensorFlow"}
METRICS: Final = {"regression": "MSE", "classification": "log-loss"}
HEAD: Final = (
    *("backend", "what is counted", "Keras, s", "Tenfold, s", "Keras / Tenfold", "of repeats"),
    "of work",
)
PASSED, WORKED = 0, 1  # seconds, and seconds of work, of what a worker tells
Part = dict[str, Any]
Pairs = list[tuple[Any, Any]]


def page(parts: dict[str, Part]) -> list[str]:
    """Return the lines of RESULT.md."""
    lines = [
        "# Keras models, all folds together",
        "",
        "The same models by Keras' own loop, which makes, fits and asks a new model for each",
        "fold, and by Tenfold, which trains all folds at once: the same backend, folds, epochs",
        "and batches. Each run is a process of its own, and both take turns. Seconds are the",
        "least of the repeats (least to largest), without imports and reading. The ratio is",
        "that of the least; *of repeats* that of each repeat, least to largest; *of work* that",
        "of the seconds that the cores worked, which other programs hardly change.",
        "",
    ]
    lines += regressor_page(parts) + models_page(parts) + rate_page(parts) + same_page(parts)
    return [*lines, *missing(parts), *circumstances(parts)]


def regressor_page(parts: dict[str, Part]) -> list[str]:
    """Return the lines on the tutorial's regressor."""
    rows = []
    for part in of_cases(parts, ["regressor"]):
        rows.append(row_of(part, "all, compilation too"))
        if part["backend"] == "jax":
            rows.append(row_of(part, "a second call; Keras' fastest epochs", "steady", "again"))
        rows.append(row_of(part, "the fastest epochs of both", "steady", "steady"))
    lines = [
        "## The tutorial's regressor",
        "",
        "Dense 13 relu, Dense 1, Adam, mean squared error, 100 epochs, batches of 5, columns",
        "standardised inside of each of ten folds in the order of the file. *All* is the whole",
        "cross-validation. A *second call* of Tenfold is the same once more in its process.",
        "*Fastest epochs* are 100 times the fastest epoch after the first, so that nothing is",
        "compiled: for Keras the sum over folds, without making models and without `predict`.",
        "",
    ]
    return [*lines, *machine.grid(HEAD, rows)] if rows else []


def models_page(parts: dict[str, Part]) -> list[str]:
    """Return the lines on the six models."""
    rows, ratios = [], {}
    for part in of_cases(parts, SIX):
        case, backend = CASES[part["case"]], part["backend"]
        shape = f"{case.folds} folds, {case.epochs} epochs, batches of {case.batch}"
        name = f"{case.words}; {rows_of(part)} rows, {shape}"
        steady = best_ratio(pairs_of(part, "steady", "steady"), PASSED)
        _, _, *cells = row_of(part, "")
        rows.append([name, NAMES[backend], *cells, machine.short(steady)])
        ratios.setdefault(backend, []).append((best_ratio(pairs_of(part), PASSED), steady))
    for backend, found in ratios.items():
        whole, steady = (machine.short(median(each)) for each in zip(*found, strict=True))
        name = f"**median of {len(found)}**"
        rows.append([name, NAMES[backend], "", "", f"**{whole}**", "", "", f"**{steady}**"])
    lines = [
        "## Six models",
        "",
        "Compilation counts, but for the last column, the ratio of the fastest epochs of both.",
        "Where inputs have names, the making and training of models alone count: of Tenfold,",
        "the seconds of training that the run tells.",
        "",
    ]
    head = ["model", HEAD[0], *HEAD[2:], "fastest epochs"]
    return [*lines, *machine.grid(head, rows)] if rows else []


def rate_page(parts: dict[str, Part]) -> list[str]:
    """Return the lines on pictures per second."""
    rows = []
    for part in of_cases(parts, ["rate"]):
        epochs, pictures = CASES["rate"].epochs, rows_of(part)
        found = pairs_of(part, "steady", "steady")
        each = [[epochs * pictures / one[of][PASSED] for one in found] for of in range(2)]
        cells = [f"{max(rates):.0f} ({spread(rates)})" for rates in each]
        rows.append([NAMES[part["backend"]], *cells, *ratios_of(found)])
    lines = [
        "## The tutorial's classifier, pictures per second",
        "",
        f"The fastest epoch after the first of {CASES['rate'].epochs}; one fold learns from",
        "800 photographs in memory, 64 x 64, batches of 32, not changed at random. Most of the",
        "repeats (least to largest).",
        "",
    ]
    head = ["backend", "Keras", "Tenfold", "Tenfold / Keras", *HEAD[5:]]
    return [*lines, *machine.grid(head, rows)] if rows else []


def same_page(parts: dict[str, Part]) -> list[str]:
    """Return the lines on whether both learn the same."""
    rows = []
    for part in of_cases(parts, CASES):
        case = CASES[part["case"]]
        scores = [[one[of]["scores"] for one in finished(part)] for of in range(2)]
        folds = [[mean(fold) for fold in zip(*each, strict=True)] for each in scores]
        means = [[mean(seed) for seed in each] for each in scores]
        rows.append(
            [
                f"{part['case']}, {NAMES[part['backend']]}",
                METRICS[case.task],
                *(machine.short(mean(each)) for each in means),
                difference(*means),
                *(" ".join(machine.short(one) for one in each) for each in folds),
            ]
        )
    lines = [
        "## Held-out scores",
        "",
        "Means over seeds, one for each repeat. *Difference* is Tenfold's mean less Keras', in",
        "deviations over seeds of the mean of all folds (the root of both variances' mean).",
        "",
    ]
    head = [
        "model",
        "score",
        "Keras",
        "Tenfold",
        "difference",
        "Keras, folds",
        "Tenfold, folds",
    ]
    return [*lines, *machine.grid(head, rows)] if rows else []


def difference(keras: list[float], tenfold: list[float]) -> str:
    """Return how far apart two means are, in deviations of their values."""
    if min(len(keras), len(tenfold)) < 2:
        return "-"
    deviation = ((stdev(keras) ** 2 + stdev(tenfold) ** 2) / 2) ** 0.5
    return f"{(mean(tenfold) - mean(keras)) / deviation:+.2f}" if deviation else "-"


def row_of(part: Part, what: str, of_keras: str = "whole", of_tenfold: str = "whole") -> Any:
    """Return a row: the backend, what is counted, both in seconds, and their ratios."""
    found = pairs_of(part, of_keras, of_tenfold)
    each = [[one[of][PASSED] for one in found] for of in range(2)]
    cells = [f"{machine.short(min(values))} ({spread(values)})" for values in each]
    return [NAMES[part["backend"]], what, *cells, *ratios_of(found)]


def ratios_of(found: Pairs) -> list[str]:
    """Return the ratio of the least, those of repeats, and that of the least work."""
    each = [keras[PASSED] / tenfold[PASSED] for keras, tenfold in found]
    best, work = (machine.short(best_ratio(found, of)) for of in (PASSED, WORKED))
    return [best, spread(each), work]


def best_ratio(found: Pairs, of: int) -> float:
    """Return the least of Keras divided by the least of Tenfold."""
    return min(keras[of] for keras, _ in found) / min(tenfold[of] for _, tenfold in found)


def spread(values: list[float]) -> str:
    """Return the range of some values."""
    return f"{machine.short(min(values))} to {machine.short(max(values))}"


def pairs_of(part: Part, of_keras: str = "whole", of_tenfold: str = "whole") -> Pairs:
    """Return what both took in each repeat."""
    return [(keras[of_keras], tenfold[of_tenfold]) for keras, tenfold in finished(part)]


def finished(part: Part) -> Pairs:
    """Return the records of both, of each repeat in which neither failed."""
    found: dict[int, Part] = {}
    for record in part["records"]:
        if "error" not in record:
            found.setdefault(record["seed"], {})[record["contender"]] = record
    return [(one["keras"], one["tenfold"]) for one in found.values() if len(one) == 2]


def of_cases(parts: dict[str, Part], cases: Any) -> list[Part]:
    """Return the parts of some cases, in their order, that were measured."""
    names = [f"{case}-{backend}" for backend in NAMES for case in cases]
    return [parts[name] for name in names if name in parts and finished(parts[name])]


def rows_of(part: Part) -> int:
    """Return how many rows the first fold learns from."""
    return int(finished(part)[0][0]["rows"])


def missing(parts: dict[str, Part]) -> list[str]:
    """Return a line for each run that failed."""
    lines = [
        f"- not measured: {name}, {record['contender']}: `{record['error']}`"
        for name, part in parts.items()
        for record in part["records"]
        if "error" in record
    ]
    return [*lines, ""] if lines else []


def circumstances(parts: dict[str, Part]) -> list[str]:
    """Return by what, where and when something was measured, once for parts measured alike."""
    alike: dict[str, list[str]] = {}
    for name, part in parts.items():
        told = [str(part[key]) for key in ("command", "commit", "machine", "versions")]
        alike.setdefault(" ".join(told), []).append(name)
    lines = []
    for names in alike.values():
        lines += [f"{', '.join(names)}:", "", *machine.circumstances(parts[names[0]])]
    return lines
