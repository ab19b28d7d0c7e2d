"""Workers that are not here: how long folds and image features would take with 1 to 64 of them.

Times of a fold and of a piece of 256 images are those that ``run.py`` measured with one worker.
Workers are simulated one event after the other: each takes the next piece once it is free. Some
are slow, and some are lost and come back; what a lost one had begun is begun again by the next
that is free, a fold from its last checkpoint. Reading, merging and scoring are not shared out.
"""

import heapq
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

WORKERS: Final = (1, 2, 4, 8, 10, 16, 32, 64)
RUNS: Final = 200
SLOW, SLOWER = 0.1, 2.0  # share of the workers, and how many times as long they take
HOURS_BETWEEN_LOSSES: Final = 4.0  # of one worker
BACK: Final = 60.0  # seconds until a worker that was lost is there again
REDONE: Final = 0.02  # of a fold: what has passed since its last checkpoint, at most
PIECE: Final = 256  # images
MANY_PICTURES: Final = 10_000_000


def lasting(
    pieces: Sequence[float], workers: int, rng: np.random.Generator, *, redone: float = 1.0
) -> float:
    """Return the seconds until the last piece is done.

    Parameters
    ----------
    pieces : sequence of float
        Seconds of each on a usual worker.
    workers : int
    rng : Generator
    redone : float
        Share of what a lost worker had done of a piece that is done again.

    Examples
    --------
    >>> from unittest import mock
    >>> calm = mock.Mock(random=lambda: 1.0, exponential=lambda _: 1e9)
    >>> lasting([2.0, 2.0, 2.0], 2, calm), lasting([2.0] * 4, 8, calm)
    (4.0, 2.0)
    """
    speed = [SLOWER if rng.random() < SLOW else 1.0 for _ in range(workers)]
    lost = [rng.exponential(3_600 * HOURS_BETWEEN_LOSSES) for _ in range(workers)]
    free = [(0.0, worker) for worker in range(workers)]
    left, ends = list(pieces)[::-1], 0.0
    while left:
        now, worker = heapq.heappop(free)
        seconds = left.pop()
        done = now + seconds * speed[worker]
        if lost[worker] < done:
            worked = max(0.0, lost[worker] - now) / speed[worker]
            left.append(seconds - (1 - redone) * worked)
            heapq.heappush(free, (max(now, lost[worker]) + BACK, worker))
            lost[worker] += BACK + rng.exponential(3_600 * HOURS_BETWEEN_LOSSES)
            continue
        ends = max(ends, done)
        heapq.heappush(free, (done, worker))
    return ends


def main() -> None:
    """Simulate, keep and write the page."""
    options = machine.arguments(__doc__).parse_args()
    folder = machine.folder_of(__file__, quick=options.quick)
    measured = json.loads((folder / "result.json").read_text(encoding="utf-8"))["workers"]
    part = machine.header(("numpy",), 1) | simulated(measured, 10 if options.quick else RUNS)
    machine.write_part(folder, "simulated", part)
    (folder / "SIMULATED.md").write_text("\n".join(page(part)) + "\n", encoding="utf-8")


def simulated(measured: dict[str, Any], runs: int) -> dict[str, Any]:
    """Simulate each number of workers again and again."""
    one = measured["dask, 1"]
    fold = machine.spread(one["train"])["median"] / measured["folds"]
    piece = machine.spread(one["features"])["median"] / -(-measured["pictures"] // PIECE)
    works: dict[str, tuple[list[float], float]] = {
        "ten folds": ([fold] * 10, REDONE),
        "ten folds, 1,000 times as long each": ([1_000 * fold] * 10, REDONE),
        "features of 8,000 images": ([piece] * -(-8_000 // PIECE), 1.0),
        "features of 10 million images": ([piece] * -(-MANY_PICTURES // PIECE), 1.0),
    }
    found: dict[str, Any] = {"fold": fold, "piece": piece, "runs": runs}
    for name, (pieces, redone) in works.items():
        few = runs if len(pieces) < 1_000 else max(1, runs // 20)
        found[name] = {
            str(workers): [
                lasting(pieces, workers, np.random.default_rng([seed, workers]), redone=redone)
                for seed in range(few)
            ]
            for workers in WORKERS
        }
    return found


def page(part: dict[str, Any]) -> list[str]:
    """Return the lines of SIMULATED.md."""
    names = [name for name, found in part.items() if isinstance(found, dict) and "64" in found]
    rows = []
    for workers in map(str, WORKERS):
        cells = [workers]
        for name in names:
            times = part[name][workers]
            alone = machine.spread(part[name]["1"])["median"]
            ratio = alone / machine.spread(times)["median"]
            cells.append(f"{machine.median_range(times)}, x {ratio:.1f}")
        rows.append(cells)
    intro = (
        f"Simulated from {part['fold']:.2f} s for a fold and {part['piece']:.2f} s for {PIECE} "
        f"images, measured with one worker of Dask ([RESULT.md](RESULT.md)). A worker in "
        f"{1 / SLOW:.0f} takes {SLOWER:.0f} times as long; each is lost every "
        f"{HOURS_BETWEEN_LOSSES:.0f} hours, and back after {BACK:.0f} s. Seconds; median "
        f"(least to largest) of {part['runs']} simulations, fewer of 10 million images, and "
        "how many times as fast as one worker."
    )
    where = (
        "Where the time goes: a fold cannot be cut in two, so ten folds keep at most ten "
        "workers busy, and the slowest of them decides. Images are cut into small pieces; only "
        "workers that are slow or lost keep 64 of them from being 64 times as fast."
    )
    return [
        *("# Workers, simulated", "", intro, ""),
        *machine.grid(["workers", *names], rows),
        *(where, ""),
        *machine.circumstances(part),
    ]


if __name__ == "__main__":
    main()
