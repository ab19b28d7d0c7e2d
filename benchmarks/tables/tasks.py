"""The tables, their fixed splits and folds, and the one way in which answers are scored."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold

SEED: Final = 7  # of the folds
Pairs = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


@dataclass(frozen=True, kw_only=True)
class Table:
    """Where a table is, what is predicted, and how it is cut.

    Parameters
    ----------
    file : str
    target : str
    task : {"regression", "classification"}
    folds : int
        Of the cross-validation; 0 where only fixed splits are measured.
    header : bool
    """

    file: str
    target: str
    task: str = "regression"
    folds: int = 0
    header: bool = True


TABLES: Final = {
    "boston": Table(file="boston/data.csv", target="y", folds=10),
    "concrete": Table(file="concrete/data.csv", target="y"),
    "power": Table(file="power/data.csv", target="y"),
    "yacht": Table(file="yacht/data.csv", target="y"),
    "california": Table(file="california.csv", target="median_house_value", folds=5),
    "phoneme": Table(
        file="phoneme.csv", target="c5", task="classification", folds=10, header=False
    ),
    "adult": Table(file="adult_train.csv", target="income", task="classification", folds=5),
}
SPLIT_TABLES: Final = ("yacht", "boston", "concrete", "power")


def read(name: str, folder: Path) -> pd.DataFrame:
    """Return a table; columns without a name are c0, c1, ..."""
    table = TABLES[name]
    frame = pd.read_csv(folder / table.file, header=0 if table.header else None)
    return frame if table.header else frame.rename(columns=lambda number: f"c{number}")


def fixed_splits(name: str, folder: Path, rows: int) -> Pairs:
    """Return the 20 splits of the papers: positions to learn from, positions to test on."""
    path = folder / Path(TABLES[name].file).with_name("test_rows.json")
    lists = json.loads(path.read_text(encoding="utf-8"))
    every = np.arange(rows)
    return [(np.setdiff1d(every, test), np.sort(np.array(test))) for test in lists]


def folds(name: str, frame: pd.DataFrame) -> Pairs:
    """Return the folds that every contender is cross-validated on."""
    table = TABLES[name]
    kind = StratifiedKFold if table.task == "classification" else KFold
    splitter = kind(table.folds, shuffle=True, random_state=SEED)
    return list(splitter.split(frame, frame[table.target]))


def classes(name: str, frame: pd.DataFrame) -> list[str]:
    """Return the names of the classes in the order of their numbers."""
    return sorted(frame[TABLES[name].target].astype(str).unique())


def truth(name: str, frame: pd.DataFrame) -> NDArray[np.float64] | NDArray[np.int64]:
    """Return the target as numbers: values, or numbers of classes."""
    target = frame[TABLES[name].target]
    if TABLES[name].task == "regression":
        return target.to_numpy(dtype=np.float64)
    return np.searchsorted(classes(name, frame), target.astype(str).to_numpy(dtype=str))


def score(task: str, true: NDArray[np.float64], said: NDArray[np.float64]) -> dict[str, float]:
    """Return the scores of values, or of probabilities of two classes.

    Parameters
    ----------
    task : {"regression", "classification"}
    true : ndarray of shape (N,)
    said : ndarray of shape (N,) or (N, 2)
    """
    if task == "regression":
        mse = float(np.mean((true - said) ** 2))
        return {"mse": mse, "rmse": mse**0.5}
    return {
        "accuracy": float(accuracy_score(true, said.argmax(axis=1))),
        "log_loss": float(log_loss(true, said)),
        "auc": float(roc_auc_score(true, said[:, 1])),
    }
