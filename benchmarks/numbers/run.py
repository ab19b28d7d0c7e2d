"""Numbers from pictures: the default network, and ridge regression on the same features.

Each set is a folder with a ``list.csv`` in the folder that ``--data`` names; sources are in
``SETS``. All contenders share five folds, in which copies and groups stay together. The peer is
scikit-learn's ``RidgeCV``, whose penalty is chosen in the fold by leaving one picture out at a
time, on standardised features: those of whole pictures, and those that Tenfold's heads may use.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import processes  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "scikit-learn", "numpy", "pillow")
FOLDS: Final = 5
LIMIT: Final = 1_800.0  # seconds of a set
# Name: repository that it comes from, what is predicted, its column, and that of groups.
SETS: Final = {
    "cells": ("ieee8023/countception", "cells in a picture", "cells", None),
    "fish": ("kratzert/EGU2017_public", "length of a fish, mm", "length_mm", "group"),
    "dials": ("jomjol/neural-network-analog-needle-readout", "reading", "reading", None),
    "ages": ("bagashvilit/facial_recognition_bias", "age of a face", "age", None),
    "houses": ("emanhamed/Houses-dataset", "price of a house", "price", "group"),
    "quality": ("nisarahmedrana/BIQ2021", "quality of a photograph", "quality_mos", None),
}
WAYS: Final = ("Tenfold", "ridge, whole pictures", "ridge, all features", "mean")


def rmse(said: Any, truth: Any) -> float:
    """Return the root of the mean squared error."""
    return float(((said - truth) ** 2).mean() ** 0.5)


def ask_peer(x: Any, y: Any, splits: Any) -> Any:
    """Return what ridge regression says of the pictures that each fold holds out."""
    import numpy as np  # noqa: PLC0415 - after the number of threads is set
    from sklearn.linear_model import RidgeCV  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    said = np.zeros(len(y))
    for learn, rest in splits:
        model = make_pipeline(StandardScaler(), RidgeCV(alphas=np.logspace(0, 7, 15)))
        said[rest] = model.fit(x[learn], y[learn]).predict(x[rest])
    return said


def work(folder: Path) -> dict[str, Any]:
    """Let all contenders learn one set, in this process."""
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    import tenfold  # noqa: PLC0415
    from tenfold.kinds.images.picture_model import picture_features, picture_inputs  # noqa: PLC0415

    _, _, target, group = SETS[folder.name]
    wall, cpu = time.perf_counter(), time.process_time()
    study = tenfold.train(
        folder / "list.csv",
        target=target,
        splitting=tenfold.SplitOptions(folds=FOLDS, group_column=group),
        audit="off",
        out=None,
        verbose=False,
    ).study
    seconds, used = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    encoder, y = study.model.encoder, study.rows.target
    features = picture_features(
        encoder.backbone,
        picture_inputs(study.data, encoder.size, torch.device("cpu")),
        mirrored=encoder.mirrored,
        precision=encoder.precision,
    ).numpy()
    splits, coverage = study.splits.pairs(), study.trust.coverage
    means = np.zeros(len(y))
    for learn, rest in splits:
        means[rest] = y[learn].mean()
    whole = features[:, : encoder.backbone.whole]
    answers = (
        study.out_of_fold()[:, 0],
        ask_peer(whole, y, splits),
        ask_peer(features, y, splits),
        means,
    )
    return {
        "pictures": len(y),
        "rmse": {way: rmse(said, y) for way, said in zip(WAYS, answers, strict=True)},
        "covered": None if coverage is None else coverage.measured.mean,
        "seconds": seconds,
        "cpu": used,
        "gb": memory,
    }


def lines_of(part: dict[str, Any]) -> Iterator[str]:
    """Yield the page."""
    yield "# Numbers from pictures"
    yield ""
    yield (
        "Root mean squared error on held-out pictures, five folds: the default network, and "
        "scikit-learn's ridge regression with a penalty chosen inside the fold, on features of "
        "whole pictures and on all that Tenfold's heads may use. Copies and groups stay on "
        "one side. Covered is the share of held-out numbers within 90 % intervals. Seconds and "
        "memory are Tenfold's, from the first file to the last score."
    )
    yield ""
    rows, whole, every = [], [], []
    for name, of in part["sets"].items():
        if "rmse" not in of:
            continue
        said = [of["rmse"][way] for way in WAYS]
        whole.append(said[0] / said[1])
        every.append(said[0] / said[2])
        rows.append(
            [
                name,
                f"{of['pictures']:,}",
                *(f"{one:.4g}" for one in said),
                f"{whole[-1]:.3f}",
                f"{every[-1]:.3f}",
                f"{of['covered']:.3f}",
                f"{of['seconds']:.0f}",
                f"{of['gb']:.2f}",
            ]
        )
    means = [f"{machine.geometric_mean(ratios):.3f}" for ratios in (whole, every)]
    rows.append(["geometric mean", "", "", "", "", "", *means, "", "", ""])
    head = ["set", "pictures", *WAYS, "x whole", "x all", "covered", "seconds", "GB"]
    yield from machine.grid(head, rows)
    yield ""
    yield "## Sources"
    yield ""
    for name, (source, about, *_) in SETS.items():
        yield f"- {name}: {about}; {source}"
    yield ""
    yield from machine.circumstances(part)


def main() -> None:
    """Measure, and write the result."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--only", nargs="*", default=[], help="names of sets")
    parser.add_argument("--work", help="a set: all contenders, as JSON")
    given = parser.parse_args()
    machine.use_threads(given.threads)
    if given.work:
        print(json.dumps(work(given.data / given.work)))
        return
    folder = machine.folder_of(__file__, quick=given.quick)
    head = machine.header(PACKAGES, given.threads)
    part = dict(machine.read_parts(folder).get("numbers", {}))
    found = dict(part.get("sets", {}))
    for name in given.only or (["cells"] if given.quick else list(SETS)):
        command = [sys.executable, __file__, "--data", str(given.data), "--work", name]
        found[name] = processes.measure(command, given.threads, LIMIT)
        print(name, found[name], file=sys.stderr, flush=True)
        machine.write_part(folder, "numbers", part | head | {"sets": found})
    parts = machine.write_part(folder, "numbers", part | head | {"sets": found})
    machine.write_page(folder, lines_of(parts["numbers"]))


if __name__ == "__main__":
    main()
