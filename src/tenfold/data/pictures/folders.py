"""Which folders are classes, which are for training and testing, and what lies in them.

A class is a folder: the topmost one, however deep its pictures lie below it. Only names
are looked at here; no file is opened.
"""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tenfold.config import Decision
from tenfold.errors import PictureError

ALPHABETICAL: Final = "each folder is one class, in alphabetical order"
SHOWN_NAMES: Final = 10
CSV_FIX: Final = "or list each image and its class in a CSV of files and labels"

# Names of folders, in any case and with any sign between their words.
_TRAIN: Final = frozenset(("train", "training", "train_set", "training_set"))
_TEST: Final = frozenset(("test", "testing", "test_set", "testing_set"))
_VALID: Final = frozenset(
    f"{name}{end}" for name in ("val", "valid", "validation") for end in ("", "_set")
)
# How masks of segmentation are called beside the picture that they belong to.
_MASK: Final = re.compile(r"[ _-](masks?|seg|segmentation|gt|groundtruth)$", re.IGNORECASE)
_MOST_MASKS: Final = 0.9  # of such files have their picture beside them, or none is a mask
_NO_PICTURES: Final = frozenset(("Thumbs.db", "desktop.ini", "__MACOSX"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """What lies below a folder, hidden files and folders left out.

    Attributes
    ----------
    pictures, folders, closed : list of str
        Paths below the folder, with slashes, sorted: pictures, folders (with a slash
        at their ends), and folders that cannot be opened.
    skipped : Counter of str
        How many other files there are, by suffix.
    """

    pictures: list[str]
    folders: list[str]
    closed: list[str]
    skipped: Counter[str]

    def inside(self, folder: str) -> list[str]:
        """Return the names of the folders that lie directly in a folder."""
        below = (name[len(folder) : -1] for name in self.folders if name.startswith(folder))
        return [name for name in below if name and "/" not in name]

    def below(self, folder: str) -> list[str]:
        """Return the pictures below a folder, named from there."""
        return [name[len(folder) :] for name in self.pictures if name.startswith(folder)]

    def decisions(self) -> Iterator[Decision]:
        """Yield what was left out."""
        if self.skipped:
            total = self.skipped.total()
            files = number(total, "file of another type is", "files of other types are")
            what = f"{files} skipped: {counted(self.skipped)}"
            why = "images are recognised by their file suffix"
            yield Decision(what=what, why=why, change_with="save them as .jpg or .png")
        if self.closed:
            what = number(len(self.closed), "folder is", "folders are") + " left out"
            what += f": {few(self.closed)}"
            why = "this user may not open them"
            yield Decision(what=what, why=why, change_with="change their permissions")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """The pictures to learn from, or those to test on.

    Attributes
    ----------
    names, labels : list of str
        Path of each picture below the root, and its class.
    empty_classes : tuple of str
        Folders of classes without a picture.
    decisions : tuple of Decision
    """

    names: list[str]
    labels: list[str]
    empty_classes: tuple[str, ...]
    decisions: tuple[Decision, ...]


def walk(root: Path, suffixes: Collection[str]) -> Tree:
    """Return what lies below a folder; a picture is a file with one of the suffixes."""
    tree = Tree(pictures=[], folders=[], closed=[], skipped=Counter())
    waiting: list[tuple[str, frozenset[tuple[int, int]]]] = [("", frozenset())]
    while waiting:
        folder, above = waiting.pop()
        try:
            found = (root / folder).stat()
            here = (found.st_dev, found.st_ino)
            # A link back to a folder above would be followed for ever.
            if here in above:
                continue
            with os.scandir(root / folder) as entries:
                visible = [entry for entry in entries if not _hidden(entry.name)]
        except OSError:
            tree.closed.append(folder)
            continue
        for entry in visible:
            if _is_folder(entry):
                tree.folders.append(f"{folder}{entry.name}/")
                waiting.append((f"{folder}{entry.name}/", above | {here}))
            elif suffix(entry.name) in suffixes:
                tree.pictures.append(folder + entry.name)
            else:
                tree.skipped[suffix(entry.name)] += 1
    for names in (tree.pictures, tree.folders, tree.closed):
        names.sort()
    return tree


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself is no folder; whoever opens it says what it is
        return False


def _hidden(name: str) -> bool:
    return name.startswith(".") or name in _NO_PICTURES


def suffix(name: str) -> str:
    """Return the end of a file's name from its last dot on, in small letters."""
    stem, dot, end = name.rpartition(".")
    return f".{end.lower()}" if stem and dot else ""


def shown(name: str) -> str:
    """Return a name that can be printed; a file's may hold bytes that are no letters."""
    return name if name.isascii() else name.encode("utf-8", "backslashreplace").decode("utf-8")


def class_name(text: str) -> str:
    """Return a class's name as it is kept; macOS writes an accent as a letter of its own."""
    return unicodedata.normalize("NFC", shown(text))


def alike(labels: Collection[str]) -> Iterator[Decision]:
    """Yield which classes differ in nothing but capital letters and spaces around them."""
    named: dict[str, list[str]] = {}
    for label in sorted(set(labels)):
        named.setdefault(label.strip().casefold(), []).append(label)
    same = [" and ".join(map(repr, names)) for names in named.values() if len(names) > 1]
    if same:
        what = f"labels that differ in capitals or spaces alone are kept apart: {few(same)}"
        yield Decision(what=what, why="only you know if they are one", change_with="the labels")


def counted(skipped: Counter[str]) -> str:
    """Return the most frequent suffixes with their numbers: ``.txt (2), .xml (1)``."""
    most = sorted(skipped.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_NAMES]
    return ", ".join(f"{end or 'no suffix'} ({count:,})" for end, count in most)


def number(count: int, one: str, many: str) -> str:
    """Return a number of things with the right form of their name.

    Examples
    --------
    >>> number(1, "file is", "files are"), number(3000, "file is", "files are")
    ('1 file is', '3,000 files are')
    """
    return f"{count:,} {one if count == 1 else many}"


def few(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    more = f" and {len(names) - SHOWN_NAMES:,} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(shown(name) for name in names[:SHOWN_NAMES]) + more


def parts_of(tree: Tree, root: Path) -> tuple[Part, Part | None]:
    """Return the pictures to learn from and, if there are such folders, those to test on.

    Raises
    ------
    PictureError
        I01, I02 or I03, if it is not clear which folders are the classes.
    """
    home = _descend(tree, "")
    decisions = list(tree.decisions())
    if home:
        what, why = f"the classes are read from {shown(home)}", "it is the only folder there"
        decisions.append(Decision(what=what, why=why, change_with="name another folder"))
    train, valid, test = _split_folders(tree, home, root)
    if train is None:
        return _named(_part(tree, root, [home], decisions)), None
    aside = [name for name in tree.inside(home) if name not in {train, valid, test}]
    if aside:
        what, why = f"not read: {few(aside)}", f"the classes are in {train!r}, beside it"
        decisions.append(Decision(what=what, why=why, change_with="name another folder"))
    learnt = [f"{home}{train}/"]
    if valid and test:
        learnt.append(f"{home}{valid}/")
        what, why = (
            f"{valid!r} is used for training like {train!r}",
            ("the folds are used for validation instead"),
        )
        decisions.append(Decision(what=what, why=why, change_with="--test"))
    held_out = test or valid
    if held_out is None:
        return _named(_part(tree, root, learnt, decisions)), None
    why = "its name says so" if test else "there is no other folder for testing"
    what = f"{held_out!r} is the test set and is not used for training"
    decisions.append(Decision(what=what, why=why, change_with="--test"))
    training = _named(_part(tree, root, learnt, decisions))
    return training, _part(tree, root, [f"{home}{held_out}/"], [])


def _named(part: Part) -> Part:
    """Return the part with its classes told."""
    classes = sorted(set(part.labels))
    decision = Decision(
        what=number(len(classes), "class", "classes") + f": {few(classes)}",
        why=ALPHABETICAL,
        change_with="a CSV of files and labels",
    )
    return replace(part, decisions=(*part.decisions, decision))


def _descend(tree: Tree, home: str) -> str:
    """Return the folder of the classes: archives often wrap it into one or two more."""
    while len(inside := tree.inside(home)) == 1:
        deeper = f"{home}{inside[0]}/"
        if any("/" not in name for name in [*tree.below(home), *tree.below(deeper)]):
            break
        home = deeper
    return home


def _split_folders(
    tree: Tree, home: str, root: Path
) -> tuple[str | None, str | None, str | None]:
    """Return the names of the folders for training, validation and testing."""
    inside, place = tree.inside(home), {"source": str(root / home)}
    train, valid, test = (_only(inside, names, place) for names in (_TRAIN, _VALID, _TEST))
    if train is not None:
        return train, valid, test
    # Without a folder for training, one called 'test' may be a class like the others.
    others = {name for name in inside if name not in {valid, test}}
    for name in filter(None, (valid, test)):
        if not others or others.intersection(tree.inside(f"{home}{name}/")):
            fact = f"there is a folder {name!r}, but none for training"
            fix = ["put the folders of the training classes into a folder 'train' beside it"]
            raise PictureError("I01", fact, place=place, fix=fix)
    return None, None, None


def _only(inside: list[str], names: frozenset[str], place: dict[str, str]) -> str | None:
    named = [n for n in inside if n.lower().replace("-", "_").replace(" ", "_") in names]
    if len(named) > 1:
        fact = f"several folders have the same purpose: {few(named)}"
        raise PictureError("I01", fact, place=place, fix=["keep only one of them"])
    return named[0] if named else None


def _part(tree: Tree, root: Path, homes: list[str], decisions: list[Decision]) -> Part:
    names: list[str] = []
    labels: list[str] = []
    beside: list[str] = []
    classes: set[str] = set()
    for home in (_descend(tree, home) for home in homes):
        pictures, masks = _without_masks(tree.below(home))
        if masks:
            what = number(len(masks), "file is a mask", "files are masks") + f": {few(masks)}"
            why = "their names are those of images beside them with a word for masks"
            decisions.append(Decision(what=what, why=why, change_with="rename them"))
        _check_leaves(pictures, root / home)
        classes.update(map(class_name, tree.inside(home)))
        beside += [home + name for name in pictures if "/" not in name]
        names += [home + name for name in pictures if "/" in name]
        labels += [class_name(name.partition("/")[0]) for name in pictures if "/" in name]
    if not names:
        raise PictureError(
            "I02",
            number(len(beside), "image is", "images are") + " there, outside the class folders",
            place={"source": str(root / homes[0])},
            fix=["put the images of each class into a folder of that name", CSV_FIX],
        )
    empty = tuple(sorted(classes.difference(labels)))
    if beside:
        what = number(len(beside), "image is", "images are") + f" left out: {few(beside)}"
        why = "images beside the class folders have no class"
        decisions.append(Decision(what=what, why=why, change_with="a folder for them"))
    if empty:
        what = number(len(empty), "folder is not a class", "folders are not classes")
        what += f": {few(empty)}"
        why = "there are no images in them"
        decisions.append(Decision(what=what, why=why, change_with="put images into them"))
    return Part(names=names, labels=labels, empty_classes=empty, decisions=tuple(decisions))


def _without_masks(pictures: list[str]) -> tuple[list[str], list[str]]:
    """Tell pictures from masks beside them: ``a_mask.png`` beside ``a.jpg``."""
    stems = {name: name[: -len(suffix(name))] for name in pictures}
    named = [name for name in pictures if _MASK.search(stems[name])]
    there = set(stems.values())
    masks = [name for name in named if _MASK.sub("", stems[name]) in there]
    if len(masks) < max(1, _MOST_MASKS * len(named)):
        return pictures, []
    left_out = set(masks)
    return [name for name in pictures if name not in left_out], masks


def _check_leaves(pictures: list[str], home: Path) -> None:
    """Refuse a/cat and b/cat among others: whether these are one class, only the user knows."""
    paths = [name.split("/") for name in pictures]
    plain = {path[0] for path in paths if len(path) == 2}
    tops: dict[str, set[str]] = {}
    for path in paths:
        if len(path) > 2 and path[0] not in plain:
            tops.setdefault(path[-2], set()).add(path[0])
    if not plain and len(tops) == 1 and {len(path) for path in paths} == {3}:
        return  # cat/Images and dog/Images: each class has one such folder
    for leaf, above in sorted(tops.items()):
        if len(above) > 1:
            one, other, *_ = sorted(above)
            raise PictureError(
                "I03",
                f"there is a folder {leaf!r} in {one!r} and another in {other!r}",
                place={"source": str(home)},
                fix=[f"name the one that contains the class folders: {home / one}", CSV_FIX],
            )
