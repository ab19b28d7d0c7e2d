"""How many questions of one row a server answers in a second, and how long each waits."""

import contextlib
import json
import math
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import machine  # noqa: E402

PACKAGES: Final = (
    "tenfold",
    "onnxruntime",
    "fastapi",
    "uvicorn",
    "uvloop",
    "httptools",
    "numpy",
)
TABLE: Final = "california.csv"
# Connections that ask at the same time, each again as soon as it has its answer.
CONNECTIONS: Final = (8, 32, 64)
WAYS: Final = {
    "batched": ["--workers", "1"],
    "each by itself": ["--workers", "1", "--batch-rows", "1"],
    "batched, 2 workers": ["--workers", "2"],
}
ALL: Final = 100_000  # questions of the long run
BAR_RATE, BAR_P99_MS = 1_000.0, 50.0
LUA: Final = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
done = function(summary, latency)
  io.write(string.format("COUNT %d %d %d %d %d %f %f %f\\n", summary.requests, summary.duration,
    summary.errors.status, summary.errors.timeout, summary.errors.connect + summary.errors.read
    + summary.errors.write, latency:percentile(50), latency:percentile(99), latency.max))
end
"""


@contextlib.contextmanager
def serving(file: Path, options: list[str]) -> Iterator[str]:
    """Serve a file in a process of its own, and yield its address."""
    command = [sys.executable, "-m", "tenfold", "serve", str(file), "--port", "0", "--json"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    try:
        url = json.loads(process.stdout.readline())["url"] if process.stdout else ""
        with urllib.request.urlopen(f"{url}/health", timeout=30):  # noqa: S310
            yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def question(url: str) -> str:
    """Return the example of the server's own OpenAPI: a row of typical cells."""
    with urllib.request.urlopen(f"{url}/openapi.json", timeout=30) as found:  # noqa: S310
        document = json.load(found)
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    return json.dumps(content["application/json"]["example"])


def ask(url: str, connections: int, seconds: int, home: Path) -> dict[str, Any]:
    """Let wrk ask, and return its counts and milliseconds."""
    script = home / "ask.lua"
    script.write_text(LUA.replace("{body}", question(url)))
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script)]
    done = subprocess.run(
        [*command, f"{url}/predict"], capture_output=True, text=True, check=True
    )
    printed = re.search(r"COUNT (.*)", done.stdout)
    if printed is None:
        raise RuntimeError(done.stdout)
    counts = [float(number) for number in printed[1].split()]
    return {
        "connections": connections,
        "requests": int(counts[0]),
        "seconds": counts[1] / 1e6,
        "errors": int(sum(counts[2:5])),
        "rate": counts[0] / (counts[1] / 1e6),
        "p50_ms": counts[5] / 1e3,
        "p99_ms": counts[6] / 1e3,
        "max_ms": counts[7] / 1e3,
    }


def measure(table: Path, *, quick: bool) -> dict[str, Any]:
    """Train on California housing, export, and ask every way in turns; then 100,000 times."""
    import tenfold  # noqa: PLC0415 - the server must not wait for it

    seconds, found = 1 if quick else 6, []
    with tempfile.TemporaryDirectory() as out:
        options = {"quality": "fast", "folds": 3} if quick else {}
        run = tenfold.train(table, "median_house_value", out=out, **options)
        file = run.export(Path(out) / "model.onnx").path
        for repeat in range(1 if quick else 3):
            for way, options_of in WAYS.items():
                with serving(file, options_of) as url:
                    ask(url, 8, 1, Path(out))  # all is awake
                    for connections in CONNECTIONS:
                        one = ask(url, connections, seconds, Path(out))
                        found.append({"way": way, "repeat": repeat} | one)
        with serving(file, WAYS["batched"]) as url:
            rate = ask(url, 32, 1, Path(out))["rate"]
            enough = math.ceil((2_000 if quick else 1.1 * ALL) / rate)
            long = ask(url, 32, enough, Path(out))
    return {"runs": found, "long": long}


def page(found: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    long = found["long"]
    rows = []
    for way in WAYS:
        for connections in CONNECTIONS:
            own = [
                r for r in found["runs"] if (r["way"], r["connections"]) == (way, connections)
            ]
            rows.append(
                [
                    way,
                    str(connections),
                    machine.median_range([r["rate"] for r in own]),
                    machine.median_range([r["p50_ms"] for r in own]),
                    machine.median_range([r["p99_ms"] for r in own]),
                ]
            )
    judged = [
        machine.verdict("requests a second", long["rate"], BAR_RATE, at_most=False),
        machine.verdict("ms, 99th of a hundred", long["p99_ms"], BAR_P99_MS),
        machine.verdict("requests", long["requests"], ALL, at_most=False),
        machine.verdict("errors", long["errors"], 0),
    ]
    intro = (
        "California housing, exported; wrk asks about one row at a time over loopback, from a "
        "process of its own on the same cores, 32 connections, one worker:"
    )
    head = [
        "# A served model",
        "",
        intro,
        "",
        *machine.bars(judged),
        "Each way in turns, median (least to largest) of three:",
        "",
    ]
    names = ["way", "connections", "requests a second", "ms, median", "ms, 99th of a hundred"]
    return [*head, *machine.grid(names, rows), *machine.circumstances(found)]


def main() -> None:
    """Measure, keep and write the page."""
    parser = machine.arguments(__doc__)
    machine.add_data(parser)
    options = parser.parse_args()
    machine.check_data(options.data, [TABLE])
    machine.use_threads(options.threads)
    folder = machine.folder_of(__file__, quick=options.quick)
    began = time.perf_counter()
    found = machine.header(PACKAGES, options.threads) | measure(
        options.data / TABLE, quick=options.quick
    )
    found["total_seconds"] = time.perf_counter() - began
    machine.write_part(folder, "serve", found)
    machine.write_page(folder, page(found))


if __name__ == "__main__":
    main()
