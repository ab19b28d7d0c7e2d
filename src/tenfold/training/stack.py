"""Which networks train side by side, and on which rows.

Shape letters in this file:
    F  networks side by side    G  folds    N  rows
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

Member = tuple[int, int]  # number of the fold, number of the member in it


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Stack:
    """The networks that train side by side: every member of every fold, or of some folds.

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
    most_learnt, most_validated : int
        Rows that a network of any fold learns from or is validated on, at most. Batches are as
        wide as these need, so that what a network computes does not depend on which others
        are in the stack.
    """

    learn_FN: NDArray[np.bool_]
    validation_FN: NDArray[np.bool_]
    members: tuple[Member, ...]
    silent: int
    most_learnt: int
    most_validated: int

    @classmethod
    def of(
        cls,
        learn_FN: NDArray[np.bool_],
        validation_FN: NDArray[np.bool_],
        members: tuple[Member, ...],
        silent: int = 0,
    ) -> Self:
        """Return the networks of all folds."""
        return cls(
            learn_FN=learn_FN,
            validation_FN=validation_FN,
            members=members,
            silent=silent,
            most_learnt=int(learn_FN.sum(axis=1).max()),
            most_validated=int(validation_FN.sum(axis=1).max()),
        )

    def of_fold(self, fold: int) -> NDArray[np.int64]:
        """Return the positions of the networks of a fold, given its position."""
        return np.flatnonzero(self.fold_F == fold)

    def only(self, at_F: NDArray[np.int64]) -> Self:
        """Return some of the networks, by position."""
        return replace(
            self,
            learn_FN=self.learn_FN[at_F],
            validation_FN=self.validation_FN[at_F],
            members=tuple(self.members[f] for f in at_F),
        )

    @property
    def fold_F(self) -> NDArray[np.int64]:
        """Position of each network's fold among the folds, 0 to G - 1."""
        return np.unique([fold for fold, _ in self.members], return_inverse=True)[1]

    @property
    def answering_F(self) -> NDArray[np.bool_]:
        """Which networks answer."""
        return np.array([member >= self.silent for _, member in self.members])
