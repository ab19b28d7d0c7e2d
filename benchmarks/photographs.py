"""The photographs of cats and dogs, shared out for the benchmarks of pictures.

The test part that belongs to them is not there, so some are held out, always the same.
"""

import argparse
import os
import random
from pathlib import Path
from typing import Final

import machine

PHOTOGRAPHS: Final = "cats_dogs/training_set"
CLASSES: Final = ("cats", "dogs")
NEEDED: Final = tuple(f"{PHOTOGRAPHS}/{name}" for name in CLASSES)
SEED: Final = 0
TEST_SIZE: Final = 2_000


def add_data(parser: argparse.ArgumentParser, photographs: str = PHOTOGRAPHS) -> None:
    """Let the folder be named that holds the folder of the photographs."""
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("TENFOLD_PICTURES", machine.DATA.parent)),
        help=f"folder with {photographs}/; TENFOLD_PICTURES, or ../shared/data by the clone",
    )


def hold_out(data: Path, folder: Path, *, learn: int | None = None, test: int) -> None:
    """Lay out ``training_set`` and ``test_set`` in a folder, as links.

    Parameters
    ----------
    data : Path
        With ``PHOTOGRAPHS``, in which each class has a folder.
    folder : Path
        Where both are made.
    learn : int, optional
        How many photographs to learn from; by default all that are not held out.
    test : int
        How many are held out, as many of each class.
    """
    shuffler = random.Random(SEED)
    for name in CLASSES:
        files = sorted((data / PHOTOGRAPHS / name).iterdir())
        shuffler.shuffle(files)
        share = test // len(CLASSES)
        last = None if learn is None else share + learn // len(CLASSES)
        for part, chosen in (("test_set", files[:share]), ("training_set", files[share:last])):
            (folder / part / name).mkdir(parents=True)
            for file in chosen:
                (folder / part / name / file.name).symlink_to(file.resolve())
