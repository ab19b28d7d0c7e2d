"""The tutorial's regressor, 10 folds: Tenfold, ten stacked networks in plain torch, Keras.

Every contender trains in a process of its own, one after the other, in turn.
"""

import sys
from pathlib import Path
from statistics import mean, median
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import processes  # noqa: E402

KERAS: Final = ("keras-jax", "keras-tensorflow", "keras-torch")
PACKAGES: Final = (
    "tenfold",
    "torch",
    "numpy",
    "keras",
    "jax",
    "tensorflow",
    "tensorflow-cpu",
)
LIMIT: Final = 900  # seconds of one process


def measure(contender: str, seed: int, python: str, threads: int | None) -> dict[str, Any]:
    """Train once in a fresh process; return its record, or what went wrong."""
    command = [python, str(HERE / "worker.py"), contender, str(seed)]
    record = {"contender": contender, "seed": seed} | processes.measure(command, threads, LIMIT)
    if "error" in record:
        return record
    mse = mean(record["mse"])
    print(f"{contender:17} seed {seed}  {record['seconds']:8.2f} s  MSE {mse:.2f}", flush=True)
    return record


def measure_all(
    seeds: int, backends: dict[str, int], python: str, threads: int | None
) -> list[dict[str, Any]]:
    """Let all contenders train in turn; a backend that fails is not asked again."""
    records: list[dict[str, Any]] = []
    failed: set[str] = set()
    for seed in range(seeds):
        turn = ["tenfold", "torch", *[b for b, runs in backends.items() if seed < runs]]
        turn = [name for name in turn if name not in failed]
        # Nobody always starts on a warm, or a cold, machine.
        for name in turn if seed % 2 == 0 else turn[::-1]:
            used = python if name in KERAS else sys.executable
            records.append(measure(name, seed, used, threads))
            if "error" in records[-1]:
                print(f"{name}: {records[-1]['error']}")
                failed.add(name)
    return records


def page(content: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    records = [record for record in content["records"] if "error" not in record]
    seconds: dict[str, list[float]] = {}
    mse: dict[str, list[float]] = {}
    for record in records:
        seconds.setdefault(record["contender"], []).append(record["seconds"])
        mse.setdefault(record["contender"], []).append(mean(record["mse"]))
    own = median(seconds["tenfold"])
    rows = [
        [
            name,
            str(len(times)),
            machine.median_range(times),
            machine.short(median(times) / own),
            machine.median_range(mse[name], 4),
        ]
        for name, times in seconds.items()
    ]
    missing = [r for r in content["records"] if "error" in r]
    return [
        "# The tutorial's regressor, 10 folds",
        "",
        "Dense 13 relu, Dense 1, normal initialisation, mean squared error, Adam, 100 epochs,",
        "batches of 5, raw columns, KFold(10) in the order of the file. Seconds of training:",
        "median (least to largest). MSE: the mean of a seed's ten folds; median over seeds.",
        "",
        *machine.grid(["contender", "runs", "seconds", "x Tenfold", "MSE"], rows),
        *machine.bars(judge(seconds, mse)),
        *[f"Not measured: {r['contender']}: `{r['error']}`" for r in missing],
        "",
        *machine.circumstances(content),
    ]


def judge(seconds: dict[str, list[float]], mse: dict[str, list[float]]) -> list[list[str]]:
    """Return the rows that hold what was measured against the bars."""
    own = median(seconds["tenfold"])
    ratio = own / median(seconds["torch"])
    rows = [machine.verdict("Tenfold's seconds / plain torch's", ratio, 1.5)]
    keras = [name for name in KERAS if name in seconds]
    if keras:
        fastest = min(median(seconds[name]) for name in keras)
        what = "fastest Keras backend's seconds / Tenfold's"
        rows.append(machine.verdict(what, fastest / own, 12, at_most=False))
        found = [value for name in keras for value in mse[name]]
        middle = median(mse["tenfold"])
        bar = f"{machine.short(min(found), 4)} to {machine.short(max(found), 4)}"
        met = "met" if middle <= max(found) else "**missed**"
        rows.append(["MSE within Keras' spread, or below", bar, machine.short(middle, 4), met])
    return rows


def main() -> None:
    """Measure, and write the result beside this file."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="of Tenfold and plain torch")
    parser.add_argument("--keras-seeds", type=int, default=5, help="of Keras on JAX")
    parser.add_argument("--slow-seeds", type=int, default=3, help="of its slower backends")
    parser.add_argument("--backends", nargs="*", default=KERAS, choices=KERAS)
    parser.add_argument("--python", default=sys.executable, help="the one that has Keras")
    options = parser.parse_args()
    seeds = 2 if options.quick else options.seeds
    backends = {}
    for name in options.backends:
        runs = options.keras_seeds if name == "keras-jax" else options.slow_seeds
        backends[name] = 1 if options.quick else runs
    head = machine.header(PACKAGES, options.threads)
    records = measure_all(seeds, backends, options.python, options.threads)
    folder = machine.folder_of(__file__, quick=options.quick)
    parts = machine.write_part(folder, "tutorial_regressor", head | {"records": records})
    machine.write_page(folder, page(parts["tutorial_regressor"]))


if __name__ == "__main__":
    main()
