"""One seed, many named random streams.

A stream is named by what it is for and, inside the engine, by the fold that
draws from it. So a draw added in one place moves nothing elsewhere, and what a
fold draws does not depend on how many folds train beside it. The global
generators of Python, NumPy and torch are neither read nor seeded.
"""

import zlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Streams:
    """The random streams of one seed.

    Parameters
    ----------
    seed : int
        Zero or more.

    Examples
    --------
    >>> streams = Streams(7)
    >>> bool(streams.integer("init", 3) == streams.integer("init", 3))
    True
    >>> bool(streams.integer("init", 3) == streams.integer("init", 4))
    False
    """

    seed: int

    def _sequence(self, name: str, numbers: tuple[int, ...]) -> np.random.SeedSequence:
        return np.random.SeedSequence([self.seed, zlib.crc32(name.encode()), *numbers])

    def generator(self, name: str, *numbers: int) -> np.random.Generator:
        """Return a fresh NumPy generator for the stream ``name`` and its numbers."""
        return np.random.default_rng(self._sequence(name, numbers))

    def integer(self, name: str, *numbers: int) -> int:
        """Return a whole number in [0, 2**63) that seeds another library's generator."""
        low, high = self._sequence(name, numbers).generate_state(2, np.uint32)
        return (int(high) << 32 | int(low)) >> 1
