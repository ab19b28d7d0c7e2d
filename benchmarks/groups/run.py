"""How often groups are told that are none, and how often one that is; what intervals hold.

Errors of rows are drawn, and columns that have nothing to do with them; ``score_groups`` is
asked which groups stand out. The rule before it, a normal interval of the level 1 - 0.05 / G
around the mean of all rows, is asked the same.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy import stats

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]
import machine  # noqa: E402

from tenfold.data.columns.groups import Group, by_category, by_range  # noqa: E402
from tenfold.evaluate.group_scores import GroupScore, score_groups  # noqa: E402
from tenfold.seeds import Streams  # noqa: E402

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Draw = Callable[[np.random.Generator, int], Numbers]

PACKAGES: Final = ("tenfold", "numpy", "scipy")
SIZES: Final = (100, 500, 5_000)
RUNS: Final = 1_000
FACTORS: Final = (1.5, 2.0, 3.0)  # of the errors of the group that differs
LEVEL: Final = 0.05
ALARMS: Final = 0.06
INTRODUCTION: Final = [
    "# Groups for which a network works better or worse",
    "",
    "Errors are drawn anew in each run, and columns that have nothing to do with them: six of",
    "numbers, in four groups each, and three of words, in groups of about 35 rows (of 100 rows",
    "eight of two words, one of 38 rows). *Before* is the rule that this one took the",
    "place of: a normal interval of the level 1 - 0.05 / G around the mean of all rows.",
    "",
]


def log_losses(rng: np.random.Generator, rows: int) -> Numbers:
    """Return the log-losses of probabilities that are right."""
    said = 1 / (1 + np.exp(-2 * rng.normal(size=rows)))
    return np.asarray(-np.log(np.where(rng.random(rows) < said, said, 1 - said)))


# Losses: squared errors; of classes log-losses, or whether a row is wrong.
LOSSES: Final[dict[str, Draw]] = {
    "normal": lambda rng, rows: rng.normal(size=rows) ** 2,
    "t, 4 degrees": lambda rng, rows: rng.standard_t(4, size=rows) ** 2,
    "t, 3 degrees": lambda rng, rows: rng.standard_t(3, size=rows) ** 2,
    "lognormal": lambda rng, rows: (np.exp(rng.normal(size=rows)) - np.exp(0.5)) ** 2,
    "log-loss": log_losses,
    "wrong in 1 of 12": lambda rng, rows: (rng.random(rows) < 1 / 12) * 1.0,
}
TRUE_MEAN: Final = {
    "normal": 1.0,
    "t, 4 degrees": 2.0,
    "t, 3 degrees": 3.0,
    "lognormal": float(np.exp(2) - np.exp(1)),
    "log-loss": float(log_losses(np.random.default_rng(0), 20_000_000).mean()),
    "wrong in 1 of 12": 1 / 12,
}


def groups_of(rng: np.random.Generator, rows: int) -> list[Group]:
    """Return groups that have nothing to do with any error."""
    if rows <= SIZES[0]:
        words = [rng.choice(["a", "b"], rows, p=[0.38, 0.62]) for _ in range(8)]
        numbers: list[Numbers] = []
    else:
        words = [rng.integers(rows // 35, size=rows).astype(str) for _ in range(3)]
        numbers = [rng.random(rows) for _ in range(6)]
    found = [g for i, x in enumerate(numbers) for g in by_range(f"number {i}", x)]
    texts = [word.astype(object) for word in words]
    return found + [g for i, x in enumerate(texts) for g in by_category(f"word {i}", x)]


def ask(
    groups: list[Group],
    losses: Numbers,
    *,
    weights: Numbers | None = None,
    clusters: np.ndarray[Any, np.dtype[np.int64]] | None = None,
) -> tuple[GroupScore, ...]:
    """Return the groups of rows with such squared errors."""
    rows = len(losses)
    return score_groups(
        groups,
        np.zeros(rows),
        np.sqrt(losses)[:, None],
        np.full((rows, 1), 1e6),
        np.ones(rows) if weights is None else weights,
        "regression",
        Streams(0),
        clusters,
    )


def before(groups: list[Group], losses: Numbers) -> Numbers:
    """Return which groups the rule before would have named: 1, -1 or 0."""
    member = np.array([group.member for group in groups])
    rows = member.sum(axis=1)
    wide = stats.norm.ppf(1 - LEVEL / len(groups) / 2)
    off = member @ losses / rows - losses.mean()
    error = wide * np.sqrt(losses.var() * (1 / rows - 1 / len(losses)))
    return np.asarray((off > error) * 1.0 - (off < -error))


def clustered(rng: np.random.Generator, rows: int) -> tuple[Any, Any]:
    """Return a cluster for each row, of one to nine rows, and what its rows err in common."""
    size = rng.integers(1, 10, rows)
    cluster = np.repeat(np.arange(rows), size)[:rows]
    return cluster, rng.exponential(size=rows)[cluster]


def alarms(rows: int, kind: str, design: str, runs: int) -> dict[str, Any]:
    """Count the runs in which a group is named although none differs."""
    now = old = 0
    for run in range(runs):
        rng = np.random.default_rng([run, rows])
        groups, losses = groups_of(rng, rows), LOSSES[kind](rng, rows)
        weights = clusters = None
        if design == "weights":
            weights = rng.lognormal(size=rows)
        elif design == "weights by group":
            weights = np.where(groups[0].member, rng.lognormal(0, 1.0, rows), 1.0)
        elif design == "clusters":
            clusters, common = clustered(rng, rows)
            losses = losses * common
            if rng.random() < 0.5:  # as often what a group is, all of a cluster's rows are
                at = np.unique(clusters, return_index=True)[1][clusters]
                groups = [
                    Group(column=g.column, value=g.value, member=g.member[at]) for g in groups
                ]
        found = ask(groups, losses, weights=weights, clusters=clusters)
        now += any(group.stands_out for group in found)
        old += bool(before(groups, losses).any())
    test = stats.binomtest(now, runs)
    upper = test.proportion_ci(0.95, "exact").high
    return {"runs": runs, "now": now / runs, "upper": float(upper), "before": old / runs}


def power(rows: int, kind: str, factor: float, runs: int) -> dict[str, float]:
    """Count the runs in which a group is named whose errors are larger, or smaller."""
    found = dict.fromkeys(("large", "large before", "small", "small before"), 0.0)
    for run in range(runs):
        rng = np.random.default_rng([run, rows, 1])
        groups, losses = groups_of(rng, rows), LOSSES[kind](rng, rows)
        sizes = [int(group.member.sum()) for group in groups]
        for size, chosen in (
            ("large", int(np.argmax(sizes))),
            ("small", int(np.argmin(sizes))),
        ):
            group = groups[chosen]
            if kind.startswith("wrong"):
                made = np.where(group.member & (rng.random(rows) < factor / 12), 1.0, losses)
            else:
                made = losses * np.where(group.member, factor**2, 1)
            flagged = {(g.column, g.value) for g in ask(groups, made) if g.stands_out > 0}
            found[size] += ((group.column, group.value) in flagged) / runs
            found[f"{size} before"] += float(before(groups, made)[chosen] > 0) / runs
    return found


def coverage(rows: int, kind: str, factor: float, runs: int) -> dict[str, float]:
    """Count the runs in which all intervals at once hold what they promise to."""
    held, held_before, width, width_before = 0, 0, [], []
    for run in range(runs):
        rng = np.random.default_rng([run, rows, 2])
        groups, losses = groups_of(rng, rows), LOSSES[kind](rng, rows)
        scale = np.where(groups[0].member, factor**2, 1.0)
        if kind.startswith("wrong"):
            losses = (rng.random(rows) < np.minimum(scale / 12, 1)) * 1.0
        else:
            losses = losses * scale
        member = np.array([group.member for group in groups])
        size = member.sum(axis=1)
        true = TRUE_MEAN[kind] * (member @ scale) / size
        names = {(g.column, g.value): t for g, t in zip(groups, true, strict=True)}
        found = ask(groups, losses)
        held += all(one.low**2 <= names[one.column, one.value] <= one.high**2 for one in found)
        width += [(one.high - one.low) / np.sqrt(names[one.column, one.value]) for one in found]
        mean = member @ losses / size
        spread = np.sqrt((member @ losses**2 / size - mean**2) / (size - 1))
        wide = stats.norm.ppf(1 - LEVEL / len(groups) / 2)
        low, high = np.maximum(mean - wide * spread, 0), mean + wide * spread
        held_before += bool(((low <= true) & (true <= high)).all())
        width_before += list((np.sqrt(high) - np.sqrt(low)) / np.sqrt(true))
    return {
        "held": held / runs,
        "before": held_before / runs,
        "width": float(np.median(width)),
        "width before": float(np.median(width_before)),
    }


def useless(rows: int, kind: str, runs: int) -> float:
    """Return how often a group is said to beat the guess though the network knows nothing.

    The guess errs as the network does, by other draws; so no gain is above zero on average.
    """
    wrong = 0
    for run in range(runs):
        rng = np.random.default_rng([run, rows, 3])
        groups, losses = groups_of(rng, rows), LOSSES[kind](rng, rows)
        guess = np.full(rows, np.sqrt(TRUE_MEAN[kind]))[:, None]
        found = score_groups(
            groups, np.zeros(rows), np.sqrt(losses)[:, None], guess, np.ones(rows), "regression"
        )
        wrong += any(group.works for group in found)
    return wrong / runs


def seconds(rows: int, columns: int) -> float:
    """Return what groups add to a study of so many rows and columns."""
    rng = np.random.default_rng(0)
    groups = [g for i in range(columns) for g in by_range(f"x{i}", rng.random(rows))]
    losses = LOSSES["normal"](rng, rows)
    started = time.process_time()  # which other programs do not lengthen
    ask(groups, losses)
    return time.process_time() - started


def measure_alarms(runs: int, *, small: bool) -> dict[str, Any]:
    """Return the alarms without cause of every kind of loss, size and design.

    Small are twelve cells: tables of 100 and 500 rows whose rows are independent.
    """
    found: dict[str, Any] = {}
    designs = {"plain": list(LOSSES), "weights": ["normal", "lognormal"]}
    designs |= dict.fromkeys(("weights by group", "clusters"), designs["weights"])
    if small:
        designs = {"plain": designs["plain"]}
    for design, kinds in designs.items():
        for kind in kinds:
            for rows in SIZES[:2] if small else SIZES:
                found[f"{design}, {kind}, {rows}"] = alarms(rows, kind, design, runs)
                print(
                    design,
                    kind,
                    rows,
                    found[f"{design}, {kind}, {rows}"],
                    file=sys.stderr,
                    flush=True,
                )
    return found


def measure_others(share: float) -> dict[str, Any]:
    """Return power, what intervals hold, gains without cause, and seconds."""
    runs = int(400 * share)
    cells = [(kind, rows) for kind in LOSSES for rows in SIZES]
    found: dict[str, Any] = {"power": {}, "coverage": {}, "useless": {}}
    for kind, rows in cells:
        for factor in FACTORS:
            found["power"][f"{kind}, {rows}, {factor}"] = power(rows, kind, factor, runs)
        for factor in (1.0, 2.0):
            found["coverage"][f"{kind}, {rows}, {factor}"] = coverage(rows, kind, factor, runs)
        found["useless"][f"{kind}, {rows}"] = useless(rows, kind, runs)
        print(kind, rows, file=sys.stderr, flush=True)
    found["seconds"] = {f"{n} x {c}": seconds(n, c) for n, c in ((10_000, 20), (100_000, 100))}
    return found


def page(parts: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    lines = [*INTRODUCTION, *machine.circumstances(parts["alarms"])]
    cells = parts["alarms"]["cells"]
    worst = max(cell["now"] for cell in cells.values())
    what = f"largest share of runs with an alarm without cause, of {len(cells)} cells"
    lines += machine.bars([machine.verdict(what, worst, ALARMS)])
    lines += ["Share of runs in which a group is named though none differs:", ""]
    lines += machine.grid(
        ["rows depend", "errors", "rows", "runs", "now", "97.5 % bound", "before"],
        [
            [
                *name.rsplit(", ", 1)[0].split(", ", 1),
                name.rsplit(", ", 1)[1],
                *_share_cells(cell),
            ]
            for name, cell in cells.items()
        ],
    )
    return lines + (_other_lines(parts["others"]) if "others" in parts else [])


def _other_lines(part: dict[str, Any]) -> list[str]:
    """Return what is said of power, intervals and seconds."""
    other = part["found"]
    lines = ["## Power, intervals and time", "", *machine.circumstances(part)]
    slowest = max(other["seconds"].values())
    what = "seconds for 100,000 rows and 100 columns"
    lines += machine.bars([machine.verdict(what, slowest, 2.0)])
    lines += [
        "Share of runs in which a group is named whose errors are so many times as large:"
    ]
    lines += ["", "(*large* is the largest of all groups, *small* the smallest)", ""]
    names = ("large", "large before", "small", "small before")
    lines += machine.grid(
        ["errors", "rows", "times", *names],
        [
            [*name.rsplit(", ", 2), *(f"{cell[one]:.2f}" for one in names)]
            for name, cell in other["power"].items()
        ],
    )
    lines += ["Share of runs in which the intervals of all groups hold the true errors:", ""]
    lines += machine.grid(
        ["errors", "rows", "times in one group", "held", "before", "width", "width before"],
        [
            [*name.rsplit(", ", 2), *(f"{value:.2f}" for value in cell.values())]
            for name, cell in other["coverage"].items()
        ],
    )
    heading = (
        "Share of runs in which a group is said to beat a guess that is as good as the network:"
    )
    lines += [heading, ""]
    lines += machine.grid(
        ["errors", *(f"{rows:,} rows" for rows in SIZES)],
        [
            [kind, *(f"{other['useless'][f'{kind}, {rows}']:.3f}" for rows in SIZES)]
            for kind in LOSSES
        ],
    )
    lines += machine.grid(
        ["rows x columns", "seconds"],
        [[name, f"{value:.2f}"] for name, value in other["seconds"].items()],
    )
    return lines


def _share_cells(cell: dict[str, Any]) -> list[str]:
    shares = [f"{100 * cell[name]:.1f} %" for name in ("now", "upper", "before")]
    return [f"{cell['runs']:,}", *shares]


def main() -> None:
    parser = machine.arguments(__doc__)
    parser.add_argument("--only", choices=("alarms", "others"), help="measure one part")
    parser.add_argument("--runs", type=int, default=RUNS, help="of each cell of alarms")
    parser.add_argument("--small", action="store_true", help="twelve cells of alarms")
    args = parser.parse_args()
    folder = machine.folder_of(__file__, quick=args.quick)
    share = 0.05 if args.quick else 1.0
    if args.only != "others":
        head = machine.header(PACKAGES, args.threads)
        cells = measure_alarms(int(args.runs * share), small=args.small)
        machine.write_part(folder, "alarms", head | {"cells": cells})
    if args.only != "alarms":
        head = machine.header(PACKAGES, args.threads)
        machine.write_part(folder, "others", head | {"found": measure_others(share)})
    machine.write_page(folder, page(machine.read_parts(folder)))


if __name__ == "__main__":
    main()
