"""Compare the golden runs of this working tree with those of another commit, bit for bit.

``python -m tests.golden against COMMIT`` trains the runs in both on this machine, each with
its own sources, data and options, and lists every number that differs in any bit. This is
what a change that is meant to change no answer has to pass.
``python -m tests.golden digest`` prints a line for each run.
``python -m tests.golden keep`` writes the numbers that ``test_golden_runs.py`` compares with.
``--only WORD`` takes the runs whose names hold the word.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import numpy as np

from tests.golden.difference import differences
from tests.golden.kept import in_float32, write_kept
from tests.golden.record import Record, digest, record
from tests.golden.runs import GOLDEN

ROOT: Final = Path(__file__).parents[2]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def recorded(name: str) -> Record:
    with tempfile.TemporaryDirectory() as home:
        return record(name, Path(home))


def save(folder: Path, names: list[str]) -> None:
    """Write the record of each run into a folder, a file for each."""
    for at, name in enumerate(names):
        np.savez(folder / f"{at}.npz", **recorded(name))


def in_tree(tree: Path, names: list[str], folder: Path) -> list[Record]:
    """Return what the sources of a tree record, each in a process of its own."""
    folder.mkdir()
    sources = os.pathsep.join([str(tree / "src"), str(tree)])
    subprocess.run(
        [sys.executable, "-m", "tests.golden", "save", str(folder), *names],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": sources},
        check=True,
    )
    found: list[Record] = []
    for at in range(len(names)):
        with np.load(folder / f"{at}.npz") as arrays:
            found.append(dict(arrays))
    return found


def against(commit: str, names: list[str]) -> int:
    """Compare with a commit; return how many numbers differ."""
    git = ["git", "-C", str(ROOT), "worktree"]
    with tempfile.TemporaryDirectory() as home:
        tree = Path(home) / "tree"
        subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
        try:
            there = in_tree(tree, names, Path(home) / "there")
            here = in_tree(ROOT, names, Path(home) / "here")
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)
    differing = 0
    for name, one, other in zip(names, here, there, strict=True):
        lines = list(differences(one, other))
        differing += len(lines)
        say(f"{name}: {f'{len(lines)} differ' if lines else f'all {len(one)} are the same'}")
        for line in lines:
            say(f"  {line}")
    return differing


def main() -> int:
    words = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    words.add_argument("do", choices=["against", "digest", "keep", "save"])
    words.add_argument("given", nargs="*", help="a commit; or a folder and names of runs")
    words.add_argument("--only", default="", help="a word in the names of the runs")
    asked = words.parse_args()
    names = [name for name in GOLDEN if asked.only in name]
    if asked.do == "against":
        return 1 if against(asked.given[0], names) else 0
    if asked.do == "save":
        save(Path(asked.given[0]), asked.given[1:])
    for name in names if asked.do in {"digest", "keep"} else ():
        with in_float32() if asked.do == "keep" else nullcontext():
            found = recorded(name)
        if asked.do == "keep":
            write_kept(name, found)
        bits = "".join(digest(found[key]) for key in sorted(found)).encode()
        say(f"{digest(np.frombuffer(bits, dtype=np.uint8))}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
