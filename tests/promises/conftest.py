"""One trained run for each case, which all promises look at."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tenfold.run import Run
from tests.promises.cases import CASES, Case


@dataclass(frozen=True, slots=True)
class Trained:
    """A run of a case, the data that it was trained on, and what is new to it."""

    case: Case
    data: Path
    run: Run
    new: list[Any]

    @property
    def folder(self) -> Path:
        assert self.run.folder is not None
        return self.run.folder


def table_of(folder: Path, name: str = "predictions") -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.csv")


def answers_in(said: pd.DataFrame) -> Any:
    """Return the numbers of an answer table: probabilities, or predictions."""
    columns = [c for c in said if str(c).startswith("probability ")] or ["prediction"]
    return said[columns].to_numpy(float)


@pytest.fixture(scope="session")
def trained_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Trained]:
    known: dict[str, Trained] = {}

    def trained(name: str) -> Trained:
        if name not in known:
            home, case = tmp_path_factory.mktemp("case"), CASES[name]
            data = case.kind.write(home)
            known[name] = Trained(
                case, data, case.train(data, home / "runs"), case.kind.new(home)
            )
        return known[name]

    return trained


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.slow if case.slow else ())
        for name, case in CASES.items()
    ]
)
def trained(request: pytest.FixtureRequest, trained_of: Callable[[str], Trained]) -> Trained:
    return trained_of(request.param)
