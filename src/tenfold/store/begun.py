"""The folder of a run from the moment when training begins."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Self, final

from tenfold.errors import StoreError
from tenfold.store.files import bring_to_disk, write_json, writing
from tenfold.store.folder import METRICS
from tenfold.store.held import Held, require_free
from tenfold.store.run_config import CONFIG, Config
from tenfold.training.checkpoints import clear, is_unfinished


@final
class BegunFolder:
    """A folder that is made, or taken up, when training begins.

    Until then the data may be refused, and a run that never began leaves nothing behind. While
    it is entered (``with``), no other program goes on with the run.

    Parameters
    ----------
    make : callable
        Makes a new folder, or returns that of the run that goes on.
    describe : callable
        Returns what the run is asked for; the data can be read by then.
    known : Config, optional
        Of the run that goes on or is repeated: the data must be the same.

    Attributes
    ----------
    path : Path or None
        The folder, once training has begun.
    config : Config or None
        What the run is asked for.
    """

    def __init__(
        self,
        make: Callable[[], Path],
        describe: Callable[[], Config],
        known: Config | None = None,
    ) -> None:
        self._make = make
        self._describe = describe
        self._known = known
        self._fresh = False
        self._held: Held | None = None
        self.path: Path | None = None
        self.config: Config | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._held is not None:
            self._held.release()
        self._held = None

    def open(self) -> Path:
        """Return the folder; the first call makes it, or looks whether the data are the same.

        A folder that was taken away meanwhile is made anew.

        Raises
        ------
        StoreError
            M06, if it cannot be made at first; M12, if a run goes on and its data changed;
            M14, if another program works on it.
        OSError
            If it was taken away, and cannot be made anew.
        """
        if self.path is None:
            self.path = self._begin()
        elif self.config is not None and not (self.path / CONFIG).is_file():
            self.path.mkdir(parents=True, exist_ok=True)
            write_json(self.path / CONFIG, self.config.to_dict())
        return self.path

    def _begin(self) -> Path:
        self.config = self._describe()
        if self._known is not None:
            self._known.require_data(self.config)
        folder = self._make()
        self._held = Held(folder)
        self._fresh = not (folder / CONFIG).is_file()
        if self._fresh:
            try:
                with writing("run", folder):
                    write_json(folder / CONFIG, self.config.to_dict())
            except StoreError:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return folder

    def abandon(self) -> str:
        """Take away a folder that is of no use; say what can be done with one that is."""
        if self.path is None:
            return ""
        if not is_unfinished(self.path):
            if (self.path / METRICS).is_file():
                return f"the run is complete: tenfold report {self.path} writes its report"
            if self._fresh:
                shutil.rmtree(self.path, ignore_errors=True)  # nobody else wrote there
                return ""
        return f"to resume: tenfold train --resume {self.path}"


def settle(folder: Path) -> None:
    """Take away the checkpoints of a run that is whole, once its files are on the disk."""
    if any(folder.glob("checkpoint.*")) and (folder / METRICS).is_file():
        bring_to_disk(folder)
        clear(folder)


def unfinished_run(folder: Path) -> tuple[Path, Config]:
    """Return the folder of a run that was cut off, and what it was asked for.

    Raises
    ------
    StoreError
        M13, if there is no such run, or it is finished; M14, if another program works on it;
        M04, if its ``config.json`` is damaged.
    """
    if not (folder / CONFIG).is_file():
        raise StoreError(
            "M13", f"there is no run at {folder}", fix=["name its folder: --resume runs/NAME-1"]
        )
    require_free(folder)
    if (folder / METRICS).is_file() and not is_unfinished(folder):
        raise StoreError(
            "M13",
            f"the run at {folder} is finished",
            fix=[f"see its report: tenfold report {folder}", "train again: tenfold train DATA"],
        )
    return folder, Config.read(folder / CONFIG)
