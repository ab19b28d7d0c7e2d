"""The options of the commands, each once: its type, its name, its help text."""

from pathlib import Path
from typing import Annotated

import typer

from tenfold.config import KINDS, QUALITIES, TASKS

Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="CSV, TSV, .gz, .parquet or .xlsx, - for standard input; or a folder of pictures "
        "with a folder for each class, or a CSV of file and class.",
    ),
]
MaybeData = Annotated[
    Path | None,
    typer.Argument(
        metavar="DATA",
        show_default=False,
        help="CSV, TSV, .gz, .parquet or .xlsx, - for standard input; or a folder of pictures "
        "with a folder for each class, or a CSV of file and class. --resume and --config know "
        "where they are.",
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Go on with a run that was cut off, and end as it would have ended.",
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="config.json of a run to do once more; on other data, if DATA are named.",
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target", "--label", metavar="COLUMN", help="Column to predict. [default: the last]"
    ),
]
TaskName = Annotated[
    str | None,
    typer.Option(metavar="TASK", help=f"auto, {' or '.join(TASKS)}. [default: auto]"),
]
TrainNetwork = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="auto, tutorial, or FILE.py:FUNCTION; for pictures also pretrained or scratch.",
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Weights of a pretrained network for pictures, or timm:NAME. "
        "[default: those that come with the package]",
    ),
]
QualityName = Annotated[
    str, typer.Option(metavar="LEVEL", help=f"How much time to spend: {', '.join(QUALITIES)}.")
]
Folds = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Number of folds; 1 holds out a tenth. [default: 10, fewer where they cost much]",
    ),
]
Coverage = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="Share of rows whose truth is to lie between low and high, or, of classes, in a "
        "set that is then shown. [default: 0.9, and no sets]",
    ),
]
TestFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Labelled rows or pictures that no choice touches, scored at the end.",
    ),
]
TestSize = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Share of rows to keep apart for the same."),
]
GroupColumn = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Rows with the same value stay in one fold."),
]
TimeColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Learn from the past, test on the future.")
]
WeightColumn = Annotated[str | None, typer.Option(metavar="COLUMN", help="Weight of each row.")]
KindOf = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=KIND", help=f"What a column is: {', '.join(KINDS)}; may be repeated."
    ),
]
Shuffle = Annotated[
    bool | None,
    typer.Option(
        "--shuffle/--no-shuffle",
        help="Deal rows out at random, or in blocks. "
        "[default: shuffle, except with --network tutorial]",
    ),
]
KeepCopies = Annotated[
    bool, typer.Option("--keep-copies", help="Let copies of a row stand in different folds.")
]
Refit = Annotated[
    bool,
    typer.Option(
        "--refit/--no-refit",
        help="In time, let networks that learn from all rows answer new ones, or the mean of "
        "all folds.",
    ),
]
AuditName = Annotated[
    str,
    typer.Option(
        "--audit",
        metavar="MODE",
        help="Data that make the score a lie: stop, or warn and train, or off.",
    ),
]
Standardize = Annotated[
    bool,
    typer.Option("--standardize", help="Show the tutorial's network standardised columns."),
]
Epochs = Annotated[int | None, typer.Option(metavar="N", help="Passes over the rows, at most.")]
BatchSize = Annotated[int | None, typer.Option(metavar="N", help="Rows of a fold in one step.")]
StepsPerEpoch = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Batches that count as an epoch. [default: as many as show every picture once]",
    ),
]
ImgSize = Annotated[
    int | None,
    typer.Option(metavar="PIXELS", help="Side of the square that each picture becomes."),
]
FileColumn = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column of a CSV that names the files of pictures."),
]
MaxPixels = Annotated[
    int, typer.Option(metavar="N", help="Pictures of more pixels are left out undecoded.")
]
White = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="What means white in pictures of 16 or 32 bits, or of numbers with a fraction: "
        "4095 if they hold 12 bits. "
        "[default: seen from the pictures that are learnt from]",
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(
        metavar="GB",
        help="Memory for pictures; beyond it they are kept in a temporary file. "
        "[default: a quarter of the machine's]",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(metavar="N", help="Threads that decode pictures. [default: one a core]"),
]
StepSize = Annotated[float | None, typer.Option(metavar="STEP", help="Largest step size.")]
Seed = Annotated[int, typer.Option(metavar="N", help="The same seed gives the same run.")]
Device = Annotated[str, typer.Option(metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps.")]
TimeLimit = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Train no longer; keep the best state.")
]

With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="FILE.py:FUNCTION",
        help="A contender of your own: a function that returns an unfitted estimator of "
        "scikit-learn; may be repeated.",
    ),
]
MetricName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="r2, rmse, mse or mae; accuracy, balanced_accuracy, log_loss or roc_auc. "
        "[default: r2; accuracy, or roc_auc where one class is frequent]",
    ),
]
Margin = Annotated[
    float | None,
    typer.Option(
        metavar="DIFFERENCE",
        help="A smaller difference does not matter. [default: a tenth of the error that the "
        "classical model leaves, at most 0.02, or 2 % of the guess's error]",
    ),
]
Axes = Annotated[
    bool,
    typer.Option(
        "--axes/--no-axes", help="Measure data, machine, features, time and approach too."
    ),
]
ContenderLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        help="What a contender may train on all folds. [default: 120; of pictures 50]",
    ),
]

# Options that several commands share.
TrainedOn = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="FILE", help="What the run was trained on, if it lies elsewhere."
    ),
]
RunPath = Annotated[
    Path, typer.Argument(metavar="RUN", help="Folder of a run, or its model file.")
]
Network = Annotated[
    str | None,
    typer.Option(metavar="FILE.py:FUNCTION", help="The function of a network of your own."),
]
Separator = Annotated[
    str | None,
    typer.Option(
        metavar="CHAR", help="Separator of cells, or 'whitespace'. [default: detected]"
    ),
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first row names the columns. [default: detected]",
    ),
]
Encoding = Annotated[
    str | None, typer.Option(metavar="CODEC", help="Encoding of the text. [default: detected]")
]
DecimalSign = Annotated[
    str | None,
    typer.Option(
        "--decimal", metavar="SIGN", help="Decimal sign, '.' or ','. [default: detected]"
    ),
]
Missing = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CELL", help="A cell that means empty; may be repeated. [default: NA, ?, ...]"
    ),
]
SkipRows = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Lines above the names, or above the first row. [default: detected]"
    ),
]
SkipFooter = Annotated[
    int | None,
    typer.Option(metavar="N", help="Lines below the last row. [default: detected]"),
]
Comment = Annotated[
    str | None,
    typer.Option(
        metavar="MARK", help="What comments begin with, '' for none. [default: detected]"
    ),
]
UnitsRow = Annotated[
    bool | None,
    typer.Option(
        "--units-row/--no-units-row",
        help="Whether the row below the names holds units. [default: detected]",
    ),
]
KeepEmpty = Annotated[
    bool,
    typer.Option(
        "--keep-empty",
        help="Keep columns without name and cells, and what stands beside the table.",
    ),
]
SheetName = Annotated[
    str | None,
    typer.Option(
        "--sheet",
        metavar="NAME",
        help="Sheet of an Excel file, or its number. [default: the first with a table]",
    ),
]
MaxBad = Annotated[
    float,
    typer.Option(
        metavar="SHARE",
        help="Share of rows or pictures that may be left out as damaged; those without a "
        "target do not count.",
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Answer nothing if a column, a cell or a picture is not like those of training.",
    ),
]
Warn = Annotated[
    bool,
    typer.Option(
        "--warn",
        help="Answer every row: columns that are missing or cannot be read count as empty.",
    ),
]
Departures = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Write there each cell that is not like those of training, as CSV."
    ),
]
Track = Annotated[
    str | None,
    typer.Option(
        metavar="mlflow|tensorboard", help="Log the run there, too.", show_default=False
    ),
]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON document, everything else on standard error."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]
Out = Annotated[
    Path, typer.Option(metavar="FOLDER", help="Where the folder of the run is made.")
]
