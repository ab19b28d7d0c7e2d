"""What a user orders: a run on data, one that goes on, or one that is done once more."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from tenfold.config import GROUPS, RunOptions
from tenfold.data.split import Splitter
from tenfold.errors import UsageError
from tenfold.nn.own import MakeModule
from tenfold.option import DataKind, flag_of, known_of
from tenfold.report.summary import versions
from tenfold.run import Data
from tenfold.store.begun import unfinished_run
from tenfold.store.config import CONFIG, FRAME, Config
from tenfold.training.checkpoints import USUAL, Pace
from tenfold.training.watch import Callback

# Options of pictures that a CSV of them has, and a folder has not.
OF_PICTURE_TABLES: Final = ("file_column", "target", "group_column")
FOLDER: Final = "a folder of pictures: its folders are the classes"


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What a user gives as objects, which no file of options can hold.

    Attributes
    ----------
    watch : Callback
    splitter : splitter of scikit-learn or iterable of (learn, test), optional
    make : MakeModule, optional
    pace : Pace
        How often the state of training is written.
    """

    watch: Callback = field(default_factory=Callback)
    splitter: Splitter | Iterable[Any] | None = None
    make: MakeModule | None = None
    pace: Pace = USUAL


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A run that is asked for.

    Attributes
    ----------
    data, test : str, Path, DataFrame or None
    options : RunOptions
    given : Given
    out : Path or None
        Folder that gets a folder for the run.
    goes_on : tuple of (Path, Config), optional
        The run that goes on.
    repeats : tuple of (Path, Config), optional
        The run that is done once more.
    """

    data: Data | None
    test: Data | None
    options: RunOptions
    out: Path | None
    given: Given = field(default_factory=Given)
    goes_on: tuple[Path, Config] | None = None
    repeats: tuple[Path, Config] | None = None

    def describe(self) -> Config:
        """Return the content of its ``config.json``."""
        objects = {"folds": self.given.splitter, "network": self.given.make}
        by_hand = tuple(name for name, value in objects.items() if value is not None)
        if self.data is None:
            raise ValueError("an order has data")
        return Config.of(self.data, self.test, self.options, by_hand, versions())


def go_on(order: Order, folder: Path) -> Order:
    """Return the order of a run that was cut off.

    Raises
    ------
    StoreError
        M04, M13 or M14, if the run cannot go on.
    UsageError
        U02, if something that no file holds is not given again.
    """
    folder, known = unfinished_run(folder)
    return replace(taken_from(order, known), goes_on=(folder, known))


def do_again(order: Order, path: Path) -> Order:
    """Return the order of a run that is done once more.

    Parameters
    ----------
    order : Order
        Its data, if there are any, take the place of those of the run.
    path : Path
        The ``config.json`` of the run, or its folder.

    Raises
    ------
    StoreError
        M04, if the file cannot be read.
    UsageError
        U02, if something that no file holds is not given again.
    """
    path = path / CONFIG if path.is_dir() else path
    known = Config.read(path)
    repeats = None if order.data is not None else (path.parent, known)
    return replace(taken_from(order, known), repeats=repeats)


def taken_from(order: Order, known: Config) -> Order:
    """Return an order with the options of another run, and its data if there are none."""
    given = {"folds": order.given.splitter, "network": order.given.make}
    for name in known.by_hand:
        if given[name] is None:
            fact = f"{name} of the run was an object of Python, which no file holds"
            raise UsageError("U02", fact, fix=[f"give it again: train(..., {name}=...)"])
    if order.data is None and known.data == FRAME:
        fact = "the data of the run were a DataFrame, which no file holds"
        raise UsageError("U02", fact, fix=["give it again: train(DATA, ...)"])
    same = order.data is None
    return replace(
        order,
        data=known.data if order.data is None else order.data,
        test=known.test if order.test is None and same else order.test,
        options=known.options,
    )


def options_of_pictures(data: str | Path, options: RunOptions) -> RunOptions:
    """Refuse options that say nothing of pictures, and return those that are left.

    Raises
    ------
    UsageError
        U02, naming the first.
    """
    if options.schema.task == "classification":  # what pictures are for anyway
        options = replace(options, schema=replace(options.schema, task=None))
    refuse(options, "table", "pictures")
    if Path(data).is_dir():
        for name in OF_PICTURE_TABLES:
            if getattr(options.pictures, name) is not None:
                raise _says_nothing(name.replace("_", "-"), FOLDER)
    return options


def refuse(options: RunOptions, of: DataKind, data: str) -> None:
    """Refuse options that say something of another kind of data only.

    Parameters
    ----------
    options : RunOptions
    of : {"table", "images"}
        The other kind.
    data : str
        What the data are called.

    Raises
    ------
    UsageError
        U02, naming the first.
    """
    usual = RunOptions()
    for group, kind in GROUPS.items():
        for one in fields(kind):
            value = getattr(getattr(options, group), one.name)
            if known_of(one).of == of and value != getattr(getattr(usual, group), one.name):
                raise _says_nothing(("no-" if value is False else "") + flag_of(one), data)


def _says_nothing(flag: str, data: str) -> UsageError:
    return UsageError("U02", f"--{flag} was given, and it says nothing of {data}")
