"""The folder of a run: what is in it, and a name of its own for each."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenfold.answers import answer_table
from tenfold.errors import StoreError
from tenfold.evaluate.label_scores import label_text, labels_in_text
from tenfold.store.archive import save_model
from tenfold.store.files import reading, write_json, write_table, writing
from tenfold.store.mistake_files import write_mistakes
from tenfold.study.study import Study
from tenfold.training.checkpoints import is_unfinished

MODEL: Final = "model.tenfold"
METRICS: Final = "metrics.json"
PREDICTIONS: Final = "predictions.csv"
HISTORY: Final = "history.csv"
REPORT: Final = "report.html"
CARD: Final = "model_card.md"


def new_folder(parent: Path, name: str) -> Path:
    """Make the folder ``parent/NAME-1``, or the first free number after it.

    Raises
    ------
    StoreError
        M06, if it cannot be made.
    """
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"
    number = 1
    while True:
        folder = parent / f"{stem}-{number}"
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            # What is in the way may be the parent: a link that leads nowhere.
            if isinstance(error, FileExistsError) and os.path.lexists(folder):
                number += 1
                continue
            raise StoreError(
                "M06",
                f"the folder cannot be created: {error.strerror}",
                place={"folder": str(folder)},
                fix=["choose another place: --out FOLDER"],
            ) from error
        return folder


def write_run(
    folder: Path,
    study: Study,
    metrics: Mapping[str, Any],
) -> None:
    """Write what a run leaves: model, predictions, history, rejected rows; metrics come last.

    Raises
    ------
    StoreError
        M06, if a file cannot be written.
    """
    with writing("run", folder):
        save_model(study.model, folder / MODEL)
        for name, table in run_tables(study).items():
            write_table(folder / name, table)
        write_mistakes(study.mistakes(), folder)
        write_json(folder / METRICS, metrics)


def run_tables(study: Study) -> dict[str, pd.DataFrame]:
    """Return the tables of a run by the names of their files."""
    data, answers = study.unseen()
    ends = None if study.schema.classes else study.ends()
    predictions = answer_table(study.model.schema, answers, ends=ends)
    truth, _ = study.truth()
    classes: Any = study.schema.classes
    if study.schema.task == "multilabel":
        truth = np.array([label_text(row, classes) for row in truth == 1], dtype=object)
    elif classes:
        truth = np.array(classes, dtype=object)[truth]
    where = study.kind.where
    predictions.insert(0, where, study.kind.places(data))
    predictions.insert(1, "truth", truth)
    left_out: Any = study.data.left_out
    return {
        PREDICTIONS: predictions,
        HISTORY: history_table(study),
        "rejected.csv": pd.DataFrame(map(asdict, left_out), columns=[where, "reason"]),
    }


def history_table(study: Study) -> pd.DataFrame:
    """Return a line an epoch; scores of test rows only where there are some."""
    lines, numbers = [], study.splits.numbers
    for line in study.fits.history.lines:
        plain = asdict(line)
        found = plain.pop("test") or {}
        plain |= {f"test_{name}": value for name, value in found.items()}
        for name in ("loss", "validation_loss"):
            of_folds = zip(numbers, plain.pop(f"{name}_G"), strict=False)
            plain |= {f"{name}_fold_{number + 1}": value for number, value in of_folds}
        lines.append(plain)
    return pd.DataFrame(lines)


def read_metrics(path: Path) -> dict[str, Any]:
    """Return the content of ``metrics.json``; nothing if there is no such file.

    Raises
    ------
    StoreError
        M04, if it is damaged.
    """
    with reading(path, "delete it: the model can predict without it"):
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return _renamed(dict(found))


def _renamed(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return metrics by the names of today: the baseline was once called ``constant``."""
    for one in (metrics, *metrics.get("groups", ())):
        if "constant" in one:
            one["baseline"] = one.pop("constant")
    return metrics


def read_tables(folder: Path, classes: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Return the tables of ``run_tables`` that a page shows, from their files.

    Parameters
    ----------
    folder : Path
    classes : sequence of str
        Empty in regression.

    Raises
    ------
    StoreError
        M04, if one is missing or damaged.
    """
    said: dict[str, type] = {"truth": float, "prediction": float}
    if classes:
        said = dict.fromkeys(said, str) | {f"probability {name}": float for name in classes}
    found = {}
    for name, kinds in ((PREDICTIONS, said), (HISTORY, {"epoch": int})):
        with reading(folder / name):
            # A class may be called NA, or nothing at all: only numbers can be missing.
            words = [column for column, kind in kinds.items() if kind is str]
            table = pd.read_csv(
                folder / name, dtype=dict.fromkeys(words, str), keep_default_na=False
            )
            if "watched" in table:
                table = table.rename(columns=_column_of_today)
            others = table.columns.difference([*words, "line", "file"])
            table[others] = table[others].replace("", np.nan).astype(np.float64)
            table[list(kinds)]  # all of them are there
            if classes and name == PREDICTIONS:
                for truth in set(table["truth"]) - set(classes):
                    labels_in_text(truth, classes)  # or it was not in the training data
            found[name] = table
    return found


def read_answers_of_run(folder: Path, classes: Sequence[str]) -> NDArray[np.float64]:
    """Return what a run said of rows that its networks never saw, shape (rows, O).

    Raises
    ------
    StoreError
        M04, if the table of predictions is missing or damaged.
    """
    table = read_tables(folder, classes)[PREDICTIONS]
    columns = [f"probability {name}" for name in classes] or ["prediction"]
    return table[columns].to_numpy(np.float64)


def find_model(run: Path) -> Path:
    """Return the model file of a run: ``run`` itself, or the one in the folder.

    Raises
    ------
    StoreError
        M07, if there is none.
    """
    path = run / MODEL if run.is_dir() else run
    if path.is_file():
        return path
    if run.is_dir() and is_unfinished(run):
        fact = f"the run at {run} was interrupted before its model was written"
        raise StoreError("M07", fact, fix=[f"tenfold train --resume {run}"])
    near = (
        sorted(p.parent.name for p in run.parent.glob(f"*/{MODEL}"))
        if run.parent.is_dir()
        else []
    )
    raise StoreError(
        "M07",
        f"there is no model at {run}",
        fix=[f"{run.parent} contains the runs {', '.join(near[:5])}"]
        if near
        else ["tenfold train DATA"],
    )


def _column_of_today(column: str) -> str:
    """Return the name of a column of an old ``history.csv`` by the names of today.

    Validation rows were called watched, and test images after each epoch validation.
    """
    today = column.replace("validation_", "test_")
    return today.replace("watched", "validation_loss")
