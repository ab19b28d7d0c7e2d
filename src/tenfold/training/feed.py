"""What enters the networks in the steps of training.

Shape letters in this file:
    F  networks side by side    S  steps           B  rows in a batch
    P  columns of numbers       Q  columns of categories    D  features
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final, final

import numpy as np
import torch
from torch import Tensor

from tenfold.nn.inputs import ArrayInputs, Inputs, PictureInputs, TableInputs
from tenfold.nn.network import FoldNetwork
from tenfold.training.augment import Augmentation, Draws, augment

# Features of several steps are made at once, but no more than this many numbers:
# they should still be in the processor's cache when their step comes.
CHUNK_NUMBERS: Final = 4_000_000
# The features of small tables are made once for all of training, up to this many numbers.
KEPT_NUMBERS: Final = 16_000_000
CHUNK_PICTURES: Final = 512


def kept_numbers(folds: int, rows: int, width: int) -> int:
    """Return how many numbers the features that are made once take; 0 if they are too many.

    Examples
    --------
    >>> kept_numbers(10, 500, 40), kept_numbers(10, 500_000, 40)
    (200000, 0)
    """
    numbers = folds * rows * width
    return numbers if numbers <= KEPT_NUMBERS else 0


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

    def validation_inputs(self) -> Inputs:
        """Return the rows as they are when the networks in training are judged."""
        return self.inputs

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
        self._kept: _KeptInputs | None = None

    def chunk(self, networks: int, rows: int) -> int:
        """Return as many steps as fit the processor's cache."""
        width = self.inputs.features.all_width
        return max(1, CHUNK_NUMBERS // (networks * rows * max(1, width)))

    def validation_inputs(self) -> Inputs:
        """Return the rows with the features that are kept, if they are."""
        return self._keep() or self.inputs

    def steps(
        self,
        rows_SFB: Tensor,
        first: int,  # noqa: ARG002
        done: float,  # noqa: ARG002
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield features, (F, B, D), and codes, (F, B, Q)."""
        inputs, width = self.inputs, self.inputs.features.all_width
        # A run that goes on may begin with the last chunk of a round, which is shorter.
        if self._features is None or len(self._features) < len(rows_SFB):
            self._features = torch.zeros((*rows_SFB.shape, width), device=rows_SFB.device)
        out_SFBD = self._features[: len(rows_SFB)]
        codes_SFBQ = inputs.codes_NQ[rows_SFB]
        kept = self._keep()
        if kept is None:
            inputs.features(inputs.numbers(rows_SFB), codes_SFBQ, out_SFBD)
        else:
            at_L = (rows_SFB + kept.start_F1).flatten()
            torch.index_select(kept.features_LD, 0, at_L, out=out_SFBD.view(-1, width))
        yield from zip(out_SFBD, codes_SFBQ, strict=True)

    def _keep(self) -> "_KeptInputs | None":
        """Make the features of all rows for each fold, if there is room for them."""
        rows, width = len(self.inputs.numbers_NP), self.inputs.features.all_width
        if self._kept is None and kept_numbers(self._folds, rows, width):
            self._kept = self._make(rows, width)
        return self._kept

    def _make(self, rows: int, width: int) -> "_KeptInputs":
        networks = len(self.inputs.features.layouts)
        members = networks // self._folds
        of_folds = self.inputs.features.only(np.arange(0, networks, members))
        inputs = replace(self.inputs, features=of_folds)
        device = self.inputs.numbers_NP.device
        kept_GND = torch.empty((self._folds, rows, width), device=device)
        every_GN = torch.arange(rows, device=device).expand(self._folds, -1)
        at_once = max(1, CHUNK_NUMBERS // (self._folds * max(1, width)))
        for at in torch.arange(rows, device=device).split(at_once):
            kept_GND[:, at] = inputs.block(every_GN[:, at])[0]
        start_F = torch.arange(networks, device=device) // members * rows
        return _KeptInputs(
            inputs=self.inputs, features_LD=kept_GND.flatten(0, 1), start_F1=start_F[:, None]
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _KeptInputs:
    """The rows of a table with their features, one fold's behind the other's.

    Attributes
    ----------
    features_LD : Tensor of shape (G x N, D)
    start_F1 : Tensor of shape (F, 1), int64
        Where those of each network's fold begin.
    """

    in_blocks: ClassVar[bool] = True
    inputs: TableInputs
    features_LD: Tensor
    start_F1: Tensor

    def block(self, rows_FB: Tensor) -> tuple[Tensor, Tensor]:
        """Return features, (F, B, D), and codes, (F, B, Q)."""
        x_LD = self.features_LD[(rows_FB + self.start_F1).flatten()]
        return x_LD.unflatten(0, rows_FB.shape), self.inputs.codes_NQ[rows_FB]

    def seen_by(self, network: FoldNetwork) -> Inputs:
        """Return the same rows, through the scales of other networks."""
        return self.inputs.seen_by(network)


@final
class ArrayFeed(Feed):
    """Rows of arrays, as they are.

    Parameters
    ----------
    inputs : ArrayInputs
    """

    def __init__(self, inputs: ArrayInputs) -> None:
        self.inputs: ArrayInputs = inputs

    def chunk(self, networks: int, rows: int) -> int:
        """Return as many steps as fit the processor's cache."""
        width = self.inputs.x_ANX[0, :1].numel()
        return max(1, CHUNK_NUMBERS // (networks * rows * max(1, width)))

    def steps(
        self,
        rows_SFB: Tensor,
        first: int,  # noqa: ARG002
        done: float,  # noqa: ARG002
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield rows, (F, B, ...), and no codes."""
        yield from map(self.inputs.block, rows_SFB)


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
