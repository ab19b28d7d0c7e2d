"""Whether a spoiled table or picture can do more than be refused, or be left out by name.

Thousands are read as ``train`` reads them, in a process whose memory and time are watched, and
what was read is compared with what the file holds; then the commands are called with some.
"""

import contextlib
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
import machine  # noqa: E402

PACKAGES: Final = ("tenfold", "numpy", "pandas", "pyarrow", "openpyxl", "pillow", "torch")
TABLES, PICTURES, CALLS, FEW = 20_000, 10_000, 40, 300
PATIENCE: Final = 120.0  # seconds until a process is ended; it makes the file meanwhile
MOST_SECONDS: Final = 10.0
SIDE, MOST_PIXELS = 32, 100_000_000
PICTURE_MB: Final = 2 * 4 * MOST_PIXELS / 2**20  # twice what the largest picture takes


@dataclass
class Found:
    """What came of spoiled files."""

    files: int = 0
    ends: dict[str, dict[str, int]] = field(default_factory=dict)
    worst: dict[str, float] = field(default_factory=lambda: {"seconds": 0.0, "mb": 0.0})
    crashes: list[Any] = field(default_factory=list)
    hangs: list[Any] = field(default_factory=list)
    unnamed: list[Any] = field(default_factory=list)
    printed: int = 0

    def add(self, at: int, kind: str, ended: str, wrong: str, took: float, more: float) -> None:
        """Count a file that was opened, and keep it if something is wrong."""
        self.files += 1
        of, code = self.ends.setdefault(kind, {}), ended.partition(":")[0]
        of[code] = of.get(code, 0) + 1
        self.worst["seconds"] = max(self.worst["seconds"], took)
        self.worst["mb"] = max(self.worst["mb"], more)
        if ended.startswith("CRASH"):
            self.crashes.append([at, kind, ended])
        if took > MOST_SECONDS:
            self.hangs.append([at, kind, took])
        if wrong:
            self.unnamed.append([at, kind, wrong])
        if wrong or ended.startswith("CRASH") or took > MOST_SECONDS or kind == "bomb":
            print(at, kind, ended, wrong, round(took, 2), round(more), file=sys.stderr)
        if self.files % 1_000 == 0:
            print(self.files, self.worst, file=sys.stderr, flush=True)


def status_mb(name: str) -> float:
    """Return what this process takes (VmRSS), or took at most since it forgot (VmHWM)."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


class TableReader:
    """Reads a table and says what its columns are, as ``train`` does."""

    def __init__(self, folder: Path) -> None:
        import tables  # noqa: PLC0415 - after the number of threads is set

        self.tables, self.folder = tables, folder
        self.good, self.bombs = tables.good_tables(), list(tables.bombs().items())
        self.of, self.table, self.path = None, None, folder

    def prepare(self, at: int) -> str:
        """Write a spoiled table; the first are the bombs."""
        if at < len(self.bombs):
            name, made = self.bombs[at]
            self.of = self.tables.Spoiled(kind="bomb", name=name, data=made())
        else:
            self.of = self.tables.spoiled(self.good, random.Random(f"table {at}"))
        self.path, self.table = self.tables.write(self.of, self.folder), None
        return self.of.kind

    def read(self) -> str:
        """Return how it ended."""
        from tenfold.config import SchemaOptions, SplitOptions  # noqa: PLC0415
        from tenfold.data.columns.labelled import with_targets  # noqa: PLC0415
        from tenfold.data.columns.schema import infer_schema  # noqa: PLC0415
        from tenfold.data.files.read import read_table  # noqa: PLC0415

        self.table = table = read_table(self.path)
        target = str(table.frame.columns[-1])
        rows, _ = with_targets(table, target, None, max_bad=1.0)
        infer_schema(rows, target, SchemaOptions(), SplitOptions())
        return "table"

    def wrong(self) -> str:
        """Return what is wrong with what was read, or nothing."""
        if self.path.read_bytes() != self.of.data:
            return "the file was changed"
        found = "" if self.table is None else self.tables.unnamed(self.of, self.table)
        self.path.unlink()
        return found


class PictureReader:
    """Reads a picture as ``train`` and ``predict`` do."""

    def __init__(self, folder: Path) -> None:
        import pictures  # noqa: PLC0415

        self.pictures, self.folder, self.good = pictures, folder, pictures.good_pictures()
        self.kind, self.found, self.path = "", None, folder

    def prepare(self, at: int) -> str:
        """Write a spoiled picture."""
        draw, kinds = random.Random(f"picture {at}"), self.pictures.KINDS
        weights = [weight for _, weight, _ in kinds.values()]
        many = at >= len(kinds)
        self.kind = draw.choices(list(kinds), weights)[0] if many else list(kinds)[at]
        self.path = self.pictures.make(self.good, self.folder, self.kind, draw)
        return self.kind

    def read(self) -> str:
        """Return how it ended."""
        from tenfold.data.pictures.decode import Framing  # noqa: PLC0415
        from tenfold.data.pictures.pictures import read_unlabelled  # noqa: PLC0415
        from tenfold.read_options import PictureOptions  # noqa: PLC0415

        options = PictureOptions(max_bad=1.0, max_pixels=MOST_PIXELS, workers=1)
        self.found = None
        self.found = read_unlabelled([self.path], Framing(size=SIDE), options)
        return "named" if self.found.rejected else "read"

    def wrong(self) -> str:
        """Return what is wrong with what was read, or nothing."""
        end, found, name = self.pictures.KINDS[self.kind][0], self.found, self.path.name
        shutil.rmtree(self.path) if self.path.is_dir() else self.path.unlink()
        if found is None:  # a coded refusal is no name of a file, but of a folder without any
            return "" if end == "named" else "it was not read"
        ended = "named" if found.rejected else "read"
        if len(found) + len(found.rejected) != 1:
            return "it was lost"
        if any(not one.reason or name not in one.file for one in found.rejected):
            return "it has no name or reason"
        return "" if end in {ended, "either"} else f"it was {ended}: {found.rejected}"


READERS: Final = {"tables": TableReader, "pictures": PictureReader}


def work(what: str, start: int, stop: int, folder: Path, line: Any) -> None:
    """Open spoiled files, and report each before and after."""
    os.dup2(os.open(folder / f"{what}.printed", os.O_CREAT | os.O_APPEND | os.O_WRONLY), 2)
    place = folder / f"{what}-{start}"
    place.mkdir()
    from tenfold.errors import TenfoldError  # noqa: PLC0415

    reader = READERS[what](place)
    for warm in range(100, 200):  # what is loaded once is loaded now
        reader.prepare(warm)
        with contextlib.suppress(Exception):  # it comes again, and is counted then
            reader.read()
        reader.wrong()
    idle = status_mb("VmRSS")
    for at in range(start, stop):
        kind = reader.prepare(at)
        line.send(("begun", at, kind))
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
        begun = time.perf_counter()
        try:
            ended = reader.read()
        except TenfoldError as error:
            ended = error.code
        except BaseException as error:  # noqa: BLE001 - that is what is looked for
            ended = f"CRASH {type(error).__name__}: {str(error)[:200]}"
        took, more = time.perf_counter() - begun, status_mb("VmHWM") - idle
        line.send(("done", at, kind, ended, reader.wrong(), took, more))
    line.send(("end",))


def measure(what: str, count: int, folder: Path) -> dict[str, Any]:
    """Return what came of so many files; a process that hangs or dies is replaced."""
    context, found, start = multiprocessing.get_context("spawn"), Found(), 0
    while start < count:
        ours, theirs = context.Pipe()
        worker = context.Process(target=work, args=(what, start, count, folder, theirs))
        worker.start()
        theirs.close()
        at, kind = start, "start"
        try:
            while ours.poll(PATIENCE):
                name, *rest = ours.recv()
                if name == "end":
                    at = count
                    break
                at, kind = rest[:2]
                if name == "done":
                    found.add(*rest)
            else:
                found.hangs.append([at, kind, "did not come back"])
        except EOFError:
            found.crashes.append([at, kind, "the process died"])
        worker.kill()
        worker.join()
        start = at + 1
    printed = (folder / f"{what}.printed").read_text(encoding="utf-8", errors="replace")
    found.printed = len(printed.splitlines())
    return asdict(found)


def part_bars(what: str, part: dict[str, Any], files: int, most_mb: float) -> list[list[str]]:
    """Return the bars of spoiled tables, or of pictures."""
    noun = "rows" if what == "tables" else "files"
    return [
        machine.verdict(f"spoiled {what} opened", part["files"], files, at_most=False),
        machine.verdict(f"{what}: tracebacks and deaths", len(part["crashes"]), 0),
        machine.verdict(f"{what}: over {MOST_SECONDS:g} seconds", len(part["hangs"]), 0),
        machine.verdict(f"{what}: {noun} neither read nor named", len(part["unnamed"]), 0),
        machine.verdict(
            f"{what}: seconds of the slowest", part["worst"]["seconds"], MOST_SECONDS
        ),
        machine.verdict(f"{what}: MB that one took at most", part["worst"]["mb"], most_mb),
    ]


def page(parts: dict[str, Any]) -> list[str]:
    """Return the lines of RESULT.md."""
    rows: list[list[str]] = []
    lines = []
    for what, files in (("tables", TABLES), ("pictures", PICTURES)):
        if what not in parts:
            continue
        part = parts[what]
        rows += part_bars(what, part, files, part["most_mb"])
        codes = sorted({code for of in part["ends"].values() for code in of})
        grid = [
            [kind, *(f"{of.get(code, 0):,}" for code in codes)]
            for kind, of in sorted(part["ends"].items())
        ]
        printed = f"Libraries printed {part['printed']:,} lines of their own meanwhile."
        lines += [f"How spoiled {what} of each kind ended. {printed}", ""]
        lines += machine.grid([what, *codes], grid)
    if "commands" in parts:
        part = parts["commands"]
        called = sum(sum(ends.values()) for ends in part["ends"].values())
        rows.append(machine.verdict("commands called", called, 2 * CALLS + 2, at_most=False))
        rows.append(machine.verdict("commands with a fault", len(part["faults"]), 0))
        lines += [f"How commands ended; they named {part['named']:,} rows and files.", ""]
        ends = [
            [name, *(str(of.get(code, 0)) for code in "012")]
            for name, of in part["ends"].items()
        ]
        lines += machine.grid(["command", "0", "1", "2"], ends)
    head = machine.circumstances(next(iter(parts.values())))
    return ["# Spoiled tables and pictures", "", *head, *machine.bars(rows), *lines]


def main() -> None:
    parser = machine.arguments(__doc__)
    parser.add_argument("--files", type=int, help="tables, and half as many pictures")
    parser.add_argument("--only", choices=["tables", "pictures", "commands"])
    args = parser.parse_args()
    machine.use_threads(1)
    folder = machine.folder_of(__file__, quick=args.quick or args.files is not None)
    head = machine.header(PACKAGES, 1)
    count = args.files or (FEW if args.quick else TABLES)
    wanted = [args.only] if args.only else ["tables", "pictures", "commands"]
    place = Path(tempfile.mkdtemp(prefix="tenfold-inputs-"))
    from tenfold.machine import memory_bytes  # noqa: PLC0415

    parts = machine.read_parts(folder)
    for what in wanted:
        if what == "commands":
            import commands  # noqa: PLC0415 - loads torch

            found = commands.measure(max(1, count * CALLS // TABLES), place)
        else:
            files = count if what == "tables" else max(count // 2, 1)
            table_mb = memory_bytes() / 2 / 2**20
            most = table_mb if what == "tables" else PICTURE_MB
            found = measure(what, files, place) | {"most_mb": most}
        parts = machine.write_part(folder, what, head | found)
    machine.write_page(folder, page(parts))
    shutil.rmtree(place)


if __name__ == "__main__":
    main()
