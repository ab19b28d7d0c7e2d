"""Text: the default network, skrub's TableVectorizer with LightGBM, linear models on tf-idf.

Real tables with columns of text, up to 2,000 rows of each (``tables.py`` says where each is
published); two random quarters are held out, the same for all. RMSE or log-loss, the mean of
both. The recipe was chosen on the *developing* tables, drawn by a seed; the *report* ones, all
others, were measured once and decide. skrub is not among this project's requirements: run
``--methods skrub`` with an interpreter that has it; results add up in ``result.json``.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "scikit-learn", "lightgbm", "skrub", "numpy", "pandas")
METHODS: Final = ("tenfold", "skrub", "linear")
FEW: Final = 40  # different cells: categories, to the linear model
SHARE_BAR: Final = 5 / 6  # of the report tables, at least as good as skrub with LightGBM


def skrub_of(task: str) -> Any:
    """Return skrub's vectorizer with LightGBM, both as they come."""
    from lightgbm import LGBMClassifier, LGBMRegressor  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import FunctionTransformer  # noqa: PLC0415
    from skrub import TableVectorizer  # noqa: PLC0415

    trees = LGBMRegressor if task == "regression" else LGBMClassifier
    plain = FunctionTransformer(lambda f: f.to_numpy(dtype=float))  # its names are not taken
    return make_pipeline(TableVectorizer(), plain, trees(n_jobs=1, verbose=-1, random_state=0))


def linear_of(task: str, X: Any) -> Any:
    """Return a linear model on tf-idf of words, one-hot categories and standardised numbers."""
    import numpy as np  # noqa: PLC0415
    from pandas.api.types import is_numeric_dtype  # noqa: PLC0415
    from sklearn.compose import make_column_transformer  # noqa: PLC0415
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.impute import SimpleImputer  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegressionCV, RidgeCV  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import (  # noqa: PLC0415
        FunctionTransformer,
        OneHotEncoder,
        StandardScaler,
    )

    texts = FunctionTransformer(lambda f: f.iloc[:, 0].fillna("").astype(str).to_numpy())
    parts: list[Any] = []
    for name in X.columns:
        if is_numeric_dtype(X[name]):
            parts.append((make_pipeline(SimpleImputer(), StandardScaler()), [name]))
        elif X[name].nunique() <= FEW:
            parts.append((OneHotEncoder(handle_unknown="ignore"), [name]))
        else:
            every = r"(?u)\b\w+\b"
            words = TfidfVectorizer(sublinear_tf=True, min_df=2, token_pattern=every)
            parts.append((make_pipeline(texts, words), [name]))
    model = RidgeCV(np.logspace(-2, 3, 12))
    if task == "classification":
        model = LogisticRegressionCV(Cs=8, cv=3, max_iter=300, scoring="neg_log_loss")
    return make_pipeline(make_column_transformer(*parts, sparse_threshold=0), model)


def model_of(method: str, task: str, X: Any) -> Any:
    """Return a model that is still to be fitted."""
    if method == "skrub":
        return skrub_of(task)
    if method == "linear":
        return linear_of(task, X)
    from tenfold import TabularClassifier, TabularRegressor  # noqa: PLC0415

    return (TabularRegressor if task == "regression" else TabularClassifier)(random_state=0)


def measure(method: str, source: Any, data: Path) -> dict[str, Any]:
    """Return the errors of both splits, accuracies, and seconds of one fit."""
    import numpy as np  # noqa: PLC0415
    from sklearn.metrics import log_loss  # noqa: PLC0415
    from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit  # noqa: PLC0415

    table, regression = source.table(data), source.task == "regression"
    y, X = table[source.target].to_numpy(), table.drop(columns=source.target)
    splitter = (ShuffleSplit if regression else StratifiedShuffleSplit)(
        n_splits=2, test_size=0.25, random_state=0
    )
    errors, right, began = [], [], time.perf_counter()
    for learn, held_out in splitter.split(X, y):
        rows, test = (X.iloc[at].reset_index(drop=True) for at in (learn, held_out))
        model = model_of(method, source.task, rows).fit(rows, y[learn])
        if regression:
            errors.append(float(np.sqrt(np.mean((model.predict(test) - y[held_out]) ** 2))))
            continue
        said, classes = np.asarray(model.predict_proba(test)), np.asarray(model.classes_)
        errors.append(float(log_loss(y[held_out], np.clip(said, 1e-6, 1), labels=classes)))
        right.append(float(np.mean(classes[said.argmax(axis=1)] == y[held_out])))
    seconds = (time.perf_counter() - began) / len(errors)
    return {"errors": errors, "accuracy": right, "seconds": round(seconds, 1)}


def section(part: str, found: dict[str, Any]) -> Iterator[str]:
    """Yield the table of a part, and what was to be shown of the one that decides."""
    yield f"## {part.capitalize()} tables"
    yield ""
    rows, ratios = [], []
    for name, of in found.items():
        cells = [
            machine.short(sum(of[m]["errors"]) / 2) if m in of else "-"
            for m in ("before", *METHODS)
        ]
        seconds = " / ".join(f"{of[m]['seconds']:.0f}" if m in of else "-" for m in METHODS)
        ratios.append(sum(of["tenfold"]["errors"]) / sum(of["skrub"]["errors"]))
        kind = "log-loss" if of["tenfold"]["accuracy"] else "RMSE"
        rows.append([name, kind, *cells, f"{ratios[-1]:.3f}", seconds])
    head = ["table", "error", "Tenfold before", "Tenfold", "skrub + LightGBM", "linear, tf-idf"]
    yield from machine.grid([*head, "x skrub", "seconds of a fit"], rows)
    if part == "report" and ratios:
        share = sum(ratio <= 1 for ratio in ratios) / len(ratios)
        what = "share of tables at least as good as skrub + LightGBM"
        yield from machine.bars([machine.verdict(what, share, SHARE_BAR, at_most=False)])


def lines_of(head: dict[str, Any]) -> Iterator[str]:
    """Yield the page."""
    yield "# Text"
    yield ""
    yield (
        "RMSE or log-loss on a quarter of the rows, the mean of two random quarters, up to "
        "2,000 rows of each table. Seconds are of one fit of Tenfold, skrub and the linear "
        "model, one thread each, on a machine that others used, too. *Tenfold before* is "
        "commit a7036b4, which counted 128 hashed words; a table that it refused counts as "
        "the shares of its classes. `tables.py` says where each table is published."
    )
    yield ""
    for part, found in head["tables"].items():
        yield from section(part, found)
    yield from machine.circumstances(head)


def main() -> None:
    """Measure, and write the result."""
    parser = machine.arguments(__doc__)
    parser.add_argument("data", type=Path, help="folder of the tables; see tables.py")
    parser.add_argument("--methods", nargs="*", choices=METHODS, default=[*METHODS])
    parser.add_argument("--part", choices=("developing", "report"))
    parser.add_argument("--only", nargs="*", default=[], help="names of tables")
    given = parser.parse_args()
    machine.use_threads(given.threads)
    from tables import tables  # noqa: PLC0415 - after the number of threads is set

    folder = machine.folder_of(__file__, quick=given.quick)
    head = machine.header(PACKAGES, given.threads)
    found = dict(machine.read_parts(folder).get("text", {}).get("tables", {}))
    for part in [given.part] if given.part else ("developing", "report"):
        for source in tables(part)[: 1 if given.quick else None]:
            if given.only and source.name not in given.only:
                continue
            of = found.setdefault(part, {}).setdefault(source.name, {})
            for method in given.methods:
                try:
                    of[method] = measure(method, source, given.data)
                except ValueError as error:  # a linear model without a word that comes back
                    of.pop(method, None)
                    print(source.name, method, error, file=sys.stderr)
                else:
                    print(source.name, method, of[method], file=sys.stderr)
            machine.write_part(folder, "text", head | {"tables": found})
    parts = machine.write_part(folder, "text", head | {"tables": found})
    machine.write_page(folder, lines_of(parts["text"]))


if __name__ == "__main__":
    main()
