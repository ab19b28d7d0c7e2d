"""What can be set, each once, and the record of what was decided instead.

An option that is ``None`` is decided from the data; whatever is decided
becomes a ``Decision`` that the user sees and can change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal, get_args

from tenfold.audit_options import AuditOptions
from tenfold.errors import UsageError
from tenfold.option import Options, Values, check, number, one_of, option, whole
from tenfold.read_options import PictureOptions, ReadOptions
from tenfold.values import plain

Task = Literal["regression", "classification", "multilabel"]
Kind = Literal[
    "number", "boolean", "category", "date", "text", "list", "identifier", "constant"
]
Quality = Literal["fast", "medium", "best"]

TASKS: Final = get_args(Task)
KINDS: Final = get_args(Kind)
QUALITIES: Final = get_args(Quality)
MOST_SIDE: Final = 1_024  # pixels of the square that a picture becomes


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """A choice that was made for the user.

    Parameters
    ----------
    what : str
        The choice, as a short clause: ``"10 folds, stratified by class"``.
    why : str
        What in the data led to it.
    change_with : str
        The option that changes it.

    Examples
    --------
    >>> Decision(what="10 folds", why="there are 600 rows", change_with="--folds").what
    '10 folds'
    """

    what: str
    why: str
    change_with: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaOptions(Options):
    """What the columns mean; ``None`` is detected.

    Parameters
    ----------
    target : str, optional
        Name of the column to predict; the last column by default.
    task : {"regression", "classification"}, optional
    kinds : mapping of str to Kind or str
        Columns whose kind is set by hand. A format of ``strftime``, such as ``%d/%m/%Y``,
        says that a column holds dates, and how they are written.
    weight_column : str, optional
        Column that holds each row's weight.
    keep_counters : bool
        Whether numbers that only count or name the rows are learnt from all the
        same, because whoever chose the columns chose them too.

    Examples
    --------
    >>> SchemaOptions(kinds={"zip": "category", "seen": "%d/%m/%Y"}).kinds["zip"]
    'category'
    """

    target: str | None = option(
        None, "Column to predict. [default: the last]", "COLUMN", also="label"
    )
    task: Task | None = option(
        None,
        "auto, regression, classification or, of images, multilabel. [default: auto]",
        "TASK",
        values=one_of(TASKS, " or "),
    )
    kinds: Mapping[str, Kind | str] = option(
        dict,
        f"Type of a column: {', '.join(KINDS)}; may be repeated.",
        "NAME=KIND",
        flag="kind",
        of="table",
    )
    weight_column: str | None = option(
        None, "Column with the weight of each row.", "COLUMN", of="table"
    )
    keep_counters: bool = option(False)

    def __post_init__(self) -> None:
        Options.__post_init__(self)
        for column, kind in self.kinds.items():
            if kind not in KINDS and "%" not in str(kind):
                known = ", ".join(map(repr, KINDS))
                fact = f"the type of column {column!r} must be {known}, but it is {kind!r}"
                raise UsageError("U01", fact)


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitOptions(Options):
    """Which rows are held out; ``None`` is decided from the table.

    Parameters
    ----------
    folds : int, optional
        Number of folds; a single one holds out a tenth.
    shuffle : bool, optional
        Whether rows are shuffled before they are dealt out to folds.
    group_column : str, optional
        Rows with the same value in this column stay in one fold.
    time_column : str, optional
        Folds learn from earlier rows and test on later ones.
    keep_copies : bool
        Whether rows with equal inputs may stand in different folds.
    refit : bool
        Whether networks that learn from all rows answer new ones where folds learn from unequal
        parts, as in time; if not, the mean of all folds does.
    test_size : float, optional
        Share of rows held out before anything is decided, 0 to 1 exclusive.
    lenient : bool
        Whether few rows or groups get fewer folds, where a run would be refused otherwise.

    Examples
    --------
    >>> SplitOptions(test_size=0.2, keep_copies=True).test_size
    0.2
    """

    folds: int | None = option(
        None,
        "Number of folds; 1 trains one network and holds out a tenth. [default: 10, "
        "fewer for large data]",
        "N",
        values=whole(1),
    )
    test_size: float | None = option(
        None,
        "Fraction of rows to hold out as a test set.",
        "SHARE",
        values=number(lambda share: 0 < share < 1, "a fraction above 0 and below 1"),
    )
    group_column: str | None = option(
        None, "Keep rows with the same value of this column in one fold.", "COLUMN"
    )
    time_column: str | None = option(
        None, "Train on the past and test on the future, by this column.", "COLUMN", of="table"
    )
    shuffle: bool | None = option(
        None,
        "Assign rows to folds at random, or in blocks. [default: shuffle, except with "
        "--network tutorial]",
        of="table",
    )
    keep_copies: bool = option(False, "Allow duplicate rows in different folds.")
    refit: bool = option(
        True,
        "With a time column: predict new rows with networks refitted on all rows, or "
        "with the mean of all folds.",
    )
    lenient: bool = option(False)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainOptions(Options):
    """How a network is trained; ``None`` is decided from the table.

    Parameters
    ----------
    network : str
        ``"auto"``, ``"tutorial"`` or ``"FILE.py:FUNCTION"``; for pictures also
        ``"pretrained"`` or ``"scratch"``.
    weights : str, optional
        Pretrained network for pictures: ``"efficientnet-lite1"`` or ``2``, a file of its
        weights, or ``"timm:NAME"``.
    quality : {"fast", "medium", "best"}
        How much time to spend.
    epochs : int, optional
        Passes over the rows.
    steps_per_epoch : int, optional
        Batches that count as an epoch; those that show every picture once by default.
    batch_size : int, optional
        Rows of one fold in one step.
    lr : float, optional
        Largest learning rate.
    img_size : int, optional
        Side of the square that a picture becomes, in pixels.
    mirror : bool, optional
        Whether networks for pictures see mirror images as well.
    standardize : bool
        Whether the tutorial's network sees standardised columns.
    early_stopping : bool
        Whether each fold of a custom network keeps its best epoch, by its validation rows.
    seed : int
        Names every random stream.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.
    time_limit : float, optional
        Seconds of training after which the best state so far is kept.

    Examples
    --------
    >>> TrainOptions(epochs=50, lr=0.01, time_limit=600).epochs
    50
    """

    network: str = option(
        "auto",
        "auto, tutorial, or FILE.py:FUNCTION; for images also pretrained or scratch.",
        "NAME",
    )
    weights: str | None = option(
        None,
        "Pretrained network for images: efficientnet-lite1, efficientnet-lite2, timm:NAME or a "
        "file of weights. [default: efficientnet-lite0]",
        "NAME",
        of="images",
    )
    quality: Quality = option(
        "medium",
        f"How much training time to spend: {', '.join(QUALITIES)}.",
        "LEVEL",
        values=one_of(QUALITIES),
    )
    epochs: int | None = option(
        None, "Maximum number of passes over the training data.", "N", values=whole(1)
    )
    steps_per_epoch: int | None = option(
        None,
        "Batches per epoch. [default: enough to show every image once]",
        "N",
        of="images",
        values=whole(1),
    )
    batch_size: int | None = option(
        None, "Rows per fold in one training step.", "N", values=whole(1)
    )
    lr: float | None = option(
        None,
        "Maximum learning rate.",
        "STEP",
        values=number(lambda lr: lr > 0, "a number above 0"),
    )
    img_size: int | None = option(
        None,
        "Images are resized to a square of this many pixels per side.",
        "PIXELS",
        of="images",
        values=whole(1, MOST_SIDE, f"a whole number from 1 to {MOST_SIDE:,}"),
    )
    mirror: bool | None = option(None, "Show networks mirror images, too.", of="images")
    standardize: bool = option(
        False,
        "Standardise the columns for the tutorial's network.",
        of="table",
        values=Values(hold=lambda value: isinstance(value, bool), named="True or False"),
    )
    early_stopping: bool = option(
        False,
        "Keep the best epoch of each fold of a custom network, by validation rows of the fold.",
        values=Values(hold=lambda value: isinstance(value, bool), named="True or False"),
    )
    seed: int = option(
        0, "Random seed; the same seed gives the same run.", "N", values=whole(0, 2**32 - 1)
    )
    device: str = option(
        "auto",
        "Device to train on: auto, cpu, cuda, cuda:1 or mps.",
        "DEVICE",
        values=Values(hold=lambda value: isinstance(value, str), named="the name of a device"),
    )
    time_limit: float | None = option(
        None,
        "Maximum training time; the best state so far is kept.",
        "SECONDS",
        values=number(lambda seconds: seconds > 0, "a number of seconds above 0"),
    )


OBJECTS: Final = "an object of options, such as tenfold.TrainOptions()"

GROUPS: Final[Mapping[str, Any]] = {
    "read": ReadOptions,
    "pictures": PictureOptions,
    "schema": SchemaOptions,
    "split": SplitOptions,
    "audit": AuditOptions,
    "train": TrainOptions,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOptions:
    """All options of a run.

    Parameters
    ----------
    read : ReadOptions
    pictures : PictureOptions
    schema : SchemaOptions
    split : SplitOptions
    audit : AuditOptions
    train : TrainOptions
    """

    read: ReadOptions = field(default_factory=ReadOptions)
    pictures: PictureOptions = field(default_factory=PictureOptions)
    schema: SchemaOptions = field(default_factory=SchemaOptions)
    split: SplitOptions = field(default_factory=SplitOptions)
    audit: AuditOptions = field(default_factory=AuditOptions)
    train: TrainOptions = field(default_factory=TrainOptions)

    @classmethod
    def of(cls, objects: Iterable[Options | None], flat: Mapping[str, Any]) -> "RunOptions":
        """Return options that are given as objects, and some by their names.

        Raises
        ------
        UsageError
            U01, if an object is none of those that hold options; U02, if an option is given by
            its name and in an object.

        Examples
        --------
        >>> found = RunOptions.of([TrainOptions(epochs=5)], {"quality": "fast"})
        >>> found.train.epochs, found.train.quality
        (5, 'fast')
        """
        changed: dict[str, Any] = {}
        for one in objects:
            if one is not None:
                check(isinstance(one, tuple(GROUPS.values())), "reading", one, OBJECTS)
                changed |= _changed(one)
        usual = flat_of(cls())
        for name, value in flat.items():
            if usual[name] is not value and usual[name] != value:
                if name in changed:
                    flag = name.replace("_", "-")
                    fact = f"--{flag} was given by its name, and in an object of options"
                    raise UsageError("U02", fact, fix=["leave out one of the two"])
                changed[name] = value
        return cls.named(changed)

    @classmethod
    def named(cls, values: Mapping[str, Any]) -> "RunOptions":
        """Return options from values by their names; what is no option is ignored."""
        options = {name: plain(value) for name, value in values.items()}
        if options.get("kinds", ...) is None:
            del options["kinds"]
        if options.get("missing") is not None:
            options["missing"] = tuple(options["missing"])
        groups = {
            group: kind(**{f.name: options[f.name] for f in fields(kind) if f.name in options})
            for group, kind in GROUPS.items()
        }
        return cls(**groups)

    def to_dict(self) -> dict[str, Any]:
        """Return all options as a JSON object, a group a key."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Mapping[str, Any]]) -> "RunOptions":
        """Return what ``to_dict`` turned into a JSON object; unknown keys are left out."""
        values = {name: value for group in found.values() for name, value in group.items()}
        return cls.named(values)


def flat_of(options: RunOptions) -> dict[str, Any]:
    """Return every option by its name."""
    groups = options.to_dict().values()
    return {name: value for group in groups for name, value in group.items()}


def _changed(options: Any) -> dict[str, Any]:
    """Return the options of an object that are not as usual, by their names."""
    usual = type(options)()
    values = {one.name: getattr(options, one.name) for one in fields(options)}
    return {name: value for name, value in values.items() if value != getattr(usual, name)}
