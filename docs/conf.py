"""How Sphinx builds these pages; tables of options and codes are made from the source."""

import re
from pathlib import Path
from typing import Any

import typer
from sphinx.application import Sphinx

from tenfold import __version__
from tenfold.cli.views import app as commands
from tenfold.errors import RULES

project = "Tenfold"
copyright = "the Tenfold developers"  # noqa: A001 - Sphinx's name
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
myst_heading_anchors = 2
exclude_patterns = ["_build", "reference/generated"]
html_theme = "furo"
html_title = "Tenfold"
autodoc_member_order = "bysource"
autodoc_typehints = "none"  # numpydoc's tables name the types
autodoc_class_signature = "mixed"
numpydoc_show_class_members = False
nitpicky = False

GENERATED = Path(__file__).parent / "reference" / "generated"
KINDS = {
    "D": "Data",
    "S": "Schema",
    "F": "Folds",
    "N": "Network",
    "P": "Prediction",
    "I": "Images",
    "C": "Comparisons",
    "A": "Audit",
    "U": "Usage",
    "M": "Model files and runs",
    "X": "Export",
    "K": "Workers",
    "V": "Server",
    "E": "Extras",
}


def errors_page() -> str:
    """Return a table of codes and rules for each kind of error."""
    lines: list[str] = []
    for letter, title in KINDS.items():
        rules = {code: rule for code, rule in RULES.items() if code.startswith(letter)}
        lines += [f"## {title}", "", "| code | rule |", "| --- | --- |"]
        lines += [f"| {code} | {_as_code(rule)} |" for code, rule in rules.items()]
        lines.append("")
    left = sorted(code for code in RULES if code[0] not in KINDS)
    if left:
        raise ValueError(f"give these codes a title in docs/conf.py: {left}")
    return "\n".join(lines)


def _as_code(text: str) -> str:
    """Mark the options in a text as code: Sphinx would make a dash of two hyphens."""
    return re.sub(r"(?<![\w`-])--[a-z][a-z-]*", r"`\g<0>`", text)


def commands_page() -> str:
    """Return the arguments and options of each command with their help texts."""
    lines: list[str] = []
    group = typer.main.get_group(commands)
    for name, command in group.commands.items():
        lines += [f"## tenfold {name}", "", _as_code(command.help or ""), ""]
        lines += ["| argument or option | meaning |", "| --- | --- |"]
        lines += [f"| {_spelt(p)} | {_explained(p)} |" for p in command.params]
        lines.append("")
    return "\n".join(lines)


def _spelt(parameter: Any) -> str:
    metavar = (parameter.metavar or "").replace("|", "\\|")
    if parameter.param_type_name == "argument":
        return f"`{metavar}`"
    names = ", ".join(f"`{o}`" for o in (*parameter.opts, *parameter.secondary_opts))
    return f"{names} `{metavar}`" if metavar else names


def _explained(parameter: Any) -> str:
    text = (parameter.help or "").replace("|", "\\|").replace("[default: ", "Default: ")
    text = text.removesuffix("]")
    default = parameter.default
    if "Default" in text or default is None or default is False or parameter.required:
        return _as_code(text)
    return f"{_as_code(text)} Default: {default}"


def write_pages(_: Sphinx) -> None:
    """Write the pages that are made from the source."""
    GENERATED.mkdir(exist_ok=True)
    (GENERATED / "errors.md").write_text(errors_page(), encoding="utf-8")
    (GENERATED / "commands.md").write_text(commands_page(), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Let Sphinx make the generated pages first."""
    app.connect("builder-inited", write_pages)
