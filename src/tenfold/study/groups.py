"""For whom the network of a study works: its held-out rows, group by group."""

import numpy as np
from numpy.typing import NDArray

from tenfold.data.encode import Encoded, encode_target, read_weights
from tenfold.data.groups import groups_of_pictures, groups_of_table
from tenfold.data.pictures import Pictures
from tenfold.evaluate.groups import GroupScore, score_groups
from tenfold.evaluate.metrics import baseline_guess
from tenfold.evaluate.picture_scores import read_classes
from tenfold.seeds import Streams
from tenfold.study.study import PictureStudy, TableStudy


def groups_of_study(
    study: TableStudy | PictureStudy, streams: Streams
) -> tuple[GroupScore, ...]:
    """Score groups of the rows or pictures that networks never saw; see ``score_groups``."""
    if isinstance(study.data, Pictures):
        return _of_pictures(study, streams)
    return _of_table(study, streams)


def _of_table(study: TableStudy, streams: Streams) -> tuple[GroupScore, ...]:
    table, schema = study.data, study.schema
    return score_groups(
        groups_of_table(table, schema),
        encode_target(table, schema),
        study.out_of_fold(),
        study.guesses(),
        read_weights(table, schema.weight_column),
        schema.task,
        streams,
        _clusters(study.rows, study.place),
    )


def _of_pictures(study: PictureStudy, streams: Streams) -> tuple[GroupScore, ...]:
    pictures, answers = study.unseen()
    guesses = study.guesses()
    if pictures is not study.data:  # test pictures, and a network that learnt from all others
        rows = study.rows
        guess = baseline_guess(rows.target, rows.weights, "classification", answers.shape[1])
        guesses = np.tile(guess, (len(pictures), 1))
    return score_groups(
        groups_of_pictures(pictures),
        read_classes(pictures, study.schema),
        answers,
        guesses,
        np.ones(len(pictures)),
        "classification",
        streams,
        _clusters(study.rows, study.place) if pictures is study.data else None,
    )


def _clusters(rows: Encoded, place: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Return what rows of the data belong together by: their group, or that they are copies.

    Returns
    -------
    ndarray of shape (len(place),), int64, or None
        None if all are independent of each other.
    """
    if rows.groups is not None:
        return np.where(place >= 0, rows.groups[place], -1)
    known = place[place >= 0]
    return None if len(np.unique(known)) == len(known) else place
