"""Kinds of data and networks that all promises are kept for: each is described here, once.

Everything goes through files and public names, as a user does it, so that a promise does not
know how its kind of data is trained. A further kind is one more ``Kind`` and its ``Case``s.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

import tenfold
from tenfold.exported import Exported
from tenfold.kinds.images.image_file import answers_to
from tenfold.kinds.tables.table_file import TableFile
from tenfold.run import Run
from tests.engine_options import asked
from tests.engine_pictures import SIDE, drawing_module, small_module, write_folder
from tests.engine_tables import linear_module, mixed_frame, normed_module, spoiled

Positions = NDArray[np.int64]


class Kind(Protocol):
    """What a promise has to know of a kind of data.

    Attributes
    ----------
    count : int
        Rows, pictures or whatever else it consists of.
    options : mapping
        Of ``train``, whatever the network.
    planted : str
        The code of the finding in ``leaky`` data.
    foreign : mapping
        Options of ``train`` that say nothing of this kind, each alone.
    """

    count: int
    options: Mapping[str, Any]
    planted: str
    foreign: Mapping[str, Any]

    def write(self, home: Path, seed: int = 0) -> Path:
        """Write data that can be learnt, with their answers."""

    def spoil(self, data: Path, at: Positions) -> Path:
        """Write the same data, what stands at these positions changed beyond recognition."""

    def leaky(self, home: Path) -> Path:
        """Write data whose score would be a lie."""

    def weights(self, data: Path) -> NDArray[np.float64] | None:
        """Return how much each counts in scores; None if all count alike."""

    def new(self, home: Path) -> list[Any]:
        """Return what is to be answered, one by one."""

    def together(self, news: list[Any]) -> Any:
        """Return several of them as one thing to predict."""

    def exported(self, file: Exported, news: list[Any]) -> NDArray[np.float64]:
        """Return what an exported file says of them."""

    def request(self, new: Any) -> tuple[bytes, str]:
        """Return one of them as the body of a request, and its Content-Type."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a CSV file with every kind of column, and weights."""

    target: str
    count: int = 96
    options: Mapping[str, Any] = field(
        default_factory=lambda: {"target": "y", "weight_column": "w", "epochs": 4}
    )
    planted: str = "A01"
    foreign: Mapping[str, Any] = field(
        default_factory=lambda: {"img_size": 32, "steps_per_epoch": 3}
    )

    def write(self, home: Path, seed: int = 0) -> Path:
        return self._save(mixed_frame(self.target, self.count, seed), home / f"rows-{seed}.csv")

    def spoil(self, data: Path, at: Positions) -> Path:
        return self._save(spoiled(pd.read_csv(data), at, seed=1), data.parent / "spoiled.csv")

    def leaky(self, home: Path) -> Path:
        frame = mixed_frame(self.target, self.count)
        leak = frame["y"] * 100 if self.target == "regression" else frame["y"]
        return self._save(frame.assign(leak=leak), home / "leaky.csv")

    def weights(self, data: Path) -> NDArray[np.float64] | None:
        return pd.read_csv(data)["w"].to_numpy(np.float64)

    def new(self, home: Path) -> list[Any]:
        frame = mixed_frame(self.target, 12, seed=1).drop(columns=["y", "w"])
        frame.loc[3, "town"] = "never seen"
        return [frame.iloc[row : row + 1] for row in range(len(frame))]

    def together(self, news: list[Any]) -> Any:
        return pd.concat(news)

    def exported(self, file: Exported, news: list[Any]) -> NDArray[np.float64]:
        return TableFile(file).answers(self.together(news))

    def request(self, new: Any) -> tuple[bytes, str]:
        return new.to_csv(index=False).encode(), "text/csv"

    @staticmethod
    def _save(frame: pd.DataFrame, path: Path) -> Path:
        frame.to_csv(path, index=False)
        return path


@dataclass(frozen=True, slots=True)
class Pictures:
    """PNG files of stripes, a folder for each class."""

    count: int = 24
    options: Mapping[str, Any] = field(default_factory=lambda: {"img_size": SIDE})
    planted: str = "A13"
    foreign: Mapping[str, Any] = field(
        default_factory=lambda: {"standardize": True, "separator": ";", "time_column": "when"}
    )

    def write(self, home: Path, seed: int = 0) -> Path:
        return write_folder(home / f"stripes-{seed}", self.count, seed=seed)

    def spoil(self, data: Path, at: Positions) -> Path:
        folder = write_folder(data.parent / "spoiled", self.count)
        rng = np.random.default_rng(1)
        for path in [sorted(folder.glob("*/*.png"))[place] for place in at]:
            noise = rng.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(noise).save(path)
        return folder

    def leaky(self, home: Path) -> Path:
        folder = write_folder(home / "leaky", self.count)
        for path in sorted(folder.glob("flat/*.png")):  # their size tells the class
            Image.open(path).resize((SIDE + 8, SIDE)).save(path)
        return folder

    def weights(self, data: Path) -> NDArray[np.float64] | None:
        return None

    def new(self, home: Path) -> list[Any]:
        return sorted(write_folder(home / "new", 6, seed=9).glob("*/*.png"))

    def together(self, news: list[Any]) -> Any:
        return news

    def exported(self, file: Exported, news: list[Any]) -> NDArray[np.float64]:
        pixels = [np.asarray(Image.open(path).convert("RGB"))[None] for path in news]
        return np.concatenate([answers_to(file, one) for one in pixels])

    def request(self, new: Any) -> tuple[bytes, str]:
        return new.read_bytes(), "image/png"


@dataclass(frozen=True, slots=True)
class Numbers(Pictures):
    """PNG files of stripes, and a CSV with how steep these are, in degrees."""

    def write(self, home: Path, seed: int = 0) -> Path:
        return self._list(write_folder(home / f"slants-{seed}", self.count, STEEP, seed=seed))

    def spoil(self, data: Path, at: Positions) -> Path:
        folder = write_folder(data.parent / "spoiled", self.count, STEEP)
        rng = np.random.default_rng(1)
        listed = pd.read_csv(self._list(folder))
        for place in at:
            noise = rng.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / listed["file"][place])
            listed.loc[place, "degrees"] = 17.5 + place
        listed.to_csv(folder / "list.csv", index=False)
        return folder / "list.csv"

    def leaky(self, home: Path) -> Path:
        folder = write_folder(home / "leaky", self.count, STEEP)
        for path in sorted(folder.glob("*/*.png")):  # their size tells the number
            Image.open(path).resize((SIDE + int(path.parent.name), SIDE)).save(path)
        return self._list(folder)

    def new(self, home: Path) -> list[Any]:
        return sorted(write_folder(home / "new", 6, STEEP, seed=9).glob("*/*.png"))

    @staticmethod
    def _list(folder: Path) -> Path:
        files = sorted(folder.glob("*/*.png"), key=lambda path: path.name)
        names = [path.relative_to(folder).as_posix() for path in files]
        degrees = [float(path.parent.name) for path in files]
        frame = pd.DataFrame({"file": names, "degrees": degrees})
        frame.to_csv(folder / "list.csv", index=False)
        return folder / "list.csv"


@dataclass(frozen=True, slots=True)
class Labels(Pictures):
    """PNG files of stripes, and a CSV with labels, of which each has none, one or both."""

    def write(self, home: Path, seed: int = 0) -> Path:
        return self._list(write_folder(home / f"several-{seed}", self.count, SETS, seed=seed))

    def spoil(self, data: Path, at: Positions) -> Path:
        folder = write_folder(data.parent / "spoiled", self.count, SETS)
        rng = np.random.default_rng(1)
        listed = pd.read_csv(self._list(folder), keep_default_na=False)
        for place in at:
            noise = rng.integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
            Image.fromarray(noise).save(folder / listed["file"][place])
            swapped = {"[]": "rising|steep", "rising": "steep", "steep": "rising"}
            listed.loc[place, "labels"] = swapped.get(str(listed["labels"][place]), "[]")
        listed.to_csv(folder / "list.csv", index=False)
        return folder / "list.csv"

    def leaky(self, home: Path) -> Path:
        folder = write_folder(home / "leaky", self.count, SETS)
        for path in sorted(folder.glob("*steep/*.png")):  # their size tells the label
            Image.open(path).resize((SIDE + 8, SIDE)).save(path)
        return self._list(folder)

    def new(self, home: Path) -> list[Any]:
        return sorted(write_folder(home / "new", 6, SETS, seed=9).glob("*/*.png"))

    @staticmethod
    def _list(folder: Path) -> Path:
        files = sorted(folder.glob("*/*.png"), key=lambda path: path.name)
        names = [path.relative_to(folder).as_posix() for path in files]
        labels = [path.parent.name for path in files]
        frame = pd.DataFrame({"file": names, "labels": labels})
        frame.to_csv(folder / "list.csv", index=False)
        return folder / "list.csv"


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of data and a network for it.

    Attributes
    ----------
    kind : Kind
    options : mapping
        Of ``train``, for this network.
    rounding : float
        How far answers may differ by what else is answered at the same time: 0 for networks
        of Tenfold on tables; a user's module rounds as torch's layers do.
    slow : bool
        Whether training takes more than a second or two.
    """

    kind: Kind
    options: Mapping[str, Any]
    rounding: float = 0.0
    slow: bool = False

    def asked(self, **options: Any) -> dict[str, Any]:
        """Return all options of ``train``; the folds take every third."""
        usual = {"folds": three_folds(self.kind.count), "audit": "off"}
        return usual | dict(self.kind.options) | dict(self.options) | options

    def train(self, data: Path, out: Path, **options: Any) -> Run:
        """Train on data of the kind, and write the run into a folder of ``out``."""
        return tenfold.train(data, out=out, **asked(**self.asked(**options)))

    def resume(self, folder: Path) -> Run:
        """Go on with a run; what no file of options holds is given again."""
        network = self.options.get("network")
        again = {"network": network} if callable(network) else {}
        return tenfold.resume(folder, folds=self.asked()["folds"], **again)

    def load(self, folder: Path) -> Run:
        """Load a run; a network of one's own needs its function again."""
        network = self.options.get("network")
        return tenfold.load(folder, network=network if callable(network) else None)


def three_folds(count: int) -> list[tuple[Positions, Positions]]:
    fold = np.arange(count) % 3
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(3)]


OF_TABLES: Final = {
    "auto": Case(Table("regression"), {}),
    "own": Case(Table("regression"), {"network": linear_module}, rounding=1e-6),
    "own in turns": Case(Table("regression"), {"network": normed_module}, rounding=1e-6),
}
NUMBERS: Final = 3.0  # the same, in degrees
PRODUCTS: Final = 0.02  # few and many pictures are multiplied in another order, in bfloat16


SETS: Final = ("[]", "rising", "steep", "rising|steep")
STEEP: Final = tuple(f"{degrees:02}" for degrees in range(0, 96, 8))


def _pictures(rounding: float = PRODUCTS, *, slow: bool = False, **options: Any) -> Case:
    return Case(Pictures(), options, rounding, slow)


def _labels(**options: Any) -> Case:
    return Case(Labels(), {"task": "multilabel"} | options, PRODUCTS)


def _numbers(**options: Any) -> Case:
    return Case(Numbers(), options, NUMBERS)


CASES: Final[Mapping[str, Case]] = {
    **{
        f"{target}, {name}": Case(Table(target), case.options, case.rounding)
        for target in ("regression", "two classes", "five classes")
        for name, case in OF_TABLES.items()
    },
    "regression, tutorial": Case(Table("regression"), {"network": "tutorial"}),
    "pictures, pretrained": _pictures(network="pretrained"),
    "pictures, fine-tuned": _pictures(
        network="pretrained", quality="best", epochs=2, batch_size=12, slow=True
    ),
    "pictures, scratch": _pictures(network="scratch", epochs=2, batch_size=12, slow=True),
    "pictures, tutorial": _pictures(network="tutorial", epochs=2, batch_size=12),
    "pictures, own": _pictures(network=small_module, epochs=2, batch_size=12),
    "pictures, own in turns": _pictures(network=drawing_module, epochs=2, batch_size=12),
    "numbers, pretrained": _numbers(network="pretrained"),
    "numbers, tutorial": _numbers(network="tutorial", epochs=2, batch_size=12),
    "labels, pretrained": _labels(network="pretrained"),
    "labels, tutorial": _labels(network="tutorial", epochs=2, batch_size=12),
}
