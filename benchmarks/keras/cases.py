"""What is measured: a model, its rows, its folds, and how long it is trained.

Shape letters in this file:
    N  rows    T  steps of a sequence    C  series    S  side of a picture
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
import photographs
from numpy.typing import NDArray

SAMPLES: Final = "samples"
ADULT: Final = "tables/adult_train.csv"
ADULT_ROWS: Final = 2_000
SEED: Final = 0
Rows = tuple[Any, NDArray[Any]]
"""What enters a model, and the targets."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A model and how it is trained.

    Parameters
    ----------
    words : str
        What it is.
    model : str
        The function of ``models.py``.
    rows : callable
        Returns what is learnt from, given the folder of the data.
    task : {"regression", "classification"}
    folds : int
        1 holds out one part of five.
    shuffle : bool
        Whether rows are shuffled before they are dealt out to folds.
    epochs, batch : int
    prepared : {"", "scaled", "named"}
        What is fitted inside of each fold before the model: nothing, a ``StandardScaler``, or
        the scales and codes of columns that enter by their names.
    needs : tuple of str
        Files in the folder of the data.
    """

    words: str
    model: str
    rows: Callable[[Path], Rows]
    task: Literal["regression", "classification"]
    folds: int
    epochs: int
    batch: int
    shuffle: bool = True
    prepared: Literal["", "scaled", "named"] = ""
    needs: tuple[str, ...] = ()

    def pairs(self, count: int) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Return the positions that each fold learns from, and those that it is tested on."""
        from sklearn.model_selection import KFold  # noqa: PLC0415 - run.py needs none

        seed = SEED if self.shuffle else None
        folds = KFold(max(5, self.folds) if self.folds == 1 else self.folds)
        folds.shuffle, folds.random_state = self.shuffle, seed
        return list(folds.split(np.empty(count)))[: self.folds]


def housing(_data: Path) -> Rows:
    """Return the tutorial's table, (N, 13), and the values of its houses."""
    text = (files("tenfold") / SAMPLES / "housing.data").read_text(encoding="utf-8")
    cells = np.array([line.split() for line in text.splitlines() if line.strip()], np.float32)
    return cells[:, :13], cells[:, 13]


def districts(_data: Path) -> Rows:
    """Return districts of California as a table, and the values of their houses."""
    with as_file(files("tenfold") / SAMPLES / "california.csv.gz") as path:
        table = pd.read_csv(path).dropna(ignore_index=True)
    value = table.pop("median_house_value").to_numpy(np.float32) / 100_000
    return table, value


def district_numbers(data: Path) -> Rows:
    """Return the numbers of the same table alone, (N, 8)."""
    table, value = districts(data)
    return table.select_dtypes("number").to_numpy(np.float32), value


def adults(data: Path) -> Rows:
    """Return people of a census as a table, and whether they earn more than 50,000 dollars."""
    table = pd.read_csv(data / ADULT)
    table = table.dropna(ignore_index=True).iloc[:ADULT_ROWS]
    rich = table.pop("income").str.startswith(">").to_numpy(np.int64)
    return table.drop(columns="fnlwgt"), rich


def cats_and_dogs(data: Path, count: int) -> Rows:
    """Return photographs of cats and dogs, (N, 64, 64, 3), values from 0 to 1."""
    from PIL import Image  # noqa: PLC0415 - run.py needs none

    shuffler, pixels = random.Random(SEED), []
    for name in photographs.CLASSES:
        found = sorted((data / photographs.PHOTOGRAPHS / name).iterdir())
        for path in shuffler.sample(found, count // 2):
            small = Image.open(path).convert("RGB").resize((64, 64))
            pixels.append(np.asarray(small, np.float32) / 255)
    return np.stack(pixels), np.repeat([0, 1], count // 2)


def few_pictures(data: Path) -> Rows:
    """Return so many that folds of them are trained in seconds."""
    return cats_and_dogs(data, 400)


def many_pictures(data: Path) -> Rows:
    """Return so many that an epoch lasts longer than a second."""
    return cats_and_dogs(data, 1_000)


def digits(_data: Path) -> Rows:
    """Return handwritten digits, each pixel four times as wide and high, (N, 32, 32, 1)."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 - run.py needs none

    found = load_digits()
    wide_NSS = found.images[:600].repeat(4, axis=1).repeat(4, axis=2) / 16
    return wide_NSS[..., None].astype(np.float32), found.target[:600]


def series(_data: Path) -> Rows:
    """Return the last 24 values of four series, (N, T, C), and the next one of the first."""
    chance, count = np.random.default_rng(SEED), 1_500
    at_T1 = np.arange(count + 24)[:, None]
    values_TC = np.sin(2 * np.pi * at_T1 / np.array([6, 12, 24, 48]))
    values_TC += 0.2 * chance.normal(size=values_TC.shape)
    values_TC[3:, 0] += values_TC[:-3, 1] * values_TC[:-3, 2]
    values_TC = values_TC.astype(np.float32)
    lags_NCT = np.lib.stride_tricks.sliding_window_view(values_TC, 24, axis=0)
    return lags_NCT[:-1].swapaxes(1, 2).copy(), values_TC[24:, 0]


CASES: Final = {
    "regressor": Case(
        words="the tutorial's regressor",
        model="baseline_model",
        rows=housing,
        task="regression",
        folds=10,
        shuffle=False,
        epochs=100,
        batch=5,
        prepared="scaled",
    ),
    "mlp": Case(
        words="dense layers, batch norm, dropout",
        model="mlp",
        rows=district_numbers,
        task="regression",
        folds=5,
        epochs=20,
        batch=32,
        prepared="scaled",
    ),
    "wide_and_deep": Case(
        words="wide and deep, named inputs",
        model="wide_and_deep",
        rows=districts,
        task="regression",
        folds=5,
        epochs=20,
        batch=32,
        prepared="named",
    ),
    "embeddings": Case(
        words="entity embeddings, named inputs",
        model="embeddings",
        rows=adults,
        task="classification",
        folds=5,
        epochs=10,
        batch=32,
        prepared="named",
        needs=(ADULT,),
    ),
    "cnn": Case(
        words="the tutorial's classifier, 64 x 64",
        model="classifier",
        rows=few_pictures,
        task="classification",
        folds=3,
        epochs=4,
        batch=32,
        needs=photographs.NEEDED,
    ),
    "resnet": Case(
        words="small residual network, 32 x 32",
        model="resnet",
        rows=digits,
        task="classification",
        folds=3,
        epochs=10,
        batch=16,
    ),
    "gru": Case(
        words="recurrent network, sequences of (24, 4)",
        model="gru",
        rows=series,
        task="regression",
        folds=5,
        epochs=10,
        batch=32,
    ),
    "rate": Case(
        words="the tutorial's classifier, pictures per second",
        model="classifier",
        rows=many_pictures,
        task="classification",
        folds=1,
        epochs=6,
        batch=32,
        needs=photographs.NEEDED,
    ),
}
SIX: Final = ("mlp", "wide_and_deep", "embeddings", "cnn", "resnet", "gru")
