"""What a user orders: a run on data, one that goes on, or one that is done once more."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from tenfold.config import RunOptions
from tenfold.errors import UsageError
from tenfold.learning import Given
from tenfold.report.summary import versions
from tenfold.run import Data
from tenfold.store.begun import unfinished_run
from tenfold.store.run_config import CONFIG, FRAME, Config
from tenfold.training.checkpoints import USUAL, Pace


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
    pace : Pace
        How often the state of training is written.
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
    pace: Pace = USUAL
    goes_on: tuple[Path, Config] | None = None
    repeats: tuple[Path, Config] | None = None

    def describe(self) -> Config:
        """Return the content of its ``config.json``."""
        objects = {"folds": self.given.splitter, "network": self.given.network}
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
    given = {"folds": order.given.splitter, "network": order.given.network}
    for name in known.by_hand:
        if given[name] is None:
            fact = f"{name} of the run was a Python object, which cannot be saved"
            raise UsageError("U02", fact, fix=[f"pass it again: train(..., {name}=...)"])
    if order.data is None and known.data == FRAME:
        fact = "the data of the run were a DataFrame, which was not saved"
        raise UsageError("U02", fact, fix=["pass it again: train(DATA, ...)"])
    same = order.data is None
    return replace(
        order,
        data=known.data if order.data is None else order.data,
        test=known.test if order.test is None and same else order.test,
        options=known.options,
    )
