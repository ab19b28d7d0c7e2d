"""Pictures of many kinds: the default network, and logistic regression on frozen features.

Each set is a folder with a folder for each class, in the folder that ``--data`` names; sources
are in ``picture_sets.py``. Both contenders share five folds, in which copies stay together.
The peer takes the same features of whole pictures, standardised, and the best of six penalties
on a fifth of the fold's pictures, copies together. The recipe was chosen on the *developing*
sets; the others were looked at only when it was done.
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
from picture_sets import DEVELOPING, JUDGED, SETS, score  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "scikit-learn", "numpy", "pillow")
FOLDS: Final = 5
LIMIT: Final = 1_800.0  # seconds of a set
PENALTIES: Final = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)  # scikit-learn's C
WAYS: Final[dict[str, dict[str, Any]]] = {
    "default": {},
    "scratch": {"network": "scratch"},
    "fine-tuned": {"network": "pretrained", "quality": "best"},
    "best": {"quality": "best"},
}
FILMS: Final = ("faces",)  # whose frames are also let stand on both sides, as is often done


def ask_peer(x: Any, y: Any, together: Any, splits: Any, outputs: int) -> Any:
    """Return what logistic regression says of the pictures that each fold holds out."""
    import numpy as np  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    def fitted(penalty: float, rows: Any) -> Any:
        model = LogisticRegression(C=penalty, max_iter=100)
        return make_pipeline(StandardScaler(), model).fit(x[rows], y[rows])

    def said_by(model: Any, rows: Any) -> Any:
        said = np.zeros((len(rows), outputs))
        said[:, model.classes_] = model.predict_proba(x[rows])
        return said

    warnings.simplefilter("ignore")  # that a hundred steps are not enough
    answers = np.zeros((len(y), outputs))
    for learn, rest in splits:
        inner = StratifiedGroupKFold(5, shuffle=True, random_state=0)
        first, left = next(inner.split(learn, y[learn], together[learn]))
        first, left = learn[first], learn[left]
        losses = [
            score(said_by(fitted(one, first), left), y[left])["log_loss"] for one in PENALTIES
        ]
        best = PENALTIES[int(np.argmin(losses))]
        answers[rest] = said_by(fitted(best, learn), rest)
    return answers


def peer_of(run: Any) -> Any:
    """Return what the peer says of the pictures of a run, on its folds and its features."""
    import torch  # noqa: PLC0415

    from tenfold.data.pictures.near_copies import copy_sets  # noqa: PLC0415
    from tenfold.kinds.images.picture_model import picture_features, picture_inputs  # noqa: PLC0415

    study = run.study
    encoder, data = run.model.encoder, study.data
    whole = picture_features(
        encoder.backbone,
        picture_inputs(data, encoder.size, torch.device("cpu")),
        mirrored=encoder.mirrored,
        precision=encoder.precision,
    )[:, : encoder.backbone.whole].numpy()
    splits, together = study.splits.pairs(), copy_sets(data.thumbs)
    return ask_peer(whole, study.rows.target, together, splits, study.fits.target.outputs)


def work(folder: Path, *, with_peer: bool = True) -> dict[str, Any]:
    """Let both contenders learn one set, in this process, or only Tenfold."""
    import tenfold  # noqa: PLC0415

    wall, cpu = time.perf_counter(), time.process_time()
    run = tenfold.train(folder, folds=FOLDS, audit="off", out=None, verbose=False)
    seconds, used = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    study = run.study
    said, place = study.out_of_fold(), study.rows.target
    told = ("heads use", "beside the heads")
    decided = [one.what for one in study.decisions if any(say in one.what for say in told)]
    kept: dict[str, Any] = {}
    if folder.name in FILMS:
        quiet = {"audit": "off", "out": None, "verbose": False}
        splitting = tenfold.SplitOptions(keep_copies=True)
        again = tenfold.train(folder, folds=FOLDS, splitting=splitting, **quiet).study
        kept = {"copies_kept": score(again.out_of_fold(), again.rows.target)}
    if with_peer:
        kept["peer"] = score(peer_of(run), place)
    return kept | {
        "pictures": len(place),
        "classes": said.shape[1],
        "tenfold": score(said, place),
        "seconds": seconds,
        "cpu": used,
        "gb": memory,
        "decided": decided,
    }


def try_ways(folder: Path, ways: list[str]) -> dict[str, Any]:
    """Let networks of several ways of training learn the first fold of one set."""
    import tenfold  # noqa: PLC0415

    quiet: dict[str, Any] = {"audit": "off", "out": None, "verbose": False}
    study = tenfold.train(folder, folds=FOLDS, network="pretrained", **quiet).study
    pair, truth = study.splits.pairs()[0], study.rows.target
    rest = pair[1]
    found: dict[str, Any] = {"pictures": len(rest)}
    for name in ways or WAYS:
        cpu = time.process_time()
        alone = tenfold.train(folder, folds=[pair], **WAYS[name], **quiet).study
        found[name] = score(alone.out_of_fold()[rest], truth[rest])
        found[name]["cpu"] = time.process_time() - cpu
    return found


def lines_of(part: dict[str, Any]) -> Iterator[str]:
    """Yield the page."""
    yield "# Pictures of many kinds"
    yield ""
    yield (
        "Accuracy and log-loss of held-out pictures, five folds: the default network, and "
        "logistic regression (scikit-learn) with a penalty chosen inside the fold on the same "
        "frozen features of whole pictures. Copies and near-copies stay on one side. Seconds "
        "and memory are Tenfold's, from the first file to the last score."
    )
    yield ""
    found = part["sets"]
    for title, names in (("Judged", JUDGED), ("Developing", DEVELOPING)):
        own = [name for name in names if "tenfold" in found.get(name, {})]
        if own:
            yield from section(title, own, found)
    for name in FILMS:
        if kept := found.get(name, {}).get("copies_kept"):
            yield (
                f"With near copies on both sides (`--keep-copies`), {name} would have an "
                f"accuracy of {kept['accuracy']:.3f} and a log-loss of {kept['log_loss']:.3f}."
            )
            yield ""
    yield from one_fold(part.get("ways", {}))
    yield "## Sources"
    yield ""
    for name, (source, about) in SETS.items():
        yield f"- {name}: {about}; {source}"
    yield ""
    yield from machine.circumstances(part)


def one_fold(found: dict[str, Any]) -> Iterator[str]:
    """Yield the part of the page on other ways of training."""
    if not found:
        return
    yield "## One fold, trained in several ways"
    yield ""
    yield (
        "Accuracy and log-loss of the first fold's held-out pictures, and CPU seconds: by the "
        "default, `--network scratch`, `--network pretrained --quality best` (fine-tuned) and "
        "`--quality best`, each trained on this fold alone."
    )
    yield ""
    rows = [
        [name, f"{of['pictures']:,}", *(told(of[way]) if way in of else "" for way in WAYS)]
        for name, of in found.items()
    ]
    yield from machine.grid(["set", "pictures held out", *WAYS], rows)
    yield ""


def told(of: dict[str, float]) -> str:
    """Return accuracy, log-loss and seconds in a cell."""
    seconds = f" ({of['cpu']:.0f})" if "cpu" in of else ""
    return f"{of['accuracy']:.3f} / {of['log_loss']:.3f}{seconds}"


def section(title: str, names: list[str], found: dict[str, Any]) -> Iterator[str]:
    """Yield the part of the page on some of the sets."""
    rows = []
    for name in names:
        of = found[name]
        mine, peer = of["tenfold"], of["peer"]
        rows.append(
            [
                name,
                f"{of['pictures']:,}, {of['classes']}",
                f"{mine['accuracy']:.3f} / {mine['log_loss']:.3f}",
                f"{peer['accuracy']:.3f} / {peer['log_loss']:.3f}",
                f"{100 * (mine['accuracy'] - peer['accuracy']):+.1f}",
                f"{mine['log_loss'] / peer['log_loss']:.2f}",
                f"{of['seconds']:.0f}",
                f"{of['cpu']:.0f}",
                f"{of['gb']:.2f}",
            ]
        )
    ratios = [found[n]["tenfold"]["log_loss"] / found[n]["peer"]["log_loss"] for n in names]
    mean = f"{machine.geometric_mean(ratios):.2f}"
    rows.append(["geometric mean", "", "", "", "", mean, "", "", ""])
    head = ["set", "pictures, classes", "Tenfold", "logistic regression", "points"]
    yield f"## {title} sets"
    yield ""
    yield from machine.grid([*head, "log-loss x", "seconds", "CPU s", "GB"], rows)
    yield ""


def main() -> None:
    """Measure, and write the result."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    parser.add_argument("--only", nargs="*", default=[], help="names of sets")
    parser.add_argument("--ways", nargs="*", help="one fold, by these ways or all")
    parser.add_argument("--own", action="store_true", help="not the peer again")
    parser.add_argument("--work", help="a set: both contenders, as JSON")
    given = parser.parse_args()
    machine.use_threads(given.threads)
    if given.work:
        place = given.data / given.work
        one_fold = given.ways is not None
        done = try_ways(place, given.ways) if one_fold else work(place, with_peer=not given.own)
        print(json.dumps(done))
        return
    folder = machine.folder_of(__file__, quick=given.quick)
    head = machine.header(PACKAGES, given.threads)
    part = dict(machine.read_parts(folder).get("domains", {}))
    key = "sets" if given.ways is None else "ways"
    found = dict(part.get(key, {}))
    for name in given.only or (["brain"] if given.quick else list(SETS)):
        command = [sys.executable, __file__, "--data", str(given.data), "--work", name]
        command += ["--own"] * given.own
        command += [] if given.ways is None else ["--ways", *given.ways]
        before = found.get(name, {}) if given.own or given.ways else {}
        found[name] = before | processes.measure(command, given.threads, LIMIT)
        print(name, found[name], file=sys.stderr, flush=True)
        machine.write_part(folder, "domains", part | head | {key: found})
    parts = machine.write_part(folder, "domains", part | head | {key: found})
    machine.write_page(folder, lines_of(parts["domains"]))


if __name__ == "__main__":
    main()
