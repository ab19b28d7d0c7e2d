"""What each command does. What the help text does not need is imported by the command."""

import contextlib
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold import __version__
from tenfold.cli import arguments
from tenfold.cli import options as opt
from tenfold.cli.backend import workers
from tenfold.cli.streamed import answer_long, evaluate_long
from tenfold.cli.streams import printing
from tenfold.cli.terminal import (
    ask,
    bar_of,
    console,
    lend_file,
    listed,
    print_json,
    read,
    show_run,
    tell_drift,
    write_rows,
    write_text,
)
from tenfold.config import RunOptions
from tenfold.replacing import require_other

if TYPE_CHECKING:
    from tenfold.request import Request
    from tenfold.run import Run

PIPED_WIDTH = 160  # characters of a line where nobody's screen tells

app = typer.Typer(
    name="tenfold",
    help="Turn a table or images into a trained neural network whose score you can trust.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's signature
    if wanted:
        print(f"tenfold {__version__}")
        raise typer.Exit


@app.callback()
def _tenfold(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    pass


@app.command()
@opt.takes(*opt.OF_A_RUN)
def train(  # noqa: PLR0913 - the options of the command
    context: typer.Context,
    data: opt.MaybeData = None,
    *,
    test: opt.TestFile = None,
    out: opt.Out = Path("runs"),
    resume: opt.Resume = None,
    config: opt.ConfigFile = None,
    track: opt.Track = None,
    backend: opt.Backend = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    **said: Any,
) -> None:
    """Train one network per fold on a table or images, score them and save the run."""
    options = arguments.options(said)
    arguments.refuse_beside(context, options, resume, config)
    with contextlib.nullcontext() if data is None else lend_file(data) as source:
        request = _request(source, test, options, out, resume, config)
        with workers(backend):
            run = _train(request, track, quiet=quiet)
    show_run(run, as_json=as_json)


@app.command()
@opt.takes(*opt.NEW_DATA)
def predict(  # noqa: PLR0913
    run: opt.RunPath,
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="Tables of new rows, or images and folders of images; - reads rows, or a "
            "list of images, from standard input.",
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write CSV there, or Parquet to .parquet. [default: standard output]",
        ),
    ] = None,
    coverage: opt.Coverage = None,
    strict: opt.Strict = False,
    warn: opt.Warn = False,
    departures: opt.Departures = None,
    network: opt.Network = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    **said: Any,
) -> None:
    """Predict new rows or images: values, or classes and their probabilities, as CSV."""
    options, mode = arguments.new_options(said), arguments.schema_mode(strict=strict, warn=warn)
    import pandas as pd  # noqa: PLC0415

    from tenfold.loading import load  # noqa: PLC0415

    loaded = load(run, network=network)
    arguments.refuse_unfit(loaded, options, inputs, departures)
    require_other(out, "out", inputs)
    require_other(departures, "departures", [*inputs, out])
    if not as_json:
        asked = {"coverage": coverage, "mode": mode, "departures": departures}
        if answer_long(loaded, inputs, out, options.read, quiet=quiet, **asked):
            return
    answers: list[pd.DataFrame] = []
    odd: list[pd.DataFrame] = []
    for part in loaded.model.kind.parted(inputs, listed):
        with read(loaded, part, options, quiet=quiet) as data:
            found, rows = ask(loaded, data, mode, coverage, quiet=quiet)
        parts = [rows, *([] if found.drift is None else [found.drift])]
        for one, kept in zip(parts, (answers, odd), strict=False):
            if len(inputs) > 1 and isinstance(part, Path):
                one.insert(0, "file", str(part).encode("utf-8", "replace").decode())
            kept.append(one)
    unlike = pd.concat(odd, ignore_index=True) if odd else None
    if departures is not None and unlike is not None:
        write_text(unlike.to_csv(index=False), departures, "departures")
    write_rows(pd.concat(answers, ignore_index=True), out, unlike, as_json=as_json)


@app.command()
@opt.takes(*opt.NEW_DATA)
def evaluate(
    run: opt.RunPath,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="Labelled rows or images that were not used in training."
        ),
    ],
    *,
    strict: opt.Strict = False,
    warn: opt.Warn = False,
    network: opt.Network = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    **said: Any,
) -> None:
    """Score a run on labelled rows or images that it was not trained on."""
    options, mode = arguments.new_options(said), arguments.schema_mode(strict=strict, warn=warn)
    from tenfold.loading import load  # noqa: PLC0415
    from tenfold.report.summary_text import test_lines  # noqa: PLC0415

    loaded = load(run, network=network)
    arguments.refuse_unfit(loaded, options)
    long = evaluate_long(loaded, data, options.read, mode, quiet=quiet)
    if long is not None:
        scores, rows = long.scores, long.told.rows
    else:
        with read(loaded, data, options, labelled=True, quiet=quiet) as labelled:
            found = loaded.model.kind.look(labelled, loaded.model.schema, mode)
            rows = len(found.data)
            with bar_of(loaded, "predicting", quiet=quiet) as bar:
                max_bad = options.read.max_bad
                scores = loaded.evaluate(found.data, max_bad=max_bad, progress=bar.update)
            tell_drift(found.lines, quiet=quiet)
    if as_json:
        plain = {name: asdict(score) for name, score in scores.items()}
        print_json({"format": 1, "rows": rows, "scores": plain})
        return
    with printing():
        print(f"{rows:,} {loaded.noun} of {data}")
        for line in test_lines(scores):
            print(line)


@app.command()
@opt.takes(*opt.COMPARED, *opt.READING, *opt.PICTURES)
def compare(  # noqa: PLR0913
    data: opt.Data,
    *,
    own: opt.With = None,
    metric: opt.MetricName = None,
    margin: opt.Margin = None,
    axes: opt.Axes = True,
    time_limit: opt.ContenderLimit = None,
    out: opt.Out = Path("runs"),
    backend: opt.Backend = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
    **said: Any,
) -> None:
    """Compare a neural network with classical models, and say whether it is worth it."""
    options = arguments.options(said | {"time_limit": time_limit})
    from rich.console import Console  # noqa: PLC0415

    from tenfold.comparison.compare import Asked, hold  # noqa: PLC0415
    from tenfold.comparison.comparison_text import TerminalRace, show_comparison  # noqa: PLC0415

    asked = Asked(
        contenders=own or (),
        metric=metric,
        margin=margin,
        axes=axes,
        time_limit=time_limit,
        out=out,
    )
    follow = TerminalRace(console(quiet=quiet))
    with lend_file(data) as source, workers(backend), follow.showing():
        found = hold(source, options, asked, follow)
    if as_json:
        print_json(found.to_dict(), saved=found.folder)
        return
    has_width = sys.stdout.isatty() or "COLUMNS" in os.environ
    with printing(found.folder):
        show_comparison(found, Console(width=None if has_width else PIPED_WIDTH))


@app.command()
def demo(
    *, out: opt.Out = Path("runs"), as_json: opt.AsJson = False, quiet: opt.Quiet = False
) -> None:
    """Train on a table and on images that come with the package, and predict some."""
    from importlib.resources import as_file, files  # noqa: PLC0415

    from tenfold.cli.demo import show_digits, show_houses, write_digits  # noqa: PLC0415

    sample = files("tenfold") / "samples" / "california.csv.gz"
    with as_file(sample) as path:
        houses = RunOptions.named({"target": "median_house_value"})
        table = _train(_request(path, None, houses, out), quiet=quiet)
    digits = write_digits(out / "demo-digits")
    if not as_json:
        show_run(table, as_json=False)
        show_houses(table)
        print(f"\nHandwritten digits, as images in {digits}:")
    few = RunOptions.named({"network": "scratch", "img_size": 32, "epochs": 12})
    pictures = _train(_request(digits, None, few, out), quiet=quiet)
    if as_json:
        print_json({"format": 1, "runs": [table.metrics, pictures.metrics]})
        return
    show_run(pictures, as_json=False)
    show_digits(pictures, digits)


def _request(
    data: Path | None,
    test: Path | None,
    options: RunOptions,
    out: Path,
    resume: Path | None = None,
    config: Path | None = None,
) -> "Request":
    """Return the run that is asked for: a new one, one that goes on, or one done once more."""
    from tenfold.request import Request, do_again, go_on  # noqa: PLC0415

    request = Request(data=data, test=test, options=options, out=out)
    if resume is not None:
        return go_on(request, resume)
    return request if config is None else do_again(request, config)


def _train(request: "Request", track: str | None = None, *, quiet: bool) -> "Run":
    from tenfold.launch import start  # noqa: PLC0415
    from tenfold.report.console import TerminalWatch  # noqa: PLC0415

    watch = TerminalWatch(console(quiet=quiet))
    with watch.listening():
        return start(request, [watch] if track is None else [watch, track], verbose=False)
