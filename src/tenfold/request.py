"""What a user asks for: a run on data, one that goes on, or one that is done once more."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from tenfold.config import RunOptions
from tenfold.errors import UsageError
from tenfold.learning import UserObjects
from tenfold.report.summary import versions
from tenfold.run import Data
from tenfold.store.begun import unfinished_run
from tenfold.store.run_config import CONFIG, FRAME, Config
from tenfold.training.checkpoints import USUAL, Pace


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A run that is asked for.

    Attributes
    ----------
    data, test : str, Path, DataFrame or None
    options : RunOptions
    objects : UserObjects
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
    objects: UserObjects = field(default_factory=UserObjects)
    pace: Pace = USUAL
    goes_on: tuple[Path, Config] | None = None
    repeats: tuple[Path, Config] | None = None

    def describe(self) -> Config:
        """Return the content of its ``config.json``."""
        named = {"folds": self.objects.splitter, "network": self.objects.network}
        by_hand = tuple(name for name, value in named.items() if value is not None)
        if self.data is None:
            raise ValueError("a request has data")
        return Config.of(self.data, self.test, self.options, by_hand, versions())


def go_on(request: Request, folder: Path) -> Request:
    """Return the request of a run that was cut off.

    Raises
    ------
    StoreError
        M04, M13 or M14, if the run cannot go on.
    UsageError
        U02, if something that no file holds is not given again.
    """
    folder, known = unfinished_run(folder)
    return replace(taken_from(request, known), goes_on=(folder, known))


def do_again(request: Request, path: Path) -> Request:
    """Return the request of a run that is done once more.

    Parameters
    ----------
    request : Request
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
    repeats = None if request.data is not None else (path.parent, known)
    return replace(taken_from(request, known), repeats=repeats)


def taken_from(request: Request, known: Config) -> Request:
    """Return a request with the options of another run, and its data if there are none."""
    named = {"folds": request.objects.splitter, "network": request.objects.network}
    for name in known.by_hand:
        if named[name] is None:
            fact = f"{name} of the run was a Python object, which cannot be saved"
            raise UsageError("U02", fact, fix=[f"pass it again: train(..., {name}=...)"])
    if request.data is None and known.data == FRAME:
        fact = "the data of the run were a DataFrame, which was not saved"
        raise UsageError("U02", fact, fix=["pass it again: train(DATA, ...)"])
    same = request.data is None
    return replace(
        request,
        data=known.data if request.data is None else request.data,
        test=known.test if request.test is None and same else request.test,
        options=known.options,
    )
