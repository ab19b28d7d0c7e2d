"""Pictures that belong together: what the audit proposes by names, and what that changes.

Each set of ``benchmarks/domains`` is audited. Where the audit proposes to keep pictures
together, heads on frozen features are scored with folds dealt at random, and with the option
that is proposed.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402
from picture_sets import SETS, score  # noqa: E402

PACKAGES: Final = ("tenfold", "torch", "scikit-learn", "numpy", "pillow")
FOLDS: Final = 5
OPTION: Final = re.compile(r"--group-(pattern|block) '?([^']+?)'?(?: --folds [0-9]+)?$")


def proposed(folder: Path) -> tuple[dict[str, Any], str]:
    """Return the option that the audit proposes, or none, and its evidence."""
    import tenfold  # noqa: PLC0415 - after the number of threads is set

    found = tenfold.audit(folder).findings
    for one in found:
        said = OPTION.search(one.fix[0]) if one.code == "A09" else None
        if said is not None:
            name, value = said.groups()
            option: Any = value if name == "pattern" else int(value)
            return {f"group_{name}": option}, str(one.place["evidence"])
    return {}, ""


def scored(folder: Path, option: dict[str, Any]) -> dict[str, float]:
    """Return accuracy and log-loss of held-out pictures."""
    import tenfold  # noqa: PLC0415

    quiet: dict[str, Any] = {"audit": "off", "out": None, "verbose": False, "folds": FOLDS}
    reading = tenfold.PictureOptions(**option)
    run = tenfold.train(folder, network="pretrained", reading=reading, **quiet)
    study = run.study
    if study is None:
        raise ValueError("a run that has just ended has a study")
    return score(study.out_of_fold(), study.rows.target.astype(int))


def lines_of(part: dict[str, Any]) -> Iterator[str]:
    """Yield the page."""
    yield "# Pictures that belong together"
    yield ""
    yield (
        "What `tenfold audit` proposes from the names of files (A09), and accuracy / log-loss "
        "of heads on frozen features, five folds: dealt at random, and as proposed."
    )
    yield ""
    found = part["sets"]
    rows = [
        [name, f"`{of['option']}`", of["evidence"], _pair(of["random"]), _pair(of["kept"])]
        for name, of in found.items()
        if of["option"]
    ]
    head = ["set", "proposed", "evidence", "folds at random", "groups in one fold"]
    yield from machine.grid(head, rows)
    yield ""
    silent = ", ".join(name for name, of in found.items() if not of["option"])
    yield f"Nothing is proposed for: {silent}."
    yield ""
    yield from machine.circumstances(part)


def _pair(of: dict[str, float]) -> str:
    return f"{of['accuracy']:.3f} / {of['log_loss']:.3f}"


def main() -> None:
    """Measure, and write the result."""
    parser = machine.arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets")
    given = parser.parse_args()
    machine.use_threads(given.threads)
    folder = machine.folder_of(__file__, quick=given.quick)
    part: dict[str, Any] = machine.header(PACKAGES, given.threads) | {"sets": {}}
    for name in ["xrays", "ants"] if given.quick else SETS:
        option, evidence = proposed(given.data / name)
        of: dict[str, Any] = {"evidence": evidence, "option": ""}
        if option:
            ((key, value),) = option.items()
            of["option"] = f"--{key.replace('_', '-')} {value}"
            of |= {"random": scored(given.data / name, {})}
            of |= {"kept": scored(given.data / name, option)}
        part["sets"][name] = of
        print(name, of, file=sys.stderr, flush=True)
        parts = machine.write_part(folder, "related", part)
    machine.write_page(folder, lines_of(parts["related"]))


if __name__ == "__main__":
    main()
