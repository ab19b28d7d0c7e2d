"""Ten folds together against ten folds alone, trained by the same engine.

*Together*: all folds in one network with a fold axis. *Alone*: each fold by itself,
one after the other, its random streams those of its number, so that both train the
same networks. The grid below the headline varies width, batch and folds.
"""

import math
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
from stacks import Case, prepare  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "numpy")
NETWORKS: Final = ("tutorial", "auto")
WIDTHS: Final = {"tutorial": (13, 64, 256), "auto": (32, 64, 128, 256)}
BATCHES: Final = {"tutorial": (5, 32, 128), "auto": (32, 64, 128, 256)}
FOLDS: Final = (5, 10, 20)
GRID_STEPS: Final = 400  # of a cell; seconds grow evenly with them
BAR: Final = {
    ("tutorial", "cpu"): 8,
    ("auto", "cpu"): 3,
    ("tutorial", "cuda"): 8,
    ("auto", "cuda"): 8,
}
PARTS: Final = ("headline", "grid")
INTRODUCTION: Final = [
    "# The fold axis: ten folds together against ten folds alone",
    "",
    "The same engine trains the same networks both ways. Seconds of training, median (least",
    "to largest); ratio of the medians, alone / together. *Difference* is the largest gap",
    "between the answers of the two to held-out rows, in standard deviations: one product of",
    "matrices may round otherwise than ten, and long training lets that grow.",
    "A fold of the default network has several members, which are stacked in both cases;",
    "the rows with one member stack nothing but folds. As it comes, a fold of the default",
    "network closes when it gets no better: alone that saves its epochs to come, together",
    "only those after the last fold has closed.",
    "",
]
ALL_EPOCHS: Final = "all epochs"
Record = dict[str, Any]


def fit(case: Case, splits: Any, device: str) -> tuple[float, float, list[Any]]:
    """Return seconds in all, seconds of the loop alone, and what each fold says."""
    import torch  # noqa: PLC0415

    from tenfold.training.fit_tables import fit_folds  # noqa: PLC0415
    from tenfold.training.watch import Callback, Deadline, Supervision  # noqa: PLC0415

    started = time.perf_counter()
    fits = fit_folds(
        case.rows,
        splits,
        case.task,
        case.plan,
        case.streams,
        torch.device(device),
        care=Supervision(Callback(), Deadline(None)),
    )
    seconds = time.perf_counter() - started
    return seconds, fits.history.lines[-1].seconds, list(fits.answers)


def together(case: Case, device: str) -> tuple[float, float, list[Any]]:
    """Train all folds at once."""
    return fit(case, case.splits, device)


def alone(case: Case, device: str) -> tuple[float, float, list[Any]]:
    """Train fold after fold."""
    parts = [fit(case, case.splits.only(fold), device) for fold in range(len(case.splits))]
    return sum(p[0] for p in parts), sum(p[1] for p in parts), [p[2][0] for p in parts]


def measure(case: Case, device: str, repeats: int) -> Record:
    """Train both ways in turn; return seconds of each, and how far their answers differ."""
    import numpy as np  # noqa: PLC0415

    record: Record = {"together": [], "alone": [], "loop_together": [], "loop_alone": []}
    for _ in range(repeats):
        whole, loop, said = together(case, device)
        record["together"].append(whole)
        record["loop_together"].append(loop)
        whole, loop, said_alone = alone(case, device)
        record["alone"].append(whole)
        record["loop_alone"].append(loop)
    gaps = [np.abs(a - b).max() for a, b in zip(said, said_alone, strict=True)]
    recipe = case.plan.recipe
    return {
        "table": case.table,
        "rows": len(case.rows),
        "network": case.network,
        "device": device,
        "folds": case.folds,
        "members": recipe.members,
        "width": case.plan.body.hidden[0],
        "batch": recipe.batch_size,
        "epochs": recipe.epochs,
        "difference": float(max(gaps) / np.std(np.concatenate(said))),
    } | record


def headline(device: str, repeats: int, *, quick: bool) -> list[Record]:
    """Measure both networks in full; the default in three ways."""
    records = []
    for table in ("housing", "california"):
        for network in NETWORKS:
            changes = {"epochs": 5} if quick else {}
            case = prepare(table, network, 10, **changes)
            plans = {ALL_EPOCHS: case.plan}
            if network == "auto":
                endless = replace(case.plan, recipe=open_end(case.plan.recipe))
                plans = {
                    ALL_EPOCHS: endless,
                    "one member, all epochs": one_member(endless),
                    "as it comes": case.plan,
                }
            for kind, plan in plans.items():
                found = measure(replace(case, plan=plan), device, repeats)
                records.append({"kind": kind} | found)
                show(records[-1])
    return records


def one_member(plan: Any) -> Any:
    """Return a plan with one network for each fold: nothing but the fold axis is stacked."""
    return replace(plan, recipe=replace(plan.recipe, members=1, validating=1))


def grid(device: str, repeats: int, *, quick: bool) -> list[Record]:
    """Measure over width, batch and folds, a few hundred steps a cell."""
    records = []
    for network in NETWORKS:
        widths, batches = WIDTHS[network], BATCHES[network]
        folds = (10,) if quick else FOLDS
        cells = [(w, b, f) for w in widths for b in batches for f in folds]
        for width, batch, count in cells[::4] if quick else cells:
            epochs = max(2, round(GRID_STEPS / math.ceil(506 / batch)))
            case = prepare(
                "housing", network, count, width=width, batch_size=batch, epochs=epochs
            )
            if network == "auto":  # all epochs are taken, however soon a fold would close
                case = replace(case, plan=replace(case.plan, recipe=open_end(case.plan.recipe)))
            records.append({"kind": "grid"} | measure(case, device, repeats))
            show(records[-1])
    return records


def open_end(recipe: Any) -> Any:
    """Return a recipe whose folds never close before the last epoch."""
    return replace(recipe, patience=math.inf)


def ratio(record: Record, kind: str = "") -> float:
    """Return alone / together, medians."""
    return median(record[f"{kind}alone"]) / median(record[f"{kind}together"])


def show(record: Record) -> None:
    """Print one line of progress."""
    print(
        f"{record['device']} {record['table']:10} {record['network']:8} "
        f"folds {record['folds']:2} x {record['members']} width {record['width']:3} "
        f"batch {record['batch']:3} epochs {record['epochs']:3}  "
        f"together {median(record['together']):7.2f} s  "
        f"alone {median(record['alone']):7.2f} s  "
        f"ratio {ratio(record):5.2f} (loop {ratio(record, 'loop_'):5.2f})  "
        f"difference {record['difference']:.1e}",
        flush=True,
    )


def page(parts: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    judged: list[list[str]] = []
    body: list[str] = []
    for part, content in reversed(parts.items()):
        device, _, kind = part.partition(" ")
        records = content["records"]
        if kind == "headline":
            judged += [judge(r) for r in records if r["kind"] == ALL_EPOCHS]
            body += [f"## On {device}, whole trainings", "", *headline_table(records)]
        else:
            body += [f"## On {device}, over width, batch and folds", ""]
            for network in NETWORKS:
                body += grid_tables(network, [r for r in records if r["network"] == network])
        body += machine.circumstances(content)
    return [*INTRODUCTION, *machine.bars(judged), *body]


def judge(record: Record) -> list[str]:
    """Return the cells that hold a ratio against its bar."""
    device, network = record["device"], record["network"]
    what = f"{device}: {network} network, {record['table']}, {record['rows']:,} rows"
    return machine.verdict(what, ratio(record), BAR[network, device], at_most=False)


def headline_table(records: list[Record]) -> list[str]:
    """Return the table of whole trainings."""
    rows = [
        [
            f"{r['table']}, {r['rows']:,} rows",
            r["network"],
            r["kind"],
            f"{r['folds']} x {r['members']}",
            str(len(r["together"])),
            machine.median_range(r["together"]),
            machine.median_range(r["alone"]),
            f"{ratio(r):.2f}",
            f"{r['difference']:.0e}",
        ]
        for r in records
    ]
    head = ["table", "network", "training", "folds x members", "runs", "together", "alone"]
    return machine.grid([*head, "ratio", "difference"], rows)


def grid_tables(network: str, records: list[Record]) -> list[str]:
    """Return, for each number of folds, ratios over width and batch."""
    lines = []
    for folds in sorted({r["folds"] for r in records}):
        cells = {(r["width"], r["batch"]): r for r in records if r["folds"] == folds}
        batches = sorted({batch for _, batch in cells})
        rows = [
            [str(width)]
            + [
                f"{ratio(cells[width, b], 'loop_'):.2f}" if (width, b) in cells else "-"
                for b in batches
            ]
            for width in sorted({width for width, _ in cells})
        ]
        members = next(iter(cells.values()))["members"]
        title = f"{network} network, {folds} folds x {members}: ratio of the loop's seconds"
        lines += [
            f"{title}, a row a width, a column a batch size",
            "",
            *machine.grid(["width", *map(str, batches)], rows),
        ]
    return lines


def main() -> None:
    """Measure on each device, and write the result beside this file."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--device", nargs="+", choices=("cpu", "cuda"), help="all there are")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--grid-repeats", type=int, default=1)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    options = parser.parse_args()
    machine.use_threads(options.threads)
    import torch  # noqa: PLC0415

    folder = machine.folder_of(__file__, quick=options.quick)
    found = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    for device in options.device or found:
        together(prepare("housing", "tutorial", 3, epochs=2), device)  # wakes threads and GPU
        for part in options.part:
            head = machine.header(PACKAGES, options.threads)
            if device == "cuda":
                head["machine"]["gpu"] = torch.cuda.get_device_name()
            run = headline if part == "headline" else grid
            repeats = options.repeats if part == "headline" else options.grid_repeats
            records = run(device, 1 if options.quick else repeats, quick=options.quick)
            machine.write_part(folder, f"{device} {part}", head | {"records": records})
    machine.write_page(folder, page(machine.read_parts(folder)))


if __name__ == "__main__":
    main()
