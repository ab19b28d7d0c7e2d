"""Which rows each fold learns from and which it is tested on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    TimeSeriesSplit,
)

from tenfold.config import Decision, SplitOptions, Task
from tenfold.data.encode import Encoded
from tenfold.errors import SplitError
from tenfold.seeds import Streams

DEFAULT_FOLDS: Final = 10
# More rows than this: that many folds. A score from 2,000 rows a fold is sharp enough.
FEWER_FOLDS: Final = ((10_000, 5), (100_000, 3))


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
        """Names of the classes; none in regression."""


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
    """

    learn: NDArray[np.bool_]
    held_out: NDArray[np.bool_]
    numbers: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.learn)

    def spread(self, place_N: NDArray[np.int64]) -> "Splits":
        """Return the splits of N rows, each of which goes where its row of these goes."""
        return Splits(
            learn=self.learn[:, place_N],
            held_out=self.held_out[:, place_N],
            numbers=self.numbers,
        )

    def pairs(self) -> tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...]:
        """Return the positions that each fold learns from and is tested on, as pairs."""
        return tuple(
            (np.flatnonzero(learn), np.flatnonzero(held_out))
            for learn, held_out in zip(self.learn, self.held_out, strict=True)
        )

    def only(self, fold: int) -> "Splits":
        """Return one fold alone, under its own number."""
        pick = slice(fold, fold + 1)
        return Splits(
            learn=self.learn[pick], held_out=self.held_out[pick], numbers=self.numbers[pick]
        )


def decide_folds(
    rows: Encoded, task: Task, options: SplitOptions
) -> tuple[int, tuple[Decision, ...]]:
    """Return how many folds to make: as asked, or 10, or fewer on a large table.

    If ``options.lenient``, also fewer where rows, groups or the rows of a class are
    too few for that many.
    """
    if options.folds is not None:
        return options.folds, ()
    folds, why = DEFAULT_FOLDS, ""
    for limit, fewer in FEWER_FOLDS:
        if len(rows) > limit:
            folds = fewer
            why = f"{len(rows):,} rows are more than {limit:,}, so fewer folds score as well"
    if options.lenient:
        most, reason = most_folds(rows, task)
        if 2 <= most < folds:
            folds, why = most, reason
    if not why:
        return folds, ()
    return folds, (Decision(what=f"{folds} folds", why=why, change_with="--folds"),)


def most_folds(rows: Encoded, task: Task) -> tuple[int, str]:
    """Return the largest number of folds that the rows allow, and what limits it.

    A class of one row does not count: every fold may learn from it.
    """
    limits = [(len(rows) if len(rows) > 2 else 1, f"there are {len(rows)} rows")]
    if rows.groups is not None:
        found = len(np.unique(rows.groups))
        limits.append((found, f"there are {found} groups"))
    elif task == "classification" and rows.times is None:
        counts = np.bincount(rows.target)
        shared = counts[counts > 1]
        smallest = int(shared.min()) if len(shared) else 1
        limits.append((smallest, f"the smallest class has {smallest} rows"))
    return min(limits)


def make_splits(
    rows: Encoded,
    schema: Labelled,
    folds: int,
    streams: Streams,
    *,
    shuffle: bool = True,
    lenient: bool = False,
) -> tuple[Splits, Decision]:
    """Deal rows out to folds: by time, by group, by class, or evenly.

    Parameters
    ----------
    rows : Encoded
    schema : Labelled
    folds : int
        1 makes a single fold, which holds out a tenth.
    streams : Streams
        ``splits`` is drawn from.
    shuffle : bool
        If False, each fold is tested on a block of rows in the order of the file.
    lenient : bool
        Whether every fold may learn from a class's only row.

    Raises
    ------
    SplitError
        F01 to F04 or F06, if a fold would have too little to learn from or to test on.
    """
    deal = folds
    if folds == 1:
        deal = min(DEFAULT_FOLDS, max(most_folds(rows, schema.task)[0], 2))
    if len(rows) < max(deal, 3):
        raise SplitError(
            "F02",
            f"there are {len(rows)} rows for {deal} folds",
            fix=["bring more rows", *(_fewer(len(rows)) if len(rows) > 2 else [])],
        )
    splits, how = _deal(rows, schema, deal, streams, shuffle=shuffle, lenient=lenient)
    return (splits, how) if folds > 1 else _one_fold(splits, how)


def _deal(
    rows: Encoded,
    schema: Labelled,
    folds: int,
    streams: Streams,
    *,
    shuffle: bool,
    lenient: bool,
) -> tuple[Splits, Decision]:
    state = streams.integer("splits") % 2**32 if shuffle else None
    classes = rows.target if schema.task == "classification" else None
    lone = np.zeros(len(rows), dtype=bool)
    if rows.times is not None:
        splitter, how, change = TimeSeriesSplit(folds), "by time", "--time-column"
        why = "each fold learns from rows that are earlier than those it is tested on"
    elif rows.groups is not None:
        _check_groups(rows.groups, folds)
        kind = GroupKFold if classes is None else StratifiedGroupKFold
        splitter = kind(folds, shuffle=shuffle, random_state=state)
        how, why, change = "by group", "rows of one group stay in one fold", "--group-column"
    elif classes is not None and shuffle:
        if lenient:
            lone = np.bincount(classes)[classes] == 1
        _check_classes(classes[~lone], schema, folds)
        splitter = StratifiedKFold(folds, shuffle=True, random_state=state)
        how, change = "stratified", "--folds, --no-shuffle"
        why = "every fold gets its share of each class"
        if lone.any():
            why += "; classes of one row are learnt by every fold and tested by none"
    else:
        splitter = KFold(folds, shuffle=shuffle, random_state=state)
        how = "shuffled" if shuffle else "blocks of rows in the order of the file"
        why = "each row is tested on once"
        change = "--folds, --no-shuffle" if shuffle else "--folds, --shuffle"
    order = np.flatnonzero(~lone) if shuffle else np.argsort(rows.rows)
    if rows.times is not None:
        order = np.argsort(rows.times, kind="stable")
    splits = _split(splitter, rows, order)
    splits.learn[:, lone] = True
    _check(splits, rows, schema)
    return splits, Decision(what=f"{len(splits)} folds, {how}", why=why, change_with=change)


def _one_fold(splits: Splits, how: Decision) -> tuple[Splits, Decision]:
    """Return the last fold alone: of folds by time it learns from most."""
    share = f"1/{len(splits)} of the rows"
    what = f"one fold, which holds out {share}, {how.what.partition(', ')[2]}"
    return splits.only(len(splits) - 1), replace(how, what=what, change_with="--folds")


def splits_of(splitter: "Splitter | Iterable[Any]", rows: Encoded, schema: Labelled) -> Splits:
    """Split rows as a splitter of scikit-learn says, or a list of (learn, test) positions.

    Positions count the rows in the order of the file.

    Raises
    ------
    SplitError
        F04 or F06, if a fold would have too little to learn from or to test on.
    """
    splits = _split(splitter, rows, np.argsort(rows.rows))
    _check(splits, rows, schema)
    return splits


def _pairs(
    splitter: "Splitter | Iterable[Any]", rows: Encoded, order: NDArray[np.int64]
) -> list[tuple[Any, Any]]:
    """Return the positions that a splitter gives for rows in that order."""
    given: Any = splitter
    try:
        if isinstance(splitter, Splitter):
            groups = None if rows.groups is None else rows.groups[order]
            given = splitter.split(np.zeros((len(order), 1)), rows.target[order], groups)
        pairs = [(learn_at, test_at) for learn_at, test_at in given]
    except (ValueError, TypeError) as error:
        raise SplitError(
            "F04",
            f"the splits of {len(order):,} rows cannot be made: {error}",
            fix=["a splitter of scikit-learn", "a list of pairs of positions, learn and test"],
        ) from error
    if not pairs:
        raise SplitError("F04", "there are no splits", fix=["make at least two"])
    return pairs


def _split(
    splitter: "Splitter | Iterable[Any]", rows: Encoded, order: NDArray[np.int64]
) -> Splits:
    pairs = _pairs(splitter, rows, order)
    learn = np.zeros((len(pairs), len(rows)), dtype=bool)
    held_out = np.zeros_like(learn)
    for fold, (learn_at, test_at) in enumerate(pairs):
        try:
            learn[fold, order[learn_at]] = True
            held_out[fold, order[test_at]] = True
        except IndexError as error:
            raise SplitError(
                "F04",
                f"fold {fold + 1} names positions that the table of {len(rows):,} rows lacks",
                fix=["make the splits for this table"],
            ) from error
    if rows.times is not None:
        # Rows of one moment may not stand on both sides.
        for fold in range(len(pairs)):
            learn[fold] &= rows.times < rows.times[held_out[fold]].min(initial=np.inf)
    return Splits(learn=learn, held_out=held_out, numbers=tuple(range(len(pairs))))


def _check_groups(groups: NDArray[np.int64], folds: int) -> None:
    found = len(np.unique(groups))
    if found < folds:
        raise SplitError(
            "F03", f"there are {found} groups for {folds} folds", fix=_fewer(found)
        )


def _check_classes(classes: NDArray[Any], schema: Labelled, folds: int) -> None:
    counts = np.bincount(classes)
    small = np.flatnonzero((counts < folds) & (counts > 0))
    if len(small):
        found = ", ".join(f"{schema.classes[i]!r} ({counts[i]})" for i in small[:8])
        least = int(counts[small].min())
        raise SplitError(
            "F01",
            f"{len(small)} of {len(schema.classes)} classes have fewer rows than the "
            f"{folds} folds: {found}",
            fix=["leave rows of such classes out, or join them to another", *_fewer(least)],
        )


def _fewer(folds: int) -> list[str]:
    return [f"make fewer folds: --folds {folds}"] if folds >= 2 else []


def _check(splits: Splits, rows: Encoded, schema: Labelled) -> None:
    sides = zip(splits.learn, splits.held_out, strict=True)
    for number, (learn, held_out) in enumerate(sides, start=1):
        if (learn & held_out).any() or learn.sum() < 2 or not held_out.any():
            both = int((learn & held_out).sum())
            raise SplitError(
                "F04",
                f"fold {number} learns from {learn.sum():,} rows and is tested on "
                f"{held_out.sum():,}, {both:,} of them the same",
                fix=["choose another splitter or another number of folds"],
            )
        if len(np.unique(rows.target[learn])) < 2:
            raise SplitError(
                "F06",
                f"fold {number} would learn from {learn.sum():,} rows with the same target",
                fix=["shuffle the rows: --shuffle", "make fewer folds: --folds 3"],
            )
        if schema.task == "classification" and rows.times is None:
            missing = np.setdiff1d(rows.target, rows.target[learn])
            if len(missing):
                name = schema.classes[missing[0]]
                raise SplitError(
                    "F01",
                    f"fold {number} would learn from no row of class {name!r}",
                    fix=["shuffle the rows: --shuffle", "make fewer folds: --folds 3"],
                )


def deal_blocks(
    rows: Encoded,
    learn: NDArray[np.bool_],
    task: Task,
    blocks: int,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Deal the rows that a fold learns from out to blocks, like a pack of cards.

    Each member of the fold trains without one block and is watched on it, so the
    length of training is chosen without the fold's held-out rows. Groups stay
    together, times are cut into stretches, classes are shared out evenly.

    Returns
    -------
    ndarray of shape (N,), int64
        Block of each row, 0 to ``blocks - 1``; -1 where ``learn`` is False.
    """
    chosen = np.flatnonzero(learn)
    if rows.times is not None:
        ranks = np.argsort(np.argsort(rows.times[chosen], kind="stable"))
        block = ranks * blocks // len(chosen)
    elif rows.groups is not None:
        _, group = np.unique(rows.groups[chosen], return_inverse=True)
        block = (generator.permutation(group.max() + 1) % blocks)[group]
    else:
        key = rows.target[chosen] if task == "classification" else np.zeros(len(chosen))
        order = np.lexsort((generator.random(len(chosen)), key))
        block = np.empty(len(chosen), dtype=np.int64)
        block[order] = np.arange(len(chosen)) % blocks
    out = np.full(len(rows), -1, dtype=np.int64)
    out[chosen] = block
    return out
