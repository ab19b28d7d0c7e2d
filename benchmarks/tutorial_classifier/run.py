"""The tutorial's network for pictures: Tenfold, the bare step in plain torch, Keras.

Parts: ``rates`` (pictures per second of training), ``work`` (the same on one core, by
the seconds that it worked) and ``accuracy`` (after the same number of epochs, with the
seconds from the first file to the last judgement). Every contender trains in a process
of its own, one after the other, in turn.
"""

import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import photographs  # noqa: E402
import processes  # noqa: E402

PARTS: Final = ("rates", "work", "accuracy")
TORCH: Final = ("torch", "torch-kept", "torch-fused", "torch-fused-kept")
KERAS: Final = ("keras-tensorflow", "keras-torch", "keras-jax")
AGAIN: Final = 2  # more tries of a run that other programs disturbed
PACKAGES: Final = (
    *("tenfold", "torch", "numpy", "pillow", "keras", "scipy"),
    *("tensorflow", "tensorflow-cpu", "jax"),
)
WORDS: Final = {
    "tenfold": "Tenfold, decoded pictures changed at random",
    "torch": "torch, one batch again and again",
    "torch-kept": "the same, keep_freed_memory()",
    "torch-fused": "the same, Adam(fused=True)",
    "torch-fused-kept": "the same, both",
}
BARS: Final = (
    ("torch", "the bare step's", 0.85),
    ("torch-kept", "that of the step with keep_freed_memory()", 0.85),
    ("torch-fused-kept", "that of the step with fused Adam too", 0.85),
    ("keras-tensorflow", "Keras'", 3),
)
TITLES: Final = {
    "rates": ["## Rates"],
    "work": [
        "## Work",
        "",
        "Pictures for each second that one core worked for the process, in one thread: what",
        "other programs hardly change.",
    ],
}
DISTURBED: Final = 0.2  # cores of other programs above which a ratio is not judged
Record = dict[str, Any]


def measure(name: str, seed: int, folder: Path, part: str, options: Any) -> list[Record]:
    """Train in fresh processes until no other program has disturbed one."""
    epochs = options.epochs if part == "accuracy" else options.rate_epochs
    python = options.python if name in KERAS else sys.executable
    words = [python, str(HERE / "worker.py"), name, str(seed), str(folder), str(epochs), part]
    records: list[Record] = []
    for _ in range(1 + AGAIN):
        if part != "work":
            processes.wait_for_quiet(options.wait, options.others)
        threads = 1 if part == "work" else options.threads
        found = processes.measure(words, threads, options.limit)
        records.append({"contender": name, "seed": seed, "part": part} | found)
        show(records[-1])
        calm = found.get("others", 0) <= options.others
        if "error" in found or calm or part == "work" or not options.wait:
            break
    return records


def show(record: Record) -> None:
    """Print one line of progress."""
    line = f"{record['part']:8} {record['contender']:17} seed {record['seed']}"
    if "error" in record:
        print(line, record["error"], flush=True)
        return
    if "rates" in record:
        line += f"  {median(record['rates']):7.0f} pictures/s"
    if "accuracy" in record:
        line += f"  {record['seconds']:6.1f} s, accuracy {record['accuracy'][-1]:.4f}"
    print(line, f" others took {record.get('others', 0):.2f} cores", flush=True)


def measure_part(part: str, folder: Path, options: Any) -> list[Record]:
    """Let all contenders train in turn; one that fails is not asked again."""
    records: list[Record] = []
    failed: set[str] = set()
    for seed in range(options.seeds if part == "accuracy" else options.repeats):
        backends = options.backends[: None if part == "rates" and seed == 0 else 1]
        turn = ["tenfold", *(() if part == "accuracy" else TORCH), *backends]
        turn = [name for name in turn if name not in failed]
        # Nobody always starts on a warm, or a cold, machine.
        for name in turn if seed % 2 == 0 else turn[::-1]:
            records += measure(name, seed, folder, part, options)
            if "error" in records[-1]:
                failed.add(name)
    return records


def kept(content: Record) -> dict[str, list[Record]]:
    """Return each contender's runs: the quietest try of each seed."""
    best: dict[tuple[str, int], Record] = {}
    for record in content["records"]:
        key = (record["contender"], record["seed"])
        known = best.get(key)
        if "error" in record:
            continue
        if known is None or record.get("others", 0) < known.get("others", 0):
            best[key] = record
    found: dict[str, list[Record]] = {}
    for (name, _), record in best.items():
        found.setdefault(name, []).append(record)
    return found


def rates_of(found: dict[str, list[Record]]) -> dict[str, list[float]]:
    """Return the rate of each run of each contender: the median of its epochs."""
    return {name: [median(run["rates"]) for run in runs] for name, runs in found.items()}


def disturbed(runs: list[Record]) -> float:
    """Return how many cores other programs took during these runs."""
    return median(run.get("others", 0) for run in runs)


def rates_page(content: Record, part: str) -> list[str]:
    """Return the lines on the pictures per second, or per second of work."""
    found = kept(content)
    rates = rates_of(found)
    own = median(rates["tenfold"])
    rows = [
        [
            WORDS.get(name, name),
            str(len(values)),
            machine.median_range(values),
            machine.short(own / median(values)),
            machine.short(disturbed(found[name]), 2),
        ]
        for name, values in rates.items()
    ]
    head = ["contender", "runs", "pictures/s", "Tenfold's / its", "cores others took"]
    lines = [*TITLES[part], "", *machine.grid(head, rows)]
    bars = []
    for name, words, least in BARS:
        if name in rates:
            ratio = own / median(rates[name])
            row = machine.verdict(f"Tenfold's rate / {words}", ratio, least, at_most=False)
            others = max(disturbed(found["tenfold"]), disturbed(found[name]))
            # Two threads that share a product stand still while one of them has no core.
            calm = part == "work" or others <= DISTURBED
            bars.append(row if calm else [*row[:3], "not judged: disturbed"])
    return [*lines, *machine.bars(bars), *missing(content), *machine.circumstances(content)]


def accuracy_page(content: Record) -> list[str]:
    """Return the lines on the accuracy."""
    found = kept(content)
    rows, last = [], {}
    for name, runs in found.items():
        last[name] = [run["accuracy"][-1] for run in runs]
        seconds = machine.median_range([run["seconds"] for run in runs])
        best = machine.median_range([max(run["accuracy"]) for run in runs], 4)
        rows.append([name, str(len(runs)), seconds, machine.median_range(last[name], 4), best])
    head = ["contender", "runs", "seconds", "accuracy, last epoch", "accuracy, best epoch"]
    epochs = content["epochs"]
    lines = [f"## Accuracy after {epochs} epochs", "", *machine.grid(head, rows)]
    keras = [value for name, values in last.items() if name in KERAS for value in values]
    if keras and "tenfold" in last:
        middle = median(last["tenfold"])
        bar = f"{machine.short(min(keras), 4)} to {machine.short(max(keras), 4)}"
        met = "met" if middle >= min(keras) else "**missed**"
        what = "accuracy within Keras' spread, or above"
        lines += machine.bars([[what, bar, machine.short(middle, 4), met]])
    return [*lines, *missing(content), *machine.circumstances(content)]


def missing(content: Record) -> list[str]:
    """Return a line for each contender that could not be measured."""
    lines = [
        f"- not measured: {record['contender']}, seed {record['seed']}: `{record['error']}`"
        for record in content["records"]
        if "error" in record
    ]
    return [*lines, ""] if lines else []


def page(parts: dict[str, Record]) -> list[str]:
    """Return the lines of RESULT.md."""
    lines = [
        "# The tutorial's network for pictures",
        "",
        "64 x 64 x 3, Conv2D 32 3 x 3 relu, MaxPooling 2 x 2, Flatten, Dense 128 relu,",
        "Dense 1 sigmoid, Adam, binary cross-entropy, batches of 32; shear, zoom 0.2, flip.",
        "8,000 photographs of cats and dogs, of which 2,000 stay apart, always the same.",
        "Values are the median (least to largest) of runs, each a process of its own; a rate",
        "is the median of a run's epochs after the first. An epoch is one pass over the",
        "pictures, where the tutorial's `steps_per_epoch = 8000` asks for 32. Keras counts",
        "`shear_range=0.2` in degrees today, Tenfold in radians, as Keras did then. torch and",
        "Tenfold take products in bfloat16; Keras reads and decodes its files in each epoch.",
        "With `--wait`, a run that other programs disturbed was tried again, and the least",
        "disturbed try counts.",
        "",
    ]
    for part in TITLES:
        if part in parts:
            lines += rates_page(parts[part], part)
    if "accuracy" in parts:
        lines += accuracy_page(parts["accuracy"])
    return lines


def read_options() -> Any:
    """Return the options of the command line."""
    parser = machine.arguments(__doc__)
    photographs.add_data(parser)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--repeats", type=int, default=5, help="of the rates")
    parser.add_argument("--rate-epochs", type=int, default=5, help="the first does not count")
    parser.add_argument("--seeds", type=int, default=3, help="of the accuracy")
    parser.add_argument("--epochs", type=int, default=25, help="of the accuracy")
    parser.add_argument(
        "--backends", nargs="*", default=KERAS, choices=KERAS, help="the first in every turn"
    )
    parser.add_argument("--python", default=sys.executable, help="the one that has Keras")
    parser.add_argument("--limit", type=float, default=3600, help="seconds of a process")
    parser.add_argument(
        "--wait", type=float, default=0, help="minutes, at most, for other programs to rest"
    )
    parser.add_argument(
        "--others", type=float, default=0.1, help="cores that they may take, with --wait"
    )
    options = parser.parse_args()
    machine.check_data(options.data, photographs.NEEDED)
    if options.quick:
        options.repeats = options.seeds = 1
        options.epochs = options.rate_epochs = 2
    return options


def main() -> None:
    """Measure the parts that are asked for, and write the result beside this file."""
    options = read_options()
    folder = machine.folder_of(__file__, quick=options.quick)
    few = {"learn": 640, "test": 128} if options.quick else {"test": photographs.TEST_SIZE}
    parts = machine.read_parts(folder)
    with tempfile.TemporaryDirectory() as place:
        photographs.hold_out(options.data, Path(place), **few)
        for part in options.part:
            head = machine.header(PACKAGES, options.threads, epochs=options.epochs)
            records = measure_part(part, Path(place), options)
            parts = machine.write_part(folder, part, head | {"records": records})
    machine.write_page(folder, page(parts))


if __name__ == "__main__":
    main()
