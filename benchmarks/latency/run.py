"""Seconds that a user waits: for ``tenfold --help``, and for predictions of a loaded model."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "numpy", "pandas")
TABLE: Final = "california.csv"
TARGET: Final = "median_house_value"
MANY: Final = 10_000
HEAVY: Final = ("torch", "pandas", "sklearn")  # what --help must not import
PROBE: Final = """
import sys
sys.argv = ["tenfold", "--help"]
from tenfold.cli import main
try:
    main()
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""


def time_help(runs: int) -> list[float]:
    """Return wall-clock seconds of ``tenfold --help``, from its start to its end."""
    program = Path(sys.executable).with_name("tenfold")
    seconds = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        subprocess.run([program, "--help"], stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - started)
    return seconds[1:]  # the first reads files that are not in memory yet


def imported_by_help() -> list[str]:
    """Return the heavy packages that ``tenfold --help`` imports."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [name for name in done.stderr.split() if name in HEAVY]


def time_predictions(data: Path, runs: int, *, quick: bool) -> dict[str, Any]:
    """Train on California, open the model anew, and predict 1 row and many rows."""
    import pandas as pd  # noqa: PLC0415 - after the number of threads is set

    import tenfold  # noqa: PLC0415

    frame = pd.read_csv(data / TABLE)
    learn = frame.sample(2_000, random_state=0) if quick else frame
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        run = tenfold.train(
            learn, target=TARGET, training=tenfold.TrainOptions(device="cpu"), out=folder
        )
        trained = time.perf_counter() - started
        started = time.perf_counter()
        opened = tenfold.load(run.folder)
        loaded = time.perf_counter() - started
        parameters = run.metrics["parameters"]
    rows = frame.drop(columns=TARGET)
    ones = [rows.iloc[[i]] for i in range(runs)]
    blocks = [rows.sample(MANY, random_state=i) for i in range(runs // 10)]
    return {
        "train_seconds": trained,
        "load_seconds": loaded,
        "parameters": parameters,
        "one": time_rows(opened, ones),
        "many": time_rows(opened, blocks),
    }


def time_rows(run: Any, blocks: list[Any]) -> list[float]:
    """Return the seconds that each block takes, after one that is not counted."""
    run.predict(blocks[0])
    seconds = []
    for block in blocks:
        started = time.perf_counter()
        run.predict(block)
        seconds.append(time.perf_counter() - started)
    return seconds


def percentile(values: list[float], share: float) -> float:
    """Return the least value that this share of all values does not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def page(content: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    named = {
        "`tenfold --help`": (content["help"], 0.3),
        "predicting 1 row": (content["one"], 0.005),
        f"predicting {MANY:,} rows": (content["many"], 0.5),
    }
    rows, judged = [], []
    for what, (values, limit) in named.items():
        found = machine.spread(values)
        cells = [found["median"], percentile(values, 0.95), found["low"], found["high"]]
        rows.append([what, str(found["runs"]), *(f"{1000 * cell:.2f}" for cell in cells)])
        judged.append(machine.verdict(f"{what}: seconds, median", found["median"], limit))
    heavy = ", ".join(content["imported"]) or "none"
    judged.append(
        [
            "`tenfold --help` imports torch",
            "no",
            "yes" if "torch" in content["imported"] else "no",
            "**missed**" if "torch" in content["imported"] else "met",
        ]
    )
    head = ["what", "runs", "median ms", "95th percentile", "least", "largest"]
    return [
        "# What a user waits for",
        "",
        "Predictions of `tenfold.load(folder).predict(frame)`, a DataFrame in and out:",
        f"{content['parameters']:,} parameters, {content['rows']:,} rows of California, learnt",
        f"in {content['train_seconds']:.1f} s, opened in {content['load_seconds']:.2f} s.",
        f"Of torch, pandas and scikit-learn, `tenfold --help` imports: {heavy}.",
        "",
        *machine.grid(head, rows),
        *machine.bars(judged),
        *machine.circumstances(content),
    ]


def main() -> None:
    """Measure, and write the result beside this file."""
    parser = machine.arguments(__doc__)
    machine.add_data(parser)
    parser.add_argument("--runs", type=int, default=300, help="of 1 row; a tenth of many")
    options = parser.parse_args()
    machine.use_threads(options.threads)
    machine.check_data(options.data, [TABLE])
    head = machine.header(PACKAGES, options.threads)
    content = {"help": time_help(5 if options.quick else 20), "imported": imported_by_help()}
    runs = 50 if options.quick else options.runs
    content |= time_predictions(options.data, runs, quick=options.quick)
    content["rows"] = 2_000 if options.quick else sum(1 for _ in open_table(options.data)) - 1
    folder = machine.folder_of(__file__, quick=options.quick)
    parts = machine.write_part(folder, "latency", head | content)
    machine.write_page(folder, page(parts["latency"]))


def open_table(data: Path) -> list[str]:
    """Return the lines of the table."""
    return (data / TABLE).read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    main()
