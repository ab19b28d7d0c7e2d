"""Ten minutes of right questions with known answers, while others ask what they should not.

Every answer is compared with the one that the server gave when it was alone. Beside them run
heads and bodies that never end, bodies that are too large, lies about lengths, lines that are
cut, floods of connections, damaged JSON, CSV and pictures, bombs, and wrong hosts.
"""

import argparse
import gzip
import io
import json
import random
import socket
import struct
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "fastapi", "uvicorn", "httptools", "onnxruntime", "numpy")
SECONDS, FEW = 600.0, 20.0
MOST_GROWTH_MB: Final = 10.0
FLOOD: Final = 300
ROUNDING: Final = 1e-6  # of the larger number
OPTIONS: Final = ("--max-bytes", "4000000", "--timeout", "5", "--max-pixels", "4000000")
# What a damaged question may be answered with; a closed line is an answer too.
REFUSED: Final = frozenset({200, 400, 404, 405, 408, 413, 415, 421, 422, 429, 431})
Draw = random.Random


class Target:
    """A server under fire.

    Parameters
    ----------
    server : Server
        Of ``tests.engine_served``.
    body, kind
        A right question.
    """

    def __init__(self, server: Any, body: bytes, kind: str) -> None:
        self.server, self.body, self.kind = server, body, kind
        host, port = server.url.removeprefix("http://").split(":")
        self.place = (host, int(port))
        self.known = self.ask()
        self.wrong: list[str] = []
        self.faults: Counter[str] = Counter()
        self.busy = self.rounded = 0
        self.seconds: list[float] = []

    def ask(self) -> bytes:
        """Return the answer to the right question."""
        head = {"Content-Type": self.kind}
        request = urllib.request.Request(  # noqa: S310 - the server's own address
            self.server.url + "/predict", data=self.body, headers=head
        )
        with urllib.request.urlopen(request, timeout=60) as found:  # noqa: S310 - as above
            return bytes(found.read())

    def check(self) -> None:
        """Ask, and compare."""
        begun = time.perf_counter()
        try:
            found = self.ask()
        except urllib.error.HTTPError as error:
            if error.code == 429:  # it says that it is busy, and that is right
                self.busy += 1
            else:
                self.wrong.append(f"status {error.code}")
            return
        except OSError as error:
            self.wrong.append(f"{type(error).__name__}: {error}")
            return
        self.seconds.append(time.perf_counter() - begun)
        if found != self.known:
            difference = furthest(json.loads(found), json.loads(self.known))
            # Questions that wait are answered in one call, and products of more rows may be
            # rounded otherwise.
            if difference > ROUNDING:
                self.wrong.append(f"another answer, {difference:.2g} apart")
            else:
                self.rounded += 1

    def send(self, data: bytes, *, wait: float = 8.0, cut: bool = False) -> int:
        """Send raw bytes, and return the status that comes back; 0 if the line is closed."""
        with socket.create_connection(self.place, timeout=wait) as line:
            try:
                line.sendall(data)
                if cut:
                    linger = struct.pack("ii", 1, 0)
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    return 0
                reply = line.recv(4096)
            except TimeoutError:
                return -1
            except OSError:
                return 0
        return int(reply.split()[1]) if reply.startswith(b"HTTP/1.1 ") else 0


def furthest(one: Any, other: Any) -> float:
    """Return how far numbers of two documents are apart, as a share; infinite elsewhere."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return max((furthest(one[key], other[key]) for key in one), default=0.0)
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return max(map(furthest, one, other), default=0.0)
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) / max(abs(one), abs(other), 1e-30)
    return 0.0 if one == other else float("inf")


def head(kind: str, length: int | str, more: str = "", path: str = "/predict") -> bytes:
    """Return the head of a question."""
    lines = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n{more}"
    return f"{lines}Content-Length: {length}\r\n\r\n".encode()


def png_bomb() -> bytes:
    """Return the head of a picture of 30,000 x 30,000 pixels."""
    data = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + data + bytes(4)


def spoiled(body: bytes, draw: Draw) -> bytes:
    """Return a body with bytes changed or missing."""
    found = bytearray(body)
    for _ in range(draw.choice([1, 3, 30])):
        found[draw.randrange(len(found))] = draw.randrange(256)
    return bytes(found[: draw.choice([len(found), draw.randrange(len(found))])])


def slow_head(to: Target, draw: Draw) -> int:
    with socket.create_connection(to.place, timeout=20) as line:
        try:
            line.sendall(b"POST /predict HTTP/1.1\r\n")
            for _ in range(draw.choice([3, 12])):
                time.sleep(1)
                line.sendall(b"X-A: b\r\n")
            return -1 if not line.recv(10) else 408
        except TimeoutError:
            return -2
        except OSError:
            return 0


def slow_body(to: Target, draw: Draw) -> int:
    with socket.create_connection(to.place, timeout=20) as line:
        try:
            line.sendall(head(to.kind, 50))
            for _ in range(draw.choice([2, 9])):
                time.sleep(1)
                line.sendall(b"a")
            return 408 if line.recv(10) else 0
        except TimeoutError:
            return -2
        except OSError:
            return 0


def flood(to: Target, draw: Draw) -> int:
    lines = []
    try:
        for _ in range(FLOOD):
            line = socket.create_connection(to.place, timeout=20)
            lines.append(line)
            if draw.random() < 0.5:
                line.sendall(b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        time.sleep(0.5)
    except OSError:
        return 0
    finally:
        for line in lines:
            line.close()
    return 0


def long_head(to: Target, draw: Draw) -> int:
    names = "".join(f"X-{at}: {'y' * 100}\r\n" for at in range(draw.choice([10, 20_000])))
    return to.send(head(to.kind, 3, names) + b"a,b")


def chunks(to: Target, draw: Draw) -> int:
    lies = [
        b"5\r\nab\r\n0\r\n\r\n",
        b"FFFFFFFFFFFFFFFF\r\na",
        b"zz\r\n",
        b"-1\r\na\r\n",
        b"3\r\na,b",
    ]
    start = head(to.kind, "1").replace(b"Content-Length: 1", b"Transfer-Encoding: chunked")
    return to.send(start + draw.choice(lies))


def half_closed(to: Target, draw: Draw) -> int:
    with socket.create_connection(to.place, timeout=20) as line:
        line.sendall(head(to.kind, len(to.body)) + to.body[: draw.randrange(len(to.body) + 1)])
        line.shutdown(socket.SHUT_WR)
        try:
            found = line.recv(4096)
        except OSError:
            return 0
    return int(found.split()[1]) if found.startswith(b"HTTP") else 0


def whole(kind: str | None, make: Callable[[Target, Draw], bytes]) -> Callable[..., int]:
    """Return a fault that is a whole question with a bad body."""

    def ask(to: Target, draw: Draw) -> int:
        body = make(to, draw)
        return to.send(head(kind or to.kind, len(body), "Connection: close\r\n") + body)

    return ask


NESTED: Final = (b'{"rows":' + b"[" * 50_000, b'{"rows":[' + b"{}," * 10**6 + b"{}]}")
FAULTS: Final[dict[str, Callable[[Target, Draw], int]]] = {
    "slow head": slow_head,
    "slow body": slow_body,
    "connections by the hundred": flood,
    "long head": long_head,
    "lies about chunks": chunks,
    "half closed": half_closed,
    "cut off": lambda to, _draw: to.send(head(to.kind, 9**5) + to.body, cut=True),
    "wrong length": lambda to, draw: to.send(head(to.kind, draw.choice(["-1", "x", "9" * 30]))),
    "too large": whole(None, lambda _to, _draw: bytes(4_100_000)),
    "claims to be too large": lambda to, _draw: to.send(head(to.kind, 10**12)),
    "not HTTP": lambda to, draw: to.send(draw.randbytes(2_000)),
    "wrong host": lambda to, _draw: to.send(
        b"GET /schema HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n"
    ),
    "odd address": lambda to, draw: to.send(
        b"GET /%ff\xff/../" + draw.randbytes(9).hex().encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    ),
    "nested JSON": whole("application/json", lambda _to, draw: draw.choice(NESTED)),
    "damaged body": whole(None, lambda to, draw: spoiled(to.body, draw)),
    "damaged CSV": whole("text/csv", lambda _to, draw: spoiled(b"area,town\n1,2\n" * 99, draw)),
    "wide CSV": whole("text/csv", lambda _to, _draw: b"a," * 1_900_000 + b"a\n"),
    "gzip bomb": whole("text/csv", lambda _to, _draw: BOMB),
    "picture bomb": whole("image/png", lambda _to, _draw: png_bomb()),
    "damaged form": whole(
        "multipart/form-data; boundary=x", lambda _to, draw: b"--x\r\n" + draw.randbytes(5_000)
    ),
}
BOMB: Final = gzip.compress(bytes(10**9)) if __name__ == "__main__" else b"\x1f\x8b"


def resident_mb(process: int) -> float:
    """Return the memory of a process."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def bad_guests(to: Target, until: float, seed: int) -> None:
    """Do one wrong thing after the other."""
    draw = Draw(seed)
    while time.monotonic() < until:
        name = draw.choice(list(FAULTS))
        try:
            status = FAULTS[name](to, draw)
        except OSError as error:
            status = -3
            print(name, error, file=sys.stderr)
        if status > 0 and status not in REFUSED:
            to.wrong.append(f"{name}: status {status}")
        if status == -2:
            to.wrong.append(f"{name}: the server waits for ever")
        to.faults[name] += 1


def good_guest(to: Target, until: float) -> None:
    """Ask again and again."""
    while time.monotonic() < until:
        to.check()
        time.sleep(0.02)


def measure(to: Target, seconds: float, guests: int = 4) -> dict[str, Any]:
    """Return what came of it."""
    process = to.server.process
    alone = Target(to.server, to.body, to.kind)
    good_guest(alone, time.monotonic() + seconds / 30)
    begun = time.monotonic()
    until = begun + seconds
    crew = [threading.Thread(target=good_guest, args=(to, until)) for _ in range(2)]
    crew += [
        threading.Thread(target=bad_guests, args=(to, until, seed)) for seed in range(guests)
    ]
    for one in crew:
        one.start()
    memory = []
    while time.monotonic() < until and process.poll() is None:
        memory.append([time.monotonic() - begun, resident_mb(process.pid)])
        time.sleep(seconds / 300)
    for one in crew:
        one.join(60)
    dead = process.poll() is not None
    health = 0 if dead else to.server.ask("/health").status
    status, said = (process.returncode, "") if dead else to.server.stop()
    warm = [mb for at, mb in memory if at > seconds / 10]
    third = len(warm) // 3
    return {
        "seconds": seconds,
        "questions": len(to.seconds),
        "busy": to.busy,
        "rounded": to.rounded,
        "wrong": to.wrong[:50],
        "wrong_count": len(to.wrong),
        "faults": dict(to.faults),
        "dead": dead,
        "health": health,
        "end_status": status,
        "said": said[-2_000:],
        "memory_mb": memory,
        "first_third_mb": median(warm[:third]),
        "last_third_mb": median(warm[-third:]),
        "median_ms_alone": 1_000 * median(alone.seconds),
        "median_ms": 1_000 * median(to.seconds),
    }


def page(parts: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    lines = ["# A server under load with faults", ""]
    for name in ("table", "pictures"):
        if name not in parts:
            continue
        part = parts[name]
        growth = part["last_third_mb"] - part["first_third_mb"]
        bars = [
            machine.verdict("seconds", part["seconds"], SECONDS / 2, at_most=False),
            machine.verdict("wrong answers", part["wrong_count"], 0),
            machine.verdict("crashes", int(part["dead"] or part["health"] != 200), 0),
            machine.verdict("lines on standard error", len(part["said"].splitlines()), 0),
            machine.verdict("MB of growth", growth, MOST_GROWTH_MB),
        ]
        faults = [[fault, f"{count:,}"] for fault, count in sorted(part["faults"].items())]
        lines += [
            f"## A server for {name}",
            "",
            *machine.circumstances(part),
            *machine.bars(bars),
            (
                f"{part['questions']:,} right questions were answered as when the server was "
                f"alone, {part['rounded']:,} of them but for rounding (below a millionth), and "
                f"{part['busy']:,} were sent away as it was busy. Memory: "
                f"{part['first_third_mb']:.0f} MB in the first third after a tenth of the "
                f"time, {part['last_third_mb']:.0f} MB in the last (medians). Other programs "
                "used the machine, so how long answers took stands in `result.json` and is "
                "not judged."
            ),
            "",
            *machine.grid(["fault", "times"], faults),
        ]
    return lines


def main() -> None:
    parser: argparse.ArgumentParser = machine.arguments(__doc__)
    parser.add_argument("--only", choices=("table", "pictures"))
    args = parser.parse_args()
    from PIL import Image  # noqa: PLC0415 - after the arguments are right

    from tests.engine_served import (  # noqa: PLC0415
        frame_of_houses,
        picture_file,
        serving,
        table_file,
    )

    folder = machine.folder_of(__file__, quick=args.quick)
    seconds = (FEW if args.quick else SECONDS) / 2
    rows = frame_of_houses(20, seed=3).drop(columns="price").to_csv(index=False).encode()
    out = io.BytesIO()
    Image.new("RGB", (90, 60), (200, 10, 10)).save(out, "PNG")
    asked = {"table": (rows, "text/csv"), "pictures": (out.getvalue(), "image/png")}
    parts: dict[str, Any] = {}
    for name, (body, kind) in asked.items():
        if args.only not in (None, name):
            continue
        head = machine.header(PACKAGES, args.threads)
        with tempfile.TemporaryDirectory() as home:
            file = (table_file if name == "table" else picture_file)(Path(home))
            with serving(file, *OPTIONS) as server:
                found = measure(Target(server, body, kind), seconds)
        parts = machine.write_part(folder, name, json.loads(json.dumps(head | found)))
    machine.write_page(folder, page(parts))


if __name__ == "__main__":
    main()
