"""Tables larger than memory: how fast they are read and predicted, and what it takes.

A table of 20 columns is made (``made.py``): numbers, counts, categories and dates. A run with
three folds and the default network is trained on 20,000 of its rows. Then longer files are read
and coded on one core, predicted by one process and by one for each core, and predicted as a
whole, as a table in memory is. Memory is the largest sum over a process and those that it
started, twenty times a second, of what each holds alone or as its share (PSS).
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "pandas", "pyarrow", "joblib")
LEARNT: Final = 20_000
ROWS, QUICK_ROWS = 1_000_000, 100_000
WHOLE: Final = 1_000_000  # rows that are predicted as a whole, too
BARS: Final = {"parquet": 400_000, "csv": 100_000}  # rows read and coded a second, on one core
LEAST_RATE, MOST_GIGABYTES = 200_000, 1.0  # of prediction
REPEATS: Final = 3
PAUSE: Final = 0.05

READ: Final = """
import json, sys, time
from pathlib import Path
from tenfold import ReadOptions, load
from tenfold.data.columns.encode import encode_inputs
from tenfold.data.files.batches import in_batches
schema = load(sys.argv[1]).model.schema
began, rows = time.perf_counter(), 0
for batch in in_batches(Path(sys.argv[2]), ReadOptions(missing=None), schema.known).batches():
    table = batch.table()
    encode_inputs(table.frame, schema, table.decimal)
    rows += len(table)
print(json.dumps(rows / (time.perf_counter() - began)))
"""
WHOLLY: Final = """
import sys, time
from tenfold import load
run = load(sys.argv[1])
answers = run.predict(sys.argv[2]).rename_axis("line").reset_index()
answers.to_csv(sys.argv[3], index=False, float_format="%.7g")
"""


def main() -> None:
    """Measure, keep and write the page."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--rows", type=int, help=f"of the long files; {ROWS:,} by default")
    options = parser.parse_args()
    rows = options.rows or (QUICK_ROWS if options.quick else ROWS)
    folder = machine.folder_of(__file__, quick=options.quick)
    head = machine.header(PACKAGES, options.threads)
    with tempfile.TemporaryDirectory() as home:
        part = head | measure(Path(home), rows, 1 if options.quick else REPEATS)
    machine.write_part(folder, "prediction", part)
    machine.write_page(folder, page(part))


def measure(home: Path, rows: int, repeats: int) -> dict[str, Any]:
    """Train, make the files, and measure each way."""
    made = [sys.executable, str(HERE / "made.py")]
    files = {name: home / f"new.{name}" for name in BARS}
    for name, count in {"learnt.csv": LEARNT, "new.parquet": rows, "new.csv": rows}.items():
        subprocess.run([*made, str(home / name), str(count)], check=True)
    few = min(rows, WHOLE)
    subprocess.run([*made, str(home / "few.parquet"), str(few)], check=True)
    tenfold = [str(Path(sys.executable).with_name("tenfold"))]
    words = ["train", "learnt.csv", "--target", "y", "--folds", "3", "--quiet"]
    subprocess.run([*tenfold, *words], cwd=home, check=True, capture_output=True)
    run, out = home / "runs" / "learnt-1", home / "answers.csv"
    found: dict[str, Any] = {"rows": rows, "whole_rows": few, "megabytes": {}}
    for name, path in files.items():
        found["megabytes"][name] = path.stat().st_size / 1e6
        words = [sys.executable, "-c", READ, str(run), str(path)]
        found[f"read {name}"] = [_said(words) for _ in range(repeats)]
    ways = {
        f"{name}, {cores} of {machine.cores()} cores": [
            *(*tenfold, "predict", str(run), str(path), "--out", str(out), "--quiet")
        ]
        for name, path in files.items()
        for cores in sorted({1, machine.cores()})
    }
    ways["parquet, as a whole"] = [
        *(sys.executable, "-c", WHOLLY, str(run), str(home / "few.parquet"), str(out))
    ]
    for way, words in ways.items():
        alone = "whole" in way or ", 1 of" in way
        count = few if "whole" in way else rows
        runs = [_watched(words, threads=1 if alone else None) for _ in range(repeats)]
        found[way] = {
            "rows a second": [count / run["seconds"] for run in runs],
            "gigabytes": [run["gigabytes"] for run in runs],
        }
    return found


def _said(words: list[str]) -> float:
    done = subprocess.run(
        words, env=machine.environment(1), check=True, capture_output=True, text=True
    )
    return float(json.loads(done.stdout))


def _watched(words: list[str], threads: int | None) -> dict[str, float]:
    """Run a command; return its seconds, and how much memory it and its children took."""
    began, peak, over = time.perf_counter(), [0], threading.Event()
    with subprocess.Popen(words, env=machine.environment(threads)) as process:

        def watch() -> None:
            while not over.wait(PAUSE):
                peak[0] = max(peak[0], sum(map(_share, _family(process.pid))))

        thread = threading.Thread(target=watch)
        thread.start()
        code = process.wait()
        over.set()
        thread.join()
    if code:
        sys.exit(f"{words} ended with {code}")
    return {"seconds": time.perf_counter() - began, "gigabytes": peak[0] / 1e6}


def _family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        try:
            tasks = Path(f"/proc/{found[-1]}/task").iterdir()
            texts = [(task / "children").read_text() for task in tasks]
        except OSError:
            continue
        left += [int(word) for text in texts for word in text.split()]
    return found


def _share(pid: int) -> int:
    """Return the kilobytes that a process holds, of shared ones its part; 0 after its end."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def page(part: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    ways = {
        name: found
        for name, found in part.items()
        if isinstance(found, dict) and "gigabytes" in found
    }
    cores = part["machine"]["cores"]
    best = ways[f"parquet, {cores} of {cores} cores"]
    rows = [
        machine.verdict(
            f"rows of {name} read and coded a second, one core",
            machine.spread(part[f"read {name}"])["median"],
            bar,
            at_most=False,
        )
        for name, bar in BARS.items()
    ]
    rate = machine.spread(best["rows a second"])["median"]
    rows.append(machine.verdict("rows predicted a second", rate, LEAST_RATE, at_most=False))
    for count in sorted({1, cores}):
        most = max(ways[f"parquet, {count} of {cores} cores"]["gigabytes"])
        what = f"gigabytes while predicting, processes on {count} of {cores} cores"
        rows.append(machine.verdict(what, most, MOST_GIGABYTES))
    sizes = " and ".join(
        f"{size:,.0f} MB of {name}" for name, size in part["megabytes"].items()
    )
    intro = (
        f"{part['rows']:,} rows of 20 columns, {sizes}; as a whole, {part['whole_rows']:,} of "
        "them. Three folds, the default network. Times are of the whole command, the start of "
        "all processes included; median (least to largest)."
    )
    table = [
        [
            name,
            machine.median_range(found["rows a second"]),
            machine.median_range(found["gigabytes"]),
        ]
        for name, found in ways.items()
    ]
    return [
        *("# Tables larger than memory", "", intro, ""),
        *machine.bars(rows),
        *machine.grid(["predicted from", "rows a second", "gigabytes"], table),
        *machine.circumstances(part),
    ]


if __name__ == "__main__":
    main()
