"""The fused backbone says what the plain one says."""

import pytest
import torch
from torch.nn import functional

from tenfold.nn.backbones import LITE0, Backbone, empty_backbone, load_backbone
from tenfold.nn.efficientnet import EfficientNetLite, summed_to
from tenfold.nn.fused import FusedEfficientNet
from tenfold.nn.kernels import has_fused_kernels

pytestmark = pytest.mark.skipif(
    not has_fused_kernels(), reason="this torch has no such kernels"
)


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    return load_backbone()


def pictures(side: int, count: int = 3) -> torch.Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("side", [64, 75, 96])
def test_fused_features_equal_plain_ones(backbone: Backbone, side: int) -> None:
    """Odd sides are padded on two sides by turns, even ones on one."""
    body = backbone.body
    assert isinstance(body, EfficientNetLite)
    x = pictures(side)
    with torch.no_grad():
        plain = body.eval()(x)
        torch.testing.assert_close(
            FusedEfficientNet(body, torch.float32)(x), plain, rtol=1e-3, atol=1e-4
        )
        halved = FusedEfficientNet(body, torch.bfloat16)(x)
    assert (halved - plain).norm() < 0.15 * plain.norm()
    assert not torch.allclose(FusedEfficientNet(body, torch.float32)(x.flip(-1)), plain)


@pytest.mark.parametrize("blocks", [0, 5, 16])
def test_a_network_is_its_front_and_its_back(backbone: Backbone, blocks: int) -> None:
    body = backbone.body
    assert isinstance(body, EfficientNetLite)
    x = pictures(64)
    with torch.no_grad():
        front = FusedEfficientNet(body.eval(), torch.float32).front(x, blocks)
        torch.testing.assert_close(body.back(front, blocks), body(x), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_pictures_and_none_are_answered(backbone: Backbone, count: int) -> None:
    """A batch that is cut in two may leave a part empty."""
    body = backbone.body
    assert isinstance(body, EfficientNetLite)
    x = pictures(64, count)
    with torch.no_grad():
        plain = body.eval()(x)
        fused = FusedEfficientNet(body, torch.float32)(x)
    torch.testing.assert_close(fused, plain, rtol=1e-3, atol=1e-4)


def test_an_unknown_backbone_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no backbone 'resnet'"):
        empty_backbone("resnet")
    assert empty_backbone(LITE0, in_grid=False).width == 1280
    assert empty_backbone(LITE0).width == 1280 + 9 * (112 + 192)


@pytest.mark.parametrize("side", [64, 75, 32])
def test_features_in_a_grid_are_means_of_maps_over_its_cells(
    backbone: Backbone, side: int
) -> None:
    """Torch's own pooling says what cells are, where sides cannot be cut evenly too."""
    body = backbone.body
    assert isinstance(body, EfficientNetLite)
    x = pictures(side)
    with torch.no_grad():
        whole, grids = body.eval().with_grids(x)
        expected = [
            functional.adaptive_avg_pool2d(body.front(x, blocks), 3).flatten(1)
            for blocks in body.gridded
        ]
        fused_whole, fused_grids = FusedEfficientNet(body, torch.float32).with_grids(x)
    torch.testing.assert_close(grids, torch.cat(expected, dim=1), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(whole, body(x).detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(fused_whole, whole, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(fused_grids, grids, rtol=1e-3, atol=1e-3)


def test_what_is_summed_to_fewer_places_keeps_its_sum() -> None:
    maps = torch.rand(2, 12, 9)
    assert summed_to(maps, (6, 3)).shape == (2, 6, 3)
    torch.testing.assert_close(summed_to(maps, (6, 3)).sum(), maps.sum())
