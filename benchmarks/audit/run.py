"""Whether an audit finds what was planted in clean tables and photographs, and is silent else.

The thresholds were chosen on the same tables as they are, and on plants of the seeds 0 and 1;
what is counted here are plants of other seeds, and the test rows that the tables came with.
False alarms are counted on tables that come with packages (real.py), after each alarm was
looked up by hand (alarms.csv).
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn import datasets

import tenfold

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import machine  # noqa: E402
import plant  # noqa: E402
import plant_pictures  # noqa: E402
import real  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "lightgbm", "scikit-learn", "numpy", "pandas", "pillow")
PARTS: Final = ("tables", "pictures", "alarms")
SPLIT: Final = ("boston", "concrete", "power", "yacht")
CSV: Final = {"california.csv": "median_house_value", "adult_train.csv": "income"}
BUNDLED: Final = ("iris", "wine", "breast_cancer", "diabetes", "digits")
ROWS: Final = 6_000  # of a table that something is planted in
SEEDS: Final = (10, 11, 12)
PHOTOGRAPHS: Final = 300  # of each class
KINDS_WANTED: Final = 12
FACTS: Final = {"A11", "A14"}  # count what is there: rows of a class, rows without a target
FALSE_ALARMS: Final = 0.02  # of the tables
LEAST: Final = 0.9  # of the plants of a kind, for it to count as found


def clean_tables(folder: Path) -> Iterator[tuple[str, Any]]:
    """Yield the tables as they are, their target last."""
    for name in SPLIT:
        yield name, pd.read_csv(folder / name / "data.csv")
    for name, target in CSV.items():
        table = pd.read_csv(folder / name)
        yield name.partition(".")[0], table[[*table.columns.drop(target), target]]
    phoneme = pd.read_csv(folder / "phoneme.csv", header=None)
    yield "phoneme", phoneme.set_axis([f"x{i}" for i in phoneme.columns], axis=1)
    for name in BUNDLED:
        found = getattr(datasets, f"load_{name}")(as_frame=True)
        answers = found.target.to_numpy()
        if name in {"iris", "wine", "breast_cancer"}:
            answers = np.array(found.target_names)[answers]
        yield name, found.data.set_axis(map(str, found.data.columns), axis=1).assign(y=answers)


def look(table: Any, test: Any = None) -> tuple[list[str], float, list[str]]:
    """Return the codes of what is alarming, the seconds, and columns that are left out."""
    started = time.perf_counter()
    found = tenfold.audit(table, test=test)
    seconds = time.perf_counter() - started
    left = [d.what.split("'")[1] for d in found.decisions if "is left out" in d.what]
    return [f.code for f in found.findings if f.severity != "info"], seconds, left


def measure_clean(folder: Path) -> dict[str, Any]:
    """Audit clean tables, and the test rows that four of them came with."""
    found: dict[str, Any] = {}
    for name, table in clean_tables(folder):
        codes, seconds, _ = look(table)
        found[name] = {"rows": len(table), "codes": codes, "seconds": seconds, "splits": []}
        if name in SPLIT:
            splits = json.loads((folder / name / "test_rows.json").read_text(encoding="utf-8"))
            for rows in splits:
                codes, *_ = look(table.drop(index=rows), table.loc[rows])
                found[name]["splits"].append(codes)
        print(name, found[name], file=sys.stderr, flush=True)
    return found


def measure_planted(folder: Path, seeds: tuple[int, ...]) -> dict[str, Any]:
    """Plant each kind in each table, and audit what comes out."""
    found: dict[str, Any] = {kind: {} for kind in plant.KINDS}
    for name, clean in clean_tables(folder):
        table = clean.rename(columns={clean.columns[-1]: plant.TARGET})
        answers = table[plant.TARGET]
        few = answers.nunique() <= 10
        table[plant.TARGET] = (
            answers.astype(str) if few else pd.to_numeric(answers).astype(float)
        )
        if len(table) > ROWS:
            table = table.sample(ROWS, random_state=1).reset_index(drop=True)
        for kind, (make, codes) in plant.KINDS.items():
            results = []
            for seed in seeds:
                planted = make(table, np.random.default_rng(seed))
                if planted is None:
                    break
                whole, test = planted if isinstance(planted, tuple) else (planted, None)
                found_codes, _, left = look(whole, test)
                added = set(whole.columns) - set(table.columns)
                handled = bool(added) and added <= set(left)
                results.append({
                    "found": bool(set(found_codes) & set(codes)) or handled,
                    "others": sorted(set(found_codes) - set(codes)),
                })  # fmt: skip
            if results:
                found[kind][name] = results
        print(name, file=sys.stderr, flush=True)
    return found


def measure_pictures(folder: Path, seed: int) -> dict[str, Any]:
    """Plant each kind in a sample of photographs, and audit what comes out."""
    draw = np.random.default_rng(seed)
    files = {}
    for kind in ("cats", "dogs"):
        known = sorted((folder / kind).iterdir())
        files[kind] = [known[i] for i in draw.permutation(len(known))[:PHOTOGRAPHS]]
    found: dict[str, Any] = {}
    plants: dict[str, tuple[plant_pictures.Plant, tuple[str, ...]]]
    plants = {"nothing": (plant_pictures.nothing, ()), **plant_pictures.KINDS}
    for name, (make, codes) in plants.items():
        home = Path(tempfile.mkdtemp())
        train, test = make(files, home, np.random.default_rng(seed))
        audit = tenfold.audit(train, test=test)
        found_codes = {f.code for f in audit.findings if f.severity != "info"}
        found[name] = {
            "found": bool(found_codes & set(codes)),
            "others": sorted(found_codes - set(codes)),
            "seconds": audit.seconds,
        }
        print(name, found[name], file=sys.stderr, flush=True)
        shutil.rmtree(home)
    return found


def measure_alarms() -> dict[str, Any]:
    """Audit the real tables that were not developed on, and judge each alarm."""
    judged = real.verdicts()
    found: dict[str, Any] = {part: {} for part in real.PARTS}
    for part, tables in found.items():
        for name, table, target in real.real_tables(part):
            audit = tenfold.audit(table, target=target)
            codes = sorted({f.code for f in audit.findings if f.severity != "info"} - FACTS)
            verdicts = {code: judged.get((name, code), ("not looked up", "")) for code in codes}
            tables[name] = {"rows": len(table), "target": target, "alarms": verdicts}
        print(part, len(tables), file=sys.stderr, flush=True)
    return found


def alarm_lines(parts: dict[str, Any]) -> list[str]:
    """Return what RESULT.md says of the real tables."""
    lines = [
        "## Alarms of real tables that come with packages",
        "",
        *machine.circumstances(parts),
    ]
    every = [t for part in parts["tables"].values() for t in part.values()]
    bars = []
    for what, good in (("false", {"true", "doubtful"}), ("false or doubtful", {"true"})):
        loud = sum(any(v[0] not in good for v in t["alarms"].values()) for t in every)
        claim = f"share of {len(every)} tables with a {what} alarm"
        bars.append(machine.verdict(claim, loud / len(every), FALSE_ALARMS))
    lines += machine.bars(bars)
    for part, why in real.PARTS.items():
        tables = parts["tables"][part]
        lines += [f"{len(tables)} tables; {why}:", ""]
        lines += machine.grid(
            ["table", "rows", "target", "alarm", "looked up", "why"],
            [
                [name, f"{one['rows']:,}", one["target"], code, *verdict]
                for name, one in tables.items()
                for code, verdict in one["alarms"].items()
            ],
        )
    return lines


def page(parts: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    lines = ["# Planted leaks and faults", "", *machine.circumstances(parts["tables"])]
    clean, planted = parts["tables"]["clean"], parts["tables"]["planted"]
    pictures = parts.get("pictures", {}).get("kinds", {})
    counts = {
        kind: [one["found"] for results in tables.values() for one in results]
        for kind, tables in planted.items()
    }
    lines += machine.bars(_bars(clean, counts, pictures))
    how = (
        f"Each kind is planted in every table that it fits, {len(SEEDS)} times; tables of more "
        f"than {ROWS:,} rows are sampled. Where the column is left out by itself, as an "
        "identifier, nothing is left to find."
    )
    lines += [how, ""]
    lines += machine.grid(
        ["planted in tables", "found", "not found in", "other alarms"],
        [
            [
                kind,
                f"{sum(counts[kind])} of {len(counts[kind])}",
                ", ".join(n for n, r in tables.items() if not all(o["found"] for o in r))
                or "-",
                _others(tables),
            ]
            for kind, tables in planted.items()
        ],
    )
    lines += machine.grid(
        ["clean table", "rows", "seconds", "alarms"],
        [
            [name, f"{one['rows']:,}", f"{one['seconds']:.2f}", ", ".join(one["codes"]) or "-"]
            for name, one in clean.items()
        ],
    )
    if pictures:
        lines += [f"Photographs: {PHOTOGRAPHS} of each class.", ""]
        lines += machine.grid(
            ["planted in photographs", "found", "other alarms", "seconds"],
            [
                [
                    kind,
                    "-" if kind == "nothing" else "yes" if one["found"] else "**no**",
                    ", ".join(one["others"]) or "-",
                    f"{one['seconds']:.1f}",
                ]
                for kind, one in pictures.items()
            ],
        )
    return lines + (alarm_lines(parts["alarms"]) if "alarms" in parts else [])


def _bars(
    clean: dict[str, Any], counts: dict[str, list[bool]], pictures: dict[str, Any]
) -> Iterator[list[str]]:
    good = [kind for kind, hits in counts.items() if sum(hits) >= LEAST * len(hits)]
    what = "kinds of leaks in tables that are found nine times in ten"
    yield machine.verdict(what, len(good), KINDS_WANTED, at_most=False)
    loud = sum(bool(one["codes"]) for one in clean.values())
    yield machine.verdict("clean tables with an alarm", loud, 0)
    splits = [codes for one in clean.values() for codes in one["splits"]]
    what = f"of {len(splits)} given splits, those whose test rows give an alarm"
    yield machine.verdict(what, sum(map(bool, splits)), 0)
    if pictures:
        seen = [one["found"] for kind, one in pictures.items() if kind != "nothing"]
        what = f"kinds of {len(seen)} in photographs that are found"
        yield machine.verdict(what, sum(seen), len(seen), at_most=False)
        loud = len(pictures["nothing"]["others"])
        yield machine.verdict("alarms of clean photographs", loud, 0)


def _others(tables: dict[str, Any]) -> str:
    named = {
        f"{code} ({name})"
        for name, results in tables.items()
        for one in results
        for code in one["others"]
    }
    return ", ".join(sorted(named)) or "-"


def main() -> None:
    parser = machine.arguments(__doc__)
    machine.add_data(parser)
    parser.add_argument("--pictures", type=Path, help="folder of cats and of dogs")
    parser.add_argument("--only", choices=PARTS, help="measure one part")
    args = parser.parse_args()
    folder = machine.folder_of(__file__, quick=args.quick)
    seeds = SEEDS[:1] if args.quick else SEEDS
    if args.only in {None, "alarms"}:
        head = machine.header((*PACKAGES, *real.PACKAGES), args.threads)
        machine.write_part(folder, "alarms", head | {"tables": measure_alarms()})
    if args.only in {None, "tables"}:
        machine.check_data(
            args.data, [*(f"{name}/data.csv" for name in SPLIT), *CSV, "phoneme.csv"]
        )
        head = machine.header(PACKAGES, args.threads)
        part = {"clean": measure_clean(args.data), "planted": measure_planted(args.data, seeds)}
        machine.write_part(folder, "tables", head | part)
    if args.only in {None, "pictures"}:
        head = machine.header(PACKAGES, args.threads)
        home = args.pictures or args.data.parent / "cats_dogs" / "training_set"
        machine.check_data(home, ("cats", "dogs"))
        part = {"kinds": measure_pictures(home, seeds[0])}
        machine.write_part(folder, "pictures", head | part)
    machine.write_page(folder, page(machine.read_parts(folder)))


if __name__ == "__main__":
    main()
