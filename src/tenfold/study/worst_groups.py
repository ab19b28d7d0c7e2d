"""For whom the network of a study works: its held-out rows, group by group."""

import numpy as np
from numpy.typing import NDArray

from tenfold.data.columns.encode import Encoded
from tenfold.evaluate.group_scores import GroupScore, score_groups
from tenfold.evaluate.metrics import baseline_guess
from tenfold.seeds import Streams
from tenfold.study.study import Study


def groups_of_study(study: Study, streams: Streams) -> tuple[GroupScore, ...]:
    """Score groups of the rows that networks never saw; see ``score_groups``."""
    data, answers = study.unseen()
    truth, weights = study.truth()
    own = data is study.data
    guesses = study.guesses()
    if not own:  # test rows, and a network that learnt from all others
        rows, task = study.rows, study.schema.task
        guess = baseline_guess(rows.target, rows.weights, task, answers.shape[1])
        guesses = np.tile(guess, (len(data), 1))
    return score_groups(
        study.kind.groups(data, study.schema),
        truth,
        answers,
        guesses,
        weights,
        study.schema.task,
        streams,
        _clusters(study.rows, study.place) if own else None,
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
