"""Accuracy against seconds on photographs of cats and dogs: Tenfold's settings and peers.

Parts: ``pretrained`` (fast, medium, best), ``scratch`` (its qualities, and limits of
time), ``tutorial``, ``peers`` (logistic regression on frozen features, fastai), ``all``
(cross-validation on all 8,000, none apart) and ``memory`` (a run that may keep a tenth
of its pictures in memory). Each setting works in a process of its own.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import photographs  # noqa: E402
import processes  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "numpy", "pillow", "scikit-learn", "fastai")
QUALITIES: Final = ("fast", "medium", "best")
Options = dict[str, Any]
Record = dict[str, Any]
Settings = dict[str, tuple[str, Options]]
# Part: setting: name of the worker's contender, and options of tenfold.train.
PARTS: Final[dict[str, Settings]] = {
    "pretrained": {
        f"pretrained, {quality}": ("tenfold", {"network": "pretrained", "quality": quality})
        for quality in QUALITIES
    },
    "scratch": {
        f"scratch, {quality}": ("tenfold", {"network": "scratch", "quality": quality})
        for quality in QUALITIES
    },
    "tutorial": {"the tutorial's network": ("tenfold", {"network": "tutorial"})},
    "peers": {
        "scikit-learn: logistic regression, frozen features": ("logistic", {}),
        "fastai: resnet34, fine_tune(1)": ("fastai", {}),
    },
    "all": {
        f"pretrained, {quality}": ("tenfold-all", {"network": "pretrained", "quality": quality})
        for quality in QUALITIES
    },
    "memory": {
        "as much memory as there is": ("memory", {"network": "pretrained", "quality": "fast"}),
    },
}
TENTH: Final = "a tenth of the pictures' size"


def settings(part: str, options: Any) -> Settings:
    """Return the settings of a part, those that depend on the command line too."""
    found = {
        name: setting
        for name, setting in PARTS[part].items()
        if setting[1].get("quality", options.qualities[0]) in options.qualities
    }
    if part == "scratch":
        for limit in options.limits:
            chosen = {"network": "scratch", "quality": "best", "time_limit": limit}
            found[f"scratch, best, time_limit={limit:g}"] = ("tenfold", chosen)
    if options.quick and part in {"scratch", "tutorial"}:
        short = {"scratch": 1, "tutorial": 2}[part]
        found = {
            name: (contender, chosen | {"epochs": short})
            for name, (contender, chosen) in found.items()
        }
    return found


def measure(
    part: str, name: str, contender: str, chosen: Options, folder: Path, options: Any
) -> list[Record]:
    """Let a setting learn, once a seed."""
    records: list[Record] = []
    for seed in range(options.seeds):
        words = [options.python.get(contender, sys.executable), str(HERE / "worker.py")]
        words += [contender, str(seed), str(folder), json.dumps(chosen)]
        processes.wait_for_quiet(options.wait, options.others)
        found = processes.measure(words, options.threads, options.limit)
        records.append({"setting": name, "options": chosen, "seed": seed} | found)
        show(part, records[-1])
        if "error" in found:
            break
    return records


def measure_part(part: str, folders: dict[str, Path], options: Any) -> list[Record]:
    """Let all settings of a part learn."""
    folder = folders["all" if part == "all" else "split"]
    records: list[Record] = []
    for name, (contender, chosen) in settings(part, options).items():
        records += measure(part, name, contender, chosen, folder, options)
        if part == "memory" and "error" not in records[-1]:
            chosen |= {"memory_bytes": records[-1]["cache_bytes"] // 10}
            records += measure(part, TENTH, contender, chosen, folder, options)
    return records


def show(part: str, record: Record) -> None:
    """Print one line of progress."""
    line = f"{part:10} {record['setting']:50} seed {record['seed']}"
    if "error" in record:
        print(line, record["error"], flush=True)
        return
    scores = [f"{kind} {record[kind]:.4f}" for kind in ("held_out", "test") if record.get(kind)]
    print(line, f"{record['seconds']:7.1f} s ", *scores, flush=True)


def by_setting(content: Record) -> dict[str, list[Record]]:
    """Return the runs that succeeded, by setting."""
    found: dict[str, list[Record]] = {}
    for record in content["records"]:
        if "error" not in record:
            found.setdefault(record["setting"], []).append(record)
    return found


def cell(runs: list[Record], kind: str, digits: int = 3) -> str:
    """Return the median and range of a value, or a dash where no run has it."""
    return machine.median_range(
        [run[kind] for run in runs if run.get(kind) is not None], digits
    )


def accuracy_page(content: Record) -> list[str]:
    """Return the lines on the accuracy of the settings of a part."""
    rows = []
    for name, runs in by_setting(content).items():
        columns = ("pictures", "folds", "epochs")
        plain = [str(runs[0].get(column, "-")) for column in columns]
        scores = [cell(runs, kind, 4) for kind in ("held_out", "test")]
        rows.append([name, *plain, cell(runs, "seconds"), *scores, cell(runs, "single_ms")])
    head = ["setting", "pictures", "folds", "epochs", "seconds", "accuracy held out"]
    return machine.grid([*head, "accuracy apart", "ms of one picture"], rows)


def memory_page(content: Record) -> list[str]:
    """Return the lines on a run that may keep few pictures in memory."""
    rows = []
    for name, runs in by_setting(content).items():
        run = runs[0]
        gigabytes = [run["cache_bytes"], run["most"]["RssAnon"], run["most"]["RssFile"]]
        rows.append(
            [
                name,
                "file" if run["in_file"] else "memory",
                *(machine.short(size / 1e9) for size in gigabytes),
                cell(runs, "seconds"),
                cell(runs, "test", 4),
            ]
        )
    head = ["budget", "pictures are in", "their GB", "peak GB of its own", "peak GB of files"]
    return [
        "Bytes that a process has in memory: its own, and pages of files, which the system",
        "takes back when it needs them.",
        "",
        *machine.grid([*head, "seconds", "accuracy apart"], rows),
    ]


TITLES: Final = {
    "pretrained": "Pretrained",
    "scratch": "From the first weight",
    "tutorial": "The tutorial's network",
    "peers": "Peers",
    "all": "All photographs, none apart",
    "memory": "Memory",
}
# Tried with torch 2.13.0+cpu and torchvision 0.28.0, the one that belongs to it.
WITHOUT_TORCHVISION: Final = (
    "fastai needs torchvision, whose published wheels do not import with the CPU build "
    "of torch (`operator torchvision::nms does not exist`)."
)
PAGES: Final[dict[str, Callable[[Record], list[str]]]] = {"memory": memory_page}


def page(parts: dict[str, Record]) -> list[str]:
    """Return the lines of RESULT.md."""
    lines = [
        "# Photographs of cats and dogs",
        "",
        "8,000 photographs; 2,000 of them stay apart, always the same, and are scored once at",
        "the end. Accuracy held out: of the pictures that folds hold out, the mean of folds.",
        "Seconds are from the first file to the last score. One picture: `run.predict(path)`,",
        "the median of 50. Values are the median (least to largest) of seeds.",
        "",
    ]
    for part, title in TITLES.items():
        if part in parts:
            content = parts[part]
            errors = {r["setting"]: r["error"] for r in content["records"] if "error" in r}
            lines += [f"## {title}", "", *PAGES.get(part, accuracy_page)(content)]
            lines += [f"- not measured: {name}: `{error}`" for name, error in errors.items()]
            if any("fastai" in name for name in errors):
                lines += [f"  {WITHOUT_TORCHVISION}"]
            lines += [*([""] if errors else []), *machine.circumstances(content)]
    return [*lines, *compared(parts)]


def compared(parts: dict[str, Record]) -> list[str]:
    """Return the lines that compare Tenfold's seconds with the textbook's."""
    if not {"pretrained", "peers"} <= parts.keys():
        return []
    own, peers = by_setting(parts["pretrained"]), by_setting(parts["peers"])
    textbook = next((runs for name, runs in peers.items() if "logistic" in name), None)
    if textbook is None:
        return []
    rows = []
    for name, runs in own.items():
        ratio = median(r["seconds"] for r in textbook) / median(r["seconds"] for r in runs)
        gain = median(r["test"] for r in runs) - median(r["test"] for r in textbook)
        rows.append([name, machine.short(ratio), f"{100 * gain:+.2f}"])
    head = ["setting", "logistic regression's seconds / its", "accuracy apart, points above it"]
    return ["## Against the textbook", "", *machine.grid(head, rows)]


def read_options() -> Any:
    """Return the options of the command line."""
    parser = machine.arguments(__doc__)
    photographs.add_data(parser)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument(
        "--limits", nargs="*", type=float, default=[60, 180, 600], help="seconds, for scratch"
    )
    parser.add_argument("--qualities", nargs="+", choices=QUALITIES, default=list(QUALITIES))
    parser.add_argument("--limit", type=float, default=7200, help="seconds of a process")
    parser.add_argument(
        "--wait", type=float, default=0, help="minutes, at most, for other programs to rest"
    )
    parser.add_argument(
        "--others", type=float, default=0.1, help="cores that they may take, with --wait"
    )
    parser.add_argument(
        "--python", nargs="*", default=[], metavar="NAME=PYTHON", help="of logistic or fastai"
    )
    options = parser.parse_args()
    options.python = dict(pair.split("=", 1) for pair in options.python)
    if options.quick:
        options.limits = [5.0]
    machine.check_data(options.data, photographs.NEEDED)
    return options


def main() -> None:
    """Measure the parts that are asked for, and write the result beside this file."""
    options = read_options()
    folder = machine.folder_of(__file__, quick=options.quick)
    learn, test = (320, 80) if options.quick else (None, photographs.TEST_SIZE)
    parts = machine.read_parts(folder)
    with tempfile.TemporaryDirectory() as place:
        folders = {name: Path(place) / name for name in ("split", "all")}
        photographs.hold_out(options.data, folders["split"], learn=learn, test=test)
        photographs.hold_out(options.data, folders["all"], learn=learn, test=0)
        for part in options.part:
            head = machine.header(PACKAGES, options.threads)
            records = measure_part(part, folders, options)
            parts = machine.write_part(folder, part, head | {"records": records})
    machine.write_page(folder, page(parts))


if __name__ == "__main__":
    main()
