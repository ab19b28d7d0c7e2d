"""Pictures unlike those of training: how many are told of, and how many are told of wrongly.

A network learns three quarters of each set, and is asked about the rest of it and about
pictures of every other set. The measure was chosen on the *developing* sets of
``benchmarks/domains``; these are others.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "scikit-learn", "numpy", "pillow")
# Of ``benchmarks/domains``, which says where they come from.
SETS: Final = ("waste", "land", "xrays", "textures", "flowers", "cells", "food", "things")
ASKED: Final = 100  # pictures of each other set
APART: Final = 0.25


def files_of(folder: Path) -> list[Path]:
    """Return pictures of a set, drawn at random."""
    import numpy as np  # noqa: PLC0415 - after the number of threads is set

    from tenfold.data.pictures.found import FORMATS  # noqa: PLC0415

    files = sorted(one for one in folder.rglob("*") if one.suffix.lower() in FORMATS)
    drawn = np.random.default_rng(0).permutation(len(files))[:ASKED]
    return [files[at] for at in drawn]


def measure(name: str, data: Path, others: list[str]) -> dict[str, Any]:
    """Return the shares of a set's own held-out pictures, and of others, that are told of."""
    import tenfold  # noqa: PLC0415

    quiet: dict[str, Any] = {"audit": "off", "out": None, "verbose": False}
    apart = tenfold.SplitOptions(test_size=APART)
    run = tenfold.train(data / name, network="pretrained", splitting=apart, **quiet)
    study = run.study
    if study is None or study.test_data is None:
        raise ValueError("there are no test images")
    own = run.predict(study.test_data)["novelty"] > 1
    of_others = {
        other: float((run.predict(files_of(data / other))["novelty"] > 1).mean())
        for other in others
    }
    return {
        "pictures": len(study.data),
        "own": float(own.mean()),
        "held_out": len(own),
        "others": of_others,
    }


def lines_of(part: dict[str, Any]) -> Iterator[str]:
    """Yield the page."""
    yield "# Pictures unlike those of training"
    yield ""
    yield (
        "Share of pictures whose `novelty` is above 1: of the set's own pictures that were "
        f"held apart (1 % is meant), and of up to {ASKED} pictures of each other set."
    )
    yield ""
    found = part["sets"]
    rows = []
    for name, of in found.items():
        shares = of["others"]
        least = min(shares, key=shares.get)
        mean = sum(shares.values()) / len(shares)
        rows.append(
            [
                name,
                f"{of['pictures']:,}",
                f"{of['own']:.1%} of {of['held_out']:,}",
                f"{mean:.0%}",
                f"{shares[least]:.0%} ({least})",
            ]
        )
    own = sum(of["own"] for of in found.values()) / len(found)
    all_others = [share for of in found.values() for share in of["others"].values()]
    mean = sum(all_others) / len(all_others)
    rows.append(["mean", "", f"{own:.1%}", f"{mean:.0%}", ""])
    head = ["set", "pictures", "own, held apart", "other sets", "least"]
    yield from machine.grid(head, rows)
    yield ""
    yield from machine.circumstances(part)


def main() -> None:
    """Measure, and write the result."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    given = parser.parse_args()
    machine.use_threads(given.threads)
    names = list(SETS[2:4] if given.quick else SETS)
    folder = machine.folder_of(__file__, quick=given.quick)
    part: dict[str, Any] = machine.header(PACKAGES, given.threads) | {"sets": {}}
    for name in names:
        part["sets"][name] = measure(name, given.data, [one for one in names if one != name])
        print(name, part["sets"][name], file=sys.stderr, flush=True)
    parts = machine.write_part(folder, "novelty", part)
    machine.write_page(folder, lines_of(parts["novelty"]))


if __name__ == "__main__":
    main()
