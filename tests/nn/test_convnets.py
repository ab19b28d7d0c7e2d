"""Networks for pictures: the tutorial's is the tutorial's, ours do what they say."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from tenfold.nn.backbones import load_backbone
from tenfold.nn.convnets import FineTuned, Flatten, ScratchClassifier, TutorialClassifier
from tenfold.nn.modules import ModuleNetwork


def test_the_tutorials_layers_have_its_shapes_and_its_number_of_parameters() -> None:
    """Keras' summary of the same network: 62x62x32, 31x31x32, 30,752, 128, 1."""
    network = TutorialClassifier(64, 2, one_unit=True)
    h = torch.zeros(1, 3, 64, 64)
    shapes = []
    for layer in network.layers:
        h = layer(h)
        shapes.append(tuple(h.shape[1:]))
    assert shapes == [
        (32, 62, 62), (32, 62, 62), (32, 31, 31), (30752,), (128,), (128,), (1,),
    ]  # fmt: skip
    counts = [sum(p.numel() for p in layer.parameters()) for layer in network.layers]
    assert counts == [896, 0, 0, 0, 3_936_384, 0, 129]
    assert sum(counts) == 3_937_409


def test_one_unit_and_a_sigmoid_are_two_classes() -> None:
    network = TutorialClassifier(16, 2, one_unit=True)
    x = torch.rand(5, 3, 16, 16)
    chances = torch.softmax(network(x), dim=1)[:, 1]
    torch.testing.assert_close(chances, torch.sigmoid(network.layers(x))[:, 0])
    assert TutorialClassifier(16, 3)(x).shape == (5, 3)


def test_first_weights_are_keras_own() -> None:
    network = TutorialClassifier(64, 2, one_unit=True)
    dense = network.layers[4].requires_grad_(False)
    assert isinstance(dense, nn.Linear)
    limit = (6 / (30752 + 128)) ** 0.5
    assert dense.weight.abs().max() <= limit
    assert dense.weight.std() == pytest.approx(limit / 3**0.5, rel=0.01)
    assert not dense.bias.any()


def test_the_first_layer_of_the_scratch_network_whitens_patches() -> None:
    rng = np.random.default_rng(0)
    smooth = nn.functional.interpolate(
        torch.from_numpy(rng.random((40, 3, 12, 12), dtype=np.float32)), 48, mode="bicubic"
    )
    network = ScratchClassifier(2)
    network.estimate(smooth)
    scaled = (smooth - network.center_311) * network.scale_311
    conv = network.whiten
    found = nn.functional.conv2d(scaled, conv.weight, stride=4).transpose(0, 1).flatten(1)
    half = found[: len(found) // 2]
    torch.testing.assert_close(found[len(found) // 2 :], -half)
    strong = half.var(dim=1) > 0.5  # directions that hold more than noise
    assert strong.sum() >= 3
    off_diagonal = torch.corrcoef(half[strong]) - torch.eye(int(strong.sum()))
    assert off_diagonal.abs().max() < 0.05


@pytest.mark.parametrize("side", [32, 48, 65])
def test_a_scratch_network_takes_pictures_of_any_side(side: int) -> None:
    assert ScratchClassifier(4).eval()(torch.zeros(2, 3, side, side)).shape == (2, 4)


@pytest.mark.parametrize("make", [lambda: ScratchClassifier(2), lambda: tuned(0)])
def test_outside_of_training_a_picture_and_its_mirror_image_are_one(
    make: Callable[[], nn.Module],
) -> None:
    network = make().eval()
    x = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(network(x), network(x.flip(-1)), rtol=1e-3, atol=1e-4)


def tuned(frozen: int) -> FineTuned:
    network = FineTuned(load_backbone(), 2, frozen=frozen)
    nn.init.normal_(network.head.weight, std=0.1, generator=torch.Generator().manual_seed(0))
    return network


def test_frozen_blocks_stay_and_the_others_learn() -> None:
    network = tuned(5).train()
    network(torch.rand(2, 3, 64, 64)).sum().backward()
    learnt = {name for name, p in network.named_parameters() if p.grad is not None}
    trained = {name for name, p in network.named_parameters() if p.requires_grad}
    assert learnt == trained
    assert not any(name.startswith("body._blocks.4.") for name in trained)
    assert any(name.startswith("body._blocks.5.") for name in trained)
    held = sum(p.numel() for p in network.parameters() if not p.requires_grad)
    assert held < 0.02 * sum(p.numel() for p in network.parameters())


def test_a_batch_in_parts_has_the_gradients_of_a_whole() -> None:
    """Parts run in threads; without batch norms they change nothing but rounding."""
    modules = [TutorialClassifier(12, 3) for _ in range(2)]
    x, gradient = torch.rand(2, 9, 3, 12, 12), torch.randn(2, 9, 3)
    grads = []
    for parts in (1, 2):
        network = ModuleNetwork(modules, [1, 2], turns="yes", parts=parts)
        network.train_forward(x, torch.zeros(2, 9, 0))
        network.train_backward(gradient)
        grads.append([p.grad.clone() for p in network.stacked])
    for one, other in zip(*grads, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def test_no_part_of_a_batch_is_empty() -> None:
    """A single row is one part, whatever the number of parts that a batch is cut into."""
    seen: list[int] = []

    class Counting(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(len(x))
            return super().forward(x)

    modules = [Counting(3, 2), Counting(3, 2)]
    network = ModuleNetwork(modules, [1, 2], turns="yes", parts=2)
    x = torch.rand(2, 1, 3)
    with torch.no_grad():
        answers = network(x, torch.zeros(2, 1, 0, dtype=torch.int64))
    assert seen == [1, 1]
    expected = torch.stack([module(x_B) for module, x_B in zip(modules, x, strict=True)])
    torch.testing.assert_close(answers, expected)


def test_running_means_are_those_of_all_parts() -> None:
    modules = [nn.Sequential(nn.BatchNorm2d(3), nn.Flatten(), nn.LazyLinear(2))]
    modules[0](torch.zeros(2, 3, 4, 4))
    network = ModuleNetwork(modules, [1], turns="yes", parts=2)
    x = torch.rand(1, 8, 3, 4, 4)
    network.train_forward(x, torch.zeros(1, 8, 0))
    network.train_backward(torch.zeros(1, 8, 2))
    mean = network.state_dict()["buffer0"][0]
    before = modules[0][0].get_buffer("running_mean")
    assert not torch.equal(mean, before)
    seen = x[0].mean(dim=(0, 2, 3))
    step = (mean - before) / (seen - before)
    torch.testing.assert_close(step, torch.full((3,), 0.1), rtol=1e-3, atol=1e-4)


def test_products_in_bfloat16_have_the_gradients_of_autocast() -> None:
    torch.manual_seed(0)
    plain = TutorialClassifier(16, 2, one_unit=True)
    network = ModuleNetwork([plain], [1], turns="yes", precision=torch.bfloat16)
    x, gradient = torch.rand(1, 9, 3, 16, 16), torch.randn(1, 9, 2)
    found = network.train_forward(x, torch.zeros(1, 9, 0))
    network.train_backward(gradient)
    with torch.autocast("cpu", torch.bfloat16):
        wanted = plain(x[0]).float()
    assert torch.equal(found[0], wanted)
    gradients = torch.autograd.grad(wanted, list(plain.parameters()), gradient[0])
    for memory, own in zip(network.stacked, gradients, strict=True):
        assert torch.equal(memory.grad[0], own)


def test_pixels_are_flattened_in_the_order_of_keras() -> None:
    x = torch.arange(24.0).view(1, 2, 3, 4)  # 2 channels of 3 x 4
    found = Flatten()(x)[0]
    assert found[:4].tolist() == [0.0, 12.0, 1.0, 13.0]
