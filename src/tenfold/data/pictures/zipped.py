"""A zip of pictures as the folder that it holds."""

import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final, final

from tenfold.data.pictures.folders import suffix
from tenfold.data.pictures.found import PICTURE_SUFFIXES
from tenfold.errors import PictureError

ZIP: Final = ".zip"
LISTS: Final = frozenset((".csv", ".tsv", ".txt", ".xlsx"))
SPARE: Final = 0.9  # of the free room, that files may take


def holds_pictures(path: Path) -> bool:
    """Tell whether this is a zip in which there is a picture.

    Examples
    --------
    >>> holds_pictures(Path("absent.zip"))
    False
    """
    if path.suffix.lower() != ZIP or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as whole:
        return any(suffix(one.filename) in PICTURE_SUFFIXES for one in _wanted(whole))


@final
class Unpacked:
    """The pictures and lists of a zip, in a folder that goes once nobody holds this any more.

    Parameters
    ----------
    path : Path

    Raises
    ------
    PictureError
        I01, if it is damaged or locked; I06, if there is no room.
    """

    def __init__(self, path: Path) -> None:
        place = {"source": str(path)}
        home = Path(tempfile.mkdtemp(prefix="tenfold-"))
        weakref.finalize(self, shutil.rmtree, home, ignore_errors=True)
        try:
            with zipfile.ZipFile(path) as whole:
                wanted = list(_wanted(whole))
                needed, free = (
                    sum(one.file_size for one in wanted),
                    shutil.disk_usage(home).free,
                )
                if needed > SPARE * free:
                    gigabytes = f"{needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free"
                    raise PictureError(
                        "I06",
                        f"its files need {gigabytes}",
                        place=place | {"folder": str(home)},
                        fix=["set the variable TMPDIR to a folder with more room"],
                    )
                for one in wanted:
                    whole.extract(one, home)  # names that lead out of the folder are cut
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
            fact = f"the zip cannot be unpacked: {error}"
            fix = ["unpack it, and name the folder"]
            raise PictureError("I01", fact, place=place, fix=fix) from error
        self.folder = _inside(home)


def _wanted(whole: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Yield the pictures and lists, but for what archivers of macOS put beside them."""
    for one in whole.infolist():
        parts = PurePosixPath(one.filename).parts
        hidden = any(part.startswith((".", "__MACOSX")) for part in parts)
        if not one.is_dir() and not hidden and suffix(one.filename) in PICTURE_SUFFIXES | LISTS:
            yield one


def _inside(folder: Path) -> Path:
    """Return the first folder that holds more than a single folder."""
    while len(found := list(folder.iterdir())) == 1 and found[0].is_dir():
        (folder,) = found
    return folder
