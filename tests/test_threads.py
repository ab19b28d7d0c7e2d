"""Several threads that train and predict at once: each gets what it would get alone."""

import pickle
import random
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import GridSearchCV, cross_val_score
from torch import Tensor, nn

import tenfold
from tenfold import ImageClassifier, TabularRegressor, TrainOptions
from tenfold.locks import OneAtATime
from tenfold.silence import Silence
from tenfold.store.run_config import fingerprint
from tests.engine_pictures import stripes
from tests.engine_tables import houses

THREADS: Final = 3
QUICK: Final[dict[str, Any]] = {"folds": 3, "quality": "fast", "epochs": 2}


class Drawing(nn.Module):
    """Draws from the generators of torch, NumPy and Python in every step of training."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(inputs, 8)
        self.norm = nn.BatchNorm1d(8)
        self.last = nn.LazyLinear(outputs)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(self.layer(x))
        if self.training:
            h = nn.functional.dropout(h, 0.3)
            if random.random() < 0.5:
                h = h + float(np.random.normal())  # noqa: NPY002 - what users write
        out: Tensor = self.last(torch.relu(h))
        return out


def drawing(inputs: int, outputs: int) -> nn.Module:
    return Drawing(inputs, outputs)


def fit_table(network: Any = "auto") -> np.ndarray:
    X = houses(60).drop(columns="price")
    model = TabularRegressor(**QUICK | {"network": network}).fit(X, houses(60)["price"])
    return model.predict(X)


def fit_pictures(**asked: Any) -> np.ndarray:
    X, y = stripes(24)
    return ImageClassifier(folds=2, img_size=32, **asked).fit(X, y).predict_proba(X)


@pytest.mark.parametrize(
    "fit",
    [
        pytest.param(fit_table, id="table"),
        pytest.param(lambda: fit_table(drawing), id="a network of one's own that draws"),
        pytest.param(fit_pictures, id="heads"),
        pytest.param(lambda: fit_pictures(network="scratch", epochs=1), id="scratch"),
    ],
)
def test_the_same_seed_gives_the_same_bits_in_threads(fit: Callable[[], np.ndarray]) -> None:
    alone = fit()
    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(lambda _: fit(), range(THREADS)))
    for answers in found:
        np.testing.assert_array_equal(answers, alone)


def test_training_leaves_the_global_generators_as_they_were() -> None:
    def numbers() -> list[Any]:
        return [torch.rand(2).tolist(), np.random.normal(), random.random()]  # noqa: NPY002

    states = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    first = numbers()
    torch.set_rng_state(states[0])
    np.random.set_state(states[1])  # noqa: NPY002
    random.setstate(states[2])
    fit_table(drawing)
    assert numbers() == first


@pytest.mark.parametrize("network", [drawing, "auto"])
def test_one_model_answers_several_threads_as_it_answers_one(network: Any) -> None:
    """A call puts the numbers of each fold into the same module, one after the other."""
    X = houses(300).drop(columns="price")
    model = TabularRegressor(**QUICK | {"network": network}).fit(X, houses(300)["price"])
    alone = model.predict(X)
    with ThreadPoolExecutor(THREADS) as threads:
        for answers in threads.map(lambda _: model.predict(X), range(8 * THREADS)):
            np.testing.assert_array_equal(answers, alone)


def test_train_gives_each_thread_a_folder_of_its_own_and_loses_none(tmp_path: Path) -> None:
    """The pages of all of them are drawn at once, with logarithmic axes."""

    def train(number: int) -> Path:
        run = tenfold.train(
            houses(60), folds=3, training=TrainOptions(epochs=12), quality="fast", out=tmp_path
        )
        assert run.folder is not None
        return run.folder

    with ThreadPoolExecutor(4) as threads:
        folders = list(threads.map(train, range(4)))
    assert sorted(path.name for path in folders) == [f"table-{k}" for k in range(1, 5)]
    assert len({fingerprint(path / "model.tenfold") for path in folders}) == 1
    pages = [(path / "report.html").read_text(encoding="utf-8") for path in folders]
    assert all(page.count("<svg") == pages[0].count("<svg") > 2 for page in pages)


def test_warnings_are_told_as_before_once_threads_are_through() -> None:
    """With ``catch_warnings`` the last of several threads puts back what another had set."""
    before = list(warnings.filters)
    first, second = threading.Event(), threading.Event()
    silence = Silence()

    def go_in_first_and_come_out_first() -> None:
        with silence:
            first.set()
            second.wait(60)

    other = threading.Thread(target=go_in_first_and_come_out_first)
    other.start()
    first.wait(60)
    with silence:
        second.set()
        other.join()
        assert warnings.filters != before
    assert warnings.filters == before


def test_one_thread_at_a_time_is_inside() -> None:
    alone, inside, most = OneAtATime(), [0], [0]

    def go_in(_: int) -> None:
        with alone, alone:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            sum(range(1_000))
            inside[0] -= 1

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(go_in, range(300)))
    assert most == [1]
    twin = pickle.loads(pickle.dumps(alone))  # noqa: S301 - written in this line
    with alone:
        entered = threading.Event()

        def enter() -> None:
            with twin:
                entered.set()

        threading.Thread(target=enter).start()
        assert entered.wait(60)  # a copy is another one


@pytest.mark.slow
def test_a_search_with_two_jobs_finds_what_one_finds() -> None:
    X, y = houses(60).drop(columns="price"), houses(60)["price"]
    own = TabularRegressor(**QUICK | {"network": drawing})
    alone = GridSearchCV(own, {"epochs": [1, 4]}, cv=2).fit(X, y)
    with joblib.parallel_config("threading"):
        beside = GridSearchCV(own, {"epochs": [1, 4]}, cv=2, n_jobs=2).fit(X, y)
    for name in ("split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(alone.cv_results_[name], beside.cv_results_[name])
    np.testing.assert_array_equal(alone.predict(X), beside.predict(X))
    plain = TabularRegressor(**QUICK)
    scores = [cross_val_score(plain, X, y, cv=2, n_jobs=jobs) for jobs in (1, 2)]
    pd.testing.assert_frame_equal(*(pd.DataFrame(found) for found in scores))
