"""The folder of a run from the moment when training begins."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import final

from tenfold.errors import StoreError
from tenfold.store.config import CONFIG, Config
from tenfold.store.files import write_json, writing
from tenfold.store.folder import METRICS
from tenfold.training.checkpoints import clear, is_unfinished


@final
class BegunFolder:
    """A folder that is made, or taken up, when training begins.

    Until then the data may be refused, and a run that never began leaves nothing behind.

    Parameters
    ----------
    make : callable
        Makes a new folder, or returns that of the run that goes on.
    describe : callable
        Returns what the run is asked for; the data can be read by then.
    known : Config, optional
        Of the run that goes on or is repeated: the data must be the same.
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
        self.path: Path | None = None

    def open(self) -> Path:
        """Return the folder; the first call makes it, or looks whether the data are the same.

        Raises
        ------
        StoreError
            M06, if it cannot be made; M12, if a run goes on and its data changed.
        """
        if self.path is not None:
            return self.path
        config = self._describe()
        if self._known is not None:
            self._known.require_data(config)
        folder = self._make()
        self._fresh = not (folder / CONFIG).is_file()
        self.path = folder
        if self._fresh:
            try:
                with writing("run", folder):
                    write_json(folder / CONFIG, config.to_dict())
            except StoreError:
                self.abandon()
                raise
        return folder

    def abandon(self) -> bool:
        """Take away a folder from which no run can go on; return whether one can."""
        if self.path is None:
            return False
        if is_unfinished(self.path) or not self._fresh:
            return True
        shutil.rmtree(self.path, ignore_errors=True)  # nobody else wrote there
        return False

    def finish(self) -> None:
        """Take away the checkpoints: the run is written."""
        if self.path is not None:
            clear(self.path)


def unfinished_run(folder: Path) -> tuple[Path, Config]:
    """Return the folder of a run that was cut off, and what it was asked for.

    Raises
    ------
    StoreError
        M13, if there is no such run, or it is finished; M04, if its ``config.json`` is damaged.
    """
    if not (folder / CONFIG).is_file():
        raise StoreError(
            "M13", f"there is no run at {folder}", fix=["name its folder: --resume runs/NAME-1"]
        )
    if (folder / METRICS).is_file() and not is_unfinished(folder):
        raise StoreError(
            "M13",
            f"the run at {folder} is finished",
            fix=[f"look at it: tenfold report {folder}", "train anew: tenfold train DATA"],
        )
    return folder, Config.read(folder / CONFIG)
