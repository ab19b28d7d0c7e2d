"""What counts as the machine: its memory and processors, or what a container is allowed."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pytest

from tenfold.cgroups import cpu_limit, memory_limit
from tenfold.machine import allowed_cores, free_bytes, memory_bytes, usable_cores

V2: Final = "0::/outer/inner\n"
V1: Final = "9:name=systemd:/x\n5:cpu,cpuacct:/docker/ab\n4:memory:/docker/ab\n0::/\n"
GROUPS: Final = "sys/fs/cgroup"
SMALL: Final = 700 * 2**20  # bytes


def tree(root: Path, own: str | None, files: Mapping[str, str]) -> Path:
    """Make up the files of a system."""
    (root / "proc/self").mkdir(parents=True)
    if own is not None:
        (root / "proc/self/cgroup").write_text(own)
    for name, content in files.items():
        path = root / GROUPS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    return root


@pytest.mark.parametrize(
    ("own", "files", "limit"),
    [
        pytest.param(V2, {"outer/inner/memory.max": "3000"}, 3000, id="its own group's"),
        pytest.param(
            V2,
            {"outer/inner/memory.max": "max", "outer/memory.max": "2000", "memory.max": "9000"},
            2000,
            id="that of a group around it",
        ),
        pytest.param(
            V2,
            {"outer/inner/memory.max": "3000", "outer/inner/memory.high": "2500"},
            2500,
            id="what slows it down",
        ),
        pytest.param(
            "0::/\n", {"memory.max": "4000"}, 4000, id="a container sees its own as all"
        ),
        pytest.param("0::/../else\n", {"memory.max": "4000"}, 4000, id="a group out of sight"),
        pytest.param(V2, {"outer/inner/memory.max": "max"}, None, id="no limit"),
        pytest.param(V2, {"unified/outer/memory.max": "70"}, 70, id="both versions at once"),
        pytest.param(
            V1, {"memory/docker/ab/memory.limit_in_bytes": "5000"}, 5000, id="version 1"
        ),
        pytest.param(
            V1,
            {
                "memory/docker/ab/memory.limit_in_bytes": "9223372036854771712",
                "memory/docker/memory.limit_in_bytes": "8000",
            },
            8000,
            id="version 1, a group around it",
        ),
        pytest.param(
            V1, {"memory/memory.limit_in_bytes": "6000"}, 6000, id="version 1, in a container"
        ),
        pytest.param(
            V1,
            {"memory/memory.limit_in_bytes": "9223372036854771712"},
            None,
            id="version 1, no limit",
        ),
        pytest.param(V2, {"outer/inner/memory.max": "much"}, None, id="what is no number"),
        pytest.param("what\n\n::\n1:2\n", {"memory.max": "5"}, None, id="what is no list"),
        pytest.param(None, {"memory.max": "5"}, None, id="another system"),
    ],
)
def test_the_least_limit_of_the_groups_around_a_process_is_its_memory(
    own: str | None, files: dict[str, str], limit: int | None, tmp_path: Path
) -> None:
    root = tree(tmp_path, own, files)
    assert memory_limit(root) == limit
    machine = memory_bytes(tree(tmp_path / "none", None, {}))
    assert memory_bytes(root) == (machine if limit is None else limit)


@pytest.mark.parametrize(
    ("own", "files", "limit"),
    [
        pytest.param(V2, {"outer/inner/cpu.max": "150000 100000"}, 1.5, id="its own group's"),
        pytest.param(
            V2,
            {"outer/inner/cpu.max": "max 100000", "outer/cpu.max": "50000 100000"},
            0.5,
            id="that of a group around it",
        ),
        pytest.param(V2, {"outer/inner/cpu.max": "max 100000"}, None, id="no limit"),
        pytest.param(
            V1,
            {
                "cpu,cpuacct/docker/ab/cpu.cfs_quota_us": "200000",
                "cpu,cpuacct/docker/ab/cpu.cfs_period_us": "100000",
            },
            2.0,
            id="version 1",
        ),
        pytest.param(
            V1,
            {"cpu/cpu.cfs_quota_us": "80000", "cpu/cpu.cfs_period_us": "100000"},
            0.8,
            id="version 1, in a container",
        ),
        pytest.param(
            V1,
            {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"},
            None,
            id="version 1, no limit",
        ),
        pytest.param(V2, {"outer/cpu.max": "5 0"}, None, id="a period of nothing"),
    ],
)
def test_the_least_share_of_time_is_how_many_processors_there_are(
    own: str, files: dict[str, str], limit: float | None, tmp_path: Path
) -> None:
    root = tree(tmp_path, own, files)
    assert cpu_limit(root) == limit
    whole = usable_cores(tree(tmp_path / "none", None, {}))
    wanted = whole if limit is None else min(whole, 1 if limit <= 1 else 2)
    assert usable_cores(root) == wanted


@pytest.fixture
def small_group() -> Iterator[Path]:
    """Return a group of this system whose memory is limited, for processes to be put in."""
    name, limit = f"tenfold-test-{os.getpid()}", str(SMALL)
    made = None
    for place, file in ((GROUPS, "memory.max"), (f"{GROUPS}/memory", "memory.limit_in_bytes")):
        folder = Path("/") / place / name
        with suppress(OSError):
            folder.mkdir()
            if (folder / file).exists():  # it is a group, and no plain folder
                (folder / file).write_text(limit)
                made = folder
                break
            folder.rmdir()
    if made is None:
        pytest.skip("this user may make no control group")
    yield made
    made.rmdir()


def test_a_group_of_this_system_is_heeded(small_group: Path) -> None:
    """Without the group, the same program sees the whole machine."""
    program = (
        "import sys; sys.stdin.read(); from tenfold.machine import *; print(memory_bytes())"
    )
    found = []
    for inside in (True, False):
        child = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if inside:
            (small_group / "cgroup.procs").write_text(str(child.pid))
        found.append(int(child.communicate()[0]))
    assert found[0] == SMALL < found[1]


def test_a_table_that_a_group_has_no_room_for_is_refused_and_not_killed(
    small_group: Path, tmp_path: Path
) -> None:
    """A group ends what takes more than it may. A small table is learnt there."""
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(150, 480))).add_prefix("c")
    ended = {}
    for name, table in (("wide", wide), ("small", wide.iloc[:, :4])):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        words = ["train", f"{tmp_path}/{name}.csv", "--audit", "off", "--epochs", "1"]
        program = "import sys; sys.stdin.read(); from tenfold.cli import main; sys.exit(main())"
        child = subprocess.Popen(
            [sys.executable, "-c", program, *words, "--out", f"{tmp_path}/{name}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        (small_group / "cgroup.procs").write_text(str(child.pid))
        _, said = child.communicate()
        ended[name] = child.returncode, said
    assert ended["small"][0] == 0, ended["small"][1]
    assert ended["wide"][0] == 1, ended["wide"][1]
    assert "N09: training needs at least " in ended["wide"][1]
    assert not (tmp_path / "wide").exists()


@pytest.mark.parametrize(
    ("memory", "files", "room"),
    [
        pytest.param((9, 0), {}, 9, id="what the system leaves"),
        pytest.param((9, 3), {}, 12, id="and room on disk"),
        pytest.param((9, 3), {"memory.max": "5"}, 8, id="what a group leaves"),
        pytest.param((9, 3), {"memory.max": "5", "memory.swap.max": "2"}, 7, id="its room"),
        pytest.param((2, 0), {"memory.max": "5"}, 2, id="others take it"),
        pytest.param(
            (9, 3),
            {"memory/memory.limit_in_bytes": "5", "memory/memory.memsw.limit_in_bytes": "6"},
            6,
            id="version 1",
        ),
    ],
)
def test_free_is_what_the_system_and_the_groups_leave(
    memory: tuple[int, int], files: dict[str, str], room: int, tmp_path: Path
) -> None:
    """Sizes are in units much larger than what this process takes."""
    unit = 2**50
    version = V1 if any("limit" in name for name in files) else V2
    written = {name: str(int(number) * unit) for name, number in files.items()}
    root = tree(tmp_path, version, written)
    names = zip(("MemAvailable", "SwapFree"), memory, strict=True)
    lines = [f"{name}:  {number * unit // 1024} kB\n" for name, number in names]
    (root / "proc/meminfo").write_text("MemTotal: 1 kB\n" + "".join(lines))
    assert room - 0.001 < free_bytes(root) / unit <= room


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such limit")
def test_the_size_that_a_process_may_have_is_its_memory_too() -> None:
    program = (
        "import resource\nfrom tenfold.machine import memory_bytes\n"
        "resource.setrlimit(resource.RLIMIT_AS, (3 * 2**29, 3 * 2**29))\n"
        "print(memory_bytes())"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert int(said.stdout) == 3 * 2**29


@pytest.mark.parametrize(
    "before",
    [
        "from tenfold.machine import set_up_threads\nset_up_threads(root)\n",
        "from tenfold.nn.threads import make_ready\nmake_ready(root)\n",
    ],
    ids=["the command", "a program that imports the library"],
)
@pytest.mark.parametrize(("variables", "threads"), [({}, 1), ({"OMP_NUM_THREADS": "2"}, 2)])
@pytest.mark.skipif(allowed_cores() < 2, reason="there is one processor")
def test_libraries_compute_in_as_many_threads_as_there_is_time_for(
    tmp_path: Path, before: str, variables: dict[str, str], threads: int
) -> None:
    """In a container with a quota they count the processors of the whole machine otherwise."""
    program = (
        "import sys\nfrom pathlib import Path\nroot = Path(sys.argv[1])\n"
        f"{before}import torch\nprint(torch.get_num_threads())"
    )
    root = tree(tmp_path, "0::/", {"cpu.max": "100000 100000"})
    free = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")} | variables
    said = subprocess.run(
        [sys.executable, "-c", program, root], capture_output=True, check=True, env=free
    )
    assert int(said.stdout) == threads
