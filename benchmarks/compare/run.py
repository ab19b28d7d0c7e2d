"""Verdicts on real data, how long each took, and whether the forecast of the time was right.

The command runs as a user runs it, with its defaults; wall clock is of the whole command.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]
import machine  # noqa: E402

SHARED: Final = HERE.parents[2] / "shared" / "data"
TABLES: Final = Path(os.environ.get("TENFOLD_DATA", SHARED / "tables"))
PICTURES: Final = Path(os.environ.get("TENFOLD_PICTURES", SHARED))
# What is compared, with its options, and the seconds that it may take on 2 cores.
PARTS: Final[dict[str, tuple[list[str], float | None]]] = {
    "housing": ([str(TABLES / "housing.data")], 60.0),
    "california": (
        [str(TABLES / "california.csv"), "--target", "median_house_value"],
        240.0,
    ),
    "phoneme": ([str(TABLES / "phoneme.csv")], None),
    "adult": ([str(TABLES / "adult_train.csv")], None),
    "cats and dogs": ([str(PICTURES / "cats_dogs" / "training_set")], 480.0),
}
PACKAGES: Final = (
    "tenfold",
    "torch",
    "scikit-learn",
    "lightgbm",
    "xgboost",
    "xgboost-cpu",
    "catboost",
    "scikit-image",
)
FORECAST: Final = 1.5  # times too long or too short that a forecast may be


def compare(words: list[str]) -> dict[str, Any]:
    """Run the command; return its JSON document and the seconds of the whole command."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "tenfold", "compare", *words]
        started = time.perf_counter()
        done = subprocess.run(
            [*command, "--json", "--quiet", "--out", out], stdout=subprocess.PIPE, check=True
        )
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "found": json.loads(done.stdout)}


def page(parts: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    rows = []
    for name, part in parts.items():
        bar, found = PARTS[name][1], part["found"]
        forecast, total = found["seconds"]["forecast"], found["seconds"]["total"]
        off = max(forecast / total, total / forecast)
        rows.append(
            [
                name,
                f"{found['rows']:,}",
                f"{part['seconds']:.0f}",
                "-" if bar is None else f"{bar:.0f}",
                f"{forecast:.0f}",
                f"{off:.2f} x {'met' if off <= FORECAST else 'missed'}",
            ]
        )
    head = ["data", "rows", "seconds", "at most", "forecast", f"off, at most {FORECAST} x"]
    lines = [
        "# Verdicts on real data",
        "",
        *__doc__.splitlines()[2:],
        "",
        *machine.grid(head, rows),
    ]
    for name, part in parts.items():
        found = part["found"]
        lines += [f"## {name}", "", f"**{found['verdict']['sentence']}**", ""]
        lines += [f"- {axis}: {said['sentence']}" for axis, said in found["axes"].items()]
        surroundings = {
            key: value for key, value in part.items() if key not in {"found", "seconds"}
        }
        lines += ["", *machine.circumstances(surroundings), ""]
    return lines


def main() -> None:
    """Run what was asked for, keep each as soon as it is done, and write the page."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, metavar="NAME")
    options = parser.parse_args()
    machine.use_threads(options.threads)
    folder = machine.folder_of(__file__, quick=options.quick)
    for name in options.part or (["housing"] if options.quick else list(PARTS)):
        head = machine.header(PACKAGES, options.threads)
        machine.write_part(folder, name, head | compare(PARTS[name][0]))
        kept = machine.read_parts(folder)
        machine.write_page(folder, page({part: kept[part] for part in PARTS if part in kept}))


if __name__ == "__main__":
    main()
