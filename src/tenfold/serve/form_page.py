"""The page at ``/``: what all kinds of data show, and in it what each takes."""

import json
from importlib import resources
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

from tenfold.kinds.service import Service
from tenfold.serve.openapi import schema_of

HOME: Final = "tenfold.serve"


def page_of(service: Service) -> str:
    """Return the page as HTML; names of a user's cannot become markup in it."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in (service.package, HOME)]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["typed"] = lambda number: "" if number is None else f"{number:.10g}"
    made.filters["plain_number"] = lambda number: f"{number:,.6g}"
    schema: dict[str, Any] = schema_of(service)
    return made.get_template("page.html").render(
        schema=schema,
        noun=service.noun,
        # A script's text ends at the first "</", whatever stands around it.
        data=json.dumps(schema).replace("<", "\\u003c"),
        token=bool(service.options.token),
    )


def script_of(service: Service) -> bytes:
    """Return the script of the page: what all kinds of data need, then what this one does."""
    return _static(HOME, "page.js") + _static(service.package, "inputs.js")


def style() -> bytes:
    """Return the style sheet of the page."""
    return _static(HOME, "page.css")


def _static(package: str, name: str) -> bytes:
    return resources.files(package).joinpath("static", name).read_bytes()
