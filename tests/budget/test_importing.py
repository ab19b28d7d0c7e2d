"""Importing the library changes nothing that the rest of a program shares with it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

SOURCE: Final = Path(__file__).parents[2] / "src" / "tenfold"
MODULES: Final = sorted(
    ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCE.rglob("*.py")
    if path.name != "__main__.py"
)

# Other libraries change much when they are imported, so they are imported before; which those
# are, a process before this one has told.
PROGRAM: Final = """
import csv, ctypes, decimal, gc, importlib, json, locale, logging, multiprocessing, os, random
import signal, sys, threading, time, warnings
from contextlib import suppress

def imported(names):
    for name in names:
        with suppress(ImportError):  # of a library's own part for another system
            importlib.import_module(name)

class Told(ctypes.Structure):  # glibc's mallinfo2
    _fields_ = [(name, ctypes.c_size_t) for name in "abcdefghij"]

def mapped():
    '''Return how many blocks the C library keeps apart for 64 MB that were asked for.'''
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        library.malloc.restype, library.mallinfo2.restype = ctypes.c_void_p, Told
        library.malloc.argtypes, library.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]
        before = library.mallinfo2().d
        block = library.malloc(64 * 2**20)
        found = library.mallinfo2().d - before  # libraries keep blocks of their own apart
        library.free(block)
        return found

def state():
    import matplotlib, numpy, pandas, torch
    from PIL import Image, ImageFile
    numbers = [signal.SIGINT, signal.SIGTERM]
    return {
        "environment": dict(os.environ),
        "allocator": mapped(),
        "warnings": list(map(repr, warnings.filters)),
        "shown warnings": repr(warnings.showwarning),
        "matplotlib": dict(dict.items(matplotlib.rcParams)),  # asked itself, it chooses one
        "threads of torch": [torch.get_num_threads(), torch.get_num_interop_threads()],
        "torch": [str(torch.get_default_dtype()), torch.get_float32_matmul_precision(),
                  torch.are_deterministic_algorithms_enabled(), torch.is_grad_enabled()],
        "start method": multiprocessing.get_start_method(allow_none=True),
        "random numbers": [repr(random.getstate()), repr(numpy.random.get_state()),
                           torch.get_rng_state().tolist()],
        "numpy": [numpy.geterr(), numpy.get_printoptions()],
        "pandas": [pandas.get_option(name) for name in (
            "display.max_rows", "display.max_columns", "display.width", "display.precision")],
        "pillow": [Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES],
        "logging": [logging.root.level, list(map(repr, logging.root.handlers)), sorted(
            (name, one.level, list(map(repr, one.handlers)))
            for name, one in logging.root.manager.loggerDict.items()
            if isinstance(one, logging.Logger) and not name.startswith("tenfold"))],
        "signals": [repr(signal.getsignal(number)) for number in numbers],
        "hooks": list(map(repr, (sys.excepthook, threading.excepthook, sys.displayhook,
                                 sys.stdout, sys.stderr))),
        "python": [sys.path, sys.getrecursionlimit(), sys.getswitchinterval(), os.getcwd(),
                   gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), time.tzname,
                   locale.setlocale(locale.LC_ALL), repr(decimal.getcontext()),
                   csv.field_size_limit(), csv.list_dialects()],
        "threads": [one.name for one in threading.enumerate()],
    }

def forked():
    '''Return how many threads torch has in a forked child.'''
    import torch
    there, here = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(here, str(torch.get_num_threads()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return int(os.read(there, 9))

others, ours, then = json.loads(sys.stdin.read())
imported(others)
before = state() if others else None
imported(ours)
exec(then)
after = state() if others else None
changed = [name for name in before if before[name] != after[name]] if others else []
loaded = sorted(n for n in sys.modules if n.partition(".")[0] not in {"tenfold", "__main__"})
count = sum(name in sys.modules for name in ours)
said = {"changed": changed, "loaded": loaded, "ours": count}
if others and hasattr(os, "fork"):
    import torch
    said["in a child"] = forked() - torch.get_num_threads()
print(json.dumps(said))
"""


def imported(others: list[str], then: str = "") -> dict[str, Any]:
    """Import other modules, then all of the library, do something, and tell what changed."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        # A child that is told 1 can be seen then; and tenfold.keras, as it says, names a
        # backend for a Keras that is imported after it where nobody has named one.
        env=os.environ | {"OMP_NUM_THREADS": "2", "KERAS_BACKEND": "jax"},
        input=json.dumps([others, MODULES, then]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["ours"] == len(MODULES)
    return found


@pytest.fixture(scope="module")
def others() -> list[str]:
    """Return the modules of others that are loaded with all of the library's."""
    loaded: list[str] = imported([])["loaded"]
    return loaded


def test_importing_every_module_changes_nothing_global(others: list[str]) -> None:
    found = imported(others)
    assert found["changed"] == []
    assert found.get("in a child", 0) == 0


def test_what_the_command_and_other_libraries_change_is_seen(others: list[str]) -> None:
    """The control."""
    then = """
import logging, random, warnings, matplotlib, numpy, torch, tenfold.machine
tenfold.machine.set_up_threads()
tenfold.machine.keep_freed_memory()
os.environ["GOMP_SPINCOUNT"] = "7"
warnings.simplefilter("error")
matplotlib.use("svg")
torch.set_num_threads(7)
multiprocessing.set_start_method("spawn")
random.random()
numpy.seterr(all="raise")
logging.basicConfig()
csv.field_size_limit(5)
threading.excepthook = print
signal.signal(signal.SIGTERM, signal.SIG_IGN)
"""
    wanted = {"environment", "warnings", "matplotlib", "threads of torch", "start method"}
    wanted |= {"random numbers", "numpy", "logging", "python", "hooks", "signals"}
    if sys.platform.startswith("linux"):
        wanted.add("allocator")
    assert wanted <= set(imported(others, then)["changed"])
