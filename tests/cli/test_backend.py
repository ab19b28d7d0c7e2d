"""The workers that --backend names."""

import sys

import joblib
import pytest

from tenfold.cli.backend import workers
from tenfold.errors import MissingExtraError, UsageError


def test_processes_are_workers_until_the_command_ends() -> None:
    with workers("loky:3"):
        assert joblib.effective_n_jobs(None) == 3
    assert joblib.effective_n_jobs(None) == 1


def test_without_a_name_nothing_is_spread() -> None:
    with workers(None):
        assert joblib.effective_n_jobs(None) == 1


@pytest.mark.parametrize(
    "name",
    ["loky", "loky:", "loky:0", "loky:-1", "loky:two", "dask", "spark://a:1", "", "raymond"],
)
def test_a_name_that_is_none_is_refused_with_those_that_are(name: str) -> None:
    with (
        pytest.raises(UsageError, match="loky:N, dask://HOST:PORT, ray") as found,
        workers(name),
    ):
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
