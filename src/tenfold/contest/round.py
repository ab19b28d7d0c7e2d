"""What a contender runs: one pass over the folds."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """One pass of a contender over the folds.

    Attributes
    ----------
    name : str
        What asks for it.
    other_features : bool
        Whether the contender sees other features than in the race: with an expert's features
        if it races without them, without them if it races with them.
    share : float
        Share of each fold's rows to learn from.
    tested : float
        Share of each fold's other rows to be tested on.
    folds : int or None
        The first folds alone.
    afresh : bool
        Whether nothing is used that an earlier round computed, because its seconds count.
    one_core : bool
        Whether all is computed on a single core.
    device : str or None
        Where networks train, in place of the user's option.
    """

    name: str
    other_features: bool = False
    share: float = 1.0
    tested: float = 1.0
    folds: int | None = None
    afresh: bool = False
    one_core: bool = False
    device: str | None = None
