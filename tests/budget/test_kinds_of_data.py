"""Who knows which kinds of data there are: their folders, and few files beside."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tenfold.kinds.registry import IMAGES, TABLES

SOURCE: Final = Path(__file__).parents[2] / "src" / "tenfold"
# What a kind is made of: readers, networks, checks. They are asked by the kinds alone.
PARTS: Final = ("checks", "data", "kinds", "nn", "training")
OWN: Final = {
    *("Table", "Schema", "TableModel", "TABLES"),
    *("Pictures", "PictureSchema", "PictureModel", "IMAGES"),
}
FOLDERS: Final = ("tenfold.kinds.tables", "tenfold.kinds.images")
NAMES: Final = {TABLES.name, IMAGES.name}
KNOWN: Final = {
    "config.py": "an option says for which kind it is",
    "read_options.py": "an option says for which kind it is",
    "table_estimator.py": "the estimators of tables, by scikit-learn's contract",
    "estimators.py": "as above",
    "image_estimator.py": "the estimators of images, by scikit-learn's contract",
}


def known_kinds(text: str) -> Iterator[str]:
    """Yield what in a module is of one kind of data: its name, a class, what its folder has."""
    tree = ast.parse(text)
    docs = {ast.get_docstring(one, clean=False) for one in ast.walk(tree) if has_doc(one)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            if not (node.module or "").startswith("tenfold."):
                continue
            own = (node.module or "").startswith(FOLDERS)
            yield from (one.name for one in node.names if own or one.name in OWN)
        elif isinstance(node, ast.Constant) and node.value in NAMES and node.value not in docs:
            yield node.value


def has_doc(node: ast.AST) -> bool:
    return isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))


def test_few_files_beside_the_folders_of_the_kinds_know_a_kind_of_data() -> None:
    found = {}
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        known = sorted(set(known_kinds(path.read_text(encoding="utf-8"))))
        if known and name.partition("/")[0] not in PARTS:
            found[name] = known
    assert {name: known for name, known in found.items() if name not in KNOWN} == {}
    assert found.keys() == KNOWN.keys()  # no reason outlives its file


def test_no_page_and_no_script_asks_for_the_kind_of_data() -> None:
    pages = [p for suffix in ("html", "md", "js") for p in SOURCE.rglob(f"*.{suffix}")]
    asking = [p for p in pages if ".kind ==" in p.read_text(encoding="utf-8")]
    # Columns and mistakes have kinds of their own.
    assert len(pages) > 8
    lines = [line for p in asking for line in p.read_text(encoding="utf-8").splitlines()]
    asked = [line for line in lines if "schema.kind" in line or "summary.kind" in line]
    assert asked == []


def test_what_is_looked_for_is_found() -> None:
    """The control."""
    text = "from tenfold.data.tables.table import Table\n"
    text += "from tenfold.kinds.images.squares import x\n"
    text += 'def f(kind):\n    "table"\n    return kind == "images"\n'
    assert sorted(known_kinds(text)) == ["Table", "images", "x"]
