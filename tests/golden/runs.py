"""Twelve small runs that together pass through every network, split and kind of data.

Their data are made here from whole numbers and rounded ones, so that they are the same on
every machine. Nothing else may depend on this module: a change of it changes all that is held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.model_selection import ShuffleSplit
from torch import nn

import tenfold
from tenfold.comparison.comparison import Comparison
from tenfold.run import Run
from tests.engine_options import asked

TARGET: Final = {"regression": "price", "two classes": "dear", "five classes": "grade"}
SIDE: Final = 32


def table(kind: str, rows: int = 90, seed: int = 0) -> pd.DataFrame:
    """Return rows with every kind of column, empty cells, and a target that can be learnt."""
    rng = np.random.default_rng([seed, rows])
    area = rng.integers(30, 200, rows)
    age = (rng.integers(0, 40, rows) * rng.integers(0, 40, rows)) // 20
    rooms = rng.choice([1.0, 2.0, 3.5, 5.0], rows)
    town = rng.choice(["Bonn", "Kiel", "Ulm"], rows)
    street = rng.choice([f"street {n:02}" for n in range(12)], rows)
    garden = rng.choice(["yes", "no"], rows)
    sold = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 700, rows), "D")
    price = 3 * area - 2 * age + 40 * (town == "Bonn") + 25 * (garden == "yes")
    price = price + 10 * rooms + rng.integers(-30, 31, rows)
    frame = pd.DataFrame(
        {
            "area": area.astype(float),
            "age": age,
            "rooms": rooms,
            "town": town,
            "street": street,
            "garden": garden,
            "sold": sold.strftime("%Y-%m-%d"),
            "owner": [f"owner {n:02}" for n in rng.integers(0, 15, rows)],
            "weight": rng.integers(1, 5, rows) / 2,
        }
    )
    for name in ("area", "town"):
        frame.loc[rng.choice(rows, rows // 10, replace=False), name] = None
    if kind == "regression":
        return frame.assign(price=price)
    if kind == "two classes":
        return frame.assign(dear=np.where(price > 410, "yes", "no"))
    # The limits are fixed: new rows get the classes that those of training would get.
    grade = np.digitize(price, [220, 350, 470, 600])
    return frame.assign(grade=np.array(["a", "b", "c", "d", "e"])[grade])


def pictures(home: Path, count: int = 30, seed: int = 0) -> Path:
    """Write noisy pictures of upright and lying stripes, a folder for each class."""
    rng = np.random.default_rng([seed, count])
    for at in range(count):
        width, start = rng.integers(3, 6), rng.integers(0, 10)
        stripes = 60 + 140 * ((np.arange(SIDE) + start) // width % 2)
        pixels = np.tile(stripes[:, None, None], (1, SIDE, 3))
        pixels = pixels + rng.integers(-40, 41, (SIDE, SIDE, 3))
        pixels = pixels if at % 2 else pixels.transpose(1, 0, 2)
        path = home / ("lying" if at % 2 else "upright") / f"{at:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    return home


def for_rows(inputs: int, outputs: int) -> nn.Module:
    """Return a network of one's own for tables, with running means and chance."""
    return nn.Sequential(
        nn.Linear(inputs, 8, bias=False),  # whose gradient would be nothing but rounding
        nn.BatchNorm1d(8),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(8, outputs),
    )


def for_pictures(shape: tuple[int, int, int], outputs: int) -> nn.Module:
    """Return a network of one's own for pictures."""
    return nn.Sequential(
        nn.Conv2d(shape[0], 4, 5, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(64, outputs),
    )


@dataclass(frozen=True, slots=True)
class Golden:
    """A run whose every number is held.

    Attributes
    ----------
    kind : str
        Of the data: a key of ``TARGET``, or ``"pictures"``.
    options : mapping
        Of ``train``, besides those that all have.
    """

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def data(self, home: Path, seed: int = 0) -> Any:
        """Return data of the kind; pictures are written into a folder of ``home``."""
        if self.kind == "pictures":
            return pictures(home / f"stripes-{seed}", 30 if seed == 0 else 10, seed)
        kept = self.options.get("group_column"), self.options.get("weight_column")
        dropped = {"owner", "weight"} - set(kept)
        return table(self.kind, 90 if seed == 0 else 12, seed).drop(columns=list(dropped))

    def train(self, home: Path) -> Run:
        """Train the run; its folder lies in ``home``."""
        usual: dict[str, Any] = {"folds": 3, "epochs": 6, "audit": "off", "out": home}
        usual |= (
            {"img_size": SIDE} if self.kind == "pictures" else {"target": TARGET[self.kind]}
        )
        return tenfold.train(self.data(home), **asked(**(usual | dict(self.options))))

    def compare(self, home: Path) -> Comparison:
        """Compare with classical learning on the same folds."""
        usual = {"folds": 3, "axes": False, "audit": "off", "quality": "fast", "out": home}
        return tenfold.compare(self.data(home), target=TARGET[self.kind], **usual)


COMPARISON: Final = "comparison"
GOLDEN: Final[Mapping[str, Golden]] = {
    "regression": Golden("regression"),
    "classes, fast": Golden("two classes", {"quality": "fast"}),
    "regression, tutorial": Golden("regression", {"network": "tutorial", "epochs": 20}),
    "regression, own network": Golden("regression", {"network": for_rows}),
    "regression, groups and weights": Golden(
        "regression", {"group_column": "owner", "weight_column": "weight"}
    ),
    "regression, time": Golden("regression", {"time_column": "sold"}),
    "classes, own network and test rows": Golden(
        "two classes", {"network": for_rows, "test_size": 0.2}
    ),
    "five classes, a splitter": Golden(
        "five classes", {"folds": ShuffleSplit(4, test_size=0.25, random_state=1)}
    ),
    "pictures, pretrained": Golden("pictures", {"network": "pretrained"}),
    "pictures, scratch": Golden(
        # Steps so small that what processors round otherwise does not grow.
        "pictures",
        {"network": "scratch", "epochs": 2, "folds": 2, "lr": 1e-4},
    ),
    "pictures, own network": Golden("pictures", {"network": for_pictures, "batch_size": 8}),
    COMPARISON: Golden("regression"),
}
