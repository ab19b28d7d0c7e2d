"""Scores and seconds on real tables: Tenfold, CatBoost, LightGBM, extra trees, RealMLP.

Parts: ``splits`` (boston, concrete, power, yacht on their 20 splits), and the
cross-validated ``boston``, ``phoneme``, ``california``, ``adult``. Contenders take
turns, split by split, each in a process of its own that sleeps while others work.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any, Final, TextIO

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]
import machine  # noqa: E402
import report  # noqa: E402
from contenders import PACKAGES, PEERS  # noqa: E402
from tasks import SPLIT_TABLES, TABLES  # noqa: E402

PARTS: Final = ("splits", "boston", "phoneme", "california", "adult")
CACHE: Final = HERE / "peers.json"
NAMES: Final = ("tenfold", *PEERS)
# RealMLP is slow on two cores: so many splits or folds of a table, all where none is named.
REALMLP_UNITS: Final = {
    ("splits", "yacht"): 5,
    ("splits", "boston"): 5,
    ("splits", "concrete"): 5,
    ("splits", "power"): 1,
    ("phoneme", "phoneme"): 2,
    ("california", "california"): 0,
    ("adult", "adult"): 0,
}
Record = dict[str, Any]


class Worker:
    """A contender's process."""

    def __init__(self, name: str, options: Any, log: TextIO) -> None:
        python = dict(pair.split("=", 1) for pair in options.python).get(name, sys.executable)
        threads = options.threads or machine.cores()
        self._process = subprocess.Popen(
            [python, str(HERE / "worker.py"), name, str(options.data), str(threads)],
            env=machine.environment(options.threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self.error = self._read().get("error")

    def ask(self, request: Record) -> Record:
        """Return the answer to a request."""
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()

    def _read(self) -> Record:
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"error": "the process ended"}


def requests(part: str, options: Any) -> Iterator[tuple[str, Record]]:
    """Yield contenders and what they are asked, in turn."""
    if part != "splits":
        yield from fold_requests(part, options)
        return
    for table in SPLIT_TABLES:
        for unit in range(2 if options.quick else options.splits):
            for name in options.only:
                yield name, {"table": table, "part": part, "unit": unit, "seed": unit}


def fold_requests(table: str, options: Any) -> Iterator[tuple[str, Record]]:
    """Yield the same for a cross-validation: all folds of Tenfold, then peers by turns."""
    for seed in range(1 if options.quick else options.seeds.get(table, 1)):
        whole = {"table": table, "part": "folds", "unit": None, "seed": seed}
        if "tenfold" in options.only:
            yield "tenfold", whole
        peers = [name for name in options.only if name in PEERS]
        for unit in range(TABLES[table].folds):
            for name in peers:
                if name != "realmlp" or seed == 0:
                    yield name, whole | {"unit": unit}


def wanted(name: str, part: str, request: Record, options: Any) -> bool:
    """Return whether a slow contender is asked at all."""
    limit = REALMLP_UNITS.get((part, request["table"]))
    if options.quick and name == "realmlp" and request["table"] != "yacht":
        return False
    return name != "realmlp" or limit is None or request["unit"] < limit


def key(name: str, request: Record) -> str:
    """Return the name of a unit of work in the cache."""
    return "/".join([name, *(str(request[k]) for k in ("part", "table", "seed", "unit"))])


def measure(part: str, workers: dict[str, Worker], options: Any) -> list[Record]:
    """Ask all contenders; scores of peers may come from the cache, seconds never do."""
    cache = read_cache()
    records: list[Record] = []
    for name, request in requests(part, options):
        known = cache.get(key(name, request))
        reuse = options.scores_only or (
            options.reuse_peers and (request["unit"] or 0) >= options.timed
        )
        if name not in workers or not wanted(name, part, request, options):
            continue
        if known and reuse and name != "tenfold":
            found: Record = {"seconds": None, "scores": known["scores"]}
        else:
            found = workers[name].ask(request)
        records.append({"contender": name} | request | found)
        show(records[-1])
        if name != "tenfold" and "error" not in found and found["seconds"]:
            compare(name, request, found, known)
            cache[key(name, request)] = {
                "scores": found["scores"],
                "versions": machine.versions(PACKAGES[name]),
            }
            if not options.quick:
                write_cache(cache)
    return records


def compare(name: str, request: Record, found: Record, known: Record | None) -> None:
    """Say so if a peer's score differs from the one that the cache had."""
    for metric, value in found["scores"][0].items():
        old = known["scores"][0][metric] if known else value
        if abs(old - value) > 1e-3 * abs(old):
            print(f"  {key(name, request)}: {metric} is {value:.5g}, the cache had {old:.5g}")


def show(record: Record) -> None:
    """Print one line of progress."""
    unit = "all" if record["unit"] is None else record["unit"]
    line = f"{record['table']:10} {unit!s:>3} seed {record['seed']:<2} {record['contender']:11}"
    if "error" in record:
        print(line, record["error"], flush=True)
        return
    scores = {m: mean(s[m] for s in record["scores"]) for m in record["scores"][0]}
    seconds = "cached" if record["seconds"] is None else f"{record['seconds']:.2f} s"
    print(line, f"{seconds:>9} ", *(f"{m} {v:.5g}" for m, v in scores.items()), flush=True)


def read_cache() -> dict[str, Record]:
    """Return the scores of peers that are known."""
    return json.loads(CACHE.read_text(encoding="utf-8")) if CACHE.exists() else {}


def write_cache(found: dict[str, Record]) -> None:
    """Write the scores of peers, together with what another process has written meanwhile."""
    merged = dict(sorted((read_cache() | found).items()))
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in merged.items()]
    CACHE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read_options() -> Any:
    """Return the options of the command line."""
    parser = machine.arguments(__doc__)
    machine.add_data(parser)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="contenders")
    parser.add_argument("--splits", type=int, default=20, help="of each table, at most 20")
    parser.add_argument("--boston-seeds", type=int, default=5)
    parser.add_argument("--reuse-peers", action="store_true", help="scores from peers.json")
    parser.add_argument("--timed", type=int, default=2, help="units measured all the same")
    parser.add_argument("--scores-only", action="store_true", help="fill peers.json, no RESULT")
    parser.add_argument(
        "--python", nargs="*", default=[], metavar="NAME=PYTHON", help="of a contender"
    )
    options = parser.parse_args()
    options.seeds = {"boston": options.boston_seeds}
    files = [TABLES[part].file for part in options.part if part != "splits"]
    if "splits" in options.part:
        files += [TABLES[name].file for name in SPLIT_TABLES]
    machine.check_data(options.data, files)
    return options


def main() -> None:
    """Measure the parts that are asked for, and write the result beside this file."""
    options = read_options()
    folder = machine.folder_of(__file__, quick=options.quick)
    packages = sorted({package for name in options.only for package in PACKAGES[name]})
    with tempfile.TemporaryFile("w+") as log:
        workers = {name: Worker(name, options, log) for name in options.only}
        for name in [name for name, worker in workers.items() if worker.error]:
            print(f"{name} is left out: {workers.pop(name).error}")
        try:
            for part in options.part:
                head = machine.header(packages, options.threads)
                records = measure(part, workers, options)
                if not options.scores_only:
                    machine.write_part(folder, part, head | {"records": records})
        finally:
            for worker in workers.values():
                worker.close()
            log.seek(0)
            problems = [line for line in log if "Traceback" in line or "Error" in line]
            print(*problems[-20:], sep="", file=sys.stderr)
    if not options.scores_only:
        machine.write_page(folder, report.page(machine.read_parts(folder)))


if __name__ == "__main__":
    main()
