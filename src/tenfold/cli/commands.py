"""The command ``tenfold``: reads options, calls what Python users call, prints."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from tenfold import __version__
from tenfold.config import KINDS, MISSING, QUALITIES, TASKS
from tenfold.errors import MissingExtraError, TenfoldError, UsageError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from tenfold.run import Run

app = typer.Typer(
    name="tenfold",
    help="Turn a table into a trained neural network whose score you can believe.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
