"""Pictures: squares of one size, where each came from, and which were left out.

Shape letters in this file:
    N  pictures    M  places in the cache    S  side of a square    T  pixels of a thumbnail
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Decision, Task
from tenfold.data.pictures.arrays import labels_of, sources_of
from tenfold.data.pictures.brightness import OPTION
from tenfold.data.pictures.cache import Progress, Squares, read_squares
from tenfold.data.pictures.folders import alike, number, suffix
from tenfold.data.pictures.found import FORMATS, Label, Listing, RejectedFile
from tenfold.data.pictures.framing import Framing
from tenfold.data.pictures.listing import list_labelled, list_unlabelled
from tenfold.data.pictures.name_groups import with_name_groups
from tenfold.data.tables.rejected import describe_excess
from tenfold.errors import PictureError
from tenfold.read_options import PictureOptions

__all__ = [
    "Pictures",
    "RejectedFile",
    "pictures_of",
    "read_pictures",
    "read_test_pictures",
    "read_unlabelled",
]

SHOWN_FILES: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pictures:
    """Pictures as squares of red, green and blue.

    Attributes
    ----------
    cache : ndarray of shape (M, S, S, 3), uint8
        All squares that were read together, in memory or a memmap of a temporary file.
    at : ndarray of shape (N,), int64
        Place of each picture in the cache.
    files : tuple of str
        Name of each file as users know it.
    thumbs : ndarray of shape (N, T), uint8
        Thumbnails of 16 x 16 shades of grey, to find copies.
    formats : tuple of str
        What the bytes of each file were, such as ``"JPEG"``; empty for arrays.
    extents : ndarray of shape (N, 2), int64
        Width and height of each picture as it came.
    framing : Framing
        How the squares were cut.
    source : str
        Folder or file that was named, or what kind of object was given.
    labels : ndarray of shape (N,), object or float64, optional
        Class of each picture, its number, or a frozenset of all of its labels.
    column : str
        Where a CSV holds the labels; several names are separated by commas.
    groups : ndarray of shape (N,), int64, optional
        Pictures with equal numbers stay in one fold.
    rejected : tuple of RejectedFile
        Those that cannot be used.
    unlabelled : tuple of RejectedFile
        Those of a CSV that have no label.
    decisions : tuple of Decision
    """

    cache: NDArray[np.uint8]
    at: NDArray[np.int64]
    files: tuple[str, ...]
    thumbs: NDArray[np.uint8]
    formats: tuple[str, ...]
    extents: NDArray[np.int64]
    framing: Framing
    source: str
    labels: NDArray[Any] | None = None
    column: str = ""
    groups: NDArray[np.int64] | None = None
    rejected: tuple[RejectedFile, ...] = ()
    unlabelled: tuple[RejectedFile, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def __len__(self) -> int:
        return len(self.at)

    @property
    def left_out(self) -> tuple[RejectedFile, ...]:
        """All that was left out."""
        return self.rejected + self.unlabelled

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Pictures":
        """Return the given pictures, or those marked True; no square is copied."""
        rows = np.arange(len(self))[rows]
        return replace(
            self,
            at=self.at[rows],
            files=tuple(self.files[row] for row in rows),
            thumbs=self.thumbs[rows],
            formats=tuple(self.formats[row] for row in rows),
            extents=self.extents[rows],
            labels=None if self.labels is None else self.labels[rows],
            groups=None if self.groups is None else self.groups[rows],
        )

    @property
    def doubts(self) -> tuple[Decision, ...]:
        """What these pictures made necessary, as training did not say what is white in them."""
        return tuple(decision for decision in self.decisions if decision.change_with == OPTION)

    def check_rejected(self, max_bad: float) -> None:
        """Refuse the pictures if too many were rejected, or all.

        Raises
        ------
        PictureError
            I04, if the rejected share of all is above ``max_bad``.
        """
        bad, all_files = len(self.rejected), len(self) + len(self.rejected)
        if bad <= max_bad * all_files and (bad < all_files or bad == 0):
            return
        reasons = [f"{file.file}: {file.reason}" for file in self.rejected]
        excess = describe_excess(reasons, len(self), max_bad, "images cannot be read")
        raise PictureError(
            "I04",
            excess.fact,
            place={"source": self.source, "files": excess.first},
            fix=["fix or remove these files"] + [excess.option] * (bad < all_files),
        )


def read_pictures(
    source: str | Path,
    framing: Framing,
    options: PictureOptions,
    progress: Progress | None = None,
    task: Task | None = None,
    column: str = "",
) -> tuple[Pictures, Pictures | None]:
    """Read the pictures of a folder or a CSV with their classes or numbers.

    Parameters
    ----------
    source : str or Path
        See ``list_labelled``.
    framing : Framing
    options : PictureOptions
    progress : callable, optional
        Called now and then with how many files were looked at, and of how many.
    task, column
        See ``list_labelled``.

    Returns
    -------
    training : Pictures
    test : Pictures or None
        The test part, if the folder has one; it shares the cache.

    Raises
    ------
    PictureError
        I01, I02 or I03, if there are no pictures with classes; I06, if there is no room.
    ReadError, SchemaError
        If a CSV cannot be read or lacks a column that was named.
    """
    training, test = list_labelled(source, options, task, column)
    training = with_name_groups(training, options)
    files = [*training.files, *(test.files if test else ())]
    squares = read_squares(files, framing, options, progress, len(training.files))
    learnt = _pictures(training, squares, start=0)
    learnt = replace(learnt, decisions=(*learnt.decisions, *squares.decisions))
    if test is None:
        return learnt, None
    return learnt, _pictures(test, squares, start=len(training.files))


def read_test_pictures(
    source: str | Path,
    framing: Framing,
    options: PictureOptions,
    progress: Progress | None = None,
    task: Task | None = None,
    column: str = "",
) -> Pictures:
    """Read the pictures of a test folder or CSV: its test part, if it has one.

    Parameters
    ----------
    source, framing, options, progress, task, column
        See ``read_pictures``, which raises the same errors.
    """
    plain = replace(options, group_pattern=None, group_block=None)  # they are of training
    whole, part = read_pictures(source, framing, plain, progress, task, column)
    return whole if part is None else part


def read_unlabelled(
    source: Any,
    framing: Framing,
    options: PictureOptions,
    progress: Progress | None = None,
) -> Pictures:
    """Read pictures without classes: paths of files and folders, or arrays.

    Parameters
    ----------
    source : path, sequence of paths, or what ``pictures_of`` takes
        Folders are searched with all folders in them.
    framing, options, progress
        See ``read_pictures``.

    Raises
    ------
    PictureError
        I02, if there is no picture; I05, if an array is none; I06, if there is no room.
    """
    paths = [source] if isinstance(source, (str, Path)) else source
    if not isinstance(paths, (list, tuple)) or not all(
        isinstance(p, (str, Path)) for p in paths
    ):
        return pictures_of(source, None, framing, options, progress)
    listing = list_unlabelled(paths, options)
    squares = read_squares(listing.files, framing, options, progress)
    pictures = _pictures(listing, squares, start=0)
    return replace(pictures, decisions=(*pictures.decisions, *squares.decisions))


def pictures_of(
    X: Any,
    y: Any,
    framing: Framing,
    options: PictureOptions,
    progress: Progress | None = None,
) -> Pictures:
    """Take pictures from Python.

    Parameters
    ----------
    X : array of shape (N, H, W), (N, H, W, 1), (N, H, W, 3) or (N, H, W, 4), or sequence
        Whole numbers end at 255, of 16 or 32 bits at the largest of 8, 9, ... or 32 bits that
        none exceeds; numbers with a fraction at 1 if none is larger, else at 255. What is
        learnt from says this for all pictures that are asked about later. A sequence holds
        paths, PIL images, bytes of files, or arrays of single pictures, which may differ in
        size.
    y : array of shape (N,) or None
        Class of each picture, or of float64 its number.
    framing, options, progress
        See ``read_pictures``.

    Raises
    ------
    PictureError
        I05, if X or y has another form; I06, if there is no room.

    Examples
    --------
    >>> X = np.zeros((5, 28, 28), np.uint8)
    >>> pictures = pictures_of(X, list("aabba"), Framing(size=32), PictureOptions())
    >>> pictures.cache.shape, pictures.labels
    ((5, 32, 32, 3), array(['a', 'a', 'b', 'b', 'a'], dtype=object))
    """
    sources = sources_of(X, framing.with_white(options.white))
    labels = None if y is None else labels_of(y, len(sources))
    names = [str(s) if isinstance(s, Path) else f"X[{i}]" for i, s in enumerate(sources)]
    squares = read_squares(sources, framing, options, progress)
    listing = Listing(source=type(X).__name__, files=(), names=tuple(names))
    pictures = _pictures(listing, squares, start=0)
    return replace(
        pictures,
        labels=None if labels is None else labels[squares.rows],
        decisions=(*pictures.decisions, *squares.decisions),
    )


def _pictures(listing: Listing, squares: Squares, *, start: int) -> Pictures:
    """Return those squares whose place in the list of all files is in this listing."""
    stop = start + len(listing.names)
    places = np.flatnonzero((squares.rows >= start) & (squares.rows < stop))
    rows = squares.rows[places] - start
    failed = [
        RejectedFile(file=listing.names[row - start], reason=reason)
        for row, reason in squares.reasons.items()
        if start <= row < stop
    ]
    names = tuple(listing.names[row] for row in rows)
    formats = tuple(squares.formats[place] for place in places)
    groups = None
    if listing.groups is not None:
        groups = np.unique(listing.groups, return_inverse=True)[1].astype(np.int64)[rows]
    return Pictures(
        cache=squares.cache,
        at=places,
        files=names,
        thumbs=squares.thumbs[places],
        formats=formats,
        extents=squares.extents[places],
        framing=squares.framing,
        source=listing.source,
        labels=None if listing.labels is None else _as_array(listing.labels)[rows],
        column=listing.column,
        groups=groups,
        rejected=(*listing.rejected, *failed),
        unlabelled=listing.unlabelled,
        decisions=(
            *listing.decisions,
            *alike(_words(listing.labels or ())),
            *_misnamed(names, formats),
        ),
    )


def _as_array(labels: Sequence[Label]) -> NDArray[Any]:
    """Return numbers as float64, and classes or sets of labels as objects."""
    numbers = all(isinstance(one, float) for one in labels)
    return np.array(labels, dtype=np.float64 if numbers else object)


def _words(labels: Sequence[Label]) -> list[str]:
    """Return all classes or labels, whether a picture has one or several."""
    each = [one if isinstance(one, frozenset) else (one,) for one in labels]
    return [word for own in each for word in own if isinstance(word, str)]


def _misnamed(names: Sequence[str], formats: Sequence[str]) -> Iterator[Decision]:
    """Yield how many files hold another format than their names say."""
    wrong = [
        f"{name} ({found})"
        for name, found in zip(names, formats, strict=True)
        if found and FORMATS.get(suffix(name), found) != found
    ]
    if wrong:
        more = f" and {len(wrong) - SHOWN_FILES:,} more" * (len(wrong) > SHOWN_FILES)
        shown = ", ".join(wrong[:SHOWN_FILES]) + more
        files = number(len(wrong), "file is", "files are")
        what = f"{files} in a different format from what the name says: {shown}"
        why = "the content of a file decides how it is read"
        yield Decision(what=what, why=why, change_with="rename them")
