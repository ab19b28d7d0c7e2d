"""RESULT.md of the tables: every contender side by side, and ratios to Tenfold's peer."""

from collections.abc import Sequence
from statistics import mean, median, stdev
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
]


def page(parts: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    lines = list(INTRODUCTION)
    judged: list[list[str]] = []
    for part, content in parts.items():
        records = [record for record in content["records"] if "error" not in record]
        show = splits_part if part == "splits" else folds_part
        body, verdicts = show(part, records)
        errors = [r for r in content["records"] if "error" in r]
        failed = sorted({f"{r['contender']}: {r['error']}" for r in errors})
        lines += [*body, *failed, *machine.circumstances(content)]
        judged += verdicts
    return [*lines[: len(INTRODUCTION)], *machine.bars(judged), *lines[len(INTRODUCTION) :]]


def of(records: Sequence[Record], contender: str, table: str | None = None) -> list[Record]:
    """Return the records of a contender."""
    return [r for r in records if r["contender"] == contender and table in {None, r["table"]}]


def contenders_of(records: Sequence[Record]) -> list[str]:
    """Return the names of all contenders, in the order of their first record."""
    return list(dict.fromkeys(r["contender"] for r in records))


def timed(records: Sequence[Record]) -> list[float]:
    """Return the seconds that were measured."""
    return [r["seconds"] for r in records if r["seconds"] is not None]


def splits_part(_: str, records: list[Record]) -> tuple[list[str], list[list[str]]]:
    """Return the tables of the fixed splits, and what they say of the bars."""
    lines = ["## boston, concrete, power, yacht on fixed splits: RMSE", ""]
    ratios: dict[str, list[float]] = {}
    slowest = 0.0
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
            seconds = machine.told(timed(list(mine.values())))
            rows.append([name, str(len(scores)), plus(scores), f"{ratio:.3f}", seconds])
            if name == "tenfold" and table != "power":
                slowest = max(slowest, *(r["fit_seconds"] for r in mine.values()))
        head = ["contender", "splits", "RMSE", "x CatBoost", "seconds"]
        lines += [f"### {table}", "", *machine.grid(head, rows)]
    means = {name: machine.geometric_mean(found) for name, found in ratios.items()}
    rows = [[name, str(len(ratios[name])), f"{value:.3f}"] for name, value in means.items()]
    lines += machine.grid(["contender", "tables", "geometric mean x CatBoost"], rows)
    judged = []
    if "tenfold" in means:
        what = f"RMSE x CatBoost, geometric mean of {len(ratios['tenfold'])} tables"
        judged = [
            machine.verdict(what, means["tenfold"], 0.95),
            machine.verdict("seconds of a fit below 2,000 rows, slowest", slowest, 10),
        ]
    return lines, judged


def folds_part(part: str, records: list[Record]) -> tuple[list[str], list[list[str]]]:
    """Return the table of a cross-validation, and what it says of the bars."""
    metrics = list(records[0]["scores"][0])
    folds = max(len(r["scores"]) for r in records)
    folds = max(folds, 1 + max(r["unit"] or 0 for r in records))
    rows = []
    scored = {name: by_seed(of(records, name)) for name in contenders_of(records)}
    for name, seeds in scored.items():
        first = next(iter(seeds.values()))
        cells = [
            machine.told([mean(s[m] for s in f["scores"]) for f in seeds.values()], 5)
            for m in metrics
        ]
        whole = [f["seconds"] for f in seeds.values() if f["seconds"] is not None]
        count = len(first["scores"])
        rows.append([name, f"{count} of {folds}", str(len(seeds)), *cells, machine.told(whole)])
    head = ["contender", "folds", "seeds", *metrics, "seconds, all folds"]
    title = f"## {part}, cross-validated on the same {folds} folds"
    body = [title, "", *machine.grid(head, rows), *paired(scored, metrics)]
    return body, judge_folds(part, scored)


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


def judge_folds(part: str, scored: dict[str, dict[int, Record]]) -> list[list[str]]:
    """Return what a cross-validation says of the bars."""
    if "tenfold" not in scored:
        return []
    if part == "boston":
        runs = list(scored["tenfold"].values())
        mse = median(mean(s["mse"] for s in run["scores"]) for run in runs)
        slow = max(run["seconds"] for run in runs)
        what = "Boston, KFold(10, shuffle=True, random_state=7)"
        return [
            machine.verdict(f"{what}: MSE, median of seeds", mse, 8.7),
            machine.verdict(f"{what}: seconds, slowest seed", slow, 10),
        ]
    if part != "adult" or "catboost" not in scored:
        return []
    own, peer = (next(iter(scored[n].values()))["scores"] for n in ("tenfold", "catboost"))
    rows = []
    for metric, at_most in (("accuracy", False), ("log_loss", True)):
        mine, theirs = (mean(s[metric] for s in scores) for scores in (own, peer))
        met = mine <= theirs if at_most else mine >= theirs
        bar = f"{'at most' if at_most else 'at least'} CatBoost's {theirs:.4f}"
        rows.append([f"Adult, {metric}", bar, f"{mine:.4f}", "met" if met else "**missed**"])
    return rows


def plus(values: Sequence[float], *, signed: bool = False) -> str:
    """Return a mean with its standard error."""
    sign = "+" if signed else ""
    if len(values) < 2:
        return f"{mean(values):{sign}.4g}"
    return f"{mean(values):{sign}.4g} ± {stdev(values) / len(values) ** 0.5:.2g}"
