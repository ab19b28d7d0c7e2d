"""Rows along the principal axes of their features, on which linear models are solved.

Shape letters in this file:
    N  rows    D  features    A  axes
"""

from dataclasses import dataclass
from typing import Final, Self

import torch
from torch import Tensor

MOST_ROWS: Final = 1_500  # that axes are drawn through
MOST_AXES: Final = 1_024
LEAST_AXIS: Final = 1e-6  # of the longest; what varies less is noise


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Axes:
    """Rows along the principal axes of their features.

    Attributes
    ----------
    along_NA : Tensor
        Rows by axis.
    axes_DA : Tensor
        Orthonormal.
    squares_A : Tensor
        Summed squares of all rows along each axis.
    """

    along_NA: Tensor
    axes_DA: Tensor
    squares_A: Tensor

    @classmethod
    def of(cls, x_ND: Tensor, generator: torch.Generator) -> Self:
        """Find the longest axes of standardised rows, drawn through some of them if many."""
        _, axes_DA = longest_axes(some_of(x_ND, MOST_ROWS, generator), MOST_AXES)
        along_NA = x_ND @ axes_DA
        squares_A, turn_AA = torch.linalg.eigh(along_NA.T @ along_NA)
        return cls(
            along_NA=along_NA @ turn_AA,
            axes_DA=axes_DA @ turn_AA,
            squares_A=squares_A.clamp_min(0),
        )


def some_of(rows: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Return rows drawn from a tensor, or all of them if they are few enough."""
    if len(rows) <= most:
        return rows
    return rows[torch.randperm(len(rows), generator=generator)[:most].to(rows.device)]


def longest_axes(x_ND: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """Return principal axes, from the smaller of both matrices of products, the longest last.

    Parameters
    ----------
    x_ND : Tensor of shape (N, D)
    most : int
        How many axes, at most; those along which next to nothing varies are left out.

    Returns
    -------
    squares_A : Tensor of shape (A,)
        Summed squares of the rows along each axis.
    axes_DA : Tensor of shape (D, A)
        Orthonormal.
    """
    rows, features = x_ND.shape
    products = x_ND @ x_ND.T if rows < features else x_ND.T @ x_ND
    squares, vectors = torch.linalg.eigh(products)
    kept = squares > LEAST_AXIS * squares[-1]
    squares_A, vectors = squares[kept][-most:], vectors[:, kept][:, -most:]
    axes_DA: Tensor = x_ND.T @ (vectors / squares_A.sqrt()) if rows < features else vectors
    return squares_A, axes_DA
