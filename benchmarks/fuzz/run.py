"""Whether a model file of a stranger can do more than be refused: thousands of spoiled ones.

Each is opened and, if that works, asked about rows or a picture, in a process that watches what
is executed, written and connected to, how much memory it takes and how long it lasts.

The mutator is our own: a fuzzer that only changes bytes stops at the archive's checksums, and
what answers here is compiled code, of which a coverage of Python's lines says nothing.
"""

import gc
import json
import multiprocessing
import queue
import random
import shutil
import sys
import tempfile
import time
import warnings
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]
import machine  # noqa: E402

GOLDEN: Final = HERE.parents[1] / "tests" / "store" / "golden"
PACKAGES: Final = ("tenfold", "torch", "safetensors", "numpy", "pandas", "pillow")
FILES, FEW = 20_000, 400
MOST_SECONDS: Final = 10.0
MOST_MB: Final = 200
# What no file may bring about. Compiled code is what a library makes of itself, once.
WATCHED: Final = (
    *("exec", "compile", "import", "os.system", "os.exec", "os.posix_spawn", "os.spawn"),
    *("subprocess.Popen", "socket.", "pty.", "ctypes.dlopen", "os.remove", "os.rename"),
    *("os.mkdir", "os.rmdir", "shutil.", "urllib.", "ftplib.", "http."),
)


class Watch:
    """What Python reports while a spoiled file is open."""

    def __init__(self, own: Path) -> None:
        self.on, self.own, self.events = False, str(own), list[str]()
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Keep an event that no file may bring about."""
        if not self.on:
            return
        if event == "open":
            path, mode, flags = arguments[:3]
            written = any(sign in (mode or "") for sign in "wax+") or (flags or 0) & 3
            if written and str(path) != self.own:
                self.events.append(f"open {path} {mode}")
        elif event.startswith(WATCHED):
            self.events.append(f"{event} {str(arguments)[:200]}")


def make_seeds(folder: Path) -> list[Path]:
    """Train small models of every kind, beside the golden files."""
    import numpy as np  # noqa: PLC0415 - after the number of threads is set
    import pandas as pd  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    import tenfold  # noqa: PLC0415
    from tenfold.store.archive import save_model  # noqa: PLC0415

    draw = np.random.default_rng(0)
    rows = pd.DataFrame({"x": draw.normal(size=400), "w": draw.choice(list("abc"), 400)})
    noisy = rows.assign(y=3 * rows["x"] + draw.normal(size=400) * (1 + 3 * (rows["x"] > 0)))
    many = rows.assign(
        w=[f"w{i % 40}" for i in range(400)], y=np.where(rows["x"] > 0, "p", "q")
    )
    runs = {
        "own trees": tenfold.train(
            noisy, folds=3, training=tenfold.TrainOptions(epochs=4), quality="fast", out=None
        ),
        "words": tenfold.train(
            many, folds=3, training=tenfold.TrainOptions(epochs=2), quality="fast", out=None
        ),
        "tutorial": tenfold.train(
            noisy,
            folds=3,
            training=tenfold.TrainOptions(epochs=2),
            network="tutorial",
            out=None,
        ),
    }
    for at in range(24):
        place = folder / "pictures" / ("red" if at % 2 else "blue")
        place.mkdir(parents=True, exist_ok=True)
        noise = draw.integers(0, 90, (24, 24, 3), dtype=np.uint8)
        noise[..., 0 if at % 2 else 2] += 120
        Image.fromarray(noise).save(place / f"{at}.png")
    for network in ("scratch", "pretrained"):
        runs[network] = tenfold.train(
            folder / "pictures",
            network=network,
            training=tenfold.TrainOptions(img_size=32, epochs=1),
            folds=2,
            out=None,
        )
    found = sorted(GOLDEN.glob("*.tenfold"))
    for name, run in runs.items():
        found.append(folder / f"{name}.tenfold")
        save_model(run.model, found[-1])
    return found


def asked_of(run: Any) -> Any:
    """Return rows or a picture that a model is asked about."""
    import pandas as pd  # noqa: PLC0415

    if run.kind == "images":
        return GOLDEN / "picture-0.png"
    row = {"size": "1.5", "colour": "red", "day": "2024-02-03", "x": "0.3", "w": "b"}
    empty = dict.fromkeys(row)
    return pd.DataFrame([row, empty, dict.fromkeys(row, "?!")])


def peak_mb() -> float:
    """Return the most memory that this process took since it was asked to forget."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def forget_peak() -> float:
    """Let the peak begin anew, and return what is taken now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_mb()


def spoil(number: int, contents: list[bytes], count: int, path: Path, line: Any) -> None:
    """Write a spoiled file whenever one is asked for: in a process whose memory is its own."""
    from tests.engine_mutants import mutant  # noqa: PLC0415

    warnings.filterwarnings("ignore", "Duplicate name")  # that is what is to be spoiled
    for at in range(count):
        draw = random.Random(number * 10**7 + at)
        kind, data = mutant(draw.choice(contents[:-1] * 3 + contents[-1:]), draw)
        line.recv()
        path.write_bytes(data)
        line.send(kind)


def work(number: int, seeds: list[Path], count: int, folder: Path, reports: Any) -> None:
    """Open ``count`` spoiled files, and report each before and after."""
    import torch  # noqa: PLC0415

    import tenfold  # noqa: PLC0415
    from tenfold.errors import TenfoldError  # noqa: PLC0415

    torch.set_num_threads(1)
    contents = [seed.read_bytes() for seed in seeds]
    path = folder / f"{number}.tenfold"
    watch = Watch(path)
    for content in contents:  # what is loaded once is loaded now
        path.write_bytes(content)
        run = tenfold.load(path)
        run.predict(asked_of(run))
    gc.collect()
    warnings.simplefilter("error")  # a warning is no answer either
    ours, theirs = multiprocessing.Pipe()
    spoiler = multiprocessing.Process(
        target=spoil, args=(number, contents, count, path, theirs)
    )
    spoiler.start()
    for at in range(count):
        ours.send("next")
        kind = ours.recv()
        reports.put(("begun", number, at, time.time()))
        before = forget_peak()  # what an earlier file left is not this one's
        begun, ended = time.perf_counter(), "predicts"
        watch.on = True
        try:
            run = tenfold.load(path)
            run.predict(asked_of(run))
        except TenfoldError as error:
            ended = error.code
        except BaseException as error:  # noqa: BLE001 - that is what is looked for
            ended = f"CRASH {type(error).__name__}: {str(error)[:200]}"
        watch.on = False
        took, more = time.perf_counter() - begun, peak_mb() - before
        events, watch.events = watch.events, []
        if ended.startswith("CRASH") or took > MOST_SECONDS or more > MOST_MB or events:
            shutil.copy(path, folder / f"bad-{number}-{at}.tenfold")
        reports.put(
            (
                "done",
                number,
                at,
                kind,
                ended,
                took,
                more,
                path.stat().st_size / 2**20,
                events[:3],
            )
        )
    reports.put(("end", number))


def measure(count: int, workers: int, folder: Path) -> dict[str, Any]:
    """Return what came of so many files."""
    seeds = make_seeds(folder)
    context = multiprocessing.get_context("spawn")
    reports: Any = context.Queue()
    each = -(-count // workers)
    crew = [
        context.Process(target=work, args=(n, seeds, each, folder, reports))
        for n in range(workers)
    ]
    for one in crew:
        one.start()
    found = Found()
    begun: dict[int, float] = {}
    left = workers
    while left:
        try:
            what, number, *rest = reports.get(timeout=1)
        except queue.Empty:  # somebody hangs, or is dead
            for number in found.lost(begun, crew):
                crew[number].kill()
                del begun[number]
                left -= 1
            continue
        begun.pop(number, None)
        if what == "begun":
            begun[number] = rest[1]
        elif what == "end":
            left -= 1
        else:
            found.add(number, *rest)
    return asdict(found)


@dataclass
class Found:
    """What came of spoiled files."""

    files: int = 0
    ends: dict[str, dict[str, int]] = field(default_factory=dict)
    worst: dict[str, float] = field(default_factory=lambda: {"seconds": 0.0, "mb": 0.0})
    faults: list[Any] = field(default_factory=list)

    def add(self, number: int, at: int, kind: str, ended: str, *numbers: Any) -> None:
        """Count a file that was opened, and keep it if something is wrong."""
        took, more, _, events = numbers
        of, code = self.ends.setdefault(kind, {}), ended.split(":", maxsplit=1)[0]
        of[code] = of.get(code, 0) + 1
        self.files += 1
        self.worst["seconds"] = max(self.worst["seconds"], took)
        self.worst["mb"] = max(self.worst["mb"], more)
        if ended.startswith("CRASH") or took > MOST_SECONDS or more > MOST_MB or events:
            self.faults.append([number, at, kind, ended, *numbers])
            print(self.faults[-1], file=sys.stderr, flush=True)
        if self.files % 1_000 == 0:
            print(self.files, self.worst, len(self.faults), file=sys.stderr, flush=True)

    def lost(self, begun: dict[int, float], crew: list[Any]) -> list[int]:
        """Return the workers that do not come back."""
        late = [
            number
            for number, since in begun.items()
            if time.time() - since > 6 * MOST_SECONDS or not crew[number].is_alive()
        ]
        self.faults += [["hang or death", number] for number in late]
        return late


def page(parts: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    part = parts["models"]
    codes = sorted({code for of in part["ends"].values() for code in of})
    rows = [
        [kind, *(f"{of.get(code, 0):,}" for code in codes)]
        for kind, of in sorted(part["ends"].items())
    ]
    faults = part["faults"]
    crashes = sum(
        isinstance(one[3], str) and "CRASH" in one[3] for one in faults if len(one) > 2
    )
    bars = [
        machine.verdict("spoiled files opened", part["files"], FILES, at_most=False),
        machine.verdict("errors without a code", crashes, 0),
        machine.verdict("processes that hung or died", sum(len(one) == 2 for one in faults), 0),
        machine.verdict("files with which something was executed, written or connected to",
                        sum(bool(one[-1]) for one in faults if len(one) > 2), 0),
        machine.verdict("seconds of the slowest file", part["worst"]["seconds"], MOST_SECONDS),
        machine.verdict("MB of memory that a file took at most", part["worst"]["mb"], MOST_MB),
    ]  # fmt: skip
    return [
        "# Spoiled model files",
        "",
        *machine.circumstances(part),
        *machine.bars(bars),
        "How each kind of change ended: with a code, or with a prediction.",
        "",
        *machine.grid(["changed", *codes], rows),
    ]


def main() -> None:
    parser = machine.arguments(__doc__)
    parser.add_argument("--files", type=int, help="how many, 20,000 by default")
    parser.add_argument("--workers", type=int, default=2, help="processes that open them")
    args = parser.parse_args()
    machine.use_threads(1)
    folder = machine.folder_of(__file__, quick=args.quick)
    head = machine.header(PACKAGES, 1)
    kept = Path(tempfile.mkdtemp(prefix="tenfold-fuzz-"))  # what went wrong stays there
    found = measure(args.files or (FEW if args.quick else FILES), args.workers, kept)
    parts = machine.write_part(folder, "models", json.loads(json.dumps(head | found)))
    machine.write_page(folder, page(parts))


if __name__ == "__main__":
    main()
