"""Leaks and faults planted in folders of photographs.

Every function takes two lists of files by class and writes a folder; it returns the folder, or
the folder and one of test pictures.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageEnhance

Files = dict[str, list[Path]]
Plant = Callable[[Files, Path, np.random.Generator], tuple[Path, Path | None]]


def write(files: Files, home: Path) -> Path:
    """Write the pictures as they are."""
    for kind, members in files.items():
        (home / kind).mkdir(parents=True)
        for path in members:
            shutil.copy(path, home / kind / path.name)
    return home


def halves(files: Files) -> tuple[Files, Files]:
    """Return three quarters of the files, and the rest."""
    cut = {kind: len(members) * 3 // 4 for kind, members in files.items()}
    return (
        {kind: members[: cut[kind]] for kind, members in files.items()},
        {kind: members[cut[kind] :] for kind, members in files.items()},
    )


def nothing(files: Files, home: Path, _: np.random.Generator) -> tuple[Path, Path | None]:
    """Plant nothing, with a test folder of the same kind."""
    rest, test = halves(files)
    return write(rest, home / "train"), write(test, home / "test")


def copies_in_test(
    files: Files, home: Path, _: np.random.Generator
) -> tuple[Path, Path | None]:
    """Leave one test picture in ten among those for training, saved anew and smaller."""
    rest, test = halves(files)
    train, test_home = write(rest, home / "train"), write(test, home / "test")
    for kind, members in test.items():
        for path in members[::10]:
            picture = Image.open(path).convert("RGB")
            smaller = picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))
            smaller.save(train / kind / f"again {path.name}", quality=60)
    return train, test_home


def two_classes(files: Files, home: Path, _: np.random.Generator) -> tuple[Path, Path | None]:
    """Put one picture in a hundred into the other class, too."""
    train = write(files, home / "train")
    one, other = files
    for path in files[one][::50]:
        shutil.copy(path, train / other / f"also {path.name}")
    return train, None


def wrong_classes(
    files: Files, home: Path, generator: np.random.Generator
) -> tuple[Path, Path | None]:
    """Put five pictures of a hundred into the wrong class."""
    train = write(files, home / "train")
    for kind, members in files.items():
        (other,) = set(files) - {kind}
        for path in members:
            if generator.random() < 0.05:
                (train / kind / path.name).rename(train / other / f"wrong {path.name}")
    return train, None


def sizes(files: Files, home: Path, _: np.random.Generator) -> tuple[Path, Path | None]:
    """Take one class from a source of small pictures."""
    train = write(files, home / "train")
    first = next(iter(files))
    for path in sorted((train / first).iterdir()):
        Image.open(path).convert("RGB").resize((160, 120)).save(path)
    return train, None


def formats(files: Files, home: Path, _: np.random.Generator) -> tuple[Path, Path | None]:
    """Take one class from a source of PNG files."""
    train = write(files, home / "train")
    first = next(iter(files))
    for path in sorted((train / first).iterdir()):
        Image.open(path).convert("RGB").save(path.with_suffix(".png"))
        path.unlink()
    return train, None


def light(files: Files, home: Path, _: np.random.Generator) -> tuple[Path, Path | None]:
    """Photograph one class in the dark."""
    train = write(files, home / "train")
    first = next(iter(files))
    for path in sorted((train / first).iterdir()):
        ImageEnhance.Brightness(Image.open(path).convert("RGB")).enhance(0.25).save(path)
    return train, None


def bursts(
    files: Files, home: Path, generator: np.random.Generator
) -> tuple[Path, Path | None]:
    """Take five frames of each animal: other light, a step aside."""
    for kind, members in files.items():
        (home / kind).mkdir(parents=True)
        for path in members[::5]:
            picture = Image.open(path).convert("RGB")
            for frame in range(5):
                left, top = generator.integers(0, 1 + np.array(picture.size) // 5)
                size = picture.width * 4 // 5, picture.height * 4 // 5
                cut = picture.crop((left, top, left + size[0], top + size[1]))
                light_ = float(generator.uniform(0.7, 1.3))
                stem = path.stem.replace(".", "_")
                ImageEnhance.Brightness(cut).enhance(light_).save(
                    home / kind / f"{stem}_{frame}.jpg"
                )
    return home, None


def other_source(files: Files, home: Path, _: np.random.Generator) -> tuple[Path, Path | None]:
    """Take test pictures from another camera."""
    rest, test = halves(files)
    train, test_home = write(rest, home / "train"), write(test, home / "test")
    for path in sorted(test_home.rglob("*.jpg")):
        Image.open(path).convert("RGB").resize((900, 600)).save(path)
    return train, test_home


def few(files: Files, home: Path, _: np.random.Generator) -> tuple[Path, Path | None]:
    """Bring eight pictures of one class."""
    first = next(iter(files))
    return write({**files, first: files[first][:8]}, home / "train"), None


def bad_files(files: Files, home: Path, _: np.random.Generator) -> tuple[Path, Path | None]:
    """Cut off three files of a hundred."""
    train = write(files, home / "train")
    for path in sorted(train.rglob("*.jpg"))[::33]:
        path.write_bytes(path.read_bytes()[:900])
    return train, None


KINDS: Final[dict[str, tuple[Plant, tuple[str, ...]]]] = {
    "test pictures learnt from": (copies_in_test, ("A07",)),
    "pictures in two classes": (two_classes, ("A12",)),
    "pictures in the wrong class": (wrong_classes, ("A12",)),
    "size gives the class away": (sizes, ("A13",)),
    "format gives the class away": (formats, ("A13",)),
    "light gives the class away": (light, ("A13",)),
    "bursts": (bursts, ("A09",)),
    "test pictures unlike": (other_source, ("A08",)),
    "pictures of a class nearly absent": (few, ("A11",)),
    "files that cannot be read": (bad_files, ("A14",)),
}
