"""RESULT.md of the tables: every contender side by side, and ratios to Tenfold's peer."""

from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

import machine
from contenders import REALMLP_CV

Record = dict[str, Any]
INTRODUCTION = [
    "# Tables",
    "",
    "Every contender as it comes, on the same rows, in turn. Tenfold is called through its",
    "Python API with no option but the target, the seed and, where there are folds, the folds.",
    f"RealMLP trains {REALMLP_CV} networks side by side for each fit (`n_cv`); where it was",
    "asked for fewer splits or folds, its column *x CatBoost* compares the same ones.",
    "A cell `mean ± standard error` or `median (least to largest)`; seconds are of a fit and",
    "its predictions. Scores of peers may come from an earlier run (`peers.json`); seconds",
    "never do.",
    "",
    "No bar hangs on one table. That of the errors is of the geometric mean of all tables but",
    "the one that speaks for Tenfold the most, and that of the seconds has to hold on each.",
    "",
]
SCORED = ("rmse", "log_loss")  # the first of these that a table has is held against CatBoost's
BAR, SECONDS = 0.95, 10
SMALL = ("yacht", "boston", "concrete")  # the tables of fixed splits below 2,000 rows
# On which tables the default recipe was chosen (LOG.md says how); others are the better test.
CHOSEN_ON = {
    "adult": "yes, 8,000 rows of it",
    "boston": "yes",
    "phoneme": "yes",
    "power": "yes, 3,000 rows of it",
    "yacht": "yes",
    "california": "no; the step size for classes on 4,000 of its rows, with another target",
    "concrete": "no",
}


def page(parts: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    body: list[str] = []
    for part, content in parts.items():
        records = sound(content)
        show = splits_part if part == "splits" else folds_part
        errors = [r for r in content["records"] if "error" in r]
        failed = sorted({f"{r['contender']}: {r['error']}" for r in errors})
        body += [*show(part, records), *failed, *machine.circumstances(content)]
    return [*INTRODUCTION, *machine.bars(judge(parts)), *chosen(parts), *body]


def sound(content: dict[str, Any]) -> list[Record]:
    """Return the records of a part that were measured."""
    return [record for record in content["records"] if "error" not in record]


def judge(parts: dict[str, Any]) -> list[list[str]]:
    """Return the cells that hold what was measured against its bars."""
    ratios, rows = against_catboost(parts), []
    if len(ratios) > 1:
        best = min(ratios, key=ratios.__getitem__)
        rest = [ratio for table, ratio in ratios.items() if table != best]
        what = f"error x CatBoost, geometric mean of {len(rest)} tables, all but {best}"
        rows.append(machine.verdict(what, machine.geometric_mean(rest), BAR))
    if "splits" in parts:
        fits = of(sound(parts["splits"]), "tenfold")
        slowest = max(r["fit_seconds"] for r in fits if r["table"] in SMALL)
        what = "seconds of a fit below 2,000 rows, slowest"
        rows.append(machine.verdict(what, slowest, SECONDS))
    return rows


def against_catboost(parts: dict[str, Any]) -> dict[str, float]:
    """Return Tenfold's error on each table over CatBoost's on the same rows."""
    ratios: dict[str, float] = {}
    for part in sorted(parts, key=lambda name: name != "splits"):  # fixed splits go first
        records = sound(parts[part])
        for table in dict.fromkeys(r["table"] for r in records):
            own, peer = (by_seed(of(records, name, table)) for name in ("tenfold", "catboost"))
            both = own.keys() & peer.keys()
            if table in ratios or not both:
                continue
            metric = next(m for m in SCORED if m in own[min(both)]["scores"][0])
            errors = [
                mean(s[metric] for seed in both for s in seeds[seed]["scores"])
                for seeds in (own, peer)
            ]
            ratios[table] = errors[0] / errors[1]
    return ratios


def chosen(parts: dict[str, Any]) -> list[str]:
    """Return which tables the recipe was chosen on, and what either kind says."""
    ratios = against_catboost(parts)
    lines = ["## Which tables the default recipe was chosen on", ""]
    rows = [[table, CHOSEN_ON[table], f"{ratios[table]:.3f}"] for table in sorted(ratios)]
    lines += machine.grid(["table", "chosen on it", "error x CatBoost"], rows)
    for kind, said in (("yes", "was chosen on"), ("no", "was not chosen on")):
        own = [ratio for table, ratio in ratios.items() if CHOSEN_ON[table].startswith(kind)]
        if own:
            middle = machine.geometric_mean(own)
            lines.append(f"- tables that it {said}, {len(own)}: geometric mean {middle:.3f}")
    what = "the RMSE of numbers and the log-loss of classes"
    return [*lines, "", f"The error is {what}; that of boston is of the fixed splits.", ""]


def of(records: Sequence[Record], contender: str, table: str | None = None) -> list[Record]:
    """Return the records of a contender."""
    return [r for r in records if r["contender"] == contender and table in {None, r["table"]}]


def contenders_of(records: Sequence[Record]) -> list[str]:
    """Return the names of all contenders, in the order of their first record."""
    return list(dict.fromkeys(r["contender"] for r in records))


def timed(records: Sequence[Record]) -> list[float]:
    """Return the seconds that were measured."""
    return [r["seconds"] for r in records if r["seconds"] is not None]


def splits_part(_: str, records: list[Record]) -> list[str]:
    """Return the tables of the fixed splits."""
    lines = ["## boston, concrete, power, yacht on fixed splits: RMSE", ""]
    ratios: dict[str, list[float]] = {}
    for table in dict.fromkeys(r["table"] for r in records):
        rows = []
        for name in contenders_of(records):
            mine = {r["unit"]: r for r in of(records, name, table)}
            if not mine:
                continue
            scores = [r["scores"][0]["rmse"] for r in mine.values()]
            base = [
                r["scores"][0]["rmse"]
                for r in of(records, "catboost", table)
                if r["unit"] in mine
            ]
            ratio = mean(scores) / mean(base) if len(base) == len(scores) else float("nan")
            ratios.setdefault(name, []).append(ratio)
            seconds = machine.median_range(timed(list(mine.values())))
            rows.append([name, str(len(scores)), plus(scores), f"{ratio:.3f}", seconds])
        head = ["contender", "splits", "RMSE", "x CatBoost", "seconds"]
        lines += [f"### {table}", "", *machine.grid(head, rows)]
    means = {name: machine.geometric_mean(found) for name, found in ratios.items()}
    rows = [[name, str(len(ratios[name])), f"{value:.3f}"] for name, value in means.items()]
    return [*lines, *machine.grid(["contender", "tables", "geometric mean x CatBoost"], rows)]


def folds_part(part: str, records: list[Record]) -> list[str]:
    """Return the table of a cross-validation."""
    metrics = list(records[0]["scores"][0])
    folds = max(len(r["scores"]) for r in records)
    folds = max(folds, 1 + max(r["unit"] or 0 for r in records))
    rows = []
    scored = {name: by_seed(of(records, name)) for name in contenders_of(records)}
    for name, seeds in scored.items():
        first = next(iter(seeds.values()))
        cells = [
            machine.median_range([mean(s[m] for s in f["scores"]) for f in seeds.values()], 5)
            for m in metrics
        ]
        whole = [f["seconds"] for f in seeds.values() if f["seconds"] is not None]
        count = len(first["scores"])
        rows.append(
            [name, f"{count} of {folds}", str(len(seeds)), *cells, machine.median_range(whole)]
        )
    head = ["contender", "folds", "seeds", *metrics, "seconds, all folds"]
    title = f"## {part}, cross-validated on the same {folds} folds"
    return [title, "", *machine.grid(head, rows), *paired(scored, metrics)]


def by_seed(records: list[Record]) -> dict[int, Record]:
    """Return, for each seed, the scores of its folds and the seconds of all of them."""
    found: dict[int, Record] = {}
    for record in records:
        here = found.setdefault(record["seed"], {"scores": [], "seconds": 0.0})
        here["scores"] += record["scores"]
        known = record["seconds"] is not None and here["seconds"] is not None
        here["seconds"] = here["seconds"] + record["seconds"] if known else None
    return found


def paired(scored: dict[str, dict[int, Record]], metrics: list[str]) -> list[str]:
    """Return, for each peer, the mean difference to Tenfold over the folds it took part in."""
    if "tenfold" not in scored:
        return []
    own = next(iter(scored["tenfold"].values()))["scores"]
    rows = []
    for name, seeds in scored.items():
        theirs = next(iter(seeds.values()))["scores"]
        cells = []
        for m in metrics:
            gaps = [a[m] - b[m] for a, b in zip(own, theirs, strict=False)]
            cells.append(plus(gaps, signed=True))
        if name != "tenfold":
            rows.append([f"tenfold - {name}", str(len(theirs)), *cells])
    return machine.grid(["paired difference, first seed", "folds", *metrics], rows)


def plus(values: Sequence[float], *, signed: bool = False) -> str:
    """Return a mean with its standard error."""
    sign = "+" if signed else ""
    if len(values) < 2:
        return f"{mean(values):{sign}.4g}"
    return f"{mean(values):{sign}.4g} ± {stdev(values) / len(values) ** 0.5:.2g}"
