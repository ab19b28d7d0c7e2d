"""What networks for pictures look at: the tutorial's layers, and heat maps at the cause."""

import json
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

import tenfold
from tenfold import Run
from tenfold.errors import TenfoldError
from tenfold.kinds.images.explain.image_explanation import ImageExplanation
from tenfold.kinds.images.explain.ladder import ladders_of
from tenfold.kinds.images.explain.looking import (
    filters_of,
    heatmap_of,
    layers_of,
    maps_of,
    picture_of,
)
from tenfold.nn.blend import Blend
from tenfold.nn.head import FoldHead
from tests.cli.conftest import run_tenfold
from tests.engine_options import asked
from tests.engine_pages import Page, loads_nothing
from tests.engine_pictures import blending

__all__ = ["run_tenfold"]

SIDE, SPOT = 96, 32
NETWORKS: Final[dict[str, dict[str, Any]]] = {
    "pretrained": {"network": "pretrained"},
    "best": {"network": "auto", "quality": "best", "epochs": 6},
    "tutorial": {"network": "tutorial", "epochs": 8},
    "scratch": {"network": "scratch", "epochs": 6},
    "fine-tuned": {"network": "pretrained", "quality": "best", "epochs": 1},
    "own": {"network": lambda shape, outputs: pooled_module(outputs), "epochs": 40},
}


def pooled_module(outputs: int) -> nn.Module:
    """Return a user's network that finds something wherever it lies."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 5, stride=2), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, outputs),
    )  # fmt: skip


def spots(home: Path, count: int = 60) -> dict[str, tuple[int, int]]:
    """Write pictures with a checkered spot somewhere and without; return where spots are."""
    rng, found = np.random.default_rng(0), {}
    for number in range(count):
        pixels = rng.integers(90, 130, (SIDE, SIDE, 3)).astype(np.uint8)
        name = f"{('plain', 'spot')[number % 2]}/{number:03}.png"
        if number % 2:
            left, top = (int(at) for at in rng.integers(0, SIDE - SPOT, 2))
            checks = np.indices((SPOT, SPOT)).sum(axis=0) // 4 % 2 * 255
            pixels[top : top + SPOT, left : left + SPOT] = checks[..., None]
            found[name] = (left, top)
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(home / name)
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def places(home: Path) -> dict[str, tuple[int, int]]:
    return spots(home / "spots")


@pytest.fixture(scope="module")
def runs(home: Path, places: dict[str, tuple[int, int]]) -> Callable[[str], Run]:
    """Return what trains a network once."""
    done: dict[str, Run] = {}

    def train(name: str) -> Run:
        if name not in done:
            options = NETWORKS[name]
            with blending() if name == "blend" else nullcontext():
                done[name] = tenfold.train(
                    home / "spots", **asked(folds=2, out=home / "runs", **options)
                )
        return done[name]

    return train


def squares(run: Run) -> dict[str, NDArray[np.uint8]]:
    """Return pictures as the network reads them, by their files."""
    study: Any = run.study
    pictures = study.data
    return {
        file: pictures.cache[at] for file, at in zip(pictures.files, pictures.at, strict=True)
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_the_heatmap_lies_where_the_cause_is(
    name: str, runs: Callable[[str], Run], places: dict[str, tuple[int, int]]
) -> None:
    run = runs(name)
    model: Any = run.model
    inside, outside = [], []
    for file, (left, top) in list(places.items())[:12]:
        heatmap = torch.tensor(heatmap_of(model, squares(run)[file], 1))
        assert heatmap.min() >= 0
        assert heatmap.max() <= 1 + 1e-6
        large = torch.nn.functional.interpolate(
            heatmap[None, None], (SIDE, SIDE), mode="bilinear"
        )
        mask = np.zeros((SIDE, SIDE), dtype=bool)
        mask[top : top + SPOT, left : left + SPOT] = True
        inside.append(large[0, 0].numpy()[mask].mean())
        outside.append(large[0, 0].numpy()[~mask].mean())
    assert np.mean(inside) > 2 * np.mean(outside)


def test_the_layers_of_the_tutorials_network_are_those_of_the_tutorial(
    runs: Callable[[str], Run],
) -> None:
    model: Any = runs("tutorial").model
    layers = layers_of(model)
    assert [(one.width, one.height, one.depth) for one in layers] == [
        (62, 62, 32), (62, 62, 32), (31, 31, 32), (1, 1, 30_752), (1, 1, 128), (1, 1, 128),
        (1, 1, 1),
    ]  # fmt: skip
    assert sum(one.parameters for one in layers) == 3_937_409
    assert filters_of(model).shape == (32, 3, 3, 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_a_ladder_answers_as_the_network_does(name: str, runs: Callable[[str], Run]) -> None:
    """What is looked at is the network that answers, but for the type of its products."""
    run = runs(name)
    model: Any = run.model
    pixels = next(iter(squares(run).values()))
    said = run.predict(pixels[None])["probability spot"].iloc[0]
    x_B3SS = picture_of(pixels, model)
    with torch.no_grad():
        outputs = [one.ladder(x_B3SS) for one in ladders_of(model)]
    if isinstance(model.network, Blend):  # heads first, then the networks beside each
        heads, *beside = outputs
        for step in model.network.steps:
            weight_F211 = step.weight_F2[..., None, None]
            own, beside = beside[: step.shared], beside[step.shared :]
            heads = heads * weight_F211[:, 0] + torch.stack(own) * weight_F211[:, 1]
        outputs = list(heads)
    if isinstance(model.network, FoldHead):  # there it is the mean of all heads' outputs
        outputs = [outputs[0]] * len(model.target.mean_F)
        assert (model.target.answers(torch.stack(outputs)).mean(0)[0, 1] > 0.5) == (said > 0.5)
        return
    odds = model.target.answers(torch.stack(outputs)).mean(dim=0)[0, 1].item()
    assert odds == pytest.approx(said, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_maps_go_from_large_to_small(name: str, runs: Callable[[str], Run]) -> None:
    run = runs(name)
    model: Any = run.model
    found = list(maps_of(model, next(iter(squares(run).values()))).values())
    sizes = [maps.shape[1] for maps in found]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)
    assert all(np.isfinite(maps).all() for maps in found)


def test_filters_are_colours_around_grey(runs: Callable[[str], Run]) -> None:
    model: Any = runs("tutorial").model
    filters = filters_of(model)
    assert filters.min() >= 0
    assert filters.max() <= 1
    assert np.abs(filters - 0.5).max(axis=(1, 2, 3)) == pytest.approx(0.5)


def test_the_command_tells_and_keeps_it(
    runs: Callable[[str], Run], home: Path, run_tenfold: Callable[..., tuple[int, str, str]]
) -> None:
    folder = runs("tutorial").folder
    assert folder is not None
    broken = home / "broken.png"
    broken.write_bytes(b"no image")
    spot = home / "spots" / "spot" / "001.png"
    code, out, err = run_tenfold("explain", folder, spot, broken, "--quiet")
    assert code == 0
    assert "62 x 62 x 32, 896" in out
    assert "001.png: spot" in out
    assert "broken.png" in err
    found = json.loads((folder / "explain" / "explain.json").read_text(encoding="utf-8"))
    names = {f"{sheet['name']}.png" for sheet in found["sheets"]} | {"explain.json"}
    assert names == {path.name for path in (folder / "explain").iterdir()}
    for name in names - {"explain.json"}:
        with Image.open(folder / "explain" / name) as picture:
            assert min(picture.size) > 1
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert loads_nothing(text)
    assert "evidence for spot" in Page(text).text
    assert "62 x 62 x 32" in Page(text).text


def test_an_explanation_comes_back_from_its_folder(
    runs: Callable[[str], Run], home: Path, tmp_path: Path
) -> None:
    run = runs("tutorial")
    assert run.folder is not None
    copy = tmp_path / "copy"
    shutil.copytree(run.folder, copy)
    loaded = tenfold.load(copy)
    found = loaded.explain(home / "spots" / "spot" / "001.png", of_class="plain")
    assert isinstance(found, ImageExplanation)
    assert set(found.pictures[0].heatmap) == {"plain"}
    loaded.keep_explanation(found)
    back = tenfold.load(copy)._findings().explanation
    assert isinstance(back, ImageExplanation)
    assert back.to_dict() == found.to_dict()
    assert [sheet.png for sheet in back.sheets] == [sheet.png for sheet in found.sheets]


def test_what_does_not_fit_is_refused(runs: Callable[[str], Run]) -> None:
    run = runs("tutorial")
    for given in ({"of_class": "cat"}, {"inputs": pd.DataFrame({"x": [1]})}):
        with pytest.raises(TenfoldError) as caught:
            run.explain(**given)
        assert caught.value.code in {"U01", "P05"}
