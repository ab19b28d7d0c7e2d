"""The command that looks at data without training on them."""

import typer

from tenfold.cli import given
from tenfold.cli import options as opt
from tenfold.cli.commands import app
from tenfold.cli.streams import printing
from tenfold.cli.terminal import console, lend_file, print_json
from tenfold.config import MAX_PIXELS

__all__ = ["app"]


@app.command()
def audit(  # noqa: PLR0913 - the options of the command
    data: opt.Data,
    *,
    target: opt.Target = None,
    task: opt.TaskName = None,
    test: opt.TestFile = None,
    group_column: opt.GroupColumn = None,
    time_column: opt.TimeColumn = None,
    weight_column: opt.WeightColumn = None,
    kind: opt.KindOf = None,
    keep_copies: opt.KeepCopies = False,
    seed: opt.Seed = 0,
    max_bad: opt.MaxBad = 0.01,
    file_column: opt.FileColumn = None,
    max_pixels: opt.MaxPixels = MAX_PIXELS,
    white: opt.White = None,
    memory: opt.Memory = None,
    workers: opt.Workers = None,
    separator: opt.Separator = None,
    header: opt.Header = None,
    encoding: opt.Encoding = None,
    decimal: opt.DecimalSign = None,
    missing: opt.Missing = None,
    skip_rows: opt.SkipRows = None,
    skip_footer: opt.SkipFooter = None,
    comment: opt.Comment = None,
    units_row: opt.UnitsRow = None,
    keep_empty: opt.KeepEmpty = False,
    sheet: opt.SheetName = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
) -> None:
    """Check data for leaks, duplicates, wrong labels and bad rows or files before training."""
    options = given.options(locals())
    from tenfold.auditing import audit as audit_data  # noqa: PLC0415
    from tenfold.report.console import TerminalWatch  # noqa: PLC0415
    from tenfold.report.text import audit_lines  # noqa: PLC0415

    watch = TerminalWatch(console(quiet=quiet))
    with lend_file(data) as source:
        found = audit_data(source, **options, watch=watch)
    if as_json:
        print_json(found.to_dict())
    else:
        with printing():
            for line in audit_lines(found.findings, f"{found.rows:,} {found.noun}"):
                print(line)
    if found.stops:
        raise typer.Exit(1)
