"""From a folder, a CSV or a list of paths to files of pictures, and what each shows.

Nothing is decoded here.
"""

import importlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Final, TypeGuard

from tenfold.config import Decision, Task
from tenfold.data.files.separator import find_separator
from tenfold.data.files.text import records
from tenfold.data.pictures import folders
from tenfold.data.pictures.found import PICTURE_SUFFIXES, Label, Listing, RejectedFile
from tenfold.data.pictures.lists import files_in_table, list_in_table, names_pictures
from tenfold.data.pictures.numbers import numbers_of_labels
from tenfold.data.pictures.zipped import ZIP, Unpacked, holds_pictures
from tenfold.errors import PictureError, UsageError
from tenfold.read_options import PictureOptions

SHEET: Final = ".xlsx"
TABLE_SUFFIXES: Final = frozenset((".csv", ".tsv", ".txt", ""))

_SAMPLE_BYTES: Final = 65_536
_SAMPLE_LINES: Final = 21


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
        if path.is_dir() or holds_pictures(path):
            return True
        rows = _first_rows(path)
    except (OSError, ValueError):  # a ReadError is a ValueError
        return False
    return any(map(names_pictures, zip_longest(*rows, fillvalue="")))


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
    source: str | Path, options: PictureOptions, task: Task | None = None, column: str = ""
) -> tuple[Listing, Listing | None]:
    """Find the pictures of a folder or a CSV with their classes or numbers.

    Parameters
    ----------
    source : str or Path
        A folder with a folder for each class; a folder with such folders for training
        (``train``, ``training``, ``training_set``, ...), testing (``test``, ...) and
        perhaps validation (``val``, ``valid``, ...); a CSV of file and label; or a zip of
        either.
    options : PictureOptions
        ``file_column``, ``target`` and ``group_column`` of a CSV.
    task : {"regression", "classification", "multilabel"}, optional
        By default folders are classes, and labels of a CSV what they look like.
    column : str
        Where labels stood before; taken if a CSV has it and none is named.

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
        If a CSV cannot be read or lacks a column that was named, or a label is no number
        where numbers are asked for.
    """
    path = Path(source)
    if path.suffix.lower() == ZIP and path.is_file():
        return _from_zip(path, options, task, column)
    place = {"source": str(path)}
    try:
        folder, file = path.is_dir(), path.is_file()
    except OSError as error:
        fact = f"it cannot be opened: {error.strerror}"
        raise PictureError("I01", fact, place=place) from error
    if folder:
        return _from_folder(path, task)
    lists = path.suffix.lower() in TABLE_SUFFIXES | {SHEET} or options.file_column is not None
    if file and lists:
        return list_in_table(path, options, task, column), None
    fact = "this is neither a folder nor a CSV" if file else "there is no such folder or file"
    raise PictureError("I01", fact, place=place, fix=["name the folder of the classes"])


def list_unlabelled(
    paths: str | Path | Iterable[str | Path], options: PictureOptions | None = None
) -> Listing:
    """Find pictures without classes: files, folders with all in them, and what lists name.

    Parameters
    ----------
    paths : path, or paths
        Of files, of folders, and of tables that name files.
    options : PictureOptions, optional
        ``file_column`` of tables.

    Raises
    ------
    PictureError
        I02, if there is none.
    ReadError
        If a table cannot be read.
    """
    given = [Path(paths)] if isinstance(paths, (str, Path)) else [Path(path) for path in paths]
    asked, files = options or PictureOptions(), list[Path]()
    skipped: Counter[str] = Counter()
    decisions: list[Decision] = []
    rejected: list[RejectedFile] = []
    names, held = list[str](), list[object]()
    for path in given:
        zipped = Unpacked(path) if path.is_file() and holds_pictures(path) else None
        folder = path if zipped is None else zipped.folder
        if folder.is_dir():
            tree = folders.walk(folder, PICTURE_SUFFIXES)
            files += [folder / name for name in tree.pictures]
            names += [(path / name).as_posix() for name in tree.pictures]
            skipped += tree.skipped
            decisions += tree.decisions()
            held.append(zipped)
        elif is_picture_source(path) or _may_list(path, asked):
            named = files_in_table(path, asked)
            files += named.files
            names += [file.as_posix() for file in named.files]
            rejected += named.rejected
        else:
            files.append(path)
            names.append(path.as_posix())
    source = ", ".join(map(str, given[: folders.SHOWN_NAMES]))
    if not files:
        raise _no_picture(source, skipped)
    return Listing(
        source=source,
        files=tuple(files),
        names=tuple(map(folders.shown, names)),
        skipped=skipped,
        rejected=tuple(rejected),
        decisions=tuple(decisions),
        held=tuple(held),
    )


def _may_list(path: Path, options: PictureOptions) -> bool:
    """Tell whether a column of files is named, and this is no picture."""
    return options.file_column is not None and folders.suffix(path.name) not in PICTURE_SUFFIXES


def _from_zip(
    path: Path, options: PictureOptions, task: Task | None, column: str
) -> tuple[Listing, Listing | None]:
    """Find the pictures of a zip: of the list beside them, or of its folders."""
    unpacked = Unpacked(path)
    inside_it = sorted(unpacked.folder.iterdir())
    lists = [one for one in inside_it if one.is_file() and is_picture_source(one)]
    inside = lists[0] if len(lists) == 1 else unpacked.folder
    found, test = list_labelled(inside, options, task, column)
    kept = replace(found, source=str(path), held=unpacked)
    return kept, None if test is None else replace(test, source=str(path), held=unpacked)


def _from_folder(root: Path, task: Task | None) -> tuple[Listing, Listing | None]:
    tree = folders.walk(root, PICTURE_SUFFIXES)
    if not tree.pictures:
        raise _no_picture(str(root), tree.skipped)
    training, test = folders.parts_of(tree, root)
    listed = _listed(training, root, tree.skipped, task)
    return listed, None if test is None else _listed(test, root, {}, task)


def _listed(
    part: folders.Part, root: Path, skipped: Mapping[str, int], task: Task | None
) -> Listing:
    if task == "multilabel":
        fact = "--task multilabel was given, but a folder gives each image one class"
        raise UsageError("U02", fact, fix=["list files and their labels in a CSV"])
    labels: tuple[Label, ...] = tuple(part.labels)
    decisions = part.decisions
    if task == "regression":
        labels = tuple(numbers_of_labels(part.labels, str(root)).tolist())
        decisions = tuple(one for one in decisions if one.why != folders.ALPHABETICAL)
    return Listing(
        source=str(root),
        files=tuple(root / name for name in part.names),
        names=tuple(map(folders.shown, part.names)),
        labels=labels,
        empty_classes=part.empty_classes,
        skipped=skipped,
        decisions=decisions,
    )


def _no_picture(source: str, skipped: Counter[str]) -> PictureError:
    files = {"files": folders.counted(skipped)} if skipped else {}
    ends = ", ".join(sorted(PICTURE_SUFFIXES))
    fix = [f"image files must end in {ends}"]
    return PictureError("I02", "there are no images", place={"source": source} | files, fix=fix)
