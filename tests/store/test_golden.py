"""Model files of every format number there ever was: they open, and say what they said."""

import json
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pytest

import tenfold
from tenfold.errors import PredictError
from tenfold.store.archive import FORMAT

GOLDEN: Final = Path(__file__).parent / "golden"
FILES: Final = sorted(GOLDEN.glob("*.tenfold"))


def test_there_are_files_of_every_format() -> None:
    names = {path.stem for path in FILES}
    kinds = ("classification", "pictures", "regression")
    assert names == {f"format-{n}-{kind}" for n in range(1, FORMAT + 1) for kind in kinds}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_says_what_it_said_when_it_was_written(path: Path) -> None:
    pictures = sorted(GOLDEN.glob("picture-*.png"))
    rows = GOLDEN / "rows.csv"
    said = tenfold.load(path).predict(pictures if "pictures" in path.stem else rows)
    known = pd.DataFrame(json.loads(path.with_suffix(".json").read_text(encoding="utf-8")))
    assert set(known) <= set(said)
    numbers = list(known.select_dtypes("number").columns)
    np.testing.assert_allclose(said[numbers], known[numbers], rtol=1e-4, atol=1e-4)
    words = known.columns.difference(numbers)
    assert said[words].reset_index(drop=True).equals(known[words].astype(said[words].dtypes))


def test_a_file_from_before_intervals_promises_none() -> None:
    old = tenfold.load(GOLDEN / "format-1-regression.tenfold")
    with pytest.raises(PredictError, match="has no errors") as found:
        old.predict(GOLDEN / "rows.csv", coverage=0.9)
    assert found.value.code == "P07"
