"""joblib spreads a comparison over processes or a cluster, and finds what one machine does."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import distributed
import joblib
import pytest
from sklearn.dummy import DummyRegressor

from tenfold.comparison.compare import compare
from tenfold.comparison.comparison import Comparison
from tenfold.comparison.entry import Entry
from tenfold.comparison.follow import ComparisonCallback
from tenfold.contest import pipelines
from tenfold.contest.contender import Contender
from tenfold.contest.problem import Problem
from tenfold.training.workers import spread_over
from tests.engine_contests import let_compete
from tests.engine_tables import houses

CHEAP: Final = (
    Contender(name="guess", kind="constant", make=pipelines.baseline_guess),
    Contender(name="ridge", kind="classical", make=pipelines.linear_model),
    Contender(name="trees", kind="deep", make=pipelines.random_trees),
)
WAYS: Final = ("loky", "dask")


def die(problem: Problem) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def fail(problem: Problem) -> Any:
    return DummyRegressor(strategy="nonsense")


FAILING: Final = (
    Contender(name="killed", kind="classical", make=die),
    Contender(name="wrong", kind="classical", make=fail),
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """Start two workers of Dask, which stay the same for all tests."""
    start: Any = distributed.LocalCluster  # it ships half of its types
    connect: Any = distributed.Client
    with (
        start(n_workers=2, threads_per_worker=1, dashboard_address=None) as workers,
        connect(workers),
    ):
        yield


@contextmanager
def spreading(way: str) -> Iterator[None]:
    """Spread work in the way that is named; a cluster of Dask must have been started."""
    if way == "here":
        yield
        return
    workers = {"n_jobs": 2} if way == "loky" else {}
    with joblib.parallel_config(backend=way, **workers):
        yield


def compared(
    way: str, field: tuple[Contender, ...] | None = CHEAP, *, axes: bool = False
) -> Comparison:
    """Compare on few rows, in the way that is named; None is for all contenders."""
    with pytest.MonkeyPatch.context() as patch, spreading(way):
        if field is not None:
            let_compete(patch, *field)
        return compare(houses(), folds=3, quality="fast", axes=axes, out=None)


def scores(comparison: Comparison) -> dict[str, dict[str, tuple[float, ...]]]:
    return {entry.name: entry.per_fold for entry in comparison.entries}


def entry_of(comparison: Comparison, name: str) -> Entry:
    return next(entry for entry in comparison.entries if entry.name == name)


@pytest.fixture(scope="module")
def here() -> Comparison:
    return compared("here")


@pytest.fixture(scope="module", params=["loky", pytest.param("dask", marks=pytest.mark.slow)])
def spread(request: pytest.FixtureRequest, cluster: None) -> Comparison:
    return compared(request.param, (*CHEAP, *FAILING))


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("way", WAYS)
def test_both_workers_are_seen(way: str) -> None:
    with spreading(way):
        assert spread_over() == 2


def test_all_cores_are_workers() -> None:
    with joblib.parallel_config(backend="loky", n_jobs=-1):
        assert spread_over() == joblib.cpu_count()


def test_nothing_is_spread_unless_a_user_asks_for_it() -> None:
    assert spread_over() == 1
    with joblib.parallel_config(backend="loky", n_jobs=1):
        assert spread_over() == 1


def test_scores_are_those_without_fan_out_to_the_last_digit(
    here: Comparison, spread: Comparison
) -> None:
    found = scores(spread)
    assert {name: found[name] for name in scores(here)} == scores(here)
    assert all(len(per_fold["r2"]) == 3 for per_fold in scores(here).values())


def test_the_best_stands_first_wherever_it_ran(here: Comparison, spread: Comparison) -> None:
    ranks = [entry.name for entry in here.entries]
    assert [entry.name for entry in spread.entries][: len(ranks)] == ranks
    assert spread.verdict.difference == here.verdict.difference


def test_every_entry_that_shared_a_machine_says_so(spread: Comparison) -> None:
    assert len(spread.entries) == len(CHEAP) + len(FAILING)
    assert all(entry.shared for entry in spread.entries)
    assert all(entry["shared"] for entry in spread.to_dict()["contenders"])


def test_no_entry_is_shared_without_fan_out(here: Comparison) -> None:
    assert not any(entry.shared for entry in here.entries)


def test_a_contender_that_fails_on_a_worker_leaves_its_row(spread: Comparison) -> None:
    wrong, killed = (entry_of(spread, name) for name in ("wrong", "killed"))
    assert str(wrong.error).startswith("InvalidParameterError: The 'strategy' parameter")
    assert killed.error == "the system killed it, most likely because memory ran out"
    assert (wrong.folds, killed.folds) == (0, 0)
    assert {entry.name for entry in spread.entries if entry.error} == {"wrong", "killed"}


def test_who_follows_hears_of_a_contender_that_a_worker_ran() -> None:
    heard: list[str] = []

    class Follows(ComparisonCallback):
        def decided(self, decisions: Any) -> None: ...

        def forecast(self, seconds: float, metric: str) -> None: ...

        def working(self, what: str, share: float) -> None: ...

        def reached(self, entry: Entry, *, done: bool) -> None:
            assert done
            heard.append(entry.name)

    with pytest.MonkeyPatch.context() as patch, spreading("loky"):
        let_compete(patch, CHEAP[0])
        compare(houses(), folds=3, axes=False, out=None, callbacks=Follows())
    assert heard == ["guess"]


@pytest.mark.slow
def test_the_axes_are_measured_on_workers_too(here: Comparison) -> None:
    network = Contender(name="network", kind="deep", network="auto", quality="fast")
    found = compared("loky", (*CHEAP[:2], network), axes=True)
    assert list(found.axes) == ["data", "machine", "features", "time", "approach"]
    assert found.axes["machine"]["shared"]
    for name in ("guess", "ridge"):
        assert scores(found)[name] == scores(here)[name]


@pytest.fixture(scope="module")
def all_here() -> Comparison:
    return compared("here", None)


@pytest.mark.slow
@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("way", WAYS)
def test_all_contenders_networks_too_reach_the_same_on_workers(
    all_here: Comparison, way: str
) -> None:
    found = compared(way, None)
    assert all(entry.shared and entry.error is None for entry in found.entries)
    for wanted in all_here.entries:
        per_fold = entry_of(found, wanted.name).per_fold
        if wanted.kind == "deep":  # sums of a network may be added in another order
            assert per_fold["r2"] == pytest.approx(wanted.per_fold["r2"], rel=1e-6)
        else:
            assert per_fold == wanted.per_fold, wanted.name
