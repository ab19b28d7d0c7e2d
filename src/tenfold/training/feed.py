"""What enters the networks in the steps of training.

Shape letters in this file:
    F  networks side by side    S  steps           B  rows in a batch
    P  columns of numbers       Q  columns of categories    D  features
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from tenfold.nn.inputs import FeatureInputs, Inputs, PictureInputs, TableInputs
from tenfold.training.augment import Augmentation, Draws, augment

# Features of several steps are made at once, but no more than this many numbers:
# they should still be in the processor's cache when their step comes.
CHUNK_NUMBERS: Final = 4_000_000
# The features of small tables are made once for all of training, up to this many numbers.
KEPT_NUMBERS: Final = 16_000_000
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
    """The rows of a table, through the scales of each fold.

    Parameters
    ----------
    inputs : TableInputs
    folds : int
        G. The networks of a fold lie beside each other and share its features.
    """

    def __init__(self, inputs: TableInputs, folds: int) -> None:
        self.inputs: TableInputs = inputs
        self._folds = folds
        self._features: Tensor | None = None  # memory for the longest chunk of steps so far
        self._kept: tuple[Tensor, Tensor] | None = None

    def chunk(self, networks: int, rows: int) -> int:
        """Return as many steps as fit the processor's cache."""
        width = self.inputs.features.all_width
        return max(1, CHUNK_NUMBERS // (networks * rows * max(1, width)))

    def steps(
        self,
        rows_SFB: Tensor,
        first: int,  # noqa: ARG002
        done: float,  # noqa: ARG002
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield features, (F, B, D), and codes, (F, B, Q)."""
        inputs = self.inputs
        width, rows = inputs.features.all_width, len(inputs.numbers_NP)
        # A run that goes on may begin with the last chunk of a round, which is shorter.
        if self._features is None or len(self._features) < len(rows_SFB):
            self._features = torch.zeros((*rows_SFB.shape, width), device=rows_SFB.device)
        out_SFBD = self._features[: len(rows_SFB)]
        codes_SFBQ = inputs.codes_NQ[rows_SFB]
        if self._folds * rows * width <= KEPT_NUMBERS:
            if self._kept is None:
                self._kept = self._make(rows_SFB.shape[1])
            kept_LD, start_F1 = self._kept
            at_SFB = rows_SFB + start_F1
            torch.index_select(kept_LD, 0, at_SFB.flatten(), out=out_SFBD.view(-1, width))
        else:
            inputs.features(inputs.numbers(rows_SFB), codes_SFBQ, out_SFBD)
        yield from zip(out_SFBD, codes_SFBQ, strict=True)

    def _make(self, networks: int) -> tuple[Tensor, Tensor]:
        """Return the features of all rows for each fold, and where each network's begin.

        Returns
        -------
        Tensor of shape (folds x rows, D)
        Tensor of shape (F, 1)
        """
        members, width = networks // self._folds, self.inputs.features.all_width
        of_folds = self.inputs.features.only(np.arange(0, networks, members))
        inputs, rows = replace(self.inputs, features=of_folds), len(self.inputs.numbers_NP)
        device = self.inputs.numbers_NP.device
        kept_GND = torch.empty((self._folds, rows, width), device=device)
        every_GN = torch.arange(rows, device=device).expand(self._folds, -1)
        at_once = max(1, CHUNK_NUMBERS // (self._folds * max(1, width)))
        for at in torch.arange(rows, device=device).split(at_once):
            kept_GND[:, at] = inputs.block(every_GN[:, at])[0]
        start_F = torch.arange(networks, device=device) // members * rows
        return kept_GND.flatten(0, 1), start_F[:, None]


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
