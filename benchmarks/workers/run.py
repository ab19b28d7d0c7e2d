"""Folds and images shared out to workers: how much faster two are than one.

Workers of local clusters of Dask and Ray, one thread each, train ten folds of california, and
compute the features of made photographs. One worker and two take
turns. The same training is timed without workers, by one thread and by all. Then processes of
joblib's own train folds while one of them is killed, again and again; the model files are
compared with that of a training that nothing disturbed.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "joblib", "dask", "distributed", "ray")
FOLDS: Final = 10
PICTURES, SIDE = 2_000, 160
CLUSTERS: Final = ("dask", "ray")
REPEATS: Final = 1
KILLED: Final = 10  # runs
KILLED_ROWS: Final = 1_500
LEAST: Final = 1.8  # times as fast with two workers


def main() -> None:
    """Measure, keep and write the page; or be one of the processes that are timed."""
    if sys.argv[1:2] == ["timed"]:
        print(json.dumps(timed(*sys.argv[2:])))
        return
    parser = machine.arguments(__doc__)
    machine.add_data(parser)
    options = parser.parse_args()
    machine.check_data(options.data, ["california.csv"])
    os.environ["TENFOLD_DATA"] = str(options.data.resolve())
    folder = machine.folder_of(__file__, quick=options.quick)
    part = machine.header(PACKAGES, 1) | measure(quick=options.quick)
    machine.write_part(folder, "workers", part)
    machine.write_page(folder, page(part))


def measure(*, quick: bool) -> dict[str, Any]:
    """Time one worker and two in turns, training without any, and training disturbed."""
    rows, pictures, repeats = (2_000, 200, 1) if quick else (0, PICTURES, REPEATS)
    found: dict[str, Any] = {"pictures": pictures, "folds": FOLDS}
    ways = [(name, count) for name in CLUSTERS for count in (1, 2)]
    for repeat in range(repeats):
        for name, count in [*ways, ("none", 1), ("none", machine.cores())]:
            # Features are the same work each time, and take longest.
            shown = pictures if repeat == 0 and name != "none" else 0
            one = _asked(name, count, rows, shown)
            for what, value in one.items():
                found.setdefault(f"{name}, {count}", {}).setdefault(what, []).append(value)
    timed_ways = [one for one in found.values() if isinstance(one, dict)]
    found["model files"] = len({file for one in timed_ways for file in one["file"]})
    killed = [_asked("killed", seed, KILLED_ROWS, 0) for seed in range(3 if quick else KILLED)]
    found["killed"] = {
        "killed": sum(one["killed"] for one in killed),
        "runs": len(killed),
        "model files": len({one["file"] for one in killed} | {killed[0]["undisturbed"]}),
    }
    return found


def _asked(name: str, count: int, rows: int, pictures: int) -> dict[str, Any]:
    words = [sys.executable, __file__, "timed", name, str(count), str(rows), str(pictures)]
    threads = count if name == "none" else 1
    done = subprocess.run(
        words, env=machine.environment(threads), check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def timed(name: str, count: str, rows: str, pictures: str) -> dict[str, Any]:
    """Train, and see pictures, in the way that is named."""
    if name == "killed":
        return disturbed(int(count), int(rows))
    with ExitStack() as stack:
        workers = begin(stack, name, int(count))
        with workers:
            train(400)  # workers load their libraries
        with workers:
            run = train(int(rows))
        found = {"train": run.metrics["seconds"]["train"], "file": digest(run)}
        if int(pictures):
            with workers:
                see(64)
            began = time.perf_counter()
            with workers:
                see(int(pictures))
            found["features"] = time.perf_counter() - began
    return found


def begin(stack: ExitStack, name: str, count: int) -> Any:
    """Start a local cluster; return what lets joblib use it."""
    import joblib  # noqa: PLC0415

    if name == "none":
        return nullcontext()
    if name == "dask":
        from distributed import Client, LocalCluster  # noqa: PLC0415

        cluster = LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None)
        stack.enter_context(Client(stack.enter_context(cluster)))
        return _Again(lambda: joblib.parallel_config(backend="dask"))
    import ray  # noqa: PLC0415
    from ray.util.joblib import register_ray  # noqa: PLC0415

    ray.init(num_cpus=count, include_dashboard=False, log_to_driver=False)
    stack.callback(ray.shutdown)
    register_ray()
    return _Again(lambda: joblib.parallel_config(backend="ray", n_jobs=count))


class _Again:
    """A context that can be entered again and again."""

    def __init__(self, make: Any) -> None:
        self._make = make

    def __enter__(self) -> None:
        self._now = self._make()
        self._now.__enter__()

    def __exit__(self, *error: object) -> None:
        self._now.__exit__(*error)


def train(rows: int, workers: int = 0) -> Any:
    """Train the default network on houses, on all of them or some."""
    import joblib  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    import tenfold  # noqa: PLC0415

    frame = pd.read_csv(Path(os.environ["TENFOLD_DATA"]) / "california.csv")
    frame = frame.sample(rows, random_state=0) if rows else frame
    out = tempfile.mkdtemp()
    with joblib.parallel_config(n_jobs=workers, backend="loky") if workers else nullcontext():
        return tenfold.train(frame, "median_house_value", folds=FOLDS, out=out, verbose=False)


def digest(run: Any) -> str:
    """Return the checksum of a run's model file."""
    return hashlib.sha256((run.folder / "model.tenfold").read_bytes()).hexdigest()


def see(pictures: int) -> None:
    """Compute the features of made photographs."""
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    from tenfold.kinds.images.shared_features import Look, features_by_workers  # noqa: PLC0415
    from tenfold.nn.backbones import load_backbone  # noqa: PLC0415

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (pictures, SIDE, SIDE, 3), dtype=np.uint8)
    look = Look(backbone=load_backbone(), size=SIDE, mirrored=True, precision=None)
    with torch.inference_mode():
        features_by_workers(look, pixels, np.arange(pictures), lambda *_: None, print)


def disturbed(seed: int, rows: int) -> dict[str, Any]:
    """Kill a worker while folds are trained; return how many died, and both model files."""
    import numpy as np  # noqa: PLC0415

    plain = train(rows)
    dead: list[int] = []
    over = threading.Event()

    def kill() -> None:
        rng = np.random.default_rng(seed)
        while not over.wait(2 + 3 * rng.random()):
            alive = _workers()
            if alive and not dead:
                dead.append(alive[int(rng.integers(len(alive)))])
                os.kill(dead[0], signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    run = train(rows, workers=2)
    over.set()
    killer.join()
    return {"killed": len(dead), "file": digest(run), "undisturbed": digest(plain)}


def _workers() -> list[int]:
    """Return the processes of joblib that this one has started."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        for word in (task / "children").read_text().split():
            what = Path(f"/proc/{word}/cmdline").read_bytes()
            if b"popen_loky" in what:
                found.append(int(word))
    return found


def page(part: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    rows, table = [], []
    for what, said in (("train", "ten folds of california"), ("features", "features")):
        for name in CLUSTERS:
            one, two = part[f"{name}, 1"][what], part[f"{name}, 2"][what]
            ratios = [a / b for a, b in zip(one, two, strict=True)]
            ratio = machine.spread(ratios)["median"]
            text = f"{said}, {name}: times as fast with two workers as with one"
            rows.append(machine.verdict(text, ratio, LEAST, at_most=False))
    rows.append(machine.verdict("different model files, all ways", part["model files"], 1))
    killed = part["killed"]
    text = f"different model files, {killed['killed']} workers killed in {killed['runs']} runs"
    rows.append(machine.verdict(text, killed["model files"], 1))
    for name, found in part.items():
        if isinstance(found, dict) and "train" in found:
            seen = found.get("features")
            table.append(
                [
                    name,
                    machine.median_range(found["train"]),
                    machine.median_range(seen) if seen else "",
                ]
            )
    intro = (
        f"The default network on 20,640 rows in {part['folds']} folds, and the features of "
        f"{part['pictures']:,} photographs of {SIDE} x {SIDE} pixels with their mirror images. "
        "Each worker has one thread and has loaded its libraries; without workers all folds "
        "train at once, with as many threads as the number says. Seconds; median (least to "
        "largest)."
    )
    return [
        *("# Workers", "", intro, ""),
        *machine.bars(rows),
        *machine.grid(["workers", "training, seconds", "features, seconds"], table),
        *machine.circumstances(part),
    ]


if __name__ == "__main__":
    main()
