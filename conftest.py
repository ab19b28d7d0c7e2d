"""The blocks of README.md and docs/ are tests: Python runs, and so do the commands.

A block marked ``python`` runs as it stands; where it shows ``>>>``, its output is compared.
In a block marked ``console`` each line that starts with ``$``, and lines with ``>`` that
continue it, are given to a shell; the lines below it are its output, in which ``...`` stands
for anything. Every number that is shown is compared, beside and below a ``...`` too; it may
differ by a quarter, since other machines round otherwise. A command that ends in ``# fails``
must fail. A page runs from top to bottom in a folder of its own, which has ``src`` in it like
a clone.
Blocks marked ``sh`` or ``text`` are only shown.

Where several workers run the tests, they share the cores: each computes on its part of them,
and so do the processes that it starts. A worker with threads for all cores waits for the
others more than it computes. What is promised for several threads is tested with several.
"""

import doctest
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

from tenfold.machine import allowed_cores

ROOT: Final = Path(__file__).parent
OPTIONS: Final = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Each worker's part of the cores; torch, which is not loaded yet, asks once.
WORKERS: Final = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
if WORKERS > 1:
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, allowed_cores() // WORKERS)))
# scikit-learn's checks of array libraries are skipped unless SciPy is told before its import.
os.environ["SCIPY_ARRAY_API"] = "1"
# The same examples in every run, however fast the machine is: a suite that fails, fails again.
settings.register_profile(
    "tenfold",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tenfold")
NUMBER: Final = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:e[+-]?\d+)?")
ANYTHING: Final = "..."
# What a page shows: something left out, numbers, and the text between them.
PARTS: Final = re.compile(rf"\.\.\.|{NUMBER.pattern}|(?:(?!\.\.\.|{NUMBER.pattern}).)+")
TOLERANCE: Final = 0.25
# `tenfold` is the one of this Python, wherever its scripts are.
SHELL: Final = f'tenfold() {{ "{sys.executable}" -m tenfold "$@"; }}\n'


def commands(block: str) -> list[tuple[str, str]]:
    """Return each command of a block with the output that is shown below it."""
    found: list[tuple[str, str]] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif found:
            command, output = found[-1]
            if line.startswith(">") and not output:
                found[-1] = (command + line[1:].removeprefix(" "), output)
            else:
                found[-1] = (command, output + line)
    return found


def alike(wanted: str, found: str) -> bool:
    """Tell whether an output is the one that a page shows.

    Text must be the same but for the length of white space, a number must be near the one
    that is shown, and ``...`` may stand for anything between them. So whatever a page shows
    counts, numbers beside a ``...`` and below one too.

    Examples
    --------
    >>> alike("RMSE 57,617, sd 1,222", "RMSE 55,000, sd 1,301")
    True
    >>> alike("RMSE 57,617", "RMSE 20,000"), alike("RMSE 5", "MSE 5")
    (False, False)
    >>> alike("... RMSE 57,617, ...", "fold 1 RMSE 9 RMSE 55,000, sd 7")
    True
    >>> alike("... RMSE 57,617, ...", "fold 1 RMSE 9 RMSE 20,000, sd 7")
    False
    """
    wanted, found = " ".join(wanted.split()), " ".join(found.split())
    numbers = {match.start(): match for match in NUMBER.finditer(found)}
    places = {0}  # in the output, up to which it may be what the page shows so far
    for part in PARTS.findall(wanted):
        if part == ANYTHING:
            places = set(range(min(places), len(found) + 1))
        elif NUMBER.fullmatch(part):
            near = [numbers[place] for place in places if place in numbers]
            places = {match.end() for match in near if is_near(part, match[0])}
        else:
            places = {place + len(part) for place in places if found.startswith(part, place)}
        if not places:
            return False
    return len(found) in places


def is_near(wanted: str, found: str) -> bool:
    """Tell whether a number is near enough to the one that is shown."""
    one, other = (float(number.replace(",", "")) for number in (wanted, found))
    return abs(one - other) <= TOLERANCE * abs(one) + 0.05


def run_console(example: Example) -> None:
    """Run the commands of a block, and compare what they print."""
    for command, wanted in commands(str(example.parsed)):
        done = subprocess.run(
            ["/bin/sh", "-c", SHELL + command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "COLUMNS": "100"},
            check=False,
        )
        failed, fails = done.returncode != 0, "# fails" in command
        if failed != fails or (wanted.strip() and not alike(wanted, done.stdout)):
            raise AssertionError(
                f"$ {command}exit status {done.returncode}, printed\n{done.stdout}"
                f"\nand the page shows\n{wanted}"
            )


def enter(namespace: dict[str, Any]) -> None:
    """Give a page a folder of its own."""
    folder = tempfile.TemporaryDirectory()
    (Path(folder.name) / "src").symlink_to(ROOT / "src", target_is_directory=True)
    namespace["_back"] = (Path.cwd(), folder)
    os.chdir(folder.name)


def leave(namespace: dict[str, Any]) -> None:
    """Go back, and take the folder away."""
    before, folder = namespace["_back"]
    os.chdir(before)
    folder.cleanup()


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=OPTIONS),
        CodeBlockParser(language="console", evaluator=run_console),
    ],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    setup=enter,
    teardown=leave,
).pytest()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Call the pages slow, since each trains networks as a reader would; begin with slow files.

    Where files are shared among workers, a long one at the end would leave the others idle.
    """
    for item in items:
        if item.path.suffix == ".md":
            item.add_marker("slow")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
