"""FoldMLP: its hand-written gradients are autograd's, and no network touches another."""

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from tenfold.data.columns.encode import UNSEEN
from tenfold.nn.feature_layout import FeatureOptions, Layout
from tenfold.nn.features import FoldFeatures
from tenfold.nn.mlp import FoldMLP, MLPOptions

LEVELS = (5, 14, 20)  # words of three columns, codes for empty and unseen included
NUMBERS = 3


def make_network(
    folds: int = 3, outputs: int = 2, *, tables: bool = True, **options: object
) -> FoldMLP:
    """Return started networks in double precision, every parameter moved off its start."""
    levels = LEVELS if tables else ()
    features = features_of(folds, levels, flags=(0,), bins=((4, 0.5),))
    network = FoldMLP(features, outputs, MLPOptions(**{"hidden": (7, 6), **options}))
    x, codes = some_rows(network, 40)
    network.start(x.float(), codes, generators(folds))
    network.double()
    noise = torch.Generator().manual_seed(1)
    for parameter in network.parameters():
        parameter.data += 0.1 * torch.randn(
            parameter.shape, generator=noise, dtype=torch.float64
        )
    return network


def features_of(
    folds: int, levels: tuple[int, ...] = (), *, flags: tuple[int, ...] = (), **options: object
) -> FoldFeatures:
    """Return features of folds that saw every word; columns of more than eight have tables."""
    layout = Layout(
        distinct=(50,) * NUMBERS,
        flags=flags,
        categories=tuple((q, tuple(range(1, n))) for q, n in enumerate(levels) if n <= 10),
        tables=tuple(q for q, n in enumerate(levels) if n > 10),
    )
    features = FoldFeatures(NUMBERS, levels, [layout] * folds, (), FeatureOptions(**options), 8)
    for q in range(len(levels)):
        getattr(features, f"seen{q}_FL")[:, 1:] = True
    return features


def generators(folds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(100 + f) for f in range(folds)]


def some_rows(network: FoldMLP, rows: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Return features and codes of made-up rows, the first of them all unseen words."""
    features = network.features
    folds = len(features.center_FP)
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(folds, rows, NUMBERS))
    numbers[:, ::7, 0] = np.nan
    codes = [rng.integers(0, count, (folds, rows)) for count in features.levels]
    stacked = np.stack(codes, axis=-1) if codes else np.zeros((folds, rows, 0), dtype=np.int64)
    stacked[:, 0] = UNSEEN
    codes_FBQ = torch.from_numpy(stacked)
    return features(torch.from_numpy(numbers), codes_FBQ).double(), codes_FBQ


@pytest.mark.parametrize(
    ("activation", "init", "tables"),
    list(product(["relu", "silu"], ["scaled", "keras_normal"], [False, True])),
)
def test_gradients_written_by_hand_are_those_of_autograd(
    activation: str, init: str, tables: bool
) -> None:
    """The control: a gradient of twice the size gives gradients of twice the size."""
    network = make_network(tables=tables, activation=activation, init=init)
    x, codes = some_rows(network, 11)
    gradient = torch.randn(
        3, 11, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64
    )
    names, parameters = zip(*network.named_parameters(), strict=True)

    expected = torch.autograd.grad(network(x, codes), parameters, gradient)
    outputs = network.train_forward(x, codes)
    network.train_backward(gradient.clone())
    found = [parameter.grad.clone() for parameter in parameters]

    torch.testing.assert_close(outputs, network(x, codes).detach(), rtol=1e-12, atol=1e-12)
    for name, one, other in zip(names, found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9, msg=name)
        assert other.abs().max() > 0, name

    # A second step uses the same memory again and must not see the first.
    network.train_forward(x, codes)
    network.train_backward(2 * gradient)
    for parameter, one in zip(parameters, expected, strict=True):
        torch.testing.assert_close(parameter.grad, 2 * one, rtol=1e-9, atol=1e-9)


def test_a_factor_of_zero_gets_a_gradient_of_zero_and_no_division_by_it() -> None:
    network = make_network()
    network.scale_F1I.data[0, 0, 2] = 0.0
    x, codes = some_rows(network, 11)
    network.train_forward(x, codes)
    network.train_backward(torch.ones(3, 11, 2, dtype=torch.float64))
    assert network.scale_F1I.grad[0, 0, 2] == 0
    assert torch.isfinite(network.scale_F1I.grad).all()
    assert network.scale_F1I.grad[1, 0, 2] != 0


def test_no_network_reaches_into_another() -> None:
    """Rows and gradients of network 1 are changed; outputs and gradients of 0 and 2 are not."""
    network = make_network()
    x, codes = some_rows(network, 11)
    gradient = torch.ones(3, 11, 2, dtype=torch.float64)

    def step() -> tuple[Tensor, list[Tensor]]:
        outputs = network.train_forward(x, codes).clone()
        network.train_backward(gradient.clone())
        return outputs, [p.grad.clone() for p in network.parameters()]

    outputs, gradients = step()
    x[1] += 1.0
    codes[1] = codes[1].roll(1, dims=0)
    gradient[1] *= -3.0
    outputs_after, gradients_after = step()
    assert torch.equal(outputs[[0, 2]], outputs_after[[0, 2]])
    assert not torch.allclose(outputs[1], outputs_after[1])
    for before, after in zip(gradients, gradients_after, strict=True):
        assert torch.equal(before[[0, 2]], after[[0, 2]])
        assert not torch.equal(before[1], after[1])


@pytest.mark.parametrize("init", ["scaled", "keras_normal"])
def test_the_first_weights_of_a_network_do_not_depend_on_those_beside_it(init: str) -> None:
    many, one = (
        FoldMLP(
            features_of(folds, LEVELS),
            2,
            MLPOptions(hidden=(7,), init=init),
        )
        for folds in (3, 1)
    )
    x, codes = some_rows(many, 40)
    many.start(x.float(), codes, generators(3))
    one.start(x[2:].float(), codes[2:], generators(3)[2:])
    for p_many, p_one in zip(many.parameters(), one.parameters(), strict=True):
        torch.testing.assert_close(p_many[2:], p_one, rtol=1e-5, atol=1e-6)
    assert not torch.allclose(many.weights[0][0], many.weights[0][2])


def test_scaled_units_vary_by_one_over_the_first_rows_and_bend_at_one_of_them() -> None:
    features = features_of(2, LEVELS, bins=((4, 0.5),))
    network = FoldMLP(features, 2, MLPOptions(hidden=(30, 20)))
    x, codes = some_rows(network, 200)
    network.start(x.float(), codes, generators(2))
    network.train_forward(x.float(), codes)
    for sums in [layer.sums_FBO for layer in network._steps._layers[:-1]]:
        torch.testing.assert_close(sums.std(dim=1, correction=0), torch.ones(2, sums.shape[2]))
        # Bent at a row: the sum is zero there.
        assert (sums.abs().amin(dim=1) < 1e-5).all()
    last = network.train_forward(x.float(), codes)
    torch.testing.assert_close(last.std(dim=1, correction=0), torch.ones(2, 2))


def test_keras_normal_starts_with_deviation_005_and_biases_of_zero() -> None:
    features = features_of(4, style="raw")
    network = FoldMLP(
        features, 1, MLPOptions(hidden=(500,), activation="relu", init="keras_normal")
    )
    x, codes = torch.zeros(4, 2, NUMBERS), torch.zeros(4, 2, 0, dtype=torch.int64)
    network.start(x, codes, generators(4))
    assert all((bias == 0).all() for bias in network.biases)
    first = network.weights[0].data
    assert float(first[:, :NUMBERS].std()) == pytest.approx(0.05, rel=0.05)
    assert float(first[:, :NUMBERS].mean()) == pytest.approx(0, abs=0.003)
    assert (first[:, NUMBERS:] == 0).all()  # what no network has says nothing
    assert [len(group.parameters) for group in network.groups()] == [4]


@pytest.mark.parametrize("outputs", [1, 2, 3, 5, 16, 17])
def test_prediction_with_any_number_of_outputs_is_the_product_itself(outputs: int) -> None:
    """Products of few columns are filled up to whole vectors; the fill must not be seen."""
    network = make_network(outputs=outputs)
    x, codes = some_rows(network, 11)
    torch.testing.assert_close(
        network(x, codes).detach(), network.train_forward(x, codes), rtol=1e-12, atol=1e-12
    )
    assert network(x, codes).shape == (3, 11, outputs)


def test_every_parameter_is_in_one_group() -> None:
    for options in ({}, {"init": "keras_normal"}):
        network = make_network(**options)
        grouped = [id(p) for group in network.groups() for p in group.parameters]
        assert sorted(grouped) == sorted(id(p) for p in network.parameters())
