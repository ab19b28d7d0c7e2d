"""The options of the commands: those of a run as ``config.py`` has them, the others here."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

import typer

from tenfold.audit_options import AuditOptions
from tenfold.config import GROUPS, SchemaOptions, SplitOptions, TrainOptions
from tenfold.option import flag_of, known_of
from tenfold.read_options import PictureOptions, ReadOptions

Command = TypeVar("Command", bound=Callable[..., Any])


def names_of(*groups: type[Any], but: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the names of the options in some groups that a command may have.

    Examples
    --------
    >>> names_of(PictureOptions, but=frozenset({"workers"}))
    ('max_pixels', 'white', 'memory_bytes', 'file_column', 'group_pattern', 'group_block')
    """
    return tuple(
        one.name
        for group in groups
        for one in fields(group)
        if known_of(one).help and one.name not in but
    )


COLUMNS: Final = names_of(SchemaOptions)
READING: Final = names_of(ReadOptions)
PICTURES: Final = names_of(PictureOptions)
NEW_DATA: Final = (*READING, "white")  # how new rows or pictures are read
OF_A_RUN: Final = (
    *COLUMNS,
    *names_of(SplitOptions, AuditOptions, TrainOptions),
    *(*READING, *PICTURES),
)
AUDITED: Final = (*COLUMNS, "group_column", "time_column", "keep_copies", "seed")
COMPARED: Final = (
    *COLUMNS,
    *names_of(SplitOptions, but=frozenset({"test_size", "refit"})),
    *("audit", "quality", "seed", "device"),
)


def parameter_of(one: "Field[Any]", hint: Any) -> inspect.Parameter:
    """Return an option as the parameter of a command.

    Examples
    --------
    >>> parameter_of(*OPTIONS["kinds"]).name, parameter_of(*OPTIONS["lr"]).default
    ('kind', None)
    """
    known, flag = known_of(one), flag_of(one)
    kind, default = type_of(hint), one.default
    names = [f"--{flag}", *([f"--{known.also}"] if known.also else [])]
    if one.name == "memory_bytes":
        kind = float  # of gigabytes
    if kind is bool and default is not False:
        names = [f"--{flag}/--no-{flag}"]
    if kind == list[str]:
        default = None
    declared = typer.Option(
        *names, metavar=known.metavar, help=known.help, envvar=known.variable
    )
    return inspect.Parameter(
        flag.replace("-", "_"),
        inspect.Parameter.KEYWORD_ONLY,
        default=None if default is MISSING else default,
        annotation=Annotated[kind | None if default is None else kind, declared],
    )


def type_of(hint: Any) -> Any:
    """Return the type that a command reads an option as.

    Examples
    --------
    >>> type_of(int | None), type_of(Literal["a", "b"]), type_of(tuple[str, ...] | None)
    (<class 'int'>, <class 'str'>, list[str])
    """
    parts = [part for part in get_args(hint) if part is not NoneType]
    if NoneType in get_args(hint):
        return type_of(parts[0])
    if get_origin(hint) is Literal:
        return str
    return list[str] if get_origin(hint) in {Mapping, tuple} else hint


def options_of(*groups: type[Any]) -> "dict[str, tuple[Field[Any], Any]]":
    """Return each option of some groups that a command may have with its type, by its name."""
    return {
        one.name: (one, get_type_hints(group)[one.name])
        for group in groups
        for one in fields(group)
        if known_of(one).help
    }


OPTIONS: Final = options_of(*GROUPS.values())


def takes(*options: str, group: type[Any] | None = None) -> Callable[[Command], Command]:
    """Let a command take options, which come to it by their names: of a run, or of a group."""
    known = OPTIONS if group is None else options_of(group)

    def with_options(command: Command) -> Command:
        own = inspect.signature(command)
        first, last = [], []
        for one in own.parameters.values():
            if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
                first.append(one)
            elif one.kind is inspect.Parameter.KEYWORD_ONLY:
                last.append(one)
        made = [parameter_of(*known[name]) for name in options or known]
        signature = own.replace(parameters=[*first, *made, *last])
        command.__signature__ = signature  # type: ignore[attr-defined]
        return command

    return with_options


Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA",
        help="CSV, TSV, .gz, .parquet or .xlsx file, or - for standard input; or a folder "
        "with one folder of images per class, or a CSV of files and labels.",
    ),
]
MaybeData = Annotated[
    Path | None,
    typer.Argument(
        metavar="DATA",
        show_default=False,
        help="CSV, TSV, .gz, .parquet or .xlsx file, or - for standard input; or a folder "
        "with one folder of images per class, or a CSV of files and labels. Not needed "
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
Backend = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Workers that share the work: loky:N processes of this machine, dask://HOST:PORT, "
        "ray or ray://HOST:PORT.",
        show_default=False,
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
