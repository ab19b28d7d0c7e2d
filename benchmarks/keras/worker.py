"""Keras or Tenfold trains the folds of one case, and prints JSON.

    python worker.py CASE CONTENDER BACKEND SEED DATA

CASE is one of ``cases.py``, CONTENDER ``keras`` or ``tenfold``, BACKEND what ``KERAS_BACKEND``
takes, DATA the folder of photographs and tables.

``whole`` is a cross-validation: for Keras a new model, ``fit`` and ``predict`` for each fold,
for Tenfold one call; what is fitted before the model, compilation and scores count, imports
and reading do not. Where columns enter by their names, both count the making and training of
models alone. ``again`` is the same once more in the same process. ``steady`` is what training
takes at the pace of the fastest epoch after the first, so that nothing is compiled: the sum
over folds for Keras, and of all folds at once for Tenfold.

Each is a pair: seconds that passed, and seconds that the cores worked for this process, which
other programs hardly change.
"""

import contextlib
import io
import json
import os
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from cases import CASES, Case

AGAIN = ("regressor",)  # cases that are measured twice in a process
LEAST = 1e-7  # of a probability
UNSEEN = 2  # codes of a category that is unknown, or empty
Answer = dict[str, Any]


def clock() -> NDArray[np.float64]:
    """Return the time, and how long the cores have worked for this process."""
    return np.array([time.perf_counter(), time.process_time()])


class Laps(io.TextIOBase):
    """Notes when each epoch ends: when it is told so, or by the line that Tenfold prints."""

    def __init__(self) -> None:
        self._at: list[NDArray[np.float64]] = []

    def note(self, *_: Any) -> None:
        """Take note that an epoch ended."""
        self._at.append(clock())

    def write(self, text: str) -> int:
        """Take note of a line that tells of an epoch."""
        if text.startswith("Epoch "):
            self.note()
        return len(text)

    def epochs(self) -> NDArray[np.float64]:
        """Return what each epoch after the first took, (epochs - 1, 2)."""
        return np.diff(np.reshape(self._at, (-1, 2)), axis=0)


def run_keras(case: Case, rows: Any, target: NDArray[Any], seed: int) -> Answer:
    """Train fold after fold by Keras' own loop."""
    import keras  # noqa: PLC0415 - after its backend is named
    import models  # noqa: PLC0415

    keras.utils.set_random_seed(seed)
    make = getattr(models, case.model)
    begun, trained, fastest, scores = clock(), np.zeros(2), np.zeros(2), []
    for learn, test in case.pairs(len(target)):
        learnt, held_out, columns = prepare(case, rows, learn, test)
        laps, started = Laps(), clock()
        model = make(columns) if case.prepared == "named" else make()
        model.fit(
            learnt,
            target[learn],
            epochs=case.epochs,
            batch_size=case.batch,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=laps.note)],
            verbose=0,
        )
        trained += clock() - started
        scores.append(score(case, target[test], model.predict(held_out, verbose=0)))
        fastest += laps.epochs().min(axis=0)
    whole = trained if case.prepared == "named" else clock() - begun
    return told(whole, case.epochs * fastest, scores)


def prepare(
    case: Case, rows: Any, learn: NDArray[np.int64], test: NDArray[np.int64]
) -> tuple[Any, Any, dict[str, int]]:
    """Return what a fold learns from, what it is tested on, and how many codes columns have."""
    if case.prepared == "scaled":
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

        scaler = StandardScaler().fit(rows[learn])
        return scaler.transform(rows[learn]), scaler.transform(rows[test]), {}
    if case.prepared == "":
        return rows[learn], rows[test], {}
    columns, coded = {}, {}
    for name, column in rows.items():
        number = pd.api.types.is_numeric_dtype(column)
        columns[name] = 0 if number else UNSEEN + column.nunique()
        coded[name] = (scaled if number else codes)(column, learn)
    parts = ({n: v[at] for n, v in coded.items()} for at in (learn, test))
    return *parts, columns


def scaled(column: Any, learn: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return a column of numbers, with mean 0 and deviation 1 over what is learnt from."""
    own = column.iloc[learn]
    return ((column - own.mean()) / own.std(ddof=0)).to_numpy(np.float32)[:, None]


def codes(column: Any, learn: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return a column of categories as codes, 0 for those that are not learnt from."""
    known = sorted(set(column.iloc[learn]))
    code_of = {category: UNSEEN + code for code, category in enumerate(known)}
    return column.map(code_of).fillna(0).to_numpy(np.int32)[:, None]


def score(case: Case, target: NDArray[Any], said: Any) -> float:
    """Return the mean squared error, or the log-loss."""
    from sklearn.metrics import log_loss  # noqa: PLC0415

    said = np.asarray(said, np.float64)
    if case.task == "regression":
        return float(np.mean((said[:, 0] - target) ** 2))
    if said.shape[1] == 1:
        said = np.concatenate([1 - said, said], axis=1)
    said = np.clip(said, LEAST, 1 - LEAST)  # as Keras' own losses do
    said /= said.sum(axis=1, keepdims=True)
    return float(log_loss(target, said, labels=np.arange(said.shape[1])))


def run_tenfold(case: Case, rows: Any, target: NDArray[Any], seed: int) -> Answer:
    """Train all folds at once, by ``tenfold.keras.cross_val_score``."""
    import models  # noqa: PLC0415 - after the backend is named
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    from tenfold.keras import KerasClassifier, KerasRegressor, cross_val_score  # noqa: PLC0415

    kind = KerasRegressor if case.task == "regression" else KerasClassifier
    estimator = kind(
        getattr(models, case.model),
        epochs=case.epochs,
        batch_size=case.batch,
        random_state=seed,
        verbose=1,
    )
    if case.prepared == "scaled":
        estimator = make_pipeline(StandardScaler(), estimator)
    scoring = "neg_mean_squared_error" if case.task == "regression" else "neg_log_loss"
    pairs, laps = case.pairs(len(target)), Laps()
    started = clock()
    with contextlib.redirect_stdout(laps):
        scores = cross_val_score(estimator, rows, target, cv=pairs, scoring=scoring)
    whole = clock() - started
    return told(whole, case.epochs * laps.epochs().min(axis=0), (-scores).tolist())


def run_table(case: Case, rows: Any, target: NDArray[Any], seed: int) -> Answer:
    """Train all folds at once, by ``tenfold.train``, whose columns enter by their names."""
    import models  # noqa: PLC0415 - after the backend is named

    import tenfold  # noqa: PLC0415

    class Followed(tenfold.Callback):
        """Takes note of epochs, and of decisions: those before models are made, and after."""

        def decided(self, decisions: Any) -> None:  # noqa: ARG002
            times.append(clock())

        def epoch(self, done: int, most: int) -> None:  # noqa: ARG002
            laps.note()

    times: list[NDArray[np.float64]] = []
    laps, table = Laps(), rows.assign(target=target)
    kinds = {
        name: "number" if pd.api.types.is_numeric_dtype(column) else "category"
        for name, column in rows.items()
    }
    run = tenfold.train(
        table,
        "target",
        task=case.task,
        network=getattr(models, case.model),
        folds=case.pairs(len(target)),
        training=tenfold.TrainOptions(epochs=case.epochs, batch_size=case.batch, device="cpu"),
        schema=tenfold.SchemaOptions(kinds=kinds),
        audit="off",
        seed=seed,
        callbacks=Followed(),
        out=None,
    )
    whole = times[-1] - times[0]
    whole[0] = run.metrics["seconds"]["train"]
    metric = "mse" if case.task == "regression" else "log_loss"
    scores = run.metrics["scores"][metric]["per_fold"]
    return told(whole, case.epochs * laps.epochs().min(axis=0), scores)


def told(whole: NDArray[Any], steady: NDArray[Any], scores: list[float]) -> Answer:
    """Return what was measured, as it is printed."""
    return {"whole": whole.tolist(), "steady": steady.tolist(), "scores": scores}


def main() -> None:
    """Run the contender that the command line names."""
    name, contender, backend, seed, data = sys.argv[1:]
    os.environ["KERAS_BACKEND"] = backend
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras  # noqa: PLC0415 - after its backend is named

    if keras.config.backend() != backend:
        raise RuntimeError(f"Keras runs on {keras.config.backend()}")
    case = CASES[name]
    rows, target = case.rows(Path(data))
    run = run_keras
    if contender == "tenfold":
        run = run_table if case.prepared == "named" else run_tenfold
    found = run(case, rows, target, int(seed))
    if name in AGAIN and contender == "tenfold":
        found["again"] = run(case, rows, target, int(seed))["whole"]
    learnt = [len(learn) for learn, _ in case.pairs(len(target))]
    packages = {"tensorflow": "tensorflow-cpu"}
    version = metadata.version(packages.get(backend, backend))
    print("\n" + json.dumps(found | {"rows": learnt[0], "version": version}))


if __name__ == "__main__":
    main()
