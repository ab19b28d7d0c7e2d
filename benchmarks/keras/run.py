"""Keras models: all folds together in Tenfold, and fold after fold by Keras' own loop.

Each case of ``cases.py`` is trained by both on the same backend, the same folds, epochs and
batches, each in a process of its own, in turn. A part of the result is a case on a backend.
"""

import sys
from pathlib import Path
from statistics import mean
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import photographs  # noqa: E402
import processes  # noqa: E402
import report  # noqa: E402
from cases import CASES  # noqa: E402

BACKENDS: Final = ("jax", "torch", "tensorflow")
CONTENDERS: Final = ("keras", "tenfold")
PACKAGES: Final = (
    *("tenfold", "keras", "jax", "torch", "tensorflow", "tensorflow-cpu"),
    *("numpy", "scikit-learn", "pandas", "pillow"),
)
LIMIT: Final = 1_800  # seconds of one process
OTHERS: Final = 0.1  # cores that other programs may take, with --wait
Record = dict[str, Any]


def measure(case: str, contender: str, backend: str, seed: int, options: Any) -> Record:
    """Train once in a fresh process; return its record, or what went wrong."""
    python = options.python.get(backend, sys.executable)
    words = [python, str(HERE / "worker.py"), case, contender, backend, str(seed)]
    processes.wait_for_quiet(options.wait, OTHERS)
    found = processes.measure([*words, str(options.data)], options.threads, LIMIT)
    record = {"contender": contender, "seed": seed} | found
    line = f"{case:14} {backend:10} {contender:8} seed {seed}"
    if "error" in record:
        print(line, record["error"], flush=True)
        return record
    passed, worked = record["whole"]
    print(
        f"{line}  {passed:7.2f} s, {worked:7.2f} s of work, {record['steady'][0]:7.2f} s steady"
        f"  {report.METRICS[CASES[case].task]} {mean(record['scores']):.4f}",
        flush=True,
    )
    return record


def measure_part(case: str, backend: str, options: Any) -> list[Record]:
    """Let both train in turn; return what was measured until one failed."""
    records: list[Record] = []
    for seed in range(options.repeats):
        # Nobody always starts on a warm, or a cold, machine.
        for contender in CONTENDERS if seed % 2 == 0 else CONTENDERS[::-1]:
            records.append(measure(case, contender, backend, seed, options))
            if "error" in records[-1]:
                return records
    return records


def backends_of(case: str, options: Any) -> list[str]:
    """Return on what a case is measured: JAX, and the tutorial's regressor on torch, too."""
    return options.backends or (["jax", "torch"] if case == "regressor" else ["jax"])


def read_options() -> Any:
    """Return the options of the command line."""
    parser = machine.arguments(__doc__)
    photographs.add_data(parser)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument(
        "--backends",
        nargs="+",
        choices=BACKENDS,
        help="of all cases; by default JAX, and torch for the regressor",
    )
    parser.add_argument("--repeats", type=int, default=3, help="each with a seed of its own")
    parser.add_argument(
        "--python", nargs="*", default=[], metavar="BACKEND=PYTHON", help="of a backend"
    )
    parser.add_argument(
        "--wait", type=float, default=0, help="minutes, at most, for other programs to rest"
    )
    options = parser.parse_args()
    options.python = dict(one.split("=", maxsplit=1) for one in options.python)
    options.data = options.data.resolve()
    needed = [name for case in options.cases for name in CASES[case].needs]
    machine.check_data(options.data, dict.fromkeys(needed))
    if options.quick:
        options.repeats = 1
    return options


def main() -> None:
    """Measure the cases that are asked for, and write the result beside this file."""
    options = read_options()
    folder = machine.folder_of(__file__, quick=options.quick)
    for case in options.cases:
        for backend in backends_of(case, options):
            head = machine.header(PACKAGES, options.threads, case=case, backend=backend)
            records = measure_part(case, backend, options)
            machine.write_part(folder, f"{case}-{backend}", head | {"records": records})
    machine.write_page(folder, report.page(machine.read_parts(folder)))


if __name__ == "__main__":
    main()
