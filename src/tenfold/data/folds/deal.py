"""How many folds there are, and how rows are dealt out to them."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold

from tenfold.config import Decision, SplitOptions
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.hold_out import (
    Pair,
    blocks_of_time,
    blocks_of_time_and_group,
    deal,
    strata,
)
from tenfold.data.folds.rare import of_one_unit, spread_classes
from tenfold.data.folds.split import Labelled, Splits, check_splits, in_time, split_by
from tenfold.errors import SplitError
from tenfold.seeds import Streams
from tenfold.silence import Silence

DEFAULT_FOLDS: Final = 10
# More rows than this: that many folds. A score from 2,000 rows a fold is sharp enough.
FEWER_FOLDS: Final = ((10_000, 5), (100_000, 3))
# scikit-learn warns of classes with few rows; what becomes of them is a decision here.
_SILENT_SPLITTERS: Final = Silence(message="The least populated class")


def decide_folds(rows: Encoded, options: SplitOptions) -> tuple[int, tuple[Decision, ...]]:
    """Return how many folds to make: as asked, or 10, or fewer on a large table.

    If ``options.lenient``, also fewer where rows or groups are too few for that many.
    """
    if options.folds is not None:
        return options.folds, ()
    folds, why = DEFAULT_FOLDS, ""
    for limit, fewer in FEWER_FOLDS:
        if len(rows) > limit:
            folds = fewer
            why = (
                f"with more than {limit:,} rows ({len(rows):,}), fewer folds give an "
                "equally precise score"
            )
    if options.lenient:
        most, reason = most_folds(rows)
        if 2 <= most < folds:
            folds, why = most, reason
    if not why:
        return folds, ()
    return folds, (Decision(what=f"{folds} folds", why=why, change_with="--folds"),)


def most_folds(rows: Encoded) -> tuple[int, str]:
    """Return the largest number of folds that the rows allow, and what limits it."""
    together = _together(rows)
    if rows.target.dtype.kind == "i" and rows.target.ndim == 1:
        together = together[~of_one_unit(rows.target, together)]
    units = len(np.unique(together))
    differ = "" if rows.sets is None else " that differ"
    limits = [(units if units > 2 else 1, f"there are {units} rows{differ}")]
    if rows.groups is not None:
        found = len(np.unique(rows.groups))
        limits.append((found, f"there are {found} groups"))
    return min(limits)


def _together(rows: Encoded) -> NDArray[np.int64]:
    return np.arange(len(rows)) if rows.sets is None else rows.sets


def make_splits(
    rows: Encoded,
    schema: Labelled,
    folds: int,
    streams: Streams,
    *,
    shuffle: bool = True,
) -> tuple[Splits, tuple[Decision, ...]]:
    """Deal rows out to folds: by time, by group, by both, by class, or evenly.

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

    Raises
    ------
    SplitError
        F01 to F04 or F06, if a fold would have too little to learn from or to test on.
    """
    wanted = folds
    if folds == 1:
        wanted = min(DEFAULT_FOLDS, max(most_folds(rows)[0], 2))
    if len(rows) < max(wanted, 3):
        raise SplitError(
            "F02",
            f"there are only {len(rows)} rows for {wanted} folds",
            fix=["use more rows", *(_fewer(len(rows)) if len(rows) > 2 else [])],
        )
    if rows.times is not None:
        splits, how = _by_time(rows, rows.times, wanted, streams)
    elif rows.groups is not None:
        splits, how = _by_group(rows, rows.groups, schema, wanted, streams, shuffle=shuffle)
    elif shuffle:
        splits, how = _shuffled(rows, schema, wanted, streams)
        how = how if folds > 1 else how[:1]  # one fold does not test every class anyway
    else:
        splits, how = _in_blocks(rows, schema, wanted)
    check_splits(splits, rows, schema)
    if folds == 1:
        splits, how = _one_fold(splits, how)
    return splits, how


def _in_blocks(
    rows: Encoded, schema: Labelled, folds: int
) -> tuple[Splits, tuple[Decision, ...]]:
    splits = split_by(KFold(folds), rows, np.argsort(rows.rows))
    what = f"{folds} folds, contiguous blocks in the order of the file"
    why = "each row is tested on once"
    how = Decision(what=what, why=why, change_with="--folds, --shuffle")
    if schema.task != "classification":
        return splits, (how,)
    classes = rows.target.astype(np.int64)
    lone = of_one_unit(classes, np.arange(len(rows)))
    splits = replace(splits, learn=splits.learn | lone, held_out=splits.held_out & ~lone)
    untested = _never_tested(np.unique(classes[lone]), rows, schema, "it has one row")
    return splits, (how, *untested)


def _by_time(
    rows: Encoded, times: NDArray[np.float64], folds: int, streams: Streams
) -> tuple[Splits, tuple[Decision, ...]]:
    moments = len(np.unique(times))
    if moments < 2:
        fix = ["choose another column: --time-column NAME", "shuffle the rows instead"]
        raise SplitError("F03", "all rows have the same time", fix=fix)
    if rows.groups is None:
        pairs = list(blocks_of_time(times, folds))
        what, change = "by time", "--time-column"
        why = "each fold trains on rows that are earlier than its test rows"
    else:
        _check_groups(rows.groups, 2)
        generator = streams.generator("splits")
        pairs = list(blocks_of_time_and_group(times, rows.groups, folds, generator))
        what, change = "by time and group", "--time-column, --group-column"
        why = "each fold is tested on later rows of groups that are not in its training rows"
    # At the beginning there may be too little to learn from.
    sound = [
        (learn, test) for learn, test in pairs if len(np.unique(rows.target[learn], axis=0)) > 1
    ] or pairs
    if len(sound) < folds:
        why += f"; {moments:,} different times do not allow more"
    splits = _of_pairs(sound)
    how = Decision(what=f"{len(splits)} folds, {what}", why=why, change_with=change)
    return in_time(splits, rows), (how,)


def who_answers(splits: Splits, options: SplitOptions) -> tuple[Splits, tuple[Decision, ...]]:
    """Decide, and say, who answers new rows where folds learn from unequal parts of the rows.

    Returns
    -------
    splits, decisions
        ``refit`` is False if the options say so.
    """
    if not splits.refit:
        return splits, ()
    why = "the folds are trained on different amounts of data"
    if splits.in_time:
        why = "folds of the past have less training data, and none of the recent rows"
    if splits.newest is not None:
        why = "each fold is trained on the same number of rows just before its test rows"
    if splits.first:
        count = len(splits) - splits.first
        last = "the last fold" if count == 1 else f"the last {count} folds"
        why += f"; scores and intervals are those of {last}"
    what, change = "new rows are predicted by the mean of all folds", "--refit"
    if options.refit:
        of = "all" if splits.newest is None else f"the newest {splits.newest.sum():,}"
        what, change = f"new rows are predicted by networks trained on {of} rows", "--no-refit"
    decision = Decision(what=what, why=why, change_with=change)
    return replace(splits, refit=options.refit), (decision,)


def _by_group(
    rows: Encoded,
    groups: NDArray[np.int64],
    schema: Labelled,
    folds: int,
    streams: Streams,
    *,
    shuffle: bool,
) -> tuple[Splits, tuple[Decision, ...]]:
    _check_groups(groups, folds)
    state = streams.integer("splits") % 2**32 if shuffle else None
    order = np.arange(len(rows)) if shuffle else np.argsort(rows.rows)
    what, why = f"{folds} folds, by group", "rows of one group stay in one fold"
    how = Decision(what=what, why=why, change_with="--group-column")
    if schema.task != "classification":
        splitter = GroupKFold(folds, shuffle=shuffle, random_state=state)
        return split_by(splitter, rows, order), (how,)
    classes = rows.target.astype(np.int64)
    untestable = of_one_unit(classes, groups)
    if len(np.unique(groups[~untestable])) < folds:
        untestable[:] = False  # nothing would be left to test
    stratified = StratifiedGroupKFold(folds, shuffle=shuffle, random_state=state)
    with _SILENT_SPLITTERS:
        dealt = split_by(stratified, rows, order[~untestable[order]])
    fold = np.where(untestable, folds, dealt.held_out.argmax(axis=0))
    fold[~untestable] = spread_classes(
        fold[~untestable], groups[~untestable], classes[~untestable]
    )
    never = np.setdiff1d(classes[untestable], classes[~untestable])
    untested = _never_tested(never, rows, schema, "all of its rows belong to one group")
    return _of_folds(fold, folds), (how, *untested)


def _shuffled(
    rows: Encoded, schema: Labelled, folds: int, streams: Streams
) -> tuple[Splits, tuple[Decision, ...]]:
    generator = streams.generator("splits")
    together = _together(rows)
    _check_copies(together, folds)
    if schema.task != "classification":
        fold = deal(strata(rows.target, schema.task), together, folds, generator)
        what, why = f"{folds} folds, shuffled", "each row is tested on once"
        if schema.task == "multilabel":
            what = f"{folds} folds, stratified by the rarest label of each row"
        how = Decision(what=what, why=why, change_with="--folds, --no-shuffle")
        return _of_folds(fold, folds), (how,)
    # No fold could learn a class of one row, or of equal rows, that it tests.
    classes = rows.target.astype(np.int64)
    untestable = of_one_unit(classes, together)
    fold = np.full(len(rows), folds)
    dealt = deal(classes[~untestable], together[~untestable], folds, generator)
    fold[~untestable] = spread_classes(dealt, together[~untestable], classes[~untestable])
    what, why = f"{folds} folds, stratified", "every fold has the same class proportions"
    how = Decision(what=what, why=why, change_with="--folds, --no-shuffle")
    return _of_folds(fold, folds), (how, *_rare(untestable, rows, schema, folds))


def _rare(
    untestable: NDArray[np.bool_], rows: Encoded, schema: Labelled, folds: int
) -> Iterator[Decision]:
    """Say what becomes of classes with fewer rows than there are folds."""
    counts = np.bincount(rows.target)
    never = np.setdiff1d(rows.target[untestable], rows.target[~untestable])
    fewer = f"it has fewer rows than the number of folds, {folds}"
    lone = never[counts[never] == 1]
    yield from _never_tested(lone, rows, schema, fewer)
    equal = np.setdiff1d(never, lone)
    yield from _never_tested(equal, rows, schema, "all of its rows have the same inputs")
    few = np.setdiff1d(np.flatnonzero((counts > 1) & (counts < folds)), never)
    what = "is tested in only as many folds as it has rows"
    yield from _of_classes(few, what, rows, schema, fewer)


def _never_tested(
    classes: NDArray[np.int64], rows: Encoded, schema: Labelled, why: str
) -> Iterator[Decision]:
    what = "is in the training rows of every fold and tested in none"
    return _of_classes(classes, what, rows, schema, why)


def _of_classes(
    classes: NDArray[np.int64], what: str, rows: Encoded, schema: Labelled, why: str
) -> Iterator[Decision]:
    """Say the same of some classes, if there are any."""
    names = [f"{schema.classes[c]!r} ({(rows.target == c).sum():,})" for c in classes]
    if names:
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" * (len(names) > 8))
        noun = "class" if len(names) == 1 else "each of the classes"
        change = "--folds, or merge the class with another"
        yield Decision(what=f"{noun} {shown} {what}", why=why, change_with=change)


def _one_fold(splits: Splits, how: tuple[Decision, ...]) -> tuple[Splits, tuple[Decision, ...]]:
    """Return the last fold alone: of folds by time it learns from most."""
    share = f"1/{len(splits)} of the rows"
    what = f"one fold, which holds out {share}, {how[0].what.partition(', ')[2]}"
    decision = replace(how[0], what=what)
    return splits.only(len(splits) - 1), (decision, *how[1:])


def _of_folds(fold_N: NDArray[np.int64], folds: int) -> Splits:
    """Return splits of the number of the fold that tests each row; none does from F on."""
    return _of_pairs([(fold_N != f, fold_N == f) for f in range(folds)])


def _of_pairs(pairs: list[Pair]) -> Splits:
    learn, held_out = (np.stack(side) for side in zip(*pairs, strict=True))
    return Splits(learn=learn, held_out=held_out, numbers=tuple(range(len(pairs))))


def _check_groups(groups: NDArray[np.int64], folds: int) -> None:
    found = len(np.unique(groups))
    if found < folds:
        raise SplitError(
            "F03", f"there are only {found} groups for {folds} folds", fix=_fewer(found)
        )


def _check_copies(together: NDArray[np.int64], folds: int) -> None:
    """Refuse rows of which so many are equal that some fold would test none."""
    found = len(np.unique(together))
    if found < folds:
        rest = len(together) - found
        fact = f"{rest:,} of {len(together):,} rows are copies of others"
        fix = ["add rows that differ in their inputs", *_fewer(found)]
        raise SplitError("F02", f"{fact}, which leaves {found} for {folds} folds", fix=fix)


def _fewer(folds: int) -> list[str]:
    return [f"use fewer folds: --folds {folds}"] if folds >= 2 else []
