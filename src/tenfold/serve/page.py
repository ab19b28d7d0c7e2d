"""The page at ``/``: a form made from the schema, or a place to drop pictures."""

import json
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from tenfold.exported import Label
from tenfold.serve.openapi import schema_of
from tenfold.serve.options import ServeOptions


def page_of(label: Label, options: ServeOptions) -> str:
    """Return the page as HTML; names of a user's cannot become markup in it."""
    made = Environment(
        loader=PackageLoader("tenfold.serve"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["typed"] = lambda number: "" if number is None else f"{number:.10g}"
    made.filters["told"] = lambda number: f"{number:,.6g}"
    schema: dict[str, Any] = schema_of(label, options)
    return made.get_template("page.html").render(
        schema=schema,
        # A script's text ends at the first "</", whatever stands around it.
        data=json.dumps(schema).replace("<", "\\u003c"),
        token=bool(options.token),
    )


def static(name: str) -> bytes:
    """Return a style sheet or a script of the page."""
    return resources.files("tenfold.serve").joinpath("static", name).read_bytes()
