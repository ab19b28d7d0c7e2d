"""Whether intervals hold what they promise, and probabilities mean what they say.

Intervals: beside MAPIE's CV+ around LightGBM, on the same rows. Calibration: held-out rows and
pictures, before and after, each fold calibrated by the others.
"""

import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "mapie", "lightgbm", "scikit-learn", "numpy")
SPLIT: Final = ("yacht", "boston", "concrete", "power")
# No choice was made on these: they tell whether what holds above holds elsewhere.
UNTOUCHED: Final = ("diabetes", "california")
CLASSES: Final = {"phoneme": "phoneme.csv", "adult": "adult_train.csv"}
PICTURES: Final = "cats_dogs"
COVERAGE: Final = 0.9
LOWEST, HIGHEST = 0.88, 0.93
MOST_ERROR: Final = 1.5  # points
SPLITS, OTHER_SPLITS = 20, 5
OTHER_ROWS: Final = 6_000  # of california


def tables(data: Path, splits: int, others: int) -> Iterator[tuple[str, int, Any, Any]]:
    """Yield name, number of the split, rows to learn from and rows to test."""
    import numpy as np  # noqa: PLC0415 - after the number of threads is set
    import pandas as pd  # noqa: PLC0415
    from sklearn.datasets import load_diabetes  # noqa: PLC0415

    for name in SPLIT:
        frame = pd.read_csv(data / name / "data.csv")
        chosen = json.loads((data / name / "test_rows.json").read_text(encoding="utf-8"))
        for number, test in enumerate(chosen[:splits]):
            is_test = np.zeros(len(frame), dtype=bool)
            is_test[test] = True
            yield name, number, frame[~is_test], frame[is_test]
    houses = pd.read_csv(data / "california.csv").select_dtypes("number").dropna()
    houses = houses.rename(columns={"median_house_value": "y"})
    diabetes = load_diabetes(as_frame=True).frame.rename(columns={"target": "y"})
    for name, frame in zip(UNTOUCHED, (diabetes, houses), strict=True):
        for number in range(others):
            order = np.random.default_rng(number).permutation(len(frame))[:OTHER_ROWS]
            tenth = len(order) // 10
            yield name, number, frame.iloc[order[tenth:]], frame.iloc[order[:tenth]]


def tenfold_ends(learn: Any, test: Any, seed: int) -> Any:
    """Return Tenfold's intervals of test rows, at its defaults."""
    from tenfold import TabularRegressor  # noqa: PLC0415

    model = TabularRegressor(random_state=seed).fit(learn.drop(columns="y"), learn["y"])
    return model.predict_interval(test.drop(columns="y"), coverage=COVERAGE)


def mapie_ends(learn: Any, test: Any, seed: int) -> Any:
    """Return MAPIE's: CV+ over ten folds around LightGBM at its defaults."""
    from lightgbm import LGBMRegressor  # noqa: PLC0415
    from mapie.regression import CrossConformalRegressor  # noqa: PLC0415
    from sklearn.model_selection import KFold  # noqa: PLC0415

    model = CrossConformalRegressor(
        LGBMRegressor(verbose=-1, random_state=seed),
        confidence_level=COVERAGE,
        method="plus",
        cv=KFold(10, shuffle=True, random_state=seed),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # LightGBM asks for names that MAPIE takes away
        columns = learn.drop(columns="y").to_numpy()
        model.fit_conformalize(columns, learn["y"].to_numpy())
        return model.predict_interval(test.drop(columns="y").to_numpy())[1][..., 0]


CONTENDERS: Final = {"tenfold": tenfold_ends, "mapie": mapie_ends}


def measure_intervals(data: Path, splits: int, others: int) -> dict[str, Any]:
    """Return coverage and mean width of each split, by table and contender."""
    found: dict[str, Any] = {}
    for name, number, learn, test in tables(data, splits, others):
        of_table = found.setdefault(name, {who: [] for who in CONTENDERS})
        truth = test["y"].to_numpy()
        for who, ends in CONTENDERS.items():
            low, high = ends(learn, test, number).T
            held = float(((low <= truth) & (truth <= high)).mean())
            of_table[who].append([held, float((high - low).mean())])
        print(name, number, of_table["tenfold"][-1], of_table["mapie"][-1], file=sys.stderr)
    return {"tables": found}


def measure_calibration(data: Path) -> dict[str, Any]:
    """Return what calibration changed on held-out rows, by data."""
    from dataclasses import asdict  # noqa: PLC0415

    import tenfold  # noqa: PLC0415

    sources = {name: data / file for name, file in CLASSES.items()}
    sources[PICTURES] = data.parent / PICTURES
    found = {}
    for name, source in sources.items():
        run = tenfold.train(source, out=None)
        found[name] = asdict(run.study.trust.calibration) | {"rows": run.metrics["rows"]}
        print(name, found[name], file=sys.stderr)
    return {"data": found}


def with_error(values: list[float], digits: int = 1) -> str:
    """Return a mean with its standard error over splits."""
    error = stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return f"{mean(values):.{digits}f} ± {error:.{digits}f}"


def interval_lines(part: dict[str, Any]) -> list[str]:
    """Return what is to be told of intervals."""
    rows, met = [], []
    for name, of in part["tables"].items():
        held, wide = (mean(run[at] for run in of["tenfold"]) for at in (0, 1))
        its = mean(width for _, width in of["mapie"])
        runs = len(of["tenfold"])
        rows.append(
            [
                name,
                str(runs),
                with_error([100 * held for held, _ in of["tenfold"]]),
                machine.short(wide, 4),
                with_error([100 * held for held, _ in of["mapie"]]),
                machine.short(its, 4),
                with_error(
                    [own[1] / peer[1] for own, peer in zip(*of.values(), strict=True)], 3
                ),
            ]
        )
        if name in SPLIT:
            met.append(
                machine.verdict(f"{name}: % held", 100 * held, 100 * LOWEST, at_most=False)
            )
            met.append(machine.verdict(f"{name}: % held", 100 * held, 100 * HIGHEST))
            met.append(machine.verdict(f"{name}: width, x MAPIE's", wide / its, 1.0))
    head = ["table", "splits", "Tenfold: % held", "width", "MAPIE: % held", "width", "ratio"]
    intro = (
        "Test rows whose truth lay within intervals that promise 90 %, mean over splits "
        "and its standard error; ratio of each split. MAPIE: CV+ over ten folds around "
        "LightGBM, both at their defaults. On diabetes and california (6,000 rows, "
        "numbers only) nothing was chosen."
    )
    parts = ["## Intervals", "", intro, "", *machine.grid(head, rows), *machine.bars(met)]
    return [*parts, *machine.circumstances(part)]


def calibration_lines(part: dict[str, Any]) -> list[str]:
    """Return what is to be told of probabilities."""
    rows, met = [], []
    for name, of in part["data"].items():
        off = [100 * of["error_before"], 100 * of["error_after"]]
        temperature = machine.median_range(of["temperature"])
        losses = [f"{of['log_loss_before']:.5f}", f"{of['log_loss_after']:.5f}"]
        rows.append([name, f"{of['rows']:,}", temperature, *losses, *(f"{x:.2f}" for x in off)])
        met.append(machine.verdict(f"{name}: points off", off[1], MOST_ERROR))
        change = of["log_loss_after"] - of["log_loss_before"]
        lower = "met" if change < 0 else "**missed**"
        met.append([f"{name}: change of the log-loss", "below 0", f"{change:.6f}", lower])
    head = ["data", "rows", "temperature", "log-loss before", "after", "points before", "after"]
    intro = (
        "Held-out rows and pictures, each fold calibrated by what the others hold out. Points: "
        "how far the probability of the most probable class is off, ten groups of equal size."
    )
    parts = ["## Calibration", "", intro, "", *machine.grid(head, rows), *machine.bars(met)]
    return [*parts, *machine.circumstances(part)]


def main() -> None:
    """Measure, keep and write the page."""
    parser = machine.arguments(__doc__)
    machine.add_data(parser)
    parser.add_argument("--only", choices=["intervals", "calibration"])
    options = parser.parse_args()
    machine.check_data(options.data, [*SPLIT, "california.csv", *CLASSES.values()])
    machine.use_threads(options.threads)
    folder = machine.folder_of(__file__, quick=options.quick)
    head = machine.header(PACKAGES, options.threads)
    if options.only != "calibration":
        counts = (1, 1) if options.quick else (SPLITS, OTHER_SPLITS)
        machine.write_part(folder, "intervals", head | measure_intervals(options.data, *counts))
    if options.only != "intervals":
        machine.write_part(folder, "calibration", head | measure_calibration(options.data))
    parts = machine.read_parts(folder)
    lines = ["# What is promised, and what holds", ""]
    lines += interval_lines(parts["intervals"]) if "intervals" in parts else []
    lines += calibration_lines(parts["calibration"]) if "calibration" in parts else []
    machine.write_page(folder, lines)


if __name__ == "__main__":
    main()
