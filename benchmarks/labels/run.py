"""Pictures with several labels: the default network, and one-vs-rest on the same features.

Each set is a folder with a ``labels.csv`` in the folder that ``--data`` names; sources are in
``SETS``. Both contenders share five folds, in which copies stay together. The peer is
scikit-learn's ``OneVsRestClassifier`` of ``LogisticRegression`` on standardised features of
whole pictures; of four penalties it takes the one with the lowest log-loss on a fifth of the
fold's pictures. Thresholds of both are those that Tenfold chooses, on other folds.
"""

import json
import resource
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import processes  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "scikit-learn", "numpy", "pillow")
FOLDS: Final = 5
LIMIT: Final = 3_600.0  # seconds of a set
PENALTIES: Final = (1e-4, 1e-3, 1e-2, 1e-1)  # scikit-learn's C
CLIP: Final = 1e-7
# Name: repository that it comes from, and what is shown.
SETS: Final = {
    "cards": ("EdjeElectronics/TensorFlow-Object-Detection-API-Tutorial", "playing cards"),
    "apparel": ("robotickle/keras-multi-label", "clothes: a colour and a garment"),
    "aerial": ("siddhant3c/GNR638_Assignment1", "UC Merced, 17 labels of the ground"),
    "everyday": ("smsjb/voc", "PASCAL VOC 2007, 3,000 pictures"),
    "fundus": ("MinsuChae/Ocular-Disease-Recognition", "ODIR, diseases of an eye"),
    "posters": ("RubaALmohya/Graduation_Project", "genres of films"),
    "pokemon": ("slevy14/poke-dataset", "types of drawn creatures"),
    "ppe": ("KrizziaConcepcion/hse-vision-classification", "safety gear on a site"),
    "trafficlights": ("liwenchao956/Traffic-signal-recognition--", "traffic lights"),
    "blood": ("Shenggan/BCCD_Dataset", "kinds of blood cells"),
}
METRICS: Final = ("mean_average_precision", "label_roc_auc", "label_log_loss")


def score(said: Any, truth: Any, fold: Any) -> dict[str, float]:
    """Return the metrics of held-out pictures, and F1 by thresholds of other folds."""
    import numpy as np  # noqa: PLC0415 - after the number of threads is set

    from tenfold.evaluate.calibration import calibration_error  # noqa: PLC0415
    from tenfold.evaluate.label_scores import score_labels  # noqa: PLC0415
    from tenfold.evaluate.metrics import NAMED  # noqa: PLC0415

    ones = np.ones(len(truth))
    names = [str(at) for at in range(truth.shape[1])]
    labels = score_labels(truth, said, ones, fold, names)
    found = {name: NAMED[name](truth, said, ones) for name in METRICS}
    return found | {
        "macro_f1": labels.macro_f1,
        "micro_f1": labels.micro_f1,
        "exact": labels.exact,
        "calibration_error": calibration_error(truth, said),
    }


def ask_peer(x: Any, y: Any, splits: Any) -> Any:
    """Return what one-vs-rest says of the pictures that each fold holds out."""
    import numpy as np  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.multiclass import OneVsRestClassifier  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    def said_by(penalty: float, learn: Any, asked: Any) -> Any:
        each = OneVsRestClassifier(LogisticRegression(C=penalty, max_iter=100))
        return (
            make_pipeline(StandardScaler(), each).fit(x[learn], y[learn]).predict_proba(asked)
        )

    def loss(said: Any, truth: Any) -> float:
        own = np.clip(np.where(truth == 1, said, 1 - said), CLIP, 1)
        return float(-np.log(own).mean())

    warnings.simplefilter("ignore")  # that a hundred steps are not enough, and lone labels
    answers = np.zeros(y.shape)
    for learn, rest in splits:
        order = np.random.default_rng(0).permutation(learn)
        first, left = order[len(order) // 5 :], order[: len(order) // 5]
        losses = [loss(said_by(one, first, x[left]), y[left]) for one in PENALTIES]
        answers[rest] = said_by(PENALTIES[int(np.argmin(losses))], learn, x[rest])
    return answers


def work(folder: Path) -> dict[str, Any]:
    """Let both contenders learn one set, in this process."""
    import numpy as np  # noqa: PLC0415
    import torch  # noqa: PLC0415

    import tenfold  # noqa: PLC0415
    from tenfold.kinds.images.picture_model import picture_features, picture_inputs  # noqa: PLC0415

    wall, cpu = time.perf_counter(), time.process_time()
    study = tenfold.train(
        folder / "labels.csv",
        task="multilabel",
        folds=FOLDS,
        audit="off",
        out=None,
        verbose=False,
    ).study
    seconds, used = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    encoder, y = study.model.encoder, study.rows.target
    whole = picture_features(
        encoder.backbone,
        picture_inputs(study.data, encoder.size, torch.device("cpu")),
        mirrored=encoder.mirrored,
        precision=encoder.precision,
    )[:, : encoder.backbone.whole].numpy()
    fold = study.splits.held_out.argmax(axis=0)
    calibration = study.trust.calibration
    decided = [
        one.what for one in study.decisions if "beside" in one.what or "heads" in one.what
    ]
    return {
        "pictures": len(y),
        "labels": y.shape[1],
        "per_picture": float(y.sum(axis=1).mean()),
        "tenfold": score(study.out_of_fold(), y, fold),
        "peer": score(ask_peer(whole, y, study.splits.pairs()), y, fold),
        "baseline": float(np.mean([study.baseline["label_log_loss"].mean])),
        "calibrated": None if calibration is None else calibration.error_after,
        "decided": decided,
        "seconds": seconds,
        "cpu": used,
        "gb": memory,
    }


def lines_of(part: dict[str, Any]) -> Iterator[str]:
    """Yield the page."""
    yield "# Pictures with several labels"
    yield ""
    yield (
        "Held-out pictures, five folds, copies on one side: the default network, and "
        "scikit-learn's one-vs-rest of logistic regressions with a penalty chosen inside the "
        "fold, on the same features of whole pictures. MAP is the mean average precision, loss "
        "the log-loss of labels, F1 that of all labels together with thresholds of other "
        "folds; ECE is the calibration error of what `predict` answers, in percent. Seconds "
        "and memory are Tenfold's, from the first file to the last score."
    )
    yield ""
    rows, losses, precisions = [], [], []
    for name, of in part["sets"].items():
        if "tenfold" not in of:
            continue
        ours, theirs = of["tenfold"], of["peer"]
        losses.append(ours["label_log_loss"] / theirs["label_log_loss"])
        precisions.append(ours["mean_average_precision"] - theirs["mean_average_precision"])
        cells = [name, f"{of['pictures']:,}", str(of["labels"]), f"{of['per_picture']:.2f}"]
        for key in ("mean_average_precision", "label_log_loss", "micro_f1"):
            cells += [f"{ours[key]:.3f}", f"{theirs[key]:.3f}"]
        ece = of["calibrated"]
        cells += [f"{losses[-1]:.3f}", "-" if ece is None else f"{100 * ece:.1f}"]
        rows.append([*cells, f"{of['seconds']:.0f}", f"{of['gb']:.2f}"])
    mean, most = machine.geometric_mean(losses), min(precisions)
    rows.append(["geometric mean", *[""] * 9, f"{mean:.3f}", "", "", ""])
    named = ["MAP", "its MAP", "loss", "its loss", "F1", "its F1"]
    head = ["set", "pictures", "labels", "a picture", *named, "x loss", "ECE", "seconds", "GB"]
    yield from machine.grid(head, rows)
    yield ""
    yield f"The mean average precision is at worst {100 * most:+.1f} points of the peer's."
    yield ""
    yield "## Sources"
    yield ""
    for name, (source, about) in SETS.items():
        yield f"- {name}: {about}; {source}"
    yield ""
    yield from machine.circumstances(part)


def main() -> None:
    """Measure, and write the result."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--only", nargs="*", default=[], help="names of sets")
    parser.add_argument("--work", help="a set: both contenders, as JSON")
    given = parser.parse_args()
    machine.use_threads(given.threads)
    if given.work:
        print(json.dumps(work(given.data / given.work)))
        return
    folder = machine.folder_of(__file__, quick=given.quick)
    head = machine.header(PACKAGES, given.threads)
    part = dict(machine.read_parts(folder).get("labels", {}))
    found = dict(part.get("sets", {}))
    for name in given.only or (["cards"] if given.quick else list(SETS)):
        command = [sys.executable, __file__, "--data", str(given.data), "--work", name]
        found[name] = processes.measure(command, given.threads, LIMIT)
        print(name, found[name], file=sys.stderr, flush=True)
        machine.write_part(folder, "labels", part | head | {"sets": found})
    parts = machine.write_part(folder, "labels", part | head | {"sets": found})
    machine.write_page(folder, lines_of(parts["labels"]))


if __name__ == "__main__":
    main()
