"""The commands as users call them, with spoiled tables and pictures."""

import hashlib
import os
import random
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pictures
import tables
from PIL import Image

import tenfold
from tenfold.data.files.read import read_table
from tenfold.errors import TenfoldError

SECONDS: Final = 120
SOON: Final = ("--epochs", "1", "--folds", "2", "--quality", "fast")
BAD: Final = ("--max-bad", "0.9")
CODED: Final = re.compile(r"^(tenfold: )?[A-Z]\d\d: ", re.MULTILINE)
GOOD, NEW = 24, 4  # good pictures of a class, and to predict


@dataclass
class Commands:
    """How commands ended, and what was wrong with one."""

    ends: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[list[str]] = field(default_factory=list)
    named: int = 0
    slowest: float = 0.0


def measure(count: int, folder: Path) -> dict[str, Any]:
    """Train and predict with so many spoiled tables each, and with folders of pictures."""
    found = Commands()
    good = tables.good_tables()
    (folder / "good.csv").write_bytes(good["plain.csv"])
    tenfold.train(
        folder / "good.csv",
        folds=2,
        training=tenfold.TrainOptions(epochs=1),
        quality="fast",
        out=folder / "model",
    )
    model = next((folder / "model").rglob("model.tenfold"))
    for at in range(count):
        for command in ("train", "predict"):
            of = tables.spoiled(good, random.Random(f"{command} {at}"))
            place = folder / f"{command}-{at}"
            place.mkdir()
            path = tables.write(of, place)
            more = () if at % 2 else BAD
            if command == "train":
                words = ["train", path, *SOON, *more, "--out", place / "runs"]
            else:
                words = ["predict", model, path, *more, "--out", place / "out.csv"]
            said = called(words, place, found, f"{command} table")
            check_rows(path, place, said, found)
    with_pictures(folder / "pictures", found)
    return asdict(found) | {"ends": {name: dict(ends) for name, ends in found.ends.items()}}


def called(
    words: list[Any], place: Path, found: Commands, name: str
) -> subprocess.CompletedProcess[str] | None:
    """Run a command, and keep how it ended; None if it did not."""
    before, begun = prints_of(place), time.perf_counter()
    command = [sys.executable, "-m", "tenfold", *map(str, words)]
    which = [name, place.name, *(str(word) for word in words[:1])]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        found.faults.append([*which, "hang"])
        return None
    found.slowest = max(found.slowest, time.perf_counter() - begun)
    found.ends.setdefault(name, Counter())[str(done.returncode)] += 1
    if done.returncode not in {0, 1, 2} or "Traceback" in done.stderr + done.stdout:
        found.faults.append([*which, f"status {done.returncode}", done.stderr[-500:]])
    elif done.returncode and not CODED.search(done.stderr):
        found.faults.append([*which, "no code", done.stderr[-500:]])
    after = prints_of(place)
    if any(after.get(file) != print_ for file, print_ in before.items()):
        found.faults.append([*which, "a file of the user was changed"])
    return done


def prints_of(folder: Path) -> dict[str, str]:
    """Return what every file of a folder holds, in short, and when it was written."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        content = b""
        if path.is_file() and not path.is_symlink() and os.access(path, os.R_OK):
            content = path.read_bytes()
        found[str(path)] = f"{about.st_mode} {about.st_mtime_ns} " + (
            hashlib.sha256(content).hexdigest() if not path.is_dir() else ""
        )
        if path.is_dir():  # what a command makes in it changes its time
            found[str(path)] = str(about.st_mode)
    return found


def check_rows(
    path: Path, place: Path, done: subprocess.CompletedProcess[str] | None, found: Commands
) -> None:
    """Look whether a command that answered named every row that it left out."""
    if done is None or done.returncode:
        return
    try:
        rejected = {row.line for row in read_table(path).rejected}
    except TenfoldError as error:
        found.faults.append(["table", place.name, f"answered in spite of {error.code}"])
        return
    kept = list(place.rglob("rejected.csv"))
    if kept:
        named = set(pd.read_csv(kept[0])["line"])
    else:
        named = {int(line) for line in re.findall(r"\bline (\d+)", done.stderr)}
    found.named += len(rejected & named)
    if not rejected <= named:
        found.faults.append(
            ["table", place.name, f"rows not named: {sorted(rejected - named)}"]
        )


def make_pictures(folder: Path, part: str, count: int) -> list[str]:
    """Make good pictures of two classes and one of each spoiled kind; return those to name."""
    good, draw, bad = pictures.good_pictures(), np.random.default_rng(count), []
    for label in ("red", "blue"):
        place = folder / part / label
        place.mkdir(parents=True)
        for at in range(count):
            noise = draw.integers(0, 90, (24, 24, 3), dtype=np.uint8)
            noise[..., 0 if label == "red" else 2] += 120
            Image.fromarray(noise).save(place / f"good {at}.png")
    for kind, (end, _, _) in pictures.KINDS.items():
        path = pictures.make(good, place, kind, random.Random(f"{part} {kind}"))
        if end == "named" and not path.is_dir():  # a folder may have any name
            bad.append(path.name)
    return bad


def with_pictures(folder: Path, found: Commands) -> None:
    """Train and predict with every kind of spoiled pictures among good ones."""
    bad = {
        part: make_pictures(folder, part, count)
        for part, count in (("train", GOOD), ("predict", NEW))
    }
    runs = folder / "runs"
    words = ["train", folder / "train", *SOON, *BAD, "--img-size", "32", "--audit", "warn"]
    done = called([*words, "--out", runs], folder / "train", found, "train pictures")
    if done is None or done.returncode:
        error = "" if done is None else done.stderr[-500:]
        found.faults.append(["pictures", "train", "no model", error])
        return
    kept = pd.read_csv(next(runs.rglob("rejected.csv")))
    if kept["reason"].isna().any():
        found.faults.append(["pictures", "train", "a reason is missing"])
    check_files(bad["train"], kept["file"], "train", found)
    model = next(runs.rglob("model.tenfold"))
    words = ["predict", model, folder / "predict", *BAD, "--out", folder / "out.csv"]
    done = called(words, folder / "predict", found, "predict pictures")
    if done is not None:
        check_files(bad["predict"], done.stderr.splitlines(), "predict", found)


def check_files(bad: list[str], lines: Iterable[str], part: str, found: Commands) -> None:
    """Look whether every bad file is named."""
    text = "\n".join(lines)
    lost = [name for name in bad if name not in text]
    found.named += len(bad) - len(lost)
    if lost:
        found.faults.append(["pictures", part, f"files not named: {', '.join(lost)}"])
