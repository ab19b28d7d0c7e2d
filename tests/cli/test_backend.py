"""The workers that --backend names."""

import sys

import joblib
import pytest

from tenfold.cli.backend import workers
from tenfold.errors import MissingExtraError, UsageError
from tenfold.machine import usable_cores


def test_processes_are_workers_until_the_command_ends() -> None:
    with workers("loky:3"):
        assert joblib.effective_n_jobs(None) == 3
    assert joblib.effective_n_jobs(None) == 1


def test_without_a_name_nothing_is_spread() -> None:
    with workers(None):
        assert joblib.effective_n_jobs(None) == 1


NAMES = ["dask", "dask://", "dask://a", "ray://a", "ray:a:1", "spark://a:1", "", "raymond"]
NUMBERS = ["loky", "loky:", "loky:0", "loky:-1", "loky:two", "loky:100000"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_none_is_refused_with_those_that_are(name: str) -> None:
    known = "loky:N, dask://HOST:PORT, ray or ray://HOST:PORT"
    with pytest.raises(UsageError, match=known) as found, workers(name):
        pass
    assert found.value.code == "U01"
    assert repr(name) in found.value.fact


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_of_processes_is_refused_with_what_it_may_be(name: str) -> None:
    most = 8 * usable_cores()
    with pytest.raises(UsageError, match=f"from 1 to {most}") as found, workers(name):
        pass
    assert found.value.code == "U01"
    assert repr(name) in found.value.fact


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("dask://127.0.0.1:1", "distributed", "dask"), ("ray", "ray", "ray")],
)
def test_a_library_that_is_missing_is_named_with_its_extra(
    name: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError) as found, workers(name):
        pass
    assert f"tenfold[{extra}]" in str(found.value)
