"""One setting learns from the photographs, and prints JSON.

    python worker.py NAME SEED FOLDER [JSON]

FOLDER holds ``training_set`` and ``test_set``; the JSON holds further options of
``tenfold.train``. Seconds are from the first file to the last score, without imports.
NAME is ``tenfold``, ``tenfold-all`` (everything in the folder is learnt from, none
apart), ``memory`` (without a folder for the run), ``logistic`` or ``fastai``.
"""

import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

SINGLES = 50  # pictures that are answered one by one
WARM = 5
SIDE, SHORT = 224, 256
BATCH = 64
FOLDS = 10
CLASSES = ("cats", "dogs")
Answer = dict[str, Any]


def arguments(options: Answer) -> Answer:
    """Return options by their names as ``tenfold.train`` takes them."""
    import tenfold  # noqa: PLC0415 - each contender imports what it needs

    flat = {name: options[name] for name in ("network", "quality") if name in options}
    training = {name: options[name] for name in ("epochs", "time_limit") if name in options}
    memory = {name: options[name] for name in ("memory_bytes",) if name in options}
    return flat | {
        "training": tenfold.TrainOptions(device="cpu", **training),
        "reading": tenfold.PictureOptions(**memory),
    }


def run_tenfold(seed: int, folder: Path, options: Answer, *, with_test: bool) -> Answer:
    """Train through the public API, then answer single files."""
    import tenfold  # noqa: PLC0415 - each contender imports what it needs

    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as out:
        run = tenfold.train(
            folder if with_test else folder / "training_set",
            seed=seed,
            out=out,
            **arguments(options),
        )
        seconds = time.perf_counter() - started
    metrics = run.metrics
    held_out = metrics["scores"]["accuracy"]["mean"]
    tested = metrics["test"] and metrics["test"]["scores"]["accuracy"]["value"]
    # Where no picture is held out, metrics.json shows the test score in both places.
    return {
        "seconds": seconds,
        "stages": metrics["seconds"],
        "pictures": metrics["rows"],
        "folds": metrics["folds"],
        "epochs": metrics["epochs"],
        "held_out": held_out if run.study.splits.held_out.any() else None,
        "test": tested,
        "peak_bytes": metrics["peak_memory_bytes"],
        "single_ms": single_ms(run, folder),
        "version": metrics["versions"]["tenfold"],
    }


def single_ms(run: Any, folder: Path) -> float:
    """Return the median milliseconds from a file to its answer."""
    files = sorted((folder / "training_set").rglob("*.jpg"))[: WARM + SINGLES]
    laps = []
    for file in files:
        started = time.perf_counter()
        run.predict(file)
        laps.append(1e3 * (time.perf_counter() - started))
    return median(laps[WARM:])


def run_memory(seed: int, folder: Path, options: Answer) -> Answer:
    """Train with a budget of memory; tell what the process took at most."""
    import tenfold  # noqa: PLC0415

    before = resident()
    most = dict(before)
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            now = resident()
            most.update({kind: max(now[kind], size) for kind, size in most.items()})

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    started = time.perf_counter()
    run = tenfold.train(
        folder, seed=seed, training=tenfold.TrainOptions(device="cpu"), out=None, **options
    )
    seconds = time.perf_counter() - started
    done.set()
    looking.join()
    cache = run.study.data.cache
    return {
        "seconds": seconds,
        "cache_bytes": int(cache.nbytes),
        "in_file": "memmap" in type(cache).__name__,
        "before": before,
        "most": most,
        "peak_bytes": run.metrics["peak_memory_bytes"],
        "test": run.metrics["test"]["scores"]["accuracy"]["value"],
        "version": run.metrics["versions"]["tenfold"],
    }


def resident() -> dict[str, int]:
    """Return the bytes that this process has in memory: its own, and pages of files.

    Pages of files are the system's to take back.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    sizes = dict(line.split(":", 1) for line in lines)
    return {kind: 1024 * int(sizes[kind].split()[0]) for kind in ("RssAnon", "RssFile")}


def run_logistic(seed: int, folder: Path) -> Answer:
    """Compute frozen features as a textbook does, then fit scikit-learn's regression.

    The network and its weights are those that Tenfold uses, in plain torch, float32.
    """
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.model_selection import StratifiedKFold, cross_val_score  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    from tenfold.nn.backbones import load_backbone  # noqa: PLC0415

    started = time.perf_counter()
    body = load_backbone().body.eval()

    def square(file: Path) -> torch.Tensor:
        """Return the middle of a picture whose shorter side is made 256."""
        with Image.open(file) as opened:
            picture = opened.convert("RGB")
        scale = SHORT / min(picture.size)
        wide, high = (round(side * scale) for side in picture.size)
        picture = picture.resize((wide, high), Image.Resampling.BILINEAR)
        left, top = (wide - SIDE) // 2, (high - SIDE) // 2
        picture = picture.crop((left, top, left + SIDE, top + SIDE))
        return torch.from_numpy(np.asarray(picture) / np.float32(255)).permute(2, 0, 1)

    def see(part: str) -> tuple[Any, Any]:
        """Return features and classes."""
        files = [
            (f, c) for c, n in enumerate(CLASSES) for f in sorted((folder / part / n).iterdir())
        ]
        features = []
        with torch.inference_mode():
            for first in range(0, len(files), BATCH):
                chosen = files[first : first + BATCH]
                features.append(body(torch.stack([square(file) for file, _ in chosen])))
        return torch.cat(features).numpy(), np.array([number for _, number in files])

    features, classes = see("training_set")
    seen = time.perf_counter() - started
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    held_out = float(cross_val_score(model, features, classes, cv=folds).mean())
    model.fit(features, classes)
    test = float(model.score(*see("test_set")))
    return {
        "seconds": time.perf_counter() - started,
        "stages": {"see": seen},
        "pictures": len(classes),
        "folds": FOLDS,
        "held_out": held_out,
        "test": test,
        "version": torch.__version__,
    }


def run_fastai(seed: int, folder: Path) -> Answer:
    """Fine-tune a pretrained network by the words of fastai's own first example."""
    from fastai.vision import all as fastai  # noqa: PLC0415

    fastai.set_seed(seed)
    started = time.perf_counter()
    loaders = fastai.ImageDataLoaders.from_folder(
        folder,
        train="training_set",
        valid="test_set",
        item_tfms=fastai.Resize(SIDE),
        num_workers=2,
    )
    learner = fastai.vision_learner(loaders, fastai.resnet34, metrics=fastai.accuracy)
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(1)
    _, accuracy = learner.validate()
    return {
        "seconds": time.perf_counter() - started,
        "pictures": len(loaders.train_ds),
        "folds": 1,
        "held_out": None,
        "test": float(accuracy),
        "version": fastai.__version__,
    }


def main() -> None:
    """Run the setting that the command line names."""
    name, seed, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    options = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}
    if name == "logistic":
        found = run_logistic(seed, folder)
    elif name == "fastai":
        found = run_fastai(seed, folder)
    elif name == "memory":
        found = run_memory(seed, folder, options)
    else:
        found = run_tenfold(seed, folder, options, with_test=name == "tenfold")
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main()
