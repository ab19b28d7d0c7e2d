"""Keras models are trained by the loop of all networks: resumed, ended, rescued alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tenfold import TenfoldError
from tenfold.training.fit import FoldFits
from tenfold.training.watch import Callback
from tests.engine_cuts import Snapshots, kept_in
from tests.keras.models import (
    CASES,
    Case,
    arrays_of,
    fit_case,
    keras,
    layers,
    sequential,
    splits_of,
)


def fitted(name: str, **care: Any) -> FoldFits:
    case = CASES[name]
    return fit_case(case, arrays_of(case), splits_of(), epochs=6, **care)


@pytest.mark.parametrize("name", ["regularised", "normed", "dropped"])
def test_a_training_that_is_cut_off_ends_with_the_same_bits(name: str, tmp_path: Path) -> None:
    whole = fitted(name)
    snapshots = Snapshots(tmp_path)
    fitted(name, checkpoints=snapshots.checkpoints)
    cuts = snapshots.all_cuts()
    assert len(cuts) >= 6
    for cut in cuts[1::3]:
        resumed = fitted(name, checkpoints=kept_in(cut))
        for key, value in whole.network.state_dict().items():
            assert torch.equal(value, resumed.network.state_dict()[key])
        assert all(map(np.array_equal, whole.answers, resumed.answers))


def test_training_ends_when_it_is_asked_to() -> None:
    class Ends(Callback):
        def __init__(self) -> None:
            self.done = 0

        def epoch(self, done: int, most: int) -> None:
            self.done = done

        def stop_reason(self) -> str | None:
            return "enough" if self.done >= 2 else None

    history = fitted("dense", watch=Ends()).history
    assert (history.stopped_by, len(history.lines)) == ("enough", 3)


def test_a_loss_that_is_no_number_is_told_with_a_code() -> None:
    def wild() -> Any:
        return sequential(
            layers.Dense(1), optimizer=keras.optimizers.SGD(1e30), loss="mean_squared_error"
        )

    case = Case(make=wild)
    with pytest.raises(TenfoldError, match="N05"):
        fit_case(case, arrays_of(case), splits_of())


def test_a_loss_that_grows_once_goes_back_and_takes_smaller_steps() -> None:
    def steep() -> Any:
        return sequential(
            layers.Dense(1), optimizer=keras.optimizers.SGD(1.9), loss="mean_squared_error"
        )

    case = Case(make=steep)
    fits = fit_case(case, arrays_of(case), splits_of(), epochs=40)
    assert fits.history.rollbacks
    assert all(np.isfinite(said).all() for said in fits.answers)
