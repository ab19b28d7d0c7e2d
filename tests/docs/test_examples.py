"""The examples run as they stand, in a folder of their own."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
# What Keras says of its own variables.
OF_KERAS: Final = "__array__ implementation doesn't accept a copy"
# What each example must print; an example without an entry fails.
PRINTS: Final = {
    "tutorial_classifier.py": ("Trained on: ", "Parameters: ", "Test set: ", "prediction = "),
    "tutorial_classifier_keras.py": (
        "Trained on: ",
        "Parameters: ",
        "Test set: ",
        "prediction = ",
    ),
    "tutorial_regressor_keras.py": ("Baseline: ", "Standardised: ", "The first district: "),
    "tutorial_regressor.py": ("Baseline: ", "Standardised: ", "The first district: "),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name
)
def test_an_example_runs_and_prints_what_it_promises(path: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-W", f"ignore:{OF_KERAS}", path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    starts = PRINTS[path.name]
    assert len(lines) == len(starts)
    for line, start in zip(lines, starts, strict=True):
        assert line.startswith(start)
