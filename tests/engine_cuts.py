"""Runs that are cut off: what the disk held each time that a state was about to be written."""

import shutil
from pathlib import Path
from typing import Final

from tenfold.training.checkpoints import NEWEST, Checkpoints, Pace

EVERY_CHUNK: Final = Pace(seconds=0, share=0)


class Snapshots:
    """A folder for checkpoints that is copied before each of them is written.

    A program that ends between two checkpoints leaves what is in one of the copies.

    Parameters
    ----------
    home : Path
        Gets the folder and its copies.
    """

    def __init__(self, home: Path) -> None:
        self.folder = home / "run"
        self._copies = home / "copies"
        self.folder.mkdir(parents=True)
        self.cuts: list[Path] = []

    def open(self) -> Path:
        """Return the folder, after it was copied."""
        copy = self._copies / str(len(self.cuts))
        shutil.copytree(self.folder, copy)
        if (copy / NEWEST).is_file():
            # As if the program had ended in the middle of writing the next.
            (copy / (NEWEST + ".part")).write_bytes(b"half a st")
            self.cuts.append(copy)
        else:
            shutil.rmtree(copy)
        return self.folder

    @property
    def checkpoints(self) -> Checkpoints:
        """Return checkpoints that are written after every chunk of steps."""
        return Checkpoints(self.open, print, EVERY_CHUNK)

    def all_cuts(self) -> list[Path]:
        """Return a folder for each checkpoint that was written, the last one included."""
        self.open()
        return self.cuts


def kept_in(folder: Path, told: list[str] | None = None) -> Checkpoints:
    """Return checkpoints in a folder, written after every chunk of steps."""
    return Checkpoints(lambda: folder, (told if told is not None else []).append, EVERY_CHUNK)
