"""The command that looks at data without training on them."""

from typing import Any

import typer

from tenfold.cli import arguments
from tenfold.cli import options as opt
from tenfold.cli.commands import app
from tenfold.cli.streams import printing
from tenfold.cli.terminal import console, lend_file, print_json

__all__ = ["app"]


@app.command()
@opt.takes(*opt.AUDITED, *opt.READING, *opt.PICTURES)
def audit(
    data: opt.Data,
    *,
    test: opt.TestFile = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    **said: Any,
) -> None:
    """Check data for leaks, duplicates, wrong labels and bad rows or files before training."""
    options = arguments.options(said)
    from tenfold.auditing import look  # noqa: PLC0415
    from tenfold.report.console import TerminalWatch  # noqa: PLC0415
    from tenfold.report.summary_text import audit_lines  # noqa: PLC0415

    watch = TerminalWatch(console(quiet=quiet))
    with lend_file(data) as source:
        found = look(source, test, options, watch)
    if as_json:
        print_json(found.to_dict())
    else:
        with printing():
            for line in audit_lines(found.findings, f"{found.rows:,} {found.noun}"):
                print(line)
    if found.stops:
        raise typer.Exit(1)
