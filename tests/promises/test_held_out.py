"""A fold never learns from what it holds out: the promise that every score rests on."""

from pathlib import Path

import numpy as np

from tests.promises.cases import three_folds
from tests.promises.conftest import Trained, answers_in, table_of


def test_spoiling_half_of_what_a_fold_holds_out_leaves_its_other_answers_bit_for_bit(
    trained: Trained, tmp_path: Path
) -> None:
    """Catches any leak: scales of all rows, stopping on test rows, target encoding."""
    case = trained.case
    held_out = three_folds(case.kind.count)[0][1]
    spoilt, left = held_out[::2], held_out[1::2]
    dirty = case.train(case.kind.spoil(trained.data, spoilt), tmp_path).folder
    clean_answers, dirty_answers = (
        answers_in(table_of(folder)) for folder in (trained.folder, dirty)
    )
    # One's own network may round otherwise beside other rows, as alone and together.
    off = 1e-6 if callable(case.options.get("network")) else 0.0
    np.testing.assert_allclose(clean_answers[left], dirty_answers[left], rtol=0, atol=off)
    # The controls: the spoilt ones were answered otherwise, and other folds learnt from them.
    assert not np.array_equal(clean_answers[spoilt], dirty_answers[spoilt])
    others = np.setdiff1d(np.arange(case.kind.count), held_out)
    assert not np.array_equal(clean_answers[others], dirty_answers[others])
    losses = [table_of(folder, "history") for folder in (trained.folder, dirty)]
    for of_fold in ("loss_fold_1", "validation_loss_fold_1"):
        if of_fold in losses[0]:
            np.testing.assert_array_equal(losses[0][of_fold], losses[1][of_fold])
