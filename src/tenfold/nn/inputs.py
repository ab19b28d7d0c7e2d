"""Rows and pictures on the training device, from which networks are fed.

Shape letters in this file:
    F  networks side by side    N  rows                 P  columns of numbers
    Q  columns of categories         D  features             B  rows in a batch
    S  side of a picture        H, W  height and width of a cached picture
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tenfold.nn.features import FoldFeatures
from tenfold.nn.pixels import plain
from tenfold.nn.texts import FoldTexts

if TYPE_CHECKING:
    from tenfold.nn.network import FoldNetwork


class Inputs(Protocol):
    """Where the inputs of rows come from.

    Attributes
    ----------
    in_blocks : bool
        Whether rows are answered in blocks of one size, so that the answer of a row does
        not depend, in its last bits, on the rows beside it.
    """

    in_blocks: ClassVar[bool]

    def block(self, rows_FB: Tensor) -> tuple[Tensor, Tensor]:
        """Return what enters the networks for rows of their own: ``x`` and codes of categories.

        Parameters
        ----------
        rows_FB : Tensor of shape (F, B), int64
        """

    def seen_by(self, network: "FoldNetwork") -> "Inputs":
        """Return the same rows as other networks see them."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TableInputs:
    """The rows of a table; each network sees them through the scales of its own fold.

    Attributes
    ----------
    features : FoldFeatures
    numbers_NP : Tensor of shape (N, P), float64
        Without the counts of texts.
    codes_NQ : Tensor of shape (N, Q), int64
    texts_TNC : Tensor or None
        What each fold makes of texts; see ``FoldTexts``.
    counts_NP : ndarray or None
        Numbers with the counts of texts, if there are any.
    """

    in_blocks: ClassVar[bool] = True
    features: FoldFeatures
    numbers_NP: Tensor
    codes_NQ: Tensor
    texts_TNC: Tensor | None = None
    counts_NP: NDArray[np.floating[Any]] | None = None

    @classmethod
    def of(
        cls,
        features: FoldFeatures,
        numbers: NDArray[np.floating[Any]],
        codes: NDArray[np.int64],
        *,
        learning: bool = False,
    ) -> Self:
        """Put coded rows where the features are computed; see ``encode_inputs``.

        Parameters
        ----------
        features : FoldFeatures
        numbers : ndarray of shape (N, P)
        codes : ndarray of shape (N, Q)
        learning : bool
            Whether these are the rows that ``features`` was made from, and are learnt from.
        """
        like, texts = features.center_FP, features.texts
        plain = numbers if texts is None else numbers[:, texts.kept(numbers.shape[1])]
        texts_TNC = None
        if texts is not None:
            known = texts.learnt_TNC if learning else None
            texts_TNC = _projected(texts, numbers, like) if known is None else known
        return cls(
            features=features,
            numbers_NP=torch.tensor(
                np.ascontiguousarray(plain), dtype=like.dtype, device=like.device
            ),
            codes_NQ=torch.tensor(features.with_values(numbers, codes), device=like.device),
            texts_TNC=None if texts_TNC is None else texts_TNC.to(like.device),
            counts_NP=None if texts is None else numbers,
        )

    def numbers(self, rows_FB: Tensor) -> Tensor:
        """Return the numbers of rows of each network's own, (..., F, B, P), float64."""
        plain_FBP = self.numbers_NP[rows_FB]
        if self.texts_TNC is None or self.features.texts is None:
            return plain_FBP
        of_F = torch.tensor(self.features.texts.of_F, device=rows_FB.device)
        texts_FBC = self.texts_TNC[of_F[:, None], rows_FB]
        return torch.cat([plain_FBP, texts_FBC.to(plain_FBP.dtype)], dim=-1)

    def block(self, rows_FB: Tensor) -> tuple[Tensor, Tensor]:
        """Return features, (F, B, D), and codes, (F, B, Q)."""
        codes_FBQ = self.codes_NQ[rows_FB]
        return self.features(self.numbers(rows_FB), codes_FBQ), codes_FBQ

    def seen_by(self, network: "FoldNetwork") -> Self:
        """Return the same rows, through the scales of other networks."""
        texts = network.features.texts
        if texts is None or self.counts_NP is None:
            return replace(self, features=network.features)
        said_TNC = _projected(texts, self.counts_NP, network.features.center_FP)
        return replace(self, features=network.features, texts_TNC=said_TNC)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FeatureInputs:
    """What a backbone says of pictures, stored once; ``FoldHead`` scales it for each fold."""

    in_blocks: ClassVar[bool] = True
    numbers_ND: Tensor

    def block(self, rows_FB: Tensor) -> tuple[Tensor, Tensor]:
        """Return features, (F, B, D), and no codes."""
        return self.numbers_ND[rows_FB], _no_codes(rows_FB)

    def seen_by(self, network: "FoldNetwork") -> Self:  # noqa: ARG002
        """Return the same: all networks see them alike."""
        return self


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ArrayInputs:
    """Rows of an array of any shape, the same for all networks or an array for each.

    Attributes
    ----------
    x_ANX : Tensor of shape (1 or F, N, ...), float32
    """

    in_blocks: ClassVar[bool] = True
    x_ANX: Tensor

    def block(self, rows_FB: Tensor) -> tuple[Tensor, Tensor]:
        """Return rows, (F, B, ...), and no codes."""
        if len(self.x_ANX) == 1:
            return self.x_ANX[0][rows_FB], _no_codes(rows_FB)
        own_F1 = torch.arange(len(rows_FB), device=rows_FB.device)[:, None]
        return self.x_ANX[own_F1, rows_FB], _no_codes(rows_FB)

    def seen_by(self, network: "FoldNetwork") -> Self:  # noqa: ARG002
        """Return the same: the arrays are in the order of the networks."""
        return self


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PictureInputs:
    """Pictures as they are, at the size that a network is asked at.

    Attributes
    ----------
    pixels_MHW3 : Tensor of uint8
        In memory or mapped from a file; never on the device as a whole unless it is there.
    at_N : Tensor of int64
        Which of the M each row is.
    size : int
        S.
    device : torch.device
    """

    in_blocks: ClassVar[bool] = False  # a single picture is not worth the time of 64
    pixels_MHW3: Tensor
    at_N: Tensor
    size: int
    device: torch.device

    def block(self, rows_FB: Tensor) -> tuple[Tensor, Tensor]:
        """Return pictures, (F, B, 3, S, S), with values from 0 to 1, and no codes."""
        pixels_NHW3 = self.gather(rows_FB.flatten())
        x_N3SS = plain(pixels_NHW3, size=self.size)
        return x_N3SS.unflatten(0, rows_FB.shape), _no_codes(rows_FB)

    def seen_by(self, network: "FoldNetwork") -> Self:  # noqa: ARG002
        """Return the same: all networks see them alike."""
        return self

    def gather(self, rows_N: Tensor) -> Tensor:
        """Return the pixels of rows on the device."""
        place = self.pixels_MHW3.device
        return self.pixels_MHW3[self.at_N[rows_N.to(self.at_N.device)].to(place)].to(
            self.device
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BlendInputs:
    """What a backbone says of pictures, and the pictures themselves, for ``Blend``.

    Attributes
    ----------
    features : FeatureInputs or BlendInputs
        What the heads of the blend take, which may be a blend.
    pictures : PictureInputs
        At the side at which the networks beside them see pictures.
    """

    in_blocks: ClassVar[bool] = False
    features: "FeatureInputs | BlendInputs"
    pictures: PictureInputs

    def block(self, rows_FB: Tensor) -> tuple[Tensor, Tensor]:
        """Return features and, behind them, pixels, (F, B, D + 3 S S), and no codes."""
        folds = len(rows_FB)
        if folds > 1 and torch.equal(rows_FB, rows_FB[:1].expand_as(rows_FB)):
            x_1BD, no_codes = self.block(rows_FB[:1])  # in memory once for all
            return x_1BD.expand(folds, -1, -1), no_codes.expand(folds, -1, -1)
        x_FBD, no_codes = self.features.block(rows_FB)
        x_FB3SS, _ = self.pictures.block(rows_FB)
        return torch.cat([x_FBD, x_FB3SS.flatten(2)], dim=-1), no_codes

    def seen_by(self, network: "FoldNetwork") -> Self:  # noqa: ARG002
        """Return the same: all networks see them alike."""
        return self


def _projected(texts: FoldTexts, numbers: NDArray[np.floating[Any]], like: Tensor) -> Tensor:
    numbers_NP = torch.tensor(np.ascontiguousarray(numbers), dtype=like.dtype)
    return texts.project(numbers_NP.to(like.device))


def _no_codes(rows_FB: Tensor) -> Tensor:
    return torch.zeros((*rows_FB.shape, 0), dtype=torch.int64, device=rows_FB.device)
