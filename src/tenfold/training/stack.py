"""Which networks train side by side, and on which rows.

Shape letters in this file:
    F  networks side by side    G  folds    N  rows
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tenfold.training.batches import Member


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Stack:
    """The networks that train side by side: every member of every fold.

    Attributes
    ----------
    learn_FN : ndarray of shape (F, N), bool
        Rows that each network learns from.
    validation_FN : ndarray of shape (F, N), bool
        Rows of the fold's learning part that this member leaves out, so that the
        fold's length of training can be chosen on them. Never a held-out row.
    members : tuple of F Member
        Number of the fold and of the member in it.
    silent : int
        How many members of each fold, the first, have validation rows alone and never answer.
    """

    learn_FN: NDArray[np.bool_]
    validation_FN: NDArray[np.bool_]
    members: tuple[Member, ...]
    silent: int = 0

    @property
    def fold_F(self) -> NDArray[np.int64]:
        """Position of each network's fold among the folds, 0 to G - 1."""
        return np.unique([fold for fold, _ in self.members], return_inverse=True)[1]

    @property
    def answering_F(self) -> NDArray[np.bool_]:
        """Which networks answer."""
        return np.array([member >= self.silent for _, member in self.members])
