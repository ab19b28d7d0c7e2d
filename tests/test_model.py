"""A trained model answers rows one like the other, and tells how far it is."""

import numpy as np
import pytest

import tenfold
from tenfold import TrainOptions
from tenfold.kinds.tables.table_model import TableModel
from tenfold.model import Model
from tests.engine_tables import mixed_frame


@pytest.fixture(scope="module")
def model() -> TableModel:
    frame = mixed_frame("regression", 60)
    run = tenfold.train(
        frame, target="y", folds=3, quality="fast", training=TrainOptions(epochs=2), out=None
    )
    assert isinstance(run.model, Model)
    found: TableModel = run.model
    return found


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 200])
def test_progress_is_told_in_rows_and_ends_at_the_last(model: TableModel, rows: int) -> None:
    reported: list[tuple[int, int]] = []
    frame = mixed_frame("regression", rows)
    answers = model.answers(frame, progress=lambda done, total: reported.append((done, total)))
    done, totals = zip(*reported, strict=True)
    assert set(totals) == {rows}
    assert list(done) == sorted(set(done))
    assert done[-1] == rows
    np.testing.assert_array_equal(answers, model.answers(frame))


def test_no_rows_get_no_answers(model: TableModel) -> None:
    assert model.answers(mixed_frame("regression", 60)[:0]).shape == (0, 1)
