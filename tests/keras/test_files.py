"""Model files of Keras models: opened anywhere, and never a stranger's code."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tenfold import TenfoldError, TrainOptions, load, train
from tenfold.nn.keras_models.filed import _foreign
from tenfold.run import Run
from tests.keras.models import Doubled, adapted, dropped, keras, layers


def frame(rows: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x = pd.DataFrame({f"x{i}": rng.normal(size=rows) for i in range(4)})
    x["colour"] = rng.choice(["red", "green", "blue"], rows)
    x["y"] = x["x0"] * 3 + (x["colour"] == "red") * 2
    return x


def trained(make: Any, home: Path) -> Run:
    few = TrainOptions(epochs=2)
    return train(frame(), "y", network=make, folds=3, training=few, out=home)


def home_of(run: Run) -> Path:
    assert run.folder is not None
    return run.folder


def by_name(columns: Any) -> Any:
    entering = [
        keras.Input((1,), name=name, dtype="int32" if codes else "float32")
        for name, codes in columns.items()
    ]
    parts = [
        layers.Flatten()(layers.Embedding(columns[one.name], 2)(one))
        if columns[one.name]
        else layers.Normalization()(one)
        for one in entering
    ]
    hidden = layers.Dense(8, activation="relu")(layers.Concatenate()(parts))
    return keras.Model(entering, layers.Dense(1)(hidden))


def of_all(inputs: int) -> Any:
    return keras.Sequential([keras.Input((inputs,)), layers.Dense(4, "relu"), layers.Dense(1)])


def with_normalization(inputs: int) -> Any:
    own = [layers.Normalization(), layers.Dropout(0.1), layers.Dense(1)]
    return keras.Sequential([keras.Input((inputs,)), *own])


@pytest.mark.parametrize("make", [of_all, with_normalization, by_name])
def test_an_opened_model_says_what_it_said(make: Any, tmp_path: Path) -> None:
    run = trained(make, tmp_path)
    assert load(home_of(run)).predict(frame()).equals(run.predict(frame()))


@pytest.mark.slow
def test_a_model_is_opened_on_another_backend_with_the_same_answers(tmp_path: Path) -> None:
    run = trained(by_name, tmp_path)
    frame().to_csv(tmp_path / "rows.csv", index=False)
    said = run.predict(frame())
    subprocess.run(
        [
            sys.executable,
            "-m",
            "tenfold",
            "predict",
            home_of(run),
            "rows.csv",
            "--out",
            "said.csv",
        ],
        env=os.environ | {"KERAS_BACKEND": "torch"},
        cwd=tmp_path,
        check=True,
    )
    elsewhere = pd.read_csv(tmp_path / "said.csv")[said.columns].to_numpy()
    assert np.abs(said.to_numpy() - elsewhere).max() < 1e-5 * np.ptp(said.to_numpy())


def test_a_model_with_a_class_of_its_own_needs_its_function(tmp_path: Path) -> None:
    run = trained(Doubled, tmp_path)
    with pytest.raises(TenfoldError, match="M05"):
        load(home_of(run))
    opened = load(home_of(run), network=Doubled)
    assert opened.predict(frame()).equals(run.predict(frame()))


def test_a_file_that_names_anything_but_keras_is_refused(tmp_path: Path) -> None:
    run = trained(of_all, tmp_path)
    path = home_of(run) / "model.tenfold"
    ran = tmp_path / "ran"
    for name, module, config in [
        ("system", "os", {"command": f"touch {ran}"}),
        ("Lambda", "keras.layers", {"function": {"class_name": "__lambda__"}}),
        ("get_file", "keras.utils", {"fname": "x", "origin": "file:///etc/passwd"}),
    ]:
        _rewrite(path, {"module": module, "class_name": name, "config": config})
        with pytest.raises(TenfoldError, match="M04"):
            load(path)
    assert not ran.exists()


def test_what_keras_itself_has_is_told_from_the_rest() -> None:
    told = json.loads(adapted().to_json()), json.loads(dropped().to_json())
    plain = [one | {"compile_config": None} for one in told]
    assert [_foreign(one) for one in plain] == ["", ""]
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"config": deep}
    assert _foreign(deep)


def test_an_activation_of_the_users_own_is_not_written(tmp_path: Path) -> None:
    def squared(inputs: int) -> Any:
        own = [layers.Dense(3, activation=lambda x: x * x), layers.Dense(1)]
        return keras.Sequential([keras.Input((inputs,)), *own])

    run = trained(squared, tmp_path)
    with zipfile.ZipFile(home_of(run) / "model.tenfold") as archive:
        assert json.loads(archive.read("manifest.json"))["network"]["models"] == [None]
    assert load(home_of(run), network=squared).predict(frame()).equals(run.predict(frame()))


def test_a_model_that_was_returned_before_is_refused(tmp_path: Path) -> None:
    shared = of_all(7)
    own = layers.Dense(1)
    for make in (
        lambda: shared,
        lambda inputs: keras.Sequential([keras.Input((inputs,)), own]),
    ):
        with pytest.raises(TenfoldError, match="N02"):
            trained(make, tmp_path)


def _rewrite(path: Path, layer: dict[str, Any]) -> None:
    """Put a layer into the description that a model file holds."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(parts["manifest.json"])
    told = json.loads(manifest["network"]["models"][0])
    told["config"]["layers"][-1] = layer
    manifest["network"]["models"] = [json.dumps(told)]
    parts["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
