"""For whom the network of a study works: its held-out rows, group by group."""

import numpy as np

from tenfold.data.encode import encode_target, read_weights
from tenfold.data.groups import groups_of_pictures, groups_of_table
from tenfold.data.pictures import Pictures
from tenfold.evaluate.groups import GroupScore, score_groups
from tenfold.evaluate.metrics import constant_guess
from tenfold.evaluate.picture_scores import read_classes
from tenfold.study.study import PictureStudy, TableStudy


def groups_of_study(study: TableStudy | PictureStudy) -> tuple[GroupScore, ...]:
    """Score groups of the rows or pictures that networks never saw; see ``score_groups``."""
    if isinstance(study.data, Pictures):
        return _of_pictures(study)
    return _of_table(study)


def _of_table(study: TableStudy) -> tuple[GroupScore, ...]:
    table, schema = study.data, study.schema
    return score_groups(
        groups_of_table(table, schema),
        encode_target(table, schema),
        study.out_of_fold(),
        study.guesses(),
        read_weights(table, schema.weight_column),
        schema.task,
    )


def _of_pictures(study: PictureStudy) -> tuple[GroupScore, ...]:
    pictures, answers = study.unseen()
    guesses = study.guesses()
    if pictures is not study.data:  # test pictures, and a network that learnt from all others
        rows = study.rows
        guess = constant_guess(rows.target, rows.weights, "classification", answers.shape[1])
        guesses = np.tile(guess, (len(pictures), 1))
    return score_groups(
        groups_of_pictures(pictures),
        read_classes(pictures, study.schema),
        answers,
        guesses,
        np.ones(len(pictures)),
        "classification",
    )
