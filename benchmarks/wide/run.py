"""Wide tables: the default network, linear models, a random forest and LightGBM.

Real tables of 28 to 732 rows and 57 to 6,830 columns: genes, spectra, molecules, bacteria. Five
folds, which all contenders share; each row is predicted by the fold that holds it out. The
recipe was chosen on the *developing* tables, drawn by a seed before anything was measured; the
others are judged. Each fit is a process of its own.

The tables come with R packages: unpack the sources of those that ``tables.py`` names into a
folder, and install ``rdata``.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import tables

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
import processes  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "scikit-learn", "lightgbm", "numpy", "rdata")
PEERS: Final = ("linear", "lasso", "forest", "lightgbm")
FOLDS: Final = 5
LIMIT: Final = 1_800.0  # seconds of a fit
CLIP: Final = 1e-6  # of probabilities: no peer is ruined by a single zero
GB: Final = 1e6  # kilobytes, in which the system counts
# What an issue asked for: rows, columns, and the most seconds and gigabytes.
MADE: Final = (150, 1_000)
MADE_BARS, NCI_BARS = (20.0, 1.0), (60.0, 2.0)
NCI_ACCURACY: Final = 0.72


def folds_of(y: Any, task: str) -> list[tuple[Any, Any]]:
    """Return the rows to learn from, and those held out, of each fold."""
    import numpy as np  # noqa: PLC0415 - after the number of threads is set
    from sklearn.model_selection import KFold, StratifiedKFold  # noqa: PLC0415

    kind = StratifiedKFold if task == "c" else KFold
    return list(kind(FOLDS, shuffle=True, random_state=0).split(np.zeros(len(y)), y))


def peer(name: str, task: str) -> Callable[[], Any]:
    """Return what makes a contender, with its penalty chosen inside the fold."""
    import numpy as np  # noqa: PLC0415
    from lightgbm import LGBMClassifier, LGBMRegressor  # noqa: PLC0415
    from sklearn import ensemble, linear_model  # noqa: PLC0415

    numbers = task == "r"
    return {
        "linear": (lambda: linear_model.RidgeCV(np.logspace(-2, 6, 33)))
        if numbers
        else lambda: linear_model.LogisticRegressionCV(
            Cs=np.logspace(-4, 1, 6),
            cv=3,
            scoring="neg_log_loss",
            max_iter=200,
            l1_ratios=(0,),
            use_legacy_attributes=False,
        ),
        "lasso": lambda: linear_model.LassoCV(alphas=30, cv=5),
        "forest": (lambda: ensemble.RandomForestRegressor(300, random_state=0))
        if numbers
        else lambda: ensemble.RandomForestClassifier(300, random_state=0),
        "lightgbm": (lambda: LGBMRegressor(verbose=-1, random_state=0))
        if numbers
        else lambda: LGBMClassifier(verbose=-1, random_state=0),
    }[name]


def ask_peer(name: str, x: Any, y: Any, folds: list[Any], task: str) -> Any:
    """Return what a contender says of each row that a fold holds out."""
    import numpy as np  # noqa: PLC0415
    from sklearn.impute import SimpleImputer  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    make = peer(name, task)
    said = np.zeros(len(y)) if task == "r" else np.zeros((len(y), len(np.unique(y))))
    for learn, rest in folds:
        model = make_pipeline(SimpleImputer(), StandardScaler(), make()).fit(x[learn], y[learn])
        said[rest] = model.predict(x[rest]) if task == "r" else model.predict_proba(x[rest])
    return said


def ask_tenfold(x: Any, y: Any, folds: Any, task: str) -> Any:
    """Return what the default network says of each row that a fold holds out."""
    import pandas as pd  # noqa: PLC0415

    import tenfold  # noqa: PLC0415

    table = pd.DataFrame(x).add_prefix("x").assign(y=y)
    kind = "regression" if task == "r" else "classification"
    run = tenfold.train(
        table, "y", task=kind, folds=folds, audit="off", out=None, verbose=False
    )
    said = run.study.out_of_fold()
    return said[:, 0] if task == "r" else said


def score(said: Any, y: Any, task: str) -> dict[str, float]:
    """Return the errors: RMSE and that of the mean, or log-loss and accuracy."""
    import numpy as np  # noqa: PLC0415

    if task == "r":
        return {
            "error": float(np.sqrt(np.mean((said - y) ** 2))),
            "mean": float(np.std(y)),
        }
    _, place = np.unique(y, return_inverse=True)
    # Classes too rare to be tested have no answer.
    said, place = said[np.isfinite(said[:, 0])], place[np.isfinite(said[:, 0])]
    shares = np.clip(said, CLIP, 1)
    shares /= shares.sum(axis=1, keepdims=True)
    own = shares[np.arange(len(place)), place]
    right = float((shares.argmax(axis=1) == place).mean())
    return {"error": float(-np.log(own).mean()), "accuracy": right}


def work(name: str, contender: str, data: Path) -> dict[str, float]:
    """Fit one contender to one table, in this process."""
    import numpy as np  # noqa: PLC0415

    if name == "made":
        rng = np.random.default_rng(0)
        x = rng.normal(size=MADE)
        y, task = x[:, :5].sum(axis=1) + 0.5 * rng.normal(size=MADE[0]), "r"
        folds: Any = 10
    elif name == "nci60, all 14 classes":
        (x, y), task, folds = tables.read("nci60", data, rare=True), "c", FOLDS
    else:
        (x, y), task = tables.read(name, data), tables.SPECS[name][4]
        folds = folds_of(y, task)
    wall, cpu = time.perf_counter(), time.process_time()
    if contender == "tenfold":
        said = ask_tenfold(x, y, folds, task)
    else:
        said = ask_peer(contender, x, y, folds, task)
    return score(said, y, task) | {
        "rows": len(y),
        "columns": x.shape[1],
        "seconds": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GB,
    }


def lines_of(part: dict[str, Any]) -> Iterator[str]:
    """Yield the page."""
    found = part["tables"]
    yield "# Wide tables"
    yield ""
    yield (
        "RMSE of numbers and log-loss of classes of the default network of Tenfold, five "
        "folds, over those of linear models with a penalty chosen inside the fold "
        "(RidgeCV, LassoCV, LogisticRegressionCV), of a random forest of 300 trees and of "
        "LightGBM's defaults, on standardised columns and the same folds: less than 1 is "
        "better. The recipe was chosen on the developing tables, the others are judged. "
        "CPU seconds and the peak of memory are Tenfold's, imports and the table included "
        "in the latter."
    )
    yield ""
    for title, names in (("Judged", tables.JUDGED), ("Developing", tables.DEVELOPING)):
        own = [name for name in names if "error" in found.get(name, {}).get("tenfold", {})]
        if own:
            yield from section(title, own, found)
    yield from limits(found)
    yield from machine.circumstances(part)


def section(title: str, names: list[str], found: dict[str, Any]) -> Iterator[str]:
    """Yield the part of the page on some of the tables."""
    yield f"## {title} tables"
    yield ""
    rows = []
    ratios: dict[str, list[float]] = {one: [] for one in PEERS}
    for name in names:
        of = found[name]
        own, cells = of["tenfold"], []
        for one in PEERS:
            theirs = of.get(one, {}).get("error")
            if isinstance(theirs, float):
                ratios[one].append(own["error"] / theirs)
            cells.append(f"{ratios[one][-1]:.2f}" if isinstance(theirs, float) else "-")
        right = f"{own['accuracy']:.3f}" if "accuracy" in own else "-"
        size = f"{own['rows']} x {own['columns']:,}"
        used = [f"{own['cpu']:.0f}", f"{own['gb']:.2f}"]
        rows.append([name, size, machine.short(own["error"]), right, *cells, *used])
    means = [
        f"{machine.geometric_mean(ratios[one]):.2f}" if ratios[one] else "-" for one in PEERS
    ]
    rows.append(["geometric mean", "", "", "", *means, "", ""])
    wins = [
        f"{sum(r < 1 for r in ratios[one])} of {len(ratios[one])}" if ratios[one] else "-"
        for one in PEERS
    ]
    rows.append(["better on", "", "", "", *wins, "", ""])
    head = ["table", "rows x columns", "error", "accuracy", *(f"x {one}" for one in PEERS)]
    yield from machine.grid([*head, "CPU s", "GB"], rows)


def limits(found: dict[str, Any]) -> Iterator[str]:
    """Yield what was asked of time and memory."""
    rows = []
    for name, (seconds, memory) in (("made", MADE_BARS), ("nci60, all 14 classes", NCI_BARS)):
        own = found.get(name, {}).get("tenfold")
        if own:
            what = f"{own['rows']} x {own['columns']:,}, {name}, {own['threads']} threads"
            rows.append(machine.verdict(f"seconds, {what}", own["seconds"], seconds))
            rows.append(machine.verdict(f"GB, {what}", own["gb"], memory))
            if "accuracy" in own:
                rows.append(
                    machine.verdict(
                        f"accuracy, {name}", own["accuracy"], NCI_ACCURACY, at_most=False
                    )
                )
    if rows:
        yield "## Time and memory"
        yield ""
        yield from machine.bars(rows)


def main() -> None:
    """Measure, and write the result."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of R packages")
    parser.add_argument("--only", nargs="*", default=[], help="names of tables")
    parser.add_argument("--contenders", nargs="*", default=["tenfold", *PEERS])
    parser.add_argument("--work", nargs=2, help="a table and a contender: one fit, as JSON")
    given = parser.parse_args()
    machine.use_threads(given.threads)
    if given.work:
        print(json.dumps(work(*given.work, given.data)))
        return
    folder = machine.folder_of(__file__, quick=given.quick)
    head = machine.header(PACKAGES, given.threads)
    found = dict(machine.read_parts(folder).get("wide", {}).get("tables", {}))
    made = ["made", "nci60, all 14 classes"]
    every = given.only or [*made, *tables.DEVELOPING, *tables.JUDGED]
    for name in every[:2] if given.quick else every:
        for contender in given.contenders:
            lasso_of_classes = contender == "lasso" and tables.SPECS.get(name, "c")[-1] == "c"
            if lasso_of_classes or (name in made and contender != "tenfold"):
                continue
            command = [sys.executable, __file__, "--data", str(given.data)]
            command += ["--work", name, contender]
            record = processes.measure(command, given.threads, LIMIT)
            record["threads"] = head["threads"]
            if isinstance(record.get("error"), str):
                print(name, contender, record["error"], file=sys.stderr)
            found.setdefault(name, {})[contender] = record
            machine.write_part(folder, "wide", head | {"tables": found})
            print(name, contender, record, file=sys.stderr, flush=True)
    parts = machine.write_part(folder, "wide", head | {"tables": found})
    machine.write_page(folder, lines_of(parts["wide"]))


if __name__ == "__main__":
    main()
