"""Files of pictures that were found, and those that were left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tenfold.config import Decision

FORMATS: Final[Mapping[str, str]] = {
    ".avif": "AVIF",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".heic": "HEIF",
    ".heif": "HEIF",
    ".j2k": "JPEG2000",
    ".jfif": "JPEG",
    ".jp2": "JPEG2000",
    ".jpe": "JPEG",
    ".jpeg": "JPEG",
    ".jpg": "JPEG",
    ".pbm": "PPM",
    ".pgm": "PPM",
    ".png": "PNG",
    ".pnm": "PPM",
    ".ppm": "PPM",
    ".tga": "TGA",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
PICTURE_SUFFIXES: Final = frozenset(FORMATS)


Label = str | float | frozenset[str]
"""What a picture is labelled with: a class, a number, or several labels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedFile:
    """A picture that was left out: its name as the user wrote it, and why."""

    file: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reason}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The files of some pictures, in the order in which they are used.

    Attributes
    ----------
    source : str
        The folder or file that was named.
    files : tuple of Path
    names : tuple of str
        What users see of each file: its path below the source, with slashes.
    labels : tuple of str, float or frozenset of str, optional
        The class of each picture, its number, or all of its labels.
    groups : tuple of str, optional
        What keeps a picture in one fold with others.
    column : str
        Where a CSV holds the labels.
    empty_classes : tuple of str
        Folders of classes without a picture.
    skipped : mapping of str to int
        How many files of other kinds there were, by suffix.
    rejected, unlabelled : tuple of RejectedFile
        Rows of a CSV that cannot be used, and those without a label.
    decisions : tuple of Decision
    held : object
        What keeps the files where they are.
    """

    source: str
    files: tuple[Path, ...]
    names: tuple[str, ...]
    labels: tuple[Label, ...] | None = None
    groups: tuple[str, ...] | None = None
    column: str = ""
    empty_classes: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    rejected: tuple[RejectedFile, ...] = ()
    unlabelled: tuple[RejectedFile, ...] = ()
    decisions: tuple[Decision, ...] = ()
    held: object = None
