"""What each command does. What the help text does not need is imported by the command."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tenfold import __version__
from tenfold.cli import options as opt
from tenfold.cli.terminal import console, lend_file, read_rows, show_run, write_rows

if TYPE_CHECKING:
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
def train(  # noqa: PLR0913 - the options of the command
    data: opt.Data,
    *,
    target: opt.Target = None,
    task: opt.TaskName = None,
    network: opt.TrainNetwork = "auto",
    quality: opt.QualityName = "medium",
    folds: opt.Folds = None,
    test: opt.TestFile = None,
    test_size: opt.TestSize = None,
    group_column: opt.GroupColumn = None,
    time_column: opt.TimeColumn = None,
    weight_column: opt.WeightColumn = None,
    kind: opt.KindOf = None,
    shuffle: opt.Shuffle = None,
    keep_copies: opt.KeepCopies = False,
    standardize: opt.Standardize = False,
    epochs: opt.Epochs = None,
    batch_size: opt.BatchSize = None,
    lr: opt.StepSize = None,
    seed: opt.Seed = 0,
    device: opt.Device = "auto",
    time_limit: opt.TimeLimit = None,
    max_bad: opt.MaxBad = 0.01,
    separator: opt.Separator = None,
    header: opt.Header = None,
    encoding: opt.Encoding = None,
    decimal: opt.DecimalSign = None,
    missing: opt.Missing = None,
    out: opt.Out = Path("runs"),
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
) -> None:
    """Read a table, train the networks of all folds, score them, save a run."""
    options = {
        "target": target,
        "task": None if task == "auto" else task,
        "network": network,
        "quality": quality,
        "folds": folds,
        "test_size": test_size,
        "group_column": group_column,
        "time_column": time_column,
        "weight_column": weight_column,
        "kinds": opt.kinds(kind or []),
        "shuffle": shuffle,
        "keep_copies": keep_copies,
        "standardize": standardize,
        "epochs": epochs,
        "batch_size": batch_size,
        "lr": lr,
        "seed": seed,
        "device": device,
        "time_limit": time_limit,
        "max_bad": max_bad,
        "separator": separator,
        "header": header,
        "encoding": encoding,
        "decimal": decimal,
        "missing": opt.missing_cells(missing),
        "out": out,
    }
    with lend_file(data) as source:
        run = _train(source, options | {"test": test}, quiet=quiet)
    show_run(run, as_json=as_json)


@app.command()
def predict(  # noqa: PLR0913
    run: opt.RunPath,
    inputs: Annotated[
        list[Path],
        typer.Argument(metavar="INPUT...", help="Tables of new rows; - reads standard input."),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the CSV there. [default: standard output]"),
    ] = None,
    network: opt.Network = None,
    max_bad: opt.MaxBad = 0.01,
    separator: opt.Separator = None,
    header: opt.Header = None,
    encoding: opt.Encoding = None,
    decimal: opt.DecimalSign = None,
    missing: opt.Missing = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
) -> None:
    """Predict new rows: a CSV of their lines, values or classes with probabilities."""
    import pandas as pd  # noqa: PLC0415

    from tenfold.report.console import PatientBar  # noqa: PLC0415
    from tenfold.run import load  # noqa: PLC0415

    read = opt.read_options(
        max_bad=max_bad,
        separator=separator,
        header=header,
        encoding=encoding,
        decimal=decimal,
        missing=missing,
    )
    loaded = load(run, network=network)
    answers = []
    for path in inputs:
        table = read_rows(path, read, quiet=quiet)
        with PatientBar(console(quiet=quiet), "predicting") as bar:
            rows = loaded.predict(table, progress=bar.update)
        found = rows.rename_axis("line").reset_index()
        if len(inputs) > 1:
            found.insert(0, "file", str(path))
        answers.append(found)
    write_rows(pd.concat(answers, ignore_index=True), out, as_json=as_json)


@app.command()
def evaluate(  # noqa: PLR0913
    run: opt.RunPath,
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="Labelled rows that training never saw.")
    ],
    *,
    network: opt.Network = None,
    max_bad: opt.MaxBad = 0.01,
    separator: opt.Separator = None,
    header: opt.Header = None,
    encoding: opt.Encoding = None,
    decimal: opt.DecimalSign = None,
    missing: opt.Missing = None,
    as_json: opt.AsJson = False,
    quiet: opt.Quiet = False,
) -> None:
    """Score a run on labelled rows that it never saw."""
    from tenfold.report.console import PatientBar  # noqa: PLC0415
    from tenfold.report.text import test_lines  # noqa: PLC0415
    from tenfold.run import load  # noqa: PLC0415

    read = opt.read_options(
        max_bad=max_bad,
        separator=separator,
        header=header,
        encoding=encoding,
        decimal=decimal,
        missing=missing,
    )
    loaded = load(run, network=network)
    table = read_rows(data, read, target=loaded.model.schema.target, quiet=quiet)
    with PatientBar(console(quiet=quiet), "predicting") as bar:
        scores = loaded.evaluate(table, max_bad=max_bad, progress=bar.update)
    if as_json:
        plain = {name: asdict(score) for name, score in scores.items()}
        print(json.dumps({"format": 1, "rows": len(table), "scores": plain}, indent=1))
        return
    print(f"{len(table):,} rows of {data}")
    for line in test_lines(scores):
        print(line)


@app.command()
def demo(
    *, out: opt.Out = Path("runs"), as_json: opt.AsJson = False, quiet: opt.Quiet = False
) -> None:
    """Train on the housing table that comes with the package, and predict three rows."""
    from importlib.resources import as_file, files  # noqa: PLC0415

    sample = files("tenfold") / "samples" / "california.csv.gz"
    with as_file(sample) as path:
        run = _train(path, {"target": "median_house_value", "out": out}, quiet=quiet)
    show_run(run, as_json=as_json)
    if as_json or run.study is None:
        return
    print("\nThree rows, predicted by networks that never saw them:")
    columns = ["median_house_value", "median_income", "housing_median_age", "ocean_proximity"]
    rows = run.study.table.frame[columns].head(3)
    rows.insert(0, "prediction", run.study.out_of_fold()[:3, 0].round().astype(int))
    print(rows.to_string(index=False))


def _train(source: Path, options: Mapping[str, Any], *, quiet: bool) -> "Run":
    from tenfold.report.console import TerminalWatch  # noqa: PLC0415
    from tenfold.run import train as train_run  # noqa: PLC0415

    watch = TerminalWatch(console(quiet=quiet))
    with watch.listening():
        return train_run(source, **options, watch=watch)
