"""Whether a run that is killed at any moment ends with the model that it would have had.

Runs on a table and on pictures are killed (SIGKILL) at random moments, a third of them from the
first import on, the others from the first checkpoint on, and go on with ``--resume``; where no
folder was made yet, the command is given again. The model file is compared, byte for byte, with
that of a run that nobody touched. Then, in one process, what checkpoints cost.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "numpy")
KILLS: Final = 30
TABLE: Final = ["--target", "y", "--epochs", "60", "--network", "tutorial", "--quiet"]
PICTURES: Final = ["--network", "scratch", "--img-size", "32", "--folds", "3"]
PICTURES_LONG: Final = [*PICTURES, "--epochs", "15", "--quiet"]


def start(words: list[str]) -> "subprocess.Popen[bytes]":
    """Start the command."""
    return subprocess.Popen(
        [sys.executable, "-m", "tenfold", "train", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def digest(folder: Path) -> str:
    """Return the SHA-256 of a run's model."""
    return hashlib.sha256((folder / "model.tenfold").read_bytes()).hexdigest()


def finish(words: list[str]) -> str:
    """Run the command to its end; return what it says if it fails."""
    program = start(words)
    said = program.communicate()[1].decode()
    return said if program.returncode else ""


def kill_once(words: list[str], out: Path, seconds: float, *, trained: bool) -> dict[str, Any]:
    """Kill a run some seconds after its start, or its first checkpoint, and let it go on."""
    program = start([*words, "--out", str(out)])
    while trained and not list(out.glob("*-1/checkpoint.tenfold")) and program.poll() is None:
        time.sleep(0.01)
    time.sleep(seconds)
    program.kill()
    program.wait()
    begun = list(out.glob("*-1"))
    stage = "before training"
    if begun:
        names = {path.name for path in begun[0].iterdir()}
        checked = any(name.startswith("checkpoint.") for name in names)
        stage = "in training" if checked else "before a checkpoint"
        if "model.tenfold" in names:
            stage = "while writing" if checked or "metrics.json" not in names else "finished"
    failed = ""
    if stage != "finished":
        failed = finish(["--resume", str(begun[0])] if begun else [*words, "--out", str(out)])
    return {
        "seconds": seconds,
        "stage": stage,
        "failed": failed,
        "model": digest(next(out.glob("*-1"))),
    }


def kills(words: list[str], home: Path, count: int, seed: int) -> dict[str, Any]:
    """Kill runs at random moments; compare their models with an untouched one's."""
    started = time.perf_counter()
    failed = finish([*words, "--out", str(home / "whole")])
    if failed:
        raise SystemExit(failed)
    life = time.perf_counter() - started
    whole = digest(next((home / "whole").glob("*-1")))
    moments = np.random.default_rng(seed)
    trials: list[dict[str, Any]] = []
    while sum(trial["stage"] != "finished" for trial in trials) < count:
        number, trained = len(trials), len(trials) % 3 > 0
        seconds = float(moments.uniform(0.0, life / 4 if trained else life))
        trial = kill_once(words, home / str(number), seconds, trained=trained)
        shutil.rmtree(home / str(number), ignore_errors=True)
        trials.append({**trial, "equal": trial.pop("model") == whole})
        print(number, trials[-1], file=sys.stderr)
    stages: dict[str, int] = {}
    trials = [trial for trial in trials if trial["stage"] != "finished"]  # they were in time
    for trial in trials:
        stages[trial["stage"]] = stages.get(trial["stage"], 0) + 1
    equal = sum(trial["equal"] and not trial["failed"] for trial in trials)
    return {
        "life_seconds": life,
        "kills": count,
        "equal": equal,
        "stages": stages,
        "trials": trials,
    }


def write_pictures(folder: Path) -> Path:
    """Write pictures of stripes: a folder for each of two classes."""
    from PIL import Image  # noqa: PLC0415

    rng = np.random.default_rng(0)
    for number in range(120):
        steep = number % 2
        wave = np.sin(np.arange(32) * (0.6 + 0.3 * rng.random()) + rng.random() * 6)
        plane = (
            127 + 90 * (wave[:, None] if steep else wave[None]) + rng.normal(0, 25, (32, 32))
        )
        path = folder / ("flat", "steep")[steep] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(plane.clip(0, 255).astype(np.uint8)).convert("RGB").save(path)
    return folder


def cost(table: Path, rounds: int) -> dict[str, Any]:
    """Time training with checkpoints and without, in turns."""
    import tenfold  # noqa: PLC0415

    with_out: list[float] = []
    without: list[float] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as out:
            run = tenfold.train(table, target="y", seed=1, out=out)
        with_out.append(run.metrics["seconds"]["train"])
        run = tenfold.train(table, target="y", seed=1, out=None)
        without.append(run.metrics["seconds"]["train"])
    ratios = [a / b for a, b in zip(with_out, without, strict=True)]
    return {"ratio": ratios, "seconds": without}


def kill_lines(name: str, found: dict[str, Any]) -> list[str]:
    """Return what became of runs that were killed."""
    failed = sum(bool(trial["failed"]) for trial in found["trials"])
    rows = [[stage, str(count)] for stage, count in sorted(found["stages"].items())]
    bar = machine.verdict("equal models", found["equal"], found["kills"], at_most=False)
    summary = (
        f"{found['kills']} runs were killed within {found['life_seconds']:.1f} s of life; "
    )
    summary += f"{failed} could not go on."
    parts = [f"## Killed: {name}", "", summary, "", *machine.grid(["killed", "runs"], rows)]
    return [*parts, *machine.bars([bar]), *machine.circumstances(found)]


def cost_lines(found: dict[str, Any]) -> list[str]:
    """Return what checkpoints cost."""
    heading = (
        "Seconds of training with checkpoints over those without, in turns, on concrete at "
    )
    heading += f"its defaults: {machine.median_range(found['ratio'])}."
    return ["## Cost", "", heading, "", *machine.circumstances(found)]


def main() -> None:
    """Kill runs, and write down what became of them."""
    parser = machine.arguments(__doc__)
    machine.add_data(parser)
    parser.add_argument("--only", choices=["table", "pictures", "cost"])
    asked = parser.parse_args()
    machine.check_data(asked.data, ["concrete"])
    machine.use_threads(asked.threads)
    folder = machine.folder_of(__file__, quick=asked.quick)
    head = machine.header(PACKAGES, asked.threads)
    table = asked.data / "concrete" / "data.csv"
    count = 2 if asked.quick else KILLS
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        if asked.only in {None, "table"}:
            found = kills([str(table), *TABLE], home / "table", count, seed=11)
            machine.write_part(folder, "table", head | found)
        if asked.only in {None, "pictures"}:
            words = [str(write_pictures(home / "stripes")), *PICTURES_LONG]
            found = kills(words, home / "pictures", count, seed=12)
            machine.write_part(folder, "pictures", head | found)
    if asked.only in {None, "cost"}:
        machine.write_part(folder, "cost", head | cost(table, 1 if asked.quick else 5))
    parts = machine.read_parts(folder)
    lines = ["# Runs that are killed", ""]
    for part in ("table", "pictures"):
        lines += kill_lines(part, parts[part]) if part in parts else []
    lines += cost_lines(parts["cost"]) if "cost" in parts else []
    machine.write_page(folder, lines)


if __name__ == "__main__":
    main()
