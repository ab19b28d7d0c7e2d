"""How long the page of a run on California housing takes, how large it is; and explain."""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "matplotlib", "jinja2", "pandas", "numpy")
TABLE: Final = "california.csv"
REPEATS: Final = 5
MOST_SECONDS, MOST_MEGABYTES = 3.0, 1.5


def measure(table: Path, repeats: int) -> dict[str, Any]:
    """Train once; write the page again and again, the first time in a process of its own."""
    import tenfold  # noqa: PLC0415 - after the number of threads is set

    with tempfile.TemporaryDirectory() as out:
        run = tenfold.train(table, target="median_house_value", out=out)
        folder = Path(out) / "california-1"
        seconds, explained = [], []
        for _ in range(repeats):
            began = time.perf_counter()
            page = run.write_report()
            seconds.append(time.perf_counter() - began)
        for _ in range(repeats):
            began = time.perf_counter()
            run.explain()
            explained.append(time.perf_counter() - began)
        return {
            "train_seconds": run.metrics["seconds"]["train"],
            "first_seconds": first_page(folder),
            "page_seconds": seconds,
            "page_bytes": page.stat().st_size,
            "explain_seconds": explained,
        }


def first_page(folder: Path) -> float:
    """Return the seconds of a page where no library is loaded yet, Matplotlib included."""
    import subprocess  # noqa: PLC0415 - as the others

    program = (
        "import sys, time, tenfold; run = tenfold.load(sys.argv[1]); "
        "began = time.perf_counter(); run.write_report(); print(time.perf_counter() - began)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def page(part: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    rows = [
        machine.verdict("seconds of the first page", part["first_seconds"], MOST_SECONDS),
        machine.verdict("seconds, worst", max(part["page_seconds"]), MOST_SECONDS),
        machine.verdict("megabytes", part["page_bytes"] / 1e6, MOST_MEGABYTES),
    ]
    intro = (
        "A run on California housing in full, its defaults. Later pages of one process took "
        f"{machine.median_range(part['page_seconds'])} s, `explain` without rows "
        f"{machine.median_range(part['explain_seconds'])} s, training "
        f"{part['train_seconds']:.1f} s: median (least to largest)."
    )
    head = ["# The page of a run", "", intro, ""]
    return [*head, *machine.bars(rows), *machine.circumstances(part)]


def main() -> None:
    """Measure, keep and write the page."""
    parser = machine.arguments(__doc__)
    machine.add_data(parser)
    options = parser.parse_args()
    machine.check_data(options.data, [TABLE])
    machine.use_threads(options.threads)
    folder = machine.folder_of(__file__, quick=options.quick)
    head = machine.header(PACKAGES, options.threads)
    part = head | measure(options.data / TABLE, 1 if options.quick else REPEATS)
    machine.write_part(folder, "california", part)
    machine.write_page(folder, page(part))


if __name__ == "__main__":
    main()
