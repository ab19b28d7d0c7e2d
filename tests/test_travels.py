"""Fitted estimators, models and runs that are copied, written and sent to other processes."""

import copy
import io
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cloudpickle
import joblib
import numpy as np
import pytest
from sklearn.base import clone

import tenfold
from tenfold import ImageClassifier, Run, TabularClassifier, TabularRegressor
from tests.engine_options import asked
from tests.engine_pictures import drawing_module, stripes, write_folder
from tests.engine_tables import houses, linear_module, normed_module

ROOT: Final = Path(__file__).parents[1]
QUICK: Final[dict[str, Any]] = {"folds": 3, "epochs": 2}
SMALL: Final[dict[str, Any]] = {"folds": 2, "img_size": 32}
FRAME: Final = houses(60).drop(columns="price")
PRICE: Final = houses(60)["price"]
PICTURES, CLASSES = stripes(24)

FITTED: Final[dict[str, Callable[[], Any]]] = {
    "regressor": lambda: TabularRegressor(**QUICK).fit(FRAME, PRICE),
    "classifier": lambda: TabularClassifier(**QUICK).fit(FRAME, PRICE.gt(PRICE.median())),
    "tutorial": lambda: TabularRegressor(**QUICK, network="tutorial").fit(
        FRAME[["rooms"]], PRICE
    ),
    "own": lambda: TabularRegressor(**QUICK, network=linear_module).fit(FRAME, PRICE),
    "own in turns": lambda: TabularRegressor(**QUICK, network=normed_module).fit(FRAME, PRICE),
    "heads": lambda: ImageClassifier(**SMALL).fit(PICTURES, CLASSES),
    "scratch": lambda: ImageClassifier(**SMALL, network="scratch", epochs=1).fit(
        PICTURES, CLASSES
    ),
    "fine-tuned": lambda: ImageClassifier(
        **SMALL, network="pretrained", quality="best", epochs=1
    ).fit(PICTURES, CLASSES),
    "own for images": lambda: ImageClassifier(**SMALL, network=drawing_module, epochs=1).fit(
        PICTURES, CLASSES
    ),
}
PROGRAM: Final = """
import joblib, pickle, sys
answers = {}
for name, rows in joblib.load(sys.argv[1]).items():
    for way in ("pickle", "joblib"):
        file = f"{sys.argv[2]}/{name}.{way}"
        model = joblib.load(file) if way == "joblib" else pickle.load(open(file, "rb"))
        answers[name, way] = getattr(model, "predict_proba", model.predict)(rows)
joblib.dump(answers, sys.argv[1])
"""


def rows_of(name: str) -> Any:
    if "pictures" in name or "images" in name or name in {"heads", "scratch", "fine-tuned"}:
        return PICTURES
    return FRAME[["rooms"]] if name == "tutorial" else FRAME


def said(model: Any, rows: Any) -> np.ndarray:
    return np.asarray(getattr(model, "predict_proba", model.predict)(rows))


@pytest.mark.slow
def test_fitted_estimators_answer_the_same_wherever_they_are(tmp_path: Path) -> None:
    """Copied, and read by another process, before and after they have predicted."""
    wanted = {}
    for name, fitted in FITTED.items():
        model, rows = fitted(), rows_of(name)
        never_asked = pickle.dumps(model)
        wanted[name] = said(model, rows)
        for twin in (copy.deepcopy(model), pickle.loads(never_asked)):  # noqa: S301 - ours
            assert np.array_equal(said(twin, rows), wanted[name]), name
        (tmp_path / f"{name}.pickle").write_bytes(pickle.dumps(model))
        joblib.dump(model, tmp_path / f"{name}.joblib")
        again = clone(model)
        assert not hasattr(again, "model_")
        assert again.get_params() == model.get_params()
    rows = tmp_path / "rows"
    joblib.dump({name: rows_of(name) for name in FITTED}, rows)
    subprocess.run([sys.executable, "-c", PROGRAM, rows, tmp_path], cwd=ROOT, check=True)
    answers = joblib.load(rows)
    assert len(answers) == 2 * len(FITTED)
    for (name, way), found in answers.items():
        assert np.array_equal(found, wanted[name]), (name, way)


def test_a_copy_of_networks_for_pictures_holds_their_numbers_once() -> None:
    """Threads have a module each, whose numbers are put in anew for each call."""
    model = FITTED["scratch"]()
    numbers = sum(t.numel() for t in model.model_.network.state_dict().values())
    assert len(pickle.dumps(model)) < 4 * numbers * 2
    assert len(model.model_.network._module) > 1
    assert len(copy.deepcopy(model).model_.network._module) == len(model.model_.network._module)


def test_a_run_its_model_and_its_study_are_copied_too(tmp_path: Path) -> None:
    for data, options in ((houses(60), {"quality": "fast"}), (pictures_in(tmp_path), SMALL)):
        run = tenfold.train(data, **asked(**QUICK | options | {"out": tmp_path / "runs"}))
        rows = run.study.data
        wanted = run.predict(rows)
        for one in (run, tenfold.load(run.folder)):
            twin = pickle.loads(pickle.dumps(one))  # noqa: S301 - written in this line
            assert isinstance(twin, Run)
            assert twin.predict(rows).equals(wanted)
            assert copy.deepcopy(one).predict(rows).equals(wanted)


def pictures_in(folder: Path) -> Path:
    return write_folder(folder / "stripes", 24)


def test_a_network_that_has_no_name_is_told_by_pickle_and_taken_by_cloudpickle() -> None:
    nameless = TabularRegressor(**QUICK, network=lambda i, _: linear_module(i, 1))
    nameless.fit(FRAME, PRICE)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(nameless)
    file = io.BytesIO(cloudpickle.dumps(nameless))
    twin = pickle.load(file)  # noqa: S301 - written in the line before
    assert np.array_equal(twin.predict(FRAME), nameless.predict(FRAME))
