"""The options of the commands, each once: its type, its name, its help text."""

from pathlib import Path
from typing import Annotated

import typer

from tenfold.config import KINDS, QUALITIES, TASKS

Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="CSV, TSV, .gz, .parquet or .xlsx file, or - for standard input; or a folder "
        "with one folder of images per class, or a CSV of files and classes.",
    ),
]
MaybeData = Annotated[
    Path | None,
    typer.Argument(
        metavar="DATA",
        show_default=False,
        help="CSV, TSV, .gz, .parquet or .xlsx file, or - for standard input; or a folder "
        "with one folder of images per class, or a CSV of files and classes. Not needed "
        "with --resume and --config.",
    ),
]
Resume = Annotated[
    Path | None,
    typer.Option(
        metavar="RUN",
        help="Resume an interrupted run. The result is the same as without the interruption.",
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Repeat the run of this config.json, on DATA if given.",
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
        help="auto, tutorial, or FILE.py:FUNCTION; for images also pretrained or scratch.",
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="Weights of a pretrained network for images, or timm:NAME. [default: those that "
        "come with the package]",
    ),
]
QualityName = Annotated[
    str,
    typer.Option(
        metavar="LEVEL", help=f"How much training time to spend: {', '.join(QUALITIES)}."
    ),
]
Folds = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Number of folds; 1 trains one network and holds out a tenth. [default: 10, "
        "fewer for large data]",
    ),
]
Coverage = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="Coverage of prediction intervals for numbers, or of prediction sets for "
        "classes. [default: 0.9, and no sets]",
    ),
]
TestFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Test set: labelled rows or images that are only used for the final score.",
    ),
]
TestSize = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Fraction of rows to hold out as a test set."),
]
GroupColumn = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN", help="Keep rows with the same value of this column in one fold."
    ),
]
TimeColumn = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN", help="Train on the past and test on the future, by this column."
    ),
]
WeightColumn = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Column with the weight of each row.")
]
KindOf = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=KIND", help=f"Type of a column: {', '.join(KINDS)}; may be repeated."
    ),
]
Shuffle = Annotated[
    bool | None,
    typer.Option(
        "--shuffle/--no-shuffle",
        help="Assign rows to folds at random, or in blocks. [default: shuffle, except with "
        "--network tutorial]",
    ),
]
KeepCopies = Annotated[
    bool, typer.Option("--keep-copies", help="Allow duplicate rows in different folds.")
]
Refit = Annotated[
    bool,
    typer.Option(
        "--refit/--no-refit",
        help="With a time column: predict new rows with networks refitted on all rows, or "
        "with the mean of all folds.",
    ),
]
AuditName = Annotated[
    str,
    typer.Option(
        "--audit",
        metavar="MODE",
        help="What to do about data that would inflate the score: stop, warn (and train), or "
        "off.",
    ),
]
Standardize = Annotated[
    bool,
    typer.Option("--standardize", help="Standardise the columns for the tutorial's network."),
]
Epochs = Annotated[
    int | None,
    typer.Option(metavar="N", help="Maximum number of passes over the training data."),
]
BatchSize = Annotated[
    int | None, typer.Option(metavar="N", help="Rows per fold in one training step.")
]
StepsPerEpoch = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Batches per epoch. [default: enough to show every image once]",
    ),
]
ImgSize = Annotated[
    int | None,
    typer.Option(
        metavar="PIXELS", help="Images are resized to a square of this many pixels per side."
    ),
]
FileColumn = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column of the CSV that holds the image files."),
]
MaxPixels = Annotated[
    int,
    typer.Option(
        metavar="N", help="Skip images with more pixels than this, without decoding them."
    ),
]
White = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Value of white in 16-bit, 32-bit or floating-point images, such as 4095 for "
        "12-bit data. [default: detected from the training images]",
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(
        metavar="GB",
        help="Memory for images; beyond it they are stored in a temporary file. [default: a "
        "quarter of the machine's memory]",
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(metavar="N", help="Threads that decode images. [default: one per core]"),
]
StepSize = Annotated[float | None, typer.Option(metavar="STEP", help="Maximum learning rate.")]
Seed = Annotated[
    int, typer.Option(metavar="N", help="Random seed; the same seed gives the same run.")
]
Device = Annotated[
    str,
    typer.Option(metavar="DEVICE", help="Device to train on: auto, cpu, cuda, cuda:1 or mps."),
]
TimeLimit = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS", help="Maximum training time; the best state so far is kept."
    ),
]

With = Annotated[
    list[str] | None,
    typer.Option(
        "--with",
        metavar="FILE.py:FUNCTION",
        help="A custom model to compare: a function that returns an unfitted scikit-learn "
        "estimator; may be repeated.",
    ),
]
MetricName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Metric to compare by: r2, rmse, mse or mae; accuracy, balanced_accuracy, "
        "log_loss or roc_auc. [default: r2; accuracy, or roc_auc for imbalanced "
        "classes]",
    ),
]
Margin = Annotated[
    float | None,
    typer.Option(
        metavar="DIFFERENCE",
        help="Smallest difference that matters. [default: a tenth of the classical model's "
        "remaining error, at most 0.02, or 2 % of the baseline's error]",
    ),
]
Axes = Annotated[
    bool,
    typer.Option(
        "--axes/--no-axes",
        help="Also measure data efficiency, hardware needs, feature engineering and time.",
    ),
]
ContenderLimit = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="SECONDS",
        help="Maximum training time of a model, over all folds. [default: 120, or 50 for "
        "images]",
    ),
]

# Options that several commands share.
TrainedOn = Annotated[
    Path | None,
    typer.Option("--data", metavar="FILE", help="The training data, if they have moved."),
]
RunPath = Annotated[
    Path, typer.Argument(metavar="RUN", help="Folder of a run, or its model file.")
]
Network = Annotated[
    str | None,
    typer.Option(
        metavar="FILE.py:FUNCTION", help="The function that builds the custom network."
    ),
]
Separator = Annotated[
    str | None,
    typer.Option(metavar="CHAR", help="Column separator, or 'whitespace'. [default: detected]"),
]
Header = Annotated[
    bool | None,
    typer.Option(
        "--header/--no-header",
        help="Whether the first row names the columns. [default: detected]",
    ),
]
Encoding = Annotated[
    str | None, typer.Option(metavar="CODEC", help="Text encoding. [default: detected]")
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
        metavar="CELL",
        help="A value that means missing; may be repeated. [default: NA, ?, ...]",
    ),
]
SkipRows = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Number of lines to skip above the header, or above the first row. "
        "[default: detected]",
    ),
]
SkipFooter = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Number of lines to skip below the last row. [default: detected]"
    ),
]
Comment = Annotated[
    str | None,
    typer.Option(
        metavar="MARK", help="Marker that begins a comment, or '' for none. [default: detected]"
    ),
]
UnitsRow = Annotated[
    bool | None,
    typer.Option(
        "--units-row/--no-units-row",
        help="Whether the row below the header holds units. [default: detected]",
    ),
]
KeepEmpty = Annotated[
    bool,
    typer.Option(
        "--keep-empty",
        help="Keep columns that have neither a name nor values, and cells beside the table.",
    ),
]
SheetName = Annotated[
    str | None,
    typer.Option(
        "--sheet",
        metavar="NAME",
        help="Name or number of the sheet in an Excel file. [default: the first with a table]",
    ),
]
MaxBad = Annotated[
    float,
    typer.Option(
        metavar="SHARE",
        help="Maximum fraction of damaged rows or images to leave out; those without a "
        "target do not count.",
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Refuse to predict if a column, a cell or an image does not match the training "
        "data.",
    ),
]
Warn = Annotated[
    bool,
    typer.Option(
        "--warn",
        help="Predict every row, treating columns that are missing or cannot be read as empty.",
    ),
]
Departures = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write every cell that does not match the training data to this CSV file.",
    ),
]
Track = Annotated[
    str | None,
    typer.Option(
        metavar="mlflow|tensorboard", help="Also log the run there.", show_default=False
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document, and everything else to standard error."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only results and errors.")]
Out = Annotated[
    Path,
    typer.Option(metavar="FOLDER", help="Folder in which to create the folder of the run."),
]
