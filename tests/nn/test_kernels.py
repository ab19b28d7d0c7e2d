"""Kernels without a public name are taken where torch has them, and are missed by nobody."""

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final

import pytest
import torch

from tenfold.nn import kernels
from tenfold.nn.kernels import AdamNumbers, trusted, works

PLAIN: Final = {
    "adam_step": kernels.plain_adam_step,
    "silu_into": kernels.plain_silu_into,
    "silu_gradient": kernels.plain_silu_gradient,
    "relu_gradient": kernels.plain_relu_gradient,
    "depthwise_gradient": kernels.plain_depthwise_gradient,
}


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def steps_of_adam(way: Callable[..., None]) -> list[torch.Tensor]:
    state = [drawn(40, seed=seed) for seed in range(2)] + [torch.zeros(40), torch.zeros(40)]
    adam, count = AdamNumbers(betas=(0.9, 0.95), decay=0.1, epsilon=1e-8), torch.zeros(())
    for _ in range(20):
        count += 1
        way(state, count, 0.01, adam)
    return state


def activated(way: Callable[..., torch.Tensor]) -> list[torch.Tensor]:
    one, other = drawn(3, 5, 7), 4 * drawn(3, 5, 7, seed=1)
    other[0, 0, :2] = torch.tensor([0.0, torch.inf])
    return [way(one, other), one, other]


def depthwise_gradients(way: Callable[..., torch.Tensor]) -> list[torch.Tensor]:
    found = []
    for stride, side in ((1, 9), (2, 4)):
        x, weight, gradient = drawn(2, 6, 11, 11), drawn(6, 1, 3, 3), drawn(2, 6, side, side)
        found += [way(x[..., : side * stride + 3 - stride, : side * stride + 3 - stride],
                      weight, gradient, stride, at) for at in range(2)]  # fmt: skip
    return found


SAMPLES: Final[dict[str, Callable[[Any], list[torch.Tensor]]]] = {
    "adam_step": steps_of_adam,
    "silu_into": lambda way: activated(lambda one, other: way(other, one)),
    "silu_gradient": activated,
    "relu_gradient": activated,
    "depthwise_gradient": depthwise_gradients,
}


@pytest.mark.parametrize("name", PLAIN)
def test_the_way_around_a_kernel_does_what_the_kernel_does(name: str) -> None:
    taken, around = (SAMPLES[name](way) for way in (getattr(kernels, name), PLAIN[name]))
    for one, other in zip(taken, around, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)


def test_a_kernel_that_is_missing_or_does_something_else_is_not_taken() -> None:
    def missing(x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = torch.ops.aten.no_such_kernel(x)
        return found

    def other(x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x) + 0.1

    def sample(way: Callable[[torch.Tensor], torch.Tensor]) -> list[torch.Tensor]:
        return [way(torch.ones(3))]

    assert trusted(missing, torch.relu, sample) is torch.relu
    assert trusted(other, torch.relu, sample) is torch.relu
    assert trusted(torch.clone, torch.relu, sample) is torch.clone  # the control
    assert not works(lambda: [(torch.ones(2), torch.ones(3))])


# A torch that lacks all of them: their names are taken away before Tenfold is loaded.
PROGRAM: Final = """
import sys, numpy as np, pandas as pd, torch

class Without:
    def __init__(self, known): self.known = known
    def __getattr__(self, name):
        if name in LACKING: raise AttributeError(name)
        return getattr(self.known, name)

LACKING = {"silu", "silu_backward", "threshold_backward", "convolution_backward",
           "_convolution_pointwise", "_linear_pointwise", "_reorder_convolution_weight"}
known = torch.ops.aten, torch.ops.mkldnn
if sys.argv[1] == "without":
    del torch._fused_adamw_
    torch.ops.aten, torch.ops.mkldnn = map(Without, known)
from tenfold.nn import kernels
torch.ops.aten, torch.ops.mkldnn = known  # torch itself needs them
from tenfold import ImageClassifier, TabularRegressor

taken = [getattr(kernels, name).choose() for name in NAMES]
assert [way.__name__.startswith("plain") for way in taken] == [sys.argv[1] == "without"] * 5
assert kernels.has_fused_kernels() == (sys.argv[1] == "with")
rng = np.random.default_rng(0)
frame = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)})
target = frame.a + np.sin(frame.b)
for network in ("auto", "tutorial"):
    model = TabularRegressor(folds=2, epochs=10, network=network).fit(frame, target)
    print(*model.predict(frame))
classes = np.arange(16) % 2
pictures = (rng.integers(0, 90, (16, 32, 32, 3)) + 60 * classes[:, None, None, None])
heads = ImageClassifier(folds=2, img_size=32, epochs=5).fit(pictures.astype(np.uint8), classes)
print(*heads.predict_proba(pictures.astype(np.uint8))[:, 1])
"""


def test_a_torch_without_any_of_them_learns_the_same_up_to_rounding() -> None:
    said = {}
    for which in ("with", "without"):
        program = PROGRAM.replace("NAMES", repr(list(PLAIN)))
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, which],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        said[which] = [torch.tensor([float(word) for word in line.split()]) for line in lines]
    for one, other in zip(said["with"], said["without"], strict=True):
        # The backbone of pictures may compute in bfloat16, which has two digits.
        assert (one - other).abs().max() < 0.5 * one.std()
    for one, other in list(zip(said["with"], said["without"], strict=True))[:2]:
        assert (one - other).abs().max() < 0.1 * one.std()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_process_that_has_only_loaded_the_networks_can_be_forked() -> None:
    """A child in which torch waits for threads that a fork does not copy never ends."""
    program = """
import os, numpy as np, torch
import tenfold.comparison.networks
torch.set_num_threads(2)
child = os.fork()
if child == 0:
    from tenfold.nn.threads import compute_in
    compute_in(2)
    torch.ones(3000, 3000).exp().sum()
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stdout == "0\n", done.stderr
