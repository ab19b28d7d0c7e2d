"""What can be set, each once, and the record of what was decided instead.

An option that is ``None`` is decided from the data; whatever is decided
becomes a ``Decision`` that the user sees and can change.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Literal, get_args

from tenfold.errors import UsageError
from tenfold.values import is_number, is_whole, plain

Task = Literal["regression", "classification"]
Kind = Literal[
    "number", "boolean", "category", "date", "text", "list", "identifier", "constant"
]
Quality = Literal["fast", "medium", "best"]
AuditMode = Literal["stop", "warn", "off"]

TASKS: Final = get_args(Task)
KINDS: Final = get_args(Kind)
QUALITIES: Final = get_args(Quality)
AUDIT_MODES: Final = get_args(AuditMode)

MOST_SIDE: Final = 1_024  # pixels of the square that a picture becomes
MOST_WHITE: Final = 2**32 - 1  # of the deepest pictures that are read
MAX_PIXELS: Final = 100_000_000  # of a picture; more is a scan by mistake, or a trap

# Cells that mean "nothing here"; the words that pandas and the tables of UCI use.
MISSING: Final = ("", "NA", "N/A", "#N/A", "NaN", "nan", "<NA>", "NaT", "null", "NULL", "?")


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
    """

    what: str
    why: str
    change_with: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """How a table is read from a file; ``None`` is detected.

    Parameters
    ----------
    separator : str, optional
        One character, or ``"whitespace"`` for any run of spaces and tabs.
    header : bool, optional
        Whether the first row names the columns.
    encoding : str, optional
        Any codec of Python.
    decimal : {".", ","}, optional
        The decimal sign.
    missing : tuple of str, optional
        Words that are read as empty cells; those of training by default, where there was one.
    skip_rows : int, optional
        Lines above the row of names, or above the first row, that are left out.
    skip_footer : int, optional
        Lines at the end, empty ones not counted, that are left out.
    comment : str, optional
        What comments begin with; ``""`` if there are none.
    units_row : bool, optional
        Whether the row below the names is left out, as it holds units.
    keep_empty : bool
        Whether columns stay that have neither a name nor a cell, and what stands beside the
        table, behind such a column.
    sheet : str, optional
        Sheet of an Excel file: its name, or its number from 1 on.
    max_bad : float
        Share of the rows with a target that may be rejected, 0 to 1.
    """

    separator: str | None = None
    header: bool | None = None
    encoding: str | None = None
    decimal: str | None = None
    missing: tuple[str, ...] | None = MISSING
    skip_rows: int | None = None
    skip_footer: int | None = None
    comment: str | None = None
    units_row: bool | None = None
    keep_empty: bool = False
    sheet: str | None = None
    max_bad: float = 0.01

    def __post_init__(self) -> None:
        if self.separator is not None and self.separator != "whitespace":
            check(
                len(self.separator) == 1,
                "separator",
                self.separator,
                "one character or 'whitespace'",
            )
        check(self.decimal in {None, ".", ","}, "decimal", self.decimal, "'.' or ','")
        for name in ("skip_rows", "skip_footer"):
            count = getattr(self, name)
            wanted = "a whole number of lines, 0 or more"
            check(count is None or is_whole(count, 0), name.replace("_", "-"), count, wanted)
        check_max_bad(self.max_bad)


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaOptions:
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
    """

    target: str | None = None
    task: Task | None = None
    kinds: Mapping[str, Kind | str] = field(default_factory=dict)
    weight_column: str | None = None
    keep_counters: bool = False

    def __post_init__(self) -> None:
        check(self.task in {None, *TASKS}, "task", self.task, " or ".join(map(repr, TASKS)))
        for column, kind in self.kinds.items():
            if kind not in KINDS and "%" not in str(kind):
                known = ", ".join(map(repr, KINDS))
                fact = f"the type of column {column!r} must be {known}, but it is {kind!r}"
                raise UsageError("U01", fact)


@dataclass(frozen=True, kw_only=True, slots=True)
class SplitOptions:
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
        Share of rows kept apart before anything is decided, 0 to 1 exclusive.
    lenient : bool
        Whether few rows or groups get fewer folds, where a run would be refused otherwise.
    """

    folds: int | None = None
    shuffle: bool | None = None
    group_column: str | None = None
    time_column: str | None = None
    keep_copies: bool = False
    refit: bool = True
    test_size: float | None = None
    lenient: bool = False

    def __post_init__(self) -> None:
        folds, share = self.folds, self.test_size
        check(folds is None or is_whole(folds, 1), "folds", folds, "a whole number, 1 or more")
        check(
            share is None or (is_number(share) and 0 < share < 1),
            "test-size",
            share,
            "a fraction above 0 and below 1",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainOptions:
    """How a network is trained; ``None`` is decided from the table.

    Parameters
    ----------
    network : str
        ``"auto"``, ``"tutorial"`` or ``"FILE.py:FUNCTION"``; for pictures also
        ``"pretrained"`` or ``"scratch"``.
    weights : str, optional
        File of weights of a pretrained network, or ``"timm:NAME"``.
    quality : {"fast", "medium", "best"}
        How much time to spend.
    epochs : int, optional
        Passes over the rows.
    steps_per_epoch : int, optional
        Batches that count as an epoch; those that show every picture once by default.
    batch_size : int, optional
        Rows of one fold in one step.
    lr : float, optional
        Largest step size.
    img_size : int, optional
        Side of the square that a picture becomes, in pixels.
    standardize : bool
        Whether the tutorial's network sees standardised columns.
    seed : int
        Names every random stream.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.
    time_limit : float, optional
        Seconds of training after which the best state so far is kept.
    """

    network: str = "auto"
    weights: str | None = None
    quality: Quality = "medium"
    epochs: int | None = None
    steps_per_epoch: int | None = None
    batch_size: int | None = None
    lr: float | None = None
    img_size: int | None = None
    standardize: bool = False
    seed: int = 0
    device: str = "auto"
    time_limit: float | None = None

    def __post_init__(self) -> None:
        check(
            self.quality in QUALITIES, "quality", self.quality, ", ".join(map(repr, QUALITIES))
        )
        for option in ("epochs", "batch_size", "steps_per_epoch"):
            count = getattr(self, option)
            wanted = "a whole number, 1 or more"
            check(count is None or is_whole(count, 1), option.replace("_", "-"), count, wanted)
        side, lr, seconds = self.img_size, self.lr, self.time_limit
        wanted = f"a whole number from 1 to {MOST_SIDE:,}"
        check(side is None or is_whole(side, 1, MOST_SIDE), "img-size", side, wanted)
        check(lr is None or (is_number(lr) and lr > 0), "lr", lr, "a number above 0")
        wanted = "a whole number from 0 to 4294967295"
        check(is_whole(self.seed, 0, 2**32 - 1), "seed", self.seed, wanted)
        wanted = "a number of seconds above 0"
        holds = seconds is None or (is_number(seconds) and seconds > 0)
        check(holds, "time-limit", seconds, wanted)
        check(isinstance(self.device, str), "device", self.device, "the name of a device")
        wanted = "True or False"
        check(isinstance(self.standardize, bool), "standardize", self.standardize, wanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureOptions:
    """How pictures are found and read; ``None`` is decided.

    Parameters
    ----------
    max_bad : float
        Share of the labelled pictures that may be rejected, 0 to 1.
    max_pixels : int
        A file whose header claims more is rejected unread.
    white : int, optional
        What means white in pictures of 16 or 32 bits, and in those of numbers with a
        fraction: 4,095 if they hold 12 bits.
    memory_bytes : int, optional
        Bytes of memory that the reduced pictures may take before they are kept in a
        temporary file; a quarter of the machine's memory by default.
    workers : int, optional
        Threads that decode; one for each usable core by default.
    file_column : str, optional
        Column of a CSV that names the pictures' files.
    target : str, optional
        Column of a CSV that holds their classes.
    group_column : str, optional
        Column of a CSV whose equal values stay in one fold.
    """

    max_bad: float = 0.01
    max_pixels: int = MAX_PIXELS
    white: int | None = None
    memory_bytes: int | None = None
    workers: int | None = None
    file_column: str | None = None
    target: str | None = None
    group_column: str | None = None

    def __post_init__(self) -> None:
        check_max_bad(self.max_bad)
        pixels, memory, workers = self.max_pixels, self.memory_bytes, self.workers
        wanted = "a whole number of pixels, 1 or more"
        check(is_whole(pixels, 1), "max-pixels", pixels, wanted)
        wanted, white = f"a whole number from 1 to {MOST_WHITE}", self.white
        check(white is None or is_whole(white, 1, MOST_WHITE), "white", white, wanted)
        wanted = "a number of bytes, 0 or more"
        holds = memory is None or (is_number(memory) and memory >= 0)
        check(holds, "memory", memory, wanted)
        wanted = "a whole number, 1 or more"
        check(workers is None or is_whole(workers, 1), "workers", workers, wanted)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditOptions:
    """What becomes of data that would make the score a lie.

    Parameters
    ----------
    audit : {"stop", "warn", "off"}
        Refuse them, train and say so, or do not look.
    """

    audit: AuditMode = "stop"

    def __post_init__(self) -> None:
        check(self.audit in AUDIT_MODES, "audit", self.audit, ", ".join(map(repr, AUDIT_MODES)))


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
    def named(cls, values: Mapping[str, Any]) -> "RunOptions":
        """Return options from values by their names; what is no option is ignored."""
        given = {name: plain(value) for name, value in values.items()}
        groups = {
            group: kind(**{f.name: given[f.name] for f in fields(kind) if f.name in given})
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
        return cls.named(values | {"missing": tuple(values["missing"])})


def check(holds: bool, option: str, value: object, wanted: str) -> None:  # noqa: FBT001
    """Raise U01 unless ``holds``, naming the option, its value and what it takes."""
    if not holds:
        raise UsageError("U01", f"--{option} must be {wanted}, but it is {value!r}")


def check_max_bad(share: float) -> None:
    """Raise U01 unless it is a share of rows or pictures."""
    holds = is_number(share) and 0 <= share <= 1
    check(holds, "max-bad", share, "a fraction from 0 to 1")
