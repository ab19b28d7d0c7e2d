"""What may be imported, when, and from where."""

import ast
import importlib
import re
import resource
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "src" / "tenfold"
MODULES: Final = sorted(SOURCE.rglob("*.py"))
HEAVY: Final = ("torch", "pandas", "numpy", "sklearn", "scipy", "safetensors")
HELP_TIMES: Final = 2.5
# Processes of one comparison, export or prediction talk to each other in pickles, which no file
# that a user keeps ever holds.
TALKING: Final = {
    "cli/backend.py": {"joblib"},
    "comparison/job.py": {"cloudpickle"},
    "comparison/race.py": {"joblib"},
    "comparison/rounds.py": {"joblib"},
    "exporting.py": {"cloudpickle"},
    "kinds/images/shared_features.py": {"joblib"},
    "streaming/files.py": {"joblib"},
    "streaming/scoring.py": {"joblib"},
    "streaming/turns.py": {"joblib"},
    "training/spread.py": {"joblib"},
    "training/workers.py": {"joblib"},
}
STARTS: Final = 5


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of every module that a module imports, wherever it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def loaded_by(code: str, names: tuple[str, ...] = HEAVY) -> set[str]:
    """Return which heavy libraries a program has loaded when it ends."""
    program = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print([n for n in {names!r} if n in sys.modules]))\n{code}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return set(ast.literal_eval(done.stdout.splitlines()[-1]))


HELP: Final = (
    "import sys; sys.argv = ['tenfold', '--help']\nfrom tenfold.cli import main\nmain()"
)


def test_help_loads_no_heavy_library() -> None:
    assert loaded_by(HELP) == set()
    assert "torch" in loaded_by("import tenfold.study.study")  # the control


def test_importing_the_package_loads_no_heavy_library() -> None:
    assert loaded_by("import tenfold; dir(tenfold); tenfold.__version__") == set()


def test_help_takes_little_longer_than_the_libraries_that_print_it() -> None:
    """Seconds of the processor, as others wait, too; the least of a few starts counts."""
    libraries = processor_seconds("-c", "import rich.console, typer")
    assert processor_seconds("-m", "tenfold", "--help") < HELP_TIMES * libraries
    assert processor_seconds("-c", "import torch") > HELP_TIMES * libraries  # the control


def processor_seconds(*words: str) -> float:
    seconds = []
    for _ in range(STARTS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *words], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(seconds)


TRAIN: Final = """
import numpy as np, pandas as pd, tenfold
frame = pd.DataFrame({"x": np.linspace(0, 1, 40), "y": np.linspace(0, 2, 40)})
tenfold.train(frame, folds=3, training=tenfold.TrainOptions(epochs=2), out=None)
"""


def test_training_does_not_load_the_compiler_of_torch() -> None:
    """It takes a second to load, as long as the training of a small table."""
    names = ("torch", "torch._dynamo", "sympy")
    assert loaded_by(TRAIN, names) == {"torch"}
    control = "import torch\ntorch.optim.Adam([torch.nn.Parameter(torch.ones(1))])"
    assert "torch._dynamo" in loaded_by(control, names)


def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)["project"]
    return found


def distributions(requirements: list[str]) -> set[str]:
    """Return the names that a list of requirements starts with, written alike."""
    names = [re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in requirements]
    return {name.lower().replace("_", "-") for name in names}


def test_every_library_that_is_imported_is_declared() -> None:
    """Not one that only comes along with another; the server and Keras have extras."""
    homes = metadata.packages_distributions()
    core = distributions(project()["dependencies"])
    extras = {
        home: distributions(project()["optional-dependencies"][extra])
        for home, extra in (("serve", "serve"), ("keras_models", "keras"))
    }
    for path in MODULES:
        declared = core | extras.get(path.parent.name, set())
        for name in {full.split(".")[0] for full in imported(syntax(path))}:
            if name not in sys.stdlib_module_names and name != "tenfold":
                assert distributions(homes[name]) & declared, f"{path.name}: {name}"


def test_every_declared_library_is_imported() -> None:
    homes = metadata.packages_distributions()
    used = {full.split(".")[0] for path in MODULES for full in imported(syntax(path))}
    found = {home.lower() for name in used for home in homes.get(name, [])}
    assert distributions(project()["dependencies"]) - found == set()


def test_every_extra_that_a_message_names_exists() -> None:
    extras = set(project()["optional-dependencies"])
    named = {
        extra
        for path in MODULES
        for extra in re.findall(r'extra="(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert named
    assert named <= extras


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_module_asserts_imports_relatively_or_unpickles(path: Path) -> None:
    tree = syntax(path)
    assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree))
    names = set(imported(tree))
    assert not any(name.startswith(".") for name in names)
    roots = {name.split(".")[0] for name in names}
    unpickling = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    assert roots & unpickling <= TALKING.get(path.relative_to(SOURCE).as_posix(), set())
    calls = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "read_pickle" not in calls
    for node in ast.walk(tree):  # torch's own files are pickles
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {
            "torch.load",
            "torch.save",
        }:
            safely = {k.arg: ast.unparse(k.value) for k in node.keywords}.get("weights_only")
            assert (ast.unparse(node.func), safely) == ("torch.load", "True")


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "benchmarks").rglob("*.py")),
    ids=lambda path: str(path.relative_to(ROOT / "benchmarks")),
)
def test_a_benchmark_takes_from_tenfold_what_is_there(path: Path) -> None:
    """Benchmarks run seldom, and import late: nothing else tells that a name has moved."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tenfold"):
            module = importlib.import_module(str(node.module))
            assert [a.name for a in node.names if not hasattr(module, a.name)] == []
