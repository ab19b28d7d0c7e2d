"""What enters the networks in the steps of training.

Shape letters in this file:
    F  networks side by side    S  steps           B  rows in a batch
    P  columns of numbers       Q  columns of categories    D  features
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Final, final

import torch
from torch import Tensor

from tenfold.nn.inputs import FeatureInputs, Inputs, PictureInputs, TableInputs
from tenfold.training.augment import Augmentation, Draws, augment

# Features of several steps are made at once, but no more than this many numbers:
# they should still be in the processor's cache when their step comes.
CHUNK_NUMBERS: Final = 4_000_000
CHUNK_PICTURES: Final = 512


class Feed(ABC):
    """Rows on the training device, as the steps of training see them.

    Attributes
    ----------
    inputs : Inputs
        The same rows as they are outside of training.
    """

    inputs: Inputs

    @abstractmethod
    def chunk(self, networks: int, rows: int) -> int:
        """Return how many steps are made ready at once."""

    @abstractmethod
    def steps(
        self, rows_SFB: Tensor, first: int, done: float
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield ``x`` and the codes of categories of each of S steps.

        Parameters
        ----------
        rows_SFB : Tensor of int64
            On the device.
        first : int
            Number of the first of these steps.
        done : float
            Share of training that is done by then, 0 to 1.
        """


@final
class TableFeed(Feed):
    """The rows of a table, through the scales of each fold."""

    def __init__(self, inputs: TableInputs) -> None:
        self.inputs: TableInputs = inputs
        self._features: Tensor | None = None  # memory for the longest chunk of steps so far

    def chunk(self, networks: int, rows: int) -> int:
        """Return as many steps as fit the processor's cache."""
        return max(1, CHUNK_NUMBERS // (networks * rows * max(1, self.inputs.features.width)))

    def steps(
        self,
        rows_SFB: Tensor,
        first: int,  # noqa: ARG002
        done: float,  # noqa: ARG002
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield features, (F, B, D), and codes, (F, B, Q)."""
        inputs = self.inputs
        # A run that goes on may begin with the last chunk of a round, which is shorter.
        if self._features is None or len(self._features) < len(rows_SFB):
            shape = (*rows_SFB.shape, inputs.features.width)
            self._features = torch.zeros(shape, device=rows_SFB.device)
        codes_SFBQ = inputs.codes_NQ[rows_SFB]
        x_SFBD = inputs.features(
            inputs.numbers_NP[rows_SFB], codes_SFBQ, self._features[: len(rows_SFB)]
        )
        yield from zip(x_SFBD, codes_SFBQ, strict=True)


@final
class WholeFeed(Feed):
    """All rows in every step, the same for all networks."""

    def __init__(self, inputs: FeatureInputs) -> None:
        self.inputs: FeatureInputs = inputs
        self._no_codes = torch.zeros(
            (1, len(inputs.numbers_ND), 0), dtype=torch.int64, device=inputs.numbers_ND.device
        )

    def chunk(self, networks: int, rows: int) -> int:  # noqa: ARG002
        """Return 1: there is one step an epoch."""
        return 1

    def steps(
        self,
        rows_SFB: Tensor,
        first: int,  # noqa: ARG002
        done: float,  # noqa: ARG002
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield features, (1, N, D), and no codes."""
        for _ in rows_SFB:
            yield self.inputs.numbers_ND[None], self._no_codes


@final
class PictureFeed(Feed):
    """Pictures, changed a little each time they are shown.

    Parameters
    ----------
    inputs : PictureInputs
    augmentation : Augmentation
    draws : Draws
        The chances of each network's pictures.
    sizes : tuple of (float, int)
        Until which share of training pictures are shown at which side: small ones first
        cost less and teach as much (progressive resizing).
    """

    def __init__(
        self,
        inputs: PictureInputs,
        augmentation: Augmentation,
        draws: Draws,
        sizes: tuple[tuple[float, int], ...],
    ) -> None:
        self.inputs: PictureInputs = inputs
        self._augmentation = augmentation
        self._draws = draws
        self._sizes = sizes

    def chunk(self, networks: int, rows: int) -> int:
        """Return as many steps as need some hundred pictures."""
        return max(1, CHUNK_PICTURES // (networks * rows))

    def steps(
        self, rows_SFB: Tensor, first: int, done: float
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield pictures, (F, B, 3, S, S) with channels last in memory, and no codes."""
        size = next((size for until, size in self._sizes if done < until), self._sizes[-1][1])
        pixels_SFBHW3 = self.inputs.gather(rows_SFB.flatten()).unflatten(0, rows_SFB.shape)
        at_SFB = rows_SFB.cpu()
        chances = [self._draws.at(first + s, rows_FB) for s, rows_FB in enumerate(at_SFB)]
        out = torch.empty(
            (rows_SFB.numel(), 3, size, size),
            device=rows_SFB.device,
            memory_format=torch.channels_last,
        )
        x_SFB3SS = augment(
            pixels_SFBHW3,
            torch.stack(chances),
            self._augmentation,
            size=size,
            out=out.unflatten(0, rows_SFB.shape),
        )
        no_codes = torch.zeros((*rows_SFB.shape[1:], 0), dtype=torch.int64, device=out.device)
        for x_FB3SS in x_SFB3SS:
            yield x_FB3SS, no_codes
