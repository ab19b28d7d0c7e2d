"""Modules and functions stay small enough to be read in one sitting."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

SOURCE: Final = Path(__file__).parents[2] / "src" / "tenfold"
MODULES: Final = sorted(SOURCE.rglob("*.py"))
MODULE_LINES: Final = 400
FUNCTION_LINES: Final = 40

SILENT: Final = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


def code_lines(text: str) -> set[int]:
    """Return the numbers of the lines that hold code: no comments, no blank lines."""
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            found.update(range(token.start[0], token.end[0] + 1))
    return found


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Yield each function's name and its lines of code, signature and docstring not counted.

    A signature is a list of options, read like a table.
    """
    lines = code_lines(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            spans = [range(s.lineno, (s.end_lineno or s.lineno) + 1) for s in body]
            yield node.name, len(lines & {line for span in spans for line in span})


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_modules_hold_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_functions_hold_at_most_40_lines_of_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    long = {name: count for name, count in functions(text) if count > FUNCTION_LINES}
    assert long == {}


def test_what_is_counted() -> None:
    """The control: docstring, comment, blank line and signature do not count; the rest does."""
    signature = "def f(\n    a,\n    b,\n):\n"
    docstring = '    """Say.\n\n    More.\n    """\n    # why\n\n'
    text = f"{signature}{docstring}    c = (\n        a\n    )\n    return c\n"
    assert list(functions(text)) == [("f", 4)]
