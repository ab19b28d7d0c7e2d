"""Which pictures each fold learns from: copies of a picture stay on one side."""

import re
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from tenfold.config import Decision, SplitOptions
from tenfold.data.columns.encode import Encoded
from tenfold.data.folds.deal import make_splits
from tenfold.data.folds.split import Labelled, Splits
from tenfold.data.folds.together import joined
from tenfold.data.pictures.found import Label
from tenfold.data.pictures.near_copies import copy_sets, sets_of_several, upright
from tenfold.data.pictures.picture_schema import classes_of, numbers_of
from tenfold.data.pictures.pictures import Pictures
from tenfold.errors import SplitError
from tenfold.seeds import Streams

SHOWN: Final = 3  # pictures that a decision names


def no_split(pictures: int) -> tuple[Splits, tuple[Decision, ...]]:
    """Let one network learn from all pictures, where others are there to score it."""
    learn = np.ones((1, pictures), dtype=bool)
    decision = Decision(
        what="one network trains on all images and is scored on the test images",
        why="each fold would train a separate network",
        change_with="--folds",
    )
    return Splits(learn=learn, held_out=~learn, numbers=(0,)), (decision,)


def split_pictures(
    pictures: Pictures,
    rows: Encoded,
    schema: Labelled,
    folds: int,
    streams: Streams,
    *,
    keep_copies: bool = False,
) -> tuple[Encoded, Splits, tuple[Decision, ...]]:
    """Deal pictures out to folds; equal and nearly equal ones stay together.

    They do so among the validation images of a fold, too, so the rows are returned with what
    belongs together.

    Parameters
    ----------
    pictures : Pictures
    rows : Encoded
        The same pictures; groups of the user's stay together too.
    schema : Labelled
    folds : int
        1 makes a single fold, which holds out a tenth.
    streams : Streams
    keep_copies : bool
        Whether copies may stand in different folds.

    Raises
    ------
    SplitError
        F01 to F03, if a fold would have too little to learn from or to test on.
    """
    sets_N = np.arange(len(rows))
    found: tuple[Decision, ...] = ()
    if not keep_copies:
        plain_N = copy_sets(pictures.thumbs)
        sets_N = with_views(plain_N, pictures)
        found = (*tell_copies(pictures, plain_N), *tell_views(pictures, plain_N, sets_N))
    if rows.groups is not None:
        rows = replace(rows, groups=joined(sets_N, rows.groups))
    else:
        rows = replace(rows, sets=sets_N)
    splits, how = make_splits(rows, schema, folds, streams)
    return rows, splits, (*found, *map(of_pictures, how))


def of_pictures(how: Decision) -> Decision:
    """Say of pictures what was said of rows; their order means nothing."""
    words = {"rows": "images", "row": "image"}
    what, why = (
        re.sub(r"\brows?\b", lambda found: words[found.group()], text)
        for text in (how.what, how.why)
    )
    change = how.change_with.replace(", --no-shuffle", "")
    change = change.replace("--group-column", "--group-column, --group-pattern")
    return replace(how, what=what, why=why, change_with=change)


def hold_out_pictures(
    pictures: Pictures, test: Pictures | None, options: SplitOptions, streams: Streams
) -> tuple[Pictures, Pictures | None, tuple[Decision, ...]]:
    """Take a share of each class away as test pictures, copies with their originals.

    Nothing is taken if there are test pictures, or none are asked for.

    Raises
    ------
    SplitError
        F02, if one of the two would be empty.
    """
    if test is not None or options.test_size is None:
        return pictures, test, ()
    share = options.test_size
    groups_N = with_views(copy_sets(pictures.thumbs), pictures)
    if pictures.groups is not None:
        groups_N = joined(groups_N, pictures.groups)
    _, first, sets_N = np.unique(groups_N, return_index=True, return_inverse=True)
    labels = classes_of(pictures)
    try:
        _, chosen = train_test_split(
            np.arange(len(first)),
            test_size=share,
            stratify=None if labels is None else labels[first],
            random_state=streams.integer("test rows") % 2**32,
        )
    except ValueError as error:
        raise SplitError(
            "F02",
            f"--test-size {share:g} cannot hold out images from {len(pictures):,}: {error}",
            fix=["choose another share, or use more images"],
        ) from error
    is_test = np.isin(sets_N, chosen)
    decision = Decision(
        what=f"{is_test.sum():,} images are held out as a test set",
        why=f"a fraction of {share:g}{' of each class' * (labels is not None)} was requested",
        change_with="--test-size",
    )
    return pictures.take(~is_test), pictures.take(is_test), (decision,)


def with_views(sets_N: NDArray[np.int64], pictures: Pictures) -> NDArray[np.int64]:
    """Return sets of copies, joined with mirror images and quarter turns of the same label.

    Augmentation keeps labels; what lies where another stands is no copy of it.
    """
    views_N = copy_sets(upright(pictures.thumbs))
    if pictures.labels is not None:
        _, label_N = np.unique(list(map(_plain, pictures.labels)), return_inverse=True)
        views_N = np.unique(np.stack([views_N, label_N]), axis=1, return_inverse=True)[
            1
        ].ravel()
    both_N = joined(sets_N, views_N)
    return both_N if len(np.unique(both_N)) < len(np.unique(sets_N)) else sets_N


def _plain(label: Label) -> str:
    return " ".join(sorted(label)) if isinstance(label, frozenset) else str(label)


def tell_views(
    pictures: Pictures, plain_N: NDArray[np.int64], sets_N: NDArray[np.int64]
) -> tuple[Decision, ...]:
    """Say which pictures are others mirrored or turned."""
    turned = [one for one in sets_of_several(sets_N) if len(set(plain_N[one])) > 1]
    if not turned:
        return ()
    _, first = np.unique(plain_N[turned[0]], return_index=True)
    shown = " = ".join(pictures.files[i] for i in turned[0][np.sort(first)][:SHOWN])
    what = (
        f"{sum(map(len, turned)):,} images are others mirrored or turned, and stay in one fold"
    )
    why = f"augmented images on the other side of a fold would leak their answers: {shown}"
    return (Decision(what=what, why=why, change_with="--keep-copies"),)


def tell_copies(pictures: Pictures, sets_N: NDArray[np.int64]) -> tuple[Decision, ...]:
    """Say which pictures are copies of another, and which of them are of two classes."""
    sets = sets_of_several(sets_N)
    if not sets:
        return ()
    labels = pictures.labels if numbers_of(pictures) is None else None
    mixed = [s for s in sets if labels is not None and len(set(labels[s])) > 1]
    chosen = (mixed or sets)[0]
    if mixed and labels is not None:  # one of each class
        named = {labels[one]: one for one in chosen[::-1]}
        chosen = np.array([named[label] for label in sorted(named, key=str)])
    shown = " = ".join(pictures.files[i] for i in chosen[:SHOWN])
    what = (
        f"{sum(map(len, sets)):,} images are duplicates or near duplicates, and stay in "
        "one fold"
    )
    if mixed:
        several = classes_of(pictures) is None
        what += f"; {len(mixed):,} of these sets contain several "
        what += "combinations of labels" if several else "classes"
    why = f"a duplicate on the other side of a fold would leak its answer: {shown}"
    return (Decision(what=what, why=why, change_with="--keep-copies"),)
