"""The global generators of torch, NumPy and Python, lent to a user's own code.

A module of the user's draws from the generators that its library has one of for the whole
process. Only one thread at a time is lent them, so that what a network draws depends on its
seed alone, whatever other networks train beside it. Tenfold itself draws from generators of
its own (``seeds.py``).
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import numpy as np
import torch

from tenfold.locks import OneAtATime

_LENT: Final = OneAtATime()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Lend this thread the global generators with a seed, and put them back as they were.

    Parameters
    ----------
    seed : int
        In [0, 2**63).

    Examples
    --------
    >>> def draw():
    ...     return torch.rand(()).item(), np.random.random(), random.random()
    >>> with seeded(5):
    ...     first = draw()
    >>> with seeded(5):
    ...     second = draw()
    >>> first == second, first == draw()
    (True, False)
    """
    with _LENT, _torch_seeded(seed), _numpy_seeded(seed), _python_seeded(seed):
        yield


@contextmanager
def _torch_seeded(seed: int) -> Iterator[None]:
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            torch.manual_seed(seed)
            yield
        return
    # The same for a processor alone, in a fiftieth of the time: it comes with every step.
    before = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.set_rng_state(before)


@contextmanager
def _numpy_seeded(seed: int) -> Iterator[None]:
    before = np.random.get_state(legacy=False)  # noqa: NPY002 - a user's code draws from it
    with suppress(TypeError):  # of a generator that the user put in its place
        np.random.seed(seed % 2**32)  # noqa: NPY002 - as above
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002 - as above


@contextmanager
def _python_seeded(seed: int) -> Iterator[None]:
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
