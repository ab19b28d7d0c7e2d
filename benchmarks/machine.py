"""What every benchmark writes down: the command, the machine, the versions, the runs.

A run.py puts its records into ``result.json`` beside it, a part at a time, and this
module lays the whole file out as ``RESULT.md``. Nothing in ``src`` imports this.
"""

import argparse
import json
import math
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
DATA: Final = ROOT.parent / "shared" / "data" / "tables"
PRIVATE: Final = ("--data", "--python")  # options whose values are paths of one machine
THREADS: Final = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)


def arguments(about: str) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks share."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few small runs, into quick/")
    parser.add_argument("--threads", type=int, help="of each contender; all cores by default")
    return parser


def add_data(parser: argparse.ArgumentParser) -> None:
    """Let the folder of the tables be named."""
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("TENFOLD_DATA", DATA)),
        help="folder of the tables; TENFOLD_DATA, or ../shared/data/tables beside the clone",
    )


def check_data(folder: Path, names: Iterable[str]) -> None:
    """End the program with a plain message unless all these files are there."""
    missing = [name for name in names if not (folder / name).exists()]
    if missing:
        sys.exit(
            f"This benchmark needs {', '.join(missing)} in {folder}.\n"
            "Name the folder with --data FOLDER or TENFOLD_DATA=FOLDER; "
            "benchmarks/README.md says what it holds."
        )


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def environment(threads: int | None) -> dict[str, str]:
    """Return the environment of a child process in which libraries use so many threads."""
    chosen = {} if threads is None else dict.fromkeys(THREADS, str(threads))
    return os.environ | chosen


def use_threads(threads: int | None) -> None:
    """Limit this process likewise; to be called before torch or numpy are imported."""
    os.environ.update(environment(threads))


def machine() -> dict[str, Any]:
    """Return the processor's name and the number of cores."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        named = [line.partition(":")[2].strip() for line in lines if "model name" in line]
        name = named[0] if named else name
    return {"processor": name, "cores": cores(), "system": platform.system()}


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of Python and of those packages that are installed."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str:
    """Return the commit that is measured, with a plus sign if the source differs from it."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--", "src") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return done.stdout.strip()


def command() -> str:
    """Return the command that runs, without the paths of this machine."""
    words = [Path(sys.argv[0]).resolve().relative_to(ROOT).as_posix()]
    skip = False
    for word in sys.argv[1:]:
        name = word.partition("=")[0]
        if name in PRIVATE:
            skip = "=" not in word
        elif skip:
            skip = False
        else:
            words.append(word)
    return "python " + shlex.join(words)


def header(packages: Iterable[str], threads: int | None, **more: Any) -> dict[str, Any]:
    """Return what is to be known of the circumstances of a measurement."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit(),
        "command": command(),
        "machine": machine(),
        "threads": threads or cores(),
        "load_at_start": round(os.getloadavg()[0], 2),
        "versions": versions(packages),
    } | more


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Return number, median, least and largest of some measurements.

    Examples
    --------
    >>> spread([3.0, 1.0, 2.0])
    {'runs': 3, 'median': 2.0, 'low': 1.0, 'high': 3.0}
    """
    return {
        "runs": len(values),
        "median": median(values),
        "low": min(values),
        "high": max(values),
    }


def median_range(values: Sequence[float], digits: int = 3) -> str:
    """Return a median with its range: ``1.20 (1.10 to 1.40)``."""
    if not values:
        return "-"
    found = spread(values)
    middle = short(found["median"], digits)
    if len(values) == 1:
        return middle
    return f"{middle} ({short(found['low'], digits)} to {short(found['high'], digits)})"


def short(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits, never in powers of ten."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    after = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{value:.{max(0, after)}f}"


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean of positive numbers."""
    return math.exp(sum(map(math.log, values)) / len(values))


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines] + [""]


def verdict(what: str, value: float, limit: float, *, at_most: bool = True) -> list[str]:
    """Return the cells that hold a measured value against its bar."""
    met = value <= limit if at_most else value >= limit
    bar = f"{'at most' if at_most else 'at least'} {limit:g}"
    return [what, bar, short(value), "met" if met else "**missed**"]


def bars(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the table of all bars of a benchmark."""
    return grid(["what", "bar", "measured", ""], rows)


def circumstances(head: dict[str, Any]) -> list[str]:
    """Return the lines that say by what, where and when something was measured."""
    where, packages = head["machine"], head["versions"]
    names = ", ".join(f"{name} {version}" for name, version in packages.items())
    return [
        f"- command: `{head['command']}`",
        f"- machine: {where['processor']}, {where['cores']} cores"
        + (f", {where['gpu']}" if "gpu" in where else "")
        + f"; {head['threads']} threads; load at the start {head['load_at_start']}",
        f"- versions: {names}",
        f"- commit {head['commit']}, {head['date']}",
        "",
    ]


def folder_of(script: str, *, quick: bool) -> Path:
    """Return where a benchmark writes: beside its script, or in quick/ there."""
    folder = Path(script).resolve().parent / ("quick" if quick else "")
    folder.mkdir(exist_ok=True)
    return folder


def read_parts(folder: Path) -> dict[str, Any]:
    """Return the parts that were measured so far."""
    path = folder / "result.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write_part(folder: Path, part: str, content: dict[str, Any]) -> dict[str, Any]:
    """Put a part into result.json in place of its last measurement; return all parts."""
    parts = read_parts(folder) | {part: content}
    text = json.dumps(dict(sorted(parts.items())), indent=1)
    (folder / "result.json").write_text(text + "\n", encoding="utf-8")
    return parts


def write_page(folder: Path, lines: Iterable[str]) -> None:
    """Write RESULT.md and print it."""
    text = "\n".join(lines).rstrip() + "\n"
    (folder / "RESULT.md").write_text(text, encoding="utf-8")
    print(text)
