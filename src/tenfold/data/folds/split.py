"""Which rows each fold learns from and which it is tested on, and who answers new rows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tenfold.config import Task
from tenfold.data.columns.encode import Encoded
from tenfold.data.tables.standing import Standing
from tenfold.errors import SplitError

# The number of the fold that learns from all rows; it names its random streams.
MOVED_ON: Final = 0.1  # of a window, that it has moved by from the first fold to the last
REFIT: Final = 1_000_000
# Folds of a splitter are alike if the largest learns from at most so many times the rows of
# the smallest, and if nearly every row is learnt from by some fold.
UNEVEN: Final = 2.0
NEVER_LEARNT: Final = 0.05


@runtime_checkable
class Splitter(Protocol):
    """What scikit-learn calls a cross-validation splitter."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterable[Any]:
        """Yield pairs of positions: rows to learn from, rows to test on."""


class Labelled(Protocol):
    """What is asked for, of a table's schema or of that of pictures."""

    @property
    def task(self) -> Task:
        """What kind of target it is."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes or labels; none in regression."""

    @property
    def thresholds(self) -> tuple[float, ...]:
        """From which probability on labels are predicted, where rows may have several."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Splits:
    """F folds over N rows.

    Attributes
    ----------
    learn : ndarray of shape (F, N), bool
        True where the fold may learn from the row.
    held_out : ndarray of shape (F, N), bool
        True where the fold is tested on the row; never where ``learn`` is.
    numbers : tuple of F ints
        The folds' numbers; they name the folds' random streams.
    refit : bool
        Who answers new rows: the mean of all folds, which differ in a few rows only; or, if
        True, networks that learn from all rows by the procedure that each fold used for its
        own, since the folds are trained on different amounts of data.
    in_time : bool
        Whether later folds are tested on later rows.
    first : int
        The first fold that scores and intervals are made of. In time, the earliest folds
        learnt from so little that they say nothing of what answers new rows.
    newest : ndarray of shape (N,), bool, or None
        The rows that a refit learns from, where each fold learns from a window of the past that
        moves on with it; None for all.
    """

    learn: NDArray[np.bool_]
    held_out: NDArray[np.bool_]
    numbers: tuple[int, ...]
    refit: bool = False
    in_time: bool = False
    first: int = 0
    newest: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.learn)

    def spread(self, place_N: NDArray[np.int64]) -> "Splits":
        """Return the splits of N rows, each of which goes where its row of these goes.

        Rows at -1 go nowhere: no fold learns from them or is tested on them.
        """
        there = place_N >= 0
        newest = None if self.newest is None else self.newest[place_N] & there
        learn, held_out = self.learn[:, place_N] & there, self.held_out[:, place_N] & there
        return replace(self, learn=learn, held_out=held_out, newest=newest)

    def pairs(self) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]:
        """Return the positions that each fold learns from and is tested on, as pairs."""
        return tuple(
            (np.flatnonzero(learn), np.flatnonzero(held_out))
            for learn, held_out in zip(self.learn, self.held_out, strict=True)
        )

    def only(self, *folds: int) -> "Splits":
        """Return some folds alone, under their own numbers."""
        pick = list(folds)
        return replace(
            self,
            learn=self.learn[pick],
            held_out=self.held_out[pick],
            numbers=tuple(self.numbers[fold] for fold in folds),
            first=0,
        )

    def scored(self) -> "Splits":
        """Return the folds that scores and intervals are made of."""
        pick = slice(self.first, None)
        return replace(
            self,
            learn=self.learn[pick],
            held_out=self.held_out[pick],
            numbers=self.numbers[pick],
            first=0,
        )

    def sources(self, fold: int) -> NDArray[np.int64]:
        """Return the folds whose held-out rows may tell something of those of one fold.

        In time these are the ones before it, otherwise all others.
        """
        folds = np.arange(len(self))
        return folds[folds < fold] if self.in_time else folds[folds != fold]

    def trained(self) -> "Splits":
        """Return the folds that networks are trained for: one more, last, if there is a refit.

        It learns from all rows, or the newest, and holds none out.
        """
        if not self.refit:
            return self
        own = np.ones_like(self.learn[:1]) if self.newest is None else self.newest[None]
        return replace(
            self,
            learn=np.concatenate([self.learn, own]),
            held_out=np.concatenate([self.held_out, np.zeros_like(own)]),
            numbers=(*self.numbers, REFIT),
        )


def splits_of(
    splitter: "Splitter | Iterable[Any]",
    rows: Encoded,
    schema: Labelled,
    standing: Standing | None = None,
) -> Splits:
    """Split rows as a splitter of scikit-learn says, or a list of (learn, test) positions.

    Positions count all rows that the user gave, in their order; those that are no longer
    among ``rows`` are left out of each fold. Where the folds are trained on
    different amounts of data, as in time, the splits have a refit.

    Parameters
    ----------
    splitter : splitter or iterable of (learn, test)
    rows : Encoded
    schema : Labelled
    standing : Standing, optional
        Where the rows of their table stand among all that were given; by default no other
        row was given.

    Raises
    ------
    SplitError
        F04 or F06, if a fold would have too little to learn from or to test on.
    """
    order = np.argsort(rows.rows)
    given = order if standing is None else standing.order(rows.rows)
    splits = split_by(splitter, rows, given)
    check_splits(splits, rows, schema)
    if rows.times is not None or _goes_forward(splits, order):
        moments = order if rows.times is None else np.argsort(rows.times, kind="stable")
        splits = in_time(splits, rows)
        return replace(splits, newest=_last_window(splits.scored(), rows, moments))
    return replace(splits, refit=_uneven(splits))


def _goes_forward(splits: Splits, order: NDArray[np.int64]) -> bool:
    """Tell whether each of several folds learns from rows above all that it is tested on."""
    learn, test = splits.learn[:, order], splits.held_out[:, order]
    last_learnt = learn.shape[1] - 1 - learn[:, ::-1].argmax(axis=1)
    return len(splits) > 1 and bool((last_learnt < test.argmax(axis=1)).all())


def _uneven(splits: Splits) -> bool:
    """Tell whether folds learn from unequal parts of the rows, or some rows from no fold."""
    counts = splits.learn.sum(axis=1)
    asked = (splits.learn | splits.held_out).any(axis=0)
    never = asked & ~splits.learn.any(axis=0)
    uneven = counts.max() > UNEVEN * counts.min()
    return len(splits) > 1 and bool(uneven or never.sum() > NEVER_LEARNT * asked.sum())


def _last_window(
    splits: Splits, rows: Encoded, order: NDArray[np.int64]
) -> NDArray[np.bool_] | None:
    """Return the newest rows, as many as the last fold learnt from, if folds forget old ones.

    Their order is that of time. Where groups take turns, a fold forgets none by age.
    """
    count = int(splits.learn[-1].sum())
    first = splits.learn[:, order].argmax(axis=1)
    moves_on = (np.diff(first) >= 0).all() and first[-1] - first[0] > MOVED_ON * count
    if rows.groups is not None or not moves_on:
        return None
    newest = np.zeros(len(rows), dtype=bool)
    newest[order[-count:]] = True
    return newest


def in_time(splits: Splits, rows: Encoded) -> Splits:
    """Return splits by time as such: a refit answers, and later folds tell what it is worth."""
    both = rows.groups is not None  # then every fold learns from half of the rows or more
    first = 0 if both else len(splits) // 2
    return replace(splits, refit=True, in_time=True, first=first)


def pairs_of(
    splitter: "Splitter | Iterable[Any]", rows: Encoded, order: NDArray[np.int64]
) -> list[tuple[Any, Any]]:
    """Return the positions that a splitter gives for rows in that order, or those of a list.

    Where the order has no row, a splitter is told the target and the group of the row before,
    so that it makes no class and no group of what is left out.

    Raises
    ------
    SplitError
        F04, if the splitter makes none.
    """
    count = len(order)
    if not isinstance(splitter, Splitter):
        return _listed(splitter, count)
    known = np.flatnonzero(order >= 0)
    before = np.searchsorted(known, np.arange(count), side="right") - 1
    seen = order[known[np.maximum(before, 0)]]
    groups = None if rows.groups is None else rows.groups[seen]
    return made_by(splitter, np.zeros((count, 1)), rows.target[seen], groups)


def made_by(splitter: Splitter, X: Any, y: Any, groups: Any) -> list[tuple[Any, Any]]:
    """Return the positions that a splitter gives for N rows, their targets and groups.

    Raises
    ------
    SplitError
        F04, if it makes none.
    """
    return _listed(splitter, len(X), (X, y, groups))


def _listed(made: Any, count: int, given: tuple[Any, ...] = ()) -> list[tuple[Any, Any]]:
    """Return pairs of positions, which a splitter makes of what it is given, as a list."""
    try:
        pairs = made.split(*given) if given else made
        pairs = [(learn_at, test_at) for learn_at, test_at in pairs]
    except (ValueError, TypeError) as error:
        raise SplitError(
            "F04",
            f"the splits of {count:,} rows cannot be made: {error}",
            fix=[
                "a scikit-learn splitter",
                ("a list of pairs of positions, training and test"),
            ],
        ) from error
    if not pairs:
        raise SplitError("F04", "there are no splits", fix=["make at least two"])
    return pairs


def split_by(
    splitter: "Splitter | Iterable[Any]", rows: Encoded, order: NDArray[np.int64]
) -> Splits:
    """Split rows, put in an order, as a splitter or a list of positions says.

    Parameters
    ----------
    splitter : splitter or iterable of (learn, test)
    rows : Encoded
    order : ndarray of shape (M,), int64
        The row that each position names, -1 where it was left out.

    Raises
    ------
    SplitError
        F04, if they are no positions of these rows, or name one of them twice.
    """
    pairs = pairs_of(splitter, rows, order)
    learn = np.zeros((len(pairs), len(rows)), dtype=bool)
    held_out = np.zeros_like(learn)
    for fold, (learn_at, test_at) in enumerate(pairs):
        learn[fold, _named(learn_at, order, fold + 1, "trains on")] = True
        held_out[fold, _named(test_at, order, fold + 1, "is tested on")] = True
    if rows.times is not None:
        # Rows of one moment may not stand on both sides.
        for fold in range(len(pairs)):
            learn[fold] &= rows.times < rows.times[held_out[fold]].min(initial=np.inf)
    return Splits(learn=learn, held_out=held_out, numbers=tuple(range(len(pairs))))


def _named(
    positions: Any, order: NDArray[np.int64], number: int, does: str
) -> NDArray[np.int64]:
    """Return the rows that one side of a fold names, without those that were left out."""
    try:
        named = np.arange(len(order))[positions]
    except IndexError as error:
        raise SplitError(
            "F04",
            f"fold {number} contains positions that a table of {len(order):,} rows does not "
            "have",
            fix=["make the splits for this table"],
        ) from error
    again = len(named) - len(np.unique(named))
    if again:
        raise SplitError(
            "F04",
            f"fold {number} lists {again:,} of the rows that it {does} more than once",
            fix=[
                "list each row once: numpy.unique",
                ("use a weight column to make a row count more"),
            ],
        )
    found = order[named]
    if len(named) and (found < 0).all():
        raise SplitError(
            "F04",
            f"none of the {len(named):,} rows that fold {number} {does} is left: they have no "
            "weight or no target, or could not be used",
            fix=["leave these rows out before you make the splits"],
        )
    return np.asarray(found[found >= 0])


def check_splits(splits: Splits, rows: Encoded, schema: Labelled) -> None:
    """Refuse folds that have too little to learn from or to test on.

    Raises
    ------
    SplitError
        F01, F04 or F06.
    """
    sides = zip(splits.learn, splits.held_out, strict=True)
    for number, (learn, held_out) in enumerate(sides, start=1):
        if (learn & held_out).any() or learn.sum() < 2 or not held_out.any():
            both = int((learn & held_out).sum())
            raise SplitError(
                "F04",
                f"fold {number} trains on {learn.sum():,} rows and is tested on "
                f"{held_out.sum():,}, {both:,} of them the same",
                fix=["choose another splitter or another number of folds"],
            )
        if len(np.unique(rows.target[learn], axis=0)) < 2:
            raise SplitError(
                "F06",
                f"fold {number} would train on {learn.sum():,} rows with the same target",
                fix=["shuffle the rows: --shuffle", "use fewer folds: --folds 3"],
            )
        if schema.task == "classification" and rows.times is None:
            missing = np.setdiff1d(rows.target, rows.target[learn])
            if len(missing):
                name = schema.classes[missing[0]]
                raise SplitError(
                    "F01",
                    f"fold {number} would have no training row of class {name!r}",
                    fix=["shuffle the rows: --shuffle", "use fewer folds: --folds 3"],
                )
