"""Networks that do not fit into memory are refused before they are trained, and no others."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.engine_room import GROWTHS, Growth

ROOT: Final = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def printed_by(*words: str) -> list[dict[str, object]]:
    """Run the engine in a program of its own, whose memory nothing has used before."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine_room", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def growths() -> dict[str, Growth]:
    return {str(found["name"]): Growth(**found) for found in printed_by("growths")}


@pytest.mark.parametrize("name", GROWTHS)
def test_training_takes_at_least_what_was_said_and_at_most_twice_that(
    name: str, growths: dict[str, Growth]
) -> None:
    """Were it less, what fits would be refused; were it far more, too much would be killed."""
    found = growths[name]
    assert found.needed <= found.taken < 2 * found.needed + 60e6


def test_twice_the_columns_take_twice_the_memory_and_not_four_times(
    growths: dict[str, Growth],
) -> None:
    once, twice = growths["many columns and classes"], growths["twice the columns"]
    assert twice.taken < 2.5 * once.taken
    assert twice.taken < 1e9  # so that 6,832 columns in 14 classes fit any machine


def test_what_does_not_fit_is_refused_and_what_fits_is_trained() -> None:
    little, enough = printed_by("limits")
    assert str(little["said"]).startswith("N09: training needs at least ")
    assert enough["said"] == "trained"
