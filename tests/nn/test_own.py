"""A user's own module: F of them stacked are F of them apart."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tenfold.errors import NetworkError
from tenfold.nn.feature_layout import FeatureOptions, Layout
from tenfold.nn.features import FoldFeatures
from tenfold.nn.modules import ModuleNetwork
from tenfold.nn.own_modules import load_function, own_network
from tests.engine_tables import linear_module, normed_module

INPUTS, OUTPUTS, ROWS = 4, 3, 10
SEEDS = [11, 22, 33]
NO_CODES = torch.zeros(3, ROWS, 0, dtype=torch.int64)


def own(make: Callable[[int, int], nn.Module], seeds: list[int] = SEEDS) -> ModuleNetwork:
    options = FeatureOptions(style="standard")
    layouts = [Layout(distinct=(0,) * INPUTS)] * len(seeds)
    features = FoldFeatures(INPUTS, (), layouts, (), options, None)
    return own_network(features, OUTPUTS, make, seeds)


def plain(make: Callable[[int, int], nn.Module]) -> list[nn.Module]:
    """Return the modules as a user would make them, one after the other."""
    modules = []
    for seed in SEEDS:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            modules.append(make(INPUTS, OUTPUTS))
    return modules


def some_rows(seed: int = 0) -> Tensor:
    return torch.randn(3, ROWS, INPUTS, generator=torch.Generator().manual_seed(seed))


def normed_without_chance(inputs: int, outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(inputs, 8, bias=False), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, outputs)
    )


class Branching(nn.Module):
    """A module that torch.func cannot run: it asks its values which way to go."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.layer(x)
        return y if x.sum() > 0 else -y


@pytest.mark.parametrize("make", [linear_module, normed_without_chance, Branching])
def test_stacked_modules_answer_and_learn_like_modules_apart(
    make: Callable[[int, int], nn.Module],
) -> None:
    network, modules = own(make), plain(make)
    x, gradient = (
        some_rows(),
        torch.randn(3, ROWS, OUTPUTS, generator=torch.Generator().manual_seed(1)),
    )
    for _ in range(3):
        outputs = network.train_forward(x, NO_CODES)
        network.train_backward(gradient)
        for f, module in enumerate(modules):
            module.train()
            module.zero_grad()
            said = module(x[f])
            said.backward(gradient[f])
            torch.testing.assert_close(outputs[f], said.detach(), rtol=1e-5, atol=1e-6)
            for name, parameter in zip(network._names, network.stacked, strict=True):
                expected = module.get_parameter(name).grad
                torch.testing.assert_close(parameter.grad[f], expected, rtol=1e-4, atol=1e-5)
        assert not torch.allclose(outputs[0], outputs[1])
    for f, module in enumerate(modules):
        module.eval()
        with torch.no_grad():
            torch.testing.assert_close(
                network(x, NO_CODES)[f], module(x[f]), rtol=1e-5, atol=1e-6
            )


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (linear_module, ""),
        (normed_module, "its buffer 1.running_mean changes during training"),
        (
            lambda i, o: nn.Sequential(nn.Dropout(0.5), nn.Linear(i, o)),
            "it draws random numbers during training",
        ),
        (Branching, "torch.func cannot run it: "),
    ],
)
def test_networks_take_turns_only_where_one_call_would_not_do(
    make: Callable[[int, int], nn.Module], reason: str
) -> None:
    turns = own(make).turns
    assert turns.startswith(reason)
    assert bool(turns) == bool(reason)


def test_what_a_network_draws_at_random_does_not_depend_on_those_beside_it() -> None:
    together, alone = own(normed_module), own(normed_module, SEEDS[1:2])
    x = some_rows()
    seen = []
    for _ in range(3):
        outputs = together.train_forward(x, NO_CODES)
        assert torch.equal(outputs[1:2], alone.train_forward(x[1:2], NO_CODES[1:2]))
        seen.append(outputs)
    # Control: draws differ between steps and between networks on the same rows.
    assert not torch.equal(seen[0][1], seen[1][1])
    same = together.train_forward(x[:1].expand(3, -1, -1), NO_CODES)
    assert not torch.allclose(same[0], same[1])


def test_making_and_running_a_network_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    network = own(normed_module)
    network.train_forward(some_rows(), NO_CODES)
    network(some_rows(), NO_CODES)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_frozen_layer_stays_frozen() -> None:
    """``requires_grad`` is the user's way to say what is trained."""

    def make(inputs: int, outputs: int) -> nn.Module:
        module = linear_module(inputs, outputs)
        module[0].requires_grad_(requires_grad=False)
        return module

    network = own(make)
    assert [p.requires_grad for p in network.stacked] == [False, False, True, True]
    trained = [id(p) for group in network.groups() for p in group.parameters]
    assert trained == [id(p) for p in list(network.stacked)[2:]]
    network.train_forward(some_rows(), NO_CODES)
    network.train_backward(torch.ones(3, ROWS, OUTPUTS))
    assert [p.grad is None for p in network.stacked] == [True, True, False, False]


def test_lazy_layers_get_first_weights_of_their_own() -> None:
    network = own(lambda _, outputs: nn.LazyLinear(outputs))
    weight = network.stacked[0]
    assert weight.shape == (3, OUTPUTS, INPUTS)
    assert not torch.allclose(weight[0], weight[1])
    again = own(lambda _, outputs: nn.LazyLinear(outputs))
    assert torch.equal(weight, again.stacked[0])


def test_a_parameter_that_no_output_needs_gets_a_gradient_of_zero() -> None:
    class Spare(nn.Module):
        def __init__(self, inputs: int, outputs: int) -> None:
            super().__init__()
            self.used = nn.Linear(inputs, outputs)
            self.spare = nn.Parameter(torch.ones(2))

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.used(x)
            return y

    network = own(Spare)
    network.train_forward(some_rows(), NO_CODES)
    network.train_backward(torch.ones(3, ROWS, OUTPUTS))
    gradients = dict(zip(network._names, [p.grad for p in network.stacked], strict=True))
    assert (gradients["spare"] == 0).all()
    assert (gradients["used.weight"] != 0).any()


def raising(inputs: int, outputs: int) -> nn.Module:
    raise KeyError("oh")


class RaisingLater(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layer = nn.Linear(inputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        raise KeyError("oh")


def differing() -> Callable[[int, int], nn.Module]:
    sizes = iter((4, 5, 6))

    def make(inputs: int, outputs: int) -> nn.Module:
        width = next(sizes)
        return nn.Sequential(nn.Linear(inputs, width), nn.Linear(width, outputs))

    return make


@pytest.mark.parametrize(
    ("make", "code", "fact"),
    [
        (raising, "N02", "network(4, 3) raised KeyError: 'oh'"),
        (lambda i, o: None, "N02", "network(4, 3) returned a NoneType"),
        (lambda i, o: nn.ReLU(), "N03", "turned 4 rows of 4 numbers into shape (4, 4)"),
        (lambda i, o: nn.Linear(i + 1, o), "N03", "the network raised RuntimeError on 4 rows"),
        (RaisingLater, "N03", "the network raised KeyError on 4 rows: 'oh'"),
        (lambda i, o: nn.Flatten(0), "N03", "into shape (16,)"),
        (lambda i, o: nn.Linear(i, o).requires_grad_(False), "N02", "no parameters to train"),
        (differing(), "N02", "the networks of two folds differ in structure"),
    ],
)
def test_a_function_or_module_that_does_not_do_is_refused(
    make: Callable[[int, int], nn.Module], code: str, fact: str
) -> None:
    with pytest.raises(NetworkError) as caught:
        own(make)
    assert caught.value.code == code
    assert fact in caught.value.fact


def test_a_function_is_found_in_a_file_by_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import torch\ndef net(i, o):\n    return torch.nn.Linear(i, o)\nnumber = 3\n"
    )
    module = load_function(f"{file}:net")(INPUTS, OUTPUTS)
    assert isinstance(module, nn.Linear)
    for source, fact in (
        (f"{file}:nett", "has no function 'nett'"),
        (f"{file}:number", "has no function 'number'"),
        (f"{tmp_path / 'other.py'}:net", "there is no file"),
        ("auton", "'auton' is neither a known network nor FILE.py:FUNCTION"),
        (f"{file}:", "is neither a known network nor FILE.py:FUNCTION"),
    ):
        with pytest.raises(NetworkError) as caught:
            load_function(source)
        assert caught.value.code == "N01"
        assert fact in caught.value.fact
    file.write_text("import nothing_of_that_name\n")
    with pytest.raises(NetworkError) as caught:
        load_function(f"{file}:net")
    assert caught.value.code == "N02"
    assert "raised ModuleNotFoundError" in caught.value.fact
