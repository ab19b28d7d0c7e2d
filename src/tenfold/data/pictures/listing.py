"""From a folder, a CSV or a list of paths to files of pictures, and what each shows.

Nothing is decoded here.
"""

import importlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Final, TypeGuard

import pandas as pd

from tenfold.config import Decision
from tenfold.data.columns.labelled import with_targets
from tenfold.data.files.read import read_table
from tenfold.data.files.separator import find_separator
from tenfold.data.files.text import records
from tenfold.data.pictures import folders
from tenfold.data.tables.table import Table, find_column
from tenfold.errors import PictureError
from tenfold.read_options import PictureOptions

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
SHEET: Final = ".xlsx"
TABLE_SUFFIXES: Final = frozenset((".csv", ".tsv", ".txt", ""))
LABEL_NAMES: Final = ("label", "class", "target", "category")

_SAMPLE_BYTES: Final = 65_536
_SAMPLE_LINES: Final = 21


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
    labels, groups : tuple of str, optional
        The class of each picture, and what keeps it in one fold with others.
    empty_classes : tuple of str
        Folders of classes without a picture.
    skipped : mapping of str to int
        How many files of other kinds there were, by suffix.
    rejected, unlabelled : tuple of RejectedFile
        Rows of a CSV that cannot be used, and those without a label.
    decisions : tuple of Decision
    """

    source: str
    files: tuple[Path, ...]
    names: tuple[str, ...]
    labels: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    empty_classes: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    rejected: tuple[RejectedFile, ...] = ()
    unlabelled: tuple[RejectedFile, ...] = ()
    decisions: tuple[Decision, ...] = ()


def is_picture_source(data: object) -> TypeGuard[str | Path]:
    """Tell whether data are a path that leads to pictures: a folder, or a CSV that names some.

    Examples
    --------
    >>> is_picture_source("."), is_picture_source("absent.csv")
    (True, False)
    """
    if not isinstance(data, str | Path):
        return False
    path = Path(data)
    try:
        if path.is_dir():
            return True
        rows = _first_rows(path)
    except (OSError, ValueError):  # a ReadError is a ValueError
        return False
    return any(map(_names_pictures, zip_longest(*rows, fillvalue="")))


def _first_rows(path: Path) -> list[Sequence[str]]:
    """Return the first rows of a file that may list pictures; none of another file."""
    suffix = path.suffix.lower()
    if suffix == SHEET:
        return _first_rows_of_sheet(path)
    if suffix not in TABLE_SUFFIXES:
        return []
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES).decode("utf-8-sig", errors="replace")
    text = "\n".join(sample.splitlines()[:_SAMPLE_LINES])
    separator = find_separator(text).separator
    return [record.cells for record in records(text, separator)]


def _first_rows_of_sheet(path: Path) -> list[Sequence[str]]:
    try:
        openpyxl = importlib.import_module("openpyxl")
        with path.open("rb") as file:
            sheet = openpyxl.load_workbook(file, read_only=True).worksheets[0]
            rows = list(sheet.iter_rows(max_row=_SAMPLE_LINES, values_only=True))
    except Exception:  # noqa: BLE001 - whoever reads the table says what is wrong with it
        return []
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def list_labelled(
    source: str | Path, options: PictureOptions
) -> tuple[Listing, Listing | None]:
    """Find the pictures of a folder or a CSV with their classes.

    Parameters
    ----------
    source : str or Path
        A folder with a folder for each class; a folder with such folders for training
        (``train``, ``training``, ``training_set``, ...), testing (``test``, ...) and
        perhaps validation (``val``, ``valid``, ...); or a CSV of file and label.
    options : PictureOptions
        ``file_column``, ``target`` and ``group_column`` of a CSV.

    Returns
    -------
    training : Listing
    test : Listing or None
        The test part, if the folder has one.

    Raises
    ------
    PictureError
        I01 if it is neither, I02 if there is no picture or no folder of a class, I03 if
        folders of one name lie in different places.
    ReadError, SchemaError
        If a CSV cannot be read or lacks a column that was named.
    """
    path = Path(source)
    place = {"source": str(path)}
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError as error:
        fact = f"it cannot be opened: {error.strerror}"
        raise PictureError("I01", fact, place=place) from error
    if folder:
        return _from_folder(path)
    lists = path.suffix.lower() in TABLE_SUFFIXES | {SHEET} or options.file_column is not None
    if file and lists:
        return _from_csv(path, options), None
    fact = "this is neither a folder nor a CSV" if file else "there is no such folder or file"
    raise PictureError("I01", fact, place=place, fix=["name the folder of the classes"])


def list_unlabelled(paths: str | Path | Iterable[str | Path]) -> Listing:
    """Find pictures without classes: files as they are named, folders with all in them.

    Raises
    ------
    PictureError
        I02, if there is none.
    """
    given = [Path(paths)] if isinstance(paths, (str, Path)) else [Path(path) for path in paths]
    files: list[Path] = []
    skipped: Counter[str] = Counter()
    decisions: list[Decision] = []
    for path in given:
        if path.is_dir():
            tree = folders.walk(path, PICTURE_SUFFIXES)
            files += [path / name for name in tree.pictures]
            skipped += tree.skipped
            decisions += tree.decisions()
        else:
            files.append(path)
    source = ", ".join(map(str, given[: folders.SHOWN_NAMES]))
    if not files:
        raise _no_picture(source, skipped)
    return Listing(
        source=source,
        files=tuple(files),
        names=tuple(folders.shown(file.as_posix()) for file in files),
        skipped=skipped,
        decisions=tuple(decisions),
    )


def _from_folder(root: Path) -> tuple[Listing, Listing | None]:
    tree = folders.walk(root, PICTURE_SUFFIXES)
    if not tree.pictures:
        raise _no_picture(str(root), tree.skipped)
    training, test = folders.parts_of(tree, root)
    listed = _listed(training, root, tree.skipped)
    return listed, None if test is None else _listed(test, root, {})


def _listed(part: folders.Part, root: Path, skipped: Mapping[str, int]) -> Listing:
    return Listing(
        source=str(root),
        files=tuple(root / name for name in part.names),
        names=tuple(map(folders.shown, part.names)),
        labels=tuple(part.labels),
        empty_classes=part.empty_classes,
        skipped=skipped,
        decisions=part.decisions,
    )


def _no_picture(source: str, skipped: Counter[str]) -> PictureError:
    files = {"files": folders.counted(skipped)} if skipped else {}
    ends = ", ".join(sorted(PICTURE_SUFFIXES))
    fix = [f"image files must end in {ends}"]
    return PictureError("I02", "there are no images", place={"source": source} | files, fix=fix)


def _from_csv(path: Path, options: PictureOptions) -> Listing:
    table = read_table(path)
    decisions = list(table.decisions)
    file_column = _file_column(table, options, decisions)
    label_column = _label_column(table, options, file_column, decisions)
    columns = [table.frame[file_column], table.frame[label_column]]
    if options.group_column is not None:
        name = find_column(table, options.group_column, option="--group-column")
        columns.append(table.frame[name])
    decisions += _unused(table, {file_column, label_column, options.group_column})
    rejected = [
        RejectedFile(file=f"line {row.line}", reason=row.reason) for row in table.rejected
    ]
    kept, target_decisions = with_targets(table, label_column, "classification", 1.0)
    silent = {row.line for row in kept.unlabelled}
    unlabelled: list[RejectedFile] = []
    rows: list[tuple[str, ...]] = []
    for line, *cells in zip(table.lines, *columns, strict=True):
        file, label, *group = (None if pd.isna(cell) else str(cell) for cell in cells)
        if file is None:
            rejected.append(RejectedFile(file=f"line {line}", reason="it does not name a file"))
        elif line in silent:
            unlabelled.append(RejectedFile(file=file, reason="it has no label"))
        elif label is None:
            rejected.append(RejectedFile(file=file, reason="it has no label"))
        else:
            rows.append((file, label, *(name or file for name in group)))
    if not rows:
        raise PictureError("I02", "no row has a file and a label", place={"source": str(path)})
    names, labels, *groups = zip(*rows, strict=True)
    # Windows writes paths with the other slash, which names of files hardly ever hold.
    plain = _with_suffixes([name.replace("\\", "/") for name in names], path.parent)
    return Listing(
        source=str(path),
        files=tuple(path.parent / name for name in plain),
        names=tuple(plain),
        labels=tuple(map(folders.class_name, labels)),
        groups=groups[0] if groups else None,
        rejected=tuple(rejected),
        unlabelled=tuple(unlabelled),
        decisions=(*decisions, *target_decisions),
    )


def _unused(table: Table, used: Collection[str | None]) -> Iterator[Decision]:
    """Yield which columns say nothing here."""
    if unused := [repr(name) for name in table.frame.columns if name not in used]:
        what = f"not used: {folders.few(unused)}"
        why = "of images, a file, a label and a group are read"
        yield Decision(what=what, why=why, change_with="--target, --group-column")


def _with_suffixes(names: list[str], home: Path) -> list[str]:
    """Return names of files; ids without a suffix become those of pictures called so.

    An id that several pictures below the folder have stays as it is, and names no file.
    """
    if any(folders.suffix(name) in PICTURE_SUFFIXES for name in names):
        return names
    found: dict[str, list[str]] = {}
    for picture in folders.walk(home, PICTURE_SUFFIXES).pictures:
        stem = picture[: -len(folders.suffix(picture))]
        for known in {stem, stem.rpartition("/")[2]}:
            found.setdefault(known, []).append(picture)
    alone = {known: pictures[0] for known, pictures in found.items() if len(pictures) == 1}
    return [alone.get(name, name) for name in names]


def _file_column(table: Table, options: PictureOptions, decisions: list[Decision]) -> str:
    if options.file_column is not None:
        return find_column(table, options.file_column, option="--file-column")
    for name, cells in table.frame.items():
        if _names_pictures(cells.dropna().astype(str)):
            what, why = (
                f"column {name!r} holds the image files",
                "its cells end in image suffixes",
            )
            decisions.append(Decision(what=what, why=why, change_with="--file-column"))
            return str(name)
    raise PictureError(
        "I01",
        "no column of the table holds image files",
        place={"source": table.source, "columns": ", ".join(map(repr, table.frame.columns))},
        fix=["name the column of the files: --file-column NAME"],
    )


def _label_column(
    table: Table, options: PictureOptions, file_column: str, decisions: list[Decision]
) -> str:
    if options.target is not None:
        return find_column(table, options.target, option="--target")
    others = [
        name for name in table.frame.columns if name not in (file_column, options.group_column)
    ]
    known = [name for word in LABEL_NAMES for name in others if name.lower() == word]
    varied = [name for name in others if table.frame[name].nunique() > 1]
    if not others:
        fact = "the table has no column for the label"
        raise PictureError("I01", fact, place={"source": table.source})
    last = (varied or others)[-1]
    where = (
        "it is the last column" if last == others[-1] else "it is the last column that varies"
    )
    name, why = (known[0], "of its name") if known else (last, where)
    what = f"the label is column {name!r}"
    decisions.append(Decision(what=what, why=why, change_with="--target"))
    return name


def _names_pictures(cells: Iterable[str]) -> bool:
    """Tell whether most cells end like the names of pictures."""
    ends = [folders.suffix(cell.strip()) in PICTURE_SUFFIXES for cell in cells]
    return sum(ends) > len(ends) / 2
