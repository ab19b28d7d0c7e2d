"""The same seed gives the same bits, also to a run that was cut off and goes on."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, final

import numpy as np
import pytest
from safetensors.numpy import load

from tenfold.config import Decision
from tenfold.launch import carry_out
from tenfold.learning import UserObjects
from tests.engine_cuts import run_of
from tests.promises.conftest import Trained, answers_in, table_of

CUT_AFTER: Final = 2  # epochs


def weights_in(folder: Path) -> dict[str, bytes]:
    """Return every bit of the arrays in a model file, by name."""
    with zipfile.ZipFile(folder / "model.tenfold") as parts:
        (name,) = [part for part in parts.namelist() if part.endswith(".safetensors")]
        return {name: array.tobytes() for name, array in load(parts.read(name)).items()}


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(
    trained: Trained, tmp_path: Path
) -> None:
    again = trained.case.train(trained.data, tmp_path / "again")
    assert weights_in(again.folder) == weights_in(trained.folder)
    assert table_of(again.folder).equals(table_of(trained.folder))
    assert again.metrics["scores"] == trained.run.metrics["scores"]
    other = trained.case.train(trained.data, tmp_path / "other", seed=1)
    same = weights_in(other.folder) == weights_in(trained.folder)
    # Other validation images may choose the same heads.
    assert not same or trained.case.options.get("network") == "pretrained"


class CutOffError(Exception):
    """Stands for whatever ends a program."""


@final
class Ending:
    """A watch that ends training after some epochs, or heads."""

    def decided(self, decisions: Sequence[Decision]) -> None: ...

    def stage(self, what: str, done: int, total: int) -> None:
        if what == "training heads":
            self.epoch(done, total)

    def epoch(self, done: int, most: int) -> None:
        if done == CUT_AFTER:
            raise CutOffError

    def tell(self, what: str) -> None: ...

    def stop_reason(self) -> str | None:
        return None


def test_a_run_that_was_cut_off_goes_on_and_ends_with_the_same_bits(
    trained: Trained, tmp_path: Path
) -> None:
    asked = trained.case.asked()
    folds, network = asked.pop("folds"), asked.pop("network", "auto")
    make = network if callable(network) else None
    objects = UserObjects(watch=Ending(), splitter=folds, network=make)
    named = asked | {"network": "own" if make else network}
    request = replace(run_of(trained.data, tmp_path, **named), objects=objects)
    with pytest.raises(CutOffError):
        carry_out(request)
    (folder,) = tmp_path.iterdir()
    assert not (folder / "model.tenfold").exists()  # the control: it was not done
    assert list(folder.glob("checkpoint*"))
    done = trained.case.resume(folder)
    assert weights_in(done.folder) == weights_in(trained.folder)
    assert np.array_equal(
        answers_in(table_of(folder)), answers_in(table_of(trained.folder)), equal_nan=True
    )
    assert done.metrics["scores"] == trained.run.metrics["scores"]
