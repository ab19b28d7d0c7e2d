"""Is the verdict right? Comparisons of problems whose answer is known by construction.

Each problem of ``problems.py`` is made anew for each seed, and ``compare`` judges it with
that seed and its defaults. A verdict is right if its outcome is the one expected.
"""

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from tenfold.comparison.compare import compare
from tenfold.comparison.rounds import INTERRUPTED

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]
import machine  # noqa: E402
from problems import PROBLEMS, TARGET  # noqa: E402

PACKAGES: Final = (
    "tenfold",
    "torch",
    "numpy",
    "pandas",
    "scikit-learn",
    "lightgbm",
    "xgboost",
    "xgboost-cpu",
    "catboost",
)
SEEDS: Final = 5
QUICK: Final = ("linear_small", "noise_small", "too_few")
INTRODUCTION: Final = [
    "# Is the verdict right?",
    "",
    "Tables are made whose answer follows from how they are made; `problems.py` says why.",
    "`compare(frame, axes=False)` judges each, a seed at a time, and is right if its outcome",
    "is the expected one. *Seconds* are of a whole comparison, median (least to largest).",
    "",
]
Record = dict[str, Any]


def judge(name: str, seed: int) -> Record:
    """Make a problem, compare, and return the verdict with every contender's scores."""
    problem = PROBLEMS[name]
    frame = problem.make(np.random.default_rng(seed))
    started = time.perf_counter()
    found = compare(frame, target=TARGET, axes=False, seed=seed, out=None)
    seconds = time.perf_counter() - started
    if any(entry.error == INTERRUPTED for entry in found.entries):
        sys.exit("Interrupted; result.json holds all comparisons before this one.")
    verdict = found.verdict
    difference = verdict.difference
    return {
        "problem": name,
        "seed": seed,
        "rows": len(frame),
        "columns": frame.shape[1] - 1,
        "outcome": verdict.outcome,
        "expected": problem.expected,
        "sentence": verdict.sentence,
        "difference": None if difference is None else asdict(difference),
        "network": verdict.network,
        "classical": verdict.classical,
        "metric": verdict.metric,
        "margin": verdict.margin,
        "cost_ratio": verdict.cost_ratio,
        "seconds": seconds,
        "scores": {entry.name: entry.per_fold.get(verdict.metric) for entry in found.entries},
        "errors": {entry.name: entry.error for entry in found.entries if entry.error},
    }


def is_right(record: Record) -> bool:
    """Return whether a verdict is the expected one."""
    return record["outcome"] == record["expected"]


def show(record: Record) -> None:
    """Print one line of progress."""
    print(
        f"{record['problem']:15} seed {record['seed']} {record['seconds']:6.1f} s  "
        f"{'right' if is_right(record) else 'WRONG'}  {record['sentence']}",
        *(f"\n  {name}: {error}" for name, error in record["errors"].items()),
        flush=True,
    )


def page(parts: dict[str, Any], names: list[str]) -> list[str]:
    """Return the lines of RESULT.md."""
    found = {name: parts[name] for name in names if name in parts}
    records = [record for part in found.values() for record in part["records"]]
    right = sum(map(is_right, records))
    head = ["problem", "rows", "columns", "expected", "right", "seconds", "for example"]
    return [
        *INTRODUCTION,
        *machine.grid(head, [row(part["records"]) for part in found.values()]),
        f"**{right} of {len(records)} verdicts are right.**",
        "",
        *wrong(records),
        *measured(found),
    ]


def row(records: list[Record]) -> list[str]:
    """Return the cells of a problem; its example is the first seed's sentence."""
    first = records[0]
    return [
        first["problem"],
        f"{first['rows']:,}",
        str(first["columns"]),
        first["expected"],
        f"{sum(map(is_right, records))} of {len(records)}",
        machine.median_range([record["seconds"] for record in records]),
        first["sentence"],
    ]


def wrong(records: list[Record]) -> list[str]:
    """Return the lines that tell of each verdict that is not the expected one."""
    missed = [record for record in records if not is_right(record)]
    lines = [
        f"- {r['problem']}, seed {r['seed']}: {r['outcome']}. {r['sentence']}" for r in missed
    ]
    return ["Not as expected:", "", *lines, ""] if lines else []


def measured(parts: dict[str, Any]) -> list[str]:
    """Return by what and where problems were judged, those of one command together."""
    groups: dict[str, list[str]] = {}
    for name, part in parts.items():
        head = {key: value for key, value in part.items() if key != "records"}
        text = "\n".join(machine.circumstances(head))
        groups.setdefault(text, []).append(name)
    if len(groups) == 1:
        return next(iter(groups)).splitlines()
    return [
        line
        for text, names in groups.items()
        for line in (f"{', '.join(names)}:", "", *text.splitlines(), "")
    ]


def same(part: dict[str, Any] | None, head: dict[str, Any]) -> list[Record]:
    """Return the comparisons of a part that was measured under these circumstances."""
    alike = part is not None and all(part[key] == head[key] for key in ("versions", "threads"))
    return list(part["records"]) if alike else []


def main() -> None:
    """Judge, keep every comparison as soon as it is done, and write the page."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, metavar="NAME")
    parser.add_argument(
        "--seeds", type=int, default=SEEDS, help="of each; 0 writes the page alone"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on after those that result.json holds of the same versions and threads",
    )
    options = parser.parse_args()
    machine.use_threads(options.threads)  # contenders are processes to come
    folder = machine.folder_of(__file__, quick=options.quick)
    head = machine.header(PACKAGES, options.threads)
    chosen = options.problems or (QUICK if options.quick else tuple(PROBLEMS))
    kept = machine.read_parts(folder) if options.resume else {}
    records = {name: same(kept.get(name), head) for name in chosen}
    for seed in range(min(1, options.seeds) if options.quick else options.seeds):
        for name in chosen:
            if seed in {record["seed"] for record in records[name]}:
                continue
            records[name].append(judge(name, seed))
            show(records[name][-1])
            machine.write_part(folder, name, head | {"records": records[name]})
    machine.write_page(folder, page(machine.read_parts(folder), list(PROBLEMS)))


if __name__ == "__main__":
    main()
