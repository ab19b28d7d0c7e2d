"""What is promised of Keras models holds for each kind of layer, on JAX and on torch."""

import json
import os
import subprocess
import sys
from typing import Any, Final

import pytest

from tests.keras.models import CASES
from tests.keras.promises import CHANGED, CLOSE

# What cannot learn together, and so is trained by Keras' own step.
IN_TURNS: Final = {
    "jax": {"convolved"},
    "torch": {"convolved", "dropped"},
}
BACKENDS: Final = tuple(IN_TURNS)
QUIET: Final = ["dense", "regularised", "normed", "adapted", "functional"]


def asked(backend: str, promise: str, names: list[str]) -> dict[str, Any]:
    """Return what a promise comes to in a process whose Keras has that backend."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.keras.promises", *(f"{promise}={n}" for n in names)],
        env=os.environ | {"KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2_000:]
    found = json.loads(ended.stdout.splitlines()[-1])
    return {key.partition("=")[2]: value for key, value in found.items()}


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_held_out_changes_no_bit_and_folds_learn_together(backend: str) -> None:
    found = asked(backend, "scrambled_rows", list(CASES))
    assert {name for name, why in found.items() if why == CHANGED} == set()
    assert {name for name, why in found.items() if why} == IN_TURNS[backend]
    # The control: networks of different folds do differ.
    assert all(asked(backend, "all_differ", ["dense", "adapted"]).values())


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_folds_together_are_what_each_is_alone(backend: str) -> None:
    found = asked(backend, "together_is_alone", QUIET)
    assert {name: value for name, value in found.items() if value > CLOSE} == {}


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_steps_together_are_those_of_keras_itself(backend: str) -> None:
    found = asked(backend, "together_is_keras", [*QUIET, "momentum", "binned"])
    assert {name: value for name, value in found.items() if value > CLOSE} == {}
