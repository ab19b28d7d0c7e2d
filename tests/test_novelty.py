"""Pictures unlike those of training, as a user asks about them."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from numpy.typing import NDArray
from PIL import Image

import tenfold
from tenfold.cli.views import app
from tenfold.exported import Exported
from tenfold.kinds.images.image_service import ImageService
from tenfold.run import Run
from tenfold.store.archive import save_model
from tenfold.store.members import WEIGHTS
from tests.engine_pictures import stripes
from tests.store.test_archive import parts_of, refused, write_parts

SIDE = 64


def written(home: Path, pictures: NDArray[np.uint8], labels: NDArray[Any]) -> Path:
    for at, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        place = home / str(label)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).resize((SIDE, SIDE)).save(place / f"{at:03}.png")
    return home


def letters(count: int) -> NDArray[np.uint8]:
    """Return black discs on white: nothing that the network has seen."""
    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    radius = np.linspace(5, 25, count)[:, None, None]
    inside = (x - SIDE / 2) ** 2 + (y - SIDE / 2) ** 2 < radius**2
    return np.where(inside, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=-1)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    home = tmp_path_factory.mktemp("novelty")
    X, label = stripes(60)
    training = tenfold.TrainOptions(network="pretrained", img_size=SIDE)
    folder = written(home / "stripes", X, np.where(label == 1, "one", "zero"))
    return tenfold.train(folder, folds=3, training=training, audit="off", out=home / "runs")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("odd")
    return written(home, letters(10), np.array(["discs"] * 10)) / "discs"


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    X, _ = stripes(90)
    return written(tmp_path_factory.mktemp("usual"), X[60:], np.array(["new"] * 30)) / "new"


def test_each_answer_says_how_new_its_picture_is(run: Run, odd: Path, usual: Path) -> None:
    said = run.predict(odd)
    assert said.columns.tolist() == [
        "prediction",
        "probability one",
        "probability zero",
        "novelty",
    ]
    assert (said["novelty"] > 1).all()
    assert (run.predict(usual)["novelty"] > 1).mean() < 0.2  # the limit is that of 60
    assert run.predict_proba(odd).columns.tolist() == ["one", "zero"]


def test_a_saved_model_says_the_same(run: Run, odd: Path) -> None:
    assert run.folder is not None
    again = tenfold.load(run.folder).predict(odd)
    assert again["novelty"].tolist() == run.predict(odd)["novelty"].tolist()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda centres: centres[:0],
        lambda centres: centres[:, :0],
        lambda centres: centres[:, 1:],
        lambda centres: centres[0],
        lambda centres: centres.new_zeros((0, 10**11)),
    ],
)
def test_a_measure_that_cannot_be_one_is_refused(
    run: Run, tmp_path: Path, spoil: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    """An empty tensor takes no bytes, whatever side it claims."""
    path = tmp_path / "model.tenfold"
    save_model(run.model, path)
    parts = parts_of(path)
    tensors = safetensors.torch.load(parts[WEIGHTS])
    tensors["novelty.centres_KZ"] = spoil(tensors["novelty.centres_KZ"]).contiguous()
    write_parts(path, parts | {WEIGHTS: safetensors.torch.save(tensors)})
    with refused("M04", path):
        tenfold.load(path)


def test_a_model_of_before_says_nothing_of_it(run: Run, odd: Path) -> None:
    encoder = dataclasses.replace(run.model.encoder, novelty=None)
    before = dataclasses.replace(run.model, encoder=encoder)
    said = dataclasses.replace(run, model=before).predict(odd)
    assert "novelty" not in said


def test_the_command_names_the_pictures(
    run: Run, odd: Path, usual: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app(["predict", str(run.folder), str(odd)], standalone_mode=False)
    told = capsys.readouterr()
    assert "10 of 10 images are unlike those of training (novelty above 1)" in told.err
    assert "and 7 more, in the column novelty" in told.err
    assert told.out.splitlines()[0].endswith(",novelty")
    novelty = run.predict(usual)["novelty"]
    alike = [str(name) for name in novelty.index[novelty <= 1]]
    app(["predict", str(run.folder), *alike], standalone_mode=False)
    assert "unlike" not in capsys.readouterr().err
    mixed = [*alike[:3], next(odd.iterdir())]
    app(["predict", str(run.folder), *map(str, mixed)], standalone_mode=False)
    assert "1 of 4 images is unlike those of training" in capsys.readouterr().err
    app(["predict", str(run.folder), str(odd), "--json"], standalone_mode=False)
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert all(row["novelty"] > 1 for row in rows)


def test_exported_files_and_servers_say_the_same(run: Run, odd: Path, tmp_path: Path) -> None:
    file = Exported.open(run.export(tmp_path / "model.onnx").path)
    assert file.outputs == ("probabilities", "heat", "novelty")
    service = ImageService(file)
    pictures = run.read(odd)
    feeds = {"pixels": pictures.cache[pictures.at]}
    answers = service.answers_of(file.ask(feeds, service.outputs))
    found = [one["novelty"] for one in answers]
    np.testing.assert_allclose(found, run.predict(odd)["novelty"], rtol=0.05)  # bfloat16
    assert "novelty" in service.example()
    schema = service.answer_schema({"properties": {}, "required": []})
    assert "novelty" in schema["anyOf"][0]["properties"]


def test_networks_without_a_backbone_say_nothing_of_it() -> None:
    X, label = stripes(40)
    model = tenfold.ImageClassifier(folds=2, network="tutorial", epochs=1, img_size=32)
    model.fit(X, label)
    assert model.model_.encoder.novelty is None
