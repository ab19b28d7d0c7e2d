"""What a file of a stranger says is never run: no module calls what could."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "tenfold"
MODULES = sorted(SOURCE.rglob("*.py"))
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
UNPACKS_OBJECTS = {"pickle", "cPickle", "dill", "shelve", "marshal", "yaml", "jsonpickle"}


def dangers(text: str) -> Iterator[str]:
    """Yield what could run a file's content: its name in the text."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            given = {word.arg: ast.unparse(word.value) for word in node.keywords}
            # Of weights alone torch makes tensors, and no other objects.
            of_weights = name == "torch.load" and given.get("weights_only") == "True"
            if name in {*RUNS_TEXT, "torch.load", "joblib.load"} and not of_weights:
                yield name
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in UNPACKS_OBJECTS)
        elif isinstance(node, ast.ImportFrom) and node.module in UNPACKS_OBJECTS:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_no_module_runs_what_it_reads(path: Path) -> None:
    assert list(dangers(path.read_text(encoding="utf-8"))) == []


def test_what_is_looked_for_is_found() -> None:
    """The control."""
    text = "import pickle\nfrom marshal import loads\neval('1')\ntorch.load('a')\n"
    text += "torch.load('a', weights_only=True)\n"
    assert sorted(dangers(text)) == ["eval", "marshal", "pickle", "torch.load"]
