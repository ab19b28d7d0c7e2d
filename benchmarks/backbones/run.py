"""Pretrained networks of several sizes: accuracy, log-loss and seconds of heads on them.

Five folds with copies on one side, ``--network pretrained``, in a process of its own for each.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import processes  # noqa: E402
from picture_sets import score  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "numpy", "pillow")
FOLDS: Final = 5
LIMIT: Final = 900.0  # seconds
# Of ``benchmarks/domains``, which says where they come from.
SETS: Final = ("characters", "signs", "tiles", "ants", "flowers")
TIMED: Final = "ants"  # whose pictures are timed
PICTURES: Final = 160
TIMES: Final = 3
WAYS: Final[dict[str, dict[str, Any]]] = {
    "Lite0, 192 px": {"img_size": 192},
    "Lite0, 256 px": {},
    "Lite1, 256 px": {"weights": "efficientnet-lite1"},
    "Lite2, 256 px": {"weights": "efficientnet-lite2"},
    "Lite2, 320 px": {"weights": "efficientnet-lite2", "img_size": 320},
}


def work(folder: Path, way: str) -> dict[str, Any]:
    """Let heads on one network learn one set, in this process."""
    import tenfold  # noqa: PLC0415 - after the number of threads is set

    quiet: dict[str, Any] = {"audit": "off", "out": None, "verbose": False, "folds": FOLDS}
    training = tenfold.TrainOptions(network="pretrained", **WAYS[way])
    study = tenfold.train(folder, training=training, **quiet).study
    if study is None:
        raise ValueError("a run that has just ended has a study")
    found = score(study.out_of_fold(), study.rows.target.astype(int))
    return found | {"pictures": len(study.rows)}


def timed(folder: Path, way: str) -> dict[str, Any]:
    """Return milliseconds that the features of a picture take, the least of some tries."""
    import torch  # noqa: PLC0415

    from tenfold.data.pictures.framing import Framing  # noqa: PLC0415
    from tenfold.data.pictures.pictures import read_pictures  # noqa: PLC0415
    from tenfold.kinds.images.picture_model import (  # noqa: PLC0415
        picture_features,
        picture_inputs,
    )
    from tenfold.nn.backbones import load_backbone  # noqa: PLC0415
    from tenfold.read_options import PictureOptions  # noqa: PLC0415
    from tenfold.training.device import choose_place  # noqa: PLC0415

    size = int(WAYS[way].get("img_size", 256))
    pictures, _ = read_pictures(folder, Framing(size=size, crop=0.5), PictureOptions())
    inputs = picture_inputs(pictures.take(range(PICTURES)), size, torch.device("cpu"))
    backbone, place = load_backbone(WAYS[way].get("weights")), choose_place("cpu")[0]
    seconds = []
    for _ in range(TIMES):
        start = time.perf_counter()
        picture_features(backbone, inputs, mirrored=False, precision=place.precision)
        seconds.append(time.perf_counter() - start)
    return {
        "ms": 1_000 * min(seconds) / PICTURES,
        "all_ms": [1_000 * s / PICTURES for s in seconds],
    }


def lines_of(part: dict[str, Any]) -> Iterator[str]:
    """Yield the page."""
    yield "# Pretrained networks"
    yield ""
    yield (
        "Accuracy / log-loss of held-out pictures, five folds, by heads on the features of "
        "each network; log-loss over that of the default, geometric mean; and milliseconds "
        "that the features of a picture take with one thread, the least of three tries."
    )
    yield ""
    found = part["sets"]
    rows = []
    for way in WAYS:
        own = [of[way] for of in found.values()]
        shares = [f"{one['accuracy']:.3f} / {one['log_loss']:.3f}" for one in own]
        usual = [of["Lite0, 256 px"]["log_loss"] for of in found.values()]
        ratios = [one["log_loss"] / other for one, other in zip(own, usual, strict=True)]
        mean = f"{machine.geometric_mean(ratios):.2f}"
        rows.append([way, *shares, mean, f"{part['timed'][way]['ms']:.1f}"])
    yield from machine.grid(["network", *found, "log-loss x", "ms a picture"], rows)
    yield ""
    yield from machine.circumstances(part)


def main() -> None:
    """Measure, and write the result."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--work", nargs=2, help="a set and a network, as JSON")
    parser.add_argument("--time", nargs=2, help="the same, milliseconds alone")
    parser.add_argument("--timed", action="store_true", help="milliseconds anew")
    given = parser.parse_args()
    machine.use_threads(given.threads)
    if given.work:
        name, way = given.work
        print(json.dumps(work(given.data / name, way)))
        return
    if given.time:
        name, way = given.time
        print(json.dumps(timed(given.data / name, way)))
        return
    folder = machine.folder_of(__file__, quick=given.quick)
    part: dict[str, Any] = machine.header(PACKAGES, given.threads) | {"sets": {}, "timed": {}}
    if given.timed:
        part = machine.read_parts(folder)["backbones"] | {"timed": {}}
    run = [sys.executable, __file__, "--data", str(given.data)]
    for way in WAYS:
        command = [*run, "--time", TIMED, way]
        part["timed"][way] = processes.measure(command, given.threads, LIMIT)
    names = () if given.timed else SETS[3:4] if given.quick else SETS
    for name in names:
        part["sets"][name] = {}
        for way in WAYS:
            command = [*run, "--work", name, way]
            part["sets"][name][way] = processes.measure(command, given.threads, LIMIT)
            print(name, way, part["sets"][name][way], file=sys.stderr, flush=True)
    parts = machine.write_part(folder, "backbones", part)
    machine.write_page(folder, lines_of(parts["backbones"]))


if __name__ == "__main__":
    main()
